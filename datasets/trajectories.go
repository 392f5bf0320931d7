package datasets

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Equation names an equation that [Trajectories] solves.
type Equation string

// The equations, as in package solvers/pde; Describe tells their coefficients.
const (
	Advection           Equation = "advection"
	Diffusion           Equation = "diffusion"
	AdvectionDiffusion  Equation = "advection-diffusion"
	ViscousBurgers      Equation = "viscous-burgers"
	KortewegDeVries     Equation = "korteweg-de-vries"
	KuramotoSivashinsky Equation = "kuramoto-sivashinsky"
	AllenCahn           Equation = "allen-cahn"
	CahnHilliard        Equation = "cahn-hilliard"
	FisherKPP           Equation = "fisher-kpp"
	SwiftHohenberg      Equation = "swift-hohenberg"
	GrayScott           Equation = "gray-scott"
	Schrodinger         Equation = "schrodinger"
	KolmogorovFlow      Equation = "kolmogorov-flow"
	BoussinesqFlow      Equation = "boussinesq-flow"
)

// Trajectories are solutions of an equation on a periodic box: from the first frame to the later ones.
//
// Initial fields are sums of the lowest Fourier modes with random amplitudes (the reaction of Gray and Scott starts with random spots);
// Warmup is the time before the first frame. Fields are solved on the Finest grid and thinned to Grid points an axis.
// With three axes the box has half the side.
//
// Arrays: train_input [Train, Grid…, channel], train_output [Train, Frames, Grid…, channel], test_input and test_output likewise, with axes
// sample, time, x, y, z, channel; x, y, z [Grid] in units of length; time [Frames] after the first frame.
// Accuracy: below 1e-6 at the defaults, by refinement; of the Kuramoto–Sivashinsky equation and of Kolmogorov flow, which are chaotic,
// from frame to frame. Of Kolmogorov flow, once developed, it is 7e-4: what its spectrum has beyond the 42 waves that 128 points
// keep (2e-2 on 64, where a trajectory takes an eighth of the time).
type Trajectories struct {
	Equation Equation
	Axes     int // of space, 1 to 3
	Grid     int // points of the frames along an axis; divides Finest
	Frames   int // frames after the first, ≥ 1
	Train    int // number of training trajectories, ≥ 1
	Test     int // number of test trajectories, ≥ 1
	Seed     uint64
	Interval float64 // time between frames; 0 means the equation's
	Warmup   float64 // time before the first frame, in whole intervals; 0 means the equation's
	Finest   int     // points of the grid that is solved on along an axis; 0 means the equation's, or Grid if that is more
	Steps    int     // time steps between frames; 0 means the equation's
}

var (
	_ Chaotic   = Trajectories{}
	_ Sharded   = Trajectories{}
	_ Described = Trajectories{}
)

// trajectoryCase is what is fixed of an equation.
type trajectoryCase struct {
	title, equation  string
	axes             []int   // how many it may have; nil: one to three
	length           float64 // of a side; half of it with three axes
	interval, warmup float64
	finest           [2]int // with one axis and with two; with three half of the latter
	steps            int
	start            startFamily
	make             func(lengths []float64) pde.Semilinear
	forcing          func(n int) []float64 // on n points along an axis; nil means none
	chaotic          bool
}

// startFamily says how initial fields are drawn.
type startFamily struct {
	mean, size float64 // of a sum of the lowest modes: mean and standard deviation
	spots      bool    // of [GrayScott] instead
	logistic   bool    // the sum is squeezed to (0, 1)
}

