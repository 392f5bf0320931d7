package plots

import "math"

// point is a place in data coordinates.
type point struct{ x, y float64 }

// isoGrid is a field at the nodes of a rectangular grid.
type isoGrid struct {
	xs, ys []float64
	v      [][]float64 // [i][j] at (xs[i], ys[j])
}

// reaching returns the field of a lattice with a node added at each edge of the
// domain, where the value is extrapolated linearly, so that contours reach it.
func (l lattice) reaching(u [][]float64) isoGrid {
	g := isoGrid{v: make([][]float64, l.nx+2)}
	for i := range l.nx + 2 {
		g.xs = append(g.xs, l.x0+l.dx*min(max(float64(i)-0.5, 0), float64(l.nx)))
	}
	for j := range l.ny + 2 {
		g.ys = append(g.ys, l.y0+l.dy*min(max(float64(j)-0.5, 0), float64(l.ny)))
	}
	for i, row := range u {
		g.v[i+1] = extrapolated(row)
	}
	first, last := make([]float64, l.ny+2), make([]float64, l.ny+2)
	column := make([]float64, l.nx)
	for j := range first {
		for i := range column {
			column[i] = g.v[i+1][j]
		}
		ends := extrapolated(column)
		first[j], last[j] = ends[0], ends[len(ends)-1]
	}
	g.v[0], g.v[l.nx+1] = first, last
	return g
}

// extrapolated returns values at half steps beyond both ends with those between.
func extrapolated(u []float64) []float64 {
	half := func(a, b float64) float64 {
		if v := 1.5*a - 0.5*b; finite(v) {
			return v
		}
		return a
	}
	n := len(u)
	out := append(make([]float64, 0, n+2), half(u[0], u[min(1, n-1)]))
	out = append(out, u...)
	return append(out, half(u[n-1], u[max(0, n-2)]))
}

// isoSegment runs through one cell with the higher side on its left.
type isoSegment struct {
	start, end point
	to         int // the edge on which it ends
}

// joiner makes lines of segments that meet on the edges of cells.
type joiner struct {
	segments []isoSegment
	starts   map[int]int  // segment by the edge on which it starts
	ends     map[int]bool // edges on which one ends
	order    []int        // starting edges
	alone    [][]point    // segments on an edge that more than two cells share
}

func newJoiner() joiner { return joiner{starts: map[int]int{}, ends: map[int]bool{}} }

// add adds a segment between two edges.
func (c *joiner) add(from, to int, start, end point) {
	if _, taken := c.starts[from]; taken {
		c.alone = append(c.alone, []point{start, end})
		return
	}
	c.starts[from] = len(c.segments)
	c.order = append(c.order, from)
	c.ends[to] = true
	c.segments = append(c.segments, isoSegment{start, end, to})
}

// chains joins the segments: first the lines with two ends, then the rings.
func (c *joiner) chains() [][]point {
	out := c.alone
	follow := func(edge int) {
		at, ok := c.starts[edge]
		if !ok {
			return
		}
		line := []point{c.segments[at].start}
		for ok {
			delete(c.starts, edge)
			line = append(line, c.segments[at].end)
			edge = c.segments[at].to
			at, ok = c.starts[edge]
		}
		out = append(out, line)
	}
	for _, edge := range c.order {
		if !c.ends[edge] {
			follow(edge)
		}
	}
	for _, edge := range c.order {
		follow(edge)
	}
	return out
}

// tracer finds the lines v = level by marching squares.
type tracer struct {
	isoGrid
	joiner
	level  float64
	closed bool // close lines at the edge of the domain and round holes
}

// lines returns the curves on which the field has the level, each with the
// higher values on its left. A cell with a corner that is not finite has none.
func (g isoGrid) lines(level float64) [][]point {
	return (&tracer{isoGrid: g, joiner: newJoiner(), level: level}).trace()
}

// regions returns the outlines of where the field is at least level: rings, with
// the holes turning the other way. What is not finite lies outside.
func (g isoGrid) regions(level float64) [][]point {
	return (&tracer{isoGrid: g, joiner: newJoiner(), level: level, closed: true}).trace()
}

// node returns the value at (i, j); around the grid lies a ring that belongs to
// no region.
func (t *tracer) node(i, j int) float64 {
	if i < 0 || j < 0 || i >= len(t.xs) || j >= len(t.ys) || !finite(t.v[i][j]) {
		return math.Inf(-1)
	}
	return t.v[i][j]
}

func (t *tracer) place(i, j int) point {
	return point{t.xs[min(max(i, 0), len(t.xs)-1)], t.ys[min(max(j, 0), len(t.ys)-1)]}
}

