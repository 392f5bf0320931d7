package ode

import (
	"github.com/gomlx/gomlx/core/graph"
)

// VectorField is y' = f(t, y) as a graph function; it keeps y's shape.
type VectorField func(t, y *graph.Node) *graph.Node

// System is what a stepper moves: y' = Linear·y + Stiff(t, y) + Field(t, y). Most steppers take the sum as it is (see
// [System.Total]); implicit-explicit ones treat Stiff, and exponential ones Linear, by themselves.
type System struct {
	Field  VectorField // the whole of y', or what the other two leave of it
	Stiff  VectorField // the part that implicit-explicit steppers take implicitly; nil: none
	Linear *graph.Node // L: a diagonal [dim…] or a matrix [dim, dim] for y of [batch, dim]; nil: none

	// Args are the nodes that Field and Stiff use beside t and y; Bind makes the system with others in their place. A stepper
	// with a loop of its own, whose body sees nothing from outside, passes Args through the loop and binds what comes out. Bind
	// may be nil where there are no Args.
	Args []*graph.Node
	Bind func(args []*graph.Node) System
}

// Info is what a stepper is, for tests, tables and the driver.
type Info struct {
	Name        string // as in the literature
	Order       int    // the solution's order of convergence
	ErrorOrder  int    // the error estimate's local order is ErrorOrder + 1; 0: no estimate
	Evaluations int    // evaluations of the field a step, those reused from the step before not counted
	Bib         string // key in references.bib
}

// Stepper makes one step. Its state is what it carries from step to step (a last evaluation, a history); each node is [batch, …] of
// y's rank, so that the driver can keep the old state where a step is rejected. A step of length 0 changes nothing.
type Stepper interface {
	Info() Info
	Init(s System, t0, y0 *graph.Node) (state []*graph.Node)
	// Step returns the solution at t + dt, an estimate of its local error (nil: none; not finite: the step failed and a smaller
	// one is wanted), and the next state.
	Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node)
}

// Dense is a stepper whose step is a function of time between its ends. Without one an adaptive solve ends steps at the times
// to save.
type Dense interface {
	Stepper
	// StepDense is Step, with the slopes that Interpolate needs.
	StepDense(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next, slopes []*graph.Node)
	// Interpolate is the solution at t + theta·dt, theta from 0 to 1; it broadcasts against y as dt does.
	Interpolate(theta, dt, y, y1 *graph.Node, slopes []*graph.Node) *graph.Node
}

// Reversible is a stepper whose steps can be undone without solving anything.
type Reversible interface {
	Stepper
	// Undo is what Step started from: t is the time before the step, y1 and next what it gave.
	Undo(s System, t, dt, y1 *graph.Node, next []*graph.Node) (y *graph.Node, state []*graph.Node)
}

// Controller chooses steps from error norms; its graph functions work elementwise on scalars or on [batch, 1…]. Steps are
// lengths, above 0 whichever way time runs.
type Controller interface {
	// Init is its state at the first step.
	Init(dt *graph.Node) (state []*graph.Node)
	// Next decides on the step just made: accept is boolean; errNorm ≤ 1 is within the tolerances.
	Next(info Info, errNorm, dt *graph.Node, state []*graph.Node) (accept, dtNext *graph.Node, next []*graph.Node)
}

// Total is y' with all its parts.
func (s System) Total(t, y *graph.Node) *graph.Node {
	dy := s.Field(t, y)
	if s.Stiff != nil {
		dy = graph.Add(dy, s.Stiff(t, y))
	}
	if s.Linear != nil {
		dy = graph.Add(dy, s.linear(y))
	}
	return dy
}

// linear is L·y, L a diagonal or a matrix.
func (s System) linear(y *graph.Node) *graph.Node {
	if s.Linear.Rank() == y.Rank()-1 {
		return graph.Mul(y, graph.ExpandAxes(s.Linear, 0))
	}
	return graph.MatMul(y, graph.Transpose(s.Linear, 0, 1))
}
