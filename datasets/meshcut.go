package datasets

import (
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// onSide is the distance from a region's side, relative to the longest edge, up to which a point is on it; it keeps pieces of triangles that
// are cut off large enough to be told from flat ones.
const onSide = 1e-7

// cutAlong cuts triangles along the side of a region, which is taken as straight in each of them. The points of m come first, in their
// order. A piece of a triangle may be thin, but its largest angle is less than that of a flat one by the triangle's smallest angle, so that
// linear elements keep their order.
func cutAlong(m mesh.Mesh, r region) mesh.Mesh {
	c := cutter{out: mesh.Mesh{Points: m.Points[:len(m.Points):len(m.Points)]}, at: map[[2]int]int{}}
	c.depth = make([]float64, len(m.Points))
	tolerance := onSide * m.Quality().LongestEdge
	for i, p := range m.Points {
		if d := r.depth(p); math.Abs(d) > tolerance {
			c.depth[i] = d
		}
	}
	for _, t := range m.Triangles {
		c.triangle(t)
	}
	for _, e := range m.Boundary {
		if p, cuts := c.crossing(e.A, e.B); cuts {
			c.out.Boundary = append(c.out.Boundary, mesh.Edge{A: e.A, B: p, Marker: e.Marker}, mesh.Edge{A: p, B: e.B, Marker: e.Marker})
		} else {
			c.out.Boundary = append(c.out.Boundary, e)
		}
	}
	return c.out
}

// cutter is the work of cutAlong.
type cutter struct {
	out   mesh.Mesh
	depth []float64      // of the points of the mesh; zero on the side
	at    map[[2]int]int // the new point on an edge
}

// crossing is the point where the side crosses an edge between its ends.
func (c *cutter) crossing(a, b int) (point int, cuts bool) {
	if !(c.depth[a] < 0 && c.depth[b] > 0 || c.depth[a] > 0 && c.depth[b] < 0) {
		return 0, false
	}
	a, b = min(a, b), max(a, b)
	if point, known := c.at[[2]int{a, b}]; known {
		return point, true
	}
	part := c.depth[a] / (c.depth[a] - c.depth[b])
	p, q := c.out.Points[a], c.out.Points[b]
	point = len(c.out.Points)
	c.out.Points = append(c.out.Points, [2]float64{p[0] + part*(q[0]-p[0]), p[1] + part*(q[1]-p[1])})
	c.at[[2]int{a, b}] = point
	return point, true
}

// triangle adds a triangle, or its pieces.
func (c *cutter) triangle(t [3]int) {
	add := func(t ...[3]int) { c.out.Triangles = append(c.out.Triangles, t...) }
	for k := range t {
		i, j, l := t[k], t[(k+1)%3], t[(k+2)%3]
		after, cutsAfter := c.crossing(i, j)
		before, cutsBefore := c.crossing(l, i)
		switch {
		case cutsAfter && cutsBefore: // i is alone on its side
			add([3]int{i, after, before})
			if c.distance(after, l) < c.distance(before, j) {
				add([3]int{after, j, l}, [3]int{after, l, before})
			} else {
				add([3]int{after, j, before}, [3]int{before, j, l})
			}
			return
		case cutsAfter && c.depth[l] == 0:
			add([3]int{i, after, l}, [3]int{after, j, l})
			return
		}
	}
	add(t)
}

func (c *cutter) distance(a, b int) float64 {
	p, q := c.out.Points[a], c.out.Points[b]
	return math.Hypot(p[0]-q[0], p[1]-q[1])
}
