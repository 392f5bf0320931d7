// Package fno is the Fourier neural operator: a map between functions, learned from solved examples on one grid and
// applied on any other.
//
// A layer adds a pointwise linear map and a convolution whose kernel is stored as a few complex Fourier multipliers:
//
//	v_{l+1} = σ( W_l v_l + b_l + F⁻¹( R_l · F v_l ) )
//
// The weights know frequencies, not points, so that a model trained on a coarse grid predicts on a fine one. Choose it
// for smooth fields on rectangles with uniform points; axes that are not periodic need [Model.Padding].
//
// Conventions: arrays are [batch, space…, channel]; coordinates lie in [0, 1), the end point left out on periodic axes.
//
// Missing: factorised and tensorised weights, incremental modes, other geometries.
package fno

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Coordinates says whether the model sees where a point is.
type Coordinates string

// The choices. The zero value is [Appended].
const (
	Appended Coordinates = ""     // each axis' coordinate is one more channel of the input
	Omitted  Coordinates = "none" // the model commutes with translations of periodic axes
)

// Branches says which terms a layer has, for ablations.
type Branches string

// The choices. The zero value is [Both].
const (
	Both          Branches = ""
	PointwiseOnly Branches = "pointwise" // R = 0: no communication between points
	SpectralOnly  Branches = "spectral"  // W = 0; the bias stays
)

// Model is the Fourier neural operator in one, two or three dimensions, as many as Modes has entries.
//
// Source: Li et al. 2021, arXiv:2010.08895. bib: li2021fno
type Model struct {
	Modes []int // kept frequencies of each axis, 1 ≤ Modes[i] ≤ n_i/2+1 (last axis) or n_i/2 (others)
	Width int   // channels of the lifted field
	Depth int   // number of spectral layers
	Out   int   // channels of the answer

	Projection  int               `json:",omitempty"` // channels of the hidden layer at the end; 0: 128
	Padding     []float64         `json:",omitempty"` // length of zeros after each axis, in lengths of the axis; nil: all periodic
	Activation  layers.Activation `json:",omitempty"` // after every layer but the last; "": GELU
	Coordinates Coordinates       `json:",omitempty"` // "": appended to the input
	Branches    Branches          `json:",omitempty"` // "": spectral and pointwise
}

var _ zoo.Model = Model{}

// hiddenProjection is the width of the hidden projection layer in the source.
const hiddenProjection = 128

// Default is the source's model for Burgers' equation in one dimension: 16 modes, width 64, four layers, one channel out.
func Default() Model { return Model{Modes: []int{16}, Width: 64, Depth: 4, Out: 1} }

// Validate returns every problem of the hyper-parameters. Whether the grid allows Modes is checked by Forward.
func (m Model) Validate() error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("operators/fno: Model."+format, args...))
	}
	if d := len(m.Modes); d < 1 || d > 3 {
		bad("Modes = %v, want one entry for each of 1 to 3 axes", m.Modes)
	}
	for i, k := range m.Modes {
		if k < 1 {
			bad("Modes[%d] = %d, want at least 1", i, k)
		}
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"Width", m.Width}, {"Depth", m.Depth}, {"Out", m.Out}} {
		if f.value < 1 {
			bad("%s = %d, want at least 1", f.name, f.value)
		}
	}
	if m.Projection < 0 {
		bad("Projection = %d, want at least 0", m.Projection)
	}
	if m.Padding != nil && len(m.Padding) != len(m.Modes) {
		bad("Padding = %v, want one entry for each of %d axes or none", m.Padding, len(m.Modes))
	}
	for i, p := range m.Padding {
		if !(p >= 0 && p <= 1) {
			bad("Padding[%d] = %v, want 0 to 1", i, p)
		}
	}
	if m.Coordinates != Appended && m.Coordinates != Omitted {
		bad("Coordinates = %q, want empty or %q", string(m.Coordinates), Omitted)
	}
	if m.Branches != Both && m.Branches != PointwiseOnly && m.Branches != SpectralOnly {
		bad("Branches = %q, want empty, %q or %q", string(m.Branches), PointwiseOnly, SpectralOnly)
	}
	return errors.Join(append(errs, m.Activation.Validate())...)
}

// Forward maps the input functions to the output functions on their grid.
//
// Shapes: in [batch, n1, …, nd, channel_i], joined along the channels; returns [batch, n1, …, nd, Out].
// Units:  coordinates in [0, 1); fields scaled to about unit variance.
// DType:  float32 or float64, as the input.
// Panics: if the grid has fewer points than Modes needs.
// Differs from the source: the lifting has no hidden layer; a padded axis has the coordinates i/(n-1), both ends included.
// Source: Li et al. 2021, arXiv:2010.08895, figure 2 and eq. (2). bib: li2021fno
func (m Model) Forward(scope *model.Scope, in ...*Node) *Node {
	a := m.join(in)
	grid := a.Shape().Dimensions[1 : 1+len(m.Modes)]
	padded := m.padded(grid)
	scope = scope.At("fno")
	v := pad(m.lift(scope.In("lifting"), a), padded)
	var f *layers.Fourier
	if m.Branches != PointwiseOnly {
		m.checkModes(padded)
		f = layers.NewFourier(a.Graph(), a.DType(), padded, m.Modes)
	}
	for l := range m.Depth {
		v = m.layer(scope.In("layer%d", l), f, v)
		if l < m.Depth-1 {
			v = layers.Recompute(v, m.Activation.Apply)
		}
	}
	return m.project(scope.In("projection"), crop(v, grid))
}

