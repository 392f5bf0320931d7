package metrics_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/metrics"
)

// roundOff bounds the error of a handful of operations on numbers of size 1.
const roundOff = 1e-14

func near(t *testing.T, what string, got, want float64, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if !(math.Abs(got-want) <= roundOff) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func wantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want %q in it", err, text)
	}
}

func TestRelL2(t *testing.T) {
	want := []float64{3, 4, 0, 2}
	got := []float64{3, 5, 0, 2.5} // 1/5 and 0.5/2
	each, err := metrics.RelL2PerSample(got, want, 2)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(each, []float64{0.2, 0.25}) {
		t.Errorf("per sample %v, want 0.2 and 0.25", each)
	}
	mean, err := metrics.RelL2(got, want, 2)
	near(t, "mean", mean, 0.225, err)
	one, err := metrics.RelL2(got, want, 1)
	near(t, "as one sample", one, math.Sqrt(1.25/29), err)
	huge, err := metrics.RelL2([]float64{2e200, 2e200}, []float64{1e200, 1e200}, 1)
	near(t, "of huge values", huge, 1, err)
	tiny, err := metrics.RelL2([]float64{1e-200}, []float64{2e-200}, 1)
	near(t, "of tiny values", tiny, 0.5, err)
	exact, err := metrics.RelL2(want, want, 2)
	near(t, "of equal fields", exact, 0, err)
}

func TestRelL2Errors(t *testing.T) {
	for _, c := range []struct {
		got, want []float64
		samples   int
		text      string
	}{
		{[]float64{1}, []float64{1, 2}, 1, "1 values against a reference of 2"},
		{nil, nil, 1, "0 values against a reference of 0"},
		{[]float64{1, 2, 3}, []float64{1, 2, 3}, 2, "3 values in 2 samples"},
		{[]float64{1}, []float64{1}, 0, "1 values in 0 samples"},
		{[]float64{1, 1}, []float64{1, 0}, 2, "the reference of sample 1 is zero"},
		{[]float64{1, math.NaN()}, []float64{1, 1}, 2, "sample 1 has a value that is not finite"},
		{[]float64{1, 1}, []float64{math.Inf(1), 1}, 2, "sample 0 has a value that is not finite"},
	} {
		_, err := metrics.RelL2(c.got, c.want, c.samples)
		wantError(t, err, c.text)
	}
}

