package ode

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// course is what an adaptive solve carries from step to step. What is of each trajectory is scalar with common steps, and
// [batch, 1…] otherwise.
type course struct {
	t, dt                       *graph.Node // of each trajectory; dt is the length of the next step, above 0
	y                           *graph.Node
	status                      *graph.Node // of each trajectory, int32; Unfinished while it runs
	made, rejected, evaluations *graph.Node // of each trajectory, int32
	row                         *graph.Node // of each trajectory, int32: the first of the times that it has not reached
	tried                       *graph.Node // int32: how often the loop ran
	ratio                       *graph.Node // the last step's error in units of the tolerances, of y's shape
	saved                       *graph.Node // [times, batch, dim…]

	own, control []*graph.Node // of the stepper, of the controller
	record       []*graph.Node // of the path: t, dt, reached, how many, and states; empty without a gradient
	fired        []*graph.Node // of each trajectory: when each event fired first, NaN before

	sign, times, rtol, atol *graph.Node // do not change
	args                    []*graph.Node
}

// nodes is the course as a loop carries it.
func (c course) nodes() []*graph.Node {
	return slices.Concat(
		[]*graph.Node{c.t, c.dt, c.y, c.status, c.made, c.rejected, c.evaluations, c.row, c.tried, c.ratio, c.saved},
		c.own, c.control, c.record, c.fired, []*graph.Node{c.sign, c.times, c.rtol, c.atol}, c.args)
}

// of is a course with the loop's nodes in the places of c's.
func (c course) of(x []*graph.Node) course {
	take := func(n int) []*graph.Node {
		head := x[:n:n]
		x = x[n:]
		return head
	}
	a := take(11)
	n := course{
		t: a[0], dt: a[1], y: a[2], status: a[3], made: a[4], rejected: a[5], evaluations: a[6], row: a[7], tried: a[8], ratio: a[9],
		saved: a[10], own: take(len(c.own)), control: take(len(c.control)), record: take(len(c.record)), fired: take(len(c.fired)),
	}
	b := take(4)
	n.sign, n.times, n.rtol, n.atol = b[0], b[1], b[2], b[3]
	n.args = x
	return n
}

// running is which trajectories move.
func (c course) running() *graph.Node { return graph.Equal(c.status, graph.ZerosLike(c.status)) }

// scaled is an error in units of the tolerances at states y and y1.
func (c course) scaled(e, y, y1 *graph.Node) *graph.Node {
	return graph.Div(e, graph.Add(c.atol, graph.Mul(c.rtol, graph.Max(graph.Abs(y), graph.Abs(y1)))))
}

// adaptive solves by steps for the tolerances, in one loop.
func (s Solve) adaptive(p Problem) (Result, path) {
	begin := s.begin(p)
	out := begin.of(autodiff.While(begin.nodes(),
		func(x []*graph.Node) *graph.Node {
			c := begin.of(x)
			left := graph.LessThan(c.tried, graph.Const(c.tried.Graph(), int32(s.MaxSteps)))
			return graph.LogicalAnd(graph.LogicalAny(c.running()), left)
		},
		func(x []*graph.Node) []*graph.Node { return s.advance(p, begin.of(x)).nodes() }))
	r := Result{
		Ys: out.saved, T: out.t, Y: out.y, Dt: out.dt, Status: s.finalStatus(out), Steps: out.made, Rejected: out.rejected, Evaluations: out.evaluations,
		Ratio: out.ratio, EventTimes: out.fired,
	}
	if len(out.record) == 0 {
		return r, path{}
	}
	return r, path{t: out.record[0], dt: out.record[1], reached: out.record[2], count: out.record[3], states: out.record[4:]}
}

