package metrics

import (
	"fmt"
	"math"
)

// MostAssigned is the most points that [Wasserstein] and [Assign] take: above it, the cubic cost is better spent on
// [SlicedWasserstein].
const MostAssigned = 4096

// Wasserstein is the exact Wasserstein distance of order p between two samples of equally many points,
//
//	(min_π 1/n Σ_i ‖x_i - y_π(i)‖^p)^(1/p) over all permutations π
//
// Two samples of one distribution are not at distance zero: compare with that of two exact samples of the same size.
//
// Shapes: x [n, dims] and y [n, dims].
// Errors: if the numbers of points differ, are 0 or more than [MostAssigned], a value is not finite, or order < 1.
// Cost:   O(n³), about a second for 1024 points; see [Assign].
// Source: Peyré & Cuturi 2019, arXiv:1803.00567, section 2.2. bib: peyre2019computational
func Wasserstein(x, y []float64, dims int, order float64) (float64, error) {
	if err := checkSamples("Wasserstein", dims, 1, x, y); err != nil {
		return 0, err
	}
	n := len(x) / dims
	if len(x) != len(y) || n > MostAssigned || !(order >= 1) || math.IsInf(order, 0) {
		return 0, fmt.Errorf("metrics: Wasserstein of order %v: %d and %d points, want an order of at least 1 and equally many points, at most %d",
			order, n, len(y)/dims, MostAssigned)
	}
	cost := make([]float64, n*n)
	each(n, func(i int) {
		for j := range n {
			squared := squaredDistance(x[i*dims:(i+1)*dims], y[j*dims:(j+1)*dims])
			if order == 2 {
				cost[i*n+j] = squared
			} else {
				cost[i*n+j] = math.Pow(squared, order/2)
			}
		}
	})
	column, err := Assign(cost, n)
	if err != nil {
		return 0, err
	}
	var sum float64
	for i, j := range column {
		sum += cost[i*n+j]
	}
	return math.Pow(sum/float64(n), 1/order), nil
}

// Assign is the permutation of least total cost: row i goes to column answer[i].
//
// Shapes: cost [n, n].
// Errors: if cost is not square, n is 0 or more than [MostAssigned], or a value is not finite.
// Cost:   O(n³): for each row one shortest augmenting path on reduced costs.
// Source: Crouse 2016, the modified Jonker–Volgenant algorithm without its initialisation. bib: crouse2016assignment
func Assign(cost []float64, n int) ([]int, error) {
	if n < 1 || n > MostAssigned || len(cost) != n*n {
		return nil, fmt.Errorf("metrics: Assign: %d costs for %d rows, want a square, with 1 to %d rows", len(cost), n, MostAssigned)
	}
	for i, c := range cost {
		if math.IsNaN(c) || math.IsInf(c, 0) {
			return nil, fmt.Errorf("metrics: Assign: cost of row %d and column %d is %v, want finite numbers", i/n, i%n, c)
		}
	}
	a := newAssignment(cost, n)
	for row := range n {
		a.augment(row)
	}
	return a.column, nil
}

// assignment is a partial assignment with its dual variables: cost - u - v ≥ 0, and = 0 where assigned.
type assignment struct {
	cost        []float64
	n           int
	u, v        []float64
	column, row []int // of a row, of a column; -1: none

	shortest []float64 // from the path's start to each column
	before   []int     // the row before a column on its path
	open     []int     // columns not yet on the tree
	rows     []int     // rows on the tree
	done     []int     // columns on the tree
}

func newAssignment(cost []float64, n int) *assignment {
	a := &assignment{
		cost: cost, n: n, u: make([]float64, n), v: make([]float64, n), column: make([]int, n), row: make([]int, n),
		shortest: make([]float64, n), before: make([]int, n), open: make([]int, n),
	}
	for i := range n {
		a.column[i], a.row[i] = -1, -1
	}
	return a
}

// augment assigns a row by the shortest path to a free column.
func (a *assignment) augment(start int) {
	sink, least := a.search(start)
	for _, i := range a.rows {
		if i == start {
			a.u[i] += least
		} else {
			a.u[i] += least - a.shortest[a.column[i]]
		}
	}
	for _, j := range a.done {
		a.v[j] -= least - a.shortest[j]
	}
	for j := sink; ; {
		i := a.before[j]
		a.row[j] = i
		a.column[i], j = j, a.column[i]
		if i == start {
			return
		}
	}
}

// search grows the tree of shortest paths from a row until it meets a free column.
func (a *assignment) search(start int) (sink int, least float64) {
	a.rows, a.done, a.open = a.rows[:0], a.done[:0], a.open[:a.n]
	for j := range a.n {
		a.shortest[j], a.open[j] = math.Inf(1), j
	}
	for i := start; ; i = a.row[sink] {
		a.rows = append(a.rows, i)
		row, base := a.cost[i*a.n:(i+1)*a.n], least-a.u[i]
		place, lowest := -1, math.Inf(1)
		for p, j := range a.open {
			if d := base + row[j] - a.v[j]; d < a.shortest[j] {
				a.shortest[j], a.before[j] = d, i
			}
			// Of equally near columns a free one ends the search.
			if s := a.shortest[j]; s < lowest || s == lowest && a.row[j] < 0 {
				place, lowest = p, s
			}
		}
		least, sink = lowest, a.open[place]
		if a.row[sink] < 0 {
			return sink, least
		}
		a.done = append(a.done, sink)
		last := len(a.open) - 1
		a.open[place] = a.open[last]
		a.open = a.open[:last]
	}
}
