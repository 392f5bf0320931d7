package plots

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Tiles draws images in rows without axes, with one set of limits for all: the
// samples of a generative model, say, or an image in its stages.
//
// Shapes: Images is [row][column], each image flat as [y, x, channel], from the
// top, with one channel or three for red, green and blue. A nil image leaves its
// place empty. A value that is not finite is grey and counted below the title.
type Tiles struct {
	Title         string
	Images        [][][]float64
	Across        int           // pixels of an image's row; 0: square images
	Channels      int           // 1 or 3; 0: 1
	Rows, Columns []string      // names at the left and on top; none, or one for each
	Low, High     float64       // values of the ends; both 0: those of the images
	Colours       color.Palette // of one channel; nil: black to white
	Width, Height vg.Length     // zero: the page's width, and the height that suits
}

var _ Drawing = Tiles{}

const tileGap = vg.Length(2)

// Figure returns the drawing.
//
// Errors: no images; images of different sizes, or of one that is no whole
// number of rows; limits in the wrong order; names of another number than that of
// the rows or columns.
func (t Tiles) Figure() (Figure, error) {
	if t.Channels == 0 {
		t.Channels = 1
	}
	sheet, err := t.settle()
	if err != nil {
		return Figure{}, err
	}
	f := Figure{Width: t.Width, Height: t.Height, paint: sheet.draw, numbers: sheet.numbers}
	f.topless = t.Title == "" && len(t.Columns) == 0 && sheet.note == ""
	if f.Width == 0 {
		f.Width = Page
	}
	if f.Height == 0 {
		f.natural = sheet.natural
		f.Height = f.natural(f.Width)
	}
	return f, f.validate()
}

// tileSheet is what is drawn of Tiles.
type tileSheet struct {
	title, note   string
	rows, columns []string
	images        [][]image.Image // nil: an empty place
	across        int             // places of a row
	aspect        vg.Length       // height over width of an image
	numbers       []numbers
}

// settle checks everything and turns values into pictures.
func (t Tiles) settle() (tileSheet, error) {
	s := tileSheet{title: t.Title, rows: slices.Clone(t.Rows), columns: slices.Clone(t.Columns)}
	size := 0
	for _, row := range t.Images {
		s.across = max(s.across, len(row))
		for _, u := range row {
			size = max(size, len(u))
		}
	}
	wide, high, err := t.pixels(size, s.across)
	if err != nil {
		return s, err
	}
	limits, lost, all, err := t.limits(size)
	if err != nil {
		return s, err
	}
	if lost > 0 {
		s.note = fmt.Sprintf("%d of %d values not finite: grey", lost, all)
	}
	s.aspect = vg.Length(high) / vg.Length(wide)
	for r, row := range t.Images {
		s.images = append(s.images, make([]image.Image, len(row)))
		for c, u := range row {
			if len(u) > 0 {
				s.images[r][c] = t.picture(u, wide, high, limits)
				s.numbers = append(s.numbers, t.numbers(u, wide, high, tileName(t.Rows, r)+" "+tileName(t.Columns, c))...)
			}
		}
	}
	return s, nil
}

// pixels is the width and height of images of so many values, of which a row has
// at most across, and checks what does not depend on the values.
func (t Tiles) pixels(size, across int) (wide, high int, err error) {
	if size == 0 {
		return 0, 0, errors.New("plots: Tiles.Images has no image, want at least one")
	}
	if t.Channels != 1 && t.Channels != 3 {
		return 0, 0, fmt.Errorf("plots: Tiles.Channels = %d, want 1 or 3", t.Channels)
	}
	var problems []error
	if n := len(t.Rows); n != 0 && n != len(t.Images) {
		problems = append(problems, fmt.Errorf("plots: Tiles.Rows has %d names, want %d, as many as rows, or none", n, len(t.Images)))
	}
	if n := len(t.Columns); n != 0 && n != across {
		problems = append(problems, fmt.Errorf("plots: Tiles.Columns has %d names, want %d, as many as columns, or none", n, across))
	}
	points := size / t.Channels
	wide = t.Across
	if wide == 0 {
		wide = int(math.Round(math.Sqrt(float64(points))))
	}
	if wide < 1 || size%(wide*t.Channels) != 0 || t.Across == 0 && wide*wide*t.Channels != size {
		problems = append(problems, fmt.Errorf("plots: Tiles.Across = %d for images of %d values and %d channels, want a number that divides them, or 0 for squares", t.Across, size, t.Channels))
		return 0, 0, errors.Join(problems...)
	}
	return wide, points / wide, errors.Join(problems...)
}

// limits are the values of the ends, with how many values are not finite.
func (t Tiles) limits(size int) (limits scale, lost, all int, err error) {
	values := nothing()
	for r, row := range t.Images {
		for c, u := range row {
			if len(u) != 0 && len(u) != size {
				return limits, 0, 0, fmt.Errorf("plots: Tiles.Images[%d][%d] has %d values, want %d as others", r, c, len(u), size)
			}
			values.add(u...)
			all += len(u)
			for _, v := range u {
				if !finite(v) {
					lost++
				}
			}
		}
	}
	if t.Low != 0 || t.High != 0 {
		values = extent{t.Low, t.High}
	}
	if lost == all {
		return limits, 0, 0, fmt.Errorf("plots: Tiles.Images: none of its %d values is finite, want at least one", all)
	}
	if !finite(values.lo) || !finite(values.hi) || values.lo > values.hi {
		return limits, 0, 0, fmt.Errorf("plots: Tiles.Low, High = %g, %g, want Low below High, or both 0", t.Low, t.High)
	}
	if values.lo == values.hi {
		values.hi = values.lo + 1
	}
	return scale{lo: values.lo, hi: values.hi}, lost, all, nil
}

