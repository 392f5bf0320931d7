package datasets_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestHeatSeriesGolden ties the values to HeatSeries.Version.
func TestHeatSeriesGolden(t *testing.T) {
	checkGolden(t, datasets.HeatSeries{Grid: 17, Frames: 3, Train: 2, Test: 2, Seed: 1, Forced: true, Noise: 0.05}, 1e-13) // round-off
}

// TestHeatSeriesByDifferences: the method of Crank and Nicolson with a solve by sweeps leaves errors of second order. So does the forcing.
func TestHeatSeriesByDifferences(t *testing.T) {
	for _, forced := range []bool{false, true} {
		var errs []float64
		for _, n := range []int{65, 129, 257} {
			// The same times on all grids: the finer, the more frames, of a step as the spacing.
			r := datasets.HeatSeries{Grid: n, Frames: n - 1, Train: 1, Test: 1, Seed: 2, Forced: forced}
			dx := 1 / float64(n-1)
			r.Ratio = 0.01 * 0.5 * dx / (dx * dx)
			set := load(t, r)
			u := slices.Clone(set.Test().Input.Values)
			for f := range r.Frames {
				crankNicolson(u, 0.01, dx, 0.5*dx, 0.5*dx*(float64(f)+0.5), forced)
			}
			worst := 0.0
			for i, want := range set.Test().Output.Values[(r.Frames-1)*n:] {
				worst = max(worst, math.Abs(u[i]-want))
			}
			errs = append(errs, worst)
		}
		t.Logf("%.2g", errs)
		if order := math.Log2(errs[0]/errs[2]) / 2; math.Abs(order-2) > 0.2 || errs[2] > 1e-3 {
			t.Errorf("forced %v: errors %.2g with order %.2f, want 2", forced, errs, order)
		}
	}
}

// crankNicolson makes one step of u_t = α u_xx + s, with s in the middle of the step.
func crankNicolson(u []float64, alpha, dx, dt, middle float64, forced bool) {
	n, r := len(u), alpha*dt/(2*dx*dx)
	c, d := make([]float64, n), make([]float64, n)
	for i := 1; i < n-1; i++ {
		right := u[i] + r*(u[i-1]-2*u[i]+u[i+1])
		if forced {
			right += dt * math.Sin(2*math.Pi*float64(i)*dx) * math.Cos(4*math.Pi*middle)
		}
		pivot := 1 + 2*r + r*c[i-1]
		c[i], d[i] = -r/pivot, (right+r*d[i-1])/pivot
	}
	for i := n - 2; i > 0; i-- {
		u[i] = d[i] - c[i]*u[i+1]
	}
}

// TestHeatSeriesNoise: as much as is asked for, in the training part alone, and none at the ends.
func TestHeatSeriesNoise(t *testing.T) {
	r := datasets.HeatSeries{Grid: 65, Frames: 20, Train: 20, Test: 2, Seed: 3}
	clean := load(t, r)
	r.Noise = 0.05
	noisy := load(t, r)
	if !slices.Equal(clean.Test().Output.Values, noisy.Test().Output.Values) || !slices.Equal(clean.Test().Input.Values, noisy.Test().Input.Values) {
		t.Error("the test part has noise")
	}
	var share float64
	for s := range 20 {
		var start, noise float64
		for i, u := range clean.Train().Input.Sample(s) {
			start += u * u / 65
			if got := noisy.Train().Input.Sample(s)[i]; (i == 0 || i == 64) && got != 0 {
				t.Errorf("u = %v at an end", got)
			}
		}
		for i, u := range clean.Train().Output.Sample(s) {
			noise += math.Pow(noisy.Train().Output.Sample(s)[i]-u, 2) / (20 * 63)
		}
		share += math.Sqrt(noise/start) / 20
	}
	if math.Abs(share-0.05) > 1e-3 { // five standard errors: 0.05/√(2·25200)
		t.Errorf("noise of %.4g, want 0.05", share)
	}
}

// TestHeatSeriesRatio: frames are Ratio Δx²/α apart.
func TestHeatSeriesRatio(t *testing.T) {
	times, _ := load(t, datasets.HeatSeries{Grid: 65, Frames: 2, Train: 1, Test: 1, Ratio: 1, Diffusivity: 0.5}).Array("time")
	if want := []float64{2.0 / 4096, 4.0 / 4096}; !slices.Equal(times.Values, want) {
		t.Errorf("times %v, want %v", times.Values, want)
	}
}

func TestHeatSeriesErrors(t *testing.T) {
	good := datasets.HeatSeries{Grid: 17, Frames: 1, Train: 1, Test: 1}
	for _, c := range []struct {
		change func(*datasets.HeatSeries)
		want   string
	}{
		{func(r *datasets.HeatSeries) { r.Grid = 9 }, "HeatSeries.Grid = 9, want at least 10"},
		{func(r *datasets.HeatSeries) { r.Modes = -1 }, "HeatSeries.Modes = -1"},
		{func(r *datasets.HeatSeries) { r.Frames = 0 }, "HeatSeries.Frames = 0"},
		{func(r *datasets.HeatSeries) { r.Ratio = -1 }, "HeatSeries.Ratio = -1"},
		{func(r *datasets.HeatSeries) { r.Noise = math.NaN() }, "HeatSeries.Noise = NaN"},
		{func(r *datasets.HeatSeries) { r.Train = 0 }, "HeatSeries.Train = 0"},
	} {
		r := good
		c.change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
	if good.Validate() != nil || (datasets.HeatSeries{}).Validate() == nil {
		t.Error("the good value is refused or the zero value is accepted")
	}
}
