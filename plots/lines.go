package plots

import "gonum.org/v1/plot/vg"

// Lines draws named series over one pair of axes.
type Lines struct {
	Title         string
	X, Y          Axis
	Series        []Series
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = Lines{}

// Figure returns the drawing.
//
// Errors: no series or an empty one; unequal lengths; nothing finite; a value
// that is not positive on a log axis; limits in the wrong order.
func (l Lines) Figure() (Figure, error) {
	if err := validateAll("Lines", l.Series, l.X, l.Y); err != nil {
		return Figure{}, err
	}
	series := settle(l.Series, false)
	p := seriesPanel(series, l.X, l.Y)
	return single(l.Title, seriesKeys(series), p).figure(l.Width, l.Height, Column, 54*vg.Millimeter)
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
