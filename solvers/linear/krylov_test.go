package linear_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// solver is what CG, GMRES and BiCGStab have in common.
type solver interface {
	Solve(ctx context.Context, a, m linear.Operator, x, b []float64) (linear.Result, error)
}

// TestAgainstSciPy compares with testdata/linear_reference.py: solutions, and the residual of GMRES after each iteration, which is the
// same for any implementation without restarts.
func TestAgainstSciPy(t *testing.T) {
	text, err := os.ReadFile("testdata/linear_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Cases []struct {
			Name     string
			Size     int
			Row, Col []int
			Value    []float64
			B, X     []float64
			GMRES    []float64
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Cases) != 4 {
		t.Fatalf("%d cases, want 4", len(reference.Cases))
	}
	for _, c := range reference.Cases {
		t.Run(c.Name, func(t *testing.T) {
			var list []linear.Entry
			for k, v := range c.Value {
				list = append(list, linear.Entry{Row: c.Row[k], Col: c.Col[k], Value: v})
			}
			m := matrix(t, c.Size, c.Size, list)
			f, err := linear.NewLU(m)
			if err != nil {
				t.Fatal(err)
			}
			x := make([]float64, c.Size)
			f.Solve(x, c.B)
			if gap := distance(x, c.X); gap > 1e-12 { // round-off times conditions of up to some hundred
				t.Errorf("LU differs by %.2g", gap)
			}
			if c.Name == "positive definite" {
				f, err := linear.NewCholesky(m)
				if err != nil {
					t.Fatal(err)
				}
				f.Solve(x, c.B)
				if gap := distance(x, c.X); gap > 1e-12 { // as above
					t.Errorf("Cholesky differs by %.2g", gap)
				}
			}
			if len(c.GMRES) < 10 {
				t.Fatalf("%d residuals, want at least 10", len(c.GMRES))
			}
			for k, want := range c.GMRES {
				clear(x)
				res, err := linear.GMRES{RTol: 1e-12, MaxIterations: k + 1, Restart: c.Size}.Solve(t.Context(), m, nil, x, c.B)
				// Residuals of both are exact to round-off of the first one; 1e-10 allows for a basis that loses its orthogonality.
				if math.Abs(res.Residual-want) > 1e-10 || res.Residual > 1e-12 && !errors.Is(err, linear.ErrNotConverged) {
					t.Errorf("GMRES after %d iterations: residual %v, %v, want %v", k+1, res.Residual, err, want)
				}
			}
		})
	}
}

// TestKrylov solves a convection–diffusion system, in unknowns of different units, with each preconditioner and looks at the residual
// itself. A better preconditioner takes fewer iterations. Bounds are a tenth above what was counted, rounded up.
func TestKrylov(t *testing.T) {
	const n = 64
	a := convection(t, n, 30, -20)
	rng := rand.New(rand.NewPCG(4, 0))
	unit := make([]float64, n*n)
	for i := range unit {
		unit[i] = math.Exp(rng.Float64())
	}
	for p, j := range a.Index {
		a.Values[p] *= unit[j]
	}
	want := normal(rng, n*n)
	b := make([]float64, n*n)
	a.Apply(b, want)
	jacobi, err := linear.NewJacobi(a)
	if err != nil {
		t.Fatal(err)
	}
	ilu, err := linear.NewILU0(a)
	if err != nil {
		t.Fatal(err)
	}
	lu, err := linear.NewLU(a)
	if err != nil {
		t.Fatal(err)
	}
	gmres := linear.GMRES{RTol: 1e-10, MaxIterations: 1000, Restart: 50}
	stab := linear.BiCGStab{RTol: 1e-10, MaxIterations: 1000}
	for _, c := range []struct {
		name       string
		solver     solver
		m          linear.Operator
		iterations int
	}{
		{"GMRES", gmres, nil, 370},
		{"GMRES,Jacobi", gmres, jacobi, 313},
		{"GMRES,ILU0", gmres, ilu, 54},
		{"GMRES,LU", gmres, lu, 1},
		{"BiCGStab", stab, nil, 128},
		{"BiCGStab,Jacobi", stab, jacobi, 118},
		{"BiCGStab,ILU0", stab, ilu, 37},
		{"BiCGStab,LU", stab, lu, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := make([]float64, n*n)
			res, err := c.solver.Solve(t.Context(), a, c.m, x, b)
			if err != nil {
				t.Fatal(err)
			}
			r := make([]float64, n*n)
			a.Apply(r, x)
			for i := range r {
				r[i] -= b[i]
			}
			if length := math.Sqrt(dot(r, r) / dot(b, b)); length > 1e-10 || math.Abs(length-res.Residual) > 1e-15 { // round-off of b - A x
				t.Errorf("residual %v, reported %v, want at most 1e-10", length, res.Residual)
			}
			if res.Iterations > c.iterations {
				t.Errorf("%d iterations, want at most %d", res.Iterations, c.iterations)
			}
			again := make([]float64, n*n)
			if _, err := c.solver.Solve(t.Context(), a, c.m, again, b); err != nil || !slices.Equal(x, again) {
				t.Errorf("a second solve gives other bits, %v", err)
			}
		})
	}
}

