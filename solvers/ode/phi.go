package ode

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// phiTerms is the number of terms of a Taylor series that are kept where |z| ≤ 1: the next is z¹⁸·k!/(k+18)!, below 2e-16.
const phiTerms = 17

// maxDoublings bounds the doublings of a matrix argument: 2⁶⁰ is beyond what a double can hold of a matrix and of one.
const maxDoublings = 60

// phis are the functions φ_0(z) … φ_p(z) of z = dt·L for a diagonal or a matrix L,
//
//	φ_0(z) = e^z,  φ_(k+1)(z) = (φ_k(z) − 1/k!)/z
//
// They are entire; near zero the quotients cancel, so that there they are summed as series.
//
// Source: Cox and Matthews 2002; the way to evaluate is that of scaling and doubling, as Berland, Skaflestad and Wright 2007,
// section 3.1. bib: cox2002etd, berland2007expint
type phis struct {
	values []*graph.Node // of z's shape: [1 or batch, dim…], or [1 or batch, dim, dim] if L is a matrix
	matrix bool
}

// newPhis is φ_0 … φ_p of dt·L, L fit for y.
func newPhis(linear, dt, y *graph.Node, p int) phis {
	step := graph.ConvertDType(dt, linear.DType())
	switch {
	case diagonalFor(linear, y):
		return phis{values: diagonalPhis(graph.Mul(step, graph.ExpandAxes(linear, 0)), p)}
	case y.Rank() == 2 && linear.Rank() == 2 && linear.Shape().Dimensions[0] == y.Shape().Dimensions[1] &&
		linear.Shape().Dimensions[1] == y.Shape().Dimensions[1]:
		if step.Rank() > 0 {
			step = graph.ExpandAxes(step, -1) // [batch, 1, 1]
		}
		return phis{values: matrixPhis(graph.Mul(step, graph.ExpandAxes(linear, 0)), p), matrix: true}
	}
	exceptions.Panicf("ode: System.Linear is %s, want a diagonal of y's shape %s without its batch, or a square matrix for y of two axes",
		linear.Shape(), y.Shape())
	return phis{}
}

// diagonalFor tells whether L is a diagonal for y.
func diagonalFor(linear, y *graph.Node) bool {
	if linear.Rank() != y.Rank()-1 {
		return false
	}
	for i, d := range linear.Shape().Dimensions {
		if d != y.Shape().Dimensions[i+1] {
			return false
		}
	}
	return true
}

// diagonalPhis works elementwise: by the series where |z| < 1, else by the recurrence, which loses no more than a digit there.
func diagonalPhis(z *graph.Node, p int) []*graph.Node {
	size := graph.Abs(z)
	small := graph.LessThan(size, graph.OnesLike(size))
	// Each branch gets a harmless argument where the other one is taken, so that gradients stay finite.
	near := phiSeries(graph.Where(small, z, graph.ZerosLike(z)), graph.OnesLike(z), p, graph.Mul)
	far := graph.Where(small, graph.OnesLike(z), z)
	value, factorial := graph.Exp(far), 1.0
	out := []*graph.Node{graph.Exp(z)}
	for k := 1; k <= p; k++ {
		value = graph.Div(graph.AddScalar(value, -1/factorial), far)
		out = append(out, graph.Where(small, near[k], value))
		factorial *= float64(k)
	}
	return out
}

// matrixPhis halves z until its norm is at most one, sums the series, and doubles as often again.
//
// The error is round-off times the norm of z, as it is for any change of z by round-off.
func matrixPhis(z *graph.Node, p int) []*graph.Node {
	g := z.Graph()
	norm := graph.ReduceAllMax(graph.ReduceSum(graph.Abs(z), -1))
	halvings := graph.Ceil(graph.Div(graph.Log(norm), graph.ConvertDType(graph.Const(g, math.Ln2), norm.DType())))
	halvings = graph.ClipScalar(halvings, 0, maxDoublings)
	scale := graph.ConvertDType(graph.Exp(graph.MulScalar(halvings, -math.Ln2)), z.DType())
	identity := graph.ConvertDType(graph.Equal(
		graph.Iota(g, shapes.Make(dtypes.Int32, z.Shape().Dimensions...), 1),
		graph.Iota(g, shapes.Make(dtypes.Int32, z.Shape().Dimensions...), 2)), z.DType())
	near := phiSeries(graph.Mul(z, scale), identity, p, matrixProduct)
	state := append([]*graph.Node{graph.ConvertDType(halvings, dtypes.Int32)}, near...)
	out := autodiff.While(state,
		func(s []*graph.Node) *graph.Node { return graph.GreaterThan(s[0], graph.ZerosLike(s[0])) },
		func(s []*graph.Node) []*graph.Node {
			return append([]*graph.Node{graph.AddScalar(s[0], -1)}, doubledPhis(s[1:], matrixProduct)...)
		})
	return out[1:]
}

// phiSeries is φ_0 … φ_p by Taylor's series for the highest and φ_k = 1/k! + z·φ_(k+1) for the others.
func phiSeries(z, one *graph.Node, p int, mul func(a, b *graph.Node) *graph.Node) []*graph.Node {
	sum := one
	for j := phiTerms; j > 0; j-- {
		sum = graph.Add(one, graph.MulScalar(mul(z, sum), 1/float64(p+j)))
	}
	out := make([]*graph.Node, p+1)
	out[p] = graph.MulScalar(sum, 1/math.Gamma(float64(p+1)))
	for k := p - 1; k >= 0; k-- {
		out[k] = graph.Add(graph.MulScalar(one, 1/math.Gamma(float64(k+1))), mul(z, out[k+1]))
	}
	return out
}

// doubledPhis is the functions at 2z from those at z:
//
//	φ_k(2z) = 2^(−k) (e^z φ_k(z) + Σ_(j=1…k) φ_j(z)/(k−j)!)
func doubledPhis(phi []*graph.Node, mul func(a, b *graph.Node) *graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(phi))
	for k := range phi {
		sum := mul(phi[0], phi[k])
		for j := 1; j <= k; j++ {
			sum = graph.Add(sum, graph.MulScalar(phi[j], 1/math.Gamma(float64(k-j+1))))
		}
		out[k] = graph.MulScalar(sum, math.Pow(2, -float64(k)))
	}
	return out
}

// doubled is the functions for twice the step.
func (f phis) doubled() phis {
	if f.matrix {
		return phis{values: doubledPhis(f.values, matrixProduct), matrix: true}
	}
	return phis{values: doubledPhis(f.values, graph.Mul)}
}

// times is (Σ_k weights[k]·φ_k)·v for v of y's shape.
func (f phis) times(v *graph.Node, weights ...float64) *graph.Node {
	var sum *graph.Node
	for k, w := range weights {
		switch {
		case w == 0:
		case sum == nil:
			sum = graph.MulScalar(f.values[k], w)
		default:
			sum = graph.Add(sum, graph.MulScalar(f.values[k], w))
		}
	}
	if !f.matrix {
		return graph.Mul(sum, v)
	}
	if sum.Shape().Dimensions[0] == 1 { // one step for all trajectories
		return graph.MatMul(v, graph.Transpose(graph.Squeeze(sum, 0), 0, 1))
	}
	return graph.Einsum("bij,bj->bi", sum, v)
}

// matrixProduct multiplies matrices [batch, n, n].
func matrixProduct(a, b *graph.Node) *graph.Node { return graph.Einsum("bij,bjk->bik", a, b) }
