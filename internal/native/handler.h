//go:build cgo && linux

// What handlers of custom calls share.

#ifndef FIELDBOOK_HANDLER_H
#define FIELDBOOK_HANDLER_H

#include "ffi.h"

typedef HandlerError *Handler(Call *call);

// The handlers. Sizes and buffers of each are where it is defined; package native's Go side writes the calls.
Handler handle_product, handle_cholesky, handle_lu, handle_triangular, handle_eigen;

// refuse is an error that ends the program.
HandlerError *refuse(const Call *call, const char *message);

// is_asked says whether XLA wants to know about the handler or prepares it, instead of calling it, and answers.
int is_asked(const Call *call);

// sizes returns the call's one attribute, or NULL if it is not an array of count numbers from 0, or the call has another
// number of arguments or results.
const int64_t *sizes(const Call *call, size_t count, int64_t arguments, int64_t results);

// holds says whether a buffer has count elements of a type.
int holds(const Buffer *b, int type, int64_t count);

#endif
