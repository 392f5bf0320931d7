package linear_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// stencil is a matrix on rows by cols points, zero beyond the border: weights[3·(di+1) + dj+1] for the neighbour (di, dj) away.
func stencil(t testing.TB, rows, cols int, weights [9]float64) *linear.Matrix {
	t.Helper()
	var list []linear.Entry
	for i := range rows {
		for j := range cols {
			for k, v := range weights {
				if a, b := i+k/3-1, j+k%3-1; v != 0 && a >= 0 && a < rows && b >= 0 && b < cols {
					list = append(list, linear.Entry{Row: i*cols + j, Col: a*cols + b, Value: v})
				}
			}
		}
	}
	return matrix(t, rows*cols, rows*cols, list)
}

var (
	fivePoint = [9]float64{0, -1, 0, -1, 4, -1, 0, -1, 0}
	ninePoint = [9]float64{-1, -4, -1, -4, 20, -4, -1, -4, -1}
)

// definite is B Bᵀ + D with a sparse B: symmetric positive definite, with rows that are alone in parts of the draws.
func definite(t testing.TB, rng *rand.Rand, n, count int) *linear.Matrix {
	t.Helper()
	b := matrix(t, n, n, entries(rng, n, n, count)).Transpose() // row k holds column k of B
	var list []linear.Entry
	for k := range n {
		for p := b.Start[k]; p < b.Start[k+1]; p++ {
			for q := b.Start[k]; q < b.Start[k+1]; q++ {
				list = append(list, linear.Entry{Row: b.Index[p], Col: b.Index[q], Value: b.Values[p] * b.Values[q]})
			}
		}
		list = append(list, linear.Entry{Row: k, Col: k, Value: 0.5 + rng.Float64()})
	}
	return matrix(t, n, n, list)
}

// TestCholesky compares with a dense solve on random sizes, patterns from diagonal to full among them, and refactors for a second
// matrix of the pattern.
func TestCholesky(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 0))
	for trial := range 300 {
		n := 1 + rng.IntN(60)
		m := definite(t, rng, n, rng.IntN(4*n))
		c, err := linear.NewCholesky(m)
		if err != nil {
			t.Fatal(err)
		}
		second := &linear.Matrix{Rows: n, Cols: n, Start: m.Start, Index: m.Index, Values: slices.Clone(m.Values)}
		for i := range second.Values {
			second.Values[i] *= 3
		}
		for i := range n {
			second.Values[second.Start[i]+slices.Index(second.Index[second.Start[i]:], i)] += 2
		}
		for round, m := range []*linear.Matrix{m, second, m} {
			if round > 0 {
				if err := c.Refactor(m.Values); err != nil {
					t.Fatal(err)
				}
			}
			b, got := normal(rng, n), make([]float64, n)
			var want mat.VecDense
			if err := want.SolveVec(dense(m), mat.NewVecDense(n, b)); err != nil {
				t.Fatal(err)
			}
			c.Solve(got, b)
			// Eigenvalues lie between 0.5 and about 200, so that 1e-16 in the data may grow a few thousand times, at n = 60.
			if gap := distance(got, want.RawVector().Data); gap > 1e-11 {
				t.Fatalf("trial %d, round %d, n = %d: differs by %v", trial, round, n, gap)
			}
			c.Solve(b, b)
			if !slices.Equal(b, got) {
				t.Fatalf("trial %d: a solve in place or a second one gives other bits", trial)
			}
		}
	}
}

// TestCholeskyClosedForm solves for eigenvectors of the five-point and the nine-point matrix.
func TestCholeskyClosedForm(t *testing.T) {
	for _, n := range []int{1, 2, 7, 40, 85} {
		const k, l = 2, 3
		h := math.Pi / float64(n+1)
		ck, cl := math.Cos(k*h), math.Cos(l*h)
		for name, c := range map[string]struct {
			weights [9]float64
			lambda  float64
		}{
			"five": {fivePoint, 4 - 2*ck - 2*cl},
			"nine": {ninePoint, 20 - 8*ck - 8*cl - 4*ck*cl},
		} {
			f, err := linear.NewCholesky(stencil(t, n, n, c.weights))
			if err != nil {
				t.Fatal(err)
			}
			v := make([]float64, n*n)
			for i := range v {
				v[i] = math.Sin(k*h*float64(i/n+1)) * math.Sin(l*h*float64(i%n+1))
			}
			x := make([]float64, n*n)
			f.Solve(x, v)
			for i := range x {
				if gap := math.Abs(x[i]*c.lambda - v[i]); gap > 1e-15*float64(n*n)+1e-15 { // round-off times the condition, about n²
					t.Fatalf("%s points, n = %d: differs by %v at %d", name, n, gap, i)
				}
			}
		}
	}
}

