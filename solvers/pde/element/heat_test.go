package element_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
	"github.com/fieldbook-go/fieldbook/solvers/pde/element"
)

// TestHeatOrderInTime has a solution that is linear in space, so that the steps alone err: u = (1 + x + 2y) cos 3t.
func TestHeatOrderInTime(t *testing.T) {
	s := space(t, fill(t, plate(), 0.25))
	u := func(t, x, y float64) float64 { return (1 + x + 2*y) * math.Cos(3*t) }
	for scheme, order := range map[element.Scheme]float64{element.BackwardEuler: 1, element.CrankNicolson: 2} {
		var h, errs []float64
		for _, steps := range []int{8, 16, 32, 64} {
			got := must(s.March(t.Context(), element.Heat{
				Capacity: element.Constant(2), Diffusion: element.Isotropic(element.Constant(0.3)), Reaction: element.Constant(1),
				Source: func(t, x, y float64) float64 {
					return -6*(1+x+2*y)*math.Sin(3*t) + u(t, x, y)
				},
				Conditions: []element.Condition{
					{Kind: element.Dirichlet, Markers: []int{mesh.Left}, Moving: u},
					{Kind: element.Neumann, Markers: []int{mesh.Right}, Moving: func(t, _, _ float64) float64 { return 0.3 * math.Cos(3*t) }},
					{
						Kind: element.Robin, Markers: []int{mesh.Top}, Alpha: func(_, _ float64) float64 { return 2 },
						Moving: func(t, x, y float64) float64 { return 0.6*math.Cos(3*t) + 2*u(t, x, y) },
					},
					{Kind: element.Dirichlet, Moving: u},
				},
				Initial: element.Func(func(x, y float64) float64 { return u(0, x, y) }),
				Scheme:  scheme, Until: 1, Steps: steps,
			}))(t)
			h = append(h, 1/float64(steps))
			errs = append(errs, must(s.L2Error(got.Ys[0], func(x, y float64) float64 { return u(1, x, y) }))(t))
		}
		checkOrder(t, scheme.String(), h, errs, order)
	}
}

// TestHeatOrderInSpace has u = e^(-2π²t) sin πx sin πy, steps of a length that goes with the triangles.
func TestHeatOrderInSpace(t *testing.T) {
	u := func(t, x, y float64) float64 {
		return math.Exp(-2*math.Pi*math.Pi*t) * math.Sin(math.Pi*x) * math.Sin(math.Pi*y)
	}
	spaces, h := family(t, fill(t, unitSquare(), 0.2))
	var l2 []float64
	for k, s := range spaces {
		got := must(s.March(t.Context(), element.Heat{
			Capacity: element.Constant(1), Diffusion: element.Isotropic(element.Constant(1)),
			Conditions: []element.Condition{{Kind: element.Dirichlet}},
			Initial:    element.Func(func(x, y float64) float64 { return u(0, x, y) }),
			Scheme:     element.CrankNicolson, Until: 0.1, Steps: 4 << k, Frames: 2,
		}))(t)
		if len(got.Ts) != 2 || got.Ts[0] != 0.05 || got.Ts[1] != 0.1 || got.Stats.Steps != 4<<k || got.Stats.Residual > 1e-13 {
			t.Errorf("times %v, stats %+v", got.Ts, got.Stats)
		}
		l2 = append(l2, must(s.L2Error(got.Ys[1], func(x, y float64) float64 { return u(0.1, x, y) }))(t))
	}
	checkOrder(t, "L2", h, l2, 2)
}

// TestHeatKeepsItsEnergy has no source and no flux: ∫ C u stays.
func TestHeatKeepsItsEnergy(t *testing.T) {
	s := space(t, fill(t, plate(), 0.1))
	h := element.Heat{
		Capacity: element.Constant(2), Diffusion: element.Isotropic(element.Func(func(x, _ float64) float64 { return 1 + x })),
		Initial: element.Func(func(x, y float64) float64 { return math.Exp(-20 * (x*x + y*y)) }),
		Scheme:  element.BackwardEuler, Until: 12, Steps: 40,
	}
	got := must(s.March(t.Context(), h))(t)
	before := must(s.Integral(must(s.Interpolate(h.Initial))(t)))(t)
	after := must(s.Integral(got.Ys[0]))(t)
	if math.Abs(after-before) > 1e-13 { // 40 steps of roundings of 1e-16
		t.Errorf("∫ u went from %v to %v", before, after)
	}
	for _, v := range got.Ys[0] {
		if math.Abs(v-after/s.Mesh().Area()) > 1e-9 { // a mode of rate λ falls by (1 + 0.3 λ)^-40, below 1e-10 from λ = 3 on
			t.Fatalf("at the end u = %v, want the mean %v", v, after/s.Mesh().Area())
		}
	}
}

func TestHeatIsRefused(t *testing.T) {
	s := space(t, fill(t, unitSquare(), 0.3))
	good := element.Heat{
		Capacity: element.Constant(1), Diffusion: element.Isotropic(element.Constant(1)), Scheme: element.BackwardEuler, Until: 1, Steps: 4,
		Conditions: []element.Condition{{Kind: element.Dirichlet}},
	}
	cases := map[string]struct {
		spoil func(h *element.Heat)
		want  string
	}{
		"scheme":    {func(h *element.Heat) { h.Scheme = 0 }, "Heat.Scheme = Scheme(0), want BackwardEuler or CrankNicolson"},
		"until":     {func(h *element.Heat) { h.Until = 0 }, "Heat.Until = 0, want"},
		"steps":     {func(h *element.Heat) { h.Steps = 0 }, "Heat.Steps = 0, want"},
		"frames":    {func(h *element.Heat) { h.Frames = 3 }, "Heat.Frames = 3, want a divisor of the 4 steps"},
		"capacity":  {func(h *element.Heat) { h.Capacity = element.Field{} }, "Heat.Capacity = 0 at ["},
		"diffusion": {func(h *element.Heat) { h.Diffusion = element.Tensor{} }, "Heat.Diffusion at ["},
		"initial":   {func(h *element.Heat) { h.Initial = element.PerPoint([]float64{1}) }, "Heat.Initial has 1 values"},
		"source":    {func(h *element.Heat) { h.Source = func(t, _, _ float64) float64 { return 1 / (t - 0.5) } }, "step 2 of 4, t = 0.5: element: Heat.Source = +Inf"},
		"both": {func(h *element.Heat) {
			h.Conditions = []element.Condition{{Kind: element.Dirichlet, Value: func(_, _ float64) float64 { return 1 }, Moving: func(_, _, _ float64) float64 { return 1 }}}
		}, "Heat.Conditions[0].Moving is set"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h := good
			c.spoil(&h)
			if _, err := s.March(t.Context(), h); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.March(ctx, good); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ended gives %v", err)
	}
}
