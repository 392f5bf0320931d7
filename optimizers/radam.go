package optimizers

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// RAdam is Adam whose first steps are made shorter by as much as their scale, a mean of few squares, is uncertain; as
// long as it is of no use at all, they are steps of gradient descent with momentum. It needs no warm-up of the rate.
// Its fields are Adam's.
//
//	ρ∞ = 2/(1−β2) − 1,  ρ = ρ∞ − 2t β2ᵗ/(1−β2ᵗ),  r² = (ρ−4)(ρ−2)ρ∞ / ((ρ∞−4)(ρ∞−2)ρ)
//	θ = θ − rate · r · m̂ / (√v̂ + ε)  if ρ > 5, else θ − rate · m̂
//
// DType: as the parameters; ρ and r in float64.
// Differs from the source: the threshold is 5, as in the authors' program, not 4; ε, which the algorithm does not have.
// Source: Liu et al. 2020, arXiv:1908.03265, algorithm 2. bib: liu2020radam
type RAdam Adam

// tractable is the ρ above which the scale's variance is taken as known.
const tractable = 5

// Validate returns every problem at once.
func (r RAdam) Validate() error {
	errs := []error{Adam(r).validate("RAdam")}
	if longest := r.longest(); !(longest > tractable) {
		errs = append(errs, fmt.Errorf("optimizers: RAdam.Beta2 = %v, want above 2/3: no step would be scaled", r.Beta2))
	}
	return errors.Join(errs...)
}

// longest is ρ∞.
func (r RAdam) longest() float64 { return 2/(1-Adam(r).withDefaults().Beta2) - 1 }

// Init gives two zeros a parameter and the number of steps.
func (RAdam) Init(params []*Node) []*Node { return zerosAndCount(params, 2) }

// Update is one step of the algorithm.
func (r RAdam) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	adam := Adam(r).withDefaults()
	dtype := params[0].DType()
	t := AddScalar(state[2*len(params)], 1)
	correct1, correct2 := grown(adam.Beta1, t, dtype), grown(adam.Beta2, t, dtype)
	known, factor := r.rectification(t)
	factor = ConvertDType(factor, dtype)
	grads := o.Grad()
	for i, p := range params {
		m, v := adam.moments(adam.penalised(grads[i], p), state[2*i], state[2*i+1])
		mean := Div(m, correct1)
		scaled := Div(Mul(mean, factor), AddScalar(Sqrt(Div(v, correct2)), adam.Epsilon))
		step := Where(known, scaled, mean)
		next = append(next, Sub(p, Mul(adam.decayed(step, p), o.Rate())))
		nextState = append(nextState, m, v)
	}
	return next, append(nextState, t)
}

// rectification says whether the scale is of use at step t, and gives r; scalars Bool and float64.
func (r RAdam) rectification(t *Node) (known, factor *Node) {
	t = ConvertDType(t, dtypes.Float64)
	longest := r.longest()
	logBeta := math.Log(Adam(r).withDefaults().Beta2)
	power := MulScalar(t, logBeta)
	lost := Div(MulScalar(Mul(t, Exp(power)), 2), Neg(Expm1(power)))
	rho := AddScalar(Neg(lost), longest)
	square := MulScalar(Div(Mul(AddScalar(rho, -4), AddScalar(rho, -2)), rho), longest/((longest-4)*(longest-2)))
	return GreaterThan(rho, Scalar(rho.Graph(), rho.DType(), tractable)), Sqrt(MaxScalar(square, 0))
}
