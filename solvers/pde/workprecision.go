package pde

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/metrics"
)

// Effort is how much work a solve spends: points in space and steps in time.
type Effort struct {
	Grid, Steps int
}

// Outcome is what an effort buys: a point of a work-precision diagram.
type Outcome struct {
	Effort
	RelL2   float64 // mean relative L2 error over the samples; +Inf if the steps were too large to stay finite, or the grid too coarse
	Seconds float64 // of one sample on one core: the mean over the batch, the best of a few runs
}

// Measure solves the same problems with each of the efforts and compares with reference solutions.
//
// The initial fields u0 [samples, grid] are brought to an effort's grid by Fourier interpolation and its solution back from
// there, so errors are taken on the whole reference grid. The time is that of the march alone, on one core; the coefficients of the
// method, made once for any number of samples, are not in it.
//
// Errors: unequal lengths, a setting that Solve refuses, the error of ctx.
func (e Semilinear) Measure(
	ctx context.Context, u0, reference []float64, grid int, until float64, efforts []Effort,
) ([]Outcome, error) {
	if len(e.Lengths) != 1 || e.Channels() != 1 {
		return nil, fmt.Errorf("pde: Semilinear.Measure: %d axes and %d channels, want one of each", len(e.Lengths), e.Channels())
	}
	if grid < 4 || len(u0) == 0 || len(u0) != len(reference) || len(u0)%max(grid, 1) != 0 {
		return nil, fmt.Errorf("pde: Semilinear.Measure: %d initial and %d reference values on a grid of %d points, "+
			"want equal numbers of whole samples of at least 4 points", len(u0), len(reference), grid)
	}
	out := make([]Outcome, 0, len(efforts))
	for i, effort := range efforts {
		o, err := e.measure(ctx, u0, reference, grid, until, effort)
		if err != nil {
			return nil, fmt.Errorf("pde: Semilinear.Measure: efforts[%d] = %+v: %w", i, effort, err)
		}
		out = append(out, o)
	}
	return out, nil
}

func (e Semilinear) measure(
	ctx context.Context, u0, reference []float64, grid int, until float64, effort Effort,
) (Outcome, error) {
	const runs = 3 // the least time of three leaves out most of what else the machine does
	start, err := Resample(u0, grid, effort.Grid)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Effort: effort, Seconds: math.Inf(1)}
	var end []float64
	for range runs {
		sol, err := e.Solve(ctx, start, []int{effort.Grid}, Stepping{Until: until, Steps: effort.Steps, Workers: 1})
		var notFinite *NotFiniteError
		var unresolved *UnresolvedError
		if errors.As(err, &notFinite) && notFinite.Step > 0 || errors.As(err, &unresolved) {
			return Outcome{Effort: effort, RelL2: math.Inf(1), Seconds: sol.Stats.Runtime.Seconds()}, nil
		}
		if err != nil {
			return Outcome{}, err
		}
		end, out.Seconds = sol.Last(), min(out.Seconds, sol.Stats.PerSample.Seconds())
	}
	if end, err = Resample(end, effort.Grid, grid); err != nil {
		return Outcome{}, err
	}
	out.RelL2, err = metrics.RelL2(end, reference, len(u0)/grid)
	return out, err
}
