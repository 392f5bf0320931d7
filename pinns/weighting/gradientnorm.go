package weighting

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// Ratio says which sizes of gradients are compared.
type Ratio string

// The ratios. Gradients are of the terms by their weights in the task.
const (
	// NormOverNorm is Σ_j ‖∇L_j‖ / ‖∇L_i‖, so that all terms' weighted gradients have one norm. The default.
	NormOverNorm Ratio = ""
	// MaxOverMean is max|∇L_r| / mean|∇L_i| for a term of reference r, over all parameters; r itself keeps λ = 1.
	MaxOverMean Ratio = "max over mean"
)

// GradientNorm makes the terms' gradients alike in size, "learning-rate annealing". At every so many steps
//
//	λ_i ← (1−α) λ_i + α λ̂_i,  λ̂_i the Ratio
//
// and term i counts λ_i times its weight in the task. λ begins at 1. A term without a gradient keeps its λ.
//
// DType:  as the parameters.
// Panics: with MaxOverMean, if no term has the name Reference.
// Cost:   one backward pass a term, in the steps that update λ; else nothing.
// Differs from the source: the authors' later code divides the sum of norms by the number of terms, and adds 1e-5 of it to each norm.
// Source: Wang, Teng & Perdikaris 2021, arXiv:2001.04536, algorithm 1 (MaxOverMean, α = 0.9, Every = 10); Wang, Sankaran, Wang &
// Perdikaris 2023, arXiv:2308.08468 (NormOverNorm, α = 0.1, Every = 1000). bib: wang2021pathologies, wang2023expert
type GradientNorm struct {
	Ratio     Ratio   `json:",omitempty"`
	Reference string  `json:",omitempty"` // r, for MaxOverMean; "": "equation"
	Every     int     `json:",omitempty"` // steps between updates; 0: 1000, and 10 for MaxOverMean
	Fresh     float64 `json:",omitempty"` // α, the part of the new value; 0: 0.1, and 0.9 for MaxOverMean
}

func (g GradientNorm) withDefaults() GradientNorm {
	every, fresh := 1000, 0.1
	if g.Ratio == MaxOverMean {
		every, fresh = 10, 0.9
		if g.Reference == "" {
			g.Reference = "equation"
		}
	}
	if g.Every == 0 {
		g.Every = every
	}
	if g.Fresh == 0 {
		g.Fresh = fresh
	}
	return g
}

func (g GradientNorm) average() average { return average{g.Every, g.Fresh} }

// Validate returns every problem at once.
func (g GradientNorm) Validate() error {
	errs := []error{g.withDefaults().average().validate("GradientNorm")}
	if g.Ratio != NormOverNorm && g.Ratio != MaxOverMean {
		errs = append(errs, fmt.Errorf("weighting: GradientNorm.Ratio = %q, want norm over norm (empty) or %q", string(g.Ratio), string(MaxOverMean)))
	}
	if g.Ratio == NormOverNorm && g.Reference != "" {
		errs = append(errs, fmt.Errorf("weighting: GradientNorm.Reference = %q, want none but with the ratio %q", g.Reference, string(MaxOverMean)))
	}
	return errors.Join(errs...)
}

// Init is λ = 1 for each term.
func (g GradientNorm) Init(terms int, params []*Node) []*Node { return ones(terms, params) }

// Weigh is the terms' weights in this step.
func (g GradientNorm) Weigh(o zoo.Objective, params, state []*Node) (weights, nextState []*Node) {
	g = g.withDefaults()
	return g.average().weigh(o, params, state, func(o zoo.Objective, _ []*Node) *Node {
		if g.Ratio == MaxOverMean {
			return g.maxOverMean(o)
		}
		var norms []*Node
		for i, t := range o.Terms() {
			norms = append(norms, MulScalar(L2Norm(flat(o.TermGrad(i))), t.Weight))
		}
		return share(together(norms))
	})
}

// maxOverMean is the ratio to the term of reference.
func (g GradientNorm) maxOverMean(o zoo.Objective) *Node {
	terms := o.Terms()
	reference := -1
	var names []string
	for i, t := range terms {
		names = append(names, t.Name)
		if t.Name == g.Reference {
			reference = i
		}
	}
	if reference < 0 {
		exceptions.Panicf("weighting: GradientNorm.Reference = %q, want one of the terms %q", g.Reference, names)
	}
	largest := MulScalar(ReduceAllMax(Abs(flat(o.TermGrad(reference)))), terms[reference].Weight)
	ratios := make([]*Node, len(terms))
	for i, t := range terms {
		if i == reference {
			ratios[i] = OnesLike(largest)
			continue
		}
		ratios[i] = Div(largest, MulScalar(ReduceAllMean(Abs(flat(o.TermGrad(i)))), t.Weight))
	}
	return together(ratios)
}

// flat is arrays as one vector.
func flat(arrays []*Node) *Node {
	parts := make([]*Node, len(arrays))
	for i, x := range arrays {
		parts[i] = Reshape(x, x.Shape().Size())
	}
	return Concatenate(parts, 0)
}
