package plots_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/plot/vg"

	"github.com/fieldbook-go/fieldbook/plots"
)

// The data of all examples are made up from formulas; none is a measurement.

func TestGoldenFields(t *testing.T) {
	for _, test := range []struct {
		name    string
		example func()
	}{
		{"field", ExampleField},
		{"fieldlog", ExampleField_log},
		{"fieldsymlog", ExampleField_symLog},
		{"snapshots", ExampleSnapshots},
		{"contour", ExampleContour},
		{"contourfilled", ExampleContour_filled},
		{"mesh", ExampleMesh},
		{"meshcells", ExampleMesh_cells},
		{"meshlevels", ExampleMesh_levels},
		{"arrows", ExampleArrows},
		{"streamlines", ExampleStreamlines},
		{"particles", ExampleParticles},
		{"network", ExampleNetwork},
		{"spacetime", ExampleSpaceTime},
		{"surface", ExampleSurface},
		{"plane", ExamplePlane},
		{"dark", ExampleFigure_dark},
		{"twin", ExampleLines_twin},
		{"inset", ExampleLines_inset},
		{"symlog", ExampleLines_symLog},
		{"maths", ExampleLines_maths},
	} {
		t.Run(test.name, func(t *testing.T) { golden(t, test.name, test.example) })
	}
}

// grid returns f at the middles of n by m cells of [0, 1]².
func grid(n, m int, f func(x, y float64) float64) [][]float64 {
	u := make([][]float64, n)
	for i := range u {
		u[i] = make([]float64, m)
		for j := range u[i] {
			u[i][j] = f((float64(i)+0.5)/float64(n), (float64(j)+0.5)/float64(m))
		}
	}
	return u
}

// peaks is a smooth field with two hills and a hollow.
func peaks(x, y float64) float64 {
	hill := func(a, b, width float64) float64 {
		return math.Exp(-(math.Pow(x-a, 2) + math.Pow(y-b, 2)) / (width * width))
	}
	return 2*hill(0.3, 0.35, 0.2) + 1.2*hill(0.7, 0.7, 0.18) - 1.5*hill(0.72, 0.25, 0.16)
}

// The values in the corner are not known: they are grey, and the legend says so.
func ExampleField() {
	u := vortices(128, 0)
	for i := range 20 {
		for j := range 20 - i {
			u[i][j] = math.NaN()
		}
	}
	save("field", plots.Field{
		Title:  "Vorticity at $t = 2\\,\\mathrm{s}$",
		X:      plots.Axis{Label: "x", Unit: "m", Max: 2},
		Y:      plots.Axis{Label: "y", Unit: "m", Max: 2},
		Value:  plots.Axis{Label: `vorticity $\omega$`, Unit: "1/s"},
		Values: u,
	})
	// Output:
}

func ExampleField_log() {
	save("fieldlog", plots.Field{
		Value:   plots.Axis{Label: "energy", Unit: "J", Log: true},
		Values:  grid(96, 96, func(x, y float64) float64 { return math.Pow(10, -5*math.Hypot(x-0.4, y-0.5)) }),
		Colours: plots.Magma(),
	})
	// Output:
}

// Values of either sign over many decades.
func ExampleField_symLog() {
	save("fieldsymlog", plots.Field{
		Value: plots.Axis{Label: "charge", SymLog: 0.1, Min: -100, Max: 100},
		Values: grid(96, 96, func(x, y float64) float64 {
			return 0.02/(0.0002+math.Pow(x-0.3, 2)+math.Pow(y-0.4, 2)) - 0.02/(0.0002+math.Pow(x-0.7, 2)+math.Pow(y-0.6, 2))
		}),
		Colours: plots.BlueRed(),
	})
	// Output:
}

