package chebyshev_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/chebyshev"
)

// segment is a line from low to 1.
func segment(low float64, n int, faces ...pde.Boundary) pde.Box {
	b := pde.Box{Low: []float64{low}, High: []float64{1}, Points: []int{n}}
	if len(faces) == 2 {
		b.Faces = [][2]pde.Boundary{{faces[0], faces[1]}}
	}
	return b
}

func field(t testing.TB, b pde.Box, f func(x []float64) float64) []float64 {
	t.Helper()
	u, err := chebyshev.At(b, f)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func march(t testing.TB, p chebyshev.Parabolic, u0 []float64, s pde.Stepping) []float64 {
	t.Helper()
	sol, err := p.Solve(t.Context(), u0, s)
	if err != nil {
		t.Fatal(err)
	}
	return sol.Last()
}

func burgers(b pde.Box, viscosity float64) chebyshev.Parabolic {
	return chebyshev.Parabolic{
		Name: "Burgers", Box: b, Channels: []chebyshev.Channel{{Diffusivity: viscosity}}, Gradient: true,
		Inner: func(dst []float64, _ float64, _, u, gradient []float64) { dst[0] = -u[0] * gradient[0] },
	}
}

func allenCahn(b pde.Box, d float64) chebyshev.Parabolic {
	return chebyshev.Parabolic{
		Name: "Allen–Cahn", Box: b, Channels: []chebyshev.Channel{{Diffusivity: d}},
		Inner: func(dst []float64, _ float64, _, u, _ []float64) { dst[0] = u[0] - u[0]*u[0]*u[0] },
	}
}

// predatorPrey has the conditions of testdata/parabolic_reference.py.
func predatorPrey(n int) chebyshev.Parabolic {
	rising := func(t float64, _ []float64) float64 { return 0.1 + 0.1*math.Sin(t)*math.Sin(t) }
	return chebyshev.Parabolic{
		Name: "predator", Box: segment(0, n),
		Channels: []chebyshev.Channel{
			{Diffusivity: 0.02, Faces: pde.Sides(1, pde.Boundary{Kind: pde.Neumann})},
			{Diffusivity: 0.05, Faces: [][2]pde.Boundary{{{Value: rising}, {Kind: pde.Robin, Coefficient: 1, Value: pde.Constant(0.5)}}}},
		},
		Inner: func(dst []float64, _ float64, _, u, _ []float64) {
			dst[0] = u[0]*(1-u[0]) - u[0]*u[1]
			dst[1] = u[0]*u[1] - u[1]/2
		},
	}
}

// TestParabolicAgainstAnotherProgram compares with testdata/parabolic_reference.py.
func TestParabolicAgainstAnotherProgram(t *testing.T) {
	text, err := os.ReadFile("testdata/parabolic_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Cases []struct {
			Name             string
			Viscosity, Until float64
			X                []float64
			U                [][]float64
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Cases) != 6 {
		t.Fatalf("%d cases, want 6", len(reference.Cases))
	}
	for _, c := range reference.Cases {
		t.Run(fmt.Sprintf("%s/%.3g/%v", c.Name, c.Viscosity, c.Until), func(t *testing.T) {
			var p chebyshev.Parabolic
			var u0 []float64
			s := pde.Stepping{Until: c.Until, Steps: 2000}
			tolerance := 2e-9 // truncation and the reference's tolerance in time are a few parts in 1e10
			switch c.Name {
			case "Burgers": // odd, so that half of the axis with its points crowded at the front is enough
				p = burgers(segment(0, 160), c.Viscosity)
				u0 = field(t, p.Box, func(x []float64) float64 { return -math.Sin(math.Pi * x[0]) })
			case "AllenCahn":
				p = allenCahn(segment(-1, 128, pde.Boundary{Value: pde.Constant(-1)}, pde.Boundary{Value: pde.Constant(1)}), 0.01)
				u0 = field(t, p.Box, func(x []float64) float64 { return 0.53*x[0] + 0.47*math.Sin(-1.5*math.Pi*x[0]) })
			case "Predator":
				p = predatorPrey(32)
				s.Steps, tolerance = 8000, 2e-8 // N has a slope at the Neumann face that is not 0: second order in time, 1.4e-7 with 2000 steps
				for _, x := range (chebyshev.Axis{N: 32, Low: 0, High: 1}).Points() {
					u0 = append(u0, 0.5+0.25*math.Cos(math.Pi*x), 0.1+0.1*x+x*x/15)
				}
			}
			got, err := chebyshev.Interpolate(p.Box, march(t, p, u0, s), len(c.U), [][]float64{c.X})
			if err != nil {
				t.Fatal(err)
			}
			for channel, want := range c.U {
				for i, w := range want {
					if e := math.Abs(got[i*len(c.U)+channel] - w); e > tolerance {
						t.Errorf("channel %d at %v: %v, want %v (off by %.2g)", channel, c.X[i], got[i*len(c.U)+channel], w, e)
					}
				}
			}
		})
	}
}

// TestHeatIsExactInTime marches decaying modes with one step, for each kind of condition.
func TestHeatIsExactInTime(t *testing.T) {
	const d, until = 0.3, 0.7
	for _, c := range []struct {
		name  string
		faces [][2]pde.Boundary
		k     float64
		u     func(k, x float64) float64
	}{
		{"Dirichlet", nil, 2 * math.Pi, func(k, x float64) float64 { return math.Sin(k * x) }},
		{"Neumann", pde.Sides(1, pde.Boundary{Kind: pde.Neumann}), 2 * math.Pi, func(k, x float64) float64 { return math.Cos(k * x) }},
		{
			// u = 0 at 0 and u + u' = 0 at 1: tan k = -k has the root 2.0287578381104342.
			"Robin",
			[][2]pde.Boundary{{{}, {Kind: pde.Robin, Coefficient: 1}}},
			2.0287578381104342,
			func(k, x float64) float64 { return math.Sin(k * x) },
		},
	} {
		for axes := 1; axes <= 3; axes++ {
			b := pde.Box{Low: make([]float64, axes), High: []float64{1, 1, 1}[:axes], Points: slices.Repeat([]int{22}, axes)}
			if c.faces != nil {
				b.Faces = slices.Repeat(c.faces, axes)
			}
			u0 := field(t, b, func(x []float64) float64 {
				u := 1.0
				for _, v := range x {
					u *= c.u(c.k, v)
				}
				return u
			})
			p := chebyshev.Parabolic{Name: "heat", Box: b, Channels: []chebyshev.Channel{{Diffusivity: d}}}
			got := march(t, p, u0, pde.Stepping{Until: until, Steps: 1})
			want := make([]float64, len(u0))
			for i, u := range u0 {
				want[i] = u * math.Exp(-d*float64(axes)*c.k*c.k*until)
			}
			if e := convergence.Largest(got, want); e > 1e-12 { // the grid holds these modes to 1e-13
				t.Errorf("%s in %d axes: error %.2g", c.name, axes, e)
			}
		}
	}
}

// TestParabolicOrderInTime is 4 with steady boundary values, where N vanishes with them, and lower where they move.
func TestParabolicOrderInTime(t *testing.T) {
	steady := func(n int) (chebyshev.Parabolic, []float64) {
		p := allenCahn(segment(-1, n, pde.Boundary{Value: pde.Constant(-1)}, pde.Boundary{Value: pde.Constant(1)}), 0.05)
		return p, field(t, p.Box, func(x []float64) float64 { return 0.53*x[0] + 0.47*math.Sin(-1.5*math.Pi*x[0]) })
	}
	plane := func(n int) (chebyshev.Parabolic, []float64) {
		b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{n / 2, n / 2}, Faces: pde.Sides(2, pde.Boundary{Kind: pde.Neumann})}
		p := allenCahn(b, 0.05)
		return p, field(t, b, func(x []float64) float64 { return 0.2 + math.Cos(math.Pi*x[0])*math.Cos(2*math.Pi*x[1]) })
	}
	for _, c := range []struct {
		name  string
		setup func(n int) (chebyshev.Parabolic, []float64)
		until float64
		steps []int
	}{
		{"Dirichlet", steady, 2, []int{10, 20, 40, 80}},
		{"Neumann", plane, 1, []int{8, 16, 32, 64}},
	} {
		p, u0 := c.setup(40)
		want := march(t, p, u0, pde.Stepping{Until: c.until, Steps: 4000})
		var dts, errs []float64
		for _, steps := range c.steps {
			dts = append(dts, c.until/float64(steps))
			errs = append(errs, convergence.Largest(march(t, p, u0, pde.Stepping{Until: c.until, Steps: steps}), want))
		}
		if order := convergence.Order(dts, errs); math.Abs(order-4) > 0.2 { // the house's bound on a fitted order
			t.Errorf("%s: order %.3f from errors %.2g, want 4", c.name, order, errs)
		}
	}
}

