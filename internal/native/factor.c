//go:build cgo && linux

// Handlers that factorise batches of square matrices, each of which checks types and sizes of its buffers before it touches
// them. Arrays are row-major; LAPACK's routines see their transposes.

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "handler.h"
#include "openblas.h"

static void fill(double *x, int64_t count, double value) {
  for (int64_t i = 0; i < count; i++) x[i] = value;
}

// transpose writes the transpose of an n by n matrix; the two do not overlap.
static void transpose(double *to, const double *from, int64_t n) {
  enum { TILE = 8 };
  for (int64_t i0 = 0; i0 < n; i0 += TILE)
    for (int64_t j = 0; j < n; j++)
      for (int64_t i = i0; i < i0 + TILE && i < n; i++) to[j * n + i] = from[i * n + j];
}

// handle_cholesky is L with L Lᵀ = A, of A's lower triangle; NaN where A is not positive definite. Sizes: batch, n.
// Arguments: A. Results: L.
HandlerError *handle_cholesky(Call *call) {
  if (is_asked(call)) return NULL;
  const int64_t *s = sizes(call, 2, 1, 1);
  if (!s) return refuse(call, "fieldbook: cholesky: want two sizes, one argument, one result");
  const int64_t batch = s[0], n = s[1], size = n * n;
  const Buffer *a = call->arguments.buffers[0], *l = call->results.buffers[0];
  if (n == 0 || !holds(a, TYPE_F64, batch * size) || !holds(l, TYPE_F64, batch * size))
    return refuse(call, "fieldbook: cholesky: the buffers are not float64 of the sizes given");
  for (int64_t i = 0; i < batch; i++) {
    const double *from = (const double *)a->data + i * size;
    double *to = (double *)l->data + i * size;
    for (int64_t row = 0; row < n; row++) {
      memcpy(to + row * n, from + row * n, (row + 1) * sizeof *to);
      fill(to + row * n + row + 1, n - row - 1, 0);
    }
    if (lapack_dpotrf(COL_MAJOR, 'U', n, to, n)) fill(to, size, NAN);
  }
  return NULL;
}

// handle_lu is L and U with P A = L U, packed into one matrix, and P as the row of A that each row is. Sizes: batch, n.
// Arguments: A, and an array of P's shape that is not read. Results: the factors, and P.
HandlerError *handle_lu(Call *call) {
  if (is_asked(call)) return NULL;
  const int64_t *s = sizes(call, 2, 2, 2);
  if (!s) return refuse(call, "fieldbook: lu: want two sizes, two arguments, two results");
  const int64_t batch = s[0], n = s[1], size = n * n;
  const Buffer *a = call->arguments.buffers[0], *lu = call->results.buffers[0], *p = call->results.buffers[1];
  if (n == 0 || !holds(a, TYPE_F64, batch * size) || !holds(lu, TYPE_F64, batch * size) || !holds(p, TYPE_S32, batch * n))
    return refuse(call, "fieldbook: lu: the buffers are not float64 and int32 of the sizes given");
  double *columns = malloc(size * sizeof *columns);
  num *pivots = malloc(n * sizeof *pivots);
  for (int64_t i = 0; columns && pivots && i < batch; i++) {
    int32_t *rows = (int32_t *)p->data + i * n;
    transpose(columns, (const double *)a->data + i * size, n);
    lapack_dgetrf(COL_MAJOR, n, n, columns, n, pivots);
    transpose((double *)lu->data + i * size, columns, n);
    for (int64_t row = 0; row < n; row++) rows[row] = (int32_t)row;
    for (int64_t row = 0; row < n; row++) { // the exchanges, one after another
      const int64_t other = pivots[row] - 1;
      const int32_t kept = rows[row];
      rows[row] = rows[other];
      rows[other] = kept;
    }
  }
  HandlerError *error = columns && pivots ? NULL : refuse(call, "fieldbook: lu: out of memory");
  free(columns);
  free(pivots);
  return error;
}

// handle_triangular is X with T X = B, or with Tᵀ. Sizes: batch, n, k, whether T is the upper triangle, whether it is
// transposed, and whether its diagonal is taken as ones. Arguments: T, B. Results: X.
HandlerError *handle_triangular(Call *call) {
  if (is_asked(call)) return NULL;
  const int64_t *s = sizes(call, 6, 2, 1);
  if (!s) return refuse(call, "fieldbook: triangular: want six sizes, two arguments, one result");
  const int64_t batch = s[0], n = s[1], k = s[2];
  const Buffer *t = call->arguments.buffers[0], *b = call->arguments.buffers[1], *x = call->results.buffers[0];
  if (n * k == 0 || !holds(t, TYPE_F64, batch * n * n) || !holds(b, TYPE_F64, batch * n * k) || !holds(x, TYPE_F64, batch * n * k))
    return refuse(call, "fieldbook: triangular: the buffers are not float64 of the sizes given");
  memcpy(x->data, b->data, batch * n * k * sizeof(double));
  for (int64_t i = 0; i < batch; i++)
    blas_dtrsm(ROW_MAJOR, 141, s[3] ? 121 : 122, s[4] ? 112 : 111, s[5] ? 132 : 131, n, k, 1, (const double *)t->data + i * n * n, n,
               (double *)x->data + i * n * k, k);
  return NULL;
}

// is_finite says whether all elements of the lower triangle are.
static int is_finite(const double *a, int64_t n) {
  for (int64_t row = 0; row < n; row++)
    for (int64_t column = 0; column <= row; column++)
      if (!isfinite(a[row * n + column])) return 0;
  return 1;
}

// handle_eigen is W, ascending, and V with A V = V diag(W), of A's lower triangle; NaN where A is not finite. Sizes: batch, n.
// Arguments: A, and an array of W's shape that is not read. Results: V, whose columns are the vectors, and W.
HandlerError *handle_eigen(Call *call) {
  if (is_asked(call)) return NULL;
  const int64_t *s = sizes(call, 2, 2, 2);
  if (!s) return refuse(call, "fieldbook: eigen: want two sizes, two arguments, two results");
  const int64_t batch = s[0], n = s[1], size = n * n, lwork = 1 + 6 * n + 2 * size + 64 * n, liwork = 3 + 5 * n;
  const Buffer *a = call->arguments.buffers[0], *v = call->results.buffers[0], *w = call->results.buffers[1];
  if (n == 0 || !holds(a, TYPE_F64, batch * size) || !holds(v, TYPE_F64, batch * size) || !holds(w, TYPE_F64, batch * n))
    return refuse(call, "fieldbook: eigen: the buffers are not float64 of the sizes given");
  double *vectors = malloc((size + lwork) * sizeof *vectors), *work = vectors + size;
  num *iwork = malloc(liwork * sizeof *iwork);
  for (int64_t i = 0; vectors && iwork && i < batch; i++) {
    const double *from = (const double *)a->data + i * size;
    double *to = (double *)v->data + i * size, *values = (double *)w->data + i * n;
    memcpy(vectors, from, size * sizeof *vectors);
    if (!is_finite(from, n) || lapack_dsyevd(COL_MAJOR, 'V', 'U', n, vectors, n, values, work, lwork, iwork, liwork)) {
      fill(to, size, NAN);
      fill(values, n, NAN);
      continue;
    }
    transpose(to, vectors, n);
  }
  HandlerError *error = vectors && iwork ? NULL : refuse(call, "fieldbook: eigen: out of memory");
  free(vectors);
  free(iwork);
  return error;
}
