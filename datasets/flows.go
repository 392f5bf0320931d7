package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// FlowLaw names the equations of [Flows].
type FlowLaw string

// The equations, as in package volume.
const (
	ShallowWaterFlow FlowLaw = "shallow-water" // volume.ShallowWater with a gravity of 1
	EulerFlow        FlowLaw = "euler"         // volume.Euler with a ratio of specific heats of 1.4
)

// Flows are flows of shallow water or of a gas on a periodic square of side 1, without friction, from the first frame to the later ones. They
// start smooth and steepen to shocks, after about a unit of time over the largest velocity.
//
// At the start the depth is 1 + 0.3 s, or the density and the pressure 1 + 0.3 s each; each component of the velocity is 0.3 s. The s are independent
// sums of eight waves of up to three periods along an axis with random sizes and phases, scaled such that |s| ≤ 1.
//
// Arrays: train_input [Train, Grid, Grid, channel], train_output [Train, Frames, Grid, Grid, channel], test_input and test_output likewise, with axes
// sample, time, x, y, channel: averages over the cells of h, hv_x, hv_y, or of ρ, ρv_x, ρv_y and the energy E, which add up to the same in all
// frames; x, y [Grid], the centres of the cells; time [Frames] after the start.
// Accuracy: by refinement of a trajectory of twenty frames at the defaults 5e-3 for water and 3e-3 for gas: shocks are as wide as a cell or two.
// Cost: 10 to 30 CPU-seconds a trajectory of twenty frames at the default Finest; eight times that for twice the cells.
//
// Source: flows of this kind in Zhang et al. 2024, arXiv:2403.19507, and Herde et al. 2024, arXiv:2405.19101. bib: zhang2024sinenet, herde2024poseidon
//
// Differs from the source: equations and starts as above.
type Flows struct {
	Law      FlowLaw
	Grid     int // cells of the frames along an axis; divides Finest
	Frames   int // after the first, ≥ 1
	Train    int // number of training trajectories, ≥ 1
	Test     int // number of test trajectories, ≥ 1
	Seed     uint64
	Interval float64 // time between frames; 0 means 0.05
	Finest   int     // cells of the grid that is solved on along an axis; 0 means 128, or Grid if that is more
}

var (
	_ Refinable = Flows{}
	_ Sharded   = Flows{}
	_ Described = Flows{}
)

// FlowLaws lists all laws.
func FlowLaws() []FlowLaw { return []FlowLaw{ShallowWaterFlow, EulerFlow} }

// Few is the same recipe with so many test trajectories and one for training.
func (f Flows) Few(samples int) Recipe {
	f.Train, f.Test = 1, samples
	return f
}

// Refined solves on half the spacing, with steps half as long.
func (f Flows) Refined() Recipe {
	f.Finest = 2 * f.withDefaults().Finest
	return f
}

// Describe says what the data are.
func (f Flows) Describe() Description {
	d := Description{
		Title: "Shallow water", Equation: `h_t + \nabla\cdot(h v) = 0,\quad (h v)_t + \nabla\cdot(h\,v \otimes v + \tfrac12 h^2) = 0`,
		Domain:     fmt.Sprintf("(x, y) in [0, 1)², frames every %v units of time", f.withDefaults().Interval),
		Conditions: "periodic; depth 1 + 0.3 s and velocity 0.3 s at the start, each s a random sum of eight waves",
		Method:     "finite volumes on Finest cells along an axis, WENO5 with HLLC, Runge–Kutta of order 3 with a Courant number of 1/2",
		Source:     "as in Zhang et al. 2024, arXiv:2403.19507, and Herde et al. 2024, arXiv:2405.19101",
	}
	if f.Law == EulerFlow {
		d.Title = "Compressible flow"
		d.Equation = `\rho_t + \nabla\cdot(\rho v) = 0,\ (\rho v)_t + \nabla\cdot(\rho\,v \otimes v + p) = 0,\ ` +
			`E_t + \nabla\cdot((E + p)\,v) = 0,\ E = p/0.4 + \tfrac12\rho|v|^2`
		d.Conditions = "periodic; density and pressure 1 + 0.3 s and velocity 0.3 s at the start, each s a random sum of eight waves"
	}
	return d
}

// Name is the law's, with -2d.
func (f Flows) Name() string { return string(f.Law) + "-2d" }

// Version of the generator, tied to testdata/<law>-2d.json.
func (Flows) Version() int { return 1 }

func (f Flows) withDefaults() Flows {
	if f.Interval == 0 {
		f.Interval = 0.05
	}
	if f.Finest == 0 {
		f.Finest = max(128, f.Grid)
	}
	return f
}

