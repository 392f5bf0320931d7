package optimizers

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// EMA is an exponential moving average of the parameters, which has less noise than the last of them. Early in a run it
// would hold on to the initial values; Warmup gives the decay a bound that rises with the step.
//
//	a = d a + (1−d) θ,  d = min(Decay, (1+k)/(Warmup+k)) at step k from 0
//
// A fit has it as its fields EMA and EMAWarmup: then the average is what is validated and what the run returns.
//
// Source: Polyak & Juditsky 1992, doi:10.1137/0330046, for the plain mean. bib: polyak1992acceleration
type EMA struct {
	Decay  float64 // 0 < Decay < 1
	Warmup float64 // above 1, say 10; 0: the decay is the same in every step
}

// Validate returns every problem at once.
func (e EMA) Validate() error {
	var errs []error
	if !(e.Decay > 0 && e.Decay < 1) {
		errs = append(errs, fmt.Errorf("optimizers: EMA.Decay = %v, want 0 < Decay < 1", e.Decay))
	}
	if e.Warmup != 0 && !(e.Warmup > 1) {
		errs = append(errs, fmt.Errorf("optimizers: EMA.Warmup = %v, want 0 or above 1", e.Warmup))
	}
	return errors.Join(errs...)
}

// Next is the average after the step index, a scalar integer from 0, that led to params. Before the first step it is the
// initial parameters.
//
// Shapes: as average, one node a parameter.
func (e EMA) Next(average, params []*Node, index *Node) []*Node {
	next := make([]*Node, len(params))
	if e.Warmup == 0 {
		for i, p := range params {
			next[i] = Add(MulScalar(average[i], e.Decay), MulScalar(p, 1-e.Decay))
		}
		return next
	}
	// In float64, as the difference from one is what counts: 1 − d = max(1 − Decay, (Warmup−1)/(Warmup+k)).
	k := ConvertDType(index, dtypes.Float64)
	fresh := MaxScalar(MulScalar(Reciprocal(AddScalar(k, e.Warmup)), e.Warmup-1), 1-e.Decay)
	for i, p := range params {
		next[i] = Add(Mul(average[i], ConvertDType(OneMinus(fresh), p.DType())), Mul(p, ConvertDType(fresh, p.DType())))
	}
	return next
}
