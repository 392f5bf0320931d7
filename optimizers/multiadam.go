package optimizers

import (
	"errors"
	"fmt"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// Others stands, in a group of MultiAdam, for all terms that no group names otherwise.
const Others = "*"

// MultiAdam gives each group of terms Adam's means of its own and adds up the scaled steps: a term's size does not
// matter, so that a residual and a boundary term need no weights against each other.
//
//	mⱼ = β1 mⱼ + (1−β1) gⱼ,  vⱼ = β2 vⱼ + (1−β2) gⱼ²,  θ = θ − rate · Σⱼ wⱼ m̂ⱼ / (√v̂ⱼ + ε)
//
// with gⱼ the gradient of group j: the sum of its terms by their weights in the loss. Those weights count inside a group
// alone; Weights, wⱼ, count between groups. The step of a group that is solved is noise of size rate: let the rate fall.
//
// DType: as the parameters. With losses below 1e-8 Epsilon must be lower, which wants float64.
// Panics: if a term is in no group, or a group has no term.
// Cost:   one backward pass a term; two arrays a parameter and group.
// Source: Yao et al. 2023, arXiv:2306.02816, algorithm 1. bib: yao2023multiadam
type MultiAdam struct {
	// Groups are names of terms; one that ends in * stands for all terms that begin so, of several the longest. nil: equations and residuals,
	// and the Others.
	Groups  [][]string
	Weights []float64 // wⱼ; nil: 1/n each
	Beta1   float64   // 0: 0.99
	Beta2   float64   // 0: 0.99, so that the scale follows a loss which falls by decades
	Epsilon float64   // 0: 1e-8
}

func (a MultiAdam) withDefaults() MultiAdam {
	if a.Groups == nil {
		a.Groups = [][]string{{"equation*", "residual*"}, {Others}}
	}
	if a.Weights == nil {
		for range a.Groups {
			a.Weights = append(a.Weights, 1/float64(len(a.Groups)))
		}
	}
	if a.Beta1 == 0 {
		a.Beta1 = 0.99
	}
	if a.Beta2 == 0 {
		a.Beta2 = 0.99
	}
	return a
}

// adam has the constants of one group.
func (a MultiAdam) adam() Adam {
	return Adam{Beta1: a.Beta1, Beta2: a.Beta2, Epsilon: a.Epsilon}.withDefaults()
}

// Validate returns every problem at once.
func (a MultiAdam) Validate() error {
	a = a.withDefaults()
	errs := []error{a.adam().validate("MultiAdam")}
	seen := map[string]bool{}
	for j, group := range a.Groups {
		if len(group) == 0 {
			errs = append(errs, fmt.Errorf("optimizers: MultiAdam.Groups[%d] is empty, want names of terms", j))
		}
		for _, name := range group {
			if seen[name] {
				errs = append(errs, fmt.Errorf("optimizers: MultiAdam.Groups[%d] = %q, want each term in one group", j, group))
			}
			seen[name] = true
		}
	}
	if len(a.Groups) == 0 || len(a.Weights) != len(a.Groups) {
		errs = append(errs, fmt.Errorf("optimizers: MultiAdam.Weights = %v, want one for each of %d groups", a.Weights, len(a.Groups)))
	}
	for j, w := range a.Weights {
		if !(w > 0) {
			errs = append(errs, fmt.Errorf("optimizers: MultiAdam.Weights[%d] = %v, want above 0", j, w))
		}
	}
	return errors.Join(errs...)
}

// Init gives two zeros a group and parameter, and the number of steps.
func (a MultiAdam) Init(params []*Node) []*Node {
	return zerosAndCount(params, 2*len(a.withDefaults().Groups))
}

// Update is one step of the algorithm.
func (a MultiAdam) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	a = a.withDefaults()
	adam, dtype := a.adam(), params[0].DType()
	t := AddScalar(state[len(state)-1], 1)
	correct1, correct2 := grown(adam.Beta1, t, dtype), grown(adam.Beta2, t, dtype)
	grads := a.gradients(o)
	at := 0
	for i, p := range params {
		var sum *Node
		for j := range a.Groups {
			m, v := adam.moments(grads[j][i], state[at], state[at+1])
			at += 2
			nextState = append(nextState, m, v)
			step := Div(Div(m, correct1), AddScalar(Sqrt(Div(v, correct2)), adam.Epsilon))
			sum = plus(sum, MulScalar(step, a.Weights[j]))
		}
		next = append(next, Sub(p, Mul(sum, o.Rate())))
	}
	return next, append(nextState, t)
}

// gradients are the groups', one node a parameter each.
func (a MultiAdam) gradients(o zoo.Objective) [][]*Node {
	grads := make([][]*Node, len(a.Groups))
	terms, weights := o.Terms(), o.Weights()
	for k, term := range terms {
		j := a.group(term.Name)
		if j < 0 {
			exceptions.Panicf("optimizers: MultiAdam.Groups = %q, want the term %q or %q in one of them", a.Groups, term.Name, Others)
		}
		found := o.TermGrad(k)
		if grads[j] == nil {
			grads[j] = make([]*Node, len(found))
		}
		for i, g := range found {
			grads[j][i] = plus(grads[j][i], Mul(g, weights[k]))
		}
	}
	for j, g := range grads {
		if g == nil {
			var names []string
			for _, term := range terms {
				names = append(names, term.Name)
			}
			exceptions.Panicf("optimizers: MultiAdam.Groups[%d] = %q, want a group of one or more of the terms %q", j, a.Groups[j], names)
		}
	}
	return grads
}

// group is the number of the group that a term is in, −1 if in none.
func (a MultiAdam) group(term string) int {
	found, longest := -1, -1
	for j, group := range a.Groups {
		for _, name := range group {
			start, many := strings.CutSuffix(name, "*")
			switch {
			case name == term:
				return j
			case many && strings.HasPrefix(term, start) && len(start) > longest:
				found, longest = j, len(start)
			}
		}
	}
	return found
}

// plus is a sum that may not have begun.
func plus(sum, x *Node) *Node {
	if sum == nil {
		return x
	}
	return Add(sum, x)
}
