package datasets_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// TestGaborGolden ties the values to Gabor.Version.
func TestGaborGolden(t *testing.T) {
	checkGolden(t, datasets.Gabor{Grid: 32, Train: 2, Test: 1, Seed: 1}, 1e-9) // round-off of Laplacians of up to 1e4
}

// TestGaborDerivatives compares with the matrices that differentiate trigonometric interpolants on an even number of points.
//
// Source: Trefethen 2000, Spectral Methods in MATLAB, chapter 3.
func TestGaborDerivatives(t *testing.T) {
	const n = 32
	set := load(t, datasets.Gabor{Grid: n, Train: 2, Test: 1, Seed: 5})
	first, second := make([]float64, n), make([]float64, n) // by the distance in points
	h := 2 * math.Pi / n
	second[0] = -math.Pi * math.Pi * (n*n/12.0 + 1/6.0)
	for d := 1; d < n; d++ {
		sign := 1 - 2*float64(d%2)
		sin, cos := math.Sincos(float64(d) * h / 2)
		first[d], second[d] = math.Pi*sign/2*cos/sin, -math.Pi*math.Pi*sign/2/(sin*sin)
	}
	for sample := range 2 {
		u, derivatives := set.Train().Input.Sample(sample), set.Train().Output.Sample(sample)
		if low, high := slices.Min(u), slices.Max(u); math.Abs(low+1) > 1e-14 || math.Abs(high-1) > 1e-14 { // round-off of the scaling
			t.Errorf("image %d goes from %v to %v, want -1 to 1", sample, low, high)
		}
		for i := range n {
			for j := range n {
				var want [3]float64
				for k := range n {
					want[0] += first[(i-k+n)%n] * u[k*n+j]
					want[1] += first[(j-k+n)%n] * u[i*n+k]
					want[2] += second[(i-k+n)%n]*u[k*n+j] + second[(j-k+n)%n]*u[i*n+k]
				}
				for c, w := range want {
					// Round-off of 32 terms of up to 1e3.
					if got := derivatives[3*(i*n+j)+c]; math.Abs(got-w) > 1e-10 {
						t.Fatalf("image %d, pixel (%d, %d): derivative %d is %v, want %v", sample, i, j, c, got, w)
					}
				}
			}
		}
	}
	x, _ := set.Array("x")
	if x.Values[0] != -1+1.0/n || x.Values[n-1] != 1-1.0/n {
		t.Errorf("x goes from %v to %v, want the middles of pixels on [-1, 1]", x.Values[0], x.Values[n-1])
	}
}

// TestGaborFromLaplacian finds the image again.
func TestGaborFromLaplacian(t *testing.T) {
	g := datasets.Gabor{Grid: 32, Train: 1, Test: 1, Seed: 5}
	train := load(t, g).Train()
	image, laplacian := train.Input.Sample(0), make([]float64, g.Grid*g.Grid)
	mean := 0.0
	for i := range laplacian {
		laplacian[i] = train.Output.Sample(0)[3*i+2]
		mean += image[i] / float64(len(image))
	}
	got, err := g.FromLaplacian(laplacian)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range got {
		if math.Abs(v+mean-image[i]) > 1e-13 { // round-off
			t.Fatalf("pixel %d is %v, want %v", i, v+mean, image[i])
		}
	}
	if _, err := g.FromLaplacian(laplacian[1:]); err == nil || !strings.Contains(err.Error(), "1023 values") {
		t.Errorf("error of a short Laplacian: %v", err)
	}
}

func TestGaborErrors(t *testing.T) {
	for want, g := range map[string]datasets.Gabor{
		"Gabor.Grid = 31":  {Grid: 31, Train: 1, Test: 1},
		"Gabor.Train = 0":  {Grid: 32, Test: 1},
		"Gabor.Test = -1,": {Grid: 32, Train: 1, Test: -1},
	} {
		if _, err := datasets.Load(t.Context(), g); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
