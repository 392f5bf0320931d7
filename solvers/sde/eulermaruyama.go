package sde

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// EulerMaruyama is the explicit Euler step for Itô equations:
//
//	y₁ = y + f(t, y) dt + g(t, y) dW
//
// Cost:   1 NFE.
// Source: Kloeden & Platen 1992, section 10.2. bib: kloeden1992numerical
type EulerMaruyama struct{}

// Info describes the stepper.
func (EulerMaruyama) Info() Info {
	return Info{
		Name: "Euler–Maruyama", Calculus: Ito, General: 0.5, Diagonal: 0.5, Additive: 1, Evaluations: 1,
		Bib: "kloeden1992numerical",
	}
}

// Init has no state to prepare.
func (EulerMaruyama) Init(System, *Node, *Node) []*Node { return nil }

// Step is one step.
func (EulerMaruyama) Step(s System, t, dt, y *Node, d Increment, _ []*Node) (y1 *Node, next []*Node) {
	f, g := s.fields(t, y)
	return Add(Add(y, Mul(f, dt)), s.times(g, d.W)), nil
}
