package difference_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/difference"
)

func oneChannel(d float64) []difference.Channel { return []difference.Channel{{Diffusivity: d}} }

// TestHeatOrder refines time with space: u = e^(-t/2) times a standing wave, with a source, a = 1 + x_1/2, each kind of condition with values that move.
func TestHeatOrder(t *testing.T) {
	decay := func(t float64) float64 { return math.Exp(-t / 2) }
	for _, k := range kinds {
		for d := 1; d <= 3; d++ {
			var hs, errs []float64
			for _, n := range sizes(d) {
				b := boxOf(d, n, standing.faces(d, decay, k...))
				h := difference.Heat{
					Name: "heat", Box: b, Channels: oneChannel(0.3),
					Coefficient: field(t, b, func(x []float64) float64 { return 1 + x[0]/2 }),
					Reaction: func(dst []float64, t float64, x, _ []float64) {
						lap := -(1+x[0]/2)*standing.square(d)*standing.at(x) + standing.slope(x, 0)/2
						dst[0] = decay(t) * (-standing.at(x)/2 - 0.3*lap)
					},
				}
				got := last(t)(h.Solve(t.Context(), field(t, b, standing.at), pde.Stepping{Until: 1, Steps: n}))
				want := field(t, b, standing.at)
				for i := range want {
					want[i] *= decay(1)
				}
				hs, errs = append(hs, 1/float64(n)), append(errs, convergence.Largest(got, want))
			}
			wantSecondOrder(t, fmt.Sprintf("%v in %d axes", k, d), hs, errs)
		}
	}
}

// TestHeatModes: a mode of the grid decays by the stability function of TR-BDF2, to round-off, and in the limit of small steps by e^(λt).
func TestHeatModes(t *testing.T) {
	const n, d, dt = 20, 0.7, 0.02
	for _, c := range []struct {
		name string
		kind pde.BoundaryKind
		mode func(x float64) float64
	}{
		{"Dirichlet", pde.Dirichlet, func(x float64) float64 { return math.Sin(3 * math.Pi * x) }},
		{"Neumann", pde.Neumann, func(x float64) float64 { return math.Cos(3 * math.Pi * x) }},
	} {
		b := pde.Box{Low: []float64{0}, High: []float64{1}, Points: []int{n + 1}, Faces: pde.Sides(1, pde.Boundary{Kind: c.kind})}
		u0 := field(t, b, func(x []float64) float64 { return c.mode(x[0]) })
		h := difference.Heat{Name: "heat", Box: b, Channels: oneChannel(d)}
		got := last(t)(h.Solve(t.Context(), u0, pde.Stepping{Until: 3 * dt, Steps: 3}))
		z := -d * dt * 4 * n * n * math.Pow(math.Sin(1.5*math.Pi/n), 2)
		// R(z) = (1 + (1-2γ(1-γ)... in the form of Hosea & Shampine: stage 2γ by the trapezium, then BDF2.
		g := 1 - 1/math.Sqrt2
		stage := (1 + g*z) / (1 - g*z)
		w := 1 / (2 * math.Sqrt2)
		r := (1 + w*z*(1+stage)) / (1 - g*z)
		want := make([]float64, len(u0))
		for i, u := range u0 {
			want[i] = r * r * r * u
		}
		if e := convergence.Largest(got, want); e > 1e-14 { // round-off
			t.Errorf("%s: error %.2g", c.name, e)
		}
	}
}

// TestHeatConserves: between insulated or periodic faces Σ V u stays, with a coefficient that jumps and a staircase of an obstacle.
func TestHeatConserves(t *testing.T) {
	b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 2}, Points: []int{24, 21}}
	b.Faces = append(pde.Sides(1, pde.Boundary{Kind: pde.Periodic}), pde.Sides(1, pde.Boundary{Kind: pde.Neumann})...)
	inside := make([]bool, b.Size())
	for i, d := range field(t, b, func(x []float64) float64 { return math.Hypot(x[0]-0.5, x[1]-0.8) - 0.25 }) {
		inside[i] = d > 0
	}
	for _, mask := range []*difference.Mask{nil, {Inside: inside, Wall: pde.Boundary{Kind: pde.Neumann}}} {
		h := difference.Heat{
			Name: "heat", Box: b, Mask: mask, Channels: oneChannel(0.5),
			Coefficient: field(t, b, func(x []float64) float64 { return 1 + 9*math.Round(x[1]/2) }),
		}
		u0 := field(t, b, func(x []float64) float64 { return 1 + math.Sin(5*x[1])*math.Cos(2*math.Pi*x[0]) })
		got := last(t)(h.Solve(t.Context(), u0, pde.Stepping{Until: 0.1, Steps: 50}))
		content := func(u []float64) (sum float64) {
			for i, v := range u {
				switch {
				case mask != nil && !inside[i]:
				case i%21 == 0 || i%21 == 20:
					sum += v / 2
				default:
					sum += v
				}
			}
			return sum
		}
		before, after := content(u0), content(got)
		if math.Abs(after/before-1) > 1e-13 || convergence.Largest(u0, got) < 0.1 { // round-off of 100 solves
			t.Errorf("content goes from %v to %v, the field by %.2g", before, after, convergence.Largest(u0, got))
		}
	}
}

