package plots

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// FieldRow draws 2-D fields side by side: the input if there is one, reference,
// and, if there is a prediction, that and the error, prediction minus reference. Reference and
// prediction share one set of limits and one colour bar; the error has its own,
// with zero in the middle. The title of the error gives its relative L2 norm.
// A value that is not finite is grey and counted in the legend.
//
// Shapes: every field is [i][j], the value at (x_i, y_j): i runs right, j up.
type FieldRow struct {
	Title                        string
	X, Y                         Axis   // Min and Max are the domain, [0, 1] if not given
	Name, Unit                   string // of the field, at the colour bar
	Input, Reference, Prediction [][]float64
	InputName                    string    // title of the input; default "input"
	NoLetters                    bool      // no (a), (b), …, as within a Grid
	Aspect                       float64   // height over width of a field; 0: that of the domain
	Width, Height                vg.Length // zero: the page's width, and the height that suits
}

var _ Drawing = FieldRow{}

const barWidth = vg.Length(7)

// Figure returns the drawing.
//
// Errors: a missing, empty or ragged field; a prediction of another shape than
// the reference; a field of which nothing is finite; limits in the wrong order;
// logarithmic axes.
func (f FieldRow) Figure() (Figure, error) {
	f.X, f.Y = unitDomain(f.X.or("x", "")), unitDomain(f.Y.or("y", ""))
	if err := f.validate(); err != nil {
		return Figure{}, err
	}
	s := sheet{title: f.Title, rows: []track{{share: 1}}, cells: make([][]*panel, 1)}
	s.aspect = f.Aspect
	if s.aspect == 0 {
		s.aspect = (f.Y.Max - f.Y.Min) / (f.X.Max - f.X.Min)
	}
	add := func(gap vg.Length, panels ...*panel) {
		for i, p := range panels {
			t := track{share: 1, gap: gap}
			if p.right {
				t = track{fixed: barWidth, gap: 3}
			}
			if i > 0 && !p.right {
				t.gap = 8
			}
			s.cols = append(s.cols, t)
			s.cells[0] = append(s.cells[0], p)
		}
	}
	if len(f.Input) > 0 {
		name := f.InputName
		if name == "" {
			name = "input"
		}
		values := Axis{}.scale(fieldExtent(f.Input), 0)
		add(0, f.panel(name, f.Input, values, Viridis()), colourBar(values, Viridis()))
	}
	if len(f.Prediction) == 0 {
		values := Axis{Label: f.Name, Unit: f.Unit}.scale(fieldExtent(f.Reference), 0)
		add(10, f.panel("output", f.Reference, values, Viridis()), colourBar(values, Viridis()))
	} else {
		f.compare(add)
	}
	s.cols[0].gap = 0
	f.letter(s.cells[0])
	every := slices.Concat(flat(f.Input), flat(f.Reference), flat(f.Prediction))
	s.keys = maskKey(lost(every), len(every), "cells")
	return s.figureOf(f.Width, f.Height, Page, s.naturalHeight)
}

// compare adds reference, prediction and error.
func (f FieldRow) compare(add func(gap vg.Length, panels ...*panel)) {
	shared := fieldExtent(f.Reference)
	shared.add(flat(f.Prediction)...)
	values := Axis{Label: f.Name, Unit: f.Unit}.scale(shared, 0)
	reference := f.panel("reference", f.Reference, values, Viridis())
	prediction := f.panel("prediction", f.Prediction, values, Viridis())
	reference.brief, prediction.brief = "ref.", "pred."
	add(10, reference, prediction, colourBar(values, Viridis()))
	miss, misses := f.miss()
	title := "error, rel. L_{2} " + short(relativeL2(flat(f.Prediction), flat(f.Reference)))
	last := f.panel(title, miss, misses, BlueRed())
	last.brief, last.room = "error", barWidth+15 // over the colour bar
	add(10, last, colourBar(misses, BlueRed()))
}

// miss returns the error field and a scale with zero in its middle.
func (f FieldRow) miss() ([][]float64, scale) {
	miss := make([][]float64, len(f.Reference))
	limits := nothing()
	for i := range miss {
		miss[i] = difference(f.Prediction[i], f.Reference[i])
		for _, v := range miss[i] {
			limits.add(v, -v)
		}
	}
	return miss, Axis{}.scale(limits, 0)
}

