//go:build cgo && linux

// Handlers are made known to the plugin here.

#include "xla.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "handler.h"

static char problem[512];

// register_handler registers one handler; it returns NULL or what is wrong.
static const char *register_handler(const Plugin *plugin, const PluginFFI *ffi, const char *name, Handler *handler) {
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
  static const struct {
    const char *name;
    Handler *handler;
  } handlers[] = {
      {"fieldbook_product_f64", handle_product},       {"fieldbook_cholesky_f64", handle_cholesky}, {"fieldbook_lu_f64", handle_lu},
      {"fieldbook_triangular_f64", handle_triangular}, {"fieldbook_eigen_f64", handle_eigen},
  };
  for (size_t i = 0; i < sizeof handlers / sizeof *handlers; i++) {
    const char *wrong = register_handler(plugin, (const PluginFFI *)e, handlers[i].name, handlers[i].handler);
    if (wrong) return wrong;
  }
  return NULL;
}
