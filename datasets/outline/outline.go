// Package outline makes plane domains by their outlines: star-shaped polygons with and without holes, and airfoils.
//
// A [Loop] is a polygon of distinct corners, each joined to the next and the last to the first. A [Domain] has one outer loop, counter-clockwise,
// and holes, clockwise: the domain is always on the left. No two edges touch but neighbours at their common corner.
//
//   - [Star]: random polygons; with holes in a ring between its centre and its outline.
//   - [NACA4]: airfoils by thickness and camber.
//   - [Domain.Contains], [Domain.Distance]: which points are inside, and how far the outline is.
package outline

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Point is a place in the plane.
type Point struct{ X, Y float64 }

// Loop is a closed polygon, without its first corner again at the end.
type Loop []Point

// Area is positive if l is counter-clockwise.
func (l Loop) Area() float64 {
	var sum float64
	for i, p := range l {
		q := l[(i+1)%len(l)]
		sum += p.X*q.Y - q.X*p.Y
	}
	return sum / 2
}

// Length is that of all edges.
func (l Loop) Length() float64 {
	var sum float64
	for i, p := range l {
		q := l[(i+1)%len(l)]
		sum += math.Hypot(q.X-p.X, q.Y-p.Y)
	}
	return sum
}

// Reversed goes around the other way, from the same corner.
func (l Loop) Reversed() Loop {
	out := slices.Clone(l)
	slices.Reverse(out[min(1, len(out)):])
	return out
}

// Resampled are n points at equal distances along l, the first at its first corner.
//
// Errors: n below 3; a loop without length.
func (l Loop) Resampled(n int) (Loop, error) {
	length := 0.0
	if len(l) > 0 {
		length = l.Length()
	}
	if n < 3 || !(length > 0) {
		return nil, fmt.Errorf("outline: Loop.Resampled(%d) of %d corners and length %v, want at least 3 points, and a length", n, len(l), length)
	}
	out := make(Loop, 0, n)
	edge, before := 0, 0.0 // length before the edge
	size := func(e int) float64 {
		p, q := l[e], l[(e+1)%len(l)]
		return math.Hypot(q.X-p.X, q.Y-p.Y)
	}
	for i := range n {
		at := length * float64(i) / float64(n)
		for edge < len(l)-1 && before+size(edge) <= at {
			before += size(edge)
			edge++
		}
		p, q := l[edge], l[(edge+1)%len(l)]
		part := (at - before) / size(edge)
		out = append(out, Point{p.X + part*(q.X-p.X), p.Y + part*(q.Y-p.Y)})
	}
	return out, nil
}

// Domain is what is inside the outer loop and outside the holes.
type Domain struct {
	Outer Loop   // counter-clockwise
	Holes []Loop // clockwise
}

// loops are all loops, the outer one first.
func (d Domain) loops() []Loop { return append([]Loop{d.Outer}, d.Holes...) }