// TestMovingBoundary: u = cos(3x - t) with a source, boundary values that move and each kind of condition. The order falls to about 3, as
// the comment on Parabolic says.
func TestMovingBoundary(t *testing.T) {
	const d = 0.2
	u := func(t, x float64) float64 { return math.Cos(3*x - t) }
	slopeOf := func(t, x float64) float64 { return -3 * math.Sin(3*x-t) }
	value := func(f func(t, x float64) float64) func(float64, []float64) float64 {
		return func(t float64, x []float64) float64 { return f(t, x[0]) }
	}
	for _, c := range []struct {
		name  string
		faces [2]pde.Boundary
	}{
		{"Dirichlet", [2]pde.Boundary{{Value: value(u)}, {Value: value(u)}}},
		{"Neumann and Robin", [2]pde.Boundary{
			{Kind: pde.Neumann, Value: value(func(t, x float64) float64 { return -slopeOf(t, x) })},
			{Kind: pde.Robin, Coefficient: 2, Value: value(func(t, x float64) float64 { return 2*u(t, x) + slopeOf(t, x) })},
		}},
	} {
		p := chebyshev.Parabolic{
			Name: "moving", Box: segment(0, 24, c.faces[0], c.faces[1]), Channels: []chebyshev.Channel{{Diffusivity: d}},
			Inner: func(dst []float64, t float64, x, _, _ []float64) {
				dst[0] = math.Sin(3*x[0]-t) + 9*d*u(t, x[0])
			},
		}
		at := func(t float64) func(x []float64) float64 { return func(x []float64) float64 { return u(t, x[0]) } }
		var dts, errs []float64
		for _, steps := range []int{10, 20, 40, 80, 160} {
			got := march(t, p, field(t, p.Box, at(0)), pde.Stepping{Until: 1, Steps: steps})
			dts, errs = append(dts, 1/float64(steps)), append(errs, convergence.Largest(got, field(t, p.Box, at(1))))
		}
		if order := convergence.Order(dts, errs); order < 2.8 { // 3.0 and 3.6: one order less than 4 at a Dirichlet face, a half at the others
			t.Errorf("%s: order %.3f from errors %.2g, want about 3", c.name, order, errs)
		}
	}
}

