package rectified

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Flow is the task of learning the velocity of the straight lines of a coupling:
//
//	min_v E|X1 - X0 - v(X_t, t)|²,  X_t = t X1 + (1 - t) X0,  t uniform in [0, 1]
//
// whose least is at E[X1 - X0 | X_t = x]. With another Path, α(t) and σ(t), it is the velocity of α X1 + σ X0: the marginals are kept,
// and nothing says that the paths get straighter.
//
// With a Cost c the model is a potential f, the velocity ∇c*(∇f), and the loss the gap of Fenchel and Young's inequality,
//
//	min_f E[c*(∇f(X_t, t)) - (X1 - X0)·∇f(X_t, t) + c(X1 - X0)]
//
// of which c = |x|²/2 makes half the square above.
//
// Source: Liu, Gong & Liu 2023, arXiv:2209.03003, eq. (1); Liu 2022, arXiv:2209.14577, for a cost. bib: liu2023flow, liu2022rectified
type Flow struct {
	// Model is of x [batch, …] and t [batch, 1]. It gives x's shape; with a Cost one number a sample, [batch, 1], twice differentiable.
	Model zoo.Model
	Pairs Pairs
	Times diffusion.Times    `json:",omitempty"` // of training; nil: diffusion.UniformTimes
	Path  diffusion.Schedule `json:",omitempty"` // nil: diffusion.ConditionalOT, the straight line
	Cost  Cost               `json:",omitempty"` // nil: any velocity

	// Start is a finished run of the same model, from whose parameters training starts; nil: from random ones. The first step sets them, so that
	// its loss is still that of random ones. With an average of the parameters want Fit.EMAWarmup too, that the average forgets these.
	Start zoo.Trained `json:"-"`
}

var (
	_ zoo.Task         = Flow{}
	_ zoo.Predictor    = Flow{}
	_ zoo.AfterStepper = Flow{}
	_ Generator        = Flow{}
)

// Validate returns every problem at once.
func (f Flow) Validate() error {
	if f.Model == nil || f.Pairs == nil {
		return errors.New("rectified: Flow.Model or Pairs = nil, want both")
	}
	errs := []error{f.Model.Validate(), f.Pairs.Validate(), f.path().Validate(), f.times().Validate()}
	if f.Cost != nil {
		errs = append(errs, f.Cost.Validate())
		if f.Path != nil {
			errs = append(errs, fmt.Errorf("rectified: Flow.Path = %T with a Cost, want nil: costs are of straight lines", f.Path))
		}
	}
	return errors.Join(errs...)
}

func (f Flow) path() diffusion.Schedule {
	if f.Path == nil {
		return diffusion.ConditionalOT{}
	}
	return f.Path
}

func (f Flow) times() diffusion.Times {
	if f.Times == nil {
		return diffusion.UniformTimes{}
	}
	return f.Times
}

// Data is that of the pairs, and the parameters of Start.
func (f Flow) Data() (zoo.Data, error) {
	data, err := f.Pairs.Data()
	if err != nil || f.Start == nil {
		return data, err
	}
	count, err := parameters(f.Start)
	if err != nil {
		return zoo.Data{}, err
	}
	load := data.Load
	data.Key = fmt.Sprintf("%s from %s", data.Key, f.Start.Key())
	data.Whole = append(data.Whole, shapes.Make(dtypes.Float64, count))
	data.Load = func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
		if rows, whole, err = load(ctx); err != nil {
			return nil, nil, err
		}
		values, err := flat(ctx, f.Start)
		return rows, append(whole, values), err
	}
	return data, nil
}

// Loss is the mean square of the velocity's error or, with a Cost, the gap.
func (f Flow) Loss(s *zoo.Step) []zoo.Term {
	x0, x1 := f.Pairs.draw(s)
	at := diffusion.LevelAt(f.path(), f.times().Draw(s, f.path(), levelDims(x0)))
	x := diffusion.Noised(x1, x0, at)
	wanted := diffusion.Target(diffusion.Velocity, x1, x0, at)
	if f.Cost == nil {
		return []zoo.Term{{Name: "velocity", Residual: Sub(wanted, f.velocity(s.Scope, x, at, nil)), Weight: 1}}
	}
	return []zoo.Term{{Name: "gap", Value: ReduceAllMean(gap(f.Cost, f.slope(s.Scope, x, at), wanted)), Weight: 1}}
}

// levelDims is [batch, 1…] of x's rank.
func levelDims(x *Node) []int {
	dims := make([]int, x.Rank())
	for i := range dims {
		dims[i] = 1
	}
	dims[0] = x.Shape().Dim(0)
	return dims
}

