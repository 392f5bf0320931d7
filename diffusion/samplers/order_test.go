package samplers_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// points is the number of samples that an order is measured on.
const points = 64

// problem is the probability flow of data from a mixture.
type problem struct {
	data     mixture.Mixture
	schedule diffusion.Schedule
	first    float64 // times between which it is solved
	last     float64
}

// starts are samples of noise at the first time, the same for all methods.
func (p problem) starts() *tensors.Tensor {
	x := check.Floats(check.Random(7, points, p.data.Dim()))
	at := diffusion.At(p.schedule, p.first)
	for i := range x {
		x[i] *= math.Hypot(at.Alpha, at.Sigma)
	}
	return tensors.FromFlatDataAndDimensions(x, points, p.data.Dim())
}

// reference is where the flow leads.
func (p problem) reference(t testing.TB, steps int) []float64 {
	t.Helper()
	end, err := diffusion.ExactFlow(context.Background(), p.data, p.schedule, p.first, p.last, check.Floats(p.starts()), steps)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// sampled is x after a plan.
func sampled(t testing.TB, data mixture.Mixture, plan samplers.Plan, x *tensors.Tensor, seed uint64) []float64 {
	t.Helper()
	if err := plan.Validate(); err != nil {
		t.Fatal(err)
	}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{plan.Sample(diffusion.OfMixture(data), in[0], in[1]).X}
	}, x, seed)
	return check.Floats(out[0])
}

// rms is the root mean square of the difference.
func rms(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(sum / float64(len(a)))
}

// ring is RING8 with the linear schedule that keeps the variance, from t = 1 to 0.001.
func ring() problem {
	return problem{data: mixture.Ring8(), schedule: diffusion.StandardVP(), first: 1, last: 1e-3}
}

func TestReferenceHasConverged(t *testing.T) {
	// Errors of the fourth order: 16 times less with steps half as long, so that less than 1e-11 is left. Those of samplers are measured
	// down to 6e-10, of UniPC-4.
	if d := rms(ring().reference(t, 1500), ring().reference(t, 3000)); !(d < 1e-10) {
		t.Errorf("the reference moves by %v with steps twice as long, want below 1e-10", d)
	}
}

func TestOrder(t *testing.T) {
	p := ring()
	end := p.reference(t, 3000)
	for _, m := range append(samplers.Deterministic(), samplers.AncestralDPM2{}, samplers.AncestralDPMSolverPP{}) {
		wantOrder(t, p, samplers.Plan{Method: m, Schedule: p.schedule}, end)
	}
}

func TestOrderOfFlows(t *testing.T) {
	p := problem{data: mixture.Ring8(), schedule: diffusion.ConditionalOT{}, first: 0.05, last: 0.95}
	end := p.reference(t, 1500)
	for _, tableau := range []samplers.Tableau{
		samplers.Euler, samplers.Midpoint, samplers.HeunTwo, samplers.Kutta3, samplers.RungeKutta4, samplers.ThreeEighths4,
	} {
		plan := samplers.Plan{Method: samplers.Flow{Tableau: tableau}, Schedule: p.schedule, Grid: diffusion.UniformTime{}, From: p.first, To: p.last}
		wantOrder(t, p, plan, end)
	}
}

// wantOrder wants errors that fall with the method's order from 384 to 768 evaluations, within 0.2 of it.
func wantOrder(t *testing.T, p problem, plan samplers.Plan, end []float64) {
	t.Helper()
	info := plan.Method.Info()
	t.Run(fmt.Sprintf("%s %+v", info.Name, plan.Method), func(t *testing.T) {
		var errs []float64
		for _, nfe := range []int{384, 768} {
			plan.NFE = nfe
			errs = append(errs, rms(sampled(t, p.data, plan, p.starts(), 1), end))
		}
		slope := math.Log2(errs[0] / errs[1])
		t.Logf("%s: errors %.3g, order %.2f", info.Name, errs, slope)
		if !(math.Abs(slope-float64(info.Order)) < 0.2) {
			t.Errorf("%s: errors %.3g, order %.2f, want %d", info.Name, errs, slope, info.Order)
		}
	})
}
