package neighbour

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Neighbour is a point that was found.
type Neighbour struct {
	Index    int
	Distance float64
}

// Tree is a k-d tree: each node's points are halved at the median of the axis along which they spread most. It keeps boxes around the points
// of a node, whose distance from x, around the period too, says which nodes may be left out.
//
// It is safe for concurrent use once built.
//
// Cost: O(n log n) to build; a search looks at O(log n) points where they are spread evenly.
// Differs from the source: bounding boxes instead of splitting planes, which periodic axes need.
// Source: Friedman, Bentley & Finkel 1977. bib: friedman1977algorithm
type Tree struct {
	points []float64 // in the order of index
	index  []int     // place in the tree to number of the point
	dim    int
	sides  []float64 // 0: not periodic
	nodes  []node
}

// node holds the points at the places from ≤ i < to. Its first child follows it.
type node struct {
	from, to int
	right    int // second child; 0: a leaf
	box      []float64
}

// leafSize is the most points of a leaf. Of 4, 8, 12, 16 and 32 it was the fastest for 8 neighbours among 100,000 points of the plane; BenchmarkTree
// tells.
const leafSize = 12

// New builds a tree of points [n, dim]. sides are the periods of the axes, 0 for an axis that is not periodic; nil: none is.
// Points outside [0, side) are those inside that they are equal to.
//
// Errors: no points, a number of values that is no multiple of dim, values that are not finite, sides that do not fit.
func New(points []float64, dim int, sides []float64) (*Tree, error) {
	if err := check(points, dim, sides); err != nil {
		return nil, err
	}
	t := &Tree{points: slices.Clone(points), dim: dim, sides: sides}
	if sides == nil {
		t.sides = make([]float64, dim)
	} else {
		t.sides = slices.Clone(sides)
	}
	for i := range t.points {
		t.points[i] = wrap(t.points[i], t.sides[i%dim])
	}
	t.index = make([]int, len(points)/dim)
	for i := range t.index {
		t.index[i] = i
	}
	t.build(0, len(t.index))
	sorted := make([]float64, 0, len(points))
	for _, i := range t.index {
		sorted = append(sorted, t.points[i*dim:(i+1)*dim]...)
	}
	t.points = sorted
	return t, nil
}

func check(points []float64, dim int, sides []float64) error {
	if dim < 1 {
		return fmt.Errorf("neighbour: dim = %d, want at least 1", dim)
	}
	var errs []error
	if len(points) == 0 || len(points)%dim != 0 {
		errs = append(errs, fmt.Errorf("neighbour: %d values for points with %d axes, want a multiple, at least 1 point", len(points), dim))
	}
	for i, x := range points {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			errs = append(errs, fmt.Errorf("neighbour: point %d, axis %d is %v, want a finite number", i/dim, i%dim, x))
			break
		}
	}
	if sides != nil && len(sides) != dim {
		errs = append(errs, fmt.Errorf("neighbour: %d sides for %d axes, want as many, or nil", len(sides), dim))
	}
	for i, s := range sides {
		if !(s >= 0) || math.IsInf(s, 0) {
			errs = append(errs, fmt.Errorf("neighbour: sides[%d] = %v, want it above 0, or 0 for an axis that is not periodic", i, s))
		}
	}
	return errors.Join(errs...)
}

// wrap brings x to [0, side) where there is a side.
func wrap(x, side float64) float64 {
	if side == 0 {
		return x
	}
	x -= side * math.Floor(x/side)
	if x >= side { // round-off from just below 0
		return 0
	}
	return x
}

// build makes the node of some places and all below it. Until it is done points are in their own order.
func (t *Tree) build(from, to int) {
	here := len(t.nodes)
	t.nodes = append(t.nodes, node{from: from, to: to, box: t.bounds(from, to)})
	if to-from <= leafSize {
		return
	}
	box, axis := t.nodes[here].box, 0
	for a := range t.dim {
		if box[2*a+1]-box[2*a] > box[2*axis+1]-box[2*axis] {
			axis = a
		}
	}
	middle := (from + to) / 2
	t.partition(from, to, middle, axis)
	t.build(from, middle)
	t.nodes[here].right = len(t.nodes)
	t.build(middle, to)
}

// bounds are the least and the greatest value along each axis.
func (t *Tree) bounds(from, to int) []float64 {
	box := make([]float64, 2*t.dim)
	for a := range t.dim {
		box[2*a], box[2*a+1] = math.Inf(1), math.Inf(-1)
	}
	for _, i := range t.index[from:to] {
		for a, x := range t.points[i*t.dim : (i+1)*t.dim] {
			box[2*a], box[2*a+1] = min(box[2*a], x), max(box[2*a+1], x)
		}
	}
	return box
}

