package sde

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/philox"
)

// maxDepth keeps the numbers of the tree's leaves exact in float64 and its nodes' numbers within uint64.
const maxDepth = 50

// Tree is a virtual Brownian tree: independent Brownian paths over [T0, T1], each a pure function of a seed, its number and
// the time. Nothing is stored; a query halves the interval Depth times, and draws at each halving what the two halves add.
//
// Times are rounded to the nearest of 2^Depth equal parts. A step that is not much longer than a part is not served well.
//
// Differs from the source: times between the grid's points are rounded, not interpolated.
// Source: Foster, Lyons & Oberhauser 2020, the halving of a path with its space-time Lévy area. bib: foster2020polynomial
type Tree struct {
	T0, T1 float64 // the paths start at T0 with W = 0
	Depth  int     // halvings, 1 ≤ Depth ≤ 50; the cost of a query grows with it
}

// Validate says what is wrong with the fields.
func (b Tree) Validate() error {
	var errs []error
	if math.IsNaN(b.T0) || math.IsInf(b.T0, 0) {
		errs = append(errs, fmt.Errorf("sde: Tree.T0 = %v, want a finite time", b.T0))
	}
	if !(b.T1 > b.T0) || math.IsInf(b.T1, 0) {
		errs = append(errs, fmt.Errorf("sde: Tree.T1 = %v, want a finite time after T0 = %v", b.T1, b.T0))
	}
	if b.Depth < 1 || b.Depth > maxDepth {
		errs = append(errs, fmt.Errorf("sde: Tree.Depth = %d, want 1 to %d", b.Depth, maxDepth))
	}
	return errors.Join(errs...)
}

// At is the paths W and their integrals ∫W from T0 to t, float64 of the given dimensions. Element k, counted in the order of
// the memory, is path k of the seed, whatever the dimensions; before T0 the path is zero, after T1 constant.
// Nothing is differentiated.
//
// Shapes: seed a scalar uint64; t a scalar float64.
// Cost:   Depth draws of two normals an element.
func (b Tree) At(seed, t *Node, dims ...int) (w, integral *Node) {
	if err := b.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	g := seed.Graph()
	span, leaves := b.T1-b.T0, math.Ldexp(1, b.Depth)
	// The last point has no leaf to its right: its walk ends at the last leaf, which is then added.
	p := b.point(t)
	end := Equal(p, Scalar(g, dtypes.Float64, leaves))
	bits := ConvertDType(MinScalar(p, leaves-1), dtypes.Uint64)
	bits = BitwiseShiftLeftScalar(bits, 64-b.Depth)

	x, y := philox.Normals(seed, streams(g, dims), Const(g, uint64(0)))
	n := walk{
		seed: seed, bits: bits, number: Const(g, uint64(1)), length: Scalar(g, dtypes.Float64, span),
		w: MulScalar(x, math.Sqrt(span)), h: MulScalar(y, math.Sqrt(span/12)),
		start: ZerosLike(x), area: ZerosLike(x),
	}
	n = walkOf(autodiff.For(b.Depth, n.nodes(), func(_ *Node, s []*Node) []*Node { return walkOf(s).halved(dims).nodes() }))
	w, integral = n.across(n.length, n.w, n.h)
	end = BroadcastToShape(end, shapes.Make(dtypes.Bool, dims...))
	return StopGradient(Where(end, w, n.start)), StopGradient(Where(end, integral, n.area))
}

// Increments is the increments of the paths over [s, t] and their space-time Lévy areas
//
//	H = 1/(t−s) ∫ (W(r) − W(s) − (r−s)/(t−s) (W(t) − W(s))) dr
//
// of variance (t−s)/12, independent of the increments; float64 of the given dimensions. H has the round-off of ∫W divided by
// t − s.
//
// Shapes: seed a scalar uint64; s and t scalar float64, which must be apart by a part of the grid or more.
// Cost:   as two of [Tree.At].
func (b Tree) Increments(seed, s, t *Node, dims ...int) (dw, h *Node) {
	ws, is := b.At(seed, s, dims...)
	wt, it := b.At(seed, t, dims...)
	return Sub(wt, ws), b.area(s, t, ws, is, wt, it)
}

