package ode

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
)

// Newton solves the stages of implicit steppers by the simplified Newton method: each trajectory's Jacobian [n, n] is found
// and factored once a step, at its start. The tolerances are best those of the solve, which an adaptive solve gives to steppers
// that have none; see [Tolerant].
//
// The changes δ of an iterate, measured by the root mean square of δ/(ATol + RTol·|y|), are taken to fall by a steady factor
// θ. A stage is solved when what is left of the geometric series is below a hundredth; it has failed when θ reaches 1, when
// a number is not finite, or after MaxIterations. A step with a failed stage has an error estimate of +Inf, so that an
// adaptive solve makes it again with a smaller step. Trajectories that are solved wait for the others unchanged.
//
// With Krylov vectors there is no Jacobian matrix: each iteration linearises at its own iterate and solves by GMRES with products
// from automatic differentiation, for systems so large that a matrix does not fit. There is no preconditioner.
//
// Cost:   n reverse passes and n³/3 multiplications a step, an evaluation and n² multiplications an iteration; meant for n up
// to about a hundred. With Krylov vectors about four evaluations and 4·Krylov·n multiplications for each that is used, and
// memory for 2·Krylov states.
// Source: Hairer and Wanner 1996, section IV.8, eqs. (8.9)–(8.11); Knoll and Keyes 2004. bib: hairer1996stiff, knoll2004jacobian
type Newton struct {
	RTol, ATol    float64 // relative and absolute, at least one above 0 when a step is made
	MaxIterations int     // of a stage; 0: 10
	Krylov        int     // vectors at most in a solve by GMRES; 0: a matrix and its factors
}

const (
	newtonIterations = 10    // as in diffrax and, for order 5, in RADAU5
	newtonLeastRate  = 1e-10 // what θ/(1−θ) is taken for at least, as θ may be zero by chance
	newtonMargin     = 1e-2  // of the tolerances, so that the error estimate sees little of what Newton leaves
)

// Validate lists what is wrong.
func (n Newton) Validate() error {
	var errs []error
	if !(n.RTol >= 0) || math.IsInf(n.RTol, 0) || !(n.ATol >= 0) || math.IsInf(n.ATol, 0) || n.RTol+n.ATol == 0 {
		errs = append(errs, fmt.Errorf("ode: Newton.RTol, ATol = %v, %v, want tolerances, not negative and not both 0", n.RTol, n.ATol))
	}
	if n.MaxIterations < 0 {
		errs = append(errs, fmt.Errorf("ode: Newton.MaxIterations = %d, want 1 or more, or 0 for %d", n.MaxIterations, newtonIterations))
	}
	if n.Krylov < 0 {
		errs = append(errs, fmt.Errorf("ode: Newton.Krylov = %d, want 1 or more, or 0 for a matrix", n.Krylov))
	}
	return errors.Join(errs...)
}

// Tolerant is a stepper with an iteration of its own.
type Tolerant interface {
	Stepper
	// WithTolerances is the stepper with the solve's tolerances for its iteration, unless it has tolerances already.
	WithTolerances(rtol, atol float64) Stepper
}

// or is n, with the tolerances given if it has none.
func (n Newton) or(rtol, atol float64) Newton {
	if n.RTol == 0 && n.ATol == 0 {
		n.RTol, n.ATol = rtol, atol
	}
	return n
}

// stages solves the stages of one step, which share a Jacobian.
type stages struct {
	newton   Newton
	system   System // whose Total is implicit
	gamma    float64
	t, dt, y *graph.Node
	slopes   *graph.Node // J [batch, n, n]; nil with Krylov vectors
	factored linalg.LU   // of I − γ·dt·J; none with Krylov vectors
	rate     *graph.Node // [batch, 1…]: θ/(1−θ) of the stage before
	failed   *graph.Node // [batch, 1…], bool
	made     *graph.Node // [batch, 1…]: iterations so far
}

