package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Landscape draws the loss over two directions through the trained weights, as
// filled contours or as a surface, with the path that training took, projected
// on these directions. A loss that is not finite is a grey hole, or an open cell
// of the surface, and is counted in the legend.
//
// Shapes: Loss [i][j], the value at (Alpha[i], Beta[j]).
// Source: Li et al. 2018, arXiv:1712.09913. bib: li2018visualizing
type Landscape struct {
	Title              string
	X, Y               Axis // labels default to direction 1 and direction 2
	Value              Axis // label defaults to loss; Value.Log is ignored
	Linear             bool // a linear scale of the loss
	Alpha, Beta        []float64
	Loss               [][]float64
	Levels             []float64 // of the contours; nil: about twelve, evenly spread
	PathX, PathY       []float64 // optional: weights during training, in their order
	PathLoss           []float64 // as many; wanted for a path on a surface
	Surface            bool
	Azimuth, Elevation float64   // of the surface, as in [Surface]
	Width, Height      vg.Length // zero: one journal column
}

var _ Drawing = Landscape{}

// Figure returns the drawing. On a surface the path lies over all parts of it.
//
// Errors: fewer than two values in a direction; values that are not evenly
// spaced and rising; an empty or ragged loss, or one of another shape; nothing
// finite; a loss that is not positive on the logarithmic scale; a path of
// unequal lengths, beyond the directions' values or with a loss that cannot be
// drawn; limits in the wrong order;
// log axes of the directions.
func (l Landscape) Figure() (Figure, error) {
	l.X, l.Y, l.Value = l.X.or("direction 1", ""), l.Y.or("direction 2", ""), l.Value.or("loss", "")
	l.Value.Log = !l.Linear
	if err := l.validate(); err != nil {
		return Figure{}, err
	}
	// A field's values lie in the middles of its cells.
	for _, d := range []struct {
		axis *Axis
		at   []float64
	}{{&l.X, l.Alpha}, {&l.Y, l.Beta}} {
		n := len(d.at)
		half := (d.at[n-1] - d.at[0]) / float64(2*(n-1))
		d.axis.Min, d.axis.Max = d.at[0]-half, d.at[n-1]+half
	}
	if l.Surface {
		return l.surface()
	}
	levels := l.Levels
	if levels == nil {
		levels = l.levels()
	}
	c := Contour{X: l.X, Y: l.Y, Value: l.Value, Values: l.Loss, Levels: levels, Filled: true}
	s, err := Plane{Title: l.Title, X: l.X, Y: l.Y, Layers: []Layer{c}}.sheet()
	if err != nil {
		return Figure{}, err
	}
	// Twelve levels that are no round numbers do not help as ticks.
	if bar := s.cells[0][1]; l.Levels == nil {
		bar.y.at = nil
	}
	if len(l.PathX) > 0 {
		p := s.cells[0][0]
		x, y := slices.Clone(l.PathX), slices.Clone(l.PathY)
		p.marks = append(p.marks, descent(x, y)...)
		p.numbers = append(p.numbers, numbers{name: "training", x: x, y: y})
		s.keys = append(s.keys, pathKeys()...)
	}
	return s.figureOf(l.Width, l.Height, Column, s.columnHeight)
}

// levels are twelve between the second and the ninety-eighth hundredth of the
// values, even in the loss or its logarithm.
func (l Landscape) levels() []float64 {
	values := sortedCopy(usable(flat(l.Loss), !l.Linear))
	lo, hi := quantile(values, 0.02), quantile(values, 0.98)
	if !(hi > lo*(1+1e-9)) && !(hi > lo+1e-300) {
		return []float64{lo}
	}
	all := evenly(lo, hi, 12, !l.Linear)
	return slices.Compact(all)
}

// descent draws a path with a rim, a ring where it begins and a dot at its end.
func descent(x, y []float64) []mark {
	n := len(x)
	return []mark{
		curve{x, y, draw.LineStyle{Color: dataColour{paper()}, Width: 2.4}},
		curve{x, y, draw.LineStyle{Color: dataColour{night()}, Width: 1.1}},
		dots{x[:1], y[:1], Square, 2.4, dataColour{night()}},
		dots{x[n-1:], y[n-1:], Circle, 2.4, cycle(1)},
	}
}

// paper and night are the colours of a path over a coloured field, the same on
// a dark page.
func paper() color.NRGBA { return color.NRGBA{R: 0xFF, G: 0xFF, B: 0xFF, A: 0xFF} }
func night() color.NRGBA { return color.NRGBA{R: 0x22, G: 0x22, B: 0x22, A: 0xFF} }

func pathKeys() []key {
	return []key{
		{name: "training, from here", line: draw.LineStyle{Color: ink(), Width: 1.1}, marker: Square, color: ink()},
		{name: "to here", marker: Circle, color: cycle(1)},
	}
}

