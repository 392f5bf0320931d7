package plots

import (
	"gonum.org/v1/plot/vg"
)

// WorkPrecision draws error against time on logarithmic axes: a series for each
// method or solver, a marker for each setting. Down and to the left is better.
// Series.Notes names the settings, such as the number of steps.
type WorkPrecision struct {
	Title         string
	X, Y          Axis // labels default to time in s and relative L2 error; both are logarithmic
	Methods       []Series
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = WorkPrecision{}

// Figure returns the drawing.
//
// Errors: no methods or an empty one; unequal lengths; nothing finite; a time
// or an error that is not positive; limits in the wrong order.
func (w WorkPrecision) Figure() (Figure, error) {
	x, y := w.X.or("time", "s"), w.Y.or("relative L_{2} error", "")
	x.Log, y.Log = true, true
	if err := validateAll("WorkPrecision", w.Methods, x, y); err != nil {
		return Figure{}, err
	}
	series := settle(w.Methods, true)
	p := seriesPanel(series, x, y)
	return single(w.Title, seriesKeys(series), p).figure(w.Width, w.Height, Column, 60*vg.Millimeter)
}
