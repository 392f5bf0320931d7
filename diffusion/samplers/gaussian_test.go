package samplers_test

import (
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

// gauss1 is N(mean, std²) on one axis.
func gauss1(mean, std float64) mixture.Mixture {
	return mixture.Mixture{Weights: []float64{1}, Means: [][]float64{{mean}}, Std: []float64{std}}
}

func moments(x []float64) (mean, std float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		std += (v - mean) * (v - mean) / float64(len(x))
	}
	return mean, math.Sqrt(std)
}

// Of data of variance 1 the reverse of a step that keeps the variance is normal with the large variance: DDPM with it has the right moments after
// any number of steps, and with the small one it has not.
func TestLargeVarianceIsExactForUnitData(t *testing.T) {
	const mean = 0.7
	for _, s := range []diffusion.Schedule{diffusion.StandardVP(), diffusion.CosinePath{}} {
		for _, nfe := range []int{1, 3, 10} {
			plan := samplers.Plan{Method: samplers.DDPM{Large: true}, Schedule: s, Grid: diffusion.UniformTime{}, NFE: nfe}
			noise, data := s.Ends()
			plan.From, plan.To = 0.99*noise+0.01*data, 0.01*noise+0.99*data
			from, to := diffusion.At(s, plan.From), diffusion.At(s, plan.To)
			table, err := plan.Table()
			if err != nil {
				t.Fatal(err)
			}
			gotMean, gotStd, err := table.Moments(from, mean, 1, plan.Noise)
			if err != nil || !(math.Abs(gotMean-to.Alpha*mean) < 1e-12) || !(math.Abs(gotStd-1) < 1e-12) { // round-off
				t.Errorf("%T, %d steps: N(%v, %v²), %v, want N(%v, 1)", s, nfe, gotMean, gotStd, err, to.Alpha*mean)
			}
			plan.Method = samplers.DDPM{}
			if table, err = plan.Table(); err != nil {
				t.Fatal(err)
			}
			if _, small, err := table.Moments(from, mean, 1, plan.Noise); err != nil || !(small < 0.99) {
				t.Errorf("%T, %d steps: the small variance gives the deviation %v, %v, want it too small", s, nfe, small, err)
			}
		}
	}
	const n = 10000
	s := diffusion.StandardVP()
	x := check.Floats(diffusion.Start(diffusion.At(s, 1), 1, 2, n, 1))
	for i := range x {
		x[i] += s.Alpha(1) * mean
	}
	got := sampled(t, gauss1(mean, 1), samplers.Plan{Method: samplers.DDPM{Large: true}, Schedule: s, NFE: 4}, tensors.FromFlatDataAndDimensions(x, n, 1), 5)
	// Five standard errors of a mean and of a deviation.
	if gotMean, gotStd := moments(got); !(math.Abs(gotMean-s.Alpha(1e-3)*mean) < 5/math.Sqrt(n)) || !(math.Abs(gotStd-1) < 5/math.Sqrt(2*n)) {
		t.Errorf("samples are of N(%v, %v²), want N(%v, 1)", gotMean, gotStd, s.Alpha(1e-3)*mean)
	}
}

// With x0 of N(0.3, 0.8²) and y = x0 + noise of deviation 0.5, p(y|x) of noisy data is known, and so is the posterior N(m, v): guidance leads along
// the posterior's own flow.
func TestGuidedSamplingFollowsThePosterior(t *testing.T) {
	const mean, std, tau, y = 0.3, 0.8, 0.5, -1.0
	v := 1 / (1/(std*std) + 1/(tau*tau))
	posterior := gauss1(v*(mean/(std*std)+y/(tau*tau)), math.Sqrt(v))
	s := diffusion.StandardVP()
	prior := diffusion.OfMixture(gauss1(mean, std))
	// Given x, x0 is normal with the denoiser's mean and the variance std² σ²/(α² std² + σ²), so that y is with tau² more.
	logP := func(x0 *Node, at diffusion.Level) *Node {
		spread := Div(MulScalar(Square(at.Sigma), std*std), Add(MulScalar(Square(at.Alpha), std*std), Square(at.Sigma)))
		return ReduceSum(Neg(Div(Square(AddScalar(x0, -y)), MulScalar(AddScalar(spread, tau*tau), 2))), 1)
	}
	guided := map[string]diffusion.Denoiser{
		"classifier": diffusion.Classifier(prior, func(x *Node, at diffusion.Level, _ []*Node) *Node {
			return logP(prior.At(diffusion.X0, x, at), at)
		}, nil, 1),
		"posterior": diffusion.Posterior(prior, func(x0 *Node, at diffusion.Level, _ []*Node) *Node { return logP(x0, at) }, nil, 1),
	}
	const n = 200
	start := check.Random(3, n, 1)
	want, err := diffusion.ExactFlow(t.Context(), posterior, s, 1, 1e-3, check.Floats(start), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range guided {
		for _, m := range []samplers.Method{samplers.DPMSolverPP{Order: 2}, samplers.DPMSolver{Order: 3, Kind: samplers.Singlestep}} {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				return []*Node{samplers.Plan{Method: m, Schedule: s, NFE: 120}.Sample(d, in[0], nil).X}
			}, start)
			if e := rms(check.Floats(out[0]), want); !(e < 2e-3) { // of second order, with steps of 0.1 in λ
				t.Errorf("%s, %s: off by %v from the posterior's flow", name, m.Info().Name, e)
			}
		}
		// With noise samples are not on the flow, but of the posterior.
		const many = 8000
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			return []*Node{samplers.Plan{Method: samplers.DPMSolverPP{Order: 2, Eta: 1}, Schedule: s, NFE: 60}.Sample(d, in[0], in[1]).X}
		}, check.Random(4, many, 1), uint64(7))
		gotMean, gotStd := moments(check.Floats(out[0]))
		// Five standard errors, and 5e-3 for 60 steps.
		if e := 5 * math.Sqrt(v/many); !(math.Abs(gotMean-posterior.Means[0][0]) < e+5e-3) || !(math.Abs(gotStd-math.Sqrt(v)) < e+5e-3) {
			t.Errorf("%s with noise: N(%v, %v²), want N(%v, %v²)", name, gotMean, gotStd, posterior.Means[0][0], math.Sqrt(v))
		}
	}
}

