package diffusion_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// plain evaluates without trained values, as a notebook's lab does.
type plain struct{ t *testing.T }

func (p plain) Eval(_ context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error) {
	return check.Run(p.t, model.NewStore(), fn, in...)
}

func TestDrawExact(t *testing.T) {
	s := diffusion.StandardVP()
	m := mixture.Line3()
	x := diffusion.Start(diffusion.At(s, 1), 1, 3, 100, 1)
	got, err := diffusion.DrawExact(t.Context(), plain{t}, m, samplers.Plan{Method: samplers.DPMSolverPP{Order: 2}, Schedule: s, NFE: 60, Keep: true}, x, 0)
	if err != nil {
		t.Fatal(err)
	}
	want, err := diffusion.ExactFlow(t.Context(), m, s, 1, 1e-3, diffusion.Values(x), 500)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i, v := range diffusion.Values(got.X) {
		worst = max(worst, v-want[i], want[i]-v)
	}
	// 60 steps of second order, of 0.17 in λ, with clusters of deviation 0.1 into which errors grow.
	if !(worst < 0.05) || got.NFE != 60 || got.States.Shape().Dim(0) != 60 {
		t.Errorf("samples are off by %v from the exact flow in %d evaluations, want below 0.05 in 60", worst, got.NFE)
	}
	short, err := diffusion.DrawExact(t.Context(), plain{t}, m, samplers.Plan{Method: samplers.UniPC{Order: 4}, Schedule: s, NFE: 1}, x, 0)
	if err != nil || len(short.Notes) != 1 || !strings.Contains(short.Notes[0], "Plan.NFE = 1 for UniPC-4") || len(got.Notes) != 0 {
		t.Errorf("UniPC-4 in one evaluation has the notes %q, %v, want that its order is not reached; others %q", short.Notes, err, got.Notes)
	}
	adaptive := samplers.Adaptive{Order: 2, Schedule: s, ATol: 1e-3, RTol: 1e-3}
	few, err := diffusion.DrawExact(t.Context(), plain{t}, m, adaptive, x, 0)
	if err != nil || few.NFE < 10 || few.NFE > 400 {
		t.Errorf("adaptive steps take %d evaluations, %v", few.NFE, err)
	}
	adaptive.MaxSteps = 3
	for want, draw := range map[string]func() error{
		"did not come to the end in 6 evaluations": func() error {
			_, err := diffusion.DrawExact(t.Context(), plain{t}, m, adaptive, x, 0)
			return err
		},
		"DrawExact: mixture: Mixture of 0 weights": func() error {
			_, err := diffusion.DrawExact(t.Context(), plain{t}, mixture.Mixture{}, adaptive, x, 0)
			return err
		},
		"OfMixture: x is (Float64)[100, 1], want [batch, 2]": func() error {
			_, err := diffusion.DrawExact(t.Context(), plain{t}, mixture.Ring8(), adaptive, x, 0)
			return err
		},
		"Plan.NFE = 0": func() error {
			_, err := diffusion.DrawExact(t.Context(), plain{t}, m, samplers.Plan{Method: samplers.DDIM{}, Schedule: s}, x, 0)
			return err
		},
	} {
		if err := draw(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestSamplesThatAreNotFinite(t *testing.T) {
	s := diffusion.StandardVP()
	broken := func(*model.Scope, *Node) diffusion.Denoiser {
		return diffusion.Denoiser{Prediction: diffusion.X0, Predict: func(x *Node, _ diffusion.Level, _ []*Node) *Node { return Log(x) }}
	}
	for _, x := range []any{[][]float64{{1, 2}, {1, -1}, {-1, 1}}, [][]float32{{1, 2}, {1, -1}, {-1, 1}}} {
		start := tensors.MustFromAnyValue(x)
		_, err := diffusion.Draw(t.Context(), plain{t}, samplers.Plan{Method: samplers.DDIM{}, Schedule: s, NFE: 1}, broken, start, 0)
		if err == nil || !strings.Contains(err.Error(), "sample 1 is not finite") {
			t.Errorf("%v, want the first sample that is not finite named", err)
		}
	}
}

func TestValues(t *testing.T) {
	if got := diffusion.Values(tensors.FromValue([]float32{1, 2})); !slices.Equal(got, []float64{1, 2}) {
		t.Errorf("%v, want 1 and 2", got)
	}
	if got := diffusion.Values(tensors.FromValue([]int32{1, 2})); got != nil {
		t.Errorf("whole numbers give %v, want none", got)
	}
}

// Guidance without a classifier runs two networks an evaluation, and nested guidance three; that by gradients counts its denoiser alone.
func TestTotalNFE(t *testing.T) {
	s := diffusion.StandardVP()
	one := diffusion.OfGaussian([]float64{0.2}, 0.5)
	logP := func(x *Node, _ diffusion.Level, _ []*Node) *Node { return Neg(ReduceSum(Square(x), 1)) }
	two := diffusion.ClassifierFree(one, diffusion.OfGaussian([]float64{0}, 1), 2)
	x := tensors.FromValue([][]float64{{0.3}, {-1}})
	for name, c := range map[string]struct {
		d     diffusion.Denoiser
		calls int
	}{
		"alone": {one, 1}, "classifier-free": {two, 2}, "nested": {diffusion.ClassifierFree(two, one, 0.5), 3},
		"classifier": {diffusion.Classifier(two, logP, nil, 1), 2}, "posterior": {diffusion.Posterior(one, logP, nil, 1), 1},
		"about a mean": {diffusion.About(two, nil), 2},
	} {
		if got := c.d.Total(7); got != 7*c.calls {
			t.Errorf("%s: 7 evaluations run %d networks, want %d", name, got, 7*c.calls)
		}
	}
	for _, sampler := range []diffusion.Sampler{
		samplers.Plan{Method: samplers.DPMSolverPP{Order: 2}, Schedule: s, NFE: 9},
		samplers.Adaptive{Order: 2, Schedule: s, ATol: 1e-2, RTol: 1e-2},
		samplers.AdaptiveFlow{Stepper: ode.Dopri5(), Schedule: s, ATol: 1e-2, RTol: 1e-2},
	} {
		build := func(*model.Scope, *Node) diffusion.Denoiser { return two }
		got, err := diffusion.Draw(t.Context(), plain{t}, sampler, build, x, 1)
		if err != nil || got.NFE < 9 || got.TotalNFE != 2*got.NFE {
			t.Errorf("%T: %d evaluations of %d networks in all, want twice as many: %v", sampler, got.NFE, got.TotalNFE, err)
		}
		alone, err := diffusion.Draw(t.Context(), plain{t}, sampler, func(*model.Scope, *Node) diffusion.Denoiser { return one }, x, 1)
		if err != nil || alone.TotalNFE != alone.NFE {
			t.Errorf("%T: %d evaluations of %d networks in all, want as many: %v", sampler, alone.NFE, alone.TotalNFE, err)
		}
	}
}
