package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel is one pair of axes and what is drawn between them.
type panel struct {
	letter, title string
	brief         string    // in place of a title that does not fit
	room          vg.Length // for the title, past the right edge of the data
	x, y          scale
	marks         []mark
	framed        bool        // a frame all round and no grid, as for a field
	right         bool        // y axis at the right, as for a colour bar
	twin          *panel      // of a second y axis at the right, over the same x axis
	numbers       []numbers   // for CSV; nil: those of the marks
	tint          color.Color // of the y axis; nil: ink
	blank         bool        // no axes: the marks draw their own
}

// xTicks and yTicks return the ticks for a data box of the given size.
func (p *panel) xTicks(width vg.Length) ([]tick, string) {
	if p.x.none {
		return nil, ""
	}
	for n := int(width / 24); ; n-- {
		marks, factor := p.x.ticks(n)
		if n <= 2 || p.x.log || p.x.sym > 0 || p.x.at != nil {
			p.dropLabels(marks, width)
			return marks, factor
		}
		if !p.dropLabels(marks, width) {
			return marks, factor
		}
	}
}

// dropLabels removes each label that would touch the one before it, and
// reports whether there were any; their marks stay.
func (p *panel) dropLabels(marks []tick, width vg.Length) (dropped bool) {
	end := vg.Length(math.Inf(-1))
	for i := range marks {
		if marks[i].label == "" {
			continue
		}
		half := tickText().width(marks[i].label) / 2
		middle := vg.Length(p.x.norm(marks[i].v)) * width
		if middle-half < end+5 {
			marks[i].label = ""
			dropped = true
			continue
		}
		end = middle + half
	}
	return dropped
}

func (p *panel) yTicks(height vg.Length) ([]tick, string) {
	if p.y.none {
		return nil, ""
	}
	return p.y.ticks(int(height / 20))
}

// above is the height of title and y factor over the data box.
func (p *panel) above(height vg.Length) vg.Length {
	_, factor := p.yTicks(height)
	top := vg.Length(2.5) // half the digit at the end of the axis
	if factor != "" && !p.y.bare && (!p.right || !p.framed) {
		top = max(top, tickText().height()+5)
	}
	if p.twin != nil {
		top = max(top, p.twin.above(height))
	}
	if p.letter != "" || p.title != "" {
		top = max(top, labelText().height()+6)
	}
	return top
}

// below is the height of tick labels and axis label under the data box.
func (p *panel) below() vg.Length {
	switch {
	case p.x.none:
		return frameWidth
	case p.x.bare:
		return majorTick + 1
	}
	h := majorTick + pad + tickText().height() + 0.5
	if p.x.text != "" {
		h += 1.3*pad + labelText().height() + labelText().descent()
	}
	return h
}

// beside returns the widths left and right of a data box of the given size.
func (p *panel) beside(width, height vg.Length) (left, right vg.Length) {
	marks, _ := p.xTicks(width)
	if !p.x.bare {
		for _, t := range marks {
			half := tickText().width(t.label) / 2
			at := vg.Length(p.x.norm(t.v)) * width
			left, right = max(left, half-at), max(right, half-(width-at))
		}
	}
	axis := p.yWidth(height)
	if p.twin != nil {
		right = max(right, p.twin.yWidth(height))
	}
	if p.right {
		return left, max(right, axis)
	}
	return max(left, axis), right
}

// yWidth is the width of the y axis beside the box.
func (p *panel) yWidth(height vg.Length) vg.Length {
	if p.y.none {
		return frameWidth
	}
	if p.y.bare {
		return majorTick + 1
	}
	w := majorTick + pad*2/3 + p.labelWidth(height)
	if _, factor := p.yTicks(height); p.right {
		w = max(w, tickText().width(factor))
	}
	if p.y.text != "" {
		w += pad + labelText().height() + labelText().descent()
	}
	return w
}

// labelWidth is that of the widest y tick label.
func (p *panel) labelWidth(height vg.Length) (w vg.Length) {
	marks, _ := p.yTicks(height)
	for _, t := range marks {
		w = max(w, tickText().width(t.label))
	}
	return w
}

// draw draws the panel with its data in box.
func (p *panel) draw(c draw.Canvas, box vg.Rectangle) {
	a := area{Canvas: draw.Canvas{Canvas: c.Canvas, Rectangle: box}, x: p.x, y: p.y}
	xs, xFactor := p.xTicks(box.Size().X)
	ys, yFactor := p.yTicks(box.Size().Y)
	if !p.framed && !p.blank {
		p.grid(a, xs, ys)
	}
	for _, m := range p.marks {
		m.draw(a)
	}
	if !p.blank {
		p.frame(a)
		p.drawX(a, xs, xFactor)
		p.drawY(a, ys, yFactor)
	}
	if p.twin != nil {
		p.twin.drawTwin(c, box)
	}
	p.heading(a)
}

