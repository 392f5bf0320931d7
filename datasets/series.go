package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// SeriesKind names a signal that [Series] draws.
type SeriesKind string

// The signals; Describe tells what they are.
const (
	HarmonicSeries SeriesKind = "harmonics"
	OUSeries       SeriesKind = "ornstein-uhlenbeck"
	DampedSeries   SeriesKind = "damped-oscillator"
	TrafficSeries  SeriesKind = "traffic"
	ECGSeries      SeriesKind = "ecg"
)

// Series are signals that are seen at some of their times, with noise: from what is seen to the whole signal.
//
// Times are Interval apart and, with Jitter, each moved by a uniform part of it, so that they differ from sample to sample and still increase.
//
// Arrays: train_input [Train, Frames, 1 + state + 1], the time, the noisy state where it is seen, else 0, and 1 where it is seen, else 0;
// train_output [Train, Frames, state], the signal without noise at all times; test_input and test_output likewise, with axes sample, time,
// channel and sample, time, state; time [Frames] without jitter.
//
// Source: Gillespie 1996; McSharry et al. 2003. bib: gillespie1996exact, mcsharry2003dynamical
type Series struct {
	Kind     SeriesKind
	Frames   int // ≥ 2
	Train    int // number of training signals, ≥ 1
	Test     int // number of test signals, ≥ 1
	Seed     uint64
	Interval float64 // between frames; 0 means the kind's
	Jitter   float64 // in [0, 1): each time is moved by up to half of this part of Interval
	Observed float64 // part of the frames that are seen; 0 means 0.3
	Noise    float64 // standard deviation of the noise of what is seen
}

var (
	_ Sharded   = Series{}
	_ Described = Series{}
)

// seriesCase is what is fixed of a kind.
type seriesCase struct {
	title, equation, conditions, method, source string
	unit                                        string // of time
	states                                      int
	interval                                    float64
	draw                                        func(ctx context.Context, times, dst []float64, rng *rand.Rand) error
}

func seriesCases() map[SeriesKind]seriesCase {
	plain := func(draw func(times, dst []float64, rng *rand.Rand)) func(context.Context, []float64, []float64, *rand.Rand) error {
		return func(_ context.Context, times, dst []float64, rng *rand.Rand) error {
			draw(times, dst, rng)
			return nil
		}
	}
	return map[SeriesKind]seriesCase{
		HarmonicSeries: {
			title: "Harmonic signals", equation: `x(t) = \sum_{j=1}^3 \tfrac{a_j}{j} \sin(2\pi j f t + \varphi_j)`, unit: "1", states: 1, interval: 0.05,
			conditions: "a_j normal, f uniform in [0.5, 1], uniform phases", method: "closed form", source: "classical", draw: plain(drawHarmonics),
		},
		OUSeries: {
			title: "Ornstein–Uhlenbeck process", equation: `dx = -x\,dt + \sqrt2\,dW,\quad C(t, s) = e^{-|t - s|}`, unit: "1", states: 1, interval: 0.1,
			conditions: "stationary at the start", method: "exact transitions", source: "Gillespie 1996", draw: plain(drawOU),
		},
		DampedSeries: {
			title: "Damped oscillators", equation: `\ddot x + 2\gamma\dot x + (\gamma^2 + \omega^2)\,x = 0`, unit: "1", states: 2, interval: 0.1,
			conditions: "amplitude uniform in [0.5, 1.5], γ in [0.05, 0.3], ω in [1, 3], uniform phase; states x and its rate",
			method:     "closed form", source: "classical", draw: plain(drawDamped),
		},
		TrafficSeries: {
			title: "Counts as of traffic", equation: `x(t) = w_d\,\bigl(0.15 + A_1 e^{-(h-8)^2/2b_1^2} + A_2 e^{-(h-17.5)^2/2b_2^2}\bigr)\,e^{0.15\,\eta(t)}`,
			unit: "days", states: 1, interval: 1.0 / 24,
			conditions: "peaks A in [0.7, 1] and widths b in [1, 2] hours of a road's own; weekends w = 0.5; η an Ornstein–Uhlenbeck process of 3 hours",
			method:     "closed form with exact transitions", source: "package datasets", draw: plain(drawTraffic),
		},
		ECGSeries: {
			title: "Electrocardiograms", unit: "s", states: 1, interval: 1.0 / 128,
			equation:   `\dot z = -\sum_i a_i\,\Delta\theta_i\,e^{-\Delta\theta_i^2/2b_i^2} - (z - z_0(t)),\ \dot\theta = \omega`,
			conditions: "70 to 100 beats a minute, a_i 20 % around the source's, breathing 12 to 18 times a minute; 25 z is about in mV",
			method:     "Runge–Kutta method of order 8(7) of Prince and Dormand, tolerance 1e-10, from two beats before the start",
			source:     "McSharry et al. 2003", draw: drawECG,
		},
	}
}

