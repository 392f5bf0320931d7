//go:build cgo && linux

#define _GNU_SOURCE // for a lock that writers do not wait for without end

#include "openblas.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

static int (*get_threads)(void);
static void (*set_threads)(int);
static char *(*get_config)(void);

// The library's threads wait for each other by spinning. If other work keeps one of them from its core, each meeting costs a
// slice of the scheduler's time, a hundred times what a small call takes. So calls run on the caller's thread, any number of
// them at once, but for large ones, which use all threads, one call at a time and nothing beside it. The number of threads is
// the library's own global setting: the lock keeps it still while a call runs, and so a call's result the same to the bit.
enum { LARGE = 1 << 24 }; // multiplications, a fraction of a millisecond on one thread
static int most = 1;      // threads
#ifdef PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP
static pthread_rwlock_t gate = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
#else
static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;
#endif

static int enter(double work) {
  const int large = most > 1 && work >= LARGE;
  if (large) {
    pthread_rwlock_wrlock(&gate);
    set_threads(most);
  } else {
    pthread_rwlock_rdlock(&gate);
  }
  return large;
}

static void leave(const int *large) {
  if (*large) set_threads(1);
  pthread_rwlock_unlock(&gate);
}

// The routines, NULL until the library is opened. What enter gave is handed to leave when the function returns.
#define DEFINE(prefix, result, name, work, parameters, arguments) \
  static result(*p_##name) parameters; \
  result prefix##name parameters { \
    const int large __attribute__((cleanup(leave))) = enter(work); \
    return p_##name arguments; \
  }
#define DEFINE_BLAS(result, name, work, parameters, arguments) DEFINE(blas_, result, name, work, parameters, arguments)
#define DEFINE_LAPACK(result, name, work, parameters, arguments) DEFINE(lapack_, result, name, work, parameters, arguments)
EACH_BLAS(DEFINE_BLAS)
EACH_LAPACK(DEFINE_LAPACK)

const char *openblas_open(const char *path, int threads) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) return dlerror();
#define FIND(pointer, symbol) \
  *(void **)&pointer = dlsym(library, symbol); \
  if (!pointer) return "it lacks " symbol;
#define FIND_BLAS(result, name, work, parameters, arguments) FIND(p_##name, "scipy_cblas_" #name "64_")
#define FIND_LAPACK(result, name, work, parameters, arguments) FIND(p_##name, "scipy_LAPACKE_" #name "_work64_")
  EACH_BLAS(FIND_BLAS)
  EACH_LAPACK(FIND_LAPACK)
  FIND(get_threads, "scipy_openblas_get_num_threads64_")
  FIND(set_threads, "scipy_openblas_set_num_threads64_")
  FIND(get_config, "scipy_openblas_get_config64_")
  most = get_threads();
  if (threads < most) most = threads;
  set_threads(1);
  return NULL;
}

int openblas_threads(void) { return most; }
const char *openblas_config(void) { return get_config(); }
