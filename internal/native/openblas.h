//go:build cgo && linux

// The routines of OpenBLAS that this package calls. Each is a function pointer, found when the library is opened, behind a
// function of the same arguments: cgo cannot call pointers.

#ifndef FIELDBOOK_OPENBLAS_H
#define FIELDBOOK_OPENBLAS_H

#include <stdint.h>

typedef int64_t num; // the library's integers have 64 bits

// Values of CBLAS's enumerations.
enum { ROW_MAJOR = 101, COL_MAJOR = 102 };

// X(result, name, parameters, arguments) for each routine of CBLAS; all matrices are row-major here.
#define EACH_BLAS(X) \
  X(double, ddot, (num n, const double *x, num incx, const double *y, num incy), (n, x, incx, y, incy)) \
  X(double, dnrm2, (num n, const double *x, num incx), (n, x, incx)) \
  X(double, dasum, (num n, const double *x, num incx), (n, x, incx)) \
  X(void, daxpy, (num n, double alpha, const double *x, num incx, double *y, num incy), (n, alpha, x, incx, y, incy)) \
  X(void, drot, (num n, double *x, num incx, double *y, num incy, double c, double s), (n, x, incx, y, incy, c, s)) \
  X(void, dgemv, (int order, int ta, num m, num n, double alpha, const double *a, num lda, const double *x, num incx, double beta, double *y, num incy), \
    (order, ta, m, n, alpha, a, lda, x, incx, beta, y, incy)) \
  X(void, dsymv, (int order, int uplo, num n, double alpha, const double *a, num lda, const double *x, num incx, double beta, double *y, num incy), \
    (order, uplo, n, alpha, a, lda, x, incx, beta, y, incy)) \
  X(void, dtrmv, (int order, int uplo, int ta, int diag, num n, const double *a, num lda, double *x, num incx), (order, uplo, ta, diag, n, a, lda, x, incx)) \
  X(void, dtrsv, (int order, int uplo, int ta, int diag, num n, const double *a, num lda, double *x, num incx), (order, uplo, ta, diag, n, a, lda, x, incx)) \
  X(void, dger, (int order, num m, num n, double alpha, const double *x, num incx, const double *y, num incy, double *a, num lda), \
    (order, m, n, alpha, x, incx, y, incy, a, lda)) \
  X(void, dsyr, (int order, int uplo, num n, double alpha, const double *x, num incx, double *a, num lda), (order, uplo, n, alpha, x, incx, a, lda)) \
  X(void, dsyr2, (int order, int uplo, num n, double alpha, const double *x, num incx, const double *y, num incy, double *a, num lda), \
    (order, uplo, n, alpha, x, incx, y, incy, a, lda)) \
  X(void, dgemm, (int order, int ta, int tb, num m, num n, num k, double alpha, const double *a, num lda, const double *b, num ldb, double beta, double *c, num ldc), \
    (order, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc)) \
  X(void, dsymm, (int order, int side, int uplo, num m, num n, double alpha, const double *a, num lda, const double *b, num ldb, double beta, double *c, num ldc), \
    (order, side, uplo, m, n, alpha, a, lda, b, ldb, beta, c, ldc)) \
  X(void, dsyrk, (int order, int uplo, int ta, num n, num k, double alpha, const double *a, num lda, double beta, double *c, num ldc), \
    (order, uplo, ta, n, k, alpha, a, lda, beta, c, ldc)) \
  X(void, dsyr2k, (int order, int uplo, int ta, num n, num k, double alpha, const double *a, num lda, const double *b, num ldb, double beta, double *c, num ldc), \
    (order, uplo, ta, n, k, alpha, a, lda, b, ldb, beta, c, ldc)) \
  X(void, dtrmm, (int order, int side, int uplo, int ta, int diag, num m, num n, double alpha, const double *a, num lda, double *b, num ldb), \
    (order, side, uplo, ta, diag, m, n, alpha, a, lda, b, ldb)) \
  X(void, dtrsm, (int order, int side, int uplo, int ta, int diag, num m, num n, double alpha, const double *a, num lda, double *b, num ldb), \
    (order, side, uplo, ta, diag, m, n, alpha, a, lda, b, ldb))

// The same for LAPACKE's routines that take their work space from the caller; with COL_MAJOR they copy nothing.
#define EACH_LAPACK(X) \
  X(num, dpotrf, (int order, char uplo, num n, double *a, num lda), (order, uplo, n, a, lda)) \
  X(num, dgeqrf, (int order, num m, num n, double *a, num lda, double *tau, double *work, num lwork), (order, m, n, a, lda, tau, work, lwork)) \
  X(num, dorgqr, (int order, num m, num n, num k, double *a, num lda, const double *tau, double *work, num lwork), (order, m, n, k, a, lda, tau, work, lwork)) \
  X(num, dormqr, (int order, char side, char ta, num m, num n, num k, const double *a, num lda, const double *tau, double *c, num ldc, double *work, num lwork), \
    (order, side, ta, m, n, k, a, lda, tau, c, ldc, work, lwork)) \
  X(num, dsyevd, (int order, char job, char uplo, num n, double *a, num lda, double *w, double *work, num lwork, num *iwork, num liwork), \
    (order, job, uplo, n, a, lda, w, work, lwork, iwork, liwork)) \
  X(num, dgeev, (int order, char jobl, char jobr, num n, double *a, num lda, double *wr, double *wi, double *vl, num ldvl, double *vr, num ldvr, double *work, num lwork), \
    (order, jobl, jobr, n, a, lda, wr, wi, vl, ldvl, vr, ldvr, work, lwork)) \
  X(num, dgesdd, (int order, char job, num m, num n, double *a, num lda, double *s, double *u, num ldu, double *vt, num ldvt, double *work, num lwork, num *iwork), \
    (order, job, m, n, a, lda, s, u, ldu, vt, ldvt, work, lwork, iwork))

#define DECLARE_BLAS(result, name, parameters, arguments) result blas_##name parameters;
#define DECLARE_LAPACK(result, name, parameters, arguments) result lapack_##name parameters;
EACH_BLAS(DECLARE_BLAS)
EACH_LAPACK(DECLARE_LAPACK)

// openblas_open loads the library at path and lets it use at most threads threads. It returns NULL or what is wrong, in
// memory that stays. Call it once, before any other function here.
const char *openblas_open(const char *path, int threads);

// openblas_threads is the number of threads in use; openblas_config describes the library.
int openblas_threads(void);
const char *openblas_config(void);

#endif
