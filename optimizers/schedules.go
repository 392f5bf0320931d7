package optimizers

import (
	"errors"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// Cosine lets the rate fall along half a cosine, after a linear warm-up.
//
//	factor = Floor + (1−Floor) · (1 + cos πt)/2,  t from 0 to 1 after the warm-up
//
// Source: Loshchilov & Hutter 2017, arXiv:1608.03983, eq. (5), without restarts. bib: loshchilov2017sgdr
type Cosine struct {
	Warmup float64 // part of the run, 0 ≤ Warmup < 1
	Floor  float64 // factor at the end, 0 ≤ Floor ≤ 1
}

// Validate returns every problem at once.
func (c Cosine) Validate() error {
	var errs []error
	if c.Warmup < 0 || c.Warmup >= 1 {
		errs = append(errs, fmt.Errorf("optimizers: Cosine.Warmup = %v, want 0 ≤ Warmup < 1", c.Warmup))
	}
	if c.Floor < 0 || c.Floor > 1 {
		errs = append(errs, fmt.Errorf("optimizers: Cosine.Floor = %v, want 0 ≤ Floor ≤ 1", c.Floor))
	}
	return errors.Join(errs...)
}

// Rate is the factor at a step.
func (c Cosine) Rate(_, frac *Node) *Node {
	t := DivScalar(AddScalar(frac, -c.Warmup), 1-c.Warmup)
	fall := AddScalar(MulScalar(AddScalar(Cos(MulScalar(MaxScalar(t, 0), math.Pi)), 1), (1-c.Floor)/2), c.Floor)
	if c.Warmup == 0 {
		return fall
	}
	return Where(LessThan(frac, Scalar(frac.Graph(), frac.DType(), c.Warmup)), DivScalar(frac, c.Warmup), fall)
}

// Halving multiplies the rate by Factor at equal intervals of the run.
type Halving struct {
	Times  int     // how often in the run
	Factor float64 // 0: 0.5
}

// Validate returns every problem at once.
func (h Halving) Validate() error {
	var errs []error
	if h.Times < 1 {
		errs = append(errs, fmt.Errorf("optimizers: Halving.Times = %d, want at least 1", h.Times))
	}
	if h.Factor < 0 || h.Factor >= 1 {
		errs = append(errs, fmt.Errorf("optimizers: Halving.Factor = %v, want 0 < Factor < 1", h.Factor))
	}
	return errors.Join(errs...)
}

// Rate is the factor at a step.
func (h Halving) Rate(_, frac *Node) *Node {
	factor := h.Factor
	if factor == 0 {
		factor = 0.5
	}
	passed := Floor(MulScalar(frac, float64(h.Times+1)))
	return Exp(MulScalar(passed, math.Log(factor)))
}
