package chebyshev

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// line is the second derivative along one axis with the conditions at its ends. The values at the ends follow from those at the
// inner points and the data g of the two ends,
//
//	u_end = ends u_inner + data g,
//
// and the second derivative at the inner points is
//
//	u''_inner = A u_inner + lift g,  A = vectors diag(values) inverse.
//
// The eigenvalues of A are real for conditions of these kinds.
// Source: Gottlieb & Lustman 1983, SIAM J. Numer. Anal. 20 (the spectrum); Haidvogel & Zang 1979, J. Comput. Phys. 30
// (diagonalisation of each axis). bib: gottlieb1983spectrum, haidvogel1979poisson
type line struct {
	Axis
	inner            int       // N-2
	ends             []float64 // [2, inner]
	data             []float64 // [2, 2]
	lift             []float64 // [inner, 2]
	values           []float64 // [inner]
	vectors, inverse []float64 // [inner, inner]
	neutral          bool      // Neumann at both ends: the eigenvalue nearest 0 is 0
}

func newLine(a Axis, faces [2]pde.Boundary) (*line, error) {
	m := a.N - 2
	first, second := a.Derivatives()
	l := &line{
		Axis: a, inner: m, ends: make([]float64, 2*m), data: make([]float64, 4), lift: make([]float64, 2*m),
		neutral: faces[0].Kind == pde.Neumann && faces[1].Kind == pde.Neumann,
	}
	// The conditions are rows · u = g; the two unknowns at the ends are solved for.
	rows := [2][]float64{conditionRow(a, first, faces[0], 0), conditionRow(a, first, faces[1], 1)}
	aa, ab, ba, bb := rows[0][0], rows[0][a.N-1], rows[1][0], rows[1][a.N-1]
	det := aa*bb - ab*ba
	l.data = []float64{bb / det, -ab / det, -ba / det, aa / det}
	for j := range m {
		for e := range 2 {
			l.ends[e*m+j] = -l.data[2*e]*rows[0][j+1] - l.data[2*e+1]*rows[1][j+1]
		}
	}
	matrix := mat.NewDense(m, m, nil)
	for i := range m {
		row := second[(i+1)*a.N : (i+2)*a.N]
		low, high := row[0], row[a.N-1]
		for j := range m {
			matrix.Set(i, j, row[j+1]+low*l.ends[j]+high*l.ends[m+j])
		}
		l.lift[2*i], l.lift[2*i+1] = low*l.data[0]+high*l.data[2], low*l.data[1]+high*l.data[3]
	}
	return l, l.diagonalise(matrix)
}

// conditionRow is the condition at an end as a row of weights of the points.
func conditionRow(a Axis, first []float64, f pde.Boundary, end int) []float64 {
	row := make([]float64, a.N)
	at, normal := 0, -1.0
	if end == 1 {
		at, normal = a.N-1, 1
	}
	if f.Kind == pde.Dirichlet {
		row[at] = 1
		return row
	}
	for j := range row {
		row[j] = normal * first[at*a.N+j]
	}
	row[at] += f.Coefficient
	return row
}

func (l *line) diagonalise(matrix *mat.Dense) error {
	var eigen mat.Eigen
	if !eigen.Factorize(matrix, mat.EigenRight) {
		return fmt.Errorf("chebyshev: the eigenvalues of an axis of %d points did not converge", l.N)
	}
	var vectors mat.CDense
	eigen.VectorsTo(&vectors)
	right := mat.NewDense(l.inner, l.inner, nil)
	for j, v := range eigen.Values(nil) {
		if math.Abs(imag(v)) > 1e-8*math.Abs(real(v)) { // round-off of well separated eigenvalues is far below
			return fmt.Errorf("chebyshev: an axis of %d points from %v to %v has the complex eigenvalue %v, want real ones; take fewer points",
				l.N, l.Low, l.High, v)
		}
		l.values = append(l.values, real(v))
		for i := range l.inner {
			right.Set(i, j, real(vectors.At(i, j)))
		}
	}
	if l.neutral {
		l.values[l.nearest()] = 0
	}
	var inverse mat.Dense
	if err := inverse.Inverse(right); err != nil {
		return fmt.Errorf("chebyshev: the eigenvectors of an axis of %d points are dependent: %w", l.N, err)
	}
	l.vectors, l.inverse = right.RawMatrix().Data, inverse.RawMatrix().Data
	return nil
}

// nearest is the index of the eigenvalue nearest to zero.
func (l *line) nearest() int {
	at := 0
	for i, v := range l.values {
		if math.Abs(v) < math.Abs(l.values[at]) {
			at = i
		}
	}
	return at
}