// begin is the course before the first step.
func (s Solve) begin(p Problem) course {
	g, y, args := p.Y0.Graph(), p.Y0, p.args()
	t := p.T0
	if s.PerTrajectory {
		t = perTrajectory(t, y)
	}
	whole := func(n int32) *graph.Node { return graph.BroadcastToDims(graph.Const(g, n), t.Shape().Dimensions...) }
	nan := graph.Scalar(g, y.DType(), math.NaN())
	c := course{
		t: t, y: y, status: whole(int32(Unfinished)), made: whole(0), rejected: whole(0), row: whole(0), tried: graph.Const(g, int32(0)),
		ratio: graph.ZerosLike(y), saved: graph.BroadcastToDims(nan, append([]int{p.count()}, y.Shape().Dimensions...)...),
		sign: graph.Sign(graph.Sub(p.last(), p.T0)), times: p.Times, rtol: p.RTol, atol: p.ATol, args: args,
	}
	system := p.system(args)
	c.own = s.Stepper.Init(system, t, y)
	evaluations := int32(1) // of Init
	if s.First > 0 {
		c.dt = graph.MulScalar(graph.OnesLike(t), s.First)
	} else {
		span := graph.Abs(graph.Sub(p.last(), t))
		c.dt = chosenStep(system, s.Stepper.Info(), t, y, c.sign, span, func(x *graph.Node) *graph.Node { return c.scaled(x, y, y) }, s.norm)
		evaluations += 2
		c.ratio = graph.MulScalar(system.Total(t, y), 0) // NaN where the field is not finite
		c.status = graph.Where(graph.IsFinite(c.dt), c.status, constant(c.status, NotFinite))
	}
	c.evaluations = whole(evaluations)
	c.control = s.Controller.Init(c.dt)
	if s.Gradient != None && s.Gradient != BacksolveAdjoint {
		rows := func(dtype dtypes.DType) *graph.Node {
			return graph.Zeros(g, shapes.Make(dtype, append([]int{s.MaxSteps}, t.Shape().Dimensions...)...))
		}
		c.record = []*graph.Node{rows(t.DType()), rows(t.DType()), rows(dtypes.Int32), graph.Const(g, int32(0))}
		var kept []*graph.Node
		switch s.Gradient {
		case ThroughSteps:
			kept = append([]*graph.Node{y}, c.own...)
		case InterpolatingAdjoint:
			kept = []*graph.Node{y}
		}
		for _, x := range kept {
			c.record = append(c.record, graph.Zeros(g, shapes.Make(x.DType(), append([]int{s.MaxSteps}, x.Shape().Dimensions...)...)))
		}
	}
	for range s.Events {
		c.fired = append(c.fired, graph.BroadcastToDims(nan, t.Shape().Dimensions...))
	}
	return c
}

// norm is the size of an error: of each trajectory, or of all.
func (s Solve) norm(scaled *graph.Node) *graph.Node {
	switch {
	case s.Norm != nil:
		return s.Norm(scaled)
	case s.PerTrajectory:
		return rootMeanSquare(scaled)
	}
	return graph.Sqrt(graph.ReduceAllMean(graph.Square(scaled)))
}

// dense is the stepper's continuous solution, if the solve can use one: a gradient wants steps that end at the times.
func (s Solve) dense(p Problem) (Dense, bool) {
	d, is := s.Stepper.(Dense)
	return d, is && !s.Gradient.discrete() && (p.count() > 1 || len(s.Events) > 0)
}

// attempt is one step tried, and what became of it.
type attempt struct {
	step            *graph.Node // signed, 0 for trajectories that do not run
	arrives         *graph.Node // the step ends at a time where steps must end
	accepted        *graph.Node
	t1, y1          *graph.Node // the end, if it is accepted
	dtNext          *graph.Node
	ratio           *graph.Node
	own             []*graph.Node
	control         []*graph.Node
	slopes          []*graph.Node // for dense output
	finite, running *graph.Node
}

// advance tries one step.
func (s Solve) advance(p Problem, c course) course {
	a := s.attempt(p, c)
	next := c
	next.t, next.y = graph.Where(a.accepted, a.t1, c.t), each(aligned(a.accepted, c.y), a.y1, c.y)
	next.dt, next.ratio, next.tried = graph.Where(a.running, a.dtNext, c.dt), a.ratio, graph.AddScalar(c.tried, 1)
	next.own = make([]*graph.Node, len(c.own))
	for i := range c.own {
		next.own[i] = each(aligned(a.accepted, c.own[i]), a.own[i], c.own[i])
	}
	next.control = a.control
	one := graph.OnesLike(c.made)
	next.made = graph.Where(a.accepted, graph.Add(c.made, one), c.made)
	refused := graph.LogicalAnd(a.running, graph.LogicalNot(a.accepted))
	next.rejected = graph.Where(refused, graph.Add(c.rejected, one), c.rejected)
	next.evaluations = graph.Where(a.running, graph.Add(c.evaluations, s.cost(c, a)), c.evaluations)
	if len(s.Events) > 0 {
		a = s.events(p, c, a, &next)
	}
	s.save(p, c, a, &next)
	s.remember(c, a, &next)
	small := graph.LessThan(a.dtNext, smallest(c))
	failed := graph.Where(a.finite, constant(c.status, Underflow), constant(c.status, NotFinite))
	next.status = graph.Where(graph.LogicalAnd(refused, small), failed, next.status)
	return next
}

