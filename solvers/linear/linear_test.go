package linear_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// diffusion is -∇·(a ∇·) on n by n points with the coefficient a(i, j) at half points, zero beyond the border.
func diffusion(n int, a func(i, j float64) float64) *linear.Stencil {
	s := linear.NewFivePoint(n)
	stride := n + 2
	for i := 1; i <= n; i++ {
		for j := 1; j <= n; j++ {
			at, x, y := i*stride+j, float64(i), float64(j)
			if j < n {
				s.East[at] = -a(x, y+0.5)
			}
			if i < n {
				s.South[at] = -a(x+0.5, y)
			}
			s.Centre[at] = a(x, y+0.5) + a(x, y-0.5) + a(x+0.5, y) + a(x-0.5, y)
		}
	}
	return s
}

func laplacian(n int) *linear.Stencil { return diffusion(n, func(_, _ float64) float64 { return 1 }) }

// blocks jumps by the contrast between squares of 7 points.
func blocks(contrast float64) func(i, j float64) float64 {
	return func(i, j float64) float64 {
		if (int(i/7)+int(j/7))%2 == 0 {
			return contrast
		}
		return 1
	}
}

// inside is a random field with a border of zeros.
func inside(n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 0))
	x := make([]float64, (n+2)*(n+2))
	for i := 1; i <= n; i++ {
		for j := 1; j <= n; j++ {
			x[i*(n+2)+j] = rng.NormFloat64()
		}
	}
	return x
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

func TestStencilEigenvector(t *testing.T) {
	const n = 9
	x, y := make([]float64, (n+2)*(n+2)), make([]float64, (n+2)*(n+2))
	const h = math.Pi / (n + 1)
	for i := 1; i <= n; i++ {
		for j := 1; j <= n; j++ {
			x[i*(n+2)+j] = math.Sin(2*h*float64(i)) * math.Sin(3*h*float64(j))
		}
	}
	laplacian(n).Apply(y, x)
	lambda := 4 - 2*math.Cos(2*h) - 2*math.Cos(3*h)
	for i := range x {
		if math.Abs(y[i]-lambda*x[i]) > 1e-14 { // round-off
			t.Fatalf("A x = %v at %d, want %v", y[i], i, lambda*x[i])
		}
	}
}

// TestCG solves for a known solution. The iterations must not grow with the grid, and only slowly with the contrast
// of a chequerboard, the hardest of patterns. Bounds are a tenth above what was counted.
func TestCG(t *testing.T) {
	for _, c := range []struct {
		n          int
		contrast   float64
		iterations int
	}{
		{1, 1, 1}, {2, 1, 2}, {3, 1, 4}, {10, 1, 10}, {63, 1, 12}, {64, 1, 12}, {255, 1, 12}, {100, 4, 13}, {127, 4, 13}, {255, 4, 13}, {127, 100, 33},
	} {
		t.Run(fmt.Sprintf("n=%d,contrast=%g", c.n, c.contrast), func(t *testing.T) {
			a := diffusion(c.n, blocks(c.contrast))
			m, err := linear.NewMultigrid(a)
			if err != nil {
				t.Fatal(err)
			}
			want := inside(c.n, 1)
			b, x := make([]float64, len(want)), make([]float64, len(want))
			a.Apply(b, want)
			res, err := linear.CG{RTol: 1e-12, MaxIterations: 100}.Solve(t.Context(), a, m, x, b)
			if err != nil {
				t.Fatal(err)
			}
			if res.Iterations > c.iterations || res.Residual > 1e-12 {
				t.Errorf("%d iterations to %.2g, want at most %d", res.Iterations, res.Residual, c.iterations)
			}
			var worst float64
			for i := range x {
				worst = max(worst, math.Abs(x[i]-want[i]))
			}
			// The residual's tolerance times the condition number, about n² contrast, with the right-hand side of size contrast.
			if worst > 1e-12*float64(c.n*c.n)*c.contrast+1e-13 {
				t.Errorf("error %.2g", worst)
			}
		})
	}
}

