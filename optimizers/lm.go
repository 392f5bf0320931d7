package optimizers

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// LevenbergMarquardt minimises a [LeastSquares] loss by Gauss–Newton steps that are damped as much as needed. A step is
//
//	(JᵀJ + λ D²) h = −Jᵀr,  θ = θ + h
//
// where D_j is the largest norm so far of column j of J. If the loss falls, λ is multiplied by max(1/3, 1 − (2ϱ−1)³) with the gain ratio ϱ
// = loss's fall / the fall that the linear model promised; if not, λ grows by ν = 2, 4, 8, … until it does.
//
// All is a graph function, so that a whole run is one compiled loop. For up to some thousand residuals or parameters, in
// float64. In a train.Fit it takes the step's length from the residuals: Fit.Rate and Fit.Schedule are not used.
//
// DType:  as the parameters; float64 is advised.
// Cost:   a step is one Jacobian, one factorisation and solve per trial, and one value of the residuals per trial.
// Differs from the source: D as in Moré 1978, section 6, in place of the identity, so that units of parameters do not matter.
// Source: Madsen, Nielsen & Tingleff 2004, algorithm 3.16; Moré 1978. bib: madsen2004methods, more1978levenberg
type LevenbergMarquardt struct {
	Damping   float64       // λ at first; 0: 1e-3
	Gradient  float64       // converged when the largest cosine between r and a column of J is below; 0: 1e-12
	Movement  float64       // converged when ‖D h‖ is below this part of ‖D θ‖; 0: 1e-13
	Factorise Factorisation // the zero value is ByCholesky
}

// lmTrials bounds the trials of one step: λ has then grown by 2^(1+2+…+20), beyond all hope.
const lmTrials = 20

func (l LevenbergMarquardt) withDefaults() LevenbergMarquardt {
	if l.Damping == 0 {
		l.Damping = 1e-3
	}
	if l.Gradient == 0 {
		l.Gradient = 1e-12
	}
	if l.Movement == 0 {
		l.Movement = 1e-13
	}
	return l
}

// Validate returns every problem at once.
func (l LevenbergMarquardt) Validate() error {
	var errs []error
	for _, f := range []struct {
		name  string
		value float64
	}{{"Damping", l.Damping}, {"Gradient", l.Gradient}, {"Movement", l.Movement}} {
		if !(f.value >= 0) {
			errs = append(errs, fmt.Errorf("optimizers: LevenbergMarquardt.%s = %v, want at least 0", f.name, f.value))
		}
	}
	if l.Factorise != ByQR && l.Factorise != ByCholesky {
		errs = append(errs, fmt.Errorf("optimizers: LevenbergMarquardt.Factorise = %d, want ByQR or ByCholesky", l.Factorise))
	}
	return errors.Join(errs...)
}

// Status is how a minimisation in a graph ended, in a scalar int32.
type Status int32

// The ends of a minimisation.
const (
	Running      Status = iota // the steps ran out
	GradientZero               // no direction goes down
	Still                      // the last step is too small to matter; it may be one that larger and larger λ have shortened
	NoDescent                  // no trial lowered the loss: the derivatives are wrong
	NotFinite                  // the loss or its derivatives are NaN or Inf
)

// String is the status in words.
func (s Status) String() string {
	names := []string{"running", "gradient zero", "still", "no descent", "not finite"}
	if int(s) < len(names) && s >= 0 {
		return names[s]
	}
	return fmt.Sprintf("Status(%d)", int32(s))
}

// Report is what a minimisation says of itself; all are scalars.
type Report struct {
	Loss   *Node // at the parameters that are returned
	Steps  *Node // done, int32
	Status *Node // a [Status], int32
}

// lmState is what the method remembers between steps.
type lmState struct {
	damping, growth *Node // λ and ν
	scale           *Node // D² [p]
	loss            *Node
	status          *Node
}

func (s lmState) nodes() []*Node { return []*Node{s.damping, s.growth, s.scale, s.loss, s.status} }