// partition puts the places such that those before middle are not above those from it on, along an axis: Hoare's selection.
func (t *Tree) partition(from, to, middle, axis int) {
	value := func(place int) float64 { return t.points[t.index[place]*t.dim+axis] }
	for lo, hi := from, to-1; lo < hi; {
		pivot := value((lo + hi) / 2)
		i, j := lo, hi
		for i <= j {
			for value(i) < pivot {
				i++
			}
			for value(j) > pivot {
				j--
			}
			if i <= j {
				t.index[i], t.index[j] = t.index[j], t.index[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case middle <= j:
			hi = j
		case middle >= i:
			lo = i
		default:
			return
		}
	}
}

// Len is the number of points.
func (t *Tree) Len() int { return len(t.index) }

// Nearest returns the k points nearest to x, the nearest first; a point of the tree is its own nearest.
//
// Errors: x with another number of axes or not finite; k outside [1, Len()].
func (t *Tree) Nearest(x []float64, k int) ([]Neighbour, error) {
	q, err := t.query(x)
	if err != nil {
		return nil, err
	}
	if k < 1 || k > t.Len() {
		return nil, fmt.Errorf("neighbour: Tree.Nearest: k = %d, want 1 to %d, the number of points", k, t.Len())
	}
	q.found, q.most, q.limit = make([]Neighbour, 0, k+1), k, math.Inf(1)
	q.search(0, q.boxDistance(0))
	return q.finish(), nil
}

// Within returns the points at most radius away from x, the nearest first.
//
// Errors: x with another number of axes or not finite; a radius below 0.
func (t *Tree) Within(x []float64, radius float64) ([]Neighbour, error) {
	q, err := t.query(x)
	if err != nil {
		return nil, err
	}
	if !(radius >= 0) {
		return nil, fmt.Errorf("neighbour: Tree.Within: radius = %v, want at least 0", radius)
	}
	q.limit = radius * radius
	q.search(0, q.boxDistance(0))
	slices.SortFunc(q.found, nearer)
	return q.finish(), nil
}

// query is a search under way. Distances in it are squares.
type query struct {
	*Tree
	x     []float64
	found []Neighbour
	most  int     // 0: all within limit; else found is sorted
	limit float64 // of the squared distance
}

func (t *Tree) query(x []float64) (*query, error) {
	if len(x) != t.dim {
		return nil, fmt.Errorf("neighbour: a point with %d axes in a tree of %d, want as many", len(x), t.dim)
	}
	q := &query{Tree: t, x: make([]float64, t.dim)}
	for a, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("neighbour: x[%d] = %v, want a finite number", a, v)
		}
		q.x[a] = wrap(v, t.sides[a])
	}
	return q, nil
}

// nearer orders by distance, and equally near points by number.
func nearer(a, b Neighbour) int {
	return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(a.Index, b.Index))
}

// search looks through a node whose box is at a distance.
func (q *query) search(at int, distance float64) {
	if distance > q.limit {
		return
	}
	n := &q.nodes[at]
	if n.right == 0 {
		for place := n.from; place < n.to; place++ {
			if d := q.distance(place); d <= q.limit {
				q.add(Neighbour{q.index[place], d})
			}
		}
		return
	}
	left, right := q.boxDistance(at+1), q.boxDistance(n.right)
	if left <= right {
		q.search(at+1, left)
		q.search(n.right, right)
	} else {
		q.search(n.right, right)
		q.search(at+1, left)
	}
}

func (q *query) add(n Neighbour) {
	if q.most == 0 {
		q.found = append(q.found, n)
		return
	}
	at, _ := slices.BinarySearchFunc(q.found, n, nearer)
	if at == q.most {
		return
	}
	q.found = slices.Insert(q.found, at, n)
	if len(q.found) > q.most {
		q.found = q.found[:q.most]
	}
	if len(q.found) == q.most {
		q.limit = q.found[q.most-1].Distance
	}
}

// distance is that of the point at a place.
func (q *query) distance(place int) float64 {
	var sum float64
	for a, y := range q.points[place*q.dim : (place+1)*q.dim] {
		d := gap(q.x[a], y, q.sides[a])
		sum += d * d
	}
	return sum
}

// boxDistance is that of a node's box, 0 inside it.
func (q *query) boxDistance(at int) float64 {
	box, sum := q.nodes[at].box, 0.0
	for a, x := range q.x {
		if lo, hi := box[2*a], box[2*a+1]; x < lo || x > hi {
			d := min(gap(x, lo, q.sides[a]), gap(x, hi, q.sides[a]))
			sum += d * d
		}
	}
	return sum
}

// gap is the distance along an axis, around the period where that is shorter.
func gap(x, y, side float64) float64 {
	d := math.Abs(x - y)
	if side > 0 {
		return min(d, side-d)
	}
	return d
}

// finish turns squares into distances.
func (q *query) finish() []Neighbour {
	for i := range q.found {
		q.found[i].Distance = math.Sqrt(q.found[i].Distance)
	}
	return q.found
}
