package ode

import (
	"math"

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
	state := append([]*graph.Node{y0, graph.Const(g, total)}, own...)
	state = append(append(state, saved, along.t, along.dt), p.args()...)
	out := autodiff.For(segments, state, func(i *graph.Node, x []*graph.Node) []*graph.Node {
		inner := append([]*graph.Node{i}, x[:2+n]...)
		inner = append(inner, x[3+n:]...)
		inner = autodiff.For(s.Steps, inner, func(j *graph.Node, x []*graph.Node) []*graph.Node {
			return s.equalStep(p, j, x, n)
		})
		next := append([]*graph.Node{}, inner[1:3+n]...)
		next = append(next, withRow(x[2+n], inner[1], i))
		return append(next, x[3+n:]...)
	})
	return equalResult(p, along, s.Stepper.Info(), total, out[0], out[1], out[2+n]), along
}

// equalStep is step j of segment x[0], from y = x[1]; x[2] is the number of the first step whose end was not finite, then come the
// stepper's n nodes, the times and lengths, and the args.
func (s Solve) equalStep(p Problem, j *graph.Node, x []*graph.Node, n int) []*graph.Node {
	i := graph.Add(graph.MulScalar(x[0], s.Steps), j)
	t, dt := graph.Reshape(rowOf(x[3+n], i)), graph.Reshape(rowOf(x[4+n], i))
	y1, _, own := s.Stepper.Step(p.system(x[5+n:]), t, dt, x[1], x[3:3+n])
	bad := graph.Where(graph.LogicalAll(graph.IsFinite(y1)), x[2], graph.Min(x[2], i))
	next := append([]*graph.Node{x[0], y1, bad}, own...)
	return append(next, x[3+n:]...)
}

// equalResult says of a solve by equal steps how it went; bad is the number of the first step that was not finite, or total.
func equalResult(p Problem, along path, info Info, total int32, y, bad, saved *graph.Node) Result {
	g := y.Graph()
	counted := func(n int32) *graph.Node { return graph.Const(g, n) }
	fine := graph.Equal(bad, counted(total))
	at := graph.Min(bad, counted(total-1))
	dt := graph.Reshape(rowOf(along.dt, at))
	zero := graph.ZerosLike(y)
	return Result{
		Ys: saved, Y: y, Dt: dt,
		T:      graph.Where(fine, p.last(), graph.Reshape(rowOf(along.t, at))),
		Status: graph.Where(fine, counted(int32(Done)), counted(int32(NotFinite))),
		Steps:  graph.Where(fine, counted(total), graph.AddScalar(at, 1)), Rejected: counted(0),
		Evaluations: counted(total * int32(info.Evaluations)),
		Ratio:       graph.Where(graph.IsFinite(y), zero, graph.AddScalar(zero, math.NaN())),
	}
}
