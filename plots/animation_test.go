package plots_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/draw"
	"image/gif"
	"image/png"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	vgdraw "gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/fieldbook-go/fieldbook/plots"
)

// turbulence is a field of n by n points with modes of all sizes, over time.
func turbulence(n, frames int) plots.Evolution {
	noise := rand.New(rand.NewPCG(51, 52))
	e := plots.Evolution{Title: "Turbulence", Value: plots.Axis{Label: "ω"}, Colours: plots.BlueRed()}
	type mode struct{ kx, ky, phase, speed, size float64 }
	var modes []mode
	for k := 1.0; k < 40; k *= 1.25 {
		turn := 2 * math.Pi * noise.Float64()
		modes = append(modes, mode{
			math.Round(k * math.Cos(turn)), math.Round(k * math.Sin(turn)),
			2 * math.Pi * noise.Float64(), noise.NormFloat64(), math.Pow(k, -0.5),
		})
	}
	for frame := range frames {
		t := float64(frame) / 10
		u := make([][]float64, n)
		for i := range u {
			u[i] = make([]float64, n)
			for j := range u[i] {
				for _, m := range modes {
					u[i][j] += m.size * math.Cos(2*math.Pi*(m.kx*float64(i)+m.ky*float64(j))/float64(n)+m.phase+m.speed*t)
				}
			}
		}
		e.Times, e.Fields = append(e.Times, t), append(e.Fields, u)
	}
	return e
}

func animationOf(t testing.TB, e plots.Evolution) plots.Animation {
	t.Helper()
	a, err := e.Animation()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A notebook carries the player in its file.
func TestPlayerIsSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("60 frames take some seconds")
	}
	data := bytesOf(t, animationOf(t, turbulence(128, 60)).WriteHTML)
	t.Logf("60 frames of 128 by 128: %d bytes", len(data))
	if len(data) > 3_000_000 {
		t.Errorf("the player of 60 frames of 128 by 128 has %d bytes, want at most 3,000,000", len(data))
	}
}

// The frames of a GIF and an APNG, laid over each other as a reader does, are
// the figures of the animation.
func TestFramesSurvive(t *testing.T) {
	const frames = 5
	a := plots.Animation{FPS: 10}
	x := linspace(0, 1, 50)
	for k := range frames {
		lines := plots.Lines{Y: plots.Axis{Min: -1, Max: 1}}
		for n := range 8 { // all colours of the palette, and their blends at edges
			wave := func(x float64) float64 { return math.Sin(float64(n+3)*x + float64(k)/3) }
			lines.Series = append(lines.Series, plots.Series{X: x, Y: apply(x, wave)})
		}
		a.Frames = append(a.Frames, plots.Frame{Picture: lines})
	}
	var want []*image.NRGBA
	first := figureOf(t, a.Frames[0].Picture)
	for _, f := range a.Frames {
		c := vgimg.NewWith(vgimg.UseWH(first.Width, first.Height), vgimg.UseDPI(100))
		if err := figureOf(t, f.Picture).Draw(vgdraw.New(c)); err != nil {
			t.Fatal(err)
		}
		img := image.NewNRGBA(c.Image().Bounds())
		draw.Draw(img, img.Bounds(), c.Image(), image.Point{}, draw.Src)
		want = append(want, img)
	}
	t.Run("GIF", func(t *testing.T) {
		g, err := gif.DecodeAll(bytes.NewReader(bytesOf(t, a.WriteGIF)))
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Image) != frames || g.Delay[0] != 10 || g.LoopCount != 0 {
			t.Fatalf("%d frames, delay %d, loops %d; want %d, 10 and 0", len(g.Image), g.Delay[0], g.LoopCount, frames)
		}
		page := image.NewNRGBA(want[0].Bounds())
		for k, part := range g.Image {
			draw.Draw(page, part.Bounds(), part, part.Bounds().Min, draw.Over)
			// 256 colours for all frames, of which the eight lines have thousands of
			// blends at their edges: a pixel of an edge may be a fifth of the range off.
			if mean, most := difference(page, want[k]); mean > 1 || most > 255/5 {
				t.Errorf("frame %d differs by %.2f levels of 255 on average and %d at most, want at most 1 and %d", k, mean, most, 255/5)
			}
		}
	})
	t.Run("APNG", func(t *testing.T) {
		pictures, delay := apngFrames(t, bytesOf(t, a.WriteAPNG))
		if len(pictures) != frames || delay != 0.1 {
			t.Fatalf("%d frames of %g s, want %d of 0.1 s", len(pictures), delay, frames)
		}
		for k, picture := range pictures {
			if _, most := difference(picture, want[k]); most != 0 {
				t.Errorf("frame %d differs by %d levels, want none: no colour changes", k, most)
			}
		}
	})
}

