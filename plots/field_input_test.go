package plots_test

import (
	"image/color"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

func TestBadFields(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	u := [][]float64{{1, 2}, {3, 4}}
	ragged := [][]float64{{1, 2}, {3}}
	lost := [][]float64{{nan, inf}, {-inf, nan}}
	log := plots.Axis{Log: true}
	wantErrors(t, []badInput{
		{"empty", plots.Field{}, "plots: Field.Values is empty, want values at [i][j]"},
		{"empty rows", plots.Field{Values: [][]float64{{}, {}}}, "plots: Field.Values is empty"},
		{"ragged", plots.Field{Values: ragged}, "plots: Field.Values[1] has 1 values, want 2 as in [0]"},
		{"nothing finite", plots.Field{Values: lost}, "plots: Field.Values: none of its 4 values is finite, want at least one"},
		{"zero on a log bar", plots.Field{Value: log, Values: [][]float64{{0, 1}}}, "plots: Field.Value.Log = true and the least value is 0, want all > 0"},
		{"negative on a log bar", plots.Field{Value: log, Values: [][]float64{{-2, 1}}}, "the least value is -2, want all > 0; SymLog takes either sign"},
		{"log domain", plots.Field{X: plots.Axis{Log: true, Min: 1, Max: 2}, Values: u}, "want linear axes"},
		{"limits", plots.Field{X: plots.Axis{Min: 2, Max: 1}, Values: u}, "X.Min = 2, Max = 1, want finite limits with Min < Max"},
		{"bar limits", plots.Field{Value: plots.Axis{Min: 2, Max: 1}, Values: u}, "plots: Field.Value.Min = 2"},
		{"symlog", plots.Field{Value: plots.Axis{SymLog: -1}, Values: u}, "plots: Field.Value.SymLog = -1, want a magnitude > 0"},
		{"symlog and log", plots.Field{Value: plots.Axis{SymLog: 1, Log: true}, Values: u}, "Log = true and SymLog = 1, want one of them"},
		{"NaN symlog", plots.Field{Value: plots.Axis{SymLog: nan}, Values: u}, "SymLog = NaN, want"},

		{"snapshots: none", plots.Snapshots{}, "plots: Snapshots.Fields has 0 fields, want 1 to 6"},
		{"snapshots: ragged", plots.Snapshots{Fields: [][][]float64{u, ragged}}, "plots: Snapshots.Fields[1][1] has 1 values, want 2"},
		{"snapshots: names", plots.Snapshots{Fields: [][][]float64{u}, Names: []string{"a", "b"}}, "Snapshots.Names has 2 names, want 1"},

		{"contour: empty", plots.Contour{}, "plots: Contour.Values is empty"},
		{"contour: levels", plots.Contour{Values: u, Levels: []float64{1, 1}}, "plots: Contour.Levels[1] = 1, want finite levels that rise"},
		{"contour: NaN level", plots.Contour{Values: u, Levels: []float64{nan}}, "plots: Contour.Levels[0] = NaN"},

		{"arrows: empty", plots.Arrows{}, "plots: Arrows.U is empty"},
		{"arrows: shape", plots.Arrows{U: u, V: u[:1]}, "plots: Arrows.V is 1 by 2, want 2 by 2 as U"},
		{"arrows: none", plots.Arrows{U: [][]float64{{1, nan}}, V: [][]float64{{nan, 1}}}, "no vector has two finite components"},
		{"arrows: count", plots.Arrows{U: u, V: u, Count: -1}, "plots: Arrows.Count = -1, want > 0"},
		{"streamlines: shape", plots.Streamlines{U: u, V: [][]float64{{1}}}, "plots: Streamlines.V is 1 by 1, want 2 by 2 as U"},
		{"streamlines: density", plots.Streamlines{U: u, V: u, Density: nan}, "plots: Streamlines.Density = NaN, want 0.1 to 10"},

		{"mesh: none", plots.Mesh{}, "plots: Mesh has no points, want at least one"},
		{"mesh: unequal", plots.Mesh{PointX: []float64{1, 2}, PointY: []float64{1}}, "plots: Mesh has 2 PointX, 1 PointY, want as many"},
		{"mesh: NaN", plots.Mesh{PointX: []float64{nan}, PointY: []float64{1}}, "plots: Mesh: point 0 is (NaN, 1), want finite places"},
		{"mesh: no triangles", plots.Mesh{PointX: []float64{1}, PointY: []float64{1}}, "plots: Mesh has no triangles"},
		{
			"mesh: index",
			plots.Mesh{PointX: []float64{1}, PointY: []float64{1}, Triangles: [][3]int{{0, 0, 1}}},
			"plots: Mesh.Triangles[0] = [0 0 1], want points 0 to 0",
		},
		{"mesh: nodal", mesh(func(m *plots.Mesh) { m.Nodal = m.Nodal[:3] }), "plots: Mesh.Nodal has 3 values, want 9, as many as points"},
		{"mesh: cellwise", mesh(func(m *plots.Mesh) { m.Nodal, m.Cellwise = nil, []float64{1} }), "plots: Mesh.Cellwise has 1 values, want 8, as many as triangles"},
		{"mesh: both", mesh(func(m *plots.Mesh) { m.Cellwise = make([]float64, 8) }), "want one of them"},
		{
			"mesh: nothing finite",
			mesh(func(m *plots.Mesh) { m.Nodal = nil; m.Cellwise = []float64{nan, nan, nan, nan, nan, nan, nan, nan} }),
			"none of its 8 values is finite",
		},

		{"mesh: levels", mesh(func(m *plots.Mesh) { m.Levels = []float64{2, 1} }), "plots: Mesh.Levels[1] = 1, want finite levels that rise"},
		{"mesh: levels of cells", mesh(func(m *plots.Mesh) { m.Nodal, m.Levels = nil, []float64{1} }), "plots: Mesh.Levels without Nodal values"},

		{"particles: none", plots.Particles{}, "plots: Particles has no points, want at least one"},
		{"particles: unequal", plots.Particles{PointX: []float64{1}}, "plots: Particles has 1 PointX, 0 PointY, want as many"},
		{"particles: values", plots.Particles{PointX: []float64{1}, PointY: []float64{1}, Values: []float64{1, 2}}, "Particles.Values has 2 values, want 1"},
		{"particles: NaN", plots.Particles{PointX: []float64{nan}, PointY: []float64{1}}, "none of the 1 points is finite"},
		{"particles: radius", plots.Particles{PointX: []float64{1}, PointY: []float64{1}, Radius: -1}, "plots: Particles.Radius = -1 pt, want 0 to 100"},

		{"network: none", plots.Network{}, "plots: Network has no points"},
		{"network: edge", plots.Network{PointX: []float64{1}, PointY: []float64{1}, Edges: [][2]int{{0, 1}}}, "plots: Network.Edges[0] = [0 1], want nodes 0 to 0"},
		{"network: values", plots.Network{PointX: []float64{1}, PointY: []float64{1}, Values: []float64{nan}}, "none of the 1 is finite"},

		{"space-time: times", plots.SpaceTime{Times: []float64{0}, Points: []float64{0, 1}, Values: u}, "plots: SpaceTime.Times has 1 values, want at least 2"},
		{
			"space-time: order",
			plots.SpaceTime{Times: []float64{0, 0}, Points: []float64{0, 1}, Values: u},
			"plots: SpaceTime.Times[1] = 0, want finite values that rise",
		},
		{
			"space-time: shape",
			plots.SpaceTime{Times: []float64{0, 1, 2}, Points: []float64{0, 1}, Values: u},
			"plots: SpaceTime.Values is 2 by 2, want 3 by 2, times by points",
		},

		{"surface: small", plots.Surface{Values: [][]float64{{1, 2}}}, "plots: Surface.Values is 1 by 2, want at least 2 by 2"},
		{"surface: open", plots.Surface{Values: [][]float64{{1, nan}, {1, 1}}}, "none of its 1 cells has four finite corners"},
		{"surface: view", plots.Surface{Values: u, Elevation: 91}, "Elevation = 91, want"},

		{"plane: none", plots.Plane{}, "plots: Plane has no layers, want at least one"},
		{"plane: nil", plots.Plane{Layers: []plots.Layer{nil}}, "plots: Plane.Layers[0] is nil"},
		{"plane: layer", plots.Plane{Layers: []plots.Layer{plots.Field{Values: u}, plots.Contour{}}}, "plots: Plane.Layers[1]: plots: Contour.Values is empty"},
		{"plane: log", plots.Plane{X: log, Layers: []plots.Layer{plots.Field{Values: u}}}, "plots: Plane.X or Y is logarithmic, want linear axes"},
		{"plane: aspect", plots.Plane{Aspect: nan, Layers: []plots.Layer{plots.Field{Values: u}}}, "plots: Plane.Aspect = NaN"},

		{"inset: no limits", lines(func(l *plots.Lines) { l.Inset = &plots.Inset{} }), "plots: Lines.Inset has no limits, want Min and Max"},
		{"inset: corner", lines(func(l *plots.Lines) { l.Inset = &plots.Inset{Corner: 7} }), "plots: Lines.Inset.Corner = 7, want"},
		{"inset: series", lines(func(l *plots.Lines) { l.Inset = &plots.Inset{Series: make([]plots.Series, 1)} }), "no points, want at least one"},
		{"right: empty", lines(func(l *plots.Lines) { l.RightSeries = make([]plots.Series, 1) }), "no points, want at least one"},
		{"right: log", lines(func(l *plots.Lines) {
			l.Right.Log, l.RightSeries = true, []plots.Series{{Name: "r", X: []float64{1}, Y: []float64{-1}}}
		}), `plots: Series "r": Y[0] = -1, want > 0 on a log axis`},
		{"symlog line", lines(func(l *plots.Lines) { l.Y.SymLog = math.Inf(1) }), "plots: Lines.Y.SymLog = +Inf, want a magnitude > 0"},
	})
}

func mesh(change func(*plots.Mesh)) plots.Mesh {
	m := square(2, 0, 1)
	change(&m)
	return m
}

func lines(change func(*plots.Lines)) plots.Lines {
	l := simple("u")
	change(&l)
	return l
}

// Unusual but right fields are drawn without an error, in all formats.
func TestExtremeFields(t *testing.T) {
	nan := math.NaN()
	constant := func(v float64) [][]float64 { return grid(5, 4, func(float64, float64) float64 { return v }) }
	hole := vortices(12, 0)
	hole[5][5], hole[0][0], hole[11][3] = nan, math.Inf(1), math.Inf(-1)
	one := [][]float64{{3}}
	two := color.Palette{color.Black, color.White}
	for name, d := range map[string]plots.Drawing{
		"constant":             plots.Field{Values: constant(5)},
		"zero":                 plots.Field{Values: constant(0)},
		"constant log":         plots.Field{Value: plots.Axis{Log: true}, Values: constant(5)},
		"constant symlog":      plots.Field{Value: plots.Axis{SymLog: 1}, Values: constant(-5)},
		"zero symlog":          plots.Field{Value: plots.Axis{SymLog: 1}, Values: constant(0)},
		"huge":                 plots.Field{Values: [][]float64{{-1e307, 1e307}}},
		"huge symlog":          plots.Field{Value: plots.Axis{SymLog: 1e-300}, Values: [][]float64{{-1e307, 1e307}}},
		"tiny":                 plots.Field{Values: [][]float64{{1e-300, 2e-300}}},
		"one cell":             plots.Field{Values: one},
		"hole":                 plots.Field{Values: hole},
		"two colours":          plots.Field{Values: hole, Colours: two},
		"one colour":           plots.Field{Values: hole, Colours: two[:1]},
		"long":                 plots.Field{X: plots.Axis{Max: 1e6}, Values: hole},
		"narrow":               plots.Field{Y: plots.Axis{Max: 1e6}, Values: hole},
		"snapshots":            plots.Snapshots{Fields: [][][]float64{one, hole}},
		"constant contour":     plots.Contour{Values: constant(5)},
		"constant bands":       plots.Contour{Values: constant(5), Filled: true, Labels: true},
		"contour of one":       plots.Contour{Values: one},
		"bands of one":         plots.Contour{Values: one, Filled: true},
		"contour with holes":   plots.Contour{Values: hole, Labels: true},
		"bands with holes":     plots.Contour{Values: hole, Filled: true},
		"levels outside":       plots.Contour{Values: hole, Filled: true, Levels: []float64{-100, 100}},
		"no levels":            plots.Contour{Values: hole, Filled: true, Levels: []float64{}},
		"contours of a saddle": plots.Contour{Values: [][]float64{{1, -1}, {-1, 1}}, Levels: []float64{0}},
		"log bands":            plots.Contour{Value: plots.Axis{Log: true}, Filled: true, Values: [][]float64{{1e-5, 1e-3}, {1, 1e3}}},
		"coloured contours":    plots.Contour{Values: hole, Colours: plots.Turbo()},
		"arrows at rest":       plots.Arrows{U: constant(0), V: constant(0)},
		"arrows with holes":    plots.Arrows{U: hole, V: hole, Colours: two},
		"huge arrows":          plots.Arrows{U: constant(1e300), V: constant(-1e300)},
		"lines at rest":        plots.Streamlines{U: constant(0), V: constant(0)},
		"lines with holes":     plots.Streamlines{U: hole, V: constantLike(hole), Colours: two},
		"one vector":           plots.Streamlines{U: one, V: one},
		"flat triangle":        plots.Mesh{PointX: []float64{0, 1, 2}, PointY: []float64{0, 0, 0}, Triangles: [][3]int{{0, 1, 2}}, Nodal: []float64{1, 2, 3}},
		"one point of a mesh":  plots.Mesh{PointX: []float64{0}, PointY: []float64{0}, Triangles: [][3]int{{0, 0, 0}}, Nodal: []float64{1}},
		"mesh of edges":        mesh(func(m *plots.Mesh) { m.Nodal = nil }),
		"mesh with a hole":     mesh(func(m *plots.Mesh) { m.Nodal[4] = nan }),
		"large mesh of edges":  mesh(func(m *plots.Mesh) { *m = square(60, 0, 1); m.Edges = true }),
		"one particle":         plots.Particles{PointX: []float64{3}, PointY: []float64{4}, Values: []float64{5}},
		"lost particles":       plots.Particles{PointX: []float64{3, nan, 4}, PointY: []float64{4, 1, 5}, Values: []float64{nan, 1, 2}},
		"one node":             plots.Network{PointX: []float64{3}, PointY: []float64{4}},
		"loop":                 plots.Network{PointX: []float64{3, 4}, PointY: []float64{4, 4}, Edges: [][2]int{{0, 0}, {0, 1}}},
		"uneven times":         plots.SpaceTime{Times: []float64{0, 1, 1e3}, Points: []float64{-1, 0.5}, Values: [][]float64{{1, 2}, {nan, 3}, {3, 4}}},
		"constant surface":     plots.Surface{Values: constant(5)},
		"surface with a hole":  plots.Surface{Values: hole},
		"surface from above":   plots.Surface{Values: hole, Elevation: 90},
		"surface from below":   plots.Surface{Values: hole, Azimuth: 200, Elevation: -90},
		"surface from a side":  plots.Surface{Values: hole, Azimuth: 90},
		"part of a field": plots.Plane{
			X: plots.Axis{Min: 0.2, Max: 0.4}, Y: plots.Axis{Min: 0.3, Max: 2},
			Layers: []plots.Layer{plots.Field{Values: hole}, plots.Contour{Values: hole, Filled: true}},
		},
		"outside a field": plots.Plane{X: plots.Axis{Min: 2, Max: 4}, Layers: []plots.Layer{plots.Field{Values: hole}, plots.Streamlines{U: hole, V: hole}}},
		"symlog line":     lines(func(l *plots.Lines) { l.Y.SymLog = 1e-3; l.X.SymLog = 1 }),
		"inset of own":    lines(func(l *plots.Lines) { l.Inset = &plots.Inset{Series: l.Series, Corner: plots.BottomRight} }),
	} {
		t.Run(name, func(t *testing.T) {
			f := figureOf(t, d)
			for _, write := range []func(io.Writer) error{f.WritePDF, f.WritePNG, f.WriteCSV} {
				bytesOf(t, write)
			}
			svg := bytesOf(t, f.WriteSVG)
			if bad := regexp.MustCompile(` [a-z1-2]+="[^"]*(NaN|Inf)[ ,LCZ"][^"]*"`).Find(svg); bad != nil {
				t.Errorf("the SVG has coordinates that are not numbers: %s", bad)
			}
		})
	}
}

func constantLike(u [][]float64) [][]float64 {
	return grid(len(u), len(u[0]), func(float64, float64) float64 { return 1 })
}

// What is not finite is counted in the legend.
func TestMasksAreCounted(t *testing.T) {
	u := vortices(10, 0)
	u[3][3], u[4][4], u[5][5] = math.NaN(), math.Inf(1), math.Inf(-1)
	v := vortices(10, 1)
	for name, test := range map[string]struct {
		drawing plots.Drawing
		want    string
	}{
		"field":       {plots.Field{Values: u}, "3 of 100 cells not finite"},
		"row":         {plots.FieldRow{Reference: v, Prediction: u}, "3 of 200 cells not finite"},
		"snapshots":   {plots.Snapshots{Fields: [][][]float64{u, v}}, "3 of 200 cells not finite"},
		"contour":     {plots.Contour{Values: u}, "3 of 100 values not finite"},
		"arrows":      {plots.Arrows{U: u, V: v}, "3 of 100 arrows not finite"},
		"streamlines": {plots.Streamlines{U: u, V: v}, "3 of 100 vectors not finite"},
		"mesh":        {mesh(func(m *plots.Mesh) { m.Nodal[0] = math.NaN() }), "1 of 8 triangles not finite"},
		"particles":   {plots.Particles{PointX: u[3], PointY: v[3]}, "1 of 10 particles not finite"},
		"network":     {plots.Network{PointX: v[3], PointY: v[4], Values: u[3]}, "1 of 10 nodes not finite"},
		"space-time":  {plots.SpaceTime{Times: linspace(0, 1, 10), Points: linspace(0, 1, 10), Values: u}, "3 of 100 values not finite"},
		"surface":     {plots.Surface{Values: u}, "10 of 81 cells not finite"},
		"beyond":      {plots.Field{Value: plots.Axis{Max: 1}, Values: [][]float64{{-1, 0, 1, 2, math.NaN()}}}, "2 of 5 cells beyond the colour bar"},
		"constant":    {plots.Contour{Values: [][]float64{{5, 5}, {5, 5}}}, "constant: 5"},
		"at rest":     {plots.Arrows{U: [][]float64{{0}}, V: [][]float64{{0}}}, "all vectors are zero"},
		"still":       {plots.Streamlines{U: [][]float64{{0}}, V: [][]float64{{0}}}, "no line: the field is at rest"},
		"all right":   {plots.Field{Values: v}, ""},
	} {
		text := textOf(t, bytesOf(t, figureOf(t, test.drawing).WriteSVG))
		if !strings.Contains(text, test.want) || test.want == "" && strings.Contains(text, "not finite") {
			t.Errorf("%s: the legend does not say %q:\n%s", name, test.want, text)
		}
	}
}

// Labels of a symmetric log axis, and its linear middle.
func TestSymLogLabels(t *testing.T) {
	for _, test := range []struct {
		lo, hi, linear float64
		want           string
	}{
		{-1000, 1000, 1, "−1000 −100 −10 −1 0 1 10 100 1000"},
		{-10, 1e4, 1, "−10 −1 0 1 10 100 1000 10000"},
		{-0.5, 0.5, 1, "−0.4 −0.2 0.0 0.2 0.4"},
		{-1e6, 1e6, 1e-6, "−10|6 −10|2 −10|−2 0 10|−2 10|2 10|6"},
	} {
		svg := bytesOf(t, figureOf(t, plots.Lines{
			X:      plots.Axis{Min: test.lo, Max: test.hi, SymLog: test.linear},
			Y:      plots.Axis{Min: 0, Max: 1, Ticks: []float64{}},
			Series: []plots.Series{{X: []float64{test.lo, test.hi}, Y: []float64{0, 1}}},
		}).WriteSVG)
		got := strings.Join(strings.Fields(textOf(t, svg)), " ")
		if got != strings.ReplaceAll(test.want, "|", " ") {
			t.Errorf("labels from %g to %g are %q, want %q", test.lo, test.hi, got, test.want)
		}
	}
}
