package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// HeatBox pairs five temperatures with the heat conduction in a plate that they start:
//
//	u_t = α Δu on (0, 1)²,  u = T_0 at t = 0,  u = T_1, T_2, T_3, T_4 on the walls x = 0, x = 1, y = 0, y = 1
//
// with independent uniform T. The problem is linear, so that u is a sum of five known series, exact to round-off.
//
// Arrays: train_input [Train, 5], T_0 to T_4 with axes sample, parameter; train_output [Train, Frames, Grid, Grid, 1], with axes sample, time, x,
// y, channel; test_input and test_output likewise; x, y [Grid], the inner points i/(Grid+1); time [Frames], the first one Interval after the start.
// Units: temperatures as Temperatures, whose default is in K; the side of the plate is 1.
// Cost: below a millisecond a sample.
//
// Source: Meyer et al. 2023, arXiv:2306.16133 (the problem); Carslaw & Jaeger 1959, Conduction of Heat in Solids, sections 3.3 and 5.2 (the
// series). bib: meyer2023online, carslaw1959conduction
//
// Differs from the source: the series in place of implicit differences.
type HeatBox struct {
	Grid         int // inner points along an axis, ≥ 1
	Frames       int // ≥ 1
	Train        int // number of training samples, ≥ 1
	Test         int // number of test samples, ≥ 1
	Seed         uint64
	Temperatures [2]float64 // ends of their range; 0, 0 means 100, 500
	Diffusivity  float64    // α; 0 means 1
	Interval     float64    // time between frames; 0 means 0.01
}

var (
	_ Sharded   = HeatBox{}
	_ Described = HeatBox{}
)

// Describe says what the data are.
func (h HeatBox) Describe() Description {
	full := h.withDefaults()
	return Description{
		Title: "Heat conduction in a plate", Equation: fmt.Sprintf(`u_t = %v\,\Delta u`, full.Diffusivity),
		Domain:     fmt.Sprintf("(x, y) in (0, 1)², t from %v to %v", full.Interval, full.Interval*float64(h.Frames)),
		Conditions: fmt.Sprintf("temperatures at the start and of the four walls uniform in %v", full.Temperatures),
		Method:     "Fourier series, exact to round-off",
		Source:     "Meyer et al. 2023, arXiv:2306.16133",
	}
}

// Name is "heat-box".
func (HeatBox) Name() string { return "heat-box" }

// Version of the generator, tied to testdata/heat-box.json.
func (HeatBox) Version() int { return 1 }

func (h HeatBox) withDefaults() HeatBox {
	if h.Temperatures == [2]float64{} {
		h.Temperatures = [2]float64{100, 500}
	}
	if h.Diffusivity == 0 {
		h.Diffusivity = 1
	}
	if h.Interval == 0 {
		h.Interval = 0.01
	}
	return h
}

// Validate lists all that is wrong with h.
func (h HeatBox) Validate() error {
	errs := []error{checkCounts("HeatBox", h.Train, h.Test)}
	full := h.withDefaults()
	if h.Grid < 1 || h.Frames < 1 {
		errs = append(errs, fmt.Errorf("datasets: HeatBox.Grid = %d and Frames = %d, want at least 1 of each", h.Grid, h.Frames))
	}
	if t := full.Temperatures; !(t[0] <= t[1]) || math.IsInf(t[1]-t[0], 0) {
		errs = append(errs, fmt.Errorf("datasets: HeatBox.Temperatures = %v, want the lower end first, both finite", h.Temperatures))
	}
	if dt := full.Diffusivity * full.Interval; !(full.Diffusivity > 0 && full.Interval > 0) || math.IsInf(dt, 0) {
		errs = append(errs, fmt.Errorf("datasets: HeatBox.Diffusivity = %v and Interval = %v, want both above 0, or 0 for 1 and 0.01",
			h.Diffusivity, h.Interval))
	} else if dt < 1e-5 { // some 600 terms along each axis
		errs = append(errs, fmt.Errorf("datasets: HeatBox.Diffusivity Interval = %.3g, want at least 1e-5, for which the series is short", dt))
	}
	return errors.Join(errs...)
}

// Arrays describes the samples and the coordinates.
func (h HeatBox) Arrays() []Shape {
	return pairShapes(h.Train, h.Test,
		Shape{Axes: []string{"parameter"}, Dims: []int{5}},
		Shape{Axes: []string{"time", "x", "y", "channel"}, Dims: []int{h.Frames, h.Grid, h.Grid, 1}},
		axis("x", h.Grid), axis("y", h.Grid), axis("time", h.Frames))
}

