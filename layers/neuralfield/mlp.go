package neuralfield

import (
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// The networks.
var (
	_ zoo.Model   = MLP{}
	_ zoo.Model   = ModifiedMLP{}
	_ zoo.Model   = SIREN{}
	_ jet.Network = MLP{}
	_ jet.Network = ModifiedMLP{}
	_ jet.Network = SIREN{}
)

// MLP is dense layers with an activation after each but the last.
type MLP struct {
	Widths     []int             // channels after each layer; the last is the output's
	Activation layers.Activation `json:",omitempty"`
	Weights    Weights           `json:",omitempty"`
}

// Validate returns all problems of the hyper-parameters.
func (m MLP) Validate() error {
	return errors.Join(checkWidths("MLP", m.Widths, 1), m.Activation.Validate(), m.Weights.Validate())
}

// Forward is the network's values; several inputs are joined along the last axis.
//
// Shapes: in [n, …, channels_i]; returns [n, …, Widths[last]].
// DType:  float32 or float64, as the inputs.
func (m MLP) Forward(scope *model.Scope, in ...*graph.Node) *graph.Node {
	return m.ForwardJet(scope, joined(in)).Value()
}

// ForwardJet is the network on a jet.
//
// Shapes: x [n, …, in]; returns [n, …, Widths[last]].
func (m MLP) ForwardJet(scope *model.Scope, x jet.Jet) jet.Jet {
	scope = scope.At("mlp")
	for i, width := range m.Widths {
		x = m.Weights.Dense(scope.In("dense%d", i), x, width)
		if i < len(m.Widths)-1 {
			x = activate(m.Activation, x)
		}
	}
	return x
}

// ModifiedMLP is an MLP whose hidden layers choose, by each channel, between two encodings of the input:
//
//	U = σ(x W_U + b_U), V = σ(x W_V + b_V), g_l = σ(h_{l-1} W_l + b_l), h_l = g_l U + (1 - g_l) V,  h_0 = x.
//
// Source: Wang et al. 2021, arXiv:2001.04536; there U and V have changed places. bib: wang2021pathologies
type ModifiedMLP struct {
	Widths     []int             // channels of the hidden layers, all the same, and of the output
	Activation layers.Activation `json:",omitempty"`
	Weights    Weights           `json:",omitempty"`
}

// Validate returns all problems of the hyper-parameters.
func (m ModifiedMLP) Validate() error {
	errs := []error{checkWidths("ModifiedMLP", m.Widths, 2), m.Activation.Validate(), m.Weights.Validate()}
	for i := 1; i < len(m.Widths)-1; i++ {
		if m.Widths[i] != m.Widths[0] {
			errs = append(errs, fmt.Errorf("neuralfield: ModifiedMLP.Widths[%d] = %d, want %d as the first hidden layer", i, m.Widths[i], m.Widths[0]))
		}
	}
	return errors.Join(errs...)
}

// Forward is the network's values; several inputs are joined along the last axis.
//
// Shapes: in [n, …, channels_i]; returns [n, …, Widths[last]].
// DType:  float32 or float64, as the inputs.
func (m ModifiedMLP) Forward(scope *model.Scope, in ...*graph.Node) *graph.Node {
	return m.ForwardJet(scope, joined(in)).Value()
}

// ForwardJet is the network on a jet.
//
// Shapes: x [n, …, in]; returns [n, …, Widths[last]].
func (m ModifiedMLP) ForwardJet(scope *model.Scope, x jet.Jet) jet.Jet {
	scope = scope.At("modifiedmlp")
	last := len(m.Widths) - 1
	layer := func(name string, x jet.Jet) jet.Jet {
		return activate(m.Activation, m.Weights.Dense(scope.In("%s", name), x, m.Widths[0]))
	}
	u, v := layer("u", x), layer("v", x)
	difference := jet.Sub(u, v)
	for i := range last {
		x = jet.Add(v, jet.Mul(layer(fmt.Sprintf("dense%d", i), x), difference))
	}
	return m.Weights.Dense(scope.In("dense%d", last), x, m.Widths[last])
}
