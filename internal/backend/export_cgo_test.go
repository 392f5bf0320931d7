//go:build cgo

package backend

// CheckCustomCalls lets tests verify the release in go.mod.
func CheckCustomCalls() error { return checkCustomCalls() }

// WantField lets tests see what is said of a field that has changed.
func WantField[S, F any](name string) error { return wantField[S, F](name) }
