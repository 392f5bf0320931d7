package causal

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/pinns"
)

// Weighting weighs each time slice by the residuals of the slices before it:
//
//	w_i = exp(-ε Σ_(k<i) L_k),  L_k the mean of |r|² over slice k,
//
// taken as a constant. The factor on the residuals is √w_i, so that the term of the equations is the mean of w_i L_i. The tolerance ε goes through
// Tolerances: on to the next one after a step in which every w_i is above Threshold, or after Steps steps with the same one. The last one stays.
//
// Points must come from a [pinns.Sliced] sampling, such as [pinns.Slices]. If they are not in the order of time the factors are NaN,
// which ends the training at that step.
//
// The exponent has a sum over slices: with twice as many slices a tolerance means twice as much.
//
// Differs from the source: the initial condition's loss is not in the exponent, as in the paper's equation (14); the authors' code for the Kuramoto–Sivashinsky
// equation has it there. Training goes on after the last tolerance's threshold is met, to the number of steps of the fit.
// Cost: a product of a matrix of slices by slices with their losses.
// Source: Wang, Sankaran & Perdikaris 2022, arXiv:2203.07404, eqs. (12) to (14), algorithm 1. bib: wang2022causality
type Weighting struct {
	Tolerances []float64 `json:",omitempty"` // ε, one after the other; nil: 0.01, 0.1, 1, 10, 100
	Steps      int       `json:",omitempty"` // with one tolerance, at most; 0: 200,000
	Threshold  float64   `json:",omitempty"` // δ; 0: 0.99
}

var _ pinns.PointWeighting = Weighting{}

// Names of the state.
const (
	stageState = "causal stage"
	stepsState = "causal steps"
)

// withDefaults fills in the source's values: section 3 and the authors' code.
func (w Weighting) withDefaults() Weighting {
	if w.Tolerances == nil {
		w.Tolerances = []float64{0.01, 0.1, 1, 10, 100}
	}
	if w.Steps == 0 {
		w.Steps = 200_000
	}
	if w.Threshold == 0 {
		w.Threshold = 0.99
	}
	return w
}

// Validate returns every problem at once.
func (w Weighting) Validate() error {
	full := w.withDefaults()
	var errs []error
	if len(full.Tolerances) == 0 {
		errs = append(errs, errors.New("causal: Weighting.Tolerances has 0 entries, want at least 1, or nil for the usual"))
	}
	for i, e := range full.Tolerances {
		if !(e > 0) || math.IsInf(e, 0) {
			errs = append(errs, fmt.Errorf("causal: Weighting.Tolerances[%d] = %v, want a positive number", i, e))
		} else if i > 0 && !(e > full.Tolerances[i-1]) {
			errs = append(errs, fmt.Errorf("causal: Weighting.Tolerances[%d] = %v, want above the one before, %v", i, e, full.Tolerances[i-1]))
		}
	}
	if full.Steps < 1 {
		errs = append(errs, fmt.Errorf("causal: Weighting.Steps = %d, want at least 1, or 0 for 200000", w.Steps))
	}
	if !(full.Threshold > 0 && full.Threshold < 1) {
		errs = append(errs, fmt.Errorf("causal: Weighting.Threshold = %v, want between 0 and 1", w.Threshold))
	}
	return errors.Join(errs...)
}

// Factor is √w at each point, and goes on to the next tolerance where it is time.
//
// Panics: with a sampling that is not sliced.
func (w Weighting) Factor(p pinns.Population) *Node {
	w = w.withDefaults()
	times := p.Slices()
	if n := p.Count(); times < 1 || n%times != 0 {
		exceptions.Panicf("causal: Weighting of %d points in %d slices of time, want Solver.Sampling = pinns.Slices and as many points in each", n, times)
	}
	g := p.Points.Graph()
	stage, steps := p.State(stageState), p.State(stepsState)
	at := stage.NodeValue(g)
	weights := causalWeights(sliceLosses(p.Residual, times), w.tolerance(at))

	done := AddScalar(steps.NodeValue(g), 1)
	met := GreaterThan(ReduceAllMin(weights), Scalar(g, weights.DType(), w.Threshold))
	next := LogicalOr(met, GreaterOrEqual(done, Scalar(g, done.DType(), w.Steps)))
	last := Scalar(g, at.DType(), len(w.Tolerances)-1)
	next = LogicalAnd(next, LessThan(at, last))
	stage.SetNodeValue(Where(next, AddScalar(at, 1), at))
	steps.SetNodeValue(Where(next, ScalarZero(g, done.DType()), done))

	weights = Where(inOrder(p.Points, times), weights, Div(ZerosLike(weights), ZerosLike(weights)))
	n := p.Count()
	return Reshape(BroadcastToDims(Sqrt(weights), times, n/times), n, 1)
}

// tolerance is ε of a stage, a scalar.
func (w Weighting) tolerance(stage *Node) *Node {
	g := stage.Graph()
	all := ConvertDType(Const(g, w.Tolerances), stage.DType())
	numbers := Iota(g, shapes.Make(stage.DType(), len(w.Tolerances)), 0)
	return ReduceAllSum(Where(Equal(numbers, BroadcastToDims(stage, len(w.Tolerances))), all, ZerosLike(all)))
}

// sliceLosses are L_i, the mean of the sum of squares over a slice.
//
// Shapes: residual [times·m, equations]; returns [times, 1].
func sliceLosses(residual *Node, times int) *Node {
	n, equations := residual.Shape().Dim(0), residual.Shape().Dim(1)
	squares := Reshape(Square(residual), times, n/times*equations)
	return DivScalar(ReduceAndKeep(squares, ReduceSum, 1), float64(n/times))
}

// causalWeights are w_i, constants.
//
// Shapes: losses [times, 1], tolerance scalar; returns [times, 1].
func causalWeights(losses, tolerance *Node) *Node {
	g, times := losses.Graph(), losses.Shape().Dim(0)
	square := shapes.Make(dtypes.Int32, times, times)
	earlier := ConvertDType(LessThan(Iota(g, square, 1), Iota(g, square, 0)), losses.DType()) // M: strictly lower triangular ones
	return StopGradient(Exp(Neg(Mul(tolerance, MatMul(earlier, losses)))))
}

// inOrder tells whether all points of a slice have its time, the last coordinate, and slices rise in time. A scalar.
func inOrder(points *Node, times int) *Node {
	d := points.Shape().Dim(1)
	t := Reshape(SliceAxis(points, 1, AxisElem(d-1)), times, points.Shape().Dim(0)/times)
	first := SliceAxis(t, 1, AxisElem(0))
	ok := ReduceAllMax(Abs(Sub(t, first)))
	ordered := Equal(ok, ScalarZero(ok.Graph(), ok.DType()))
	if times == 1 {
		return ordered
	}
	rise := Sub(SliceAxis(first, 0, AxisRange(1)), SliceAxis(first, 0, AxisRange(0, times-1)))
	return LogicalAnd(ordered, GreaterThan(ReduceAllMin(rise), ScalarZero(ok.Graph(), ok.DType())))
}
