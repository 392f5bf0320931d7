package importer

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// numpyFile is an .npy or .npz file.
type numpyFile struct {
	path    string
	file    *os.File
	members []*zip.File // of an .npz
	list    []numpyArray
}

// numpyArray is an array in it.
type numpyArray struct {
	found
	descr string // as NumPy writes it
	skip  int    // bytes before the values
}

func openNumPy(path string, k kind) (source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("importer: %w", err)
	}
	n := &numpyFile{path: path, file: f}
	if err := n.scan(k); err != nil {
		return nil, errors.Join(fmt.Errorf("importer: %s: %w", path, err), f.Close())
	}
	return n, nil
}

// scan reads the heads of all arrays.
func (n *numpyFile) scan(k kind) error {
	info, err := n.file.Stat()
	if err != nil {
		return err
	}
	if k == kindNPY {
		name := strings.TrimSuffix(filepath.Base(n.path), filepath.Ext(n.path))
		return n.scanArray(name, io.NewSectionReader(n.file, 0, info.Size()), info.Size())
	}
	z, err := zip.NewReader(n.file, info.Size())
	if err != nil {
		return fmt.Errorf("cannot be read as .npz: %w", err)
	}
	if len(z.File) > maxArrays {
		return fmt.Errorf("%d arrays, want at most %d", len(z.File), maxArrays)
	}
	seen := map[string]bool{}
	for _, f := range z.File {
		name, is := strings.CutSuffix(f.Name, ".npy")
		if !is || seen[name] {
			return fmt.Errorf("holds %q, want arrays as .npy, each once", f.Name)
		}
		seen[name] = true
		if f.UncompressedSize64 > math.MaxInt64/2 {
			return fmt.Errorf("array %s claims %d bytes", name, f.UncompressedSize64)
		}
		r, err := f.Open()
		if err != nil {
			return fmt.Errorf("array %s: %w", name, err)
		}
		err = n.scanArray(name, r, int64(f.UncompressedSize64))
		if err = errors.Join(err, r.Close()); err != nil {
			return err
		}
		n.members = append(n.members, f)
	}
	return nil
}

// maxNumPyHead bounds the description of an array.
const maxNumPyHead = 1 << 16

// scanArray reads the head of one array of a number of bytes.
//
// Source: numpy.lib.format, versions 1.0 to 3.0.
func (n *numpyFile) scanArray(name string, r io.Reader, bytes int64) error {
	start := make([]byte, 12)
	if _, err := io.ReadFull(r, start[:10]); err != nil || string(start[:6]) != "\x93NUMPY" {
		return fmt.Errorf("array %s is no .npy array, or ends early", name)
	}
	length, skip := uint32(binary.LittleEndian.Uint16(start[8:])), 10
	if start[6] > 1 {
		if _, err := io.ReadFull(r, start[10:]); err != nil {
			return fmt.Errorf("array %s: its head: %w", name, err)
		}
		length, skip = binary.LittleEndian.Uint32(start[8:]), 12
	}
	if length > maxNumPyHead || start[6] < 1 || start[6] > 3 {
		return fmt.Errorf("array %s has a head of version %d and %d bytes, want version 1 to 3 and at most %d", name, start[6], length, maxNumPyHead)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return fmt.Errorf("array %s: its head: %w", name, err)
	}
	a, err := numpyHead(string(text))
	if err != nil {
		return fmt.Errorf("array %s: %w", name, err)
	}
	a.Path, a.Name, a.skip = name, clean(name), skip+int(length)
	if a.Problem == "" {
		if err := checkDims(a.found, n.path); err != nil {
			return err
		}
		if want := int64(size(a.Dims)) * int64(numpyWidth(a.descr)); want != bytes-int64(a.skip) {
			return fmt.Errorf("array %s has the shape %v and %d bytes of values, want %d: is the file cut off?", name, userDims(a.found), bytes-int64(a.skip), want)
		}
	}
	n.list = append(n.list, a)
	return nil
}

// clean makes a name that can be a file's.
func clean(name string) string {
	name = strings.TrimLeft(regexp.MustCompile(`[^A-Za-z0-9._-]`).ReplaceAllString(name, "_"), ".-")
	if name == "" {
		return "array"
	}
	return name[:min(len(name), 80)]
}

// numpyWidth is the number of bytes of a value of a type such as <f8.
func numpyWidth(descr string) int { return int(descr[len(descr)-1] - '0') }

