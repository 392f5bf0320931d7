package difference

import (
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Mask is the part of a box in which an equation holds: any shape, with obstacles. Just one of Inside and Distance is given.
//
// With a Distance the wall lies where it is zero: along each axis a point beside the wall sees it at its true distance (Shortley
// and Weller), and solutions are of second order. With Inside the wall has the value at the first points that are not in it, a staircase, and
// solutions are of first order. Parts of the domain or of the gaps between them that are thinner than a step of the grid are not seen.
//
// Source: Shortley & Weller 1938, J. Appl. Phys. 9. bib: shortley1938laplace
type Mask struct {
	Inside   []bool                    // [space…]
	Distance func(x []float64) float64 // signed distance to the wall, or any function of its sign and zeros: below 0 inside
	Wall     pde.Boundary              // Dirichlet; or Neumann with g = 0 and Inside, a staircase that lets nothing through
}

// inside marks the points of the domain.
func (m Mask) inside(g *grid) ([]bool, error) {
	if (m.Inside == nil) == (m.Distance == nil) {
		return nil, errors.New("difference: Mask has both or none of Inside and Distance, want one of them")
	}
	insulated := m.Wall.Kind == pde.Neumann && m.Inside != nil && m.Wall.Value == nil
	if m.Wall.Kind != pde.Dirichlet && !insulated {
		return nil, fmt.Errorf("difference: Mask.Wall is %v, want Dirichlet, or with Inside Neumann without a Value", m.Wall.Kind)
	}
	if m.Inside != nil && len(m.Inside) != g.size {
		return nil, fmt.Errorf("difference: Mask.Inside has %d values, want %d on a grid of %v points", len(m.Inside), g.size, g.box.Points)
	}
	in, any := m.Inside, false
	if in == nil {
		in = make([]bool, g.size)
		x := make([]float64, len(g.h))
		for i := range in {
			g.place(x, i)
			d := m.Distance(x)
			if math.IsNaN(d) {
				return nil, fmt.Errorf("difference: Mask.Distance is NaN at %v", x)
			}
			in[i] = d < 0
		}
	}
	for _, v := range in {
		any = any || v
	}
	if !any {
		return nil, fmt.Errorf("difference: Mask has no point of the grid of %v points inside, want a larger domain or a finer grid", g.box.Points)
	}
	return in, nil
}

// nearest is the least distance of a wall from a point that counts, in steps: below it the point has the wall's value to round-off.
const nearest = 1e-9

// crossing is the distance in steps from point i to the wall, on the way to its neighbour outside. x is left at the wall.
func (m Mask) crossing(g *grid, x []float64, i, axis, end int) float64 {
	g.place(x, i)
	start, step := x[axis], float64(2*end-1)*g.h[axis]
	if m.Distance == nil {
		x[axis] = start + step
		return 1
	}
	low, high := 0.0, 1.0
	for range 52 { // bits of a float64
		middle := (low + high) / 2
		x[axis] = start + middle*step
		if m.Distance(x) < 0 {
			low = middle
		} else {
			high = middle
		}
	}
	x[axis] = start + high*step
	return max(high, nearest)
}
