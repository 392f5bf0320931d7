package layers

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// normEpsilon is added to variances, as in PyTorch's layers.
const normEpsilon = 1e-5

// GroupNorm gives each sample's groups of channels mean zero and variance one over space, then scales and shifts each channel.
//
// Shapes: x [batch, space…, channel]; returns the same. Variables scale [channel], started at 1, and shift [channel], at 0.
// DType:  float32 or float64, as x.
// Panics: if groups does not divide the channels.
// Source: Wu & He 2018, arXiv:1803.08494, section 3. bib: wu2018group
func GroupNorm(scope *model.Scope, x *Node, groups int) *Node {
	channels := x.Shape().Dim(-1)
	if x.Rank() < 2 || groups < 1 || channels%groups != 0 {
		exceptions.Panicf("layers: GroupNorm of %s in %d groups, want [batch, space…, channel] with channels that the groups divide", x.Shape(), groups)
	}
	batch := x.Shape().Dim(0)
	// Space is reduced first: what is left to group is a small array, and the large ones keep their layout.
	flat := Reshape(x, batch, x.Shape().Size()/batch/channels, channels)
	grouped := func(v *Node) *Node {
		m := ReduceMean(Reshape(ReduceMean(v, 1), batch, groups, channels/groups), 2)
		return Reshape(BroadcastToDims(Reshape(m, batch, groups, 1), batch, groups, channels/groups), batch, 1, channels)
	}
	centred := Sub(flat, grouped(flat))
	deviation := Sqrt(AddScalar(grouped(Square(centred)), normEpsilon))
	return affine(scope, Reshape(Mul(centred, Inverse(deviation)), x.Shape().Dimensions...))
}

// LayerNorm gives the channels of each point mean zero and variance one, then scales and shifts each channel.
//
// Shapes: x [batch…, channel]; returns the same. Variables scale [channel], started at 1, and shift [channel], at 0.
// DType:  float32 or float64, as x.
// Source: Ba et al. 2016, arXiv:1607.06450, section 3. bib: ba2016layer
func LayerNorm(scope *model.Scope, x *Node) *Node { return affine(scope, Standardise(x)) }

// Standardise gives the channels of each point mean zero and variance one: [LayerNorm] without weights.
//
// Shapes: x [batch…, channel]; returns the same.
// DType:  float32 or float64, as x.
func Standardise(x *Node) *Node {
	centred := Sub(x, ReduceAndKeep(x, ReduceMean, -1))
	return Div(centred, Sqrt(AddScalar(ReduceAndKeep(Square(centred), ReduceMean, -1), normEpsilon)))
}

// Modulate is x (1 + scale) + shift with one number a sample and channel: how a condition acts on what is normalised.
//
// Shapes: x [batch, …, channel], scale and shift [batch, channel]; returns as x.
// Source: Perez et al. 2018, arXiv:1709.07871, eq. (2), about the identity. bib: perez2018film
func Modulate(x, scale, shift *Node) *Node {
	return Add(Mul(x, AddScalar(perSample(scale, x.Rank()), 1)), perSample(shift, x.Rank()))
}

// perSample is v [batch, channel] with axes of one between, for a product with an array of a rank.
func perSample(v *Node, rank int) *Node {
	dims := onesThen(rank, v.Shape().Dim(-1))
	dims[0] = v.Shape().Dim(0)
	return Reshape(v, dims...)
}

// affine scales and shifts each channel.
func affine(scope *model.Scope, x *Node) *Node {
	channels := x.Shape().Dim(-1)
	weight := func(name string, start float64) *Node {
		w := Weight(scope, x.Graph(), name, shapes.Make(x.DType(), channels), Constant(start))
		return Reshape(w, onesThen(x.Rank(), channels)...)
	}
	return Add(Mul(x, weight("scale", 1)), weight("shift", 0))
}