func lmStateOf(n []*Node) lmState { return lmState{n[0], n[1], n[2], n[3], n[4]} }

// Init is the state before the first step.
func (l LevenbergMarquardt) Init(params []*Node) []*Node {
	l = l.withDefaults()
	g, dtype := params[0].Graph(), params[0].DType()
	p := flatten(params).Shape().Size()
	return lmState{
		damping: Scalar(g, dtype, l.Damping), growth: Scalar(g, dtype, 2),
		scale: Zeros(g, shapes.Make(dtype, p)), loss: ScalarZero(g, dtype), status: Const(g, int32(Running)),
	}.nodes()
}

// Step is one step; if no trial lowers the loss, the parameters stay and the status says why.
func (l LevenbergMarquardt) Step(problem LeastSquares, params, data, state []*Node) (next, nextState []*Node) {
	l = l.withDefaults()
	s := lmStateOf(state)
	theta, like := flatten(params), shapesOf(params)
	r, j := problem.Linearise(params, data)
	now := halfSquare(r)
	s.loss = now
	s.scale = Max(s.scale, ReduceSum(Square(j), 0))
	s.scale = Where(Equal(s.scale, ZerosLike(s.scale)), OnesLike(s.scale), s.scale)
	g := timesTransposed(j, r)
	cosine := ReduceAllMax(Div(Abs(g), Mul(Sqrt(s.scale), tiny(L2Norm(r)))))

	damped := newRidge(l.Factorise, Div(j, ExpandAxes(Sqrt(s.scale), 0)), r) // of D h, with the unit matrix in place of D²
	trial := l.search(problem, lmTrial{lmState: s, theta: theta, gradient: g}, damped, like, data)
	flat := LessOrEqual(cosine, Scalar(cosine.Graph(), cosine.DType(), l.Gradient))
	status := Where(flat, Const(theta.Graph(), int32(GradientZero)), trial.status)
	bad := LogicalNot(IsFinite(Add(s.loss, ReduceAllSum(g))))
	status = Where(bad, Const(theta.Graph(), int32(NotFinite)), status)
	stay := LogicalOr(flat, bad)
	theta = Where(stay, theta, trial.theta)
	s.loss = Where(stay, s.loss, trial.loss)
	lowered := LogicalAnd(LogicalNot(stay), LessThan(trial.loss, now))
	s.damping = Where(lowered, trial.damping, s.damping) // a λ that led nowhere is not kept: the next step may have other points
	s.growth, s.status = Where(lowered, trial.growth, s.growth), status
	return shapeLike(theta, like), s.nodes()
}

// Update is one step on the objective's residuals. A run that has converged stays where it is.
//
// Panics: if the objective is no [zoo.LeastSquares].
func (l LevenbergMarquardt) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	problem, data := leastSquares("LevenbergMarquardt", o)
	return l.Step(problem, params, data, state)
}

// lmTrial is the loop's state in a search for λ; the point is the best so far.
type lmTrial struct {
	lmState
	theta, gradient *Node
}

// search tries larger and larger λ until the loss falls or the step is nothing.
func (l LevenbergMarquardt) search(problem LeastSquares, t lmTrial, damped ridge, like []shapes.Shape, data []*Node) lmTrial {
	g := t.theta.Graph()
	state := append([]*Node{Const(g, int32(0)), Const(g, true), t.theta, t.gradient}, t.nodes()...)
	count := len(state)
	state = append(append(state, damped.shared...), data...)
	out := autodiff.While(state,
		func(s []*Node) *Node { return LogicalAnd(s[1], LessThan(s[0], Const(s[0].Graph(), int32(lmTrials)))) },
		func(s []*Node) []*Node {
			t := lmTrial{theta: s[2], gradient: s[3], lmState: lmStateOf(s[4:])}
			from := count + len(damped.shared)
			t, more := l.try(problem, t, ridge{damped.way, s[count:from]}, like, s[from:])
			next := append([]*Node{AddScalar(s[0], 1), more, t.theta, t.gradient}, t.nodes()...)
			return append(next, s[count:]...)
		})
	found := lmTrial{theta: out[2], gradient: out[3], lmState: lmStateOf(out[4:])}
	found.status = Where(out[1], Const(g, int32(NoDescent)), found.status) // still asking for more: the trials ran out
	return found
}

