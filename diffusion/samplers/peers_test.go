package samplers_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// peers is testdata/peers.json, which testdata/peers.py wrote.
type peers struct {
	Seed        uint64
	Start       []float64
	KDiffusion  map[string]peer `json:"k_diffusion"`
	Adaptive    map[string]peer `json:"k_diffusion_adaptive"`
	Diffusers   map[string]peer
	Flows       map[string]peer
	Consistency peer
	Published3M map[string][]float64 `json:"published_3m"`
}

type peer struct {
	NFE   int
	X     []float64
	Error float64 // of a step, in tolerances
}

func readPeers(t *testing.T) peers {
	t.Helper()
	text, err := os.ReadFile("testdata/peers.json")
	if err != nil {
		t.Fatal(err)
	}
	var p peers
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// vp is a plan between log α/σ = -4 and 4.
func vp(m samplers.Method, nfe int) samplers.Plan {
	s := diffusion.StandardVP()
	return samplers.Plan{Method: m, Schedule: s, NFE: nfe, From: s.Time(-4), To: s.Time(4)}
}

func TestSamplersAgreeWithKDiffusion(t *testing.T) {
	p := readPeers(t)
	start := make([]float64, len(p.Start))
	for i, v := range p.Start {
		start[i] = 80 * v
	}
	churn := samplers.Churn{Churn: 4}
	for name, m := range map[string]samplers.Method{
		"euler":              samplers.DDIM{},
		"euler_ancestral":    samplers.DDIM{Eta: 0.7},
		"heun":               samplers.Heun{},
		"heun_churn":         samplers.Heun{Churn: samplers.Churn{Churn: 4, Low: 0.05, High: 20, Noise: 1.003}},
		"dpm_2":              samplers.DPM2{},
		"dpm_2_churn":        samplers.DPM2{Churn: churn},
		"dpm_2_ancestral":    samplers.AncestralDPM2{Eta: 0.7},
		"lms_3":              samplers.LMS(3),
		"dpmpp_2s_ancestral": samplers.AncestralDPMSolverPP{Eta: 0.7},
		"dpmpp_2m":           samplers.DPMSolverPP{Order: 2},
		"dpmpp_2m_sde":       samplers.DPMSolverPP{Order: 2, Eta: 0.7},
	} {
		t.Run(name, func(t *testing.T) {
			want := p.KDiffusion[name]
			plan := samplers.Plan{Method: m, Schedule: diffusion.StandardEDM(), Grid: diffusion.Karras{Rho: 7}, ToZero: name != "lms_3", NFE: want.NFE}
			got := sampled(t, mixture.Ring8(), plan, tensors.FromFlatDataAndDimensions(start, len(start)/2, 2), p.Seed)
			wantNear(t, name, got, want.X)
		})
	}
}

func TestSamplersAgreeWithDiffusers(t *testing.T) {
	p := readPeers(t)
	methods := map[string]samplers.Method{}
	for order := 1; order <= 3; order++ {
		if order < 3 { // of the third see TestThirdOrdersWithNoiseAgree and TestPublishedThirdOrder
			methods[fmt.Sprintf("dpmsolver_%dm", order)] = samplers.DPMSolver{Order: order}
			methods[fmt.Sprintf("dpmsolverpp_%dm", order)] = samplers.DPMSolverPP{Order: order}
		}
		if order > 1 {
			methods[fmt.Sprintf("dpmsolver_%ds", order)] = samplers.DPMSolver{Order: order, Kind: samplers.Singlestep}
			methods[fmt.Sprintf("dpmsolverpp_%ds", order)] = samplers.DPMSolverPP{Order: order, Kind: samplers.Singlestep}
		}
		if order < 3 {
			methods[fmt.Sprintf("sde_dpmsolver_%dm", order)] = samplers.DPMSolver{Order: order, Eta: 1}
			methods[fmt.Sprintf("sde_dpmsolverpp_%dm", order)] = samplers.DPMSolverPP{Order: order, Eta: 1}
		}
		methods[fmt.Sprintf("unipc_%d_bh1", order)] = samplers.UniPC{Order: order, Residual: samplers.B1}
		methods[fmt.Sprintf("unipc_%d_bh2", order)] = samplers.UniPC{Order: order}
		methods[fmt.Sprintf("deis_%d", order)] = samplers.DEIS{Order: order, In: samplers.InLambda}
	}
	// The time of these programs is a number in a table of α², which peers.py fills with the values at the ends of our steps, PNDM's with
	// those at the steps' middles in time too. DDPM has no noise at number 0, which is not ours to reach.
	methods["ddpm"], methods["ddpm_large"] = samplers.DDPM{}, samplers.DDPM{Large: true}
	methods["ddim"], methods["ddim_part"], methods["ddim_full"] = samplers.DDIM{}, samplers.DDIM{Eta: 0.5}, samplers.DDIM{Eta: 1}
	methods["pndm"], methods["ipndm_4"] = samplers.PNDM{}, samplers.IPNDM{Order: 4}
	for name, m := range methods {
		t.Run(name, func(t *testing.T) {
			want := p.Diffusers[name]
			got := sampled(t, mixture.Ring8(), vp(m, want.NFE), tensors.FromFlatDataAndDimensions(p.Start, len(p.Start)/2, 2), p.Seed)
			wantNear(t, name, got, want.X)
		})
	}
}

// FlowMatchEulerDiscreteScheduler and FlowMatchHeunDiscreteScheduler without a shift: σ is 1 - t, and Heun's last step, to no noise, is
// Euler's, since the velocity is not finite there.
func TestFlowsAgreeWithDiffusers(t *testing.T) {
	p := readPeers(t)
	for name, m := range map[string]samplers.Method{
		"euler": samplers.Flow{},
		"heun":  samplers.Flow{Tableau: samplers.HeunTwo},
		// stochastic_sampling = True
		"consistency": samplers.Consistency{},
	} {
		t.Run(name, func(t *testing.T) {
			want := p.Flows[name]
			plan := samplers.Plan{Method: m, Schedule: diffusion.ConditionalOT{}, Grid: diffusion.UniformTime{}, NFE: want.NFE}
			got := sampled(t, mixture.Ring8(), plan, tensors.FromFlatDataAndDimensions(p.Start, len(p.Start)/2, 2), p.Seed)
			wantNear(t, name, got, want.X)
		})
	}
}

// CMStochasticIterativeScheduler on EDM, and LCMScheduler where the variance is kept: the latter's steps end in the consistency function,
// which is our step to no noise. Their networks are given the output with which the function is the denoiser.
func TestConsistencyAgreesWithDiffusers(t *testing.T) {
	p := readPeers(t)
	far := make([]float64, len(p.Start))
	for i, v := range p.Start {
		far[i] = 80 * v
	}
	want := p.Consistency
	edm := samplers.Plan{Method: samplers.Consistency{}, Schedule: diffusion.StandardEDM(), Grid: diffusion.Karras{Rho: 7}, NFE: want.NFE}
	wantNear(t, "consistency", sampled(t, mixture.Ring8(), edm, tensors.FromFlatDataAndDimensions(far, len(far)/2, 2), p.Seed), want.X)

	want = p.Diffusers["consistency_vp"]
	// A grid of twelve steps, the last of which the program does not make.
	s, grid := diffusion.StandardVP(), diffusion.Listed{}
	for i := range want.NFE {
		grid = append(grid, s.Time(-4+8*float64(i)/float64(want.NFE)))
	}
	latent := samplers.Plan{Method: samplers.Consistency{}, Schedule: s, Grid: grid, NFE: want.NFE, From: grid[0], To: grid[len(grid)-1], ToZero: true}
	wantNear(t, "latent consistency", sampled(t, mixture.Ring8(), latent, tensors.FromFlatDataAndDimensions(p.Start, len(p.Start)/2, 2), p.Seed), want.X)
}

// ran is x after a table's rows, with a noise of its own in each.
func ran(t *testing.T, table diffusion.Table, x []float64, seed uint64) []float64 {
	t.Helper()
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{table.Run(diffusion.OfMixture(mixture.Ring8()), in[0], in[1], diffusion.Independent, false).X}
	}, tensors.FromFlatDataAndDimensions(x, len(x)/2, 2), seed)
	return check.Floats(out[0])
}

