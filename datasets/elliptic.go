package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/integrate/quad"
)

// Elliptic pairs coefficients and sources with the solutions of
//
//	-(a u')' = f on [0, 1],  u(0) = u(1) = 0
//
// where f = Σ_(k=1)^Modes k^(-Decay) (ξ_k cos 2πkx + η_k sin 2πkx) with independent normal ξ, η, and a = exp(g/2) with such a g of five
// modes, or a = 1. The solution is by its integrals, u' = (c - ∫f)/a, to round-off.
//
// Arrays: train_input [Train, Grid, channel], the channels f and, unless Constant, a; train_output [Train, Grid, 1]; test_input and test_output
// likewise, with axes sample, x, channel; x [Grid], both ends included.
// Cost: microseconds a pair.
//
// Source: with varying a as in Fanaskov et al. 2023, arXiv:2301.12730; with a = 1 u is ∫ G f with Green's function, as in Kovachki et al.
// 2023, J. Mach. Learn. Res. 24. bib: fanaskov2023covariance, kovachki2023neuraloperator
type Elliptic struct {
	Constant bool // a = 1
	Modes    int  // of f; 0 means 5
	Decay    float64
	Grid     int // points, ≥ 3
	Train    int // number of training pairs, ≥ 1
	Test     int // number of test pairs, ≥ 1
	Seed     uint64
}

var (
	_ Sharded   = Elliptic{}
	_ Described = Elliptic{}
)

// Describe says what the data are.
func (e Elliptic) Describe() Description {
	coefficient := "a = exp(g/2), g a random Fourier series of five modes"
	if e.Constant {
		coefficient = "a = 1"
	}
	return Description{
		Title: "Elliptic equation on an interval", Equation: `-(a\,u')' = f`, Domain: "x in [0, 1]",
		Conditions: fmt.Sprintf("u = 0 at both ends; %s; f a random Fourier series of %d modes", coefficient, e.withDefaults().Modes),
		Method:     "integration by Gauss's rule of eight points a cell, exact to round-off",
		Source:     "Fanaskov et al. 2023, arXiv:2301.12730; Kovachki et al. 2023, J. Mach. Learn. Res. 24",
	}
}

// Name is "elliptic".
func (Elliptic) Name() string { return "elliptic" }

// Version of the generator, tied to testdata/elliptic.json.
func (Elliptic) Version() int { return 1 }

func (e Elliptic) withDefaults() Elliptic {
	if e.Modes == 0 {
		e.Modes = 5
	}
	return e
}

// Validate lists all that is wrong with e.
func (e Elliptic) Validate() error {
	var errs []error
	if e.Modes < 0 || e.Decay < 0 || math.IsNaN(e.Decay) {
		errs = append(errs, fmt.Errorf("datasets: Elliptic.Modes = %d and Decay = %v, want at least 1, or 0 for 5, and at least 0", e.Modes, e.Decay))
	}
	if least := 2*e.withDefaults().Modes + 1; e.Grid < least {
		errs = append(errs, fmt.Errorf("datasets: Elliptic.Grid = %d, want at least %d, so that the grid sees all modes of f", e.Grid, least))
	}
	return errors.Join(append(errs, checkCounts("Elliptic", e.Train, e.Test))...)
}

// Arrays describes the pairs and the coordinate.
func (e Elliptic) Arrays() []Shape {
	axes, channels := []string{"sample", "x", "channel"}, 2
	if e.Constant {
		channels = 1
	}
	return []Shape{
		{TrainInput, axes, []int{e.Train, e.Grid, channels}},
		{TrainOutput, axes, []int{e.Train, e.Grid, 1}},
		{TestInput, axes, []int{e.Test, e.Grid, channels}},
		{TestOutput, axes, []int{e.Test, e.Grid, 1}},
		{"x", []string{"x"}, []int{e.Grid}},
	}
}

// Make draws coefficients and sources and solves for all of them.
func (e Elliptic) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := e.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, e, report)
}

// Samples is the number of training and test pairs together.
func (e Elliptic) Samples() int { return e.Train + e.Test }

// MakeSamples makes some pairs.
func (e Elliptic) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	return eachSample(ctx, e.Arrays(), from, to, report, func(i int, input, output []float64) error {
		rng := sampleStream(e.Seed, i, e.Train)
		f := drawSeries(rng, e.withDefaults().Modes, e.Decay)
		g := drawSeries(rng, 5, 0)
		a := func(x float64) float64 { return math.Exp(g.at(x) / 2) }
		if e.Constant {
			a = func(float64) float64 { return 1 }
		}
		ellipticSolution(output, f, a)
		for j := range output {
			x := float64(j) / float64(len(output)-1)
			if e.Constant {
				input[j] = f.at(x)
				continue
			}
			input[2*j], input[2*j+1] = f.at(x), a(x)
		}
		return nil
	})
}

// Assemble puts all pairs into their arrays.
func (e Elliptic) Assemble(input, output []float64) Set {
	x := make([]float64, e.Grid)
	for i := range x {
		x[i] = float64(i) / float64(e.Grid-1)
	}
	return assemble(e.Arrays(), input, output, x)
}

// series is Σ_k (a_k cos 2πkx + b_k sin 2πkx), k from 1 on.
type series struct{ a, b []float64 }

func drawSeries(rng *rand.Rand, modes int, decay float64) series {
	var s series
	for k := range modes {
		size := math.Pow(float64(k+1), -decay)
		s.a, s.b = append(s.a, size*rng.NormFloat64()), append(s.b, size*rng.NormFloat64())
	}
	return s
}

func (s series) at(x float64) float64 {
	var sum float64
	for k := range s.a {
		sin, cos := math.Sincos(2 * math.Pi * float64(k+1) * x)
		sum += s.a[k]*cos + s.b[k]*sin
	}
	return sum
}

// integral is that from 0 to x.
func (s series) integral(x float64) float64 {
	var sum float64
	for k := range s.a {
		w := 2 * math.Pi * float64(k+1)
		sin, cos := math.Sincos(w * x)
		sum += (s.a[k]*sin + s.b[k]*(1-cos)) / w
	}
	return sum
}

// ellipticSolution writes u at even points: with F = ∫f it is c ∫1/a - ∫F/a, and c such that u(1) = 0.
func ellipticSolution(u []float64, f series, a func(x float64) float64) {
	const nodes = 8
	n := len(u) - 1
	resistance := make([]float64, n+1)
	for i := range n {
		low, high := float64(i)/float64(n), float64(i+1)/float64(n)
		resistance[i+1] = resistance[i] + quad.Fixed(func(x float64) float64 { return 1 / a(x) }, low, high, nodes, nil, 1)
		u[i+1] = u[i] - quad.Fixed(func(x float64) float64 { return f.integral(x) / a(x) }, low, high, nodes, nil, 1)
	}
	c := -u[n] / resistance[n]
	for i := range u {
		u[i] += c * resistance[i]
	}
	u[n] = 0
}
