package optimizers

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// AMSGrad is Adam whose scale of a parameter never shrinks: v is replaced by its largest value so far, so that a rare
// large gradient is not forgotten. Its fields are Adam's.
//
//	w = max(w, v),  ŵ = w / (1 − β2ᵗ),  θ = θ − rate · m̂ / (√ŵ + ε)
//
// DType: as the parameters.
// Differs from the source: both means are corrected for their start at zero, as in Adam.
// Source: Reddi, Kale & Kumar 2018, arXiv:1904.09237, algorithm 2. bib: reddi2018convergence
type AMSGrad Adam

// Validate returns every problem at once.
func (a AMSGrad) Validate() error { return Adam(a).validate("AMSGrad") }

// Init gives three zeros a parameter and the number of steps.
func (AMSGrad) Init(params []*Node) []*Node { return zerosAndCount(params, 3) }

// Update is one step of the algorithm.
func (a AMSGrad) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	adam := Adam(a).withDefaults()
	dtype := params[0].DType()
	t := AddScalar(state[3*len(params)], 1)
	correct1, correct2 := grown(adam.Beta1, t, dtype), grown(adam.Beta2, t, dtype)
	grads := o.Grad()
	for i, p := range params {
		m, v := adam.moments(adam.penalised(grads[i], p), state[3*i], state[3*i+1])
		w := Max(state[3*i+2], v)
		step := Div(Div(m, correct1), AddScalar(Sqrt(Div(w, correct2)), adam.Epsilon))
		next = append(next, Sub(p, Mul(adam.decayed(step, p), o.Rate())))
		nextState = append(nextState, m, v, w)
	}
	return next, append(nextState, t)
}