func ExampleSnapshots() {
	at := func(t float64) [][]float64 {
		return grid(80, 80, func(x, y float64) float64 {
			r := math.Hypot(x-0.5, y-0.5)
			return math.Exp(-math.Pow((r-t)/0.08, 2)) / (1 + 3*t)
		})
	}
	save("snapshots", plots.Snapshots{
		X: plots.Axis{Label: "x", Unit: "m"}, Y: plots.Axis{Label: "y", Unit: "m"},
		Value:  plots.Axis{Label: "pressure", Unit: "Pa"},
		Fields: [][][]float64{at(0), at(0.15), at(0.3), at(0.45)},
		Names:  []string{"t = 0 s", "t = 0.15 s", "t = 0.30 s", "t = 0.45 s"},
	})
	// Output:
}

func ExampleContour() {
	save("contour", plots.Contour{
		Values: grid(60, 60, peaks),
		Labels: true,
	})
	// Output:
}

func ExampleContour_filled() {
	u := grid(60, 60, peaks)
	for i := range 8 {
		for j := range 8 {
			u[26+i][46+j] = math.NaN()
		}
	}
	save("contourfilled", plots.Contour{
		Value:   plots.Axis{Label: "height", Unit: "m"},
		Values:  u,
		Filled:  true,
		Labels:  true,
		Colours: plots.Cividis(),
	})
	// Output:
}

// annulus returns the triangles of a ring, n around and m across.
func annulus(n, m int) (x, y []float64, triangles [][3]int) {
	for k := range m {
		r := 0.4 + 0.6*float64(k)/float64(m-1)
		for i := range n {
			a := 2 * math.Pi * float64(i) / float64(n)
			x, y = append(x, r*math.Cos(a)), append(y, r*math.Sin(a))
		}
	}
	for k := range m - 1 {
		for i := range n {
			a, b := k*n+i, k*n+(i+1)%n
			triangles = append(triangles, [3]int{a, a + n, b}, [3]int{b, a + n, b + n})
		}
	}
	return x, y, triangles
}

func ExampleMesh() {
	x, y, triangles := annulus(48, 9)
	nodal := make([]float64, len(x))
	for i := range nodal {
		nodal[i] = 20 + 60*x[i]/(x[i]*x[i]+y[i]*y[i])
	}
	save("mesh", plots.Mesh{
		X: plots.Axis{Label: "x", Unit: "m"}, Y: plots.Axis{Label: "y", Unit: "m"},
		Value:  plots.Axis{Label: "temperature", Unit: "°C"},
		PointX: x, PointY: y, Triangles: triangles, Nodal: nodal, Edges: true, Colours: plots.Turbo(),
	})
	// Output:
}

// Lines of equal temperature, with their numbers.
func ExampleMesh_levels() {
	x, y, triangles := annulus(96, 25)
	nodal := make([]float64, len(x))
	for i := range nodal {
		r := math.Hypot(x[i], y[i])
		nodal[i] = 20 + 60*math.Log(1/r) + 15*x[i]*(1-r)
	}
	save("meshlevels", plots.Mesh{
		X: plots.Axis{Label: "x", Unit: "m"}, Y: plots.Axis{Label: "y", Unit: "m"},
		Value:  plots.Axis{Label: "temperature", Unit: "°C"},
		PointX: x, PointY: y, Triangles: triangles, Nodal: nodal, Levels: []float64{25, 30, 40, 50, 60, 70}, Labels: true,
	})
	// Output:
}

func ExampleMesh_cells() {
	x, y, triangles := annulus(40, 7)
	phase := make([]float64, len(triangles))
	for k, c := range triangles {
		phase[k] = math.Atan2(y[c[0]]+y[c[1]]+y[c[2]], x[c[0]]+x[c[1]]+x[c[2]])
	}
	phase[17] = math.NaN()
	save("meshcells", plots.Mesh{
		Value:  plots.Axis{Label: "phase", Min: -math.Pi, Max: math.Pi, Ticks: []float64{-3, -1.5, 0, 1.5, 3}},
		PointX: x, PointY: y, Triangles: triangles, Cellwise: phase, Colours: plots.Twilight(),
	})
	// Output:
}

// cells is a flow of four vortices, on 64 by 64 points.
func cells() (u, v [][]float64) {
	const n = 64
	u = grid(n, n, func(x, y float64) float64 { return math.Sin(2*math.Pi*x) * math.Cos(2*math.Pi*y) })
	v = grid(n, n, func(x, y float64) float64 { return -math.Cos(2*math.Pi*x) * math.Sin(2*math.Pi*y) })
	return u, v
}

