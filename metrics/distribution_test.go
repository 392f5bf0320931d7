package metrics_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"

	"github.com/fieldbook-go/fieldbook/metrics"
)

func normals(seed uint64, n int, mean float64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 3))
	v := make([]float64, n)
	for i := range v {
		v[i] = mean + rng.NormFloat64()
	}
	return v
}

func TestDistancesAgainstSciPy(t *testing.T) {
	text, err := os.ReadFile("testdata/distances.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Assignments []struct {
			N     int
			Cost  []float64
			Total float64
		}
		Samples []struct {
			Dims                int
			X, Y                []float64
			Energy, MMD, Median float64
			Wasserstein         []float64
		}
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, c := range file.Assignments {
		column, err := metrics.Assign(c.Cost, c.N)
		if err != nil {
			t.Fatal(err)
		}
		sum, seen := 0.0, make([]bool, c.N)
		for i, j := range column {
			sum += c.Cost[i*c.N+j]
			seen[j] = true
		}
		// Whole numbers: no round-off. Ties leave the permutation open, but not its cost.
		if sum != c.Total || slices.Contains(seen, false) {
			t.Errorf("n = %d: cost %v by %v, want a permutation of cost %v", c.N, sum, column, c.Total)
		}
	}
	for _, c := range file.Samples {
		energy, err := metrics.EnergyDistance(c.X, c.Y, c.Dims)
		near(t, "energy distance", energy, c.Energy, err)
		mmd, err := metrics.MMD(c.X, c.Y, c.Dims, 0.5, 2)
		near(t, "MMD", mmd, c.MMD, err)
		median, err := metrics.MedianDistance(c.X, c.Y, c.Dims)
		near(t, "median distance", median, c.Median, err)
		for i, want := range c.Wasserstein {
			w, err := metrics.Wasserstein(c.X, c.Y, c.Dims, float64(i+1))
			near(t, "Wasserstein distance", w, want, err)
		}
	}
}

// TestDistancesOfGaussians compares with N(0, 1) against N(μ, 1): X - Y is N(μ, 2).
func TestDistancesOfGaussians(t *testing.T) {
	const n, mu, h, repeats = 400, 0.8, 0.7, 20
	meanAbs := func(mu float64) float64 { // of N(μ, 2)
		return 2/math.Sqrt(math.Pi)*math.Exp(-mu*mu/4) + mu*math.Erf(mu/2)
	}
	kernel := func(mu float64) float64 { return h / math.Sqrt(h*h+2) * math.Exp(-mu*mu/(2*(h*h+2))) }
	for name, c := range map[string]struct {
		metric func(x, y []float64) (float64, error)
		want   float64
	}{
		"energy distance": {func(x, y []float64) (float64, error) { return metrics.EnergyDistance(x, y, 1) }, 2*meanAbs(mu) - 2*meanAbs(0)},
		"MMD":             {func(x, y []float64) (float64, error) { return metrics.MMD(x, y, 1, h) }, 2*kernel(0) - 2*kernel(mu)},
	} {
		shifted := func(x, y []float64) (float64, error) {
			moved := slices.Clone(y)
			for i := range moved {
				moved[i] += mu
			}
			return c.metric(x, moved)
		}
		draw := func(seed uint64) ([]float64, error) { return normals(seed, n, 0), nil }
		mean, deviation, err := metrics.Floor(draw, shifted, repeats)
		// Unbiased: four standard errors.
		if err != nil || math.Abs(mean-c.want) > 4*deviation/math.Sqrt(repeats) || deviation > 0.3*c.want {
			t.Errorf("%s %v ± %v (%v), want %v", name, mean, deviation, err, c.want)
		}
		mean, deviation, err = metrics.Floor(draw, c.metric, repeats)
		if err != nil || math.Abs(mean) > 4*deviation/math.Sqrt(repeats) {
			t.Errorf("%s of one distribution %v ± %v (%v), want 0", name, mean, deviation, err)
		}
	}
}

