package datasets_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

func draw(t *testing.T, g datasets.GRF, n, axes int, rng *rand.Rand) []float64 {
	t.Helper()
	s, err := g.Sampler(n, axes)
	if err != nil {
		t.Fatal(err)
	}
	u := make([]float64, s.Size())
	if err := s.Draw(u, rng); err != nil {
		t.Fatal(err)
	}
	return u
}

// variance is the field's variance at a point: the sum over modes of the coefficients' variances times φ².
func variance(g datasets.GRF, n, axes int, x [2]float64) float64 {
	var sum float64
	spectrum := func(kappa2 float64) float64 {
		return g.Sigma * g.Sigma * math.Pow(kappa2+g.Tau*g.Tau, -g.Alpha)
	}
	phi2 := func(k int, x float64) float64 {
		if k == 0 {
			return 1
		}
		return 2 * math.Pow(math.Cos(math.Pi*float64(k)*x), 2)
	}
	limit, second := (n-1)/2, (n-1)/2
	if g.Basis == datasets.Cosine {
		limit, second = n-2, n-2
	}
	if axes == 1 {
		second = 0
	}
	for k1 := -limit; k1 <= limit; k1++ {
		for k2 := -second; k2 <= second; k2++ {
			norm := float64(k1*k1 + k2*k2)
			switch {
			case norm == 0:
			case g.Basis == datasets.Periodic:
				sum += spectrum(4 * math.Pi * math.Pi * norm)
			case k1 >= 0 && k2 >= 0:
				sum += spectrum(math.Pi*math.Pi*norm) * phi2(k1, x[0]) * phi2(k2, x[1])
			}
		}
	}
	return sum
}

func TestGRFVariance(t *testing.T) {
	for _, c := range []struct {
		g       datasets.GRF
		n, axes int
	}{
		{datasets.GRF{Sigma: 25, Tau: 5, Alpha: 2}, 32, 1},
		{datasets.GRF{Sigma: 25, Tau: 5, Alpha: 2}, 33, 1},
		{datasets.GRF{Sigma: 1, Tau: 3, Alpha: 2, Basis: datasets.Cosine}, 16, 1},
		{datasets.GRF{Sigma: math.Pow(7, 1.5), Tau: 7, Alpha: 2.5}, 16, 2},
		{datasets.GRF{Sigma: 1, Tau: 3, Alpha: 2, Basis: datasets.Cosine}, 16, 2},
	} {
		t.Run(fmt.Sprintf("basis=%d,n=%d,axes=%d", c.g.Basis, c.n, c.axes), func(t *testing.T) {
			const draws = 4000
			rng := rand.New(rand.NewPCG(3, 4))
			s, err := c.g.Sampler(c.n, c.axes)
			if err != nil {
				t.Fatal(err)
			}
			u := make([]float64, s.Size())
			i1, i2 := c.n/3, 0 // also the point's place on each axis
			if c.axes == 2 {
				i2 = c.n / 5
			}
			at := i1
			if c.axes == 2 {
				at = i1*c.n + i2
			}
			var sum, worstMean float64
			for range draws {
				if err := s.Draw(u, rng); err != nil {
					t.Fatal(err)
				}
				sum += u[at] * u[at]
				worstMean = max(worstMean, math.Abs(fieldMean(u, c.n, c.axes, c.g.Basis)))
			}
			h := 1 / float64(c.n)
			if c.g.Basis == datasets.Cosine {
				h = 1 / float64(c.n-1)
			}
			want := variance(c.g, c.n, c.axes, [2]float64{float64(i1) * h, float64(i2) * h})
			// The estimate's relative standard deviation is √(2/4000) = 0.022; four of these.
			if got := sum / draws; math.Abs(got/want-1) > 0.09 {
				t.Errorf("variance %.4g, want %.4g", got, want)
			}
			if worstMean > 1e-13 { // round-off
				t.Errorf("a field has the mean %g, want 0", worstMean)
			}
		})
	}
}

// fieldMean is the mean, by the trapezium rule where end points are included.
func fieldMean(u []float64, n, axes int, basis datasets.Basis) float64 {
	weight := func(i int) float64 {
		if basis == datasets.Periodic {
			return 1 / float64(n)
		}
		if i == 0 || i == n-1 {
			return 0.5 / float64(n-1)
		}
		return 1 / float64(n-1)
	}
	var sum float64
	for i, v := range u {
		if axes == 2 {
			sum += v * weight(i/n) * weight(i%n)
		} else {
			sum += v * weight(i)
		}
	}
	return sum
}

// TestGRFOnFinerGrids: the same stream gives the same field, but for the modes that the coarse grid lacks.
func TestGRFOnFinerGrids(t *testing.T) {
	for _, basis := range []datasets.Basis{datasets.Periodic, datasets.Cosine} {
		for _, axes := range []int{1, 2} {
			g := datasets.GRF{Sigma: 1, Tau: 3, Alpha: 9, Basis: basis} // so smooth that these do not matter
			n, fine, step := 32, 64, 2
			if basis == datasets.Cosine {
				n, fine = 33, 65
			}
			u := draw(t, g, n, axes, rand.New(rand.NewPCG(1, 1)))
			v := draw(t, g, fine, axes, rand.New(rand.NewPCG(1, 1)))
			var size, worst float64
			for i := range u {
				j := step * i
				if axes == 2 {
					j = step*(i/n)*fine + step*(i%n)
				}
				size, worst = max(size, math.Abs(u[i])), max(worst, math.Abs(u[i]-v[j]))
			}
			// The first mode left out is about (16/1)^-9 = 1e-11 of the largest one in the periodic basis, the norms differ
			// by less in the other; a different order of draws changes the fields by their size.
			if worst > 1e-8*size {
				t.Errorf("basis %d, %d axes: fields of size %g differ by %g", basis, axes, size, worst)
			}
		}
	}
}

func TestGRFErrors(t *testing.T) {
	if err := (datasets.GRF{}).Validate(1); err == nil {
		t.Error("the zero value was accepted")
	}
	good := datasets.GRF{Sigma: 1, Alpha: 2}
	for _, c := range []struct {
		g       datasets.GRF
		n, axes int
	}{
		{datasets.GRF{Alpha: 2}, 8, 1},
		{datasets.GRF{Sigma: 1, Tau: -1, Alpha: 2}, 8, 1},
		{datasets.GRF{Sigma: 1, Alpha: 1}, 8, 2},
		{datasets.GRF{Sigma: 1, Alpha: 2, Basis: 7}, 8, 2},
		{good, 3, 1},
		{good, 8, 3},
	} {
		if _, err := c.g.Sampler(c.n, c.axes); err == nil {
			t.Errorf("%+v on %d points, %d axes was accepted", c.g, c.n, c.axes)
		}
	}
	s, err := good.Sampler(8, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Draw(make([]float64, 9), rand.New(rand.NewPCG(1, 1))); err == nil {
		t.Error("a field of 9 values on 8 points was accepted")
	}
}
