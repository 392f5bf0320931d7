//go:build cgo && linux

package native

// #include "openblas.h"
import "C"

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack/gonum"
)

// LAPACK is gonum's float64 LAPACK whose large dense factorisations are done by OpenBLAS. [Open] must have succeeded. As in
// [BLAS], other calls are served by gonum's own code, which calls the registered BLAS.
//
// OpenBLAS's routines are called as for column-major matrices, so that nothing is copied: a row-major A is a column-major
// Aᵀ, and its factorisation follows from that of Aᵀ.
type LAPACK struct{ gonum.Implementation }

// leastOrder is the order from which a factorisation is handed on.
const leastOrder = 16

// Dpotrf factorises a symmetric positive definite A as UᵀU or LLᵀ; a row-major upper triangle is a column-major lower one.
func (l LAPACK) Dpotrf(ul blas.Uplo, n int, a []float64, lda int) (ok bool) {
	if n < leastOrder || (ul != blas.Upper && ul != blas.Lower) || !isMatrix(n, n, a, lda) {
		return l.Implementation.Dpotrf(ul, n, a, lda)
	}
	other := C.char('U')
	if ul == blas.Upper {
		other = 'L'
	}
	return C.lapack_dpotrf(C.COL_MAJOR, other, C.num(n), pointer(a), C.num(lda)) == 0
}
