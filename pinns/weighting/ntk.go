package weighting

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// NTK makes the terms' residuals fall alike fast in gradient descent, as far as the diagonal of the neural tangent kernel tells. At
// every so many steps
//
//	λ_i ← (1−α) λ_i + α Σ_j t_j / t_i,  t_i = tr K_i / n_i = Σ |∂r/∂θ|² / n_i
//
// over the n_i residuals r of term i, and term i counts λ_i times its weight in the task, by which t_i is counted too. λ begins at 1.
//
// The traces are exact. For a task that is zoo.Pointwise each residual's derivatives come from its own point; another one needs the
// Residual of every term, and takes a gradient of all rows for each residual or two for each parameter.
//
// DType:  as the parameters.
// Panics: if a term has no residuals.
// Cost:   in the steps that update λ, the Jacobian of all residuals, and its memory; measured on 1024 points of a network of 2241
// parameters, with a Laplacian in the residual, 20 gradients of the loss. Else nothing.
// Differs from the source: traces over the number of residuals, since the terms are means; the same where all terms have as many.
// Source: Wang, Yu & Perdikaris 2022, arXiv:2007.14527, algorithm 1. bib: wang2022ntk
type NTK struct {
	Every int     `json:",omitempty"` // steps between updates; 0: 1000
	Fresh float64 `json:",omitempty"` // α, the part of the new value; 0: 0.1; the paper has 1
}

func (n NTK) average() average {
	a := average{n.Every, n.Fresh}
	if a.every == 0 {
		a.every = 1000
	}
	if a.fresh == 0 {
		a.fresh = 0.1
	}
	return a
}

// Validate returns every problem at once.
func (n NTK) Validate() error { return n.average().validate("NTK") }

// Init is λ = 1 for each term.
func (n NTK) Init(terms int, params []*Node) []*Node { return ones(terms, params) }

// Weigh is the terms' weights in this step.
func (n NTK) Weigh(o zoo.Objective, params, state []*Node) (weights, nextState []*Node) {
	return n.average().weigh(o, params, state, func(o zoo.Objective, params []*Node) *Node {
		squares, ok := o.(zoo.LeastSquares)
		if !ok {
			exceptions.Panicf("weighting: NTK on an objective %T, want one that gives its residuals", o)
		}
		parts, data := squares.Residuals()
		if len(parts) == len(o.Terms()) {
			return share(byPart(parts, params, data))
		}
		return share(byRows(o.Terms(), parts, params, data))
	})
}

// byPart is the traces of terms each of which is a part of its own.
func byPart(parts []zoo.Residuals, params, data []*Node) *Node {
	traces := make([]*Node, len(parts))
	for i, part := range parts {
		traces[i] = ReduceAllSum(Square(jacobian(parts[i:i+1], params, data[:part.Data])))
		data = data[part.Data:]
	}
	return together(traces)
}

// byRows is the traces of terms whose residuals follow each other.
func byRows(terms []zoo.Term, parts []zoo.Residuals, params, data []*Node) *Node {
	j := jacobian(parts, params, data)
	traces := make([]*Node, len(terms))
	from := 0
	for i, t := range terms {
		to := from + t.Residual.Shape().Size()
		traces[i] = ReduceAllSum(Square(Slice(j, AxisRange(from, to))))
		from = to
	}
	return together(traces)
}

// jacobian is ∂r/∂θ, a row for each residual, times the root of its weight over their number.
func jacobian(parts []zoo.Residuals, params, data []*Node) *Node {
	_, j := optimizers.LeastSquares(parts).Linearise(params, data)
	return j
}