// Make draws temperatures and sums the series.
func (h HeatBox) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := h.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, h, report)
}

// Samples is the number of training and test samples together.
func (h HeatBox) Samples() int { return h.Train + h.Test }

// MakeSamples makes some samples.
func (h HeatBox) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := h.withDefaults()
	n := h.Grid
	start, wall := make([]float64, h.Frames*n*n), make([]float64, h.Frames*n*n)
	steady := steadyWall(h.points())
	for f := range h.Frames {
		if err := ctx.Err(); err != nil {
			return nil, nil, fmt.Errorf("datasets: HeatBox: %w", err)
		}
		full.frame(start[f*n*n:(f+1)*n*n], wall[f*n*n:(f+1)*n*n], steady, full.Diffusivity*full.Interval*float64(f+1))
	}
	input, output, err = eachSample(ctx, h.Arrays(), from, to, report, func(i int, input, output []float64) error {
		rng := sampleStream(h.Seed, i, h.Train)
		for j := range input {
			input[j] = full.Temperatures[0] + (full.Temperatures[1]-full.Temperatures[0])*rng.Float64()
		}
		for j := range output {
			frame, x, y := j/(n*n)*n*n, j/n%n, j%n
			output[j] = input[0]*start[j] +
				input[1]*wall[frame+x*n+y] + input[2]*wall[frame+(n-1-x)*n+y] +
				input[3]*wall[frame+y*n+x] + input[4]*wall[frame+(n-1-y)*n+x]
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: HeatBox: %w", err)
	}
	return input, output, nil
}

// points are the inner points along an axis.
func (h HeatBox) points() []float64 {
	x := make([]float64, h.Grid)
	for i := range x {
		x[i] = float64(i+1) / float64(h.Grid+1)
	}
	return x
}

// Assemble puts all samples into their arrays.
func (h HeatBox) Assemble(input, output []float64) Set {
	full := h.withDefaults()
	x, times := h.points(), make([]float64, h.Frames)
	for f := range times {
		times[f] = full.Interval * float64(f+1)
	}
	return assemble(h.Arrays(), input, output, x, x, times)
}

// negligible is the exponent beyond which e^-x is below round-off of a sum.
const negligible = 40

// steadyWall is the steady temperature where the wall x = 0 has 1 and the others 0:
//
//	Σ_(m odd) 4/(mπ) sin mπy sinh mπ(1-x)/sinh mπ
func steadyWall(x []float64) []float64 {
	n := len(x)
	out := make([]float64, n*n)
	for m := 1.0; m*math.Pi*x[0] < negligible; m += 2 {
		for i, s := range x {
			// The quotient of sinh without overflow.
			decay := math.Exp(-m*math.Pi*s) * math.Expm1(-2*m*math.Pi*(1-s)) / math.Expm1(-2*m*math.Pi)
			for j, y := range x {
				out[i*n+j] += 4 / (m * math.Pi) * math.Sin(m*math.Pi*y) * decay
			}
		}
	}
	return out
}

// frame writes the temperatures, at a time τ = αt, for a start at 1 with walls at 0, and for a start at 0 with the wall x = 0 at 1:
//
//	S(x) S(y),  S(x) = Σ_(k odd) 4/(kπ) sin kπx e^(-k²π²τ)
//	steady - Σ_(m odd) 4/(mπ) sin mπy Σ_k 2k/(π(k² + m²)) sin kπx e^(-(k²+m²)π²τ)
func (h HeatBox) frame(start, wall, steady []float64, tau float64) {
	n, x := h.Grid, h.points()
	modes := int(math.Sqrt(negligible/tau)/math.Pi) + 1
	sines, decay := make([]float64, modes*n), make([]float64, modes)
	line := make([]float64, n)
	for k := range modes {
		w := math.Pi * float64(k+1)
		decay[k] = math.Exp(-w * w * tau)
		for i, s := range x {
			sines[k*n+i] = math.Sin(w * s)
			if k%2 == 0 {
				line[i] += 4 / w * sines[k*n+i] * decay[k]
			}
		}
	}
	for i := range start {
		start[i] = line[i/n] * line[i%n]
	}
	copy(wall, steady)
	for m := 0; m < modes; m += 2 {
		clear(line)
		for k := range modes {
			a, b := float64(k+1), float64(m+1)
			size := 8 * a / (b * math.Pi * math.Pi * (a*a + b*b)) * decay[k] * decay[m]
			for i := range line {
				line[i] += size * sines[k*n+i]
			}
		}
		for i := range wall {
			wall[i] -= line[i/n] * sines[m*n+i%n]
		}
	}
}
