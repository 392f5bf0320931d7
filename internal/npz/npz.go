// Package npz reads and writes NumPy's .npz files with arrays of numbers.
//
// Files come from elsewhere: sizes are checked against a limit and against each other before memory is taken.
package npz

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// Bounds on a file that is read.
const (
	MaxBytes  = 4 << 30 // of all arrays together
	maxArrays = 10_000
	maxHeader = 1 << 14
)

// Suffix is how the name of a file ends.
const Suffix = ".npz"

// Write writes arrays under their names, in their order, as float64. The file appears whole or not at all.
func Write(path string, arrays []datasets.Array) error {
	return store.WriteFile(path, func(w io.Writer) error {
		z := zip.NewWriter(w)
		for _, a := range arrays {
			if err := a.Validate(); err != nil {
				return err
			}
			f, err := z.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store}) // as numpy.savez does
			if err != nil {
				return fmt.Errorf("npz: array %s: %w", a.Name, err)
			}
			if err := numpy.ToNpyWriter(tensors.FromFlatDataAndDimensions(a.Values, a.Dims...), f); err != nil {
				return fmt.Errorf("npz: array %s: %w", a.Name, err)
			}
		}
		return z.Close()
	})
}

// Read reads all arrays, in the file's order, as float64. Axes are named axis0, axis1, …
//
// Errors: what is wrong with the file, with its name and the array's; more than limit bytes (MaxBytes if it is 0).
func Read(path string, limit int64) ([]datasets.Array, error) {
	if limit == 0 {
		limit = MaxBytes
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("npz: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("npz: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("npz: %s is no file", path)
	}
	arrays, err := readAll(f, info.Size(), limit)
	if err != nil {
		return nil, fmt.Errorf("npz: %s: %w", path, err)
	}
	return arrays, nil
}

func readAll(r io.ReaderAt, size, limit int64) ([]datasets.Array, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("no .npz file: %w", err)
	}
	if len(z.File) == 0 || len(z.File) > maxArrays {
		return nil, fmt.Errorf("%d arrays, want 1 to %d", len(z.File), maxArrays)
	}
	var arrays []datasets.Array
	seen := map[string]bool{}
	for _, f := range z.File {
		name, ok := strings.CutSuffix(f.Name, ".npy")
		if !ok || name == "" || seen[name] {
			return nil, fmt.Errorf("it holds %q, want arrays as .npy, each once", f.Name)
		}
		seen[name] = true
		if f.UncompressedSize64 > uint64(limit) {
			return nil, fmt.Errorf("array %q brings the arrays beyond the limit of %d bytes", name, limit)
		}
		limit -= int64(f.UncompressedSize64)
		a, err := readArray(f)
		if err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
		a.Name = name
		arrays = append(arrays, a)
	}
	return arrays, nil
}

// readArray reads one array whose size is what its entry says.
func readArray(f *zip.File) (a datasets.Array, err error) {
	r, err := f.Open()
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var head bytes.Buffer
	dims, width, err := readHeader(io.TeeReader(r, &head))
	if err != nil {
		return a, err
	}
	count, want := 1, int64(f.UncompressedSize64)-int64(head.Len())
	for i, d := range dims {
		if d < 1 || int64(d) > want/int64(width)/int64(count) {
			return a, fmt.Errorf("shape %v of %d bytes a value in %d bytes of data; axis %d = %d", dims, width, want, i, d)
		}
		count *= d
	}
	if int64(count)*int64(width) != want {
		return a, fmt.Errorf("shape %v of %d bytes a value in %d bytes of data, want %d", dims, width, want, count*width)
	}
	t, err := numpy.FromNpyReader(io.MultiReader(&head, r))
	if err != nil {
		return a, err
	}
	if _, err := io.Copy(io.Discard, r); err != nil { // the checksum is compared at the end
		return a, err
	}
	a.Dims = dims
	for i := range dims {
		a.Axes = append(a.Axes, fmt.Sprintf("axis%d", i))
	}
	a.Values, err = floats(t)
	return a, err
}

// readHeader reads magic number, version and description of an array.
//
// Source: numpy.lib.format, versions 1.0 to 3.0.
func readHeader(r io.Reader) (dims []int, width int, err error) {
	start := make([]byte, 8)
	if _, err := io.ReadFull(r, start); err != nil || string(start[:6]) != "\x93NUMPY" {
		return nil, 0, errors.New("no .npy array")
	}
	length := make([]byte, 2)
	if start[6] > 1 {
		length = make([]byte, 4)
	}
	if _, err := io.ReadFull(r, length); err != nil {
		return nil, 0, fmt.Errorf("its header: %w", err)
	}
	n := uint32(binary.LittleEndian.Uint16(length))
	if len(length) == 4 {
		n = binary.LittleEndian.Uint32(length)
	}
	if n > maxHeader || start[6] < 1 || start[6] > 3 {
		return nil, 0, fmt.Errorf("a header of version %d and %d bytes, want version 1 to 3 and at most %d", start[6], n, maxHeader)
	}
	text := make([]byte, n)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, 0, fmt.Errorf("its header: %w", err)
	}
	return parseHeader(string(text))
}

func parseHeader(text string) (dims []int, width int, err error) {
	kind := regexp.MustCompile(`'descr'\s*:\s*'([^']*)'`).FindStringSubmatch(text)
	shape := regexp.MustCompile(`'shape'\s*:\s*\(([0-9, ]*)\)`).FindStringSubmatch(text)
	// Each once: the reader of the data takes the first of two.
	if kind == nil || shape == nil || strings.Count(text, "'descr'") != 1 || strings.Count(text, "'shape'") != 1 {
		return nil, 0, fmt.Errorf("header %q, want descr and shape of an array of numbers", text)
	}
	if !regexp.MustCompile(`^([<=]?(f[48]|[iu][248])|[|<=]?[iu]1)$`).MatchString(kind[1]) {
		return nil, 0, fmt.Errorf("values of kind %q, want floats or integers, little-endian", kind[1])
	}
	width = int(kind[1][len(kind[1])-1] - '0')
	for part := range strings.SplitSeq(shape[1], ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		d, err := strconv.Atoi(part)
		if err != nil || d > math.MaxInt32 {
			return nil, 0, fmt.Errorf("shape (%s), want axes of at most %d", shape[1], math.MaxInt32)
		}
		dims = append(dims, d)
	}
	return dims, width, nil
}

// floats are a tensor's values as float64.
func floats(t *tensors.Tensor) (out []float64, err error) {
	err = t.ConstFlatData(func(flat any) {
		switch v := flat.(type) {
		case []float64:
			out = slices.Clone(v)
		case []float32:
			out = converted(v)
		case []int8:
			out = converted(v)
		case []int16:
			out = converted(v)
		case []int32:
			out = converted(v)
		case []int64:
			out = converted(v)
		case []uint8:
			out = converted(v)
		case []uint16:
			out = converted(v)
		case []uint32:
			out = converted(v)
		case []uint64:
			out = converted(v)
		}
	})
	if err == nil && out == nil {
		err = fmt.Errorf("values of kind %s, want numbers", t.DType())
	}
	return out, err
}

func converted[F float32 | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](from []F) []float64 {
	to := make([]float64, len(from))
	for i, x := range from {
		to[i] = float64(x)
	}
	return to
}
