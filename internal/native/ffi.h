//go:build cgo && linux

// What this package uses of the binary interfaces between a PJRT plugin and the functions that it calls: the head of the
// plugin's table, its extension by which handlers of custom calls are registered, and the frame in which a handler finds its
// arguments. Names, order and sizes are those of XLA's PJRT C API 0 and FFI C API 0; struct_size is a struct's size as the
// side that made it knows it.

#ifndef FIELDBOOK_FFI_H
#define FIELDBOOK_FFI_H

#include <stddef.h>
#include <stdint.h>

// A linked list of extensions begins each struct.
typedef struct Extension {
  size_t struct_size;
  int type;
  struct Extension *next;
} Extension;

// PJRT: the plugin's table.
typedef struct PluginError PluginError;
typedef struct {
  size_t struct_size;
  Extension *extensions;
  PluginError *error;
} DestroyError;
typedef struct {
  size_t struct_size;
  Extension *extensions;
  const PluginError *error;
  const char *message; // out; not terminated, as long as the error lives
  size_t message_size; // out
} ErrorMessage;
typedef struct {
  size_t struct_size;
  Extension *extensions;
  int major, minor;
} Version;
typedef struct {
  size_t struct_size;
  Extension *extensions;
  Version version;
  void (*error_destroy)(DestroyError *);
  void (*error_message)(ErrorMessage *);
} Plugin;

// PJRT: the extension for custom calls.
enum { EXTENSION_FFI = 5 };
typedef struct {
  size_t struct_size;
  const char *target_name;
  size_t target_name_size;
  void *handler;
  const char *platform_name;
  size_t platform_name_size;
  int traits;
} RegisterHandler;
typedef struct {
  Extension base;
  void *type_register;
  void *user_data_add;
  PluginError *(*register_handler)(RegisterHandler *);
} PluginFFI;

// FFI: a call.
typedef struct HandlerError HandlerError;
enum { INVALID_ARGUMENT = 3 };
typedef struct {
  size_t struct_size;
  Extension *extensions;
  const char *message;
  int code;
} CreateError;
typedef struct {
  size_t struct_size;
  Extension *extensions;
  Version version;
  const void *internal;
  HandlerError *(*error_create)(CreateError *);
} Runtime;

enum { TYPE_S32 = 4, TYPE_S64 = 5, TYPE_F64 = 12 }; // types of elements
typedef struct {
  size_t struct_size;
  Extension *extensions;
  int type;
  void *data;
  int64_t rank;
  int64_t *dims;
} Buffer;
typedef struct {
  size_t struct_size;
  Extension *extensions;
  int64_t size;
  int *types; // all 1, a buffer
  Buffer **buffers;
} Buffers;

enum { ATTRIBUTE_ARRAY = 1 };
typedef struct {
  int type;
  size_t size;
  void *data;
} Array;
typedef struct {
  size_t struct_size;
  Extension *extensions;
  int64_t size;
  int *types;
  void **names;
  void **values;
} Attributes;

enum { STAGE_EXECUTE = 3 };
typedef struct {
  size_t struct_size;
  Extension *extensions;
  const Runtime *runtime;
  void *context;
  int stage;
  Buffers arguments, results;
  Attributes attributes;
} Call;

// FFI: by this extension of a call XLA asks what a handler was built for.
enum { EXTENSION_METADATA = 1 };
typedef struct {
  size_t struct_size;
  Version version;
  uint32_t traits;
} Metadata;
typedef struct {
  Extension base;
  Metadata *metadata;
} AskMetadata;

#endif