// attempt makes a step and asks the controller.
func (s Solve) attempt(p Problem, c course) attempt {
	system, dense, info := p.system(c.args), Dense(nil), s.Stepper.Info()
	stop := p.lastOf(c.times)
	if d, is := s.dense(p); is {
		dense = d
	} else if p.count() > 1 {
		stop = graph.Reshape(graph.Gather(c.times, graph.Reshape(graph.Min(c.row, constant(c.row, p.count()-1)), c.row.Shape().Size(), 1)), c.t.Shape().Dimensions...)
	}
	a := attempt{running: c.running()}
	left := graph.Mul(c.sign, graph.Sub(stop, c.t))
	a.arrives = graph.GreaterOrEqual(graph.MulScalar(c.dt, 1+lastStretch), left)
	length := graph.Where(a.arrives, left, c.dt)
	a.step = graph.Where(a.running, graph.Mul(c.sign, length), graph.ZerosLike(length))
	a.t1 = graph.Where(a.arrives, graph.BroadcastToDims(stop, c.t.Shape().Dimensions...), graph.Add(c.t, a.step))
	var e *graph.Node
	if dense != nil {
		a.y1, e, a.own, a.slopes = dense.StepDense(system, c.t, a.step, c.y, c.own)
	} else {
		a.y1, e, a.own = s.Stepper.Step(system, c.t, a.step, c.y, c.own)
	}
	// Times 0 is NaN where y1 is not finite, which the quotient hides.
	a.ratio = c.scaled(graph.Add(e, graph.MulScalar(a.y1, 0)), c.y, a.y1)
	norm := s.norm(a.ratio)
	a.finite = graph.IsFinite(norm)
	huge := graph.Scalar(norm.Graph(), norm.DType(), 1e10) // a failed step is made again with the smallest factor
	accepted, dtNext, control := s.Controller.Next(info, graph.Where(a.finite, norm, huge), length, c.control)
	a.accepted = graph.LogicalAnd(accepted, a.running)
	// A step that was cut to arrive says little of the length that the tolerances allow.
	cut := graph.LogicalAnd(a.arrives, a.accepted)
	a.dtNext = graph.Where(cut, graph.Max(dtNext, c.dt), dtNext)
	for i := range control {
		a.control = append(a.control, each(aligned(a.running, control[i]), control[i], c.control[i]))
	}
	return a
}

// lastStretch is by how much a step is made longer rather than leave a sliver before a time where steps must end.
const lastStretch = 0.01

// lastOf is the last of the times, which are a loop's.
func (p Problem) lastOf(times *graph.Node) *graph.Node {
	return graph.Reshape(graph.Slice(times, graph.AxisElem(p.count()-1)))
}

// cost is the evaluations of an attempt, of each trajectory.
func (s Solve) cost(c course, a attempt) *graph.Node {
	counted, is := s.Stepper.(Counted)
	if !is {
		return constant(c.evaluations, s.Stepper.Info().Evaluations)
	}
	n := graph.ConvertDType(counted.Counted(a.own), dtypes.Int32)
	if c.t.IsScalar() {
		return graph.ReduceAllMax(n)
	}
	return n
}

// smallest is the length below which a step changes nothing.
func smallest(c course) *graph.Node {
	eps := 1.1e-16
	if c.y.DType() == dtypes.Float32 {
		eps = 6e-8
	}
	span := graph.Abs(graph.Sub(graph.ReduceAllMax(graph.Mul(c.sign, c.times)), graph.Mul(c.sign, c.t)))
	return graph.Max(graph.MulScalar(graph.Abs(c.t), 10*eps), graph.MulScalar(span, eps*eps))
}

// save puts down the states at the times that this step reached, and ends the trajectories that reached the last.
func (s Solve) save(p Problem, c course, a attempt, next *course) {
	n := p.count()
	dense, is := s.dense(p)
	if n == 1 {
		hit := graph.LogicalAnd(a.accepted, a.arrives)
		next.row = graph.Where(hit, graph.OnesLike(c.row), c.row)
		next.saved = graph.ExpandAxes(each(aligned(hit, c.y), a.y1, graph.Reshape(c.saved, c.y.Shape().Dimensions...)), 0)
	} else {
		next.row, next.saved = saveAll(c, a, n, func(theta, step, y, y1 *graph.Node, slopes []*graph.Node) *graph.Node {
			if !is {
				return y1
			}
			return dense.Interpolate(theta, step, y, y1, slopes)
		})
	}
	end := graph.GreaterOrEqual(next.row, constant(c.row, n))
	next.status = graph.Where(graph.LogicalAnd(next.running(), end), constant(c.status, Done), next.status)
}

