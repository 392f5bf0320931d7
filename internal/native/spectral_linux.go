//go:build cgo && linux

package native

// #include "openblas.h"
import "C"

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/lapack"
)

// isFinite says whether all elements of a matrix are. The iterations below do not end well on others.
func isFinite(rows, cols int, a []float64, ld int) bool {
	for i := range rows {
		sum := 0.0
		for _, x := range a[i*ld : i*ld+cols] {
			sum += x * 0 // NaN for NaN and infinities
		}
		if math.IsNaN(sum) {
			return false
		}
	}
	return true
}

// Dgels solves min ‖B − AX‖, or the problem of least norm, with A of full rank, by QR. Overdetermined systems in the range of
// ordinary numbers are handed on.
func (l LAPACK) Dgels(trans blas.Transpose, m, n, nrhs int, a []float64, lda int, b []float64, ldb int, work []float64, lwork int) bool {
	if trans != blas.NoTrans || m < n || nrhs <= 0 || !isFactored(m, n, a, lda) || !isMatrix(m, nrhs, b, ldb) ||
		!isWorkSpace(n+max(n, nrhs), work, lwork) || !isOrdinary(m, n, a, lda) || !isOrdinary(m, nrhs, b, ldb) {
		return l.Implementation.Dgels(trans, m, n, nrhs, a, lda, b, ldb, work, lwork)
	}
	tau, rest := work[:n], work[n:]
	l.Dgeqrf(m, n, a, lda, tau, rest, lwork-n)
	l.Dormqr(blas.Left, blas.Trans, m, nrhs, n, a, lda, tau, b, ldb, rest, lwork-n)
	return l.Dtrtrs(blas.Upper, blas.NoTrans, blas.NonUnit, n, nrhs, a, lda, b, ldb)
}

// isOrdinary says whether a matrix is so far from under- and overflow that no scaling is needed.
func isOrdinary(rows, cols int, a []float64, ld int) bool {
	const least, most = 0x1p-400, 0x1p400 // squares of these are numbers
	largest := 0.0
	for i := range rows {
		for _, x := range a[i*ld : i*ld+cols] {
			largest = max(largest, math.Abs(x)) // NaN stays
		}
	}
	return largest > least && largest < most
}

// Dsyev finds the eigenvalues of a symmetric A, ascending, and its eigenvectors if job says so, by divide and conquer.
func (l LAPACK) Dsyev(job lapack.EVJob, ul blas.Uplo, n int, a []float64, lda int, w, work []float64, lwork int) (ok bool) {
	if (job != lapack.EVCompute && job != lapack.EVNone) || (ul != blas.Upper && ul != blas.Lower) || !isFactored(n, n, a, lda) ||
		len(w) < n || !isWorkSpace(3*n-1, work, lwork) {
		return l.Implementation.Dsyev(job, ul, n, a, lda, w, work, lwork)
	}
	for i := range n {
		from, to := i, n
		if ul == blas.Lower {
			from, to = 0, i+1
		}
		if !isFinite(1, to-from, a[i*lda+from:], lda) {
			return false
		}
	}
	iwork := make([]int, 3+5*n) // what eigenvectors need, more than enough for eigenvalues
	info := called(func(work *C.double, lwork C.num) C.num {
		liwork := C.num(len(iwork))
		if lwork < 0 {
			liwork = -1
		}
		return C.lapack_dsyevd(C.COL_MAJOR, C.char(job), otherTriangle(ul), C.num(n), pointer(a), C.num(lda), pointer(w), work, lwork, integers(iwork), liwork)
	})
	if job == lapack.EVCompute {
		transposeSquare(a, lda, n)
	}
	return info == 0
}