func ExampleArrows() {
	u, v := cells()
	save("arrows", plots.Arrows{
		X: plots.Axis{Label: "x", Unit: "m"}, Y: plots.Axis{Label: "y", Unit: "m"},
		Speed: plots.Axis{Label: "speed", Unit: "m/s"}, U: u, V: v,
	})
	// Output:
}

func ExampleStreamlines() {
	u, v := cells()
	save("streamlines", plots.Streamlines{
		Speed: plots.Axis{Label: "speed", Unit: "m/s"}, U: u, V: v, Colours: plots.Viridis(),
	})
	// Output:
}

// Twenty thousand particles are one image.
func ExampleParticles() {
	noise := rand.New(rand.NewPCG(3, 4))
	const n = 20_000
	x, y, speed := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range x {
		r, a := 0.3+0.1*noise.NormFloat64(), 2*math.Pi*noise.Float64()
		x[i], y[i], speed[i] = r*math.Cos(a+4*r), r*math.Sin(a+4*r), math.Abs(r)
	}
	save("particles", plots.Particles{
		X: plots.Axis{Label: "x", Unit: "kpc"}, Y: plots.Axis{Label: "y", Unit: "kpc"},
		Value:  plots.Axis{Label: "distance", Unit: "kpc"},
		PointX: x, PointY: y, Values: speed, Radius: 0.6, Colours: plots.Magma(),
	})
	// Output:
}

func ExampleNetwork() {
	noise := rand.New(rand.NewPCG(5, 6))
	const n = 60
	x, y, load := make([]float64, n), make([]float64, n), make([]float64, n)
	var edges [][2]int
	for i := range x {
		x[i], y[i] = noise.Float64(), noise.Float64()
		load[i] = x[i] + y[i]
		for j := range i {
			if math.Hypot(x[i]-x[j], y[i]-y[j]) < 0.2 {
				edges = append(edges, [2]int{i, j})
			}
		}
	}
	save("network", plots.Network{
		Value:  plots.Axis{Label: "load"},
		PointX: x, PointY: y, Edges: edges, Values: load,
	})
	// Output:
}

func ExampleSpaceTime() {
	times, points := linspace(0, 5, 121), linspace(-1, 1, 161)
	u := make([][]float64, len(times))
	for k, t := range times {
		u[k] = apply(points, func(x float64) float64 { return math.Sin(4*math.Pi*(x-0.3*t)) * math.Exp(-0.2*t) })
	}
	save("spacetime", plots.SpaceTime{
		Time: plots.Axis{Label: "time t", Unit: "s"}, Space: plots.Axis{Label: "position x", Unit: "m"},
		Value: plots.Axis{Label: "u", Unit: "m/s"}, Times: times, Points: points, Values: u, Colours: plots.BlueRed(),
	})
	// Output:
}

func ExampleSurface() {
	save("surface", plots.Surface{
		Value:  plots.Axis{Label: "height", Unit: "m"},
		Values: grid(60, 60, peaks),
	})
	// Output:
}

// A field with contours and streamlines over it.
func ExamplePlane() {
	u, v := cells()
	psi := grid(64, 64, func(x, y float64) float64 { return math.Sin(2*math.Pi*x) * math.Sin(2*math.Pi*y) })
	save("plane", plots.Plane{
		X: plots.Axis{Label: "x", Unit: "m"}, Y: plots.Axis{Label: "y", Unit: "m"},
		Layers: []plots.Layer{
			plots.Field{Values: psi, Value: plots.Axis{Label: `stream function $\psi$`, Unit: "m²/s"}, Colours: plots.BlueRed()},
			plots.Contour{Values: psi},
			plots.Arrows{U: u, V: v, Count: 16, Speed: plots.Axis{Unit: "m/s"}},
		},
	})
	// Output:
}

