package mesh

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Domain is a polygon with holes.
type Domain struct {
	Outer Loop
	Holes []Loop // apart from each other, inside Outer
}

// Loop is a closed polygon that does not cross itself, in either direction. The last point is joined to the first.
type Loop struct {
	Points  [][2]float64
	Markers []int // of the edges from Points[i] to the next; nil: 0 for the outer loop, -1-i for Holes[i]
}

// Validate lists what is wrong with d: loops of fewer than three points, points that are not finite or are there twice, edges that
// cross or touch, a hole that is not inside the outer loop or that lies in another hole.
func (d Domain) Validate() error {
	_, err := d.outline()
	return err
}

// Area is that of the polygon without the holes.
func (d Domain) Area() float64 {
	area := math.Abs(d.Outer.area())
	for _, h := range d.Holes {
		area -= math.Abs(h.area())
	}
	return area
}

// area is positive for a counter-clockwise loop.
func (l Loop) area() float64 {
	var sum float64
	for i := 1; i+1 < len(l.Points); i++ {
		sum += cross(sub(l.Points[i], l.Points[0]), sub(l.Points[i+1], l.Points[0]))
	}
	return sum / 2
}

// counterClockwise looks at the corner furthest to the left, which is convex.
func (l Loop) counterClockwise() bool {
	at, n := 0, len(l.Points)
	for i, p := range l.Points {
		if q := l.Points[at]; p[0] < q[0] || p[0] == q[0] && p[1] < q[1] {
			at = i
		}
	}
	return orient(l.Points[(at+n-1)%n], l.Points[at], l.Points[(at+1)%n]) > 0
}

// Circle is a regular polygon of n points on a circle, the first one to the right of the centre.
func Circle(centre [2]float64, radius float64, n int) Loop {
	var l Loop
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		l.Points = append(l.Points, [2]float64{centre[0] + radius*cos, centre[1] + radius*sin})
	}
	return l
}

// Markers of the sides of [Box] and of [Rectangle].
const (
	Bottom = iota + 1
	Right
	Top
	Left
)

// Box is the rectangle with the corners low and high, its sides marked [Bottom], [Right], [Top] and [Left].
func Box(low, high [2]float64) Loop {
	return Loop{
		Points:  [][2]float64{low, {high[0], low[1]}, high, {low[0], high[1]}},
		Markers: []int{Bottom, Right, Top, Left},
	}
}

// outline is a domain as points and segments with the domain on their left.
type outline struct {
	points   [][2]float64
	segments []segment
}

// segment is an edge of an outline.
type segment struct {
	a, b   int // indices of points
	marker int
	name   string // for messages
}

// outline checks d on the way.
func (d Domain) outline() (outline, error) {
	loops, names := slices.Concat([]Loop{d.Outer}, d.Holes), []string{"Outer"}
	for i := range d.Holes {
		names = append(names, fmt.Sprintf("Holes[%d]", i))
	}
	var errs []error
	for i, l := range loops {
		errs = append(errs, l.check(names[i]))
	}
	if err := errors.Join(errs...); err != nil {
		return outline{}, err
	}
	var out outline
	for i, l := range loops {
		out.add(l, i, names[i])
	}
	if err := out.checkDuplicates(); err != nil {
		return outline{}, err
	}
	if err := crossings(out.points, out.segments); err != nil {
		return outline{}, err
	}
	return out, nested(loops, names)
}

// check looks at one loop by itself.
func (l Loop) check(name string) error {
	var c complaints
	n := len(l.Points)
	if n < 3 {
		c.add("mesh: Domain.%s has %d points, want at least 3", name, n)
	}
	if l.Markers != nil && len(l.Markers) != n {
		c.add("mesh: Domain.%s has %d markers for %d edges, want one each, or nil", name, len(l.Markers), n)
	}
	for i, p := range l.Points {
		if !finite(p) {
			c.add("mesh: Domain.%s.Points[%d] = %v, want finite coordinates of at most %g", name, i, p, largest)
		}
	}
	if n > 3 && l.Points[0] == l.Points[n-1] {
		c.add("mesh: Domain.%s ends with its first point %v, want the last point left out: the loop is closed by itself", name, l.Points[0])
	}
	return c.err()
}

// add appends the loop's edges, the outer loop counter-clockwise, the holes clockwise.
func (o *outline) add(l Loop, index int, name string) {
	n, start := len(l.Points), len(o.points)
	o.points = append(o.points, l.Points...)
	forward := l.counterClockwise() == (index == 0)
	for i := range n {
		s := segment{a: start + i, b: start + (i+1)%n, marker: -index, name: fmt.Sprintf("Domain.%s edge %d", name, i)}
		if l.Markers != nil {
			s.marker = l.Markers[i]
		}
		if !forward {
			s.a, s.b = s.b, s.a
		}
		o.segments = append(o.segments, s)
	}
}

