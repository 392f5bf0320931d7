package npz_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/npz"
)

// npy is an array in NumPy's form with any header and data.
func npy(header string, data any) string {
	var w bytes.Buffer
	w.WriteString("\x93NUMPY\x01\x00")
	_ = binary.Write(&w, binary.LittleEndian, uint16(len(header)))
	w.WriteString(header)
	_ = binary.Write(&w, binary.LittleEndian, data)
	return w.String()
}

func header(descr, order, shape string) string {
	return fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }\n", descr, order, shape)
}

// archive writes a zip file and returns its path.
func archive(t *testing.T, method uint16, entries ...[2]string) string {
	t.Helper()
	var w bytes.Buffer
	z := zip.NewWriter(&w)
	for _, e := range entries {
		f, err := z.CreateHeader(&zip.FileHeader{Name: e[0], Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(e[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return file(t, w.Bytes())
}

func file(t *testing.T, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.npz")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRoundTrip(t *testing.T) {
	want := []datasets.Array{
		{Name: "z", Axes: []string{"axis0", "axis1", "axis2"}, Dims: []int{2, 1, 3}, Values: []float64{0.1, math.Copysign(0, -1), math.Inf(1), 5e-324, -1e300, 1.0 / 3}},
		{Name: "a", Axes: []string{"axis0"}, Dims: []int{1}, Values: []float64{7}},
	}
	path := filepath.Join(t.TempDir(), "x.npz")
	for range 2 { // the second replaces the first
		if err := npz.Write(path, want); err != nil {
			t.Fatal(err)
		}
	}
	got, err := npz.Read(path, 0)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read %v, %v; want %v", got, err, want)
	}
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := npz.Write(path, want); err != nil {
		t.Fatal(err)
	}
	if second, err := os.ReadFile(path); err != nil || !bytes.Equal(first, second) {
		t.Errorf("the same arrays gave other bytes: %v", err)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("%d files are in the folder, %v; want one", len(left), err)
	}
}

func TestReadsWhatNumPyWrites(t *testing.T) {
	for _, tc := range []struct {
		name, array string
		dims        []int
		want        []float64
	}{
		{"float32", npy(header("<f4", "False", "(2, 2)"), []float32{1, 2.5, -3, 4}), []int{2, 2}, []float64{1, 2.5, -3, 4}},
		{"columns first", npy(header("<f8", "True", "(2, 3)"), []float64{1, 4, 2, 5, 3, 6}), []int{2, 3}, []float64{1, 2, 3, 4, 5, 6}},
		{"int64", npy(header("<i8", "False", "(3,)"), []int64{-1, 0, 1 << 40}), []int{3}, []float64{-1, 0, 1 << 40}},
		{"bytes", npy(header("|u1", "False", "(2,)"), []uint8{0, 255}), []int{2}, []float64{0, 255}},
		{"int16", npy(header("<i2", "False", "(2,)"), []int16{-300, 300}), []int{2}, []float64{-300, 300}},
		{"a number", npy(header("<f8", "False", "()"), []float64{2}), nil, []float64{2}},
	} {
		for _, method := range []uint16{zip.Store, zip.Deflate} { // savez and savez_compressed
			got, err := npz.Read(archive(t, method, [2]string{"v.npy", tc.array}), 0)
			if err != nil || len(got) != 1 {
				t.Errorf("%s: %v, %v", tc.name, got, err)
				continue
			}
			if a := got[0]; a.Name != "v" || !reflect.DeepEqual(a.Dims, tc.dims) || !reflect.DeepEqual(a.Values, tc.want) {
				t.Errorf("%s: read %+v, want %v %v", tc.name, a, tc.dims, tc.want)
			}
		}
	}
}

func TestBadFilesAreRefusedByName(t *testing.T) {
	good := npy(header("<f8", "False", "(2,)"), []float64{1, 2})
	whole, err := os.ReadFile(archive(t, zip.Store, [2]string{"v.npy", good}))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[bytes.Index(flipped, []byte("\x93NUMPY"))+len(good)-3] ^= 1
	dir := t.TempDir()
	for _, tc := range []struct{ name, path, want string }{
		{"missing", filepath.Join(dir, "no.npz"), "no such file"},
		{"a folder", dir, "no file"},
		{"empty", file(t, nil), "no .npz file"},
		{"text", file(t, []byte("x,y\n1,2\n")), "no .npz file"},
		{"truncated", file(t, whole[:len(whole)-30]), "no .npz file"},
		{"a flipped bit", file(t, flipped), "checksum"},
		{"no arrays", archive(t, zip.Store), "0 arrays"},
		{"another file in it", archive(t, zip.Store, [2]string{"readme.txt", "x"}), `"readme.txt"`},
		{"an array twice", archive(t, zip.Store, [2]string{"v.npy", good}, [2]string{"v.npy", good}), "each once"},
		{"not npy", archive(t, zip.Store, [2]string{"v.npy", "hello, world"}), `array "v": no .npy array`},
		{"short data", archive(t, zip.Store, [2]string{"v.npy", npy(header("<f8", "False", "(3,)"), []float64{1, 2})}), "shape [3]"},
		{"long data", archive(t, zip.Store, [2]string{"v.npy", npy(header("<f8", "False", "(1,)"), []float64{1, 2})}), "want 8"},
		{"a huge shape", archive(t, zip.Store, [2]string{"v.npy", npy(header("<f8", "False", "(2147483647, 2147483647, 8)"), []float64{1})}), "axis 0 = 2147483647"},
		{"an overflowing shape", archive(t, zip.Store, [2]string{"v.npy", npy(header("<f8", "False", "(99999999999999999999,)"), []float64{1})}), "at most"},
		{"an empty axis", archive(t, zip.Store, [2]string{"v.npy", npy(header("<f8", "False", "(0,)"), []float64{})}), "axis 0 = 0"},
		{"a negative axis", archive(t, zip.Store, [2]string{"v.npy", npy(header("<f8", "False", "(-1,)"), []float64{1})}), "descr and shape"},
		{"two shapes", archive(t, zip.Store, [2]string{"v.npy", npy("{'shape': (-1), 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", []float64{1})}), "descr and shape"},
		{"big-endian", archive(t, zip.Store, [2]string{"v.npy", npy(header(">f8", "False", "(1,)"), []float64{1})}), `">f8"`},
		{"text in it", archive(t, zip.Store, [2]string{"v.npy", npy(header("<U4", "False", "(1,)"), []float64{1, 2})}), `"<U4"`},
		{"objects", archive(t, zip.Store, [2]string{"v.npy", npy(header("|O", "False", "(1,)"), []float64{1})}), `"|O"`},
		{"complex", archive(t, zip.Store, [2]string{"v.npy", npy(header("<c16", "False", "(1,)"), []float64{1, 2})}), `"<c16"`},
		{"no order", archive(t, zip.Store, [2]string{"v.npy", npy("{'descr': '<f8', 'shape': (1,)}", []float64{1})}), "fortran_order"},
		{"a version to come", archive(t, zip.Store, [2]string{"v.npy", "\x93NUMPY\x09\x00\x01\x00\x00\x00 "}), "version 9"},
		{"a long header", archive(t, zip.Store, [2]string{"v.npy", "\x93NUMPY\x02\x00\xff\xff\xff\xff "}), "4294967295 bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := npz.Read(tc.path, 0)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), tc.path) {
				t.Errorf("error = %v, want one with %q and the file's name", err, tc.want)
			}
		})
	}
}

func TestTheLimitHoldsForCompressedFiles(t *testing.T) {
	zeros := make([]float64, 1<<20) // 8 MiB of zeros compress to 8 kB
	path := archive(t, zip.Deflate, [2]string{"v.npy", npy(header("<f8", "False", "(1048576,)"), zeros)})
	if info, err := os.Stat(path); err != nil || info.Size() > 1<<16 {
		t.Fatalf("the file has %d bytes, %v", info.Size(), err)
	}
	if _, err := npz.Read(path, 1<<20); err == nil || !strings.Contains(err.Error(), "limit of 1048576 bytes") {
		t.Errorf("error = %v, want one with the limit", err)
	}
	if _, err := npz.Read(path, 16<<20); err != nil {
		t.Errorf("below the limit: %v", err)
	}
}

func TestWhereNothingCanBeWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "no", "x.npz")
	err := npz.Write(path, []datasets.Array{{Name: "a", Axes: []string{"x"}, Dims: []int{1}, Values: []float64{1}}})
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("error = %v, want one with the path", err)
	}
	bad := []datasets.Array{{Name: "a", Axes: []string{"x"}, Dims: []int{2}, Values: []float64{1}}}
	dir := t.TempDir()
	if err := npz.Write(filepath.Join(dir, "x.npz"), bad); err == nil {
		t.Error("an array that is not valid was written")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
