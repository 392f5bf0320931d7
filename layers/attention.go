package layers

import (
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Attention lets each position of x read from all positions of a context, in several heads that share out the channels; the
// context of self-attention is x.
//
//	q = x W_q, (k, v) = context W_kv,  y = (softmax(q kᵀ/√d) v for each head of d channels) W_out
//
// It knows no order of positions: moving those of x moves those of y.
//
// Shapes: x [batch, length, channel], context [batch, length2, channel2]; returns as x. Dense layers q, kv and out with offsets from zero, the weights of
// the last started by start.
// DType:  float32 or float64, as x.
// Panics: if heads does not divide the channels.
// Cost:   O(length length2 channel) per sample beside the dense layers.
// Source: Vaswani et al. 2017, arXiv:1706.03762, section 3.2. bib: vaswani2017attention
func Attention(scope *model.Scope, x, context *Node, heads int, start Initializer) *Node {
	if x.Rank() != 3 || context.Rank() != 3 || x.Shape().Dim(0) != context.Shape().Dim(0) || heads < 1 || x.Shape().Dim(2)%heads != 0 {
		exceptions.Panicf("layers: Attention of %s to %s in %d heads, want two [batch, length, channel] with channels of the first that the heads divide",
			x.Shape(), context.Shape(), heads)
	}
	batch, length, channels := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2)
	size := channels / heads
	q := TransposeAllAxes(Reshape(DenseFrom(scope.In("q"), x, channels, FanIn(channels)), batch, length, heads, size), 0, 2, 1, 3)
	kv := Reshape(DenseFrom(scope.In("kv"), context, 2*channels, FanIn(context.Shape().Dim(2))), batch, context.Shape().Dim(1), 2, heads, size)
	kv = TransposeAllAxes(kv, 2, 0, 3, 1, 4)
	k, v := Squeeze(SliceAxis(kv, 0, AxisElem(0)), 0), Squeeze(SliceAxis(kv, 0, AxisElem(1)), 0)
	scores := DotGeneral(MulScalar(q, 1/math.Sqrt(float64(size))), []int{3}, []int{0, 1}, k, []int{3}, []int{0, 1})
	y := DotGeneral(Softmax(scores, -1), []int{3}, []int{0, 1}, v, []int{2}, []int{0, 1})
	y = Reshape(TransposeAllAxes(y, 0, 2, 1, 3), batch, length, channels)
	return DenseFrom(scope.In("out"), y, channels, start)
}
