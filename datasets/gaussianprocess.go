package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/datasets/randomfield"
)

// GaussianProcess are Gaussian fields at random points of the unit box: from the points to the values, which may be noisy.
//
// Arrays: train_input [Train, Points, axis], uniform and other ones for each sample; train_output [Train, Points, channel 1]; test_input and
// test_output likewise, with axes sample, point, axis and channel.
//
// Cost:   Points³/3 operations a sample.
// Source: Rasmussen & Williams 2006, section 4.2.1. bib: rasmussen2006gaussian
type GaussianProcess struct {
	Form   randomfield.Form // of the covariance, of variance 1
	Nu     float64          // of randomfield.Matern; 0 for the other forms
	Length float64          // in units of the side of the box, > 0
	Axes   int              // ≥ 1
	Points int              // of a sample, ≥ 1
	Train  int              // number of training samples, ≥ 1
	Test   int              // number of test samples, ≥ 1
	Seed   uint64
	Noise  float64 // standard deviation of the noise of a value; 0: 1e-5, which keeps smooth covariances from being singular to round-off
}

var (
	_ Sharded   = GaussianProcess{}
	_ Described = GaussianProcess{}
)

// Name is gaussian-process.
func (GaussianProcess) Name() string { return "gaussian-process" }

// Version of the generator, tied to testdata/gaussian-process.json.
func (GaussianProcess) Version() int { return 1 }

// Describe says what the data are.
func (g GaussianProcess) Describe() Description {
	return Description{
		Title: "Gaussian process at random points", Equation: `y \sim N(0, C + s^2 I),\ C_{ij} = C(|x_i - x_j|)`,
		Domain:     fmt.Sprintf("%d uniform points of the unit box over %d axes", g.Points, g.Axes),
		Conditions: fmt.Sprintf("covariance %s of Length %v and variance 1, noise of deviation %v", g.Form, g.Length, g.noise()),
		Method:     "Cholesky factor", Source: rasmussen,
	}
}

func (g GaussianProcess) kernel() randomfield.Kernel {
	return randomfield.Kernel{Form: g.Form, Nu: g.Nu, Length: g.Length, Variance: 1}
}

func (g GaussianProcess) noise() float64 {
	if g.Noise == 0 {
		return 1e-5
	}
	return g.Noise
}

// Validate lists all that is wrong with g.
func (g GaussianProcess) Validate() error {
	var errs []error
	if err := g.kernel().Validate(); err != nil {
		errs = append(errs, fmt.Errorf("datasets: GaussianProcess: %w", err))
	}
	if g.Axes < 1 {
		errs = append(errs, fmt.Errorf("datasets: GaussianProcess.Axes = %d, want at least 1", g.Axes))
	}
	if g.Points < 1 {
		errs = append(errs, fmt.Errorf("datasets: GaussianProcess.Points = %d, want at least 1", g.Points))
	}
	if !(g.Noise >= 0) || math.IsInf(g.Noise, 0) {
		errs = append(errs, fmt.Errorf("datasets: GaussianProcess.Noise = %v, want at least 0", g.Noise))
	}
	return errors.Join(append(errs, checkCounts("GaussianProcess", g.Train, g.Test))...)
}

// Arrays describes the points and the values.
func (g GaussianProcess) Arrays() []Shape {
	return pairShapes(
		g.Train, g.Test,
		Shape{Axes: []string{"point", "axis"}, Dims: []int{g.Points, g.Axes}}, Shape{Axes: []string{"point", "channel"}, Dims: []int{g.Points, 1}},
	)
}

// Make draws the points and the values.
func (g GaussianProcess) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := g.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, g, report)
}

// Samples is the number of training and test samples together.
func (g GaussianProcess) Samples() int { return g.Train + g.Test }

// MakeSamples makes some samples.
func (g GaussianProcess) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	input, output, err = eachSample(ctx, g.Arrays(), from, to, report, func(i int, input, output []float64) error {
		rng := sampleStream(g.Seed, i, g.Train)
		for j := range input {
			input[j] = rng.Float64()
		}
		sampler, err := g.kernel().At(input, g.Axes, g.noise()*g.noise())
		if err != nil {
			return err
		}
		return sampler.Draw(output, rng)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: GaussianProcess: %w", err)
	}
	return input, output, nil
}

// Assemble puts all samples into their arrays.
func (g GaussianProcess) Assemble(input, output []float64) Set {
	return assemble(g.Arrays(), input, output)
}
