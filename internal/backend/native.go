package backend

import (
	"errors"
	"fmt"

	"github.com/fieldbook-go/fieldbook/internal/native"
)

// useNative lets gonum and, on XLA's CPU plugin, float64 programs call OpenBLAS if it is there. Without it everything runs
// as well, and Float64 says so.
//
// Errors: a setting that is not one.
func (b *Backend) useNative() error {
	library, err := native.Open()
	switch {
	case errors.Is(err, native.ErrOff), errors.Is(err, native.ErrMissing):
		b.plain = err
		return nil
	case err != nil:
		return err
	}
	library.UseInGonum()
	b.Native = library
	if b.Choice != "xla:cpu" || b.Plugin == "" {
		return nil
	}
	if b.plain = checkCustomCalls(); b.plain == nil {
		b.plain = library.UseInXLA(b.Plugin)
	}
	b.calls = b.plain == nil
	return nil
}

// Float64 says, in a few words, what does dense float64 algebra on the host and in programs on the CPU.
func (b *Backend) Float64() string {
	switch {
	case b.Native == nil:
		return fmt.Sprintf("float64 by plain XLA and gonum (%v)", b.plain)
	case b.calls:
		return fmt.Sprintf("float64 by OpenBLAS, %d threads", b.Native.Threads)
	case b.plain != nil:
		return fmt.Sprintf("float64 by plain XLA (%v) and, on the host, OpenBLAS", b.plain)
	}
	return "float64 on the host by OpenBLAS"
}