// TestKrylovSizes solves small random systems, restarts at every length among them, from a guess and with a right-hand side of zero.
func TestKrylovSizes(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 0))
	for trial := range 300 {
		n := 1 + rng.IntN(30)
		list := entries(rng, n, n, rng.IntN(3*n))
		sums := make([]float64, n)
		for _, e := range list {
			sums[e.Row] += math.Abs(e.Value)
		}
		for i := range n { // a dominant diagonal: both methods converge
			list = append(list, linear.Entry{Row: i, Col: i, Value: 2*sums[i] + 1})
		}
		a := matrix(t, n, n, list)
		m, err := linear.NewILU0(a)
		if err != nil {
			t.Fatal(err)
		}
		want := normal(rng, n)
		b := make([]float64, n)
		a.Apply(b, want)
		for _, s := range []solver{
			linear.GMRES{RTol: 1e-12, MaxIterations: 500, Restart: 1 + rng.IntN(n+3)},
			linear.BiCGStab{RTol: 1e-12, MaxIterations: 500},
		} {
			for _, m := range []linear.Operator{nil, m} {
				x := normal(rng, n)
				if _, err := s.Solve(t.Context(), a, m, x, b); err != nil {
					t.Fatalf("trial %d, %+v: %v", trial, s, err)
				}
				if gap := distance(x, want); gap > 1e-9 { // the tolerance times the size of b over the least diagonal entry
					t.Fatalf("trial %d, %+v: differs by %v", trial, s, gap)
				}
				if res, err := s.Solve(t.Context(), a, m, make([]float64, n), make([]float64, n)); err != nil || res.Iterations != 0 {
					t.Fatalf("right-hand side of zero: %+v, %v", res, err)
				}
			}
		}
	}
}

// rotation turns pairs of axes by a right angle: skew-symmetric, so that x·A x = 0.
type rotation struct{}

func (rotation) Apply(dst, x []float64) {
	for i := 0; i < len(x); i += 2 {
		dst[i], dst[i+1] = -x[i+1], x[i]
	}
}

// projection drops the last axis.
type projection struct{}

func (projection) Apply(dst, x []float64) {
	copy(dst, x)
	dst[len(dst)-1] = 0
}

// broken gives a value that is no number.
type broken struct{}

func (broken) Apply(dst, x []float64) {
	copy(dst, x)
	dst[0] = math.NaN()
}

