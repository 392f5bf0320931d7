package sde

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// System is what a stepper moves: dy = Drift(t, y) dt + Diffusion(t, y) dW.
type System struct {
	Drift     func(t, y *Node) *Node // f, of y's shape
	Diffusion func(t, y *Node) *Node // g: of y's shape, or [batch, dim, Motions]

	// Motions is the number of independent Brownian motions that move y [batch, dim] together. 0: the noise is diagonal, each
	// component of y has a motion of its own.
	Motions int

	// Args are the nodes that Drift and Diffusion use beside t and y; Bind makes the system with others in their place. Bind may
	// be nil where there are no Args.
	Args []*Node
	Bind func(args []*Node) System
}

// Calculus is what dW means.
type Calculus int

// A stepper solves Itô equations, Stratonovich equations, or those for which the two are the same.
const (
	Ito Calculus = iota
	Stratonovich
	Both
)

// Info is what a stepper is, for tests and tables.
type Info struct {
	Name     string // as in the literature
	Calculus Calculus

	// Strong orders of convergence; 0: the stepper is not for such noise.
	General  float64 // for motions that act together on y, in any way
	Diagonal float64 // where component i of g depends on component i of y alone
	Additive float64 // where g does not depend on y

	Evaluations int    // evaluations of f a step, those reused from the step before not counted
	Area        bool   // uses the space-time Lévy area
	Bib         string // key in references.bib
}

// Increment is what the motions do in a step.
//
// Shapes: those of y where the noise is diagonal, otherwise [batch, Motions].
type Increment struct {
	W *Node // W(t+dt) − W(t)
	H *Node // the space-time Lévy area, see [Tree.Increments]; nil unless Info.Area
}

// Stepper makes one step. Its state is what it carries from step to step.
type Stepper interface {
	Info() Info
	Init(s System, t0, y0 *Node) (state []*Node)
	Step(s System, t, dt, y *Node, d Increment, state []*Node) (y1 *Node, next []*Node)
}

// Reversible is a stepper whose steps can be undone without solving anything.
type Reversible interface {
	Stepper
	// Undo is what Step started from: t is the time before the step, y1 and next what it gave.
	Undo(s System, t, dt, y1 *Node, d Increment, next []*Node) (y *Node, state []*Node)
}

// bound is the system with other args.
func (s System) bound(args []*Node) System {
	if len(s.Args) == 0 {
		return s
	}
	if s.Bind == nil {
		exceptions.Panicf("sde: System.Bind = nil, want a function, as there are %d Args", len(s.Args))
	}
	return s.Bind(args)
}

// noise is the dimensions of the motions that move y.
func (s System) noise(y *Node) []int {
	if s.Motions == 0 {
		return y.Shape().Dimensions
	}
	if s.Motions < 0 || y.Rank() != 2 {
		exceptions.Panicf("sde: System.Motions = %d for y of shape %s, want 0, or motions of y [batch, dim]", s.Motions, y.Shape())
	}
	return []int{y.Shape().Dimensions[0], s.Motions}
}

// fields is f and g.
func (s System) fields(t, y *Node) (f, g *Node) {
	f = s.Drift(t, y)
	if !f.Shape().Equal(y.Shape()) {
		exceptions.Panicf("sde: System.Drift gave %s, want y's shape %s", f.Shape(), y.Shape())
	}
	return f, s.diffusion(t, y)
}

// diffusion is g.
func (s System) diffusion(t, y *Node) *Node {
	g, want := s.Diffusion(t, y), y.Shape().Clone()
	if s.Motions > 0 {
		want.Dimensions = append(want.Dimensions, s.Motions)
	}
	if !g.Shape().Equal(want) {
		exceptions.Panicf("sde: System.Diffusion gave %s, want %s", g.Shape(), want)
	}
	return g
}

// times is g·dW.
func (s System) times(g, dw *Node) *Node {
	if s.Motions == 0 {
		return Mul(g, dw)
	}
	return Einsum("bij,bj->bi", g, dw)
}

// wantDiagonal panics unless the noise is diagonal.
func (s System) wantDiagonal(name string) {
	if s.Motions != 0 {
		exceptions.Panicf("sde: System.Motions = %d, want 0: %s is for diagonal noise", s.Motions, name)
	}
}
