package vjp

import (
	"slices"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
)

// convolution is the rule of ConvGeneral, with any strides, dilations, padding and groups; it is made of convolutions,
// so that derivatives of all orders are.
//
// Per axis, with the sizes of the input, kernel and output spread by their dilation or stride, n′ = (n−1)·spread + 1:
// the input's gradient is v spread by the strides, convolved with the reversed kernel and kept at the places of the
// input; the kernel's is the input convolved with v spread by the strides.
func convolution(node, v *Node) []*Node {
	c := newConvolved(node)
	return []*Node{c.inputGradient(v), c.kernelGradient(v)}
}

// convolved is a convolution that was done, with one number an axis for what was left out.
type convolved struct {
	x, kernel             *Node
	axes                  compute.ConvolveAxesConfig
	strides               []int
	paddings              [][2]int
	spreadX, spreadKernel []int
	channels, batches     int   // groups
	sizeX, sizeK, sizeV   []int // of the spatial axes
}

func newConvolved(node *Node) convolved {
	x, kernel := node.Inputs()[0], node.Inputs()[1]
	n := x.Rank() - 2
	orOnes := func(v []int) []int {
		if len(v) == 0 {
			return slices.Repeat([]int{1}, n)
		}
		return v
	}
	c := convolved{
		x: x, kernel: kernel,
		axes:         param[compute.ConvolveAxesConfig](node, "axes"),
		strides:      orOnes(param[[]int](node, "strides")),
		paddings:     param[[][2]int](node, "paddings"),
		spreadX:      orOnes(param[[]int](node, "inputDilations")),
		spreadKernel: orOnes(param[[]int](node, "kernelDilations")),
		channels:     max(1, param[int](node, "channelGroupCount")),
		batches:      max(1, param[int](node, "batchGroupCount")),
	}
	if len(c.paddings) == 0 {
		c.paddings = make([][2]int, n)
	}
	for i := range n {
		c.sizeX = append(c.sizeX, (x.Shape().Dimensions[c.axes.InputSpatial[i]]-1)*c.spreadX[i]+1)
		c.sizeK = append(c.sizeK, (kernel.Shape().Dimensions[c.axes.KernelSpatial[i]]-1)*c.spreadKernel[i]+1)
		c.sizeV = append(c.sizeV, (node.Shape().Dimensions[c.axes.OutputSpatial[i]]-1)*c.strides[i]+1)
	}
	return c
}

// inputGradient convolves v with the reversed kernel.
func (c convolved) inputGradient(v *Node) *Node {
	paddings := make([][2]int, len(c.sizeX))
	for i := range paddings {
		low := c.sizeK[i] - 1 - c.paddings[i][0]
		paddings[i] = [2]int{low, c.sizeX[i] + c.sizeK[i] - 1 - c.sizeV[i] - low}
	}
	a, groups := c.axes, c.channels*c.batches // one of the two is 1
	kernel := conjugate(Reverse(c.kernel, a.KernelSpatial...))
	kernel = merge(kernel, a.KernelOutputChannels, groups, a.KernelInputChannels)
	axes := compute.ConvolveAxesConfig{
		InputBatch: a.OutputBatch, InputChannels: a.OutputChannels, InputSpatial: a.OutputSpatial,
		KernelInputChannels: a.KernelOutputChannels, KernelOutputChannels: a.KernelInputChannels, KernelSpatial: a.KernelSpatial,
		OutputBatch: a.InputBatch, OutputChannels: a.InputChannels, OutputSpatial: a.InputSpatial,
	}
	g := convolve(v, kernel, axes, nilIfOnes(c.spreadX), paddings, nilIfOnes(c.strides), nilIfOnes(c.spreadKernel), groups, 1)
	return merge(g, a.InputChannels, c.batches, a.InputBatch)
}

// kernelGradient convolves the input with v, batches taking the place of channels.
func (c convolved) kernelGradient(v *Node) *Node {
	paddings := make([][2]int, len(c.sizeX))
	for i := range paddings {
		low := c.paddings[i][0]
		paddings[i] = [2]int{low, c.sizeV[i] + c.sizeK[i] - 1 - c.sizeX[i] - low}
	}
	a := c.axes
	axes := compute.ConvolveAxesConfig{
		InputBatch: a.InputChannels, InputChannels: a.InputBatch, InputSpatial: a.InputSpatial,
		KernelInputChannels: a.OutputBatch, KernelOutputChannels: a.OutputChannels, KernelSpatial: a.OutputSpatial,
		OutputBatch: a.KernelInputChannels, OutputChannels: a.KernelOutputChannels, OutputSpatial: a.KernelSpatial,
	}
	return convolve(conjugate(c.x), v, axes, nilIfOnes(c.spreadKernel), paddings, nilIfOnes(c.spreadX), nilIfOnes(c.strides), c.batches, c.channels)
}

// convolve is ConvGeneral of arrays that it brings to the order [batch, space…, channel] and [space…, in, out], and back: XLA has a fast
// convolution on the CPU for this order alone, to which it brings others outside of loops, but not within.
func convolve(x, kernel *Node, a compute.ConvolveAxesConfig, strides []int, paddings [][2]int, spreadX, spreadKernel []int, channels, batches int) *Node {
	n := len(a.InputSpatial)
	canonical := compute.ConvolveAxesConfig{
		InputBatch: 0, InputChannels: n + 1, KernelInputChannels: n, KernelOutputChannels: n + 1, OutputBatch: 0, OutputChannels: n + 1,
	}
	order := make([]int, n+2)
	order[a.OutputBatch], order[a.OutputChannels] = 0, n+1
	for i := range n {
		canonical.InputSpatial, canonical.OutputSpatial = append(canonical.InputSpatial, i+1), append(canonical.OutputSpatial, i+1)
		canonical.KernelSpatial = append(canonical.KernelSpatial, i)
		order[a.OutputSpatial[i]] = i + 1
	}
	x = ordered(x, slices.Concat([]int{a.InputBatch}, a.InputSpatial, []int{a.InputChannels}))
	kernel = ordered(kernel, slices.Concat(a.KernelSpatial, []int{a.KernelInputChannels, a.KernelOutputChannels}))
	return ordered(ConvGeneral(x, kernel, canonical, strides, paddings, spreadX, spreadKernel, channels, batches), order)
}

// ordered transposes where the order is another.
func ordered(x *Node, order []int) *Node {
	if slices.IsSorted(order) {
		return x
	}
	return TransposeAllAxes(x, order...)
}

// merge moves the groups of one axis, its slow part, to be the slow part of another.
func merge(x *Node, from, groups, to int) *Node {
	if groups == 1 {
		return x
	}
	var split, order []int
	for axis, d := range x.Shape().Dimensions {
		if axis == from {
			split = append(split, groups, d/groups)
		} else {
			split = append(split, d)
		}
	}
	at := func(axis int) int { // in split, of the fast part
		if axis >= from {
			axis++
		}
		return axis
	}
	dims := slices.Clone(x.Shape().Dimensions)
	dims[from] /= groups
	dims[to] *= groups
	for axis := range dims {
		if axis == to {
			order = append(order, from)
		}
		order = append(order, at(axis))
	}
	return Reshape(TransposeAllAxes(Reshape(x, split...), order...), dims...)
}

// nilIfOnes leaves out spreads that do nothing, so that the compiler sees a plain convolution.
func nilIfOnes(v []int) []int {
	for _, d := range v {
		if d != 1 {
			return v
		}
	}
	return nil
}
