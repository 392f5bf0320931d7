//go:build cgo && linux

package native

// #include "openblas.h"
import "C"

import (
	"unsafe"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack/gonum"
)

// LAPACK is gonum's float64 LAPACK whose large dense factorisations are done by OpenBLAS. [Open] must have succeeded. As in
// [BLAS], other calls are served by gonum's own code, which calls the registered BLAS.
//
// OpenBLAS's routines take column-major matrices, to which a row-major A is Aᵀ. Where the factors of Aᵀ give those of A nothing
// is copied: an LQ factorisation becomes a QR factorisation, left and right change places. QR goes through a copy: an LQ
// factorisation in its place, which walks across columns, took twice the time. LU is gonum's own: its time is BLAS's.
type LAPACK struct{ gonum.Implementation }

// leastOrder is the smaller side of a matrix from which its factorisation is handed on.
const leastOrder = 16

// isFactored says whether a matrix is one that is handed on.
func isFactored(m, n int, a []float64, lda int) bool {
	return min(m, n) >= leastOrder && isMatrix(m, n, a, lda)
}

// isWorkSpace says whether work is at least as long as it is said to be, and that is enough.
func isWorkSpace(least int, work []float64, lwork int) bool {
	return lwork >= max(1, least) && len(work) >= lwork
}

func integers(x []int) *C.num { return (*C.num)(unsafe.Pointer(&x[0])) }

// called calls a routine twice: for the size of its work space, then for the result.
func called(routine func(work *C.double, lwork C.num) C.num) (info C.num) {
	var size C.double
	if info = routine(&size, -1); info != 0 {
		return info
	}
	work := make([]float64, int(size))
	return routine(pointer(work), C.num(len(work)))
}

// Dpotrf factorises a symmetric positive definite A as UᵀU or LLᵀ.
func (l LAPACK) Dpotrf(ul blas.Uplo, n int, a []float64, lda int) (ok bool) {
	if (ul != blas.Upper && ul != blas.Lower) || !isFactored(n, n, a, lda) {
		return l.Implementation.Dpotrf(ul, n, a, lda)
	}
	return C.lapack_dpotrf(C.COL_MAJOR, otherTriangle(ul), C.num(n), pointer(a), C.num(lda)) == 0
}

// otherTriangle is the place, column-major, of a row-major triangle.
func otherTriangle(ul blas.Uplo) C.char {
	if ul == blas.Upper {
		return 'L'
	}
	return 'U'
}

// newColumns is a column-major copy of a matrix; its leading dimension is rows.
func newColumns(rows, cols int, a []float64, lda int) []float64 {
	columns := make([]float64, rows*cols)
	transpose(columns, rows, a, lda, rows, cols)
	return columns
}

// Dgeqrf factorises A as QR.
func (l LAPACK) Dgeqrf(m, n int, a []float64, lda int, tau, work []float64, lwork int) {
	if !isFactored(m, n, a, lda) || len(tau) != min(m, n) || !isWorkSpace(n, work, lwork) {
		l.Implementation.Dgeqrf(m, n, a, lda, tau, work, lwork)
		return
	}
	columns := newColumns(m, n, a, lda)
	called(func(work *C.double, lwork C.num) C.num {
		return C.lapack_dgeqrf(C.COL_MAJOR, C.num(m), C.num(n), pointer(columns), C.num(m), pointer(tau), work, lwork)
	})
	transpose(a, lda, columns, m, n, m)
}

// Dgelqf factorises A as LQ: Aᵀ as QR.
func (l LAPACK) Dgelqf(m, n int, a []float64, lda int, tau, work []float64, lwork int) {
	if !isFactored(m, n, a, lda) || len(tau) != min(m, n) || !isWorkSpace(m, work, lwork) {
		l.Implementation.Dgelqf(m, n, a, lda, tau, work, lwork)
		return
	}
	called(func(work *C.double, lwork C.num) C.num {
		return C.lapack_dgeqrf(C.COL_MAJOR, C.num(n), C.num(m), pointer(a), C.num(lda), pointer(tau), work, lwork)
	})
}

// Dorgqr makes the first n columns of the Q of Dgeqrf.
func (l LAPACK) Dorgqr(m, n, k int, a []float64, lda int, tau, work []float64, lwork int) {
	if k < leastOrder || n < k || m < n || !isMatrix(m, n, a, lda) || len(tau) != k || !isWorkSpace(n, work, lwork) {
		l.Implementation.Dorgqr(m, n, k, a, lda, tau, work, lwork)
		return
	}
	columns := newColumns(m, n, a, lda)
	called(func(work *C.double, lwork C.num) C.num {
		return C.lapack_dorgqr(C.COL_MAJOR, C.num(m), C.num(n), C.num(k), pointer(columns), C.num(m), pointer(tau), work, lwork)
	})
	transpose(a, lda, columns, m, n, m)
}

