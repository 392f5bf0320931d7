package mesh

import (
	"fmt"
	"math"
)

// Locator finds the triangle that holds a point, by a grid of buckets. It may be used by several goroutines.
type Locator struct {
	mesh    Mesh
	low     [2]float64
	cell    [2]float64
	n       [2]int
	first   []int // of each bucket, into members
	members []int // triangles whose box meets the bucket
}

// slack is how far outside a triangle, in its own coordinates, a point may lie and still count as inside: a point on an edge by
// construction is off it by a few roundings.
const slack = 1e-12

// NewLocator prepares the search.
//
// Errors: a mesh without a triangle, or all on one line.
func NewLocator(m Mesh) (*Locator, error) {
	if len(m.Triangles) == 0 {
		return nil, fmt.Errorf("mesh: Locator of a mesh of %d points and no triangle, want at least one", len(m.Points))
	}
	l := &Locator{mesh: m, low: m.Points[0]}
	high := m.Points[0]
	for _, p := range m.Points {
		l.low = [2]float64{min(l.low[0], p[0]), min(l.low[1], p[1])}
		high = [2]float64{max(high[0], p[0]), max(high[1], p[1])}
	}
	width, height := high[0]-l.low[0], high[1]-l.low[1]
	side := math.Sqrt(width * height / float64(len(m.Triangles)))
	if !(side > 0) || math.IsInf(side, 0) {
		return nil, fmt.Errorf("mesh: Locator of a mesh that is %g wide and %g high, want both above 0 and finite", width, height)
	}
	for axis, length := range []float64{width, height} {
		l.n[axis] = max(1, int(math.Ceil(length/side)))
		l.cell[axis] = length / float64(l.n[axis])
	}
	l.first = make([]int, l.n[0]*l.n[1]+1)
	l.overBuckets(func(bucket, _ int) { l.first[bucket+1]++ })
	for i := 1; i < len(l.first); i++ {
		l.first[i] += l.first[i-1]
	}
	l.members = make([]int, l.first[len(l.first)-1])
	next := make([]int, len(l.first))
	copy(next, l.first)
	l.overBuckets(func(bucket, t int) {
		l.members[next[bucket]] = t
		next[bucket]++
	})
	return l, nil
}

// overBuckets visits each bucket that the box of each triangle meets.
func (l *Locator) overBuckets(visit func(bucket, t int)) {
	for t, v := range l.mesh.Triangles {
		a, b, c := l.mesh.Points[v[0]], l.mesh.Points[v[1]], l.mesh.Points[v[2]]
		var from, to [2]int
		for axis := range 2 {
			low, high := min(a[axis], b[axis], c[axis]), max(a[axis], b[axis], c[axis])
			room := slack * (high - low)
			from[axis], to[axis] = l.bucket(axis, low-room), l.bucket(axis, high+room)
		}
		for i := from[0]; i <= to[0]; i++ {
			for j := from[1]; j <= to[1]; j++ {
				visit(i*l.n[1]+j, t)
			}
		}
	}
}

func (l *Locator) bucket(axis int, x float64) int {
	return min(max(int((x-l.low[axis])/l.cell[axis]), 0), l.n[axis]-1)
}

// Locate gives the triangle that holds p and the weights of its corners, which are not negative and sum to one; -1 if p is outside.
// On an edge it is the triangle that has p the furthest inside, the first one of equals.
func (l *Locator) Locate(p [2]float64) (triangle int, weights [3]float64) {
	triangle = none
	if !finite(p) {
		return triangle, weights
	}
	bucket := l.bucket(0, p[0])*l.n[1] + l.bucket(1, p[1])
	best := -slack
	for _, t := range l.members[l.first[bucket]:l.first[bucket+1]] {
		w := l.mesh.Weights(t, p)
		if inside := min(w[0], w[1], w[2]); triangle == none && inside >= best || inside > best {
			triangle, weights, best = t, w, inside
		}
	}
	if triangle == none {
		return triangle, weights
	}
	var sum float64
	for k := range 3 {
		weights[k] = max(weights[k], 0)
		sum += weights[k]
	}
	for k := range 3 {
		weights[k] /= sum
	}
	return triangle, weights
}

// Weights are the barycentric coordinates of p in triangle t: the linear function with the values f at the corners is Σ f_k w_k at p.
func (m Mesh) Weights(t int, p [2]float64) [3]float64 {
	v := m.Triangles[t]
	a, b, c := m.Points[v[0]], m.Points[v[1]], m.Points[v[2]]
	area := cross(sub(b, a), sub(c, a))
	w := [3]float64{0, cross(sub(p, a), sub(c, a)) / area, cross(sub(b, a), sub(p, a)) / area}
	w[0] = 1 - w[1] - w[2]
	return w
}

// Probe reads linear functions on a mesh at fixed points: Σ_k values[Corner[i][k]] Weight[i][k] at point i.
type Probe struct {
	Triangle []int // that holds each point; -1 outside
	Corner   [][3]int
	Weight   [][3]float64 // zero outside
}

// Probe locates points once, to be read for many functions.
func (l *Locator) Probe(points [][2]float64) Probe {
	pr := Probe{make([]int, len(points)), make([][3]int, len(points)), make([][3]float64, len(points))}
	for i, p := range points {
		pr.Triangle[i], pr.Weight[i] = l.Locate(p)
		if t := pr.Triangle[i]; t != none {
			pr.Corner[i] = l.mesh.Triangles[t]
		}
	}
	return pr
}

// Read gives the values at the points of the linear function with the given values at the points of the mesh, and outside the mesh
// the value of outside.
//
// Errors: too few values for the corners that it needs.
func (pr Probe) Read(values []float64, outside float64) ([]float64, error) {
	out := make([]float64, len(pr.Triangle))
	for i, t := range pr.Triangle {
		if t == none {
			out[i] = outside
			continue
		}
		v, w := pr.Corner[i], pr.Weight[i]
		if top := max(v[0], v[1], v[2]); top >= len(values) {
			return nil, fmt.Errorf("mesh: Probe.Read of %d values, want one for each point of the mesh, point %d among them", len(values), top)
		}
		out[i] = values[v[0]]*w[0] + values[v[1]]*w[1] + values[v[2]]*w[2]
	}
	return out, nil
}

// Grid lists the points of a grid of nx by ny points from low to high, both ends among them, x the slow axis as in a field [x, y].
func Grid(low, high [2]float64, nx, ny int) [][2]float64 {
	out := make([][2]float64, 0, nx*ny)
	along := func(axis, i, n int) float64 {
		if n > 1 && i == n-1 {
			return high[axis]
		}
		return low[axis] + (high[axis]-low[axis])*float64(i)/float64(max(n-1, 1))
	}
	for i := range nx {
		for j := range ny {
			out = append(out, [2]float64{along(0, i, nx), along(1, j, ny)})
		}
	}
	return out
}
