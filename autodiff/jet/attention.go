package jet

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// LayerNorm is gain (x - mean)/√(variance + epsilon) + offset over the last axis; gain and offset may be nil.
//
// Shapes: x [n, …, channels]; gain and offset [channels].
// Source: Ba et al. 2016, arXiv:1607.06450.
func LayerNorm(x Jet, gain, offset *graph.Node, epsilon float64) Jet {
	centred := Sub(x, ReduceMean(x))
	y := Div(centred, Sqrt(AddScalar(ReduceMean(Square(centred)), epsilon)))
	rank := x.c[0].Rank()
	if gain != nil {
		y = Mul(y, Lift(graph.ExpandLeftToRank(gain, rank)))
	}
	if offset != nil {
		y = Add(y, Lift(graph.ExpandLeftToRank(offset, rank)))
	}
	return y
}

// Softmax is e^x over its sum along the last axis.
func Softmax(x Jet) Jet {
	// A constant at each point takes nothing away but the overflow.
	largest := graph.StopGradient(graph.ReduceAndKeep(x.c[0], graph.ReduceMax, -1))
	e := Exp(Sub(x, Lift(largest)))
	return Div(e, ReduceSum(e))
}

// Attention is softmax(q kᵀ/√d) v among the tokens of each point, by heads that split the channels; d is a head's channels.
//
// Shapes: q [n, queries, channels], k and v [n, keys, channels]; returns [n, queries, channels].
// Source: Vaswani et al. 2017, arXiv:1706.03762, eq. (1).
func Attention(q, k, v Jet, heads int) Jet {
	channels := q.c[0].Shape().Dim(-1)
	if q.c[0].Rank() != 3 || heads < 1 || channels%heads != 0 {
		exceptions.Panicf("jet: Attention of %s with %d heads, want [points, tokens, channels] and heads that divide the channels", q.c[0].Shape(), heads)
	}
	d := channels / heads
	split := func(x Jet) Jet { // [n, heads, tokens, d]
		return Transpose(Reshape(x, x.c[0].Shape().Dim(1), heads, d), 1, 2)
	}
	scores := Bilinear(split(q), split(k), func(q, k *graph.Node) *graph.Node { return perHead(q, k, 3) })
	weights := Softmax(MulScalar(scores, 1/math.Sqrt(float64(d))))
	out := Bilinear(weights, split(v), func(w, v *graph.Node) *graph.Node { return perHead(w, v, 2) })
	return Reshape(Transpose(out, 1, 2), q.c[0].Shape().Dim(1), channels)
}

// perHead multiplies, at each point and head, the last axis of x with an axis of y.
func perHead(x, y *graph.Node, axis int) *graph.Node {
	return graph.DotGeneral(x, []int{3}, []int{0, 1}, y, []int{axis}, []int{0, 1})
}
