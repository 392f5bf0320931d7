package imports

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/fieldbook-go/fieldbook/internal/store"
)

// Suffix is how the name of a stored array ends.
const Suffix = ".npy"

// NpyHeader is what stands before the values of an array in NumPy's format, version 1.0.
//
// Source: numpy.lib.format. The values begin at a multiple of 64 bytes.
func NpyHeader(d DType, dims []int) []byte {
	shape := ""
	for _, n := range dims {
		shape += fmt.Sprintf("%d, ", n)
	}
	if len(dims) > 1 {
		shape = strings.TrimSuffix(shape, ", ")
	}
	text := fmt.Sprintf("{'descr': '<f%d', 'fortran_order': False, 'shape': (%s), }", d.Width(), strings.TrimSuffix(shape, " "))
	length := (10 + len(text) + 1 + 63) / 64 * 64
	text += strings.Repeat(" ", length-10-len(text)-1) + "\n"
	head := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(text)))
	return append(head, text...)
}

// readBlock is how many bytes are read at a time, a multiple of each width.
const readBlock = 1 << 20

// Read streams the values of a stored array, whole, to take: from is the index of the first value of a block. take must
// not keep the block. The values are not to be trusted before Read returned no error.
//
// Errors: a *store.CorruptError if the stored file is not what was written; take's.
func Read(s *store.Store, set Set, a Array, take func(from int, values []float64) error) error {
	path := filepath.Join(s.Dir(), "data", set.Bundle, a.Name+Suffix)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &store.CorruptError{Path: path, Want: "an imported array", Got: "missing"}
	}
	if err != nil {
		return fmt.Errorf("imports: %w", err)
	}
	defer f.Close()
	header, size := NpyHeader(a.DType, a.Dims), a.Size()
	want := int64(len(header)) + int64(size)*int64(a.DType.Width())
	if info, err := f.Stat(); err != nil || info.Size() != want {
		return errors.Join(&store.CorruptError{Path: path, Want: fmt.Sprintf("%d bytes", want), Got: "another size"}, err)
	}
	hash := sha256.New()
	r := io.TeeReader(bufio.NewReaderSize(f, readBlock), hash)
	if _, err := io.CopyN(io.Discard, r, int64(len(header))); err != nil {
		return fmt.Errorf("imports: %s: %w", path, err)
	}
	block, values := make([]byte, readBlock), make([]float64, readBlock/a.DType.Width())
	for from := 0; from < size; {
		n := min(len(values), size-from)
		if _, err := io.ReadFull(r, block[:n*a.DType.Width()]); err != nil {
			return fmt.Errorf("imports: %s: %w", path, err)
		}
		Decode(a.DType, block[:n*a.DType.Width()], values)
		if err := take(from, values[:n]); err != nil {
			return err
		}
		from += n
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != a.SHA256 {
		return &store.CorruptError{Path: path, Want: "SHA-256 " + a.SHA256[:12] + "…", Got: got[:12] + "…"}
	}
	return nil
}

// Decode turns stored bytes into values. It fills as many values as there are.
func Decode(d DType, block []byte, values []float64) {
	if d == Float32 {
		for i := range len(block) / 4 {
			values[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(block[4*i:])))
		}
		return
	}
	for i := range len(block) / 8 {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(block[8*i:]))
	}
}
