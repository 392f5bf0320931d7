package randomfield_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets/randomfield"
)

func matern(nu, length float64) randomfield.Kernel {
	return randomfield.Kernel{Form: randomfield.Matern, Nu: nu, Length: length, Variance: 2}
}

func form(f randomfield.Form, length float64) randomfield.Kernel {
	return randomfield.Kernel{Form: f, Length: length, Variance: 2}
}

// TestCovarianceAgainstSciPy compares with testdata/matern.json, which testdata/matern.py made.
func TestCovarianceAgainstSciPy(t *testing.T) {
	text, err := os.ReadFile("testdata/matern.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct{ Nu, R, Covariance float64 }
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) < 30 {
		t.Errorf("%d cases, want 30 or more", len(golden.Cases))
	}
	for _, c := range golden.Cases {
		// Powers z^ν/Γ(ν) lose a few digits to round-off in their exponents, which are up to 200.
		if got := matern(c.Nu, 0.4).Covariance(c.R); math.Abs(got-c.Covariance) > 1e-12*math.Abs(c.Covariance)+1e-13 {
			t.Errorf("nu %v: covariance %v at %v, want %v", c.Nu, got, c.R, c.Covariance)
		}
	}
}

// TestSpectrum compares the sum over modes with the sum over images: Poisson's formula.
func TestSpectrum(t *testing.T) {
	for _, c := range []struct {
		k         randomfield.Kernel
		axes      int
		tolerance float64 // the modes left out: those beyond 400 of the exponential one fall as 1/k²
	}{
		{form(randomfield.SquaredExponential, 0.1), 1, 1e-12},
		{form(randomfield.SquaredExponential, 0.1), 2, 1e-12},
		{matern(2.5, 0.2), 1, 1e-10},
		{matern(4, 0.2), 2, 1e-10},
		{matern(3.2, 0.2), 3, 1e-4},
		{form(randomfield.Exponential, 0.1), 1, 1e-2},
	} {
		x := []float64{0.2, 0.1, 0.35}[:c.axes]
		highest := []int{400, 100, 20}[c.axes-1]
		each := func(reach int, f func(k []float64)) {
			span := 2*reach + 1
			total, k := 1, make([]float64, c.axes)
			for range c.axes {
				total *= span
			}
			for i := range total {
				rest := i
				for a := range k {
					k[a], rest = float64(rest%span-reach), rest/span
				}
				f(k)
			}
		}
		var modes, images float64
		each(highest, func(k []float64) {
			angle, norm := 0.0, 0.0
			for a := range k {
				angle += 2 * math.Pi * k[a] * x[a]
				norm = math.Hypot(norm, k[a])
			}
			modes += c.k.Spectrum(2*math.Pi*norm, c.axes) * math.Cos(angle)
		})
		each(6, func(j []float64) {
			r := 0.0
			for a := range j {
				r = math.Hypot(r, x[a]+j[a])
			}
			images += c.k.Covariance(r)
		})
		if math.Abs(modes-images) > c.tolerance {
			t.Errorf("%+v over %d axes: %v by modes, %v by images", c.k, c.axes, modes, images)
		}
	}
}

// covariances draws fields and estimates the covariance of the point at place 0 with each point.
func covariances(t *testing.T, s randomfield.Sampler, draws, at int) []float64 {
	t.Helper()
	rng, u, sums := rand.New(rand.NewPCG(1, 2)), make([]float64, s.Size()), make([]float64, s.Size())
	for range draws {
		if err := s.Draw(u, rng); err != nil {
			t.Fatal(err)
		}
		for i, v := range u {
			sums[i] += u[at] * v / float64(draws)
		}
	}
	return sums
}

