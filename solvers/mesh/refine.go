package mesh

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Mesher fills a domain with triangles of a wanted size whose angles are not small.
//
// It starts from the constrained Delaunay triangulation of the domain and adds points, the largest circle first: an off-centre or
// the centre of the circle round a triangle that is too large or too thin, or, where such a point would come close to an edge of
// the boundary, a point of that edge. No edge of the mesh is longer than wanted. No angle is below MinAngle, but where a corner
// θ < 60° of the domain enforces it: there no angle is below arctan(sin θ/(2 - cos θ)), a little less than θ itself.
//
// The same input gives the same mesh.
//
// Cost: O(n log n) for n points.
// Differs from the source: the largest circle goes first, not the smallest angle; a thin triangle between two edges of the boundary that
// meet at a small angle stays if its short side has both ends at the same distance from the corner. So the proofs of the bounds on angles do
// not hold word for word; the tests check the bounds on hundreds of random polygons.
// Source: Ruppert 1995, Journal of Algorithms 18, with concentric shells about small corners; off-centres: Üngör 2004; the bound at
// small corners: Miller, Pav & Walkington 2005. bib: ruppert1995delaunay, ungor2004offcenters, miller2005delaunay
type Mesher struct {
	Size      float64                    // of the longest edge, > 0
	SizeAt    func(x, y float64) float64 // of the longest edge with its middle here, besides Size; may be nil
	MinAngle  float64                    // degrees, in (0, 30]; 0 means 25
	MaxPoints int                        // gives up beyond; 0 means 1,000,000
}

// Validate lists all that is wrong with m.
func (m Mesher) Validate() error {
	var errs []error
	if !(m.Size > 0) || math.IsInf(m.Size, 0) {
		errs = append(errs, fmt.Errorf("mesh: Mesher.Size = %v, want the length of the longest edge, above 0", m.Size))
	}
	if !(m.MinAngle >= 0 && m.MinAngle <= 30) {
		errs = append(errs, fmt.Errorf("mesh: Mesher.MinAngle = %v, want at most 30 degrees, or 0 for 25: beyond that it may not end", m.MinAngle))
	}
	if m.MaxPoints < 0 {
		errs = append(errs, fmt.Errorf("mesh: Mesher.MaxPoints = %d, want at least 3, or 0 for 1,000,000", m.MaxPoints))
	}
	return errors.Join(errs...)
}

// Mesh fills d. The points of d come first, in their order, the outer loop before the holes.
//
// Errors: what is wrong with m or d; a SizeAt that is not above 0, with its place; more than MaxPoints points; the error of ctx.
func (m Mesher) Mesh(ctx context.Context, d Domain) (Mesh, error) {
	if err := m.Validate(); err != nil {
		return Mesh{}, err
	}
	out, err := d.outline()
	if err != nil {
		return Mesh{}, err
	}
	tri, err := out.triangulate()
	if err != nil {
		return Mesh{}, err
	}
	r := newRefiner(m, out, tri)
	if err := r.run(ctx); err != nil {
		return Mesh{}, err
	}
	return tri.mesh(out.segments), nil
}

// refiner adds points to a triangulation.
type refiner struct {
	Mesher
	*triangulation
	outline  outline
	sine     float64 // of MinAngle
	acute    []bool  // of input points: the domain has a corner of less than 60° here
	on       []int   // of all points: the segment they cut; none for the other points
	cuts     [][2]int
	thin     queue
	sizeFail error
}

func newRefiner(m Mesher, o outline, d *triangulation) *refiner {
	if m.MinAngle == 0 {
		m.MinAngle = 25
	}
	if m.MaxPoints == 0 {
		m.MaxPoints = 1_000_000
	}
	r := &refiner{Mesher: m, triangulation: d, outline: o, sine: math.Sin(m.MinAngle * math.Pi / 180)}
	r.on = slices.Repeat([]int{none}, len(d.p))
	r.acute = make([]bool, len(d.p))
	before := make([]int, len(o.points))
	for _, s := range o.segments {
		before[s.b] = s.a
	}
	for _, s := range o.segments {
		to, from := sub(o.points[s.b], o.points[s.a]), sub(o.points[before[s.a]], o.points[s.a])
		angle := math.Atan2(cross(to, from), dot(to, from)) // of the domain; negative for a corner that points inwards
		r.acute[corners+s.a] = angle > 0 && angle < math.Pi/3
	}
	for t := range d.v {
		if d.alive(t) {
			r.look(t)
		}
	}
	return r
}

// look notes what is to be done about a triangle and its edges on the boundary.
func (r *refiner) look(t int) {
	for k := range 3 {
		if r.s[t][k] != none {
			r.lookAtEdge(t, k)
		}
	}
	if r.bad(t) {
		heap.Push(&r.thin, task{t, r.made[t], r.circumradius(t)})
	}
}