// sample_dpmpp_sde draws its two noises of a step from one path, whose tree is not ours: here both programs get independent ones.
func TestStochasticDPMSolverAgreesWithKDiffusion(t *testing.T) {
	p := readPeers(t)
	want := p.KDiffusion["dpmpp_sde"]
	table, err := samplers.Plan{
		Method: samplers.StochasticDPMSolverPP{Eta: 0.7}, Schedule: diffusion.StandardEDM(), Grid: diffusion.Karras{Rho: 7}, ToZero: true, NFE: want.NFE, Noise: diffusion.Brownian,
	}.Table()
	if err != nil {
		t.Fatal(err)
	}
	x := slices.Clone(p.Start)
	for i := range x {
		x[i] *= 80
	}
	wantNear(t, "dpmpp_sde", ran(t, table, x, p.Seed), want.X)
}

// withThird has a program's weights of predictions in DPM-Solver++ of order 3 in place of ours; the rest of the table is ours. With z the
// step (1+η) h in λ, first is the weight of the difference in the second step, and second that of the second difference in the others.
func withThird(table diffusion.Table, eta float64, first, second func(z float64) float64) diffusion.Table {
	h := func(i int) float64 { return table.Rows[i+1].At.Lambda() - table.Rows[i].At.Lambda() }
	for i := 1; i < len(table.Rows)-1; i++ {
		alpha, z := table.Rows[i+1].At.Alpha, (1+eta)*h(i)
		r := h(i-1) / h(i)
		d := []float64{alpha * -math.Expm1(-z), 0, 0}
		add := func(weight float64, at int) { // of the difference of predictions at and at+1, for a step of that length
			d[at] += weight
			d[at+1] -= weight
		}
		if i == 1 {
			add(alpha*first(z)/r, 0)
		} else {
			before := h(i-2) / h(i)
			slope, curve := alpha*thirdsSlope(z), alpha*second(z)/(r+before)
			add((slope*(1+r/(r+before))+curve)/r, 0)
			add(-(slope*r/(r+before)+curve)/before, 1)
		}
		table.Rows[i].Anchor.D = d
	}
	return table
}