// laplacian is Δ on a box with its conditions, diagonal in the product of the eigenvectors of the axes.
type laplacian struct {
	box    pde.Box
	lines  []*line
	size   int         // inner points
	inner  []int       // inner points along each axis
	values []float64   // eigenvalues, [inner…]
	places []int       // of the inner points in the whole grid
	x      [][]float64 // points along each axis
}

func newLaplacian(b pde.Box) (*laplacian, error) {
	l := &laplacian{box: b, size: 1}
	for axis, a := range axes(b) {
		one, err := newLine(a, [2]pde.Boundary{b.Face(axis, 0), b.Face(axis, 1)})
		if err != nil {
			return nil, err
		}
		l.lines = append(l.lines, one)
		l.inner = append(l.inner, one.inner)
		l.x = append(l.x, a.Points())
		l.size *= one.inner
	}
	l.values, l.places = make([]float64, l.size), make([]int, l.size)
	for i := range l.values {
		rest, stride := i, 1
		for d := len(l.inner) - 1; d >= 0; d-- {
			k := rest % l.inner[d]
			l.values[i] += l.lines[d].values[k]
			l.places[i] += (k + 1) * stride
			rest, stride = rest/l.inner[d], stride*b.Points[d]
		}
	}
	return l, nil
}

// neutral tells whether constants are in the kernel.
func (l *laplacian) neutral() bool {
	for _, one := range l.lines {
		if !one.neutral {
			return false
		}
	}
	return true
}

// change multiplies each axis of the inner field u by matrices of the lines; scratch has its size.
func (l *laplacian) change(u, scratch []float64, matrix func(*line) []float64) {
	for d, one := range l.lines {
		along(scratch, matrix(one), u, l.inner, d)
		copy(u, scratch)
	}
}

func toModes(one *line) []float64  { return one.inverse }
func toPoints(one *line) []float64 { return one.vectors }

// addLift adds scale times what the data of the faces at time t give to Δu at the inner points.
func (l *laplacian) addLift(u []float64, t, scale float64) {
	x := make([]float64, len(l.lines))
	for d, one := range l.lines {
		low, high := l.box.Face(d, 0), l.box.Face(d, 1)
		if low.Value == nil && high.Value == nil {
			continue
		}
		l.eachLine(l.inner, d, func(at, stride int, place []int) {
			for e, k := range place {
				if e != d {
					x[e] = l.x[e][k+1]
				}
			}
			g0, g1 := l.data(d, t, x)
			for k := range one.inner {
				u[at+k*stride] += scale * (one.lift[2*k]*g0 + one.lift[2*k+1]*g1)
			}
		})
	}
}

// data are the values g of the two faces of an axis; x holds the place on the other axes.
func (l *laplacian) data(axis int, t float64, x []float64) (low, high float64) {
	x[axis] = l.box.Low[axis]
	low = l.box.Face(axis, 0).At(t, x)
	x[axis] = l.box.High[axis]
	return low, l.box.Face(axis, 1).At(t, x)
}

// eachLine calls f with the start, the stride and the place on the other axes of each line along an axis of a field of these dimensions.
func (l *laplacian) eachLine(dims []int, axis int, f func(at, stride int, place []int)) {
	outer, stride := 1, 1
	for _, n := range dims[:axis] {
		outer *= n
	}
	for _, n := range dims[axis+1:] {
		stride *= n
	}
	place := make([]int, len(dims))
	for o := range outer {
		for in := range stride {
			rest := in
			for d := len(dims) - 1; d > axis; d-- {
				place[d], rest = rest%dims[d], rest/dims[d]
			}
			rest = o
			for d := axis - 1; d >= 0; d-- {
				place[d], rest = rest%dims[d], rest/dims[d]
			}
			f(o*dims[axis]*stride+in, stride, place)
		}
	}
}

// fill completes the whole grid u from its inner points with the conditions at time t, one axis after the other: each finds the values at
// its two ends on the lines that are known by then.
func (l *laplacian) fill(u []float64, t float64) {
	dims := l.box.Points
	x := make([]float64, len(dims))
	for d, one := range l.lines {
		last := (one.N - 1)
		l.eachLine(dims, d, func(at, stride int, place []int) {
			for e, k := range place {
				if e > d && (k == 0 || k == dims[e]-1) {
					return // of a later axis
				}
				x[e] = l.x[e][k]
			}
			g0, g1 := l.data(d, t, x)
			low, high := one.data[0]*g0+one.data[1]*g1, one.data[2]*g0+one.data[3]*g1
			for k := range one.inner {
				v := u[at+(k+1)*stride]
				low += one.ends[k] * v
				high += one.ends[one.inner+k] * v
			}
			u[at], u[at+last*stride] = low, high
		})
	}
}
