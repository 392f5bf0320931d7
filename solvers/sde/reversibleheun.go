package sde

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// ReversibleHeun is Heun's step with a second state ŷ in place of the end that Euler's step gives, for Stratonovich
// equations. Steps are undone by the same formulas, in round-off, so that a gradient needs no memory of them:
//
//	ŷ₁ = 2y − ŷ + f dt + g dW               f, g at (t, ŷ)
//	y₁ = y + ½ (f + f₁) dt + ½ (g + g₁) dW   f₁, g₁ at (t+dt, ŷ₁)
//
// It is not stable for strongly damped equations: on the real axis no step is.
//
// Cost:   1 NFE.
// Source: Kidger, Foster, Li & Lyons 2021, arXiv:2105.13493, algorithms 1 and 2. bib: kidger2021gradients
type ReversibleHeun struct{}

// Info describes the stepper.
func (ReversibleHeun) Info() Info {
	return Info{
		Name: "reversible Heun", Calculus: Stratonovich, General: 0.5, Diagonal: 1, Additive: 1, Evaluations: 1,
		Bib: "kidger2021gradients",
	}
}

// Init is ŷ = y0 with f and g there.
func (ReversibleHeun) Init(s System, t0, y0 *Node) []*Node {
	f, g := s.fields(t0, y0)
	return []*Node{y0, f, g}
}

// Step is one step.
func (ReversibleHeun) Step(s System, t, dt, y *Node, d Increment, state []*Node) (y1 *Node, next []*Node) {
	hat, f, g := state[0], state[1], state[2]
	hat1 := Add(Add(Sub(MulScalar(y, 2), hat), Mul(f, dt)), s.times(g, d.W))
	f1, g1 := s.fields(Add(t, dt), hat1)
	return Add(y, s.mean(f, f1, g, g1, dt, d.W)), []*Node{hat1, f1, g1}
}

// Undo is the step backwards.
func (ReversibleHeun) Undo(s System, t, dt, y1 *Node, d Increment, next []*Node) (y *Node, state []*Node) {
	hat1, f1, g1 := next[0], next[1], next[2]
	hat := Sub(Sub(Sub(MulScalar(y1, 2), hat1), Mul(f1, dt)), s.times(g1, d.W))
	f, g := s.fields(t, hat)
	return Sub(y1, s.mean(f, f1, g, g1, dt, d.W)), []*Node{hat, f, g}
}