// area is H over [s, t], from W and ∫W at its ends.
func (b Tree) area(s, t, ws, is, wt, it *Node) *Node {
	length := MulScalar(Sub(b.point(t), b.point(s)), math.Ldexp(b.T1-b.T0, -b.Depth))
	return Sub(Div(Sub(it, is), length), MulScalar(Add(ws, wt), 0.5))
}

// point is the number of the grid's point nearest to t, as a float64.
func (b Tree) point(t *Node) *Node {
	u := ClipScalar(DivScalar(AddScalar(t, -b.T0), b.T1-b.T0), 0, 1)
	return Round(MulScalar(u, math.Ldexp(1, b.Depth)))
}

// walk is where a query stands: an interval of the tree, and what the paths are at its start.
type walk struct {
	seed        *Node
	bits        *Node // the turns to come, the highest bit first; 1: right
	number      *Node // of the interval: 1 is the whole, 2k and 2k+1 the halves of k
	length      *Node
	w, h        *Node // increments and Lévy areas of the interval
	start, area *Node // W and ∫W at the interval's start
}

func (n walk) nodes() []*Node {
	return []*Node{n.seed, n.bits, n.number, n.length, n.w, n.h, n.start, n.area}
}

func walkOf(s []*Node) walk {
	return walk{seed: s[0], bits: s[1], number: s[2], length: s[3], w: s[4], h: s[5], start: s[6], area: s[7]}
}

// halved goes into the left or the right half. With W = W₁ + W₂ and H = (H₁+H₂)/2 + (W₁−W₂)/4, the differences given W and H
// are independent normals: W₁−W₂ of mean 3H and variance length/4, H₁−H₂ of variance length/12. The length is of the whole.
func (n walk) halved(dims []int) walk {
	x, y := philox.Normals(n.seed, streams(n.seed.Graph(), dims), n.number)
	root := Sqrt(n.length)
	dw := Add(MulScalar(n.h, 3), Mul(x, MulScalar(root, 0.5)))
	dh := Mul(y, MulScalar(root, math.Sqrt(1.0/12)))
	sumH := Sub(MulScalar(n.h, 2), MulScalar(dw, 0.5))
	half := func(a, b *Node) *Node { return MulScalar(Add(a, b), 0.5) }
	w1, w2 := half(n.w, dw), half(n.w, Neg(dw))
	h1, h2 := half(sumH, dh), half(sumH, Neg(dh))

	turn := BitwiseShiftRightLogicalScalar(n.bits, 63)
	length := MulScalar(n.length, 0.5)
	middle, area := n.across(length, w1, h1)
	right := BroadcastToShape(Equal(turn, Const(turn.Graph(), uint64(1))), shapes.Make(dtypes.Bool, dims...))
	return walk{
		seed: n.seed, bits: BitwiseShiftLeftScalar(n.bits, 1),
		number: Add(BitwiseShiftLeftScalar(n.number, 1), turn), length: length,
		w: Where(right, w2, w1), h: Where(right, h2, h1),
		start: Where(right, middle, n.start), area: Where(right, area, n.area),
	}
}

// across is W and ∫W at the end of an interval that starts where the walk stands.
func (n walk) across(length, w, h *Node) (end, area *Node) {
	mean := Add(n.start, Add(h, MulScalar(w, 0.5)))
	return Add(n.start, w), Add(n.area, Mul(length, mean))
}

// streams numbers the paths.
func streams(g *Graph, dims []int) *Node {
	size := shapes.Make(dtypes.Uint64, dims...).Size()
	return Reshape(Iota(g, shapes.Make(dtypes.Uint64, size), 0), dims...)
}
