package chebyshev

import (
	"fmt"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// axes gives the grid of each axis of a box that is valid.
func axes(b pde.Box) []Axis {
	out := make([]Axis, len(b.Points))
	for d := range out {
		out[d] = Axis{b.Points[d], b.Low[d], b.High[d]}
	}
	return out
}

// validate refuses what a collocation grid can't be.
func validate(b pde.Box) error {
	if err := b.Validate(); err != nil {
		return err
	}
	for axis := range b.Points {
		if b.Face(axis, 0).Kind == pde.Periodic {
			return fmt.Errorf("chebyshev: Box.Faces[%d] are periodic, want Dirichlet, Neumann or Robin; pde.Semilinear solves periodic boxes", axis)
		}
	}
	return nil
}

// checkLength wants whole samples on the grid.
func checkLength(what string, got, values int, b pde.Box) error {
	if got == 0 || got%values != 0 {
		return fmt.Errorf("chebyshev: %s of %d values on a grid of %v points, want whole samples of %d", what, got, b.Points, values)
	}
	return nil
}

// At evaluates f at the points of a box, [space…].
//
// Errors: what is wrong with the box.
func At(b pde.Box, f func(x []float64) float64) ([]float64, error) {
	if err := validate(b); err != nil {
		return nil, err
	}
	out := make([]float64, b.Size())
	visit(axes(b), func(i int, x []float64) { out[i] = f(x) })
	return out, nil
}

// visit calls f with each point of the grid in order; f must not keep x.
func visit(grid []Axis, f func(i int, x []float64)) {
	var points [][]float64
	size := 1
	for _, a := range grid {
		points = append(points, a.Points())
		size *= a.N
	}
	x := make([]float64, len(grid))
	for i := range size {
		rest := i
		for d := len(grid) - 1; d >= 0; d-- {
			x[d] = points[d][rest%grid[d].N]
			rest /= grid[d].N
		}
		f(i, x)
	}
}

// Integrate gives the integral over the box of each field of a batch u [samples, space…].
//
// Errors: what is wrong with the box; a length that is no whole number of samples.
func Integrate(b pde.Box, u []float64) ([]float64, error) {
	if err := validate(b); err != nil {
		return nil, err
	}
	if err := checkLength("a batch", len(u), b.Size(), b); err != nil {
		return nil, err
	}
	size := b.Size()
	w := weights(axes(b))
	out := make([]float64, len(u)/size)
	for s := range out {
		out[s] = blas64.Dot(vector(w), vector(u[s*size:(s+1)*size]))
	}
	return out, nil
}

// weights are those of the quadrature over a box.
func weights(grid []Axis) []float64 {
	w := []float64{1}
	for _, a := range grid {
		var next []float64
		for _, v := range w {
			for _, wa := range a.Weights() {
				next = append(next, v*wa)
			}
		}
		w = next
	}
	return w
}

// Interpolate evaluates a batch u [samples, space…, channels] on the grid of places at[axis], which may lie anywhere in the box; it is how a
// solution gets to an even grid.
//
// Shapes: returns [samples, len(at[0]), …, channels].
// Errors: what is wrong with the box; a place outside it; a number of axes or values that does not fit.
func Interpolate(b pde.Box, u []float64, channels int, at [][]float64) ([]float64, error) {
	if err := validate(b); err != nil {
		return nil, err
	}
	if len(at) != len(b.Points) || channels < 1 {
		return nil, fmt.Errorf("chebyshev: Interpolate with places for %d axes and %d channels, want %d axes and at least 1 channel",
			len(at), channels, len(b.Points))
	}
	if err := checkLength("a batch", len(u), b.Size()*channels, b); err != nil {
		return nil, err
	}
	dims := append([]int{len(u) / (b.Size() * channels)}, b.Points...)
	dims = append(dims, channels)
	for d, a := range axes(b) {
		for _, x := range at[d] {
			if !(x >= a.Low && x <= a.High) {
				return nil, fmt.Errorf("chebyshev: Interpolate at %v on axis %d, want it between %v and %v", x, d, a.Low, a.High)
			}
		}
		dst := make([]float64, len(u)/a.N*len(at[d]))
		along(dst, a.Interpolation(at[d]), u, dims, d+1)
		dims[d+1], u = len(at[d]), dst
	}
	return u, nil
}

// along multiplies the axis of u [dims…] by a matrix [p, dims[axis]] in rows and writes the result, with p on the axis.
func along(dst, matrix, u []float64, dims []int, axis int) {
	n, outer, inner := dims[axis], 1, 1
	for _, k := range dims[:axis] {
		outer *= k
	}
	for _, k := range dims[axis+1:] {
		inner *= k
	}
	p := len(matrix) / n
	m := general(matrix, p, n)
	if inner == 1 {
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, general(u, outer, n), m, 0, general(dst, outer, p))
		return
	}
	for o := range outer {
		from := general(u[o*n*inner:(o+1)*n*inner], n, inner)
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, m, from, 0, general(dst[o*p*inner:(o+1)*p*inner], p, inner))
	}
}

func general(data []float64, rows, cols int) blas64.General {
	return blas64.General{Rows: rows, Cols: cols, Stride: max(cols, 1), Data: data}
}

func vector(data []float64) blas64.Vector {
	return blas64.Vector{N: len(data), Inc: 1, Data: data}
}
