package optimizers

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// Adadelta gives the step the units of the parameter: it scales the gradient by the ratio of the root mean squares of
// past steps and of gradients. It is meant for a rate of 1.
//
//	v = ρ v + (1−ρ) g²,  d = √(u + ε) / √(v + ε) · g,  u = ρ u + (1−ρ) d²,  θ = θ − rate · d
//
// DType: as the parameters.
// Source: Zeiler 2012, arXiv:1212.5701, algorithm 1; the defaults are those of its section 4.1. bib: zeiler2012adadelta
type Adadelta struct {
	Rho     float64 // decay of both means; 0: 0.95
	Epsilon float64 // added under both roots, and what the first step starts from; 0: 1e-6
}

func (a Adadelta) withDefaults() Adadelta {
	if a.Rho == 0 {
		a.Rho = 0.95
	}
	if a.Epsilon == 0 {
		a.Epsilon = 1e-6
	}
	return a
}

// Validate returns every problem at once.
func (a Adadelta) Validate() error {
	var errs []error
	if a.Rho < 0 || a.Rho >= 1 {
		errs = append(errs, fmt.Errorf("optimizers: Adadelta.Rho = %v, want 0 ≤ Rho < 1", a.Rho))
	}
	if a.Epsilon < 0 {
		errs = append(errs, fmt.Errorf("optimizers: Adadelta.Epsilon = %v, want above 0", a.Epsilon))
	}
	return errors.Join(errs...)
}

// Init gives two zeros a parameter.
func (Adadelta) Init(params []*Node) []*Node {
	var state []*Node
	for _, p := range params {
		state = append(state, ZerosLike(p), ZerosLike(p))
	}
	return state
}

// Update is one step of the algorithm.
func (a Adadelta) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	a = a.withDefaults()
	for i, g := range o.Grad() {
		v := a.mean(state[2*i], g)
		d := Mul(Div(Sqrt(AddScalar(state[2*i+1], a.Epsilon)), Sqrt(AddScalar(v, a.Epsilon))), g)
		u := a.mean(state[2*i+1], d)
		next = append(next, Sub(params[i], Mul(d, o.Rate())))
		nextState = append(nextState, v, u)
	}
	return next, nextState
}

// mean is the running mean of squares after one more value.
func (a Adadelta) mean(before, x *Node) *Node {
	return Add(MulScalar(before, a.Rho), MulScalar(Square(x), 1-a.Rho))
}
