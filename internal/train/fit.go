package train

import (
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"

	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Precision is the dtype of parameters and of floating-point data.
type Precision string

// The precisions. The zero value means Float32.
const (
	Float32 Precision = "float32"
	Float64 Precision = "float64"
)

// DType is the precision as a dtype.
func (p Precision) DType() dtypes.DType {
	if p == Float64 {
		return dtypes.Float64
	}
	return dtypes.Float32
}

// Fit says how a task is trained. It is plain data; every field that changes a number is in the run's key.
type Fit struct {
	Steps  int // number of updates; or
	Epochs int // passes over the rows, for a task that has rows
	Batch  int // rows a step; 0: all rows in every step

	Rate      float64           // learning rate; 0: 1e-3
	Schedule  zoo.Schedule      // factor on Rate over the run; nil: constant
	Optimizer zoo.Optimizer     // nil: optimizers.Adam{}
	Host      zoo.HostOptimizer // in place of Optimizer: one whose logic is in Go
	Weighting zoo.Weighting     // of the terms; nil: the weights that the task gives

	Clip       float64   // largest norm of the whole gradient; 0: not clipped
	EMA        float64   // decay of an average of the parameters, which then are the result; 0: none
	EMAWarmup  float64   // the decay at step k is at most (1+k)/(EMAWarmup+k), say with 10; 0: EMA in every step
	Accumulate int       // micro-batches a step, whose gradients are averaged: less memory; 0: 1
	Precision  Precision // of parameters and data; "": float32
	Seed       uint64    // of initial values, rows and draws

	ValidEvery int  // steps between validations; 0: fifty in a run
	KeepBest   bool // the result is the state of the best validation, not the last

	Next *Fit // a second phase that starts from this one's result; see Then
}

// Then appends a phase: fit.Then(Fit{Steps: 500, Host: optimizers.LBFGS{}}). The phases are kept apart, so that
// changing the second does not train the first again.
func (f Fit) Then(next Fit) Fit {
	if f.Next != nil {
		next = f.Next.Then(next)
	}
	f.Next = &next
	return f
}

// Validate returns every problem that can be known before the data are.
func (f Fit) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("train: Fit."+format, args...)) }
	if (f.Steps > 0) == (f.Epochs > 0) || f.Steps < 0 || f.Epochs < 0 {
		bad("Steps = %d and Epochs = %d, want exactly one of them above 0", f.Steps, f.Epochs)
	}
	if f.Batch < 0 {
		bad("Batch = %d, want at least 0", f.Batch)
	}
	if f.Rate < 0 || math.IsNaN(f.Rate) || math.IsInf(f.Rate, 0) {
		bad("Rate = %v, want a positive number", f.Rate)
	}
	if f.Optimizer != nil && f.Host != nil {
		bad("Optimizer and Host are both set, want one")
	}
	if f.Clip < 0 || math.IsNaN(f.Clip) {
		bad("Clip = %v, want at least 0", f.Clip)
	}
	if f.EMA < 0 || f.EMA >= 1 || math.IsNaN(f.EMA) {
		bad("EMA = %v, want 0 ≤ EMA < 1", f.EMA)
	}
	if f.EMAWarmup != 0 && (f.EMA == 0 || !(f.EMAWarmup > 1)) {
		bad("EMAWarmup = %v with EMA = %v, want it 0, or above 1 with an EMA", f.EMAWarmup, f.EMA)
	}
	if f.Accumulate < 0 || f.Accumulate > maxMicro {
		bad("Accumulate = %d, want 0 to %d", f.Accumulate, maxMicro)
	}
	if f.Accumulate > 1 && f.Batch%f.Accumulate != 0 {
		bad("Accumulate = %d, want a divisor of Batch = %d", f.Accumulate, f.Batch)
	}
	if f.Precision != "" && f.Precision != Float32 && f.Precision != Float64 {
		bad("Precision = %q, want %q or %q", f.Precision, Float32, Float64)
	}
	if f.ValidEvery < 0 {
		bad("ValidEvery = %d, want at least 0", f.ValidEvery)
	}
	for _, part := range []interface{ Validate() error }{f.Schedule, f.Optimizer, f.Host, f.Weighting} {
		if part != nil {
			errs = append(errs, part.Validate())
		}
	}
	if f.Next != nil {
		errs = append(errs, f.Next.Validate())
	}
	return errors.Join(errs...)
}

// average is the average of the parameters, if there is one.
func (f Fit) average() optimizers.EMA { return optimizers.EMA{Decay: f.EMA, Warmup: f.EMAWarmup} }

// maxMicro is the room for a micro-batch's number in the counter of the draws.
const maxMicro = 256

// withDefaults fills in what was left out, so that a default and its value in full have one key.
func (f Fit) withDefaults(rows int) Fit {
	if f.Rate == 0 {
		f.Rate = 1e-3
	}
	if f.Optimizer == nil && f.Host == nil {
		f.Optimizer = optimizers.Adam{}
	}
	if f.Precision == "" {
		f.Precision = Float32
	}
	f.Accumulate = max(1, f.Accumulate)
	if f.Batch == 0 || (rows > 0 && f.Batch > rows) {
		f.Batch = rows
	}
	if f.Epochs > 0 {
		f.Steps, f.Epochs = f.Epochs*perEpoch(rows, f.Batch), 0
	}
	if f.ValidEvery == 0 {
		f.ValidEvery = max(1, f.Steps/50)
	}
	return f
}

// perEpoch is the number of steps in a pass over the rows; what is left over is another part each epoch.
func perEpoch(rows, batch int) int {
	if batch == 0 {
		return 1
	}
	return max(1, rows/batch)
}
