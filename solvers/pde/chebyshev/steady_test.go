package chebyshev_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/chebyshev"
)

// wave is the manufactured solution Σ over axes of sin(ωx + φ) times their product's mix: u = Π sin(ω_d x_d + φ_d).
type wave struct{ omega, phase []float64 }

func (w wave) at(x []float64) float64 {
	u := 1.0
	for d := range x {
		u *= math.Sin(w.omega[d]*x[d] + w.phase[d])
	}
	return u
}

func (w wave) slope(x []float64, axis int) float64 {
	u := w.omega[axis] * math.Cos(w.omega[axis]*x[axis]+w.phase[axis])
	for d := range x {
		if d != axis {
			u *= math.Sin(w.omega[d]*x[d] + w.phase[d])
		}
	}
	return u
}

// square is Σ ω²: -Δu = square · u.
func (w wave) square(d int) (s float64) {
	for _, o := range w.omega[:d] {
		s += o * o
	}
	return s
}

// faces are conditions of a kind that u fulfils.
func (w wave) faces(d int, kinds ...pde.BoundaryKind) [][2]pde.Boundary {
	out := make([][2]pde.Boundary, d)
	for axis := range out {
		for end := range 2 {
			f := pde.Boundary{Kind: kinds[(2*axis+end)%len(kinds)]}
			normal := float64(2*end - 1)
			if f.Kind == pde.Robin {
				f.Coefficient = 1.5
			}
			f.Value = func(_ float64, x []float64) float64 {
				switch f.Kind {
				case pde.Neumann:
					return normal * w.slope(x, axis)
				case pde.Robin:
					return 1.5*w.at(x) + normal*w.slope(x, axis)
				}
				return w.at(x)
			}
			out[axis][end] = f
		}
	}
	return out
}

var standing = wave{omega: []float64{3, 2.2, 1.7}, phase: []float64{0.4, 1.1, -0.3}}

// TestSteadyAgainstManufacturedSolutions wants errors that fall faster than any power, down to round-off, for each kind of condition.
func TestSteadyAgainstManufacturedSolutions(t *testing.T) {
	for _, kinds := range [][]pde.BoundaryKind{
		{pde.Dirichlet},
		{pde.Robin},
		{pde.Dirichlet, pde.Neumann},
		{pde.Neumann, pde.Robin, pde.Dirichlet},
		{pde.Neumann},
	} {
		for d := 1; d <= 3; d++ {
			t.Run(fmt.Sprintf("%v/%d", kinds, d), func(t *testing.T) {
				var poisson, elliptic []float64
				for _, n := range []int{8, 12, 16, 20} {
					low, high := []float64{0, -1, 0.5}[:d], []float64{1, 1, 2}[:d]
					b := pde.Box{Low: low, High: high, Points: slices.Repeat([]int{n}, d), Faces: standing.faces(d, kinds...)}
					u, err := chebyshev.At(b, standing.at)
					if err != nil {
						t.Fatal(err)
					}
					const shift = 0.7
					f := make([]float64, len(u))
					for i := range f {
						f[i] = (standing.square(d) + shift) * u[i]
					}
					sol, err := chebyshev.Poisson{Box: b, Shift: shift}.Solve(t.Context(), f)
					if err != nil {
						t.Fatal(err)
					}
					poisson = append(poisson, convergence.Largest(sol.Last(), u))
					if d == 3 && n > 12 {
						continue // dense matrices of 4096 and more rows
					}
					sol, err = chebyshev.Elliptic{Box: b, Reaction: func([]float64) float64 { return shift }}.Solve(t.Context(), f)
					if err != nil {
						t.Fatal(err)
					}
					elliptic = append(elliptic, convergence.Largest(sol.Last(), u))
				}
				t.Logf("Poisson %.2g, Elliptic %.2g", poisson, elliptic)
				for _, e := range [][]float64{poisson, elliptic} {
					// sin(3x) on sides of 2 or less has coefficients as (3/2)^n/2^n n!: four points more win a factor of 1e3 and grow.
					for i := range e[1:] {
						if e[i+1] > e[i]/200 && e[i+1] > 1e-11 { // round-off of second derivatives on 20 points
							t.Errorf("errors %.2g fall too slowly", e)
						}
					}
				}
			})
		}
	}
}

