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

// Adaptive steps lead back to noise, and keep states on the way that are those of the exact flow.
func TestAdaptiveEncodesAndKeeps(t *testing.T) {
	p := ring()
	type sampler interface {
		diffusion.Sampler
		Validate() error
	}
	lambdas := func(first, last float64) (ts []float64) { // times at equal distances in λ
		from, to := diffusion.At(p.schedule, first).Lambda(), diffusion.At(p.schedule, last).Lambda()
		for i := 1; i <= 3; i++ {
			ts = append(ts, p.schedule.Time(from+(to-from)*float64(i)/3))
		}
		return ts
	}
	between := func(first, last float64) []float64 {
		return []float64{first + (last-first)/3, first + (last-first)*2/3, last}
	}
	for name, c := range map[string]struct {
		of    func(encode bool, keep int) sampler
		times func(first, last float64) []float64
	}{
		"second order": {func(encode bool, keep int) sampler {
			return samplers.Adaptive{Order: 2, Schedule: p.schedule, ATol: 1e-4, RTol: 1e-4, Encode: encode, Keep: keep}
		}, lambdas},
		"third order": {func(encode bool, keep int) sampler {
			return samplers.Adaptive{Order: 3, Schedule: p.schedule, ATol: 1e-5, RTol: 1e-5, Encode: encode, Keep: keep}
		}, lambdas},
		"flow": {func(encode bool, keep int) sampler {
			return samplers.AdaptiveFlow{Stepper: ode.Dopri5(), Schedule: p.schedule, ATol: 1e-6, RTol: 1e-6, Encode: encode, Keep: keep}
		}, between},
	} {
		t.Run(name, func(t *testing.T) {
			end := p.reference(t, 1500)
			run := func(s sampler, x *tensors.Tensor) (out []*tensors.Tensor, count int32) {
				var bound int
				out = check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
					got := s.Sample(diffusion.OfMixture(p.data), in[0], nil)
					bound = got.NFE
					nodes := []*Node{got.Count, got.Done, got.X}
					if got.States != nil {
						nodes = append(nodes, got.States, got.Previews)
					}
					return nodes
				}, x)
				count = tensors.ToScalar[int32](out[0])
				if !tensors.ToScalar[bool](out[1]) || int(count) > bound {
					t.Errorf("%d evaluations of at most %d, want the end to be reached", count, bound)
				}
				return out[2:], count
			}
			out, with := run(c.of(false, 3), p.starts())
			_, without := run(c.of(false, 0), p.starts())
			if with < without+3 || with > 2*without {
				t.Errorf("%d evaluations with three states kept, %d without, want at least three more", with, without)
			}
			for i, at := range c.times(p.first, p.last) {
				middle, err := diffusion.ExactFlow(t.Context(), p.data, p.schedule, p.first, at, check.Floats(p.starts()), 750)
				if err != nil {
					t.Fatal(err)
				}
				noised := p.data.Noised(p.schedule.Alpha(at), p.schedule.Sigma(at))
				alpha, sigma := p.schedule.Alpha(at), p.schedule.Sigma(at)
				want, score := make([]float64, len(middle)), make([]float64, 2)
				for k := 0; k < len(middle); k += 2 {
					noised.Score(score, middle[k:k+2])
					for a := range 2 {
						want[k+a] = (middle[k+a] + sigma*sigma*score[a]) / alpha
					}
				}
				state, preview := check.Floats(out[1])[i*len(middle):(i+1)*len(middle)], check.Floats(out[2])[i*len(middle):(i+1)*len(middle)]
				// Tolerances of 1e-4 a step and below, in some tens of steps, of points that part on the way into clusters.
				if d, e := rms(state, middle), rms(preview, want); !(d < 5e-3) || !(e < 2e-2) {
					t.Errorf("state %d is off by %v from the flow, its preview by %v", i, d, e)
				}
			}
			back, _ := run(c.of(true, 3), tensors.FromFlatDataAndDimensions(end, points, 2))
			if d := rms(check.Floats(back[0]), check.Floats(p.starts())); !(d < 2e-2) { // errors grow on the way out of a cluster
				t.Errorf("noise comes back off by %v", d)
			}
			if last := check.Floats(back[1])[2*2*points:]; rms(last, check.Floats(back[0])) > 1e-12 { // round-off of the dense output
				t.Error("the last state is not the noise")
			}
			if first, err := c.of(true, 0).First(); err != nil || first.T != p.last {
				t.Errorf("encoding starts at %v, %v, want %v", first.T, err, p.last)
			}
			if err := c.of(false, -1).Validate(); err == nil || !strings.Contains(err.Error(), "Keep = -1, want 0 for none, or more") {
				t.Errorf("Keep = -1 gives %v", err)
			}
		})
	}
}
