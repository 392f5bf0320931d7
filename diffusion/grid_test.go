package diffusion_test

import (
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

func TestGrids(t *testing.T) {
	vp, edm := diffusion.StandardVP(), diffusion.StandardEDM()
	for _, c := range []struct {
		name     string
		grid     diffusion.Grid
		schedule diffusion.Schedule
		first    float64
		last     float64
		of       func(t float64) float64 // what is equally spaced
	}{
		{"lambda", diffusion.UniformLambda{}, vp, 1, 1e-3, func(at float64) float64 { return diffusion.At(vp, at).Lambda() }},
		{"karras", diffusion.Karras{Rho: 7}, edm, 80, 0.002, func(at float64) float64 { return math.Pow(at, 1./7) }},
		{"karras of a vp", diffusion.Karras{Rho: 3}, vp, 0.9, 0.1, func(at float64) float64 { return math.Cbrt(diffusion.At(vp, at).Ratio()) }},
		{"time", diffusion.UniformTime{}, vp, 1, 1e-3, func(at float64) float64 { return at }},
		{"quadratic", diffusion.PowerTime{Power: 2}, vp, 1, 1e-3, math.Sqrt},
	} {
		ts, err := c.grid.Times(c.schedule, c.first, c.last, 9)
		if err != nil || len(ts) != 10 || ts[0] != c.first || ts[9] != c.last {
			t.Errorf("%s: %v, %v, want ten times from %v to %v", c.name, ts, err, c.first, c.last)
			continue
		}
		step := (c.of(c.last) - c.of(c.first)) / 9
		for i := range 9 {
			// Round-off of numbers up to 10, of which λ's inverse at the noise end makes a hundred times more.
			if d := c.of(ts[i+1]) - c.of(ts[i]); !(math.Abs(d-step) < 1e-12) {
				t.Errorf("%s: step %d is %v, want %v", c.name, i, d, step)
			}
		}
	}
	if _, err := (diffusion.PowerTime{Power: 2}).Times(vp, 1, -1, 3); err == nil {
		t.Error("the root of a time below 0 is taken")
	}
	if err := (diffusion.Listed{1}).Validate(); err == nil {
		t.Error("one time is taken for a grid")
	}
}

// The table of DDPM: the last ᾱ is the product of 1000 numbers, here by the sum of their logarithms in another order.
func TestTableOfDDPM(t *testing.T) {
	s, err := diffusion.FromBetas(diffusion.LinearBetas(1000, 1e-4, 0.02))
	if err != nil {
		t.Fatal(err)
	}
	product := 1.0
	for i := 999; i >= 0; i-- {
		product *= 1 - (1e-4 + (0.02-1e-4)*float64(i)/999)
	}
	if a := s.Alpha(1); !(math.Abs(a*a/product-1) < 1e-12) { // round-off of a thousand factors
		t.Errorf("α² at the end is %v, want %v", a*a, product)
	}
	// Entry i is at (i+1)/N.
	if a := s.Alpha(1e-3); !(math.Abs(a*a-(1-1e-4)) < 1e-15) {
		t.Errorf("α² of the first entry is %v, want 0.9999", a*a)
	}
}
