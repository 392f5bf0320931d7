package plots_test

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/plots"
)

func rgb(c color.Color) [3]uint8 {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return [3]uint8{n.R, n.G, n.B}
}

// lightness is CIE L* of an sRGB colour, in [0, 100].
func lightness(c color.Color) float64 {
	y := 0.0
	for i, v := range rgb(c) {
		linear := float64(v) / 255
		if linear <= 0.04045 {
			linear /= 12.92
		} else {
			linear = math.Pow((linear+0.055)/1.055, 2.4)
		}
		y += linear * []float64{0.2126, 0.7152, 0.0722}[i]
	}
	if y <= 216.0/24389 {
		return y * 24389 / 27
	}
	return 116*math.Cbrt(y) - 16
}

// The table is matplotlib 3.11.2's, times 255 and rounded; these are five of its places.
func TestViridis(t *testing.T) {
	p := plots.Viridis()
	if len(p) != 256 {
		t.Fatalf("%d colours, want 256", len(p))
	}
	for i, want := range map[int][3]uint8{
		0: {0x44, 0x01, 0x54}, 64: {0x3b, 0x52, 0x8b}, 128: {0x21, 0x91, 0x8c}, 192: {0x5e, 0xc9, 0x62}, 255: {0xfd, 0xe7, 0x25},
	} {
		if got := rgb(p[i]); got != want {
			t.Errorf("colour %d is %x, want %x", i, got, want)
		}
	}
	for i := 1; i < len(p); i++ {
		// Even in lightness: 76 units over 255 steps are 0.3 a step; rounding to
		// bytes moves one by up to 0.4.
		if d := lightness(p[i]) - lightness(p[i-1]); d < -0.2 || d > 0.9 {
			t.Errorf("lightness changes by %.2f at colour %d, want about 0.3", d, i)
		}
	}
}

// The tables are matplotlib's, as Viridis; five places of each, and what each
// map is for: lightness that only rises, or ends that meet.
func TestColourMaps(t *testing.T) {
	for _, test := range []struct {
		name   string
		colour color.Palette
		want   [5]string // at 0, 64, 128, 192 and 255
		rises  bool
	}{
		{"magma", plots.Magma(), [5]string{"000004", "51127c", "b73779", "fc8961", "fcfdbf"}, true},
		{"cividis", plots.Cividis(), [5]string{"00224e", "434e6c", "7d7c78", "bcae6c", "fee838"}, true},
		{"turbo", plots.Turbo(), [5]string{"30123b", "28bceb", "a4fc3c", "fb7e21", "7a0403"}, false},
		{"twilight", plots.Twilight(), [5]string{"e2d9e2", "6275ba", "301437", "b35953", "e2d9e2"}, false},
	} {
		if len(test.colour) != 256 {
			t.Errorf("%s has %d colours, want 256", test.name, len(test.colour))
			continue
		}
		for k, i := range []int{0, 64, 128, 192, 255} {
			if c := rgb(test.colour[i]); fmt.Sprintf("%02x%02x%02x", c[0], c[1], c[2]) != test.want[k] {
				t.Errorf("%s: colour %d is %x, want %s", test.name, i, c, test.want[k])
			}
		}
		for i := 1; i < 256; i++ {
			// Rounding to bytes lets lightness fall by up to 0.2 where it is flat.
			if d := lightness(test.colour[i]) - lightness(test.colour[i-1]); test.rises && d < -0.2 {
				t.Errorf("%s: lightness falls by %.2f at colour %d", test.name, -d, i)
			}
		}
	}
}

// The ends and the middle of the map in Moreland's table.
func TestBlueRed(t *testing.T) {
	p := plots.BlueRed()
	for i, want := range map[int][3]uint8{0: {59, 76, 192}, 255: {180, 4, 38}} {
		for k, v := range rgb(p[i]) {
			// The table is rounded, and so is the way through Lab and back.
			if math.Abs(float64(v)-float64(want[k])) > 1 {
				t.Errorf("colour %d is %v, want %v", i, rgb(p[i]), want)
			}
		}
	}
	middle := rgb(p[127])
	for _, v := range middle {
		// 127 lies half a step beside the neutral 221.
		if math.Abs(float64(v)-221) > 2 {
			t.Errorf("the middle is %v, want the neutral 221, 221, 221", middle)
		}
	}
}

// Series colours differ in lightness or hue enough to be told apart.
func TestPaletteDiffers(t *testing.T) {
	p := plots.Palette()
	if len(p) != 8 {
		t.Fatalf("%d colours, want 8", len(p))
	}
	for i := range p {
		for j := range i {
			a, b := rgb(p[i]), rgb(p[j])
			d := 0.0
			for k := range a {
				d += math.Abs(float64(a[k]) - float64(b[k]))
			}
			// The closest pair of the published palette, orange and vermilion,
			// differs by 17 + 65 + 0.
			if d < 82 {
				t.Errorf("colours %d and %d differ by %.0f only", i, j, d)
			}
		}
	}
}

// The first index of a field runs right and the second up.
func TestFieldOrientation(t *testing.T) {
	const n = 8
	right, up := make([][]float64, n), make([][]float64, n)
	for i := range n {
		right[i], up[i] = make([]float64, n), make([]float64, n)
		for j := range n {
			right[i][j], up[i][j] = float64(i), float64(j)
		}
	}
	for _, test := range []struct {
		name   string
		field  [][]float64
		dx, dy int // the way in which the field rises on the page, y down
	}{{"first index", right, 1, 0}, {"second index", up, 0, -1}} {
		t.Run(test.name, func(t *testing.T) {
			f := figureOf(t, plots.FieldRow{Reference: test.field, Prediction: test.field})
			img, err := png.Decode(bytes.NewReader(bytesOf(t, f.WritePNG)))
			if err != nil {
				t.Fatal(err)
			}
			// A point inside the first panel, and one a cell or more further on.
			x, y, step := 250, img.Bounds().Dy()/2, 100
			from, to := img.At(x, y), img.At(x+step*test.dx, y+step*test.dy)
			if lightness(to) < lightness(from)+10 {
				t.Errorf("lightness goes from %.0f to %.0f, want a rise of more than 10", lightness(from), lightness(to))
			}
		})
	}
}
