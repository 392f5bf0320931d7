//go:build cgo && linux

#ifndef FIELDBOOK_XLA_H
#define FIELDBOOK_XLA_H

// xla_register makes this package's handlers known to the plugin at path, which may be loaded already. It returns NULL or
// what is wrong, in memory that stays. Call it once, after openblas_open.
const char *xla_register(const char *path);

#endif