// Cells of a field keep their colours, and their place: i runs right, j up.
func TestFieldsAreCrisp(t *testing.T) {
	a := animationOf(t, plots.Evolution{Times: []float64{0}, Fields: [][][]float64{{{0, 1}, {2, 3}}}})
	pictures, _ := apngFrames(t, bytesOf(t, a.WriteAPNG))
	colours := map[[3]uint8]int{}
	page := pictures[0]
	for i := 0; i < len(page.Pix); i += 4 {
		colours[[3]uint8(page.Pix[i:i+3])]++
	}
	cells := [4]image.Point{}
	for k := range cells { // Viridis at 0, 1/3, 2/3 and 1
		want := rgb(plots.Viridis()[int(math.Round(float64(k)*254/3))])
		// A cell is a quarter of a box of at least 200 by 200 pixels.
		if colours[want] < 10_000 {
			t.Fatalf("%d pixels have the colour %v of the value %d, want over 10,000", colours[want], want, k)
		}
		n := 0
		for y := range page.Rect.Dy() {
			for x := range page.Rect.Dx() {
				if rgb(page.NRGBAAt(x, y)) == want {
					cells[k] = cells[k].Add(image.Pt(x, y))
					n++
				}
			}
		}
		cells[k] = cells[k].Div(n)
	}
	if cells[1].Y > cells[0].Y-50 || cells[2].X < cells[0].X+50 || cells[3].X < cells[1].X+50 {
		t.Errorf("the middles of the cells are %v, want the second above the first, and the third to its right", cells)
	}
}

// difference of two images in levels of 255.
func difference(a, b *image.NRGBA) (mean float64, most int) {
	for i := range a.Pix {
		d := int(a.Pix[i]) - int(b.Pix[i])
		d = max(d, -d)
		mean += float64(d) / float64(len(a.Pix))
		most = max(most, d)
	}
	return mean, most
}

