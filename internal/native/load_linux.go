//go:build cgo && linux

package native

/*
#cgo CFLAGS: -O2
#cgo LDFLAGS: -ldl
#include <stdlib.h>
#include "openblas.h"
*/
import "C"

import (
	"fmt"
	"strings"
	"unsafe"
)

// load opens the library at path for at most so many threads.
func load(path string, most int) (version string, threads int, err error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if problem := C.openblas_open(name, C.int(most)); problem != nil {
		return "", 0, fmt.Errorf("native: %s does not load: %s; run `fieldbook setup --fresh`", path, C.GoString(problem))
	}
	return strings.TrimSpace(C.GoString(C.openblas_config())), int(C.openblas_threads()), nil
}
