package difference

import (
	"slices"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// geometry is the finite-volume form of -∇·(∇u) on the points of a grid where u is unknown. Cells are about the points, halves and quarters at
// the faces of the box; next to a wall they end in the middle of the way to it.
type geometry struct {
	*grid
	unknown []int     // places in the grid
	number  []int     // of each place: its unknown, or -1
	volume  []float64 // of the cell of each unknown
	links   []link
	fixed   []fixed // known values on Dirichlet faces
	skewed  bool    // cells beside each other differ in their faces: the matrix is not symmetric
}

// link is what one cell exchanges through one of its faces: weight·(u - u_neighbour), or weight·(u - g) at a known value, or weight·(α u - g) at a
// Neumann or Robin face.
type link struct {
	row, to       int // unknowns; to is -1 at the boundary
	at, neighbour int // places, for the coefficient; neighbour is -1 where only the one at the point counts
	axis, end     int
	weight        float64 // area / distance, or the area where flux
	flux          bool
	alpha         float64 // of a Robin face
	value         func(t float64, x []float64) float64
	x             []float64 // where value is taken
}

// fixed is a known value.
type fixed struct {
	at    int
	x     []float64
	value func(t float64, x []float64) float64
}

func newGeometry(b pde.Box, mask *Mask) (*geometry, error) {
	g := &geometry{grid: newGrid(b)}
	g.number = slices.Repeat([]int{-1}, g.size)
	inside, err := g.inside(mask)
	if err != nil {
		return nil, err
	}
	g.skewed = mask != nil && mask.Distance != nil
	for i := range g.size {
		if inside != nil && !inside[i] {
			continue
		}
		if face, on := g.dirichlet(i); on {
			if face.Value != nil {
				x := make([]float64, len(g.h))
				g.place(x, i)
				g.fixed = append(g.fixed, fixed{i, x, face.Value})
			}
			continue
		}
		g.number[i] = len(g.unknown)
		g.unknown = append(g.unknown, i)
	}
	for row, at := range g.unknown {
		g.linkCell(row, at, mask, inside)
	}
	return g, nil
}

func (g *geometry) inside(mask *Mask) ([]bool, error) {
	if mask == nil {
		return nil, nil
	}
	return mask.inside(g.grid)
}

// linkCell finds the links of one cell and its volume.
func (g *geometry) linkCell(row, at int, mask *Mask, inside []bool) {
	first := len(g.links)
	var width [3]float64
	volume := 1.0
	for axis := range g.h {
		for end := range 2 {
			l, distance := g.newLink(row, at, axis, end, mask, inside)
			width[axis] += distance / 2
			if l.row < 0 {
				continue
			}
			if !l.flux {
				l.weight = 1 / distance
			}
			g.links = append(g.links, l)
		}
		volume *= width[axis]
	}
	g.volume = append(g.volume, volume)
	for i := range g.links[first:] {
		l := &g.links[first+i]
		l.weight *= volume / width[l.axis]
	}
}

// newLink is a link of weight 1 and the distance to what is at its end; row is -1 if nothing goes through.
func (g *geometry) newLink(row, at, axis, end int, mask *Mask, inside []bool) (l link, distance float64) {
	l = link{row: row, to: -1, at: at, neighbour: g.neighbour(at, axis, end), axis: axis, end: end, weight: 1}
	switch {
	case l.neighbour < 0:
		face := g.box.Face(axis, end)
		l.flux, l.alpha, l.value, l.x = true, face.Coefficient, face.Value, make([]float64, len(g.h))
		g.place(l.x, at)
		return l, 0
	case inside != nil && !inside[l.neighbour] && mask.Wall.Kind == pde.Neumann:
		return link{row: -1}, g.h[axis]
	case inside != nil && !inside[l.neighbour]:
		l.neighbour, l.value, l.x = -1, mask.Wall.Value, make([]float64, len(g.h))
		return l, mask.crossing(g.grid, l.x, at, axis, end) * g.h[axis]
	case g.number[l.neighbour] < 0:
		face, _ := g.dirichlet(l.neighbour)
		l.value, l.x = face.Value, make([]float64, len(g.h))
		g.place(l.x, l.neighbour)
	default:
		l.to = g.number[l.neighbour]
	}
	return l, g.h[axis]
}

// pieces are the parts of the domain that no value at the boundary holds, each as its unknowns in rising order: there the solution
// of a steady problem is free by a constant.
func (g *geometry) pieces() [][]int {
	root := make([]int, len(g.unknown))
	for i := range root {
		root[i] = i
	}
	find := func(i int) int {
		for root[i] != i {
			root[i] = root[root[i]]
			i = root[i]
		}
		return i
	}
	for _, l := range g.links {
		if l.to >= 0 {
			a, b := find(l.row), find(l.to)
			root[max(a, b)] = min(a, b)
		}
	}
	held := make([]bool, len(g.unknown))
	for _, l := range g.links {
		if l.to < 0 && (!l.flux || l.alpha > 0) {
			held[find(l.row)] = true
		}
	}
	of := map[int]int{}
	var out [][]int
	for i := range root {
		r := find(i)
		if held[r] {
			continue
		}
		if r == i {
			of[r] = len(out)
			out = append(out, nil)
		}
		out[of[r]] = append(out[of[r]], i)
	}
	return out
}

// fill writes the known values at time t to the whole grid u.
func (g *geometry) fill(u []float64, t float64) {
	for _, f := range g.fixed {
		u[f.at] = f.value(t, f.x)
	}
}
