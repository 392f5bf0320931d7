package optimizers

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// NaturalGradient descends a [LeastSquares] loss along the direction that changes the residuals, not the parameters, as the
// gradient asks for: with the energy's inner product JᵀJ in place of the parameters' own. With momentum µ the
// direction also keeps to the last one where the residuals say nothing.
//
//	φ = µ φ₋ + (JᵀJ + λ)⁻¹ Jᵀ (r − µ J φ₋),  θ = θ − η φ
//
// µ = 0 is energy natural gradient descent (ENGD), µ > 0 SPRING. With fewer residuals than parameters the same φ comes
// from a matrix of the residuals' number, Jᵀ(JJᵀ + λ)⁻¹. η is the best of 1, 1/2, 1/4, … for the loss itself, or Rate.
//
// All is a graph function, so that a whole run is one compiled loop. New points may be drawn between runs or steps. In a train.Fit
// the rate is this struct's: Fit.Rate and Fit.Schedule are not used.
//
// From a random start, far too small a λ stalls: directions then follow what is nearly singular, and only tiny η lower the loss. The
// terms of a train.Fit are means, whose JᵀJ is small: on Poisson's equation, with 900 points inside and 1185 parameters, λ = 1e-9
// came to a relative error of 1.1e-5 in 45 steps, λ = 1e-5 to 2.3e-5 in 150. A λ equal to the loss was worse
// than 1e-9 (on 300 points).
//
// DType:  as the parameters; float64 is advised, since the last digits of the residuals are what it can gain.
// Cost:   a step is one Jacobian, one factorisation of order min(m, p), and Halvings+1 values of the loss.
// Differs from the source: SPRING's bound on the step's norm is left to the line search; without one, to Rate.
// Source: Müller & Zeinhofer 2023, arXiv:2302.13163, algorithm 1; Goldshlager, Abrahamsen & Lin 2024, arXiv:2401.10190,
// section 3; both: Guzmán-Cordero et al. 2025, arXiv:2505.12149.
// bib: muller2023achieving, goldshlager2024kaczmarz, guzman2025improving
type NaturalGradient struct {
	Damping   float64       // λ, in the units of JᵀJ: more is safer far from the minimum, less is faster near it; 0: 1e-3
	Momentum  float64       // µ, 0 ≤ µ < 1
	Rate      float64       // η; 0: searched for
	Halvings  int           // least η of the search is 2^−Halvings; 0: 30
	Factorise Factorisation // the zero value is ByCholesky
}

func (n NaturalGradient) withDefaults() NaturalGradient {
	if n.Damping == 0 {
		n.Damping = 1e-3
	}
	if n.Halvings == 0 {
		n.Halvings = 30
	}
	return n
}

// Validate returns every problem at once.
func (n NaturalGradient) Validate() error {
	var errs []error
	if !(n.Damping >= 0) {
		errs = append(errs, fmt.Errorf("optimizers: NaturalGradient.Damping = %v, want at least 0", n.Damping))
	}
	if !(n.Momentum >= 0 && n.Momentum < 1) {
		errs = append(errs, fmt.Errorf("optimizers: NaturalGradient.Momentum = %v, want 0 ≤ Momentum < 1", n.Momentum))
	}
	if !(n.Rate >= 0) {
		errs = append(errs, fmt.Errorf("optimizers: NaturalGradient.Rate = %v, want at least 0", n.Rate))
	}
	if n.Halvings < 0 {
		errs = append(errs, fmt.Errorf("optimizers: NaturalGradient.Halvings = %d, want at least 0", n.Halvings))
	}
	if n.Factorise != ByQR && n.Factorise != ByCholesky {
		errs = append(errs, fmt.Errorf("optimizers: NaturalGradient.Factorise = %d, want ByQR or ByCholesky", n.Factorise))
	}
	return errors.Join(errs...)
}

// naturalState is what the method remembers between steps.
type naturalState struct {
	last   *Node // φ₋ [p]
	loss   *Node
	status *Node
}

func (s naturalState) nodes() []*Node { return []*Node{s.last, s.loss, s.status} }

