package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// NavierStokes pairs the first frames of the vorticity of a flow with the later ones:
//
//	w_t + u·∇w = Viscosity Δw + 0.1 (sin 2π(x+y) + cos 2π(x+y)) on the unit torus,  w(·, 0) ~ N(0, 7³ (-Δ + 49 I)^(-5/2))
//
// with frames at t = 1, 2, …: those up to In are the input, the Out after them the output. Each sample is solved on the
// Finest grid and thinned to Grid points an axis; only the thinned frames are kept.
//
// Arrays: train_input [Train, Grid, Grid, In], train_output [Train, Grid, Grid, Out] with axes sample, x, y, input_time or
// output_time; test_input and test_output likewise; x, y [Grid]; input_time [In]; output_time [Out].
// Cost: about 0.8 CPU-seconds a pair at the defaults.
// Accuracy: at the defaults and ν = 1e-3 the relative error after 50 units of time is about 1e-9, against 128² points. Smaller
// viscosities want a finer grid, and steps in proportion: at ν = 1e-4, t = 30 it is 2e-2 with a Finest of 64, and 4e-4 with 128 and
// 100 steps, against 256 and 200. Too few steps end in an error.
// Memory: 8 Grid² (In + Out) bytes a pair: 1.6 MB for 50 frames of 64 by 64.
//
// Source: Li et al. 2021, arXiv:2010.08895, section 5.3. bib: li2021fno
//
// Differs from the source: a 64² grid and ETDRK4 in place of 256² and Crank–Nicolson steps of 1e-4; zero-mean initial fields.
type NavierStokes struct {
	Viscosity float64 // ν > 0; the paper's: 1e-3, 1e-4, 1e-5
	Grid      int     // points of the frames along an axis; divides Finest. The paper's: 64
	Train     int     // number of training pairs, ≥ 1
	Test      int     // number of test pairs, ≥ 1
	Seed      uint64
	In        int // frames of the input; 0 means 10
	Out       int // frames of the output; 0 means 40, the paper's for ν = 1e-3; it has 20 for 1e-4, 10 for 1e-5
	Finest    int // points of the grid that is solved on along an axis; 0 means 64, or Grid if that is more
	Steps     int // time steps between frames; 0 means 50
}

var (
	_ Refinable = NavierStokes{}
	_ Sharded   = NavierStokes{}
	_ Described = NavierStokes{}
)

// Few is the same recipe with so many test pairs and one training pair.
func (ns NavierStokes) Few(samples int) Recipe {
	ns.Train, ns.Test = 1, samples
	return ns
}

// Refined solves on half the spacing with half the steps.
func (ns NavierStokes) Refined() Recipe {
	ns = ns.withDefaults()
	ns.Finest, ns.Steps = 2*ns.Finest, 2*ns.Steps
	return ns
}

// Describe says what the data are.
func (NavierStokes) Describe() Description {
	return Description{
		Title:      "Navier–Stokes equations, vorticity",
		Equation:   `w_t + u\cdot\nabla w = \nu\,\Delta w + 0.1\,(\sin 2\pi(x+y) + \cos 2\pi(x+y))`,
		Domain:     "x, y in [0, 1), frames at t = 1, 2, …",
		Conditions: "periodic; w at t = 0 is a Gaussian random field with covariance 7³ (−Δ + 49)^(−5/2) and zero mean",
		Method:     "dealiased Fourier method on Finest points along an axis, ETDRK4 with Steps steps between frames",
		Source:     "Li et al. 2021, arXiv:2010.08895, section 5.3",
	}
}

// Name is "navierstokes".
func (NavierStokes) Name() string { return "navierstokes" }

// Version of the generator, tied to testdata/navierstokes.json.
func (NavierStokes) Version() int { return 1 }

