//go:build cgo && linux

#include "handler.h"

HandlerError *refuse(const Call *call, const char *message) {
  CreateError e = {sizeof e, NULL, message, INVALID_ARGUMENT};
  return call->runtime->error_create(&e);
}

// The handlers use nothing that came after the first version of the interface, so any minor version is right.
int is_asked(const Call *call) {
  const Extension *e = call->extensions;
  if (!e || e->type != EXTENSION_METADATA) return call->stage != STAGE_EXECUTE;
  Metadata *m = ((const AskMetadata *)e)->metadata;
  m->version.major = 0;
  m->version.minor = call->runtime ? call->runtime->version.minor : 1;
  m->traits = 0;
  return 1;
}

const int64_t *sizes(const Call *call, size_t count, int64_t arguments, int64_t results) {
  const Attributes *a = &call->attributes;
  if (call->arguments.size != arguments || call->results.size != results || a->size != 1 || a->types[0] != ATTRIBUTE_ARRAY) return NULL;
  const Array *array = a->values[0];
  if (array->type != TYPE_S64 || array->size != count) return NULL;
  const int64_t *s = array->data;
  for (size_t i = 0; i < count; i++)
    if (s[i] < 0) return NULL;
  return s;
}

int holds(const Buffer *b, int type, int64_t count) {
  int64_t n = 1;
  for (int64_t i = 0; i < b->rank; i++) n *= b->dims[i];
  return b->type == type && n == count;
}
