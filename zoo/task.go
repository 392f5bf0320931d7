package zoo

import (
	"context"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

// Model is a network: a struct of hyper-parameters that marshals to JSON, with a graph function.
// Further abilities are optional interfaces found by type assertion, never new methods here.
type Model interface {
	// Validate returns every problem of the hyper-parameters at once (errors.Join), or nil.
	Validate() error
	// Forward is a graph function. It enters its scope with scope.At, so that calling it twice in a graph shares weights.
	Forward(scope *model.Scope, in ...*Node) *Node
}

// Task is one thing to learn. It is a value that marshals to JSON but for its graph functions, which show in the
// program that the run's key is made of.
type Task interface {
	// Validate returns what is wrong before anything is made or compiled.
	Validate() error
	// Data says which arrays training reads. It is cheap: it makes and loads nothing. A task without data returns Data{}.
	Data() (Data, error)
	// Loss builds one step's terms. Graph function, called inside a compiled loop and more than once a step (line
	// search, accumulation): it must depend on s alone. Each term is a mean over the batch.
	Loss(s *Step) []Term
}

// Data describes arrays by key and shape, so that a finished run is found without making them.
type Data struct {
	// Key names the values: a recipe's key, or a content hash for data made in a cell.
	Key string
	// Rows share their first axis; the driver draws Batch of them a step, in an epoch's permutation.
	Rows []shapes.Shape
	// Whole arrays are given to every step as they are: grids, graphs, normalisers.
	Whole []shapes.Shape
	// Load makes or reads the values, in the order of Rows and Whole.
	Load func(ctx context.Context) (rows, whole []*tensors.Tensor, err error)
	// Stream, where it is set, makes rows while training: rows from, from+1, …, from+n-1 of an endless sequence, a pure
	// function of the position, so that a resumed run sees what an unbroken one sees. Load then gives only Whole, and the
	// first axis of Rows is ignored. It is called from one goroutine at a time, ahead of need.
	Stream func(ctx context.Context, from int64, n int) (rows []*tensors.Tensor, err error)
	// Valid holds the rows that a Validator sees; nil: none.
	Valid *Data
}

// Count is the number of rows; 0 for a task without rows or with a stream.
func (d Data) Count() int {
	if len(d.Rows) == 0 || d.Stream != nil {
		return 0
	}
	return d.Rows[0].Dim(0)
}

// Term is one named part of the loss. Give Value, or Residual for the mean of its squares: Gauss-Newton,
// Levenberg-Marquardt and NTK weights need the residuals themselves.
type Term struct {
	Name     string
	Value    *Node   // scalar
	Residual *Node   // [n, …]
	Weight   float64 // of this term in the sum
}

// Mean is the term's scalar value, before its weight.
func (t Term) Mean() *Node {
	if t.Value != nil {
		return t.Value
	}
	return ReduceAllMean(Square(t.Residual))
}

// Metric is one number of a validation pass, a mean over the rows that it was given.
type Metric struct {
	Name     string
	Value    *Node // scalar
	Maximise bool  // false: smaller is better
}

// Validator is a task with a validation pass over Data.Valid. The first metric picks the best checkpoint.
type Validator interface{ Valid(s *Step) []Metric }

// Pointwise is a task each of whose terms is a mean of squares of residuals that are taken point by point. Gauss–Newton
// methods then take each point's derivatives from that point alone; without it they work, slowly, on Term.Residual.
//
// Loss must agree with it: term i is the mean of the squares of ResidualAt(s, i, Samples(s)[i]).
type Pointwise interface {
	// Samples gives, for each term in Loss's order, arrays whose rows are its points and what belongs to each of them:
	// coordinates, targets, weights. They may come from draws and from the task's state, but not from the parameters.
	Samples(s *Step) [][]*Node
	// ResidualAt is a term's residual at some of its points, cut from each of its arrays: [n, …] for n rows, also for n = 1.
	// Row i depends on row i alone, and nothing is drawn.
	ResidualAt(s *Step, term int, rows []*Node) *Node
}

// AfterStepper changes parameters or state after each update: projections, rank adaption, target networks.
// Graph function: it sets variables with Variable.SetNodeValue.
type AfterStepper interface{ AfterStep(s *Step) }

// Refresher runs a graph function of its own every RefreshEvery steps, between compiled chunks: adaptive collocation,
// R3, reflow pools. It sets the task's non-trainable variables. A RefreshEvery of 0 is never.
type Refresher interface {
	RefreshEvery() int
	Refresh(s *Step)
}

// Predictor is what Run.Predict and `fieldbook predict` call: from input arrays to output arrays, as nodes.
type Predictor interface {
	Predict(scope *model.Scope, in ...*Node) []*Node
}

// Noter is a task that has something to tell before it is trained, such as why it will be slow: a sentence each.
type Noter interface{ Notes() []string }

// Trained is a finished run as a family package sees it.
type Trained interface {
	// Key names the trained values. A task that learns from another run (reflow, distillation) puts it in Data.Key.
	Key() string
	// Eval runs a graph function on the trained parameters. Inputs are tensors or Go values that convert to them.
	Eval(ctx context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error)
}
