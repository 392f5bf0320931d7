//go:build !linux

package bench

import (
	"errors"
	"runtime"
)

// withCores runs fn where the machine has n cores; elsewhere than on Linux there is no way to limit what is started.
func withCores(n int, fn func() error) error {
	if runtime.NumCPU() != n {
		return errors.New("bench: contestants can be limited to the same cores on Linux alone")
	}
	return fn()
}

// peakMegabytes is measured on Linux alone.
func peakMegabytes(int) (float64, error) { return 0, errors.ErrUnsupported }

// cpuMilliseconds is measured on Linux alone.
func cpuMilliseconds(int) (float64, error) { return 0, errors.ErrUnsupported }