// newStages factors the Jacobian at (t, y).
func newStages(newton Newton, s System, gamma float64, t, dt, y *graph.Node) *stages {
	if err := newton.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	one := graph.OnesLike(perTrajectory(t, y))
	out := &stages{
		newton: newton, system: s, gamma: gamma, t: t, dt: dt, y: y,
		rate: one, failed: graph.LessThan(one, graph.ZerosLike(one)), made: graph.ZerosLike(one),
	}
	if newton.Krylov == 0 {
		out.slopes = jacobian(s.Total, t, y)
		out.factored = linalg.FactorLU(graph.StopGradient(shifted(out.slopes, dt, gamma)))
	}
	return out
}

// filtered is W⁻¹·x with W at the step's start; with Krylov vectors it has no gradient.
func (s *stages) filtered(x *graph.Node) *graph.Node {
	if s.newton.Krylov > 0 {
		w := linearised{system: s.system, gamma: s.gamma, t: s.t, dt: s.dt, z: s.y}
		return graph.StopGradient(w.solve(graph.StopGradient(x), s.newton.Krylov))
	}
	return graph.Reshape(s.factored.SolveVector(flat(x)), x.Shape().Dimensions...)
}

// moved is J·x with J at the step's start.
func (s *stages) moved(x *graph.Node) *graph.Node {
	if s.newton.Krylov > 0 {
		return tangent(s.system.Total(s.t, s.y), s.y, x)
	}
	return graph.Reshape(graph.Einsum("bij,bj->bi", s.slopes, flat(x)), x.Shape().Dimensions...)
}

// solve is u = dt·f(t, base + γ·u), from a guess.
//
// Its gradient is that of the solution and not of the iteration: with W = I − γ·dt·J at the solution, a cotangent v of u
// becomes λ = W⁻ᵀ·v of dt·f.
func (s *stages) solve(t, base, guess *graph.Node) *graph.Node {
	args := s.system.nodes()
	var smooth []int // the arguments that can have gradients
	inputs := []*graph.Node{base, t, s.dt}
	for i, x := range args {
		if x.DType() == base.DType() {
			smooth, inputs = append(smooth, i), append(inputs, x)
		}
	}
	bound := func(in []*graph.Node) System {
		all := slices.Clone(args)
		for k, i := range smooth {
			all[i] = in[3+k]
		}
		return s.system.with(all)
	}
	out := autodiff.CustomVJP(inputs,
		func(in []*graph.Node) []*graph.Node {
			return s.iterate(bound(in), in[1], in[2], in[0], graph.StopGradient(guess))
		},
		func(in, out, v []*graph.Node) []*graph.Node {
			return s.reverse(bound, in, graph.StopGradient(out[0]), v[0])
		})
	s.rate = graph.StopGradient(out[1])
	s.failed = graph.LogicalOr(s.failed, graph.GreaterThan(out[2], graph.ZerosLike(out[2])))
	s.made = graph.Add(s.made, graph.StopGradient(out[3]))
	return out[0]
}

// reverse is the gradients of the inputs of solve, from the cotangent v of u.
func (s *stages) reverse(bound func(in []*graph.Node) System, in []*graph.Node, u, v *graph.Node) []*graph.Node {
	z := graph.Add(in[0], graph.MulScalar(u, s.gamma))
	system := bound(in)
	lambda := s.adjoint(linearised{system: system, gamma: s.gamma, t: in[1], dt: in[2], z: z, transposed: true}, v)
	pulled := graph.ReduceAllSum(graph.Mul(graph.StopGradient(lambda), graph.Mul(in[2], system.Total(in[1], z))))
	return graph.Gradient(pulled, in...)
}

