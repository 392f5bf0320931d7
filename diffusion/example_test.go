package diffusion_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// lab evaluates graphs in these examples; in a notebook it is what workbench.Open gives.
type lab struct{ testing.TB }

func (lab) Helper()          {}
func (lab) Name() string     { return "example" }
func (lab) Fatal(why ...any) { log.Panicln(why...) }

func (l lab) Eval(_ context.Context, fn check.GraphFn, in ...any) ([]*tensors.Tensor, error) {
	return check.Run(l, model.NewStore(), fn, in...)
}

// Two clusters, at -1 and 1, of which the condition is the right one. Without it half of the points go left; with it all go right; with more than
// it they are drawn beyond the cluster's middle and closer together.
func ExampleClassifierFree() {
	both := diffusion.OfMixture(mixture.Mixture{Weights: []float64{0.5, 0.5}, Means: [][]float64{{-1}, {1}}, Std: []float64{0.4, 0.4}})
	right := diffusion.OfGaussian([]float64{1}, 0.4)
	plan := samplers.Plan{Method: samplers.DPMSolverPP{Order: 2}, Schedule: diffusion.StandardVP(), NFE: 40}
	x := tensors.FromValue([][]float64{{-1.5}, {-0.5}, {0.5}, {1.5}})
	for _, scale := range []float64{0, 1, 3} {
		drawn, err := diffusion.Draw(context.Background(), lab{}, plan, func(*model.Scope, *Node) diffusion.Denoiser {
			return diffusion.ClassifierFree(right, both, scale)
		}, x, 0)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("scale %v: %5.2f\n", scale, diffusion.Values(drawn.X))
	}
	// Output:
	// scale 0: [-1.45 -0.88  0.88  1.45]
	// scale 1: [ 0.40  0.80  1.20  1.60]
	// scale 3: [ 1.06  1.26  1.51  1.82]
}

// Standard normal data, of which 2 was measured with a deviation of 1/2: by Bayes' rule their mean is 1.6 and their deviation 0.45. The denoiser's
// mean stands for all that the data may be, so that a likelihood of the measurement alone pulls too hard. What the denoiser does not know has
// here the variance σ², which the likelihood can count, and the samples are right.
func ExamplePosterior() {
	const measured, variance = 2, 0.25
	plan := samplers.Plan{Method: samplers.DPMSolverPP{Order: 2}, Schedule: diffusion.StandardVP(), NFE: 100}
	x := tensors.FromValue([][]float64{{-1}, {1}}) // a deviation from the mean, either way
	for _, unknown := range []float64{0, 1} {
		logP := func(x0 *Node, at diffusion.Level, _ []*Node) *Node {
			off := AddScalar(Squeeze(x0, 1), -measured)
			return Neg(Div(Square(off), MulScalar(AddScalar(MulScalar(Square(at.Sigma), unknown), variance), 2)))
		}
		drawn, err := diffusion.Draw(context.Background(), lab{}, plan, func(*model.Scope, *Node) diffusion.Denoiser {
			return diffusion.Posterior(diffusion.OfGaussian([]float64{0}, 1), logP, nil, 1)
		}, x, 0)
		if err != nil {
			log.Fatal(err)
		}
		v := diffusion.Values(drawn.X)
		fmt.Printf("mean %.2f, deviation %.2f\n", (v[0]+v[1])/2, (v[1]-v[0])/2)
	}
	// Output:
	// mean 2.55, deviation 0.14
	// mean 1.60, deviation 0.45
}

// The density of three points of normal data, beside the formula's.
func ExampleLikelihood() {
	l := diffusion.Likelihood{Schedule: diffusion.StandardVP(), Steps: 200, Std: 0.5}
	x := []float64{0, 0.5, 1.5}
	out, err := lab{}.Eval(context.Background(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{l.Of(diffusion.OfGaussian([]float64{0}, 0.5), in[0], nil)}
	}, tensors.FromFlatDataAndDimensions(x, len(x), 1))
	if err != nil {
		log.Fatal(err)
	}
	end := diffusion.At(l.Schedule, 1e-3) // the schedule's last time
	s := math.Hypot(0.5*end.Alpha, end.Sigma)
	for i, got := range diffusion.Values(out[0]) {
		want := -x[i]*x[i]/(2*s*s) - math.Log(s*math.Sqrt(2*math.Pi))
		fmt.Printf("log p(%.1f) = %.4f, %.4f\n", x[i], got, want)
	}
	// Output:
	// log p(0.0) = -0.2260, -0.2260
	// log p(0.5) = -0.7258, -0.7258
	// log p(1.5) = -4.7245, -4.7245
}
