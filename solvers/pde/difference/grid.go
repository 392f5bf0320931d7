package difference

import (
	"fmt"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// grid is the even grid of a box that is valid.
type grid struct {
	box     pde.Box
	h       []float64 // step along each axis
	strides []int
	size    int
}

func newGrid(b pde.Box) *grid {
	g := &grid{box: b, h: make([]float64, len(b.Points)), strides: make([]int, len(b.Points)), size: 1}
	for d := len(b.Points) - 1; d >= 0; d-- {
		g.strides[d] = g.size
		g.size *= b.Points[d]
		g.h[d] = b.Side(d) / float64(b.Points[d]-1)
		if g.periodic(d) {
			g.h[d] = b.Side(d) / float64(b.Points[d])
		}
	}
	return g
}

func (g *grid) periodic(axis int) bool { return g.box.Face(axis, 0).Kind == pde.Periodic }

// index is the place of point i along an axis.
func (g *grid) index(i, axis int) int { return i / g.strides[axis] % g.box.Points[axis] }

// coordinate is the place of index k along an axis; the ends are exact.
func (g *grid) coordinate(k, axis int) float64 {
	if k == g.box.Points[axis]-1 && !g.periodic(axis) {
		return g.box.High[axis]
	}
	return g.box.Low[axis] + float64(k)*g.h[axis]
}

// place writes the coordinates of point i.
func (g *grid) place(x []float64, i int) {
	for d := range x {
		x[d] = g.coordinate(g.index(i, d), d)
	}
}

// neighbour is the next point from i along an axis, down for end 0 and up for end 1; -1 beyond a face.
func (g *grid) neighbour(i, axis, end int) int {
	k, n := g.index(i, axis), g.box.Points[axis]
	next := k + 2*end - 1
	if next < 0 || next >= n {
		if !g.periodic(axis) {
			return -1
		}
		next = (next + n) % n
	}
	return i + (next-k)*g.strides[axis]
}

// dirichlet is the Dirichlet face of the lowest axis that point i is on.
func (g *grid) dirichlet(i int) (face pde.Boundary, on bool) {
	for d, n := range g.box.Points {
		k := g.index(i, d)
		for end, at := range [2]int{0, n - 1} {
			if face := g.box.Face(d, end); k == at && face.Kind == pde.Dirichlet {
				return face, true
			}
		}
	}
	return pde.Boundary{}, false
}

// At evaluates f at the points of a box, [space…].
//
// Errors: what is wrong with the box.
func At(b pde.Box, f func(x []float64) float64) ([]float64, error) {
	if err := b.Validate(); err != nil {
		return nil, err
	}
	g := newGrid(b)
	out, x := make([]float64, g.size), make([]float64, len(g.h))
	for i := range out {
		g.place(x, i)
		out[i] = f(x)
	}
	return out, nil
}

// checkLength wants whole samples on the grid.
func checkLength(what string, got, values int, b pde.Box) error {
	if got == 0 || got%values != 0 {
		return fmt.Errorf("difference: %s of %d values on a grid of %v points, want whole samples of %d", what, got, b.Points, values)
	}
	return nil
}

// finite tells whether all of u is. The sum of u_i - u_i is NaN exactly if it is not.
func finite(u []float64) bool {
	var sum float64
	for _, v := range u {
		sum += v - v
	}
	return sum == 0
}