// Dorglq makes the first m rows of the Q of Dgelqf.
func (l LAPACK) Dorglq(m, n, k int, a []float64, lda int, tau, work []float64, lwork int) {
	if k < leastOrder || m < k || n < m || !isMatrix(m, n, a, lda) || len(tau) != k || !isWorkSpace(m, work, lwork) {
		l.Implementation.Dorglq(m, n, k, a, lda, tau, work, lwork)
		return
	}
	called(func(work *C.double, lwork C.num) C.num {
		return C.lapack_dorgqr(C.COL_MAJOR, C.num(n), C.num(m), C.num(k), pointer(a), C.num(lda), pointer(tau), work, lwork)
	})
}

// reflection is what Dormqr and Dormlq share.
type reflection struct {
	side, trans C.char // as for Cᵀ: (QC)ᵀ = CᵀQᵀ, (CQ)ᵀ = QᵀCᵀ
	order       int    // of Q
	few         bool   // there are few vectors to multiply
	ok          bool   // the call is in order and handed on, as far as A is not concerned
}

// fewVectors is the number of vectors below which reflectors are applied one by one: putting them together in blocks took
// longer.
const fewVectors = 32

func newReflection(side blas.Side, trans blas.Transpose, m, n, k int, tau, c []float64, ldc int, work []float64, lwork int) reflection {
	r := reflection{side: 'R', trans: 'T', order: m, few: n < fewVectors}
	other := n
	if side == blas.Right {
		r.side, r.order, r.few, other = 'L', n, m < fewVectors, m
	}
	if trans == blas.Trans {
		r.trans = 'N'
	}
	r.ok = (side == blas.Left || side == blas.Right) && (trans == blas.NoTrans || trans == blas.Trans) &&
		min(m, n) > 0 && k >= leastOrder && k <= r.order && len(tau) == k && isMatrix(m, n, c, ldc) && isWorkSpace(other, work, lwork)
	return r
}

// workSpace is less than a routine needs for blocks of reflectors if there are few vectors.
func (r reflection) workSpace(lwork C.num) C.num {
	if r.few && lwork > fewVectors {
		return fewVectors
	}
	return lwork
}

// Dormqr multiplies C by the Q of Dgeqrf, or by Qᵀ.
func (l LAPACK) Dormqr(side blas.Side, trans blas.Transpose, m, n, k int, a []float64, lda int, tau, c []float64, ldc int, work []float64, lwork int) {
	r := newReflection(side, trans, m, n, k, tau, c, ldc, work, lwork)
	if !r.ok || !isMatrix(r.order, k, a, lda) {
		l.Implementation.Dormqr(side, trans, m, n, k, a, lda, tau, c, ldc, work, lwork)
		return
	}
	columns := newColumns(r.order, k, a, lda)
	called(func(work *C.double, lwork C.num) C.num {
		return C.lapack_dormqr(C.COL_MAJOR, r.side, r.trans, C.num(n), C.num(m), C.num(k), pointer(columns), C.num(r.order), pointer(tau), pointer(c), C.num(ldc), work, r.workSpace(lwork))
	})
}

// Dormlq multiplies C by the Q of Dgelqf, or by Qᵀ. Aᵀ's QR factorisation has the transpose of that Q.
func (l LAPACK) Dormlq(side blas.Side, trans blas.Transpose, m, n, k int, a []float64, lda int, tau, c []float64, ldc int, work []float64, lwork int) {
	r := newReflection(side, trans, m, n, k, tau, c, ldc, work, lwork)
	if !r.ok || !isMatrix(k, r.order, a, lda) {
		l.Implementation.Dormlq(side, trans, m, n, k, a, lda, tau, c, ldc, work, lwork)
		return
	}
	t := C.char('N')
	if r.trans == 'N' {
		t = 'T'
	}
	called(func(work *C.double, lwork C.num) C.num {
		return C.lapack_dormqr(C.COL_MAJOR, r.side, t, C.num(n), C.num(m), C.num(k), pointer(a), C.num(lda), pointer(tau), pointer(c), C.num(ldc), work, r.workSpace(lwork))
	})
}
