// Package dit is the diffusion transformer: patches of an image or field as tokens, and blocks that the embedding of time and
// condition modulates, each the identity at the start.
//
// On a CPU its cost is that of matrix products, which PyTorch and XLA do about equally fast; for few points with many channels it is the
// better network, while for small data sets a U-Net learns more from each image.
//
// Conventions: arrays are [batch, space…, channel]. Inputs are the state, then the time, then the condition; see
// [embedding.Conditioning]. Positions are absolute: the network does not commute with shifts.
//
// Missing: dropout, relative positions.
package dit

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/embedding"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Model is a diffusion transformer.
type Model struct {
	Patch int // points of a patch along each axis
	Width int // channels of a token
	Depth int // number of blocks
	Heads int // of the attention
	Ratio int // hidden width of the blocks' networks over Width
	Out   int // channels of the answer

	Conditioning embedding.Conditioning
}

var _ zoo.Model = Model{}

// Default is six blocks of 192 channels, half the smallest of the source, on patches of 4 points: 64 tokens of 32² points.
func Default() Model {
	return Model{Patch: 4, Width: 192, Depth: 6, Heads: 3, Ratio: 4, Out: 1, Conditioning: embedding.DefaultConditioning()}
}

// Validate returns every problem of the hyper-parameters.
func (m Model) Validate() error {
	var errs []error
	say := func(field string, value any, want string) {
		errs = append(errs, fmt.Errorf("dit: Model.%s = %v, want %s", field, value, want))
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"Patch", m.Patch}, {"Width", m.Width}, {"Depth", m.Depth}, {"Heads", m.Heads}, {"Ratio", m.Ratio}, {"Out", m.Out}} {
		if f.value < 1 {
			say(f.name, f.value, "at least 1")
		}
	}
	if m.Heads > 0 && m.Width%m.Heads != 0 {
		say("Heads", m.Heads, fmt.Sprintf("a divisor of the width %d", m.Width))
	}
	if !m.Conditioning.Embeds() {
		say("Conditioning", fmt.Sprintf("{Time: %q, Condition: %q}", m.Conditioning.Time, m.Conditioning.Condition), "a time, a class or a vector, which the blocks are modulated by")
	}
	return errors.Join(append(errs, m.Conditioning.Validate("dit: Model"))...)
}

// Forward maps a state, a time and a condition to an array on the state's grid, which is zero at the start.
//
// Shapes: state [batch, n1, …, nd, channel], others as the conditioning says; returns [batch, n1, …, nd, Out].
// DType:  float32 or float64, as the state.
// Panics: if Patch does not divide an axis of space, or 2d does not divide Width.
// Differs from the source: layers start uniformly by their inputs where the source takes Glorot's bounds; tokens, if any, are read by
// cross-attention after each self-attention.
// Source: Peebles & Xie 2023, arXiv:2212.09748, section 3.2. bib: peebles2023dit
func (m Model) Forward(scope *model.Scope, in ...*Node) *Node {
	scope = scope.At("dit")
	told := m.Conditioning.Forward(scope, in...)
	x := told.State
	if x.Rank() < 3 {
		exceptions.Panicf("dit: state %s, want [batch, space…, channel]", x.Shape())
	}
	d := x.Rank() - 2
	for a := 1; a <= d; a++ {
		if n := x.Shape().Dim(a); n%m.Patch != 0 {
			exceptions.Panicf("dit: state %s, want axes of space that Model.Patch = %d divides", x.Shape(), m.Patch)
		}
	}
	if m.Width%(2*d) != 0 {
		exceptions.Panicf("dit: Model.Width = %d, want a multiple of %d for positions in %d dimensions", m.Width, 2*d, d)
	}
	x = layers.SpaceToDepth(x, m.Patch)
	grid := x.Shape().Dimensions[1 : d+1]
	x = layers.DenseFrom(scope.In("in"), x, m.Width, layers.FanIn(x.Shape().Dim(-1)))
	x = Reshape(x, x.Shape().Dim(0), x.Shape().Size()/x.Shape().Dim(0)/m.Width, m.Width)
	x = Add(x, positions(x, grid))
	told.Vector = layers.SiLU.Apply(told.Vector)
	for i := range m.Depth {
		x = m.block(scope.In("block%d", i), x, told)
	}
	v := chunks(layers.DenseFrom(scope.In("modulation"), told.Vector, 2*m.Width, zero), 2)
	x = layers.Modulate(layers.Standardise(x), v[1], v[0])
	patch := m.Out
	for range d {
		patch *= m.Patch
	}
	x = layers.DenseFrom(scope.In("out"), x, patch, zero)
	dims := append(append([]int{x.Shape().Dim(0)}, grid...), patch)
	return layers.DepthToSpace(Reshape(x, dims...), m.Patch)
}

// zero is the start of layers that make a block the identity.
func zero(state *Node, shape shapes.Shape) *Node { return layers.Constant(0)(state, shape) }

// block is one block with adaptive normalisation that starts as the identity.
//
// Shapes: x [batch, length, Width]; returns the same.
func (m Model) block(scope *model.Scope, x *Node, told embedding.Told) *Node {
	v := chunks(layers.DenseFrom(scope.In("modulation"), told.Vector, 6*m.Width, zero), 6)
	gate := func(g, h *Node) *Node { return Mul(InsertAxes(g, 1), h) }
	h := layers.Modulate(layers.Standardise(x), v[1], v[0])
	x = Add(x, gate(v[2], layers.Attention(scope.In("attention"), h, h, m.Heads, layers.FanIn(m.Width))))
	if told.Tokens != nil {
		h = layers.LayerNorm(scope.In("norm"), x)
		x = Add(x, layers.Attention(scope.In("cross"), h, told.Tokens, m.Heads, zero))
	}
	h = layers.Modulate(layers.Standardise(x), v[4], v[3])
	network := layers.MLP{Widths: []int{m.Ratio * m.Width, m.Width}, Activation: layers.GELUTanh}
	return Add(x, gate(v[5], network.Forward(scope, h)))
}

// chunks cuts the last axis into equal parts.
func chunks(v *Node, n int) []*Node {
	parts, size := make([]*Node, n), v.Shape().Dim(-1)/n
	for i := range parts {
		parts[i] = SliceAxis(v, -1, AxisRange(i*size, (i+1)*size))
	}
	return parts
}

// positions is the [embedding.Sinusoidal] of each coordinate, one after another: [1, points, width].
func positions(like *Node, grid []int) *Node {
	d, width := len(grid), like.Shape().Dim(-1)
	points := like.Shape().Dim(1)
	flat := make([]float64, points*d)
	for p := range points {
		for a, rest := d-1, p; a >= 0; a-- {
			flat[p*d+a] = float64(rest % grid[a])
			rest /= grid[a]
		}
	}
	coordinates := Reshape(ConstAs(like, flat), points, d)
	return Reshape(embedding.Sinusoidal(coordinates, width/d), 1, points, width)
}
