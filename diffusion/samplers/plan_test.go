package samplers_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

func TestPlansRefuse(t *testing.T) {
	s := diffusion.StandardVP()
	good := samplers.Plan{Method: samplers.DDIM{}, Schedule: s, NFE: 8}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(p *samplers.Plan){
		"Plan.Method or Plan.Schedule = nil, want both":               func(p *samplers.Plan) { p.Method = nil },
		"Plan.NFE = 0, want at least 1 for DDIM":                      func(p *samplers.Plan) { p.NFE = 0 },
		"Plan.NFE = 12, want at least 13 for PNDM":                    func(p *samplers.Plan) { p.Method, p.NFE = samplers.PNDM{}, 12 },
		"Plan.NFE = 1 with ToZero, want one more":                     func(p *samplers.Plan) { p.NFE, p.ToZero = 1, true },
		"time 0 is 2, want it in [0.001, 1]":                          func(p *samplers.Plan) { p.From, p.To = 2, 0.5 },
		"step 0 from t = 0.2 to 0.5: log α/σ goes from":               func(p *samplers.Plan) { p.Grid = diffusion.Listed{0.2, 0.5, 0.1}; p.NFE = 2 },
		"Listed has 3 times, want 9 for the sampler's 8 steps":        func(p *samplers.Plan) { p.Grid = diffusion.Listed{0.5, 0.2, 0.1} },
		"Karras.Rho = 0, want it above 0":                             func(p *samplers.Plan) { p.Grid = diffusion.Karras{} },
		"Plan.Encode with DDPM, want a method without noise":          func(p *samplers.Plan) { p.Method, p.Encode = samplers.DDPM{}, true },
		"Plan.Encode and Plan.ToZero, want one of them":               func(p *samplers.Plan) { p.Encode, p.ToZero = true, true },
		`Noise = "pink", want empty or "brownian"`:                    func(p *samplers.Plan) { p.Noise = "pink" },
		`Plan.Noise is independent, want "brownian"`:                  func(p *samplers.Plan) { p.Method = samplers.StochasticDPMSolverPP{Eta: 1} },
		"DDIM.Eta = 2, want 0 to 1":                                   func(p *samplers.Plan) { p.Method = samplers.DDIM{Eta: 2} },
		"DPMSolver.Order = 4, want 1 to 3":                            func(p *samplers.Plan) { p.Method = samplers.DPMSolver{Order: 4} },
		`DPMSolverPP.Kind = "both", want empty or "singlestep"`:       func(p *samplers.Plan) { p.Method = samplers.DPMSolverPP{Order: 2, Kind: "both"} },
		"DPMSolver.Eta = 1 with single steps, want 0":                 func(p *samplers.Plan) { p.Method = samplers.DPMSolver{Order: 2, Kind: samplers.Singlestep, Eta: 1} },
		`ERSDE.Scale = "sde9", want one of`:                           func(p *samplers.Plan) { p.Method = samplers.ERSDE{Order: 1, Scale: "sde9"} },
		`UniPC.Residual = "b3", want empty or "b1"`:                   func(p *samplers.Plan) { p.Method = samplers.UniPC{Order: 1, Residual: "b3"} },
		`DEIS.In = "space", want`:                                     func(p *samplers.Plan) { p.Method = samplers.DEIS{Order: 1, In: "space"} },
		`Flow.Tableau = "rk5", want`:                                  func(p *samplers.Plan) { p.Method = samplers.Flow{Tableau: "rk5"} },
		"Heun.Churn = {Churn:-1":                                      func(p *samplers.Plan) { p.Method = samplers.Heun{Churn: samplers.Churn{Churn: -1}} },
		"VPLinear.BetaMin, BetaMax = 0, 0, want":                      func(p *samplers.Plan) { p.Schedule = diffusion.VPLinear{} },
		"where log α/σ is -Inf and +Inf: want times at which neither": func(p *samplers.Plan) { p.Schedule = diffusion.ConditionalOT{} },
	} {
		p := good
		change(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	// Noise predictions divide by α, which is 0 at the start of a flow.
	p := samplers.Plan{Method: samplers.DPMSolver{Order: 2}, Schedule: diffusion.ConditionalOT{}, Grid: diffusion.UniformTime{}, NFE: 4}
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "where α or σ is 0, want another first or last time") {
		t.Errorf("noise predictions at α = 0 give %v", err)
	}
	_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{samplers.Plan{Method: samplers.DDPM{}, Schedule: s, NFE: 2}.Sample(diffusion.OfGaussian([]float64{0}, 1), in[0], nil).X}
	}, [][]float64{{1}})
	if err == nil || !strings.Contains(err.Error(), "no seed, or not a scalar uint64") {
		t.Errorf("noise without a seed gives %v", err)
	}
}

