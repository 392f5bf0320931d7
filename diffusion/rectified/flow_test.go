package rectified_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/rectified"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers/embedding"
	"github.com/fieldbook-go/fieldbook/layers/timemlp"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func network(out int) timemlp.Model {
	return timemlp.Model{Width: 32, Depth: 2, Out: out, Conditioning: embedding.Conditioning{Width: 16, Scale: 1, Time: embedding.FourierTime}}
}

var (
	ring   = datasets.Density{Kind: datasets.Ring8, Train: 2000, Test: 1000, Seed: 1}
	moons  = datasets.Density{Kind: datasets.Moons, Train: 1500, Test: 1000, Seed: 2}
	solver = samplers.AdaptiveFlow{Stepper: ode.Dopri5(), Schedule: path, ATol: 1e-5, RTol: 1e-5}
)

func fit(steps int) train.Fit {
	return train.Fit{Steps: steps, Batch: 256, Rate: 5e-3, Schedule: optimizers.Cosine{}, EMA: 0.99, EMAWarmup: 10}
}

func euler(n int) samplers.Plan {
	return samplers.Plan{Method: samplers.Flow{}, Schedule: path, Grid: diffusion.UniformTime{}, NFE: n}
}

// TestRounds: a flow between two sets is learned, straightened and brought to one step.
func TestRounds(t *testing.T) {
	first := rectified.Flow{Model: network(2), Pairs: rectified.Independent{Source: moons, Target: ring}}
	run, _ := check.Trained(t, first, fit(800))
	before := measured(t, first, run)
	second := first.Reflow(run, solver, 1500)
	rerun, _ := check.Trained(t, second, fit(300))
	after := measured(t, second, rerun)
	if !(before.Defect() < 0.1) { // of 1000 pairs and a network that is not yet the best
		t.Errorf("the identity of the first round is off by %v: %+v", before.Defect(), before)
	}
	if !(after.Straightness < before.Straightness/5) || !(after.Crossing < before.Crossing/5) {
		t.Errorf("S and V go from %+v to %+v, want both a fifth at most", before, after)
	}
	short := second.Distil(rerun, solver, 1500, 1)
	last, _ := check.Trained(t, short, fit(200))
	z0, z1, err := second.Reflow(rerun, solver, 1500).Pairs.HeldOut(t.Context(), 500, 0)
	if err != nil {
		t.Fatal(err)
	}
	one, err := rectified.Sample(t.Context(), last, short, euler(1), z0)
	if err != nil {
		t.Fatal(err)
	}
	var miss, move float64
	for i, v := range one.X.Values {
		miss += math.Pow(v-z1.Values[i], 2) / 500
		move += math.Pow(z1.Values[i]-z0.Values[i], 2) / 500
	}
	if one.NFE != 1 || !(miss < 0.1*move) { // a small network; one Euler step of the first round misses by 0.3
		t.Errorf("one step misses the flow by %v in the mean square, which moves by %v", miss, move)
	}
	curved := euler(4)
	curved.Schedule = diffusion.StandardVP()
	if _, err := rectified.Sample(t.Context(), last, short, curved, z0); err == nil || !strings.Contains(err.Error(), "want the sampler to have its schedule") {
		t.Errorf("sampling along another path gave %v, want that it is the wrong one", err)
	}
}

func measured(t *testing.T, f rectified.Flow, run *runs.Trained) rectified.Terms {
	t.Helper()
	m, err := f.Measure(t.Context(), run, solver, 1000, 1)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestStart: the first step gives the parameters of the run before, and pairs are those that its flow makes.
func TestStart(t *testing.T) {
	first := rectified.Flow{Model: network(2), Pairs: rectified.Independent{Target: ring}}
	run, _ := check.Trained(t, first, fit(5))
	again := first.Reflow(run, solver, 64)
	rerun, _ := check.Trained(t, again, train.Fit{Steps: 1, Rate: 1})
	value := func(r *runs.Trained) *tensors.Tensor {
		predict := func(scope *model.Scope, in []*Node) []*Node { return first.Predict(scope, in...) }
		out, err := r.Eval(t.Context(), predict, check.Random(1, 9, 2), check.Random(2, 9))
		if err != nil {
			t.Fatal(err)
		}
		return out[0]
	}
	if a, b := value(run), value(rerun); !a.Equal(b) { // the same parameters, bit by bit
		t.Errorf("after the first step the velocity is %v, want %v of the run before", b, a)
	}
	data, err := again.Data()
	if err != nil {
		t.Fatal(err)
	}
	rows, whole, err := data.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || len(whole) != 1 || !strings.Contains(data.Key, run.Key()) {
		t.Errorf("%d rows, %d whole arrays, key %s; want the pairs, the parameters, and the run's key", len(rows), len(whole), data.Key)
	}
	z0, err := rectified.Normal(64, []int{2}, 0)
	if err != nil {
		t.Fatal(err)
	}
	made, err := rectified.Sample(t.Context(), run, first, solver, z0)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(check.Floats(rows[0]), z0.Values) || !slices.Equal(check.Floats(rows[1]), made.X.Values) {
		t.Error("the pairs are not normal points and where the flow leads them")
	}
	kept := euler(400)
	kept.Keep = true
	paths, err := rectified.Sample(t.Context(), run, first, kept, z0)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range paths.States.Values[399*128:] {
		if d := math.Abs(v - made.X.Values[i]); !(d < 0.02) || v != paths.X.Values[i] { // 400 Euler steps of a field with slopes of size one
			t.Fatalf("path %d ends %v away from where the flow ends", i/2, d)
		}
	}
}

// TestDraws: pairs of two sets are independent, and Euler's times are those of its steps.
func TestDraws(t *testing.T) {
	task := rectified.Flow{Model: network(2), Pairs: rectified.Independent{Source: moons, Target: ring}, Times: rectified.EulerTimes{Steps: 4}}
	if err := task.Validate(); err != nil {
		t.Fatal(err)
	}
	out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		s := zoo.NewStep(zoo.Step{Graph: g, Scope: scope, DType: dtypes.Float64, Index: Const(g, int64(3))}, zoo.Draw{Seed: Const(g, uint64(5))})
		return []*Node{task.Times.Draw(s, path, []int{4000, 1})}
	}, 0.0)
	counts := map[float64]int{}
	for _, v := range check.Floats(out[0]) {
		counts[v]++
	}
	for _, v := range []float64{0, 0.25, 0.5, 0.75} {
		if n := counts[v]; len(counts) != 4 || n < 850 || n > 1150 { // 1000 ± 27
			t.Errorf("times %v, want about 1000 each of 0, 1/4, 1/2 and 3/4", counts)
		}
	}
}

