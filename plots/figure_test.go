package plots_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"rsc.io/pdf"

	"github.com/fieldbook-go/fieldbook/plots"
)

// figureOf returns a drawing's figure or fails the test.
func figureOf(t testing.TB, d plots.Drawing) plots.Figure {
	t.Helper()
	f, err := d.Figure()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func bytesOf(t testing.TB, write func(io.Writer) error) []byte {
	t.Helper()
	var buffer bytes.Buffer
	if err := write(&buffer); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

// simple is a small figure with the given name in its legend.
func simple(name string) plots.Lines {
	x := linspace(0, 1, 20)
	return plots.Lines{
		X: plots.Axis{Label: "x"}, Y: plots.Axis{Label: "u(x), ν = 10⁻³"},
		Series: []plots.Series{{Name: name, X: x, Y: x, Marker: plots.Circle}},
	}
}

func TestPDFEmbedsItsFonts(t *testing.T) {
	data := bytesOf(t, figureOf(t, plots.Grid{Letters: true, Rows: [][]plots.Drawing{{simple("one")}}}).WritePDF)
	doc, err := pdf.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if n := doc.NumPage(); n != 1 {
		t.Errorf("%d pages, want 1", n)
	}
	fonts := doc.Page(1).Resources().Key("Font")
	if n := len(fonts.Keys()); n != 2 {
		t.Errorf("%d fonts, want 2: regular, and bold for the panel letter", n)
	}
	for _, key := range fonts.Keys() {
		font := fonts.Key(key)
		name := font.Key("BaseFont").Name()
		descriptor := font.Key("DescendantFonts").Index(0).Key("FontDescriptor")
		if descriptor.Key("FontFile2").IsNull() {
			t.Errorf("font %s has no FontFile2: it is not embedded", name)
		}
		if font.Key("ToUnicode").IsNull() {
			t.Errorf("font %s has no ToUnicode: its text cannot be searched or copied", name)
		}
	}
	// Whole fonts would be 800 kB; a subset of a few dozen glyphs is far below.
	if len(data) > 60_000 {
		t.Errorf("%d bytes, want at most 60000: are whole fonts embedded?", len(data))
	}
}

func TestFieldPDFIsSmall(t *testing.T) {
	f := figureOf(t, plots.FieldRow{Reference: vortices(256, 0), Prediction: vortices(256, 0.1)})
	data := bytesOf(t, f.WritePDF)
	// Three fields and two colour bars, each one image: 65536 cells as vector
	// rectangles would be megabytes, and show seams.
	if n := bytes.Count(data, []byte("/Subtype /Image")); n != 5 {
		t.Errorf("%d images, want 5", n)
	}
	if len(data) > 300_000 {
		t.Errorf("%d bytes, want at most 300000", len(data))
	}
}

// textOf parses SVG as XML and returns its text.
func textOf(t *testing.T, svg []byte) string {
	t.Helper()
	var text strings.Builder
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text.String()
		}
		if err != nil {
			t.Fatalf("SVG is not well-formed: %v", err)
		}
		if chars, ok := token.(xml.CharData); ok {
			text.Write(chars)
			text.WriteByte('\n')
		}
	}
}

func TestSVGEscapesText(t *testing.T) {
	for _, name := range []string{`a<b & "c"`, "it's ]]> </text>", "ν ≤ 3 µm", "50 %", "<script>"} {
		svg := bytesOf(t, figureOf(t, simple(name)).WriteSVG)
		if text := textOf(t, svg); !strings.Contains(text, name) {
			t.Errorf("legend %q is not in the text of the SVG:\n%s", name, text)
		}
	}
	// What XML cannot hold is replaced.
	svg := bytesOf(t, figureOf(t, simple("a\x00b\xffc")).WriteSVG)
	// The sign comes from another font, and so stands in an element of its own.
	if text := strings.ReplaceAll(textOf(t, svg), "\n", ""); !strings.Contains(text, "a\uFFFDb\uFFFDc") {
		t.Errorf("control and invalid characters are not replaced:\n%s", text)
	}
}