// Validate lists all that is wrong with d: loops of fewer than three corners, values that are not finite, the wrong sense, edges that
// touch, holes outside.
//
// Cost: O(n²) for n edges.
func (d Domain) Validate() error {
	var errs []error
	for i, l := range d.loops() {
		name := loopName(i)
		if len(l) < 3 {
			errs = append(errs, fmt.Errorf("outline: %s has %d corners, want at least 3", name, len(l)))
			continue
		}
		for j, p := range l {
			if math.IsNaN(p.X+p.Y) || math.IsInf(p.X+p.Y, 0) {
				errs = append(errs, fmt.Errorf("outline: %s has corner %d at %v, want finite numbers", name, j, p))
			}
		}
		if area := l.Area(); i == 0 && !(area > 0) || i > 0 && !(area < 0) {
			errs = append(errs, fmt.Errorf("outline: %s has the area %v, want the outer loop counter-clockwise, above 0, and holes clockwise", name, area))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if err := d.checkEdges(); err != nil {
		return err
	}
	for i, hole := range d.Holes {
		if !winds(d.Outer, hole[0]) {
			errs = append(errs, fmt.Errorf("outline: %s is outside the outer loop", loopName(i+1)))
		}
		for j, other := range d.Holes {
			if i != j && winds(other, hole[0]) {
				errs = append(errs, fmt.Errorf("outline: %s is inside %s", loopName(i+1), loopName(j+1)))
			}
		}
	}
	return errors.Join(errs...)
}

func loopName(i int) string {
	if i == 0 {
		return "the outer loop"
	}
	return fmt.Sprintf("hole %d", i-1)
}

// checkEdges is the error of the first two edges that touch.
func (d Domain) checkEdges() error {
	type edge struct {
		p, q       Point
		loop, i, n int
	}
	var edges []edge
	for j, l := range d.loops() {
		for i, p := range l {
			edges = append(edges, edge{p, l[(i+1)%len(l)], j, i, len(l)})
		}
	}
	for i, a := range edges {
		for _, b := range edges[:i] {
			if a.loop == b.loop && (a.i == b.i+1 || b.i == 0 && a.i == a.n-1) {
				corner, before, after := a.p, b.p, a.q // b leads to a
				if a.i != b.i+1 {
					corner, before, after = b.p, a.p, b.q
				}
				if side(before, corner, after) == 0 && (before.X-corner.X)*(after.X-corner.X)+(before.Y-corner.Y)*(after.Y-corner.Y) > 0 {
					return fmt.Errorf("outline: %s turns back on itself at corner %v", loopName(a.loop), corner)
				}
				continue
			}
			if touch(a.p, a.q, b.p, b.q) {
				return fmt.Errorf("outline: edge %d of %s and edge %d of %s touch", a.i, loopName(a.loop), b.i, loopName(b.loop))
			}
		}
	}
	return nil
}

// side is above 0 if c is on the left of the line from a to b.
func side(a, b, c Point) float64 { return (b.X-a.X)*(c.Y-a.Y) - (b.Y-a.Y)*(c.X-a.X) }

// touch tells whether the edges ab and cd have a common point.
func touch(a, b, c, d Point) bool {
	if max(a.X, b.X) < min(c.X, d.X) || max(c.X, d.X) < min(a.X, b.X) || max(a.Y, b.Y) < min(c.Y, d.Y) || max(c.Y, d.Y) < min(a.Y, b.Y) {
		return false
	}
	return side(a, b, c)*side(a, b, d) <= 0 && side(c, d, a)*side(c, d, b) <= 0
}

// winds tells whether l winds around p, by the edges that a ray to the right crosses.
func winds(l Loop, p Point) bool {
	inside := false
	for i, a := range l {
		b := l[(i+1)%len(l)]
		if (a.Y > p.Y) != (b.Y > p.Y) && p.X < a.X+(p.Y-a.Y)/(b.Y-a.Y)*(b.X-a.X) {
			inside = !inside
		}
	}
	return inside
}

// Contains tells whether p is inside d; on the outline either may be the answer.
func (d Domain) Contains(p Point) bool {
	inside := false
	for _, l := range d.loops() {
		inside = inside != winds(l, p)
	}
	return inside
}

// Distance is the signed distance of p from the outline: below 0 inside d, above 0 outside.
//
// Cost: O(n) for n edges.
func (d Domain) Distance(p Point) float64 {
	least := math.Inf(1)
	for _, l := range d.loops() {
		for i, a := range l {
			b := l[(i+1)%len(l)]
			ex, ey := b.X-a.X, b.Y-a.Y
			part := ((p.X-a.X)*ex + (p.Y-a.Y)*ey) / (ex*ex + ey*ey)
			part = min(1, max(0, part))
			least = min(least, math.Hypot(p.X-a.X-part*ex, p.Y-a.Y-part*ey))
		}
	}
	if d.Contains(p) {
		return -least
	}
	return least
}

// Area is that of the outer loop less the holes.
func (d Domain) Area() float64 {
	var sum float64
	for _, l := range d.loops() {
		sum += l.Area()
	}
	return sum
}
