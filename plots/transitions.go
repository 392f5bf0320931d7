package plots

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Transitions draws the states of a Markov chain in a circle, with an arrow for
// each transition, wider for a greater probability, which stands beside it.
type Transitions struct {
	Title         string
	States        []string    // 1 to 12
	P             [][]float64 // [from][to], each row with a sum of at most 1
	Least         float64     // smaller ones are not drawn and counted below the title; 0: 0.01
	Width, Height vg.Length   // zero: one journal column, square
}

var _ Drawing = Transitions{}

// Figure returns the drawing.
//
// Errors: no states or more than twelve; a matrix that is not square; a
// probability that is not in [0, 1] or a row with a sum above 1; a least
// probability that is not.
func (t Transitions) Figure() (Figure, error) {
	if t.Least == 0 {
		t.Least = 0.01
	}
	if err := t.validate(); err != nil {
		return Figure{}, err
	}
	t.States = slices.Clone(t.States)
	p := make([][]float64, len(t.P))
	hidden := 0
	for i, row := range t.P {
		p[i] = slices.Clone(row)
		for _, v := range row {
			if v > 0 && v < t.Least {
				hidden++
			}
		}
	}
	t.P = p
	note := ""
	if hidden > 0 {
		note = fmt.Sprintf("%d %s below %s not drawn", hidden, plural(hidden, "transition", "transitions"), plain(t.Least))
	}
	f := Figure{Width: t.Width, Height: t.Height, paint: func(c draw.Canvas) error { return t.paint(c, note) }}
	if f.Width == 0 {
		f.Width = Column
	}
	if f.Height == 0 {
		f.natural = func(width vg.Length) vg.Length { return min(width, 80*vg.Millimeter) + t.head(note) }
		f.Height = f.natural(f.Width)
	}
	return f, f.validate()
}

func (t Transitions) head(note string) (h vg.Length) {
	if t.Title != "" {
		h += labelText().height() + 4
	}
	if note != "" {
		h += noteText().height() + 4
	}
	return h
}

func (t Transitions) validate() error {
	n := len(t.States)
	var problems []error
	if n < 1 || n > 12 {
		problems = append(problems, fmt.Errorf("plots: Transitions.States has %d states, want 1 to 12", n))
	}
	if len(t.P) != n {
		problems = append(problems, fmt.Errorf("plots: Transitions.P has %d rows, want %d, as many as States", len(t.P), n))
	}
	if !(t.Least > 0 && t.Least < 1) {
		problems = append(problems, fmt.Errorf("plots: Transitions.Least = %g, want between 0 and 1, or 0 for 0.01", t.Least))
	}
	for i, row := range t.P {
		if len(row) != n {
			problems = append(problems, fmt.Errorf("plots: Transitions.P[%d] has %d values, want %d, as many as States", i, len(row), n))
		}
		if k := slices.IndexFunc(row, func(v float64) bool { return !(v >= 0 && v <= 1) }); k >= 0 {
			problems = append(problems, fmt.Errorf("plots: Transitions.P[%d][%d] = %g, want a probability from 0 to 1", i, k, row[k]))
			continue
		}
		total := 0.0
		for _, v := range row {
			total += v
		}
		if total > 1+1e-6 { // round-off of a normalised row
			problems = append(problems, fmt.Errorf("plots: Transitions.P[%d] has the sum %g, want at most 1", i, total))
		}
	}
	return errors.Join(problems...)
}

// ring is the circle on which the states lie.
type ring struct {
	middle       vg.Point
	radius, node vg.Length
	n            int
}

// at is the place of state i, the first one on top, then clockwise.
func (r ring) at(i int) vg.Point {
	if r.n == 1 {
		return r.middle
	}
	sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(r.n))
	return r.middle.Add(vg.Point{X: r.radius * vg.Length(sin), Y: r.radius * vg.Length(cos)})
}

func (t Transitions) paint(c draw.Canvas, note string) error {
	page := draw.Crop(c, edge, -edge, edge, -edge)
	corner := vg.Point{X: page.Min.X, Y: page.Max.Y}
	for _, line := range []struct {
		text  string
		style lettering
	}{{t.Title, labelText()}, {note, noteText()}} {
		if line.text != "" {
			line.style.draw(page, corner, 0, 1, 0, line.style.shorten(line.text, page.Size().X))
			corner.Y -= line.style.height() + 4
		}
	}
	page.Max.Y = corner.Y
	room := min(page.Size().X, page.Size().Y) / 2
	if room < 40 {
		return errors.New("plots: Figure is too small for its states, want at least 90 by 90 pt")
	}
	r := ring{middle: page.Center(), n: len(t.States)}
	// A loop and its number stand outside a state, and neighbours keep nearly half
	// a state's width apart.
	const outer, number, apart = 1.9, vg.Length(14), 2.9
	r.node = 18
	if r.n > 1 {
		half := vg.Length(math.Sin(math.Pi / float64(r.n))) // of the chord between neighbours, over the radius
		r.node = min(r.node, 2*half*(room-number)/(apart+2*half*outer))
	}
	r.radius = room - outer*r.node - number
	for i, row := range t.P {
		for k, p := range row {
			if p < t.Least {
				continue
			}
			if i == k {
				t.loop(page, r, i, p)
				continue
			}
			t.arrow(page, r, i, k, p)
		}
	}
	for i, name := range t.States {
		var disc vg.Path
		at := r.at(i)
		disc.Move(at.Add(vg.Point{X: r.node}))
		disc.Arc(at, r.node, 0, 2*math.Pi)
		disc.Close()
		fillNode(page, disc, cycle(0))
		page.SetLineStyle(draw.LineStyle{Color: cycle(0), Width: 1})
		page.Stroke(disc)
		tickText().draw(page, at, 0.5, 0.5, 0, tickText().shorten(name, 1.85*r.node))
	}
	return nil
}

