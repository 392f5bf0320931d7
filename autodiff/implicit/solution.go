package implicit

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Map is a graph function of an unknown [batch, n…] and of args, with an answer of x's shape.
type Map func(x *Node, args []*Node) *Node

// Solution is what a solve found. Gradients go through X alone. Where a sample has not converged, X is what the last step left, and
// its gradient means nothing; where the solve for the gradient has not, the gradient is NaN.
type Solution struct {
	X         *Node // [batch, n…]
	Change    *Node // [batch]: the size of the last step, relative to 1 + ‖x‖; for GMRES ‖b − A·x‖/‖b‖
	Converged *Node // [batch], boolean: Change is within the tolerance
	Steps     *Node // int32: steps taken by the sample that needed most
}

// newSolution is the solution of what a loop left: x, change, steps.
func newSolution(out []*Node, tolerance float64) Solution {
	change := StopGradient(out[1])
	return Solution{X: out[0], Change: change, Converged: LessOrEqual(change, constant(change, tolerance)), Steps: out[2]}
}

// orNaN is X with NaN for the samples that have not converged.
func (s Solution) orNaN() *Node { return each(s.Converged, s.X, AddScalar(ZerosLike(s.X), math.NaN())) }

// wantUnknown panics unless x is [batch, n…] of real numbers.
func wantUnknown(solver string, x *Node) {
	if x.Rank() < 2 || !x.DType().IsFloat() {
		exceptions.Panicf("implicit: %s: the start is %s, want real numbers [batch, n…]", solver, x.Shape())
	}
}

// value is f(x, args) as [batch, n].
func (f Map) value(solver string, x *Node, args []*Node) *Node {
	y := f(x, args)
	if !y.Shape().Equal(x.Shape()) {
		exceptions.Panicf("implicit: %s: the function's value is %s for x of %s, want the same", solver, y.Shape(), x.Shape())
	}
	return flat(y)
}

// flat is x as [batch, n].
func flat(x *Node) *Node { return Reshape(x, x.Shape().Dimensions[0], -1) }

// as is x [batch, n] in another's shape.
func as(x, like *Node) *Node { return Reshape(x, like.Shape().Dimensions...) }

// norm is the Euclidean norm of each sample of x [batch, n]: [batch].
func norm(x *Node) *Node { return Sqrt(ReduceSum(Square(x), 1)) }

// relative is the size of a step, [batch].
func relative(step, x *Node) *Node { return Div(norm(step), OnePlus(norm(x))) }

// perSample is a number a sample, [batch], to broadcast against [batch, n].
func perSample(x *Node) *Node { return ExpandAxes(x, -1) }

// each is yes where cond [batch] holds, else no, both [batch, …].
func each(cond, yes, no *Node) *Node {
	for cond.Rank() < yes.Rank() {
		cond = ExpandAxes(cond, -1)
	}
	return Where(BroadcastToDims(cond, yes.Shape().Dimensions...), yes, no)
}

// constant is a number in x's type.
func constant(x *Node, v float64) *Node { return Scalar(x.Graph(), x.DType(), v) }

// more says whether a loop goes on: fewer than most steps, and some sample's change above the tolerance. NaN is not: such a
// sample has failed, and stays as it is.
func more(steps, change *Node, most int, tolerance float64) *Node {
	above := LogicalAny(GreaterThan(change, constant(change, tolerance)))
	return LogicalAnd(above, LessThan(steps, Const(steps.Graph(), int32(most))))
}

// roundOff is the distance from 1 to the next number.
func roundOff(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float64 {
		return 0x1p-52
	}
	return 0x1p-23
}

// safe is x with 1 in the place of 0.
func safe(x *Node) *Node { return Where(Equal(x, ZerosLike(x)), OnesLike(x), x) }
