package ode

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// krylovReduction is by how much a linear system's residual is brought down: Newton's next iteration makes up for the rest.
const krylovReduction = 1e-3

// krylovRefinements are further solves for what is left, where no iteration follows: 1e-3 to the fifth is round-off.
const krylovRefinements = 4

// tangent is ∂f/∂y · v for the field's value dy at y, by two reverse passes: the first is linear in its cotangent, and the
// derivative to that is the product wanted.
func tangent(dy, y, v *graph.Node) *graph.Node {
	cotangent := graph.ZerosLike(dy)
	pulled := graph.Gradient(graph.ReduceAllSum(graph.Mul(dy, cotangent)), y)[0]
	return graph.Gradient(graph.ReduceAllSum(graph.Mul(pulled, v)), cotangent)[0]
}

// cotangent is (∂f/∂y)ᵀ · v; v may depend on y.
func cotangent(dy, y, v *graph.Node) *graph.Node {
	return graph.Gradient(graph.ReduceAllSum(graph.Mul(dy, graph.StopGradient(v))), y)[0]
}

// linearised is a system's Total about (t, z), as products of W = I − γ·dt·J or its transpose.
type linearised struct {
	system     System
	gamma      float64
	t, dt, z   *graph.Node
	transposed bool
}

// solve is x with W·x = r for each trajectory, by generalised conjugate residuals, which is GMRES with the directions kept beside
// their images, until the residual is small or most vectors are used.
//
// Source: Eisenstat, Elman and Schultz 1983, algorithm GCR. bib: eisenstat1983variational
func (l linearised) solve(r *graph.Node, most int) *graph.Node {
	g, shape, x := r.Graph(), r.Shape().Dimensions, flat(r)
	basis := graph.Zeros(g, shapes.Make(r.DType(), batch(r), most, width(r)))
	target := graph.MulScalar(norm2(x), krylovReduction)
	state := []*graph.Node{graph.Const(g, int32(0)), graph.ZerosLike(x), x, basis, basis, target, l.t, l.dt, l.z}
	own := len(state)
	out := autodiff.While(append(state, l.system.nodes()...),
		func(s []*graph.Node) *graph.Node {
			above := graph.LogicalAny(graph.GreaterThan(norm2(s[2]), s[5]))
			return graph.LogicalAnd(above, graph.LessThan(s[0], graph.Const(s[0].Graph(), int32(most))))
		},
		func(s []*graph.Node) []*graph.Node {
			in := l
			in.system, in.t, in.dt, in.z = l.system.with(s[own:]), s[6], s[7], s[8]
			product := func(p *graph.Node) *graph.Node { return flat(in.product(graph.Reshape(p, shape...))) }
			return append(conjugate(product, s[:5]), s[5:]...)
		})
	return graph.Reshape(out[1], shape...)
}

// conjugate makes a step of GCR on the number of steps, x, the residual r, and the directions P with their orthonormal images
// Q [batch, most, n]: p = r is freed of the images that are there, twice against round-off, and x takes what it can of p.
func conjugate(product func(p *graph.Node) *graph.Node, s []*graph.Node) []*graph.Node {
	number, x, r, ps, qs := s[0], s[1], s[2], s[3], s[4]
	p, q := r, product(r)
	for range 2 {
		shares := graph.Einsum("bmn,bn->bm", qs, q)
		q = graph.Sub(q, graph.Einsum("bm,bmn->bn", shares, qs))
		p = graph.Sub(p, graph.Einsum("bm,bmn->bn", shares, ps))
	}
	size := norm2(q)
	safe := graph.Where(graph.GreaterThan(size, graph.ZerosLike(size)), size, graph.OnesLike(size))
	p, q = graph.Div(p, safe), graph.Div(q, safe)
	share := graph.ReduceAndKeep(graph.Mul(q, r), graph.ReduceSum, 1)
	slot := graph.Iota(ps.Graph(), shapes.Make(dtypes.Int32, ps.Shape().Dimensions...), 1)
	here := graph.Equal(slot, graph.BroadcastToDims(number, slot.Shape().Dimensions...))
	put := func(all, one *graph.Node) *graph.Node {
		return graph.Where(here, graph.BroadcastToDims(graph.ExpandAxes(one, 1), all.Shape().Dimensions...), all)
	}
	return []*graph.Node{
		graph.AddScalar(number, 1), graph.Add(x, graph.Mul(share, p)), graph.Sub(r, graph.Mul(share, q)), put(ps, p), put(qs, q),
	}
}

// product is W·p or Wᵀ·p.
func (l linearised) product(p *graph.Node) *graph.Node {
	dy := l.system.Total(l.t, l.z)
	moved := tangent
	if l.transposed {
		moved = cotangent
	}
	return graph.Sub(p, graph.Mul(graph.MulScalar(l.dt, l.gamma), moved(dy, l.z, p)))
}

// norm2 is the Euclidean norm of each row of x [batch, n], [batch, 1].
func norm2(x *graph.Node) *graph.Node {
	return graph.Sqrt(graph.ReduceAndKeep(graph.Square(x), graph.ReduceSum, 1))
}
