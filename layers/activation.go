package layers

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Activation names a nonlinearity. The zero value is [GELU].
type Activation string

// The activations.
const (
	GELU     Activation = ""          // x Φ(x), Φ the normal distribution function (Hendrycks & Gimpel 2016, arXiv:1606.08415)
	GELUTanh Activation = "gelu-tanh" // GELU with Φ approximated by a tanh, error below 5e-4
	ReLU     Activation = "relu"      // max(x, 0)
	SiLU     Activation = "silu"      // x/(1+exp(-x))
	TanhUnit Activation = "tanh"      // tanh(x)
	Sine     Activation = "sine"      // sin(x)
	Linear   Activation = "linear"    // x
)

// Validate returns an error if a is not one of the activations.
func (a Activation) Validate() error {
	switch a {
	case GELU, GELUTanh, ReLU, SiLU, TanhUnit, Sine, Linear:
		return nil
	}
	return fmt.Errorf("layers: Activation = %q, want one of gelu (empty), %s, %s, %s, %s, %s, %s",
		string(a), GELUTanh, ReLU, SiLU, TanhUnit, Sine, Linear)
}

// Apply returns the activation of each element of x.
//
// DType:  float32 or float64, as x.
// Panics: if a is not one of the activations.
func (a Activation) Apply(x *Node) *Node {
	switch a {
	case GELU:
		return Mul(x, MulScalar(AddScalar(Erf(MulScalar(x, 1/math.Sqrt2)), 1), 0.5))
	case GELUTanh:
		return geluTanh(x)
	case ReLU:
		return Max(x, ZerosLike(x))
	case SiLU:
		return Mul(x, Sigmoid(x))
	case TanhUnit:
		return Tanh(x)
	case Sine:
		return Sin(x)
	case Linear:
		return x
	}
	exceptions.Panicf("%v", a.Validate())
	return nil
}

// geluTanh is x/2 (1 + tanh(√(2/π) (x + 0.044715 x³))), section 2 of arXiv:1606.08415.
func geluTanh(x *Node) *Node {
	inner := Mul(x, AddScalar(MulScalar(Square(x), 0.044715), 1))
	return Mul(x, MulScalar(AddScalar(Tanh(MulScalar(inner, math.Sqrt(2/math.Pi))), 1), 0.5))
}