// thirdsSlope is φ_2 of the programs, (e^-z - 1)/z + 1.
func thirdsSlope(z float64) float64 { return math.Expm1(-z)/z + 1 }

// The programs differ from ours in what they make of the second difference: both take half of it, by which the order falls to 2, and
// diffusers, where there is noise, has the 1/2 of its weight with the wrong sign, by which it falls to 1, that of moments too. k-diffusion has another weight in
// the second step too, of the same order. All else is as ours.
func TestThirdOrdersWithNoiseAgree(t *testing.T) {
	p := readPeers(t)
	midpoint := func(z float64) float64 { return -math.Expm1(-z) / 2 }
	half := func(z float64) float64 { return 0.5 - thirdsSlope(z)/z }
	wrong := func(z float64) float64 { return half(z) - 1 }
	edm := samplers.Plan{Schedule: diffusion.StandardEDM(), Grid: diffusion.Karras{Rho: 7}, ToZero: true}
	for _, c := range []struct {
		name          string
		want          peer
		plan          samplers.Plan
		scale, eta    float64
		first, second func(z float64) float64
	}{
		{"dpmpp_3m_sde", p.KDiffusion["dpmpp_3m_sde"], edm, 80, 0.7, thirdsSlope, half},
		{"dpmsolverpp_3m", p.Diffusers["dpmsolverpp_3m"], vp(nil, 0), 1, 0, midpoint, half},
		{"sde_dpmsolverpp_3m", p.Diffusers["sde_dpmsolverpp_3m"], vp(nil, 0), 1, 1, midpoint, wrong},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.plan.Method, c.plan.NFE = samplers.DPMSolverPP{Order: 3, Eta: c.eta}, c.want.NFE
			table, err := c.plan.Table()
			if err != nil {
				t.Fatal(err)
			}
			if !c.plan.ToZero { // the end of the last step; to no noise both programs give the denoiser's answer
				table.Rows = append(table.Rows, diffusion.Row{At: diffusion.At(c.plan.Schedule, c.plan.To)})
			}
			table = withThird(table, c.eta, c.first, c.second)
			table.Rows = table.Rows[:c.want.NFE]
			x := slices.Clone(p.Start)
			for i := range x {
				x[i] *= c.scale
			}
			wantNear(t, c.name, ran(t, table, x, p.Seed), c.want.X)
		})
	}
}

