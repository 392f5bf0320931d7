package optimizers

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// Adam scales each parameter's step by running means of its gradient and of the gradient's square.
//
//	m = β1 m + (1−β1) g,  v = β2 v + (1−β2) g²,  θ = θ − rate · m̂ / (√v̂ + ε)
//
// DType: as the parameters.
// Source: Kingma & Ba 2015, arXiv:1412.6980, algorithm 1; decoupled decay: Loshchilov & Hutter 2019, arXiv:1711.05101,
// algorithm 2. bib: kingma2015adam, loshchilov2019adamw
type Adam struct {
	Beta1   float64 // decay of the mean; 0: 0.9
	Beta2   float64 // decay of the mean square; 0: 0.999
	Epsilon float64 // added to the root; 0: 1e-8
	Decay   float64 // weight decay
	Coupled bool    // the decay is added to the gradient (L2 penalty), not to the step (AdamW)
}

// AdamW is Adam with decoupled weight decay.
func AdamW(decay float64) Adam { return Adam{Decay: decay} }

func (a Adam) withDefaults() Adam {
	for _, f := range []struct {
		field   *float64
		without float64
	}{{&a.Beta1, 0.9}, {&a.Beta2, 0.999}, {&a.Epsilon, 1e-8}} {
		if *f.field == 0 {
			*f.field = f.without
		}
	}
	return a
}

// Validate returns every problem at once.
func (a Adam) Validate() error { return a.validate("Adam") }

// validate is Validate for the type of that name.
func (a Adam) validate(name string) error {
	a = a.withDefaults()
	var errs []error
	if a.Beta1 < 0 || a.Beta1 >= 1 {
		errs = append(errs, fmt.Errorf("optimizers: %s.Beta1 = %v, want 0 ≤ Beta1 < 1", name, a.Beta1))
	}
	if a.Beta2 < 0 || a.Beta2 >= 1 {
		errs = append(errs, fmt.Errorf("optimizers: %s.Beta2 = %v, want 0 ≤ Beta2 < 1", name, a.Beta2))
	}
	if a.Epsilon < 0 {
		errs = append(errs, fmt.Errorf("optimizers: %s.Epsilon = %v, want above 0", name, a.Epsilon))
	}
	if a.Decay < 0 {
		errs = append(errs, fmt.Errorf("optimizers: %s.Decay = %v, want at least 0", name, a.Decay))
	}
	return errors.Join(errs...)
}

// Init gives two zeros a parameter and the powers of β1 and β2.
func (a Adam) Init(params []*Node) []*Node {
	var state []*Node
	for _, p := range params {
		state = append(state, ZerosLike(p), ZerosLike(p))
	}
	one := Scalar(params[0].Graph(), params[0].DType(), 1)
	return append(state, one, Identity(one))
}

// Update is one step of the algorithm.
func (a Adam) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	a = a.withDefaults()
	n := len(params)
	power1, power2 := MulScalar(state[2*n], a.Beta1), MulScalar(state[2*n+1], a.Beta2)
	correct1, correct2 := OneMinus(power1), OneMinus(power2)
	grads := o.Grad()
	for i, p := range params {
		g := a.penalised(grads[i], p)
		m, v := a.moments(g, state[2*i], state[2*i+1])
		step := Div(Div(m, correct1), AddScalar(Sqrt(Div(v, correct2)), a.Epsilon))
		next = append(next, Sub(p, Mul(a.decayed(step, p), o.Rate())))
		nextState = append(nextState, m, v)
	}
	return next, append(nextState, power1, power2)
}

// penalised is the gradient with that of a coupled decay's penalty.
func (a Adam) penalised(g, p *Node) *Node {
	if !a.Coupled || a.Decay == 0 {
		return g
	}
	return Add(g, MulScalar(p, a.Decay))
}

// decayed is the step with a decoupled decay.
func (a Adam) decayed(step, p *Node) *Node {
	if a.Coupled || a.Decay == 0 {
		return step
	}
	return Add(step, MulScalar(p, a.Decay))
}

// moments are the running means of the gradient and of its square after this gradient.
func (a Adam) moments(g, m, v *Node) (nextM, nextV *Node) {
	return Add(MulScalar(m, a.Beta1), MulScalar(g, 1-a.Beta1)),
		Add(MulScalar(v, a.Beta2), MulScalar(Square(g), 1-a.Beta2))
}

// zerosAndCount is count zeros a parameter and the number of steps so far, a scalar int64: a fit keeps what is not whole in
// its own precision.
func zerosAndCount(params []*Node, count int) []*Node {
	var state []*Node
	for _, p := range params {
		for range count {
			state = append(state, ZerosLike(p))
		}
	}
	return append(state, Scalar(params[0].Graph(), dtypes.Int64, 0))
}

// grown is 1 − βᵗ, the weight that t gradients have in a running mean which began at zero, as a scalar of the dtype. t is
// a scalar int64. In float32 the difference would lose its digits where βᵗ is near 1.
func grown(beta float64, t *Node, dtype dtypes.DType) *Node {
	power := MulScalar(ConvertDType(t, dtypes.Float64), math.Log(beta))
	return ConvertDType(Neg(Expm1(power)), dtype)
}