// try takes the step of one λ and changes λ by the gain; more says that another trial is needed.
func (l LevenbergMarquardt) try(problem LeastSquares, t lmTrial, linear ridge, like []shapes.Shape, data []*Node) (_ lmTrial, more *Node) {
	h := Neg(Div(linear.solve(t.damping), Sqrt(t.scale)))
	moved := Add(t.theta, h)
	loss := problem.Loss(shapeLike(moved, like), data)
	damped := Mul(t.damping, Mul(t.scale, h))
	promised := MulScalar(inner(h, Sub(damped, t.gradient)), 0.5)
	gain := Div(Sub(t.loss, loss), promised)
	better := LogicalAnd(GreaterThan(gain, ZerosLike(gain)), IsFinite(gain)) // NaN is no gain

	length := func(x *Node) *Node { return Sqrt(inner(Square(x), t.scale)) }
	still := LessOrEqual(length(h), MulScalar(length(t.theta), l.Movement))
	excess := AddScalar(MulScalar(gain, 2), -1)
	fewer := Mul(t.damping, MaxScalar(OneMinus(Mul(Square(excess), excess)), 1.0/3))
	out := t
	out.damping = Where(better, fewer, Mul(t.damping, t.growth))
	out.growth = Where(better, AddScalar(ZerosLike(t.growth), 2), MulScalar(t.growth, 2))
	out.theta, out.loss = Where(better, moved, t.theta), Where(better, loss, t.loss)
	out.status = Where(still, Const(h.Graph(), int32(Still)), t.status)
	return out, LogicalNot(LogicalOr(better, still))
}

// Minimise takes steps until one of the tests for convergence holds, at most so many, in one compiled loop.
func (l LevenbergMarquardt) Minimise(problem LeastSquares, params, data []*Node, steps int) ([]*Node, Report) {
	best, state, done := minimise(params, data, l.Init(params), steps,
		func(params, data, state []*Node) ([]*Node, []*Node, *Node) {
			params, state = l.Step(problem, params, data, state)
			return params, state, lmStateOf(state).status
		})
	s := lmStateOf(state)
	return best, Report{Loss: s.loss, Steps: done, Status: s.status}
}

// minimise loops over a step that returns parameters, state and a status, until the status is not Running.
func minimise(params, data, state []*Node, steps int, step func(params, data, state []*Node) (nextParams, nextState []*Node, status *Node)) (best, last []*Node, done *Node) {
	g := params[0].Graph()
	all := append([]*Node{Const(g, int32(0)), Const(g, int32(Running))}, params...)
	all = append(append(all, state...), data...)
	a, b := 2+len(params), 2+len(params)+len(state)
	out := autodiff.While(all,
		func(s []*Node) *Node {
			running := Equal(s[1], Const(s[1].Graph(), int32(Running)))
			return LogicalAnd(running, LessThan(s[0], Const(s[0].Graph(), int32(steps))))
		},
		func(s []*Node) []*Node {
			params, state, status := step(s[2:a:a], s[b:], s[a:b:b])
			next := append([]*Node{AddScalar(s[0], 1), status}, params...)
			return append(append(next, state...), s[b:]...)
		})
	return out[2:a], out[a:b], out[0]
}

// tiny keeps a norm from being zero; 1e-30 is a normal number in float32 too.
func tiny(norm *Node) *Node { return MaxScalar(norm, 1e-30) }

// eye is the unit matrix.
func eye(g *Graph, dtype dtypes.DType, n int) *Node {
	s := shapes.Make(dtypes.Int32, n, n)
	return ConvertDType(Equal(Iota(g, s, 0), Iota(g, s, 1)), dtype)
}
