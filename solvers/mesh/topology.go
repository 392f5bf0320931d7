package mesh

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Link is an edge of a mesh with the triangles on its two sides.
type Link struct {
	A, B        int // points; A < B for an inner edge, the domain on the left for one of the boundary
	Left, Right int // triangles to the left and right of the way from A to B; Right is -1 on the boundary
}

// Edges lists each edge once, sorted by its two points, the smaller one first.
func (m Mesh) Edges() []Link {
	type half struct{ low, high, a, b, triangle int }
	halves := make([]half, 0, 3*len(m.Triangles))
	for t, v := range m.Triangles {
		for k := range 3 {
			a, b := v[k], v[(k+1)%3]
			halves = append(halves, half{min(a, b), max(a, b), a, b, t})
		}
	}
	slices.SortFunc(halves, func(x, y half) int { return cmp.Or(x.low-y.low, x.high-y.high, x.a-y.a) })
	out := make([]Link, 0, len(halves)/2+len(m.Boundary))
	for i := 0; i < len(halves); i++ {
		h := halves[i]
		link := Link{A: h.a, B: h.b, Left: h.triangle, Right: none}
		if i+1 < len(halves) && halves[i+1].a == h.b && halves[i+1].b == h.a {
			i++
			link.Right = halves[i].triangle
		}
		out = append(out, link)
	}
	return out
}

// Neighbours gives, for each triangle and each corner, the triangle across the edge opposite that corner; -1 on the boundary.
func (m Mesh) Neighbours() [][3]int {
	out := make([][3]int, len(m.Triangles))
	set := func(t, a, b, other int) {
		for k, v := range m.Triangles[t] {
			if v != a && v != b {
				out[t][k] = other
			}
		}
	}
	for _, e := range m.Edges() {
		set(e.Left, e.A, e.B, e.Right)
		if e.Right != none {
			set(e.Right, e.A, e.B, e.Left)
		}
	}
	return out
}

// Adjacency lists for each point the points that an edge joins it to, ascending.
func (m Mesh) Adjacency() [][]int {
	out := make([][]int, len(m.Points))
	for _, e := range m.Edges() {
		out[e.A], out[e.B] = append(out[e.A], e.B), append(out[e.B], e.A)
	}
	for _, list := range out {
		slices.Sort(list)
	}
	return out
}

// OnBoundary tells for each point whether it is on the boundary.
func (m Mesh) OnBoundary() []bool {
	out := make([]bool, len(m.Points))
	for _, e := range m.Boundary {
		out[e.A], out[e.B] = true, true
	}
	return out
}

// Normals are the outward unit normals of Boundary.
func (m Mesh) Normals() [][2]float64 {
	out := make([][2]float64, len(m.Boundary))
	for i, e := range m.Boundary {
		d := sub(m.Points[e.B], m.Points[e.A])
		length := math.Hypot(d[0], d[1])
		out[i] = [2]float64{d[1] / length, -d[0] / length}
	}
	return out
}

// Loops lists the closed curves of the boundary, each as the indices of its edges in Boundary, one after the other with the domain on
// the left. A curve starts with its first edge in Boundary.
func (m Mesh) Loops() [][]int {
	from := map[int][]int{} // the edges that start at a point: more than one where curves touch
	for i, e := range m.Boundary {
		from[e.A] = append(from[e.A], i)
	}
	var out [][]int
	used := make([]bool, len(m.Boundary))
	for i := range m.Boundary {
		var loop []int
		for at := i; !used[at]; {
			used[at] = true
			loop = append(loop, at)
			for _, next := range from[m.Boundary[at].B] {
				if !used[next] {
					at = next
					break
				}
			}
		}
		if loop != nil {
			out = append(out, loop)
		}
	}
	return out
}

// Euler is the number of points less that of edges plus that of triangles: 1 - h for one domain with h holes.
func (m Mesh) Euler() int { return len(m.Points) - len(m.Edges()) + len(m.Triangles) }

// Refine cuts each triangle into four of its shape by the middles of its edges. The points of m come first, in their order; the
// four parts of triangle t are the triangles 4t … 4t+3, the last in the middle. Parts of the boundary keep their markers.
func (m Mesh) Refine() Mesh {
	out := Mesh{Points: slices.Clone(m.Points)}
	middle := make(map[[2]int]int, 3*len(m.Triangles)/2)
	for _, e := range m.Edges() {
		a, b := m.Points[e.A], m.Points[e.B]
		middle[[2]int{min(e.A, e.B), max(e.A, e.B)}] = len(out.Points)
		out.Points = append(out.Points, [2]float64{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2})
	}
	between := func(a, b int) int { return middle[[2]int{min(a, b), max(a, b)}] }
	for _, v := range m.Triangles {
		ab, bc, ca := between(v[0], v[1]), between(v[1], v[2]), between(v[2], v[0])
		out.Triangles = append(out.Triangles, [3]int{v[0], ab, ca}, [3]int{ab, v[1], bc}, [3]int{ca, bc, v[2]}, [3]int{ab, bc, ca})
	}
	for _, e := range m.Boundary {
		c := between(e.A, e.B)
		out.Boundary = append(out.Boundary, Edge{e.A, c, e.Marker}, Edge{c, e.B, e.Marker})
	}
	return out
}

// Map moves every point. The triangles keep their corners.
//
// Errors: f turns a triangle over, makes it flat or gives a coordinate that is not finite; it must keep the sense of rotation.
func (m Mesh) Map(f func(p [2]float64) [2]float64) (Mesh, error) {
	out := m
	out.Points = make([][2]float64, len(m.Points))
	var c complaints
	for i, p := range m.Points {
		out.Points[i] = f(p)
		if !finite(out.Points[i]) {
			c.add("mesh: Mesh.Map sends %v to %v, want finite coordinates", p, out.Points[i])
		}
	}
	if err := c.err(); err != nil {
		return Mesh{}, err
	}
	for t, v := range m.Triangles {
		if orient(out.Points[v[0]], out.Points[v[1]], out.Points[v[2]]) <= 0 {
			c.add("mesh: Mesh.Map turns triangle %d at %v over or makes it flat, want a map that keeps the sense of rotation",
				t, m.Points[v[0]])
		}
	}
	if err := c.err(); err != nil {
		return Mesh{}, err
	}
	return out, nil
}

// Remark gives each edge of the boundary a marker by its middle and its old marker.
func (m Mesh) Remark(f func(middle [2]float64, marker int) int) Mesh {
	out := m
	out.Boundary = slices.Clone(m.Boundary)
	for i, e := range out.Boundary {
		a, b := m.Points[e.A], m.Points[e.B]
		out.Boundary[i].Marker = f([2]float64{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}, e.Marker)
	}
	return out
}

// String says how large a mesh is.
func (m Mesh) String() string {
	return fmt.Sprintf("%d points, %d triangles, %d edges on the boundary", len(m.Points), len(m.Triangles), len(m.Boundary))
}
