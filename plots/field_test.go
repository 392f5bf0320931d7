package plots_test

import (
	"bytes"
	"encoding/base64"
	"encoding/csv"
	"image/color"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/image/font/sfnt"

	"github.com/fieldbook-go/fieldbook/plots"
)

// numbersOf returns the rows of a figure's CSV without the head.
func numbersOf(t *testing.T, d plots.Drawing) [][]string {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(bytesOf(t, figureOf(t, d).WriteCSV))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if head := strings.Join(rows[0], ","); head != "panel,name,x,y,low,high,value" {
		t.Errorf("the head is %q", head)
	}
	return rows[1:]
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// stroke is a path of an SVG.
type stroke struct {
	attributes string
	x, y       []float64
}

// strokesOf returns the paths of a figure's SVG.
func strokesOf(t *testing.T, d plots.Drawing) []stroke {
	t.Helper()
	var out []stroke
	svg := bytesOf(t, figureOf(t, d).WriteSVG)
	for _, path := range regexp.MustCompile(`<path ([^>]*) d="([^"]*)"`).FindAllSubmatch(svg, -1) {
		s := stroke{attributes: string(path[1])}
		for _, p := range regexp.MustCompile(`[ML]([\d.-]+) ([\d.-]+)`).FindAllSubmatch(path[2], -1) {
			s.x, s.y = append(s.x, number(t, string(p[1]))), append(s.y, number(t, string(p[2])))
		}
		out = append(out, s)
	}
	return out
}

// The contour of (x − ½)² + (y − ½)² at 0.09 is a circle of radius 0.3.
func TestContourOfCircle(t *testing.T) {
	u := grid(64, 64, func(x, y float64) float64 { return math.Pow(x-0.5, 2) + math.Pow(y-0.5, 2) })
	var frame, line stroke
	for _, s := range strokesOf(t, plots.Contour{Values: u, Levels: []float64{0.09}}) {
		if strings.Contains(s.attributes, `stroke-width="0.7"`) {
			line = s
		}
		if strings.Contains(s.attributes, `stroke-width="0.6"`) && len(s.x) >= 4 {
			frame = s
		}
	}
	if len(line.x) < 100 || len(frame.x) < 4 {
		t.Fatalf("%d points of a contour, %d of the frame", len(line.x), len(frame.x))
	}
	unit := frame.x[1] - frame.x[0] // of the domain, in points
	if unit == 0 {
		unit = frame.x[2] - frame.x[0]
	}
	unit = math.Abs(unit)
	cx, cy := (frame.x[0]+frame.x[2])/2, (frame.y[0]+frame.y[2])/2
	for i := range line.x {
		// Linear interpolation of a parabola errs by at most h²/8 · 2 = 6·10⁻⁵ of
		// value, which is 10⁻⁴ of radius; the SVG is written to 0.01 points, 5·10⁻⁵.
		if r := math.Hypot(line.x[i]-cx, line.y[i]-cy) / unit; math.Abs(r-0.3) > 2e-4 {
			t.Fatalf("point %d has radius %.5f, want 0.3", i, r)
		}
	}
	if line.x[0] != line.x[len(line.x)-1] || line.y[0] != line.y[len(line.y)-1] {
		t.Error("the circle is not closed")
	}
}

// All lines of a bump that is nearly zero at the border are inside: none is at zero, which the extrapolation to the border crosses.
func TestContourLevelsAreReached(t *testing.T) {
	u := grid(24, 24, func(x, y float64) float64 {
		return math.Exp(-100 * (math.Pow(x-0.5, 2) + math.Pow(y-0.5, 2)))
	})
	var frame float64
	var lines []float64 // widths
	for _, s := range strokesOf(t, plots.Contour{Values: u}) {
		width := slices.Max(s.x) - slices.Min(s.x)
		switch {
		case strings.Contains(s.attributes, `stroke-width="0.7"`):
			lines = append(lines, width)
		case len(s.x) >= 4 && strings.Contains(s.attributes, `stroke-width="0.6"`):
			frame = width
		}
	}
	if len(lines) < 4 || slices.Max(lines) > 0.5*frame {
		t.Errorf("lines of widths %.0f in a frame of %.0f points, want some circles about the bump", lines, frame)
	}
}

// On triangles the level of a linear field is a straight line, in one piece.
func TestMeshLevels(t *testing.T) {
	m := square(10, 0, 1)
	m.Levels = []float64{0.33}
	for k := range m.Triangles { // some turn the other way
		if k%3 == 0 {
			m.Triangles[k][0], m.Triangles[k][1] = m.Triangles[k][1], m.Triangles[k][0]
		}
	}
	var found []stroke
	for _, s := range strokesOf(t, m) {
		if strings.Contains(s.attributes, `stroke-width="0.7"`) {
			found = append(found, s)
		}
	}
	if len(found) != 1 || len(found[0].x) != 21 {
		t.Fatalf("%d lines, want one of 21 points", len(found))
	}
	for _, x := range found[0].x {
		// Coordinates are written to 0.01 points.
		if math.Abs(x-found[0].x[0]) > 0.011 {
			t.Errorf("the line bends: x = %v", found[0].x)
			break
		}
	}
}

// Bands cover their part of the domain: the region above 0.5 of a field that
// rises from 0 to 1 along x is the right half.
func TestBandsCover(t *testing.T) {
	u := grid(16, 16, func(x, _ float64) float64 { return x })
	var fills []stroke
	for _, s := range strokesOf(t, plots.Contour{Filled: true, Values: u, Levels: []float64{0.5}, Colours: color.Palette{color.Black, color.White}}) {
		if len(s.x) > 16 && !strings.Contains(s.attributes, "fill=\"none\"") {
			fills = append(fills, s)
		}
	}
	if len(fills) != 2 {
		t.Fatalf("%d bands, want 2", len(fills))
	}
	area := func(s stroke) float64 {
		a := 0.0
		for i := range s.x {
			j := (i + 1) % len(s.x)
			a += (s.x[i]*s.y[j] - s.x[j]*s.y[i]) / 2
		}
		return math.Abs(a)
	}
	// Coordinates are written to 0.01 points of about 200.
	if ratio := area(fills[1]) / area(fills[0]); math.Abs(ratio-0.5) > 1e-4 {
		t.Errorf("the upper band covers %.5f of the domain, want 0.5", ratio)
	}
}

// The streamlines of a rotation are circles, and as far apart as Density says.
func TestStreamlinesOfRotation(t *testing.T) {
	u := grid(32, 32, func(_, y float64) float64 { return 0.5 - y })
	v := grid(32, 32, func(x, _ float64) float64 { return x - 0.5 })
	radii := map[string][2]float64{}
	for _, row := range numbersOf(t, plots.Streamlines{U: u, V: v}) {
		r := math.Hypot(number(t, row[2])-0.5, number(t, row[3])-0.5)
		if r > 0.47 {
			continue // in the half cells at the edge the field is not linear
		}
		span, ok := radii[row[1]]
		if !ok {
			span = [2]float64{r, r}
		}
		radii[row[1]] = [2]float64{min(span[0], r), max(span[1], r)}
	}
	if len(radii) < 5 {
		t.Errorf("%d lines, want at least 5", len(radii))
	}
	for name, span := range radii {
		// A rotation is linear, so that bilinear interpolation is exact; the
		// method's error in a turn of radius 0.05 by steps of 0.004 is 10⁻⁶.
		if span[1]-span[0] > 1e-4 {
			t.Errorf("%s: radius %.6f to %.6f, want a circle", name, span[0], span[1])
		}
	}
}

func TestCSV(t *testing.T) {
	rows := numbersOf(t, plots.Field{Values: [][]float64{{1, 2, 3}, {4, math.NaN(), 6}}, Value: plots.Axis{Label: "u"}})
	if len(rows) != 6 {
		t.Fatalf("%d rows, want 6", len(rows))
	}
	if got := strings.Join(rows[3], ","); got != ",u,0.75,0.16666666666666666,,,4" {
		t.Errorf("row 3 is %s", got)
	}
	if rows[4][6] != "NaN" {
		t.Errorf("the value that is not finite is %q, want NaN", rows[4][6])
	}
	rows = numbersOf(t, plots.Grid{Rows: [][]plots.Drawing{{
		plots.Lines{Series: []plots.Series{{Name: "one, two", X: []float64{1}, Y: []float64{2}, Low: []float64{0}, High: []float64{3}}}},
		plots.Compare{Points: []float64{0, 1}, Reference: [][]float64{{1, 2}}, Prediction: [][]float64{{1, 2}}},
	}}})
	if got := strings.Join(rows[0], "|"); got != "a|one, two|1|2|0|3|" {
		t.Errorf("the first row is %s", got)
	}
	if got := strings.Join(rows[1], "|"); got != "b|reference|0|1|||" {
		t.Errorf("the second row is %s", got)
	}
	if err := plots.Wrap(nil, 10, 10).WriteCSV(&bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), "no numbers") {
		t.Errorf("error = %v, want it to say that a wrapped plot has no numbers", err)
	}
}