// TestCholeskyFill counts entries of L on a grid of n by n points. Bounds are what was counted, for n = 85 and 256. In the natural order there
// are 614209 and 16777471; SuperLU in scipy 1.17.1 has 127829 and 1703511 with permc_spec "MMD_AT_PLUS_A", 221405 and 3121287 with "COLAMD".
func TestCholeskyFill(t *testing.T) {
	for _, c := range []struct{ n, fill int }{{85, 131861}, {256, 1971395}} {
		f, err := linear.NewCholesky(stencil(t, c.n, c.n, fivePoint))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("n = %d: %d entries", c.n, f.Fill())
		if f.Fill() > c.fill {
			t.Errorf("n = %d: %d entries, want at most %d", c.n, f.Fill(), c.fill)
		}
	}
	path, err := linear.NewCholesky(stencil(t, 1, 1000, fivePoint))
	if err != nil || path.Fill() != 1999 { // a tree has no fill
		t.Errorf("a path of 1000 has %d entries, %v, want 1999", path.Fill(), err)
	}
}

// arrow couples the first row with all others, the worst case of the natural order.
func arrow(t testing.TB, n int) *linear.Matrix {
	t.Helper()
	var list []linear.Entry
	for i := range n {
		list = append(list, linear.Entry{Row: i, Col: i, Value: float64(2 * n)})
		if i > 0 {
			list = append(list, linear.Entry{Row: 0, Col: i, Value: 1}, linear.Entry{Row: i, Col: 0, Value: 1})
		}
	}
	return matrix(t, n, n, list)
}

func TestCholeskyArrow(t *testing.T) {
	for _, n := range []int{2, 10, 1000} { // at 1000 the first row counts as dense
		c, err := linear.NewCholesky(arrow(t, n))
		if err != nil || c.Fill() != 2*n-1 {
			t.Errorf("n = %d: %d entries, %v, want %d", n, c.Fill(), err, 2*n-1)
		}
	}
}

func TestCholeskyErrors(t *testing.T) {
	place := func(i, j int, v float64) linear.Entry { return linear.Entry{Row: i, Col: j, Value: v} }
	// The Laplacian with no flux at the border is singular: constants are in its kernel.
	closed := stencil(t, 20, 20, fivePoint)
	for i := range closed.Rows {
		closed.Values[closed.Start[i]+slices.Index(closed.Index[closed.Start[i]:], i)] = float64(closed.Start[i+1] - closed.Start[i] - 1)
	}
	for _, c := range []struct {
		name string
		m    *linear.Matrix
		want string
	}{
		{"nil", nil, "nil Matrix"},
		{"oblong", matrix(t, 2, 3, nil), "a matrix of 2 by 3, want it square"},
		{"no rows", matrix(t, 0, 0, nil), "0 by 0, want it square with at least 1 row"},
		{"unsymmetric", matrix(t, 2, 2, []linear.Entry{place(0, 0, 1), place(1, 1, 1), place(0, 1, 0.5)}), "(0, 1) = 0.5 and (1, 0) = 0, want a symmetric matrix"},
		{"negative", matrix(t, 3, 3, []linear.Entry{place(0, 0, 1), place(1, 1, -2), place(2, 2, 3)}), "pivot of row 1 is -2 "},
		{"empty row", matrix(t, 3, 3, []linear.Entry{place(0, 0, 1), place(1, 1, 2)}), "pivot of row 2 is 0 "},
		{"singular", closed, "after elimination of 399 rows"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := linear.NewCholesky(c.m); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
	m := stencil(t, 5, 5, fivePoint)
	c, err := linear.NewCholesky(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Refactor(m.Values[1:]); err == nil || !strings.Contains(err.Error(), "104 values, want 105") {
		t.Errorf("error %v for a value too few", err)
	}
	bad := slices.Clone(m.Values)
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		bad[0] = v
		if err := c.Refactor(bad); err == nil || !strings.Contains(err.Error(), "pivot of row 0") {
			t.Errorf("error %v for %v on the diagonal", err, v)
		}
	}
	if err := c.Refactor(m.Values); err != nil {
		t.Errorf("after a failure: %v", err)
	}
}

func BenchmarkCholesky(b *testing.B) {
	for _, n := range []int{85, 256} {
		m := stencil(b, n, n, fivePoint)
		c, err := linear.NewCholesky(m)
		if err != nil {
			b.Fatal(err)
		}
		x := make([]float64, n*n)
		x[0] = 1
		b.Run(fmt.Sprintf("new/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				linear.NewCholesky(m)
			}
		})
		b.Run(fmt.Sprintf("refactor/n=%d", n), func(b *testing.B) {
			for b.Loop() {
				c.Refactor(m.Values)
			}
		})
		b.Run(fmt.Sprintf("solve/n=%d", n), func(b *testing.B) {
			y := make([]float64, n*n)
			for b.Loop() {
				c.Solve(y, x)
			}
		})
		b.Run(fmt.Sprintf("apply/n=%d", n), func(b *testing.B) {
			y := make([]float64, n*n)
			for b.Loop() {
				m.Apply(y, x)
			}
		})
	}
}
