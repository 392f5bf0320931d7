package diffusion

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/philox"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Denoise is the task of learning a denoiser of a recipe's inputs:
//
//	min E w(t) |network(α x0 + σ ε, t) - target|²
//
// The network sees x scaled to variance 1 and a label of the level, and gives Target. With Target empty it is preconditioned
// as in EDM, with s the data's deviation and v = α² s² + σ²:
//
//	E[x0|x] = α s²/v x + σ s/√v network(x/√v)
//
// so that its target (σ x0 - α s² ε)/(s √v) has variance 1 at every level, also where α or σ is 0.
//
// With Conditional the network learns E[x0|x, y] with y the recipe's outputs, and, from a share Drop of the samples without
// them, E[x0|x]: see [ClassifierFree].
//
// Differs from the source: for any α; the source's is that of x/α.
//
// Source: Karras et al. 2022, arXiv:2206.00364, table 1 and eq. (7) and (8); Ho et al. 2020, arXiv:2006.11239, eq. (14). bib: karras2022elucidating, ho2020denoising
type Denoise struct {
	// Model is of x [batch, …], the label [batch, 1] and, if Conditional, [batch, k+1]: the k numbers of a sample's condition and a 1,
	// or zeros where it is not known. It gives x's shape.
	Model     zoo.Model
	Recipe    datasets.Recipe
	Schedule  Schedule
	Target    Prediction `json:",omitempty"` // empty: EDM's preconditioning
	SigmaData float64    // the data's deviation about 0, above 0
	Label     Label      `json:",omitempty"`
	Times     Times      // of training; nil: [UniformTimes]
	Weight    Weight     `json:",omitempty"`

	Conditional bool    `json:",omitempty"`
	Drop        float64 `json:",omitempty"` // 0 ≤ Drop ≤ 1
}

// Label is how the network is told the level. The zero value is [ByTime].
type Label string

// The labels.
const (
	ByTime  Label = ""          // t itself
	ByNoise Label = "log-noise" // ¼ log σ/α, EDM's c_noise; not for schedules with σ or α 0 at an end
)

// Weight is w(t). The zero value is [OnTarget].
type Weight string

// The weights, in terms of the error that counts.
const (
	OnTarget Weight = ""        // of the network's target as it is
	OnData   Weight = "data"    // of x0
	OnNoise  Weight = "noise"   // of ε: DDPM's simple loss
	MinSNR   Weight = "min-snr" // of x0 by min(α²/σ², 5). Source: Hang et al. 2023, arXiv:2303.09556. bib: hang2023minsnr
)

// minSNR is γ of the source.
const minSNR = 5

var (
	_ zoo.Task      = Denoise{}
	_ zoo.Predictor = Denoise{}
)

// Validate returns every problem at once.
func (d Denoise) Validate() error {
	if d.Model == nil || d.Recipe == nil || d.Schedule == nil {
		return errors.New("diffusion: Denoise.Model, Recipe or Schedule = nil, want all of them")
	}
	errs := []error{d.Model.Validate(), d.Recipe.Validate(), d.Schedule.Validate(), d.times().Validate()}
	if d.Target != "" {
		errs = append(errs, d.Target.Validate())
	}
	if !(d.SigmaData > 0) || math.IsInf(d.SigmaData, 0) {
		errs = append(errs, fmt.Errorf("diffusion: Denoise.SigmaData = %v, want the data's deviation, above 0", d.SigmaData))
	}
	if !(d.Drop >= 0 && d.Drop <= 1) || d.Drop > 0 && !d.Conditional {
		errs = append(errs, fmt.Errorf("diffusion: Denoise.Drop = %v, want 0 to 1, and 0 without a condition", d.Drop))
	}
	if d.Label == ByNoise && d.Schedule.Validate() == nil {
		noise, data := d.Schedule.Ends()
		if from, to := At(d.Schedule, noise).Lambda(), At(d.Schedule, data).Lambda(); math.IsInf(from, 0) || math.IsInf(to, 0) {
			errs = append(errs, fmt.Errorf("diffusion: Denoise.Label = %q with log α/σ from %v to %v, want both finite, or another label", string(ByNoise), from, to))
		}
	}
	if d.Label != ByTime && d.Label != ByNoise {
		errs = append(errs, fmt.Errorf("diffusion: Denoise.Label = %q, want empty or %q", string(d.Label), ByNoise))
	}
	if !slices.Contains([]Weight{OnTarget, OnData, OnNoise, MinSNR}, d.Weight) {
		errs = append(errs, fmt.Errorf("diffusion: Denoise.Weight = %q, want empty, %q, %q or %q", string(d.Weight), OnData, OnNoise, MinSNR))
	}
	return errors.Join(errs...)
}

func (d Denoise) times() Times {
	if d.Times == nil {
		return UniformTimes{}
	}
	return d.Times
}

// shape is that of an array of the recipe.
func (d Denoise) shape(name string) (shapes.Shape, error) {
	for _, a := range d.Recipe.Arrays() {
		if a.Name == name {
			return shapes.Make(dtypes.Float64, a.Dims...), nil
		}
	}
	return shapes.Shape{}, fmt.Errorf("diffusion: recipe %s has no array %s, want one", d.Recipe.Name(), name)
}

