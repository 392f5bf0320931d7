package datasets_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/metrics"
)

// combinedE2 is Burgers' equation with a diffusion that varies, from shocks to smooth waves.
func combinedE2() datasets.Combined {
	return datasets.Combined{Alpha: [2]float64{0.5, 0.5}, Beta: [2]float64{0.01, 0.2}, Grid: 32, Frames: 10, Train: 2, Test: 2, Seed: 1}
}

// TestCombinedGolden ties the values to Combined.Version.
func TestCombinedGolden(t *testing.T) { checkGolden(t, combinedE2(), 1e-11) } // round-off

// TestCombinedIsAccurate wants what the documentation says, of smooth waves and of shocks.
func TestCombinedIsAccurate(t *testing.T) {
	smooth, shocks := combinedE2(), combinedE2()
	smooth.Beta[0], shocks.Beta = leastSmooth, [2]float64{}
	for _, c := range []struct {
		r    datasets.Combined
		want float64
	}{{smooth, 1e-6}, {shocks, 5e-3}} {
		got, err := datasets.Accuracy(t.Context(), c.r, 2)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%.2g", got)
		if !(got > 0 && got < c.want) {
			t.Errorf("β in %v: error %.3g, want below %g", c.r.Beta, got, c.want)
		}
	}
}

// leastSmooth is the least β that the recipe takes for smooth.
const leastSmooth = 0.05

// TestCombinedSolvers: where there are no shocks yet finite volumes agree with the Fourier method, to what WENO5 leaves.
func TestCombinedSolvers(t *testing.T) {
	smooth := combinedE2()
	smooth.Beta, smooth.Finest = [2]float64{0.0501, 0.0501}, 512
	volumes := smooth
	volumes.Beta = [2]float64{0.0499, 0.0499}
	a, b := load(t, smooth), load(t, volumes)
	for i := range a.Test().Len() {
		// β differs by 2e-4, of which the steepest parts see a hundred times as much.
		if d := relative(t, a.Test().Output.Sample(i), b.Test().Output.Sample(i)); !(d < 5e-3) {
			t.Errorf("trajectory %d differs by %.3g between the solvers", i, d)
		}
		if d := relative(t, a.Test().Input.Sample(i), b.Test().Input.Sample(i)); !(d < 1e-12) {
			t.Errorf("start %d differs by %.3g between the solvers", i, d)
		}
	}
}

// TestCombinedLinear: without α each wave obeys an equation of its own, u = Σ A Im(e^(iφ) (c(t)) e^(ikx)), solved here by its closed form.
func TestCombinedLinear(t *testing.T) {
	r := datasets.Combined{
		Beta: [2]float64{0.3, 0.3}, Gamma: [2]float64{0.2, 0.9}, Unforced: true, Grid: 64, Frames: 4, Train: 1, Test: 1, Seed: 7, Finest: 64,
	}
	set := load(t, r)
	input, output := set.Train().Input, set.Train().Output
	gamma := input.Values[1]
	if input.Dims[2] != 2 || !(gamma >= 0.2 && gamma <= 0.9) {
		t.Fatalf("input %v with γ = %v, want u and γ", input.Shape(), gamma)
	}
	for frame := range 4 {
		time := float64(frame + 1) // of Until = 4
		for x := range 64 {
			want := 0.0
			for l := 1; l <= 3; l++ { // project the start on each wave, and turn and damp it
				k := 2 * math.Pi * float64(l) / 16
				var c, s float64
				for j := range 64 {
					sin, cos := math.Sincos(k * (float64(j) + 0.5) / 4)
					c, s = c+input.Values[2*j]*cos/32, s+input.Values[2*j]*sin/32
				}
				sin, cos := math.Sincos(k*(float64(x)+0.5)/4 + gamma*k*k*k*time)
				want += math.Exp(-0.3*k*k*time) * (c*cos + s*sin)
			}
			if got := output.Values[frame*64+x]; math.Abs(got-want) > 1e-12 { // the linear part is exact
				t.Fatalf("frame %d, cell %d: %v, want %v", frame, x, got, want)
			}
		}
	}
}

// relative is the relative L2 difference.
func relative(t *testing.T, got, want []float64) float64 {
	t.Helper()
	d, err := metrics.RelL2(got, want, 1)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestCombinedErrors(t *testing.T) {
	for _, c := range []struct {
		change func(*datasets.Combined)
		want   string
	}{
		{func(r *datasets.Combined) { r.Alpha = [2]float64{1, 0} }, "Combined.Alpha = [1 0], want the lower end first"},
		{func(r *datasets.Combined) { r.Beta = [2]float64{-1, 0} }, "Combined.Beta = [-1 0], want at least 0"},
		{func(r *datasets.Combined) { r.Beta, r.LogBeta = [2]float64{0, 1}, true }, "above 0 if LogBeta"},
		{func(r *datasets.Combined) { r.Grid = 100 }, "Combined.Grid = 100, want a divisor of the finest grid of 1024 cells"},
		{func(r *datasets.Combined) { r.Frames = 0 }, "Combined.Frames = 0"},
		{func(r *datasets.Combined) { r.Until = -1 }, "Until = -1"},
		{func(r *datasets.Combined) { r.Test = 0 }, "Combined.Test = 0"},
	} {
		r := combinedE2()
		c.change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
	if (datasets.Combined{}).Validate() == nil {
		t.Error("the zero value is accepted")
	}
}