// TestGradients: of the plain loss, and of a cost's, which is differentiated twice.
func TestGradients(t *testing.T) {
	for name, f := range map[string]rectified.Flow{
		"plain":     {},
		"quadratic": {Cost: rectified.Power{P: 2}},
		"3/2":       {Cost: rectified.Power{P: 1.5}},
		"cosine":    {Path: diffusion.CosinePath{}},
	} {
		t.Run(name, func(t *testing.T) {
			small := network(2)
			small.Width, small.Depth, small.Conditioning.Width = 4, 1, 4
			if f.Cost != nil {
				small.Out = 1
			}
			f.Model, f.Pairs = small, rectified.Generated{}
			check.GradCheck(t, model.NewStore(), func(scope *model.Scope, in []*Node) *Node {
				g := in[0].Graph()
				s := zoo.Step{Graph: g, Scope: scope, DType: dtypes.Float64, Rows: in, Index: Const(g, int64(0))}
				return f.Loss(zoo.NewStep(s, zoo.Draw{Seed: Const(g, uint64(1))}))[0].Mean()
			}, check.Random(1, 6, 2), check.Random(2, 6, 2))
		})
	}
}

// TestQuadraticCostIsHalfTheSquare: for c = |x|²/2 the gap is half the plain loss of the potential's gradient.
func TestQuadraticCostIsHalfTheSquare(t *testing.T) {
	f := rectified.Flow{Model: network(1), Cost: rectified.Power{P: 2}, Pairs: rectified.Generated{}}
	out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		s := zoo.Step{Graph: g, Scope: scope, DType: dtypes.Float64, Rows: in, Index: Const(g, int64(0))}
		draw := zoo.Draw{Seed: Const(g, uint64(1))}
		loss := f.Loss(zoo.NewStep(s, draw))[0].Mean()
		times := diffusion.UniformTimes{}.Draw(zoo.NewStep(s, draw), path, []int{8, 1})
		x := diffusion.Noised(in[1], in[0], diffusion.LevelAt(path, times))
		v := f.Predict(scope, x, Reshape(times, 8))[0]
		return []*Node{loss, MulScalar(ReduceAllMean(ReduceSum(Square(Sub(Sub(in[1], in[0]), v)), -1)), 0.5)}
	}, check.Random(1, 8, 2), check.Random(2, 8, 2))
	if a, b := check.Floats(out[0])[0], check.Floats(out[1])[0]; !(math.Abs(a-b) < 1e-12) { // round-off
		t.Errorf("the gap is %v, half the square %v", a, b)
	}
}

// TestReopens: a flow of a later round, with all that its pairs are made by, comes back from a manifest's JSON.
func TestReopens(t *testing.T) {
	first := rectified.Flow{Model: network(1), Pairs: rectified.Paired{Recipe: rectified.Twisted{Angle: 60, Scale: 1, Train: 20, Test: 1}}, Cost: rectified.Power{P: 1.5}}
	again := first.Reflow(nil, solver, 10).Distil(nil, euler(5), 10, 2)
	text, err := kinds.Marshal(again)
	if err != nil {
		t.Fatal(err)
	}
	task, err := catalog.OpenTask(kinds.Name(again), text)
	if err != nil {
		t.Fatal(err)
	}
	back, err := kinds.Marshal(task)
	if err != nil || string(back) != string(text) {
		t.Errorf("%s comes back as %s, %v", text, back, err)
	}
}