// Data describes the training inputs, and outputs if Conditional, as rows.
func (d Denoise) Data() (zoo.Data, error) {
	key, err := datasets.Key(d.Recipe)
	if err != nil {
		return zoo.Data{}, err
	}
	names := []string{datasets.TrainInput}
	if d.Conditional {
		names = append(names, datasets.TrainOutput)
	}
	data := zoo.Data{Key: key}
	for _, name := range names {
		shape, err := d.shape(name)
		if err != nil {
			return zoo.Data{}, err
		}
		data.Rows = append(data.Rows, shape)
	}
	data.Load = func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
		set, err := datasets.Load(ctx, d.Recipe)
		if err != nil {
			return nil, nil, err
		}
		train := set.Train()
		for _, a := range []datasets.Array{train.Input, train.Output}[:len(names)] {
			rows = append(rows, tensors.FromFlatDataAndDimensions(a.Values, a.Dims...))
		}
		return rows, nil, nil
	}
	return data, nil
}

// Loss is the weighted mean square of the error.
func (d Denoise) Loss(s *zoo.Step) []zoo.Term {
	x0 := s.Rows[0]
	at := LevelAt(d.Schedule, d.times().Draw(s, d.Schedule, levelDims(x0)))
	noise := s.Normal(x0.Shape())
	x := Noised(x0, noise, at)
	var extra []*Node
	if d.Conditional {
		y := known(s.Rows[1])
		if d.Drop > 0 {
			u := s.Uniform(shapes.Make(x0.DType(), x0.Shape().Dim(0), 1))
			y = Mul(y, ConvertDType(GreaterOrEqual(u, MulScalar(OnesLike(u), d.Drop)), y.DType()))
		}
		extra = []*Node{y}
	}
	out := d.network(s.Scope, x, at, extra)
	var square *Node
	if d.Weight == OnTarget {
		square = Square(Sub(out, d.target(x0, noise, at)))
	} else {
		square = Mul(d.weight(at), Square(Sub(d.x0(out, x, at), x0)))
	}
	return []zoo.Term{{Name: "denoising", Value: ReduceAllMean(square), Weight: 1}}
}

// known is a condition as the network sees it: its numbers and a 1, [batch, k+1].
func known(y *Node) *Node {
	y = Reshape(y, y.Shape().Dim(0), -1)
	return Concatenate([]*Node{y, OnesLike(SliceAxis(y, 1, AxisRange(0, 1)))}, 1)
}

// levelDims is [batch, 1…] of x's rank.
func levelDims(x *Node) []int {
	dims := slices.Repeat([]int{1}, x.Rank())
	dims[0] = x.Shape().Dim(0)
	return dims
}

// weight is that of the error of x0.
func (d Denoise) weight(at Level) *Node {
	if d.Weight == OnData {
		return OnesLike(at.Alpha)
	}
	snr := Square(Div(at.Alpha, at.Sigma))
	if d.Weight == MinSNR {
		return MinScalar(snr, minSNR)
	}
	return snr
}

// network is the model on scaled x with the label and, if Conditional, the condition.
func (d Denoise) network(scope *model.Scope, x *Node, at Level, extra []*Node) *Node {
	label := at.T
	if d.Label == ByNoise {
		label = MulScalar(Neg(at.Lambda()), 0.25)
	}
	batch := x.Shape().Dim(0)
	label = BroadcastToDims(Reshape(label, -1, 1), batch, 1)
	out := d.Model.Forward(scope, append([]*Node{Div(x, Sqrt(d.variance(at))), label}, extra...)...)
	if !out.Shape().Equal(x.Shape()) {
		exceptions.Panicf("diffusion: Denoise.Model gave %s, want %s as x", out.Shape(), x.Shape())
	}
	return out
}

// target is what the network should give for a pair of data and noise.
func (d Denoise) target(x0, noise *Node, at Level) *Node {
	if d.Target != "" {
		return Target(d.Target, x0, noise, at)
	}
	s2 := d.SigmaData * d.SigmaData
	out := Sub(Mul(at.Sigma, x0), MulScalar(Mul(at.Alpha, noise), s2))
	return Div(out, MulScalar(Sqrt(d.variance(at)), d.SigmaData))
}

// variance is that of x, α² SigmaData² + σ².
func (d Denoise) variance(at Level) *Node {
	return Add(MulScalar(Square(at.Alpha), d.SigmaData*d.SigmaData), Square(at.Sigma))
}

// x0 is the denoiser of the network's answer.
func (d Denoise) x0(out, x *Node, at Level) *Node {
	if d.Target != "" {
		return Convert(d.Target, X0, out, x, at)
	}
	variance := d.variance(at)
	skip := Div(MulScalar(at.Alpha, d.SigmaData*d.SigmaData), variance)
	scale := Div(MulScalar(at.Sigma, d.SigmaData), Sqrt(variance))
	return Add(Mul(skip, x), Mul(scale, out))
}

