package mesh

import (
	"errors"
	"fmt"
	"math"
)

// Mesh is a domain of the plane cut into triangles that meet in whole edges.
type Mesh struct {
	Points    [][2]float64
	Triangles [][3]int // corners, counter-clockwise
	Boundary  []Edge   // every edge with a triangle on one side only
}

// Edge is an edge of the boundary. The domain lies to the left of the way from A to B.
type Edge struct {
	A, B   int
	Marker int // says which part of the boundary it belongs to
}

// maxComplaints bounds how many faults of one kind a message lists.
const maxComplaints = 5

// Validate lists what is wrong with m: indices out of range, points that are not finite, doubled or in no triangle, triangles that
// are flat or clockwise, edges with more than two triangles or with two that overlap, a Boundary that does not name each
// edge of the boundary once with the domain on its left, and parts of the boundary that cross.
func (m Mesh) Validate() error {
	if len(m.Triangles) == 0 {
		return fmt.Errorf("mesh: Mesh has %d points and no triangle, want at least one", len(m.Points))
	}
	if err := errors.Join(m.checkPoints(), m.checkCorners()); err != nil {
		return err
	}
	if err := m.checkTriangles(); err != nil {
		return err
	}
	if err := m.checkBoundary(); err != nil {
		return err
	}
	var segments []segment
	for i, e := range m.Boundary {
		segments = append(segments, segment{a: e.A, b: e.B, name: fmt.Sprintf("Boundary[%d]", i)})
	}
	return crossings(m.Points, segments)
}

// checkPoints wants points that are finite and differ.
func (m Mesh) checkPoints() error {
	var c complaints
	for i, p := range m.Points {
		if !finite(p) {
			c.add("mesh: Mesh.Points[%d] = %v, want finite coordinates", i, p)
		}
	}
	if len(c.errs) == 0 {
		for _, pair := range duplicates(m.Points) {
			c.add("mesh: Mesh.Points[%d] and Points[%d] are both %v, want different points", pair[0], pair[1], m.Points[pair[0]])
		}
	}
	return c.err()
}

// checkCorners wants corners that are indices of points, three different ones each, and no point without a triangle.
func (m Mesh) checkCorners() error {
	var c complaints
	used := make([]bool, len(m.Points))
	for t, v := range m.Triangles {
		inside := true
		for _, i := range v {
			if i < 0 || i >= len(m.Points) {
				inside = false
				c.add("mesh: Mesh.Triangles[%d] = %v, want indices of the %d points", t, v, len(m.Points))
				break
			}
		}
		if !inside {
			continue
		}
		for _, i := range v {
			used[i] = true
		}
		if v[0] == v[1] || v[1] == v[2] || v[2] == v[0] {
			c.add("mesh: Mesh.Triangles[%d] = %v, want three different corners", t, v)
		}
	}
	for i, ok := range used {
		if !ok {
			c.add("mesh: Mesh.Points[%d] = %v is in no triangle, want every point in one", i, m.Points[i])
		}
	}
	return c.err()
}

// checkTriangles wants every triangle counter-clockwise, and at most one on each side of an edge.
func (m Mesh) checkTriangles() error {
	var c complaints
	side := make(map[[2]int]int, 3*len(m.Triangles))
	for t, v := range m.Triangles {
		p, q, r := m.Points[v[0]], m.Points[v[1]], m.Points[v[2]]
		switch o := orient(p, q, r); {
		case o < 0:
			c.add("mesh: Mesh.Triangles[%d] = %v at %v, %v, %v is clockwise, want counter-clockwise", t, v, p, q, r)
		case o == 0:
			c.add("mesh: Mesh.Triangles[%d] = %v at %v, %v, %v is flat, want an area above 0", t, v, p, q, r)
		}
		for k := range 3 {
			e := [2]int{v[k], v[(k+1)%3]}
			if other, taken := side[e]; taken {
				c.add("mesh: Mesh.Triangles[%d] and Triangles[%d] lie on the same side of the edge from %v to %v, want one on each side",
					other, t, m.Points[e[0]], m.Points[e[1]])
			}
			side[e] = t
		}
	}
	return c.err()
}

// checkBoundary wants each edge with one triangle in Boundary once, and nothing else there.
func (m Mesh) checkBoundary() error {
	var c complaints
	open := map[[2]int]bool{}
	var order [][2]int
	for _, e := range m.Edges() {
		if e.Right < 0 {
			open[[2]int{e.A, e.B}] = true
			order = append(order, [2]int{e.A, e.B})
		}
	}
	for i, e := range m.Boundary {
		key := [2]int{e.A, e.B}
		if !open[key] {
			c.add("mesh: Mesh.Boundary[%d] from point %d to %d is no edge of the boundary with the domain on its left, or is there twice",
				i, e.A, e.B)
		}
		delete(open, key)
	}
	for _, e := range order {
		if open[e] {
			c.add("mesh: Mesh.Boundary lacks the edge from point %d at %v to point %d at %v, want every edge that has one triangle",
				e[0], m.Points[e[0]], e[1], m.Points[e[1]])
		}
	}
	return c.err()
}

// complaints collects errors, the first few of them.
type complaints struct {
	errs []error
	more int
}

func (c *complaints) add(format string, args ...any) {
	if len(c.errs) == maxComplaints {
		c.more++
		return
	}
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

func (c *complaints) err() error {
	if c.more > 0 {
		return errors.Join(append(c.errs, fmt.Errorf("mesh: and %d more of this kind", c.more))...)
	}
	return errors.Join(c.errs...)
}

// largest is how large a coordinate may be, and the inverse of how small a domain: within it no predicate can overflow, nor
// can a part of an exact product vanish.
const largest = 1e60

func finite(p [2]float64) bool { return math.Abs(p[0]) <= largest && math.Abs(p[1]) <= largest }

func sub(a, b [2]float64) [2]float64 { return [2]float64{a[0] - b[0], a[1] - b[1]} }

func dot(a, b [2]float64) float64 { return a[0]*b[0] + a[1]*b[1] }

func cross(a, b [2]float64) float64 { return a[0]*b[1] - a[1]*b[0] }

func distance(a, b [2]float64) float64 { return math.Hypot(a[0]-b[0], a[1]-b[1]) }
