package layers

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// SpaceToDepth makes each cube of factor points along every axis of space one point, whose channels are those of the cube's points
// in row-major order. A dense layer after it is a convolution of that kernel and stride.
//
// Shapes: x [batch, n1, …, nd, channel]; returns [batch, n1/factor, …, nd/factor, factor^d channel].
// Panics: if factor does not divide an axis.
func SpaceToDepth(x *Node, factor int) *Node {
	d, dims := checkResize("SpaceToDepth", x, factor), x.Shape().Dimensions
	if factor == 1 {
		return x
	}
	split, perm, end := []int{dims[0]}, []int{0}, []int{dims[0]}
	channels := dims[d+1]
	for a := 1; a <= d; a++ {
		if dims[a]%factor != 0 {
			exceptions.Panicf("layers: SpaceToDepth of %s by %d, want axes of space that it divides", x.Shape(), factor)
		}
		split, perm, end = append(split, dims[a]/factor, factor), append(perm, 2*a-1), append(end, dims[a]/factor)
		channels *= factor
	}
	for a := 1; a <= d; a++ {
		perm = append(perm, 2*a)
	}
	y := TransposeAllAxes(Reshape(x, append(split, dims[d+1])...), append(perm, 2*d+1)...)
	return Reshape(y, append(end, channels)...)
}

// DepthToSpace is the inverse of [SpaceToDepth].
//
// Shapes: x [batch, n1, …, nd, factor^d channel]; returns [batch, n1·factor, …, nd·factor, channel].
// Panics: if factor^d does not divide the channels.
func DepthToSpace(x *Node, factor int) *Node {
	d, dims := checkResize("DepthToSpace", x, factor), x.Shape().Dimensions
	if factor == 1 {
		return x
	}
	split, perm, end := append([]int{}, dims[:d+1]...), []int{0}, []int{dims[0]}
	channels := dims[d+1]
	for a := 1; a <= d; a++ {
		if channels%factor != 0 {
			exceptions.Panicf("layers: DepthToSpace of %s by %d, want channels that %d^%d divides", x.Shape(), factor, factor, d)
		}
		split, perm, end = append(split, factor), append(perm, a, d+a), append(end, dims[a]*factor)
		channels /= factor
	}
	y := TransposeAllAxes(Reshape(x, append(split, channels)...), append(perm, 2*d+1)...)
	return Reshape(y, append(end, channels)...)
}

// Nearest repeats each point factor times along every axis of space.
//
// Shapes: x [batch, n1, …, nd, channel]; returns [batch, n1·factor, …, nd·factor, channel].
func Nearest(x *Node, factor int) *Node {
	d, dims := checkResize("Nearest", x, factor), x.Shape().Dimensions
	if factor == 1 {
		return x
	}
	apart, wide, end := []int{dims[0]}, []int{dims[0]}, []int{dims[0]}
	for a := 1; a <= d; a++ {
		apart, wide, end = append(apart, dims[a], 1), append(wide, dims[a], factor), append(end, dims[a]*factor)
	}
	y := BroadcastToDims(Reshape(x, append(apart, dims[d+1])...), append(wide, dims[d+1])...)
	return Reshape(y, append(end, dims[d+1])...)
}

// checkResize gives the number of axes of space.
func checkResize(name string, x *Node, factor int) int {
	if x.Rank() < 3 || factor < 1 {
		exceptions.Panicf("layers: %s of %s by %d, want [batch, n1, …, nd, channel] and at least 1", name, x.Shape(), factor)
	}
	return x.Rank() - 2
}
