package layers

import (
	"errors"
	"fmt"

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

// Forward applies the network to the last axis of its inputs, which are joined there.
//
// Shapes: in [batch…, channel_i]; returns [batch…, Widths[last]].
// DType:  float32 or float64, as the inputs.
func (m MLP) Forward(scope *model.Scope, in ...*Node) *Node {
	if len(in) == 0 || len(m.Widths) == 0 {
		exceptions.Panicf("layers: MLP with %d inputs and %d layers, want at least one of each", len(in), len(m.Widths))
	}
	x := in[0]
	if len(in) > 1 {
		x = Concatenate(in, -1)
	}
	scope = scope.At("mlp")
	for i, w := range m.Widths {
		x = Dense(scope.In("dense%d", i), x, w)
		if i < len(m.Widths)-1 {
			x = m.Activation.Apply(x)
		}
	}
	return x
}
