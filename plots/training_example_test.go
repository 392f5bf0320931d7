package plots_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

func TestGoldenTraining(t *testing.T) {
	golden(t, "seedloss", ExampleSeedLoss)
	golden(t, "gradientnorms", ExampleGradientNorms)
	golden(t, "termweights", ExampleTermWeights)
	golden(t, "termshares", ExampleTermWeights_shares)
	golden(t, "landscapeline", ExampleLandscapeLine)
}

// Five seeds of two terms; one run met a value that is not finite.
func ExampleSeedLoss() {
	steps := linspace(0, 5000, 201)
	noise := rand.New(rand.NewPCG(3, 4))
	runs := func(start, tau, floor float64) [][]float64 {
		var all [][]float64
		for range 5 {
			rate := math.Exp(0.25 * noise.NormFloat64())
			all = append(all, apply(steps, func(s float64) float64 {
				return (start*math.Exp(-s*rate/tau) + floor/rate) * math.Exp(0.12*noise.NormFloat64())
			}))
		}
		return all
	}
	residual := runs(20, 500, 2e-3)
	residual[2][90] = math.NaN()
	save("seedloss", plots.SeedLoss{
		Title: "Allen–Cahn, five seeds",
		Terms: []plots.Runs{
			{Name: "residual", Steps: steps, Values: residual},
			{Name: "residual", Validation: true, Steps: steps, Values: runs(20, 550, 6e-3)},
			{Name: "initial", Steps: steps, Values: runs(0.5, 400, 1e-5)},
		},
	})
	// Output:
}

func ExampleGradientNorms() {
	steps := linspace(1, 2000, 1000)
	noise := rand.New(rand.NewPCG(5, 6))
	norm := func(start, tau, floor float64) []float64 {
		return apply(steps, func(s float64) float64 {
			return (start*math.Exp(-s/tau) + floor) * math.Exp(0.3*noise.NormFloat64())
		})
	}
	save("gradientnorms", plots.GradientNorms{
		Clip: 1,
		Groups: []plots.History{
			{Name: "all", Steps: steps, Values: norm(12, 260, 0.08)},
			{Name: "lifting", Steps: steps, Values: norm(2, 300, 0.02)},
			{Name: "spectral layers", Steps: steps, Values: norm(0.4, 700, 0.01)},
		},
	})
	// Output:
}

// Weights that balance three terms, on a logarithmic axis.
func ExampleTermWeights() {
	save("termweights", plots.TermWeights{Terms: balanced()})
	// Output:
}

// The same weights as parts of their sum.
func ExampleTermWeights_shares() {
	save("termshares", plots.TermWeights{Terms: balanced(), Shares: true})
	// Output:
}

// balanced returns weights of three terms that settle over training.
func balanced() []plots.History {
	steps := linspace(0, 4000, 81)
	settle := func(from, to float64) []float64 {
		return apply(steps, func(s float64) float64 { return to + (from-to)*math.Exp(-s/700)*(1+0.1*math.Sin(s/90)) })
	}
	return []plots.History{
		{Name: "residual", Steps: steps, Values: settle(1, 0.6)},
		{Name: "boundary", Steps: steps, Values: settle(1, 9)},
		{Name: "initial", Steps: steps, Values: settle(1, 3)},
	}
}

func ExampleLandscapeLine() {
	alpha := linspace(-1, 1, 201)
	valley := func(sharp, floor float64) []float64 {
		return apply(alpha, func(a float64) float64 { return floor + sharp*a*a*(1+0.3*math.Sin(5*a)) })
	}
	diverged := valley(400, 2e-3)
	for i := range 12 {
		diverged[i] = math.Inf(1)
	}
	save("landscapeline", plots.LandscapeLine{
		Series: []plots.Series{
			{Name: "training", X: alpha, Y: diverged},
			{Name: "validation", X: alpha, Y: valley(320, 9e-3), Stroke: plots.Dashed},
		},
	})
	// Output:
}
