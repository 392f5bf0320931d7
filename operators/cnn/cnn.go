// Package cnn is a periodic convolutional network from field to field: the baseline that knows its grid alone.
//
// Its kernels span a fixed number of points, not a length, so that it does not transfer to another resolution.
//
// Conventions: arrays are [batch, space…, channel]; every axis of space is periodic.
package cnn

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Model is Depth periodic convolutions with an activation after each but the last, in as many dimensions as its input.
type Model struct {
	Width  int // channels between the layers
	Depth  int // number of convolutions
	Kernel int // points of a kernel along each axis, odd
	Out    int // channels of the answer

	Activation layers.Activation `json:",omitempty"` // "": GELU
}

var _ zoo.Model = Model{}

// Default is six layers of five points; at width 73 it has as many parameters, 107 thousand, as the Fourier neural operator
// with 12 modes, width 32 and four layers in one dimension.
func Default() Model { return Model{Width: 73, Depth: 6, Kernel: 5, Out: 1} }

// Validate returns every problem of the hyper-parameters.
func (m Model) Validate() error {
	var errs []error
	for _, f := range []struct {
		name  string
		value int
	}{{"Width", m.Width}, {"Depth", m.Depth}, {"Kernel", m.Kernel}, {"Out", m.Out}} {
		if f.value < 1 {
			errs = append(errs, fmt.Errorf("operators/cnn: Model.%s = %d, want at least 1", f.name, f.value))
		}
	}
	if m.Kernel > 0 && m.Kernel%2 == 0 {
		errs = append(errs, fmt.Errorf("operators/cnn: Model.Kernel = %d, want an odd number", m.Kernel))
	}
	return errors.Join(append(errs, m.Activation.Validate())...)
}

// Forward maps fields to fields.
//
// Shapes: in [batch, n1, …, nd, channel_i], joined along the channels; returns [batch, n1, …, nd, Out].
// DType:  float32 or float64, as the input.
// Panics: if a kernel is longer than an axis.
// Cost:   O(n Kernel^d Width²) per layer and sample, by XLA's own convolution: on a CPU faster than products of shifted copies.
// Differs from the source: periodic, one resolution throughout, no normalisation.
// Source: Zhu & Zabaras 2018, arXiv:1801.06879, as the fully convolutional baseline of Li et al. 2021. bib: zhu2018bayesian, li2021fno
func (m Model) Forward(scope *model.Scope, in ...*Node) *Node {
	if len(in) == 0 || in[0].Rank() < 3 {
		exceptions.Panicf("operators/cnn: Forward of %d inputs, want fields [batch, space…, channel]", len(in))
	}
	a := Concatenate(in, -1)
	for i := 1; i < a.Rank()-1; i++ {
		if n := a.Shape().Dim(i); n < m.Kernel {
			exceptions.Panicf("operators/cnn: Model.Kernel = %d, want at most %d for a grid of %d", m.Kernel, n, n)
		}
	}
	scope = scope.At("cnn")
	v := a
	for l := range m.Depth {
		out := m.Width
		if l == m.Depth-1 {
			out = m.Out
		}
		v = m.convolve(scope.In("layer%d", l), v, out)
		if l < m.Depth-1 {
			v = m.Activation.Apply(v)
		}
	}
	return v
}

// convolve is one periodic convolution with a bias.
//
// Shapes: v [batch, n1, …, nd, in]; returns [batch, n1, …, nd, out]. Variables w [Kernel^d·in, out], the kernel's points along
// the last axis slowest and channels fastest, and b [out], both started by layers.FanIn.
func (m Model) convolve(scope *model.Scope, v *Node, out int) *Node {
	g, d, in := v.Graph(), v.Rank()-2, v.Shape().Dim(-1)
	inputs := in
	for range d {
		inputs *= m.Kernel
	}
	w := layers.Weight(scope, g, "w", shapes.Make(v.DType(), inputs, out), layers.FanIn(inputs))
	b := layers.Weight(scope, g, "b", shapes.Make(v.DType(), out), layers.FanIn(inputs))

	dims, perm := slices.Repeat([]int{m.Kernel}, d), make([]int, d)
	for i := range perm {
		perm[i] = d - 1 - i
	}
	kernel := TransposeAllAxes(Reshape(w, append(dims, in, out)...), append(perm, d, d+1)...)
	for axis := range d {
		v = wrap(v, 1+axis, m.Kernel/2)
	}
	y := Convolve(v, kernel).NoPadding().Done()
	return Add(y, ExpandLeftToRank(b, y.Rank()))
}

// wrap continues a periodic axis by some points at both ends.
func wrap(v *Node, axis, points int) *Node {
	if points == 0 {
		return v
	}
	n := v.Shape().Dim(axis)
	return Concatenate([]*Node{
		SliceAxis(v, axis, AxisRange(n-points, n)), v, SliceAxis(v, axis, AxisRange(0, points)),
	}, axis)
}