// Dgeev finds the eigenvalues of A and, if the jobs say so, its left and right eigenvectors.
func (l LAPACK) Dgeev(left lapack.LeftEVJob, right lapack.RightEVJob, n int, a []float64, lda int, wr, wi, vl []float64, ldvl int, vr []float64, ldvr int, work []float64, lwork int) (first int) {
	wantL, wantR := left == lapack.LeftEVCompute, right == lapack.RightEVCompute
	if (!wantL && left != lapack.LeftEVNone) || (!wantR && right != lapack.RightEVNone) || !isFactored(n, n, a, lda) ||
		len(wr) != n || len(wi) != n || ldvl < 1 || ldvr < 1 || !isWorkSpace(4*n, work, lwork) ||
		wantL && !isMatrix(n, n, vl, ldvl) || wantR && !isMatrix(n, n, vr, ldvr) {
		return l.Implementation.Dgeev(left, right, n, a, lda, wr, wi, vl, ldvl, vr, ldvr, work, lwork)
	}
	if !isFinite(n, n, a, lda) {
		return n
	}
	transposeSquare(a, lda, n)
	first = int(called(func(work *C.double, lwork C.num) C.num {
		return C.lapack_dgeev(C.COL_MAJOR, C.char(left), C.char(right), C.num(n), pointer(a), C.num(lda), pointer(wr), pointer(wi),
			optional(vl, wantL), C.num(ldvl), optional(vr, wantR), C.num(ldvr), work, lwork)
	}))
	if wantL {
		transposeSquare(vl, ldvl, n)
	}
	if wantR {
		transposeSquare(vr, ldvr, n)
	}
	return first
}

// optional points to a result that is wanted, or nowhere.
func optional(x []float64, wanted bool) *C.double {
	if !wanted {
		return nil
	}
	return pointer(x)
}

// Dgesvd finds the singular values of A, descending, and the singular vectors that the jobs say, by divide and conquer.
// A = UΣVᵀ is Aᵀ = VΣUᵀ: U and Vᵀ change places.
func (l LAPACK) Dgesvd(jobU, jobVT lapack.SVDJob, m, n int, a []float64, lda int, s, u []float64, ldu int, vt []float64, ldvt int, work []float64, lwork int) (ok bool) {
	k := min(m, n)
	if !isFactored(m, n, a, lda) || len(s) < k || !isWorkSpace(max(3*k+max(m, n), 5*k), work, lwork) ||
		!isVectors(jobU, m, m, k, u, ldu) || !isVectors(jobVT, n, k, n, vt, ldvt) {
		return l.Implementation.Dgesvd(jobU, jobVT, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork)
	}
	if !isFinite(m, n, a, lda) {
		return false
	}
	job := stronger(jobU, jobVT) // the routine takes one for both sides: what is not wanted goes elsewhere
	columns, rows := k, k        // of U and Vᵀ
	if job == lapack.SVDAll {
		columns, rows = m, n
	}
	givenU, givenVT, ldGivenU, ldGivenVT := u, vt, ldu, ldvt
	if jobU != job {
		u, ldu = make([]float64, m*columns), columns
	}
	if jobVT != job {
		vt, ldvt = make([]float64, rows*n), n
	}
	iwork := make([]int, 8*k)
	info := called(func(work *C.double, lwork C.num) C.num {
		return C.lapack_dgesdd(C.COL_MAJOR, C.char(job), C.num(n), C.num(m), pointer(a), C.num(lda), pointer(s),
			optional(vt, job != lapack.SVDNone), C.num(ldvt), optional(u, job != lapack.SVDNone), C.num(ldu), work, lwork, integers(iwork))
	})
	if jobU != job && jobU == lapack.SVDStore {
		copyMatrix(givenU, ldGivenU, u, ldu, m, k)
	}
	if jobVT != job && jobVT == lapack.SVDStore {
		copyMatrix(givenVT, ldGivenVT, vt, ldvt, k, n)
	}
	return info == 0
}

// stronger is the job that gives more singular vectors.
func stronger(a, b lapack.SVDJob) lapack.SVDJob {
	for _, job := range []lapack.SVDJob{lapack.SVDAll, lapack.SVDStore} {
		if a == job || b == job {
			return job
		}
	}
	return lapack.SVDNone
}

// isVectors says whether the array for singular vectors is in order: all×all for all of them, rows×cols for as many as there
// are singular values.
func isVectors(job lapack.SVDJob, all, rows, cols int, x []float64, ld int) bool {
	switch job {
	case lapack.SVDNone:
		return ld >= 1
	case lapack.SVDAll:
		return all > 0 && isMatrix(all, all, x, ld)
	case lapack.SVDStore:
		return rows > 0 && isMatrix(rows, cols, x, ld)
	}
	return false
}

// copyMatrix copies the first rows and columns of a matrix.
func copyMatrix(dst []float64, ldd int, src []float64, lds, rows, cols int) {
	for i := range rows {
		copy(dst[i*ldd:i*ldd+cols], src[i*lds:i*lds+cols])
	}
}
