package unet

import (
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/embedding"
)

// builder builds the parts of one network.
type builder struct {
	Model
	scope *model.Scope
	told  embedding.Told
}

// stage is a residual block, and attention where the level has it.
func (b builder) stage(x *Node, level int, name string, args ...any) *Node {
	scope := b.scope.In(name, args...)
	x = b.residual(scope.In("block"), x, b.width(level))
	if slices.Contains(b.Attention, level) {
		x = b.attend(scope, x)
	}
	return x
}

// middle is two residual blocks with attention between them.
func (b builder) middle(x *Node) *Node {
	scope, channels := b.scope.In("middle"), x.Shape().Dim(-1)
	x = b.residual(scope.In("block0"), x, channels)
	if b.attends() {
		x = b.attend(scope, x)
	}
	return b.residual(scope.In("block1"), x, channels)
}

// residual is x, mapped to the channels where it has others, plus norm, SiLU, convolution, norm modulated by the embedding, SiLU,
// convolution.
func (b builder) residual(scope *model.Scope, x *Node, channels int) *Node {
	h := layers.SiLU.Apply(layers.GroupNorm(scope.In("norm0"), x, b.Groups))
	h = conv(scope.In("conv0"), h, channels, b.Padding)
	h = layers.GroupNorm(scope.In("norm1"), h, b.Groups)
	if v := b.told.Vector; v != nil {
		v = dense(scope.In("embedding"), v, 2*channels)
		h = layers.Modulate(h, SliceAxis(v, 1, AxisRange(0, channels)), SliceAxis(v, 1, AxisRange(channels, 2*channels)))
	}
	h = layers.ConvFrom(scope.In("conv1"), layers.SiLU.Apply(h), kernel, channels, b.Padding, small(channels))
	if x.Shape().Dim(-1) != channels {
		x = dense(scope.In("skip"), x, channels)
	}
	return Add(x, h)
}

// attend adds attention over all points, and then over the tokens if there are any.
func (b builder) attend(scope *model.Scope, x *Node) *Node {
	dims := x.Shape().Dimensions
	batch, channels := dims[0], dims[len(dims)-1]
	points := Reshape(x, batch, x.Shape().Size()/batch/channels, channels)
	read := func(scope *model.Scope, tokens *Node) {
		h := layers.GroupNorm(scope.In("norm"), points, b.Groups)
		if tokens == nil {
			tokens = h
		}
		points = Add(points, layers.Attention(scope, h, tokens, b.Heads, small(channels)))
	}
	read(scope.In("attention"), nil)
	if b.told.Tokens != nil {
		read(scope.In("cross"), b.told.Tokens)
	}
	return Reshape(points, dims...)
}
