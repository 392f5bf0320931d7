package ode

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Field is y' as a graph function of the time, the state and what else it depends on (weights, coefficients, a forcing), which
// comes in through args: the bodies of compiled loops see nothing from outside. It keeps y's shape.
type Field func(t, y *graph.Node, args []*graph.Node) *graph.Node

// Problem is an initial value problem y' = Linear·y + Stiff(t, y, Args) + Field(t, y, Args), y(T0) = Y0, whose solution is wanted at
// Times. See [System] for the parts; most problems have Field alone.
//
// Shapes: T0, RTol, ATol scalars; Y0 [batch, dim…]; Times [n], n ≥ 1, going away from T0 on one side of it; Linear as in
// [System]. The solve ends at the last of Times.
// DType:  all of Y0's, float32 or float64.
type Problem struct {
	Field, Stiff Field
	Linear       *graph.Node
	Args         []*graph.Node

	T0, Y0, Times *graph.Node
	RTol, ATol    *graph.Node // of adaptive solves: the error of a step is held below ATol + RTol·|y|
}

// check panics where the problem is not one.
func (p Problem) check(adaptive bool) {
	if p.Field == nil || p.Y0 == nil || p.T0 == nil || p.Times == nil {
		exceptions.Panicf("ode: Problem has no Field, Y0, T0 or Times, want all of them")
	}
	if adaptive && (p.RTol == nil || p.ATol == nil) {
		exceptions.Panicf("ode: Problem.RTol, ATol = nil, want the tolerances of an adaptive solve")
	}
	if p.Y0.Rank() < 2 {
		exceptions.Panicf("ode: Problem.Y0 is %s, want [batch, dim…]", p.Y0.Shape())
	}
	if p.Times.Rank() != 1 || p.Times.Shape().Size() == 0 {
		exceptions.Panicf("ode: Problem.Times is %s, want [n] with n ≥ 1", p.Times.Shape())
	}
	for _, x := range []*graph.Node{p.T0, p.RTol, p.ATol} {
		if x != nil && (!x.IsScalar() || x.DType() != p.Y0.DType()) {
			exceptions.Panicf("ode: Problem: T0, RTol or ATol is %s, want a scalar %s as Y0", x.Shape(), p.Y0.DType())
		}
	}
	p.checkParts()
}

// checkParts panics where a part of y' is not of y's shape.
func (p Problem) checkParts() {
	wantField(p.Field(p.T0, p.Y0, p.Args), p.Y0)
	if p.Stiff != nil {
		wantField(p.Stiff(p.T0, p.Y0, p.Args), p.Y0)
	}
	if p.Linear == nil {
		return
	}
	dim, given := p.Y0.Shape().Dimensions[1:], p.Linear.Shape().Dimensions
	matrix := len(dim) == 1 && slices.Equal(given, []int{dim[0], dim[0]})
	if !matrix && !slices.Equal(given, dim) {
		exceptions.Panicf("ode: Problem.Linear is %s for Y0 of %s, want a diagonal [dim…] or a square matrix [dim, dim]", p.Linear.Shape(), p.Y0.Shape())
	}
}

// args is all that the field depends on, as one list.
func (p Problem) args() []*graph.Node {
	if p.Linear == nil {
		return p.Args
	}
	return append(slices.Clone(p.Args), p.Linear)
}

// system is the problem's field with args, which another graph may hold.
func (p Problem) system(args []*graph.Node) System {
	own := args[:len(p.Args)]
	s := System{
		Field: func(t, y *graph.Node) *graph.Node { return p.Field(t, y, own) },
		Args:  own,
		Bind: func(args []*graph.Node) System {
			rest := p
			rest.Linear = nil // a stepper that carries the args carries it beside them
			return rest.system(args)
		},
	}
	if p.Stiff != nil {
		s.Stiff = func(t, y *graph.Node) *graph.Node { return p.Stiff(t, y, own) }
	}
	if p.Linear != nil {
		s.Linear = args[len(p.Args)]
	}
	return s
}

// count is the number of times.
func (p Problem) count() int { return p.Times.Shape().Dimensions[0] }

// last is the time where the solve ends.
func (p Problem) last() *graph.Node {
	return graph.Reshape(graph.Slice(p.Times, graph.AxisElem(p.count()-1)))
}
