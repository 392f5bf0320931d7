package linear

import (
	"errors"
	"fmt"
)

// Multigrid approximates the inverse of a [Stencil] by one symmetric V-cycle: a sweep of four-colour Gauss–Seidel down, the same
// in reverse order up. Each coarser grid takes the points of even index; interpolation follows the matrix, so that it stays
// good where coefficients jump, and the coarse matrix is the Galerkin product Pᵀ A P.
//
// Cost: about 5 applications of the matrix; memory for about 4 stencils.
// Source: Alcouffe, Brandt, Dendy & Painter 1981, SIAM J. Sci. Stat. Comput. 2; Dendy 1982, J. Comput. Phys. 48
// (black box multigrid). bib: dendy1982blackbox
type Multigrid struct {
	levels []*level
}

// level is a grid with its matrix, scratch fields, and the interpolation from the next coarser grid.
type level struct {
	matrix  *Stencil
	x, b, r []float64
	// interpolation[c] holds the weights of the coarse point c at the 3 by 3 fine points around it.
	interpolation [][9]float64
}

var _ Operator = (*Multigrid)(nil)

// NewMultigrid prepares the coarser grids of the matrix.
//
// Errors: if the matrix has no points or a diagonal entry that is not positive.
func NewMultigrid(matrix *Stencil) (*Multigrid, error) {
	if matrix == nil || matrix.N < 1 {
		return nil, errors.New("linear: NewMultigrid: a matrix without points, want at least 1")
	}
	for at, v := range matrix.Centre {
		if !(v > 0) {
			return nil, fmt.Errorf("linear: NewMultigrid: Stencil.Centre[%d] = %v, want it above 0", at, v)
		}
	}
	m := &Multigrid{}
	for {
		size := len(matrix.Centre)
		l := &level{matrix: matrix, x: make([]float64, size), b: make([]float64, size), r: make([]float64, size)}
		m.levels = append(m.levels, l)
		if matrix.N == 1 {
			return m, nil
		}
		l.interpolation = interpolation(matrix)
		matrix = galerkin(matrix, l.interpolation)
	}
}

// Apply gives x = M b, one V-cycle from zero. b is zero in its border.
func (m *Multigrid) Apply(x, b []float64) {
	clear(x)
	m.cycle(0, x, b)
}

// colours orders a sweep such that on a five-point stencil it is a red-black one.
func colours() [4][2]int { return [4][2]int{{0, 0}, {1, 1}, {0, 1}, {1, 0}} }

func (m *Multigrid) cycle(depth int, x, b []float64) {
	l := m.levels[depth]
	if l.interpolation == nil { // one point is left
		l.matrix.relax(x, b, l.r, 1, 1)
		return
	}
	order := colours()
	for _, c := range order {
		l.matrix.relax(x, b, l.r, c[0], c[1])
	}
	l.matrix.Apply(l.r, x)
	for i := range l.r {
		l.r[i] = b[i] - l.r[i]
	}
	coarse := m.levels[depth+1]
	l.restrict(coarse.b, l.r)
	clear(coarse.x)
	m.cycle(depth+1, coarse.x, coarse.b)
	l.prolong(x, coarse.x)
	for i := range order {
		c := order[len(order)-1-i]
		l.matrix.relax(x, b, l.r, c[0], c[1])
	}
}

// eachCoarse visits the coarse points: c is the index on the coarse grid, f the index of the same point on the fine one.
func eachCoarse(fineN int, visit func(c, f int)) {
	n := fineN / 2
	for i := 1; i <= n; i++ {
		for j := 1; j <= n; j++ {
			visit(i*(n+2)+j, 2*i*(fineN+2)+2*j)
		}
	}
}

// restrict is b = Pᵀ r.
func (l *level) restrict(b, r []float64) {
	stride := l.matrix.N + 2
	eachCoarse(l.matrix.N, func(c, f int) {
		w := &l.interpolation[c]
		north, middle, south := r[f-stride-1:][:3], r[f-1:][:3], r[f+stride-1:][:3]
		b[c] = w[0]*north[0] + w[1]*north[1] + w[2]*north[2] + w[3]*middle[0] + middle[1] + w[5]*middle[2] +
			w[6]*south[0] + w[7]*south[1] + w[8]*south[2]
	})
}

