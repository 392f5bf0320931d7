package vjp

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// operand is one side of a product: its contracted and batch axes in the order in which they pair with the other side's,
// and the rest.
type operand struct {
	x                       *Node
	contracted, batch, free []int
}

func newOperand(x *Node, contracted, batch []int) operand {
	o := operand{x: x, contracted: contracted, batch: batch}
	for axis := range x.Rank() {
		if !slices.Contains(contracted, axis) && !slices.Contains(batch, axis) {
			o.free = append(o.free, axis)
		}
	}
	return o
}

// dot is the rule of DotGeneral. GoMLX's takes the contracted axes for ordered and does not conjugate; it stays where that
// does not matter.
func dot(rule VJP) VJP {
	return func(node *Node, v []*Node, shape shapes.Shape) []*Node {
		in := node.Inputs()
		lhs := newOperand(in[0], param[[]int](node, "lhsContractingAxes"), param[[]int](node, "lhsBatchAxes"))
		rhs := newOperand(in[1], param[[]int](node, "rhsContractingAxes"), param[[]int](node, "rhsBatchAxes"))
		ordered := slices.IsSorted(lhs.contracted) && slices.IsSorted(rhs.contracted)
		config := param[compute.DotGeneralConfig](node, "config")
		if ordered && !node.DType().IsComplex() || config != (compute.DotGeneralConfig{}) {
			return rule(node, v, shape)
		}
		// The product's axes are [batch, free of lhs, free of rhs].
		nb := len(lhs.batch)
		left, right := count(nb, len(lhs.free)), count(nb+len(lhs.free), len(rhs.free))
		return []*Node{lhs.gradient(v[0], right, rhs), rhs.gradient(v[0], left, lhs)}
	}
}

// gradient contracts v with the other side's free axes, which lie at axes of v, and puts the axes back in place.
func (o operand) gradient(v *Node, axes []int, other operand) *Node {
	nb := len(o.batch)
	g := DotGeneral(v, axes, count(0, nb), conjugate(other.x), other.free, other.batch)
	// g's axes are now o's batch and free ones, and then the other side's contracted axes in the order of their numbers.
	sorted := slices.Sorted(slices.Values(other.contracted))
	from := make([]int, o.x.Rank())
	for i, axis := range o.batch {
		from[axis] = i
	}
	for i, axis := range o.free {
		from[axis] = nb + i
	}
	for pair, axis := range o.contracted {
		from[axis] = nb + len(o.free) + slices.Index(sorted, other.contracted[pair])
	}
	return TransposeAllAxes(g, from...)
}

// count is n numbers from start.
func count(start, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = start + i
	}
	return out
}