// Every kind of a field's figures has its numbers.
func TestCSVOfFields(t *testing.T) {
	u := vortices(8, 0)
	mesh := square(2, 0, 1)
	for name, test := range map[string]struct {
		drawing plots.Drawing
		rows    int
	}{
		"row":       {plots.FieldRow{Reference: u, Prediction: u}, 3 * 64},
		"snapshots": {plots.Snapshots{Fields: [][][]float64{u, u}}, 2 * 64},
		"contour":   {plots.Contour{Values: u}, 64},
		"arrows":    {plots.Arrows{U: u, V: u}, 2 * 64},
		"mesh":      {mesh, 9},
		"cells":     {plots.Mesh{PointX: mesh.PointX, PointY: mesh.PointY, Triangles: mesh.Triangles, Cellwise: make([]float64, 8)}, 8},
		"surface":   {plots.Surface{Values: u}, 64},
		"particles": {plots.Particles{PointX: []float64{1, math.NaN()}, PointY: []float64{1, 2}}, 1},
		"twin": {plots.Lines{
			Series: simple("a").Series, RightSeries: simple("b").Series,
		}, 40},
	} {
		if rows := numbersOf(t, test.drawing); len(rows) != test.rows {
			t.Errorf("%s: %d rows, want %d", name, len(rows), test.rows)
		}
	}
}

