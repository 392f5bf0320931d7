package rectified

import (
	"context"
	"fmt"
	"math"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/diffusion"
)

// Terms are what a flow does to a coupling (X0, X1), in terms of a cost c; c(x) = |x|² for a flow without one. For the best velocity
//
//	E c(X1 - X0) - E c(Z1 - Z0) = S + V
//
// with S and V at least 0. S is 0 where all paths are straight and of one speed, V where the lines of the pairs do not cross.
//
// Source: Liu, Gong & Liu 2023, arXiv:2209.03003, section 3.3 and eq. (14); Liu 2022, arXiv:2209.14577, for a cost. bib: liu2023flow, liu2022rectified
type Terms struct {
	Before       float64 // E c(X1 - X0)
	After        float64 // E c(Z1 - Z0)
	Straightness float64 // S = ∫ E c(Ż_t) dt - E c(Z1 - Z0); for |x|² it is ∫ E|Z1 - Z0 - v(Z_t, t)|² dt
	Crossing     float64 // V: the loss, which is least for the best velocity
}

// Defect is how far the identity is from holding, in parts of Before.
func (t Terms) Defect() float64 {
	return math.Abs(t.Before-t.After-t.Straightness-t.Crossing) / t.Before
}

// timesPerPair is at how many times [Terms.Crossing] looks at each pair.
const timesPerPair = 8

// Measure tells what a finished run of the flow does to n held-out pairs of its coupling, of which s follows the paths. Like the pairs of a
// reflow these want an accurate sampler.
//
// Errors: a coupling that has no n held-out pairs; a flow along another Path; what the graph functions panic with.
func (f Flow) Measure(ctx context.Context, run diffusion.Evaluator, s diffusion.Sampler, n int, seed uint64) (Terms, error) {
	if f.Path != nil {
		return Terms{}, fmt.Errorf("rectified: Flow.Path = %T, want nil: the identity is of straight lines", f.Path)
	}
	x0, x1, err := f.Pairs.HeldOut(ctx, n, seed)
	if err != nil {
		return Terms{}, err
	}
	return f.MeasureOn(ctx, run, s, x0, x1)
}

// MeasureOn is Measure for given pairs.
func (f Flow) MeasureOn(ctx context.Context, run diffusion.Evaluator, s diffusion.Sampler, x0, x1 datasets.Array) (Terms, error) {
	if err := s.Validate(); err != nil {
		return Terms{}, err
	}
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node {
		loss := func(x *Node, at diffusion.Level, wanted *Node) *Node {
			if f.Cost == nil {
				return perSample(Square(Sub(wanted, f.velocity(scope, x, at, nil))))
			}
			return gap(f.Cost, f.slope(scope, x, at), wanted)
		}
		return termsOf(f.Denoiser(scope, in[0]), s, costOf(f.Cost), loss, in[0], in[1])
	}, tensor(x0), tensor(x1))
	if err != nil {
		return Terms{}, fmt.Errorf("rectified: measuring a flow: %w", err)
	}
	return termsFrom(out)
}

// costOf is c(x) of each sample.
func costOf(c Cost) func(x *Node) *Node {
	if c == nil {
		return func(x *Node) *Node { return perSample(Square(x)) }
	}
	return c.Of
}

// TermsOf tells what a velocity in closed form does to pairs, with c(x) = |x|². Graph function.
//
// Shapes: x0 and x1 [n, …]; returns the fields of [Terms], scalars in their order, and whether the paths came to their end, a scalar boolean.
func TermsOf(velocity diffusion.Denoiser, s diffusion.Sampler, x0, x1 *Node) []*Node {
	loss := func(x *Node, at diffusion.Level, wanted *Node) *Node {
		return perSample(Square(Sub(wanted, velocity.At(diffusion.Velocity, x, at))))
	}
	return termsOf(velocity, s, costOf(nil), loss, x0, x1)
}