func TestWassersteinOfShiftedAndSortedPoints(t *testing.T) {
	const n = 200
	x := normals(1, 2*n, 0)
	moved := slices.Clone(x)
	for i := range moved {
		moved[i] += []float64{0.3, -0.4}[i%2]
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(n, func(i, j int) {
		for d := range 2 {
			moved[2*i+d], moved[2*j+d] = moved[2*j+d], moved[2*i+d]
		}
	})
	w, err := metrics.Wasserstein(x, moved, 2, 2)
	near(t, "distance of a shift", w, 0.5, err)
	// ⟨shift, θ⟩² has the mean 0.25/2; its root with a standard error.
	sliced, standardError, err := metrics.SlicedWasserstein(x, moved, 2, 400, 5)
	if err != nil || math.Abs(sliced-0.5/math.Sqrt2) > 4*standardError || standardError > 0.02 {
		t.Errorf("sliced distance of a shift %v ± %v (%v), want %v", sliced, standardError, err, 0.5/math.Sqrt2)
	}
	// On a line the best assignment is by order.
	a, b := normals(2, n, 0), normals(3, n, 1)
	w, err = metrics.Wasserstein(a, b, 1, 2)
	sliced, standardError, slicedErr := metrics.SlicedWasserstein(a, b, 1, 2, 5)
	near(t, "distance on a line", w, sliced, errors.Join(err, slicedErr))
	near(t, "standard error on a line", standardError, 0, nil)
}

func TestDistancesHaveTheSameBitsOnAnyCores(t *testing.T) {
	x, y := normals(1, 300, 0), normals(2, 300, 1)
	all := func() []float64 {
		energy, err1 := metrics.EnergyDistance(x, y, 3)
		mmd, err2 := metrics.MMD(x, y, 3, 1)
		sliced, se, err3 := metrics.SlicedWasserstein(x, y, 3, 20, 1)
		w, err4 := metrics.Wasserstein(x, y, 3, 1)
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			t.Fatal(err)
		}
		return []float64{energy, mmd, sliced, se, w}
	}
	many := all()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if one := all(); !slices.Equal(one, many) {
		t.Errorf("on one core %v, on several %v", one, many)
	}
}

func TestDistancesRefuse(t *testing.T) {
	x, nan := []float64{1, 2, 3, 4}, []float64{1, 2, math.NaN(), 4}
	_, err := metrics.EnergyDistance(x, x[:3], 2)
	wantError(t, err, "metrics: EnergyDistance: 3 values in y for points of 2 dimensions, want whole points, at least 2")
	_, err = metrics.EnergyDistance(x[:2], x, 2)
	wantError(t, err, "2 values in x for points of 2 dimensions, want whole points, at least 2")
	_, err = metrics.MMD(nan, x, 2, 1)
	wantError(t, err, "metrics: MMD: x[2] = NaN, want finite numbers")
	_, err = metrics.MMD(x, x, 2)
	wantError(t, err, "no bandwidths, want at least one")
	_, err = metrics.MMD(x, x, 2, 1, 0)
	wantError(t, err, "bandwidths[1] = 0, want a positive number")
	_, err = metrics.MedianDistance(x, x, 0)
	wantError(t, err, "points of 0 dimensions")
	_, _, err = metrics.SlicedWasserstein(x, x[:2], 2, 4, 1)
	wantError(t, err, "2 and 1 points, 4 projections, want equally many")
	_, _, err = metrics.SlicedWasserstein(x, x, 2, 1, 1)
	wantError(t, err, "at least 2 projections")
	_, err = metrics.Wasserstein(x, x[:2], 2, 2)
	wantError(t, err, "2 and 1 points")
	_, err = metrics.Wasserstein(x, x, 2, 0.5)
	wantError(t, err, "of order 0.5")
	_, err = metrics.Assign(x, 3)
	wantError(t, err, "4 costs for 3 rows, want a square")
	_, err = metrics.Assign(nan, 2)
	wantError(t, err, "cost of row 1 and column 0 is NaN, want finite numbers")
	_, _, err = metrics.Floor(nil, nil, 1)
	wantError(t, err, "Floor of 1 repeats, want at least 2")
	broken := errors.New("broken")
	if _, _, err = metrics.Floor(func(uint64) ([]float64, error) { return nil, broken }, nil, 2); !errors.Is(err, broken) {
		t.Errorf("error %v, want the draw's", err)
	}
}

func BenchmarkWasserstein(b *testing.B) {
	x, y := normals(1, 2048, 0), normals(2, 2048, 0)
	for b.Loop() {
		if _, err := metrics.Wasserstein(x, y, 2, 2); err != nil {
			b.Fatal(err)
		}
	}
}
