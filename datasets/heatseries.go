package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// HeatSeries are solutions of the heat equation on an interval, from the first frame to the later ones:
//
//	u_t = α u_xx + s on [0, 1],  u(0) = u(1) = 0,  u(x, 0) = Σ_(k=1)^Modes ξ_k/k sin kπx
//
// with independent normal ξ and s = 0 or, if Forced, sin(2πx) cos(4πt). Each mode is known in closed form. Frames are α Δt/Δx² = Ratio apart: the
// number that decides whether the explicit Euler method is stable, up to 1/2.
//
// Arrays: train_input [Train, Grid, 1], the start; train_output [Train, Frames, Grid, 1]; test_input and test_output likewise, with axes sample, time,
// x, channel; x [Grid], both ends included; time [Frames] after the start. Noise is added at the inner points of the training part alone.
// Cost: microseconds a frame.
//
// Source: Shi et al. 2020, arXiv:2006.01892 (the problem). bib: shi2020finite
type HeatSeries struct {
	Grid        int // points, at least 3 and more than Modes + 1
	Frames      int // after the first, ≥ 1
	Train       int // number of training trajectories, ≥ 1
	Test        int // number of test trajectories, ≥ 1
	Seed        uint64
	Ratio       float64 // α Δt/Δx²; 0 means 0.45
	Diffusivity float64 // α; 0 means 0.01
	Modes       int     // 0 means 8
	Forced      bool
	Noise       float64 // its standard deviation over the root mean square of the start
}

var (
	_ Sharded   = HeatSeries{}
	_ Described = HeatSeries{}
)

// Describe says what the data are.
func (h HeatSeries) Describe() Description {
	full := h.withDefaults()
	equation := fmt.Sprintf(`u_t = %v\,u_{xx}`, full.Diffusivity)
	if h.Forced {
		equation += ` + \sin 2\pi x \cos 4\pi t`
	}
	return Description{
		Title: "Heat equation on an interval", Equation: equation,
		Domain:     fmt.Sprintf("x in [0, 1], frames every %.4g units of time", full.interval()),
		Conditions: fmt.Sprintf("u = 0 at both ends; at the start %d sine modes of amplitude ξ/k; noise of %v in the training part", full.Modes, h.Noise),
		Method:     "closed form of each mode",
		Source:     "Shi et al. 2020, arXiv:2006.01892",
	}
}

// Name is "heat-series".
func (HeatSeries) Name() string { return "heat-series" }

// Version of the generator, tied to testdata/heat-series.json.
func (HeatSeries) Version() int { return 1 }

func (h HeatSeries) withDefaults() HeatSeries {
	if h.Ratio == 0 {
		h.Ratio = 0.45
	}
	if h.Diffusivity == 0 {
		h.Diffusivity = 0.01
	}
	if h.Modes == 0 {
		h.Modes = 8
	}
	return h
}

// interval is the time between frames.
func (h HeatSeries) interval() float64 {
	dx := 1 / float64(h.Grid-1)
	return h.Ratio * dx * dx / h.Diffusivity
}

// Validate lists all that is wrong with h.
func (h HeatSeries) Validate() error {
	errs := []error{checkCounts("HeatSeries", h.Train, h.Test)}
	full := h.withDefaults()
	if full.Modes < 1 {
		errs = append(errs, fmt.Errorf("datasets: HeatSeries.Modes = %d, want at least 1, or 0 for 8", h.Modes))
	} else if least := max(3, full.Modes+2); h.Grid < least {
		errs = append(errs, fmt.Errorf("datasets: HeatSeries.Grid = %d, want at least %d, so that the grid sees all modes", h.Grid, least))
	}
	if h.Frames < 1 {
		errs = append(errs, fmt.Errorf("datasets: HeatSeries.Frames = %d, want at least 1", h.Frames))
	}
	if !(full.Ratio > 0 && full.Diffusivity > 0) || math.IsInf(full.Ratio, 0) || math.IsInf(full.Diffusivity, 0) {
		errs = append(errs, fmt.Errorf("datasets: HeatSeries.Ratio = %v and Diffusivity = %v, want both above 0, or 0 for 0.45 and 0.01",
			h.Ratio, h.Diffusivity))
	}
	if !(h.Noise >= 0) || math.IsInf(h.Noise, 0) {
		errs = append(errs, fmt.Errorf("datasets: HeatSeries.Noise = %v, want at least 0", h.Noise))
	}
	return errors.Join(errs...)
}