func TestSaveWritesInfoAndNumbers(t *testing.T) {
	f := figureOf(t, simple("u"))
	f.CSV = true
	f.Info = []plots.Fact{{Name: "run", Value: "3f2a"}, {Name: "title", Value: "Δt = 10⁻³ <&>"}}
	base := filepath.Join(t.TempDir(), "f")
	if err := f.Save(base); err != nil {
		t.Fatal(err)
	}
	for file, want := range map[string]string{
		base + ".png": "iTXttitle\x00\x00\x00\x00\x00Δt = 10⁻³ <&>",
		base + ".svg": "<metadata>run: 3f2a; title: Δt = 10⁻³ &lt;&amp;&gt;</metadata>",
		base + ".csv": "panel,name,x,y",
	} {
		if !bytes.Contains(read(t, file), []byte(want)) {
			t.Errorf("%s does not contain %q", filepath.Base(file), want)
		}
	}
	if !bytes.Contains(read(t, base+".png"), []byte("tEXtrun\x003f2a")) {
		t.Error("the PNG has no text chunk of the run")
	}
	if info := pdfInfo(t, base+".pdf"); !strings.Contains(info, "run: 3f2a; title: Δt = 10⁻³ <&>") {
		t.Errorf("the PDF's information is\n%s", info)
	}
	for _, bad := range []plots.Fact{{}, {Name: "a b"}, {Name: "a:"}, {Name: strings.Repeat("a", 80)}, {Name: "a", Value: "b\nc"}} {
		f.Info = []plots.Fact{bad}
		if err := f.Save(base); err == nil || !strings.Contains(err.Error(), "plots: Figure.Info[0]") {
			t.Errorf("%+v: error = %v, want it to name Info[0]", bad, err)
		}
	}
	if _, err := os.Stat(base + ".csv"); err != nil {
		t.Error(err)
	}
}

