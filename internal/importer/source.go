package importer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/internal/imports"
)

// found is an array that a file has.
type found struct {
	Path    string   `json:"path"` // in the file
	Name    string   `json:"name"` // that it gets here
	Dims    []int    `json:"dims"` // in the order in which the values come, the last axis the fastest
	Axes    []string `json:"axes"` // of Dims; empty: the file does not name them
	Reverse bool     `json:"reverse"`
	Problem string   `json:"problem"` // why it can't be read; empty: it can
	From    string   `json:"dtype"`
	Width   int      `json:"width"` // bytes of a value as it is sent
	Units   string   `json:"units"`
}

// dtype is the type of the values as they are stored.
func (f found) dtype() imports.DType {
	if f.Width == imports.Float32.Width() {
		return imports.Float32
	}
	return imports.Float64
}

// bytes is the size of all values.
func (f found) bytes() int64 { return int64(size(f.Dims)) * int64(f.Width) }

func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}

// source is an open file.
type source interface {
	// arrays lists what there is.
	arrays() ([]found, error)
	// choose says which arrays copy will be called for, in order.
	choose(wanted []found) error
	// copy sends the values of the next array in blocks, little-endian. A block is not kept.
	copy(f found, to func(block []byte) error) error
	// finish is called when all were copied, or after an error.
	finish() error
}

// kind is a format of files.
type kind string

const (
	kindHDF5    kind = "hdf5"
	kindMATLAB5 kind = "matlab5"
	kindNetCDF3 kind = "netcdf3"
	kindNPY     kind = "npy"
	kindNPZ     kind = "npz"
	kindCSV     kind = "csv"
	kindVTK     kind = "vtk"
	kindVTU     kind = "vtu"
	kindGmsh    kind = "gmsh"
)

// matlabUserBlock is where the HDF5 part of a file of MATLAB 7.3 begins.
const matlabUserBlock = 512

// detect tells what a file is by its first bytes; a text without a mark of its own is CSV if its name says so.
//
// Errors: a file that can't be read, or is none of these.
func detect(path string) (kind, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("importer: %w", err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return "", fmt.Errorf("importer: %s is no file", path)
	}
	head := make([]byte, matlabUserBlock+8)
	n, err := io.ReadFull(f, head)
	if n == 0 {
		return "", fmt.Errorf("importer: %s is empty: %w", path, err)
	}
	head = head[:n]
	const hdf5 = "\x89HDF\r\n\x1a\n"
	starts := func(text string) bool { return bytes.HasPrefix(head, []byte(text)) }
	switch trimmed := bytes.TrimLeft(head, " \t\r\n\ufeff"); {
	case starts(hdf5), starts("MATLAB 7.3"):
		return kindHDF5, nil
	case starts("MATLAB 5.0"):
		return kindMATLAB5, nil
	case starts("CDF\x01"), starts("CDF\x02"):
		return kindNetCDF3, nil
	case starts("\x93NUMPY"):
		return kindNPY, nil
	case starts("PK\x03\x04"), starts("PK\x05\x06"):
		return kindNPZ, nil
	case starts("# vtk DataFile"):
		return kindVTK, nil
	case bytes.HasPrefix(trimmed, []byte("$MeshFormat")):
		return kindGmsh, nil
	case bytes.HasPrefix(trimmed, []byte("<")) && bytes.Contains(head, []byte("<VTKFile")):
		return kindVTU, nil
	}
	ending := strings.ToLower(filepath.Ext(path))
	if slices.Contains([]string{".csv", ".tsv", ".txt", ".dat"}, ending) && !bytes.Contains(head, []byte{0}) {
		return kindCSV, nil
	}
	return "", fmt.Errorf("importer: %s begins with %q, want a file of HDF5, NetCDF, MATLAB 5 or 7.3, NumPy, VTK or gmsh, or a table that ends in .csv, .tsv, .txt or .dat",
		path, head[:min(len(head), 8)])
}

// open opens a file of any kind.
func open(ctx context.Context, path string, o Options) (source, error) {
	k, err := detect(path)
	if err != nil {
		return nil, err
	}
	switch k {
	case kindNPY, kindNPZ:
		return openNumPy(path, k)
	case kindCSV:
		return openCSV(path, o.MaxBytes)
	case kindHDF5, kindMATLAB5, kindNetCDF3:
		return openPython(ctx, path, k, o)
	case kindVTK:
		return openVTK(path, o.MaxBytes)
	case kindVTU:
		return openVTU(path, o.MaxBytes)
	default:
		return openGmsh(path, o.MaxBytes)
	}
}

// NeedsPython tells whether a file is of a format that the set-up's Python reads.
func NeedsPython(path string) bool {
	k, err := detect(path)
	return err == nil && (k == kindHDF5 || k == kindMATLAB5 || k == kindNetCDF3)
}
