package plots_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

func TestGoldenStatistics(t *testing.T) {
	golden(t, "calibration", ExampleCalibration)
	golden(t, "boxes", ExampleBoxes)
	golden(t, "boxesonly", ExampleBoxes_only)
	golden(t, "strip", ExampleBoxes_strip)
	golden(t, "groupedbars", ExampleGroupedBars)
	golden(t, "groupedbarslog", ExampleGroupedBars_log)
	golden(t, "histogram", ExampleHistogram)
	golden(t, "histogramlog", ExampleHistogram_log)
}

func ExampleCalibration() {
	p := linspace(0.05, 0.95, 19)
	warped := func(power float64) []float64 { return apply(p, func(p float64) float64 { return math.Pow(p, power) }) }
	save("calibration", plots.Calibration{
		X: plots.Axis{Label: "nominal coverage"}, Y: plots.Axis{Label: "observed coverage"},
		Methods: []plots.Series{
			{Name: "ensemble", X: p, Y: warped(1.1), Low: warped(1.3), High: warped(0.95)},
			{Name: "Laplace", X: p, Y: warped(0.6)},
			{Name: "dropout", X: p, Y: warped(2.1)},
		},
	})
	// Output:
}

// errors of ten seeds for each of four methods.
func seedErrors(n int) []plots.Bar {
	noise := rand.New(rand.NewPCG(21, 22))
	var methods []plots.Bar
	for i, name := range []string{"Adam", "SOAP", "L-BFGS", "Gauss–Newton"} {
		m := plots.Bar{Name: name}
		for range n {
			m.Values = append(m.Values, 0.05*math.Exp(-1.2*float64(i)+0.4*noise.NormFloat64()))
		}
		methods = append(methods, m)
	}
	return methods
}

// One seed failed.
func ExampleBoxes() {
	methods := seedErrors(10)
	methods[2].Values[4] = math.Inf(1)
	save("boxes", plots.Boxes{Value: plots.Axis{Log: true}, Methods: methods})
	// Output:
}

func ExampleBoxes_only() {
	save("boxesonly", plots.Boxes{Value: plots.Axis{Log: true}, Kind: plots.BoxOnly, Methods: seedErrors(200)})
	// Output:
}

func ExampleBoxes_strip() {
	save("strip", plots.Boxes{Value: plots.Axis{Log: true}, Kind: plots.StripOnly, Methods: seedErrors(30)})
	// Output:
}

// taskErrors returns the errors of three methods on four tasks, three seeds each.
func taskErrors() []plots.BarGroup {
	noise := rand.New(rand.NewPCG(23, 24))
	var groups []plots.BarGroup
	for i, name := range []string{"spectral operator", "transformer", "convolutional"} {
		g := plots.BarGroup{Name: name}
		for k := range 4 {
			var seeds []float64
			for range 3 {
				seeds = append(seeds, 0.01*float64(1+i)*float64(1+k)*math.Exp(0.15*noise.NormFloat64()))
			}
			g.Values = append(g.Values, seeds)
		}
		groups = append(groups, g)
	}
	return groups
}

func ExampleGroupedBars() {
	methods := taskErrors()
	methods[2].Values[3] = []float64{math.NaN(), math.NaN(), math.NaN()}
	save("groupedbars", plots.GroupedBars{
		Tasks: []string{"advection", "Burgers", "Darcy", "Navier–Stokes"}, Methods: methods,
	})
	// Output:
}

func ExampleGroupedBars_log() {
	save("groupedbarslog", plots.GroupedBars{
		Value: plots.Axis{Log: true},
		Tasks: []string{"advection", "Burgers", "Darcy", "Navier–Stokes"}, Methods: taskErrors(),
	})
	// Output:
}

func ExampleHistogram() {
	noise := rand.New(rand.NewPCG(25, 26))
	var wide, narrow []float64
	for range 3000 {
		wide, narrow = append(wide, noise.NormFloat64()), append(narrow, 1.5+0.5*noise.NormFloat64())
	}
	save("histogram", plots.Histogram{
		X: plots.Axis{Label: "residual r"}, Curve: true,
		Samples: []plots.Bar{{Name: "before", Values: wide}, {Name: "after", Values: narrow}},
	})
	// Output:
}

func ExampleHistogram_log() {
	noise := rand.New(rand.NewPCG(27, 28))
	values := []float64{0, -1e-3}
	for range 5000 {
		values = append(values, 1e-3*math.Exp(1.5*noise.NormFloat64()))
	}
	save("histogramlog", plots.Histogram{
		X: plots.Axis{Label: "relative L₂ error of a sample", Log: true}, Y: plots.Axis{Log: true},
		Samples: []plots.Bar{{Name: "test set", Values: values}},
	})
	// Output:
}