func TestEvaluationsAreAllUsed(t *testing.T) {
	for _, m := range append(append(samplers.Deterministic(), samplers.Stochastic()...), samplers.Consistency{}, samplers.Flow{Tableau: samplers.RungeKutta4}) {
		for _, zero := range []bool{false, true} {
			for nfe := max(m.Info().Least, 2); nfe < 18; nfe++ {
				p := samplers.Plan{Method: m, Schedule: diffusion.StandardVP(), NFE: nfe, ToZero: zero, Noise: diffusion.Brownian}
				if zero && nfe == m.Info().Least {
					continue
				}
				table, err := p.Table()
				if err != nil || len(table.Rows) != nfe {
					t.Errorf("%s %+v, ToZero %v: %d evaluations of %d: %v", m.Info().Name, m, zero, len(table.Rows), nfe, err)
				}
			}
		}
	}
}

// A step to no noise ends in the denoiser's answer; flows start where α is 0 with predictions that do not divide by it.
func TestEndsOfSchedules(t *testing.T) {
	const mean, std = 0.7, 0.5
	for _, m := range []samplers.Method{
		samplers.DDIM{},
		samplers.DPMSolverPP{Order: 3},
		samplers.DPMSolverPP{Order: 2, Eta: 1},
		samplers.ERSDE{Order: 3},
		samplers.ERSDE{Order: 2, Scale: samplers.ODE},
		samplers.UniPC{Order: 2},
		samplers.Flow{Tableau: samplers.Midpoint},
		samplers.Consistency{},
		samplers.DDPM{},
	} {
		p := samplers.Plan{Method: m, Schedule: diffusion.ConditionalOT{}, Grid: diffusion.UniformTime{}, NFE: 500, To: 0.999, ToZero: true}
		table, err := p.Table()
		if err != nil {
			t.Errorf("%s: %v", m.Info().Name, err)
			continue
		}
		if m.Info().Order == 0 { // has no limit for this denoiser
			continue
		}
		gotMean, gotStd, err := table.Moments(diffusion.At(p.Schedule, 0), mean, std, p.Noise)
		if err != nil {
			t.Errorf("%s: %v", m.Info().Name, err)
		}
		if !(math.Abs(gotMean-mean) < 5e-3) || !(math.Abs(gotStd-std) < 5e-3) { // of first-order steps of 1/500
			t.Errorf("%s: mean %v and deviation %v, want %v and %v", m.Info().Name, gotMean, gotStd, mean, std)
		}
	}
}

// TestToZeroEndsInTheDenoisersAnswer: whatever a sampler remembers of the steps before.
func TestToZeroEndsInTheDenoisersAnswer(t *testing.T) {
	ring := ring()
	for _, m := range samplers.Deterministic() {
		p := samplers.Plan{Method: m, Schedule: diffusion.StandardVP(), NFE: 20, From: 1, To: 0.05, ToZero: true, Keep: true}
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			d := diffusion.OfMixture(ring.data)
			got := p.Sample(d, in[0], nil)
			n := got.States.Shape().Dim(0)
			before := Squeeze(Slice(got.States, AxisElem(n-2)), 0)
			return []*Node{got.X, d.At(diffusion.X0, before, diffusion.LevelAt(p.Schedule, Scalar(before.Graph(), before.DType(), p.To)))}
		}, ring.starts())
		if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-12) { // round-off
			t.Errorf("%s ends %v away from the denoiser's answer", m.Info().Name, d)
		}
	}
}

