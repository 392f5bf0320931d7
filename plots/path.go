package plots

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Path is a path in two or three dimensions.
type Path struct {
	Times   []float64
	X, Y, Z []float64 // as many; Z nil: in the plane
}

// TimePath draws paths in a plane or in space with time as colour. Each begins
// with a dot. In space nearer parts hide farther ones.
type TimePath struct {
	Title              string
	X, Y, Z            Axis // linear; labels default to x, y and z
	Time               Axis // at the colour bar; the label defaults to time t
	Paths              []Path
	Equal              bool      // a unit is as long on both axes; in the plane only
	Azimuth, Elevation float64   // degrees, as in [Surface]
	Width, Height      vg.Length // zero: one journal column
}

var _ Drawing = TimePath{}

// Figure returns the drawing. A point that is not finite breaks its path and is
// counted in the legend.
//
// Errors: no paths or an empty one; unequal lengths; paths in the plane and in
// space at once; nothing finite; an elevation beyond 90 degrees; log axes;
// limits in the wrong order.
func (p TimePath) Figure() (Figure, error) {
	p.X, p.Y, p.Z, p.Time = p.X.or("x", ""), p.Y.or("y", ""), p.Z.or("z", ""), p.Time.or("time t", "")
	if err := p.validate(); err != nil {
		return Figure{}, err
	}
	kept := make([]Path, len(p.Paths))
	reach := [4]extent{nothing(), nothing(), nothing(), nothing()}
	bad := 0
	for i, path := range p.Paths {
		lost := 0
		kept[i], lost = path.gaps()
		bad += lost
		for k, values := range kept[i].columns() {
			reach[k].add(values...)
		}
	}
	colours := shades{p.Time.scale(reach[0], 0), Viridis()}
	var box *panel
	if p.Paths[0].Z == nil {
		box = &panel{x: p.X.scale(reach[1], 0.04), y: p.Y.scale(reach[2], 0.04), framed: true}
		if p.Equal {
			box.x, box.y = equalScales(p.X, p.Y, reach[1], reach[2])
		}
		box.marks = []mark{timePaths{kept, colours}}
	} else {
		if p.Azimuth == 0 && p.Elevation == 0 {
			p.Azimuth, p.Elevation = -60, 30
		}
		frame := &relief{
			x: p.X.scale(reach[1], 0.02), y: p.Y.scale(reach[2], 0.02), z: p.Z.scale(reach[3], 0.02),
			view: viewFrom(p.Azimuth, p.Elevation),
		}
		box = &panel{blank: true, x: scale{hi: 1, none: true}, y: scale{hi: 1, none: true}}
		box.marks = []mark{spacePaths{frame, kept, colours}}
	}
	for _, path := range kept {
		box.numbers = append(box.numbers, numbers{x: path.X, y: path.Y, value: path.Times})
	}
	s := single(p.Title, leftOut(bad, false), box)
	s.cols = append(s.cols, track{fixed: barWidth, gap: 5})
	s.cells[0] = append(s.cells[0], colourBar(colours.values, colours.colours))
	if p.Equal {
		s.aspect = (box.y.hi - box.y.lo) / (box.x.hi - box.x.lo)
		return s.figureOf(p.Width, p.Height, Column, s.columnHeight)
	}
	return s.figure(p.Width, p.Height, Column, 68*vg.Millimeter)
}

func (p Path) columns() [][]float64 { return [][]float64{p.Times, p.X, p.Y, p.Z} }

// gaps returns a copy with NaN at the points that have a value that is not
// finite, and the number of those.
func (p Path) gaps() (out Path, bad int) {
	out = Path{slices.Clone(p.Times), slices.Clone(p.X), slices.Clone(p.Y), slices.Clone(p.Z)}
	for i := range out.Times {
		if slices.ContainsFunc(out.columns(), func(c []float64) bool { return c != nil && !finite(c[i]) }) {
			bad++
			for _, c := range out.columns() {
				if c != nil {
					c[i] = nan()
				}
			}
		}
	}
	return out, bad
}

func (p TimePath) validate() error {
	problems := []error{
		p.X.validate("TimePath.X"), p.Y.validate("TimePath.Y"), p.Z.validate("TimePath.Z"), p.Time.validate("TimePath.Time"),
		wantLinear("TimePath.X, Y, Z or Time", p.X, p.Y, p.Z, p.Time),
	}
	if len(p.Paths) == 0 {
		problems = append(problems, errors.New("plots: TimePath has no paths, want at least one"))
	}
	if !finite(p.Azimuth) || !(math.Abs(p.Elevation) <= 90) {
		problems = append(problems, fmt.Errorf("plots: TimePath.Azimuth = %g, Elevation = %g, want finite degrees, and −90 to 90 for Elevation", p.Azimuth, p.Elevation))
	}
	for i, path := range p.Paths {
		n := len(path.Times)
		if len(path.X) != n || len(path.Y) != n || path.Z != nil && len(path.Z) != n {
			problems = append(problems, fmt.Errorf("plots: TimePath.Paths[%d]: %d times, %d x, %d y and %d z values, want as many, or no z",
				i, n, len(path.X), len(path.Y), len(path.Z)))
			continue
		}
		if (path.Z == nil) != (p.Paths[0].Z == nil) {
			problems = append(problems, fmt.Errorf("plots: TimePath.Paths[%d] and Paths[0]: only one has z values, want both or none", i))
		}
		if _, bad := path.gaps(); bad == n {
			problems = append(problems, fmt.Errorf("plots: TimePath.Paths[%d]: none of its %d points is finite, want at least one", i, n))
		}
	}
	return errors.Join(problems...)
}

