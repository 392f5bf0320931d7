package diffusion_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// A constant rate has the transition of the Ornstein-Uhlenbeck process; one that grows is compared with the equations of its moments.
func TestMeanRevertingTransition(t *testing.T) {
	const theta, level, m, x0 = 3.0, 0.4, 1.5, -0.2
	s2 := 2 * level * level * theta // s² of the noise
	constant := diffusion.MeanReverting{ThetaMin: theta, ThetaMax: theta, Level: level}
	for _, at := range []float64{0.05, 0.4, 1} {
		mean, variance := m+constant.Alpha(at)*(x0-m), constant.Sigma(at)*constant.Sigma(at)
		wantMean, wantVariance := m+(x0-m)*math.Exp(-theta*at), s2/(2*theta)*(1-math.Exp(-2*theta*at))
		if !(math.Abs(mean-wantMean) < 1e-14) || !(math.Abs(variance-wantVariance) < 1e-14) { // round-off
			t.Errorf("at t = %v: N(%v, %v), want N(%v, %v)", at, mean, variance, wantMean, wantVariance)
		}
	}
	growing := diffusion.MeanReverting{ThetaMin: 0.5, ThetaMax: 5, Level: level}
	rate := func(t float64) float64 { return 0.5 + 4.5*t }
	mean, variance := x0, 0.0
	const steps = 1000
	for i := range steps { // the midpoint rule
		at, h := (float64(i)+0.5)/steps, 1.0/steps
		k := rate(at - h/2)
		middle, v := mean+h/2*k*(m-mean), variance+h*k*(level*level-variance)
		mean += h * rate(at) * (m - middle)
		variance += 2 * h * rate(at) * (level*level - v)
	}
	gotMean, gotVariance := m+growing.Alpha(1)*(x0-m), growing.Sigma(1)*growing.Sigma(1)
	if !(math.Abs(gotMean-mean) < 1e-5) || !(math.Abs(gotVariance-variance) < 1e-5) { // θ²h² of 1000 steps
		t.Errorf("N(%v, %v) after a rate that grows, want N(%v, %v)", gotMean, gotVariance, mean, variance)
	}
}

// Data of N(0.7, 0.5²) about a mean field of -1 are sampled with their moments, with and without noise.
func TestSamplingAroundAMean(t *testing.T) {
	const n, mean, std, m = 8000, 0.7, 0.5, -1.0
	s := diffusion.MeanReverting{ThetaMin: 0.1, ThetaMax: 6, Level: 0.8, TMin: 1e-3}
	end := diffusion.At(s, 1e-3)
	for _, method := range []samplers.Method{samplers.DPMSolverPP{Order: 2}, samplers.DPMSolverPP{Order: 2, Eta: 1}} {
		plan := samplers.Plan{Method: method, Schedule: s, NFE: 60, Keep: true}
		first, err := plan.First()
		if err != nil {
			t.Fatal(err)
		}
		x := check.Floats(diffusion.Start(first, std, 5, n, 1))
		for i := range x {
			x[i] += m + first.Alpha*(mean-m)
		}
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			field := MulScalar(OnesLike(in[0]), m)
			got := diffusion.AroundMean(plan, diffusion.About(diffusion.OfGaussian([]float64{mean}, std), field), in[0], field, in[1])
			return []*Node{got.X, Slice(got.States, AxisElem(59)), Slice(got.Previews, AxisElem(59))}
		}, tensors.FromFlatDataAndDimensions(x, n, 1), uint64(3))
		gotMean, gotStd := moments(check.Floats(out[0]))
		// Five standard errors, and what 60 steps leave.
		if want := m + end.Alpha*(mean-m); !(math.Abs(gotMean-want) < 5*std/math.Sqrt(n)+2e-3) || !(math.Abs(gotStd-std) < 5*std/math.Sqrt(2*n)+2e-3) {
			t.Errorf("%s: mean %v and deviation %v, want %v and %v", method.Info().Name, gotMean, gotStd, want, std)
		}
		if !slices.Equal(check.Floats(out[0]), check.Floats(out[1])) {
			t.Errorf("%s: the last state is not the sample", method.Info().Name)
		}
		if preview, _ := moments(check.Floats(out[2])); !(math.Abs(preview-mean) < 5*std/math.Sqrt(n)+2e-3) {
			t.Errorf("%s: the last preview has the mean %v, want %v", method.Info().Name, preview, mean)
		}
	}
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

// pairs are one training and one test pair, of two numbers.
type pairs struct{ Wide bool }

