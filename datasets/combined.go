package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/cmplx"
	"math/rand/v2"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// Combined are solutions of a family of equations on a periodic axis whose coefficients differ from sample to sample:
//
//	u_t + (α u² - β u_x + γ u_xx)_x = δ(t, x),  u(x, 0) = δ(0, x),  δ = Σ_j A_j sin(ω_j t + 2π l_j x/Length + φ_j)
//
// with five waves, A in [-1/2, 1/2], ω in [-2/5, 2/5], l in {1, 2, 3}. Each coefficient is uniform between its two ends. A
// sample with β of at least 0.05, or without α, is solved by a Fourier method with ETDRK4, another one by finite volumes with WENO5, as
// it has shocks. Values are averages over the Grid's cells.
//
// Arrays: train_input [Train, Grid, channel], the channels u and those of α, β, γ whose ends differ; train_output [Train, Frames, Grid, 1];
// test_input and test_output likewise, with axes sample, time, x, channel; x [Grid], the centres of the cells; time [Frames].
// Accuracy: below 1e-6 by refinement where β ≥ 0.05; with shocks about 1e-3, as a shock is as wide as a cell of the finest grid.
//
// Source: Brandstetter et al. 2022, arXiv:2202.03376, section 4. bib: brandstetter2022mppde
type Combined struct {
	Alpha, Beta, Gamma [2]float64 // ends of the coefficients' ranges
	LogBeta            bool       // log β is uniform instead
	Unforced           bool       // δ acts at the start alone
	Grid               int        // cells; divides Finest. The paper's: 100, 50 and 40
	Frames             int        // after the first, ≥ 1; the paper's: 250
	Train              int        // number of training trajectories, ≥ 1
	Test               int        // number of test trajectories, ≥ 1
	Seed               uint64
	Length             float64 // of the axis; 0 means 16
	Until              float64 // time of the last frame; 0 means 4
	Finest             int     // cells of the grid that is solved on; 0 means 1024, or Grid if that is more
	Steps              int     // time steps of the Fourier method, a multiple of Frames; 0 means 1000 or just above
}

var (
	_ Refinable = Combined{}
	_ Sharded   = Combined{}
	_ Described = Combined{}
)

// leastBeta is the least diffusion for which the finest grid resolves the waves to 1e-6.
const leastBeta = 0.05

// Few is the same recipe with so many test trajectories and one for training.
func (c Combined) Few(samples int) Recipe {
	c.Train, c.Test = 1, samples
	return c
}

// Refined solves on half the spacing with half the steps.
func (c Combined) Refined() Recipe {
	c = c.withDefaults()
	c.Finest, c.Steps = 2*c.Finest, 2*c.Steps
	return c
}

// Describe says what the data are.
func (c Combined) Describe() Description {
	full := c.withDefaults()
	return Description{
		Title:    "Combined equation of Burgers, diffusion and dispersion",
		Equation: `u_t + (\alpha u^2 - \beta u_x + \gamma u_{xx})_x = \delta(t, x)`,
		Domain:   fmt.Sprintf("x in [0, %v), t from 0 to %v", full.Length, full.Until),
		Conditions: fmt.Sprintf("periodic; α in %v, β in %v, γ in %v; δ is a sum of five random waves, and u(x, 0) = δ(0, x)",
			c.Alpha, c.Beta, c.Gamma),
		Method: "dealiased Fourier method on Finest points, ETDRK4 with Steps steps; where β is below 0.05, finite volumes on Finest cells, " +
			"WENO5 with Rusanov's flux, steps of a Courant number of 1/2",
		Source: "Brandstetter et al. 2022, arXiv:2202.03376, section 4",
	}
}

// Name is "combined".
func (Combined) Name() string { return "combined" }

// Version of the generator, tied to testdata/combined.json.
func (Combined) Version() int { return 1 }

func (c Combined) withDefaults() Combined {
	if c.Length == 0 {
		c.Length = 16
	}
	if c.Until == 0 {
		c.Until = 4
	}
	if c.Finest == 0 {
		c.Finest = max(1024, c.Grid)
	}
	if c.Steps == 0 && c.Frames > 0 {
		c.Steps = (999/c.Frames + 1) * c.Frames
	}
	return c
}

