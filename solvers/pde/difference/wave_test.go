package difference_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/difference"
)

// states interleaves u and ∂u/∂t.
func states(u, v []float64) []float64 {
	out := make([]float64, 0, 2*len(u))
	for i := range u {
		out = append(out, u[i], v[i])
	}
	return out
}

// TestWaveOrder: u = cos(ωt + 0.3) times a standing wave in one to three axes, for each kind of condition, in u and in ∂u/∂t.
func TestWaveOrder(t *testing.T) {
	const c, until = 1.3, 0.8
	for _, k := range kinds {
		for d := 1; d <= 3; d++ {
			omega := c * math.Sqrt(standing.square(d))
			swing := func(t float64) float64 { return math.Cos(omega*t + 0.3) }
			speed := func(t float64) float64 { return -omega * math.Sin(omega*t+0.3) }
			var hs, errs, errsV []float64
			ns := sizes(d)
			if d == 1 {
				ns = []int{64, 128, 256, 512, 1024}
			}
			for _, n := range ns {
				b := boxOf(d, n, standing.faces(d, swing, k...))
				u := field(t, b, standing.at)
				at := func(t float64) []float64 {
					out := make([]float64, 2*len(u))
					for i, v := range u {
						out[2*i], out[2*i+1] = swing(t)*v, speed(t)*v
					}
					return out
				}
				got := last(t)(difference.Wave{Box: b, Speed: []float64{c}}.Solve(t.Context(), at(0), pde.Stepping{Until: until, Steps: 4 * n}))
				want := at(until)
				var e, ev float64
				for i := range u {
					e, ev = max(e, math.Abs(got[2*i]-want[2*i])), max(ev, math.Abs(got[2*i+1]-want[2*i+1]))
				}
				hs, errs, errsV = append(hs, 1/float64(n)), append(errs, e), append(errsV, ev)
			}
			wantSecondOrder(t, fmt.Sprintf("u, %v in %d axes", k, d), hs, errs)
			if d == 1 { // on coarser grids a Robin face excites waves of a few steps' length, whose part in ∂u/∂t falls unevenly
				wantSecondOrder(t, fmt.Sprintf("∂u/∂t, %v", k), hs, errsV)
			}
		}
	}
}

// TestWaveInMedium has a speed of 1 + x/2, a damping of x and a source that make u = e^(-t) sin 2x.
func TestWaveInMedium(t *testing.T) {
	var hs, errs []float64
	for _, n := range []int{16, 32, 64, 128} {
		b := pde.Box{Low: []float64{0}, High: []float64{2}, Points: []int{n + 1}}
		b.Faces = [][2]pde.Boundary{{{}, {Value: func(t float64, _ []float64) float64 { return math.Exp(-t) * math.Sin(4) }}}}
		w := difference.Wave{
			Box:     b,
			Speed:   field(t, b, func(x []float64) float64 { return 1 + x[0]/2 }),
			Damping: field(t, b, func(x []float64) float64 { return x[0] }),
			Source: func(t float64, x []float64) float64 {
				c := 1 + x[0]/2
				return math.Exp(-t) * math.Sin(2*x[0]) * (1 - x[0] + 4*c*c)
			},
		}
		u := field(t, b, func(x []float64) float64 { return math.Sin(2 * x[0]) })
		v := make([]float64, len(u))
		for i := range v {
			v[i] = -u[i]
		}
		got := last(t)(w.Solve(t.Context(), states(u, v), pde.Stepping{Until: 1, Steps: 2 * n}))
		var worst float64
		for i := range u {
			worst = max(worst, math.Abs(got[2*i]-math.Exp(-1)*u[i]))
		}
		hs, errs = append(hs, 1/float64(n)), append(errs, worst)
	}
	wantSecondOrder(t, "medium", hs, errs)
}