// timeShades is how many colours a path has: a reader sees no more on a line.
const timeShades = 64

// pieces calls draw for each stretch of a path of one colour and at most `most`
// steps, with the last point of one being the first of the next.
func (p Path) pieces(c shades, most int, draw func(first, last int, colour dataColour)) {
	level := func(i int) int {
		middle := (p.Times[i] + p.Times[i+1]) / 2
		return int(min(max(c.values.norm(middle), 0), 1) * (timeShades - 1))
	}
	for i := 0; i+1 < len(p.Times); {
		if !finite(p.Times[i]) || !finite(p.Times[i+1]) {
			i++
			continue
		}
		end := i + 1
		for end+1 < len(p.Times) && end-i < most && finite(p.Times[end+1]) && level(end) == level(i) {
			end++
		}
		v := c.values.lo + (c.values.hi-c.values.lo)*(float64(level(i))+0.5)/timeShades
		draw(i, end, c.at(v))
		i = end
	}
}

// first is the place of the first point that is there, or -1.
func (p Path) first() int { return slices.IndexFunc(p.Times, finite) }

// timePaths draws paths in the plane.
type timePaths struct {
	paths []Path
	shades
}

func (m timePaths) draw(a area) {
	for _, p := range m.paths {
		p.pieces(m.shades, len(p.Times), func(first, last int, colour dataColour) {
			curve{p.X[first : last+1], p.Y[first : last+1], draw.LineStyle{Color: colour, Width: dataWidth}}.draw(a)
		})
		if i := p.first(); i >= 0 {
			dots{p.X[i : i+1], p.Y[i : i+1], Circle, markRadius, m.at(p.Times[i])}.draw(a)
		}
	}
}

// spacePaths draws paths in space in the box of a surface.
type spacePaths struct {
	*relief
	paths  []Path
	shades shades
}

// projection maps the box of a surface to the page, with room for its labels.
func (m *relief) projection(a area) func(solid) vg.Point {
	const room = 26 // points, as for a surface
	var w, h float64
	for _, c := range boxCorners() {
		w, h = max(w, math.Abs(dot(c, m.view.right))), max(h, math.Abs(dot(c, m.view.up)))
	}
	size := a.Size()
	unit := min((size.X-2*room).Points()/(2*w), (size.Y-2*room+14).Points()/(2*h))
	middle := a.Center()
	return func(p solid) vg.Point {
		return vg.Point{
			X: middle.X + vg.Length(unit*dot(p, m.view.right)),
			Y: middle.Y + vg.Length(unit*dot(p, m.view.up)),
		}
	}
}

// place is a point of data in the box.
func (m *relief) place(x, y, z float64) solid {
	return solid{2*m.x.norm(x) - 1, 2*m.y.norm(y) - 1, m.height(z)}
}

func (m spacePaths) draw(a area) {
	page := m.projection(a)
	m.drawBack(a, page)
	type piece struct {
		pts    []vg.Point
		near   float64
		colour dataColour
	}
	var all []piece
	for _, p := range m.paths {
		p.pieces(m.shades, 24, func(first, last int, colour dataColour) {
			one := piece{colour: colour}
			for i := first; i <= last; i++ {
				at := m.place(p.X[i], p.Y[i], p.Z[i])
				one.pts = append(one.pts, page(at))
				one.near += dot(at, m.view.near) / float64(last-first+1)
			}
			all = append(all, one)
		})
	}
	slices.SortStableFunc(all, func(p, q piece) int { return cmp.Compare(p.near, q.near) })
	for _, p := range all {
		a.StrokeLines(draw.LineStyle{Color: p.colour, Width: dataWidth}, p.pts)
	}
	for _, p := range m.paths {
		if i := p.first(); i >= 0 {
			drawMarker(a.Canvas, page(m.place(p.X[i], p.Y[i], p.Z[i])), Circle, markRadius, m.shades.at(p.Times[i]))
		}
	}
	m.drawAxes(a, page)
	m.upright(a, page)
}

// upright names the third axis beside its numbers: a surface leaves that to the
// colour bar.
func (m *relief) upright(a area, page func(solid) vg.Point) {
	left := vg.Length(math.Inf(1))
	for _, c := range boxCorners() {
		left = min(left, page(c).X)
	}
	wide := vg.Length(0)
	for _, t := range firstTicks(m.z, 5) {
		wide = max(wide, tickText().width(t.label))
	}
	at := vg.Point{X: left - majorTick - 2*pad - wide, Y: page(solid{}).Y}
	labelText().draw(a, at, 0.5, 0, math.Pi/2, m.z.text)
}
