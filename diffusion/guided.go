package diffusion

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Guided makes the denoiser that knows the condition of each sample, stressed by scale: see [ClassifierFree]. It is what [Draw] and
// [LogLikelihood] take.
//
//	diffusion.Draw(ctx, run, plan, task.Guided(classes, 2), noise, seed)
//
// Shapes: y holds the conditions of the samples, one after the other, as the recipe's outputs.
// Panics: where the denoiser is made, if y is not of as many samples; as [Denoise.Given] and, if scale is not 1, [Denoise.Denoiser].
// Cost:   two evaluations of the network for each of the denoiser, one for scales of 0 and 1.
func (d Denoise) Guided(y []float64, scale float64) func(scope *model.Scope, x *Node) Denoiser {
	return func(scope *model.Scope, x *Node) Denoiser {
		batch := x.Shape().Dim(0)
		if len(y) < batch || len(y)%batch != 0 {
			exceptions.Panicf("diffusion: Denoise.Guided by %d numbers for %d samples, want one or more for each", len(y), batch)
		}
		if scale == 0 {
			return d.Denoiser(scope, x)
		}
		given := d.Given(scope, x, Reshape(ConstAs(x, y), batch, -1))
		if scale == 1 {
			return given
		}
		return ClassifierFree(given, d.Denoiser(scope, x), scale)
	}
}

// LogLikelihood is log p of each sample of x, in nats, by the denoiser that build makes of a finished run's variables.
//
// Errors: what l.Validate says; what the graph functions panic with; a sample whose likelihood is not finite.
func LogLikelihood(ctx context.Context, run Evaluator, l Likelihood, build func(scope *model.Scope, x *Node) Denoiser, x *tensors.Tensor, seed uint64) ([]float64, error) {
	if err := l.Validate(); err != nil {
		return nil, err
	}
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{l.Of(build(scope, in[0]), in[0], in[1])}
	}, x, seed)
	if err != nil {
		return nil, fmt.Errorf("diffusion: likelihood: %w", err)
	}
	if at := notFinite(out[0]); at >= 0 {
		return nil, fmt.Errorf("diffusion: likelihood: that of sample %d is not finite: the denoiser is not finite somewhere, or the steps are too few", at)
	}
	return Values(out[0]), nil
}