// TestWaveMagicStep: with c dt = h on a line leapfrog is d'Alembert's solution, here of a pulse with a kink that splits in two, to round-off.
func TestWaveMagicStep(t *testing.T) {
	const n = 64
	b := pde.Box{Low: []float64{0}, High: []float64{1}, Points: []int{n}, Faces: pde.Sides(1, pde.Boundary{Kind: pde.Periodic})}
	pulse := func(x float64) float64 { return max(0, 0.2-math.Abs(x-math.Floor(x)-0.5)) }
	u := field(t, b, func(x []float64) float64 { return pulse(x[0]) })
	w := difference.Wave{Box: b, Speed: []float64{2}}
	const steps = 3*n + n/4
	got := last(t)(w.Solve(t.Context(), states(u, make([]float64, n)), pde.Stepping{Until: steps / 2.0 / n, Steps: steps}))
	for i := range n {
		x := float64(i) / n
		if want := (pulse(x-0.25) + pulse(x+0.25)) / 2; math.Abs(got[2*i]-want) > 1e-13 { // round-off of 208 steps
			t.Fatalf("u(%v) = %v, want %v", x, got[2*i], want)
		}
	}
}

// TestWaveEnergy: the energy of leapfrog stays to round-off over a thousand steps at the very limit, from rough fields and for all kinds of conditions.
func TestWaveEnergy(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, c := range []struct {
		name  string
		faces [][2]pde.Boundary
	}{
		{"Dirichlet", nil},
		{"Neumann", pde.Sides(2, pde.Boundary{Kind: pde.Neumann})},
		{"Robin", pde.Sides(2, pde.Boundary{Kind: pde.Robin, Coefficient: 30})},
		{"periodic", pde.Sides(2, pde.Boundary{Kind: pde.Periodic})},
	} {
		b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 2}, Points: []int{14, 17}, Faces: c.faces}
		w := difference.Wave{Box: b, Speed: field(t, b, func(x []float64) float64 { return 1 + x[0]*x[1]/2 })}
		u0 := make([]float64, 2*b.Size())
		for i := range u0 {
			u0[i] = rng.NormFloat64()
		}
		limit, err := w.Limit()
		if err != nil {
			t.Fatal(err)
		}
		s := pde.Stepping{Until: 1000 * limit, Steps: 1000, Frames: 10}
		sol, err := w.Solve(t.Context(), u0, s)
		if err != nil {
			t.Fatal(err)
		}
		first, err := w.Energy(sol.Ys[0], s.Dt())
		if err != nil {
			t.Fatal(err)
		}
		for f, y := range sol.Ys[1:] {
			e, err := w.Energy(y, s.Dt())
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(e[0]/first[0]-1) > 1e-11 || !(e[0] > 0) { // round-off of 1000 steps on values of size 1/h² = 170
				t.Errorf("%s: energy %v at frame %d, want %v", c.name, e[0], f+1, first[0])
			}
		}
	}
}

// TestWaveAgainstAnotherProgram compares with testdata/difference_reference.py, whose time is exact: the difference is of second order in ours.
func TestWaveAgainstAnotherProgram(t *testing.T) {
	want := readReference(t).Wave
	b := pde.Box{Low: []float64{0}, High: []float64{2}, Points: []int{17}}
	b.Faces = [][2]pde.Boundary{{
		{Value: func(t float64, _ []float64) float64 { return 0.1 * math.Sin(2*t) }},
		{Kind: pde.Robin, Coefficient: 1},
	}}
	w := difference.Wave{
		Box:     b,
		Speed:   field(t, b, func(x []float64) float64 { return 1 + x[0] }),
		Damping: field(t, b, func(x []float64) float64 { return x[0] / 2 }),
		Source:  func(t float64, _ []float64) float64 { return math.Sin(3 * t) },
	}
	u := field(t, b, func(x []float64) float64 { return x[0] * (2 - x[0]) * (2 - x[0]) })
	v := field(t, b, func(x []float64) float64 { return 0.2 * math.Pow(1-x[0]/2, 2) })
	var dts, errs, got, coarser []float64
	for _, steps := range []int{200, 400, 800, 1600} {
		coarser = got
		got = last(t)(w.Solve(t.Context(), states(u, v), pde.Stepping{Until: 1.5, Steps: steps}))
		dts, errs = append(dts, 1.5/float64(steps)), append(errs, convergence.Largest(got, want))
	}
	wantSecondOrder(t, "time", dts, errs)
	for i := range got { // what is left of dt² in the last two
		got[i] += (got[i] - coarser[i]) / 3
	}
	if e := convergence.Largest(got, want); e > 1e-6 { // fourth order in ω dt = 0.05 of the fastest wave on the grid, of size 0.1
		t.Errorf("extrapolated to dt = 0 it differs by %.2g", e)
	}
}

