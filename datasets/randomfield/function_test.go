package randomfield_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets/randomfield"
)

// TestFamilyCovariances compares averages over functions with closed forms at two distances.
func TestFamilyCovariances(t *testing.T) {
	const draws = 20000
	// bumps is the covariance of three bumps of size 2 by quadrature over the widths; over the centres it is in closed form.
	bumps := func(r float64) float64 {
		var sum float64
		const n = 400
		for i := range n { // midpoint rule; heights have the mean square 1/3 of Size²
			w := 0.08 * (1 + (float64(i)+0.5)/n) / 2
			sum += 3 * 4.0 / 3 * w * math.Sqrt(math.Pi) * math.Exp(-r*r/(4*w*w)) / n
		}
		return sum
	}
	for _, c := range []struct {
		name string
		f    randomfield.Family
		axes int
		want func(r float64) float64 // along the first axis
	}{
		{"sines", randomfield.Sines{Count: 5, Highest: 3, Size: 0.5}, 1, func(r float64) float64 {
			return 5 * 0.25 / 6 * (math.Cos(2*math.Pi*r) + math.Cos(4*math.Pi*r) + math.Cos(6*math.Pi*r)) / 3
		}},
		{"waves 1", randomfield.Waves{Count: 20, Number: 2, Size: 3}, 1, func(r float64) float64 { return 9 * math.Cos(4*math.Pi*r) }},
		{"waves 2", randomfield.Waves{Count: 20, Number: 2, Size: 3}, 2, func(r float64) float64 { return 9 * math.J0(4*math.Pi*r) }},
		{"waves 3", randomfield.Waves{Count: 20, Number: 2, Size: 3}, 3, func(r float64) float64 {
			if r == 0 {
				return 9
			}
			return 9 * math.Sin(4*math.Pi*r) / (4 * math.Pi * r)
		}},
		{"bumps", randomfield.Bumps{Count: 3, Width: 0.08, Size: 2}, 1, bumps},
		// No cut of Count between the points has the probability (1-r)^Count; the values are uniform in [-1, 1].
		{"steps", randomfield.Steps{Count: 4, Low: -1, High: 1}, 1, func(r float64) float64 { return math.Pow(1-r, 4) / 3 }},
		// The sign changes with the probability of a cell's edge in between: a triangle wave.
		{"checkerboard", randomfield.Checkerboard{Count: 4, Low: -1, High: 1}, 1, func(r float64) float64 {
			part := math.Mod(4*r, 2)
			return math.Abs(2*part-2) - 1
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.f.Validate(c.axes); err != nil {
				t.Fatal(err)
			}
			rng := rand.New(rand.NewPCG(1, 2))
			x, places := []float64{0.31, 0.2, 0.6}[:c.axes], []float64{0, 0.07, 0.2}
			sums, squares, mean := make([]float64, 3), make([]float64, 3), 0.0
			for range draws {
				f := c.f.Draw(c.axes, rng)
				here := f(x)
				mean += here / draws
				for i, r := range places {
					y := slices.Clone(x)
					y[0] += r
					product := here * f(y)
					sums[i] += product / draws
					squares[i] += product * product / draws
				}
			}
			variance := c.want(0)
			if bound := 5 * math.Sqrt(variance/draws); math.Abs(mean) > bound { // five standard errors
				t.Errorf("mean %v, want 0 within %.2g", mean, bound)
			}
			for i, r := range places {
				// Five standard errors, from the products' own spread; 1e-12 where they do not spread.
				bound := 5*math.Sqrt(max(0, squares[i]-sums[i]*sums[i])/draws) + 1e-12
				if math.Abs(sums[i]-c.want(r)) > bound {
					t.Errorf("covariance %v at %v, want %v within %.2g", sums[i], r, c.want(r), bound)
				}
			}
		})
	}
}

func TestPeriodicFamilies(t *testing.T) {
	for axes := 1; axes <= 3; axes++ {
		for _, f := range []randomfield.Family{
			randomfield.Sines{Count: 3, Highest: 4, Size: 1},
			randomfield.Bumps{Count: 3, Width: 0.1, Size: 1},
			randomfield.Checkerboard{Count: 4, Low: 0, High: 1},
		} {
			u := f.Draw(axes, rand.New(rand.NewPCG(3, 4)))
			x, y := []float64{0.1, 0.62, 0.3}[:axes], []float64{1.1, -0.38, 2.3}[:axes]
			if got, want := u(y), u(x); math.Abs(got-want) > 1e-12 { // round-off of coordinates of size 2
				t.Errorf("%T over %d axes: %v a period away, want %v", f, axes, got, want)
			}
		}
	}
}

// TestVoronoi looks for the nearest centre by looking at all: cells are convex, and values as many as centres at most.
func TestVoronoi(t *testing.T) {
	v := randomfield.Voronoi{Count: 6, Low: 1, High: 2}
	u := v.Draw(2, rand.New(rand.NewPCG(5, 6)))
	const n = 65
	x, values := make([]float64, n), make([]float64, n*n)
	for i := range x {
		x[i] = float64(i) / (n - 1)
	}
	if err := u.OnGrid(values, x, 2); err != nil {
		t.Fatal(err)
	}
	distinct := slices.Clone(values)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	if len(distinct) < 3 || len(distinct) > 6 || distinct[0] < 1 || distinct[len(distinct)-1] >= 2 {
		t.Errorf("values %v, want 3 to 6 in [1, 2)", distinct)
	}
	rng := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		a, b := []float64{rng.Float64(), rng.Float64()}, []float64{rng.Float64(), rng.Float64()}
		if u(a) == u(b) && u([]float64{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}) != u(a) {
			t.Fatalf("%v and %v are in a cell, the point between them is not", a, b)
		}
	}
	if !math.IsNaN(u([]float64{math.NaN(), 0})) {
		t.Error("the value at a point that is not finite is a number")
	}
	if err := u.OnGrid(values, x[1:], 2); err == nil {
		t.Error("a grid of another size was accepted")
	}
}

func TestFamilyErrors(t *testing.T) {
	for want, err := range map[string]error{
		"Sines of 0 parts":         randomfield.Sines{Highest: 1, Size: 1}.Validate(1),
		"Sines.Highest = 0":        randomfield.Sines{Count: 1, Size: 1}.Validate(1),
		"Sines over 4 axes":        randomfield.Sines{Count: 1, Highest: 1, Size: 1}.Validate(4),
		"Waves with a size of NaN": randomfield.Waves{Count: 1, Number: math.NaN(), Size: 1}.Validate(1),
		"Bumps with a size of 0":   randomfield.Bumps{Count: 1, Width: 1}.Validate(1),
		"Steps from 2 to 1":        randomfield.Steps{Count: 1, Low: 2, High: 1}.Validate(1),
		"Checkerboard of -1 parts": randomfield.Checkerboard{Count: -1, High: 1}.Validate(1),
		"Voronoi from 0 to +Inf":   randomfield.Voronoi{Count: 1, High: math.Inf(1)}.Validate(2),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
