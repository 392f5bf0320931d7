//go:build cgo && linux

#include "openblas.h"

#include <dlfcn.h>
#include <stddef.h>

// The routines, NULL until the library is opened.
#define DEFINE_BLAS(result, name, parameters, arguments) \
  static result(*p_##name) parameters; \
  result blas_##name parameters { return p_##name arguments; }
#define DEFINE_LAPACK(result, name, parameters, arguments) \
  static result(*p_##name) parameters; \
  result lapack_##name parameters { return p_##name arguments; }
EACH_BLAS(DEFINE_BLAS)
EACH_LAPACK(DEFINE_LAPACK)

static int (*get_threads)(void);
static void (*set_threads)(int);
static char *(*get_config)(void);

const char *openblas_open(const char *path, int threads) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) return dlerror();
#define FIND(pointer, symbol) \
  *(void **)&pointer = dlsym(library, symbol); \
  if (!pointer) return "it lacks " symbol;
#define FIND_BLAS(result, name, parameters, arguments) FIND(p_##name, "scipy_cblas_" #name "64_")
#define FIND_LAPACK(result, name, parameters, arguments) FIND(p_##name, "scipy_LAPACKE_" #name "_work64_")
  EACH_BLAS(FIND_BLAS)
  EACH_LAPACK(FIND_LAPACK)
  FIND(get_threads, "scipy_openblas_get_num_threads64_")
  FIND(set_threads, "scipy_openblas_set_num_threads64_")
  FIND(get_config, "scipy_openblas_get_config64_")
  if (threads < get_threads()) set_threads(threads);
  return NULL;
}

int openblas_threads(void) { return get_threads(); }
const char *openblas_config(void) { return get_config(); }
