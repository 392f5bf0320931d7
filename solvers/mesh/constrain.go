package mesh

import (
	"cmp"
	"fmt"
	"slices"
)

// Delaunay is the Delaunay triangulation of the convex hull of points: no point lies inside the circle through the corners of
// a triangle. All of Boundary has the marker 0. The points keep their order.
//
// Cost: O(n log n) for points in no special order.
// Errors: fewer than three points, points that are not finite or are there twice, points on one line.
// Source: Bowyer 1981, The Computer Journal 24; Watson 1981, The Computer Journal 24. bib: bowyer1981dirichlet, watson1981delaunay
func Delaunay(points [][2]float64) (Mesh, error) {
	var c complaints
	if len(points) < 3 {
		return Mesh{}, fmt.Errorf("mesh: Delaunay of %d points, want at least 3", len(points))
	}
	for i, p := range points {
		if !finite(p) {
			c.add("mesh: Delaunay: point %d = %v, want finite coordinates of at most %g", i, p, largest)
		}
	}
	if len(c.errs) == 0 {
		for _, pair := range duplicates(points) {
			c.add("mesh: Delaunay: points %d and %d are both %v, want different points", pair[0], pair[1], points[pair[0]])
		}
	}
	if err := c.err(); err != nil {
		return Mesh{}, err
	}
	hull := convexHull(points)
	if hull == nil {
		return Mesh{}, fmt.Errorf("mesh: Delaunay: the %d points from %v to %v lie on one line, want points that span a triangle",
			len(points), points[0], points[len(points)-1])
	}
	out := outline{points: points}
	for i, a := range hull {
		out.segments = append(out.segments, segment{a: a, b: hull[(i+1)%len(hull)], name: "the hull"})
	}
	d, err := out.triangulate()
	if err != nil {
		return Mesh{}, err
	}
	return d.mesh(out.segments), nil
}

// convexHull goes counter-clockwise round the points, those on its edges among them; nil if all are on one line.
// Source: Andrew 1979, Information Processing Letters 9. bib: andrew1979hull
func convexHull(points [][2]float64) []int {
	order := make([]int, len(points))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(points[i][0], points[j][0]), cmp.Compare(points[i][1], points[j][1]))
	})
	first, last := points[order[0]], points[order[len(order)-1]]
	if !slices.ContainsFunc(order, func(i int) bool { return orient(first, last, points[i]) != 0 }) {
		return nil
	}
	half := func(order []int) []int {
		var chain []int
		for _, i := range order {
			for k := len(chain); k >= 2 && orient(points[chain[k-2]], points[chain[k-1]], points[i]) < 0; k = len(chain) {
				chain = chain[:k-1]
			}
			chain = append(chain, i)
		}
		return chain[:len(chain)-1]
	}
	lower := half(order)
	slices.Reverse(order)
	return append(lower, half(order)...)
}

// triangulate is the constrained Delaunay triangulation of what lies to the left of the segments.
func (o outline) triangulate() (*triangulation, error) {
	d, err := delaunay(o.points)
	if err != nil {
		return nil, err
	}
	for i, s := range o.segments {
		if err := d.force(corners+s.a, corners+s.b, i); err != nil {
			return nil, fmt.Errorf("mesh: %s from %v to %v: %w", s.name, o.points[s.a], o.points[s.b], err)
		}
	}
	d.carve(o.segments)
	return d, nil
}

// force makes the edge from a to b a part of the triangulation.
//
// Source: Anglada 1997, Computers & Graphics 21: the triangles that the edge crosses are replaced. bib: anglada1997constrained
func (d *triangulation) force(a, b, segment int) error {
	if t, k := d.find(a, b); t != none {
		d.mark(t, k, segment)
		return nil
	}
	crossed, left, right, err := d.crossed(a, b)
	if err != nil {
		return err
	}
	type side struct{ outside, segment int }
	around := map[[2]int]side{} // of the edges of removed triangles, the triangle on the left
	for _, t := range crossed {
		for k := range 3 {
			u, v := d.edge(t, k)
			around[[2]int{u, v}] = side{d.n[t][k], d.s[t][k]}
		}
	}
	for _, t := range crossed {
		d.remove(t)
	}
	slices.Reverse(right)
	fresh := d.fill(b, a, right, d.fill(a, b, left, nil))
	for _, t := range fresh {
		for k := range 3 {
			u, v := d.edge(t, k)
			if old, ok := around[[2]int{u, v}]; ok {
				d.n[t][k], d.s[t][k] = old.outside, old.segment
			}
		}
	}
	place := map[[2]int]int{}
	for _, t := range fresh {
		for k := range 3 {
			u, v := d.edge(t, k)
			place[[2]int{u, v}] = t
		}
	}
	for _, t := range fresh {
		for k := range 3 {
			u, v := d.edge(t, k)
			if twin, ok := place[[2]int{v, u}]; ok {
				d.n[t][k] = twin
			} else {
				d.link(d.n[t][k], t, u, v)
			}
		}
	}
	t, k := d.find(a, b)
	d.mark(t, k, segment)
	return nil
}