// TestNeumannAlone: the solution is free by a constant, its mean is zero; data that do not fit are named.
func TestNeumannAlone(t *testing.T) {
	u := func(x []float64) float64 { return math.Cos(math.Pi*x[0]) * math.Cos(2*math.Pi*x[1]) }
	b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{24, 28}, Faces: pde.Sides(2, pde.Boundary{Kind: pde.Neumann})}
	want, err := chebyshev.At(b, u)
	if err != nil {
		t.Fatal(err)
	}
	f := make([]float64, len(want))
	for i := range f {
		f[i] = 5 * math.Pi * math.Pi * want[i]
	}
	sol, err := chebyshev.Poisson{Box: b}.Solve(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	if e := convergence.Largest(sol.Last(), want); e > 1e-10 { // round-off; truncation of cos(2πx) on 28 points is below
		t.Errorf("error %.2g", e)
	}
	for i := range f {
		f[i]++
	}
	_, err = chebyshev.Poisson{Box: b}.Solve(t.Context(), f)
	var misfit *pde.IncompatibleError
	if !errors.As(err, &misfit) || math.Abs(misfit.Sum-1) > 1e-10 { // a source of 1 on the unit square, to round-off
		t.Errorf("error %v, want one that says that 1 is left over", err)
	}
	// With an inflow of -1/4 through each of the four faces it fits again.
	b.Faces = pde.Sides(2, pde.Boundary{Kind: pde.Neumann, Value: pde.Constant(-0.25)})
	if _, err = (chebyshev.Poisson{Box: b}).Solve(t.Context(), f); err != nil {
		t.Error(err)
	}
}

// TestEllipticCoefficients has a = 1 + x y/2, v = (y, -x), c = 1 + x on a box where u = e^x sin 2y.
func TestEllipticCoefficients(t *testing.T) {
	u := func(x []float64) float64 { return math.Exp(x[0]) * math.Sin(2*x[1]) }
	f := func(x []float64) float64 {
		e, s, c := math.Exp(x[0]), math.Sin(2*x[1]), math.Cos(2*x[1])
		a := 1 + x[0]*x[1]/2
		diffusion := -a*(e*s-4*e*s) - (x[1]/2*e*s + x[0]/2*2*e*c)
		return diffusion + x[1]*e*s - x[0]*2*e*c + (1+x[0])*e*s
	}
	var errs []float64
	for _, n := range []int{6, 9, 12, 15, 18} {
		b := pde.Box{Low: []float64{0, -1}, High: []float64{1, 1}, Points: []int{n, n + 1}}
		b.Faces = pde.Sides(2, pde.Boundary{Value: func(_ float64, x []float64) float64 { return u(x) }})
		source, err := chebyshev.At(b, f)
		if err != nil {
			t.Fatal(err)
		}
		want, err := chebyshev.At(b, u)
		if err != nil {
			t.Fatal(err)
		}
		e := chebyshev.Elliptic{
			Box:       b,
			Diffusion: func(x []float64) float64 { return 1 + x[0]*x[1]/2 },
			Velocity:  func(v, x []float64) { v[0], v[1] = x[1], -x[0] },
			Reaction:  func(x []float64) float64 { return 1 + x[0] },
		}
		sol, err := e.Solve(t.Context(), slices.Concat(source, source))
		if err != nil {
			t.Fatal(err)
		}
		if got := sol.Last(); !slices.Equal(got[:len(want)], got[len(want):]) || sol.Status != pde.Solved || sol.Stats.Samples != 2 {
			t.Errorf("two equal samples differ, or status %v, %+v", sol.Status, sol.Stats)
		}
		errs = append(errs, convergence.Largest(sol.Last()[:len(want)], want))
	}
	for i := range errs[1:] {
		if errs[i+1] > errs[i]/30 && errs[i+1] > 1e-12 { // three points more win 1e2 and grow, down to round-off
			t.Errorf("errors %.2g fall too slowly", errs)
		}
	}
}

// TestBoundaryLayer is ε u” + u' = 0 from 0 to 1 on [0, 1]: u = (1 - e^(-x/ε))/(1 - e^(-1/ε)) with a layer of width ε.
func TestBoundaryLayer(t *testing.T) {
	const epsilon = 1e-3
	exact := func(x float64) float64 { return math.Expm1(-x/epsilon) / math.Expm1(-1/epsilon) }
	b := pde.Box{Low: []float64{0}, High: []float64{1}, Points: []int{181}}
	b.Faces = [][2]pde.Boundary{{{}, {Value: pde.Constant(1)}}}
	e := chebyshev.Elliptic{
		Box:       b,
		Diffusion: func([]float64) float64 { return epsilon },
		Velocity:  func(v, _ []float64) { v[0] = -1 },
	}
	sol, err := e.Solve(t.Context(), make([]float64, 181))
	if err != nil {
		t.Fatal(err)
	}
	want := sampled(chebyshev.Axis{N: 181, Low: 0, High: 1}.Points(), exact)
	if e := convergence.Largest(sol.Last(), want); e > 1e-10 { // truncation as exp(-εn²) = 6e-15; round-off as n⁴ from 1e-16
		t.Errorf("error %.2g", e)
	}
}

