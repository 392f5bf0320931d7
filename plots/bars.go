package plots

import (
	"errors"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bar is one method and its values, one for each seed.
type Bar struct {
	Name   string
	Values []float64
	Color  color.Color // nil: the next of Palette
}

// Bars compares methods over seeds, one row a method: a bar as long as the mean,
// a dot for each seed and a line from the least to the greatest. On a
// logarithmic axis, where a bar has no place to begin, a stroke marks the mean.
type Bars struct {
	Title         string
	Value         Axis // label defaults to relative L2 error
	Methods       []Bar
	Width, Height vg.Length // zero: one journal column, and a height for the rows
}

var _ Drawing = Bars{}

// Figure returns the drawing. A seed that is not finite is left out, and the
// name of its method says how many were.
//
// Errors: no methods; one without values or without a finite one; a value that
// is not positive on a log axis; limits in the wrong order.
func (b Bars) Figure() (Figure, error) {
	b.Value = b.Value.or("relative L_{2} error", "")
	if err := b.validate(); err != nil {
		return Figure{}, err
	}
	n := len(b.Methods)
	values := nothing()
	if !b.Value.Log {
		values.add(0)
	}
	rows := scale{lo: -0.6, hi: float64(n) - 0.4}
	p := &panel{}
	for i, m := range b.Methods {
		at := float64(n - 1 - i) // the first on top
		kept := slices.DeleteFunc(slices.Clone(m.Values), func(v float64) bool { return !finite(v) })
		values.add(kept...)
		name := labelText().shorten(m.Name, 90)
		if lost := len(m.Values) - len(kept); lost > 0 {
			name += fmt.Sprintf(" (%d of %d failed)", lost, len(m.Values))
		}
		rows.at, rows.labels = append(rows.at, at), append(rows.labels, name)
		c := m.Color
		if c == nil {
			c = cycle(i)
		}
		p.marks = append(p.marks, spread{at, kept, c, !b.Value.Log})
	}
	p.x, p.y = b.Value.scale(values, 0.04), rows
	if !b.Value.Log && !b.Value.fixed() {
		switch { // bars stand on the axis
		case values.lo == 0 && values.hi > 0:
			p.x.lo = 0
		case values.hi == 0 && values.lo < 0:
			p.x.hi = 0
		}
	}
	return single(b.Title, nil, p).figure(b.Width, b.Height, Column, vg.Length(n)*18+42)
}

func (b Bars) validate() error {
	return errors.Join(b.Value.validate("Bars.Value"), validateRows("Bars", b.Methods, b.Value.Log))
}

// spread draws one method's row.
type spread struct {
	at     float64
	values []float64 // finite, at least one
	color  color.Color
	bar    bool
}

func (m spread) draw(a area) {
	mean := 0.0
	for _, v := range m.values {
		mean += v / float64(len(m.values))
	}
	const half = 0.32 // of the bar, in rows
	within := func(v float64) float64 { return min(max(v, a.x.lo), a.x.hi) }
	if m.bar {
		r := vg.Rectangle{Min: a.at(within(0), m.at-half), Max: a.at(within(mean), m.at+half)}
		a.SetColor(faded(m.color, 0.45))
		a.Fill(r.Path())
	}
	top, foot := a.at(within(mean), m.at+half), a.at(within(mean), m.at-half)
	if mean >= a.x.lo && mean <= a.x.hi {
		a.StrokeLine2(draw.LineStyle{Color: m.color, Width: 1.4}, foot.X, foot.Y, top.X, top.Y)
	}
	low, high := a.at(within(slices.Min(m.values)), m.at), a.at(within(slices.Max(m.values)), m.at)
	a.StrokeLine2(draw.LineStyle{Color: ink(), Width: 0.7}, low.X, low.Y, high.X, high.Y)
	rows := make([]float64, len(m.values))
	for i := range rows {
		rows[i] = m.at
	}
	dots{x: m.values, y: rows, shape: Circle, radius: 1.7, color: ink()}.draw(a)
}
