// Package cnn is a periodic convolutional network from field to field: the baseline that knows its grid alone.
//
// Its kernels span a fixed number of points, not a length, so that it does not transfer to another resolution.
//
// Conventions: arrays are [batch, space…, channel]; every axis of space is periodic.
package cnn

import (
	"errors"
	"fmt"

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
// Cost:   O(n Kernel^d Width²) per layer and sample, as products of shifted copies: within a compiled loop of training steps
// XLA's own convolution takes ten times as long on a CPU.
// Differs from the source: periodic, one resolution throughout, no normalisation.
// Source: Zhu & Zabaras 2018, arXiv:1801.06879, as the fully convolutional baseline of Li et al. 2021. bib: zhu2018bayesian, li2021fno
func (m Model) Forward(scope *model.Scope, in ...*Node) *Node {
	if len(in) == 0 || in[0].Rank() < 3 {
		exceptions.Panicf("operators/cnn: Forward of %d inputs, want fields [batch, space…, channel]", len(in))
	}
	a := Concatenate(in, -1)
	rank := a.Rank()
	for i := 1; i < rank-1; i++ {
		if n := a.Shape().Dim(i); n < m.Kernel {
			exceptions.Panicf("operators/cnn: Model.Kernel = %d, want at most %d for a grid of %d", m.Kernel, n, n)
		}
	}
	scope = scope.At("cnn")
	v := TransposeAllAxes(a, rotation(rank, rank-1)...) // channels first
	for l := range m.Depth {
		out := m.Width
		if l == m.Depth-1 {
			out = m.Out
		}
		v = layers.Pointwise(scope.In("layer%d", l), m.neighbours(v), out)
		if l < m.Depth-1 {
			v = m.Activation.Apply(v)
		}
	}
	return TransposeAllAxes(v, rotation(rank, 1)...)
}

// neighbours puts the values at each kernel point side by side as channels, so that a convolution is one product.
//
// Shapes: v [channel, batch, n1, …]; returns [channel·Kernel^d, batch, n1, …].
func (m Model) neighbours(v *Node) *Node {
	for axis := 2; axis < v.Rank(); axis++ {
		shifted := make([]*Node, m.Kernel)
		for k := range shifted {
			shifted[k] = roll(v, axis, k-m.Kernel/2)
		}
		v = Concatenate(shifted, 0)
	}
	return v
}

// roll shifts v along a periodic axis: what was at i+by is at i.
func roll(v *Node, axis, by int) *Node {
	n := v.Shape().Dim(axis)
	by = (by%n + n) % n
	if by == 0 {
		return v
	}
	return Concatenate([]*Node{SliceAxis(v, axis, AxisRange(by, n)), SliceAxis(v, axis, AxisRange(0, by))}, axis)
}

// rotation moves axis first to the front, the others following in turn.
func rotation(rank, first int) []int {
	perm := make([]int, rank)
	for i := range perm {
		perm[i] = (first + i) % rank
	}
	return perm
}
