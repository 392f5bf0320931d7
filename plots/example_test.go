package plots_test

import (
	"log"
	"math"
	"math/rand/v2"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	"github.com/fieldbook-go/fieldbook/plots"
)

// The data of all examples are made up from formulas; none is a measurement.

// save writes testdata/out/name.{pdf,svg,png}.
func save(name string, d plots.Drawing) {
	figure, err := d.Figure()
	if err != nil {
		log.Fatal(err)
	}
	if err := figure.Save("testdata/out/" + name); err != nil {
		log.Fatal(err)
	}
}

// linspace returns n values from lo to hi.
func linspace(lo, hi float64, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = lo + (hi-lo)*float64(i)/float64(n-1)
	}
	return x
}

// apply returns f of each x.
func apply(x []float64, f func(float64) float64) []float64 {
	y := make([]float64, len(x))
	for i := range x {
		y[i] = f(x[i])
	}
	return y
}

func ExampleLines() {
	x := linspace(0, 1, 201)
	front := func(t float64) func(float64) float64 {
		return func(x float64) float64 { return 1.5 - math.Tanh((x-0.25-0.4*t)/(0.05+0.1*t)) }
	}
	save("lines", plots.Lines{
		Title: "Viscous front, ν = 10⁻²",
		X:     plots.Axis{Label: "position x", Unit: "m"},
		Y:     plots.Axis{Label: "velocity u", Unit: "m/s"},
		Series: []plots.Series{
			{Name: "t = 0 s", X: x, Y: apply(x, front(0))},
			{Name: "t = 0.5 s", X: x, Y: apply(x, front(0.5)), Stroke: plots.Dashed},
			{Name: "t = 1 s", X: x, Y: apply(x, front(1)), Stroke: plots.Dotted},
		},
	})
	// Output:
}

// A band shows the spread over seeds; the axes are logarithmic.
func ExampleLines_band() {
	n := []float64{16, 32, 64, 128, 256, 512}
	rate := func(p, c float64) func(float64) float64 {
		return func(n float64) float64 { return c * math.Pow(n, p) }
	}
	save("band", plots.Lines{
		X: plots.Axis{Label: "training samples", Log: true},
		Y: plots.Axis{Label: "relative L₂ error", Log: true},
		Series: []plots.Series{
			{
				Name: "network", X: n, Y: apply(n, rate(-0.7, 1)), Marker: plots.Circle,
				Low: apply(n, rate(-0.75, 0.9)), High: apply(n, rate(-0.62, 1.1)),
			},
			{
				Name: "kernel method", X: n, Y: apply(n, rate(-0.4, 0.7)), Marker: plots.Square,
				Low: apply(n, rate(-0.42, 0.6)), High: apply(n, rate(-0.38, 0.85)),
			},
		},
	})
	// Output:
}

// Two terms with training and validation, half-way through a run that met two
// values that are not finite.
func ExampleLoss() {
	steps := linspace(1, 2500, 1250)
	noise := rand.New(rand.NewPCG(1, 2))
	decay := func(start, tau, floor, jitter float64) []float64 {
		return apply(steps, func(s float64) float64 {
			return (start*math.Exp(-s/tau) + floor) * math.Exp(jitter*noise.NormFloat64())
		})
	}
	residual := decay(30, 240, 2e-3, 0.25)
	residual[400], residual[401] = math.NaN(), math.Inf(1)
	save("loss", plots.Loss{
		Title:  "Burgers, 1-D",
		Status: "step 2,500 of 5,000 · 310 steps/s · 8 s left · xla:cpu, float32",
		X:      plots.Axis{Min: 0, Max: 5000},
		Curves: []plots.History{
			{Name: "residual", Steps: steps, Values: residual},
			{Name: "residual", Validation: true, Steps: steps, Values: decay(30, 260, 4e-3, 0)},
			{Name: "initial", Steps: steps, Values: decay(2, 180, 2e-5, 0.25)},
			{Name: "initial", Validation: true, Steps: steps, Values: decay(2, 200, 5e-5, 0)},
		},
	})
	// Output:
}