// Light ink on a dark page, as for slides; the files say which run they show.
func ExampleFigure_dark() {
	x := linspace(0, 1, 101)
	drawing := plots.Grid{Letters: true, Rows: [][]plots.Drawing{{
		plots.Lines{
			X: plots.Axis{Label: "x"}, Y: plots.Axis{Label: "u"},
			Series: []plots.Series{
				{Name: "reference", X: x, Y: apply(x, math.Sqrt)}, {Name: "prediction", X: x, Y: apply(x, math.Sin)},
			},
		},
		plots.Field{Value: plots.Axis{Label: "height"}, Values: grid(48, 48, peaks)},
	}}}
	figure, err := drawing.Figure()
	if err != nil {
		panic(err)
	}
	figure.Dark = true
	figure.Info = []plots.Fact{{Name: "run", Value: "3f2a"}, {Name: "commit", Value: "6ed3746"}}
	figure.CSV = true
	save("dark", figure)
	// Output:
}

func ExampleLines_twin() {
	t := linspace(0, 10, 201)
	save("twin", plots.Lines{
		X: plots.Axis{Label: "time", Unit: "s"}, Y: plots.Axis{Label: "temperature", Unit: "K"},
		Series:      []plots.Series{{Name: "temperature", X: t, Y: apply(t, func(t float64) float64 { return 300 + 40*(1-math.Exp(-t/3)) })}},
		Right:       plots.Axis{Label: "pressure", Unit: "Pa"},
		RightSeries: []plots.Series{{Name: "pressure", X: t, Y: apply(t, func(t float64) float64 { return 1e5 * (1 + 0.2*math.Sin(t)) })}},
	})
	// Output:
}

func ExampleLines_inset() {
	x := linspace(0, 1, 401)
	front := func(width float64) []float64 {
		return apply(x, func(x float64) float64 { return 0.5 - 0.5*math.Tanh((x-0.25)/width) })
	}
	save("inset", plots.Lines{
		X: plots.Axis{Label: "x", Unit: "m"}, Y: plots.Axis{Label: "u"},
		Series: []plots.Series{
			{Name: "reference", X: x, Y: front(0.02)}, {Name: "prediction", X: x, Y: front(0.024), Stroke: plots.Dashed},
		},
		Inset: &plots.Inset{X: plots.Axis{Min: 0.2, Max: 0.26}, Y: plots.Axis{Min: 0.4, Max: 1.05}},
	})
	// Output:
}

func ExampleLines_symLog() {
	x := linspace(-6, 6, 401)
	save("symlog", plots.Lines{
		X: plots.Axis{Label: "x"}, Y: plots.Axis{Label: "force", Unit: "N", SymLog: 1},
		Series: []plots.Series{{Name: "sinh", X: x, Y: apply(x, math.Sinh)}},
	})
	// Output:
}

// What LaTeX in labels can do; the last name is not LaTeX and stays as written.
func ExampleLines_maths() {
	x := linspace(0, 1, 50)
	names := []string{
		`$\partial_t u + u \cdot \nabla u = -\nabla p + \nu \nabla^2 u$`,
		`$\|u - u_\theta\|_2 / \|u\|_2 \leq 10^{-3}$`,
		`$\hat{u}_k \in \Omega, \; \bar{u} = \frac{1}{N} \sum_i u_i$`,
		`$\frac{a + b}{2}, \; \sqrt{x^2 + y^2}, \; \vec{v}, \; \dot{x} = -x$`,
		`$\mathrm{Re} = U L / \nu \approx 10^4$, ∇·u = 0, x ∈ Ω`,
		`$\frac{1}{$ costs 5 \$`,
	}
	lines := plots.Lines{
		X: plots.Axis{Label: `$\lambda_{\max} / \Delta x^{\alpha}$`}, Y: plots.Axis{Label: `$\mathrm{E}[\|\nabla u\|^2]$`, Unit: `m²/s²`},
		Height: 80 * vg.Millimeter,
	}
	for i, name := range names {
		lines.Series = append(lines.Series, plots.Series{Name: name, X: x, Y: apply(x, func(x float64) float64 { return x * float64(i+1) })})
	}
	save("maths", lines)
	// Output:
}
