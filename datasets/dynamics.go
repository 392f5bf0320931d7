package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/solvers/ode/tableau"
)

// Dynamics are solutions of a system of ordinary differential equations from random initial states.
//
// Arrays: train_input [Train, state] at time 0, after the system's warm-up; train_output [Train, Frames, state] at the times after it;
// test_input and test_output likewise, with axes sample, time, state; time [Frames].
// Accuracy: below 1e-8 at the default tolerance, by refinement; of chaotic systems from frame to frame.
// Cost: microseconds a frame.
type Dynamics struct {
	System    System
	Frames    int // states after the first, ≥ 1
	Train     int // number of training trajectories, ≥ 1
	Test      int // number of test trajectories, ≥ 1
	Seed      uint64
	Interval  float64 // time between frames; 0 means the system's
	Tolerance float64 // relative and absolute, of a step; 0 means 1e-12
}

var (
	_ Chaotic   = Dynamics{}
	_ Sharded   = Dynamics{}
	_ Described = Dynamics{}
)

// Few is the same recipe with so many test trajectories and one for training.
func (d Dynamics) Few(samples int) Recipe {
	d.Train, d.Test = 1, samples
	return d
}

// Refined solves with a hundredth of the tolerance.
func (d Dynamics) Refined() Recipe {
	d = d.withDefaults()
	d.Tolerance /= 100
	return d
}

// Describe says what the data are.
func (d Dynamics) Describe() Description {
	c, _ := d.System.find()
	conditions := c.start
	if c.warmup > 0 {
		conditions += fmt.Sprintf(", followed for %v units of time", c.warmup)
	}
	return Description{
		Title: c.title, Equation: c.equation,
		Domain:     fmt.Sprintf("states %s; frames every %v units of time", strings.Join(c.states, ", "), d.withDefaults().Interval),
		Conditions: "at the start " + conditions,
		Method:     "Runge–Kutta method of order 8(7) of Prince and Dormand with steps by Tolerance",
		Source:     c.source,
	}
}

// Name is the system's.
func (d Dynamics) Name() string { return string(d.System) }

// Version of the generator, tied to testdata/<system>.json.
func (Dynamics) Version() int { return 1 }

func (d Dynamics) withDefaults() Dynamics {
	if c, known := d.System.find(); known && d.Interval == 0 {
		d.Interval = c.interval
	}
	if d.Tolerance == 0 {
		d.Tolerance = 1e-12
	}
	return d
}

// Validate lists all that is wrong with d.
func (d Dynamics) Validate() error {
	if _, known := d.System.find(); !known {
		var names []string
		for _, c := range systems() {
			names = append(names, string(c.name))
		}
		return fmt.Errorf("datasets: Dynamics.System = %q, want one of %s", d.System, strings.Join(names, ", "))
	}
	errs := []error{checkCounts("Dynamics", d.Train, d.Test)}
	if d.Frames < 1 {
		errs = append(errs, fmt.Errorf("datasets: Dynamics.Frames = %d, want at least 1", d.Frames))
	}
	if full := d.withDefaults(); !(full.Interval > 0) || math.IsInf(full.Interval, 0) {
		errs = append(errs, fmt.Errorf("datasets: Dynamics.Interval = %v, want it above 0, or 0 for the system's", d.Interval))
	} else if !(full.Tolerance >= 1e-15 && full.Tolerance < 1) {
		errs = append(errs, fmt.Errorf("datasets: Dynamics.Tolerance = %v, want it from 1e-15 to 1, or 0 for 1e-12", d.Tolerance))
	}
	return errors.Join(errs...)
}

// Arrays describes the trajectories and their times.
func (d Dynamics) Arrays() []Shape {
	c, _ := d.System.find()
	states := len(c.states)
	part := func(prefix string, samples int) []Shape {
		return []Shape{
			{prefix + "_input", []string{"sample", "state"}, []int{samples, states}},
			{prefix + "_output", []string{"sample", "time", "state"}, []int{samples, d.Frames, states}},
		}
	}
	return slices.Concat(part("train", d.Train), part("test", d.Test), []Shape{{"time", []string{"time"}, []int{d.Frames}}})
}

// Make draws the initial states and solves for all frames.
func (d Dynamics) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := d.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, d, report)
}

// Samples is the number of training and test trajectories together.
func (d Dynamics) Samples() int { return d.Train + d.Test }

// MakeSamples makes some trajectories.
func (d Dynamics) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := d.withDefaults()
	input, output, err = eachSample(ctx, full.Arrays(), from, to, report, func(i int, input, output []float64) error {
		frames, err := full.sample(ctx, i)
		if err != nil {
			return err
		}
		copy(output, frames[copy(input, frames):])
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: Dynamics: %w", err)
	}
	return input, output, nil
}

// Assemble puts all trajectories into their arrays.
func (d Dynamics) Assemble(input, output []float64) Set {
	return assemble(d.Arrays(), input, output, d.withDefaults().times()[1:])
}

// times are those of the frames, the first included.
func (d Dynamics) times() []float64 {
	out := make([]float64, d.Frames+1)
	for i := range out {
		out[i] = float64(i) * d.Interval
	}
	return out
}

// sample solves for the trajectory at place i: [Frames + 1, state].
func (d Dynamics) sample(ctx context.Context, i int) ([]float64, error) {
	c, _ := d.System.find()
	y := c.draw(sampleStream(d.Seed, i, d.Train))
	if c.warmup > 0 {
		ys, err := d.march(ctx, c.field, y, []float64{0, c.warmup})
		if err != nil {
			return nil, err
		}
		y = ys[len(y):]
	}
	return d.march(ctx, c.field, y, d.times())
}

func (d Dynamics) march(ctx context.Context, f tableau.Field, y, times []float64) ([]float64, error) {
	ys, _, err := tableau.Dopri8().March(ctx, f, y, times, d.Tolerance, d.Tolerance)
	return ys, err
}

// Chaos says whether close solutions part, such that errors are of frames each started from an exact one.
func (d Dynamics) Chaos() bool {
	c, _ := d.System.find()
	return c.chaotic
}

// FrameErrors is the largest relative error of a state that is solved for from the refined solution's state a frame before.
func (d Dynamics) FrameErrors(ctx context.Context, samples int) (float64, error) {
	if err := d.Validate(); err != nil {
		return 0, err
	}
	full := d.withDefaults()
	c, _ := d.System.find()
	fine, times, n, worst := full, full.times(), len(c.states), 0.0
	fine.Tolerance /= 100
	for i := range samples {
		frames, err := fine.sample(ctx, full.Train+i)
		if err != nil {
			return 0, fmt.Errorf("datasets: Dynamics refined: %w", err)
		}
		for f := range full.Frames {
			got, err := full.march(ctx, c.field, frames[f*n:(f+1)*n], times[f:f+2])
			if err != nil {
				return 0, fmt.Errorf("datasets: Dynamics from frame %d: %w", f, err)
			}
			worst = max(worst, relativeDifference(got[n:], frames[(f+1)*n:(f+2)*n]))
		}
	}
	return worst, nil
}
