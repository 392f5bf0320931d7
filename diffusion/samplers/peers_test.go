package samplers_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
)

// peers is testdata/peers.json, which testdata/peers.py wrote.
type peers struct {
	Seed        uint64
	Start       []float64
	KDiffusion  map[string]peer `json:"k_diffusion"`
	Diffusers   map[string]peer
	Published3M map[string][]float64 `json:"published_3m"`
}

type peer struct {
	NFE int
	X   []float64
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
		if order < 3 { // of the third see TestPublishedThirdOrder
			methods[fmt.Sprintf("dpmsolver_%dm", order)] = samplers.DPMSolver{Order: order}
			methods[fmt.Sprintf("dpmsolverpp_%dm", order)] = samplers.DPMSolverPP{Order: order}
		}
		if order > 1 {
			methods[fmt.Sprintf("dpmsolver_%ds", order)] = samplers.DPMSolver{Order: order, Kind: samplers.Singlestep}
			methods[fmt.Sprintf("dpmsolverpp_%ds", order)] = samplers.DPMSolverPP{Order: order, Kind: samplers.Singlestep}
		}
		methods[fmt.Sprintf("unipc_%d_bh1", order)] = samplers.UniPC{Order: order, Residual: samplers.B1}
		methods[fmt.Sprintf("unipc_%d_bh2", order)] = samplers.UniPC{Order: order}
		methods[fmt.Sprintf("deis_%d", order)] = samplers.DEIS{Order: order, In: samplers.InLambda}
	}
	for name, m := range methods {
		t.Run(name, func(t *testing.T) {
			want := p.Diffusers[name]
			got := sampled(t, mixture.Ring8(), vp(m, want.NFE), tensors.FromFlatDataAndDimensions(p.Start, len(p.Start)/2, 2), p.Seed)
			wantNear(t, name, got, want.X)
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
