package optimizers

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// ClipNorm gives another optimizer a gradient whose Euclidean norm, of all parameters together, is at most Limit; its
// direction stays. Gradients by term, which MultiAdam asks for, are not clipped.
//
//	g ← g · min(1, Limit/‖g‖)
//
// Source: Pascanu, Mikolov & Bengio 2013, arXiv:1211.5063, algorithm 1. bib: pascanu2013difficulty
type ClipNorm struct {
	Optimizer zoo.Optimizer // nil: Adam{}
	Limit     float64       // above 0
}

// Validate returns every problem at once.
func (c ClipNorm) Validate() error { return validateClip("ClipNorm", c.Optimizer, c.Limit) }

// Init is the other optimizer's.
func (c ClipNorm) Init(params []*Node) []*Node { return orAdam(c.Optimizer).Init(params) }

// Update is one step of the other optimizer.
func (c ClipNorm) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	limit := func(grads []*Node) []*Node { return LimitNorm(grads, c.Limit) }
	return orAdam(c.Optimizer).Update(clipped{o, limit}, params, state)
}

// ClipValue gives another optimizer a gradient with each component cut off at −Limit and Limit, which may turn its
// direction. Gradients by term are not clipped.
type ClipValue struct {
	Optimizer zoo.Optimizer // nil: Adam{}
	Limit     float64       // above 0
}

// Validate returns every problem at once.
func (c ClipValue) Validate() error { return validateClip("ClipValue", c.Optimizer, c.Limit) }

// Init is the other optimizer's.
func (c ClipValue) Init(params []*Node) []*Node { return orAdam(c.Optimizer).Init(params) }

// Update is one step of the other optimizer.
func (c ClipValue) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	limit := func(grads []*Node) []*Node {
		out := make([]*Node, len(grads))
		for i, g := range grads {
			out[i] = ClipScalar(g, -c.Limit, c.Limit)
		}
		return out
	}
	return orAdam(c.Optimizer).Update(clipped{o, limit}, params, state)
}

func validateClip(name string, o zoo.Optimizer, limit float64) error {
	errs := []error{orAdam(o).Validate()}
	if !(limit > 0) {
		errs = append(errs, fmt.Errorf("optimizers: %s.Limit = %v, want above 0", name, limit))
	}
	return errors.Join(errs...)
}

// clipped is an objective whose gradient is changed.
type clipped struct {
	zoo.Objective
	limit func(grads []*Node) []*Node
}

// Grad is the changed gradient.
func (c clipped) Grad() []*Node { return c.limit(c.Objective.Grad()) }

// At clips at other parameters too.
func (c clipped) At(params []*Node) zoo.Objective { return clipped{c.Objective.At(params), c.limit} }

// LimitNorm scales nodes so that the Euclidean norm of all together is at most limit.
func LimitNorm(grads []*Node, limit float64) []*Node {
	var square *Node
	for _, g := range grads {
		s := ReduceAllSum(Square(g))
		if square == nil {
			square = s
			continue
		}
		square = Add(square, s)
	}
	norm := Sqrt(square)
	scale := Div(Scalar(norm.Graph(), norm.DType(), limit), MaxScalar(norm, limit))
	out := make([]*Node, len(grads))
	for i, g := range grads {
		out[i] = Mul(g, scale)
	}
	return out
}