// mark makes the edge of t opposite corner k a part of a segment, on both sides.
func (d *triangulation) mark(t, k, segment int) {
	a, b := d.edge(t, k)
	d.s[t][k] = segment
	if next := d.n[t][k]; next != none {
		d.s[next][d.opposite(next, a, b)] = segment
	}
}

// crossed lists the triangles between a and b, and the points to the left and to the right of the way.
func (d *triangulation) crossed(a, b int) (crossed, left, right []int, err error) {
	pa, pb := d.p[a], d.p[b]
	t, i := d.at[a], 0
	for {
		for i = 0; d.v[t][i] != a; i++ {
		}
		u, v := d.edge(t, i)
		if orient(pa, pb, d.p[u]) < 0 && orient(pa, pb, d.p[v]) > 0 {
			break
		}
		if t = d.n[t][(i+1)%3]; t == d.at[a] {
			return nil, nil, nil, fmt.Errorf("a point lies on it")
		}
	}
	u, v := d.edge(t, i)
	crossed, left, right = []int{t}, []int{v}, []int{u}
	for {
		k := d.opposite(t, u, v)
		if d.s[t][k] != none {
			return nil, nil, nil, fmt.Errorf("another edge crosses it")
		}
		t = d.n[t][k]
		crossed = append(crossed, t)
		w := d.v[t][d.opposite(t, u, v)]
		if w == b {
			return crossed, left, right, nil
		}
		switch side := orient(pa, pb, d.p[w]); {
		case side > 0:
			left, v = append(left, w), w
		case side < 0:
			right, u = append(right, w), w
		default:
			return nil, nil, nil, fmt.Errorf("the point %v lies on it", d.p[w])
		}
	}
}

// fill triangulates what lies between the edge from a to b and a chain of points on its left, which goes from a to b too.
func (d *triangulation) fill(a, b int, chain, made []int) []int {
	if len(chain) == 0 {
		return made
	}
	at := 0
	for i, w := range chain {
		if inCircle(d.p[a], d.p[b], d.p[chain[at]], d.p[w]) > 0 {
			at = i
		}
	}
	c := chain[at]
	made = append(made, d.addTriangle(a, b, c))
	return d.fill(c, b, chain[at+1:], d.fill(a, c, chain[:at], made))
}

// carve removes the triangles that are not reached from the left side of the segments without crossing one.
func (d *triangulation) carve(segments []segment) {
	d.search++
	var queue []int
	reach := func(t int) {
		if t != none && d.seen[t] != d.search {
			d.seen[t] = d.search
			queue = append(queue, t)
		}
	}
	for _, s := range segments {
		t, _ := d.find(corners+s.a, corners+s.b)
		reach(t)
	}
	for i := 0; i < len(queue); i++ {
		t := queue[i]
		for k := range 3 {
			if d.s[t][k] == none {
				reach(d.n[t][k])
			} else {
				d.n[t][k] = none
			}
		}
	}
	for i := range d.at {
		d.at[i] = none
	}
	for t := range d.v {
		switch {
		case !d.alive(t):
		case d.seen[t] != d.search:
			d.remove(t)
		default:
			for _, v := range d.v[t] {
				d.at[v] = t
			}
			d.last = t
		}
	}
}

// mesh leaves out the corners of the large triangle.
func (d *triangulation) mesh(segments []segment) Mesh {
	m := Mesh{Points: slices.Clone(d.p[corners:])}
	for t, v := range d.v {
		if !d.alive(t) {
			continue
		}
		m.Triangles = append(m.Triangles, [3]int{v[0] - corners, v[1] - corners, v[2] - corners})
		for k, s := range d.s[t] {
			if s != none {
				a, b := d.edge(t, k)
				m.Boundary = append(m.Boundary, Edge{A: a - corners, B: b - corners, Marker: segments[s].marker})
			}
		}
	}
	return m
}
