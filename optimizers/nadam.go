package optimizers

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// NAdam is Adam with Nesterov's momentum: the step looks one update of the mean ahead. Its fields are Adam's.
//
//	m̄ = β1 m / (1 − β1ᵗ⁺¹) + (1−β1) g / (1 − β1ᵗ),  θ = θ − rate · m̄ / (√v̂ + ε)
//
// DType: as the parameters.
// Differs from the source: β1 is the same in all steps (the source lets it rise); v̂ is Adam's.
// Source: Dozat 2016, ICLR workshop, algorithm 2. bib: dozat2016nadam
type NAdam Adam

// Validate returns every problem at once.
func (n NAdam) Validate() error { return Adam(n).validate("NAdam") }

// Init gives two zeros a parameter and the number of steps.
func (NAdam) Init(params []*Node) []*Node { return zerosAndCount(params, 2) }

// Update is one step of the algorithm.
func (n NAdam) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	adam := Adam(n).withDefaults()
	dtype := params[0].DType()
	t := AddScalar(state[2*len(params)], 1)
	ahead := grown(adam.Beta1, AddScalar(t, 1), dtype)
	correct1, correct2 := grown(adam.Beta1, t, dtype), grown(adam.Beta2, t, dtype)
	grads := o.Grad()
	for i, p := range params {
		g := adam.penalised(grads[i], p)
		m, v := adam.moments(g, state[2*i], state[2*i+1])
		mean := Add(Div(MulScalar(m, adam.Beta1), ahead), Div(MulScalar(g, 1-adam.Beta1), correct1))
		step := Div(mean, AddScalar(Sqrt(Div(v, correct2)), adam.Epsilon))
		next = append(next, Sub(p, Mul(adam.decayed(step, p), o.Rate())))
		nextState = append(nextState, m, v)
	}
	return next, append(nextState, t)
}