// lookAtEdge notes an edge of the boundary that is too long or whose triangle has its tip in the circle about the edge.
func (r *refiner) lookAtEdge(t, k int) {
	a, b := r.edge(t, k)
	if r.encroaches(r.p[r.v[t][k]], a, b) || distance(r.p[a], r.p[b]) > r.size(a, b) {
		r.cuts = append(r.cuts, [2]int{a, b})
	}
}

// encroaches tells whether p lies inside the circle whose diameter is the edge from a to b.
func (r *refiner) encroaches(p [2]float64, a, b int) bool {
	return dot(sub(r.p[a], p), sub(r.p[b], p)) < 0
}

// size is the longest an edge may be.
func (r *refiner) size(a, b int) float64 {
	if r.SizeAt == nil {
		return r.Size
	}
	x, y := (r.p[a][0]+r.p[b][0])/2, (r.p[a][1]+r.p[b][1])/2
	h := r.SizeAt(x, y)
	if !(h > 0) && r.sizeFail == nil {
		r.sizeFail = fmt.Errorf("mesh: Mesher.SizeAt(%g, %g) = %v, want a length above 0", x, y, h)
	}
	return min(r.Size, h)
}

// bad tells whether a triangle has too long an edge or too small an angle.
func (r *refiner) bad(t int) bool {
	length, short := r.lengths(t)
	for k := range 3 {
		if a, b := r.edge(t, k); length[k] > r.size(a, b) {
			return true
		}
	}
	v := r.v[t]
	area := cross(sub(r.p[v[1]], r.p[v[0]]), sub(r.p[v[2]], r.p[v[0]]))
	return area < r.sine*length[(short+1)%3]*length[(short+2)%3]
}

// lengths are those of the edges of a triangle; the edge opposite corner short is the shortest.
func (r *refiner) lengths(t int) (length [3]float64, short int) {
	for k := range 3 {
		a, b := r.edge(t, k)
		length[k] = distance(r.p[a], r.p[b])
		if length[k] < length[short] {
			short = k
		}
	}
	return length, short
}

// enforcer is the acute corner that makes a triangle thin: its shortest edge joins two segments that meet there, at equal distances
// from it. To cut the segments at the corner for the triangle's sake would only make it again, smaller. It is none for other triangles.
func (r *refiner) enforcer(triangle int) int {
	length, short := r.lengths(triangle)
	a, b := r.edge(triangle, short)
	s, t := r.on[a], r.on[b]
	for k := range 3 {
		if u, v := r.edge(triangle, k); length[k] > r.size(u, v) {
			return none
		}
	}
	if s == none || t == none || s == t {
		return none
	}
	one, two := r.outline.segments[s], r.outline.segments[t]
	var tip int
	switch {
	case one.a == two.b:
		tip = one.a + corners
	case one.b == two.a:
		tip = one.b + corners
	default:
		return none
	}
	// Points of one shell differ in their distance by rounding alone, others by a factor of two.
	da, db := distance(r.p[tip], r.p[a]), distance(r.p[tip], r.p[b])
	if !r.acute[tip] || math.Abs(da-db) > 1e-3*da {
		return none
	}
	return tip
}

func (r *refiner) circumradius(t int) float64 {
	c := r.circumcentre(t)
	return distance(c, r.p[r.v[t][0]])
}

func (r *refiner) circumcentre(t int) [2]float64 {
	o := r.p[r.v[t][0]]
	b, c := sub(r.p[r.v[t][1]], o), sub(r.p[r.v[t][2]], o)
	d := 2 * cross(b, c)
	bb, cc := dot(b, b), dot(c, c)
	return [2]float64{o[0] + (c[1]*bb-b[1]*cc)/d, o[1] + (b[0]*cc-c[0]*bb)/d}
}

// offcentre is on the way from the shortest edge to the centre of the circle, no further than where a triangle on that edge would
// just have angles that are good enough.
func (r *refiner) offcentre(t int) [2]float64 {
	centre := r.circumcentre(t)
	length, short := r.lengths(t)
	a, b := r.edge(t, short)
	middle := [2]float64{(r.p[a][0] + r.p[b][0]) / 2, (r.p[a][1] + r.p[b][1]) / 2}
	way := distance(middle, centre)
	// The apex angle over the shortest edge is the wanted one, with a twentieth to spare for rounding and for later points.
	furthest := 0.95 * length[short] / 2 / math.Tan(math.Asin(r.sine)/2)
	if way <= furthest {
		return centre
	}
	f := furthest / way
	return [2]float64{middle[0] + f*(centre[0]-middle[0]), middle[1] + f*(centre[1]-middle[1])}
}

