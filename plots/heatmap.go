package plots

import (
	"errors"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
)

// Field draws one 2-D field as coloured cells. It is one image in every format,
// so that no seams show between cells. A value that is not finite is grey and
// counted in the legend; so is one beyond the limits of Value, which has the
// colour of the nearer end.
//
// Shapes: Values is [i][j], the value in the middle of cell (i, j) of the
// domain: i runs right, j up.
type Field struct {
	Title         string
	X, Y          Axis // Min and Max are the domain, [0, 1] if not given
	Value         Axis // at the colour bar: linear, Log or SymLog
	Values        [][]float64
	Colours       color.Palette // nil: Viridis
	Width, Height vg.Length     // zero: one journal column, and the height that suits
}

var (
	_ Drawing = Field{}
	_ Layer   = Field{}
)

// Figure returns the drawing.
//
// Errors: an empty or ragged field; nothing finite; limits in the wrong order;
// logarithmic X or Y; a value that is not positive where Value is logarithmic.
func (f Field) Figure() (Figure, error) {
	return Plane{Title: f.Title, X: f.X, Y: f.Y, Layers: []Layer{f}, Width: f.Width, Height: f.Height}.Figure()
}

func (f Field) axes() (x, y Axis)     { return f.X, f.Y }
func (f Field) extent() (x, y extent) { return nothing(), nothing() }

func (f Field) content(x, y scale) (content, error) {
	if err := validateGrid("Field.Values", f.Values); err != nil {
		return content{}, err
	}
	u := flat(f.Values)
	values, err := colourScale("Field.Value", f.Value, u)
	if err != nil {
		return content{}, err
	}
	colours := coloursOr(f.Colours)
	l := latticeOf(filling(f.X, x), filling(f.Y, y), len(f.Values), len(f.Values[0]))
	return content{
		marks:   []mark{placed{raster(f.Values, values, colours), l.x0, l.x0 + l.dx*float64(l.nx), l.y0, l.y0 + l.dy*float64(l.ny)}},
		bars:    []bar{{values, colours}},
		keys:    rangeKeys(u, values, "cells"),
		numbers: []numbers{l.numbers(f.Value.Label, f.Values)},
	}, nil
}

// lost counts the values that are not finite.
func lost(u []float64) (n int) {
	for _, v := range u {
		if !finite(v) {
			n++
		}
	}
	return n
}

// validateGrid checks that u is a full rectangle with something to draw.
func validateGrid(name string, u [][]float64) error {
	if len(u) == 0 || len(u[0]) == 0 {
		return fmt.Errorf("plots: %s is empty, want values at [i][j]", name)
	}
	some := false
	for i, row := range u {
		if len(row) != len(u[0]) {
			return fmt.Errorf("plots: %s[%d] has %d values, want %d as in [0]", name, i, len(row), len(u[0]))
		}
		some = some || slices.ContainsFunc(row, finite)
	}
	if !some {
		return fmt.Errorf("plots: %s: none of its %d values is finite, want at least one", name, len(u)*len(u[0]))
	}
	return nil
}

// Snapshots draws fields of one quantity side by side, with one set of limits
// and one colour bar: the times of a run, say, or several samples.
//
// Shapes: Fields is [panel][i][j], each as Values of [Field]; panels may differ
// in resolution.
type Snapshots struct {
	Title         string
	X, Y          Axis // Min and Max are the domain, [0, 1] if not given
	Value         Axis // at the colour bar: linear, Log or SymLog
	Fields        [][][]float64
	Names         []string      // titles of the panels; none, or as many as Fields
	Colours       color.Palette // nil: Viridis
	NoLetters     bool          // no (a), (b), …, as within a Grid
	Aspect        float64       // height over width of a field; 0: that of the domain
	Width, Height vg.Length     // zero: the page's width, and the height that suits
}

var _ Drawing = Snapshots{}

// Figure returns the drawing.
//
// Errors: no fields, or more than six; a number of names that is not that of
// the fields; those of [Field].
func (s Snapshots) Figure() (Figure, error) {
	if n := len(s.Fields); n == 0 || n > maxSamples {
		return Figure{}, fmt.Errorf("plots: Snapshots.Fields has %d fields, want 1 to %d", n, maxSamples)
	}
	if len(s.Names) != 0 && len(s.Names) != len(s.Fields) {
		return Figure{}, fmt.Errorf("plots: Snapshots.Names has %d names, want %d, as many as Fields, or none", len(s.Names), len(s.Fields))
	}
	var all []float64
	var problems []error
	for i, u := range s.Fields {
		problems = append(problems, validateGrid(fmt.Sprintf("Snapshots.Fields[%d]", i), u))
		all = append(all, flat(u)...)
	}
	if err := errors.Join(problems...); err != nil {
		return Figure{}, err
	}
	values, err := colourScale("Snapshots.Value", s.Value, all)
	if err != nil {
		return Figure{}, err
	}
	plane := Plane{X: s.X, Y: s.Y, Aspect: s.Aspect, Layers: []Layer{Field{X: s.X, Y: s.Y, Values: s.Fields[0]}}}
	x, y, err := plane.settle()
	if err != nil {
		return Figure{}, err
	}
	return s.row(values, x, y, rangeKeys(all, values, "cells"))
}

// row lays the panels out.
func (s Snapshots) row(values, x, y scale, keys []key) (Figure, error) {
	colours := coloursOr(s.Colours)
	page := sheet{title: s.Title, keys: keys, rows: []track{{share: 1}}, cells: make([][]*panel, 1)}
	page.aspect = s.Aspect
	if page.aspect == 0 {
		page.aspect = naturalAspect(x, y)
	}
	for i, u := range s.Fields {
		p := &panel{framed: true, x: x, y: y, marks: []mark{picture{raster(u, values, colours)}}}
		p.numbers = []numbers{latticeOf(s.X, s.Y, len(u), len(u[0])).numbers(s.Value.Label, u)}
		if len(s.Names) > 0 {
			p.title = s.Names[i]
		}
		if !s.NoLetters && len(s.Fields) > 1 {
			p.letter = tileLetter(i)
		}
		t := track{share: 1}
		if i > 0 {
			t.gap, p.y.bare = 8, true
		}
		page.cols = append(page.cols, t)
		page.cells[0] = append(page.cells[0], p)
	}
	page.cols = append(page.cols, track{fixed: barWidth, gap: 5})
	page.cells[0] = append(page.cells[0], colourBar(values, colours))
	return page.figureOf(s.Width, s.Height, Page, page.naturalHeight)
}
