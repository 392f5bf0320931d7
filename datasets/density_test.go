package datasets_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestDensityGolden ties the values to Density.Version.
func TestDensityGolden(t *testing.T) {
	for _, k := range datasets.DensityKinds() {
		checkGolden(t, datasets.Density{Kind: k, Train: 3, Test: 2, Seed: 1}, 1e-14) // round-off of values of size 1
	}
}

// TestDensityMoments compares means and covariances with closed forms.
func TestDensityMoments(t *testing.T) {
	const train = 40000
	// The covariance of the moons: of (cos θ - ½, sin θ - ¼), which the mirror image shares.
	moonsXY := -1/math.Pi + 0.125
	moonsYY := 0.5 - 1/math.Pi + 0.0625
	for kind, want := range map[datasets.DensityKind]struct{ xx, xy, yy float64 }{
		datasets.Moons:        {0.75 + 0.01, moonsXY, moonsYY + 0.01},
		datasets.Rings:        {0.5625*30/8 + 0.0064, 0, 0.5625*30/8 + 0.0064},
		datasets.Checkerboard: {4.0 / 3, 0.25, 4.0 / 3},
		datasets.Pinwheel:     {2.2, 0, 2.2}, // five-fold symmetry, and |x|² = 4 (r² + s²)
		// E (θ cos θ)² and so on with the density 2θ/(3π)² on [0, 3π]: by parts.
		datasets.TwoSpirals:     {spiral(math.Cos, math.Cos) + 0.01, -spiral(math.Cos, math.Sin), spiral(math.Sin, math.Sin) + 0.01},
		datasets.EightGaussians: {(16.0/2 + 0.25) / (1.414 * 1.414), 0, (16.0/2 + 0.25) / (1.414 * 1.414)},
		datasets.Ring8:          {1.125 + 0.0144, 0, 1.125 + 0.0144},
	} {
		pairs := load(t, datasets.Density{Kind: kind, Train: train, Test: 1, Seed: 5}).Train()
		var mean, square [3]float64 // of xx, xy, yy
		var first [2]float64
		for i := range pairs.Len() {
			x := pairs.Input.Sample(i)
			for j, v := range []float64{x[0] * x[0], x[0] * x[1], x[1] * x[1]} {
				mean[j] += v / train
				square[j] += v * v / train
			}
			first[0] += x[0] / train
			first[1] += x[1] / train
		}
		for j, w := range []float64{want.xx, want.xy, want.yy} {
			// Five standard errors, from the spread of the products themselves.
			if bound := 5 * math.Sqrt((square[j]-mean[j]*mean[j])/train); math.Abs(mean[j]-w) > bound {
				t.Errorf("%s: moment %d is %v, want %v within %.2g", kind, j, mean[j], w, bound)
			}
		}
		for j, variance := range []float64{want.xx, want.yy} {
			if bound := 5 * math.Sqrt(variance/train); math.Abs(first[j]) > bound {
				t.Errorf("%s: mean %v along axis %d, want 0 within %.2g", kind, first[j], j, bound)
			}
		}
	}
}

// spiral is E[θ²/9 f(θ) g(θ)] by the midpoint rule.
func spiral(f, g func(float64) float64) float64 {
	const n, top = 20000, 3 * math.Pi
	var sum float64
	for i := range n {
		theta := top * (float64(i) + 0.5) / n
		sum += theta * theta / 9 * f(theta) * g(theta) * 2 * theta / (top * top) * top / n
	}
	return sum
}

// TestDensityClasses: each part lies where it should, and all parts are as frequent as they should be.
func TestDensityClasses(t *testing.T) {
	const train = 10000
	for kind, parts := range map[datasets.DensityKind]int{datasets.Moons: 2, datasets.Rings: 4, datasets.Checkerboard: 4, datasets.Pinwheel: 5, datasets.TwoSpirals: 2, datasets.Ring8: 8} {
		pairs := load(t, datasets.Density{Kind: kind, Train: train, Test: 1, Seed: 6, Noise: map[datasets.DensityKind]float64{datasets.Rings: 1e-9}[kind]}).Train()
		counts := make([]float64, parts)
		for i := range pairs.Len() {
			x, class := pairs.Input.Sample(i), int(pairs.Output.Values[i])
			counts[class]++
			switch kind {
			case datasets.Rings:
				if r := 0.75 * float64(class+1); math.Abs(math.Hypot(x[0], x[1])-r) > 1e-7 { // a hundred of its deviations
					t.Fatalf("%v is not on the ring of radius %v", x, r)
				}
			case datasets.Checkerboard:
				if column, row := math.Floor(x[0]), math.Floor(x[1]); int(column)+2 != class || math.Mod(column+row, 2) != 0 || row < -2 || row > 1 {
					t.Fatalf("%v of class %d is on no black square", x, class)
				}
			}
		}
		p := 1 / float64(parts)
		for class, n := range counts {
			if bound := 5 * math.Sqrt(p*(1-p)/train); math.Abs(n/train-p) > bound { // five standard errors
				t.Errorf("%s: class %d has the frequency %v, want %v within %.2g", kind, class, n/train, p, bound)
			}
		}
	}
	if m, is := (datasets.Density{Kind: datasets.Mix16}).Mixture(); !is || m.Dim() != 16 {
		t.Error("MIX16 is no mixture with 16 axes")
	}
	if _, is := (datasets.Density{Kind: datasets.Moons}).Mixture(); is {
		t.Error("moons are a mixture of Gaussians")
	}
}

func TestDensityErrors(t *testing.T) {
	for want, d := range map[string]datasets.Density{
		`Density.Kind = "", want one of moons, rings`:            {Train: 1, Test: 1},
		"Density.Train = 0":                                      {Kind: datasets.Moons, Test: 1},
		"Density.Noise = -1":                                     {Kind: datasets.Moons, Train: 1, Test: 1, Noise: -1},
		"Density.Noise = 1, want 0, since ring8 has none to set": {Kind: datasets.Ring8, Train: 1, Test: 1, Noise: 1},
	} {
		if _, err := datasets.Load(t.Context(), d); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
