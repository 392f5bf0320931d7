package mesh

import (
	"fmt"
	"math"
)

// Rectangle cuts the box from low to high into nx by ny cells, and each cell into two triangles by its diagonal from the lower
// left to the upper right. Point (i, j) has the index i·(ny+1) + j: x is the slow axis, as in a field [x, y]. The sides are
// marked [Bottom], [Right], [Top] and [Left].
//
// Errors: fewer than one cell an axis; corners that are not finite or not in order.
func Rectangle(low, high [2]float64, nx, ny int) (Mesh, error) {
	if nx < 1 || ny < 1 {
		return Mesh{}, fmt.Errorf("mesh: Rectangle of %d by %d cells, want at least 1 by 1", nx, ny)
	}
	if !finite(low) || !finite(high) || !(low[0] < high[0] && low[1] < high[1]) {
		return Mesh{}, fmt.Errorf("mesh: Rectangle from %v to %v, want finite corners, the first below and to the left of the second", low, high)
	}
	var m Mesh
	along := func(axis, i, n int) float64 {
		if i == n {
			return high[axis]
		}
		return low[axis] + (high[axis]-low[axis])*(float64(i)/float64(n))
	}
	at := func(i, j int) int { return i*(ny+1) + j }
	for i := range nx + 1 {
		for j := range ny + 1 {
			m.Points = append(m.Points, [2]float64{along(0, i, nx), along(1, j, ny)})
		}
	}
	for i := range nx {
		for j := range ny {
			a, b, c, d := at(i, j), at(i+1, j), at(i+1, j+1), at(i, j+1)
			m.Triangles = append(m.Triangles, [3]int{a, b, c}, [3]int{a, c, d})
		}
	}
	for i := range nx {
		m.Boundary = append(m.Boundary, Edge{at(i, 0), at(i+1, 0), Bottom}, Edge{at(i+1, ny), at(i, ny), Top})
	}
	for j := range ny {
		m.Boundary = append(m.Boundary, Edge{at(nx, j), at(nx, j+1), Right}, Edge{at(0, j+1), at(0, j), Left})
	}
	return m, nil
}

// Disk is a disk of rings rings round its middle, the k-th with 6k points, all triangles nearly equilateral. The points go from the
// middle outwards, counter-clockwise from the right in each ring. The boundary has the marker 0.
//
// Errors: fewer than one ring; a radius that is not above 0.
func Disk(centre [2]float64, radius float64, rings int) (Mesh, error) {
	if rings < 1 || !(radius > 0) || !finite(centre) || radius > largest {
		return Mesh{}, fmt.Errorf("mesh: Disk about %v of radius %v in %d rings, want a finite middle, a radius above 0, at least 1 ring",
			centre, radius, rings)
	}
	m := Mesh{Points: [][2]float64{centre}}
	for k := 1; k <= rings; k++ {
		r := radius * float64(k) / float64(rings)
		for i := range 6 * k {
			sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(6*k))
			m.Points = append(m.Points, [2]float64{centre[0] + r*cos, centre[1] + r*sin})
		}
	}
	at := func(k, i int) int { // point i of ring k
		if k == 0 {
			return 0
		}
		return 1 + 3*k*(k-1) + i%(6*k)
	}
	for k := 1; k <= rings; k++ {
		for sector := range 6 {
			outer, inner := sector*k, sector*(k-1)
			for i := range k {
				m.Triangles = append(m.Triangles, [3]int{at(k-1, inner+i), at(k, outer+i), at(k, outer+i+1)})
				if i < k-1 {
					m.Triangles = append(m.Triangles, [3]int{at(k-1, inner+i), at(k, outer+i+1), at(k-1, inner+i+1)})
				}
			}
		}
	}
	for i := range 6 * rings {
		m.Boundary = append(m.Boundary, Edge{A: at(rings, i), B: at(rings, i+1)})
	}
	return m, nil
}
