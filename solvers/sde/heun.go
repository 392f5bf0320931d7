package sde

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// Heun is the trapezoidal rule with Euler's step for its end, for Stratonovich equations:
//
//	ỹ  = y + f dt + g dW
//	y₁ = y + ½ (f + f(t+dt, ỹ)) dt + ½ (g + g(t+dt, ỹ)) dW
//
// Cost:   2 NFE.
// Source: Rümelin 1982, SIAM J. Numer. Anal. 19. bib: rumelin1982numerical
type Heun struct{}

// Info describes the stepper.
func (Heun) Info() Info {
	return Info{
		Name: "Heun", Calculus: Stratonovich, General: 0.5, Diagonal: 1, Additive: 1, Evaluations: 2,
		Bib: "rumelin1982numerical",
	}
}

// Init has no state to prepare.
func (Heun) Init(System, *Node, *Node) []*Node { return nil }

// Step is one step.
func (Heun) Step(s System, t, dt, y *Node, d Increment, _ []*Node) (y1 *Node, next []*Node) {
	f, g := s.fields(t, y)
	end := Add(Add(y, Mul(f, dt)), s.times(g, d.W))
	f1, g1 := s.fields(Add(t, dt), end)
	return Add(y, s.mean(f, f1, g, g1, dt, d.W)), nil
}

// mean is what the means of the fields at a step's two ends add to y.
func (s System) mean(f, f1, g, g1, dt, dw *Node) *Node {
	half := func(a, b *Node) *Node { return MulScalar(Add(a, b), 0.5) }
	return Add(Mul(half(f, f1), dt), s.times(half(g, g1), dw))
}
