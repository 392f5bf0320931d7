package backend

import (
	"fmt"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Closure is graph.NewClosure with constants of its own: GoMLX's caches of constants would hand a node of the closure to
// the function around it, or the reverse.
func Closure(g *graph.Graph, build func(g *graph.Graph) []*graph.Node) *graph.Function {
	return graph.NewClosure(g, func(g *graph.Graph) []*graph.Node {
		defer freshMaps(g, graphCaches()...)()
		return build(g)
	})
}

// While runs body on the state as long as cond holds, with closures that nest and keep their constants apart. Everything
// that cond and body need must be in the state: both see its nodes in order, and body returns as many.
//
// Shapes: each node comes back as it came in.
// There is no gradient through it.
func While(state []*graph.Node, cond func(state []*graph.Node) *graph.Node, body func(state []*graph.Node) []*graph.Node) []*graph.Node {
	g := state[0].Graph()
	parameters := func(g *graph.Graph) []*graph.Node {
		ps := make([]*graph.Node, len(state))
		for i, x := range state {
			ps[i] = graph.Parameter(g, fmt.Sprintf("state%d", i), x.Shape())
		}
		return ps
	}
	c := Closure(g, func(g *graph.Graph) []*graph.Node { return []*graph.Node{cond(parameters(g))} })
	b := Closure(g, func(g *graph.Graph) []*graph.Node { return body(parameters(g)) })
	return graph.While(c, b, state...)
}

// If is what yes or no returns, with closures that nest and keep their constants apart. Only the one that pred asks for is
// computed. All that they need must be in args.
//
// Shapes: pred a scalar boolean; both branches return nodes of the same shapes.
// There is no gradient through it.
func If(pred *graph.Node, args []*graph.Node, yes, no func(args []*graph.Node) []*graph.Node) []*graph.Node {
	branch := func(build func(args []*graph.Node) []*graph.Node) *graph.Function {
		return Closure(pred.Graph(), func(g *graph.Graph) []*graph.Node {
			// A branch has no parameters. What comes from outside is brought in by an operation with one operand of the branch
			// itself, since most others refuse it; the compiler drops the choice between x and x.
			always := graph.Const(g, true)
			in := make([]*graph.Node, len(args))
			for i, x := range args {
				in[i] = graph.Where(always, x, x)
			}
			return build(in)
		})
	}
	return graph.If(pred, branch(yes), branch(no))
}

// Sort sorts arrays together along an axis; equal keys stay in order. less compares the places of two entries of each array.
//
// Shapes: all arrays of the same dimensions.
// There is no gradient through it.
func Sort(axis int, arrays []*graph.Node, less func(x, y []*graph.Node) *graph.Node) []*graph.Node {
	comparator := Closure(arrays[0].Graph(), func(g *graph.Graph) []*graph.Node {
		var x, y []*graph.Node
		for i, a := range arrays {
			scalar := shapes.Make(a.DType())
			x = append(x, graph.Parameter(g, fmt.Sprintf("x%d", i), scalar))
			y = append(y, graph.Parameter(g, fmt.Sprintf("y%d", i), scalar))
		}
		return []*graph.Node{less(x, y)}
	})
	return graph.SortFunc(comparator, axis, true, arrays...)
}
