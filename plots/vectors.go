package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Arrows draws a vector field as arrows on every n-th point, as long as the
// vector: the legend says what the longest one is worth. An arrow that is not
// finite is left out and counted in the legend.
//
// Shapes: U and V are [i][j], the components along x and y, placed as in [Field].
type Arrows struct {
	Title         string
	X, Y          Axis // Min and Max are the domain, [0, 1] if not given
	Speed         Axis // name and unit of the length, and the colour bar's
	U, V          [][]float64
	Count         int           // arrows along the longer side; 0: 20
	Colours       color.Palette // colours by length; nil: ink
	Width, Height vg.Length     // zero: one journal column, and the height that suits
}

var (
	_ Drawing = Arrows{}
	_ Layer   = Arrows{}
)

// Figure returns the drawing.
//
// Errors: an empty or ragged component; components of different shapes; nothing
// finite; a negative Count; those of the axes.
func (q Arrows) Figure() (Figure, error) {
	return Plane{Title: q.Title, X: q.X, Y: q.Y, Layers: []Layer{q}, Width: q.Width, Height: q.Height}.Figure()
}

func (q Arrows) axes() (x, y Axis)     { return q.X, q.Y }
func (q Arrows) extent() (x, y extent) { return nothing(), nothing() }

func (q Arrows) content(x, y scale) (content, error) {
	speed, err := speeds("Arrows", q.U, q.V)
	if err != nil {
		return content{}, err
	}
	if q.Count < 0 {
		return content{}, fmt.Errorf("plots: Arrows.Count = %d, want > 0, or 0 for 20", q.Count)
	}
	count := q.Count
	if count == 0 {
		count = 20
	}
	l := latticeOf(filling(q.X, x), filling(q.Y, y), len(q.U), len(q.U[0]))
	step := max(1, (max(l.nx, l.ny)+count-1)/count)
	m := quiver{lattice: l, step: step}
	along, across := numbers{name: "u"}, numbers{name: "v"}
	missing, all := 0, 0
	for i := (l.nx - 1) % step / 2; i < l.nx; i += step {
		for j := (l.ny - 1) % step / 2; j < l.ny; j += step {
			all++
			if !finite(speed[i][j]) {
				missing++
				continue
			}
			m.arrows = append(m.arrows, arrow{l.x(i), l.y(j), q.U[i][j], q.V[i][j]})
			m.longest = max(m.longest, speed[i][j])
			along.x, along.y = append(along.x, l.x(i)), append(along.y, l.y(j))
			along.value, across.value = append(along.value, q.U[i][j]), append(across.value, q.V[i][j])
		}
	}
	across.x, across.y = along.x, along.y
	out := content{numbers: []numbers{along, across}}
	if len(q.Colours) > 0 {
		values, err := colourScale("Arrows.Speed", q.Speed, flat(speed))
		if err != nil {
			return content{}, err
		}
		m.shades = shades{values, q.Colours}
		out.bars = []bar{{values, q.Colours}}
	}
	out.marks = []mark{m}
	out.keys = q.keys(m.longest, missing, all)
	return out, nil
}

// keys say what the longest arrow is worth and how many are missing.
func (q Arrows) keys(longest float64, missing, all int) []key {
	name := "all vectors are zero"
	if longest > 0 {
		name = "longest: " + short(longest)
		if q.Speed.Unit != "" && q.Speed.Unit != "1" {
			name += " " + q.Speed.Unit
		}
	}
	keys := []key{{name: name, arrow: longest > 0}}
	if missing > 0 {
		keys = append(keys, key{name: fmt.Sprintf("%d of %d arrows not finite", missing, all)})
	}
	return keys
}

// speeds checks two components and returns the length of the vectors.
func speeds(kind string, u, v [][]float64) ([][]float64, error) {
	err := errors.Join(validateGrid(kind+".U", u), validateGrid(kind+".V", v))
	if err != nil {
		return nil, err
	}
	if len(u) != len(v) || len(u[0]) != len(v[0]) {
		return nil, fmt.Errorf("plots: %s.V is %d by %d, want %d by %d as U", kind, len(v), len(v[0]), len(u), len(u[0]))
	}
	speed := make([][]float64, len(u))
	some := false
	for i := range u {
		speed[i] = make([]float64, len(u[i]))
		for j := range u[i] {
			speed[i][j] = math.Hypot(u[i][j], v[i][j])
			if math.IsNaN(u[i][j]) || math.IsNaN(v[i][j]) {
				speed[i][j] = nan()
			}
		}
		some = some || slices.ContainsFunc(speed[i], finite)
	}
	if !some {
		return nil, fmt.Errorf("plots: %s: no vector has two finite components, want at least one", kind)
	}
	return speed, nil
}

// arrow is a vector at a place, in the units of the data.
type arrow struct{ x, y, u, v float64 }

// quiver draws arrows whose longest is a little shorter than their distance.
type quiver struct {
	lattice
	step    int
	arrows  []arrow
	longest float64
	shades  shades
}

func (m quiver) draw(a area) {
	if m.longest == 0 {
		return
	}
	// A direction in the plane is that on the page where both axes have one scale.
	dx, dy := a.Size().X/vg.Length(a.x.hi-a.x.lo), a.Size().Y/vg.Length(a.y.hi-a.y.lo)
	cell := min(vg.Length(m.dx)*dx, vg.Length(m.dy)*dy) * vg.Length(m.step)
	for _, one := range m.arrows {
		length := 1.1 * cell * vg.Length(math.Hypot(one.u, one.v)/m.longest)
		turn := math.Atan2(one.v*float64(dy), one.u*float64(dx))
		middle := a.at(one.x, one.y)
		if !a.Contains(middle) {
			continue
		}
		c := ink()
		if len(m.shades.colours) > 0 {
			c = m.shades.at(math.Hypot(one.u, one.v))
		}
		placeArrow(a.Canvas, middle, length, turn, c)
	}
}

// placeArrow draws an arrow about its middle. One shorter than its head is a
// smaller arrow, down to a dot.
func placeArrow(c draw.Canvas, middle vg.Point, length vg.Length, turn float64, col color.Color) {
	if length < 0.6 {
		length = 0.6
	}
	head := min(4, 0.5*length)
	width := min(0.7, max(0.3, length/12))
	sin, cos := math.Sincos(turn)
	at := func(along, across vg.Length) vg.Point {
		return vg.Point{
			X: middle.X + along*vg.Length(cos) - across*vg.Length(sin),
			Y: middle.Y + along*vg.Length(sin) + across*vg.Length(cos),
		}
	}
	tail, neck, tip := at(-length/2, 0), at(length/2-0.8*head, 0), at(length/2, 0)
	c.StrokeLine2(draw.LineStyle{Color: col, Width: width}, tail.X, tail.Y, neck.X, neck.Y)
	fillHead(c, tip, turn, head, col)
}

// fillHead fills the head of an arrow that ends at tip.
func fillHead(c draw.Canvas, tip vg.Point, turn float64, size vg.Length, col color.Color) {
	sin, cos := math.Sincos(turn)
	at := func(along, across vg.Length) vg.Point {
		return vg.Point{
			X: tip.X + along*vg.Length(cos) - across*vg.Length(sin),
			Y: tip.Y + along*vg.Length(sin) + across*vg.Length(cos),
		}
	}
	var path vg.Path
	path.Move(tip)
	path.Line(at(-size, 0.36*size))
	path.Line(at(-0.75*size, 0))
	path.Line(at(-size, -0.36*size))
	path.Close()
	c.SetColor(col)
	c.Fill(path)
}
