package datasets_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/difference"
)

// TestHeatBoxGolden ties the values to HeatBox.Version.
func TestHeatBoxGolden(t *testing.T) {
	checkGolden(t, datasets.HeatBox{Grid: 6, Frames: 3, Train: 2, Test: 1, Seed: 1}, 1e-10) // round-off of values of some 500
}

// TestHeatBoxAtRest: with all temperatures equal nothing changes, which takes all five series.
func TestHeatBoxAtRest(t *testing.T) {
	for _, diffusivity := range []float64{1, 1e-3} {
		set := load(t, datasets.HeatBox{Grid: 9, Frames: 2, Train: 1, Test: 1, Temperatures: [2]float64{300, 300}, Diffusivity: diffusivity})
		for i, u := range set.Test().Output.Values {
			if math.Abs(u-300) > 1e-11 { // round-off
				t.Fatalf("α = %v: value %d is %v, want 300", diffusivity, i, u)
			}
		}
	}
}

// TestHeatBoxByDifferences: implicit finite differences of second order, another solver, converge to the same temperatures.
func TestHeatBoxByDifferences(t *testing.T) {
	r := datasets.HeatBox{Grid: 7, Frames: 2, Train: 1, Test: 1, Seed: 3, Interval: 0.05}
	pairs := load(t, r).Test()
	p, want := pairs.Input.Sample(0), pairs.Output.Sample(0)
	var errs []float64
	for _, n := range []int{17, 33, 65} {
		wall := func(v float64) pde.Boundary { return pde.Boundary{Value: pde.Constant(v)} }
		box := pde.Box{
			Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{n, n},
			Faces: [][2]pde.Boundary{{wall(p[1]), wall(p[2])}, {wall(p[3]), wall(p[4])}},
		}
		u0 := make([]float64, n*n)
		for i := range u0 {
			u0[i] = p[0]
		}
		heat := difference.Heat{Box: box, Channels: []difference.Channel{{Diffusivity: 1}}}
		solution, err := heat.Solve(t.Context(), u0, pde.Stepping{Until: 0.1, Steps: 4 * (n - 1), Frames: 2})
		if err != nil {
			t.Fatal(err)
		}
		worst, step := 0.0, (n-1)/8
		for f := range 2 {
			for i := range 49 {
				at := (i/7+1)*step*n + (i%7+1)*step
				worst = max(worst, math.Abs(solution.Ys[len(solution.Ys)-2+f][at]-want[f*49+i]))
			}
		}
		errs = append(errs, worst)
	}
	t.Logf("%.2g", errs)
	// Some 400 times h²; jumps at the start and in the corners leave the order inside.
	if order := math.Log2(errs[1] / errs[2]); errs[2] > 0.05 || math.Abs(order-2) > 0.2 {
		t.Errorf("differences leave %.2g, order %.2f, want order 2", errs, order)
	}
}

// TestHeatBoxSteady: in the end the middle has the mean of the four walls.
func TestHeatBoxSteady(t *testing.T) {
	pairs := load(t, datasets.HeatBox{Grid: 25, Frames: 1, Train: 1, Test: 2, Seed: 4, Interval: 3}).Test()
	for s := range 2 {
		p := pairs.Input.Sample(s)
		want := (p[1] + p[2] + p[3] + p[4]) / 4
		if got := pairs.Output.Sample(s)[12*25+12]; math.Abs(got-want) > 1e-11 { // round-off; what is left of the start is e^-59
			t.Errorf("the middle has %v, want %v", got, want)
		}
		for j, v := range p {
			if v < 100 || v > 500 {
				t.Errorf("temperature %d is %v, want it in [100, 500]", j, v)
			}
		}
	}
}

func TestHeatBoxErrors(t *testing.T) {
	good := datasets.HeatBox{Grid: 5, Frames: 1, Train: 1, Test: 1}
	for _, c := range []struct {
		change func(*datasets.HeatBox)
		want   string
	}{
		{func(r *datasets.HeatBox) { r.Grid = 0 }, "HeatBox.Grid = 0"},
		{func(r *datasets.HeatBox) { r.Temperatures = [2]float64{5, 1} }, "HeatBox.Temperatures = [5 1]"},
		{func(r *datasets.HeatBox) { r.Diffusivity = -1 }, "HeatBox.Diffusivity = -1"},
		{func(r *datasets.HeatBox) { r.Interval = 1e-7 }, "Interval = 1e-07, want at least 1e-5"},
		{func(r *datasets.HeatBox) { r.Test = 0 }, "HeatBox.Test = 0"},
	} {
		r := good
		c.change(&r)
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
	if good.Validate() != nil || (datasets.HeatBox{}).Validate() == nil {
		t.Error("the good value is refused or the zero value is accepted")
	}
}