func TestRMSE(t *testing.T) {
	// Distances 5 and 1 of two samples: √((25 + 1)/2).
	got, err := metrics.RMSE([]float64{3, 4, 1, 1}, []float64{0, 0, 1, 2}, 2)
	if want := math.Sqrt(13); err != nil || math.Abs(got-want) > 1e-15 { // round-off
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	for want, c := range map[string]struct {
		got, want []float64
		samples   int
	}{
		"1 values against a reference of 2": {[]float64{1}, []float64{1, 2}, 1},
		"against a reference of 0":          {nil, nil, 1},
		"3 values in 2 samples":             {[]float64{1, 2, 3}, []float64{1, 2, 3}, 2},
		"1 values in 0 samples":             {[]float64{1}, []float64{1}, 0},
		"a value is not finite":             {[]float64{math.NaN()}, []float64{1}, 1},
	} {
		if _, err := metrics.RMSE(c.got, c.want, c.samples); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestMaxAbs(t *testing.T) {
	got, err := metrics.MaxAbs([]float64{1, -2, 3}, []float64{1.5, 2, 2})
	near(t, "largest error", got, 4, err)
	_, err = metrics.MaxAbs([]float64{1}, nil)
	wantError(t, err, "1 values against a reference of 0")
	_, err = metrics.MaxAbs([]float64{0, math.NaN()}, []float64{0, 1})
	wantError(t, err, "value 1 is not finite: got NaN, reference 1")
}

func TestCorrelation(t *testing.T) {
	u := []float64{1, 2, 4, 8}
	affine, opposite := make([]float64, 4), make([]float64, 4)
	for i, v := range u {
		affine[i], opposite[i] = 3*v+100, 1-v
	}
	r, err := metrics.Correlation(affine, u)
	near(t, "of an affine map", r, 1, err)
	r, err = metrics.Correlation(opposite, u)
	near(t, "of the opposite", r, -1, err)
	r, err = metrics.Correlation([]float64{1, -1, 1, -1}, []float64{1, 1, -1, -1})
	near(t, "of orthogonal fields", r, 0, err)
	r, err = metrics.Correlation([]float64{0, 0, 1}, []float64{0, 1, 1})
	near(t, "of steps", r, 0.5, err)
	_, err = metrics.Correlation(u, []float64{0.1, 0.1, 0.1, 0.1})
	wantError(t, err, "a field is constant")
	_, err = metrics.Correlation(u, []float64{1, 2, math.NaN(), 3})
	wantError(t, err, "not finite")
	_, err = metrics.Correlation(u, u[1:])
	wantError(t, err, "4 values against a reference of 3")
}

func TestSpectrum(t *testing.T) {
	for _, n := range []int{8, 9} {
		u := make([]float64, n)
		for i := range u {
			x := 2 * math.Pi * float64(i) / float64(n)
			u[i] = 0.5 + 2*math.Cos(x) + math.Sin(3*x)
		}
		double := slices.Clone(u)
		for i := range double {
			double[i] *= 2
		}
		// 0.5² and half the squares of the amplitudes; a batch of u and 2u has (1 + 4)/2 times the energy.
		want := []float64{0.25, 2, 0, 0.5, 0}
		for batch, factor := range map[int]float64{1: 1, 2: 2.5} {
			got, err := metrics.Spectrum(slices.Concat(u, double)[:batch*n], n)
			if err != nil || len(got) != 5 {
				t.Fatalf("%d shells, %v, want 5", len(got), err)
			}
			for k := range got {
				near(t, "energy", got[k], factor*want[k], nil)
			}
		}
	}
	nyquist, err := metrics.Spectrum([]float64{1, -1, 1, -1}, 4)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "energy of the sawtooth", nyquist[2], 1, nil)
	_, err = metrics.Spectrum(make([]float64, 9), 4)
	wantError(t, err, "9 values for fields of 4 points")
	_, err = metrics.Spectrum(nil, 0)
	wantError(t, err, "0 values for fields of 0 points")
}

func TestSpectrum2(t *testing.T) {
	const n = 16
	u := make([]float64, n*n)
	for i := range u {
		x, y := 2*math.Pi*float64(i/n)/n, 2*math.Pi*float64(i%n)/n
		u[i] = 3 + 2*math.Cos(x)*math.Cos(y) + math.Sin(3*x+4*y) + math.Cos(5*x) + 4*math.Sin(2*y)
	}
	// |k| = √2 rounds to 1: four modes of amplitude 1/2 each; |(3, 4)| = 5 shares the shell of (5, 0).
	want := map[int]float64{0: 9, 1: 1, 2: 8, 5: 1}
	got, err := metrics.Spectrum2(u, n)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 12 { // √(8² + 8²) = 11.3
		t.Errorf("%d shells, want 12", len(got))
	}
	for m := range got {
		near(t, "energy", got[m], want[m], nil)
	}
	_, err = metrics.Spectrum2(make([]float64, 17), 4)
	wantError(t, err, "17 values for fields of 4 by 4 points")
}

// TestSpectraKeepTheEnergy is Parseval's identity for random fields, at even and odd sizes.
func TestSpectraKeepTheEnergy(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{6, 7} {
		u := make([]float64, 3*n*n)
		var energy float64
		for i := range u {
			u[i] = rng.NormFloat64()
			energy += u[i] * u[i] / float64(len(u))
		}
		for name, spectrum := range map[string]func([]float64, int) ([]float64, error){
			"Spectrum": metrics.Spectrum, "Spectrum2": metrics.Spectrum2,
		} {
			shells, err := spectrum(u, n)
			if err != nil {
				t.Fatal(err)
			}
			var sum float64
			for _, e := range shells {
				sum += e
			}
			near(t, name, sum, energy, nil)
		}
	}
}