// SVG drops spaces at the start of a text; the word after a subscript stays in
// its place all the same.
func TestSVGSpaces(t *testing.T) {
	place := func(title string) float64 {
		svg := bytesOf(t, figureOf(t, plots.Lines{Title: title, Series: simple("").Series}).WriteSVG)
		found := regexp.MustCompile(`<text x="([\d.]+)"[^>]*>error<`).FindSubmatch(svg)
		if found == nil {
			t.Fatalf("no text %q in\n%s", "error", svg)
		}
		x, err := strconv.ParseFloat(string(found[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	gap := place("L_{2} error") - place("L_{2}^{}error")
	// A space of Liberation Sans is 0.278 of the size of 8 pt; the SVG is written to 0.01 pt.
	if math.Abs(gap-8*0.278) > 0.02 {
		t.Errorf("the space is %.2f pt wide, want 2.22", gap)
	}
}

// Every kind's SVG is XML, has no id that could clash in a page, and names its
// images' type rightly.
func TestSVGOfEveryExample(t *testing.T) {
	for _, example := range []func(){ExampleLoss, ExampleCompare, ExampleFieldRow, ExampleBars, ExampleWrap} {
		example()
	}
	for _, name := range []string{"loss", "compare", "fieldrow", "bars", "wrap"} {
		svg := read(t, filepath.Join("testdata", "out", name+".svg"))
		if text := textOf(t, svg); strings.TrimSpace(text) == "" {
			t.Errorf("%s.svg has no text", name)
		}
		for _, element := range regexp.MustCompile(`<text [^>]*>[^<]{2}`).FindAll(svg, -1) {
			if !bytes.Contains(element, []byte("textLength=")) {
				t.Errorf("%s.svg: a reader with another font would lose the layout at %s", name, element)
			}
		}
		if bytes.Contains(svg, []byte(" id=")) {
			t.Errorf("%s.svg has ids, want none, since two figures share a notebook's page", name)
		}
		if images := bytes.Count(svg, []byte("<image")); images != bytes.Count(svg, []byte("data:image/png;base64,iVBOR")) {
			t.Errorf("%s.svg: not all of its %d images are labelled as the PNG that they are", name, images)
		}
	}
}

func TestSameBytesTwice(t *testing.T) {
	x, y := linspace(0, 1, 30), linspace(2, 3, 30)
	u := vortices(16, 0)
	f := figureOf(t, plots.Grid{Letters: true, Rows: [][]plots.Drawing{
		{plots.Lines{Title: "µ μ Δ ∆ · ⋅", Series: []plots.Series{{Name: "u", X: x, Y: y, Low: y, High: y}}}},
		{plots.Compare{Points: x, Reference: [][]float64{y}, Prediction: [][]float64{y}}},
		{plots.FieldRow{Input: u, Reference: u, Prediction: u}},
	}})
	for _, format := range []struct {
		name  string
		write func(io.Writer) error
	}{{"pdf", f.WritePDF}, {"svg", f.WriteSVG}, {"png", f.WritePNG}} {
		before := bytesOf(t, format.write)
		for range 5 { // an order taken from a map would differ sooner or later
			if !bytes.Equal(before, bytesOf(t, format.write)) {
				t.Fatalf("%s: the bytes differ from one drawing to the next", format.name)
			}
		}
		kept, keptField := y[3], u[2][2]
		y[3], u[2][2] = 99, 99 // the caller's data change
		after := bytesOf(t, format.write)
		y[3], u[2][2] = kept, keptField
		if !bytes.Equal(before, after) {
			t.Errorf("%s: the figure changed with the caller's data", format.name)
		}
	}
}

// A wrapped plot too can be drawn by several goroutines at once (gonum's own
// Draw writes to the plot); the race detector sees it.
func TestDrawConcurrently(t *testing.T) {
	p := plot.New()
	plots.Theme(p)
	p.Add(plotter.NewGrid())
	f := plots.Wrap(p, plots.Column, plots.Column)
	want := bytesOf(t, f.WriteSVG)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			var got bytes.Buffer
			if err := f.WriteSVG(&got); err != nil || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("err = %v, same bytes: %v", err, bytes.Equal(got.Bytes(), want))
			}
		})
	}
	group.Wait()
}

func TestSizes(t *testing.T) {
	f := figureOf(t, simple("u"))
	if f.Width != plots.Column {
		t.Errorf("default width %v, want one column", f.Width)
	}
	f.Width, f.Height = plots.Page, 100*vg.Millimeter
	img, err := png.Decode(bytes.NewReader(bytesOf(t, f.WritePNG)))
	if err != nil {
		t.Fatal(err)
	}
	// 180 mm by 100 mm at 200 dots an inch, rounded up to whole pixels at most.
	if size := img.Bounds().Size(); size.X < 1417 || size.X > 1418 || size.Y < 787 || size.Y > 788 {
		t.Errorf("PNG is %v, want 1417 by 787", size)
	}
	svg := string(bytesOf(t, f.WriteSVG))
	if want := `width="510.24pt" height="283.46pt"`; !strings.Contains(svg, want) {
		t.Errorf("SVG does not contain %s", want)
	}
}

