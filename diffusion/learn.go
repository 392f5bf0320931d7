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
// Differs from the source: for any α; the source's is that of x/α.
//
// Source: Karras et al. 2022, arXiv:2206.00364, table 1 and eq. (7) and (8); Ho et al. 2020, arXiv:2006.11239, eq. (14). bib: karras2022elucidating, ho2020denoising
type Denoise struct {
	Model     zoo.Model // of x [batch, …] and the label [batch, 1]; gives x's shape
	Recipe    datasets.Recipe
	Schedule  Schedule
	Target    Prediction `json:",omitempty"` // empty: EDM's preconditioning
	SigmaData float64    // the data's deviation about 0, above 0
	Label     Label      `json:",omitempty"`
	Times     Times      // of training; nil: [UniformTimes]
	Weight    Weight     `json:",omitempty"`
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

// rows is the shape of the recipe's training inputs.
func (d Denoise) rows() (shapes.Shape, error) {
	for _, a := range d.Recipe.Arrays() {
		if a.Name == datasets.TrainInput {
			return shapes.Make(dtypes.Float64, a.Dims...), nil
		}
	}
	return shapes.Shape{}, fmt.Errorf("diffusion: recipe %s has no array %s, want one", d.Recipe.Name(), datasets.TrainInput)
}

// Data describes the training inputs as rows.
func (d Denoise) Data() (zoo.Data, error) {
	key, err := datasets.Key(d.Recipe)
	if err != nil {
		return zoo.Data{}, err
	}
	shape, err := d.rows()
	if err != nil {
		return zoo.Data{}, err
	}
	return zoo.Data{Key: key, Rows: []shapes.Shape{shape}, Load: func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
		set, err := datasets.Load(ctx, d.Recipe)
		if err != nil {
			return nil, nil, err
		}
		in := set.Train().Input
		return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(in.Values, in.Dims...)}, nil, nil
	}}, nil
}

// Loss is the weighted mean square of the error.
func (d Denoise) Loss(s *zoo.Step) []zoo.Term {
	x0 := s.Rows[0]
	at := LevelAt(d.Schedule, d.times().draw(s, d.Schedule, levelDims(x0)))
	noise := s.Normal(x0.Shape())
	x := Noised(x0, noise, at)
	out := d.network(s.Scope, x, at)
	var square *Node
	if d.Weight == OnTarget {
		square = Square(Sub(out, d.target(x0, noise, at)))
	} else {
		square = Mul(d.weight(at), Square(Sub(d.x0(out, x, at), x0)))
	}
	return []zoo.Term{{Name: "denoising", Value: ReduceAllMean(square), Weight: 1}}
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

// network is the model on scaled x with the label.
func (d Denoise) network(scope *model.Scope, x *Node, at Level) *Node {
	label := at.T
	if d.Label == ByNoise {
		label = MulScalar(Neg(at.Lambda()), 0.25)
	}
	batch := x.Shape().Dim(0)
	label = BroadcastToDims(Reshape(label, -1, 1), batch, 1)
	out := d.Model.Forward(scope, Div(x, Sqrt(d.variance(at))), label)
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

// Denoiser is the learned denoiser in a scope that holds the run's variables, for noisy data like x.
func (d Denoise) Denoiser(scope *model.Scope, x *Node) Denoiser {
	noise, data := d.Schedule.Ends()
	t := Scalar(x.Graph(), x.DType(), (noise+data)/2)
	at := LevelAt(d.Schedule, t)
	if d.Target != "" {
		return FromModel(scope, d.Target, x, at, d.network)
	}
	return FromModel(scope, X0, x, at, func(scope *model.Scope, x *Node, at Level) *Node {
		return d.x0(d.network(scope, x, at), x, at)
	})
}

// Predict is the denoised data of noisy data at times.
//
// Shapes: in[0] x [batch, …], in[1] t [batch]; returns x's shape.
func (d Denoise) Predict(scope *model.Scope, in ...*Node) []*Node {
	if len(in) != 2 || in[1].Rank() != 1 || in[1].Shape().Dim(0) != in[0].Shape().Dim(0) {
		exceptions.Panicf("diffusion: Denoise.Predict: want two arrays, noisy data [batch, …] and times [batch]")
	}
	at := LevelAt(d.Schedule, Reshape(ConvertDType(in[1], in[0].DType()), levelDims(in[0])...))
	return []*Node{d.x0(d.network(scope, in[0], at), in[0], at)}
}

// Sample draws n samples from a finished run of the task. They are a function of the seed.
//
// Errors: what s.Validate says; n below 1; what the graph functions panic with.
func Sample(ctx context.Context, run zoo.Trained, task Denoise, s Sampler, n int, seed uint64) (Drawn, error) {
	if n < 1 {
		return Drawn{}, fmt.Errorf("diffusion: Sample of %d, want at least 1", n)
	}
	shape, err := task.rows()
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