func TestParabolicFacts(t *testing.T) {
	p := burgers(segment(-1, 32), 0.2)
	var u0 []float64
	for s := range 5 {
		u0 = append(u0, field(t, p.Box, func(x []float64) float64 { return -math.Sin(math.Pi*x[0]) * float64(s+1) / 5 })...)
	}
	one, err := p.Solve(t.Context(), u0, pde.Stepping{Until: 0.4, Steps: 40, Frames: 4, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	three, err := p.Solve(t.Context(), u0, pde.Stepping{Until: 0.4, Steps: 40, Frames: 4, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	for f := range one.Ys {
		if !slices.Equal(one.Ys[f], three.Ys[f]) {
			t.Errorf("frame %d differs between 1 and 3 workers", f)
		}
	}
	alone := march(t, p, u0[96:128], pde.Stepping{Until: 0.2, Steps: 20})
	if !slices.Equal(alone, one.Ys[1][96:128]) {
		t.Error("sample 3 alone, or its frame at t = 0.2, differs")
	}
	if one.Status != pde.Solved || one.Stats.NFE != 160 || one.Stats.Samples != 5 {
		t.Errorf("facts %+v, %v", one.Stats, one.Status)
	}
}

func TestParabolicErrors(t *testing.T) {
	good := pde.Stepping{Until: 1, Steps: 10}
	p := burgers(segment(-1, 24), 0.02) // the front is 0.04 wide
	u0 := field(t, p.Box, func(x []float64) float64 { return -math.Sin(math.Pi * x[0]) })
	large := slices.Clone(u0)
	for i := range large {
		large[i] *= 1e3
	}
	nan := slices.Clone(u0)
	nan[3] = math.NaN()
	periodic := p
	periodic.Box.Faces = pde.Sides(1, pde.Boundary{Kind: pde.Periodic})
	empty := p
	empty.Channels = nil
	backwards := p
	backwards.Channels = []chebyshev.Channel{{Diffusivity: -1}}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		p      chebyshev.Parabolic
		u0     []float64
		s      pde.Stepping
		want   string
		status pde.Status
	}{
		{"no steps", t.Context(), p, u0, pde.Stepping{Until: 1}, "Steps = 0", pde.Unsolved},
		{"length", t.Context(), p, u0[1:], good, "whole samples of 24", pde.Unsolved},
		{"periodic", t.Context(), periodic, u0, good, "want Dirichlet, Neumann or Robin", pde.Unsolved},
		{"no channels", t.Context(), empty, u0, good, "Channels is empty", pde.Unsolved},
		{"diffusivity", t.Context(), backwards, u0, good, "Diffusivity = -1", pde.Unsolved},
		{"NaN at the start", t.Context(), p, nan, good, "sample 0 has a value that is not finite at t = 0", pde.NotFinite},
		{"too large a step", t.Context(), p, large, good, "sample 0 is not finite at step", pde.NotFinite},
		{"too coarse a grid", t.Context(), p, u0, pde.Stepping{Until: 0.5, Steps: 500}, "a grid of [24] points is too coarse", pde.Unresolved},
		{"stopped", stopped, p, u0, good, "canceled", pde.Stopped},
	} {
		t.Run(c.name, func(t *testing.T) {
			sol, err := c.p.Solve(c.ctx, c.u0, c.s)
			if err == nil || !strings.Contains(err.Error(), c.want) || sol.Status != c.status || sol.Last() != nil {
				t.Errorf("error %v, want %q in it; status %v, want %v", err, c.want, sol.Status, c.status)
			}
		})
	}
	var unresolved *pde.UnresolvedError
	if _, err := p.Solve(t.Context(), u0, pde.Stepping{Until: 0.5, Steps: 500}); !errors.As(err, &unresolved) {
		t.Errorf("error %v, want a pde.UnresolvedError", err)
	}
}

func BenchmarkBurgers128(b *testing.B) {
	p := burgers(segment(0, 128), 0.01/math.Pi)
	u0 := field(b, p.Box, func(x []float64) float64 { return -math.Sin(math.Pi * x[0]) })
	for b.Loop() {
		march(b, p, u0, pde.Stepping{Until: 1, Steps: 1000})
	}
}

func BenchmarkAllenCahn48x48(b *testing.B) {
	p := allenCahn(pde.Box{Low: []float64{-1, -1}, High: []float64{1, 1}, Points: []int{48, 48}}, 0.01)
	u0 := field(b, p.Box, func(x []float64) float64 { return math.Sin(math.Pi*x[0]) * math.Sin(math.Pi*x[1]) })
	for b.Loop() {
		march(b, p, u0, pde.Stepping{Until: 1, Steps: 100})
	}
}