// TestCGAlone counts iterations without a preconditioner: as many as there are different eigenvalues in b, at most.
func TestCGAlone(t *testing.T) {
	const n = 4
	a := laplacian(n)
	want := inside(n, 2)
	b, x := make([]float64, len(want)), make([]float64, len(want))
	a.Apply(b, want)
	res, err := linear.CG{RTol: 1e-12, MaxIterations: n * n}.Solve(t.Context(), a, nil, x, b)
	if err != nil || res.Iterations > 9 { // λ_k + λ_l: ten pairs, of which 1+4 and 2+3 agree: 4 - 2cos(kh) - 2cos(lh), cos(4h) = -cos(h)
		t.Errorf("%d iterations, %v, want at most 9", res.Iterations, err)
	}
	if dot(x, x) == 0 {
		t.Error("no solution")
	}
	zero := make([]float64, len(b))
	if res, err := (linear.CG{RTol: 0.5, MaxIterations: 1}).Solve(t.Context(), a, nil, zero, zero); err != nil || res.Iterations != 0 {
		t.Errorf("zero right-hand side: %+v, %v", res, err)
	}
}

// TestMultigridIsSymmetric: ⟨M b, c⟩ = ⟨b, M c⟩, which conjugate gradients rest on.
func TestMultigridIsSymmetric(t *testing.T) {
	for _, n := range []int{7, 12, 25} {
		m, err := linear.NewMultigrid(diffusion(n, blocks(100)))
		if err != nil {
			t.Fatal(err)
		}
		b, c := inside(n, 3), inside(n, 4)
		mb, mc := make([]float64, len(b)), make([]float64, len(b))
		m.Apply(mb, b)
		m.Apply(mc, c)
		left, right := dot(mb, c), dot(b, mc)
		if math.Abs(left-right) > 1e-13*math.Sqrt(dot(mb, mb)*dot(c, c)) { // round-off
			t.Errorf("n = %d: %v and %v differ", n, left, right)
		}
		if dot(mb, b) <= 0 {
			t.Errorf("n = %d: not positive", n)
		}
	}
}

type minus struct{}

func (minus) Apply(dst, x []float64) {
	for i := range x {
		dst[i] = -x[i]
	}
}

func TestErrors(t *testing.T) {
	a := laplacian(20)
	b := inside(20, 5)
	nan := inside(20, 5)
	nan[30] = math.NaN()
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		cg   linear.CG
		a    linear.Operator
		x, b []float64
		want string
	}{
		{"zero value", t.Context(), linear.CG{}, a, make([]float64, len(b)), b, "RTol = 0"},
		{"lengths", t.Context(), linear.CG{RTol: 0.1, MaxIterations: 1}, a, nil, b, "0 unknowns for 484 equations"},
		{"NaN", t.Context(), linear.CG{RTol: 0.1, MaxIterations: 1}, a, make([]float64, len(b)), nan, "not finite at iteration 0"},
		{"iterations", t.Context(), linear.CG{RTol: 1e-9, MaxIterations: 3}, a, make([]float64, len(b)), b, "after 3 iterations, want 1e-09: not converged"},
		{"indefinite", t.Context(), linear.CG{RTol: 1e-9, MaxIterations: 3}, minus{}, make([]float64, len(b)), b, "not positive definite"},
		{"stopped", stopped, linear.CG{RTol: 1e-9, MaxIterations: 3}, a, make([]float64, len(b)), b, "stopped at iteration 0: context canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.cg.Solve(c.ctx, c.a, nil, c.x, c.b)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
			if c.name == "iterations" && !errors.Is(err, linear.ErrNotConverged) {
				t.Errorf("error %v is not ErrNotConverged", err)
			}
		})
	}
	if _, err := linear.NewMultigrid(nil); err == nil {
		t.Error("no matrix was accepted")
	}
	a.Centre[30] = 0
	if _, err := linear.NewMultigrid(a); err == nil || !strings.Contains(err.Error(), "Centre[30] = 0") {
		t.Errorf("error %v for a zero on the diagonal", err)
	}
}

func BenchmarkCG419(b *testing.B) {
	const n = 419
	a := diffusion(n, blocks(4))
	f := inside(n, 1)
	x := make([]float64, len(f))
	for range b.N {
		m, err := linear.NewMultigrid(a)
		if err != nil {
			b.Fatal(err)
		}
		clear(x)
		res, err := linear.CG{RTol: 1e-8, MaxIterations: 100}.Solve(b.Context(), a, m, x, f)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(res.Iterations), "iterations")
	}
}

func BenchmarkNewMultigrid419(b *testing.B) {
	a := diffusion(419, blocks(4))
	for range b.N {
		if _, err := linear.NewMultigrid(a); err != nil {
			b.Fatal(err)
		}
	}
}