// weight is the stroke of a probability.
func weight(p float64) draw.LineStyle {
	return draw.LineStyle{Color: ink(), Width: 0.4 + 2*vg.Length(p)}
}

// arrow bends to its left, so that there and back lie apart.
func (t Transitions) arrow(c draw.Canvas, r ring, i, k int, p float64) {
	from, to := r.at(i), r.at(k)
	along := to.Sub(from)
	length := vg.Length(math.Hypot(along.X.Points(), along.Y.Points()))
	side := vg.Point{X: -along.Y / length, Y: along.X / length}
	bend := length * 0.14
	at := func(s float64) vg.Point {
		rise := 4 * s * (1 - s)
		return from.Add(along.Scale(vg.Length(s))).Add(side.Scale(bend * vg.Length(rise)))
	}
	outside := func(p vg.Point, middle vg.Point) bool {
		d := p.Sub(middle)
		return math.Hypot(d.X.Points(), d.Y.Points()) > r.node.Points()+1
	}
	var pts []vg.Point
	for s := range 201 {
		if q := at(float64(s) / 200); outside(q, from) && outside(q, to) {
			pts = append(pts, q)
		}
	}
	if len(pts) < 2 {
		return
	}
	t.pointed(c, pts, p)
	t.number(c, at(0.5).Add(side.Scale(6)), p)
}

// loop is an arrow from a state to itself, outside the circle of states.
func (t Transitions) loop(c draw.Canvas, r ring, i int, p float64) {
	at := r.at(i)
	out := at.Sub(r.middle)
	away := math.Pi / 2
	if r.n > 1 {
		away = math.Atan2(out.Y.Points(), out.X.Points())
	}
	toward := func(angle float64, length vg.Length) vg.Point {
		sin, cos := math.Sincos(angle)
		return vg.Point{X: length * vg.Length(cos), Y: length * vg.Length(sin)}
	}
	radius := 0.5 * r.node
	middle := at.Add(toward(away, 1.25*r.node))
	var pts []vg.Point
	for k := range 61 { // clockwise, from one side of the state to the other
		turn := away + 2.1 - 4.2*float64(k)/60
		pts = append(pts, middle.Add(toward(turn, radius)))
	}
	t.pointed(c, pts, p)
	// The number stands outside the loop, whatever its width.
	sin, cos := math.Sincos(away)
	noteText().draw(c, at.Add(toward(away, 1.85*r.node)), 0.5-0.5*cos, 0.5-0.5*sin, 0, short(p))
}

// pointed strokes a line with a filled head at its end.
func (t Transitions) pointed(c draw.Canvas, pts []vg.Point, p float64) {
	style := weight(p)
	head := 4 + 1.5*style.Width
	end := pts[len(pts)-1]
	cut := len(pts) - 1
	for cut > 1 {
		d := end.Sub(pts[cut])
		if math.Hypot(d.X.Points(), d.Y.Points()) > head.Points()*0.8 {
			break
		}
		cut--
	}
	c.StrokeLines(style, pts[:cut+1])
	d := end.Sub(pts[cut])
	angle := math.Atan2(d.Y.Points(), d.X.Points())
	var tip vg.Path
	tip.Move(end)
	for _, turn := range []float64{0.42, -0.42} {
		sin, cos := math.Sincos(angle + math.Pi + turn)
		tip.Line(end.Add(vg.Point{X: head * vg.Length(cos), Y: head * vg.Length(sin)}))
	}
	tip.Close()
	c.SetColor(style.Color)
	c.Fill(tip)
}

// number sets a probability on a white ground.
func (t Transitions) number(c draw.Canvas, at vg.Point, p float64) {
	text := noteText()
	label := short(p)
	half := vg.Point{X: text.width(label)/2 + 1, Y: text.height()/2 + 1}
	c.SetColor(white())
	c.Fill(vg.Rectangle{Min: at.Sub(half), Max: at.Add(half)}.Path())
	text.draw(c, at, 0.5, 0.5, 0, label)
}