// adjoint is W⁻ᵀ·v. By GMRES it solves again for what a solve leaves until round-off: nothing comes after it to make up for
// that.
func (s *stages) adjoint(w linearised, v *graph.Node) *graph.Node {
	if s.newton.Krylov == 0 {
		factored := linalg.FactorLU(shifted(jacobian(w.system.Total, w.t, w.z), w.dt, w.gamma))
		return graph.Reshape(factored.SolveTransposed(graph.ExpandAxes(flat(v), -1)), v.Shape().Dimensions...)
	}
	lambda := w.solve(v, s.newton.Krylov)
	for range krylovRefinements {
		lambda = graph.Add(lambda, w.solve(graph.Sub(v, w.product(lambda)), s.newton.Krylov))
	}
	return lambda
}

// What a trajectory's stage has come to.
const (
	stageOpen   = int32(iota) // not solved yet
	stageFailed               // the iteration diverges, or a number is not finite
	stageSolved
)

// iteration is the state of a Newton loop: what changes, then what stays.
type iteration struct {
	number *graph.Node // of iterations made, int32
	status *graph.Node // [batch, 1…], int32: stageOpen …
	u      *graph.Node
	rate   *graph.Node // [batch, 1…]: θ/(1−θ)
	norm   *graph.Node // [batch, 1…]: of the last change
	made   *graph.Node // [batch, 1…]: iterations while open

	t, dt, base, scale *graph.Node
}

// nodes is the state as a list; iterationOf takes it up again.
func (x iteration) nodes() []*graph.Node {
	return []*graph.Node{x.number, x.status, x.u, x.rate, x.norm, x.made, x.t, x.dt, x.base, x.scale}
}

func iterationOf(n []*graph.Node) iteration {
	return iteration{n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9]}
}

// iterate is u and, for each trajectory, the rate θ/(1−θ), 1 if it failed and else 0, and the number of iterations.
func (s *stages) iterate(system System, t, dt, base, guess *graph.Node) []*graph.Node {
	limit := s.newton.MaxIterations
	if limit == 0 {
		limit = newtonIterations
	}
	x := iteration{
		number: graph.Const(base.Graph(), int32(0)),
		status: graph.Where(s.failed, statusLike(s.failed, stageFailed), statusLike(s.failed, stageOpen)),
		u:      guess, rate: s.rate, norm: graph.ZerosLike(s.rate), made: graph.ZerosLike(s.rate), t: t, dt: dt, base: base,
		scale: graph.AddScalar(graph.MulScalar(graph.Abs(graph.StopGradient(s.y)), s.newton.RTol), s.newton.ATol),
	}
	own := len(x.nodes())
	var factors []*graph.Node
	if s.newton.Krylov == 0 {
		factors = s.factored.State()
	}
	out := iterationOf(autodiff.While(slices.Concat(x.nodes(), factors, system.nodes()),
		func(n []*graph.Node) *graph.Node {
			x := iterationOf(n)
			open := graph.LogicalAny(graph.Equal(x.status, statusLike(x.status, stageOpen)))
			return graph.LogicalAnd(open, graph.LessThan(x.number, graph.Const(x.number.Graph(), int32(limit))))
		},
		func(n []*graph.Node) []*graph.Node {
			x := s.improved(iterationOf(n), system.with(n[own+len(factors):]), n[own:own+len(factors)], limit)
			return append(x.nodes(), n[own:]...)
		}))
	solved := graph.Equal(out.status, statusLike(out.status, stageSolved))
	return []*graph.Node{out.u, out.rate, graph.Where(solved, graph.ZerosLike(out.rate), graph.OnesLike(out.rate)), out.made}
}