// apngFrames decodes an APNG by way of PNG, and checks its chunks.
func apngFrames(t *testing.T, data []byte) (pictures []*image.NRGBA, delay float64) {
	t.Helper()
	const signature = 8
	if _, err := png.Decode(bytes.NewReader(data)); err != nil {
		t.Fatalf("not a PNG: %v", err)
	}
	chunk := func(kind string, body []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		out = append(append(out, kind...), body...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	var header, control, palette []byte
	var page *image.NRGBA
	sequence := uint32(0)
	next := func(got uint32) {
		if got != sequence {
			t.Fatalf("sequence number %d, want %d", got, sequence)
		}
		sequence++
	}
	frame := func(body []byte) {
		size, at := control[4:12], control[12:20]
		file := slices.Concat(data[:signature], chunk("IHDR", slices.Concat(size, header[8:])))
		if palette != nil {
			file = append(file, chunk("PLTE", palette)...)
		}
		part, err := png.Decode(bytes.NewReader(slices.Concat(file, chunk("IDAT", body), chunk("IEND", nil))))
		if err != nil {
			t.Fatal(err)
		}
		corner := image.Pt(int(binary.BigEndian.Uint32(at)), int(binary.BigEndian.Uint32(at[4:])))
		if page == nil {
			page = image.NewNRGBA(part.Bounds())
		}
		draw.Draw(page, part.Bounds().Add(corner), part, image.Point{}, draw.Src)
		pictures = append(pictures, &image.NRGBA{Pix: slices.Clone(page.Pix), Stride: page.Stride, Rect: page.Rect})
	}
	for rest := data[signature:]; len(rest) > 0; {
		n := binary.BigEndian.Uint32(rest)
		kind, body := string(rest[4:8]), rest[8:8+n]
		if sum := binary.BigEndian.Uint32(rest[8+n:]); sum != crc32.ChecksumIEEE(rest[4:8+n]) {
			t.Fatalf("chunk %s has a wrong checksum", kind)
		}
		switch kind {
		case "IHDR":
			header = body
		case "PLTE":
			palette = body
		case "fcTL":
			next(binary.BigEndian.Uint32(body))
			control = body
			delay = float64(binary.BigEndian.Uint16(body[20:])) / float64(binary.BigEndian.Uint16(body[22:]))
		case "IDAT":
			frame(body)
		case "fdAT":
			next(binary.BigEndian.Uint32(body))
			frame(body[4:])
		}
		rest = rest[12+n:]
	}
	return pictures, delay
}

// Equal animations give equal bytes, though frames are drawn on all cores.
func TestAnimationSameBytesTwice(t *testing.T) {
	e := turbulence(16, 6)
	a := animationOf(t, e)
	for _, format := range []struct {
		name  string
		write func(plots.Animation, io.Writer) error
	}{{"GIF", plots.Animation.WriteGIF}, {"APNG", plots.Animation.WriteAPNG}, {"HTML", plots.Animation.WriteHTML}} {
		t.Run(format.name, func(t *testing.T) {
			write := func(w io.Writer) error { return format.write(a, w) }
			before := bytesOf(t, write)
			e.Fields[2][3][3] += 9 // the caller's data change
			after := bytesOf(t, write)
			if !bytes.Equal(before, after) {
				t.Error("the bytes differ from one writing to the next")
			}
		})
	}
}

// hostile is text that would end a script, or begin an element, if it were not escaped.
const hostile = `</script><img src=x onerror="document.title='broken'"> & 'it'`

func TestPlayerEscapesText(t *testing.T) {
	a := plots.Animation{Title: hostile, Frames: []plots.Frame{{Picture: simple("u"), Label: hostile}}}
	page := string(bytesOf(t, a.WriteHTML))
	if strings.Contains(page, "<img src=x") || strings.Count(page, "</script>") != 1 {
		t.Error("text of the caller is part of the page's markup")
	}
	// Nothing is fetched: what is outside the script has data within the page.
	markup, _, _ := strings.Cut(page, "<script>")
	for _, found := range regexp.MustCompile(`(?:src|href)="(.{0,20})`).FindAllStringSubmatch(markup, -1) {
		if !strings.HasPrefix(found[1], "data:image/png") {
			t.Errorf("the page takes something from %q, want only data within it", found[1])
		}
	}
	if strings.Contains(page, "http:") || strings.Contains(page, "https:") {
		t.Error("the page has an address, want none")
	}
}

// The animation of a failing frame writes nothing.
func TestAnimationFailures(t *testing.T) {
	small := figureOf(t, simple("u"))
	small.Width, small.Height = 20, 20
	for name, a := range map[string]plots.Animation{
		"too small": {Frames: []plots.Frame{{Picture: small}}},
		"late":      {Frames: []plots.Frame{{Picture: simple("u")}, {Picture: plots.Lines{}}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, write := range []func(io.Writer) error{a.WriteGIF, a.WriteAPNG, a.WriteHTML} {
				var out bytes.Buffer
				if err := write(&out); err == nil || out.Len() > 0 {
					t.Errorf("error = %v, %d bytes; want an error and none", err, out.Len())
				}
			}
		})
	}
}