// trajectoryCases lists the equations. Lengths, coefficients and times are such that the solutions do what the equation is known for; points
// and steps such that the error by refinement is below 1e-6.
func trajectoryCases() map[Equation]trajectoryCase {
	unit := startFamily{size: 1}
	return map[Equation]trajectoryCase{
		Advection: {
			title: "Advection", equation: `u_t + c\cdot\nabla u = 0,\ c = (1, \tfrac12, \tfrac14)`,
			length: 1, interval: 0.1, finest: [2]int{64, 32}, steps: 1, start: unit,
			make: func(l []float64) pde.Semilinear { return pde.Advection(l, []float64{1, 0.5, 0.25}[:len(l)], 0) },
		},
		Diffusion: {
			title: "Diffusion", equation: `u_t = 0.05\,\Delta u`,
			length: 1, interval: 0.02, finest: [2]int{64, 32}, steps: 1, start: unit,
			make: func(l []float64) pde.Semilinear { return pde.Advection(l, make([]float64, len(l)), 0.05) },
		},
		AdvectionDiffusion: {
			title: "Advection and diffusion", equation: `u_t + c\cdot\nabla u = 0.005\,\Delta u,\ c = (0.6, 0.3, 0.15)`,
			length: 1, interval: 0.05, finest: [2]int{64, 32}, steps: 1, start: unit,
			make: func(l []float64) pde.Semilinear { return pde.Advection(l, []float64{0.6, 0.3, 0.15}[:len(l)], 0.005) },
		},
		KolmogorovFlow: {
			title: "Kolmogorov flow, vorticity", axes: []int{2}, chaotic: true,
			equation: `w_t + u\cdot\nabla w = 0.01\,\Delta w - 0.1\,w - 4\cos 4y`,
			length:   2 * math.Pi, interval: 0.2, warmup: 20, finest: [2]int{0, 128}, steps: 20, start: unit,
			make:    func(l []float64) pde.Semilinear { return pde.Vorticity(l, 0.01, 0.1) },
			forcing: kolmogorovForcing,
		},
		BoussinesqFlow: {
			title: "Boussinesq flow, vorticity and temperature", axes: []int{2},
			equation: `w_t + u\cdot\nabla w = 0.05\,\Delta w + T_x,\quad T_t + u\cdot\nabla T = 0.05\,\Delta T`,
			length:   2 * math.Pi, interval: 0.25, finest: [2]int{0, 128}, steps: 25, start: unit,
			make: func(l []float64) pde.Semilinear { return pde.Boussinesq(l, 0.05, 0.05, 1) },
		},
		ViscousBurgers: {
			title: "Burgers' equation in a box", equation: `u_t + \sum_i \partial_i u^2/2 = 0.04\,\Delta u`,
			length: 1, interval: 0.05, finest: [2]int{128, 128}, steps: 50, start: startFamily{size: 0.5},
			make: func(l []float64) pde.Semilinear { return pde.BurgersIn(l, 0.04) },
		},
		KortewegDeVries: {
			title: "Korteweg–de Vries equation", equation: `u_t + 6\,u\,u_x + u_{xxx} = 0`, axes: []int{1},
			length: 32, interval: 0.1, finest: [2]int{256}, steps: 50, start: startFamily{size: 0.5},
			make: func(l []float64) pde.Semilinear { return pde.KortewegDeVries(l[0]) },
		},
		KuramotoSivashinsky: {
			title: "Kuramoto–Sivashinsky equation", chaotic: true,
			equation: `u_t = -\Delta u - \Delta^2 u - \tfrac12|\nabla u|^2\ \text{less its mean; with one axis the slope}\ u_t = -u_{xx} - u_{xxxx} - u\,u_x`,
			length:   36, interval: 0.5, warmup: 50, finest: [2]int{128, 64}, steps: 20, start: unit,
			make: kuramotoSivashinsky,
		},
		AllenCahn: {
			title: "Allen–Cahn equation", equation: `u_t = 0.008\,\Delta u + 2\,(u - u^3)`,
			length: 2, interval: 0.2, finest: [2]int{256, 128}, steps: 40, start: startFamily{size: 0.4},
			make: func(l []float64) pde.Semilinear { return pde.AllenCahn(l, 0.008, 2) },
		},
		CahnHilliard: {
			title: "Cahn–Hilliard equation", equation: `u_t = 0.01\,\Delta(u^3 - u - 0.001\,\Delta u)`,
			length: 1, interval: 0.1, finest: [2]int{256, 128}, steps: 100, start: startFamily{size: 0.3},
			make: func(l []float64) pde.Semilinear { return pde.CahnHilliard(l, 0.01, 1e-3) },
		},
		FisherKPP: {
			title: "Fisher–KPP equation", equation: `u_t = 0.01\,\Delta u + 2\,u\,(1 - u)`,
			length: 2, interval: 0.2, finest: [2]int{128, 64}, steps: 20, start: startFamily{mean: -2, size: 1, logistic: true},
			make: func(l []float64) pde.Semilinear { return pde.FisherKPP(l, 0.01, 2) },
		},
		SwiftHohenberg: {
			title: "Swift–Hohenberg equation", equation: `u_t = 0.3\,u - (1 + \Delta)^2 u - u^3`,
			length: 12 * math.Pi, interval: 1, finest: [2]int{128, 128}, steps: 20, start: startFamily{size: 0.3},
			make: func(l []float64) pde.Semilinear { return pde.SwiftHohenberg(l, 0.3, 1, 0) },
		},
		GrayScott: {
			title:    "Gray–Scott reaction",
			equation: `u_t = 8\cdot10^{-5}\Delta u - u v^2 + 0.04\,(1 - u),\quad v_t = 4\cdot10^{-5}\Delta v + u v^2 - 0.1\,v`,
			length:   0.8, interval: 50, finest: [2]int{256, 160}, steps: 80, start: startFamily{spots: true},
			make: func(l []float64) pde.Semilinear { return pde.GrayScott(l, 8e-5, 4e-5, 0.04, 0.06) },
		},
		Schrodinger: {
			title: "Nonlinear Schrödinger equation", equation: `i\,u_t + \tfrac12 u_{xx} + |u|^2 u = 0`, axes: []int{1},
			length: 16, interval: 0.1, finest: [2]int{256}, steps: 100, start: startFamily{size: 0.5},
			make: func(l []float64) pde.Semilinear { return pde.Schrodinger(l, 1) },
		},
	}
}

