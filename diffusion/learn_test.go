package diffusion_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// small is a network of two hidden layers on data and label side by side; of Width 0 it gives zeros.
type small struct{ Width int }

func (small) Validate() error { return nil }

func (m small) Forward(scope *model.Scope, in ...*Node) *Node {
	scope = scope.At("small")
	u := Concatenate([]*Node{in[0], in[1]}, 1)
	if m.Width == 0 {
		return layers.DenseFrom(scope.In("none"), u, in[0].Shape().Dim(1), layers.Constant(0))
	}
	u = Tanh(layers.Dense(scope.In("1"), u, m.Width))
	u = Tanh(layers.Dense(scope.In("2"), u, m.Width))
	return layers.Dense(scope.In("3"), u, in[0].Shape().Dim(1))
}

func ringTask(width int) diffusion.Denoise {
	return diffusion.Denoise{
		Model: small{width}, Recipe: datasets.Density{Kind: datasets.Ring8, Train: 512, Test: 1, Seed: 1},
		Schedule: diffusion.StandardVP(), SigmaData: 1.064, // √((1.5² + 2·0.12²)/2)
	}
}

// losses are those of a few steps.
func losses(t *testing.T, task zoo.Task, fit train.Fit) []float64 {
	t.Helper()
	if err := task.Validate(); err != nil {
		t.Fatal(err)
	}
	d, err := train.New(check.Backend(t), task, fit, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Run(t.Context(), func(train.Progress) error { return nil }); err != nil {
		t.Fatal(err)
	}
	return d.History().Values[0]
}

func TestTargetsHaveTheirVariance(t *testing.T) {
	x0 := 1.064 * 1.064
	for name, c := range map[string]struct {
		change func(d *diffusion.Denoise)
		want   float64 // the mean square of the target, as the network gives zeros
	}{
		"preconditioned": {func(*diffusion.Denoise) {}, 1},
		"edm": {func(d *diffusion.Denoise) {
			d.Schedule, d.Times, d.Label = diffusion.StandardEDM(), diffusion.LogNormalTimes{Mean: -1.2, Std: 1.2}, diffusion.ByNoise
		}, 1},
		"noise":    {func(d *diffusion.Denoise) { d.Target = diffusion.Epsilon }, 1},
		"data":     {func(d *diffusion.Denoise) { d.Target = diffusion.X0 }, x0},
		"velocity": {func(d *diffusion.Denoise) { d.Target, d.Schedule = diffusion.Velocity, diffusion.ConditionalOT{} }, 1 + x0},
		"middle times": {func(d *diffusion.Denoise) {
			d.Target, d.Schedule, d.Times = diffusion.Velocity, diffusion.ConditionalOT{}, diffusion.LogitNormalTimes{Std: 1}
		}, 1 + x0},
		"data by weight": {func(d *diffusion.Denoise) { d.Target, d.Weight = diffusion.X0, diffusion.OnData }, x0},
		// With zeros for the velocity α x0 + σ ε of the straight path, x0 is guessed as x and the noise as x: off by (1-t)(x0 - ε).
		"flow's data by weight": {func(d *diffusion.Denoise) {
			d.Target, d.Schedule, d.Weight = diffusion.Velocity, diffusion.ConditionalOT{}, diffusion.OnData
		}, (1 + x0) / 3},
	} {
		t.Run(name, func(t *testing.T) {
			task := ringTask(0)
			c.change(&task)
			h := losses(t, task, train.Fit{Steps: 20, Precision: train.Float64, Rate: 1e-9})
			mean := 0.0
			for _, v := range h {
				mean += v / float64(len(h))
			}
			// 20·512·2 squares of deviation about √2 of their size: 4 standard errors are 4 %.
			if !(math.Abs(mean-c.want) < 0.04*c.want) {
				t.Errorf("%s: the target's mean square is %v, want %v", name, mean, c.want)
			}
		})
	}
}

func TestALearnedDenoiserSamples(t *testing.T) {
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	task := ringTask(48)
	task.Label, task.Times = diffusion.ByNoise, diffusion.LogNormalTimes{Mean: -0.5, Std: 1.5}
	session := &runs.Session{Backend: check.Backend(t), Store: s}
	r, err := session.Open(task, train.Fit{Steps: 1500, Batch: 256, Rate: 5e-3, Schedule: optimizers.Cosine{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Train(t.Context(), func(runs.Progress) error { return nil }); err != nil {
		t.Fatal(err)
	}
	trained, err := r.Result()
	if err != nil {
		t.Fatal(err)
	}
	plan := samplers.Plan{Method: samplers.DPMSolverPP{Order: 2}, Schedule: task.Schedule, NFE: 20, Keep: true}
	got, err := diffusion.Sample(t.Context(), trained, task, plan, 300, 4)
	if err != nil {
		t.Fatal(err)
	}
	x := tensors.MustCopyFlatData[float32](got.X)
	var mean, spread float64
	for i := 0; i < len(x); i += 2 {
		mean += math.Hypot(float64(x[i]), float64(x[i+1])) / 300
	}
	for i := 0; i < len(x); i += 2 {
		d := math.Hypot(float64(x[i]), float64(x[i+1])) - mean
		spread += d * d / 300
	}
	// The ring has radius 1.5 and deviation 0.12 across; noise of the same variance has mean radius 1.3 and deviation 0.7.
	if spread = math.Sqrt(spread); !(math.Abs(mean-1.5) < 0.1) || !(spread < 0.35) {
		t.Errorf("samples have mean radius %v with deviation %v, want about 1.5 and 0.12", mean, spread)
	}
	if got.NFE != 20 || got.Previews == nil || got.Previews.Shape().Dim(0) != 20 {
		t.Errorf("%d evaluations, want 20 with previews", got.NFE)
	}
	again, err := diffusion.Sample(t.Context(), trained, task, plan, 300, 4)
	if err != nil || !slices.Equal(x, tensors.MustCopyFlatData[float32](again.X)) {
		t.Errorf("the same seed gives other samples: %v", err)
	}
	if _, err := diffusion.Sample(t.Context(), trained, task, plan, 0, 4); err == nil || !strings.Contains(err.Error(), "Sample of 0, want at least 1") {
		t.Errorf("no samples give %v", err)
	}
}

// echo gives the sum of a condition and its mark, as the denoised data.
type echo struct{}

func (echo) Validate() error { return nil }

func (echo) Forward(scope *model.Scope, in ...*Node) *Node {
	one := layers.Weight(scope.At("echo"), in[0].Graph(), "one", shapes.Make(in[0].DType(), 1), layers.Constant(1))
	sum := Mul(InsertAxes(ReduceSum(in[2], 1), -1), Reshape(one, 1, 1))
	return BroadcastToDims(sum, in[0].Shape().Dimensions...)
}

func TestConditions(t *testing.T) {
	task := ringTask(0)
	task.Model, task.Target, task.Conditional, task.Drop = echo{}, diffusion.X0, true, 0.1
	plan := samplers.Plan{Method: samplers.DDIM{}, Schedule: task.Schedule, NFE: 3, ToZero: true}
	out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		x, y := in[0], in[1]
		given, none := task.Given(scope, x, y), task.Denoiser(scope, x)
		sample := func(d diffusion.Denoiser) *Node { return plan.Sample(d, x, nil).X }
		times := MulScalar(OnesLike(Reshape(y, 3)), 0.5)
		return []*Node{sample(given), sample(none), sample(diffusion.ClassifierFree(given, none, 3)), task.Predict(scope, x, times, y)[0]}
	}, check.Random(1, 3, 2), [][]float64{{2}, {5}, {-1}})
	for i, y := range []float64{2, 2, 5, 5, -1, -1} {
		for k, want := range []float64{y + 1, 0, 3 * (y + 1), y + 1} {
			if got := check.Floats(out[k])[i]; !(math.Abs(got-want) < 1e-12) { // round-off
				t.Errorf("sample %d of denoiser %d is %v, want %v", i/2, k, got, want)
			}
		}
	}
	// With all conditions dropped the network sees zeros, and answers them.
	task.Drop = 1
	all := losses(t, task, train.Fit{Steps: 2, Precision: train.Float64, Rate: 1e-9})[0]
	if want := 1.064 * 1.064; !(math.Abs(all-want) < 0.1) { // of 512 samples of the ring
		t.Errorf("with all conditions dropped the loss is %v, want that of zeros, %v", all, want)
	}
}

func TestConditionsThatTheNetworkHasNotSeen(t *testing.T) {
	for _, drop := range []float64{0, 1} {
		task := ringTask(4)
		task.Conditional, task.Drop = true, drop
		_, err := check.Run(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
			if drop == 0 {
				task.Denoiser(scope, in[0])
			} else {
				task.Given(scope, in[0], in[0])
			}
			return in
		}, check.Random(1, 3, 2))
		if err == nil || !strings.Contains(err.Error(), "Drop") {
			t.Errorf("Drop = %v: %v, want no denoiser for what the network has not seen", drop, err)
		}
	}
}

func TestDenoiseRefuses(t *testing.T) {
	for want, change := range map[string]func(d *diffusion.Denoise){
		"Denoise.Model, Recipe or Schedule = nil, want all":  func(d *diffusion.Denoise) { d.Model = nil },
		`Prediction = "noise", want "x0", "epsilon"`:         func(d *diffusion.Denoise) { d.Target = "noise" },
		"Denoise.SigmaData = 0, want":                        func(d *diffusion.Denoise) { d.SigmaData = 0 },
		`Denoise.Label = "level", want`:                      func(d *diffusion.Denoise) { d.Label = "level" },
		`Denoise.Label = "log-noise" with log α/σ from -Inf`: func(d *diffusion.Denoise) { d.Schedule, d.Label = diffusion.ConditionalOT{}, diffusion.ByNoise },
		`Denoise.Weight = "snr", want`:                       func(d *diffusion.Denoise) { d.Weight = "snr" },
		"LogNormalTimes.Mean, Std = 0, 0, want":              func(d *diffusion.Denoise) { d.Times = diffusion.LogNormalTimes{} },
		"Denoise.Drop = 0.1, want 0 to 1, and 0 without":     func(d *diffusion.Denoise) { d.Drop = 0.1 },
		"Density.Train": func(d *diffusion.Denoise) { d.Recipe = datasets.Density{Kind: datasets.Ring8} },
	} {
		task := ringTask(4)
		change(&task)
		if err := task.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// A network that is told σ/α and gives x0 or noise serves any schedule: what counts is x/α and σ/α. Others are for their own.
func TestWhichScheduleADenoiserServes(t *testing.T) {
	for _, c := range []struct {
		target diffusion.Prediction
		label  diffusion.Label
		any    bool
	}{
		{"", diffusion.ByNoise, true},
		{diffusion.Epsilon, diffusion.ByNoise, true},
		{diffusion.X0, diffusion.ByNoise, true},
		{diffusion.V, diffusion.ByNoise, false},
		{"", diffusion.ByTime, false},
		{diffusion.Epsilon, diffusion.ByTime, false},
	} {
		task := ringTask(8)
		task.Target, task.Label = c.target, c.label
		var schedule diffusion.Schedule
		out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
			d := task.Denoiser(scope, in[0])
			schedule = d.Schedule
			at := level(task.Schedule, 0.4, in[0])
			other := diffusion.LevelAt(diffusion.StandardEDM(), StopGradient(at.Ratio()))
			return []*Node{d.At(diffusion.X0, in[0], at), d.At(diffusion.X0, Div(in[0], at.Alpha), other)}
		}, check.Random(1, 5, 2))
		d := check.MaxDiff(t, out[0], out[1])
		if c.any != (schedule == nil) || c.any != (d < 1e-12) { // round-off
			t.Errorf("target %q, label %q: of schedule %T, and %v away from itself at the same level of another", c.target, c.label, schedule, d)
		}
	}
}

func TestTimesBeyondTheEnds(t *testing.T) {
	task := ringTask(4)
	times := []float64{0.5, 1.5, 1e-3, 1, -0.1, math.NaN(), 1e-4}
	out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node { return task.Predict(scope, in[0], in[1]) }, check.Random(1, 7, 2), times)
	for i, at := range times {
		if inside := at >= 1e-3 && at <= 1; math.IsNaN(check.Floats(out[0])[2*i]) == inside {
			t.Errorf("at t = %v the denoised data are %v, want NaN beyond [0.001, 1] alone", at, check.Floats(out[0])[2*i])
		}
	}
	for want, bad := range map[string][]float64{"time 1 is 1.5, want it in [0.001, 1] of diffusion.VPLinear": {0.5, 1.5}, "time 0 is NaN": {math.NaN()}} {
		_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			return []*Node{diffusion.LevelAt(task.Schedule, Const(in[0].Graph(), bad)).Alpha}
		}, 1.0)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	ends := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node { // as float32 rounds them
		return []*Node{diffusion.LevelAt(diffusion.StandardCosine(), Const(in[0].Graph(), []float32{1e-3, 0.9946})).Alpha}
	}, 1.0)
	if ends[0].Size() != 2 {
		t.Error("want two levels")
	}
}
