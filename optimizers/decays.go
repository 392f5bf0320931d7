package optimizers

import (
	"errors"
	"fmt"
	"math"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
)

// Exponential multiplies the rate by Factor in every Every steps, evenly: factor = Factor^(k/Every).
type Exponential struct {
	Factor float64 // 0 < Factor < 1
	Every  int     // steps; 0: 1
}

// Validate returns every problem at once.
func (e Exponential) Validate() error {
	var errs []error
	if !(e.Factor > 0 && e.Factor < 1) {
		errs = append(errs, fmt.Errorf("optimizers: Exponential.Factor = %v, want 0 < Factor < 1", e.Factor))
	}
	if e.Every < 0 {
		errs = append(errs, fmt.Errorf("optimizers: Exponential.Every = %d, want at least 0", e.Every))
	}
	return errors.Join(errs...)
}

// Rate is the factor at a step.
func (e Exponential) Rate(index, _ *Node) *Node {
	return Exp(MulScalar(index, math.Log(e.Factor)/float64(max(1, e.Every))))
}

// StepDecay multiplies the rate by Factor after every Every steps, at once. [Halving] does so at parts of the run.
type StepDecay struct {
	Every  int     // steps, at least 1
	Factor float64 // 0: 0.5
}

// Validate returns every problem at once.
func (s StepDecay) Validate() error {
	var errs []error
	if s.Every < 1 {
		errs = append(errs, fmt.Errorf("optimizers: StepDecay.Every = %d, want at least 1", s.Every))
	}
	if s.Factor < 0 || s.Factor >= 1 {
		errs = append(errs, fmt.Errorf("optimizers: StepDecay.Factor = %v, want 0 < Factor < 1", s.Factor))
	}
	return errors.Join(errs...)
}

// Rate is the factor at a step.
func (s StepDecay) Rate(index, _ *Node) *Node {
	factor := s.Factor
	if factor == 0 {
		factor = 0.5
	}
	// Half a step more, as the quotient of a multiple of Every may be rounded down.
	passed := Floor(DivScalar(AddScalar(index, 0.5), float64(s.Every)))
	return Exp(MulScalar(passed, math.Log(factor)))
}

// Milestones multiplies the rate by Factor at each of some steps.
type Milestones struct {
	At     []int   // steps, rising
	Factor float64 // 0: 0.1
}

// Validate returns every problem at once.
func (m Milestones) Validate() error {
	var errs []error
	if len(m.At) == 0 || m.At[0] < 1 || !slices.IsSorted(m.At) {
		errs = append(errs, fmt.Errorf("optimizers: Milestones.At = %v, want one or more steps above 0, rising", m.At))
	}
	if m.Factor < 0 || m.Factor >= 1 {
		errs = append(errs, fmt.Errorf("optimizers: Milestones.Factor = %v, want 0 < Factor < 1", m.Factor))
	}
	return errors.Join(errs...)
}

// Rate is the factor at a step.
func (m Milestones) Rate(index, _ *Node) *Node {
	factor := m.Factor
	if factor == 0 {
		factor = 0.1
	}
	one := ScalarOne(index.Graph(), index.DType())
	rate := one
	for _, at := range m.At {
		before := LessThan(index, Scalar(index.Graph(), index.DType(), float64(at)-0.5)) // steps are whole, up to rounding
		rate = Mul(rate, Where(before, one, MulScalar(one, factor)))
	}
	return rate
}

// InverseSqrt lets the rate fall as the inverse root of the step: factor = √(n/(n+k)) at step k, with n = Steps. After a
// warm-up of n steps it is the schedule of the first Transformer: Warmup{Steps: n, Then: InverseSqrt{Steps: n}}.
//
// Source: Vaswani et al. 2017, arXiv:1706.03762, eq. (3). bib: vaswani2017attention
type InverseSqrt struct {
	Steps int // n, at least 1
}

// Validate checks the number of steps.
func (s InverseSqrt) Validate() error {
	if s.Steps < 1 {
		return fmt.Errorf("optimizers: InverseSqrt.Steps = %d, want at least 1", s.Steps)
	}
	return nil
}

// Rate is the factor at a step.
func (s InverseSqrt) Rate(index, _ *Node) *Node {
	return Rsqrt(AddScalar(DivScalar(index, float64(s.Steps)), 1))
}
