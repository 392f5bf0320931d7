package ode

import (
	"github.com/gomlx/gomlx/core/graph"
)

// ReversibleHeun is a method of order 2 whose steps are undone to round-off, so that gradients need no saved states:
//
//	ŷ₊ = 2 y − ŷ + dt·f(t, ŷ),  y₊ = y + dt/2·(f(t, ŷ) + f(t + dt, ŷ₊))
//
// It carries ŷ, a second approximation, and f(t, ŷ). On y' = λy it is stable for dt·λ on the imaginary axis from −i to i alone:
// fields that damp need small steps, and round-off in ŷ − y grows where the field spreads or damps. The error estimate is dt/2·(f(t + dt, ŷ₊) − f(t, ŷ)), which is Euler's. The continuous
// solution is the cubic through both ends and the slopes at ŷ, of order 2.
//
// Shapes: y [batch, dim…].
// DType:  float32 or float64.
// Panics: in Init, if f(t, y) is not of y's shape.
// Cost:   an evaluation a step, and one a step undone.
// Source: Kidger, Foster, Li and Lyons 2021, algorithms 1 and 2, without noise. bib: kidger2021gradients
type ReversibleHeun struct{}

var (
	_ Reversible = ReversibleHeun{}
	_ Dense      = ReversibleHeun{}
)

// Info is what the stepper is.
func (ReversibleHeun) Info() Info {
	return Info{Name: "reversible Heun", Order: 2, ErrorOrder: 1, Evaluations: 1, Bib: "kidger2021gradients"}
}

// Init is ŷ = y0 and the slope there.
func (ReversibleHeun) Init(s System, t0, y0 *graph.Node) []*graph.Node {
	return []*graph.Node{y0, wantField(s.Total(t0, y0), y0)}
}

// Step makes one step.
func (m ReversibleHeun) Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	y1, errEst, next, _ = m.StepDense(s, t, dt, y, state)
	return y1, errEst, next
}

// StepDense is Step with the slopes at both ends. A trajectory that stands still keeps its ŷ, which the step's formula would
// mirror at y.
func (ReversibleHeun) StepDense(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next, slopes []*graph.Node) {
	hat, f := state[0], state[1]
	hat1 := each(still(dt), hat, graph.Add(graph.Sub(graph.MulScalar(y, 2), hat), graph.Mul(dt, f)))
	f1 := s.Total(graph.Add(t, dt), hat1)
	half := graph.MulScalar(dt, 0.5)
	y1 = graph.Add(y, graph.Mul(half, graph.Add(f, f1)))
	return y1, graph.Mul(half, graph.Sub(f1, f)), []*graph.Node{hat1, f1}, []*graph.Node{f, f1}
}

// Interpolate is the cubic through both ends and their slopes.
func (ReversibleHeun) Interpolate(theta, dt, y, y1 *graph.Node, slopes []*graph.Node) *graph.Node {
	left := graph.AddScalar(graph.Neg(theta), 1)
	line := graph.Add(y, graph.Mul(theta, graph.Sub(y1, y)))
	chord := graph.Sub(y1, y)
	begin, end := graph.Sub(graph.Mul(dt, slopes[0]), chord), graph.Sub(graph.Mul(dt, slopes[1]), chord)
	bend := graph.Sub(graph.Mul(left, begin), graph.Mul(theta, end))
	return graph.Add(line, graph.Mul(graph.Mul(theta, left), bend))
}

// Undo is what Step started from.
func (ReversibleHeun) Undo(s System, t, dt, y1 *graph.Node, next []*graph.Node) (y *graph.Node, state []*graph.Node) {
	hat1, f1 := next[0], next[1]
	hat := each(still(dt), hat1, graph.Sub(graph.Sub(graph.MulScalar(y1, 2), hat1), graph.Mul(dt, f1)))
	f := s.Total(t, hat)
	y = graph.Sub(y1, graph.Mul(graph.MulScalar(dt, 0.5), graph.Add(f, f1)))
	return y, []*graph.Node{hat, f}
}

// still is where a step has no length: the trajectory waits for others.
func still(dt *graph.Node) *graph.Node {
	return graph.Equal(dt, graph.ZerosLike(dt))
}