// Validate lists all that is wrong with c.
func (c Combined) Validate() error {
	var errs []error
	full := c.withDefaults()
	for _, r := range []struct {
		name string
		ends [2]float64
	}{{"Alpha", c.Alpha}, {"Beta", c.Beta}, {"Gamma", c.Gamma}} {
		if !(r.ends[0] <= r.ends[1]) || math.IsInf(r.ends[1]-r.ends[0], 0) {
			errs = append(errs, fmt.Errorf("datasets: Combined.%s = %v, want the lower end first, both finite", r.name, r.ends))
		}
	}
	if c.Beta[0] < 0 || c.LogBeta && c.Beta[0] <= 0 {
		errs = append(errs, fmt.Errorf("datasets: Combined.Beta = %v, want at least 0, and above 0 if LogBeta", c.Beta))
	}
	if full.Finest < 16 {
		errs = append(errs, fmt.Errorf("datasets: Combined.Finest = %d, want at least 16, or 0 for 1024", c.Finest))
	} else if c.Grid < 1 || full.Finest%c.Grid != 0 {
		errs = append(errs, fmt.Errorf("datasets: Combined.Grid = %d, want a divisor of the finest grid of %d cells", c.Grid, full.Finest))
	}
	if c.Frames < 1 || c.Steps < 0 || c.Steps%max(c.Frames, 1) != 0 {
		errs = append(errs, fmt.Errorf("datasets: Combined.Frames = %d and Steps = %d, want at least one frame, and a multiple of it or 0 for 1000 or so",
			c.Frames, c.Steps))
	}
	if !(full.Length > 0 && full.Until > 0) || math.IsInf(full.Length+full.Until, 0) {
		errs = append(errs, fmt.Errorf("datasets: Combined.Length = %v and Until = %v, want both above 0, or 0 for 16 and 4", c.Length, c.Until))
	}
	return errors.Join(append(errs, checkCounts("Combined", c.Train, c.Test))...)
}

// channels of the input: u and the coefficients that vary.
func (c Combined) channels() int {
	n := 1
	for _, ends := range [][2]float64{c.Alpha, c.Beta, c.Gamma} {
		if ends[0] != ends[1] {
			n++
		}
	}
	return n
}

// Arrays describes the trajectories and the coordinates.
func (c Combined) Arrays() []Shape {
	in, out := []string{"sample", "x", "channel"}, []string{"sample", "time", "x", "channel"}
	return []Shape{
		{TrainInput, in, []int{c.Train, c.Grid, c.channels()}},
		{TrainOutput, out, []int{c.Train, c.Frames, c.Grid, 1}},
		{TestInput, in, []int{c.Test, c.Grid, c.channels()}},
		{TestOutput, out, []int{c.Test, c.Frames, c.Grid, 1}},
		{"x", []string{"x"}, []int{c.Grid}},
		{"time", []string{"time"}, []int{c.Frames}},
	}
}

// Make draws coefficients and waves and solves for all frames.
func (c Combined) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := c.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, c, report)
}

// Samples is the number of training and test trajectories together.
func (c Combined) Samples() int { return c.Train + c.Test }

// MakeSamples makes some trajectories.
func (c Combined) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := c.withDefaults()
	input, output, err = eachSample(ctx, c.Arrays(), from, to, report, func(i int, input, output []float64) error {
		m := full.member(sampleStream(c.Seed, i, c.Train))
		first, frames, err := full.solve(ctx, m)
		if err != nil {
			return err
		}
		channels := len(input) / len(first)
		for x, u := range first {
			input[x*channels] = u
			copy(input[x*channels+1:(x+1)*channels], m.varying)
		}
		copy(output, frames)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: Combined with Finest = %d and Steps = %d: %w", full.Finest, full.Steps, err)
	}
	return input, output, nil
}

// Assemble puts all trajectories into their arrays.
func (c Combined) Assemble(input, output []float64) Set {
	full := c.withDefaults()
	x, times := make([]float64, c.Grid), make([]float64, c.Frames)
	for i := range x {
		x[i] = full.Length * (float64(i) + 0.5) / float64(c.Grid)
	}
	for i := range times {
		times[i] = full.Until * float64(i+1) / float64(c.Frames)
	}
	return assemble(c.Arrays(), input, output, x, times)
}

// member is one equation of the family.
type member struct {
	alpha, beta, gamma float64
	varying            []float64 // those of them that vary
	waves              []volume.Wave
}

func (c Combined) member(rng *rand.Rand) member {
	var m member
	draw := func(ends [2]float64, logarithmic bool) float64 {
		r := rng.Float64() // always, so that fixing one coefficient leaves the others as they are
		v := ends[0] + r*(ends[1]-ends[0])
		if logarithmic {
			v = ends[0] * math.Pow(ends[1]/ends[0], r)
		}
		if ends[0] != ends[1] {
			m.varying = append(m.varying, v)
		}
		return v
	}
	m.alpha, m.beta, m.gamma = draw(c.Alpha, false), draw(c.Beta, c.LogBeta), draw(c.Gamma, false)
	for range 5 {
		m.waves = append(m.waves, volume.Wave{
			Amplitude: rng.Float64() - 0.5, Frequency: 0.8*rng.Float64() - 0.4, Mode: 1 + rng.IntN(3), Phase: 2 * math.Pi * rng.Float64(),
		})
	}
	return m
}