func ExampleCompare() {
	x := linspace(0, 1, 256)
	shape := func(k, a, width float64) []float64 {
		return apply(x, func(x float64) float64 {
			s := math.Sin(2 * math.Pi * (k*x + a))
			return 0.4 * math.Tanh(s/width)
		})
	}
	save("compare", plots.Compare{
		Points: x,
		Input:  [][]float64{shape(1, 0.1, 2), shape(2, 0.3, 2), shape(3, 0.2, 2)},
		Reference: [][]float64{
			shape(1, 0.05, 0.4), shape(2, 0.25, 0.4), shape(3, 0.15, 0.4),
		},
		Prediction: [][]float64{
			shape(1, 0.0505, 0.4), shape(2, 0.252, 0.41), shape(3, 0.156, 0.43),
		},
		Names: []string{"best", "median", "worst"},
	})
	// Output:
}

// One sample fits a journal's column.
func ExampleCompare_single() {
	x := linspace(0, 2*math.Pi, 128)
	save("single", plots.Compare{
		X:          plots.Axis{Label: "x", Unit: "m"},
		Y:          plots.Axis{Label: "temperature", Unit: "K"},
		Points:     x,
		Reference:  [][]float64{apply(x, func(x float64) float64 { return 300 + 20*math.Sin(x) })},
		Prediction: [][]float64{apply(x, func(x float64) float64 { return 300 + 20*math.Sin(x) + 2e-3*math.Cos(9*x) })},
	})
	// Output:
}

func ExampleResolution() {
	sizes := []float64{64, 128, 256, 512, 1024, 2048}
	save("resolution", plots.Resolution{
		Trained: 128,
		Methods: []plots.Series{
			{Name: "spectral operator", X: sizes, Y: []float64{1.3e-3, 9e-4, 9.1e-4, 9.2e-4, 9.1e-4, 9.3e-4}},
			{Name: "convolutional", X: sizes, Y: []float64{9e-2, 6e-3, 8e-2, 2.1e-1, 3.6e-1, 5.2e-1}},
			{Name: "interpolated", X: sizes, Y: []float64{1.1e-2, 6e-3, 5.8e-3, 5.9e-3, 6e-3, 6e-3}},
		},
	})
	// Output:
}

func ExampleWorkPrecision() {
	seconds := []float64{0.004, 0.008, 0.016, 0.032, 0.064}
	order := func(p, c float64) []float64 {
		return apply(seconds, func(t float64) float64 { return c * math.Pow(t/0.004, -p) })
	}
	save("workprecision", plots.WorkPrecision{
		Methods: []plots.Series{
			{Name: "ETDRK4", X: seconds, Y: order(4, 1e-3), Notes: []string{"25", "50", "100", "200", "400 steps"}},
			{Name: "ETDRK2", X: seconds, Y: order(2, 4e-2)},
			{Name: "operator, 1 core", X: []float64{6e-4}, Y: []float64{1.1e-3}},
			{Name: "operator, GPU", X: []float64{4e-5}, Y: []float64{1.1e-3}},
		},
	})
	// Output:
}

func ExampleSpectrum() {
	k := linspace(0, 85, 86)
	energy := func(cut float64) []float64 {
		return apply(k, func(k float64) float64 {
			return k / math.Pow(1+k*k/16, 4.0/3) * math.Exp(-math.Pow(k/cut, 2))
		})
	}
	save("spectrum", plots.Spectrum{
		X: plots.Axis{Label: "wave number k", Unit: "1/m"},
		Y: plots.Axis{Label: "E(k)", Unit: "m³/s²"},
		Series: []plots.Series{
			{Name: "reference", X: k, Y: energy(60)},
			{Name: "prediction", X: k, Y: energy(38), Stroke: plots.Dashed},
		},
		Slopes: []plots.Slope{{Exponent: -5.0 / 3, Label: "k^{−5/3}", From: 8, To: 35}},
	})
	// Output:
}