// The published program takes half of the second difference, by which its order falls to 2; ours keeps its order.
func TestPublishedThirdOrder(t *testing.T) {
	p := readPeers(t)
	start := tensors.FromFlatDataAndDimensions(p.Start, len(p.Start)/2, 2)
	exact := sampled(t, mixture.Ring8(), vp(samplers.DPMSolverPP{Order: 3}, 3072), start, 0)
	slope := math.Log2(rms(p.Published3M["192"], exact) / rms(p.Published3M["384"], exact))
	if !(math.Abs(slope-2) < 0.2) {
		t.Errorf("the published program's order is %.2f by its errors, want 2", slope)
	}
	ours := rms(sampled(t, mixture.Ring8(), vp(samplers.DPMSolverPP{Order: 3}, 384), start, 0), exact)
	if published := rms(p.Published3M["384"], exact); !(ours < published/5) {
		t.Errorf("error %v, the published program's %v, want a fifth of it or less", ours, published)
	}
}

// sourcesERSDE is ER-SDE of order 3 without noise, on an EDM schedule, with the backward difference that the source has for D₁.
func sourcesERSDE(points []diffusion.Point) diffusion.Table {
	table := diffusion.Table{Prediction: diffusion.X0, Start: diffusion.Combination{X: 1}}
	for i, p := range points[:len(points)-1] {
		s, t := p.Sigma, points[i+1].Sigma
		d := []float64{1 - t/s, 0, 0}
		if i > 0 {
			first := (t - s + t*math.Log(s/t)) / (s - points[i-1].Sigma)
			d[0] += first
			d[1] -= first
		}
		if i > 1 {
			one, two := points[i-1].Sigma, points[i-2].Sigma
			second := 2 * ((t-s)*(t-s)/2 + t*(s-t-s*math.Log(s/t))) / (s - two)
			d[0] += second / (s - one)
			d[1] -= second/(s-one) + second/(one-two)
			d[2] += second / (one - two)
		}
		table.Rows = append(table.Rows, diffusion.Row{At: p, Anchor: diffusion.Combination{X: t / s, D: d}, Next: diffusion.Combination{X: 1}})
	}
	return table
}

// TestSourcesThirdOrderOfERSDE holds Backward against the source's formulas and shows that its order is 2.
func TestSourcesThirdOrderOfERSDE(t *testing.T) {
	p := problem{data: mixture.Ring8(), schedule: diffusion.EDM{SigmaMin: math.Exp(-4), SigmaMax: math.Exp(4)}, first: math.Exp(4), last: math.Exp(-4)}
	end := p.reference(t, 1500)
	errs := map[bool][]float64{}
	for _, nfe := range []int{384, 768} {
		plan := samplers.Plan{Schedule: p.schedule, NFE: nfe}
		for _, backward := range []bool{false, true} {
			plan.Method = samplers.ERSDE{Order: 3, Scale: samplers.ODE, Backward: backward}
			errs[backward] = append(errs[backward], rms(sampled(t, p.data, plan, p.starts(), 0), end))
		}
		table, err := plan.Table()
		if err != nil {
			t.Fatal(err)
		}
		var at []diffusion.Point
		for _, r := range table.Rows {
			at = append(at, r.At)
		}
		at = append(at, diffusion.At(p.schedule, p.last))
		for i, r := range sourcesERSDE(at).Rows {
			got := append(slices.Clone(table.Rows[i].Anchor.D), 0, 0)
			for k, want := range r.Anchor.D {
				if !(math.Abs(got[k]-want) < 1e-9) { // differences of steps 0.01 long, which the formulas lose digits in
					t.Fatalf("row %d of %d: weight %d is %v, want %v", i, nfe, k, got[k], want)
				}
			}
		}
	}
	for backward, want := range map[bool]float64{true: 2, false: 3} {
		if slope := math.Log2(errs[backward][0] / errs[backward][1]); !(math.Abs(slope-want) < 0.2) {
			t.Errorf("backward %v: order %.2f by errors %.3g, want %v", backward, slope, errs[backward], want)
		}
	}
}

