package layers

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Dense is an affine map of the last axis, y = x W + b.
//
// Shapes: x [batch…, in]; returns [batch…, out]. Variables w [in, out] and b [out], both started by [FanIn].
// DType:  float32 or float64, as x.
func Dense(scope *model.Scope, x *Node, out int) *Node {
	start := FanIn(x.Shape().Dim(-1))
	return dense(scope, x, out, start, start)
}

// DenseFrom is [Dense] with weights started by start, and offsets of zero.
func DenseFrom(scope *model.Scope, x *Node, out int, start Initializer) *Node {
	return dense(scope, x, out, start, Constant(0))
}

func dense(scope *model.Scope, x *Node, out int, start, offset Initializer) *Node {
	if x.Rank() < 2 || out < 1 {
		exceptions.Panicf("layers: Dense of %s to %d channels, want [batch, …, channel] and at least 1", x.Shape(), out)
	}
	g, in := x.Graph(), x.Shape().Dim(-1)
	w := Weight(scope, g, "w", shapes.Make(x.DType(), in, out), start)
	b := Weight(scope, g, "b", shapes.Make(x.DType(), out), offset)
	rows := x.Shape().Size() / in
	dims := append(append([]int{}, x.Shape().Dimensions[:x.Rank()-1]...), out)
	return Reshape(Add(MatMul(Reshape(x, rows, in), w), Reshape(b, 1, out)), dims...)
}

// joined is [Dense] of inputs side by side. Where some are of one row and others are not, it is the sum of each one's product.
func joined(scope *model.Scope, in []*Node, out int) *Node {
	if len(in) == 1 {
		return Dense(scope, in[0], out)
	}
	rows := func(x *Node) int { return x.Shape().Size() / x.Shape().Dim(-1) }
	large := slices.MaxFunc(in, func(a, b *Node) int { return rows(a) - rows(b) })
	if !slices.ContainsFunc(in, func(x *Node) bool { return rows(x) == 1 && rows(large) > 1 }) {
		return Dense(scope, Concatenate(in, -1), out)
	}
	channels := 0
	for _, x := range in {
		channels += x.Shape().Dim(-1)
	}
	g, dtype := large.Graph(), large.DType()
	w := Weight(scope, g, "w", shapes.Make(dtype, channels, out), FanIn(channels))
	sum := Reshape(Weight(scope, g, "b", shapes.Make(dtype, out), FanIn(channels)), 1, out)
	from := 0
	for _, x := range in {
		to := from + x.Shape().Dim(-1)
		sum = Add(sum, MatMul(Reshape(x, rows(x), to-from), SliceAxis(w, 0, AxisRange(from, to))))
		from = to
	}
	dims := slices.Clone(large.Shape().Dimensions)
	dims[len(dims)-1] = out
	return Reshape(sum, dims...)
}

// Pointwise is an affine map of the channels at each point, channel-major.
//
// Shapes: x [in, …]; returns [out, …]. Variables w [in, out] and b [out], both started by [FanIn].
// DType:  float32 or float64, as x.
func Pointwise(scope *model.Scope, x *Node, out int) *Node {
	return Add(channelProduct(scope, x, out), channelBias(scope, x, out))
}

// channelProduct is Wᵀx over the first axis.
func channelProduct(scope *model.Scope, x *Node, out int) *Node {
	if x.Rank() < 2 || out < 1 {
		exceptions.Panicf("layers: Pointwise of %s to %d channels, want [channel, batch, …] and at least 1", x.Shape(), out)
	}
	in := x.Shape().Dim(0)
	w := Weight(scope, x.Graph(), "w", shapes.Make(x.DType(), in, out), FanIn(in))
	y := DotGeneral(w, []int{0}, nil, Reshape(x, in, x.Shape().Size()/in), []int{0}, nil)
	return Reshape(y, withChannels(x, out)...)
}

// channelBias is b along the first axis, broadcast over the other axes of x.
func channelBias(scope *model.Scope, x *Node, out int) *Node {
	b := Weight(scope, x.Graph(), "b", shapes.Make(x.DType(), out), FanIn(x.Shape().Dim(0)))
	ones := make([]int, x.Rank())
	for i := range ones {
		ones[i] = 1
	}
	ones[0] = out
	return BroadcastToDims(Reshape(b, ones...), withChannels(x, out)...)
}

// withChannels is the dimensions of x with its first one replaced.
func withChannels(x *Node, channels int) []int {
	dims := append([]int{}, x.Shape().Dimensions...)
	dims[0] = channels
	return dims
}

// MLP is a multilayer perceptron: Dense layers with an activation after each but the last.
type MLP struct {
	Widths     []int      // channels after each layer; the last is the output's
	Activation Activation `json:",omitempty"`
}

// Validate returns all problems of the hyper-parameters.
func (m MLP) Validate() error {
	var errs []error
	if len(m.Widths) == 0 {
		errs = append(errs, errors.New("layers: MLP.Widths is empty, want the channels after each layer"))
	}
	for i, w := range m.Widths {
		if w < 1 {
			errs = append(errs, fmt.Errorf("layers: MLP.Widths[%d] = %d, want at least 1", i, w))
		}
	}
	return errors.Join(append(errs, m.Activation.Validate())...)
}

// Forward applies the network to the last axis of its inputs, which are joined there. An input of one row is the same for all
// of the batch, and its part of the first layer is computed once.
//
// Shapes: in [batch…, channel_i] or [1…, channel_i]; returns [batch…, Widths[last]].
// DType:  float32 or float64, as the inputs.
func (m MLP) Forward(scope *model.Scope, in ...*Node) *Node {
	if len(in) == 0 || len(m.Widths) == 0 {
		exceptions.Panicf("layers: MLP with %d inputs and %d layers, want at least one of each", len(in), len(m.Widths))
	}
	scope = scope.At("mlp")
	var x *Node
	for i, w := range m.Widths {
		if i == 0 {
			x = joined(scope.In("dense%d", i), in, w)
		} else {
			x = Dense(scope.In("dense%d", i), x, w)
		}
		if i < len(m.Widths)-1 {
			x = m.Activation.Apply(x)
		}
	}
	return x
}
