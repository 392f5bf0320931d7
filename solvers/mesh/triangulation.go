package mesh

import (
	"fmt"
	"math"
)

// none stands for no triangle, no segment, no point.
const none = -1

// triangulation is a triangulation that grows point by point. Triangle t has the corners v[t][k] counter-clockwise; across
// the edge opposite corner k lies n[t][k], and that edge is part of segment s[t][k]. Places of removed triangles are used again.
type triangulation struct {
	p    [][2]float64
	v    [][3]int
	n    [][3]int // none: no triangle there
	s    [][3]int // none: no segment
	made []int    // counts how often a place was used; 0 for a removed triangle: see alive
	free []int
	at   []int // some triangle at each point

	seen    []int // of triangles: the search that met them last
	search  int
	startAt []int // of points: the new triangle whose outer edge starts there, during an insertion
	endAt   []int
	hollow  cavity
	last    int // a triangle made lately
}

// cavity is what a new point replaces.
type cavity struct {
	triangles []int
	edges     []rim
}

// rim is an edge of a cavity, the cavity on its left.
type rim struct{ a, b, outside, segment int }

func (d *triangulation) alive(t int) bool { return d.v[t][0] != none }

// addPoint appends a point that is in no triangle yet.
func (d *triangulation) addPoint(p [2]float64) int {
	d.p = append(d.p, p)
	d.at = append(d.at, none)
	d.startAt, d.endAt = append(d.startAt, none), append(d.endAt, none)
	return len(d.p) - 1
}

// dropPoint takes the last point back.
func (d *triangulation) dropPoint() {
	n := len(d.p) - 1
	d.p, d.at, d.startAt, d.endAt = d.p[:n], d.at[:n], d.startAt[:n], d.endAt[:n]
}

// addTriangle makes a triangle without neighbours.
func (d *triangulation) addTriangle(a, b, c int) int {
	var t int
	if k := len(d.free); k > 0 {
		t, d.free = d.free[k-1], d.free[:k-1]
		d.v[t], d.n[t], d.s[t] = [3]int{a, b, c}, [3]int{none, none, none}, [3]int{none, none, none}
	} else {
		t = len(d.v)
		d.v = append(d.v, [3]int{a, b, c})
		d.n, d.s = append(d.n, [3]int{none, none, none}), append(d.s, [3]int{none, none, none})
		d.made, d.seen = append(d.made, 0), append(d.seen, 0)
	}
	d.made[t]++
	d.at[a], d.at[b], d.at[c] = t, t, t
	d.last = t
	return t
}

func (d *triangulation) remove(t int) {
	d.v[t] = [3]int{none, none, none}
	d.free = append(d.free, t)
}

// edge gives the ends of the edge opposite corner k, the triangle on the left.
func (d *triangulation) edge(t, k int) (a, b int) { return d.v[t][(k+1)%3], d.v[t][(k+2)%3] }

// opposite is the corner of t whose opposite edge is that between a and b; none if there is no such edge.
func (d *triangulation) opposite(t, a, b int) int {
	for k := range 3 {
		if u, v := d.edge(t, k); u == a && v == b || u == b && v == a {
			return k
		}
	}
	return none
}

// link says that outside, if it is a triangle, has t across its edge between a and b.
func (d *triangulation) link(outside, t, a, b int) {
	if outside != none {
		d.n[outside][d.opposite(outside, a, b)] = t
	}
}

// find gives the triangle to the left of the edge from a to b and the corner opposite that edge, or none. It walks round a.
func (d *triangulation) find(a, b int) (t, k int) {
	turn := func(next int) (int, int) { // next is the corner, after a, across whose opposite edge the walk goes on
		for t, first := d.at[a], true; t != none && (first || t != d.at[a]); first = false {
			i := 0
			for d.v[t][i] != a {
				i++
			}
			if d.v[t][(i+1)%3] == b {
				return t, (i + 2) % 3
			}
			t = d.n[t][(i+next)%3]
		}
		return none, none
	}
	if t, k := turn(1); t != none {
		return t, k
	}
	return turn(2)
}

// locate walks along a line from the middle of a triangle to p, to the triangle that holds p, inside or on its edge. Where a
// segment is in the way it gives the triangle before it, and the corner opposite to it as blocked; else blocked is none.
func (d *triangulation) locate(p [2]float64, t int) (at, blocked int) {
	v := d.v[t]
	q := [2]float64{
		(d.p[v[0]][0] + d.p[v[1]][0] + d.p[v[2]][0]) / 3,
		(d.p[v[0]][1] + d.p[v[1]][1] + d.p[v[2]][1]) / 3,
	}
	from, exit := none, none
	for range len(d.v) {
		exit = none
		for k := range 3 {
			a, b := d.edge(t, k)
			if d.n[t][k] != none && d.n[t][k] == from || orient(d.p[a], d.p[b], p) >= 0 {
				continue
			}
			exit = k
			if orient(q, p, d.p[a]) <= 0 && orient(q, p, d.p[b]) >= 0 {
				break
			}
		}
		switch {
		case exit == none:
			return t, none
		case d.n[t][exit] == none || d.s[t][exit] != none:
			return t, exit
		}
		from, t = t, d.n[t][exit]
	}
	return t, exit // a walk round a flat triangle, whose middle is not inside it
}

