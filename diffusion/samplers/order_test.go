package samplers_test

import (
	"fmt"
	"math"
	"sync"
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

// reference is where the flow leads, by the classical Runge-Kutta method in λ on x/α.
func (p problem) reference(steps int) []float64 {
	dim := p.data.Dim()
	x := check.Floats(p.starts())
	from, to := diffusion.At(p.schedule, p.first), diffusion.At(p.schedule, p.last)
	for i := range x {
		x[i] /= from.Alpha
	}
	h := (to.Lambda() - from.Lambda()) / float64(steps)
	score := make([]float64, dim)
	field := func(lambda float64, x []float64) []float64 { // d(x/α)/dλ = -σ/α ε = σ²/α score
		at := diffusion.AtLambda(p.schedule, lambda)
		noised, out, y := p.data.Noised(at.Alpha, at.Sigma), make([]float64, len(x)), make([]float64, dim)
		for i := 0; i < len(x); i += dim {
			for a := range dim {
				y[a] = at.Alpha * x[i+a]
			}
			noised.Score(score, y)
			for a := range dim {
				out[i+a] = at.Sigma * at.Sigma / at.Alpha * score[a]
			}
		}
		return out
	}
	plus := func(x, k []float64, c float64) []float64 {
		out := make([]float64, len(x))
		for i := range x {
			out[i] = x[i] + c*k[i]
		}
		return out
	}
	for i := range steps {
		lambda := from.Lambda() + h*float64(i)
		k1 := field(lambda, x)
		k2 := field(lambda+h/2, plus(x, k1, h/2))
		k3 := field(lambda+h/2, plus(x, k2, h/2))
		k4 := field(lambda+h, plus(x, k3, h))
		for j := range x {
			x[j] += h / 6 * (k1[j] + 2*k2[j] + 2*k3[j] + k4[j])
		}
	}
	for i := range x {
		x[i] *= to.Alpha
	}
	return x
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

// ringEnd is computed once for all tests.
var ringEnd = sync.OnceValue(func() []float64 { return ring().reference(1500) })

// deterministic are the methods without noise.
func deterministic() []samplers.Method {
	var all []samplers.Method
	all = append(all, samplers.DDIM{})
	for order := 1; order <= 3; order++ {
		for _, kind := range []samplers.Kind{samplers.Multistep, samplers.Singlestep} {
			all = append(all, samplers.DPMSolver{Order: order, Kind: kind}, samplers.DPMSolverPP{Order: order, Kind: kind})
		}
		all = append(all, samplers.ERSDE{Order: order, Scale: samplers.ODE})
		for _, in := range []samplers.Variable{samplers.InTime, samplers.InRatio, samplers.InLambda} {
			all = append(all, samplers.DEIS{Order: order, In: in})
		}
		all = append(all, samplers.UniPC{Order: order, PredictorOnly: true}, samplers.IPNDM{Order: order})
	}
	return append(all,
		samplers.UniPC{Order: 1}, samplers.UniPC{Order: 2}, samplers.UniPC{Order: 1, Residual: samplers.B1},
		samplers.UniPC{Order: 2, Residual: samplers.B1}, samplers.UniPC{Order: 2, Residual: samplers.B1, PredictorOnly: true},
		samplers.IPNDM{Order: 4}, samplers.PNDM{}, samplers.Heun{}, samplers.DPM2{}, samplers.AncestralDPM2{}, samplers.AncestralDPMSolverPP{})
}

func TestReferenceHasConverged(t *testing.T) {
	// Errors of the fourth order: 16 times less with steps half as long. Those of samplers are measured down to 1e-6.
	if d := rms(ring().reference(750), ringEnd()); !(d < 2e-8) {
		t.Errorf("the reference moves by %v with steps twice as long, want below 2e-8", d)
	}
}

func TestOrder(t *testing.T) {
	p := ring()
	for _, m := range deterministic() {
		wantOrder(t, p, samplers.Plan{Method: m, Schedule: p.schedule}, ringEnd())
	}
}

func TestOrderOfFlows(t *testing.T) {
	p := problem{data: mixture.Ring8(), schedule: diffusion.ConditionalOT{}, first: 0.05, last: 0.95}
	end := p.reference(1500)
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
