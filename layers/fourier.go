package layers

import (
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Fourier is the truncated real Fourier transform of a periodic grid and its inverse, as constant real matrices of one
// graph. For the few modes that operators keep, products with these are exact, quicker than an FFT, and have right
// gradients (products of complex nodes have not).
//
// Kept are the frequencies 0, …, m-1 of the last axis and -m, …, m-1 of every other axis (in the order 0, …, m-1, -m, …, -1),
// as a real FFT with two blocks on each other axis does. The forward transform is unscaled, the inverse divides by the number of
// points, so that spectra of one function on two grids differ by the ratio of their points.
type Fourier struct {
	grid    []int
	kept    []int   // kept frequencies of each axis
	forward []*Node // per axis; the last [n, 2 kept], others [2n, 2 kept]
	inverse []*Node // per axis; the last [2 kept, n], others [2 kept, 2n]
}

// MaxModes is the largest number of modes of an axis of a grid: n/2+1 for the last axis and n/2 for the others, whose
// two blocks must not overlap.
func MaxModes(grid []int, axis int) int {
	if axis == len(grid)-1 {
		return grid[axis]/2 + 1
	}
	return grid[axis] / 2
}

// NewFourier makes the matrices, computed in float64 and rounded to dtype. Graph function.
//
// Panics: if modes and grid differ in length, or modes[i] is not in 1, …, [MaxModes].
func NewFourier(g *Graph, dtype dtypes.DType, grid, modes []int) *Fourier {
	if len(modes) != len(grid) || len(grid) == 0 {
		exceptions.Panicf("layers: Fourier with modes %v on a grid %v, want one number for each axis", modes, grid)
	}
	f := &Fourier{grid: grid}
	last := len(grid) - 1
	for a, n := range grid {
		if most := MaxModes(grid, a); modes[a] < 1 || modes[a] > most {
			exceptions.Panicf("layers: Fourier modes[%d] = %d, want 1 to %d for a grid of %d", a, modes[a], most, n)
		}
		var fwd, inv []float64
		rows, kept := 2*n, 2*modes[a]
		if a == last {
			rows, kept = n, modes[a]
			fwd, inv = realDFT(n, kept)
		} else {
			fwd, inv = complexDFT(n, modes[a])
		}
		f.kept = append(f.kept, kept)
		f.forward = append(f.forward, constant(g, dtype, fwd, rows, 2*kept))
		f.inverse = append(f.inverse, constant(g, dtype, inv, 2*kept, rows))
	}
	return f
}

// Modes is the number of kept frequencies: the product over the axes.
func (f *Fourier) Modes() int {
	k := 1
	for _, m := range f.kept {
		k *= m
	}
	return k
}

// Transform returns the kept part of the spectrum.
//
// Shapes: x [channel, batch, n1, …, nd]; returns [modes, 2, batch, channel], real and imaginary part on the second axis,
// modes in row-major order of the axes.
func (f *Fourier) Transform(x *Node) *Node {
	d, dims := len(f.grid), x.Shape().Dimensions
	if len(dims) != d+2 || !slices.Equal(dims[2:], f.grid) {
		exceptions.Panicf("layers: Fourier.Transform of %s, want [channel, batch, grid…] on the grid %v", x.Shape(), f.grid)
	}
	x = multiply(x, 1, f.forward[d-1], 2, f.kept[d-1])
	for a := d - 2; a >= 0; a-- {
		x = multiply(f.swap(x, a), 2, f.forward[a], 2, f.kept[a])
	}
	// Now channel, batch, modes 2 … d, part, modes 1.
	perm := append([]int{d + 2}, span(2, d+2)...)
	return Reshape(TransposeAllAxes(x, append(perm, 1, 0)...), f.Modes(), 2, dims[1], dims[0])
}

// Inverse returns the real field of a spectrum that is zero outside the kept modes. What has no effect on a real field
// (the imaginary parts of frequencies 0 and n/2 of the last axis) is ignored, as an inverse real FFT does.
//
// Shapes: y [modes, 2, batch, channel]; returns [channel, batch, n1, …, nd].
func (f *Fourier) Inverse(y *Node) *Node {
	d, dims := len(f.grid), y.Shape().Dimensions
	if len(dims) != 4 || dims[0] != f.Modes() || dims[1] != 2 {
		exceptions.Panicf("layers: Fourier.Inverse of %s, want [%d, 2, batch, channel]", y.Shape(), f.Modes())
	}
	y = Reshape(y, append(slices.Clone(f.kept), dims[1:]...)...)
	perm := append([]int{d + 2, d + 1}, span(1, d+1)...)
	y = TransposeAllAxes(y, append(perm, 0)...) // channel, batch, modes 2 … d, part, modes 1
	for a := range d - 1 {
		y = f.swap(multiply(y, 2, f.inverse[a], 2, f.grid[a]), a)
	}
	return multiply(y, 2, f.inverse[d-1], f.grid[d-1])
}

// swap exchanges the last axis of x and axis a of space, whose frequencies or points are the third axis from there: it turns
// (channel, batch, n1 … na, modes a+2 … d, part, modes a+1) into (channel, batch, n1 …, modes a+1 … d, part, na) and back.
func (f *Fourier) swap(x *Node, a int) *Node {
	perm := span(0, len(f.grid)+3)
	perm[a+2], perm[len(perm)-1] = perm[len(perm)-1], perm[a+2]
	return TransposeAllAxes(x, perm...)
}

// multiply contracts the last axes of x with the rows of a matrix, as one two-dimensional product, and gives its columns
// the dimensions cols.
func multiply(x *Node, axes int, matrix *Node, cols ...int) *Node {
	keep := x.Shape().Dimensions[:x.Rank()-axes]
	rows := matrix.Shape().Dim(0)
	y := MatMul(Reshape(x, x.Shape().Size()/rows, rows), matrix)
	return Reshape(y, append(slices.Clone(keep), cols...)...)
}

// realDFT is the transform of n real values to m frequencies as a row-major matrix [n, 2m] that multiplies from the
// right, real parts first, and the matrix [2m, n] back. Each frequency but 0 and n/2 stands for itself and its conjugate.
func realDFT(n, m int) (forward, inverse []float64) {
	forward, inverse = make([]float64, n*2*m), make([]float64, 2*m*n)
	for k := range m {
		self := k == 0 || 2*k == n
		weight := 2 / float64(n)
		if self {
			weight = 1 / float64(n)
		}
		for j := range n {
			sin, cos := math.Sincos(angle(j, k, n))
			if self {
				sin = 0 // exactly, where rounding gives 1e-16
			}
			forward[j*2*m+k], forward[j*2*m+m+k] = cos, -sin
			inverse[k*n+j], inverse[(m+k)*n+j] = weight*cos, -weight*sin
		}
	}
	return forward, inverse
}

// complexDFT is the transform of n complex values to the frequencies 0, …, m-1, -m, …, -1 as a row-major matrix
// [2n, 2·2m] that multiplies from the right, real parts first, and the matrix [2·2m, 2n] back.
func complexDFT(n, m int) (forward, inverse []float64) {
	kept := 2 * m
	forward, inverse = make([]float64, 2*n*2*kept), make([]float64, 2*kept*2*n)
	for q := range kept {
		k := q
		if q >= m {
			k = n - kept + q
		}
		for j := range n {
			sin, cos := math.Sincos(angle(j, k, n))
			re, im := j*2*kept, (n+j)*2*kept // (re + i im)(cos - i sin)
			forward[re+q], forward[re+kept+q] = cos, -sin
			forward[im+q], forward[im+kept+q] = sin, cos
			cos, sin = cos/float64(n), sin/float64(n)
			re, im = q*2*n, (kept+q)*2*n // (re + i im)(cos + i sin)/n
			inverse[re+j], inverse[re+n+j] = cos, sin
			inverse[im+j], inverse[im+n+j] = -sin, cos
		}
	}
	return forward, inverse
}

// angle is 2π jk/n, with jk reduced modulo n first so that large products lose no digits.
func angle(j, k, n int) float64 { return 2 * math.Pi * float64(j*k%n) / float64(n) }

// constant is a row-major matrix rounded to dtype.
func constant(g *Graph, dtype dtypes.DType, values []float64, rows, cols int) *Node {
	switch dtype {
	case dtypes.Float64:
		return Const(g, tensors.FromFlatDataAndDimensions(values, rows, cols))
	case dtypes.Float32:
		rounded := make([]float32, len(values))
		for i, v := range values {
			rounded[i] = float32(v)
		}
		return Const(g, tensors.FromFlatDataAndDimensions(rounded, rows, cols))
	}
	exceptions.Panicf("layers: Fourier in %s, want float32 or float64", dtype)
	return nil
}

// span is from, …, to-1.
func span(from, to int) []int {
	s := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		s = append(s, i)
	}
	return s
}