// On a dark page text and all series colours keep a contrast that can be read:
// WCAG asks 3 for graphics and 4.5 for text.
func TestDarkContrast(t *testing.T) {
	l := plots.Lines{X: plots.Axis{Label: "x"}}
	for i := range plots.Palette() {
		l.Series = append(l.Series, plots.Series{X: []float64{0, 1}, Y: []float64{0, float64(i)}})
	}
	f := figureOf(t, l)
	f.Dark = true
	svg := string(bytesOf(t, f.WriteSVG))
	found := regexp.MustCompile(`(stroke|fill)="#([0-9a-f]{6})"( stroke-width="1.1")?`).FindAllStringSubmatch(svg, -1)
	page := luminance(t, found[0][2])
	if page > 0.02 {
		t.Fatalf("the page is #%s, want a dark one", found[0][2])
	}
	seen := map[string]bool{}
	for _, m := range found {
		contrast := (luminance(t, m[2]) + 0.05) / (page + 0.05)
		if m[3] != "" {
			seen[m[2]] = true
			if contrast < 4.5 {
				t.Errorf("series colour #%s has a contrast of %.1f, want at least 4.5", m[2], contrast)
			}
		}
	}
	if len(seen) != 8 {
		t.Errorf("%d series colours, want 8", len(seen))
	}
	for _, m := range regexp.MustCompile(`<text [^>]*fill="#([0-9a-f]{6})"`).FindAllStringSubmatch(svg, -1) {
		if contrast := (luminance(t, m[1]) + 0.05) / (page + 0.05); contrast < 4.5 {
			t.Errorf("text colour #%s has a contrast of %.1f, want at least 4.5", m[1], contrast)
		}
	}
}

func pdfInfo(t *testing.T, file string) string {
	t.Helper()
	out, err := exec.Command(poppler(t, "pdfinfo"), file).CombinedOutput()
	if err != nil {
		t.Fatalf("pdfinfo: %v\n%s", err, out)
	}
	return string(out)
}

// luminance is the relative luminance of WCAG of a colour in hexadecimal.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	l := lightness(color.NRGBA{R: uint8(v >> 16), G: uint8(v >> 8), B: uint8(v), A: 0xFF})
	if l <= 8 {
		return l * 27 / 24389
	}
	return math.Pow((l+16)/116, 3)
}

// Data keep their colours on a dark page.
func TestDarkKeepsData(t *testing.T) {
	d := plots.Network{PointX: []float64{0, 1}, PointY: []float64{0, 1}, Values: []float64{0, math.NaN()}}
	f := figureOf(t, d)
	f.Dark = true
	svg := string(bytesOf(t, f.WriteSVG))
	if !strings.Contains(svg, `fill="#bbbbbb"`) {
		t.Error("the node without a value is not the grey that the legend shows")
	}
}

// A grid without limits fills the plane that it lies in.
func TestPlaneGivesItsLimits(t *testing.T) {
	x, y, u := plots.Axis{Min: -1, Max: 2}, plots.Axis{Min: 1, Max: 3}, vortices(9, 0)
	for name, layer := range map[string]plots.Layer{
		"field": plots.Field{Values: u}, "contour": plots.Contour{Values: u}, "bands": plots.Contour{Values: u, Filled: true},
		"arrows": plots.Arrows{U: u, V: u}, "streamlines": plots.Streamlines{U: u, V: u},
	} {
		own := layer
		switch l := layer.(type) {
		case plots.Field:
			l.X, l.Y = x, y
			own = l
		case plots.Contour:
			l.X, l.Y = x, y
			own = l
		case plots.Arrows:
			l.X, l.Y = x, y
			own = l
		case plots.Streamlines:
			l.X, l.Y = x, y
			own = l
		}
		want := bytesOf(t, figureOf(t, own).WriteSVG)
		got := bytesOf(t, figureOf(t, plots.Plane{X: x, Y: y, Layers: []plots.Layer{layer}}).WriteSVG)
		if !bytes.Equal(got, want) {
			t.Errorf("%s: the plane's limits give another picture than the layer's own", name)
		}
	}
}