// join is the inputs side by side along the channels, checked.
func (m Model) join(in []*Node) *Node {
	if len(in) == 0 {
		exceptions.Panicf("operators/fno: Forward without an input, want [batch, space…, channel]")
	}
	for _, a := range in {
		if a.Rank() != len(m.Modes)+2 {
			exceptions.Panicf("operators/fno: Model.Modes = %v, want one for each axis of space of an input %s", m.Modes, a.Shape())
		}
	}
	return Concatenate(in, -1)
}

// checkModes panics if the grid has too few points.
func (m Model) checkModes(grid []int) {
	for i, n := range grid {
		if most := layers.MaxModes(grid, i); m.Modes[i] > most {
			exceptions.Panicf("operators/fno: Model.Modes[%d] = %d, want at most %d for a grid of %d", i, m.Modes[i], most, n)
		}
	}
}

// padded is the grid that the layers work on. An axis of n points from end to end becomes 1+Padding long: as a period in
// units of the axis, the same on every grid but for rounding.
func (m Model) padded(grid []int) []int {
	padded := slices.Clone(grid)
	for i, p := range m.Padding {
		if p > 0 {
			padded[i] = max(grid[i], int(math.Round((1+p)*float64(grid[i]-1))))
		}
	}
	return padded
}

// lift is P(a, x): a pointwise affine map of the input's channels and the coordinates, to channel-major layout.
//
// Shapes: a [batch, n1, …, channel]; returns [Width, batch, n1, …].
func (m Model) lift(scope *model.Scope, a *Node) *Node {
	g, dims, d := a.Graph(), a.Shape().Dimensions, len(m.Modes)
	channels, in := dims[d+1], dims[d+1]
	if m.Coordinates == Appended {
		in += d
	}
	w := layers.Weight(scope, g, "w", shapes.Make(a.DType(), in, m.Width), layers.FanIn(in))
	b := layers.Weight(scope, g, "b", shapes.Make(a.DType(), m.Width), layers.FanIn(in))
	v := DotGeneral(Slice(w, AxisRange(0, channels)), []int{0}, nil, a, []int{d + 1}, nil)
	affine := onAxis(b, d+2, 0)
	for i := channels; i < in; i++ {
		row := Reshape(Slice(w, AxisElem(i)), m.Width)
		affine = Add(affine, Mul(onAxis(row, d+2, 0), m.coordinate(a, i-channels)))
	}
	return Add(v, affine)
}

// coordinate is that of axis i of space, [1, 1, …, n_i, …, 1]: in [0, 1), or in [0, 1] on a padded axis, which has both ends.
func (m Model) coordinate(a *Node, i int) *Node {
	n := a.Shape().Dim(1 + i)
	length := n
	if m.Padding != nil && m.Padding[i] > 0 {
		length = max(n-1, 1)
	}
	x := DivScalar(Iota(a.Graph(), shapes.Make(a.DType(), n), 0), float64(length))
	return onAxis(x, len(m.Modes)+2, 2+i)
}

// layer is W v + b + F⁻¹(R · F v), or what Branches leaves of it.
//
// Shapes: v [Width, batch, n1, …]; returns the same.
func (m Model) layer(scope *model.Scope, f *layers.Fourier, v *Node) *Node {
	switch m.Branches {
	case PointwiseOnly:
		return layers.Pointwise(scope.In("pointwise"), v, m.Width)
	case SpectralOnly:
		b := layers.Weight(scope, v.Graph(), "b", shapes.Make(v.DType(), m.Width), layers.FanIn(m.Width))
		return Add(layers.SpectralConv(scope.In("spectral"), f, v, m.Width), onAxis(b, v.Rank(), 0))
	}
	return Add(layers.SpectralConv(scope.In("spectral"), f, v, m.Width), layers.Pointwise(scope.In("pointwise"), v, m.Width))
}

// project is Q(v): a hidden layer and an affine map at each point, back to the public layout.
//
// Shapes: v [Width, batch, n1, …]; returns [batch, n1, …, Out].
func (m Model) project(scope *model.Scope, v *Node) *Node {
	hidden := m.Projection
	if hidden == 0 {
		hidden = hiddenProjection
	}
	u := layers.ReadOut(scope, v, hidden, m.Out, m.Activation)
	perm := make([]int, u.Rank()) // channels go last
	for i := range perm {
		perm[i] = (i + 1) % u.Rank()
	}
	return TransposeAllAxes(u, perm...)
}

// onAxis puts a vector on one axis of a given rank, the others of length one.
func onAxis(x *Node, rank, axis int) *Node {
	dims := slices.Repeat([]int{1}, rank)
	dims[axis] = x.Shape().Size()
	return Reshape(x, dims...)
}

// pad appends zeros to the axes of space, up to a grid.
func pad(v *Node, grid []int) *Node {
	for i, n := range grid {
		zeros := v.Shape().Clone()
		zeros.Dimensions[2+i] = n - zeros.Dimensions[2+i]
		if zeros.Dimensions[2+i] > 0 {
			v = Concatenate([]*Node{v, Zeros(v.Graph(), zeros)}, 2+i)
		}
	}
	return v
}

// crop cuts the axes of space down to a grid.
func crop(v *Node, grid []int) *Node {
	if slices.Equal(v.Shape().Dimensions[2:], grid) {
		return v
	}
	axes := []SliceAxisSpec{AxisRange(), AxisRange()}
	for _, n := range grid {
		axes = append(axes, AxisRange(0, n))
	}
	return Slice(v, axes...)
}
