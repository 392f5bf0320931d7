package plots

import (
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
)

// affine is the map (x, y) to (a x + c y + e, b x + d y + f).
type affine struct{ a, b, c, d, e, f float64 }

func (m affine) apply(p vg.Point) (x, y float64) {
	px, py := p.X.Points(), p.Y.Points()
	return m.a*px + m.c*py + m.e, m.b*px + m.d*py + m.f
}

// then returns the map that applies n first and m after it.
func (m affine) then(n affine) affine {
	return affine{
		a: m.a*n.a + m.c*n.b, b: m.b*n.a + m.d*n.b,
		c: m.a*n.c + m.c*n.d, d: m.b*n.c + m.d*n.d,
		e: m.a*n.e + m.c*n.f + m.e, f: m.b*n.e + m.d*n.f + m.f,
	}
}

// scale is the factor by which lengths grow.
func (m affine) scale() float64 { return math.Sqrt(math.Abs(m.a*m.d - m.b*m.c)) }

// angle is the turn of the x axis, in radians.
func (m affine) angle() float64 { return math.Atan2(m.b, m.a) }

// pen is the state that Push saves.
type pen struct {
	at     affine
	color  color.NRGBA
	width  float64
	dashes []float64
	offset float64
}

// vector is what the SVG and PDF canvases share: size and drawing state. It
// maps points to a page whose origin is at the top left, y down, in points, so
// that neither output needs nested transforms.
type vector struct {
	w, h  vg.Length
	now   pen
	stack []pen
}

func newVector(w, h vg.Length) vector {
	return vector{w: w, h: h, now: pen{
		at:    affine{a: 1, d: -1, f: h.Points()},
		color: color.NRGBA{A: 0xFF}, width: 1,
	}}
}

// Size returns the size of the page.
func (v *vector) Size() (x, y vg.Length) { return v.w, v.h }

// SetLineWidth sets the width of strokes.
func (v *vector) SetLineWidth(w vg.Length) { v.now.width = w.Points() }

// SetLineDash sets the dashes of strokes; none for a solid line.
func (v *vector) SetLineDash(pattern []vg.Length, offset vg.Length) {
	v.now.dashes = make([]float64, len(pattern))
	for i, d := range pattern {
		v.now.dashes[i] = d.Points()
	}
	v.now.offset = offset.Points()
}

// SetColor sets the colour of strokes, fills and text; nil is black.
func (v *vector) SetColor(c color.Color) {
	if c == nil {
		c = color.Black
	}
	v.now.color = color.NRGBAModel.Convert(c).(color.NRGBA)
}

// Rotate turns what is drawn next about the origin, counter-clockwise.
func (v *vector) Rotate(rad float64) {
	sin, cos := math.Sincos(rad)
	v.now.at = v.now.at.then(affine{a: cos, b: sin, c: -sin, d: cos})
}

// Translate moves the origin.
func (v *vector) Translate(p vg.Point) {
	v.now.at = v.now.at.then(affine{a: 1, d: 1, e: p.X.Points(), f: p.Y.Points()})
}

// Scale stretches what is drawn next.
func (v *vector) Scale(x, y float64) { v.now.at = v.now.at.then(affine{a: x, d: y}) }

// Push saves the drawing state.
func (v *vector) Push() { v.stack = append(v.stack, v.now) }

// Pop restores the state that the matching Push saved.
func (v *vector) Pop() {
	if n := len(v.stack); n > 0 {
		v.now, v.stack = v.stack[n-1], v.stack[:n-1]
	}
}

// pathSink takes a path in page coordinates.
type pathSink interface {
	move(x, y float64)
	line(x, y float64)
	cubic(x1, y1, x2, y2, x, y float64)
	closePath()
}

// trace sends a path to a sink, with arcs and quadratic curves as cubic ones.
func (v *vector) trace(p vg.Path, to pathSink) {
	var last vg.Point
	for i, c := range p {
		switch c.Type {
		case vg.MoveComp:
			to.move(v.now.at.apply(c.Pos))
			last = c.Pos
		case vg.LineComp:
			to.line(v.now.at.apply(c.Pos))
			last = c.Pos
		case vg.ArcComp:
			last = v.arc(c, i == 0, to)
		case vg.CurveComp:
			v.curve(last, c, to)
			last = c.Pos
		case vg.CloseComp:
			to.closePath()
		}
	}
}

func (v *vector) curve(from vg.Point, c vg.PathComp, to pathSink) {
	c1, c2 := c.Pos, c.Pos
	switch len(c.Control) {
	case 1: // degree elevation: each inner point lies two thirds of the way to the control
		q := c.Control[0]
		c1 = vg.Point{X: from.X + (q.X-from.X)*2/3, Y: from.Y + (q.Y-from.Y)*2/3}
		c2 = vg.Point{X: c.Pos.X + (q.X-c.Pos.X)*2/3, Y: c.Pos.Y + (q.Y-c.Pos.Y)*2/3}
	case 2:
		c1, c2 = c.Control[0], c.Control[1]
	}
	x1, y1 := v.now.at.apply(c1)
	x2, y2 := v.now.at.apply(c2)
	x, y := v.now.at.apply(c.Pos)
	to.cubic(x1, y1, x2, y2, x, y)
}

// arc draws a circular arc in pieces of at most a quarter turn, for which one
// cubic is within 0.03 % of the radius, and returns its end.
func (v *vector) arc(c vg.PathComp, first bool, to pathSink) vg.Point {
	on := func(t float64) vg.Point {
		return vg.Point{
			X: c.Pos.X + c.Radius*vg.Length(math.Cos(t)),
			Y: c.Pos.Y + c.Radius*vg.Length(math.Sin(t)),
		}
	}
	off := func(p vg.Point, t, k float64) vg.Point { // along the tangent
		return vg.Point{
			X: p.X - c.Radius*vg.Length(k*math.Sin(t)),
			Y: p.Y + c.Radius*vg.Length(k*math.Cos(t)),
		}
	}
	start := on(c.Start)
	if first {
		to.move(v.now.at.apply(start))
	} else {
		to.line(v.now.at.apply(start))
	}
	pieces := int(math.Ceil(math.Abs(c.Angle)/(math.Pi/2) - 1e-9))
	step := c.Angle / float64(max(pieces, 1))
	k := 4.0 / 3 * math.Tan(step/4)
	end := start
	for i := range pieces {
		t0 := c.Start + float64(i)*step
		p0, p1 := on(t0), on(t0+step)
		v.curve(p0, vg.PathComp{Pos: p1, Control: []vg.Point{off(p0, t0, k), off(p1, t0+step, -k)}}, to)
		end = p1
	}
	return end
}
