package plots

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"
)

// Resolution draws error against grid size on logarithmic axes, one series a
// method: a flat line is a method that carries over to grids it was not trained
// on. The grid sizes themselves are the ticks.
type Resolution struct {
	Title         string
	X, Y          Axis // labels default to grid size and relative L2 error; both are logarithmic
	Methods       []Series
	Trained       float64   // optional: the grid size of the training data, marked by a line
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = Resolution{}

// Figure returns the drawing.
//
// Errors: no methods or an empty one; unequal lengths; nothing finite; a grid
// size or an error that is not positive; limits in the wrong order.
func (r Resolution) Figure() (Figure, error) {
	x, y := r.X.or("grid size", ""), r.Y.or("relative L_{2} error", "")
	x.Log, y.Log = true, true
	if err := validateAll("Resolution", r.Methods, x, y); err != nil {
		return Figure{}, err
	}
	if !finite(r.Trained) || r.Trained < 0 {
		return Figure{}, fmt.Errorf("plots: Resolution.Trained = %g, want a grid size > 0, or 0 for none", r.Trained)
	}
	series := settle(r.Methods, true)
	if x.Ticks == nil {
		x.Ticks = gridSizes(series)
	}
	p := seriesPanel(series, x, y)
	if r.Trained > 0 {
		p.marks = slices.Insert(p.marks, 0, mark(rule{r.Trained, true, lineStyle(muted(), 0.8, Dotted)}))
		p.marks = append(p.marks, words{x: r.Trained, y: p.y.hi, dx: 3, dy: -3, up: 1, text: "trained here", style: noteText()})
	}
	return single(r.Title, seriesKeys(series), p).figure(r.Width, r.Height, Column, 56*vg.Millimeter)
}

// gridSizes returns each finite x value of the series once, in order.
func gridSizes(series []Series) []float64 {
	var sizes []float64
	for _, s := range series {
		for _, v := range s.X {
			if finite(v) {
				sizes = append(sizes, v)
			}
		}
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}
