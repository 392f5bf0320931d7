//go:build cgo && linux

package native

// #include "openblas.h"
import "C"

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"
)

// BLAS is gonum's float64 BLAS whose large dense calls are done by OpenBLAS. [Open] must have succeeded.
//
// A call is handed on if its arguments are in order and it is at least as large as the constants below say; else gonum's own
// code serves, and panics where it must.
type BLAS struct{ gonum.Implementation }

// The least work for which a call to OpenBLAS was faster than gonum's code, on an x86-64 with AVX-512.
const (
	leastVector    = 512  // elements
	leastMatrix    = 2048 // elements of the matrix of a product with a vector
	leastProducts  = 512  // multiplications of a product of matrices
	leastTriangles = 4096 // multiplications of a product or a solution with a triangular matrix
)

// Flags of CBLAS for gonum's.
func transposed(t blas.Transpose) (flag C.int, ok bool) {
	switch t {
	case blas.NoTrans:
		return 111, true
	case blas.Trans, blas.ConjTrans:
		return 112, true
	}
	return 0, false
}

func triangle(u blas.Uplo) (flag C.int, ok bool) {
	switch u {
	case blas.Upper:
		return 121, true
	case blas.Lower:
		return 122, true
	}
	return 0, false
}

func diagonal(d blas.Diag) (flag C.int, ok bool) {
	switch d {
	case blas.NonUnit:
		return 131, true
	case blas.Unit:
		return 132, true
	}
	return 0, false
}

func sided(s blas.Side) (flag C.int, ok bool) {
	switch s {
	case blas.Left:
		return 141, true
	case blas.Right:
		return 142, true
	}
	return 0, false
}

// isVector says whether x holds n elements, n > 0, with this increment.
func isVector(n int, x []float64, inc int) bool {
	return inc != 0 && len(x) > (n-1)*max(inc, -inc)
}

// isMatrix says whether a holds a matrix with this leading dimension; rows, cols > 0.
func isMatrix(rows, cols int, a []float64, ld int) bool {
	return ld >= cols && len(a) >= (rows-1)*ld+cols
}

func pointer(x []float64) *C.double { return (*C.double)(&x[0]) }

// Ddot is xᵀy.
func (b BLAS) Ddot(n int, x []float64, incX int, y []float64, incY int) float64 {
	if n < leastVector || !isVector(n, x, incX) || !isVector(n, y, incY) {
		return b.Implementation.Ddot(n, x, incX, y, incY)
	}
	return float64(C.blas_ddot(C.num(n), pointer(x), C.num(incX), pointer(y), C.num(incY)))
}

// Dnrm2 is the Euclidean norm of x.
func (b BLAS) Dnrm2(n int, x []float64, incX int) float64 {
	if n < leastVector || incX < 0 || !isVector(n, x, incX) {
		return b.Implementation.Dnrm2(n, x, incX)
	}
	return float64(C.blas_dnrm2(C.num(n), pointer(x), C.num(incX)))
}

// Dasum is the sum of the absolute values of x.
func (b BLAS) Dasum(n int, x []float64, incX int) float64 {
	if n < leastVector || incX < 0 || !isVector(n, x, incX) {
		return b.Implementation.Dasum(n, x, incX)
	}
	return float64(C.blas_dasum(C.num(n), pointer(x), C.num(incX)))
}

// Daxpy adds alpha x to y.
func (b BLAS) Daxpy(n int, alpha float64, x []float64, incX int, y []float64, incY int) {
	if n < leastVector || !isVector(n, x, incX) || !isVector(n, y, incY) {
		b.Implementation.Daxpy(n, alpha, x, incX, y, incY)
		return
	}
	C.blas_daxpy(C.num(n), C.double(alpha), pointer(x), C.num(incX), pointer(y), C.num(incY))
}

// Drot turns the points (x, y) by the angle of (c, s).
func (b BLAS) Drot(n int, x []float64, incX int, y []float64, incY int, c, s float64) {
	if n < leastVector || !isVector(n, x, incX) || !isVector(n, y, incY) {
		b.Implementation.Drot(n, x, incX, y, incY, c, s)
		return
	}
	C.blas_drot(C.num(n), pointer(x), C.num(incX), pointer(y), C.num(incY), C.double(c), C.double(s))
}

