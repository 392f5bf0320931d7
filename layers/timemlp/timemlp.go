// Package timemlp is a multilayer perceptron of a point, a time and a condition: the network for diffusion and flows in few
// dimensions.
//
// Conventions: points are [batch, channel]. Inputs are the points, then the time, then the condition; see
// [embedding.Conditioning].
package timemlp

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/embedding"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Model is Depth dense layers of Width channels with SiLU, and a dense layer to the answer.
type Model struct {
	Width int // channels of the hidden layers
	Depth int // number of hidden layers
	Out   int // channels of the answer

	Conditioning embedding.Conditioning
}

var _ zoo.Model = Model{}

// Default is three layers of 128 for points of the plane and a time in [0, 1], whose embedding has 64 channels.
func Default() Model {
	c := embedding.DefaultConditioning()
	c.Width = 64
	return Model{Width: 128, Depth: 3, Out: 2, Conditioning: c}
}

// Validate returns every problem of the hyper-parameters.
func (m Model) Validate() error {
	var errs []error
	for _, f := range []struct {
		name  string
		value int
	}{{"Width", m.Width}, {"Depth", m.Depth}, {"Out", m.Out}} {
		if f.value < 1 {
			errs = append(errs, fmt.Errorf("timemlp: Model.%s = %d, want at least 1", f.name, f.value))
		}
	}
	if m.Conditioning.Condition == embedding.TokenCondition {
		errs = append(errs, fmt.Errorf("timemlp: Model.Conditioning.Condition = %q, want another, since there is no attention", embedding.TokenCondition))
	}
	return errors.Join(append(errs, m.Conditioning.Validate("timemlp: Model"))...)
}

// Forward maps points, times and conditions to vectors; the embedding is joined to the point.
//
// Shapes: points [batch, channel], others as the conditioning says; returns [batch, Out].
// DType:  float32 or float64, as the points.
func (m Model) Forward(scope *model.Scope, in ...*Node) *Node {
	scope = scope.At("timemlp")
	told := m.Conditioning.Forward(scope, in...)
	x := told.State
	if x.Rank() != 2 {
		exceptions.Panicf("timemlp: points %s, want [batch, channel]", x.Shape())
	}
	inputs := []*Node{x}
	if told.Vector != nil {
		inputs = append(inputs, layers.SiLU.Apply(told.Vector))
	}
	widths := make([]int, m.Depth, m.Depth+1)
	for i := range widths {
		widths[i] = m.Width
	}
	return layers.MLP{Widths: append(widths, m.Out), Activation: layers.SiLU}.Forward(scope, inputs...)
}
