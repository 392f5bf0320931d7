package optimizers

import (
	"errors"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// Plateau lowers another optimizer's rate when the loss no longer falls. As it looks at the loss, it is an optimizer and
// no schedule: what it remembers is part of the run's state.
//
// The training loss is averaged over Every steps. Each average that is not below (1−Tolerance) · best counts as a
// failure; after Patience of them in a row the rate is multiplied by Factor, and for Cooldown averages none is counted.
type Plateau struct {
	Optimizer zoo.Optimizer // nil: Adam{}
	Factor    float64       // 0: 0.1
	Patience  int           // averages; 0: 10
	Every     int           // steps an average; 0: 1. More than a few where each step has other rows
	Tolerance float64       // relative; 0: 1e-4
	Cooldown  int           // averages
	Floor     float64       // smallest factor on the rate
}

func (p Plateau) withDefaults() Plateau {
	p.Optimizer = orAdam(p.Optimizer)
	if p.Factor == 0 {
		p.Factor = 0.1
	}
	if p.Patience == 0 {
		p.Patience = 10
	}
	if p.Tolerance == 0 {
		p.Tolerance = 1e-4
	}
	p.Every = max(p.Every, 1)
	return p
}

// orAdam is the optimizer of a wrapper.
func orAdam(o zoo.Optimizer) zoo.Optimizer {
	if o == nil {
		return Adam{}
	}
	return o
}

// Validate returns every problem at once.
func (p Plateau) Validate() error {
	errs := []error{orAdam(p.Optimizer).Validate()}
	if p.Factor < 0 || p.Factor >= 1 {
		errs = append(errs, fmt.Errorf("optimizers: Plateau.Factor = %v, want 0 < Factor < 1", p.Factor))
	}
	if p.Tolerance < 0 || p.Tolerance >= 1 {
		errs = append(errs, fmt.Errorf("optimizers: Plateau.Tolerance = %v, want 0 ≤ Tolerance < 1", p.Tolerance))
	}
	if p.Floor < 0 || p.Floor > 1 {
		errs = append(errs, fmt.Errorf("optimizers: Plateau.Floor = %v, want 0 ≤ Floor ≤ 1", p.Floor))
	}
	for _, count := range []struct {
		name  string
		value int
	}{{"Patience", p.Patience}, {"Every", p.Every}, {"Cooldown", p.Cooldown}} {
		if count.value < 0 {
			errs = append(errs, fmt.Errorf("optimizers: Plateau.%s = %d, want at least 0", count.name, count.value))
		}
	}
	return errors.Join(errs...)
}

// watch is what Plateau remembers, all scalars of the parameters' dtype.
type watch struct {
	best, failures, factor, cooldown *Node
	sum, count                       *Node // of the losses since the last average
}

func (w watch) nodes() []*Node {
	return []*Node{w.best, w.failures, w.factor, w.cooldown, w.sum, w.count}
}

// watched is the number of nodes of a watch.
const watched = 6

// Init gives an infinite best loss, the factor 1 and four zeros, and the other optimizer's state.
func (p Plateau) Init(params []*Node) []*Node {
	g, dtype := params[0].Graph(), params[0].DType()
	w := watch{best: Scalar(g, dtype, math.Inf(1)), factor: Scalar(g, dtype, 1)}
	for _, zero := range []**Node{&w.failures, &w.cooldown, &w.sum, &w.count} {
		*zero = Scalar(g, dtype, 0)
	}
	return append(w.nodes(), orAdam(p.Optimizer).Init(params)...)
}

// Update looks at the loss and is one step of the other optimizer.
func (p Plateau) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	p = p.withDefaults()
	w := watch{state[0], state[1], state[2], state[3], Add(state[4], o.Value()), AddScalar(state[5], 1)}
	full := GreaterThan(w.count, Scalar(w.count.Graph(), w.count.DType(), float64(p.Every)-0.5))
	after, before := p.judge(w).nodes(), w.nodes()
	chosen := make([]*Node, watched)
	for i := range chosen {
		chosen[i] = Where(full, after[i], before[i])
	}
	next, inner := p.Optimizer.Update(rated{o, Mul(o.Rate(), chosen[2])}, params, state[watched:])
	return next, append(chosen, inner...)
}

// judge compares the average with the best so far.
func (p Plateau) judge(w watch) watch {
	g, dtype := w.best.Graph(), w.best.DType()
	zero := Scalar(g, dtype, 0)
	mean := Div(w.sum, w.count)
	improved := LessThan(mean, MulScalar(w.best, 1-p.Tolerance))
	failures := Where(improved, zero, AddScalar(w.failures, 1))
	cooling := GreaterThan(w.cooldown, zero)
	spent := And(Not(cooling), GreaterOrEqual(failures, Scalar(g, dtype, float64(p.Patience))))
	return watch{
		best:     Where(improved, mean, w.best),
		failures: Where(Or(cooling, spent), zero, failures),
		factor:   Where(spent, MaxScalar(MulScalar(w.factor, p.Factor), p.Floor), w.factor),
		cooldown: Where(spent, Scalar(g, dtype, float64(p.Cooldown)), MaxScalar(AddScalar(w.cooldown, -1), 0)),
		sum:      zero,
		count:    zero,
	}
}

// rated is an objective with another rate.
type rated struct {
	zoo.Objective
	rate *Node
}

// Rate is the other rate.
func (r rated) Rate() *Node { return r.rate }

// At keeps the rate at other parameters.
func (r rated) At(params []*Node) zoo.Objective { return rated{r.Objective.At(params), r.rate} }
