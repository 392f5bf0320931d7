package layers

import (
	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
)

// Recompute is f(x), of which only x and the result are kept for the gradient: what is between is computed again. Without
// it, XLA stores the costly inner values of an activation, a second array of the size of x.
//
// On a backend without optimisation barriers (pure Go) it is f(x).
func Recompute(x *Node, f func(x *Node) *Node) *Node {
	if !x.Graph().Backend().Capabilities().Operations[compute.OpTypeOptimizationBarrier] {
		return f(x)
	}
	return f(x.Checkpoint()).StopCheckpoint()
}