// Validate lists all that is wrong with f.
func (f Flows) Validate() error {
	if err := checkKind("Flows.Law", f.Law, FlowLaws()); err != nil {
		return err
	}
	errs := []error{checkCounts("Flows", f.Train, f.Test)}
	full := f.withDefaults()
	if full.Finest < 16 {
		errs = append(errs, fmt.Errorf("datasets: Flows.Finest = %d, want at least 16, or 0 for 128", f.Finest))
	} else if f.Grid < 1 || full.Finest%f.Grid != 0 {
		errs = append(errs, fmt.Errorf("datasets: Flows.Grid = %d, want a divisor of the finest grid of %d cells", f.Grid, full.Finest))
	}
	if f.Frames < 1 {
		errs = append(errs, fmt.Errorf("datasets: Flows.Frames = %d, want at least 1", f.Frames))
	}
	if !(full.Interval > 0) || math.IsInf(full.Interval, 0) {
		errs = append(errs, fmt.Errorf("datasets: Flows.Interval = %v, want it above 0, or 0 for 0.05", f.Interval))
	}
	return errors.Join(errs...)
}

// law is that of package volume, with the channels.
func (f Flows) law() (volume.Law, int) {
	if f.Law == EulerFlow {
		return volume.Euler(2, 1.4), 4
	}
	return volume.ShallowWater(2, 1), 3
}

// Arrays describes the trajectories and the coordinates.
func (f Flows) Arrays() []Shape {
	_, channels := f.law()
	return pairShapes(f.Train, f.Test,
		Shape{Axes: []string{"x", "y", "channel"}, Dims: []int{f.Grid, f.Grid, channels}},
		Shape{Axes: []string{"time", "x", "y", "channel"}, Dims: []int{f.Frames, f.Grid, f.Grid, channels}},
		axis("x", f.Grid), axis("y", f.Grid), axis("time", f.Frames))
}

// Make draws the starts and solves for all frames.
func (f Flows) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := f.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, f, report)
}

// Samples is the number of training and test trajectories together.
func (f Flows) Samples() int { return f.Train + f.Test }

// MakeSamples makes some trajectories.
func (f Flows) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := f.withDefaults()
	law, channels := f.law()
	grid := volume.Grid{Upper: []float64{1, 1}, Cells: []int{full.Finest, full.Finest}}
	scheme := volume.Scheme{Grid: grid, Flux: volume.HLLC}
	by := []int{full.Finest / f.Grid, full.Finest / f.Grid}
	input, output, err = eachSample(ctx, f.Arrays(), from, to, report, func(i int, input, output []float64) error {
		first, err := grid.Averages(channels, f.start(sampleStream(f.Seed, i, f.Train)))
		if err != nil {
			return err
		}
		solution, err := scheme.Solve(ctx, []volume.Law{law}, first,
			pde.Stepping{Until: full.Interval * float64(f.Frames), Frames: f.Frames, Workers: 1})
		if err != nil {
			return err
		}
		frames := append([][]float64{first}, solution.Ys[len(solution.Ys)-f.Frames:]...)
		for k, frame := range frames {
			coarse, err := grid.Coarsen(frame, channels, by)
			if err != nil {
				return err
			}
			if k == 0 {
				copy(input, coarse)
			} else {
				copy(output[(k-1)*len(input):], coarse)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: Flows with Finest = %d: %w", full.Finest, err)
	}
	return input, output, nil
}

// start draws the first state as a function of the place.
func (f Flows) start(rng *rand.Rand) func(u, x []float64) {
	depth, vx, vy := drawWaves(rng), drawWaves(rng), drawWaves(rng)
	if f.Law == ShallowWaterFlow {
		return func(u, x []float64) {
			h := 1 + 0.3*depth.at(x)
			u[0], u[1], u[2] = h, h*0.3*vx.at(x), h*0.3*vy.at(x)
		}
	}
	pressure := drawWaves(rng)
	return func(u, x []float64) {
		rho, p, a, b := 1+0.3*depth.at(x), 1+0.3*pressure.at(x), 0.3*vx.at(x), 0.3*vy.at(x)
		u[0], u[1], u[2], u[3] = rho, rho*a, rho*b, p/0.4+rho*(a*a+b*b)/2
	}
}

// planeWaves is Σ_i size_i sin(2π k_i·x + phase_i), at most 1.
type planeWaves []struct {
	k           [2]float64
	size, phase float64
}

func drawWaves(rng *rand.Rand) planeWaves {
	w, sum := make(planeWaves, 8), 0.0
	for i := range w {
		for w[i].k == [2]float64{} {
			w[i].k = [2]float64{float64(rng.IntN(4)), float64(rng.IntN(7) - 3)}
		}
		w[i].size, w[i].phase = rng.Float64(), 2*math.Pi*rng.Float64()
		sum += w[i].size
	}
	for i := range w {
		w[i].size /= sum
	}
	return w
}

func (w planeWaves) at(x []float64) (sum float64) {
	for _, v := range w {
		sum += v.size * math.Sin(2*math.Pi*(v.k[0]*x[0]+v.k[1]*x[1])+v.phase)
	}
	return sum
}

// Assemble puts all trajectories into their arrays.
func (f Flows) Assemble(input, output []float64) Set {
	x, times := make([]float64, f.Grid), make([]float64, f.Frames)
	for i := range x {
		x[i] = (float64(i) + 0.5) / float64(f.Grid)
	}
	for i := range times {
		times[i] = f.withDefaults().Interval * float64(i+1)
	}
	return assemble(f.Arrays(), input, output, x, x, times)
}