// saveAll goes through the times from the first that a running trajectory has not reached.
func saveAll(c course, a attempt, n int, value func(theta, step, y, y1 *graph.Node, slopes []*graph.Node) *graph.Node) (row, saved *graph.Node) {
	reached := graph.Where(a.accepted, graph.Mul(c.sign, a.t1), graph.Mul(c.sign, c.t))
	first := graph.ReduceAllMin(graph.Where(a.running, c.row, constant(c.row, n)))
	state := append([]*graph.Node{
		first, c.row, c.saved, c.times, graph.ReduceAllMax(graph.Where(a.running, reached, graph.Neg(graph.Infinity(c.t.Graph(), c.t.DType(), 1)))),
		c.sign, a.accepted, reached, c.t, a.t1, a.step, c.y, a.y1,
	}, a.slopes...)
	time := func(x []*graph.Node) *graph.Node {
		return graph.Reshape(rowOf(x[3], graph.Min(x[0], constant(x[0], n-1))))
	}
	out := autodiff.While(state,
		func(x []*graph.Node) *graph.Node {
			in := graph.LessThan(x[0], constant(x[0], n))
			return graph.LogicalAnd(in, graph.LessOrEqual(graph.Mul(x[5], time(x)), x[4]))
		},
		func(x []*graph.Node) []*graph.Node {
			k, row, saved, sign, accepted, reached := x[0], x[1], x[2], x[5], x[6], x[7]
			t, t1, step, y, y1 := x[8], x[9], x[10], x[11], x[12]
			at := time(x)
			new := graph.LessOrEqual(row, k) // not yet saved
			hit := graph.LogicalAnd(graph.LogicalAnd(accepted, new), graph.LessOrEqual(graph.Mul(sign, at), reached))
			end := graph.Equal(graph.BroadcastToDims(at, t1.Shape().Dimensions...), t1)
			safe := graph.Where(graph.Equal(step, graph.ZerosLike(step)), graph.OnesLike(step), step)
			theta := graph.Where(end, graph.OnesLike(t), graph.Div(graph.Sub(at, t), safe))
			v := each(aligned(end, y), y1, value(theta, step, y, y1, x[13:]))
			x = slices.Clone(x)
			x[0], x[1] = graph.AddScalar(k, 1), graph.Where(hit, graph.Add(graph.ZerosLike(row), graph.AddScalar(k, 1)), row)
			x[2] = withRow(saved, each(aligned(hit, y), v, rowOf(saved, k)), k)
			return x
		})
	return out[1], out[2]
}

// remember puts the step on record for the reverse pass.
func (s Solve) remember(c course, a attempt, next *course) {
	if len(c.record) == 0 {
		return
	}
	k := c.record[3]
	hit := graph.LogicalAnd(a.accepted, a.arrives)
	next.record = []*graph.Node{
		withRow(c.record[0], c.t, k),
		withRow(c.record[1], graph.Where(a.accepted, a.step, graph.ZerosLike(a.step)), k),
		withRow(c.record[2], graph.Where(hit, c.row, constant(c.row, -1)), k),
		graph.Where(graph.LogicalAny(a.accepted), graph.AddScalar(k, 1), k),
	}
	for i, rows := range c.record[4:] {
		next.record = append(next.record, withRow(rows, append([]*graph.Node{c.y}, c.own...)[i], k))
	}
}

// finalStatus adds that a terminal event was to fire.
func (s Solve) finalStatus(c course) *graph.Node {
	for _, e := range s.Events {
		if e.Terminal {
			return graph.Where(graph.Equal(c.status, constant(c.status, Done)), constant(c.status, NoEvent), c.status)
		}
	}
	return c.status
}

// constant is a number of x's shape and type.
func constant[N ~int32 | ~int](x *graph.Node, n N) *graph.Node {
	return graph.BroadcastToDims(graph.Scalar(x.Graph(), x.DType(), int(n)), x.Shape().Dimensions...)
}

// aligned is a condition of each trajectory for nodes of x's rank.
func aligned(cond, x *graph.Node) *graph.Node {
	if cond.IsScalar() || cond.Rank() == x.Rank() {
		return cond
	}
	dims := make([]int, x.Rank())
	for i := range dims {
		dims[i] = 1
	}
	dims[0] = cond.Shape().Dimensions[0]
	return graph.Reshape(cond, dims...)
}