// crossing returns the place between two nodes where the level lies.
func (t *tracer) crossing(i, j, k, l int) point {
	a, b := t.node(i, j), t.node(k, l)
	p, q := t.place(i, j), t.place(k, l)
	switch {
	case math.IsInf(a, -1):
		return q
	case math.IsInf(b, -1):
		return p
	}
	s := min(max((t.level-a)/(b-a), 0), 1)
	return point{p.x + s*(q.x-p.x), p.y + s*(q.y-p.y)}
}

func (t *tracer) trace() [][]point {
	first, nx, ny := 0, len(t.xs)-1, len(t.ys)-1
	if t.closed {
		first, nx, ny = -1, nx+1, ny+1
	}
	for i := first; i < nx; i++ {
		for j := first; j < ny; j++ {
			t.cell(i, j)
		}
	}
	return t.chains()
}

// cell adds the segments of the cell whose lower left node is (i, j).
func (t *tracer) cell(i, j int) {
	corners := [4][2]int{{i, j}, {i + 1, j}, {i + 1, j + 1}, {i, j + 1}}
	var inside [4]bool
	count, mean := 0, 0.0
	for k, c := range corners {
		v := t.node(c[0], c[1])
		if !t.closed && math.IsInf(v, -1) {
			return
		}
		if inside[k] = v >= t.level; inside[k] {
			count++
		}
		mean += v / 4
	}
	if count == 0 || count == 4 {
		return
	}
	for k := range 4 { // edge k runs from corner k to the next, counter-clockwise
		if !inside[k] || inside[(k+1)%4] {
			continue
		}
		// The line leaves the cell's boundary here, and comes back where the
		// boundary goes in again: behind the low corner, or, at a saddle whose
		// middle is low, before the high one.
		m := (k + 1) % 4
		if saddle := count == 2 && inside[k] == inside[(k+2)%4]; saddle && mean < t.level {
			m = (k + 3) % 4
		} else {
			for inside[m] || !inside[(m+1)%4] {
				m = (m + 1) % 4
			}
		}
		t.across(corners, k, m)
	}
}

// across adds the segment between two edges of a cell.
func (t *tracer) across(corners [4][2]int, from, to int) {
	ends := func(k int) (a, b [2]int) { return corners[k], corners[(k+1)%4] }
	id := func(k int) int {
		a, b := ends(k)
		i, j := min(a[0], b[0])+1, min(a[1], b[1])+1
		n := 2 * (i*(len(t.ys)+2) + j)
		if a[0] == b[0] {
			n++
		}
		return n
	}
	at := func(k int) point {
		a, b := ends(k)
		return t.crossing(a[0], a[1], b[0], b[1])
	}
	t.add(id(from), id(to), at(from), at(to))
}

// isoMesh is a field at the points of triangles.
type isoMesh struct {
	x, y, v   []float64
	triangles [][3]int
}

// lines returns the curves on which the field, linear on each triangle, has the
// level. A triangle with a corner that is not finite has none.
func (m isoMesh) lines(level float64) [][]point {
	join, edges := newJoiner(), map[[2]int]int{}
	for _, t := range m.triangles {
		if !finite(m.v[t[0]] + m.v[t[1]] + m.v[t[2]]) {
			continue
		}
		turn := (m.x[t[1]]-m.x[t[0]])*(m.y[t[2]]-m.y[t[0]]) - (m.x[t[2]]-m.x[t[0]])*(m.y[t[1]]-m.y[t[0]])
		if turn < 0 { // all triangles counter-clockwise, so that segments follow each other
			t[1], t[2] = t[2], t[1]
		}
		from, to := -1, -1
		for k := range 3 {
			a, b := m.v[t[k]] >= level, m.v[t[(k+1)%3]] >= level
			if a && !b {
				from = k
			}
			if !a && b {
				to = k
			}
		}
		if from < 0 || to < 0 {
			continue
		}
		id := func(k int) int {
			a, b := t[k], t[(k+1)%3]
			e := [2]int{min(a, b), max(a, b)}
			if _, ok := edges[e]; !ok {
				edges[e] = len(edges)
			}
			return edges[e]
		}
		join.add(id(from), id(to), m.crossing(t[from], t[(from+1)%3], level), m.crossing(t[to], t[(to+1)%3], level))
	}
	return join.chains()
}

// crossing returns the place between two points where the level lies; in either
// order it is the same to the last bit.
func (m isoMesh) crossing(a, b int, level float64) point {
	if a > b {
		a, b = b, a
	}
	s := min(max((level-m.v[a])/(m.v[b]-m.v[a]), 0), 1)
	return point{m.x[a] + s*(m.x[b]-m.x[a]), m.y[a] + s*(m.y[b]-m.y[a])}
}
