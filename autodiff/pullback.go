package autodiff

import (
	"github.com/gomlx/gomlx/core/graph"
)

// Pullback is Jᵀ·v, J = ∂outputs/∂wrt, by one reverse pass: the gradients of wrt by the cotangents of outputs. Unlike the gradient of Σ v·output,
// it takes the cotangents for constants even where they depend on wrt; its own derivatives do not.
//
// Shapes: one cotangent an output, of its shape, nil for zero; returns one gradient a wrt, of its shape.
// DType:  real or complex.
func Pullback(outputs, cotangents, wrt []*graph.Node) []*graph.Node {
	pulling := true
	// A cotangent leads on to what it was computed from, but not for this gradient.
	held := func(v *graph.Node) *graph.Node {
		return graph.IdentityWithCustomGradient(v, func(_, onward *graph.Node) *graph.Node {
			if pulling {
				return nil
			}
			return onward
		})
	}
	var total *graph.Node
	add := func(y, v *graph.Node) {
		term := graph.ReduceAllSum(graph.Mul(y, v))
		if total == nil {
			total = term
		} else {
			total = graph.Add(converted(total, term.DType()), term)
		}
	}
	for i, y := range outputs {
		if cotangents[i] == nil {
			continue
		}
		v := held(cotangents[i])
		if y.DType().IsComplex() {
			add(graph.Real(y), graph.Real(v))
			add(graph.Imag(y), graph.Imag(v))
		} else {
			add(y, v)
		}
	}
	if total == nil {
		return zerosLike(wrt)
	}
	gradients := graph.Gradient(total, wrt...)
	pulling = false
	return gradients
}

// join is the groups one after another, in a slice of its own.
func join(groups ...[]*graph.Node) []*graph.Node {
	var all []*graph.Node
	for _, group := range groups {
		all = append(all, group...)
	}
	return all
}

// numbers is the nodes that can have a gradient; nil is left out.
func numbers(nodes []*graph.Node) []*graph.Node {
	var out []*graph.Node
	for _, x := range nodes {
		if x != nil && differentiable(x.DType()) {
			out = append(out, x)
		}
	}
	return out
}

// spread puts what belongs to the numbers among nodes in their places, and nil in the others.
func spread(of, nodes []*graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(nodes))
	for i, x := range nodes {
		if differentiable(x.DType()) {
			out[i], of = of[0], of[1:]
		}
	}
	return out
}

// sum is the arrays of two groups added in pairs.
func sum(x, y []*graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(x))
	for i := range x {
		out[i] = graph.Add(x[i], y[i])
	}
	return out
}

func zerosLike(nodes []*graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(nodes))
	for i, x := range nodes {
		out[i] = graph.ZerosLike(x)
	}
	return out
}