// Arrays describes the trajectories and the coordinates.
func (h HeatSeries) Arrays() []Shape {
	return pairShapes(h.Train, h.Test,
		Shape{Axes: []string{"x", "channel"}, Dims: []int{h.Grid, 1}},
		Shape{Axes: []string{"time", "x", "channel"}, Dims: []int{h.Frames, h.Grid, 1}},
		axis("x", h.Grid), axis("time", h.Frames))
}

// Make draws the modes and sums them.
func (h HeatSeries) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := h.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, h, report)
}

// Samples is the number of training and test trajectories together.
func (h HeatSeries) Samples() int { return h.Train + h.Test }

// MakeSamples makes some trajectories.
func (h HeatSeries) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	full := h.withDefaults()
	sines := full.sines()
	input, output, err = eachSample(ctx, h.Arrays(), from, to, report, func(i int, input, output []float64) error {
		rng := sampleStream(h.Seed, i, h.Train)
		amplitudes := make([]float64, full.Modes)
		for k := range amplitudes {
			amplitudes[k] = rng.NormFloat64() / float64(k+1)
		}
		full.at(input, sines, amplitudes, 0)
		for f := range h.Frames {
			full.at(output[f*h.Grid:(f+1)*h.Grid], sines, amplitudes, full.interval()*float64(f+1))
		}
		if i >= h.Train || h.Noise == 0 {
			return nil
		}
		var size float64
		for _, u := range input {
			size += u * u / float64(h.Grid)
		}
		for _, part := range [][]float64{input, output} {
			for j := range part {
				if place := j % h.Grid; place != 0 && place != h.Grid-1 {
					part[j] += h.Noise * math.Sqrt(size) * rng.NormFloat64()
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: HeatSeries: %w", err)
	}
	return input, output, nil
}

// sines are sin kπx [mode, x], with the second mode of the forcing whatever Modes is.
func (h HeatSeries) sines() []float64 {
	out := make([]float64, max(h.Modes, 2)*h.Grid)
	for i := range out {
		if k, j := i/h.Grid+1, i%h.Grid; j > 0 && j < h.Grid-1 {
			out[i] = math.Sin(math.Pi * float64(k) * float64(j) / float64(h.Grid-1))
		}
	}
	return out
}

// at writes u at a time. The amplitude c of the forced mode fulfils c' = -λc + cos ωt.
func (h HeatSeries) at(dst, sines, amplitudes []float64, t float64) {
	clear(dst)
	add := func(k int, c float64) {
		for i := range dst {
			dst[i] += c * sines[k*h.Grid+i]
		}
	}
	rate := func(k int) float64 { return h.Diffusivity * math.Pi * math.Pi * float64((k+1)*(k+1)) }
	for k, a := range amplitudes {
		add(k, a*math.Exp(-rate(k)*t))
	}
	if h.Forced {
		const omega = 4 * math.Pi
		lambda := rate(1)
		sin, cos := math.Sincos(omega * t)
		add(1, (lambda*(cos-math.Exp(-lambda*t))+omega*sin)/(lambda*lambda+omega*omega))
	}
}

// Assemble puts all trajectories into their arrays.
func (h HeatSeries) Assemble(input, output []float64) Set {
	full := h.withDefaults()
	times := make([]float64, h.Frames)
	for f := range times {
		times[f] = full.interval() * float64(f+1)
	}
	return assemble(h.Arrays(), input, output, closedPoints(h.Grid), times)
}
