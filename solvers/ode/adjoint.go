package ode

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// An adjoint is the equation a' = −(∂f/∂y)ᵀ a, solved from the end to the beginning, whose value at T0 is the gradient by y0; that by
// the args is the integral of (∂f/∂args)ᵀ a. Between two of the problem's times it is one solve of a row of numbers that holds y
// (of a backsolve alone), a and the integrals.
//
// The integrals feed back on nothing, so that the size of a step's error leaves them out: a seminorm, which saves up to half of the
// steps.
//
// Source: Chen et al. 2018, appendix B; Kidger, Chen and Lyons 2021 for the seminorm.
// bib: chen2018neural, kidger2021hey
type adjoint struct {
	solve   Solve
	problem Problem
	args    []*graph.Node // all that the field depends on
	active  []int         // which of args have gradients
	along   knots         // empty for a backsolve
}

// adjointGradients is the gradients by wrt, which are y0 and all args, from the cotangents of the saved states and the last one.
// ys, status are what the forward solve gave.
func (s Solve) adjointGradients(p Problem, made path, r Result, ofSaved, ofLast *graph.Node, wrt []*graph.Node) []*graph.Node {
	a := adjoint{solve: s, problem: p, args: p.args()}
	for i, x := range a.args {
		if x.DType() == p.Y0.DType() {
			a.active = append(a.active, i)
		}
	}
	if s.Gradient == InterpolatingAdjoint {
		a.along = s.knots(p, made, r)
	}
	gradients := make([]*graph.Node, len(wrt))
	found := a.backwards(r.Ys, ofSaved, ofLast)
	gradients[0] = found[0]
	for k, i := range a.active {
		gradients[1+i] = found[1+k]
	}
	for i, x := range wrt {
		if gradients[i] == nil {
			gradients[i] = graph.ZerosLike(x)
		}
	}
	return gradients
}

// backwards goes from the last of the times to T0: the gradients by y0 and the active args.
func (a adjoint) backwards(ys, ofSaved, ofLast *graph.Node) []*graph.Node {
	p, n := a.problem, a.problem.count()
	begin := []*graph.Node{ofLast}
	for _, i := range a.active {
		begin = append(begin, graph.ZerosLike(a.args[i]))
	}
	m := len(begin)
	state := slices.Concat(begin, []*graph.Node{ys, ofSaved, p.Times, p.T0}, a.tolerances(), a.args, a.along.nodes())
	out := autodiff.For(n, state, func(k *graph.Node, x []*graph.Node) []*graph.Node {
		row := graph.Sub(graph.Const(k.Graph(), int32(n-1)), k)
		rest := x[m:]
		ys, ofSaved, times, t0 := rest[0], rest[1], rest[2], rest[3]
		before := graph.Reshape(rowOf(times, graph.Max(graph.AddScalar(row, -1), graph.ZerosLike(row))))
		from, to := graph.Reshape(rowOf(times, row)), graph.Where(graph.Equal(row, graph.ZerosLike(row)), t0, before)
		moved := slices.Clone(x[:m])
		moved[0] = graph.Add(moved[0], rowOf(ofSaved, row))
		return append(a.between(from, to, rowOf(ys, row), moved, rest[4:]), rest...)
	})
	return out[:m]
}

// tolerances is those of the solve, if it has any.
func (a adjoint) tolerances() []*graph.Node {
	if a.solve.Steps > 0 {
		return nil
	}
	return []*graph.Node{a.problem.RTol, a.problem.ATol}
}

// between solves from one time back to another; moved is a and the integrals, y the state at the later time, fixed the
// tolerances, the args and the knots. Where the solve fails all it gives is NaN.
func (a adjoint) between(from, to, y *graph.Node, moved, fixed []*graph.Node) []*graph.Node {
	p := Problem{T0: from, Times: graph.Reshape(to, 1)}
	if a.solve.Steps == 0 {
		p.RTol, p.ATol, fixed = fixed[0], fixed[1], fixed[2:]
	}
	parts := moved
	if a.backsolves() {
		parts = append([]*graph.Node{y}, moved...)
	}
	like := shapesOfNodes(parts)
	p.Y0, p.Args = inRow(parts), fixed
	p.Field = func(t, z *graph.Node, args []*graph.Node) *graph.Node { return a.field(t, cut(z, like), args) }
	back := Solve{
		Stepper: a.solve.Stepper, Steps: a.solve.Steps, Controller: a.solve.Controller, Norm: a.seminorm(y.Shape()),
	}
	if back.Steps == 0 {
		back.MaxSteps = a.solve.MaxSteps
	} else {
		back.Controller = nil
	}
	r := back.Solve(p)
	done := graph.Equal(r.Status, constant(r.Status, Done))
	nan := graph.Scalar(r.Y.Graph(), r.Y.DType(), math.NaN())
	z := graph.Where(done, r.Y, graph.BroadcastToDims(nan, r.Y.Shape().Dimensions...))
	all := cut(z, like)
	return all[len(all)-len(moved):]
}

// backsolves is whether y goes back together with a, rather than along the knots.
func (a adjoint) backsolves() bool { return len(a.along.nodes()) == 0 }

// field is the row's change.
func (a adjoint) field(t *graph.Node, parts, fixed []*graph.Node) *graph.Node {
	args := fixed[:len(a.args)]
	var y *graph.Node
	if a.backsolves() {
		y, parts = parts[0], parts[1:]
	} else {
		y = a.along.of(fixed[len(a.args):]).at(t)
	}
	// A gradient by a node that others were made of goes through these alone.
	y = graph.Identity(y)
	wrt := []*graph.Node{y}
	own := slices.Clone(args)
	for _, i := range a.active {
		own[i] = graph.Identity(args[i])
		wrt = append(wrt, own[i])
	}
	dy := a.problem.system(own).Total(t, y)
	changes := autodiff.Pullback([]*graph.Node{dy}, []*graph.Node{parts[0]}, wrt)
	for i, g := range changes {
		changes[i] = graph.Neg(g)
	}
	if a.backsolves() {
		changes = append([]*graph.Node{dy}, changes...)
	}
	return inRow(changes)
}

