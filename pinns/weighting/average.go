package weighting

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/zoo"
)

var (
	_ zoo.Weighting = GradientNorm{}
	_ zoo.Weighting = NTK{}
)

// average is a running average λ ← (1−α) λ + α λ̂, of one factor a term, at every so many steps.
type average struct {
	every int
	fresh float64 // α
}

func (a average) validate(name string) error {
	var errs []error
	if a.every < 1 {
		errs = append(errs, fmt.Errorf("weighting: %s.Every = %d, want at least 1, or 0 for the default", name, a.every))
	}
	if !(a.fresh > 0 && a.fresh <= 1) {
		errs = append(errs, fmt.Errorf("weighting: %s.Fresh = %v, want 0 < Fresh ≤ 1, or 0 for the default", name, a.fresh))
	}
	return errors.Join(errs...)
}

// ones is λ before the first step.
func ones(terms int, params []*Node) []*Node {
	return []*Node{Ones(params[0].Graph(), shapes.Make(params[0].DType(), terms))}
}

// weigh is each term's weight, λ times what the task gives, and the next λ. measure gives λ̂ [terms]; it sees nothing but its
// arguments, since it stands in a branch. Where λ̂ is not finite, as for a term whose gradient is zero, λ stays.
func (a average) weigh(o zoo.Objective, params, state []*Node, measure func(o zoo.Objective, params []*Node) *Node) (weights, next []*Node) {
	update := func(o zoo.Objective, args []*Node) []*Node {
		lambda, params := args[0], args[1:]
		found := StopGradient(measure(o, params))
		moved := Add(MulScalar(lambda, 1-a.fresh), MulScalar(found, a.fresh))
		return append([]*Node{Where(IsFinite(found), moved, lambda)}, params...)
	}
	args := append(state[:1:1], params...)
	lambda := state[0]
	if branching, ok := o.(zoo.Branching); ok && a.every > 1 {
		lambda = branching.When(a.due(o), args, update)[0]
	} else {
		lambda = Where(a.due(o), update(o, args)[0], lambda)
	}
	for i, t := range o.Terms() {
		weights = append(weights, MulScalar(Reshape(Slice(lambda, AxisElem(i))), t.Weight))
	}
	return weights, []*Node{lambda}
}

// due says whether λ is measured at this step: a multiple of every.
func (a average) due(o zoo.Objective) *Node {
	index := o.Index()
	return Equal(Mod(index, Scalar(index.Graph(), index.DType(), a.every)), Scalar(index.Graph(), index.DType(), 0))
}

// together is scalars as one vector.
func together(scalars []*Node) *Node {
	parts := make([]*Node, len(scalars))
	for i, x := range scalars {
		parts[i] = Reshape(x, 1)
	}
	return Concatenate(parts, 0)
}

// share is Σ_j x_j / x_i for each i.
func share(x *Node) *Node { return Div(ReduceAllSum(x), x) }
