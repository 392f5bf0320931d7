package plots

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// area is the part of a canvas that one panel's data fill.
type area struct {
	draw.Canvas // its rectangle is the data box
	x, y        scale
}

// at places a data point.
func (a area) at(x, y float64) vg.Point {
	return vg.Point{X: a.X(a.x.norm(x)), Y: a.Y(a.y.norm(y))}
}

// mark is one thing drawn in a panel; it stays inside the data box.
type mark interface{ draw(a area) }

// lineStyle is the gonum style of a stroke.
func lineStyle(c color.Color, width vg.Length, s Stroke) draw.LineStyle {
	style := draw.LineStyle{Color: c, Width: width}
	switch s {
	case Dashed:
		style.Dashes = []vg.Length{3.5, 1.8}
	case Dotted:
		style.Dashes = []vg.Length{0.9, 1.6}
	}
	return style
}

// curve is a line through points, broken where one is not finite.
type curve struct {
	x, y  []float64
	style draw.LineStyle
}

func (m curve) draw(a area) {
	var piece []vg.Point
	flush := func() {
		if len(piece) > 1 {
			a.strokeClipped(m.style, thin(piece))
		}
		piece = piece[:0]
	}
	for i := range m.x {
		if !finite(m.x[i]) || !finite(m.y[i]) {
			flush()
			continue
		}
		piece = append(piece, a.at(m.x[i], m.y[i]))
	}
	flush()
}

// strokeClipped strokes the parts of a line that lie in the data box.
func (a area) strokeClipped(style draw.LineStyle, pts []vg.Point) {
	for i := range pts {
		if !a.Contains(pts[i]) {
			a.StrokeLines(style, a.ClipLinesXY(pts)...)
			return
		}
	}
	a.StrokeLines(style, pts)
}

// thin drops the points of a long line that cannot be seen: of those that
// follow each other within one column 0.4 pt wide, a third of a line's width,
// it keeps the lowest and the highest, in their order. The ends stay.
func thin(pts []vg.Point) []vg.Point {
	const column = 0.4
	if len(pts) < 500 {
		return pts
	}
	out := append(make([]vg.Point, 0, 1000), pts[0])
	for i := 0; i < len(pts); {
		id := math.Floor(pts[i].X.Points() / column)
		lowest, highest, end := i, i, i+1
		for end < len(pts) && math.Floor(pts[end].X.Points()/column) == id {
			if pts[end].Y < pts[lowest].Y {
				lowest = end
			}
			if pts[end].Y > pts[highest].Y {
				highest = end
			}
			end++
		}
		out = append(out, pts[min(lowest, highest)])
		if lowest != highest {
			out = append(out, pts[max(lowest, highest)])
		}
		i = end
	}
	return append(out, pts[len(pts)-1])
}

// band fills the space between two curves.
type band struct {
	x, low, high []float64
	color        color.Color
}

func (m band) draw(a area) {
	var upper, lower []vg.Point
	flush := func() {
		if len(upper) > 1 {
			outline := upper
			for i := len(lower) - 1; i >= 0; i-- {
				outline = append(outline, lower[i])
			}
			a.FillPolygon(m.color, a.ClipPolygonXY(outline))
		}
		upper, lower = nil, nil
	}
	for i := range m.x {
		if !finite(m.x[i]) || !finite(m.low[i]) || !finite(m.high[i]) {
			flush()
			continue
		}
		upper = append(upper, a.at(m.x[i], m.high[i]))
		lower = append(lower, a.at(m.x[i], m.low[i]))
	}
	flush()
}

// dots are markers at points.
type dots struct {
	x, y   []float64
	shape  Marker
	radius vg.Length
	color  color.Color
}

func (m dots) draw(a area) {
	for i := range m.x {
		if !finite(m.x[i]) || !finite(m.y[i]) {
			continue
		}
		if p := a.at(m.x[i], m.y[i]); a.Contains(p) {
			drawMarker(a.Canvas, p, m.shape, m.radius, m.color)
		}
	}
}

// drawMarker draws one marker with a thin white rim, which keeps markers that
// overlap apart.
func drawMarker(c draw.Canvas, p vg.Point, shape Marker, r vg.Length, col color.Color) {
	var path vg.Path
	polygon := func(offsets ...vg.Point) {
		path.Move(p.Add(offsets[0]))
		for _, o := range offsets[1:] {
			path.Line(p.Add(o))
		}
		path.Close()
	}
	switch shape {
	case Square:
		s := 0.89 * r // the area of the circle
		polygon(vg.Point{X: -s, Y: -s}, vg.Point{X: s, Y: -s}, vg.Point{X: s, Y: s}, vg.Point{X: -s, Y: s})
	case Triangle:
		s := 1.25 * r
		polygon(vg.Point{X: -0.87 * s, Y: -0.5 * s}, vg.Point{X: 0.87 * s, Y: -0.5 * s}, vg.Point{Y: s})
	case Diamond:
		s := 1.25 * r
		polygon(vg.Point{X: -s}, vg.Point{Y: -s}, vg.Point{X: s}, vg.Point{Y: s})
	case Cross:
		s := 0.8 * r
		c.SetLineStyle(draw.LineStyle{Color: col, Width: dataWidth})
		for _, sign := range []vg.Length{1, -1} {
			var arm vg.Path
			arm.Move(p.Add(vg.Point{X: -s, Y: -sign * s}))
			arm.Line(p.Add(vg.Point{X: s, Y: sign * s}))
			c.Stroke(arm)
		}
		return
	default:
		path.Move(p.Add(vg.Point{X: r}))
		path.Arc(p, r, 0, 2*math.Pi)
		path.Close()
	}
	c.SetColor(col)
	c.Fill(path)
	c.SetLineStyle(draw.LineStyle{Color: white(), Width: 0.3})
	c.Stroke(path)
}

