package causal

import (
	"context"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Slices is where a trained run stands, slice by slice of time.
type Slices struct {
	Times     []float64 // of the slices
	Losses    []float64 // L_i
	Weights   []float64 // w_i
	Tolerance float64   // ε, of a step that followed the last one
}

// Weights are the causal weights of a trained run, at the points that its training began with.
//
// Errors: a solver without causal weighting, or without slices of time.
func Weights(ctx context.Context, s pinns.Solver, run zoo.Trained) (Slices, error) {
	w, ok := s.Weighting.(Weighting)
	if !ok {
		return Slices{}, fmt.Errorf("causal: Weights of a Solver with Weighting = %T, want causal.Weighting", s.Weighting)
	}
	sampling, ok := s.Sampling.(pinns.Sliced)
	if !ok {
		return Slices{}, fmt.Errorf("causal: Weights of a Solver with Sampling = %T, want one in slices of time, such as pinns.Slices", s.Sampling)
	}
	if err := s.Validate(); err != nil {
		return Slices{}, err
	}
	data, err := s.Data()
	if err != nil {
		return Slices{}, err
	}
	_, whole, err := data.Load(ctx)
	if err != nil {
		return Slices{}, err
	}
	w = w.withDefaults()
	points, times := whole[0], sampling.Slices()
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node {
		x := in[0]
		p := pinns.Population{Step: &zoo.Step{Scope: scope}, Points: x}
		stage := p.State(stageState).NodeValue(x.Graph())
		losses := sliceLosses(s.Residual(scope, x), times)
		t := SliceAxis(Reshape(x, times, -1, x.Shape().Dim(1)), 1, AxisElem(0))
		all := []*Node{SliceAxis(t, 2, AxisElem(-1)), losses, causalWeights(losses, w.tolerance(stage)), stage}
		for i, v := range all {
			all[i] = ConvertDType(v, dtypes.Float64)
		}
		return all
	}, points)
	if err != nil {
		return Slices{}, err
	}
	result := Slices{Tolerance: w.Tolerances[int(tensors.ToScalar[float64](out[3]))]}
	for i, to := range []*[]float64{&result.Times, &result.Losses, &result.Weights} {
		if *to, err = tensors.CopyFlatData[float64](out[i]); err != nil {
			return Slices{}, fmt.Errorf("causal: %w", err)
		}
	}
	return result, nil
}