// prolong is x += P e.
func (l *level) prolong(x, e []float64) {
	stride := l.matrix.N + 2
	eachCoarse(l.matrix.N, func(c, f int) {
		w, v := &l.interpolation[c], e[c]
		north, middle, south := x[f-stride-1:][:3], x[f-1:][:3], x[f+stride-1:][:3]
		north[0] += w[0] * v
		north[1] += w[1] * v
		north[2] += w[2] * v
		middle[0] += w[3] * v
		middle[1] += v
		middle[2] += w[5] * v
		south[0] += w[6] * v
		south[1] += w[7] * v
		south[2] += w[8] * v
	})
}

// interpolation finds the weights of each coarse point. At a fine point between two coarse ones the matrix, summed across the line
// through them, is solved with zero right-hand side; at one between four coarse points the matrix itself is.
func interpolation(a *Stencil) [][9]float64 {
	n, stride := a.N/2, a.N+2
	weights := make([][9]float64, (n+2)*(n+2))
	eachCoarse(a.N, func(c, f int) {
		w := &weights[c]
		w[4] = 1
		for _, d := range []int{-1, 1} {
			east, south := f+d, f+d*stride // points to a side of the coarse one
			w[4+d] = -(a.coupling(east, -1, -d) + a.coupling(east, 0, -d) + a.coupling(east, 1, -d)) /
				(a.coupling(east, -1, 0) + a.Centre[east] + a.coupling(east, 1, 0))
			w[4+3*d] = -(a.coupling(south, -d, -1) + a.coupling(south, -d, 0) + a.coupling(south, -d, 1)) /
				(a.coupling(south, 0, -1) + a.Centre[south] + a.coupling(south, 0, 1))
		}
		for _, di := range []int{-1, 1} {
			for _, dj := range []int{-1, 1} {
				corner := f + di*stride + dj
				w[4+3*di+dj] = -(a.coupling(corner, -di, -dj) + a.coupling(corner, 0, -dj)*w[4+3*di] +
					a.coupling(corner, -di, 0)*w[4+dj]) / a.Centre[corner]
			}
		}
	})
	return weights
}

// galerkin is Pᵀ A P.
func galerkin(a *Stencil, weights [][9]float64) *Stencil {
	coarse := newNinePoint(a.N / 2)
	stride := coarse.N + 2
	eachCoarse(a.N, func(c, f int) {
		column := imageOf(a, f, &weights[c])
		coarse.Centre[c] = project(&column, &weights[c], 0, 0)
		coarse.East[c] = project(&column, &weights[c+1], 0, 1)
		coarse.South[c] = project(&column, &weights[c+stride], 1, 0)
		coarse.SouthEast[c] = project(&column, &weights[c+stride+1], 1, 1)
		coarse.SouthWest[c] = project(&column, &weights[c+stride-1], 1, -1)
	})
	return coarse
}

// imageOf is A times the interpolated unit vector of a coarse point, at the 5 by 5 fine points around it.
func imageOf(a *Stencil, f int, w *[9]float64) (image [25]float64) {
	stride := a.N + 2
	for i := range 3 {
		for j := range 3 {
			v, at, to := w[3*i+j], f+(i-1)*stride+j-1, 5*(i+1)+j+1
			if v == 0 { // not only for speed: the border has no couplings
				continue
			}
			image[to] += v * a.Centre[at]
			image[to+1] += v * a.East[at]
			image[to-1] += v * a.East[at-1]
			image[to+5] += v * a.South[at]
			image[to-5] += v * a.South[at-stride]
			if a.SouthEast != nil {
				image[to+6] += v * a.SouthEast[at]
				image[to-6] += v * a.SouthEast[at-stride-1]
				image[to+4] += v * a.SouthWest[at]
				image[to-4] += v * a.SouthWest[at-stride+1]
			}
		}
	}
	return image
}

// project is the scalar product of the image with the interpolated unit vector of the coarse point (di, dj) away.
func project(image *[25]float64, w *[9]float64, di, dj int) float64 {
	var sum float64
	for i := max(-1, -2-2*di); i <= min(1, 2-2*di); i++ {
		for j := max(-1, -2-2*dj); j <= min(1, 2-2*dj); j++ {
			sum += w[4+3*i+j] * image[12+5*(2*di+i)+2*dj+j]
		}
	}
	return sum
}
