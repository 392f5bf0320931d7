package ode

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// jacobian is each trajectory's ∂f/∂y [batch, n, n], by n reverse passes over one evaluation. Trajectories must not depend on
// each other.
func jacobian(f VectorField, t, y *graph.Node) *graph.Node {
	dy := wantField(f(t, y), y)
	rows := make([]*graph.Node, width(y))
	for i := range rows {
		rows[i] = flat(graph.Gradient(component(dy, i), y)[0])
	}
	return graph.Stack(rows, 1)
}

// jacobians is ∂f/∂y [batch, n, n] and ∂f/∂t of y's shape.
func jacobians(f VectorField, t, y *graph.Node) (byState, byTime *graph.Node) {
	now := perTrajectory(t, y)
	dy := wantField(f(now, y), y)
	rows, times := make([]*graph.Node, width(y)), make([]*graph.Node, width(y))
	for i := range rows {
		g := graph.Gradient(component(dy, i), y, now)
		rows[i], times[i] = flat(g[0]), graph.Reshape(g[1], batch(y))
	}
	return graph.Stack(rows, 1), graph.Reshape(graph.Stack(times, 1), y.Shape().Dimensions...)
}

// component is the sum over the batch of component i of x [batch, dim…], by a product: a slice has no second derivative.
func component(x *graph.Node, i int) *graph.Node {
	number := graph.Iota(x.Graph(), shapes.Make(dtypes.Int32, batch(x), width(x)), 1)
	mask := graph.ConvertDType(graph.Equal(number, graph.Const(x.Graph(), int32(i))), x.DType())
	return graph.ReduceAllSum(graph.Mul(flat(x), mask))
}

// wantField panics unless a field's value has y's shape.
func wantField(dy, y *graph.Node) *graph.Node {
	if !dy.Shape().Equal(y.Shape()) {
		exceptions.Panicf("ode: System: y' is %s for y of %s, want as many equations as unknowns", dy.Shape(), y.Shape())
	}
	return dy
}

// perTrajectory is a time or step as [batch, 1…] of y's rank.
func perTrajectory(t, y *graph.Node) *graph.Node {
	dims := make([]int, y.Rank())
	for i := range dims {
		dims[i] = 1
	}
	if t.Rank() == 0 {
		t = graph.Reshape(t, dims...)
	}
	dims[0] = batch(y)
	return graph.BroadcastToDims(t, dims...)
}

// batch is the number of trajectories.
func batch(y *graph.Node) int { return y.Shape().Dimensions[0] }

// width is the number of unknowns of a trajectory.
func width(y *graph.Node) int { return y.Shape().Size() / batch(y) }

// flat is y as [batch, n].
func flat(y *graph.Node) *graph.Node { return graph.Reshape(y, batch(y), width(y)) }

// shifted is I − gamma·dt·J [batch, n, n].
func shifted(j, dt *graph.Node, gamma float64) *graph.Node {
	dims := j.Shape().Dimensions
	row := graph.Iota(j.Graph(), shapes.Make(dtypes.Int32, dims...), 1)
	column := graph.Iota(j.Graph(), shapes.Make(dtypes.Int32, dims...), 2)
	scale := graph.MulScalar(dt, gamma)
	if dt.Rank() > 0 {
		scale = graph.Reshape(scale, dt.Shape().Dimensions[0], 1, 1)
	}
	return graph.Sub(graph.ConvertDType(graph.Equal(row, column), j.DType()), graph.Mul(scale, j))
}
