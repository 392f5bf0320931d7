package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Burgers pairs random initial fields u(x, 0) with the solutions u(x, Until) of
//
//	u_t + u u_x = Viscosity u_xx,  x in [0, 1) periodic,  u(·, 0) ~ N(0, 625 (-Δ + 25 I)^(-2)) of zero mean.
//
// All fields are solved on the Finest grid; a smaller Grid is a [View] that takes every (Finest/Grid)-th point, so
// resolutions share one solve. At the defaults and a viscosity of 0.1 the relative error of the solutions is about 6e-7, against half the steps and spacing.
//
// Arrays: train_input, train_output [Train, Grid, 1], test_input, test_output [Test, Grid, 1] with axes sample, x, channel;
// x [Grid].
// Cost: about 10 CPU-milliseconds a pair at the defaults, whatever the Grid.
//
// Source: Li et al. 2021, arXiv:2010.08895, section 5.1. bib: li2021fno
//
// Differs from the source: 1024 instead of 8192 points; no random mean.
type Burgers struct {
	Viscosity float64 // ν > 0
	Grid      int     // points of the fields given; divides Finest
	Train     int     // number of training pairs, ≥ 1
	Test      int     // number of test pairs, ≥ 1
	Seed      uint64
	Finest    int     // points of the grid that is solved on; 0 means 1024
	Steps     int     // time steps; 0 means 200. Small viscosities want more
	Until     float64 // final time; 0 means 1
}

var (
	_ Recipe = Burgers{}
	_ View   = Burgers{}

	_ Refinable = Burgers{}
	_ Sharded   = Burgers{}
	_ Described = Burgers{}
)

// At is the same data on another grid.
func (b Burgers) At(grid int) Burgers {
	b.Grid = grid
	return b
}

// Few is the same recipe with so many test pairs and one training pair.
func (b Burgers) Few(samples int) Recipe {
	b.Train, b.Test = 1, samples
	return b
}

// Refined solves on twice the points with twice the steps.
func (b Burgers) Refined() Recipe {
	b = b.withDefaults()
	b.Finest, b.Steps = 2*b.Finest, 2*b.Steps
	return b
}

// Describe says what the data are.
func (Burgers) Describe() Description {
	return Description{
		Title:      "Burgers' equation",
		Equation:   `u_t + u\,u_x = \nu\,u_{xx}`,
		Domain:     "x in [0, 1), t from 0 to Until",
		Conditions: "periodic; u(x, 0) is a Gaussian random field with covariance 625 (−Δ + 25)^(−2) and zero mean",
		Method:     "dealiased Fourier method on Finest points, ETDRK4 with Steps steps",
		Source:     "Li et al. 2021, arXiv:2010.08895, section 5.1",
	}
}

// Name is "burgers".
func (Burgers) Name() string { return "burgers" }

// Version of the generator, tied to testdata/burgers.json.
func (Burgers) Version() int { return 1 }

// Validate lists all that is wrong with b.
func (b Burgers) Validate() error {
	var errs []error
	if !(b.Viscosity > 0) || math.IsInf(b.Viscosity, 0) {
		errs = append(errs, fmt.Errorf("datasets: Burgers.Viscosity = %v, want it above 0", b.Viscosity))
	}
	full := b.withDefaults()
	if full.Finest < 4 {
		errs = append(errs, fmt.Errorf("datasets: Burgers.Finest = %d, want at least 4, or 0 for 1024", b.Finest))
	} else if b.Grid < 1 || full.Finest%b.Grid != 0 {
		errs = append(errs, fmt.Errorf("datasets: Burgers.Grid = %d, want a divisor of the finest grid of %d points", b.Grid, full.Finest))
	}
	errs = append(errs, checkCounts("Burgers", b.Train, b.Test))
	if b.Steps < 0 {
		errs = append(errs, fmt.Errorf("datasets: Burgers.Steps = %d, want at least 1, or 0 for 200", b.Steps))
	}
	if !(b.Until >= 0) || math.IsInf(b.Until, 0) {
		errs = append(errs, fmt.Errorf("datasets: Burgers.Until = %v, want a final time above 0, or 0 for 1", b.Until))
	}
	return errors.Join(errs...)
}

// withDefaults puts numbers in place of zeros that mean a default.
func (b Burgers) withDefaults() Burgers {
	if b.Finest == 0 {
		b.Finest = 1024
	}
	if b.Steps == 0 {
		b.Steps = 200
	}
	if b.Until == 0 {
		b.Until = 1
	}
	return b
}

// Source is the same recipe on the finest grid with its defaults spelt out; nil if b is that.
func (b Burgers) Source() Recipe {
	source := b.withDefaults()
	source.Grid = source.Finest
	if source == b {
		return nil
	}
	return source
}

// Derive takes the points of b's grid out of the finest one's.
func (b Burgers) Derive(source Set) (Set, error) {
	return source.every(b.withDefaults().Finest/b.Grid, "x")
}

// Arrays describes the pairs and the coordinate.
func (b Burgers) Arrays() []Shape {
	axes := []string{"sample", "x", "channel"}
	return []Shape{
		{TrainInput, axes, []int{b.Train, b.Grid, 1}},
		{TrainOutput, axes, []int{b.Train, b.Grid, 1}},
		{TestInput, axes, []int{b.Test, b.Grid, 1}},
		{TestOutput, axes, []int{b.Test, b.Grid, 1}},
		{"x", []string{"x"}, []int{b.Grid}},
	}
}

// Make draws the initial fields and solves for all of them.
func (b Burgers) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := b.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, b, report)
}

// Samples is the number of training and test pairs together.
func (b Burgers) Samples() int { return b.Train + b.Test }

// MakeSamples makes some pairs.
func (b Burgers) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := b.withDefaults()
	initial, err := full.initialFields(from, to)
	if err != nil {
		return nil, nil, err
	}
	stepping := pde.Stepping{Until: full.Until, Steps: full.Steps, Report: report}
	solution, err := pde.Burgers(full.Viscosity).Solve(ctx, initial, []int{full.Finest}, stepping)
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: Burgers with Steps = %d: samples from %d: %w", full.Steps, from, err)
	}
	return thinned(initial, full.Finest/b.Grid), thinned(solution.Last(), full.Finest/b.Grid), nil
}

// thinned takes every step-th value.
func thinned(u []float64, step int) []float64 {
	if step == 1 {
		return u
	}
	out := make([]float64, 0, len(u)/step)
	for i := 0; i < len(u); i += step {
		out = append(out, u[i])
	}
	return out
}

// Assemble puts all pairs into their arrays.
func (b Burgers) Assemble(input, output []float64) Set {
	return assemble(b.Arrays(), input, output, periodicPoints(b.Grid))
}

// initialFields draws the fields [to - from, Finest] at t = 0.
func (b Burgers) initialFields(from, to int) ([]float64, error) {
	sampler, err := GRF{Sigma: 25, Tau: 5, Alpha: 2}.Sampler(b.Finest, 1)
	if err != nil {
		return nil, err
	}
	fields := make([]float64, (to-from)*b.Finest)
	for i := from; i < to; i++ {
		if err := sampler.Draw(fields[(i-from)*b.Finest:(i-from+1)*b.Finest], sampleStream(b.Seed, i, b.Train)); err != nil {
			return nil, err
		}
	}
	return fields, nil
}