func (pairs) Name() string    { return "pairs" }
func (pairs) Version() int    { return 1 }
func (pairs) Validate() error { return nil }
func (p pairs) Arrays() []datasets.Shape {
	width := 2
	if p.Wide {
		width = 3
	}
	axes := []string{"sample", "axis"}
	return []datasets.Shape{
		{Name: datasets.TrainInput, Axes: axes, Dims: []int{1, 2}},
		{Name: datasets.TrainOutput, Axes: []string{"sample", "mean"}, Dims: []int{1, width}},
		{Name: "note", Axes: []string{"note"}, Dims: []int{1}},
	}
}

func (p pairs) Make(context.Context, func(done, total int)) (datasets.Set, error) {
	values := [][]float64{{1, 2}, {5, 10}, {7}}
	var set datasets.Set
	for i, s := range p.Arrays() {
		set.Arrays = append(set.Arrays, datasets.Array{Name: s.Name, Axes: s.Axes, Dims: s.Dims, Values: values[i]})
	}
	return set, nil
}

func TestResiduals(t *testing.T) {
	for swap, want := range map[bool][3][]float64{false: {{-4, -8}, {5, 10}, {7}}, true: {{4, 8}, {1, 2}, {7}}} {
		set, err := datasets.Load(t.Context(), diffusion.Residuals{Recipe: pairs{}, Swap: swap})
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range set.Arrays {
			if !slices.Equal(a.Values, want[i]) {
				t.Errorf("Swap %v: %s is %v, want %v", swap, a.Name, a.Values, want[i])
			}
		}
		made, err := diffusion.Residuals{Recipe: pairs{}, Swap: swap}.Make(t.Context(), nil)
		if err != nil || !slices.Equal(made.Arrays[0].Values, want[0]) {
			t.Errorf("made: %v, %v, want %v", made.Arrays[0].Values, err, want[0])
		}
	}
	for want, r := range map[string]diffusion.Residuals{
		"Residuals.Recipe = nil": {},
		"train_input [1 2] and train_output [1 3], want data and mean fields of one shape": {Recipe: pairs{Wide: true}},
	} {
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// finished is a run without training, with a key.
type finished struct{ plain }

func (finished) Key() string { return "finished" }

// The network echoes the sum of the mean field and a 1 as x0 - m: samples to no noise are m and that.
func TestRestore(t *testing.T) {
	task := ringTask(0)
	task.Recipe, task.Schedule = diffusion.Residuals{Recipe: pairs{}}, diffusion.MeanReverting{ThetaMin: 2, ThetaMax: 2, Level: 0.5, TMin: 1e-3}
	task.Model, task.Target, task.Conditional = echo{}, diffusion.X0, true
	if err := task.Validate(); err != nil {
		t.Fatal(err)
	}
	run := finished{plain{t}}
	plan := samplers.Plan{Method: samplers.DDIM{}, Schedule: task.Schedule, NFE: 4, ToZero: true}
	m := tensors.FromValue([][]float64{{1, 2}, {-3, 5}})
	got, err := diffusion.Restore(t.Context(), run, task, plan, m, 1)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1 + 4, 2 + 4, -3 + 3, 5 + 3} {
		if x := diffusion.Values(got.X)[i]; !(math.Abs(x-want) < 1e-12) { // round-off
			t.Errorf("number %d is restored as %v, want %v", i, x, want)
		}
	}
	if got.NFE != 4 {
		t.Errorf("%d evaluations, want 4", got.NFE)
	}
	other := task
	other.Recipe = pairs{}
	for want, restore := range map[string]func() error{
		"Restore: Denoise.Recipe = diffusion_test.pairs, Conditional = true, want Residuals": func() error {
			_, err := diffusion.Restore(t.Context(), run, other, plan, m, 1)
			return err
		},
		"Restore: m is (Int32)[1, 2], want real": func() error {
			_, err := diffusion.Restore(t.Context(), run, task, plan, tensors.FromValue([][]int32{{1, 2}}), 1)
			return err
		},
		"Plan.NFE = 0": func() error {
			_, err := diffusion.Restore(t.Context(), run, task, samplers.Plan{Method: samplers.DDIM{}, Schedule: task.Schedule}, m, 1)
			return err
		},
	} {
		if err := restore(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	_, err = check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{diffusion.AroundMean(plan, diffusion.OfGaussian([]float64{0, 0}, 1), in[0], Slice(in[0], AxisRange(0, 1)), nil).X}
	}, [][]float64{{1, 2}, {3, 4}})
	if err == nil || !strings.Contains(err.Error(), "AroundMean: m is (Float64)[1, 2], want (Float64)[2, 2] as x") {
		t.Errorf("one mean field for two samples gives %v", err)
	}
}