// words is text at a data point; dx and dy move it by points, and up says which
// part of it lies there, as in lettering.draw. It starts to the right of the
// point, or where there is no room ends to the left of it; text above the point
// then goes below, where a falling curve leaves space.
type words struct {
	x, y   float64
	dx, dy vg.Length
	up     float64
	text   string
	style  lettering
}

func (m words) draw(a area) {
	p := a.at(m.x, m.y)
	if !a.Contains(p) {
		return
	}
	if p.X+m.dx+m.style.width(m.text) <= a.Max.X {
		m.style.draw(a, p.Add(vg.Point{X: m.dx, Y: m.dy}), 0, m.up, 0, m.text)
		return
	}
	dy, up := m.dy, m.up
	if up == 0 {
		dy, up = -dy, 1
	}
	p = p.Add(vg.Point{X: -m.dx, Y: dy})
	p.Y = max(p.Y, a.Min.Y+m.style.height()*vg.Length(up)+1)
	m.style.draw(a, p, 1, up, 0, m.text)
}

// rule is a straight line across the data box at one value.
type rule struct {
	value    float64
	vertical bool
	style    draw.LineStyle
}

func (m rule) draw(a area) {
	if m.vertical {
		if x := a.X(a.x.norm(m.value)); a.ContainsX(x) {
			a.StrokeLine2(m.style, x, a.Min.Y, x, a.Max.Y)
		}
		return
	}
	if y := a.Y(a.y.norm(m.value)); a.ContainsY(y) {
		a.StrokeLine2(m.style, a.Min.X, y, a.Max.X, y)
	}
}

// picture fills the data box with an image.
type picture struct{ img image.Image }

func (m picture) draw(a area) { a.DrawImage(a.Rectangle, m.img) }

// placed is an image over a rectangle of the data; what lies outside the data
// box is cut away.
type placed struct {
	img            image.Image
	x0, x1, y0, y1 float64
}

func (m placed) draw(a area) {
	whole := vg.Rectangle{Min: a.at(m.x0, m.y0), Max: a.at(m.x1, m.y1)}
	seen := vg.Rectangle{
		Min: vg.Point{X: max(whole.Min.X, a.Min.X), Y: max(whole.Min.Y, a.Min.Y)},
		Max: vg.Point{X: min(whole.Max.X, a.Max.X), Y: min(whole.Max.Y, a.Max.Y)},
	}
	const near = 0.01 // points
	if whole.Min.X > a.Min.X-near && whole.Min.Y > a.Min.Y-near && whole.Max.X < a.Max.X+near && whole.Max.Y < a.Max.Y+near {
		a.DrawImage(whole, m.img)
		return
	}
	if seen.Min.X >= seen.Max.X || seen.Min.Y >= seen.Max.Y {
		return
	}
	size, bounds := whole.Size(), m.img.Bounds()
	part := func(at, length vg.Length, pixels int) int { return int(float64(at/length)*float64(pixels) + 0.5) }
	cut := image.Rect(
		part(seen.Min.X-whole.Min.X, size.X, bounds.Dx()), part(whole.Max.Y-seen.Max.Y, size.Y, bounds.Dy()),
		part(seen.Max.X-whole.Min.X, size.X, bounds.Dx()), part(whole.Max.Y-seen.Min.Y, size.Y, bounds.Dy()),
	).Add(bounds.Min)
	if sub, ok := m.img.(interface {
		SubImage(image.Rectangle) image.Image
	}); ok && !cut.Empty() {
		a.DrawImage(seen, sub.SubImage(cut))
	}
}

// seriesMarks draws a series: band, line, markers, notes.
func seriesMarks(s Series, width vg.Length) []mark {
	var marks []mark
	if len(s.Low) > 0 {
		marks = append(marks, band{s.X, s.Low, s.High, faded(s.Color, 0.2)})
	}
	if s.Stroke != NoLine {
		marks = append(marks, curve{s.X, s.Y, lineStyle(s.Color, width, s.Stroke)})
	}
	if s.Marker != NoMarker {
		marks = append(marks, dots{s.X, s.Y, s.Marker, markRadius, s.Color})
	}
	for i, note := range s.Notes {
		if note != "" && finite(s.X[i]) && finite(s.Y[i]) {
			marks = append(marks, words{
				x: s.X[i], y: s.Y[i], dx: 4, dy: 3, text: note,
				style: lettering{size: 6, color: muted()},
			})
		}
	}
	return marks
}

// settle fills what each series leaves to the kind: colours from the palette,
// the stroke, and the marker, one shape after another if markers is true.
func settle(series []Series, markers bool) []Series {
	out := cloneSeries(series)
	for i := range out {
		s := &out[i]
		if s.Color == nil {
			s.Color = cycle(i)
		}
		if s.Stroke == AutoStroke {
			s.Stroke = Solid
		}
		if s.Marker == AutoMarker {
			s.Marker = NoMarker
			if markers {
				s.Marker = Circle + Marker(i)%4
			}
		}
		if len(s.X) == 1 {
			s.Stroke = NoLine
		}
		// A series with neither would not be seen.
		if s.Marker == NoMarker && s.Stroke == NoLine {
			s.Marker = Circle
		}
	}
	return out
}