// sample_dpm_adaptive has another controller than ours, which takes steps with errors above 1 too, so that a whole run makes other steps.
// What is the same is a step with what it says of its error at the program's default tolerances: so many times these just take our step,
// and a little less does not.
func TestAdaptiveStepsAgreeWithKDiffusion(t *testing.T) {
	p := readPeers(t)
	run := func(a samplers.Adaptive, scale float64) (x []float64, nfe int) {
		from := slices.Clone(p.Start)
		for i := range from {
			from[i] *= scale
		}
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			got := a.Sample(diffusion.OfMixture(mixture.Ring8()), in[0], nil)
			return []*Node{got.X, got.Count}
		}, tensors.FromFlatDataAndDimensions(from, len(from)/2, 2))
		return check.Floats(out[0]), int(tensors.ToScalar[int32](out[1]))
	}
	for _, order := range []int{2, 3} {
		want := p.Adaptive[fmt.Sprintf("step_%d", order)]
		for _, c := range []struct {
			scale float64 // of the tolerances
			taken bool
		}{{want.Error * (1 + 1e-8), true}, {want.Error * (1 - 1e-8), false}} {
			x, nfe := run(samplers.Adaptive{
				Order: order, Schedule: diffusion.StandardEDM(), ATol: 0.0078 * c.scale, RTol: 0.05 * c.scale, Step: 1, From: 2, To: 1,
			}, 2)
			if (nfe == order) != c.taken {
				t.Errorf("order %d at %v of the tolerances: %d evaluations, want the step taken: %v", order, c.scale, nfe, c.taken)
			}
			if c.taken {
				wantNear(t, fmt.Sprintf("a step of order %d", order), x, want.X)
			}
		}
		// Whole runs at 1e-4 a step from σ = 80 to 0.01: both off from the exact end by no more than the tolerance times their steps.
		whole := p.Adaptive[fmt.Sprintf("run_%d", order)]
		far := slices.Clone(p.Start)
		for i := range far {
			far[i] *= 80
		}
		exact, err := diffusion.ExactFlow(t.Context(), mixture.Ring8(), diffusion.StandardEDM(), 80, 0.01, far, 1500)
		if err != nil {
			t.Fatal(err)
		}
		ours, nfe := run(samplers.Adaptive{Order: order, Schedule: diffusion.StandardEDM(), ATol: 1e-4, RTol: 1e-4, From: 80, To: 0.01}, 80)
		t.Logf("order %d: off by %.2g in %d evaluations, k-diffusion by %.2g in %d", order, rms(ours, exact), nfe, rms(whole.X, exact), whole.NFE)
		for _, r := range []peer{{NFE: nfe, X: ours}, whole} {
			if !(rms(r.X, exact) < 1e-4*float64(r.NFE/order)) {
				t.Errorf("order %d: off by %v in %d evaluations, want below 1e-4 a step", order, rms(r.X, exact), r.NFE)
			}
		}
		if nfe > 2*whole.NFE || whole.NFE > 2*nfe {
			t.Errorf("order %d: %d evaluations, k-diffusion %d, want them within a factor of 2", order, nfe, whole.NFE)
		}
	}
}

// wantNear wants samples of size 1 to agree to the round-off of a dozen steps in float64, which a denoiser of clusters 0.12 wide
// makes a hundred times larger.
func wantNear(t *testing.T, name string, got, want []float64) {
	t.Helper()
	worst := 0.0
	for i := range want {
		worst = max(worst, math.Abs(got[i]-want[i]))
	}
	if len(got) != len(want) || !(worst < 1e-10) {
		t.Errorf("%s: the samples differ by %v, want below 1e-10:\n%v\n%v", name, worst, got, want)
	}
}