// TestHeldOutPairsAreIndependent: also of a set with itself, and of sets that draw from the same numbers.
func TestHeldOutPairsAreIndependent(t *testing.T) {
	const n = 1000
	for _, p := range []rectified.Independent{{Source: ring, Target: ring}, {Target: ring}} {
		x0, x1, err := p.HeldOut(t.Context(), n, 3)
		if err != nil {
			t.Fatal(err)
		}
		var both, first, second float64
		for i, v := range x0.Values {
			both, first, second = both+v*x1.Values[i], first+v*v, second+x1.Values[i]*x1.Values[i]
		}
		if c := both / math.Sqrt(first*second); !(math.Abs(c) < 0.1) { // 4 deviations of 2000 products
			t.Errorf("held-out pairs have a correlation of %v, want 0", c)
		}
		slices.Sort(x1.Values)
		_, again, err := p.HeldOut(t.Context(), n, 4)
		slices.Sort(again.Values)
		if err != nil || !slices.Equal(x1.Values, again.Values) {
			t.Errorf("another seed gives other points, want another order of the same: %v", err)
		}
	}
}

// TestRoundsLearnFromOtherPoints: each round starts its pairs from noise that the round before has not seen.
func TestRoundsLearnFromOtherPoints(t *testing.T) {
	first := rectified.Flow{Model: network(2), Pairs: rectified.Independent{Target: ring}}
	second := first.Reflow(nil, solver, 10)
	third := second.Distil(nil, solver, 10, 1)
	a, b := second.Pairs.(rectified.Generated).Seed, third.Pairs.(rectified.Generated).Seed
	if a == b {
		t.Errorf("two rounds make their pairs from seed %d", a)
	}
}

func TestFlowRefuses(t *testing.T) {
	good := rectified.Flow{Model: network(2), Pairs: rectified.Independent{Target: ring}}
	made := func(change func(p *rectified.Generated)) rectified.Flow {
		p := rectified.Generated{By: good, Sampler: solver, Count: 10, Dims: []int{2}}
		change(&p)
		return rectified.Flow{Model: network(2), Pairs: p}
	}
	for want, f := range map[string]rectified.Flow{
		"Flow.Model or Pairs = nil, want both":      {},
		"timemlp: Model.Width = 0":                  {Model: timemlp.Model{}, Pairs: good.Pairs},
		"Independent.Target = nil, want a recipe":   {Model: network(2), Pairs: rectified.Independent{}},
		"Independent.Source has samples of [16]":    {Model: network(2), Pairs: rectified.Independent{Target: ring, Source: datasets.Density{Kind: datasets.Mix16, Train: 1, Test: 1}}},
		"Paired.Recipe = nil, want a recipe":        {Model: network(2), Pairs: rectified.Paired{}},
		"Paired.Recipe's input has samples of [2]":  {Model: network(2), Pairs: rectified.Paired{Recipe: ring}},
		"EulerTimes.Steps = 0, want at least 1":     {Model: network(2), Pairs: good.Pairs, Times: rectified.EulerTimes{}},
		"Flow.Path = diffusion.CosinePath with a":   {Model: network(1), Pairs: good.Pairs, Cost: rectified.Power{P: 2}, Path: diffusion.CosinePath{}},
		"Power.P = 1, want it above 1":              {Model: network(1), Pairs: good.Pairs, Cost: rectified.Power{P: 1}},
		"Generated.By or Sampler = nil, want both":  made(func(p *rectified.Generated) { p.Sampler = nil }),
		"Generated.Count = 0, want at least 1":      made(func(p *rectified.Generated) { p.Count = 0 }),
		"Generated.Dims = [], want":                 made(func(p *rectified.Generated) { p.Dims = nil }),
		"want at most the source's 1500 training":   made(func(p *rectified.Generated) { p.Source, p.Count = moons, 1501 }),
		"Density.Train":                             {Model: network(2), Pairs: rectified.Independent{Target: datasets.Density{Kind: datasets.Ring8}}},
		"AdaptiveFlow.ATol, RTol = 0, 0, want both": made(func(p *rectified.Generated) { p.Sampler = samplers.AdaptiveFlow{Stepper: ode.Dopri5(), Schedule: path} }),
	} {
		if err := f.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	refused := func(want string, err error) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	ctx := context.Background()
	_, err := made(func(*rectified.Generated) {}).Data()
	refused("Generated.Run = nil, want a finished run of By", err)
	_, _, err = good.Pairs.HeldOut(ctx, 1001, 0)
	refused("1001 samples of test_input of recipe ring8, want 1 to 1000", err)
	_, _, err = good.Pairs.HeldOut(ctx, 0, 0)
	refused("Normal of 0 samples", err)
	curved := good
	curved.Path = diffusion.CosinePath{}
	_, err = curved.Measure(ctx, nil, solver, 10, 0)
	refused("Flow.Path = diffusion.CosinePath, want nil", err)
	_, err = good.MeasureOn(ctx, nil, samplers.Plan{}, datasets.Array{}, datasets.Array{})
	refused("Plan.Method or Plan.Schedule = nil", err)
}