// numpyHead reads the description of an array.
func numpyHead(text string) (a numpyArray, err error) {
	kind := regexp.MustCompile(`'descr'\s*:\s*('[^']*'|\[)`).FindStringSubmatch(text)
	shape := regexp.MustCompile(`'shape'\s*:\s*\(([0-9, ]*)\)`).FindStringSubmatch(text)
	order := regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`).FindStringSubmatch(text)
	if kind == nil || shape == nil || order == nil || strings.Count(text, "'descr'") != 1 || strings.Count(text, "'shape'") != 1 {
		return a, fmt.Errorf("head %.100q, want descr, shape and fortran_order of an array", text)
	}
	a.descr = strings.Trim(kind[1], "'")
	for part := range strings.SplitSeq(shape[1], ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		d, err := strconv.Atoi(part)
		if err != nil {
			return a, fmt.Errorf("shape (%s): %w", shape[1], err)
		}
		a.Dims = append(a.Dims, d)
	}
	if len(a.Dims) == 0 {
		a.Dims, a.Axes = []int{1}, []string{"value"}
	}
	if a.Reverse = order[1] == "True"; a.Reverse {
		a.Dims = userDims(a.found)
	}
	a.From, a.Problem = numpyType(a.descr)
	if a.Problem == "" {
		a.Width = 8
		if numpyWidth(a.descr) <= 2 || strings.HasSuffix(a.descr, "f4") {
			a.Width = 4 // float32 holds all of their values
		}
	}
	return a, nil
}

// numpyType gives a type its name, or says why it can't be read.
func numpyType(descr string) (name, problem string) {
	if match := regexp.MustCompile(`^[<>=|]?([fiub])([1248])$`).FindStringSubmatch(descr); match != nil && match[1]+match[2] != "f1" {
		bits, _ := strconv.Atoi(match[2])
		switch match[1] {
		case "f":
			return fmt.Sprintf("float%d", 8*bits), ""
		case "i":
			return fmt.Sprintf("int%d", 8*bits), ""
		case "u":
			return fmt.Sprintf("uint%d", 8*bits), ""
		case "b":
			if bits == 1 {
				return "bool", ""
			}
		}
	}
	switch {
	case strings.Contains(descr, "O"):
		return "", "holds pickled objects, which are code and are never loaded, want numbers"
	case strings.Contains(descr, "c"):
		return "", "holds complex numbers, want real ones: keep the real and imaginary parts as two arrays"
	case strings.ContainsAny(descr, "SUa"):
		return "", "holds text, want numbers"
	case descr == "[":
		return "", "holds records, want numbers"
	}
	return "", fmt.Sprintf("holds values of type %.20q, want numbers of at most 64 bits", descr)
}

func (n *numpyFile) arrays() ([]found, error) {
	list := make([]found, len(n.list))
	for i, a := range n.list {
		list[i] = a.found
	}
	return list, nil
}

func (n *numpyFile) choose([]found) error { return nil }

func (n *numpyFile) copy(f found, to func(block []byte) error) (err error) {
	for i, a := range n.list {
		if a.Path != f.Path {
			continue
		}
		var r io.Reader = io.NewSectionReader(n.file, 0, math.MaxInt64)
		if n.members != nil {
			member, err := n.members[i].Open()
			if err != nil {
				return fmt.Errorf("importer: %s: array %s: %w", n.path, f.Path, err)
			}
			defer member.Close() //nolint:errcheck // it was read to its end, where its checksum is compared
			r = member
		}
		if err := a.stream(bufio.NewReaderSize(r, 1<<16), n.members != nil, to); err != nil {
			return fmt.Errorf("importer: %s: array %s: %w", n.path, f.Path, err)
		}
	}
	return nil
}

// stream converts the values of an array, block by block. An array of an .npz is read to the end of its entry, where the
// checksum is compared.
func (a numpyArray) stream(r io.Reader, toEnd bool, to func(block []byte) error) error {
	if _, err := io.CopyN(io.Discard, r, int64(a.skip)); err != nil {
		return err
	}
	width := numpyWidth(a.descr)
	raw, block := make([]byte, blockValues*width), make([]byte, 0, blockValues*a.Width)
	for left := size(a.Dims); left > 0; {
		count := min(left, blockValues)
		if _, err := io.ReadFull(r, raw[:count*width]); err != nil {
			return err
		}
		block = block[:0]
		for i := range count {
			v, err := numpyValue(a.descr, raw[i*width:(i+1)*width])
			if err != nil {
				return err
			}
			block = appendValue(block, v, a.Width)
		}
		if err := to(block); err != nil {
			return err
		}
		left -= count
	}
	if toEnd {
		if extra, err := io.Copy(io.Discard, io.LimitReader(r, 1)); err != nil {
			return err
		} else if extra > 0 {
			return errors.New("more bytes after the values, want none")
		}
	}
	return nil
}

// blockValues is how many values are converted at a time.
const blockValues = 1 << 16

func appendValue(block []byte, v float64, width int) []byte {
	if width == 4 {
		return binary.LittleEndian.AppendUint32(block, math.Float32bits(float32(v)))
	}
	return binary.LittleEndian.AppendUint64(block, math.Float64bits(v))
}

// exactInteger is the largest integer up to which float64 holds all.
const exactInteger = 1 << 53

// numpyValue reads one number.
func numpyValue(descr string, raw []byte) (float64, error) {
	var bits uint64
	for i, b := range raw {
		shift := 8 * i
		if descr[0] == '>' {
			shift = 8 * (len(raw) - 1 - i)
		}
		bits |= uint64(b) << shift
	}
	switch descr[len(descr)-2] {
	case 'f':
		switch len(raw) {
		case 2:
			return half(uint16(bits)), nil
		case 4:
			return float64(math.Float32frombits(uint32(bits))), nil
		}
		return math.Float64frombits(bits), nil
	case 'i':
		shift := 64 - 8*len(raw)
		v := int64(bits<<shift) >> shift
		if v > exactInteger || v < -exactInteger {
			return 0, fmt.Errorf("the integer %d, want none beyond 2^53, which float64 holds exactly", v)
		}
		return float64(v), nil
	}
	if bits > exactInteger {
		return 0, fmt.Errorf("the integer %d, want none beyond 2^53, which float64 holds exactly", bits)
	}
	return float64(bits), nil
}

// half is a number of 16 bits.
//
// Source: IEEE 754, binary16.
func half(bits uint16) float64 {
	sign, exponent, fraction := 1.0, int(bits>>10&31), float64(bits&1023)
	if bits>>15 == 1 {
		sign = -1
	}
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1024+fraction, exponent-25)
}

func (n *numpyFile) finish() error { return n.file.Close() }
