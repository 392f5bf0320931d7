package backend

import (
	"fmt"

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
