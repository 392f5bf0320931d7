package diffusion_test

import (
	"context"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// fresh evaluates with variables that nobody trained.
type fresh struct{ t *testing.T }

func (f fresh) Eval(_ context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error) {
	return check.Run(f.t, model.NewStore(), fn, in...)
}

func TestGuided(t *testing.T) {
	task := ringTask(0)
	task.Model, task.Target, task.Conditional, task.Drop = echo{}, diffusion.X0, true, 0.1
	plan := samplers.Plan{Method: samplers.DDIM{}, Schedule: task.Schedule, NFE: 3, ToZero: true}
	x := check.Random(1, 3, 2)
	for scale, want := range map[float64]func(y float64) float64{
		0: func(float64) float64 { return 0 },
		1: func(y float64) float64 { return y + 1 },
		3: func(y float64) float64 { return 3 * (y + 1) },
	} {
		got, err := diffusion.Draw(t.Context(), fresh{t}, plan, task.Guided([]float64{2, 5, -1}, scale), x, 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, y := range []float64{2, 2, 5, 5, -1, -1} {
			if v := diffusion.Values(got.X)[i]; !(math.Abs(v-want(y)) < 1e-12) { // round-off
				t.Errorf("scale %v, sample %d: %v, want %v", scale, i/2, v, want(y))
			}
		}
	}
	_, err := diffusion.Draw(t.Context(), fresh{t}, plan, task.Guided([]float64{2, 5}, 1), x, 0)
	if err == nil || !strings.Contains(err.Error(), "by 2 numbers for 3 samples") {
		t.Errorf("two conditions for three samples: %v, want it said", err)
	}
}

func TestLogLikelihood(t *testing.T) {
	gauss := mixture.Mixture{Weights: []float64{1}, Means: [][]float64{{0, 0, 0}}, Std: []float64{0.5}}
	exact := func(*model.Scope, *Node) diffusion.Denoiser { return diffusion.OfMixture(gauss) }
	l := diffusion.Likelihood{Schedule: diffusion.StandardVP(), Steps: 40, Std: 0.5}
	x := check.Random(2, 5, 3)
	got, err := diffusion.LogLikelihood(t.Context(), fresh{t}, l, exact, x, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := likelihoods(t, l, gauss, x, 0)
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("sample %d: %v, want %v as of Likelihood.Of", i, got[i], want[i])
		}
	}
	if _, err := diffusion.LogLikelihood(t.Context(), fresh{t}, diffusion.Likelihood{}, exact, x, 0); err == nil {
		t.Error("a likelihood without a schedule: no error")
	}
}
