package plots_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/plots"
)

// rendered draws a figure's PDF with another program at 4 × 72 dots an inch, as
// a reader sees it at 400 %, and returns the middle part of the page, which lies
// within the data box.
func rendered(t *testing.T, d plots.Drawing) (img image.Image, part image.Rectangle) {
	t.Helper()
	base := filepath.Join(t.TempDir(), "page")
	if err := os.WriteFile(base+".pdf", bytesOf(t, figureOf(t, d).WritePDF), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(poppler(t, "pdftoppm"), "-r", "288", "-png", "-singlefile", base+".pdf", base).CombinedOutput()
	if err != nil {
		t.Fatalf("pdftoppm: %v\n%s", err, out)
	}
	img, err = png.Decode(bytes.NewReader(read(t, base+".png")))
	if err != nil {
		t.Fatal(err)
	}
	size := img.Bounds().Size()
	return img, image.Rect(size.X/4, size.Y/4, size.X*7/10, size.Y*7/10)
}

// alike reports whether two colours differ by the last bit of a byte at most.
func alike(a, b color.Color) bool {
	p, q := rgb(a), rgb(b)
	for k := range p {
		if d := int(p[k]) - int(q[k]); d < -1 || d > 1 {
			return false
		}
	}
	return true
}

// square is a mesh of [0, 1]² with a value that rises with x from lo to hi.
func square(n int, lo, hi float64) plots.Mesh {
	m := plots.Mesh{Value: plots.Axis{Min: -1, Max: 2}}
	for i := range n + 1 {
		for j := range n + 1 {
			m.PointX, m.PointY = append(m.PointX, float64(i)/float64(n)), append(m.PointY, float64(j)/float64(n))
			m.Nodal = append(m.Nodal, lo+(hi-lo)*float64(i)/float64(n))
		}
	}
	for i := range n {
		for j := range n {
			a := i*(n+1) + j
			m.Triangles = append(m.Triangles, [3]int{a, a + 1, a + n + 1}, [3]int{a + 1, a + n + 1, a + n + 2})
		}
	}
	return m
}

// No seams: a constant field is one colour, and one that rises to the right
// changes in no column and gets lighter along each row.
func TestNoSeams(t *testing.T) {
	flat := func(float64, float64) float64 { return 0.5 }
	ramp := func(x, _ float64) float64 { return x }
	axis := plots.Axis{Min: -1, Max: 2}
	bands := []float64{-0.5, 0, 0.25, 0.5, 0.75, 1}
	for _, test := range []struct {
		name     string
		constant bool
		drawing  plots.Drawing
	}{
		{"constant field", true, plots.Field{Value: axis, Values: grid(1024, 1024, flat)}},
		{"small constant field", true, plots.Field{Value: axis, Values: grid(7, 7, flat)}},
		{"rising field", false, plots.Field{Value: axis, Values: grid(1024, 1024, ramp)}},
		{"constant mesh", true, square(100, 0.5, 0.5)},
		{"rising mesh", false, square(100, 0, 1)},
		{"constant bands", true, plots.Contour{Filled: true, Value: axis, Values: grid(200, 200, flat), Levels: bands[:3]}},
		{"rising bands", false, plots.Contour{Filled: true, Value: axis, Values: grid(200, 200, ramp), Levels: bands}},
	} {
		t.Run(test.name, func(t *testing.T) {
			img, part := rendered(t, test.drawing)
			bad := 0
			for y := part.Min.Y; y < part.Max.Y; y++ {
				for x := part.Min.X + 1; x < part.Max.X; x++ {
					here, left, above := img.At(x, y), img.At(x-1, y), img.At(x, part.Min.Y)
					// One of 255 shades of Viridis is 0.3 lighter than the next. Rounding to
					// bytes moves one by up to 0.4, and so does the program, which blends
					// an image that is clear outside a mesh with the page.
					if !alike(here, above) || lightness(here) < lightness(left)-0.8 || test.constant && !alike(here, left) {
						bad++
					}
				}
			}
			if bad > 0 {
				t.Errorf("%d of %d pixels break the field, want none", bad, part.Dx()*part.Dy())
			}
		})
	}
}

// A field of 1024² is at most 1 MB of PDF, and takes at most a second.
func TestLargeFieldPDF(t *testing.T) {
	u := vortices(1024, 0)
	best := time.Hour
	size := 0
	for range 3 { // the machine may be busy: the least time is the program's
		start := time.Now()
		size = len(bytesOf(t, figureOf(t, plots.Field{Value: plots.Axis{Label: "ω"}, Values: u}).WritePDF))
		best = min(best, time.Since(start))
	}
	t.Logf("%d bytes, %v", size, best)
	if size > 1_000_000 {
		t.Errorf("%d bytes, want at most 1,000,000", size)
	}
	if best > time.Second {
		t.Errorf("%v, want at most 1 s", best)
	}
}

// A hundred thousand particles as one image stay small.
func TestManyParticlesPDF(t *testing.T) {
	const n = 100_000
	x, y := make([]float64, n), make([]float64, n)
	for i := range x {
		x[i], y[i] = float64(i*7919%n), float64(i*104729%n)
	}
	data := bytesOf(t, figureOf(t, plots.Particles{PointX: x, PointY: y, Radius: 0.3}).WritePDF)
	// As paths of five segments of 20 bytes they would be 10 MB. The image has
	// 1,300² pixels of random dots, which hardly compress: 2.2 MB.
	if len(data) > 3_000_000 {
		t.Errorf("%d bytes, want at most 3,000,000", len(data))
	}
}
