package pde_test

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
)

// onTorus evaluates g on the periodic grid.
func onTorus(grid int, g func(x, y float64) float64) []float64 {
	out := make([]float64, grid*grid)
	for i := range out {
		out[i] = g(float64(i/grid)/float64(grid), float64(i%grid)/float64(grid))
	}
	return out
}

func solveFlow(t *testing.T, ns pde.NavierStokes, w0 []float64, grid int, s pde.Stepping) []float64 {
	t.Helper()
	sol, err := ns.Solve(t.Context(), w0, grid, s)
	if err != nil {
		t.Fatal(err)
	}
	return sol.Last()
}

// vortices is a smooth flow that is no solution of the steady equations.
func vortices(x, y float64) float64 {
	x, y = 2*math.Pi*x, 2*math.Pi*y
	return 3*math.Cos(x+0.3) + 2*math.Cos(y+1.1) + 1.5*math.Cos(x+2*y-0.4) + math.Cos(2*x-y+2)
}

// TestTaylorGreenDecays: where w is a function of ψ the advection vanishes and w decays as exp(-ν |κ|² t).
func TestTaylorGreenDecays(t *testing.T) {
	const nu, until = 0.03, 0.7
	for _, grid := range []int{12, 16, 32} {
		w := func(x, y float64) float64 { // modes (1, 2), (2, 1) and their mirror images, all with |k|² = 5
			x, y = 2*math.Pi*x, 2*math.Pi*y
			return math.Cos(x)*math.Cos(2*y) + 0.5*math.Sin(2*x+y)
		}
		decay := math.Exp(-nu * 20 * math.Pi * math.Pi * until)
		got := solveFlow(t, pde.NavierStokes{Viscosity: nu}, onTorus(grid, w), grid, pde.Stepping{Until: until, Steps: 10})
		want := onTorus(grid, func(x, y float64) float64 { return decay * w(x, y) })
		if diff := convergence.Largest(got, want); diff > 1e-14 { // round-off
			t.Errorf("%d points: error %.2g", grid, diff)
		}
	}
}

// TestFlowRate compares w_t at the start with forcing, diffusion and advection worked out by hand.
func TestFlowRate(t *testing.T) {
	const nu, h, grid = 0.01, 2e-3, 32
	type term struct{ a, k1, k2, phase float64 }
	terms := []term{{3, 1, 0, 0.3}, {2, 0, 1, 1.1}, {1.5, 1, 2, -0.4}, {1, 2, -1, 2}}
	rate := func(x, y float64) float64 {
		var u, v, wx, wy, diffusion float64
		for _, c := range terms {
			kx, ky := 2*math.Pi*c.k1, 2*math.Pi*c.k2
			sin, cos := math.Sincos(kx*x + ky*y + c.phase)
			square := kx*kx + ky*ky
			u -= ky / square * c.a * sin
			v += kx / square * c.a * sin
			wx -= kx * c.a * sin
			wy -= ky * c.a * sin
			diffusion -= square * c.a * cos
		}
		sin, cos := math.Sincos(2 * math.Pi * (x + y))
		return 0.1*(sin+cos) + nu*diffusion - u*wx - v*wy
	}
	w0 := onTorus(grid, vortices)
	sol, err := pde.NavierStokes{Viscosity: nu, Forcing: pde.DiagonalForcing(grid)}.Solve(t.Context(), w0, grid,
		pde.Stepping{Until: 4 * h, Steps: 8, Frames: 4})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float64, len(w0))
	for i := range got { // one-sided difference of order 4
		got[i] = (-25*w0[i] + 48*sol.Ys[0][i] - 36*sol.Ys[1][i] + 16*sol.Ys[2][i] - 3*sol.Ys[3][i]) / (12 * h)
	}
	// h⁴/5 times the fifth derivative, whose scale is that of w (6) times the rate (about 10)⁵; the rates are of size 10.
	if diff := convergence.Largest(got, onTorus(grid, rate)); diff > 1e-6 {
		t.Errorf("rates differ by %.2g", diff)
	}
}

// TestFlowConserves: without viscosity the truncated equations keep energy and enstrophy.
func TestFlowConserves(t *testing.T) {
	const grid = 32
	w0 := onTorus(grid, vortices)
	got := solveFlow(t, pde.NavierStokes{}, w0, grid, pde.Stepping{Until: 1, Steps: 400})
	var before, after float64
	for i := range w0 {
		before, after = before+w0[i]*w0[i], after+got[i]*got[i]
	}
	// The time step's error of order 4 at a step of 1/400; a wrong sign or an alias changes the enstrophy by its size.
	if math.Abs(after/before-1) > 1e-7 || convergence.Largest(w0, got) < 1 {
		t.Errorf("enstrophy goes from %v to %v, the flow moves by %v", before, after, convergence.Largest(w0, got))
	}
}

func TestFlowOrderInTime(t *testing.T) {
	const grid, until = 32, 0.5
	ns := pde.NavierStokes{Viscosity: 0.005, Forcing: pde.DiagonalForcing(grid)}
	w0 := onTorus(grid, vortices)
	want := solveFlow(t, ns, w0, grid, pde.Stepping{Until: until, Steps: 640})
	var dts, diffs []float64
	for _, steps := range []int{10, 20, 40, 80} {
		got := solveFlow(t, ns, w0, grid, pde.Stepping{Until: until, Steps: steps})
		dts, diffs = append(dts, until/float64(steps)), append(diffs, convergence.Largest(got, want))
	}
	if order := convergence.Order(dts, diffs); math.Abs(order-4) > 0.2 { // the house's bound on a fitted order
		t.Errorf("order %.3f from errors %.2g, want 4", order, diffs)
	}
}

