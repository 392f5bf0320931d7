package datasets_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestSeriesGolden ties the values to Series.Version.
func TestSeriesGolden(t *testing.T) {
	for _, k := range datasets.SeriesKinds() {
		// Values of size 1; the electrocardiogram is solved to 1e-10 a step and scaled by 25.
		checkGolden(t, datasets.Series{Kind: k, Frames: 20, Train: 2, Test: 1, Seed: 1, Jitter: 0.5, Observed: 0.5, Noise: 0.1}, 1e-7)
	}
}

// TestSeriesAreSeenInPart checks times, masks and noise of all kinds.
func TestSeriesAreSeenInPart(t *testing.T) {
	for _, k := range datasets.SeriesKinds() {
		s := datasets.Series{Kind: k, Frames: 40, Train: 50, Test: 1, Jitter: 0.9, Observed: 0.25, Noise: 0.2, Seed: 3}
		pairs := load(t, s).Train()
		n := pairs.Output.Dims[2]
		interval := pairs.Coords[0].Values[1]
		var noise, count float64
		for i := range pairs.Len() {
			in, out := pairs.Input.Sample(i), pairs.Output.Sample(i)
			seen := 0
			for f := range 40 {
				row := in[f*(n+2) : (f+1)*(n+2)]
				if math.Abs(row[0]-float64(f)*interval) > 0.45*interval*(1+1e-9) || f > 0 && row[0] <= in[(f-1)*(n+2)] {
					t.Fatalf("%s: time %v of frame %d, want it within 0.45 of an interval of %v", k, row[0], f, interval)
				}
				switch row[n+1] {
				case 0:
					if slices.Max(row[1:n+1]) != 0 || slices.Min(row[1:n+1]) != 0 {
						t.Fatalf("%s: %v at a frame that is not seen", k, row)
					}
				case 1:
					seen++
					for j := range n {
						d := row[1+j] - out[f*n+j]
						noise, count = noise+d*d, count+1
					}
				default:
					t.Fatalf("%s: mask %v", k, row[n+1])
				}
			}
			if seen != 10 {
				t.Errorf("%s: %d frames are seen, want 10", k, seen)
			}
		}
		// Four standard errors of a variance.
		if got := noise / count; math.Abs(got/0.04-1) > 4*math.Sqrt(2/count) {
			t.Errorf("%s: noise of variance %v, want 0.04", k, got)
		}
	}
}

// TestOUCovariance compares with exp(-|t - s|) at the irregular times of each sample.
func TestOUCovariance(t *testing.T) {
	s := datasets.Series{Kind: datasets.OUSeries, Frames: 12, Train: 20000, Test: 1, Jitter: 0.8, Interval: 0.2, Seed: 4}
	pairs := load(t, s).Train()
	for f := range 12 {
		var sum, squares float64
		for i := range pairs.Len() {
			in, x := pairs.Input.Sample(i), pairs.Output.Sample(i)
			d := x[11]*x[f] - math.Exp(-math.Abs(in[3*11]-in[3*f]))
			sum, squares = sum+d, squares+d*d
		}
		n := float64(pairs.Len())
		if bound := 4.5 * math.Sqrt(squares/n/n); math.Abs(sum/n) > bound { // standard errors
			t.Errorf("the covariance of frames 11 and %d is off by %v, want 0 within %.2g", f, sum/n, bound)
		}
	}
}

// TestHarmonicsVariance: a normal amplitude of deviation 1/j and a uniform phase give Σ 1/(2j²).
func TestHarmonicsVariance(t *testing.T) {
	pairs := load(t, datasets.Series{Kind: datasets.HarmonicSeries, Frames: 2, Train: 20000, Test: 1}).Train()
	var sum, squares float64
	for i := range pairs.Len() {
		v := pairs.Output.Sample(i)[1] * pairs.Output.Sample(i)[1]
		sum, squares = sum+v, squares+v*v
	}
	n := float64(pairs.Len())
	mean, want := sum/n, (1+1.0/4+1.0/9)/2
	if bound := 5 * math.Sqrt((squares/n-mean*mean)/n); math.Abs(mean-want) > bound { // standard errors
		t.Errorf("variance %v, want %v within %.2g", mean, want, bound)
	}
}

