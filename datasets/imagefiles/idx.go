package imagefiles

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// maxValues is the most values of an array: 2 GiB of float64.
const maxValues = 1 << 28

// ReadIDX reads an array of any of the format's types, which starts with the bytes 0, 0, type, rank and the dimensions, all big-endian. Of more
// than most along the first axis it reads the first most; 0: all.
//
// name is the array's, and the file's in errors. Its axes are called axis0, axis1, ….
//
// Errors: not in this format; ends early; goes on after the last value; more values than 2²⁸.
// Source: LeCun et al. 1998; the format is described where the authors publish MNIST. bib: lecun1998gradient
func ReadIDX(r io.Reader, name string, most int) (datasets.Array, error) {
	var magic [4]byte
	if err := readFull(r, magic[:], name, "the header"); err != nil {
		return datasets.Array{}, err
	}
	width := map[byte]int{0x08: 1, 0x09: 1, 0x0b: 2, 0x0c: 4, 0x0d: 4, 0x0e: 8}[magic[2]]
	rank := int(magic[3])
	if magic[0] != 0 || magic[1] != 0 || width == 0 || rank < 1 {
		return datasets.Array{}, fmt.Errorf("imagefiles: %s starts with % x, want an IDX file: 00 00, a type of 08 to 0e, the rank", name, magic)
	}
	a := datasets.Array{Name: name}
	sizes := make([]byte, 4*rank)
	if err := readFull(r, sizes, name, "the dimensions"); err != nil {
		return datasets.Array{}, err
	}
	for i := range rank {
		a.Axes = append(a.Axes, fmt.Sprintf("axis%d", i))
		a.Dims = append(a.Dims, int(binary.BigEndian.Uint32(sizes[4*i:])))
	}
	all := a.Dims[0]
	if most > 0 {
		a.Dims[0] = min(all, most)
	}
	size := 1
	for _, d := range a.Dims {
		if d < 1 || size > maxValues/d {
			return datasets.Array{}, fmt.Errorf("imagefiles: %s has the dimensions %v, want each at least 1 and at most %d values together", name, a.Dims, maxValues)
		}
		size *= d
	}
	values, err := readNumbers(r, magic[2], width, size, name)
	if err != nil {
		return datasets.Array{}, err
	}
	a.Values = values
	if a.Dims[0] < all {
		return a, nil
	}
	return a, checkEnd(r, name)
}

// readNumbers reads so many numbers, a block at a time, so that a header that lies costs no memory.
func readNumbers(r io.Reader, kind byte, width, size int, name string) ([]float64, error) {
	const block = 1 << 16
	values := make([]float64, 0, min(size, block))
	bytes := make([]byte, block*width)
	for len(values) < size {
		part := bytes[:min(block, size-len(values))*width]
		if err := readFull(r, part, name, fmt.Sprintf("value %d of %d", len(values), size)); err != nil {
			return nil, err
		}
		for ; len(part) > 0; part = part[width:] {
			values = append(values, number(part, kind))
		}
	}
	return values, nil
}

// number is the first number of b.
func number(b []byte, kind byte) float64 {
	switch kind {
	case 0x08:
		return float64(b[0])
	case 0x09:
		return float64(int8(b[0]))
	case 0x0b:
		return float64(int16(binary.BigEndian.Uint16(b)))
	case 0x0c:
		return float64(int32(binary.BigEndian.Uint32(b)))
	case 0x0d:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(b)))
	default:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	}
}
