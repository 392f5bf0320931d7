package plots_test

import (
	"bytes"
	"image/color"
	"image/png"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

// A ridge hides what lies behind it from a low point of view, and does not from
// a high one: the ground behind is the only part that is red.
func TestSurfaceHides(t *testing.T) {
	red, blue := color.NRGBA{R: 0xFF, A: 0xFF}, color.NRGBA{B: 0xFF, A: 0xFF}
	profile := []float64{-0.85, -0.85, 1, 1, -1, -1, -1, -1}
	u := grid(8, 8, func(_, y float64) float64 { return profile[int(8*y)] })
	for _, test := range []struct {
		name    string
		azimuth float64
		high    float64
		want    bool
	}{{"low, from the front", -90, 8, false}, {"high, from the front", -90, 70, true}, {"low, from behind", 90, 8, true}} {
		t.Run(test.name, func(t *testing.T) {
			d := plots.Surface{Values: u, Azimuth: test.azimuth, Elevation: test.high, Colours: color.Palette{red, blue, blue, blue, blue, blue, blue, blue}}
			img, err := png.Decode(bytes.NewReader(bytesOf(t, figureOf(t, d).WritePNG)))
			if err != nil {
				t.Fatal(err)
			}
			count := 0
			for y := range img.Bounds().Dy() {
				for x := range img.Bounds().Dx() * 3 / 4 { // without the colour bar
					if c := rgb(img.At(x, y)); c[0] > 0x80 && c[1] < 0x20 && c[2] < 0x20 {
						count++
					}
				}
			}
			// The ground is some 40,000 pixels from above; a rim of one pixel where
			// the ridge falls off may show its colour.
			if got := count > 2000; got != test.want {
				t.Errorf("%d red pixels, want many: %v", count, test.want)
			}
		})
	}
}

// Seen from the front, x runs to the right.
func TestSurfaceOrientation(t *testing.T) {
	u := grid(16, 16, func(x, _ float64) float64 { return x })
	img, err := png.Decode(bytes.NewReader(bytesOf(t, figureOf(t, plots.Surface{Values: u, Azimuth: -90, Elevation: 60}).WritePNG)))
	if err != nil {
		t.Fatal(err)
	}
	y := img.Bounds().Dy() / 2
	left, right := lightness(img.At(img.Bounds().Dx()/4, y)), lightness(img.At(img.Bounds().Dx()*6/10, y))
	if right < left+10 {
		t.Errorf("lightness goes from %.0f at the left to %.0f, want a rise of more than 10", left, right)
	}
}
