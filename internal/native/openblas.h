//go:build cgo && linux

// The routines of OpenBLAS that this package calls. Each is a function pointer, found when the library is opened, behind a
// function of the same arguments: cgo cannot call pointers, and the function says how many threads the library may use.

#ifndef FIELDBOOK_OPENBLAS_H
#define FIELDBOOK_OPENBLAS_H

#include <stdint.h>

typedef int64_t num; // the library's integers have 64 bits

// Values of CBLAS's enumerations.
enum { ROW_MAJOR = 101, COL_MAJOR = 102 };

// A multiplication of an element that is used once takes as long as so many of one that is used again and again.
#define VECTORS 16.0

// X(result, name, work, parameters, arguments) for each routine of CBLAS. Work is the number of multiplications, roughly: it
// decides whether all threads are used.
#define EACH_BLAS(X) \
  X(double, ddot, n, (num n, const double *x, num incx, const double *y, num incy), (n, x, incx, y, incy)) \
  X(double, dnrm2, n, (num n, const double *x, num incx), (n, x, incx)) \
  X(double, dasum, n, (num n, const double *x, num incx), (n, x, incx)) \
  X(void, daxpy, n, (num n, double alpha, const double *x, num incx, double *y, num incy), (n, alpha, x, incx, y, incy)) \
  X(void, drot, n, (num n, double *x, num incx, double *y, num incy, double c, double s), (n, x, incx, y, incy, c, s)) \
  X(void, dgemv, VECTORS * m * n, (int order, int ta, num m, num n, double alpha, const double *a, num lda, const double *x, num incx, double beta, double *y, num incy), \
    (order, ta, m, n, alpha, a, lda, x, incx, beta, y, incy)) \
  X(void, dsymv, VECTORS * n * n, (int order, int uplo, num n, double alpha, const double *a, num lda, const double *x, num incx, double beta, double *y, num incy), \
    (order, uplo, n, alpha, a, lda, x, incx, beta, y, incy)) \
  X(void, dtrmv, VECTORS * n * n / 2, (int order, int uplo, int ta, int diag, num n, const double *a, num lda, double *x, num incx), (order, uplo, ta, diag, n, a, lda, x, incx)) \
  X(void, dtrsv, 0, (int order, int uplo, int ta, int diag, num n, const double *a, num lda, double *x, num incx), (order, uplo, ta, diag, n, a, lda, x, incx)) \
  X(void, dger, VECTORS * m * n, (int order, num m, num n, double alpha, const double *x, num incx, const double *y, num incy, double *a, num lda), \
    (order, m, n, alpha, x, incx, y, incy, a, lda)) \
  X(void, dsyr, VECTORS * n * n / 2, (int order, int uplo, num n, double alpha, const double *x, num incx, double *a, num lda), (order, uplo, n, alpha, x, incx, a, lda)) \
  X(void, dsyr2, VECTORS * n * n, (int order, int uplo, num n, double alpha, const double *x, num incx, const double *y, num incy, double *a, num lda), \
    (order, uplo, n, alpha, x, incx, y, incy, a, lda)) \
  X(void, dgemm, 1.0 * m * n * k, (int order, int ta, int tb, num m, num n, num k, double alpha, const double *a, num lda, const double *b, num ldb, double beta, double *c, num ldc), \
    (order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)) \
  X(void, dsymm, 1.0 * m * n * (side == 141 ? m : n), (int order, int side, int uplo, num m, num n, double alpha, const double *a, num lda, const double *b, num ldb, double beta, double *c, num ldc), \
    (order, side, uplo, m, n, alpha, a, lda, b, ldb, beta, c, ldc)) \
  X(void, dsyrk, 0.5 * n * n * k, (int order, int uplo, int ta, num n, num k, double alpha, const double *a, num lda, double beta, double *c, num ldc), \
    (order, uplo, ta, n, k, alpha, a, lda, beta, c, ldc)) \
  X(void, dsyr2k, 1.0 * n * n * k, (int order, int uplo, int ta, num n, num k, double alpha, const double *a, num lda, const double *b, num ldb, double beta, double *c, num ldc), \
    (order, uplo, ta, n, k, alpha, a, lda, b, ldb, beta, c, ldc)) \
  X(void, dtrmm, 0.5 * m * n * (side == 141 ? m : n), (int order, int side, int uplo, int ta, int diag, num m, num n, double alpha, const double *a, num lda, double *b, num ldb), \
    (order, side, uplo, ta, diag, m, n, alpha, a, lda, b, ldb)) \
  X(void, dtrsm, 0.5 * m * n * (side == 141 ? m : n), (int order, int side, int uplo, int ta, int diag, num m, num n, double alpha, const double *a, num lda, double *b, num ldb), \
    (order, side, uplo, ta, diag, m, n, alpha, a, lda, b, ldb))

// The same for LAPACKE's routines that take their work space from the caller; with COL_MAJOR they copy nothing.
#define EACH_LAPACK(X) \
  X(num, dpotrf, 1.0 * n * n * n / 6, (int order, char uplo, num n, double *a, num lda), (order, uplo, n, a, lda)) \
  X(num, dgetrf, 1.0 * m * n * (m < n ? m : n) / 3, (int order, num m, num n, double *a, num lda, num *ipiv), (order, m, n, a, lda, ipiv)) \
  X(num, dgeqrf, 1.0 * m * n * (m < n ? m : n), (int order, num m, num n, double *a, num lda, double *tau, double *work, num lwork), (order, m, n, a, lda, tau, work, lwork)) \
  X(num, dorgqr, 1.0 * m * n * k, (int order, num m, num n, num k, double *a, num lda, const double *tau, double *work, num lwork), (order, m, n, k, a, lda, tau, work, lwork)) \
  X(num, dormqr, 1.0 * m * n * k, (int order, char side, char ta, num m, num n, num k, const double *a, num lda, const double *tau, double *c, num ldc, double *work, num lwork), \
    (order, side, ta, m, n, k, a, lda, tau, c, ldc, work, lwork)) \
  X(num, dsyevd, 1.0 * n * n * n, (int order, char job, char uplo, num n, double *a, num lda, double *w, double *work, num lwork, num *iwork, num liwork), \
    (order, job, uplo, n, a, lda, w, work, lwork, iwork, liwork)) \
  X(num, dgeev, 1.0 * n * n * n, (int order, char jobl, char jobr, num n, double *a, num lda, double *wr, double *wi, double *vl, num ldvl, double *vr, num ldvr, double *work, num lwork), \
    (order, jobl, jobr, n, a, lda, wr, wi, vl, ldvl, vr, ldvr, work, lwork)) \
  X(num, dgesdd, 1.0 * m * n * (m < n ? m : n), (int order, char job, num m, num n, double *a, num lda, double *s, double *u, num ldu, double *vt, num ldvt, double *work, num lwork, num *iwork), \
    (order, job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, iwork))

#define DECLARE_BLAS(result, name, work, parameters, arguments) result blas_##name parameters;
#define DECLARE_LAPACK(result, name, work, parameters, arguments) result lapack_##name parameters;
EACH_BLAS(DECLARE_BLAS)
EACH_LAPACK(DECLARE_LAPACK)

// openblas_open loads the library at path and lets it use at most threads threads. It returns NULL or what is wrong, in
// memory that stays. Call it once, before any other function here.
const char *openblas_open(const char *path, int threads);

// openblas_threads is the number of threads that a large call uses; openblas_config describes the library.
int openblas_threads(void);
const char *openblas_config(void);

#endif
