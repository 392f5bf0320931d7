package ode

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// Direction is a change of what a solution depends on.
type Direction struct {
	Y0   *graph.Node   // of Problem.Y0's shape; nil: none
	Args []*graph.Node // one for each of Problem.Args, of its shape, nil: none; shorter than Args: none of the others
}

// Sensitivities solves a problem together with the derivatives of its solution along directions: z' = (∂f/∂y) z + (∂f/∂args) δargs,
// z(T0) = δy0. It is what to take for few parameters and many results; for many parameters and few results take a
// [Gradient].
//
// Shapes: of each direction [times, batch, dim…], as the result's Ys.
// Errors: the tolerances hold for the derivatives too.
// Panics: as [Solve.Solve]; if Gradient is not None, or a direction's shapes are not the problem's.
// Cost:   a solve of a state of 1 + directions times the size; the field's parts Stiff and Linear are taken together.
func (s Solve) Sensitivities(p Problem, along []Direction) (r Result, tangents []*graph.Node) {
	if s.Gradient != None {
		exceptions.Panicf("ode: Solve.Gradient = %d, want None with Sensitivities", s.Gradient)
	}
	if p.Field == nil || p.Y0 == nil {
		exceptions.Panicf("ode: Problem has no Field or Y0, want both")
	}
	for i, d := range along {
		d.check(i, p)
	}
	both := p
	both.Stiff, both.Linear = nil, nil
	both.Args = slices.Clone(p.args())
	columns := []*graph.Node{p.Y0}
	for _, d := range along {
		both.Args = append(both.Args, d.numbers()...)
		if d.Y0 == nil {
			d.Y0 = graph.ZerosLike(p.Y0)
		}
		columns = append(columns, d.Y0)
	}
	both.Y0 = graph.Stack(columns, 1)
	both.Field = func(t, z *graph.Node, args []*graph.Node) *graph.Node { return p.withTangents(along, t, z, args) }
	s.Events = slices.Clone(s.Events)
	for i, e := range s.Events {
		s.Events[i].Value = func(t, z *graph.Node, args []*graph.Node) *graph.Node {
			return e.Value(ofRank(t, z.Rank()-1), column(z, 1, 0), args[:len(p.Args)])
		}
	}
	r = s.Solve(both)
	for i := range along {
		tangents = append(tangents, column(r.Ys, 2, 1+i))
	}
	r.Ys, r.Y, r.Ratio = column(r.Ys, 2, 0), column(r.Y, 1, 0), column(r.Ratio, 1, 0)
	return r, tangents
}

// check panics where a direction does not fit the problem.
func (d Direction) check(i int, p Problem) {
	if d.Y0 != nil && !d.Y0.Shape().Equal(p.Y0.Shape()) {
		exceptions.Panicf("ode: Sensitivities: direction %d: Y0 is %s, want %s", i, d.Y0.Shape(), p.Y0.Shape())
	}
	if len(d.Args) > len(p.Args) {
		exceptions.Panicf("ode: Sensitivities: direction %d has %d Args, want at most %d", i, len(d.Args), len(p.Args))
	}
	for k, x := range d.Args {
		if x != nil && !x.Shape().Equal(p.Args[k].Shape()) {
			exceptions.Panicf("ode: Sensitivities: direction %d: Args[%d] is %s, want %s", i, k, x.Shape(), p.Args[k].Shape())
		}
	}
}

// numbers is the changes of args that there are.
func (d Direction) numbers() []*graph.Node {
	return slices.DeleteFunc(slices.Clone(d.Args), func(x *graph.Node) bool { return x == nil })
}

// withTangents is the change of z [batch, 1 + directions, dim…]; args are the problem's, then the numbers of all directions.
func (p Problem) withTangents(along []Direction, t, z *graph.Node, args []*graph.Node) *graph.Node {
	n := len(p.args())
	y, own := graph.Identity(column(z, 1, 0)), make([]*graph.Node, n)
	for i, x := range args[:n] {
		own[i] = graph.Identity(x)
	}
	changes := args[n:]
	dy := p.system(own).Total(ofRank(t, y.Rank()), y)
	columns := []*graph.Node{dy}
	for i, d := range along {
		x, tangents := []*graph.Node{y}, []*graph.Node{column(z, 1, 1+i)}
		for k, a := range d.Args {
			if a != nil {
				x, tangents, changes = append(x, own[k]), append(tangents, changes[0]), changes[1:]
			}
		}
		columns = append(columns, autodiff.JVP([]*graph.Node{dy}, x, tangents)[0])
	}
	return graph.Stack(columns, 1)
}

// ofRank is a time [batch, 1…] of the rank of the states that it goes with.
func ofRank(t *graph.Node, rank int) *graph.Node {
	if t.IsScalar() || t.Rank() == rank {
		return t
	}
	return graph.Squeeze(t, 1)
}

// column is entry i of an axis, which goes.
func column(x *graph.Node, axis, i int) *graph.Node {
	return graph.Squeeze(graph.SliceAxis(x, axis, graph.AxisElem(i)), axis)
}