func TestSave(t *testing.T) {
	base := filepath.Join(t.TempDir(), "figures", "fno", "prediction.v2")
	if err := figureOf(t, simple("u")).Save(base); err != nil {
		t.Fatal(err)
	}
	for ext, magic := range map[string]string{".pdf": "%PDF-", ".svg": "<?xml", ".png": "\x89PNG"} {
		if data := read(t, base+ext); !bytes.HasPrefix(data, []byte(magic)) {
			t.Errorf("%s starts with %q, want %q", ext, data[:5], magic)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(base))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 3 {
		t.Errorf("%d files, want 3: %v", len(entries), entries)
	}
}

func TestSaveFailures(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken+".svg", "full"), 0o755); err != nil {
		t.Fatal(err)
	}
	f := figureOf(t, simple("u"))
	small := f
	small.Width, small.Height = 20, 20
	for _, test := range []struct {
		name, base, want string
		figure           plots.Figure
	}{
		{"a file in place of the folder", filepath.Join(file, "f"), file, f},
		{"a folder in place of the file", taken, taken + ".svg", f},
		{"no name", "", `Save("")`, f},
		{"an empty figure", filepath.Join(dir, "none"), "Figure.Width = 0", plots.Figure{}},
		{"too small", filepath.Join(dir, "none"), "want at least", small},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.figure.Save(test.base)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want it to name %s", err, test.want)
			}
		})
	}
	left, err := filepath.Glob(filepath.Join(dir, ".*"))
	if err != nil {
		t.Fatal(err)
	}
	none, err := filepath.Glob(filepath.Join(dir, "none*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left)+len(none) > 0 {
		t.Errorf("left behind: %v %v", left, none)
	}
}

// faulty is a plotter of a user's that panics.
type faulty struct{}

func (faulty) Plot(draw.Canvas, *plot.Plot) { panic("no data loaded") }

func TestWrapTurnsPanicsIntoErrors(t *testing.T) {
	p := plot.New()
	p.Add(faulty{})
	log := plot.New()
	log.Y.Scale = plot.LogScale{}
	log.Y.Min, log.Y.Max = -1, 1
	for name, test := range map[string]struct {
		p    *plot.Plot
		want string
	}{
		"plotter":  {p, "no data loaded"},
		"log axis": {log, "greater than 0"},
		"nil":      {nil, "Figure is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			f := plots.Wrap(test.p, plots.Column, plots.Column)
			for _, write := range []func(io.Writer) error{f.WritePDF, f.WriteSVG, f.WritePNG} {
				if err := write(io.Discard); err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error = %v, want it to say %q", err, test.want)
				}
			}
		})
	}
}

func TestDrawOnAnotherCanvas(t *testing.T) {
	f := figureOf(t, simple("u"))
	c := vgimg.New(2*f.Width, 2*f.Height)
	if err := f.Draw(draw.New(c)); err != nil {
		t.Fatal(err)
	}
	if err := f.Draw(draw.New(vgimg.New(10, 10))); err == nil {
		t.Error("a canvas of 10 pt gives no error, want one that says the least size")
	}
	failing := errors.New("disk is full")
	if err := f.WriteSVG(writerFunc(func([]byte) (int, error) { return 0, failing })); !errors.Is(err, failing) {
		t.Errorf("error = %v, want the writer's", err)
	}
}

type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }

// A long series is thinned, and a spike of one point in a million survives it.
func TestLongSeries(t *testing.T) {
	const n = 1_000_000
	x := linspace(0, 1, n)
	flat := make([]float64, n)
	spiky := make([]float64, n)
	spiky[n/3] = 1
	size := func(y []float64) (length int, top float64) {
		l := plots.Lines{Series: []plots.Series{{X: x, Y: y}}, Y: plots.Axis{Min: -0.1, Max: 1.1}}
		svg := bytesOf(t, figureOf(t, l).WriteSVG)
		top = 1e9
		for _, path := range regexp.MustCompile(`stroke="#0072b2"[^>]* d="([^"]*)"`).FindAllSubmatch(svg, -1) {
			for _, y := range regexp.MustCompile(`[ML]\S+ ([\d.]+)`).FindAllSubmatch(path[1], -1) {
				v, err := strconv.ParseFloat(string(y[1]), 64)
				if err != nil {
					t.Fatal(err)
				}
				top = min(top, v)
			}
		}
		return len(svg), top
	}
	_, base := size(flat)
	length, peak := size(spiky)
	// 249 pt of width in columns of 0.4 pt with at most 2 points of 15 bytes: 19 kB.
	if length > 30_000 {
		t.Errorf("SVG of a million points has %d bytes, want at most 30000", length)
	}
	// The axis has 1.2 units over some 110 pt.
	if base-peak < 80 {
		t.Errorf("the spike rises %.1f pt over the line, want about 90", base-peak)
	}
}
