package optimizers

import (
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// SGD is gradient descent with heavy-ball momentum.
//
//	m = µ m + g,  θ = θ − rate · m
//
// DType: as the parameters.
// Source: Polyak 1964, doi:10.1016/0041-5553(64)90137-5. bib: polyak1964some
type SGD struct {
	Momentum float64 // µ, 0 ≤ µ < 1
}

// Validate checks the momentum.
func (s SGD) Validate() error {
	if s.Momentum < 0 || s.Momentum >= 1 {
		return fmt.Errorf("optimizers: SGD.Momentum = %v, want 0 ≤ Momentum < 1", s.Momentum)
	}
	return nil
}

// Init gives a zero a parameter, if there is momentum.
func (s SGD) Init(params []*Node) []*Node {
	if s.Momentum == 0 {
		return nil
	}
	state := make([]*Node, len(params))
	for i, p := range params {
		state[i] = ZerosLike(p)
	}
	return state
}

// Update is one step.
func (s SGD) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	for i, g := range o.Grad() {
		if s.Momentum > 0 {
			g = Add(MulScalar(state[i], s.Momentum), g)
			nextState = append(nextState, g)
		}
		next = append(next, Sub(params[i], Mul(g, o.Rate())))
	}
	return next, nextState
}