// kolmogorovForcing is the curl of the force sin 4y along x, on n by n points of a box of side 2π.
func kolmogorovForcing(n int) []float64 {
	f := make([]float64, n*n)
	for i := range f {
		f[i] = -4 * math.Cos(4*2*math.Pi*float64(i%n)/float64(n))
	}
	return f
}

// kuramotoSivashinsky is the equation for the slope with one axis, and with more for the height less its mean, which would fall for ever.
func kuramotoSivashinsky(lengths []float64) pde.Semilinear {
	if len(lengths) == 1 {
		return pde.KuramotoSivashinskySlope(lengths[0])
	}
	e := pde.KuramotoSivashinsky(lengths)
	all := e.Terms[0].Symbol
	e.Terms[0].Symbol = func(k []float64) complex128 {
		for _, v := range k {
			if v != 0 {
				return all(k)
			}
		}
		return 0
	}
	return e
}

// Equations lists the names of all equations, in alphabetic order.
func Equations() []Equation { return slices.Sorted(maps.Keys(trajectoryCases())) }

// Axes lists how many axes the equation may have, the fewest first.
func (e Equation) Axes() []int {
	if axes := trajectoryCases()[e].axes; axes != nil {
		return axes
	}
	return []int{1, 2, 3}
}

// Few is the same recipe with so many test trajectories and one for training.
func (t Trajectories) Few(samples int) Recipe {
	t.Train, t.Test = 1, samples
	return t
}

// Refined solves on half the spacing with half the steps.
func (t Trajectories) Refined() Recipe {
	t = t.withDefaults()
	t.Finest, t.Steps = 2*t.Finest, 2*t.Steps
	return t
}

// Describe says what the data are.
func (t Trajectories) Describe() Description {
	c := trajectoryCases()[t.Equation]
	t = t.withDefaults()
	start := fmt.Sprintf("a random sum of the lowest Fourier modes, mean %v and deviation %v", c.start.mean, c.start.size)
	switch {
	case c.start.spots:
		start = "u = 1 and v = 0 but for a few smooth spots at random places"
	case c.start.logistic:
		start += ", squeezed to (0, 1) by the logistic function"
	}
	if t.Warmup > 0 {
		start += fmt.Sprintf(", followed for %v units of time", t.Warmup)
	}
	return Description{
		Title: c.title, Equation: c.equation,
		Domain:     fmt.Sprintf("a periodic box of sides %.4g, frames every %v units of time", t.side(), t.Interval),
		Conditions: "periodic; at the start " + start,
		Method:     "dealiased Fourier method on Finest points along an axis, ETDRK4 with Steps steps between frames",
		Source:     "classical; see the equation in solvers/pde",
	}
}

// Name is the equation's.
func (t Trajectories) Name() string { return string(t.Equation) }