// TestWaveLayer sends a pulse out of a line: what comes back, of two halves that meet where they parted, is what the layers should reflect.
func TestWaveLayer(t *testing.T) {
	const n, steps = 401, 800
	b := pde.Box{Low: []float64{0}, High: []float64{2}, Points: []int{n}}
	u := field(t, b, func(x []float64) float64 { return math.Exp(-math.Pow((x[0]-1)/0.05, 2)) })
	for _, c := range []struct {
		layer      int
		reflection float64
	}{{10, 1e-2}, {20, 1e-3}, {50, 1e-4}, {100, 1e-6}} {
		w := difference.Wave{
			Box: b, Speed: []float64{1}, Layer: difference.Layer{Steps: [][2]int{{c.layer, c.layer}}, Reflection: c.reflection},
		}
		got := last(t)(w.Solve(t.Context(), states(u, make([]float64, n)), pde.Stepping{Until: 2, Steps: steps}))
		var left float64
		for i := range n {
			left = max(left, math.Abs(got[2*i]))
		}
		if math.Abs(left/c.reflection-1) > 0.1 { // the grid adds 5 % to 20 steps with 1e-3, and smears the pulse by 1 %
			t.Errorf("a layer of %d steps for %v reflects %.3g", c.layer, c.reflection, left)
		}
	}
}

// TestWaveLayerInBoxes compares a pulse that leaves a box through layers with the same pulse in a box three times as wide, whose faces are too far away to
// be felt: at all angles and in corners little comes back. Measured 1.6e-4 in two axes and 4e-4 in three, of a pulse of height 1.
func TestWaveLayerInBoxes(t *testing.T) {
	for d := 2; d <= 3; d++ {
		n, layer := []int{41, 17}[d-2], []int{10, 6}[d-2]
		wide := 3*n - 2
		inner := pde.Box{Low: []float64{-1, -1, -1}[:d], High: []float64{1, 1, 1}[:d], Points: slices.Repeat([]int{n}, d)}
		outer := pde.Box{Low: []float64{-3, -3, -3}[:d], High: []float64{3, 3, 3}[:d], Points: slices.Repeat([]int{wide}, d)}
		pulse := func(x []float64) float64 {
			var s float64
			for axis, v := range x {
				s += math.Pow(v-0.05*float64(axis), 2)
			}
			return math.Exp(-s / 0.06)
		}
		s := pde.Stepping{Until: 2.5, Steps: []int{150, 60}[d-2]}
		solve := func(b pde.Box, l difference.Layer) []float64 {
			u := field(t, b, pulse)
			return last(t)(difference.Wave{Box: b, Speed: []float64{1}, Layer: l}.Solve(t.Context(), states(u, make([]float64, len(u))), s))
		}
		steps := slices.Repeat([][2]int{{layer, layer}}, d)
		got, want := solve(inner, difference.Layer{Steps: steps, Reflection: 1e-3}), solve(outer, difference.Layer{})
		var worst float64
		for i := range inner.Size() {
			at, stride, rest, within := 0, 1, i, true
			for range d {
				k := rest % n
				within = within && k >= layer && k < n-layer
				at += (k + n - 1) * stride
				rest, stride = rest/n, stride*wide
			}
			if within {
				worst = max(worst, math.Abs(got[2*i]-want[2*at]))
			}
		}
		t.Logf("%d axes: off by %.2g", d, worst)
		if worst > 1e-3 { // the Reflection that was asked for
			t.Errorf("%d axes: off by %.2g", d, worst)
		}
	}
}

