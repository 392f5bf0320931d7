//go:build cgo && linux

#include "handler.h"
#include "openblas.h"

// OpenBLAS has kernels that pack nothing for products of up to some 10⁶ multiplications. A product with one long side is
// faster in pieces that they take, until it is large enough to be shared among threads.
enum { PIECE = 1 << 18, SHARED = 1 << 25 };

// A product of matrices as row-major C = A B: sizes, operands, and whether A is stored as [k, m] and B as [n, k].
typedef struct {
  int64_t m, n, k;
  int ta, tb;
} Product;

// multiply does rows [i, i+m), columns [j, j+n) and terms [l, l+k) of a product; what terms before gave is kept unless l = 0.
static void multiply(const Product *p, int64_t i, int64_t m, int64_t j, int64_t n, int64_t l, int64_t k, const double *a, const double *b, double *c) {
  a += p->ta ? l * p->m + i : i * p->k + l;
  b += p->tb ? j * p->k + l : l * p->n + j;
  blas_dgemm(ROW_MAJOR, p->ta ? 112 : 111, p->tb ? 112 : 111, m, n, k, 1, a, p->ta ? p->m : p->k, b, p->tb ? p->k : p->n, l > 0, c + i * p->n + j, p->n);
}

// multiply_in_pieces cuts the longest side if the others are so short that the pieces are worth it.
static void multiply_in_pieces(const Product *p, const double *a, const double *b, double *c) {
  const int64_t m = p->m, n = p->n, k = p->k, shortest = 16;
  const int64_t longest = m >= n && m >= k ? m : n >= k ? n : k;
  const int64_t face = m * n * k / longest, step = PIECE / face;
  if (step >= longest || step < shortest || m * n * k > SHARED) {
    multiply(p, 0, m, 0, n, 0, k, a, b, c);
    return;
  }
  for (int64_t at = 0; at < longest; at += step) {
    const int64_t size = longest - at < step ? longest - at : step;
    if (longest == m)
      multiply(p, at, size, 0, n, 0, k, a, b, c);
    else if (longest == n)
      multiply(p, 0, m, at, size, 0, k, a, b, c);
    else
      multiply(p, 0, m, 0, n, at, size, a, b, c);
  }
}

// handle_product is C = A B for a batch of matrices. Sizes: batch, m, n, k, and whether A is stored as [k, m] and B as [n, k].
HandlerError *handle_product(Call *call) {
  if (is_asked(call)) return NULL;
  const int64_t *s = sizes(call, 6, 2, 1);
  if (!s) return refuse(call, "fieldbook: product: want six sizes, two arguments, one result");
  const int64_t batch = s[0];
  const Product p = {s[1], s[2], s[3], s[4] != 0, s[5] != 0};
  const Buffer *a = call->arguments.buffers[0], *b = call->arguments.buffers[1], *c = call->results.buffers[0];
  if (p.m * p.n * p.k == 0 || !holds(a, TYPE_F64, batch * p.m * p.k) || !holds(b, TYPE_F64, batch * p.k * p.n) || !holds(c, TYPE_F64, batch * p.m * p.n))
    return refuse(call, "fieldbook: product: the buffers are not float64 of the sizes given");
  for (int64_t i = 0; i < batch; i++)
    multiply_in_pieces(&p, (const double *)a->data + i * p.m * p.k, (const double *)b->data + i * p.k * p.n, (double *)c->data + i * p.m * p.n);
  return NULL;
}
