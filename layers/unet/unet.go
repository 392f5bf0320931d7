// Package unet is the U-Net of diffusion models, for images and for fields in one to three dimensions: residual blocks at falling
// resolution and back, joined level by level, with attention at the coarse levels.
//
// It is built for a CPU, where convolutions pay with many channels on few points: resolution changes by [layers.SpaceToDepth] with a
// dense layer and by [layers.Nearest], never by strides, and Patch lets even the finest level be coarser than the input.
//
// Conventions: arrays are [batch, space…, channel]. Inputs are the state, then the time, then the condition; see
// [embedding.Conditioning].
//
// Missing: dropout, anti-aliased resampling.
package unet

import (
	"errors"
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/embedding"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Model is a U-Net.
type Model struct {
	Channels    int   // of the finest level
	Multipliers []int // channels of each level, finest first, over Channels
	Blocks      int   // residual blocks of a level, on the way down and again on the way up
	Attention   []int // levels with attention after each block, 0 the finest; the middle has it if any has
	Heads       int   // of the attention
	Groups      int   // of the normalisation
	Patch       int   // points along each axis that the finest level takes as one
	Out         int   // channels of the answer

	Padding      layers.Padding `json:",omitempty"` // "": zeros
	Conditioning embedding.Conditioning
}

var _ zoo.Model = Model{}

// Default is three levels of 64, 128 and 128 channels with attention at the coarsest, where it is cheap; 32² points become 8².
func Default() Model {
	return Model{
		Channels: 64, Multipliers: []int{1, 2, 2}, Blocks: 1, Attention: []int{2}, Heads: 4, Groups: 8, Patch: 1, Out: 1,
		Conditioning: embedding.DefaultConditioning(),
	}
}

// smallStart is the size of the start of layers that should begin near zero: Karras et al. 2022's networks draw them as others
// and multiply by 1e-5, which, unlike zero, gives every weight a gradient at once.
const smallStart = 1e-5

// kernel is the points of a convolution along each axis.
const kernel = 3

// Validate returns every problem of the hyper-parameters.
func (m Model) Validate() error {
	var errs []error
	say := func(field string, value any, want string) {
		errs = append(errs, fmt.Errorf("unet: Model.%s = %v, want %s", field, value, want))
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"Channels", m.Channels}, {"Blocks", m.Blocks}, {"Groups", m.Groups}, {"Patch", m.Patch}, {"Out", m.Out}} {
		if f.value < 1 {
			say(f.name, f.value, "at least 1")
		}
	}
	if m.Groups > 0 && m.Channels%m.Groups != 0 {
		say("Groups", m.Groups, fmt.Sprintf("a divisor of the %d channels", m.Channels))
	}
	if len(m.Multipliers) == 0 {
		say("Multipliers", m.Multipliers, "one number a level, at least one")
	}
	for i, k := range m.Multipliers {
		if k < 1 {
			say(fmt.Sprintf("Multipliers[%d]", i), k, "at least 1")
		}
	}
	for i, level := range m.Attention {
		if level < 0 || level >= len(m.Multipliers) {
			say(fmt.Sprintf("Attention[%d]", i), level, fmt.Sprintf("a level, 0 to %d", len(m.Multipliers)-1))
		} else if m.Heads > 0 && m.Channels*m.Multipliers[level]%m.Heads != 0 {
			say("Heads", m.Heads, fmt.Sprintf("a divisor of the %d channels of level %d", m.Channels*m.Multipliers[level], level))
		}
	}
	if m.attends() {
		if last := len(m.Multipliers) - 1; m.Heads < 1 {
			say("Heads", m.Heads, "at least 1, since there is attention")
		} else if last >= 0 && !slices.Contains(m.Attention, last) && m.Channels*m.Multipliers[last]%m.Heads != 0 {
			say("Heads", m.Heads, fmt.Sprintf("a divisor of the %d channels of the middle", m.Channels*m.Multipliers[last]))
		}
	}
	if m.Conditioning.Condition == embedding.TokenCondition && !m.attends() {
		say("Attention", m.Attention, "at least one level, since tokens are read by attention")
	}
	return errors.Join(append(errs, m.Padding.Validate(), m.Conditioning.Validate("unet: Model"))...)
}

