//go:build !linux

package store_test

import "testing"

// limitFileSize needs a limit that the other systems do not have in this form.
func limitFileSize(t *testing.T, _ uint64) {
	t.Helper()
	t.Skip("a limit on the size of a file is set on Linux only")
}