// SeriesKinds lists all kinds.
func SeriesKinds() []SeriesKind {
	return []SeriesKind{HarmonicSeries, OUSeries, DampedSeries, TrafficSeries, ECGSeries}
}

// Name is the kind's.
func (s Series) Name() string { return string(s.Kind) }

// Version of the generator, tied to testdata/<kind>.json.
func (Series) Version() int { return 1 }

// Describe says what the data are.
func (s Series) Describe() Description {
	c, full := seriesCases()[s.Kind], s.withDefaults()
	return Description{
		Title: c.title, Equation: c.equation,
		Domain: fmt.Sprintf("states: %d; times %.4g apart in units of %s, jitter %v; a part of %v is seen with noise of deviation %v",
			c.states, full.Interval, c.unit, s.Jitter, full.Observed, s.Noise),
		Conditions: c.conditions, Method: c.method, Source: c.source,
	}
}

func (s Series) withDefaults() Series {
	if s.Interval == 0 {
		s.Interval = seriesCases()[s.Kind].interval
	}
	if s.Observed == 0 {
		s.Observed = 0.3
	}
	return s
}

// Validate lists all that is wrong with s.
func (s Series) Validate() error {
	if err := checkKind("Series.Kind", s.Kind, SeriesKinds()); err != nil {
		return err
	}
	full := s.withDefaults()
	errs := []error{checkCounts("Series", s.Train, s.Test)}
	if s.Frames < 2 {
		errs = append(errs, fmt.Errorf("datasets: Series.Frames = %d, want at least 2", s.Frames))
	}
	if !(full.Interval > 0) || math.IsInf(full.Interval, 0) {
		errs = append(errs, fmt.Errorf("datasets: Series.Interval = %v, want it above 0, or 0 for the kind's", s.Interval))
	}
	if !(s.Jitter >= 0 && s.Jitter < 1) {
		errs = append(errs, fmt.Errorf("datasets: Series.Jitter = %v, want it from 0 to below 1", s.Jitter))
	}
	if !(full.Observed > 0 && full.Observed <= 1) {
		errs = append(errs, fmt.Errorf("datasets: Series.Observed = %v, want it above 0 and at most 1, or 0 for 0.3", s.Observed))
	}
	if !(s.Noise >= 0) || math.IsInf(s.Noise, 0) {
		errs = append(errs, fmt.Errorf("datasets: Series.Noise = %v, want at least 0", s.Noise))
	}
	return errors.Join(errs...)
}

// Arrays describes the signals and the times.
func (s Series) Arrays() []Shape {
	states := seriesCases()[s.Kind].states
	return pairShapes(
		s.Train, s.Test,
		Shape{Axes: []string{"time", "channel"}, Dims: []int{s.Frames, states + 2}}, Shape{Axes: []string{"time", "state"}, Dims: []int{s.Frames, states}},
		axis("time", s.Frames),
	)
}

// Make draws the signals.
func (s Series) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	if err := s.Validate(); err != nil {
		return Set{}, err
	}
	return makeAll(ctx, s, report)
}

// Samples is the number of training and test signals together.
func (s Series) Samples() int { return s.Train + s.Test }

// MakeSamples draws some signals.
func (s Series) MakeSamples(ctx context.Context, from, to int, report func(done, total int)) (input, output []float64, err error) {
	c, full := seriesCases()[s.Kind], s.withDefaults()
	input, output, err = eachSample(ctx, s.Arrays(), from, to, report, func(i int, input, output []float64) error {
		rng := sampleStream(s.Seed, i, s.Train)
		times := full.times()
		for f := range times {
			times[f] += s.Jitter * full.Interval * (rng.Float64() - 0.5)
		}
		if err := c.draw(ctx, times, output, rng); err != nil {
			return err
		}
		n := c.states
		for f, t := range times {
			input[f*(n+2)] = t
		}
		seen := int(math.Ceil(full.Observed * float64(s.Frames)))
		for _, f := range rng.Perm(s.Frames)[:seen] {
			row := input[f*(n+2) : (f+1)*(n+2)]
			for j := range n {
				row[1+j] = output[f*n+j] + s.Noise*rng.NormFloat64()
			}
			row[n+1] = 1
		}
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: Series: %w", err)
	}
	return input, output, nil
}

// times are those of the frames without jitter.
func (s Series) times() []float64 {
	out := make([]float64, s.Frames)
	for i := range out {
		out[i] = float64(i) * s.Interval
	}
	return out
}

// Assemble puts all signals into their arrays.
func (s Series) Assemble(input, output []float64) Set {
	return assemble(s.Arrays(), input, output, s.withDefaults().times())
}