func naturalStateOf(n []*Node) naturalState { return naturalState{n[0], n[1], n[2]} }

// Init is the state before the first step.
func (n NaturalGradient) Init(params []*Node) []*Node {
	g, theta := params[0].Graph(), flatten(params)
	return naturalState{ZerosLike(theta), ScalarZero(g, theta.DType()), Const(g, int32(Running))}.nodes()
}

// Step is one step. If no η of the search lowers the loss, the parameters stay and the next direction has no momentum; if that
// does not help, the status is NoDescent.
func (n NaturalGradient) Step(problem LeastSquares, params, data, state []*Node) (next, nextState []*Node) {
	n = n.withDefaults()
	s := naturalStateOf(state)
	theta, like := flatten(params), shapesOf(params)
	g := theta.Graph()
	r, j := problem.Linearise(params, data)
	carried := MulScalar(s.last, n.Momentum)
	now := halfSquare(r)
	phi := Add(carried, newRidge(n.Factorise, j, Sub(r, times(j, carried))).solve(Scalar(g, theta.DType(), n.Damping)))
	hadMomentum := GreaterThan(ReduceAllMax(Abs(carried)), ScalarZero(g, theta.DType()))

	eta := Scalar(g, theta.DType(), n.Rate)
	var loss *Node
	if n.Rate == 0 {
		eta, loss = n.lineSearch(problem, theta, phi, now, like, data)
	} else {
		loss = problem.Loss(shapeLike(Sub(theta, Mul(phi, eta)), like), data)
	}
	stuck := Equal(eta, ZerosLike(eta))
	status := Where(LogicalAnd(stuck, LogicalNot(hadMomentum)), Const(g, int32(NoDescent)), Const(g, int32(Running)))
	status = Where(Equal(ReduceAllMax(Abs(timesTransposed(j, r))), ScalarZero(g, theta.DType())), Const(g, int32(GradientZero)), status)
	bad := LogicalNot(IsFinite(Add(now, ReduceAllSum(phi))))
	status = Where(bad, Const(g, int32(NotFinite)), status)
	theta = Where(LogicalOr(bad, stuck), theta, Sub(theta, Mul(phi, eta)))
	s = naturalState{last: Where(LogicalOr(bad, stuck), ZerosLike(phi), phi), loss: loss, status: status}
	return shapeLike(theta, like), s.nodes()
}

// Update is one step on the objective's residuals. A run that has converged stays where it is.
//
// Panics: if the objective is no [zoo.LeastSquares].
func (n NaturalGradient) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	problem, data := leastSquares("NaturalGradient", o)
	return n.Step(problem, params, data, state)
}

// lineSearch is the η of the grid with the least loss, and that loss; 0 if none is below the present one.
func (n NaturalGradient) lineSearch(problem LeastSquares, theta, phi, now *Node, like []shapes.Shape, data []*Node) (eta, loss *Node) {
	one := Scalar(theta.Graph(), theta.DType(), 1)
	state := append([]*Node{one, ZerosLike(one), now, theta, phi}, data...)
	out := autodiff.For(n.Halvings+1, state, func(_ *Node, s []*Node) []*Node {
		eta, best, least, theta, phi := s[0], s[1], s[2], s[3], s[4]
		loss := problem.Loss(shapeLike(Sub(theta, Mul(phi, eta)), like), s[5:])
		lower := LessThan(loss, least) // false for NaN
		next := []*Node{MulScalar(eta, 0.5), Where(lower, eta, best), Where(lower, loss, least), theta, phi}
		return append(next, s[5:]...)
	})
	return out[1], out[2]
}

// Minimise takes so many steps in one compiled loop, fewer if the status says that nothing more can be gained.
func (n NaturalGradient) Minimise(problem LeastSquares, params, data []*Node, steps int) ([]*Node, Report) {
	best, state, done := minimise(params, data, n.Init(params), steps,
		func(params, data, state []*Node) ([]*Node, []*Node, *Node) {
			params, state = n.Step(problem, params, data, state)
			return params, state, naturalStateOf(state).status
		})
	s := naturalStateOf(state)
	return best, Report{Loss: s.loss, Steps: done, Status: s.status}
}