// vortices returns a smooth periodic field on n by n points.
func vortices(n int, phase float64) [][]float64 {
	u := make([][]float64, n)
	for i := range u {
		u[i] = make([]float64, n)
		for j := range u[i] {
			x, y := 2*math.Pi*float64(i)/float64(n), 2*math.Pi*float64(j)/float64(n)
			u[i][j] = math.Sin(x+phase)*math.Cos(2*y) + 0.5*math.Cos(3*x-y+2*phase) + 0.8*math.Sin(y)
		}
	}
	return u
}

func ExampleFieldRow() {
	save("fieldrow", plots.FieldRow{
		Name: "vorticity ω", Unit: "1/s",
		Reference:  vortices(64, 0),
		Prediction: vortices(64, 0.02),
	})
	// Output:
}

// The input has limits of its own.
func ExampleFieldRow_input() {
	permeability := vortices(85, 1)
	for _, row := range permeability {
		for j, v := range row {
			row[j] = 3
			if v > 0 {
				row[j] = 12
			}
		}
	}
	pressure := func(error float64) [][]float64 {
		u := vortices(85, error)
		for i, row := range u {
			for j := range row {
				x, y := float64(i)/84, float64(j)/84
				row[j] = x * (1 - x) * y * (1 - y) * (0.1 + 0.01*row[j])
			}
		}
		return u
	}
	save("darcy", plots.FieldRow{
		Title: "Flow in a porous medium, 85 × 85",
		Name:  "pressure p", InputName: "permeability a",
		Input: permeability, Reference: pressure(0), Prediction: pressure(0.05),
	})
	// Output:
}

func ExampleBars() {
	save("bars", plots.Bars{
		Value: plots.Axis{Label: "relative L₂ error at s = 1024"},
		Methods: []plots.Bar{
			{Name: "spectral operator", Values: []float64{8.8e-4, 9.6e-4, 1.1e-3}},
			{Name: "branch and trunk", Values: []float64{2.9e-3, 3.4e-3, 2.5e-3}},
			{Name: "convolutional", Values: []float64{4.4e-3, 3.6e-3, math.NaN()}},
		},
	})
	// Output:
}

func ExampleBars_log() {
	save("barslog", plots.Bars{
		Value: plots.Axis{Log: true},
		Methods: []plots.Bar{
			{Name: "Adam", Values: []float64{2e-2, 3.1e-2, 1.2e-2, 5e-2, 2.4e-2}},
			{Name: "L-BFGS", Values: []float64{4e-3, 7e-4, 1.1e-3, 9e-4, 2e-3}},
			{Name: "Levenberg–Marquardt", Values: []float64{9e-5, 1.1e-4, 8e-5, 2.3e-4, 1e-4}},
		},
	})
	// Output:
}

func ExampleGrid() {
	x := linspace(0, 1, 101)
	wave := func(k float64) []plots.Series {
		return []plots.Series{{Name: "mode", X: x, Y: apply(x, func(x float64) float64 { return math.Sin(k * math.Pi * x) })}}
	}
	axes := plots.Axis{Label: "x"}
	save("grid", plots.Grid{
		Letters: true,
		Rows: [][]plots.Drawing{
			{plots.Lines{Title: "k = 1", X: axes, Series: wave(1)}, plots.Lines{Title: "k = 2", X: axes, Series: wave(2)}},
			{plots.FieldRow{NoLetters: true, Name: "ω", Reference: vortices(48, 0), Prediction: vortices(48, 0.1)}},
		},
	})
	// Output:
}

// A gonum plot with the look of the other figures.
func ExampleWrap() {
	p := plot.New()
	plots.Theme(p)
	p.X.Label.Text = "t (s)"
	p.Y.Label.Text = "|u|^{2}"
	f := plotter.NewFunction(func(t float64) float64 { return math.Exp(-t) * math.Cos(6*t) * math.Cos(6*t) })
	f.Color = plots.Palette()[0]
	f.Samples = 300
	p.Add(f)
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = 0, 4, 0, 1
	save("wrap", plots.Wrap(p, plots.Column, 50*vg.Millimeter))
	// Output:
}
