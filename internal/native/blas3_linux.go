//go:build cgo && linux

package native

// #include "openblas.h"
import "C"

import "gonum.org/v1/gonum/blas"

// isLarge says whether a product of so many multiplications, all factors positive, gains by OpenBLAS.
func isLarge(m, n, k, least int) bool {
	return m > 0 && n > 0 && k > 0 && m*n*k >= least
}

// isOperand says whether a holds a rows×cols matrix that is stored as its transpose if flag says so.
func isOperand(t blas.Transpose, rows, cols int, a []float64, ld int) bool {
	if t == blas.NoTrans {
		return isMatrix(rows, cols, a, ld)
	}
	return isMatrix(cols, rows, a, ld)
}

// Dgemm is C = alpha A B + beta C, with Aᵀ or Bᵀ where the flags say so.
func (b BLAS) Dgemm(tA, tB blas.Transpose, m, n, k int, alpha float64, x []float64, ldx int, y []float64, ldy int, beta float64, c []float64, ldc int) {
	ta, okA := transposed(tA)
	tb, okB := transposed(tB)
	if !okA || !okB || !isLarge(m, n, k, leastProducts) || !isOperand(tA, m, k, x, ldx) || !isOperand(tB, k, n, y, ldy) || !isMatrix(m, n, c, ldc) {
		b.Implementation.Dgemm(tA, tB, m, n, k, alpha, x, ldx, y, ldy, beta, c, ldc)
		return
	}
	C.blas_dgemm(C.ROW_MAJOR, ta, tb, C.num(m), C.num(n), C.num(k), C.double(alpha), pointer(x), C.num(ldx), pointer(y), C.num(ldy), C.double(beta), pointer(c), C.num(ldc))
}

// Dsymm is C = alpha A B + beta C or alpha B A + beta C for a symmetric A.
func (b BLAS) Dsymm(s blas.Side, ul blas.Uplo, m, n int, alpha float64, x []float64, ldx int, y []float64, ldy int, beta float64, c []float64, ldc int) {
	side, okS := sided(s)
	u, okU := triangle(ul)
	order := m
	if s == blas.Right {
		order = n
	}
	if !okS || !okU || !isLarge(m, n, order, leastProducts) || !isMatrix(order, order, x, ldx) || !isMatrix(m, n, y, ldy) || !isMatrix(m, n, c, ldc) {
		b.Implementation.Dsymm(s, ul, m, n, alpha, x, ldx, y, ldy, beta, c, ldc)
		return
	}
	C.blas_dsymm(C.ROW_MAJOR, side, u, C.num(m), C.num(n), C.double(alpha), pointer(x), C.num(ldx), pointer(y), C.num(ldy), C.double(beta), pointer(c), C.num(ldc))
}

// Dsyrk is C = alpha A Aᵀ + beta C, or with AᵀA, for a symmetric C.
func (b BLAS) Dsyrk(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, x []float64, ldx int, beta float64, c []float64, ldc int) {
	u, okU := triangle(ul)
	t, okT := transposed(tA)
	if !okU || !okT || !isLarge(n, n, k, leastProducts) || !isOperand(tA, n, k, x, ldx) || !isMatrix(n, n, c, ldc) {
		b.Implementation.Dsyrk(ul, tA, n, k, alpha, x, ldx, beta, c, ldc)
		return
	}
	C.blas_dsyrk(C.ROW_MAJOR, u, t, C.num(n), C.num(k), C.double(alpha), pointer(x), C.num(ldx), C.double(beta), pointer(c), C.num(ldc))
}

// Dsyr2k is C = alpha (A Bᵀ + B Aᵀ) + beta C, or with AᵀB + BᵀA, for a symmetric C.
func (b BLAS) Dsyr2k(ul blas.Uplo, tA blas.Transpose, n, k int, alpha float64, x []float64, ldx int, y []float64, ldy int, beta float64, c []float64, ldc int) {
	u, okU := triangle(ul)
	t, okT := transposed(tA)
	if !okU || !okT || !isLarge(n, n, k, leastProducts) || !isOperand(tA, n, k, x, ldx) || !isOperand(tA, n, k, y, ldy) || !isMatrix(n, n, c, ldc) {
		b.Implementation.Dsyr2k(ul, tA, n, k, alpha, x, ldx, y, ldy, beta, c, ldc)
		return
	}
	C.blas_dsyr2k(C.ROW_MAJOR, u, t, C.num(n), C.num(k), C.double(alpha), pointer(x), C.num(ldx), pointer(y), C.num(ldy), C.double(beta), pointer(c), C.num(ldc))
}

// Dtrmm is B = alpha A B or alpha B A for a triangular A, or with Aᵀ.
func (b BLAS) Dtrmm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, x []float64, ldx int, y []float64, ldy int) {
	side, okS := sided(s)
	u, okU := triangle(ul)
	t, okT := transposed(tA)
	g, okD := diagonal(d)
	order := m
	if s == blas.Right {
		order = n
	}
	if !okS || !okU || !okT || !okD || !isLarge(m, n, order, leastTriangles) || !isMatrix(order, order, x, ldx) || !isMatrix(m, n, y, ldy) {
		b.Implementation.Dtrmm(s, ul, tA, d, m, n, alpha, x, ldx, y, ldy)
		return
	}
	C.blas_dtrmm(C.ROW_MAJOR, side, u, t, g, C.num(m), C.num(n), C.double(alpha), pointer(x), C.num(ldx), pointer(y), C.num(ldy))
}

// Dtrsm solves A X = alpha B or X A = alpha B for a triangular A, or with Aᵀ; X takes B's place.
func (b BLAS) Dtrsm(s blas.Side, ul blas.Uplo, tA blas.Transpose, d blas.Diag, m, n int, alpha float64, x []float64, ldx int, y []float64, ldy int) {
	side, okS := sided(s)
	u, okU := triangle(ul)
	t, okT := transposed(tA)
	g, okD := diagonal(d)
	order := m
	if s == blas.Right {
		order = n
	}
	if !okS || !okU || !okT || !okD || !isLarge(m, n, order, leastTriangles) || !isMatrix(order, order, x, ldx) || !isMatrix(m, n, y, ldy) {
		b.Implementation.Dtrsm(s, ul, tA, d, m, n, alpha, x, ldx, y, ldy)
		return
	}
	C.blas_dtrsm(C.ROW_MAJOR, side, u, t, g, C.num(m), C.num(n), C.double(alpha), pointer(x), C.num(ldx), pointer(y), C.num(ldy))
}