// The consistency function of normal data goes along the flow to the last level: f(x) = m + d_last/(α_last d) (x - α m), with d² = α² s² + σ². With it
// samples are exact after any number of steps.
func TestConsistencySamplingIsExact(t *testing.T) {
	const mean, std, n = 0.7, 0.5, 10000
	s := diffusion.StandardVP()
	last := diffusion.At(s, 0.02)
	to := math.Hypot(last.Alpha*std, last.Sigma)
	f := diffusion.Denoiser{Prediction: diffusion.X0, Predict: func(x *Node, at diffusion.Level, _ []*Node) *Node {
		d := Sqrt(Add(MulScalar(Square(at.Alpha), std*std), Square(at.Sigma)))
		return AddScalar(MulScalar(Div(Sub(x, MulScalar(at.Alpha, mean)), d), to/last.Alpha), mean)
	}}
	first := diffusion.At(s, 1)
	from := math.Hypot(first.Alpha*std, first.Sigma)
	x := check.Floats(diffusion.Start(first, std, 8, n, 1))
	for i := range x {
		x[i] += first.Alpha * mean
	}
	for _, nfe := range []int{1, 2, 5} {
		plan := samplers.Plan{Method: samplers.Consistency{}, Schedule: s, NFE: nfe, From: 1, To: 0.02}
		got := check.Floats(check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			return []*Node{plan.Sample(f, in[0], in[1]).X}
		}, tensors.FromFlatDataAndDimensions(x, n, 1), uint64(9))[0])
		gotMean, gotStd := moments(got)
		// Five standard errors.
		if !(math.Abs(gotMean-last.Alpha*mean) < 5*to/math.Sqrt(n)) || !(math.Abs(gotStd-to) < 5*to/math.Sqrt(2*n)) {
			t.Errorf("%d steps: N(%v, %v²), want N(%v, %v²)", nfe, gotMean, gotStd, last.Alpha*mean, to)
		}
		if nfe > 1 {
			continue
		}
		for i, v := range got {
			if want := last.Alpha*mean + to/from*(x[i]-first.Alpha*mean); !(math.Abs(v-want) < 1e-12) { // round-off
				t.Fatalf("sample %d of one step is %v, want %v along the flow", i, v, want)
			}
		}
	}
}

// What several steps encode they decode: errors are those of the methods' orders, on a flow that is smooth.
func TestMultistepEncodingIsUndone(t *testing.T) {
	m := mixture.Mixture{Weights: []float64{0.4, 0.6}, Means: [][]float64{{-1, 0.5}, {0.8, 0}}, Std: []float64{0.6, 0.5}}
	s := diffusion.StandardVP()
	x := check.Random(6, points, 2)
	for _, c := range []struct {
		method samplers.Method
		bound  float64 // of the way there in 400 steps, 0.03 in λ
	}{
		{samplers.DPMSolver{Order: 2}, 1e-4},
		{samplers.DPMSolverPP{Order: 2}, 1e-4},
		{samplers.DPMSolverPP{Order: 3}, 2e-6},
		{samplers.DEIS{Order: 3}, 2e-5},
		{samplers.UniPC{Order: 2}, 1e-5},
		{samplers.ERSDE{Order: 3, Scale: samplers.ODE}, 1e-5},
	} {
		var errs []float64
		for _, nfe := range []int{200, 400} {
			plan := samplers.Plan{Method: c.method, Schedule: s, NFE: nfe, Encode: true}
			noise := sampled(t, m, plan, x, 1)
			want, err := diffusion.ExactFlow(t.Context(), m, s, 1e-3, 1, check.Floats(x), 1000)
			if err != nil {
				t.Fatal(err)
			}
			e := rms(noise, want)
			if nfe == 400 && !(e < c.bound) {
				t.Errorf("%s encodes %v away from the flow, want below %v", c.method.Info().Name, e, c.bound)
			}
			plan.Encode = false
			errs = append(errs, rms(sampled(t, m, plan, tensors.FromFlatDataAndDimensions(noise, points, 2), 1), check.Floats(x)))
		}
		t.Logf("%s: %.2g", c.method.Info().Name, errs)
		// Errors of the way there and back cancel in part: they are of third order for all of these.
		if !(errs[1] < 2e-5) || !(errs[1] < errs[0]/4) {
			t.Errorf("%s: data come back off by %.2g in 200 and 400 steps, want below 2e-5 and falling", c.method.Info().Name, errs)
		}
	}
}