// TestFlowAgainstAnotherProgram compares with testdata/navierstokes_reference.py.
func TestFlowAgainstAnotherProgram(t *testing.T) {
	text, err := os.ReadFile("testdata/navierstokes_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Viscosity, Until float64
		Terms            [][4]float64 // amplitude, k1, k2, phase
		W                []float64    // at 8 by 8 points
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.W) != 64 || len(reference.Terms) == 0 {
		t.Fatalf("%d reference values, want 64", len(reference.W))
	}
	for _, grid := range []int{64, 72} { // our own transform and gonum's
		w0 := onTorus(grid, func(x, y float64) (w float64) {
			for _, c := range reference.Terms {
				w += c[0] * math.Cos(2*math.Pi*(c[1]*x+c[2]*y)+c[3])
			}
			return w
		})
		ns := pde.NavierStokes{Viscosity: reference.Viscosity, Forcing: pde.DiagonalForcing(grid)}
		got := solveFlow(t, ns, w0, grid, pde.Stepping{Until: reference.Until, Steps: 400})
		for i, want := range reference.W {
			diff := math.Abs(got[i/8*grid/8*grid+i%8*grid/8] - want)
			if diff > 1e-8 { // the reference's tolerance over its steps, and our step's error
				t.Errorf("%d points: w differs by %.2g at value %d", grid, diff, i)
			}
		}
	}
}

func TestFlowDoesNotDependOnWorkers(t *testing.T) {
	const grid = 16
	w0 := slices.Concat(onTorus(grid, vortices), onTorus(grid, func(x, y float64) float64 { return vortices(y, 2*x) }))
	s := pde.Stepping{Until: 0.2, Steps: 6, Frames: 2, Workers: 1}
	ns := pde.NavierStokes{Viscosity: 0.01, Forcing: pde.DiagonalForcing(grid)}
	one, err := ns.Solve(t.Context(), w0, grid, s)
	if err != nil {
		t.Fatal(err)
	}
	s.Workers = 2
	two, err := ns.Solve(t.Context(), w0, grid, s)
	if err != nil {
		t.Fatal(err)
	}
	for f := range one.Ys {
		if !slices.Equal(one.Ys[f], two.Ys[f]) {
			t.Errorf("frame %d differs", f)
		}
	}
	if one.Stats.NFE != 24 || one.Stats.Samples != 2 {
		t.Errorf("facts %+v", one.Stats)
	}
}

func TestFlowErrors(t *testing.T) {
	const grid = 16
	w0 := onTorus(grid, vortices)
	wild := slices.Clone(w0)
	for i := range wild {
		wild[i] *= 1e6
	}
	good := pde.Stepping{Until: 1, Steps: 20}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		ns   pde.NavierStokes
		w0   []float64
		grid int
		s    pde.Stepping
		want string
	}{
		{"viscosity", t.Context(), pde.NavierStokes{Viscosity: -1}, w0, grid, good, "NavierStokes.Viscosity = -1"},
		{"forcing", t.Context(), pde.NavierStokes{Forcing: w0[1:]}, w0, grid, good, "a forcing of 255 values, want 256"},
		{
			"NaN forcing", t.Context(),
			pde.NavierStokes{Forcing: slices.Repeat([]float64{math.NaN()}, 256)},
			w0, grid, good,
			"the forcing has a value that is not finite",
		},
		{"lengths", t.Context(), pde.NavierStokes{}, w0[1:], grid, good, "255 initial values on a grid of [16 16]"},
		{"no steps", t.Context(), pde.NavierStokes{}, w0, grid, pde.Stepping{Until: 1}, "Stepping.Steps = 0"},
		{"too large a step", t.Context(), pde.NavierStokes{Viscosity: 0.01}, slices.Concat(w0, wild), grid, good, "NavierStokes: sample 1 is not finite at step"},
		{"stopped", stopped, pde.NavierStokes{}, w0, grid, good, context.Canceled.Error()},
	} {
		t.Run(c.name, func(t *testing.T) {
			sol, err := c.ns.Solve(c.ctx, c.w0, c.grid, c.s)
			if err == nil || !strings.Contains(err.Error(), c.want) || sol.Last() != nil {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
			var at *pde.NotFiniteError
			if c.name == "too large a step" && (!errors.As(err, &at) || at.Equation != "NavierStokes") {
				t.Errorf("error %v is not a NotFiniteError", err)
			}
		})
	}
}

func BenchmarkNavierStokes(b *testing.B) {
	for _, grid := range []int{64, 128, 256} {
		b.Run(fmt.Sprint(grid), func(b *testing.B) {
			w0 := onTorus(grid, vortices)
			ns := pde.NavierStokes{Viscosity: 1e-3, Forcing: pde.DiagonalForcing(grid)}
			const steps = 20
			for range b.N {
				if _, err := ns.Solve(b.Context(), w0, grid, pde.Stepping{Until: 0.1, Steps: steps}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N)/steps, "ms/step")
		})
	}
}