func TestKrylovErrors(t *testing.T) {
	gmres, stab := linear.GMRES{RTol: 1e-9, MaxIterations: 3, Restart: 2}, linear.BiCGStab{RTol: 1e-9, MaxIterations: 3}
	hard := convection(t, 20, 30, 10)
	b := normal(rand.New(rand.NewPCG(6, 0)), 400)
	nan := slices.Clone(b)
	nan[7] = math.NaN()
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		s    solver
		a    linear.Operator
		x, b []float64
		want string
		is   error
	}{
		{"zero GMRES", t.Context(), linear.GMRES{}, hard, make([]float64, 400), b, "GMRES with RTol = 0, MaxIterations = 0, Restart = 0", nil},
		{"zero BiCGStab", t.Context(), linear.BiCGStab{}, hard, make([]float64, 400), b, "BiCGStab with RTol = 0", nil},
		{"lengths", t.Context(), gmres, hard, nil, b, "0 unknowns for 400 equations", nil},
		{"lengths", t.Context(), stab, hard, nil, b, "0 unknowns for 400 equations", nil},
		{"NaN", t.Context(), gmres, hard, make([]float64, 400), nan, "GMRES: a value is not finite at iteration 0", nil},
		{"NaN", t.Context(), stab, hard, make([]float64, 400), nan, "BiCGStab: a value is not finite at iteration 0", nil},
		{"broken", t.Context(), gmres, broken{}, make([]float64, 400), b, "not finite", nil},
		{"broken", t.Context(), stab, broken{}, make([]float64, 400), b, "not finite", nil},
		{"iterations", t.Context(), gmres, hard, make([]float64, 400), b, "after 3 iterations, want 1e-09: not converged", linear.ErrNotConverged},
		{"iterations", t.Context(), stab, hard, make([]float64, 400), b, "after 3 iterations, want 1e-09: not converged", linear.ErrNotConverged},
		{"stopped", stopped, gmres, hard, make([]float64, 400), b, "GMRES: stopped at iteration 0", context.Canceled},
		{"stopped", stopped, stab, hard, make([]float64, 400), b, "BiCGStab: stopped at iteration 0", context.Canceled},
		{"singular", t.Context(), gmres, projection{}, make([]float64, 4), []float64{1, 2, 3, 4}, "the space is exhausted", linear.ErrBreakdown},
		{"zero", t.Context(), gmres, matrix(t, 4, 4, nil), make([]float64, 4), []float64{1, 2, 3, 4}, "the space is exhausted", linear.ErrBreakdown},
		{"skew", t.Context(), stab, rotation{}, make([]float64, 4), []float64{1, 2, 3, 4}, "orthogonal to the first residual", linear.ErrBreakdown},
		{"zero", t.Context(), stab, matrix(t, 4, 4, nil), make([]float64, 4), []float64{1, 2, 3, 4}, "at iteration 0", linear.ErrBreakdown},
	} {
		t.Run(fmt.Sprintf("%s,%T", c.name, c.s), func(t *testing.T) {
			_, err := c.s.Solve(c.ctx, c.a, nil, c.x, c.b)
			if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("error %v, want %q in it, wrapping %v", err, c.want, c.is)
			}
		})
	}
	// GMRES solves what BiCGStab cannot, and a singular system that has a solution.
	x := make([]float64, 4)
	if res, err := gmres.Solve(t.Context(), rotation{}, nil, x, []float64{1, 2, 3, 4}); err != nil || res.Iterations > 2 {
		t.Errorf("GMRES on a rotation: %+v, %v", res, err)
	}
	clear(x)
	if _, err := gmres.Solve(t.Context(), projection{}, nil, x, []float64{1, 2, 3, 0}); err != nil || !slices.Equal(x, []float64{1, 2, 3, 0}) {
		t.Errorf("GMRES on a consistent singular system: %v, %v", x, err)
	}
}

func BenchmarkKrylov(b *testing.B) {
	const n = 256
	a := convection(b, n, 30, -20)
	f := make([]float64, n*n)
	for i := range f {
		f[i] = 1
	}
	m, err := linear.NewILU0(a)
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range []solver{linear.GMRES{RTol: 1e-8, MaxIterations: 2000, Restart: 50}, linear.BiCGStab{RTol: 1e-8, MaxIterations: 2000}} {
		b.Run(fmt.Sprintf("%T", s), func(b *testing.B) {
			for b.Loop() {
				x := make([]float64, n*n)
				res, err := s.Solve(b.Context(), a, m, x, f)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(res.Iterations), "iterations")
			}
		})
	}
}
