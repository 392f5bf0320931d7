package plots

import (
	"errors"
	"slices"

	"gonum.org/v1/plot/vg"
)

// Lines draws named series over one pair of axes, with a second y axis at the
// right for quantities of another unit, and an inset.
type Lines struct {
	Title         string
	X, Y          Axis
	Series        []Series
	Right         Axis     // the second y axis
	RightSeries   []Series // drawn against it, in the colours after those of Series
	Inset         *Inset
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = Lines{}

// Figure returns the drawing.
//
// Errors: no series or an empty one; unequal lengths; nothing finite; a value
// that is not positive on a log axis; limits in the wrong order; an inset
// without limits or series.
func (l Lines) Figure() (Figure, error) {
	problems := []error{validateAll("Lines", l.Series, l.X, l.Y)}
	if len(l.RightSeries) > 0 {
		right := validateAll("Lines", l.RightSeries, l.X, l.Right)
		problems = append(problems, right)
	}
	if l.Inset != nil {
		problems = append(problems, l.Inset.validate("Lines"))
	}
	if err := errors.Join(problems...); err != nil {
		return Figure{}, err
	}
	all := settle(slices.Concat(l.Series, l.RightSeries), false)
	series, right := all[:len(l.Series)], all[len(l.Series):]
	p := seriesPanel(series, l.X, l.Y)
	if len(right) > 0 {
		xs, _ := ranges(all)
		p.x = l.X.scale(xs, 0)
		p.twin = seriesPanel(right, l.X, l.Right)
		p.twin.x, p.twin.right = p.x, true
		if len(series) == 1 && len(right) == 1 {
			p.tint, p.twin.tint = series[0].Color, right[0].Color
		}
	}
	if l.Inset != nil {
		p.marks = append(p.marks, l.Inset.mark(series))
	}
	return single(l.Title, seriesKeys(all), p).figure(l.Width, l.Height, Column, 54*vg.Millimeter)
}

// seriesPanel draws settled series in their order.
func seriesPanel(series []Series, x, y Axis) *panel {
	xs, ys := ranges(series)
	margin := 0.0
	for _, s := range series {
		if s.Marker != NoMarker {
			margin = max(margin, 0.04) // room for whole markers
		}
		if len(s.Notes) > 0 {
			margin = 0.08 // and for text beside them
		}
	}
	p := &panel{x: x.scale(xs, margin), y: y.scale(ys, 0.05), numbers: seriesNumbers(series)}
	for _, s := range series {
		p.marks = append(p.marks, seriesMarks(s, dataWidth)...)
	}
	return p
}