// attends says whether there is attention anywhere.
func (m Model) attends() bool { return len(m.Attention) > 0 }

// Forward maps a state, a time and a condition to an array on the state's grid.
//
// Shapes: state [batch, n1, …, nd, channel], others as the conditioning says; returns [batch, n1, …, nd, Out].
// DType:  float32 or float64, as the state.
// Panics: if Patch·2^(levels-1) does not divide an axis of space.
// Differs from the source: resolution changes by 2×2 dense layers and nearest neighbours, one block less a level on the way up, the
// embedding scales as well as shifts, small in place of zero starts.
// Source: Ronneberger et al. 2015, arXiv:1505.04597; Ho et al. 2020, arXiv:2006.11239, appendix B; scale and shift as in Dhariwal &
// Nichol 2021, arXiv:2105.05233, section 3.1. bib: ronneberger2015unet, ho2020denoising, dhariwal2021beat
func (m Model) Forward(scope *model.Scope, in ...*Node) *Node {
	scope = scope.At("unet")
	told := m.Conditioning.Forward(scope, in...)
	x := told.State
	levels := len(m.Multipliers)
	step := m.Patch << (levels - 1)
	if x.Rank() < 3 {
		exceptions.Panicf("unet: state %s, want [batch, space…, channel]", x.Shape())
	}
	for a := 1; a < x.Rank()-1; a++ {
		if n := x.Shape().Dim(a); n%step != 0 {
			exceptions.Panicf("unet: state %s, want axes of space that Model.Patch 2^(levels-1) = %d divides", x.Shape(), step)
		}
	}
	if told.Vector != nil {
		told.Vector = layers.SiLU.Apply(told.Vector)
	}
	b := builder{Model: m, scope: scope, told: told}
	x = conv(scope.In("in"), layers.SpaceToDepth(x, m.Patch), m.Channels, m.Padding)
	var skips []*Node
	for level := range levels {
		if level > 0 {
			x = dense(scope.In("down%d", level), layers.SpaceToDepth(x, 2), m.width(level-1))
		}
		for i := range m.Blocks {
			x = b.stage(x, level, "down%d_%d", level, i)
			skips = append(skips, x)
		}
	}
	x = b.middle(x)
	for level := levels - 1; level >= 0; level-- {
		for i := range m.Blocks {
			x = b.stage(Concatenate([]*Node{x, skips[len(skips)-1]}, -1), level, "up%d_%d", level, i)
			skips = skips[:len(skips)-1]
		}
		if level > 0 {
			x = layers.Nearest(dense(scope.In("up%d", level), x, m.width(level-1)), 2)
		}
	}
	x = layers.SiLU.Apply(layers.GroupNorm(scope.In("norm"), x, m.Groups))
	patch := m.Out
	for range x.Rank() - 2 {
		patch *= m.Patch
	}
	return layers.DepthToSpace(layers.ConvFrom(scope.In("out"), x, kernel, patch, m.Padding, small(x.Shape().Dim(-1))), m.Patch)
}

// width is the channels of a level.
func (m Model) width(level int) int { return m.Channels * m.Multipliers[level] }

// small is the start of layers that should begin near zero, with fan inputs of each output.
func small(fan int) layers.Initializer {
	return layers.Normal(smallStart / math.Sqrt(float64(fan)))
}

// conv and dense start with offsets of zero, which compile quicker than drawn ones: a U-Net has a hundred arrays of weights.
func conv(scope *model.Scope, x *Node, out int, padding layers.Padding) *Node {
	fan := x.Shape().Dim(-1)
	for range x.Rank() - 2 {
		fan *= kernel
	}
	return layers.ConvFrom(scope, x, kernel, out, padding, layers.FanIn(fan))
}

func dense(scope *model.Scope, x *Node, out int) *Node {
	return layers.DenseFrom(scope, x, out, layers.FanIn(x.Shape().Dim(-1)))
}
