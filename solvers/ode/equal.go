package ode

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// equal solves by equal steps: a loop over the times around a loop over the steps.
func (s Solve) equal(p Problem) (Result, path) {
	g, y0 := p.Y0.Graph(), p.Y0
	along := equalPath(p, s.Steps)
	segments := p.count()
	own := s.Stepper.Init(p.system(p.args()), p.T0, y0)
	n := len(own)
	saved := graph.Zeros(g, shapes.Make(y0.DType(), append([]int{segments}, y0.Shape().Dimensions...)...))
	total := int32(segments * s.Steps)
	state := append([]*graph.Node{y0, graph.Const(g, total), graph.Const(g, int32(Done)), graph.Const(g, int32(0))}, own...)
	state = append(append(state, saved, along.t, along.dt), p.args()...)
	out := autodiff.For(segments, state, func(i *graph.Node, x []*graph.Node) []*graph.Node {
		inner := append([]*graph.Node{i}, x[:4+n]...)
		inner = append(inner, x[5+n:]...)
		inner = autodiff.For(s.Steps, inner, func(j *graph.Node, x []*graph.Node) []*graph.Node {
			return s.equalStep(p, j, x, n)
		})
		next := append([]*graph.Node{}, inner[1:5+n]...)
		next = append(next, withRow(x[4+n], inner[1], i))
		return append(next, x[5+n:]...)
	})
	return equalResult(p, along, s.Stepper.Info(), total, out[0], out[1:4], out[4+n]), along
}

// equalStep is step j of segment x[0], from y = x[1]; x[2:5] is the number of the first step that failed, its status and the component
// where it did; then come the stepper's n nodes, the times and lengths, and the args.
func (s Solve) equalStep(p Problem, j *graph.Node, x []*graph.Node, n int) []*graph.Node {
	i := graph.Add(graph.MulScalar(x[0], s.Steps), j)
	t, dt := graph.Reshape(rowOf(x[5+n], i)), graph.Reshape(rowOf(x[6+n], i))
	y1, e, own := s.Stepper.Step(p.system(x[7+n:]), t, dt, x[1], x[5:5+n])
	next := append([]*graph.Node{x[0], y1}, s.judged(x[2:5], i, t, dt, y1, e)...)
	next = append(next, own...)
	return append(next, x[5+n:]...)
}

// judged is the number, status and component of the first step that failed, with step i taken into account.
func (s Solve) judged(before []*graph.Node, i, t, dt, y1, e *graph.Node) []*graph.Node {
	constant := func(n Status) *graph.Node { return graph.Const(y1.Graph(), int32(n)) }
	status, component := constant(Done), graph.Const(y1.Graph(), int32(0))
	turn := func(fails *graph.Node, to Status, at *graph.Node) {
		status, component = graph.Where(fails, constant(to), status), graph.Where(fails, at, component)
	}
	stuck := graph.LogicalAnd(graph.Equal(graph.Add(t, dt), t), graph.LogicalNot(still(dt)))
	turn(stuck, Underflow, component)
	if _, iterates := s.Stepper.(Tolerant); iterates {
		fails, at := notFinite(e)
		turn(fails, Unsolved, at)
	}
	fails, at := notFinite(y1)
	turn(fails, NotFinite, at)
	first := graph.LogicalAnd(graph.Equal(before[1], constant(Done)), graph.NotEqual(status, constant(Done)))
	out := make([]*graph.Node, len(before))
	for k, x := range []*graph.Node{i, status, component} {
		out[k] = graph.Where(first, x, before[k])
	}
	return out
}

// notFinite is whether x has an entry that is not finite, and the number of the first.
func notFinite(x *graph.Node) (is, first *graph.Node) {
	dims, size := x.Shape().Dimensions, int32(x.Shape().Size())
	number := graph.Reshape(graph.Iota(x.Graph(), shapes.Make(dtypes.Int32, int(size)), 0), dims...)
	none := graph.Const(x.Graph(), size)
	first = graph.ReduceAllMin(graph.Where(graph.IsFinite(x), graph.BroadcastToDims(none, dims...), number))
	return graph.LessThan(first, none), first
}

// equalResult says of a solve by equal steps how it went; failed is the number of the first step that failed, or total, its status and
// component.
func equalResult(p Problem, along path, info Info, total int32, y *graph.Node, failed []*graph.Node, saved *graph.Node) Result {
	g := y.Graph()
	counted := func(n int32) *graph.Node { return graph.Const(g, n) }
	fine := graph.Equal(failed[0], counted(total))
	at := graph.Min(failed[0], counted(total-1))
	dt := graph.Reshape(rowOf(along.dt, at))
	dims := y.Shape().Dimensions
	number := graph.Reshape(graph.Iota(g, shapes.Make(dtypes.Int32, y.Shape().Size()), 0), dims...)
	there := graph.LogicalAnd(graph.Equal(number, graph.BroadcastToDims(failed[2], dims...)), graph.BroadcastToDims(graph.LogicalNot(fine), dims...))
	zero := graph.ZerosLike(y)
	return Result{
		Ys: saved, Y: y, Dt: dt,
		T:      graph.Where(fine, p.last(), graph.Reshape(rowOf(along.t, at))),
		Status: failed[1],
		Steps:  graph.Where(fine, counted(total), graph.AddScalar(at, 1)), Rejected: counted(0),
		Evaluations: counted(total * int32(info.Evaluations)),
		Ratio:       graph.Where(there, graph.AddScalar(zero, math.NaN()), zero),
	}
}
