package samplers_test

import (
	"math"
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

func TestStochasticMomentsConverge(t *testing.T) {
	s := diffusion.StandardVP()
	for _, m := range samplers.Stochastic() {
		order := float64(m.Info().Order)
		t.Run(m.Info().Name, func(t *testing.T) {
			var errs []float64
			steps := []int{192, 384}
			if m.Info().Below != "" { // their terms of third order are large at first
				steps = []int{384, 768}
			}
			for _, nfe := range steps {
				plan := samplers.Plan{Method: m, Schedule: s, NFE: nfe}
				if _, along := m.(samplers.StochasticDPMSolverPP); along {
					plan.Noise = diffusion.Brownian
				}
				e, err := samplers.MomentError(plan)
				if err != nil {
					t.Fatal(err)
				}
				errs = append(errs, e)
			}
			// Where terms of two orders are of one size the slope of a pair is above the lower.
			if slope := math.Log2(errs[0] / errs[1]); !(slope > order-0.2) || !(errs[1] < 0.05) {
				t.Errorf("errors of mean and deviation %.3g, order %.2f, want %v", errs, slope, order)
			}
		})
	}
}

func TestSamplesHaveTheTablesMoments(t *testing.T) {
	const n = 10000
	one := mixture.Mixture{Weights: []float64{1}, Means: [][]float64{{0.7}}, Std: []float64{0.5}}
	s := diffusion.StandardVP()
	for _, c := range []struct {
		m     samplers.Method
		noise diffusion.Noise
	}{
		{samplers.DPMSolverPP{Order: 2, Eta: 1}, diffusion.Independent},
		{samplers.Heun{Churn: samplers.Churn{Churn: 8}}, diffusion.Independent},
		{samplers.ERSDE{Order: 2}, diffusion.Brownian},
		{samplers.StochasticDPMSolverPP{Eta: 1}, diffusion.Brownian},
	} {
		plan := samplers.Plan{Method: c.m, Schedule: s, NFE: 10, Noise: c.noise}
		first, err := plan.First()
		if err != nil {
			t.Fatal(err)
		}
		table, err := plan.Table()
		if err != nil {
			t.Fatal(err)
		}
		x := check.Floats(diffusion.Start(first, 0.5, 5, n, 1))
		for i := range x {
			x[i] += first.Alpha * 0.7
		}
		got := sampled(t, one, plan, tensors.FromFlatDataAndDimensions(x, n, 1), 6)
		var sum, square float64
		for _, v := range got {
			sum += v / n
			square += v * v / n
		}
		wantMean, wantStd, err := table.Moments(first, 0.7, 0.5, c.noise)
		if err != nil {
			t.Fatal(err)
		}
		gotStd := math.Sqrt(square - sum*sum)
		// Five standard errors of a mean and of a deviation, of 10,000 samples.
		if tolerance := 5 * wantStd / math.Sqrt(n); !(math.Abs(sum-wantMean) < tolerance) || !(math.Abs(gotStd-wantStd) < tolerance) {
			t.Errorf("%s: mean %v, deviation %v of the samples, want %v and %v", c.m.Info().Name, sum, gotStd, wantMean, wantStd)
		}
	}
}

// A first step from no data has no λ to start from: its noise has the table's variance nevertheless.
func TestPathsOfInfiniteSteps(t *testing.T) {
	const n = 4000
	plan := samplers.Plan{Method: samplers.Consistency{}, Schedule: diffusion.ConditionalOT{}, Grid: diffusion.Listed{0, 0.4, 0.9}, NFE: 2, To: 0.9, Noise: diffusion.Brownian}
	table, err := plan.Table()
	if err != nil {
		t.Fatal(err)
	}
	one := mixture.Mixture{Weights: []float64{1}, Means: [][]float64{{0}}, Std: []float64{1e-3}}
	got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		table.Rows = table.Rows[:1] // the second has no noise
		return []*Node{table.Run(diffusion.OfMixture(one), in[0], in[1], plan.Noise, false).X}
	}, check.Random(2, n, 1), uint64(5))[0]
	square := 0.0
	for _, v := range check.Floats(got) {
		square += v * v / n
	}
	// Five standard errors of a mean of 4000 squares.
	if want := table.Rows[0].Anchor.Noise * table.Rows[0].Anchor.Noise; !(math.Abs(square/want-1) < 5*math.Sqrt(2./n)) {
		t.Errorf("the noise of the first step has the variance %v, want %v", square, want)
	}
}

func TestBrownianRunsFollowOnePath(t *testing.T) {
	p := ring()
	plan := samplers.Plan{Method: samplers.DPMSolverPP{Order: 1, Eta: 1}, Schedule: p.schedule, Noise: diffusion.Brownian}
	wide := mixture.Mixture{Weights: []float64{1}, Means: [][]float64{{0, 0}}, Std: []float64{0.5}}
	run := func(nfe int) []float64 {
		plan.NFE = nfe
		return sampled(t, wide, plan, p.starts(), 11)
	}
	fine := run(512)
	coarse, middle := rms(run(32), fine), rms(run(128), fine)
	// Of strong order 1 for noise that does not depend on x: four times the steps make the error about four times smaller. Paths that
	// differ would leave it at 0.4, whatever the steps.
	if !(coarse < 0.15) || !(middle < coarse/3) {
		t.Errorf("runs of 32 and 128 steps are off by %v and %v from one of 512, want them to approach it", coarse, middle)
	}
}

func TestSameSeedSameBits(t *testing.T) {
	p := ring()
	plan := samplers.Plan{Method: samplers.ERSDE{Order: 3}, Schedule: p.schedule, NFE: 12, Keep: true}
	run := func(seed uint64) *tensors.Tensor {
		return check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			got := plan.Sample(diffusion.OfMixture(p.data), in[0], in[1])
			if got.NFE != 12 || got.Previews.Shape().Dim(0) != 12 {
				t.Errorf("%d evaluations, previews %s, want 12", got.NFE, got.Previews.Shape())
			}
			last := Reshape(Slice(got.States, AxisElem(11)), got.X.Shape().Dimensions...)
			return []*Node{Concatenate([]*Node{got.X, last}, 0)}
		}, p.starts(), seed)[0]
	}
	a, b, other := check.Floats(run(1)), check.Floats(run(1)), check.Floats(run(2))
	half := len(a) / 2
	if !slices.Equal(a, b) || slices.Equal(a, other) || !slices.Equal(a[:half], a[half:]) {
		t.Error("want equal bits for a seed, others for another, and the last state to be the sample")
	}
}

func TestEncodingIsUndone(t *testing.T) {
	p := ring()
	plan := samplers.Plan{Method: samplers.DPMSolver{Order: 3, Kind: samplers.Singlestep}, Schedule: p.schedule, NFE: 600}
	end := sampled(t, p.data, plan, p.starts(), 1)
	plan.Encode = true
	back := sampled(t, p.data, plan, tensors.FromFlatDataAndDimensions(end, points, 2), 1)
	// Errors of 1e-5 at the data grow as points of one cluster go apart, by up to the ratio of deviations 1 to 0.12.
	if d := rms(back, check.Floats(p.starts())); !(d < 1e-3) {
		t.Errorf("noise comes back off by %v, want below 1e-3", d)
	}
}
