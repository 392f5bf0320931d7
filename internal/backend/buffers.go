package backend

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/compute/shapes"
)

// executable and buffer wrap go-xla's, so that a buffer's Backend is the decorated one: GoMLX compares the two.
type (
	executable struct {
		compute.Executable
		backend *Backend
	}
	buffer struct {
		compute.Buffer
		backend *Backend
	}
)

// Execute unwraps the inputs and wraps the outputs.
func (e *executable) Execute(in []compute.Buffer, donate []bool, device compute.DeviceNum) ([]compute.Buffer, error) {
	raw := make([]compute.Buffer, len(in))
	for i, x := range in {
		raw[i] = x
		if w, ok := x.(buffer); ok {
			raw[i] = w.Buffer
		}
	}
	out, err := e.Executable.Execute(raw, donate, device)
	for i := range out {
		out[i] = buffer{out[i], e.backend}
	}
	return out, err
}

// Backend is the decorated backend.
func (b buffer) Backend() compute.Backend { return b.backend }

// CopyToDevice wraps the copy.
func (b buffer) CopyToDevice(device compute.DeviceNum) (compute.Buffer, error) {
	x, err := b.Buffer.CopyToDevice(device)
	return b.backend.wrap(x, err)
}

// BufferFromFlatData wraps the buffer.
func (b *Backend) BufferFromFlatData(device compute.DeviceNum, flat any, shape shapes.Shape) (compute.Buffer, error) {
	x, err := b.Backend.BufferFromFlatData(device, flat, shape)
	return b.wrap(x, err)
}

// NewSharedBuffer wraps the buffer.
func (b *Backend) NewSharedBuffer(device compute.DeviceNum, shape shapes.Shape) (compute.Buffer, any, error) {
	x, flat, err := b.Backend.NewSharedBuffer(device, shape)
	y, err := b.wrap(x, err)
	return y, flat, err
}

func (b *Backend) wrap(x compute.Buffer, err error) (compute.Buffer, error) {
	if err != nil {
		return nil, err
	}
	return buffer{x, b}, nil
}
