package diffusion

import (
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Prediction is what a network says of x = α x0 + σ ε, as a conditional mean.
type Prediction string

// The predictions. Any follows from any other and x, where the schedule's numbers by which it is divided are not 0.
const (
	X0       Prediction = "x0"       // the data
	Epsilon  Prediction = "epsilon"  // the noise
	Score    Prediction = "score"    // the gradient of log p(x), -ε/σ
	V        Prediction = "v"        // α ε - σ x0, of Salimans & Ho 2022, arXiv:2202.00512. bib: salimans2022progressive
	Velocity Prediction = "velocity" // the velocity dx/dt of the probability flow, α' x0 + σ' ε
)

// Validate says what is wrong.
func (p Prediction) Validate() error {
	if !slices.Contains([]Prediction{X0, Epsilon, Score, V, Velocity}, p) {
		return fmt.Errorf("diffusion: Prediction = %q, want %q, %q, %q, %q or %q", string(p), X0, Epsilon, Score, V, Velocity)
	}
	return nil
}

// Convert turns one prediction at x into another. Where both are the same it is the prediction itself; none divides by more than it
// has to: x0 from V or Velocity holds where α is 0, and noise from them where σ is.
//
// Panics: on an unknown prediction.
func Convert(from, to Prediction, out, x *Node, at Level) *Node {
	for _, p := range []Prediction{from, to} {
		if err := p.Validate(); err != nil {
			exceptions.Panicf("%v", err)
		}
	}
	if from == to {
		return out
	}
	switch to {
	case X0:
		return x0Of(from, out, x, at)
	case Epsilon:
		return noiseOf(from, out, x, at)
	case Score:
		return Neg(Div(noiseOf(from, out, x, at), at.Sigma))
	}
	x0, noise := x0Of(from, out, x, at), noiseOf(from, out, x, at)
	if to == V {
		return Sub(Mul(at.Alpha, noise), Mul(at.Sigma, x0))
	}
	return Add(Mul(at.DAlpha, x0), Mul(at.DSigma, noise))
}

// Target is a prediction's value for a known pair of data and noise: what a network is trained on.
func Target(p Prediction, x0, noise *Node, at Level) *Node {
	switch p {
	case X0:
		return x0
	case Epsilon:
		return noise
	case Score:
		return Neg(Div(noise, at.Sigma))
	case V:
		return Sub(Mul(at.Alpha, noise), Mul(at.Sigma, x0))
	case Velocity:
		return Add(Mul(at.DAlpha, x0), Mul(at.DSigma, noise))
	}
	exceptions.Panicf("%v", p.Validate())
	return nil
}

// Noised is α x0 + σ ε.
func Noised(x0, noise *Node, at Level) *Node { return Add(Mul(at.Alpha, x0), Mul(at.Sigma, noise)) }

func x0Of(from Prediction, out, x *Node, at Level) *Node {
	switch from {
	case X0:
		return out
	case Epsilon:
		return Div(Sub(x, Mul(at.Sigma, out)), at.Alpha)
	case Score:
		return Div(Add(x, Mul(Square(at.Sigma), out)), at.Alpha)
	case V:
		return Div(Sub(Mul(at.Alpha, x), Mul(at.Sigma, out)), Add(Square(at.Alpha), Square(at.Sigma)))
	default:
		return Div(Sub(Mul(at.DSigma, x), Mul(at.Sigma, out)), at.wronskian())
	}
}

func noiseOf(from Prediction, out, x *Node, at Level) *Node {
	switch from {
	case X0:
		return Div(Sub(x, Mul(at.Alpha, out)), at.Sigma)
	case Epsilon:
		return out
	case Score:
		return Neg(Mul(at.Sigma, out))
	case V:
		return Div(Add(Mul(at.Sigma, x), Mul(at.Alpha, out)), Add(Square(at.Alpha), Square(at.Sigma)))
	default:
		return Div(Sub(Mul(at.Alpha, out), Mul(at.DAlpha, x)), at.wronskian())
	}
}

// wronskian is α σ' - σ α', which is not 0 as λ is monotone.
func (l Level) wronskian() *Node { return Sub(Mul(l.Alpha, l.DSigma), Mul(l.Sigma, l.DAlpha)) }
