package plots

import (
	"errors"
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// InsetCorner is where an inset stands.
type InsetCorner int

// The corners of the data box.
const (
	TopRight InsetCorner = iota
	TopLeft
	BottomLeft
	BottomRight
)

// Inset is a small pair of axes within the figure: a closer look at its series,
// whose part of the figure is then framed, or series of its own.
type Inset struct {
	X, Y   Axis     // limits must be given for a closer look
	Series []Series // nil: those of the figure
	Corner InsetCorner
}

// validate checks the inset of a kind of figure.
func (in Inset) validate(kind string) error {
	var problems []error
	if in.Corner < TopRight || in.Corner > BottomRight {
		problems = append(problems, fmt.Errorf("plots: %s.Inset.Corner = %d, want one of TopRight to BottomRight", kind, in.Corner))
	}
	if len(in.Series) > 0 {
		return errors.Join(append(problems, validateAll(kind+".Inset", in.Series, in.X, in.Y))...)
	}
	problems = append(problems, in.X.validate(kind+".Inset.X"), in.Y.validate(kind+".Inset.Y"))
	if !in.X.fixed() || !in.Y.fixed() {
		problems = append(problems, fmt.Errorf("plots: %s.Inset has no limits, want Min and Max of X and of Y, the part to show", kind))
	}
	return errors.Join(problems...)
}

// mark returns the inset over a panel of settled series.
func (in Inset) mark(series []Series) mark {
	m := inset{corner: in.Corner}
	if len(in.Series) > 0 {
		m.panel = seriesPanel(settle(in.Series, false), in.X, in.Y)
		m.panel.framed = true
		return m
	}
	m.panel = seriesPanel(series, in.X, in.Y)
	m.panel.framed = true
	m.zoom = true
	return m
}

// inset draws a panel in a corner of another.
type inset struct {
	panel  *panel
	corner InsetCorner
	zoom   bool // frame the part that it shows
}

func (m inset) draw(a area) {
	size := a.Size()
	width, height := 0.42*size.X, 0.42*size.Y
	left, right := m.panel.beside(width, height)
	above, below := m.panel.above(height), m.panel.below()
	const gap = 4 // points from the axes
	box := vg.Rectangle{Min: vg.Point{X: a.Max.X - width - right - gap, Y: a.Max.Y - height - above - gap}}
	if m.corner == TopLeft || m.corner == BottomLeft {
		box.Min.X = a.Min.X + left + gap
	}
	if m.corner == BottomLeft || m.corner == BottomRight {
		box.Min.Y = a.Min.Y + below + gap
	}
	box.Max = box.Min.Add(vg.Point{X: width, Y: height})
	around := vg.Rectangle{
		Min: box.Min.Sub(vg.Point{X: left + 1, Y: below}), Max: box.Max.Add(vg.Point{X: right + 1, Y: above}),
	}
	a.SetColor(white())
	a.Fill(around.Path())
	m.panel.draw(a.Canvas, box)
	if m.zoom {
		p := vg.Rectangle{Min: a.at(m.panel.x.lo, m.panel.y.lo), Max: a.at(m.panel.x.hi, m.panel.y.hi)}
		a.StrokeLines(draw.LineStyle{Color: muted(), Width: frameWidth}, a.ClipLinesXY([]vg.Point{
			p.Min, {X: p.Max.X, Y: p.Min.Y}, p.Max, {X: p.Min.X, Y: p.Max.Y}, p.Min,
		})...)
	}
}