// TestWaveLayerIsStable marches 5000 of the largest steps that are allowed, with layers on all faces of a cube, from a rough field.
func TestWaveLayerIsStable(t *testing.T) {
	for d := 1; d <= 3; d++ {
		b := pde.Box{Low: make([]float64, d), High: slices.Repeat([]float64{1}, d), Points: slices.Repeat([]int{12}, d)}
		w := difference.Wave{
			Box: b, Speed: []float64{1}, Layer: difference.Layer{Steps: slices.Repeat([][2]int{{4, 4}}, d), Reflection: 1e-6},
		}
		limit, err := w.Limit()
		if err != nil {
			t.Fatal(err)
		}
		rng := rand.New(rand.NewPCG(5, 6))
		u0 := make([]float64, 2*b.Size())
		for i := range u0 {
			u0[i] = rng.NormFloat64()
		}
		got := last(t)(w.Solve(t.Context(), u0, pde.Stepping{Until: 5000 * limit, Steps: 5000}))
		if size := convergence.Largest(got, make([]float64, len(got))); size > 1 { // it has nearly all gone out
			t.Errorf("%d axes: %.3g is left", d, size)
		}
	}
}

func TestWaveErrors(t *testing.T) {
	b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{11, 21}}
	u0 := make([]float64, 2*b.Size())
	nan := slices.Clone(u0)
	nan[100] = math.NaN()
	good := pde.Stepping{Until: 1, Steps: 100}
	w := difference.Wave{Box: b, Speed: []float64{2}}
	with := func(change func(*difference.Wave)) difference.Wave {
		c := w
		change(&c)
		return c
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		w    difference.Wave
		u0   []float64
		s    pde.Stepping
		want string
	}{
		{"no speed", t.Context(), with(func(w *difference.Wave) { w.Speed = nil }), u0, good, "Speed has 0 values, want 1 or 231"},
		{"speed", t.Context(), with(func(w *difference.Wave) { w.Speed = []float64{-1} }), u0, good, "Speed is -1 at [0 0]"},
		{"damping", t.Context(), with(func(w *difference.Wave) { w.Damping = u0[:3] }), u0, good, "Damping has 3 values, want 231"},
		{"damping", t.Context(), with(func(w *difference.Wave) { w.Damping = slices.Repeat([]float64{-1}, 231) }), u0, good, "Damping[0] = -1"},
		{
			"layer", t.Context(), with(func(w *difference.Wave) { w.Layer = difference.Layer{Steps: [][2]int{{1, 1}, {1, 1}}} }),
			u0, good, "Layer.Reflection = 0",
		},
		{
			"layer", t.Context(),
			with(func(w *difference.Wave) { w.Layer = difference.Layer{Steps: [][2]int{{5, 5}, {1, 1}}, Reflection: 0.1} }),
			u0, good, "Layer.Steps[0] = [5 5] on an axis of 11 points",
		},
		{"layer", t.Context(), with(func(w *difference.Wave) { w.Layer = difference.Layer{Steps: [][2]int{{1, 1}}, Reflection: 0.1} }), u0, good, "has 1 axes, want 2"},
		{"length", t.Context(), w, u0[1:], good, "whole samples of 462"},
		{"no steps", t.Context(), w, u0, pde.Stepping{Until: 1}, "Steps = 0"},
		{"NaN", t.Context(), w, nan, good, "sample 0 has a value that is not finite at t = 0"},
		{"CFL", t.Context(), w, u0, pde.Stepping{Until: 1, Steps: 44}, "speed of 2 on a grid with steps of [0.1 0.05]: want at most 0.02236, which takes 45 steps"},
		{"stopped", stopped, w, u0, good, "canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sol, err := c.w.Solve(c.ctx, c.u0, c.s)
			if err == nil || !strings.Contains(err.Error(), c.want) || sol.Last() != nil {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
	var cfl *difference.CFLError
	_, err := w.Solve(t.Context(), u0, pde.Stepping{Until: 1, Steps: 44})
	if !errors.As(err, &cfl) || cfl.Steps != 45 {
		t.Errorf("error %v, want a CFLError with 45 steps", err)
	}
	if _, err = w.Solve(t.Context(), u0, pde.Stepping{Until: 1, Steps: cfl.Steps}); err != nil {
		t.Errorf("the steps that the error wants are refused: %v", err)
	}
}

func BenchmarkWave129x129(b *testing.B) {
	box := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{129, 129}}
	w := difference.Wave{Box: box, Speed: []float64{1}}
	u0 := slices.Repeat([]float64{1}, 4*2*129*129)
	for b.Loop() {
		last(b)(w.Solve(b.Context(), u0, pde.Stepping{Until: 1, Steps: 200}))
	}
}
