package ode

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// Event is where a function of the solution passes zero. The first time is found to round-off, by halving the step within which
// the sign changed: on the continuous solution of a [Dense] stepper, by shorter steps of others. Two passes within one step
// go unseen.
//
// Shapes: Value returns one number a trajectory, [batch, 1…]. With common steps a batch's event is that of its first trajectory
// to pass zero.
type Event struct {
	Name      string
	Value     Field
	Direction int  // above 0: upwards alone; below 0: downwards alone; 0: both
	Terminal  bool // the solve ends there
}

// halvings is enough for float64: the step's length goes below its round-off.
const halvings = 53

// events finds the events within an accepted step, and cuts the step at the first terminal one.
func (s Solve) events(p Problem, c course, a attempt, next *course) attempt {
	next.fired = slices.Clone(c.fired)
	for i, e := range s.Events {
		system := func(t, y *graph.Node, args []*graph.Node) *graph.Node { return e.perStep(t, y, args) }
		before, after := system(c.t, c.y, c.args), system(a.t1, a.y1, c.args)
		passed := graph.LogicalAnd(a.accepted, e.passed(before, after))
		passed = ofAll(passed, c.t)
		theta, state := s.located(p, c, a, e, passed)
		at := graph.Add(c.t, graph.Mul(theta, a.step))
		first := graph.LogicalAnd(passed, graph.IsNaN(c.fired[i]))
		next.fired[i] = graph.Where(first, at, c.fired[i])
		if e.Terminal {
			next.t, next.y = graph.Where(passed, at, next.t), each(aligned(passed, c.y), state, next.y)
			next.status = graph.Where(passed, constant(c.status, AtEvent), next.status)
			// What lies behind the event is not saved.
			a.t1, a.y1 = graph.Where(passed, at, a.t1), each(aligned(passed, c.y), state, a.y1)
			a.arrives = graph.LogicalAnd(a.arrives, graph.LogicalNot(passed))
		}
	}
	return a
}

// perStep is the value as [batch, 1…].
func (e Event) perStep(t, y *graph.Node, args []*graph.Node) *graph.Node {
	v := e.Value(t, y, args)
	dims := make([]int, y.Rank())
	for i := range dims {
		dims[i] = 1
	}
	dims[0] = batch(y)
	return graph.Reshape(v, dims...)
}

// passed is whether the sign changed in the event's direction; a value of zero at the start does not count.
func (e Event) passed(before, after *graph.Node) *graph.Node {
	zero := graph.ZerosLike(before)
	up := graph.LogicalAnd(graph.LessThan(before, zero), graph.GreaterOrEqual(after, zero))
	down := graph.LogicalAnd(graph.GreaterThan(before, zero), graph.LessOrEqual(after, zero))
	switch {
	case e.Direction > 0:
		return up
	case e.Direction < 0:
		return down
	}
	return graph.LogicalOr(up, down)
}

// ofAll is a condition of each trajectory of t's shape: with common steps, of any.
func ofAll(cond, t *graph.Node) *graph.Node {
	if t.IsScalar() {
		return graph.LogicalAny(cond)
	}
	return cond
}

// located is the fraction of the step at which the sign has just changed, and the state there. The loop runs only if there is
// something to find.
func (s Solve) located(p Problem, c course, a attempt, e Event, passed *graph.Node) (theta, state *graph.Node) {
	dense, is := s.dense(p)
	nSlopes, nOwn := len(a.slopes), len(c.own)
	k := graph.Where(graph.LogicalAny(passed), graph.Const(c.t.Graph(), int32(0)), graph.Const(c.t.Graph(), int32(halvings)))
	fixed := slices.Concat([]*graph.Node{c.t, a.step, c.y, a.y1}, a.slopes, c.own, c.args)
	begin := append([]*graph.Node{k, graph.ZerosLike(c.t), graph.OnesLike(c.t), a.y1}, fixed...)
	out := autodiff.While(begin,
		func(x []*graph.Node) *graph.Node { return graph.LessThan(x[0], constant(x[0], halvings)) },
		func(x []*graph.Node) []*graph.Node {
			t, step, y, y1, rest := x[4], x[5], x[6], x[7], x[8:]
			slopes, own, args := rest[:nSlopes], rest[nSlopes:nSlopes+nOwn], rest[nSlopes+nOwn:]
			middle := graph.MulScalar(graph.Add(x[1], x[2]), 0.5)
			var there *graph.Node
			if is {
				there = dense.Interpolate(middle, step, y, y1, slopes)
			} else {
				there, _, _ = s.Stepper.Step(p.system(args), t, graph.Mul(middle, step), y, own)
			}
			changed := ofAll(e.passed(e.perStep(t, y, args), e.perStep(graph.Add(t, graph.Mul(middle, step)), there, args)), t)
			x = slices.Clone(x)
			x[0] = graph.AddScalar(x[0], 1)
			x[1], x[2] = graph.Where(changed, x[1], middle), graph.Where(changed, middle, x[2])
			x[3] = each(aligned(changed, y), there, x[3])
			return x
		})
	return out[2], out[3]
}