// within checks estimates against covariances: their standard error is √((C(0)² + C(r)²)/draws); five of these, since many are compared.
func within(t *testing.T, got []float64, draws int, variance float64, want func(i int) float64) {
	t.Helper()
	for i, g := range got {
		w := want(i)
		if bound := 5 * math.Sqrt((variance*variance+w*w)/float64(draws)); math.Abs(g-w) > bound {
			t.Errorf("covariance %v with point %d, want %v within %.2g", g, i, w, bound)
		}
	}
}

const fields = 4000

func TestEmbedded(t *testing.T) {
	for _, c := range []struct {
		k       randomfield.Kernel
		n, axes int
	}{
		{form(randomfield.Exponential, 0.3), 17, 1},
		{matern(1.5, 0.5), 16, 1},
		{form(randomfield.SquaredExponential, 0.2), 16, 1},
		{matern(0.8, 0.2), 9, 2},
		{form(randomfield.SquaredExponential, 0.25), 8, 2},
		{matern(2.5, 0.3), 4, 3},
	} {
		t.Run(fmt.Sprintf("%s,axes=%d", c.k.Form, c.axes), func(t *testing.T) {
			s, err := c.k.Embedded(c.n, c.axes)
			if err != nil {
				t.Fatal(err)
			}
			at := c.n / 3 // off the first point along the last axis
			within(t, covariances(t, s, fields, at), fields, 2, func(i int) float64 {
				r, a, b := 0.0, i, at
				for range c.axes {
					r = math.Hypot(r, float64(a%c.n-b%c.n)/float64(c.n-1))
					a, b = a/c.n, b/c.n
				}
				return c.k.Covariance(r)
			})
		})
	}
}

func TestPeriodic(t *testing.T) {
	for _, c := range []struct {
		k       randomfield.Kernel
		n, axes int
	}{
		{matern(2.5, 0.3), 32, 1},
		{form(randomfield.SquaredExponential, 0.15), 16, 2},
		{form(randomfield.SquaredExponential, 0.3), 8, 3},
	} {
		t.Run(fmt.Sprintf("%s,axes=%d", c.k.Form, c.axes), func(t *testing.T) {
			s, err := c.k.Periodic(c.n, c.axes)
			if err != nil {
				t.Fatal(err)
			}
			images := func(i int) float64 { // the sum over all periods; modes that the grid lacks are below the standard error
				var sum float64
				for j := range 5 * 5 * 5 {
					r, rest, shift := 0.0, i, j
					for range c.axes {
						r = math.Hypot(r, float64(rest%c.n)/float64(c.n)+float64(shift%5-2))
						rest, shift = rest/c.n, shift/5
					}
					if shift == 0 {
						sum += c.k.Covariance(r)
					}
				}
				return sum
			}
			within(t, covariances(t, s, fields, 0), fields, images(0), images)
		})
	}
}

// TestPeriodicOnFinerGrids: the same stream gives the same field, but for the modes that the coarse grid lacks.
func TestPeriodicOnFinerGrids(t *testing.T) {
	for axes := 1; axes <= 3; axes++ {
		k := form(randomfield.SquaredExponential, 0.4)
		coarse, errCoarse := k.Periodic(16, axes)
		fine, errFine := k.Periodic(32, axes)
		if errCoarse != nil || errFine != nil {
			t.Fatal(errCoarse, errFine)
		}
		u, v := make([]float64, coarse.Size()), make([]float64, fine.Size())
		if err := coarse.Draw(u, rand.New(rand.NewPCG(1, 1))); err != nil {
			t.Fatal(err)
		}
		if err := fine.Draw(v, rand.New(rand.NewPCG(1, 1))); err != nil {
			t.Fatal(err)
		}
		for i := range u {
			j, rest := 0, i
			for axis, stride := 0, 1; axis < axes; axis, stride = axis+1, stride*32 {
				j += rest % 16 * 2 * stride
				rest /= 16
			}
			if math.Abs(u[i]-v[j]) > 1e-12 { // the first mode left out is of size exp(-(2π 8 0.4)²/4) = 1e-44
				t.Fatalf("%d axes: %v on the coarse grid and %v on the fine one", axes, u[i], v[j])
			}
		}
	}
}