// drawTwin draws what belongs to the second y axis.
func (p *panel) drawTwin(c draw.Canvas, box vg.Rectangle) {
	a := area{Canvas: draw.Canvas{Canvas: c.Canvas, Rectangle: box}, x: p.x, y: p.y}
	for _, m := range p.marks {
		m.draw(a)
	}
	a.StrokeLine2(draw.LineStyle{Color: ink(), Width: frameWidth}, a.Max.X, a.Min.Y, a.Max.X, a.Max.Y)
	ys, factor := p.yTicks(box.Size().Y)
	p.drawY(a, ys, factor)
}

func (p *panel) grid(a area, xs, ys []tick) {
	style := draw.LineStyle{Color: gridGrey(), Width: gridWidth}
	for _, t := range xs {
		if x := a.X(p.x.norm(t.v)); t.label != "" && a.ContainsX(x) {
			a.StrokeLine2(style, x, a.Min.Y, x, a.Max.Y)
		}
	}
	for _, t := range ys {
		if y := a.Y(p.y.norm(t.v)); t.label != "" && a.ContainsY(y) {
			a.StrokeLine2(style, a.Min.X, y, a.Max.X, y)
		}
	}
}

func (p *panel) frame(a area) {
	a.SetLineStyle(draw.LineStyle{Color: ink(), Width: frameWidth})
	if p.framed {
		a.Stroke(a.Rectangle.Path())
		return
	}
	var corner vg.Path
	corner.Move(vg.Point{X: a.Min.X, Y: a.Max.Y})
	corner.Line(a.Min)
	corner.Line(vg.Point{X: a.Max.X, Y: a.Min.Y})
	a.Stroke(corner)
}

func tickLength(t tick) vg.Length {
	if t.label == "" {
		return minorTick
	}
	return majorTick
}

func (p *panel) drawX(a area, marks []tick, factor string) {
	text := tickText()
	style := draw.LineStyle{Color: ink(), Width: frameWidth}
	y := a.Min.Y - majorTick - pad
	for _, t := range marks {
		x := a.X(p.x.norm(t.v))
		a.StrokeLine2(style, x, a.Min.Y, x, a.Min.Y-tickLength(t))
		if !p.x.bare {
			text.draw(a, vg.Point{X: x, Y: y}, 0.5, 1, 0, t.label)
		}
	}
	if p.x.bare || p.x.none {
		return
	}
	y -= text.height() + 0.5 + 1.3*pad
	if p.x.text != "" {
		labelText().draw(a, vg.Point{X: a.Center().X, Y: y}, 0.5, 1, 0, p.x.text)
	}
	text.draw(a, vg.Point{X: a.Max.X, Y: y}, 1, 1, 0, factor)
}

func (p *panel) drawY(a area, marks []tick, factor string) {
	text, name := tickText(), labelText()
	style := draw.LineStyle{Color: ink(), Width: frameWidth}
	if p.tint != nil {
		text.color, name.color, style.Color = p.tint, p.tint, p.tint
	}
	// side is the edge that has the axis; out points away from the data.
	side, out, right := a.Min.X, vg.Length(-1), 1.0
	if p.right {
		side, out, right = a.Max.X, 1, 0
	}
	x := side + out*(majorTick+pad*2/3)
	for _, t := range marks {
		y := a.Y(p.y.norm(t.v))
		a.StrokeLine2(style, side, y, side+out*tickLength(t), y)
		if !p.y.bare {
			text.draw(a, vg.Point{X: x, Y: y}, right, 0.5, 0, t.label)
		}
	}
	if p.y.bare || p.y.none {
		return
	}
	x += out * (p.labelWidth(a.Size().Y) + pad)
	if p.y.text != "" {
		up := 0.0
		if p.right {
			up = 1 // the text is turned: its top faces left
		}
		name.draw(a, vg.Point{X: x, Y: a.Center().Y}, 0.5, up, math.Pi/2, p.y.text)
	}
	if p.right && !p.framed {
		text.draw(a, vg.Point{X: side + 2, Y: a.Max.Y + 5}, 0, 0, 0, factor)
		return
	}
	if p.right { // under the labels, since titles stand above
		text.draw(a, vg.Point{X: side, Y: a.Min.Y - majorTick - pad}, 0, 1, 0, factor)
		return
	}
	text.draw(a, vg.Point{X: side - 2, Y: a.Max.Y + 5}, 1, 0, 0, factor)
}

// heading sets the panel's letter and title over the data box.
func (p *panel) heading(a area) {
	at := vg.Point{X: a.Min.X, Y: a.Max.Y + 5}
	if p.letter != "" {
		text := "(" + p.letter + ")"
		letterText().draw(a, at, 0, 0, 0, text)
		at.X += letterText().width(text) + pad
	}
	title, width := p.title, a.Max.X-at.X+p.room
	if p.brief != "" && labelText().width(title) > width { // half a number would mislead
		title = p.brief
	}
	labelText().draw(a, at, 0, 0, 0, labelText().shorten(title, width))
}
