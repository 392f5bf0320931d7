package vjp

import (
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// pad gives x what lies at its places in v, and the fill value the sum of the rest.
func pad(node, v *Node) []*Node {
	in, axes := node.Inputs(), param[[]compute.PadAxis](node, "axesConfig")
	x, fill := in[0], in[1]
	zero := ZerosLike(fill)
	places := Pad(OnesLike(x), zero, axes...)
	rest := Where(Equal(places, OnesLike(places)), ZerosLike(v), v)

	// First the ends are cut off, or put back where the pad cut; then one of each interior+1 is left.
	ends := make([]compute.PadAxis, x.Rank())
	thin := make([]SliceAxisSpec, x.Rank())
	for i := range ends {
		thin[i] = AxisRange()
		if i < len(axes) {
			ends[i] = compute.PadAxis{Start: -axes[i].Start, End: -axes[i].End}
			thin[i] = AxisRange().Stride(axes[i].Interior + 1)
		}
	}
	return []*Node{Slice(Pad(v, zero, ends...), thin...), ReduceAllSum(rest)}
}

// scatter is the rule of ScatterSum where whole slices of several rows are added at an index, as GatherSlices' own rule
// does; GoMLX's serves single rows.
func scatter(rule VJP) VJP {
	return func(node *Node, v []*Node, shape shapes.Shape) []*Node {
		axes := param[[]int](node, "scatterAxesToOperandAxes")
		if len(param[[]int](node, "insertedWindowAxes")) > 0 || !slices.IsSorted(axes) {
			return rule(node, v, shape)
		}
		indices, updates := node.Inputs()[1], node.Inputs()[2]
		window := param[[]int](node, "updateWindowAxes")
		sizes := make([]int, len(axes))
		for i, axis := range axes {
			sizes[i] = updates.Shape().Dimensions[window[axis]]
		}
		return []*Node{v[0], nil, GatherSlices(v[0], axes, indices, sizes, param[bool](node, "indicesAreSorted"))}
	}
}
