package optimizers

import (
	"errors"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// OneCycle lets the rate rise from Start to 1 along half a cosine, and then fall along another to End.
//
//	factor = Start + (1−Start) · (1 − cos(π t/Rise))/2              for t < Rise
//	factor = End + (1−End) · (1 + cos(π (t−Rise)/(1−Rise)))/2       after, with t the part of the run that is done
//
// Differs from the source: halves of cosines in place of straight lines, as programs have it; momentum stays as it is.
// Source: Smith & Topin 2019, arXiv:1708.07120, section 3. bib: smith2019superconvergence
type OneCycle struct {
	Rise  float64 // part of the run, 0 < Rise < 1; 0: 0.3
	Start float64 // factor at the first step; 0: 1/25
	End   float64 // factor at the end; 0: 4e-6
}

func (c OneCycle) withDefaults() OneCycle {
	for _, f := range []struct {
		field   *float64
		without float64
	}{{&c.Rise, 0.3}, {&c.Start, 1.0 / 25}, {&c.End, 4e-6}} {
		if *f.field == 0 {
			*f.field = f.without
		}
	}
	return c
}

// Validate returns every problem at once.
func (c OneCycle) Validate() error {
	c = c.withDefaults()
	var errs []error
	if !(c.Rise > 0 && c.Rise < 1) {
		errs = append(errs, fmt.Errorf("optimizers: OneCycle.Rise = %v, want 0 ≤ Rise < 1", c.Rise))
	}
	if !(c.Start > 0 && c.Start <= 1) {
		errs = append(errs, fmt.Errorf("optimizers: OneCycle.Start = %v, want 0 ≤ Start ≤ 1", c.Start))
	}
	if !(c.End > 0 && c.End <= 1) {
		errs = append(errs, fmt.Errorf("optimizers: OneCycle.End = %v, want 0 ≤ End ≤ 1", c.End))
	}
	return errors.Join(errs...)
}

// Rate is the factor at a step.
func (c OneCycle) Rate(_, frac *Node) *Node {
	c = c.withDefaults()
	// half goes from 1 to end as x goes from 0 to 1.
	half := func(x *Node, end float64) *Node {
		return AddScalar(MulScalar(AddScalar(Cos(MulScalar(x, math.Pi)), 1), (1-end)/2), end)
	}
	rise := half(AddScalar(Neg(DivScalar(frac, c.Rise)), 1), c.Start)
	fall := half(DivScalar(AddScalar(frac, -c.Rise), 1-c.Rise), c.End)
	return Where(LessThan(frac, Scalar(frac.Graph(), frac.DType(), c.Rise)), rise, fall)
}