func TestAt(t *testing.T) {
	points := []float64{0, 0, 0.1, 0.7, 0.5, 0.5, 0.52, 0.5, 0.9, 0.1}
	for _, k := range []randomfield.Kernel{form(randomfield.SquaredExponential, 0.3), matern(1.5, 0.4)} {
		s, err := k.At(points, 2, 0.1)
		if err != nil {
			t.Fatal(err)
		}
		within(t, covariances(t, s, fields, 2), fields, 2.1, func(i int) float64 {
			c := k.Covariance(math.Hypot(points[2*i]-0.5, points[2*i+1]-0.5))
			if i == 2 {
				c += 0.1
			}
			return c
		})
	}
}

func TestGaussianErrors(t *testing.T) {
	good := matern(1.5, 0.3)
	near := make([]float64, 40) // so close that the covariance is singular to round-off
	for i := range near {
		near[i] = float64(i) / 10
	}
	sampler := func(_ randomfield.Sampler, err error) error { return err }
	for want, err := range map[string]error{
		`Kernel.Form = "", want one of matern, exponential, squared-exponential`: (randomfield.Kernel{Length: 1, Variance: 1}).Validate(),
		"Kernel.Nu = 0":         matern(0, 1).Validate(),
		"Kernel.Nu = NaN":       matern(math.NaN(), 1).Validate(),
		"Kernel.Nu = 1, want 0": randomfield.Kernel{Form: randomfield.Exponential, Nu: 1, Length: 1, Variance: 1}.Validate(),
		"Kernel.Length = -1":    matern(1, -1).Validate(),
		"Kernel.Variance = 0":   randomfield.Kernel{Form: randomfield.Exponential, Length: 1}.Validate(),
		"1 points along":        sampler(good.Periodic(1, 1)),
		"each of 4 axes":        sampler(good.Embedded(8, 4)),
		"3 values for points":   sampler(good.At([]float64{1, 2, 3}, 2, 0)),
		"nugget = -1":           sampler(good.At([]float64{1, 2}, 2, -1)),
		"not positive definite": sampler(form(randomfield.SquaredExponential, 10).At(near, 1, 0)),
		"embeds 4096 along":     sampler(matern(1.5, 1).Embedded(4096, 2)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	for _, start := range []func() (randomfield.Sampler, error){
		func() (randomfield.Sampler, error) { return good.Periodic(8, 1) },
		func() (randomfield.Sampler, error) { return good.Embedded(8, 1) },
		func() (randomfield.Sampler, error) { return good.At([]float64{0, 1, 2, 3, 4, 5, 6, 7}, 1, 0) },
	} {
		s, err := start()
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Draw(make([]float64, 9), rand.New(rand.NewPCG(1, 1))); err == nil || s.Size() != 8 {
			t.Errorf("a field of 9 values on %d points was accepted", s.Size())
		}
	}
}

func TestThreshold(t *testing.T) {
	u := []float64{-1, 0, 1}
	if randomfield.Threshold(u, 0, 3, 12); !slices.Equal(u, []float64{3, 3, 12}) {
		t.Errorf("%v, want 3, 3, 12", u)
	}
}

func BenchmarkDraw(b *testing.B) {
	for name, start := range map[string]func() (randomfield.Sampler, error){
		"periodic/128x128": func() (randomfield.Sampler, error) { return matern(1.5, 0.2).Periodic(128, 2) },
		"embedded/129x129": func() (randomfield.Sampler, error) { return matern(1.5, 0.2).Embedded(129, 2) },
	} {
		b.Run(name, func(b *testing.B) {
			s, err := start()
			if err != nil {
				b.Fatal(err)
			}
			u, rng := make([]float64, s.Size()), rand.New(rand.NewPCG(1, 1))
			for b.Loop() {
				if err := s.Draw(u, rng); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
