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

// SIREN is layers h = sin(ω (x W + b)), the last one without sine. Its initial values keep the arguments of the sines
// normal with variance 1 at any depth.
//
// Units:  coordinates in [-1, 1].
// Source: Sitzmann et al. 2020, arXiv:2006.09661, section 3.2. bib: sitzmann2020siren
type SIREN struct {
	Widths []int   // channels after each layer; the last is the output's
	First  float64 // ω of the first layer; the source takes 30
	Hidden float64 // ω of the others; the source takes 30
}

// Validate returns all problems of the hyper-parameters.
func (m SIREN) Validate() error {
	errs := []error{checkWidths("SIREN", m.Widths, 1)}
	for name, omega := range map[string]float64{"First": m.First, "Hidden": m.Hidden} {
		if !(omega > 0) || math.IsInf(omega, 0) {
			errs = append(errs, fmt.Errorf("neuralfield: SIREN.%s = %v, want a positive number", name, omega))
		}
	}
	return errors.Join(errs...)
}

// Forward is the network's values; several inputs are joined along the last axis.
//
// Shapes: in [n, …, channels_i]; returns [n, …, Widths[last]].
// DType:  float32 or float64, as the inputs.
func (m SIREN) Forward(scope *model.Scope, in ...*graph.Node) *graph.Node {
	return m.ForwardJet(scope, joined(in)).Value()
}

// ForwardJet is the network on a jet.
//
// Shapes: x [n, …, in]; returns [n, …, Widths[last]].
func (m SIREN) ForwardJet(scope *model.Scope, x jet.Jet) jet.Jet {
	scope = scope.At("siren")
	for i, width := range m.Widths {
		value, s := x.Value(), scope.In("dense%d", i)
		g, dtype, in := value.Graph(), value.DType(), value.Shape().Dim(-1)
		bound, omega := math.Sqrt(6/float64(in))/m.Hidden, m.Hidden
		if i == 0 {
			bound, omega = 1/float64(in), m.First
		}
		w := layers.Weight(s, g, "w", shapes.Make(dtype, in, width), layers.Uniform(-bound, bound))
		b := layers.Weight(s, g, "b", shapes.Make(dtype, width), layers.FanIn(in))
		x = jet.Dense(x, w, b)
		if i < len(m.Widths)-1 {
			x = jet.Sin(jet.MulScalar(x, omega))
		}
	}
	return x
}

// Periodic replaces coordinate i by 1, cos(k ω x_i) and sin(k ω x_i), k = 1 … harmonics, with ω = 2π/period, after the other
// coordinates: what is made of it is periodic in x_i with all its derivatives.
//
// Shapes: x [n, d]; returns [n, d + 2 harmonics].
// Source: Dong & Ni 2021, arXiv:2007.07442.
func Periodic(x jet.Jet, i int, period float64, harmonics int) jet.Jet {
	d := x.Value().Shape().Dim(-1)
	if i < 0 || i >= d || !(period > 0) || harmonics < 1 {
		exceptions.Panicf("neuralfield: Periodic in coordinate %d of %d, period %v, %d harmonics, want a coordinate, a positive period and at least 1", i, d, period, harmonics)
	}
	frequencies := make([][]float64, 1)
	for k := 1; k <= harmonics; k++ {
		frequencies[0] = append(frequencies[0], 2*math.Pi*float64(k)/period)
	}
	angle := jet.MatMul(jet.Column(x, i), graph.ConstAs(x.Value(), frequencies))
	sin, cos := jet.SinCos(angle)
	var parts []jet.Jet
	if i > 0 {
		parts = append(parts, jet.Columns(x, 0, i))
	}
	if i < d-1 {
		parts = append(parts, jet.Columns(x, i+1, d))
	}
	one := jet.Lift(graph.OnesLike(jet.Column(x, i).Value()))
	return jet.Concatenate(-1, append(parts, one, cos, sin)...)
}
