package sde

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// Milstein is Euler's step with the next term of the stochastic Taylor series, for diagonal noise:
//
//	y₁ = y + f dt + g dW + ½ g ∂g/∂y (dW² − dt)   Itô
//	y₁ = y + f dt + g dW + ½ g ∂g/∂y dW²          Stratonovich
//
// Component i of g must depend on component i of y alone: then g ∂g/∂y is one reverse pass of g.
//
// Panics: if the noise is not diagonal; if the calculus is neither of the two.
// Cost:   1 NFE and the gradient of g.
// Source: Kloeden & Platen 1992, section 10.3. bib: kloeden1992numerical
type Milstein struct {
	Calculus Calculus // of the equation: Ito or Stratonovich
}

// Info describes the stepper.
func (m Milstein) Info() Info {
	return Info{
		Name: "Milstein", Calculus: m.Calculus, Diagonal: 1, Additive: 1, Evaluations: 1, Bib: "kloeden1992numerical",
	}
}

// Init checks the noise.
func (m Milstein) Init(s System, _, _ *Node) []*Node {
	s.wantDiagonal("Milstein")
	if m.Calculus != Ito && m.Calculus != Stratonovich {
		exceptions.Panicf("sde: Milstein.Calculus = %d, want Ito or Stratonovich", m.Calculus)
	}
	return nil
}

// Step is one step.
func (m Milstein) Step(s System, t, dt, y *Node, d Increment, _ []*Node) (y1 *Node, next []*Node) {
	f, g := s.fields(t, y)
	slope := autodiff.Pullback([]*Node{g}, []*Node{g}, []*Node{y})[0] // g ∂g/∂y
	square := Square(d.W)
	if m.Calculus == Ito {
		square = Sub(square, dt)
	}
	y1 = Add(Add(y, Mul(f, dt)), Mul(g, d.W))
	return Add(y1, MulScalar(Mul(slope, square), 0.5)), nil
}