// run works until nothing is left to do.
func (r *refiner) run(ctx context.Context) error {
	for steps := 0; ; steps++ {
		switch {
		case r.sizeFail != nil:
			return r.sizeFail
		case len(r.p)-corners > r.MaxPoints:
			last := r.p[len(r.p)-1]
			return fmt.Errorf("mesh: Mesher: more than %d points, the last near %v: take a larger Size, a smaller MinAngle or more MaxPoints",
				r.MaxPoints, last)
		case steps%1024 == 0 && ctx.Err() != nil:
			return fmt.Errorf("mesh: stopped at %d points: %w", len(r.p)-corners, ctx.Err())
		}
		if n := len(r.cuts); n > 0 {
			a, b := r.cuts[n-1][0], r.cuts[n-1][1]
			r.cuts = r.cuts[:n-1]
			if err := r.cut(a, b); err != nil {
				return err
			}
			continue
		}
		if len(r.thin) == 0 {
			return nil
		}
		next, _ := heap.Pop(&r.thin).(task)
		if r.alive(next.triangle) && r.made[next.triangle] == next.made {
			r.improve(next)
		}
	}
}

// cut divides an edge of the boundary, if it is still there.
func (r *refiner) cut(a, b int) error {
	t, k := r.find(a, b)
	if t == none || r.s[t][k] == none {
		return nil
	}
	segment := r.s[t][k]
	pa, pb := r.p[a], r.p[b]
	f := r.fraction(a, b)
	p := [2]float64{pa[0] + f*(pb[0]-pa[0]), pa[1] + f*(pb[1]-pa[1])}
	r.dig(p, t)
	i := r.addPoint(p)
	fresh, ok := r.insert(i, a, b, segment)
	if !ok {
		return fmt.Errorf("mesh: Mesher: the edge from %v to %v can't be divided, its neighbourhood is too narrow for float64", pa, pb)
	}
	r.on = append(r.on, segment)
	r.acute = append(r.acute, false)
	for _, t := range fresh {
		r.look(t)
	}
	return nil
}

// fraction says where to divide an edge: in the middle; or so that the pieces of a long edge come out equal; or, from an acute corner,
// at a power of two, so that the pieces of edges that meet there have equal lengths.
func (r *refiner) fraction(a, b int) float64 {
	length := distance(r.p[a], r.p[b])
	if r.acute[a] != r.acute[b] {
		shell := math.Exp2(math.Round(math.Log2(length / 2))) // between 0.35 and 0.71 of the length
		if r.acute[a] {
			return shell / length
		}
		return 1 - shell/length
	}
	if pieces := math.Ceil(length / r.size(a, b)); pieces > 2 && pieces < 1e6 {
		return math.Floor(pieces/2) / pieces
	}
	return 0.5
}

// improve puts a point into the circle round a triangle, or divides the edges that are in the way.
func (r *refiner) improve(next task) {
	t := next.triangle
	c := r.offcentre(t)
	at, blocked := r.locate(c, t)
	before := len(r.cuts)
	if blocked != none {
		a, b := r.edge(at, blocked)
		r.cuts = append(r.cuts, [2]int{a, b})
		r.postpone(next, before)
		return
	}
	if v := r.v[at]; c == r.p[v[0]] || c == r.p[v[1]] || c == r.p[v[2]] {
		return // too small for float64
	}
	r.dig(c, at)
	for _, e := range r.hollow.edges {
		if e.segment != none && (r.encroaches(c, e.a, e.b) || orient(c, r.p[e.a], r.p[e.b]) == 0) {
			r.cuts = append(r.cuts, [2]int{e.a, e.b})
		}
	}
	if len(r.cuts) > before {
		r.postpone(next, before)
		return
	}
	i := r.addPoint(c)
	fresh, ok := r.insert(i, none, none, none)
	if !ok {
		r.dropPoint()
		return
	}
	r.on = append(r.on, none)
	r.acute = append(r.acute, false)
	for _, t := range fresh {
		r.look(t)
	}
}

// postpone leaves a triangle until the edges noted since before are cut. Where a corner enforces the triangle, its edges stay whole.
func (r *refiner) postpone(next task, before int) {
	if tip := r.enforcer(next.triangle); tip != none {
		kept := r.cuts[:before]
		for _, e := range r.cuts[before:] {
			if e[0] != tip && e[1] != tip {
				kept = append(kept, e)
			}
		}
		if r.cuts = kept; len(kept) == before {
			return
		}
	}
	heap.Push(&r.thin, next)
}

// task is a triangle to be improved.
type task struct {
	triangle, made int
	radius         float64
}

// queue is a heap, the largest circle first.
type queue []task

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(q[j].radius, q[i].radius), q[i].triangle-q[j].triangle) < 0
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push is for container/heap.
func (q *queue) Push(x any) {
	if t, ok := x.(task); ok {
		*q = append(*q, t)
	}
}

// Pop is for container/heap.
func (q *queue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	*q = (*q)[:last]
	return t
}
