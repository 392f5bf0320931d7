package ode

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// path is the steps that a solve made, a row each, and how many there are: when each began, how long it was (0 where a trajectory
// waited), and which of the problem's times it reached (−1: none). Rows are scalar or [batch, 1…].
type path struct {
	t, dt, reached *graph.Node
	count          *graph.Node // int32; nil: all rows

	states []*graph.Node // where they were kept: rows of y and of the stepper's nodes before each step
}

// constant is the path without a way for gradients.
func (p path) constant() path {
	if p.t == nil {
		return path{}
	}
	out := path{t: graph.StopGradient(p.t), dt: graph.StopGradient(p.dt), reached: p.reached, count: p.count}
	for _, x := range p.states {
		out.states = append(out.states, graph.StopGradient(x))
	}
	return out
}

// equalPath is n equal steps before each of a problem's times.
func equalPath(p Problem, n int) path {
	g, dtype, segments := p.Y0.Graph(), p.Y0.DType(), p.count()
	begins := graph.Reshape(p.T0, 1)
	if segments > 1 {
		begins = graph.Concatenate([]*graph.Node{begins, graph.Slice(p.Times, graph.AxisRange(0, segments-1))}, 0)
	}
	all := func(x *graph.Node) *graph.Node {
		return graph.BroadcastToDims(graph.Reshape(x, segments, 1), segments, n)
	}
	dt := all(graph.DivScalar(graph.Sub(p.Times, begins), float64(n)))
	step := graph.Iota(g, shapes.Make(dtype, segments, n), 1)
	segment := graph.Iota(g, shapes.Make(dtypes.Int32, segments, n), 0)
	final := graph.Equal(step, graph.Scalar(g, dtype, n-1))
	return path{
		t:       graph.Reshape(graph.Add(all(begins), graph.Mul(step, dt)), segments*n),
		dt:      graph.Reshape(dt, segments*n),
		reached: graph.Reshape(graph.Where(final, segment, graph.Neg(graph.OnesLike(segment))), segments*n),
	}
}

// pulledBack is the gradients by y0 and the args from the cotangents of the saved states and the last one. Where the states were
// kept it is one loop backwards; its own derivatives are those of the scan, since what was kept does not lead back to y0.
func (s Solve) pulledBack(p Problem, along path, ofSaved, ofLast *graph.Node, wrt []*graph.Node) []*graph.Node {
	if len(along.states) == 0 {
		return s.scanned(p, along, ofSaved, ofLast, wrt)
	}
	n := len(wrt)
	return autodiff.CustomVJP(append(slices.Clone(wrt), ofSaved, ofLast),
		func(q []*graph.Node) []*graph.Node { return s.backwards(p.with(q[:n]), along, q[n], q[n+1]) },
		func(q, _, w []*graph.Node) []*graph.Node {
			return autodiff.Pullback(s.scanned(p.with(q[:n]), along, q[n], q[n+1], q[:n]), w, q)
		})
}

// backwards goes back over the states that were kept.
func (s Solve) backwards(p Problem, along path, ofSaved, ofLast *graph.Node) []*graph.Node {
	// A gradient by a stopped node is zero, and inside a rule the inputs are stopped.
	fresh := append([]*graph.Node{p.Y0}, p.args()...)
	for i, x := range fresh {
		fresh[i] = graph.Identity(x)
	}
	p = p.with(fresh)
	args := p.args()
	own := s.Stepper.Init(p.system(args), p.T0, p.Y0)
	zeros := func(x []*graph.Node) []*graph.Node {
		out := make([]*graph.Node, len(x))
		for i := range x {
			out[i] = graph.ZerosLike(x[i])
		}
		return out
	}
	n, m := len(own), len(args)
	last := graph.AddScalar(along.count, -1)
	state := slices.Concat([]*graph.Node{last, ofLast}, zeros(own), zeros(args), []*graph.Node{along.t, along.dt, along.reached, ofSaved}, along.states, args)
	out := autodiff.While(state,
		func(x []*graph.Node) *graph.Node { return graph.GreaterOrEqual(x[0], graph.ZerosLike(x[0])) },
		func(x []*graph.Node) []*graph.Node {
			i, back, sums, rest := x[0], x[1:2+n], x[2+n:2+n+m], x[2+n+m:]
			at := make([]*graph.Node, 4+n)
			for k, rows := range slices.Concat(rest[:3], rest[4:5+n]) {
				at[k] = rowOf(rows, i)
			}
			reached, kept, own := at[2], at[3:], rest[5+n:]
			y1, _, next := s.Stepper.Step(p.system(own), at[0], at[1], kept[0], kept[1:])
			hit := graph.GreaterOrEqual(reached, graph.ZerosLike(reached))
			v := rowOf(rest[3], graph.Max(reached, graph.ZerosLike(reached)))
			ofY := graph.Add(back[0], each(perTrajectory(hit, y1), v, graph.ZerosLike(v)))
			g := autodiff.Pullback(append([]*graph.Node{y1}, next...), append([]*graph.Node{ofY}, back[1:]...), append(slices.Clone(kept), own...))
			x = slices.Clone(x)
			x[0] = graph.AddScalar(i, -1)
			copy(x[1:], g[:1+n])
			for k := range sums {
				x[2+n+k] = graph.Add(sums[k], g[1+n+k])
			}
			return x
		})
	gradients := append([]*graph.Node{out[1]}, out[2+n:2+n+m]...)
	if n == 0 {
		return gradients
	}
	for k, g := range autodiff.Pullback(own, out[2:2+n], fresh) {
		gradients[k] = graph.Add(gradients[k], g)
	}
	return gradients
}

