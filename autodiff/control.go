package autodiff

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/internal/backend"
)

// While runs body on the state as long as cond holds. Everything that the two need must be in the state: both see its
// nodes in order, and body returns as many. Loops nest.
//
// Shapes: each node comes back as it came in.
// Panics: if the state is empty.
// There is no gradient through it; see [CustomVJP].
func While(state []*graph.Node, cond func(state []*graph.Node) *graph.Node, body func(state []*graph.Node) []*graph.Node) []*graph.Node {
	if len(state) == 0 {
		exceptions.Panicf("autodiff: While: the state is empty, want at least one node")
	}
	return backend.While(state, cond, body)
}

// For runs body steps times on the state; i is the step's number from 0, a scalar int32. Steps may be none.
//
// Shapes: each node comes back as it came in.
// Panics: if steps is negative.
// There is no gradient through it; see [CustomVJP].
func For(steps int, state []*graph.Node, body func(i *graph.Node, state []*graph.Node) []*graph.Node) []*graph.Node {
	if steps < 0 {
		exceptions.Panicf("autodiff: For: steps = %d, want 0 or more", steps)
	}
	if len(state) == 0 || steps == 0 {
		return state
	}
	all := append([]*graph.Node{graph.Const(state[0].Graph(), int32(0))}, state...)
	more := func(s []*graph.Node) *graph.Node {
		return graph.LessThan(s[0], graph.Const(s[0].Graph(), int32(steps)))
	}
	out := While(all, more, func(s []*graph.Node) []*graph.Node {
		return append([]*graph.Node{graph.AddScalar(s[0], 1)}, body(s[0], s[1:])...)
	})
	return out[1:]
}
