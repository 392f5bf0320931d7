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
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Network is a model that is written on jets: what an encoding of coordinates goes before.
type Network interface {
	zoo.Model
	jet.Network
}

// FourierFeatures is a network of cos(2π B x) and sin(2π B x), with random frequencies B that are not trained. The
// scales are the frequencies that the network learns early: too small a scale gives a smooth answer, too large a one noise
// between the data.
//
// Units:  coordinates of order 1; scales in periods a unit.
// Differs from the source: frequencies of several scales go into one network, not through one network each.
// Source: Tancik et al. 2020, arXiv:2006.10739; Wang et al. 2021, arXiv:2012.10047, for several scales. bib: tancik2020fourier, wang2021eigenvector
type FourierFeatures struct {
	Scales  []float64 // standard deviations of the frequencies
	Count   int       // frequencies of each scale; each gives two channels
	Network Network   // of the features
}

// PositionalEncoding is a network of the coordinates with sin(2^k π x_i) and cos(2^k π x_i), k = 0 … Octaves-1.
//
// Units:  coordinates in [-1, 1].
// Differs from the source: the coordinates go along, without which -1 and 1 were one place.
// Source: Mildenhall et al. 2020, arXiv:2003.08934, eq. (4). bib: mildenhall2020nerf
type PositionalEncoding struct {
	Octaves int     // 1 to 30
	Network Network // of the features
}

var (
	_ Network = FourierFeatures{}
	_ Network = PositionalEncoding{}
)

// mostOctaves leaves digits for the argument of the sines.
const mostOctaves = 30

// Validate returns all problems of the hyper-parameters.
func (m FourierFeatures) Validate() error {
	var errs []error
	if len(m.Scales) == 0 {
		errs = append(errs, errors.New("neuralfield: FourierFeatures.Scales has 0 entries, want at least 1"))
	}
	for i, s := range m.Scales {
		errs = append(errs, checkScale(fmt.Sprintf("FourierFeatures.Scales[%d]", i), s))
	}
	if m.Count < 1 {
		errs = append(errs, fmt.Errorf("neuralfield: FourierFeatures.Count = %d, want at least 1", m.Count))
	}
	return errors.Join(append(errs, checkNetwork("FourierFeatures", m.Network))...)
}

// Validate returns all problems of the hyper-parameters.
func (m PositionalEncoding) Validate() error {
	var errs []error
	if m.Octaves < 1 || m.Octaves > mostOctaves {
		errs = append(errs, fmt.Errorf("neuralfield: PositionalEncoding.Octaves = %d, want 1 to %d", m.Octaves, mostOctaves))
	}
	return errors.Join(append(errs, checkNetwork("PositionalEncoding", m.Network))...)
}

func checkScale(field string, s float64) error {
	if !(s > 0) || math.IsInf(s, 0) {
		return fmt.Errorf("neuralfield: %s = %v, want a positive number", field, s)
	}
	return nil
}

// checkNetwork collects what is wrong with the network of an encoding.
func checkNetwork(encoding string, n Network) error {
	if n == nil {
		return fmt.Errorf("neuralfield: %s.Network is nil, want a network such as MLP", encoding)
	}
	return n.Validate()
}

// Forward is the network's values; several inputs are joined along the last axis.
//
// Shapes: in [n, …, channels_i]; returns what Network gives.
// DType:  float32 or float64, as the inputs.
func (m FourierFeatures) Forward(scope *model.Scope, in ...*graph.Node) *graph.Node {
	return m.ForwardJet(scope, joined(in)).Value()
}

// ForwardJet is the network on a jet.
//
// Shapes: x [n, …, d]; the network sees [n, …, 2·scales·Count]. Variable frequencies [d, scales·Count], not trained.
func (m FourierFeatures) ForwardJet(scope *model.Scope, x jet.Jet) jet.Jet {
	scope = scope.At("fourierfeatures")
	deviations := make([]float64, 0, len(m.Scales)*m.Count)
	for _, s := range m.Scales {
		for range m.Count {
			deviations = append(deviations, s)
		}
	}
	return m.Network.ForwardJet(scope, jet.FourierFeatures(x, frequencies(scope, x, deviations)))
}

// frequencies are the variable of that name, normal with a standard deviation a column, which is not trained.
//
// Shapes: x [n, …, d]; returns [d, len(deviations)].
func frequencies(scope *model.Scope, x jet.Jet, deviations []float64) *graph.Node {
	const name = "frequencies"
	value := x.Value()
	shape := shapes.Make(value.DType(), value.Shape().Dim(-1), len(deviations))
	w := layers.Weight(scope, value.Graph(), name, shape, func(state *graph.Node, shape shapes.Shape) *graph.Node {
		draws := layers.Normal(1)(state, shape)
		return graph.Mul(draws, graph.ConstAs(draws, [][]float64{deviations}))
	})
	scope.GetVariable(name).Trainable = false
	return w
}

// Forward is the network's values; several inputs are joined along the last axis.
//
// Shapes: in [n, …, channels_i]; returns what Network gives.
// DType:  float32 or float64, as the inputs; an octave takes a bit of the argument's digits.
func (m PositionalEncoding) Forward(scope *model.Scope, in ...*graph.Node) *graph.Node {
	return m.ForwardJet(scope, joined(in)).Value()
}

// ForwardJet is the network on a jet.
//
// Shapes: x [n, …, d]; the network sees [n, …, d (1 + 2 Octaves)].
func (m PositionalEncoding) ForwardJet(scope *model.Scope, x jet.Jet) jet.Jet {
	d := x.Value().Shape().Dim(-1)
	octaves := make([][]float64, d)
	for i := range octaves {
		octaves[i] = make([]float64, d*m.Octaves)
		for k := range m.Octaves {
			octaves[i][i*m.Octaves+k] = math.Ldexp(math.Pi, k)
		}
	}
	sin, cos := jet.SinCos(jet.MatMul(x, graph.ConstAs(x.Value(), octaves)))
	return m.Network.ForwardJet(scope.At("positionalencoding"), jet.Concatenate(-1, x, sin, cos))
}
