package neighbour

import (
	"fmt"
	"math"
)

// Farthest chooses count of the points [n, dim]: first, then each time the one that is farthest from those chosen, of equally far
// ones the lowest. No other count points cover all within less than half the radius that these need. sides are as in [New].
//
// Errors: as of [New]; count outside [1, n]; first outside [0, n).
// Cost:   O(n count).
// Source: Gonzalez 1985. bib: gonzalez1985clustering
func Farthest(points []float64, dim int, sides []float64, count, first int) ([]int, error) {
	if err := check(points, dim, sides); err != nil {
		return nil, err
	}
	n := len(points) / dim
	if count < 1 || count > n {
		return nil, fmt.Errorf("neighbour: Farthest: count = %d, want 1 to %d, the number of points", count, n)
	}
	if first < 0 || first >= n {
		return nil, fmt.Errorf("neighbour: Farthest: first = %d, want it from 0 to %d", first, n-1)
	}
	nearest := make([]float64, n) // squared distance to the nearest chosen point
	for i := range nearest {
		nearest[i] = math.Inf(1)
	}
	chosen := []int{first}
	nearest[first] = -1 // never again, even where points coincide
	for len(chosen) < count {
		last, next := chosen[len(chosen)-1], -1
		for i := range n {
			if nearest[i] < 0 {
				continue
			}
			nearest[i] = min(nearest[i], apart(points[i*dim:(i+1)*dim], points[last*dim:(last+1)*dim], sides))
			if next < 0 || nearest[i] > nearest[next] {
				next = i
			}
		}
		chosen = append(chosen, next)
		nearest[next] = -1
	}
	return chosen, nil
}

// apart is the squared distance of two points.
func apart(x, y, sides []float64) float64 {
	var sum float64
	for a := range x {
		var d float64
		if sides == nil || sides[a] == 0 {
			d = x[a] - y[a]
		} else {
			d = gap(wrap(x[a], sides[a]), wrap(y[a], sides[a]), sides[a])
		}
		sum += d * d
	}
	return sum
}
