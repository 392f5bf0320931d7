package zoo

import (
	"context"
	"encoding"

	. "github.com/gomlx/gomlx/core/graph"
)

// Objective is this step's loss as a function of the parameters, on fixed rows and draws. Every method is a graph
// function; what is not asked for is not computed.
type Objective interface {
	// Terms are the named terms at the current parameters.
	Terms() []Term
	// Weights are the terms' weights, scalars, after Fit.Weighting.
	Weights() []*Node
	// Value is the weighted sum, a scalar.
	Value() *Node
	// Grad is the gradient of Value, one node a parameter, after clipping.
	Grad() []*Node
	// TermGrad is the gradient of term i alone, unweighted: MultiAdam, gradient-norm and NTK weights. One more backward pass.
	TermGrad(i int) []*Node
	// At is the same objective at other parameters: line searches, SAM.
	At(params []*Node) Objective
	// Index is the step's number from 0, a scalar int64.
	Index() *Node
	// Rate is Fit.Rate at this step, a scalar of the parameters' dtype.
	Rate() *Node
}

// Branching is an Objective that can be asked in a branch alone, so that what a weighting does every hundredth step costs nothing in
// the others.
type Branching interface {
	// When is then(o, args) where pred, a scalar boolean, holds, else args; only that is computed. then returns arrays like args,
	// sees nothing but its arguments, and o is the same objective there.
	When(pred *Node, args []*Node, then func(o Objective, args []*Node) []*Node) []*Node
}

// LeastSquares is an Objective whose Value is a sum of squares, Σ r². Gauss–Newton methods ask for it by assertion. The driver's
// objective gives it for tasks that are [Pointwise] or whose terms all have a Residual.
type LeastSquares interface {
	// Residuals are r in parts, weighted by sqrt(weight/n) in each term, and the arrays that the parts take up in turn.
	Residuals() (parts []Residuals, data []*Node)
}

// Residuals is one part of a sum of squares.
type Residuals struct {
	// Of is the array r(θ; data), of any shape. It is traced inside of loops, so that it can use nothing but its arguments.
	Of func(params, data []*Node) *Node
	// Data is how many of the problem's arrays are this part's; parts take them in order.
	Data int
	// BySample says that row i of the result depends on row i of each array of data alone, so that each row's derivatives
	// are taken for itself. The part is then also called with arrays of fewer rows.
	BySample bool
	// Shared is how many arrays, the last ones of Data, have no rows: each call of a part BySample sees them whole.
	Shared int
}

// Optimizer is one update as a graph function. What it remembers is state, one node an entry.
// It is a plain struct: its fields marshal to JSON and are in the run's manifest.
type Optimizer interface {
	Validate() error
	Init(params []*Node) (state []*Node)
	Update(o Objective, params, state []*Node) (next, nextState []*Node)
}

// Weighting sets the terms' weights before the optimizer sees them.
type Weighting interface {
	Validate() error
	// Init makes the state for a number of terms.
	Init(terms int, params []*Node) (state []*Node)
	Weigh(o Objective, params, state []*Node) (weights, nextState []*Node)
}

// Schedule is the learning rate over a run.
type Schedule interface {
	Validate() error
	// Rate at a step: frac is step/steps in [0, 1), index the step's number; both scalars of the parameters' dtype.
	Rate(index, frac *Node) *Node
}

// HostOptimizer keeps its logic in Go: L-BFGS, Levenberg-Marquardt. One Iterate is one step of the run; the state is
// checkpointed, so that a resumed run goes on bit by bit. Its JSON is part of the run's key.
type HostOptimizer interface {
	Validate() error
	// Start makes the state for dim parameters.
	Start(dim int) HostState
	// Iterate improves x in place and reports the objective's value there; done says that nothing more can be gained.
	Iterate(ctx context.Context, f Evaluator, x []float64, s HostState) (done bool, err error)
}

// HostState is what a HostOptimizer remembers between iterations.
type HostState interface {
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

// Evaluator gives a HostOptimizer the objective. Rows and draws stay fixed until Redraw.
type Evaluator interface {
	// Value is the weighted loss at x.
	Value(x []float64) (float64, error)
	// Grad is the weighted loss at x; it writes the gradient to g.
	Grad(x, g []float64) (float64, error)
	// Redraw takes the next step's rows and draws.
	Redraw() error
}
