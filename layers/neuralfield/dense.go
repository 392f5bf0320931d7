package neuralfield

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/layers"
)

// Weights says how the weights of a dense layer begin, and what they are made of.
type Weights string

// The kinds of weights.
const (
	// FanIn draws weights and offsets uniformly up to 1/√inputs; see layers.FanIn.
	FanIn Weights = ""
	// Glorot draws weights from the normal distribution of variance 2/(inputs + outputs); offsets begin at 0.
	//
	// Source: Glorot & Bengio 2010.
	Glorot Weights = "glorot"
	// Factorised weights are V diag(e^s), with s normal of mean 1 and standard deviation 0.1: descent then sees each
	// output's scale apart. V begins as Glorot's weights over e.
	//
	// Differs from the source: V is divided by the mean scale, not by each output's own, so that columns begin up to some
	// tenths larger or smaller than Glorot's.
	// Source: Wang et al. 2022, arXiv:2210.01274, with the values of arXiv:2308.08468. bib: wang2022factorization
	Factorised Weights = "factorised"
)

// Mean and standard deviation of the logarithms of factorised weights' scales.
const (
	scaleMean   = 1
	scaleSpread = 0.1
)

// glorot is the standard deviation of Glorot's normal weights.
func glorot(in, out int) float64 { return math.Sqrt(2 / float64(in+out)) }

// Validate returns an error if w is not one of the kinds.
func (w Weights) Validate() error {
	switch w {
	case FanIn, Glorot, Factorised:
		return nil
	}
	return fmt.Errorf("neuralfield: Weights = %q, want one of fan-in (empty), %s, %s", string(w), Glorot, Factorised)
}

// Dense is x W + b.
//
// Shapes: x [n, …, in]; returns [n, …, out]. Variables w [in, out], b [out], and s [out] for factorised weights.
// DType:  float32 or float64, as x.
// Panics: if w is not one of the kinds.
func (w Weights) Dense(scope *model.Scope, x jet.Jet, out int) jet.Jet {
	value := x.Value()
	g, dtype, in := value.Graph(), value.DType(), value.Shape().Dim(-1)
	matrix, vector := shapes.Make(dtype, in, out), shapes.Make(dtype, out)
	switch w {
	case FanIn:
		return jet.Dense(x, layers.Weight(scope, g, "w", matrix, layers.FanIn(in)), layers.Weight(scope, g, "b", vector, layers.FanIn(in)))
	case Glorot:
		return jet.Dense(x, layers.Weight(scope, g, "w", matrix, layers.Normal(glorot(in, out))), layers.Weight(scope, g, "b", vector, layers.Constant(0)))
	case Factorised:
		s := layers.Weight(scope, g, "s", vector, func(state *graph.Node, shape shapes.Shape) *graph.Node {
			return graph.AddScalar(layers.Normal(scaleSpread)(state, shape), scaleMean)
		})
		scale := graph.Reshape(graph.Exp(s), 1, out)
		v := layers.Weight(scope, g, "w", matrix, layers.Normal(glorot(in, out)*math.Exp(-scaleMean)))
		return jet.Dense(x, graph.Mul(v, scale), layers.Weight(scope, g, "b", vector, layers.Constant(0)))
	}
	exceptions.Panicf("%v", w.Validate())
	return jet.Jet{}
}

// activate is layers.Activation on a jet.
//
// Panics: if a is not one of the activations.
func activate(a layers.Activation, z jet.Jet) jet.Jet {
	switch a {
	case layers.GELU:
		return jet.GELU(z)
	case layers.GELUTanh:
		return jet.GELUTanh(z)
	case layers.ReLU:
		return jet.ReLU(z)
	case layers.SiLU:
		return jet.Swish(z)
	case layers.TanhUnit:
		return jet.Tanh(z)
	case layers.Sine:
		return jet.Sin(z)
	case layers.Linear:
		return z
	}
	exceptions.Panicf("%v", a.Validate())
	return jet.Jet{}
}

// checkWidths collects what is wrong with a network's widths, of which the last is the output's.
func checkWidths(network string, widths []int, least int) error {
	var errs []error
	if len(widths) < least {
		errs = append(errs, fmt.Errorf("neuralfield: %s.Widths has %d entries, want at least %d, the last for the output", network, len(widths), least))
	}
	for i, w := range widths {
		if w < 1 {
			errs = append(errs, fmt.Errorf("neuralfield: %s.Widths[%d] = %d, want at least 1", network, i, w))
		}
	}
	return errors.Join(errs...)
}

// joined is the inputs as columns of one array.
func joined(in []*graph.Node) jet.Jet {
	if len(in) == 0 {
		exceptions.Panicf("neuralfield: no inputs, want at least one")
	}
	if len(in) == 1 {
		return jet.Lift(in[0])
	}
	return jet.Lift(graph.Concatenate(in, -1))
}
