package samplers_test

import (
	"context"
	"fmt"
	"log"
	"math"
	"testing"

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

// The flow keeps how many deviations a point of normal data is from the mean, so that errors are known: twice the evaluations of a second-order
// method make them a quarter.
func ExamplePlan() {
	data := mixture.Mixture{Weights: []float64{1}, Means: [][]float64{{0.7}}, Std: []float64{0.5}}
	for _, nfe := range []int{20, 40, 80} {
		plan := samplers.Plan{Method: samplers.DPMSolverPP{Order: 2}, Schedule: diffusion.StandardVP(), NFE: nfe}
		first, err := plan.First()
		if err != nil {
			log.Fatal(err)
		}
		x := diffusion.Start(first, 0.5, 1, 1000, 1) // 1000 points of seed 1
		drawn, err := diffusion.DrawExact(context.Background(), lab{}, data, plan, x, 0)
		if err != nil {
			log.Fatal(err)
		}
		start, worst := diffusion.Values(x), 0.0
		end := diffusion.At(plan.Schedule, 1e-3) // the schedule's last time
		noised := func(p diffusion.Point) (mean, deviation float64) {
			return p.Alpha * 0.7, math.Hypot(p.Alpha*0.5, p.Sigma)
		}
		for i, got := range diffusion.Values(drawn.X) {
			mean, deviation := noised(first)
			z := (start[i] - mean) / deviation
			mean, deviation = noised(end)
			worst = max(worst, math.Abs(got-mean-deviation*z))
		}
		fmt.Printf("%d evaluations: off by %.4f at most\n", drawn.NFE, worst)
	}
	// Output:
	// 20 evaluations: off by 0.0257 at most
	// 40 evaluations: off by 0.0069 at most
	// 80 evaluations: off by 0.0018 at most
}

// Encode leads data to noise along the flow; the plan without it leads them back.
func ExamplePlan_encode() {
	data := mixture.Line3()
	plan := samplers.Plan{Method: samplers.Heun{}, Schedule: diffusion.StandardVP(), NFE: 200}
	points := tensors.FromValue([][]float64{{-1.2}, {0.4}, {1.3}})
	encode := plan
	encode.Encode = true
	noise, err := diffusion.DrawExact(context.Background(), lab{}, data, encode, points, 0)
	if err != nil {
		log.Fatal(err)
	}
	back, err := diffusion.DrawExact(context.Background(), lab{}, data, plan, noise.X, 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("noise %.1f\nback  %.2f\n", diffusion.Values(noise.X), diffusion.Values(back.X))
	// Output:
	// noise [-1.4 0.1 1.0]
	// back  [-1.20 0.40 1.30]
}

// Keep gives a preview at each evaluation: the clean data that the denoiser sees in x, which begins at the data's mean and settles on one
// of their parts.
func ExamplePlan_keep() {
	data := mixture.Mixture{Weights: []float64{0.5, 0.5}, Means: [][]float64{{-1}, {1}}, Std: []float64{0.1, 0.1}}
	plan := samplers.Plan{Method: samplers.DPMSolverPP{Order: 2}, Schedule: diffusion.StandardVP(), NFE: 8, Keep: true}
	drawn, err := diffusion.DrawExact(context.Background(), lab{}, data, plan, tensors.FromValue([][]float64{{0.4}}), 0)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(drawn.Previews.Shape().Dimensions) // evaluation, sample, axis
	fmt.Printf("%.2f\n%.2f\n", diffusion.Values(drawn.Previews), diffusion.Values(drawn.States))
	// Output:
	// [8 1 1]
	// [0.00 0.01 0.03 0.10 0.36 0.97 1.02 1.04]
	// [0.40 0.40 0.40 0.38 0.49 1.04 1.05 1.05]
}
