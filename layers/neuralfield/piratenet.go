package neuralfield

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/layers"
)

// PirateNet is a deep network that begins as a linear map of random Fourier features Φ and grows deeper as its blocks'
// weights α leave 0:
//
//	U = σ(W_U Φ), V = σ(W_V Φ), x_0 = Φ = [cos(B x), sin(B x)]
//	f = σ(W_1 x_l), z = f U + (1-f) V, g = σ(W_2 z), y = g U + (1-g) V, h = σ(W_3 y), x_{l+1} = α h + (1-α) x_l
//
// with offsets in all layers. At first only the last layer and the α are moved: the gradient in a block's other weights
// carries the factor α.
//
// Units:  coordinates of order 1; Scale in radians a unit.
// Differs from the source: the last layer has an offset too, and begins as the others do, not with the least-squares fit of
// given data.
// Source: Wang et al. 2024, arXiv:2402.00326, section 4. bib: wang2024piratenets
type PirateNet struct {
	Width      int               // channels of every layer; even: half cosines, half sines
	Blocks     int               // each of three layers
	Out        int               // channels of the output
	Scale      float64           // standard deviation of the frequencies B, which are not trained; the source takes 1 to 2
	Activation layers.Activation `json:",omitempty"`
	Weights    Weights           `json:",omitempty"`
}

var _ Network = PirateNet{}

// Validate returns all problems of the hyper-parameters.
func (m PirateNet) Validate() error {
	errs := []error{checkScale("PirateNet.Scale", m.Scale), m.Activation.Validate(), m.Weights.Validate()}
	if m.Width < 2 || m.Width%2 != 0 {
		errs = append(errs, fmt.Errorf("neuralfield: PirateNet.Width = %d, want an even number from 2", m.Width))
	}
	if m.Blocks < 1 {
		errs = append(errs, fmt.Errorf("neuralfield: PirateNet.Blocks = %d, want at least 1", m.Blocks))
	}
	if m.Out < 1 {
		errs = append(errs, fmt.Errorf("neuralfield: PirateNet.Out = %d, want at least 1", m.Out))
	}
	return errors.Join(errs...)
}

// Forward is the network's values; several inputs are joined along the last axis.
//
// Shapes: in [n, …, channels_i]; returns [n, …, Out].
// DType:  float32 or float64, as the inputs.
func (m PirateNet) Forward(scope *model.Scope, in ...*graph.Node) *graph.Node {
	return m.ForwardJet(scope, joined(in)).Value()
}

// ForwardJet is the network on a jet.
//
// Shapes: x [n, …, d]; returns [n, …, Out]. Variables frequencies [d, Width/2], not trained, and alpha [1] a block.
func (m PirateNet) ForwardJet(scope *model.Scope, x jet.Jet) jet.Jet {
	scope = scope.At("piratenet")
	deviations := make([]float64, m.Width/2)
	for i := range deviations {
		deviations[i] = m.Scale / (2 * math.Pi) // jet.FourierFeatures counts in periods
	}
	features := jet.FourierFeatures(x, frequencies(scope, x, deviations))
	u, v := m.layer(scope.In("u"), features), m.layer(scope.In("v"), features)
	difference := jet.Sub(u, v)
	x = features
	for l := range m.Blocks {
		s := scope.In("block%d", l)
		h := x
		for i := range 2 {
			h = jet.Add(v, jet.Mul(m.layer(s.In("dense%d", i), h), difference))
		}
		h = m.layer(s.In("dense2"), h)
		x = jet.Add(x, jet.Mul(jet.Lift(alpha(s, x)), jet.Sub(h, x)))
	}
	return m.Weights.Dense(scope.In("out"), x, m.Out)
}

// layer is a dense layer with its activation.
func (m PirateNet) layer(scope *model.Scope, x jet.Jet) jet.Jet {
	return activate(m.Activation, m.Weights.Dense(scope, x, m.Width))
}

// alpha is the weight of a block, 0 at first, in the rank of x.
func alpha(scope *model.Scope, x jet.Jet) *graph.Node {
	value := x.Value()
	a := layers.Weight(scope, value.Graph(), "alpha", shapes.Make(value.DType(), 1), layers.Constant(0))
	return graph.ExpandLeftToRank(a, value.Rank())
}