// Version of the generator, tied to testdata/<equation>.json.
func (Trajectories) Version() int { return 1 }

func (t Trajectories) withDefaults() Trajectories {
	c := trajectoryCases()[t.Equation]
	if t.Interval == 0 {
		t.Interval = c.interval
	}
	if t.Warmup == 0 {
		t.Warmup = c.warmup
	}
	if t.Axes >= 1 && t.Axes <= 3 {
		if t.Finest == 0 {
			t.Finest = max(c.finest[min(t.Axes, 2)-1], t.Grid)
			if t.Axes == 3 {
				t.Finest = max(c.finest[1]/2, t.Grid)
			}
		}
		if t.Steps == 0 {
			t.Steps = c.steps
		}
	}
	return t
}

// Validate lists all that is wrong with t.
func (t Trajectories) Validate() error {
	if _, known := trajectoryCases()[t.Equation]; !known {
		var names []string
		for _, e := range Equations() {
			names = append(names, string(e))
		}
		return fmt.Errorf("datasets: Trajectories.Equation = %q, want one of %s", t.Equation, strings.Join(names, ", "))
	}
	if allowed := t.Equation.Axes(); !slices.Contains(allowed, t.Axes) {
		return fmt.Errorf("datasets: Trajectories.Axes = %d, want one of %v for %s", t.Axes, allowed, t.Equation)
	}
	var errs []error
	full := t.withDefaults()
	if full.Finest < 8 {
		errs = append(errs, fmt.Errorf("datasets: Trajectories.Finest = %d, want at least 8, or 0 for the equation's", t.Finest))
	} else if t.Grid < 1 || full.Finest%t.Grid != 0 {
		errs = append(errs, fmt.Errorf("datasets: Trajectories.Grid = %d, want a divisor of the finest grid of %d points", t.Grid, full.Finest))
	}
	if t.Frames < 1 {
		errs = append(errs, fmt.Errorf("datasets: Trajectories.Frames = %d, want at least 1", t.Frames))
	}
	errs = append(errs, checkCounts("Trajectories", t.Train, t.Test))
	if !(full.Interval > 0) || math.IsInf(full.Interval, 0) {
		errs = append(errs, fmt.Errorf("datasets: Trajectories.Interval = %v, want it above 0, or 0 for the equation's", t.Interval))
	} else if ratio := full.Warmup / full.Interval; !(ratio >= 0) || math.Abs(ratio-math.Round(ratio)) > 1e-9 {
		errs = append(errs, fmt.Errorf("datasets: Trajectories.Warmup = %v, want whole intervals of %v", t.Warmup, full.Interval))
	}
	if t.Steps < 0 {
		errs = append(errs, fmt.Errorf("datasets: Trajectories.Steps = %d, want at least 1, or 0 for the equation's", t.Steps))
	}
	return errors.Join(errs...)
}

// equation is the equation on its box, with the forcing on the finest grid.
func (t Trajectories) equation() pde.Semilinear {
	c := trajectoryCases()[t.Equation]
	e := c.make(slices.Repeat([]float64{t.side()}, t.Axes))
	if c.forcing != nil {
		e.Forcing = c.forcing(t.Finest)
	}
	return e
}

// side is the length of the box along each axis.
func (t Trajectories) side() float64 {
	side := trajectoryCases()[t.Equation].length
	if t.Axes == 3 {
		return side / 2
	}
	return side
}

// Arrays describes the trajectories and the coordinates.
func (t Trajectories) Arrays() []Shape {
	channels := t.equation().Channels()
	space, points := []string{"x", "y", "z"}[:t.Axes], slices.Repeat([]int{t.Grid}, t.Axes)
	part := func(prefix string, samples int) []Shape {
		return []Shape{
			{
				prefix + "_input", slices.Concat([]string{"sample"}, space, []string{"channel"}),
				slices.Concat([]int{samples}, points, []int{channels}),
			},
			{
				prefix + "_output", slices.Concat([]string{"sample", "time"}, space, []string{"channel"}),
				slices.Concat([]int{samples, t.Frames}, points, []int{channels}),
			},
		}
	}
	shapes := slices.Concat(part("train", t.Train), part("test", t.Test))
	for _, axis := range space {
		shapes = append(shapes, Shape{axis, []string{axis}, []int{t.Grid}})
	}
	return append(shapes, Shape{"time", []string{"time"}, []int{t.Frames}})
}

