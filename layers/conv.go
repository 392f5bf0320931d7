package layers

import (
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Padding says what a convolution finds beyond the edge of the grid. The zero value is [ZeroPadding].
type Padding string

// The paddings.
const (
	ZeroPadding     Padding = ""         // zeros: images, walls
	PeriodicPadding Padding = "periodic" // the other side: the convolution commutes with shifts of the grid
)

// Validate returns an error if p is not one of the paddings.
func (p Padding) Validate() error {
	switch p {
	case ZeroPadding, PeriodicPadding:
		return nil
	}
	return fmt.Errorf("layers: Padding = %q, want zeros (empty) or %s", string(p), PeriodicPadding)
}

// Conv is a convolution of stride one, y_i = b + Σ_k x_{i+k} W_k, with as many points as its input. Change resolution by
// [SpaceToDepth] and [Nearest]: strides, and above all their gradients, are slow on a CPU.
//
// Shapes: x [batch, n1, …, nd, in], d from 1 to 3; returns [batch, n1, …, nd, out]. Variables w [kernel, …, in, out] and b [out], both
// started by [FanIn] of the kernel's points times in.
// DType:  float32 or float64, as x.
// Panics: if kernel is even, or is longer than a periodic axis.
// Cost:   O(n kernel^d in out) per sample. Its speed beside PyTorch and JAX is measured by `fieldbook bench convolution`.
func Conv(scope *model.Scope, x *Node, kernel, out int, padding Padding) *Node {
	fan := FanIn(convFan(x, kernel))
	return convolve(scope, x, kernel, out, padding, fan, fan)
}

// ConvFrom is [Conv] with weights started by start, and offsets of zero.
func ConvFrom(scope *model.Scope, x *Node, kernel, out int, padding Padding, start Initializer) *Node {
	return convolve(scope, x, kernel, out, padding, start, Constant(0))
}

// convFan is the number of inputs of each output.
func convFan(x *Node, kernel int) int {
	fan := x.Shape().Dim(-1)
	for range x.Rank() - 2 {
		fan *= kernel
	}
	return fan
}

func convolve(scope *model.Scope, x *Node, kernel, out int, padding Padding, start, offset Initializer) *Node {
	d := x.Rank() - 2
	if d < 1 || d > 3 || out < 1 || kernel < 1 || kernel%2 == 0 {
		exceptions.Panicf("layers: Conv of %s by a kernel of %d to %d channels, want [batch, n1, …, nd, channel] with d from 1 to 3, an odd kernel and at least 1",
			x.Shape(), kernel, out)
	}
	if err := padding.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	g := x.Graph()
	dims := make([]int, d, d+2)
	for i := range dims {
		dims[i] = kernel
	}
	w := Weight(scope, g, "w", shapes.Make(x.DType(), append(dims, x.Shape().Dim(-1), out)...), start)
	b := Weight(scope, g, "b", shapes.Make(x.DType(), out), offset)
	conv := Convolve(x, w).PadSame()
	if padding == PeriodicPadding && kernel > 1 {
		conv = Convolve(wrap(x, kernel/2), w).NoPadding()
	}
	return Add(conv.Done(), Reshape(b, onesThen(x.Rank(), out)...))
}

// wrap lengthens each axis of space by its opposite ends.
func wrap(x *Node, by int) *Node {
	for axis := 1; axis < x.Rank()-1; axis++ {
		n := x.Shape().Dim(axis)
		if by > n {
			exceptions.Panicf("layers: periodic Conv of %s by a kernel of %d, want at most %d", x.Shape(), 2*by+1, 2*n+1)
		}
		x = Concatenate([]*Node{SliceAxis(x, axis, AxisRange(n-by, n)), x, SliceAxis(x, axis, AxisRange(0, by))}, axis)
	}
	return x
}

// onesThen is the dimensions 1, …, 1, last.
func onesThen(rank, last int) []int {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = 1
	}
	dims[rank-1] = last
	return dims
}
