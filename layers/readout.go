package layers

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/internal/backend"
)

// ReadOut is two pointwise affine maps with an activation between them, channel-major.
//
//	u = W2ᵀ σ(W1ᵀ v + b1) + b2
//
// Where the hidden layer is large, it works through the points a few thousand at a time and keeps nothing of it: the
// gradient computes it again while it is in the cache, which is quicker than reading it back. That gradient has no gradient
// of its own.
//
// Shapes: v [in, …]; returns [out, …]. Variables as of Pointwise in scopes "hidden" and "out".
// DType:  float32 or float64, as v.
func ReadOut(scope *model.Scope, v *Node, hidden, out int, a Activation) *Node {
	if v.Rank() < 2 || hidden < 1 || out < 1 {
		exceptions.Panicf("layers: ReadOut of %s by %d to %d channels, want [channel, batch, …] and at least 1", v.Shape(), hidden, out)
	}
	in := v.Shape().Dim(0)
	points := v.Shape().Size() / in
	chunk := chunkOf(points, hidden)
	if chunk == points || !v.Graph().Backend().Capabilities().Operations[compute.OpTypeDynamicSlice] {
		return Pointwise(scope.In("out"), Recompute(Pointwise(scope.In("hidden"), v, hidden), a.Apply), out)
	}
	r := readOut{points: points, chunk: chunk, activation: a}
	for _, s := range []struct {
		name    string
		in, out int
	}{{"hidden", in, hidden}, {"out", hidden, out}} {
		scope := scope.In("%s", s.name)
		w := Weight(scope, v.Graph(), "w", shapes.Make(v.DType(), s.in, s.out), FanIn(s.in))
		b := Weight(scope, v.Graph(), "b", shapes.Make(v.DType(), s.out), FanIn(s.in))
		r.weights = append(r.weights, w, Reshape(b, s.out, 1))
	}
	inputs := append([]*Node{Reshape(v, in, points)}, r.weights...)
	u := withGradient(inputs, r.forward(inputs), r.gradient)
	return Reshape(u, withChannels(v, out)...)
}

// Numbers of hidden values: below smallHidden (16 MiB of float32) computing them again costs more than it saves; a
// chunk's fit a core's cache (2 MiB).
const (
	smallHidden = 1 << 22
	chunkHidden = 1 << 19
)

// chunkOf is the largest number of points that divides all and whose hidden values fit a core's cache.
func chunkOf(points, hidden int) int {
	if points*hidden <= smallHidden {
		return points
	}
	most := max(1, chunkHidden/hidden)
	for c := most; c > most/8; c-- {
		if points%c == 0 {
			return c
		}
	}
	return points // no divisor of a useful size
}

type readOut struct {
	points, chunk int
	activation    Activation
	weights       []*Node // w1, b1, w2, b2
}

// apply is the map of some points. p are v, w1, b1, w2, b2.
func (r readOut) apply(p []*Node) *Node {
	h := r.activation.Apply(Add(channelDot(p[1], p[0]), p[2]))
	h = OptimizationBarrier(h) // else XLA computes the activation inside the next product, one value at a time
	return Add(channelDot(p[3], h), p[4])
}

// channelDot is wᵀx.
func channelDot(w, x *Node) *Node { return DotGeneral(w, []int{0}, nil, x, []int{0}, nil) }

// forward does chunk after chunk.
func (r readOut) forward(p []*Node) *Node {
	g := p[0].Graph()
	result := Zeros(g, shapes.Make(p[0].DType(), p[4].Shape().Dim(0), r.points))
	state := append([]*Node{Scalar(g, dtypes.Int32, 0), result}, p...)
	state = backend.While(state, r.more, func(s []*Node) []*Node {
		p := slices.Clone(s[2:])
		p[0] = r.cut(p[0], s[0])
		return append([]*Node{AddScalar(s[0], 1), r.put(s[1], r.apply(p), s[0])}, s[2:]...)
	})
	return state[1]
}

// gradient is the vector-Jacobian product with respect to v, w1, b1, w2, b2, chunk after chunk.
func (r readOut) gradient(p []*Node, cotangent *Node) []*Node {
	g := p[0].Graph()
	n := len(p)
	state := []*Node{Scalar(g, dtypes.Int32, 0), cotangent}
	for _, x := range p {
		state = append(state, ZerosLike(x))
	}
	state = append(state, p...)
	state = backend.While(state, r.more, func(s []*Node) []*Node {
		at, sums, p := s[0], s[2:2+n], slices.Clone(s[2+n:])
		p[0] = r.cut(p[0], at)
		grads := Gradient(ReduceAllSum(Mul(r.apply(p), r.cut(s[1], at))), p...)
		next := []*Node{AddScalar(at, 1), s[1], r.put(sums[0], grads[0], at)}
		for i := 1; i < n; i++ {
			next = append(next, Add(sums[i], grads[i]))
		}
		return append(next, s[2+n:]...)
	})
	return state[2 : 2+n]
}

// more says whether chunks are left.
func (r readOut) more(s []*Node) *Node {
	return LessThan(s[0], Scalar(s[0].Graph(), dtypes.Int32, int32(r.points/r.chunk)))
}

// cut is chunk number i of the columns of x.
func (r readOut) cut(x, i *Node) *Node {
	return DynamicSlice(x, r.start(i), []int{x.Shape().Dim(0), r.chunk})
}

// put replaces chunk number i of the columns of x.
func (r readOut) put(x, part, i *Node) *Node { return DynamicUpdateSlice(x, part, r.start(i)) }

func (r readOut) start(i *Node) []*Node {
	return []*Node{ZerosLike(i), MulScalar(i, float64(r.chunk))}
}

// withGradient is result, computed from inputs, with a gradient of its own: gradient maps the inputs and the cotangent of
// result to cotangents of the inputs.
//
// GoMLX lets a node of one input have its own gradient. So inputs and zeros of result's size are joined into one vector p;
// what follows the inputs in p is zero, and carries the cotangent. The compiler removes p again.
func withGradient(inputs []*Node, result *Node, gradient func(inputs []*Node, cotangent *Node) []*Node) *Node {
	flat := func(x *Node) *Node { return Reshape(x, x.Shape().Size()) }
	var parts []*Node
	n := 0
	for _, x := range inputs {
		parts = append(parts, flat(x))
		n += x.Shape().Size()
	}
	zeros := ZerosLike(flat(result))
	p := IdentityWithCustomGradient(Concatenate(append(parts, zeros), 0), func(_, v *Node) *Node {
		cotangent := Reshape(Slice(v, AxisRange(n)), result.Shape().Dimensions...)
		var grads []*Node
		for _, x := range gradient(inputs, cotangent) {
			grads = append(grads, flat(x))
		}
		return Concatenate(append(grads, zeros), 0)
	})
	carrier := Reshape(Slice(p, AxisRange(n)), result.Shape().Dimensions...)
	return Add(carrier, StopGradient(result))
}