// Make draws the initial fields and solves for all frames.
func (t Trajectories) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := t.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, t, report)
}

// Samples is the number of training and test trajectories together.
func (t Trajectories) Samples() int { return t.Train + t.Test }

// MakeSamples makes some trajectories.
func (t Trajectories) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := t.withDefaults()
	input, output, err = eachSample(ctx, full.Arrays(), from, to, report, func(i int, input, output []float64) error {
		frames, err := full.sample(ctx, i)
		if err != nil {
			return err
		}
		full.thin(input, frames[0], full.Grid)
		for f, frame := range frames[1:] {
			full.thin(output[f*len(input):(f+1)*len(input)], frame, full.Grid)
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: Trajectories with Finest = %d and Steps = %d: %w", full.Finest, full.Steps, err)
	}
	return input, output, nil
}

// Assemble puts all trajectories into their arrays.
func (t Trajectories) Assemble(input, output []float64) Set {
	full := t.withDefaults()
	x, times := periodicPoints(full.Grid), make([]float64, full.Frames)
	for i := range x {
		x[i] *= full.side()
	}
	for i := range times {
		times[i] = float64(i+1) * full.Interval
	}
	return assemble(full.Arrays(), input, output, append(slices.Repeat([][]float64{x}, full.Axes), times)...)
}

// sample solves for the frames of the trajectory at place i, the first one included, on the finest grid.
func (t Trajectories) sample(ctx context.Context, i int) ([][]float64, error) {
	first := t.start(i)
	if t.Warmup > 0 {
		frames, err := t.march(ctx, first, t.Warmup, 1)
		if err != nil {
			return nil, fmt.Errorf("before the first frame: %w", err)
		}
		first = frames[0]
	}
	frames, err := t.march(ctx, first, float64(t.Frames)*t.Interval, t.Frames)
	return append([][]float64{first}, frames...), err
}

// march solves for some frames on the finest grid.
func (t Trajectories) march(ctx context.Context, first []float64, until float64, frames int) ([][]float64, error) {
	steps := int(math.Round(until/t.Interval)) * t.Steps
	grid := slices.Repeat([]int{t.Finest}, t.Axes)
	solution, err := t.equation().Solve(ctx, first, grid, pde.Stepping{Until: until, Steps: steps, Frames: frames, Workers: 1})
	return solution.Ys, err
}

// thin takes the points of a coarser grid out of the finest one's.
func (t Trajectories) thin(dst, fine []float64, grid int) {
	step, channels := t.Finest/grid, len(dst)
	for range t.Axes {
		channels /= grid
	}
	for i := range len(dst) / channels {
		place, rest, stride := 0, i, 1
		for range t.Axes {
			place += rest % grid * step * stride
			rest, stride = rest/grid, stride*t.Finest
		}
		copy(dst[i*channels:(i+1)*channels], fine[place*channels:])
	}
}

// Chaos says whether close solutions part, such that errors are of frames each started from an exact one.
func (t Trajectories) Chaos() bool { return trajectoryCases()[t.Equation].chaotic }

// FrameErrors is the largest relative error of a frame that is solved for from the refined solution's frame before it.
func (t Trajectories) FrameErrors(ctx context.Context, samples int) (float64, error) {
	if err := t.Validate(); err != nil {
		return 0, err
	}
	full := t.withDefaults()
	fine := full
	fine.Finest, fine.Steps = 2*full.Finest, 2*full.Steps
	worst := 0.0
	for i := range samples {
		frames, err := fine.sample(ctx, full.Train+i)
		if err != nil {
			return 0, fmt.Errorf("datasets: Trajectories refined: %w", err)
		}
		size := len(frames[0]) >> full.Axes
		before, want := make([]float64, size), make([]float64, size)
		for f, frame := range frames[:len(frames)-1] {
			fine.thin(before, frame, full.Finest)
			fine.thin(want, frames[f+1], full.Finest)
			got, err := full.march(ctx, before, full.Interval, 1)
			if err != nil {
				return 0, fmt.Errorf("datasets: Trajectories from frame %d: %w", f, err)
			}
			worst = max(worst, relativeDifference(got[0], want))
		}
	}
	return worst, nil
}
