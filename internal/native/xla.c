//go:build cgo && linux

// Handlers of XLA's custom calls. Each checks types and sizes of its buffers before it touches them; its one attribute is an
// array of 64-bit sizes.

#include "xla.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "ffi.h"
#include "openblas.h"

static HandlerError *refuse(const Call *call, const char *message) {
  CreateError e = {sizeof e, NULL, message, INVALID_ARGUMENT};
  return call->runtime->error_create(&e);
}

// is_asked says whether XLA wants to know about the handler instead of calling it, and answers. The handlers use nothing that
// came after the first version of the interface, so any minor version is right.
static int is_asked(const Call *call) {
  const Extension *e = call->extensions;
  if (!e || e->type != EXTENSION_METADATA) return 0;
  Metadata *m = ((const AskMetadata *)e)->metadata;
  m->version.major = 0;
  m->version.minor = call->runtime ? call->runtime->version.minor : 1;
  m->traits = 0;
  return 1;
}

// sizes returns the call's one attribute, or NULL if it is not an array of count numbers from 0.
static const int64_t *sizes(const Call *call, size_t count) {
  const Attributes *a = &call->attributes;
  if (a->size != 1 || a->types[0] != ATTRIBUTE_ARRAY) return NULL;
  const Array *array = a->values[0];
  if (array->type != TYPE_S64 || array->size != count) return NULL;
  const int64_t *s = array->data;
  for (size_t i = 0; i < count; i++)
    if (s[i] < 0) return NULL;
  return s;
}

// holds says whether a buffer has count elements of a type.
static int holds(const Buffer *b, int type, int64_t count) {
  int64_t n = 1;
  for (int64_t i = 0; i < b->rank; i++) n *= b->dims[i];
  return b->type == type && n == count;
}

// OpenBLAS does a product on one thread up to so many multiplications, by kernels that pack nothing. Waking its threads for
// one that is little larger costs more than it gains, as they wait for work by spinning beside XLA's own: up to LARGE such a
// product is done in pieces.
enum { PIECE = 1 << 18, LARGE = 1 << 25 };

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
  if (step >= longest || step < shortest || m * n * k > LARGE) {
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

// product is C = A B for a batch of matrices. Sizes: batch, m, n, k, and whether A is stored as [k, m] and B as [n, k].
static HandlerError *product(Call *call) {
  if (is_asked(call) || call->stage != STAGE_EXECUTE) return NULL;
  const int64_t *s = sizes(call, 6);
  if (!s || call->arguments.size != 2 || call->results.size != 1) return refuse(call, "fieldbook: product: want six sizes, two arguments, one result");
  const int64_t batch = s[0];
  const Product p = {s[1], s[2], s[3], s[4] != 0, s[5] != 0};
  const Buffer *a = call->arguments.buffers[0], *b = call->arguments.buffers[1], *c = call->results.buffers[0];
  if (p.m * p.n * p.k == 0 || !holds(a, TYPE_F64, batch * p.m * p.k) || !holds(b, TYPE_F64, batch * p.k * p.n) || !holds(c, TYPE_F64, batch * p.m * p.n))
    return refuse(call, "fieldbook: product: the buffers are not float64 of the sizes given");
  for (int64_t i = 0; i < batch; i++)
    multiply_in_pieces(&p, (const double *)a->data + i * p.m * p.k, (const double *)b->data + i * p.k * p.n, (double *)c->data + i * p.m * p.n);
  return NULL;
}

static char problem[512];

// register_handler registers one handler; it returns NULL or what is wrong.
static const char *register_handler(const Plugin *plugin, const PluginFFI *ffi, const char *name, HandlerError *(*handler)(Call *)) {
  RegisterHandler r = {offsetof(RegisterHandler, traits) + sizeof(int), name, strlen(name), (void *)handler, "Host", 4, 0};
  PluginError *error = ffi->register_handler(&r);
  if (!error) return NULL;
  ErrorMessage m = {sizeof m, NULL, error, NULL, 0};
  plugin->error_message(&m);
  snprintf(problem, sizeof problem, "%s: %.*s", name, (int)m.message_size, m.message);
  DestroyError d = {sizeof d, NULL, error};
  plugin->error_destroy(&d);
  return problem;
}

const char *xla_register(const char *path) {
  void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
  if (!library) return dlerror();
  const Plugin *(*get)(void) = (const Plugin *(*)(void))dlsym(library, "GetPjrtApi");
  if (!get) return "it is not a PJRT plugin";
  const Plugin *plugin = get();
  const Extension *e = plugin->extensions;
  while (e && e->type != EXTENSION_FFI) e = e->next;
  if (!e || e->struct_size < sizeof(PluginFFI)) return "it takes no handlers of custom calls";
  return register_handler(plugin, (const PluginFFI *)e, "fieldbook_product_f64", product);
}
