package samplers_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

func TestAdaptiveSteps(t *testing.T) {
	p := ring()
	end := p.reference(t, 1500)
	run := func(a samplers.Adaptive) (err float64, nfe int, done bool) {
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			got := a.Sample(diffusion.OfMixture(p.data), in[0], nil)
			return []*Node{got.X, got.Count, got.Done}
		}, p.starts())
		return rms(check.Floats(out[0]), end), int(tensors.ToScalar[int32](out[1])), tensors.ToScalar[bool](out[2])
	}
	for _, order := range []int{2, 3} {
		a := samplers.Adaptive{Order: order, Schedule: p.schedule, ATol: 1e-3, RTol: 1e-3}
		loose, few, done := run(a)
		a.ATol, a.RTol = 1e-5, 1e-5
		tight, many, doneToo := run(a)
		t.Logf("order %d: error %.2g in %d evaluations, %.2g in %d", order, loose, few, tight, many)
		// A hundredth of the tolerance for steps: the error of the end is of the size of the tolerance times the number of steps at most.
		if !done || !doneToo || !(loose < 0.05) || !(tight < loose/10) || !(few < many) || few%order != 0 {
			t.Errorf("order %d: error %v in %d evaluations, %v in %d; done %v, %v", order, loose, few, tight, many, done, doneToo)
		}
	}
	if _, nfe, done := run(samplers.Adaptive{Order: 2, Schedule: p.schedule, ATol: 1e-9, MaxSteps: 7}); done || nfe != 14 {
		t.Errorf("7 steps of tolerance 1e-9: done %v in %d evaluations, want it stopped after 14", done, nfe)
	}
}

// TestAdaptiveStopsAtWhatIsNotFinite: more steps would be of no use.
func TestAdaptiveStopsAtWhatIsNotFinite(t *testing.T) {
	p := ring()
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		broken := diffusion.Denoiser{Prediction: diffusion.X0, Predict: func(x *Node, _ diffusion.Level, _ []*Node) *Node { return Log(Neg(Square(x))) }}
		got := samplers.Adaptive{Order: 2, Schedule: p.schedule, ATol: 1e-3, RTol: 1e-3}.Sample(broken, in[0], nil)
		return []*Node{got.X, got.Count}
	}, p.starts())
	if n := tensors.ToScalar[int32](out[1]); n > 4 || !math.IsNaN(check.Floats(out[0])[0]) {
		t.Errorf("%d evaluations and then %v, want NaN after two steps at most", n, check.Floats(out[0])[0])
	}
}

func TestAdaptiveFlow(t *testing.T) {
	p := problem{data: ring().data, schedule: diffusion.ConditionalOT{}, first: 0.05, last: 0.95}
	f := samplers.AdaptiveFlow{Stepper: ode.Dopri5(), Schedule: p.schedule, ATol: 1e-7, RTol: 1e-7, From: p.first, To: p.last}
	run := func(f samplers.AdaptiveFlow, x *tensors.Tensor) (got []float64, nfe int) {
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			got := f.Sample(diffusion.OfMixture(p.data), in[0], nil)
			return []*Node{got.X, got.Count, got.Done}
		}, x)
		if !tensors.ToScalar[bool](out[2]) {
			t.Error("the flow did not come to its end")
		}
		return check.Floats(out[0]), int(tensors.ToScalar[int32](out[1]))
	}
	end, nfe := run(f, p.starts())
	// Tolerances of 1e-7 a step, over about fifty steps.
	if d := rms(end, p.reference(t, 1500)); !(d < 1e-5) || nfe < 50 || nfe > 1000 {
		t.Errorf("off by %v in %d evaluations, want below 1e-5 in some hundreds", d, nfe)
	}
	f.Encode = true
	back, _ := run(f, tensors.FromFlatDataAndDimensions(end, points, 2))
	if d := rms(back, check.Floats(p.starts())); !(d < 1e-4) { // errors grow on the way out of a cluster
		t.Errorf("noise comes back off by %v, want below 1e-4", d)
	}
	f.RTol = 0
	if err := f.Validate(); err == nil || !strings.Contains(err.Error(), "AdaptiveFlow.ATol, RTol = 1e-07, 0, want both above 0") {
		t.Errorf("no tolerance gives %v", err)
	}
}

func TestAdaptiveRefuses(t *testing.T) {
	for want, a := range map[string]samplers.Adaptive{
		"Adaptive.Schedule = nil":             {Order: 2, ATol: 1},
		"Adaptive.Order = 1, want 2 or 3":     {Order: 1, ATol: 1, Schedule: diffusion.StandardVP()},
		"Adaptive.ATol, RTol = 0, 0, want":    {Order: 2, Schedule: diffusion.StandardVP()},
		"Adaptive.Step, MaxSteps = -1, 0":     {Order: 2, ATol: 1, Step: -1, Schedule: diffusion.StandardVP()},
		"log α/σ is -Inf and +Inf, want it":   {Order: 2, ATol: 1, Schedule: diffusion.ConditionalOT{}},
		"time 0 is 5, want it in [0.001, 1]":  {Order: 2, ATol: 1, Schedule: diffusion.StandardVP(), From: 5, To: 0.5},
		"Adaptive.From, To = 0.5, 1, where l": {Order: 3, ATol: 1, Schedule: diffusion.StandardVP(), From: 0.5, To: 1},
	} {
		if err := a.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