// Dgemv is y = alpha A x + beta y, or with Aᵀ.
func (b BLAS) Dgemv(tA blas.Transpose, m, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	t, ok := transposed(tA)
	lenX, lenY := n, m
	if tA != blas.NoTrans {
		lenX, lenY = m, n
	}
	if !ok || m <= 0 || n <= 0 || m*n < leastMatrix || !isMatrix(m, n, a, lda) || !isVector(lenX, x, incX) || !isVector(lenY, y, incY) {
		b.Implementation.Dgemv(tA, m, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	C.blas_dgemv(C.ROW_MAJOR, t, C.num(m), C.num(n), C.double(alpha), pointer(a), C.num(lda), pointer(x), C.num(incX), C.double(beta), pointer(y), C.num(incY))
}

// Dsymv is y = alpha A x + beta y for a symmetric A.
func (b BLAS) Dsymv(ul blas.Uplo, n int, alpha float64, a []float64, lda int, x []float64, incX int, beta float64, y []float64, incY int) {
	u, ok := triangle(ul)
	if !ok || n <= 0 || n*n < leastMatrix || !isMatrix(n, n, a, lda) || !isVector(n, x, incX) || !isVector(n, y, incY) {
		b.Implementation.Dsymv(ul, n, alpha, a, lda, x, incX, beta, y, incY)
		return
	}
	C.blas_dsymv(C.ROW_MAJOR, u, C.num(n), C.double(alpha), pointer(a), C.num(lda), pointer(x), C.num(incX), C.double(beta), pointer(y), C.num(incY))
}

// Dtrmv is x = A x for a triangular A, or with Aᵀ.
func (b BLAS) Dtrmv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	u, okU := triangle(ul)
	t, okT := transposed(tA)
	g, okD := diagonal(d)
	if !okU || !okT || !okD || n <= 0 || n*n < leastMatrix || !isMatrix(n, n, a, lda) || !isVector(n, x, incX) {
		b.Implementation.Dtrmv(ul, tA, d, n, a, lda, x, incX)
		return
	}
	C.blas_dtrmv(C.ROW_MAJOR, u, t, g, C.num(n), pointer(a), C.num(lda), pointer(x), C.num(incX))
}

// Dtrsv solves A x = b for a triangular A, or with Aᵀ; x holds b on entry.
func (b BLAS) Dtrsv(ul blas.Uplo, tA blas.Transpose, d blas.Diag, n int, a []float64, lda int, x []float64, incX int) {
	u, okU := triangle(ul)
	t, okT := transposed(tA)
	g, okD := diagonal(d)
	if !okU || !okT || !okD || n <= 0 || n*n < leastMatrix || !isMatrix(n, n, a, lda) || !isVector(n, x, incX) {
		b.Implementation.Dtrsv(ul, tA, d, n, a, lda, x, incX)
		return
	}
	C.blas_dtrsv(C.ROW_MAJOR, u, t, g, C.num(n), pointer(a), C.num(lda), pointer(x), C.num(incX))
}

// Dger adds alpha x yᵀ to A. Negative increments are never gonum's: its release 0.17 takes the wrong elements.
func (b BLAS) Dger(m, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	if m <= 0 || n <= 0 || (m*n < leastMatrix && incX > 0 && incY > 0) || !isMatrix(m, n, a, lda) || !isVector(m, x, incX) || !isVector(n, y, incY) {
		b.Implementation.Dger(m, n, alpha, x, incX, y, incY, a, lda)
		return
	}
	C.blas_dger(C.ROW_MAJOR, C.num(m), C.num(n), C.double(alpha), pointer(x), C.num(incX), pointer(y), C.num(incY), pointer(a), C.num(lda))
}

// Dsyr adds alpha x xᵀ to a symmetric A.
func (b BLAS) Dsyr(ul blas.Uplo, n int, alpha float64, x []float64, incX int, a []float64, lda int) {
	u, ok := triangle(ul)
	if !ok || n <= 0 || n*n < leastMatrix || !isMatrix(n, n, a, lda) || !isVector(n, x, incX) {
		b.Implementation.Dsyr(ul, n, alpha, x, incX, a, lda)
		return
	}
	C.blas_dsyr(C.ROW_MAJOR, u, C.num(n), C.double(alpha), pointer(x), C.num(incX), pointer(a), C.num(lda))
}

// Dsyr2 adds alpha (x yᵀ + y xᵀ) to a symmetric A.
func (b BLAS) Dsyr2(ul blas.Uplo, n int, alpha float64, x []float64, incX int, y []float64, incY int, a []float64, lda int) {
	u, ok := triangle(ul)
	if !ok || n <= 0 || n*n < leastMatrix || !isMatrix(n, n, a, lda) || !isVector(n, x, incX) || !isVector(n, y, incY) {
		b.Implementation.Dsyr2(ul, n, alpha, x, incX, y, incY, a, lda)
		return
	}
	C.blas_dsyr2(C.ROW_MAJOR, u, C.num(n), C.double(alpha), pointer(x), C.num(incX), pointer(y), C.num(incY), pointer(a), C.num(lda))
}