// seminorm is the size of an error of a row: that of y and of a, the larger.
func (a adjoint) seminorm(y shapes.Shape) func(scaled *graph.Node) *graph.Node {
	if a.solve.Steps > 0 {
		return nil
	}
	norm := a.solve.Norm
	if norm == nil {
		norm = Solve{}.norm
	}
	states := []shapes.Shape{y}
	if a.backsolves() {
		states = append(states, y)
	}
	return func(scaled *graph.Node) *graph.Node {
		parts := cut(scaled, states)
		size := norm(parts[0])
		for _, x := range parts[1:] {
			size = graph.Max(size, norm(x))
		}
		// Times 0 is NaN where an integral is not finite.
		return graph.Add(size, graph.MulScalar(graph.ReduceAllSum(scaled), 0))
	}
}

// knots is a solution by its states and their changes at the beginnings of its steps and at its end: a cubic in between.
type knots struct {
	t, y, dy *graph.Node // [knots…]; those beyond the last hold anything
	last     *graph.Node // int32: the number of the last knot
	sign     *graph.Node // of the way of time
}

func (k knots) nodes() []*graph.Node {
	if k.t == nil {
		return nil
	}
	return []*graph.Node{k.t, k.y, k.dy, k.last, k.sign}
}

// of is the knots with a loop's nodes in the places of k's.
func (knots) of(x []*graph.Node) knots { return knots{x[0], x[1], x[2], x[3], x[4]} }

// knots makes them of the steps that a solve made.
func (s Solve) knots(p Problem, made path, r Result) knots {
	extended := func(rows, last *graph.Node) *graph.Node {
		more := graph.Concatenate([]*graph.Node{rows, graph.ExpandAxes(graph.ZerosLike(last), 0)}, 0)
		return withRow(more, last, made.count)
	}
	k := knots{t: extended(made.t, r.T), y: extended(made.states[0], r.Y), last: made.count}
	k.sign = graph.Sign(graph.Sub(p.last(), p.T0))
	args := p.args()
	state := append([]*graph.Node{graph.ZerosLike(made.count), graph.ZerosLike(k.y), k.last, k.t, k.y}, args...)
	out := autodiff.While(state,
		func(x []*graph.Node) *graph.Node { return graph.LessOrEqual(x[0], x[2]) },
		func(x []*graph.Node) []*graph.Node {
			i := x[0]
			dy := p.system(x[5:]).Total(graph.Reshape(rowOf(x[3], i)), rowOf(x[4], i))
			x = slices.Clone(x)
			x[0], x[1] = graph.AddScalar(i, 1), withRow(x[1], dy, i)
			return x
		})
	k.dy = out[1]
	return k
}

// at is the solution at a time between the first and the last knot.
func (k knots) at(t *graph.Node) *graph.Node {
	number := graph.Iota(t.Graph(), shapes.Make(dtypes.Int32, k.t.Shape().Dimensions[0]), 0)
	passed := graph.LessOrEqual(graph.Mul(k.t, k.sign), graph.Mul(t, k.sign))
	passed = graph.LogicalAnd(passed, graph.LessThan(number, k.last)) // the end begins no step
	i := graph.ReduceAllSum(graph.ConvertDType(passed, dtypes.Int32))
	i = graph.Max(graph.AddScalar(i, -1), graph.ZerosLike(i))
	j := graph.AddScalar(i, 1)
	from := graph.Reshape(rowOf(k.t, i))
	dt := graph.Sub(graph.Reshape(rowOf(k.t, j)), from)
	x := graph.Div(graph.Sub(t, from), dt)
	return hermite(x, dt, rowOf(k.y, i), rowOf(k.y, j), rowOf(k.dy, i), rowOf(k.dy, j))
}

// hermite is the cubic with values y0, y1 and slopes d0, d1 at the ends of a step dt, at a fraction x of it.
func hermite(x, dt, y0, y1, d0, d1 *graph.Node) *graph.Node {
	rest := graph.OneMinus(x)
	bend := graph.Sub(graph.Mul(rest, graph.Sub(graph.Mul(dt, d0), graph.Sub(y1, y0))), graph.Mul(x, graph.Sub(graph.Mul(dt, d1), graph.Sub(y1, y0))))
	line := graph.Add(graph.Mul(rest, y0), graph.Mul(x, y1))
	return graph.Add(line, graph.Mul(graph.Mul(x, rest), bend))
}

// inRow is arrays one after another, [1, n].
func inRow(x []*graph.Node) *graph.Node {
	flat := make([]*graph.Node, len(x))
	for i := range x {
		flat[i] = graph.Reshape(x[i], 1, x[i].Shape().Size())
	}
	return graph.Concatenate(flat, 1)
}

// cut is the first arrays of a row.
func cut(row *graph.Node, like []shapes.Shape) []*graph.Node {
	out := make([]*graph.Node, len(like))
	from := 0
	for i, s := range like {
		out[i] = graph.Reshape(graph.Slice(row, graph.AxisRange(), graph.AxisRange(from, from+s.Size())), s.Dimensions...)
		from += s.Size()
	}
	return out
}

// shapesOfNodes is the shapes of nodes.
func shapesOfNodes(x []*graph.Node) []shapes.Shape {
	out := make([]shapes.Shape, len(x))
	for i := range x {
		out[i] = x[i].Shape()
	}
	return out
}
