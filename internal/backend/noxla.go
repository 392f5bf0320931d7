//go:build !cgo

package backend

import (
	"errors"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"

	"github.com/fieldbook-go/fieldbook/internal/native"
)

// linked says whether XLA is in this program: its bindings are in C, and there was no C compiler.
const linked = false

var errNotLinked = errors.New("backend: this program was built without a C compiler and so without XLA")

func noDownloads() {}

func isXLA(compute.Backend) bool { return false }

func programText(compute.Builder) ([]byte, error) { return nil, errNotLinked }

func builderCaches() []string { return nil }

func checkCustomCalls() error { return errNotLinked }

func (f *function) customCall(native.CustomCall, []shapes.Shape, ...compute.Value) ([]compute.Value, error) {
	return nil, errNotLinked
}

// CheckInternals has nothing to check here.
func CheckInternals() error { return nil }