// picture is an image of at least 160 pixels across, so that no viewer blurs
// one of its own pixels into the next.
func (t Tiles) picture(u []float64, wide, high int, limits scale) image.Image {
	const least = 160
	times := (least + wide - 1) / wide
	colours := t.Colours
	if len(colours) == 0 {
		colours = color.Palette{color.Black, color.White}
	}
	img := image.NewNRGBA(image.Rect(0, 0, wide*times, high*times))
	for k := range wide * high {
		shade := t.shade(u[k*t.Channels:(k+1)*t.Channels], limits, colours)
		for j := range times {
			for i := range times {
				img.SetNRGBA(k%wide*times+i, k/wide*times+j, shade)
			}
		}
	}
	return img
}

// shade is the colour of a pixel.
func (t Tiles) shade(u []float64, limits scale, colours color.Palette) color.NRGBA {
	part := make([]float64, len(u))
	for i, v := range u {
		if !finite(v) {
			return maskGrey()
		}
		part[i] = min(max(limits.norm(v), 0), 1)
	}
	if len(part) == 3 {
		level := func(p float64) uint8 { return uint8(p*0xFF + 0.5) }
		return color.NRGBA{R: level(part[0]), G: level(part[1]), B: level(part[2]), A: 0xFF}
	}
	at := part[0] * float64(len(colours)-1)
	k := min(int(at), len(colours)-2)
	if len(colours) == 1 {
		k, at = 0, 0
	}
	a := color.NRGBAModel.Convert(colours[k]).(color.NRGBA)
	b := color.NRGBAModel.Convert(colours[min(k+1, len(colours)-1)]).(color.NRGBA)
	mix := func(p, q uint8) uint8 {
		return uint8((1-(at-float64(k)))*float64(p) + (at-float64(k))*float64(q) + 0.5)
	}
	return color.NRGBA{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), A: 0xFF}
}

// numbers are an image's values, one field a channel, in pixels from the bottom
// left.
func (t Tiles) numbers(u []float64, wide, high int, name string) []numbers {
	var all []numbers
	for channel := range t.Channels {
		n := numbers{name: name, field: true}
		for i := range wide {
			n.x = append(n.x, float64(i))
			for j := range high {
				n.value = append(n.value, u[((high-1-j)*wide+i)*t.Channels+channel])
			}
		}
		for j := range high {
			n.y = append(n.y, float64(j))
		}
		all = append(all, n)
	}
	return all
}

// tileName is the name of a row or column, its number where it has none.
func tileName(names []string, i int) string {
	if len(names) == 0 {
		return fmt.Sprint(i + 1)
	}
	return names[i]
}

// left is the width of the rows' names.
func (s tileSheet) left() (w vg.Length) {
	for _, name := range s.rows {
		w = max(w, labelText().width(name)+pad)
	}
	return w
}

// top is the height of what stands above the images.
func (s tileSheet) top() (h vg.Length) {
	if s.title != "" {
		h += labelText().height() + 4
	}
	if s.note != "" {
		h += noteText().height() + 4
	}
	if len(s.columns) > 0 {
		h += labelText().height() + 4
	}
	return h
}

// natural is the height at which images fill the width.
func (s tileSheet) natural(width vg.Length) vg.Length {
	n := vg.Length(len(s.images))
	return 2*edge + s.top() + n*s.aspect*s.tile(width-2*edge) + (n-1)*tileGap
}

// tile is the width of an image on a page of the given width within its edges.
func (s tileSheet) tile(width vg.Length) vg.Length {
	n := vg.Length(s.across)
	return (width - s.left() - (n-1)*tileGap) / n
}

func (s tileSheet) draw(c draw.Canvas) error {
	page := draw.Crop(c, edge, -edge, edge, -edge)
	n := vg.Length(len(s.images))
	wide := min(s.tile(page.Size().X), (page.Size().Y-s.top()-(n-1)*tileGap)/n/s.aspect)
	if wide <= 1 {
		return fmt.Errorf("plots: Figure.Width = %.0f pt, Height = %.0f pt, want more for %d by %d images", c.Size().X.Points(), c.Size().Y.Points(), len(s.images), s.across)
	}
	at := vg.Point{X: page.Min.X + s.left(), Y: page.Max.Y}
	for _, line := range []struct {
		text  string
		style lettering
	}{{s.title, labelText()}, {s.note, noteText()}} {
		if line.text != "" {
			line.style.draw(page, at, 0, 1, 0, line.style.shorten(line.text, page.Max.X-at.X))
			at.Y -= line.style.height() + 4
		}
	}
	for i, name := range s.columns {
		x := at.X + (vg.Length(i)+0.5)*wide + vg.Length(i)*tileGap
		labelText().draw(page, vg.Point{X: x, Y: at.Y}, 0.5, 1, 0, labelText().shorten(name, wide+tileGap))
	}
	at.Y = page.Max.Y - s.top()
	for r, row := range s.images {
		y := at.Y - vg.Length(r)*(wide*s.aspect+tileGap)
		if len(s.rows) > 0 {
			labelText().draw(page, vg.Point{X: at.X - pad, Y: y - wide*s.aspect/2}, 1, 0.5, 0, s.rows[r])
		}
		for i, img := range row {
			if img == nil {
				continue
			}
			x := at.X + vg.Length(i)*(wide+tileGap)
			c.DrawImage(vg.Rectangle{Min: vg.Point{X: x, Y: y - wide*s.aspect}, Max: vg.Point{X: x + wide, Y: y}}, img)
		}
	}
	return nil
}