func TestSamplingHasGradients(t *testing.T) {
	plan := samplers.Plan{Method: samplers.UniPC{Order: 2}, Schedule: diffusion.StandardVP(), NFE: 6}
	ring := ring()
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		sum := func(x *Node) *Node {
			return ReduceAllSum(Square(plan.Sample(diffusion.OfMixture(ring.data), x, nil).X))
		}
		x := in[0]
		g := Gradient(sum(x), x)[0]
		const h = 1e-6
		difference := DivScalar(Sub(sum(AddScalar(x, h)), sum(AddScalar(x, -h))), 2*h)
		return []*Node{ReduceAllSum(g), difference}
	}, ring.starts())
	// Central differences: round-off 1e-16/h of a sum of size 300.
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-5) {
		t.Errorf("the gradient is off by %v from differences", d)
	}
}

func TestSinglePrecision(t *testing.T) {
	ring := ring()
	plan := samplers.Plan{Method: samplers.DPMSolverPP{Order: 3}, Schedule: ring.schedule, NFE: 40}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		single := plan.Sample(diffusion.OfMixture(ring.data), ConvertDType(in[0], dtypes.Float32), nil).X
		return []*Node{ConvertDType(single, dtypes.Float64), plan.Sample(diffusion.OfMixture(ring.data), in[0], nil).X}
	}, ring.starts())
	// Round-off 6e-8, which the way into a cluster of deviation 0.12 makes up to a thousand times larger.
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-4) {
		t.Errorf("float32 is off by %v from float64", d)
	}
}

func TestNotes(t *testing.T) {
	vp, flow := diffusion.StandardVP(), diffusion.ConditionalOT{}
	for _, c := range []struct {
		p     samplers.Plan
		want  string // "": none
		least int
	}{
		{samplers.Plan{Method: samplers.UniPC{Order: 4}, Schedule: vp, NFE: 1}, "Plan.NFE = 1 for UniPC-4: its steps go by 1 predictions at most, of the 5", 5},
		{samplers.Plan{Method: samplers.UniPC{Order: 4, PredictorOnly: true}, Schedule: vp, NFE: 3}, "Plan.NFE = 3 for UniP-4: its steps go by 3 predictions", 4},
		{samplers.Plan{Method: samplers.DPMSolver{Order: 3, Kind: samplers.Singlestep}, Schedule: vp, NFE: 2}, "by 2 predictions at most, of the 3", 3},
		{samplers.Plan{Method: samplers.DPMSolverPP{Order: 3}, Schedule: vp, NFE: 3, ToZero: true}, "by 2 predictions at most, of the 3", 4},
		{samplers.Plan{Method: samplers.Heun{}, Schedule: vp, NFE: 1}, "by 1 predictions at most, of the 2", 2},
		{samplers.Plan{Method: samplers.Flow{Tableau: samplers.RungeKutta4}, Schedule: flow, Grid: diffusion.UniformTime{}, NFE: 3}, "by 1 predictions at most, of the 4", 4},
		{samplers.Plan{Method: samplers.DEIS{Order: 3}, Schedule: vp, Grid: diffusion.Listed{1, 0.5, 0.1}, NFE: 2}, "by 2 predictions at most, of the 3", 0},
		{samplers.Plan{Method: samplers.Heun{Churn: samplers.Churn{Churn: 8}}, Schedule: vp, NFE: 10}, "beyond the schedule's ends 1 and 0.001, where no network", 0},
		{samplers.Plan{Method: samplers.Heun{Churn: samplers.Churn{Churn: 8, High: 20}}, Schedule: vp, NFE: 10}, "", 0},
		{samplers.Plan{Method: samplers.Consistency{}, Schedule: vp, NFE: 1}, "", 0},
		{samplers.Plan{Method: samplers.PNDM{}, Schedule: vp, NFE: 13}, "", 0},
		{samplers.Plan{Method: samplers.UniPC{Order: 4}, Schedule: vp}, "", 0}, // refused
	} {
		notes := c.p.Notes()
		if c.want == "" && len(notes) > 0 || c.want != "" && (len(notes) != 1 || !strings.Contains(notes[0], c.want)) {
			t.Errorf("%s in %d evaluations: notes %q, want %q", c.p.Method.Info().Name, c.p.NFE, notes, c.want)
		}
		if c.least == 0 {
			continue
		}
		if want := fmt.Sprintf("want NFE of at least %d", c.least); !strings.Contains(strings.Join(notes, ""), want) {
			t.Errorf("%s: notes %q, want %q", c.p.Method.Info().Name, notes, want)
		}
		c.p.NFE = c.least
		if more := c.p.Notes(); len(more) > 0 {
			t.Errorf("%s in %d evaluations: notes %q, want none", c.p.Method.Info().Name, c.p.NFE, more)
		}
	}
	for _, m := range append(samplers.Deterministic(), samplers.Stochastic()...) {
		p := samplers.Plan{Method: m, Schedule: vp, NFE: 20, Noise: diffusion.Brownian}
		if notes := p.Notes(); len(notes) > 0 {
			t.Errorf("%s in 20 evaluations: notes %q, want none", m.Info().Name, notes)
		}
	}
}

