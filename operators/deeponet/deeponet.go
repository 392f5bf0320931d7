// Package deeponet is the deep operator network: a branch network reads the input function at fixed sensors, a trunk
// network makes basis functions of the point asked for, and their inner product is the answer there.
//
//	u(a)(x) = Σ_k b_k(a(s_1), …, a(s_m)) t_k(x) + bias
//
// Choose it where answers are wanted at scattered points; on a grid, with few training samples, fno is more accurate.
//
// Conventions: arrays are [batch, space…, channel] on a uniform grid; sensors are points of it; coordinates lie in [0, 1).
package deeponet

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Model is the unstacked deep operator network with one trunk for all channels.
//
// Source: Lu et al. 2021, Nature Machine Intelligence 3, eq. (2) and figure 1D. bib: lu2021deeponet
type Model struct {
	Sensors int   // along each axis of space; divides the grid's points there
	Basis   int   // number of basis functions
	Branch  []int // widths of the branch network's hidden layers
	Trunk   []int // widths of the trunk network's hidden layers
	Out     int   // channels of the answer

	Activation layers.Activation `json:",omitempty"` // "": GELU
}

var _ zoo.Model = Model{}

// Default reads 128 sensors; with these widths it has about as many parameters, 103 thousand, as the Fourier neural
// operator with 12 modes, width 32 and four layers in one dimension.
func Default() Model {
	return Model{Sensors: 128, Basis: 128, Branch: []int{128, 128}, Trunk: []int{128, 128}, Out: 1}
}

// Validate returns every problem of the hyper-parameters.
func (m Model) Validate() error {
	var errs []error
	bad := func(name string, value int) {
		if value < 1 {
			errs = append(errs, fmt.Errorf("operators/deeponet: Model.%s = %d, want at least 1", name, value))
		}
	}
	bad("Sensors", m.Sensors)
	bad("Basis", m.Basis)
	bad("Out", m.Out)
	for i, w := range m.Branch {
		bad(fmt.Sprintf("Branch[%d]", i), w)
	}
	for i, w := range m.Trunk {
		bad(fmt.Sprintf("Trunk[%d]", i), w)
	}
	return errors.Join(append(errs, m.Activation.Validate())...)
}

// Forward answers at every point of the input's grid.
//
// Shapes: in [batch, n1, …, nd, channel_i], joined along the channels; returns [batch, n1, …, nd, Out].
// DType:  float32 or float64, as the input.
// Panics: if Sensors does not divide n_i.
func (m Model) Forward(scope *model.Scope, in ...*Node) *Node {
	if len(in) == 0 || in[0].Rank() < 3 {
		exceptions.Panicf("operators/deeponet: Forward of %d inputs, want fields [batch, space…, channel]", len(in))
	}
	a := Concatenate(in, -1)
	batch, grid := a.Shape().Dim(0), a.Shape().Dimensions[1:a.Rank()-1]
	scope = scope.At("deeponet")

	sensed := m.sense(a)
	branch := layers.MLP{Widths: append(append([]int{}, m.Branch...), m.Basis*m.Out), Activation: m.Activation}
	b := branch.Forward(scope.In("branch"), Reshape(sensed, batch, sensed.Shape().Size()/batch))

	trunk := layers.MLP{Widths: append(append([]int{}, m.Trunk...), m.Basis), Activation: m.Activation}
	t := m.Activation.Apply(trunk.Forward(scope.In("trunk"), points(a)))

	u := DotGeneral(Reshape(b, batch, m.Basis, m.Out), []int{1}, nil, t, []int{1}, nil) // [batch, out, point]
	u = TransposeAllAxes(u, 0, 2, 1)
	bias := layers.Weight(scope, a.Graph(), "bias", shapes.Make(a.DType(), m.Out), layers.Constant(0))
	u = Add(u, Reshape(bias, 1, 1, m.Out))
	return Reshape(u, append(append([]int{batch}, grid...), m.Out)...)
}

// sense takes every (n_i/Sensors)-th point of each axis.
func (m Model) sense(a *Node) *Node {
	spec := []SliceAxisSpec{AxisRange()}
	for _, n := range a.Shape().Dimensions[1 : a.Rank()-1] {
		if n%m.Sensors != 0 {
			exceptions.Panicf("operators/deeponet: Model.Sensors = %d, want a divisor of the grid's %d points", m.Sensors, n)
		}
		spec = append(spec, AxisRange().Stride(n/m.Sensors))
	}
	return Slice(a, spec...)
}

// points are the coordinates of the grid of a, [point, d], in [0, 1).
func points(a *Node) *Node {
	grid := a.Shape().Dimensions[1 : a.Rank()-1]
	axes := make([]*Node, len(grid))
	for i, n := range grid {
		x := DivScalar(Iota(a.Graph(), shapes.Make(a.DType(), grid...), i), float64(n))
		axes[i] = Reshape(x, x.Shape().Size(), 1)
	}
	return Concatenate(axes, -1)
}