// network is the model at x and the level's time.
func (f Flow) network(scope *model.Scope, x *Node, at diffusion.Level) *Node {
	t := BroadcastToDims(Reshape(at.T, -1, 1), x.Shape().Dim(0), 1)
	out := f.Model.Forward(scope, x, t)
	want := x.Shape()
	if f.Cost != nil {
		want = shapes.Make(x.DType(), x.Shape().Dim(0), 1)
	}
	if !out.Shape().Equal(want) {
		exceptions.Panicf("rectified: Flow.Model gave %s for points %s, want %s", out.Shape(), x.Shape(), want)
	}
	return out
}

// slope is ∇f(x, t).
func (f Flow) slope(scope *model.Scope, x *Node, at diffusion.Level) *Node {
	return Gradient(ReduceAllSum(f.network(scope, x, at)), x)[0]
}

// velocity is v(x, t).
func (f Flow) velocity(scope *model.Scope, x *Node, at diffusion.Level, _ []*Node) *Node {
	if f.Cost == nil {
		return f.network(scope, x, at)
	}
	return f.Cost.Velocity(f.slope(scope, x, at))
}

// Denoiser is the learned velocity in a scope that holds the run's variables, for points like x, as samplers take it.
func (f Flow) Denoiser(scope *model.Scope, x *Node) diffusion.Denoiser {
	first, last := f.path().Ends()
	at := diffusion.LevelAt(f.path(), Scalar(x.Graph(), x.DType(), (first+last)/2))
	d := diffusion.FromModel(scope, diffusion.Velocity, x, at, nil, f.velocity)
	d.Schedule = f.path()
	return d
}

// Predict is the velocity at points and times.
//
// Shapes: in[0] x [batch, …], in[1] t [batch] or [batch, 1]; returns x's shape.
func (f Flow) Predict(scope *model.Scope, in ...*Node) []*Node {
	if len(in) != 2 || in[1].Shape().Size() != in[0].Shape().Dim(0) {
		exceptions.Panicf("rectified: Flow.Predict of %d arrays, want 2: points [batch, …] and a time for each", len(in))
	}
	at := diffusion.LevelAt(f.path(), Reshape(ConvertDType(in[1], in[0].DType()), levelDims(in[0])...))
	return []*Node{f.velocity(scope, in[0], at, nil)}
}

// Reflow is the next round: the flow that learns n pairs (Z0, Z1) that a finished run of this one makes with a sampler, starting from
// its parameters. The sampler should be accurate, as its error stays: samplers.AdaptiveFlow with tolerances of 1e-5.
//
// Source: Liu, Gong & Liu 2023, arXiv:2209.03003, algorithm 1. bib: liu2023flow
func (f Flow) Reflow(run zoo.Trained, s diffusion.Sampler, n int) Flow {
	next := f
	made := Generated{By: f, Run: run, Sampler: s, Count: n, Source: f.Pairs.source(), Dims: f.Pairs.dims()}
	if before, ok := f.Pairs.(Generated); ok {
		made.Seed = before.Seed + 1 // other points than f has learned from
	}
	next.Pairs = made
	next.Times, next.Start = nil, run
	return next
}

// Distil is a flow for k Euler steps: it learns the pairs of [Flow.Reflow] at the times 0, 1/k, …, (k-1)/k alone. With k = 1 it is
//
//	T(z0) = z0 + v(z0, 0),  min E|Z1 - T(Z0)|²
//
// Source: Liu, Gong & Liu 2023, arXiv:2209.03003, section 2.2 and eq. (6). bib: liu2023flow
func (f Flow) Distil(run zoo.Trained, s diffusion.Sampler, n, k int) Flow {
	next := f.Reflow(run, s, n)
	next.Times = EulerTimes{Steps: k}
	return next
}

// EulerTimes are the times at which Euler's method with so many equal steps asks for the velocity.
type EulerTimes struct {
	Steps int // at least 1
}

var _ diffusion.Times = EulerTimes{}

// Validate says what is wrong.
func (e EulerTimes) Validate() error {
	if e.Steps < 1 {
		return fmt.Errorf("rectified: EulerTimes.Steps = %d, want at least 1", e.Steps)
	}
	return nil
}

// Draw is times, each as likely as the others.
func (e EulerTimes) Draw(s *zoo.Step, schedule diffusion.Schedule, dims []int) *Node {
	first, last := schedule.Ends()
	n := float64(e.Steps)
	part := DivScalar(MinScalar(Floor(MulScalar(s.Uniform(shapes.Make(s.DType, dims...)), n)), n-1), n)
	return AddScalar(MulScalar(part, last-first), first)
}

// key names values by all that they are made of.
func key(parts any) (string, error) {
	text, err := kinds.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("rectified: key of the pairs: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}