func (l Landscape) surface() (Figure, error) {
	figure := Surface{
		Title: l.Title, X: l.X, Y: l.Y, Value: l.Value, Values: l.Loss,
		Azimuth: l.Azimuth, Elevation: l.Elevation, Width: l.Width, Height: l.Height,
	}
	if len(l.PathX) == 0 {
		return figure.Figure()
	}
	s, err := figure.sheet()
	if err != nil {
		return Figure{}, err
	}
	p := s.cells[0][0]
	over := &overSurface{x: slices.Clone(l.PathX), y: slices.Clone(l.PathY), z: slices.Clone(l.PathLoss)}
	for _, m := range p.marks {
		if r, ok := m.(*relief); ok {
			over.relief = r
		}
	}
	p.marks = append(p.marks, over)
	p.numbers = append(p.numbers, numbers{name: "training", x: over.x, y: over.y, value: over.z})
	s.keys = append(s.keys, pathKeys()...)
	return s.figure(l.Width, l.Height, Column, 66*vg.Millimeter)
}

// overSurface draws a path over a surface.
type overSurface struct {
	*relief
	x, y, z []float64
}

func (m *overSurface) draw(a area) {
	page := m.projection(a)
	pts := make([]vg.Point, len(m.x))
	for i := range pts {
		pts[i] = page(m.place(m.x[i], m.y[i], m.z[i]))
	}
	a.StrokeLines(draw.LineStyle{Color: dataColour{paper()}, Width: 2.4}, pts)
	a.StrokeLines(draw.LineStyle{Color: dataColour{night()}, Width: 1.1}, pts)
	drawMarker(a.Canvas, pts[0], Square, 2.4, dataColour{night()})
	drawMarker(a.Canvas, pts[len(pts)-1], Circle, 2.4, cycle(1))
}

func (l Landscape) validate() error {
	problems := []error{
		l.Value.validate("Landscape.Value"), wantLinear("Landscape.X or Y", l.X, l.Y),
		validateDirection("Alpha", l.Alpha), validateDirection("Beta", l.Beta),
		validateGrid("Landscape.Loss", l.Loss),
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	if len(l.Loss) != len(l.Alpha) || len(l.Loss[0]) != len(l.Beta) {
		return fmt.Errorf("plots: Landscape.Loss is %d by %d, want %d by %d, as many as Alpha and Beta",
			len(l.Loss), len(l.Loss[0]), len(l.Alpha), len(l.Beta))
	}
	for i, row := range l.Loss {
		if j := slices.IndexFunc(row, func(v float64) bool { return !l.Linear && v <= 0 }); j >= 0 {
			return fmt.Errorf("plots: Landscape.Loss[%d][%d] = %g, want > 0; Linear takes either sign", i, j, row[j])
		}
	}
	return l.validatePath()
}

func (l Landscape) validatePath() error {
	n := len(l.PathX)
	if len(l.PathY) != n || len(l.PathLoss) != n && (len(l.PathLoss) > 0 || l.Surface) {
		return fmt.Errorf("plots: Landscape: %d values in PathX, %d in PathY, %d in PathLoss, want as many; PathLoss may be empty without Surface",
			n, len(l.PathY), len(l.PathLoss))
	}
	for _, part := range []struct {
		name       string
		values, at []float64
	}{{"PathX", l.PathX, l.Alpha}, {"PathY", l.PathY, l.Beta}} {
		lo, hi := part.at[0], part.at[len(part.at)-1]
		if i := slices.IndexFunc(part.values, func(v float64) bool { return !(v >= lo && v <= hi) }); i >= 0 {
			return fmt.Errorf("plots: Landscape.%s[%d] = %g, want within the loss, from %g to %g", part.name, i, part.values[i], lo, hi)
		}
	}
	if i := slices.IndexFunc(l.PathLoss, func(v float64) bool { return !drawable(v, !l.Linear) }); i >= 0 {
		return fmt.Errorf("plots: Landscape.PathLoss[%d] = %g, want a finite number%s", i, l.PathLoss[i], positive(!l.Linear))
	}
	return nil
}

// validateDirection checks the places along a direction.
func validateDirection(name string, at []float64) error {
	n := len(at)
	if n < 2 {
		return fmt.Errorf("plots: Landscape.%s has %d values, want at least 2", name, n)
	}
	step := (at[n-1] - at[0]) / float64(n-1)
	for i, v := range at {
		// Round-off of at[0] + i step, and of what printed and read it.
		if !finite(v) || !(step > 0) || math.Abs(v-at[0]-float64(i)*step) > 1e-6*step {
			return fmt.Errorf("plots: Landscape.%s[%d] = %g, want values that rise evenly", name, i, v)
		}
	}
	return nil
}