// scanned is the gradients of the scan along the path of Σ v·y over what was saved.
func (s Solve) scanned(p Problem, along path, ofSaved, ofLast *graph.Node, wrt []*graph.Node) []*graph.Node {
	args := p.args()
	scan := autodiff.Scan{Steps: along.t.Shape().Dimensions[0], Count: along.count}
	switch s.Gradient {
	case ThroughCheckpoints:
		scan.Memory = autodiff.Checkpoints
	case ThroughInverse:
		scan.Memory = autodiff.Inverted
		scan.Inverse = func(_ *graph.Node, next, a, x []*graph.Node) []*graph.Node { return s.undone(p, next, a, x) }
	}
	own := s.Stepper.Init(p.system(args), p.T0, p.Y0)
	sum := graph.ScalarZero(p.Y0.Graph(), p.Y0.DType())
	state := append([]*graph.Node{p.Y0, sum}, own...)
	final, _ := scan.Over(state, append(append([]*graph.Node{}, args...), ofSaved), []*graph.Node{along.t, along.dt, along.reached},
		func(_ *graph.Node, state, a, x []*graph.Node) (next, y []*graph.Node) {
			y1, _, own := s.Stepper.Step(p.system(a[:len(args)]), x[0], x[1], state[0], state[2:])
			return append([]*graph.Node{y1, graph.Add(state[1], seen(a[len(args)], x[2], y1))}, own...), nil
		})
	return autodiff.Pullback(final[:2], []*graph.Node{ofLast, graph.OnesLike(sum)}, wrt)
}

// undone is the scan's state before a step.
func (s Solve) undone(p Problem, next, a, x []*graph.Node) []*graph.Node {
	last := len(a) - 1
	back := s.Stepper.(Reversible) //nolint:forcetypeassert // Validate has seen to it
	y, own := back.Undo(p.system(a[:last]), x[0], x[1], next[0], next[2:])
	return append([]*graph.Node{y, graph.Sub(next[1], seen(a[last], x[2], next[0]))}, own...)
}

// seen is Σ v[k]·y over the trajectories that reached time k by this step.
func seen(v, reached, y *graph.Node) *graph.Node {
	hit := graph.GreaterOrEqual(reached, graph.ZerosLike(reached))
	k := graph.Max(reached, graph.ZerosLike(reached))
	weighed := graph.Mul(rowOf(v, k), y)
	return graph.ReduceAllSum(each(perTrajectory(hit, y), weighed, graph.ZerosLike(y)))
}

// rowOf is v[k] for v [n, batch, dim…]; k is a scalar, or [batch, 1…] with one row for each trajectory.
func rowOf(v, k *graph.Node) *graph.Node {
	dims := v.Shape().Dimensions
	if k.IsScalar() {
		start := []*graph.Node{k}
		for range dims[1:] {
			start = append(start, graph.ScalarZero(k.Graph(), k.DType()))
		}
		return graph.Reshape(graph.DynamicSlice(v, start, append([]int{1}, dims[1:]...)), dims[1:]...)
	}
	number := graph.Iota(k.Graph(), shapes.Make(k.DType(), dims[1], 1), 0)
	return graph.Gather(v, graph.Concatenate([]*graph.Node{graph.Reshape(k, dims[1], 1), number}, 1))
}

// withRow is xs with a row k, a scalar, put in its place.
func withRow(xs, row, k *graph.Node) *graph.Node {
	start := []*graph.Node{k}
	for range row.Shape().Dimensions {
		start = append(start, graph.ScalarZero(k.Graph(), k.DType()))
	}
	return graph.DynamicUpdateSlice(xs, graph.Reshape(row, append([]int{1}, row.Shape().Dimensions...)...), start)
}