// improved changes u by W⁻¹(dt·f(t, base + γu) − u) in the trajectories that are open, and judges the change.
func (s *stages) improved(x iteration, f System, factors []*graph.Node, limit int) iteration {
	z := graph.Add(x.base, graph.MulScalar(x.u, s.gamma))
	residual := graph.Sub(graph.Mul(x.dt, f.Total(x.t, z)), x.u)
	var change *graph.Node
	if s.newton.Krylov > 0 {
		change = linearised{system: f, gamma: s.gamma, t: x.t, dt: x.dt, z: z}.solve(residual, s.newton.Krylov)
	} else {
		change = graph.Reshape(linalg.LUFromState(factors).SolveVector(flat(residual)), x.u.Shape().Dimensions...)
	}
	norm := rootMeanSquare(graph.Div(change, x.scale))
	margin := graph.MulScalar(graph.OnesLike(norm), newtonMargin)

	// θ can be told from the second change on; until then it is taken from the stage before, eq. (8.10) and below.
	first := graph.BroadcastToDims(graph.Equal(x.number, graph.ZerosLike(x.number)), norm.Shape().Dimensions...)
	theta := graph.Div(norm, x.norm)
	rest := graph.Sub(graph.OnesLike(theta), theta)
	rate := graph.Where(first, graph.PowScalar(graph.MaxScalar(x.rate, newtonLeastRate), 0.8), graph.Div(theta, rest))

	falls := graph.LogicalOr(first, graph.GreaterThan(rest, graph.ZerosLike(rest)))
	solved := graph.LogicalAnd(falls, graph.LessOrEqual(graph.Mul(rate, norm), margin))
	// What will be left after the last iteration allowed, eq. (8.11).
	left := graph.AddScalar(graph.Neg(graph.ConvertDType(x.number, theta.DType())), float64(limit-1))
	foreseen := graph.Div(graph.Mul(graph.Pow(theta, left), norm), rest)
	hopeful := graph.LogicalOr(first, graph.LogicalAnd(falls, graph.LessOrEqual(foreseen, margin)))
	hopeful = graph.LogicalAnd(hopeful, graph.IsFinite(norm))

	status := graph.Where(hopeful, statusLike(x.status, stageOpen), statusLike(x.status, stageFailed))
	status = graph.Where(solved, statusLike(x.status, stageSolved), status)
	open := graph.Equal(x.status, statusLike(x.status, stageOpen))
	return iteration{
		number: graph.AddScalar(x.number, 1),
		status: graph.Where(open, status, x.status),
		u:      each(open, graph.Add(x.u, change), x.u),
		rate:   graph.Where(open, rate, x.rate),
		norm:   graph.Where(open, norm, x.norm),
		made:   graph.Add(x.made, graph.ConvertDType(open, x.made.DType())),
		t:      x.t, dt: x.dt, base: x.base, scale: x.scale,
	}
}

// statusLike is one status for every trajectory.
func statusLike(x *graph.Node, status int32) *graph.Node {
	return graph.BroadcastToDims(graph.Const(x.Graph(), status), x.Shape().Dimensions...)
}

// each is yes, which may be a scalar, where a trajectory's condition [batch, 1…] holds, and no elsewhere.
func each(cond, yes, no *graph.Node) *graph.Node {
	return graph.Where(graph.BroadcastToDims(cond, no.Shape().Dimensions...), yes, no)
}

// rootMeanSquare is the norm of each trajectory, [batch, 1…].
func rootMeanSquare(x *graph.Node) *graph.Node {
	axes := make([]int, x.Rank()-1)
	for i := range axes {
		axes[i] = i + 1
	}
	return graph.Sqrt(graph.MulScalar(graph.ReduceAndKeep(graph.Square(x), graph.ReduceSum, axes...), 1/float64(width(x))))
}

// nodes is all that the system is made of: its arguments and its linear part.
func (s System) nodes() []*graph.Node {
	nodes := append([]*graph.Node{}, s.Args...)
	if s.Linear != nil {
		nodes = append(nodes, s.Linear)
	}
	return nodes
}

// with is the system made of other nodes, in the order of nodes.
func (s System) with(nodes []*graph.Node) System {
	out := s
	if s.Bind != nil {
		out = s.Bind(nodes[:len(s.Args)])
	}
	if s.Linear != nil {
		out.Linear = nodes[len(s.Args)]
	}
	return out
}
