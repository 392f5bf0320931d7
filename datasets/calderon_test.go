package datasets_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/difference"
)

// smallCalderon has few points.
func smallCalderon() datasets.Calderon {
	return datasets.Calderon{Angles: 3, Side: 6, Grid: 9, Train: 1, Test: 2, Seed: 1, Finest: 17}
}

// TestCalderonGolden ties the values to Calderon.Version.
func TestCalderonGolden(t *testing.T) { checkGolden(t, smallCalderon(), 1e-9) } // round-off of derivatives by 17 points

func TestCalderonIsAccurate(t *testing.T) {
	r := smallCalderon()
	r.Finest = 0
	got, err := datasets.Accuracy(t.Context(), r, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.2g", got)
	if !(got > 0 && got < 2e-4) { // what the documentation says, within the factor between two samples
		t.Errorf("error %.3g, want below 2e-4", got)
	}
}

// boundaryPoint is the place of the i-th current.
func boundaryPoint(side, i int) (x, y float64) {
	s := (float64(i%side) + 0.5) / float64(side)
	return [4]float64{s, 1, 1 - s, 0}[i/side], [4]float64{0, s, 1, 1 - s}[i/side]
}

// TestCalderonIsSymmetric: what flows in flows out, and the map from voltages to currents is symmetric.
func TestCalderonIsSymmetric(t *testing.T) {
	r := smallCalderon()
	r.Side, r.Finest = 400, 25
	set := load(t, r)
	currents, angles := set.Test().Input.Sample(0), []float64{2 * math.Pi / 3, 4 * math.Pi / 3, 2 * math.Pi}
	// energy is the sum over the boundary of the voltage of one angle times the current of another.
	energy := func(voltage func(x, y float64) float64, l int) (sum float64) {
		for i := range 4 * r.Side {
			sum += voltage(boundaryPoint(r.Side, i)) * currents[l*4*r.Side+i] / float64(r.Side)
		}
		return sum
	}
	phi := func(l int) func(x, y float64) float64 {
		return func(x, y float64) float64 { return math.Cos(3 * (x*math.Cos(angles[l]) + y*math.Sin(angles[l]))) }
	}
	const tolerance = 1e-4 // the midpoint rule with 400 points a side
	for l := range angles {
		if total := energy(func(float64, float64) float64 { return 1 }, l); math.Abs(total) > tolerance {
			t.Errorf("angle %d: %.3g flows out in all, want 0", l, total)
		}
		for k := range l {
			a, b := energy(phi(k), l), energy(phi(l), k)
			if math.Abs(a-b) > tolerance || math.Abs(a) < 100*tolerance {
				t.Errorf("angles %d and %d: %v and %v, want equal", k, l, a, b)
			}
		}
	}
}

// TestCalderonByDifferences: finite differences of second order, another solver, converge to the same currents.
func TestCalderonByDifferences(t *testing.T) {
	r := smallCalderon()
	r.Grid, r.Side, r.Finest = 129, 8, 25
	set := load(t, r)
	a, currents := set.Test().Output.Sample(1), set.Test().Input.Sample(1)
	n := r.Grid
	theta := 2 * math.Pi / 3
	value := func(_ float64, x []float64) float64 {
		return math.Cos(3 * (x[0]*math.Cos(theta) + x[1]*math.Sin(theta)))
	}
	face := [2]pde.Boundary{{Value: value}, {Value: value}}
	box := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{n, n}, Faces: [][2]pde.Boundary{face, face}}
	solution, err := difference.Poisson{Box: box}.Solve(t.Context(), a, make([]float64, n*n))
	if err != nil {
		t.Fatal(err)
	}
	u, h := solution.Last(), 1/float64(n-1)
	worst := 0.0
	for i := range r.Side { // the side x = 1, second of the four; its points are points of the grid
		at := (n-1)*n + (2*i+1)*(n-1)/(2*r.Side)
		current := a[at] * (3*u[at] - 4*u[at-n] + u[at-2*n]) / (2 * h)
		worst = max(worst, math.Abs(current-currents[r.Side+i]))
	}
	if !(worst < 5e-3) { // h² times third derivatives, some 30
		t.Errorf("currents differ by %.3g", worst)
	}
}

func TestCalderonErrors(t *testing.T) {
	for _, c := range []struct {
		change func(*datasets.Calderon)
		want   string
	}{
		{func(r *datasets.Calderon) { r.Angles = 0 }, "Calderon.Angles = 0"},
		{func(r *datasets.Calderon) { r.Finest = 100 }, "Calderon.Finest = 100, want 9 to 65"},
		{func(r *datasets.Calderon) { r.Test = 0 }, "Calderon.Test = 0"},
	} {
		r := smallCalderon()
		c.change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
	if (datasets.Calderon{}).Validate() == nil {
		t.Error("the zero value is accepted")
	}
}