// letter letters the fields and leaves y labels to the first.
func (f FieldRow) letter(row []*panel) {
	letter := 'a'
	for i, p := range row {
		if p.right {
			continue
		}
		p.y.bare = i > 0
		if !f.NoLetters {
			p.letter = string(letter)
			letter++
		}
	}
}

func (f FieldRow) panel(title string, u [][]float64, values scale, colours color.Palette) *panel {
	return &panel{
		title: title, framed: true,
		x: f.X.scale(nothing(), 0), y: f.Y.scale(nothing(), 0),
		marks:   []mark{picture{raster(u, values, colours)}},
		numbers: []numbers{latticeOf(f.X, f.Y, len(u), len(u[0])).numbers(title, u)},
	}
}

// colourBar is a narrow panel that shows the map between its limits.
func colourBar(values scale, colours color.Palette) *panel {
	const steps = 255
	column := make([]float64, steps)
	for i := range column {
		column[i] = (float64(i) + 0.5) / steps
	}
	along := scale{lo: 0, hi: 1} // even in colour, whatever the axis
	return &panel{
		x: scale{lo: 0, hi: 1, none: true}, y: values,
		framed: true, right: true,
		numbers: []numbers{}, // none of its own
		marks:   []mark{picture{raster([][]float64{column}, along, colours)}},
	}
}

// raster turns a field into an image of at least 500 pixels a side, so that no
// viewer blurs one cell into the next, with one byte a pixel.
func raster(u [][]float64, values scale, colours color.Palette) image.Image {
	const least, missing = 500, 255
	palette := make(color.Palette, 256)
	for i := range missing {
		palette[i] = colours[i*len(colours)/(missing+1)]
	}
	palette[missing] = maskGrey()
	nx, ny := len(u), len(u[0])
	times := max(1, (least+max(nx, ny)-1)/max(nx, ny))
	img := image.NewPaletted(image.Rect(0, 0, nx*times, ny*times), palette)
	for row := range ny * times {
		j := ny - 1 - row/times
		line := img.Pix[row*img.Stride:]
		for i := range nx {
			index := uint8(missing)
			if v := u[i][j]; finite(v) {
				n := values.norm(v)
				index = uint8(math.Round(min(max(n, 0), 1) * (missing - 1)))
			}
			for k := range times {
				line[i*times+k] = index
			}
		}
	}
	return img
}

func (f FieldRow) validate() error {
	problems := []error{f.X.validate("FieldRow.X"), f.Y.validate("FieldRow.Y")}
	if f.X.Log || f.Y.Log {
		problems = append(problems, errors.New("plots: FieldRow.X.Log or Y.Log = true, want linear axes, since a field's points lie evenly"))
	}
	if !finite(f.Aspect) || f.Aspect < 0 {
		problems = append(problems, fmt.Errorf("plots: FieldRow.Aspect = %g, want > 0, or 0 for that of the domain", f.Aspect))
	}
	problems = append(problems, validateGrid("FieldRow.Reference", f.Reference))
	if len(f.Prediction) > 0 {
		problems = append(problems, validateGrid("FieldRow.Prediction", f.Prediction))
	}
	if len(f.Input) > 0 {
		problems = append(problems, validateGrid("FieldRow.Input", f.Input))
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	if len(f.Prediction) == 0 {
		return nil
	}
	if len(f.Reference) != len(f.Prediction) || len(f.Reference[0]) != len(f.Prediction[0]) {
		return fmt.Errorf("plots: FieldRow.Prediction is %d by %d, want %d by %d as Reference",
			len(f.Prediction), len(f.Prediction[0]), len(f.Reference), len(f.Reference[0]))
	}
	return nil
}

func fieldExtent(u [][]float64) extent {
	e := nothing()
	for _, row := range u {
		e.add(row...)
	}
	return e
}

// flat returns the values of a field in one slice.
func flat(u [][]float64) []float64 {
	var values []float64
	for _, row := range u {
		values = append(values, row...)
	}
	return values
}
