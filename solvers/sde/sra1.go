package sde

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// SRA1 is a Runge–Kutta step of strong order 1.5 for additive noise, g = g(t), where Itô and Stratonovich are the same. With
// I = ∫ (W − W(t)) over the step, divided by dt, which is ½ dW + H:
//
//	ỹ  = y + ¾ f(t, y) dt + 3⁄2 g(t+dt) I
//	y₁ = y + (⅓ f(t, y) + ⅔ f(t + ¾ dt, ỹ)) dt + g(t+dt) (dW − I) + g(t) I
//
// Cost:   2 NFE.
// Source: Rößler 2010, SIAM J. Numer. Anal. 48. bib: rossler2010rungekutta
type SRA1 struct{}

// Info describes the stepper.
func (SRA1) Info() Info {
	return Info{Name: "SRA1", Calculus: Both, Additive: 1.5, Evaluations: 2, Area: true, Bib: "rossler2010rungekutta"}
}

// Init has no state to prepare.
func (SRA1) Init(System, *Node, *Node) []*Node { return nil }

// Step is one step.
func (SRA1) Step(s System, t, dt, y *Node, d Increment, _ []*Node) (y1 *Node, next []*Node) {
	f, g := s.fields(t, y)
	g1 := s.diffusion(Add(t, dt), y)
	i := Add(MulScalar(d.W, 0.5), d.H)
	stage := Add(Add(y, Mul(f, MulScalar(dt, 0.75))), MulScalar(s.times(g1, i), 1.5))
	f2 := s.Drift(Add(t, MulScalar(dt, 0.75)), stage)
	drift := DivScalar(Add(f, MulScalar(f2, 2)), 3)
	return Add(Add(y, Mul(drift, dt)), Add(s.times(g1, Sub(d.W, i)), s.times(g, i))), nil
}