func (o *outline) checkDuplicates() error {
	var c complaints
	name := make([]string, len(o.points)) // a point has the name of the edge that starts there as the caller gave it
	for i, s := range o.segments {
		name[i] = s.name
	}
	for _, pair := range duplicates(o.points) {
		c.add("mesh: %s and %s start at the same point %v, want every point once", name[pair[0]], name[pair[1]], o.points[pair[0]])
	}
	return c.err()
}

// duplicates lists pairs of equal points.
func duplicates(points [][2]float64) [][2]int {
	order := make([]int, len(points))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(points[i][0], points[j][0]), cmp.Compare(points[i][1], points[j][1]), i-j)
	})
	var out [][2]int
	for k := 1; k < len(order); k++ {
		if points[order[k-1]] == points[order[k]] {
			out = append(out, [2]int{order[k-1], order[k]})
		}
	}
	return out
}

// crossings wants segments that meet at most in their end points. It sweeps them along a direction that few domains have sides
// across, so that few of them are active at a time.
func crossings(points [][2]float64, segments []segment) error {
	type span struct {
		segment
		low, high float64
	}
	order := make([]span, len(segments))
	for i, s := range segments {
		p, q := points[s.a], points[s.b]
		a, b := p[0]+0.618*p[1], q[0]+0.618*q[1]
		room := 0x1p-50 * (math.Abs(p[0]) + math.Abs(p[1]) + math.Abs(q[0]) + math.Abs(q[1])) // for the rounding of a and b
		order[i] = span{s, min(a, b) - room, max(a, b) + room}
	}
	slices.SortStableFunc(order, func(s, t span) int { return cmp.Compare(s.low, t.low) })
	var c complaints
	var active []span
	for _, s := range order {
		kept := active[:0]
		for _, t := range active {
			if t.high < s.low {
				continue
			}
			kept = append(kept, t)
			if meet(points, s.segment, t.segment) {
				c.add("mesh: %s from %v to %v and %s from %v to %v cross or touch, want edges that meet at most in an end point",
					t.name, points[t.a], points[t.b], s.name, points[s.a], points[s.b])
			}
		}
		active = append(kept, s)
	}
	return c.err()
}

// meet tells whether two segments share more than an end point.
func meet(points [][2]float64, s, t segment) bool {
	a, b, c, d := points[s.a], points[s.b], points[t.a], points[t.b]
	if max(a[0], b[0]) < min(c[0], d[0]) || max(c[0], d[0]) < min(a[0], b[0]) {
		return false
	}
	if max(a[1], b[1]) < min(c[1], d[1]) || max(c[1], d[1]) < min(a[1], b[1]) {
		return false
	}
	switch { // a common end is put at a
	case s.a == t.a:
	case s.a == t.b:
		d = c
	case s.b == t.a:
		a, b = b, a
	case s.b == t.b:
		a, b, d = b, a, c
	default:
		abc, abd, cda, cdb := orient(a, b, c), orient(a, b, d), orient(c, d, a), orient(c, d, b)
		// On one line all four are zero: then the segments meet, as their boxes do.
		return opposite(abc, abd) && opposite(cda, cdb)
	}
	return orient(a, b, d) == 0 && dot(sub(b, a), sub(d, a)) > 0
}

// opposite tells whether two points lie on different sides of a line, or one of them on it.
func opposite(x, y float64) bool { return x <= 0 && y >= 0 || x >= 0 && y <= 0 }

// nested wants loops that do not cross, each hole inside the outer loop and outside the other holes.
func nested(loops []Loop, names []string) error {
	var c complaints
	for i := 1; i < len(loops); i++ {
		p := loops[i].Points[0]
		if !loops[0].contains(p) {
			c.add("mesh: Domain.%s at %v lies outside Domain.Outer, want every hole inside it", names[i], p)
		}
		for j := 1; j < len(loops); j++ {
			if i != j && loops[j].contains(p) {
				c.add("mesh: Domain.%s at %v lies inside Domain.%s, want holes apart from each other", names[i], p, names[j])
			}
		}
	}
	return c.err()
}

// contains tells whether p, which is not on the loop, is inside: a ray to the right crosses the loop an odd number of times.
func (l Loop) contains(p [2]float64) bool {
	inside := false
	for i, a := range l.Points {
		b := l.Points[(i+1)%len(l.Points)]
		if (a[1] > p[1]) != (b[1] > p[1]) && (orient(a, b, p) > 0) == (b[1] > a[1]) {
			inside = !inside
		}
	}
	return inside
}
