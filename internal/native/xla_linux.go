//go:build cgo && linux

package native

/*
#include <stdlib.h>
#include "xla.h"
*/
import "C"

import (
	"fmt"
	"sync"
	"unsafe"
)

// registered is what came of registering handlers: a plugin takes each name once.
var registered struct { //nolint:gochecknoglobals // the plugin's registry is the process's
	sync.Mutex
	plugin string
}

// UseInXLA registers the handlers of this package's custom calls with the CPU plugin at path, once for the process.
//
// Errors: a plugin that has no extension for handlers; another plugin than the first one.
func (l *Library) UseInXLA(path string) error {
	registered.Lock()
	defer registered.Unlock()
	if registered.plugin == path {
		return nil
	}
	if registered.plugin != "" {
		return fmt.Errorf("native: handlers are registered with %s, want the same plugin instead of %s", registered.plugin, path)
	}
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	if problem := C.xla_register(name); problem != nil {
		return fmt.Errorf("native: custom calls cannot be registered with %s: %s", path, C.GoString(problem))
	}
	registered.plugin = path
	return nil
}