// Denoiser is the learned denoiser in a scope that holds the run's variables, for noisy data like x; if Conditional, the one that
// does not know the condition. It is for the task's schedule alone, unless it is told σ/α (ByNoise) and gives x0 or noise: then it
// serves any.
//
// Panics: if the task is Conditional and Drop is 0, since it then knows the condition always.
func (d Denoise) Denoiser(scope *model.Scope, x *Node) Denoiser {
	if !d.Conditional {
		return d.denoiser(scope, x, nil)
	}
	if d.Drop == 0 {
		exceptions.Panicf("diffusion: Denoise.Drop = 0, want above 0 for a denoiser that does not know the condition")
	}
	shape, err := d.shape(datasets.TrainOutput)
	if err != nil {
		exceptions.Panicf("%v", err)
	}
	count := shape.Size()/shape.Dim(0) + 1
	return d.denoiser(scope, x, []*Node{Zeros(x.Graph(), shapes.Make(x.DType(), x.Shape().Dim(0), count))})
}

// Given is the learned denoiser that knows the condition y of each sample.
//
// Shapes: y [batch, …] as the recipe's outputs.
// Panics: if the task is not Conditional, or Drop is 1.
func (d Denoise) Given(scope *model.Scope, x, y *Node) Denoiser {
	if !d.Conditional || d.Drop == 1 {
		exceptions.Panicf("diffusion: Denoise.Conditional, Drop = %v, %v, want true and below 1 for a denoiser that knows the condition", d.Conditional, d.Drop)
	}
	return d.denoiser(scope, x, []*Node{known(ConvertDType(y, x.DType()))})
}

func (d Denoise) denoiser(scope *model.Scope, x *Node, extra []*Node) Denoiser {
	noise, data := d.Schedule.Ends()
	at := LevelAt(d.Schedule, Scalar(x.Graph(), x.DType(), (noise+data)/2))
	out := d.fromModel(scope, x, at, extra)
	if d.Label != ByNoise || !slices.Contains([]Prediction{"", X0, Epsilon}, d.Target) {
		out.Schedule = d.Schedule // t stands for the level, or the target has its α and σ
	}
	return out
}

func (d Denoise) fromModel(scope *model.Scope, x *Node, at Level, extra []*Node) Denoiser {
	if d.Target != "" {
		return FromModel(scope, d.Target, x, at, extra, d.network)
	}
	return FromModel(scope, X0, x, at, extra, func(scope *model.Scope, x *Node, at Level, extra []*Node) *Node {
		return d.x0(d.network(scope, x, at, extra), x, at)
	})
}

// Predict is the denoised data of noisy data at times.
//
// Shapes: in[0] x [batch, …], in[1] t [batch], in[2] the condition [batch, …] if Conditional; returns x's shape, NaN for samples whose time
// is outside of the schedule's ends.
func (d Denoise) Predict(scope *model.Scope, in ...*Node) []*Node {
	want := 2
	if d.Conditional {
		want = 3
	}
	if len(in) != want || in[1].Rank() != 1 || in[1].Shape().Dim(0) != in[0].Shape().Dim(0) {
		exceptions.Panicf("diffusion: Denoise.Predict of %d arrays, want %d: noisy data [batch, …], times [batch] and, if Conditional, the condition", len(in), want)
	}
	at := LevelAt(d.Schedule, inside(d.Schedule, Reshape(ConvertDType(in[1], in[0].DType()), levelDims(in[0])...)))
	var extra []*Node
	if d.Conditional {
		extra = []*Node{known(ConvertDType(in[2], in[0].DType()))}
	}
	return []*Node{d.x0(d.network(scope, in[0], at, extra), in[0], at)}
}

// Sample draws n samples from a finished run of the task. They are a function of the seed. For samples under a condition see
// [Draw] with [Denoise.Given] and [ClassifierFree].
//
// Errors: what s.Validate says; n below 1; what the graph functions panic with.
func Sample(ctx context.Context, run zoo.Trained, task Denoise, s Sampler, n int, seed uint64) (Drawn, error) {
	if n < 1 {
		return Drawn{}, fmt.Errorf("diffusion: Sample of %d, want at least 1", n)
	}
	shape, err := task.shape(datasets.TrainInput)
	if err != nil {
		return Drawn{}, err
	}
	if err := s.Validate(); err != nil {
		return Drawn{}, err
	}
	at, err := s.First()
	if err != nil {
		return Drawn{}, err
	}
	x := Start(at, task.SigmaData, seed, append([]int{n}, shape.Dimensions[1:]...)...)
	return Draw(ctx, run, s, task.Denoiser, x, seed)
}

// Start is noise of the level where sampling starts, for data of deviation std about 0. Component k is a function of the seed and k.
func Start(at Point, std float64, seed uint64, dims ...int) *tensors.Tensor {
	deviation := math.Hypot(at.Alpha*std, at.Sigma)
	x := make([]float64, shapes.Make(dtypes.Float64, dims...).Size())
	for k := range x {
		z, _ := philox.HostNormals(seed, uint64(k), math.MaxUint64) // the samplers' noise counts from 0
		x[k] = deviation * z
	}
	return tensors.FromFlatDataAndDimensions(x, dims...)
}