// forcing is the waves that act after the start.
func (c Combined) forcing(m member) []volume.Wave {
	if c.Unforced {
		return nil
	}
	return m.waves
}

// solve gives averages over the grid's cells at the start and at all frames.
func (c Combined) solve(ctx context.Context, m member) (first, frames []float64, err error) {
	if m.beta < leastBeta && m.alpha != 0 {
		return c.solveVolumes(ctx, m)
	}
	return c.solveSpectral(ctx, m)
}

func (c Combined) solveVolumes(ctx context.Context, m member) (first, frames []float64, err error) {
	grid := volume.Grid{Upper: []float64{c.Length}, Cells: []int{c.Finest}}
	law := volume.Combined(m.alpha, m.beta, m.gamma, c.forcing(m))
	u0 := volume.Averaged(m.waves, grid, 0)
	// Coarse: a shock may be as wide as a few cells.
	scheme := volume.Scheme{Grid: grid, Coarse: true}
	solution, err := scheme.Solve(ctx, []volume.Law{law}, u0, pde.Stepping{Until: c.Until, Frames: c.Frames, Workers: 1})
	if err != nil {
		return nil, nil, err
	}
	by := []int{c.Finest / c.Grid}
	if first, err = grid.Coarsen(u0, 1, by); err != nil {
		return nil, nil, err
	}
	for _, fine := range solution.Ys {
		frame, err := grid.Coarsen(fine, 1, by)
		if err != nil {
			return nil, nil, err
		}
		frames = append(frames, frame...)
	}
	return first, frames, nil
}

func (c Combined) solveSpectral(ctx context.Context, m member) (first, frames []float64, err error) {
	n := c.Finest
	u0 := make([]float64, n)
	waves := pointwise(m.waves, n)
	waves(u0, 0)
	equation := pde.KortewegDeVries(c.Length) // for its one channel and its square
	equation.Name = "Combined"
	equation.Linear = []pde.Symbol{func(k []float64) complex128 {
		return complex(-m.beta*k[0]*k[0], m.gamma*k[0]*k[0]*k[0])
	}}
	equation.Terms = []pde.Tap{{Symbol: func(k []float64) complex128 { return complex(0, -m.alpha*k[0]) }}}
	if !c.Unforced {
		equation.Source = waves
	}
	stepping := pde.Stepping{Until: c.Until, Steps: c.Steps, Frames: c.Frames, Workers: 1}
	solution, err := equation.Solve(ctx, u0, []int{n}, stepping)
	if err != nil {
		return nil, nil, err
	}
	average := cellAverages(n, c.Grid)
	for _, fine := range solution.Ys {
		frames = append(frames, average(fine)...)
	}
	return average(u0), frames, nil
}

// pointwise writes a sum of waves at n points of the unit period.
func pointwise(waves []volume.Wave, n int) func(dst []float64, t float64) {
	sin, cos := make([]float64, n), make([]float64, n)
	for i := range n {
		sin[i], cos[i] = math.Sincos(2 * math.Pi * float64(i) / float64(n))
	}
	return func(dst []float64, t float64) {
		clear(dst)
		for _, w := range waves {
			s, c := math.Sincos(w.Frequency*t + w.Phase)
			s, c = w.Amplitude*s, w.Amplitude*c
			for i := range dst {
				place := i * w.Mode % n
				dst[i] += s*cos[place] + c*sin[place]
			}
		}
	}
}

// cellAverages takes the values of a periodic function at fine points, the first at 0, to its averages over as many cells as the coarse
// grid has, exactly but for modes beyond the fine grid: a wave's average over a cell of width H is sin(kH/2)/(kH/2) of its middle.
func cellAverages(fine, coarse int) func(u []float64) []float64 {
	fft := fourier.NewFFT(fine)
	return func(u []float64) []float64 {
		modes := fft.Coefficients(nil, u)
		for k := 1; k < len(modes); k++ {
			half := math.Pi * float64(k) / float64(coarse)
			modes[k] *= complex(math.Sin(half)/half, 0) * cmplx.Rect(1, half)
		}
		shifted := fft.Sequence(nil, modes)
		out := make([]float64, coarse)
		for i := range out {
			out[i] = shifted[i*fine/coarse] / float64(fine)
		}
		return out
	}
}