func (ns NavierStokes) withDefaults() NavierStokes {
	for _, d := range []struct {
		field *int
		value int
	}{{&ns.In, 10}, {&ns.Out, 40}, {&ns.Finest, max(64, ns.Grid)}, {&ns.Steps, 50}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return ns
}

// Validate lists all that is wrong with ns.
func (ns NavierStokes) Validate() error {
	var errs []error
	if !(ns.Viscosity > 0) || math.IsInf(ns.Viscosity, 0) {
		errs = append(errs, fmt.Errorf("datasets: NavierStokes.Viscosity = %v, want it above 0", ns.Viscosity))
	}
	full := ns.withDefaults()
	if full.Finest < 4 {
		errs = append(errs, fmt.Errorf("datasets: NavierStokes.Finest = %d, want at least 4, or 0 for 64", ns.Finest))
	} else if ns.Grid < 1 || full.Finest%ns.Grid != 0 {
		errs = append(errs, fmt.Errorf("datasets: NavierStokes.Grid = %d, want a divisor of the finest grid of %d points", ns.Grid, full.Finest))
	}
	errs = append(errs, checkCounts("NavierStokes", ns.Train, ns.Test))
	if ns.In < 0 || ns.Out < 0 {
		errs = append(errs, fmt.Errorf("datasets: NavierStokes.In = %d, Out = %d, want at least 1 frame of each, or 0 for 10 and 40", ns.In, ns.Out))
	}
	if ns.Steps < 0 {
		errs = append(errs, fmt.Errorf("datasets: NavierStokes.Steps = %d, want at least 1, or 0 for 50", ns.Steps))
	}
	return errors.Join(errs...)
}

// Arrays describes the pairs and the coordinates.
func (ns NavierStokes) Arrays() []Shape {
	full := ns.withDefaults()
	part := func(name string, samples int, time string, frames int) Shape {
		return Shape{name, []string{"sample", "x", "y", time}, []int{samples, ns.Grid, ns.Grid, frames}}
	}
	return []Shape{
		part(TrainInput, ns.Train, "input_time", full.In),
		part(TrainOutput, ns.Train, "output_time", full.Out),
		part(TestInput, ns.Test, "input_time", full.In),
		part(TestOutput, ns.Test, "output_time", full.Out),
		{"x", []string{"x"}, []int{ns.Grid}},
		{"y", []string{"y"}, []int{ns.Grid}},
		{"input_time", []string{"input_time"}, []int{full.In}},
		{"output_time", []string{"output_time"}, []int{full.Out}},
	}
}

// Make draws the initial fields and solves for all frames.
func (ns NavierStokes) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := ns.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, ns, report)
}

// Samples is the number of training and test pairs together.
func (ns NavierStokes) Samples() int { return ns.Train + ns.Test }

// MakeSamples makes some pairs.
func (ns NavierStokes) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := ns.withDefaults()
	input, output, err = eachSample(ctx, full.Arrays(), from, to, report, func(i int, input, output []float64) error {
		frames, err := full.sample(ctx, i)
		if err != nil {
			return err
		}
		full.thin(input, frames[:full.In])
		full.thin(output, frames[full.In:])
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: NavierStokes with Finest = %d and Steps = %d: %w", full.Finest, full.Steps, err)
	}
	return input, output, nil
}

// Assemble puts all pairs into their arrays.
func (ns NavierStokes) Assemble(input, output []float64) Set {
	full := ns.withDefaults()
	times := make([]float64, full.In+full.Out)
	for i := range times {
		times[i] = float64(i + 1)
	}
	x := periodicPoints(full.Grid)
	return assemble(full.Arrays(), input, output, x, x, times[:full.In], times[full.In:])
}

// sample solves for the frames of the pair at place i, the training pairs first, on the finest grid.
func (ns NavierStokes) sample(ctx context.Context, i int) ([][]float64, error) {
	sampler, err := GRF{Sigma: math.Pow(7, 1.5), Tau: 7, Alpha: 2.5}.Sampler(ns.Finest, 2)
	if err != nil {
		return nil, err
	}
	initial := make([]float64, sampler.Size())
	if err := sampler.Draw(initial, sampleStream(ns.Seed, i, ns.Train)); err != nil {
		return nil, err
	}
	frames := ns.In + ns.Out
	flow := pde.NavierStokes{Viscosity: ns.Viscosity, Forcing: pde.DiagonalForcing(ns.Finest)}
	solution, err := flow.Solve(ctx, initial, ns.Finest, pde.Stepping{
		Until: float64(frames), Steps: frames * ns.Steps, Frames: frames, Workers: 1,
	})
	return solution.Ys, err
}

// thin takes the points of the grid out of the finest one's and puts the frames last.
func (ns NavierStokes) thin(dst []float64, frames [][]float64) {
	step := ns.Finest / ns.Grid
	for f, frame := range frames {
		for i := range ns.Grid {
			for j := range ns.Grid {
				dst[(i*ns.Grid+j)*len(frames)+f] = frame[i*step*ns.Finest+j*step]
			}
		}
	}
}
