package cde

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Path is a piecewise polynomial path X: on [Times_k, Times_k+1) it is Σ_j Coefficients_kj (t − Times_k)^j. Before the first
// time and after the last it goes on as the first and the last piece.
//
// Shapes: Times [length], increasing; Coefficients [length−1, batch, degree+1, channels].
type Path struct {
	Times, Coefficients *Node
}

// Linear is the straight lines through data. Its derivative jumps at the inner times, where it is that of the interval to the
// right.
//
// Shapes: times [length], x [batch, length, channels], length ≥ 2, of one real type.
// Panics: on other shapes or types.
// Differs from the source: at inner times the derivative is taken from the right, not from the left.
// Source: Kidger, Morrill, Foster & Lyons 2020, arXiv:2005.08926, as linear control. bib: kidger2020neural
func Linear(times, x *Node) Path {
	left, _, slope := secants(times, x)
	return path(times, left, slope)
}

// Hermite is the cubic pieces through data whose slope at each time is that of the line from the time before (at the first time,
// to the next). The path and its derivative are continuous, and X at t depends on no data beyond the end of t's interval.
//
// With the slopes b of the time before and s of the interval, of length h:
//
//	X = x + b u + 2 (s − b)/h u² + (b − s)/h² u³,   u from 0 to h
//
// Shapes, panics: as [Linear].
// Source: Morrill, Kidger, Yang & Lyons 2021, arXiv:2106.11028, cubic Hermite splines with backward differences. bib: morrill2021online
func Hermite(times, x *Node) Path {
	left, h, slope := secants(times, x)
	before := slope
	if n := slope.Shape().Dimensions[0]; n > 1 {
		before = Concatenate([]*Node{Slice(slope, AxisElem(0)), Slice(slope, AxisRange(0, n-1))}, 0)
	}
	bend := Div(Sub(slope, before), h)
	return path(times, left, before, MulScalar(bend, 2), Neg(Div(bend, h)))
}

// secants is each interval's value at the left, length, and slope of the line.
//
// Shapes: left and slope [length−1, batch, channels], h [length−1, 1, 1].
func secants(times, x *Node) (left, h, slope *Node) {
	if times.Rank() != 1 || x.Rank() != 3 || times.DType() != x.DType() || !x.DType().IsFloat() ||
		times.Shape().Dimensions[0] != x.Shape().Dimensions[1] || times.Shape().Dimensions[0] < 2 {
		exceptions.Panicf("cde: times are %s, data %s, want [length] and [batch, length, channels] of one real type, length at least 2",
			times.Shape(), x.Shape())
	}
	n := times.Shape().Dimensions[0]
	x = TransposeAllAxes(x, 1, 0, 2)
	left = Slice(x, AxisRange(0, n-1))
	h = Sub(Slice(times, AxisRange(1, n)), Slice(times, AxisRange(0, n-1)))
	h = Reshape(h, n-1, 1, 1)
	return left, h, Div(Sub(Slice(x, AxisRange(1, n)), left), h)
}

// path stacks the coefficients of the powers.
func path(times *Node, powers ...*Node) Path {
	return Path{times, Stack(powers, 2)}
}

// Nodes is what a compiled loop passes on of the path; see [Path.Bind].
func (p Path) Nodes() []*Node { return []*Node{p.Times, p.Coefficients} }

// Bind is the path of other nodes, as [Path.Nodes] gave them.
func (Path) Bind(nodes []*Node) Path { return Path{nodes[0], nodes[1]} }

// At is X(t).
//
// Shapes: t a scalar, or [batch, 1]; returns [batch, channels].
func (p Path) At(t *Node) *Node {
	c, u := p.piece(t)
	x := c[len(c)-1]
	for j := len(c) - 2; j >= 0; j-- {
		x = Add(Mul(x, u), c[j])
	}
	return x
}

// Derivative is X'(t).
//
// Shapes: as [Path.At].
func (p Path) Derivative(t *Node) *Node {
	c, u := p.piece(t)
	x := MulScalar(c[len(c)-1], float64(len(c)-1))
	for j := len(c) - 2; j >= 1; j-- {
		x = Add(Mul(x, u), MulScalar(c[j], float64(j)))
	}
	return x
}

// piece is the coefficients of t's interval, each [batch, channels], and the time u [batch, 1] since its start.
func (p Path) piece(t *Node) (c []*Node, u *Node) {
	dims := p.Coefficients.Shape().Dimensions
	n, batch := dims[0], dims[1]
	if !t.IsScalar() && (t.Rank() != 2 || t.Shape().Dimensions[0] != batch || t.Shape().Dimensions[1] != 1) {
		exceptions.Panicf("cde: Path: t is %s, want a scalar or [%d, 1]", t.Shape(), batch)
	}
	g := t.Graph()
	t = BroadcastToShape(t, shapes.Make(p.Times.DType(), batch, 1))
	starts := Slice(p.Times, AxisRange(0, n)) // of the pieces
	started := ConvertDType(GreaterOrEqual(t, InsertAxes(starts, 0)), dtypes.Int32)
	k := AddScalar(MaxScalar(ReduceSum(started, 1), 1), -1)
	index := Stack([]*Node{k, Iota(g, shapes.Make(dtypes.Int32, batch), 0)}, 1)
	all := Gather(p.Coefficients, index) // [batch, degree+1, channels]
	u = Sub(t, Gather(p.Times, InsertAxes(InsertAxes(k, -1), -1)))
	for j := range dims[2] {
		c = append(c, Squeeze(Slice(all, AxisRange(), AxisElem(j)), 1))
	}
	return c, u
}