// TestHeatOnDisc: u = e^(-j²Dt) J_0(j r), the first mode of a disc of radius 1; with true distances it is of second order.
func TestHeatOnDisc(t *testing.T) {
	const j, d, until = 2.404825557695773, 0.2, 0.5 // the first zero of J_0
	var hs, errs []float64
	for _, n := range []int{20, 30, 40, 60, 80, 120} {
		b := pde.Box{Low: []float64{-1.1, -1.1}, High: []float64{1.1, 1.1}, Points: []int{n + 1, n + 1}}
		mask := &difference.Mask{Distance: func(x []float64) float64 { return math.Hypot(x[0], x[1]) - 1 }}
		mode := field(t, b, func(x []float64) float64 {
			if r := math.Hypot(x[0], x[1]); r < 1 {
				return math.J0(j * r)
			}
			return 0
		})
		h := difference.Heat{Name: "heat", Box: b, Mask: mask, Channels: oneChannel(d)}
		got := last(t)(h.Solve(t.Context(), mode, pde.Stepping{Until: until, Steps: n}))
		for i := range mode {
			mode[i] *= math.Exp(-j * j * d * until)
		}
		hs, errs = append(hs, 1/float64(n)), append(errs, convergence.Largest(got, mode))
	}
	wantSecondOrder(t, "disc", hs, errs)
}

// TestHeatReactionOrder is second order in time where all is reaction: u_t = -u² + cos t terms with the solution 1/(1+t) + sin t.
func TestHeatReactionOrder(t *testing.T) {
	b := pde.Box{Low: []float64{0}, High: []float64{1}, Points: []int{4}, Faces: pde.Sides(1, pde.Boundary{Kind: pde.Periodic})}
	exact := func(t float64) float64 { return 1/(1+t) + math.Sin(t) }
	h := difference.Heat{
		Name: "reaction", Box: b, Channels: oneChannel(1),
		Reaction: func(dst []float64, t float64, _, u []float64) {
			e := exact(t)
			dst[0] = -(u[0]*u[0] - e*e) - 1/((1+t)*(1+t)) + math.Cos(t)
		},
	}
	var dts, errs []float64
	for _, steps := range []int{20, 40, 80, 160} {
		got := last(t)(h.Solve(t.Context(), []float64{1, 1, 1, 1}, pde.Stepping{Until: 2, Steps: steps}))
		dts, errs = append(dts, 2/float64(steps)), append(errs, math.Abs(got[2]-exact(2)))
	}
	wantSecondOrder(t, "reaction", dts, errs)
}

// referenceHeat is that of testdata/difference_reference.py.
func referenceHeat() difference.Heat {
	rising := func(t float64, _ []float64) float64 { return 0.3 + 0.1*math.Sin(2*t) }
	return difference.Heat{
		Name: "Gray–Scott", Box: pde.Box{Low: []float64{0}, High: []float64{2}, Points: []int{17}},
		Channels: []difference.Channel{
			{Diffusivity: 0.1, Faces: [][2]pde.Boundary{{{Value: pde.Constant(1)}, {Kind: pde.Neumann}}}},
			{Diffusivity: 0.05, Faces: [][2]pde.Boundary{{{Kind: pde.Neumann}, {Kind: pde.Robin, Coefficient: 1, Value: rising}}}},
		},
		Reaction: func(dst []float64, _ float64, _, u []float64) {
			dst[0] = -u[0]*u[1]*u[1] + 0.04*(1-u[0])
			dst[1] = u[0]*u[1]*u[1] - 0.1*u[1]
		},
	}
}

// TestHeatAgainstAnotherProgram compares with testdata/difference_reference.py, whose time is exact: the difference is of second order in ours.
func TestHeatAgainstAnotherProgram(t *testing.T) {
	want := readReference(t).Heat
	h := referenceHeat()
	var u0 []float64
	for i := range 17 {
		x := float64(i) / 8
		s := math.Sin(math.Pi * x / 4)
		u0 = append(u0, 1-0.3*s*s, 0.2+0.1*math.Cos(math.Pi*x/2))
	}
	var dts, errs []float64
	for _, steps := range []int{50, 100, 200, 400} {
		got := last(t)(h.Solve(t.Context(), u0, pde.Stepping{Until: 2, Steps: steps}))
		dts, errs = append(dts, 2/float64(steps)), append(errs, convergence.Largest(got, want))
	}
	wantSecondOrder(t, "time", dts, errs)
	if errs[3] > 1e-6 { // dt²/30, as the errors before say
		t.Errorf("differs by %.2g", errs)
	}
}

