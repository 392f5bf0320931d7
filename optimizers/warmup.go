package optimizers

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// Warmup lets the rate rise linearly, then follows another schedule, which counts its steps and its part of the run
// from the end of the rise. Nested, it joins several: Warmup{Part: 0.5, From: 1, Then: Cosine{}} holds the rate for half
// of the run.
//
//	factor = (From + (1−From) · k/n) · Then(0)  at step k < n,  Then(k − n) after
//
// Source: Goyal et al. 2017, arXiv:1706.02677, section 2.2. bib: goyal2017accurate
type Warmup struct {
	Steps int          // length n of the rise; or
	Part  float64      // length as a part of the run, 0 < Part < 1
	From  float64      // factor at the first step, 0 ≤ From ≤ 1
	Then  zoo.Schedule // nil: constant
}

// Validate returns every problem at once.
func (w Warmup) Validate() error {
	var errs []error
	if w.Steps < 0 || (w.Steps > 0) == (w.Part != 0) {
		errs = append(errs, fmt.Errorf("optimizers: Warmup.Steps = %d with Part = %v, want exactly one of them above 0", w.Steps, w.Part))
	}
	if w.Part < 0 || w.Part >= 1 {
		errs = append(errs, fmt.Errorf("optimizers: Warmup.Part = %v, want 0 ≤ Part < 1", w.Part))
	}
	if w.From < 0 || w.From > 1 {
		errs = append(errs, fmt.Errorf("optimizers: Warmup.From = %v, want 0 ≤ From ≤ 1", w.From))
	}
	if w.Then != nil {
		errs = append(errs, w.Then.Validate())
	}
	return errors.Join(errs...)
}

// Rate is the factor at a step.
func (w Warmup) Rate(index, frac *Node) *Node {
	risen, index, frac := w.split(index, frac)
	ramp := AddScalar(MulScalar(risen, 1-w.From), w.From)
	if w.Then == nil {
		return ramp
	}
	return Mul(ramp, w.Then.Rate(index, frac))
}

// split gives how much of the rise is done, from 0 to 1, and step and part of the run from its end, 0 before it.
func (w Warmup) split(index, frac *Node) (risen, indexAfter, fracAfter *Node) {
	zero, one := ScalarZero(index.Graph(), index.DType()), ScalarOne(index.Graph(), index.DType())
	if w.Steps > 0 {
		n := float64(w.Steps)
		rising := LessThan(index, Scalar(index.Graph(), index.DType(), n))
		// A run of T = index/frac steps has T − n after the rise: (index − n)/(T − n), with both multiplied by frac.
		after := AddScalar(index, -n)
		rest := Div(Mul(after, frac), Where(rising, one, Sub(index, MulScalar(frac, n))))
		return Where(rising, DivScalar(index, n), one), Where(rising, zero, after), Where(rising, zero, rest)
	}
	rising := LessThan(frac, Scalar(frac.Graph(), frac.DType(), w.Part))
	after := AddScalar(frac, -w.Part)
	steps := Div(Mul(index, after), Where(rising, one, frac))
	return Where(rising, DivScalar(frac, w.Part), one), Where(rising, zero, steps), Where(rising, zero, DivScalar(after, 1-w.Part))
}
