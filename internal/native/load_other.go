//go:build !cgo || !linux

package native

import (
	"errors"

	blas "gonum.org/v1/gonum/blas/gonum"
	lapack "gonum.org/v1/gonum/lapack/gonum"
)

// load has nothing to load.
func load(string, int) (version string, threads int, err error) {
	return "", 0, errors.New("native: OpenBLAS is called on Linux only, from programs built with a C compiler")
}

// BLAS is gonum's own.
type BLAS struct{ blas.Implementation }

// LAPACK is gonum's own.
type LAPACK struct{ lapack.Implementation }

// UseInXLA has nothing to register.
func (l *Library) UseInXLA(string) error {
	return errors.New("native: OpenBLAS is called on Linux only, from programs built with a C compiler")
}