func TestHeatFacts(t *testing.T) {
	h := referenceHeat()
	var u0 []float64
	for i := range 5 * 34 {
		u0 = append(u0, 0.5+0.3*math.Sin(float64(i)))
	}
	s := pde.Stepping{Until: 1, Steps: 20, Frames: 4, Workers: 1}
	want, err := h.Solve(t.Context(), u0, s)
	if err != nil {
		t.Fatal(err)
	}
	s.Workers = 3
	got, err := h.Solve(t.Context(), u0, s)
	if err != nil {
		t.Fatal(err)
	}
	for f := range want.Ys {
		if !slices.Equal(got.Ys[f], want.Ys[f]) {
			t.Errorf("frame %d differs between 1 and 3 workers", f)
		}
	}
	alone := last(t)(h.Solve(t.Context(), u0[34:68], pde.Stepping{Until: 0.5, Steps: 10}))
	if !slices.Equal(alone, want.Ys[1][34:68]) {
		t.Error("sample 1 alone, or its frame at t = 0.5, differs")
	}
	if want.Status != pde.Solved || want.Stats.NFE != 60 || want.Stats.Samples != 5 || want.Last()[0] != 1 {
		t.Errorf("facts %+v, %v, u(0) = %v", want.Stats, want.Status, want.Last()[0])
	}
}

func TestHeatErrors(t *testing.T) {
	good := pde.Stepping{Until: 1, Steps: 10}
	h := referenceHeat()
	u0 := slices.Repeat([]float64{1}, 34)
	nan := slices.Clone(u0)
	nan[5] = math.NaN()
	with := func(change func(*difference.Heat)) difference.Heat {
		c := h
		c.Channels = slices.Clone(h.Channels)
		change(&c)
		return c
	}
	explosive := with(func(h *difference.Heat) {
		h.Reaction = func(dst []float64, _ float64, _, u []float64) { dst[0], dst[1] = 100*math.Exp(u[0]), 0 }
	})
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name   string
		ctx    context.Context
		h      difference.Heat
		u0     []float64
		s      pde.Stepping
		want   string
		status pde.Status
	}{
		{"no steps", t.Context(), h, u0, pde.Stepping{Until: 1}, "Steps = 0", pde.Unsolved},
		{"length", t.Context(), h, u0[1:], good, "whole samples of 34", pde.Unsolved},
		{"channels", t.Context(), with(func(h *difference.Heat) { h.Channels = nil }), u0, good, "Channels is empty", pde.Unsolved},
		{"diffusivity", t.Context(), with(func(h *difference.Heat) { h.Channels[1].Diffusivity = 0 }), u0, good, "Channels[1].Diffusivity = 0", pde.Unsolved},
		{
			"periodic", t.Context(),
			with(func(h *difference.Heat) { h.Channels[1].Faces = pde.Sides(1, pde.Boundary{Kind: pde.Periodic}) }),
			u0, good, "Channels[1].Faces[0] are periodic", pde.Unsolved,
		},
		{"coefficient", t.Context(), with(func(h *difference.Heat) { h.Coefficient = u0[:3] }), u0, good, "Coefficient has 3 values, want 17", pde.Unsolved},
		{
			"coefficient", t.Context(),
			with(func(h *difference.Heat) { h.Coefficient = make([]float64, 17) }),
			u0, good, "Coefficient is 0 at [0]", pde.Unsolved,
		},
		{
			"Robin", t.Context(),
			with(func(h *difference.Heat) { h.Box.Faces = pde.Sides(1, pde.Boundary{Kind: pde.Robin, Coefficient: -1}) }),
			u0, good, "Faces[0][0].Coefficient = -1", pde.Unsolved,
		},
		{"NaN at the start", t.Context(), h, nan, good, "sample 0 has a value that is not finite at t = 0", pde.NotFinite},
		{"explosion", t.Context(), explosive, u0, good, "sample 0 is not finite at step", pde.NotFinite},
		{"stopped", stopped, h, u0, good, "canceled", pde.Stopped},
	} {
		t.Run(c.name, func(t *testing.T) {
			sol, err := c.h.Solve(c.ctx, c.u0, c.s)
			if err == nil || !strings.Contains(err.Error(), c.want) || sol.Status != c.status || sol.Last() != nil {
				t.Errorf("error %v, want %q in it; status %v, want %v", err, c.want, sol.Status, c.status)
			}
		})
	}
	var at *pde.NotFiniteError
	if _, err := explosive.Solve(t.Context(), u0, good); !errors.As(err, &at) {
		t.Errorf("error %v, want a pde.NotFiniteError", err)
	}
}

func BenchmarkHeat65x65(b *testing.B) {
	box := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{65, 65}}
	h := difference.Heat{Name: "heat", Box: box, Channels: oneChannel(0.1)}
	u0 := slices.Repeat([]float64{1}, 4*65*65)
	for b.Loop() {
		last(b)(h.Solve(b.Context(), u0, pde.Stepping{Until: 1, Steps: 50}))
	}
}