// Equal fields give equal bytes, whatever becomes of the caller's data.
func TestFieldsSameBytesTwice(t *testing.T) {
	u, v := vortices(12, 0), vortices(12, 1)
	times, levels := linspace(0, 1, 12), []float64{-0.5, 0, 0.5}
	m := square(60, 0, 1)
	m.Edges, m.Levels = true, []float64{0.25, 0.5}
	small := square(3, 0, 1)
	nodes := plots.Network{PointX: times, PointY: u[0], Values: u[1], Edges: [][2]int{{0, 1}}}
	f := figureOf(t, plots.Grid{Letters: true, Rows: [][]plots.Drawing{
		{plots.Field{Values: u}, plots.Contour{Values: u, Filled: true, Levels: levels, Labels: true}, plots.Surface{Values: u}, plots.Surface{Values: v}},
		{plots.Arrows{U: u, V: v}, plots.Streamlines{U: u, V: v, Colours: plots.Turbo()}, m, small},
		{nodes, plots.SpaceTime{Times: times, Points: times, Values: u}, plots.Particles{PointX: times, PointY: u[0], Values: u[1]}},
	}})
	for _, format := range []struct {
		name  string
		write func(io.Writer) error
	}{{"pdf", f.WritePDF}, {"svg", f.WriteSVG}, {"csv", f.WriteCSV}} {
		before := bytesOf(t, format.write)
		for range 3 {
			if !bytes.Equal(before, bytesOf(t, format.write)) {
				t.Fatalf("%s: the bytes differ from one drawing to the next", format.name)
			}
		}
		for _, data := range [][]float64{u[0], u[1], u[5], v[2], times, levels, m.Nodal, m.PointX, m.Levels, small.PointY} {
			data[1] = 99
		}
		m.Triangles[1], small.Triangles[1], nodes.Edges[0] = [3]int{}, [3]int{}, [2]int{}
		if !bytes.Equal(before, bytesOf(t, format.write)) {
			t.Errorf("%s: the figure changed with the caller's data", format.name)
		}
	}
}

// A saved SVG stands alone: for each font in use it holds one with all the
// characters that are set in it, and their widths.
func TestSavedSVGHoldsItsFonts(t *testing.T) {
	base := filepath.Join(t.TempDir(), "f")
	l := simple("bold")
	l.Title = `$\nabla u$ ∈ 😀`
	f := figureOf(t, plots.Grid{Letters: true, Rows: [][]plots.Drawing{{l}}})
	var first []byte
	for range 5 {
		if err := f.Save(base); err != nil {
			t.Fatal(err)
		}
		svg := read(t, base+".svg")
		if first == nil {
			first = svg
		}
		if !bytes.Equal(svg, first) {
			t.Fatal("the bytes differ from one file to the next")
		}
	}
	found := regexp.MustCompile(`@font-face\{font-family:'([^']*)'([^}]*);src:url\(data:font/ttf;base64,([^)]*)\)\}`).FindAllSubmatch(first, -1)
	characters := map[string]string{
		"DejaVu Sans": "∇∈", "Liberation Sans": "01bolduxν=", "Liberation Sans;font-weight:bold": "(a)", "Liberation Sans;font-style:italic": "u",
	}
	if len(found) != len(characters) {
		t.Errorf("%d fonts, want %d", len(found), len(characters))
	}
	for _, m := range found {
		data, err := base64.StdEncoding.DecodeString(string(m[3]))
		if err != nil {
			t.Fatal(err)
		}
		face, err := sfnt.Parse(data)
		if err != nil {
			t.Fatalf("%s%s: %v", m[1], m[2], err)
		}
		for _, r := range characters[string(m[1])+string(m[2])] {
			if index, err := face.GlyphIndex(nil, r); err != nil || index == 0 {
				t.Errorf("%s%s has no %c (%v)", m[1], m[2], r, err)
			}
		}
	}
	// Whole fonts would be 2 MB; four cut ones are 70 kB, most of it the hinting
	// that they share among all glyphs.
	if len(first) > 100_000 {
		t.Errorf("%d bytes, want at most 100,000", len(first))
	}
}
