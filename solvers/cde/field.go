package cde

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// Field is a controlled differential equation dy = Matrix(t, y) dX.
type Field struct {
	Matrix  func(t, y *Node) *Node // F: [batch, hidden, channels] for y [batch, hidden]
	Control Path                   // X

	// Args are the nodes that Matrix uses beside t and y; Bind makes Matrix with others in their place. Bind may be nil where there
	// are no Args.
	Args []*Node
	Bind func(args []*Node) (matrix func(t, y *Node) *Node)
}

// System is the equation as an ordinary one, y' = F(t, y) X'(t), for any stepper of package ode. It has gradients with respect
// to the path's data and to Args.
//
// Panics: in the field, if Matrix gives another shape.
// Cost:   an evaluation is one of Matrix and one of [Path.Derivative].
func (f Field) System() ode.System {
	if len(f.Args) > 0 && f.Bind == nil {
		exceptions.Panicf("cde: Field.Bind = nil, want a function, as there are %d Args", len(f.Args))
	}
	return ode.System{
		Args:  append(f.Control.Nodes(), f.Args...),
		Field: f.slope,
		Bind: func(args []*Node) ode.System {
			bound := f
			n := len(f.Control.Nodes())
			bound.Control, bound.Args = f.Control.Bind(args[:n]), args[n:]
			if len(bound.Args) > 0 {
				bound.Matrix = f.Bind(bound.Args)
			}
			return bound.System()
		},
	}
}

// slope is y'.
func (f Field) slope(t, y *Node) *Node {
	m, dx := f.Matrix(t, y), f.Control.Derivative(t)
	want := append(append([]int{}, y.Shape().Dimensions...), dx.Shape().Dimensions[1])
	if y.Rank() != 2 || m.Rank() != 3 || m.Shape().CheckDims(want...) != nil {
		exceptions.Panicf("cde: Field.Matrix gave %s for y of %s, want %v", m.Shape(), y.Shape(), want)
	}
	return Einsum("bhc,bc->bh", m, dx)
}