// dig finds the triangles that lose their place to p: those reached from seeds, not across segments, whose circles hold p. The
// result is in hollow until the next call.
func (d *triangulation) dig(p [2]float64, seeds ...int) {
	d.search++
	h := &d.hollow
	h.triangles, h.edges = append(h.triangles[:0], seeds...), h.edges[:0]
	for _, t := range seeds {
		d.seen[t] = d.search
	}
	for i := 0; i < len(h.triangles); i++ {
		t := h.triangles[i]
		for k := range 3 {
			next := d.n[t][k]
			if next == none || d.s[t][k] != none || d.seen[next] == d.search {
				continue
			}
			v := d.v[next]
			if inCircle(d.p[v[0]], d.p[v[1]], d.p[v[2]], p) > 0 {
				d.seen[next] = d.search
				h.triangles = append(h.triangles, next)
			}
		}
	}
	for _, t := range h.triangles {
		for k := range 3 {
			if next := d.n[t][k]; next == none || d.s[t][k] != none || d.seen[next] != d.search {
				a, b := d.edge(t, k)
				h.edges = append(h.edges, rim{a, b, next, d.s[t][k]})
			}
		}
	}
}

// insert joins the point i to the rim of the cavity that dig found, but for the edge between skipA and skipB: the two parts of
// that edge become edges of the segment. It gives the new triangles, each with i first, or false, having changed nothing,
// where rounding left no room for the point.
func (d *triangulation) insert(i, skipA, skipB, segment int) ([]int, bool) {
	p := d.p[i]
	skip := func(e rim) bool { return e.a == skipA && e.b == skipB }
	for _, e := range d.hollow.edges {
		if !skip(e) && orient(p, d.p[e.a], d.p[e.b]) <= 0 {
			return nil, false
		}
	}
	for _, t := range d.hollow.triangles {
		d.remove(t)
	}
	fresh := d.hollow.triangles[:0]
	for _, e := range d.hollow.edges {
		d.startAt[e.a], d.endAt[e.b] = none, none
	}
	for _, e := range d.hollow.edges {
		if skip(e) {
			continue
		}
		t := d.addTriangle(i, e.a, e.b)
		d.n[t][0], d.s[t][0] = e.outside, e.segment
		d.link(e.outside, t, e.a, e.b)
		d.startAt[e.a], d.endAt[e.b] = t, t
		fresh = append(fresh, t)
	}
	for _, t := range fresh {
		a, b := d.v[t][1], d.v[t][2]
		d.n[t][1], d.n[t][2] = d.startAt[b], d.endAt[a]
		if d.n[t][1] == none {
			d.s[t][1] = segment
		}
		if d.n[t][2] == none {
			d.s[t][2] = segment
		}
	}
	d.hollow.triangles = fresh
	return fresh, true
}

// corners is the number of points of the triangle that holds all others at first.
const corners = 3

// delaunay is the Delaunay triangulation of points within a large triangle, whose corners come first. The points are finite and differ.
func delaunay(points [][2]float64) (*triangulation, error) {
	low, high := points[0], points[0]
	for _, p := range points {
		low = [2]float64{min(low[0], p[0]), min(low[1], p[1])}
		high = [2]float64{max(high[0], p[0]), max(high[1], p[1])}
	}
	size := max(high[0]-low[0], high[1]-low[1])
	if !(size >= 1/largest) {
		return nil, fmt.Errorf("mesh: the points lie within %g of each other, want a domain of at least %g", size, 1/largest)
	}
	d := &triangulation{}
	x, y := (low[0]+high[0])/2, (low[1]+high[1])/2
	d.addPoint([2]float64{x - 30*size, y - 20*size})
	d.addPoint([2]float64{x + 30*size, y - 20*size})
	d.addPoint([2]float64{x, y + 40*size})
	d.addTriangle(0, 1, 2)
	for range points {
		d.addPoint([2]float64{math.NaN(), math.NaN()})
	}
	for _, i := range alongCurve(points, low, size) {
		p := points[i]
		d.p[corners+i] = p
		t, _ := d.locate(p, d.last)
		d.dig(p, t)
		if _, ok := d.insert(corners+i, none, none, none); !ok {
			return nil, fmt.Errorf("mesh: no room for point %d at %v", i, p)
		}
	}
	return d, nil
}