// Whatever a denoiser gives, each sampler gets what it asks for: flows follow denoisers of noise, too.
func TestPredictionsAreConvertedInALoop(t *testing.T) {
	p := ring()
	all := []diffusion.Prediction{diffusion.X0, diffusion.Epsilon, diffusion.Score, diffusion.V, diffusion.Velocity}
	for _, m := range []samplers.Method{samplers.Flow{Tableau: samplers.RungeKutta4}, samplers.DPMSolver{Order: 2}, samplers.DPMSolverPP{Order: 2}} {
		for _, s := range []diffusion.Schedule{diffusion.StandardVP(), diffusion.ConditionalOT{}} {
			noise, data := s.Ends()
			plan := samplers.Plan{
				Method: m, Schedule: s, Grid: diffusion.UniformTime{}, NFE: 8, From: 0.95*noise + 0.05*data, To: 0.05*noise + 0.95*data,
			}
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				exact := diffusion.OfMixture(p.data)
				var got []*Node
				for _, given := range all {
					d := diffusion.Denoiser{Prediction: given, Predict: func(x *Node, at diffusion.Level, _ []*Node) *Node { return exact.At(given, x, at) }}
					got = append(got, plan.Sample(d, in[0], nil).X)
				}
				return got
			}, p.starts())
			for i, given := range all {
				// Round-off, which divisions by σ and α and the way into a cluster make larger.
				if d := check.MaxDiff(t, out[0], out[i]); !(d < 1e-9) {
					t.Errorf("%s, %T: a denoiser of %s gives samples %v away from those of x0", m.Info().Name, s, given, d)
				}
			}
		}
	}
}

func TestOtherSchedulesAreRefused(t *testing.T) {
	vp, cosine := diffusion.StandardVP(), diffusion.StandardCosine()
	of := func(s diffusion.Schedule) diffusion.Denoiser {
		d := diffusion.OfGaussian([]float64{0}, 1)
		d.Schedule = s
		return d
	}
	for name, s := range map[string]diffusion.Sampler{
		"plan":          samplers.Plan{Method: samplers.DDIM{}, Schedule: vp, NFE: 3},
		"churn":         samplers.Plan{Method: samplers.Heun{Churn: samplers.Churn{Churn: 4}}, Schedule: vp, NFE: 9},
		"adaptive":      samplers.Adaptive{Order: 2, Schedule: vp, ATol: 0.1},
		"adaptive flow": samplers.AdaptiveFlow{Stepper: ode.Dopri5(), Schedule: vp, ATol: 0.1, RTol: 0.1},
	} {
		sample := func(d diffusion.Denoiser) error {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { return []*Node{s.Sample(d, in[0], in[1]).X} }, [][]float64{{1}}, uint64(1))
			return err
		}
		if err := sample(of(cosine)); err == nil || !strings.Contains(err.Error(), "the denoiser was trained with") {
			t.Errorf("%s with a denoiser of another schedule: %v", name, err)
		}
		other := vp
		other.TMin = 0.02 // another end of the same schedule
		for _, own := range []diffusion.Schedule{nil, vp, other, diffusion.MeanReverting{ThetaMin: 0.05, ThetaMax: 10, Level: 1}} {
			if err := sample(of(own)); err != nil {
				t.Errorf("%s with a denoiser of %T: %v", name, own, err)
			}
		}
	}
	_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{diffusion.ClassifierFree(of(vp), of(cosine), 2).At(diffusion.X0, in[0], diffusion.LevelAt(vp, Scalar(in[0].Graph(), dtypes.Float64, 0.5)))}
	}, [][]float64{{1}})
	if err == nil || !strings.Contains(err.Error(), "the denoiser was trained with") {
		t.Errorf("guidance by a denoiser of another schedule: %v", err)
	}
}