func TestSteadyErrors(t *testing.T) {
	b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{6, 6}}
	neumann := b
	neumann.Faces = pde.Sides(2, pde.Boundary{Kind: pde.Neumann})
	large := b
	large.Points = []int{100, 100}
	nan := make([]float64, 36)
	nan[14] = math.NaN()
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		call func() (pde.Solution, error)
		want string
	}{
		{"shift", func() (pde.Solution, error) { return chebyshev.Poisson{Box: b, Shift: -1}.Solve(t.Context(), nan) }, "Shift = -1"},
		{"length", func() (pde.Solution, error) { return chebyshev.Poisson{Box: b}.Solve(t.Context(), nan[1:]) }, "whole samples of 36"},
		{"NaN", func() (pde.Solution, error) { return chebyshev.Poisson{Box: b}.Solve(t.Context(), nan) }, "sample 0: a value is not finite"},
		{"NaN", func() (pde.Solution, error) { return chebyshev.Elliptic{Box: b}.Solve(t.Context(), nan) }, "sample 0: a value is not finite"},
		{"large", func() (pde.Solution, error) { return chebyshev.Elliptic{Box: large}.Solve(t.Context(), nan) }, "want at most 8192"},
		{
			"singular", func() (pde.Solution, error) { return chebyshev.Elliptic{Box: neumann}.Solve(t.Context(), nan[:36]) },
			"the matrix is singular",
		},
		{"diffusion", func() (pde.Solution, error) {
			e := chebyshev.Elliptic{Box: b, Diffusion: func(x []float64) float64 { return x[0] - 2 }}
			return e.Solve(t.Context(), nan)
		}, "Diffusion is -2 at [0 0], want it above 0"},
		{"reaction", func() (pde.Solution, error) {
			e := chebyshev.Elliptic{Box: b, Reaction: func([]float64) float64 { return math.NaN() }}
			return e.Solve(t.Context(), nan)
		}, "the reaction is not finite at"},
		{"stopped", func() (pde.Solution, error) { return chebyshev.Poisson{Box: b}.Solve(stopped, make([]float64, 36)) }, "canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sol, err := c.call()
			if err == nil || !strings.Contains(err.Error(), c.want) || sol.Last() != nil {
				t.Errorf("error %v, want %q in it; values %v, want none", err, c.want, sol.Last())
			}
		})
	}
}

func BenchmarkPoisson64x64(b *testing.B) {
	box := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{64, 64}}
	f := slices.Repeat([]float64{1}, 8*64*64)
	for b.Loop() {
		if _, err := (chebyshev.Poisson{Box: box}).Solve(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkElliptic32x32(b *testing.B) {
	box := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{32, 32}}
	f := slices.Repeat([]float64{1}, 32*32)
	for b.Loop() {
		if _, err := (chebyshev.Elliptic{Box: box}).Solve(b.Context(), f); err != nil {
			b.Fatal(err)
		}
	}
}

// TestBitsDoNotDependOnCores: the products and factorisations that gonum spreads over the cores give the same bits on one.
func TestBitsDoNotDependOnCores(t *testing.T) {
	b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{90, 80}, Faces: standing.faces(2, pde.Robin)}
	small := b
	small.Points = []int{24, 20}
	solve := func() []float64 {
		var out []float64
		for _, s := range []struct {
			b     pde.Box
			solve func(context.Context, []float64) (pde.Solution, error)
		}{{b, chebyshev.Poisson{Box: b}.Solve}, {small, chebyshev.Elliptic{Box: small}.Solve}} {
			f, err := chebyshev.At(s.b, standing.at)
			if err != nil {
				t.Fatal(err)
			}
			sol, err := s.solve(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, sol.Last()...)
		}
		return out
	}
	many := solve()
	cores := runtime.GOMAXPROCS(1)
	one := solve()
	runtime.GOMAXPROCS(cores)
	if !slices.Equal(one, many) {
		t.Errorf("differs by %.2g", convergence.Largest(one, many))
	}
}
