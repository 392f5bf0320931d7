package plots_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

func TestGoldenSamples(t *testing.T) {
	golden(t, "scatter", ExampleScatter)
	golden(t, "scattervalues", ExampleScatter_values)
	golden(t, "sampledensity", ExampleSampleDensity)
	golden(t, "kerneldensity", ExampleSampleDensity_kernel)
	golden(t, "corner", ExampleCorner)
	golden(t, "tiles", ExampleTiles)
	golden(t, "tilescolour", ExampleTiles_colour)
}

// rings returns n points on two noisy rings.
func rings(n int, width float64, seed uint64) (x, y []float64) {
	noise := rand.New(rand.NewPCG(seed, 1))
	for range n {
		r, phase := 1+float64(noise.IntN(2))+width*noise.NormFloat64(), 2*math.Pi*noise.Float64()
		x, y = append(x, r*math.Cos(phase)), append(y, r*math.Sin(phase))
	}
	return x, y
}

// A hundred thousand points become a picture within the figure.
func ExampleScatter() {
	x, y := rings(50_000, 0.12, 1)
	u, v := rings(50_000, 0.03, 2)
	x[7] = math.NaN()
	save("scatter", plots.Scatter{
		Equal: true,
		Sets:  []plots.PointSet{{Name: "samples", X: x, Y: y}, {Name: "data", X: u, Y: v}},
	})
	// Output:
}

func ExampleScatter_values() {
	x, y := rings(800, 0.15, 3)
	speed := make([]float64, len(x))
	for i := range speed {
		speed[i] = math.Hypot(x[i], y[i]) + 0.3*x[i]
	}
	save("scattervalues", plots.Scatter{
		X: plots.Axis{Label: "position x", Unit: "m"}, Y: plots.Axis{Label: "position y", Unit: "m"},
		Value: plots.Axis{Label: "speed", Unit: "m/s"},
		Sets:  []plots.PointSet{{X: x, Y: y, Values: speed}},
	})
	// Output:
}

func ExampleSampleDensity() {
	x, y := rings(40_000, 0.08, 4)
	u, v := rings(40_000, 0.2, 5)
	save("sampledensity", plots.SampleDensity{
		Equal: true,
		Sets:  []plots.PointSet{{Name: "data", X: x, Y: y}, {Name: "samples", X: u, Y: v}},
	})
	// Output:
}

func ExampleSampleDensity_kernel() {
	noise := rand.New(rand.NewPCG(6, 7))
	var x, y []float64
	for i := range 500 {
		x = append(x, 2*float64(i%2)+0.5*noise.NormFloat64())
		y = append(y, 0.5*x[i]+0.6*noise.NormFloat64())
	}
	save("kerneldensity", plots.SampleDensity{Kernel: true, Sets: []plots.PointSet{{Name: "500 samples", X: x, Y: y}}})
	// Output:
}

// Three parameters of a model, by two methods.
func ExampleCorner() {
	draws := func(spread float64, seed uint64) [][]float64 {
		noise := rand.New(rand.NewPCG(seed, 2))
		var samples [][]float64
		for range 4000 {
			a := spread * noise.NormFloat64()
			b := 0.8*a*a - 0.6 + 0.4*spread*noise.NormFloat64()
			samples = append(samples, []float64{a, b, 1 + 0.5*a + 0.3*spread*noise.NormFloat64()})
		}
		return samples
	}
	save("corner", plots.Corner{
		Names: []string{"log ν", "amplitude a", "phase φ"},
		Sets:  []plots.SampleSet{{Name: "flow", Samples: draws(1, 8)}, {Name: "Langevin", Samples: draws(0.7, 9)}},
		True:  []float64{0, -0.6, 1},
	})
	// Output:
}

// blob is a square image of n pixels a side: a disc with a soft edge.
func blob(n int, x, y, radius, soft float64) []float64 {
	var u []float64
	for k := range n * n {
		d := math.Hypot((float64(k%n)+0.5)/float64(n)-x, (float64(k/n)+0.5)/float64(n)-y)
		u = append(u, 1/(1+math.Exp((d-radius)/soft)))
	}
	return u
}

func ExampleTiles() {
	var images [][][]float64
	for r := range 2 {
		var row [][]float64
		for c := range 6 {
			soft := 0.3 / math.Pow(2, float64(c))
			row = append(row, blob(16, 0.4+0.2*float64(r), 0.4, 0.25, soft))
		}
		images = append(images, row)
	}
	images[1][5] = nil
	save("tiles", plots.Tiles{
		Title: "A disc comes into focus", Images: images,
		Rows: []string{"left", "right"}, Columns: []string{"1", "2", "4", "8", "16", "32"},
		Low: 0, High: 1, Width: plots.Column,
	})
	// Output:
}

// Three channels are red, green and blue; a value that is not finite is grey.
func ExampleTiles_colour() {
	var row [][]float64
	for k := range 4 {
		a, b := blob(12, 0.35, 0.5, 0.3, 0.03), blob(12, 0.65, 0.5, 0.3, 0.03)
		var u []float64
		for i := range a {
			u = append(u, a[i], b[i], float64(k)/3)
		}
		row = append(row, u)
	}
	row[3][0] = math.NaN()
	save("tilescolour", plots.Tiles{Images: [][][]float64{row}, Channels: 3, Width: plots.Column})
	// Output:
}