func termsOf(
	v diffusion.Denoiser, s diffusion.Sampler, cost func(x *Node) *Node, loss func(x *Node, at diffusion.Level, wanted *Node) *Node, x0, x1 *Node,
) []*Node {
	if !x0.Shape().Equal(x1.Shape()) || x0.Rank() < 2 {
		exceptions.Panicf("rectified: pairs of %s and %s, want both [n, …]", x0.Shape(), x1.Shape())
	}
	z1, spent, done := follow(v, s, cost, x0)
	after := ReduceAllMean(cost(Sub(z1, x0)))
	return []*Node{
		ReduceAllMean(cost(Sub(x1, x0))), after, Sub(ReduceAllMean(spent), after), crossing(loss, x0, x1), done,
	}
}

// follow leads points along the flow and, as one channel more of each, the cost ∫ c(Ż) dt of its path.
func follow(v diffusion.Denoiser, s diffusion.Sampler, cost func(x *Node) *Node, x0 *Node) (z1, spent, done *Node) {
	n, size := x0.Shape().Dim(0), x0.Shape().Size()/x0.Shape().Dim(0)
	both := diffusion.Denoiser{
		Prediction: diffusion.Velocity, Args: v.Args, Predict: func(y *Node, at diffusion.Level, args []*Node) *Node {
			x := Reshape(SliceAxis(y, 1, AxisRange(0, size)), x0.Shape().Dimensions...)
			move := v.With(args).At(diffusion.Velocity, x, at)
			return Concatenate([]*Node{Reshape(move, n, size), Reshape(cost(move), n, 1)}, 1)
		},
	}
	start := Concatenate([]*Node{Reshape(x0, n, size), Zeros(x0.Graph(), shapes.Make(x0.DType(), n, 1))}, 1)
	got := s.Sample(both, start, nil)
	if done = got.Done; done == nil {
		done = Const(x0.Graph(), true)
	}
	return Reshape(SliceAxis(got.X, 1, AxisRange(0, size)), x0.Shape().Dimensions...), SliceAxis(got.X, 1, AxisRange(size, size+1)), done
}

// crossing is the loss at timesPerPair times of each pair. The times of all pairs together are spread evenly.
func crossing(loss func(x *Node, at diffusion.Level, wanted *Node) *Node, x0, x1 *Node) *Node {
	n := x0.Shape().Dim(0)
	times := make([]float64, timesPerPair*n)
	for i := range times {
		_, times[i] = math.Modf((float64(i) + 0.5) * (math.Sqrt(5) - 1) / 2) // the golden ratio: each prefix is spread evenly
	}
	repeat := func(x *Node) *Node {
		all := make([]*Node, timesPerPair)
		for i := range all {
			all[i] = x
		}
		return Concatenate(all, 0)
	}
	x0, x1 = repeat(x0), repeat(x1)
	t := Reshape(ConvertDType(Const(x0.Graph(), times), x0.DType()), levelDims(x0)...)
	at := diffusion.LevelAt(diffusion.ConditionalOT{}, t)
	return ReduceAllMean(loss(diffusion.Noised(x1, x0, at), at, Sub(x1, x0)))
}

// termsFrom reads what termsOf computed.
func termsFrom(out []*tensors.Tensor) (Terms, error) {
	if !tensors.ToScalar[bool](out[4]) {
		return Terms{}, fmt.Errorf("rectified: the flow's paths did not come to their end: the velocity is not finite or not smooth somewhere")
	}
	var v [4]float64
	for i := range v {
		x, err := array("term", out[i], nil)
		if err != nil {
			return Terms{}, err
		}
		v[i] = x.Values[0]
		if math.IsNaN(v[i]) || math.IsInf(v[i], 0) {
			return Terms{}, fmt.Errorf("rectified: a term is %v, want finite numbers: the velocity is not finite somewhere", v[i])
		}
	}
	return Terms{v[0], v[1], v[2], v[3]}, nil
}