// TestDampedOscillatorsObeyTheirEquation finds γ and ω from three states and predicts the later ones: the map of a step is linear.
func TestDampedOscillatorsObeyTheirEquation(t *testing.T) {
	pairs := load(t, datasets.Series{Kind: datasets.DampedSeries, Frames: 60, Train: 20, Test: 1}).Train()
	for i := range pairs.Len() {
		x := pairs.Output.Sample(i)
		// x'' by fourth-order differences of the rate against -2γx' - (γ²+ω²)x, fitted at two frames and tested at the others.
		acceleration := func(f int) float64 {
			return (8*(x[2*f+3]-x[2*f-1]) - (x[2*f+5] - x[2*f-3])) / (12 * 0.1)
		}
		a, b, c, d := x[2*10], x[2*10+1], x[2*20], x[2*20+1]
		p, q := acceleration(10), acceleration(20)
		det := a*d - b*c
		k, g := (p*d-q*b)/det, (a*q-c*p)/det
		for f := 2; f < 58; f++ {
			// The differences' error: h⁴ω⁵/30 = 1e-3 at ω = 3.1, over a determinant of 0.1 or more.
			if got, want := acceleration(f), k*x[2*f]+g*x[2*f+1]; math.Abs(det) > 0.1 && math.Abs(got-want) > 0.02 {
				t.Fatalf("signal %d: acceleration %v at frame %d, want %v", i, got, f, want)
			}
		}
		if math.Abs(det) > 0.1 && (g > 0 || k > -0.9 || k < -9.2) {
			t.Errorf("signal %d: x'' = %.3f x + %.3f x'", i, k, g)
		}
	}
}

// TestElectrocardiograms: one high peak a beat, 70 to 100 a minute, equally far apart.
func TestElectrocardiograms(t *testing.T) {
	const rate = 256.0
	pairs := load(t, datasets.Series{Kind: datasets.ECGSeries, Frames: 256 * 6, Train: 20, Test: 1, Interval: 1 / rate}).Train()
	for i := range pairs.Len() {
		x := pairs.Output.Sample(i)
		top, low := slices.Max(x), slices.Min(x)
		if top < 0.6 || top > 2 || low > -0.2 || low < -1.2 {
			t.Errorf("signal %d is from %v to %v mV", i, low, top)
		}
		var peaks []float64
		for f := 1; f < len(x)-1; f++ {
			if x[f] > 0.6*top && x[f] > x[f-1] && x[f] >= x[f+1] {
				peaks = append(peaks, float64(f)/rate)
			}
		}
		if len(peaks) < 6 || len(peaks) > 11 {
			t.Errorf("signal %d has %d peaks in 6 s, want 7 to 10", i, len(peaks))
			continue
		}
		beat := (peaks[len(peaks)-1] - peaks[0]) / float64(len(peaks)-1)
		if beat < 0.6-1/rate || beat > 60.0/70+1/rate {
			t.Errorf("signal %d: %v s between beats, want 0.6 to 0.857", i, beat)
		}
		for j := 1; j < len(peaks); j++ {
			if math.Abs(peaks[j]-peaks[j-1]-beat) > 2/rate { // a frame at each end
				t.Errorf("signal %d: beats at %v", i, peaks)
				break
			}
		}
	}
}

// TestTrafficHasDays: the hours' order is a day's, weekends are low.
func TestTrafficHasDays(t *testing.T) {
	pairs := load(t, datasets.Series{Kind: datasets.TrafficSeries, Frames: 14 * 24, Train: 100, Test: 1}).Train()
	mean := make([]float64, 14*24)
	for i := range pairs.Len() {
		for f, v := range pairs.Output.Sample(i) {
			if v <= 0 {
				t.Fatalf("count %v", v)
			}
			mean[f] += v / 100
		}
	}
	for day := range 14 {
		h := mean[24*day : 24*day+24]
		if !(h[8] > 3*h[3] && h[18] > 2*h[13] && h[13] < h[8]) {
			t.Errorf("day %d: %v", day, h)
		}
		if ratio := h[8] / mean[8]; day%7 >= 5 && math.Abs(ratio-0.5) > 0.08 || day%7 < 5 && math.Abs(ratio-1) > 0.16 { // four standard errors: 0.15/√50 each
			t.Errorf("day %d has %v of the first day's peak", day, ratio)
		}
	}
}

func TestSeriesErrors(t *testing.T) {
	err := datasets.Series{Kind: datasets.OUSeries, Interval: -1, Jitter: 1, Observed: 1.5, Noise: math.NaN()}.Validate()
	for _, want := range []string{"Series.Frames = 0", "Series.Train = 0", "Series.Interval = -1", "Series.Jitter = 1", "Series.Observed = 1.5", "Series.Noise = NaN"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	if err := (datasets.Series{Kind: "noise"}).Validate(); err == nil || !strings.Contains(err.Error(), `Series.Kind = "noise", want one of harmonics`) {
		t.Errorf("error %v, want the kinds", err)
	}
}
