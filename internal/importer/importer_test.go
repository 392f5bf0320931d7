package importer_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/importer"
	"github.com/fieldbook-go/fieldbook/internal/imports"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// interpreter is the set-up's Python.
func interpreter(t *testing.T) string {
	t.Helper()
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	python := place.Python(root)
	if _, err := os.Stat(python); err != nil {
		t.Fatalf("%v; run `go run ./cmd/fieldbook setup`", err)
	}
	return python
}

// prelude runs the programs that write test files.
const prelude = `
import sys, json, numpy as np, h5py, scipy.io, scipy.sparse, zipfile, struct, os, io
for path, program in json.load(sys.stdin):
    exec(program, dict(globals(), r=np.random.default_rng(0)))
`

// written runs a Python program that writes a file of a name, and returns the file's path.
func written(t *testing.T, name, program string) string {
	t.Helper()
	return writtenAll(t, [][2]string{{name, program}})[0]
}

// writtenAll runs several in one process, since it is the start of Python that takes the time.
func writtenAll(t *testing.T, files [][2]string) (paths []string) {
	t.Helper()
	var parts [][2]string
	for i, f := range files {
		path := filepath.Join(t.TempDir(), fmt.Sprint(i), f[0])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		paths, parts = append(paths, path), append(parts, [2]string{path, f[1]})
	}
	order, err := json.Marshal(parts)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), interpreter(t), "-I", "-c", prelude)
	cmd.Stdin = bytes.NewReader(order)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return paths
}

// given writes a file of some text.
func given(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func openStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// imported imports a file that must be good.
func imported(t *testing.T, s *store.Store, path string, o importer.Options) importer.Result {
	t.Helper()
	o.Python = interpreter(t)
	r, err := importer.Import(t.Context(), s, path, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// values reads a stored array.
func values(t *testing.T, s *store.Store, set imports.Set, name string) []float64 {
	t.Helper()
	a, ok := set.Array(name)
	if !ok {
		t.Fatalf("no array %s among %v", name, set.Names())
	}
	var all []float64
	err := imports.Read(s, set, a, func(from int, values []float64) error {
		if from != len(all) {
			return fmt.Errorf("a block from %d, want %d", from, len(all))
		}
		all = append(all, values...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// describe is the arrays' names, axes and dimensions in a line each.
func describe(set imports.Set) string {
	var lines []string
	for _, a := range set.Arrays {
		line := a.Name + " ["
		for i, axis := range a.Axes {
			line += fmt.Sprintf("%s %d, ", axis, a.Dims[i])
		}
		line = strings.TrimSuffix(line, ", ") + "] " + a.From + " as " + string(a.DType)
		if a.Units != "" {
			line += ", " + a.Units
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// refusal imports a file that must be refused with a message that has all the parts, and with nothing left in the store.
func refusal(t *testing.T, path string, o importer.Options, parts ...string) {
	t.Helper()
	s := openStore(t)
	o.Python = interpreter(t)
	_, err := importer.Import(t.Context(), s, path, o)
	if err == nil {
		t.Fatalf("%s was taken, want a refusal with %q", filepath.Base(path), parts)
	}
	for _, part := range append(parts, path) {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("message %q lacks %q", err, part)
		}
	}
	if strings.Contains(err.Error(), "Traceback") || strings.Contains(err.Error(), "\n") && !strings.Contains(strings.Join(parts, ""), "\n") {
		t.Errorf("message %q, want one line", err)
	}
	if left := leftovers(t, s); len(left) > 0 {
		t.Errorf("left in the store: %v", left)
	}
}

// leftovers are the files in a store's data, but locks.
func leftovers(t *testing.T, s *store.Store) (left []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(s.Dir(), "data"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, ".lock") || strings.Contains(filepath.Base(path), ".new-") {
			left = append(left, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// counting is the whole numbers below n.
func counting(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(i)
	}
	return v
}

func TestFormats(t *testing.T) {
	cases := []struct {
		name, file, program string
		options             importer.Options
		want                string
		array               string // whose values are 0, 1, 2, … in the order stored
	}{
		{
			"hdf5", "a.h5", `
with h5py.File(path, "w") as f:
    d = f.create_dataset("u", data=np.arange(24.0).reshape(2, 3, 4), chunks=(1, 3, 4), compression="gzip"); d.attrs["units"] = "m/s"
    f["g/k"] = np.arange(5, dtype=">i2"); f["scalar"] = np.float32(3); f["alias"] = h5py.SoftLink("/u")`,
			importer.Options{},
			"k [axis0 5] int16 as float32\nscalar [value 1] float32 as float32\nu [axis0 2, axis1 3, axis2 4] float64 as float64, m/s", "u",
		},
		{
			"hdf5 chosen and named", "a.h5", `
with h5py.File(path, "w") as f:
    f["a/u"] = np.arange(24.0).reshape(2, 3, 4); f["b/u"] = np.arange(4); f["text"] = "no number"`,
			importer.Options{Arrays: []importer.Rename{{From: "a/u", To: "field"}, {From: "b/u"}}, Axes: map[string][]string{"field": {"sample", "x", "y"}}, Units: map[string]string{"field": "K"}},
			"field [sample 2, x 3, y 4] float64 as float64, K\nb_u [axis0 4] int64 as float64", "field",
		},
		{
			"hdf5 labels", "a.h5", `
with h5py.File(path, "w") as f:
    d = f.create_dataset("u", data=np.arange(6.0).reshape(2, 3)); d.dims[0].label = "sample"; d.dims[1].label = "x"`,
			importer.Options{},
			"u [sample 2, x 3] float64 as float64", "u",
		},
		{
			"netcdf 4", "a.nc", `
with h5py.File(path, "w") as f:
    f["time"] = np.arange(2.0); f["x"] = np.arange(3.0); f["time"].make_scale("time"); f["x"].make_scale("x")
    f["b"] = np.zeros(1, "f4"); f["b"].make_scale("This is a netCDF dimension but not a netCDF variable.         1")
    d = f.create_dataset("u", data=np.arange(0, 12, 2, dtype="i2").reshape(2, 3)); d.dims[0].attach_scale(f["time"]); d.dims[1].attach_scale(f["x"])
    d.attrs["scale_factor"] = 0.5; d.attrs["units"] = np.bytes_("K")`,
			importer.Options{},
			"time [time 2] float64 as float64\nu [time 2, x 3] int16 as float64, K\nx [x 3] float64 as float64", "u",
		},
		{
			"netcdf 3", "a.nc", `
f = scipy.io.netcdf_file(path, "w"); f.createDimension("time", None); f.createDimension("x", 3)
v = f.createVariable("u", "f4", ("time", "x")); v[:] = np.arange(6.0).reshape(2, 3); v.units = "m"; f.close()`,
			importer.Options{},
			"u [time 2, x 3] float32 as float32, m", "u",
		},
		{
			"pdebench", "a.hdf5", `
with h5py.File(path, "w") as f:
    f["tensor"] = np.arange(2*3*4, dtype="f4").reshape(2, 3, 4); f["x-coordinate"] = np.arange(4.0); f["t-coordinate"] = np.arange(4.0)`,
			importer.Options{},
			"time [time_edge 4] float64 as float64\ntensor [sample 2, time 3, x 4] float32 as float32\nx [x 4] float64 as float64", "tensor",
		},
		{
			"pdebench darcy", "a.hdf5", `
with h5py.File(path, "w") as f:
    f["nu"] = np.zeros((2, 3, 4), "f4"); f["tensor"] = np.arange(24, dtype="f4").reshape(2, 1, 3, 4)
    f["x-coordinate"] = np.arange(3.0); f["y-coordinate"] = np.arange(4.0)`,
			importer.Options{},
			"nu [sample 2, x 3, y 4] float32 as float32\ntensor [sample 2, channel 1, x 3, y 4] float32 as float32\nx [x 3] float64 as float64\ny [y 4] float64 as float64", "tensor",
		},
		{
			"pdebench groups", "a.hdf5", `
with h5py.File(path, "w") as f:
    u = np.arange(2*3*4*5*2, dtype="f4").reshape(2, 3, 4, 5, 2)
    for i in range(2):
        f[f"{i:04}/data"] = u[i]; f[f"{i:04}/grid/x"] = np.arange(4.0); f[f"{i:04}/grid/y"] = np.arange(5.0); f[f"{i:04}/grid/t"] = np.arange(3.0)`,
			importer.Options{},
			"data [sample 2, time 3, x 4, y 5, channel 2] float32 as float32\ntime [time 3] float64 as float64\nx [x 4] float64 as float64\ny [y 5] float64 as float64", "data",
		},
		{
			"the well", "a.hdf5", `
with h5py.File(path, "w") as f:
    d = f.create_group("dimensions"); d.attrs["spatial_dims"] = ["x", "y"]; d["time"] = np.arange(3.0); d["x"] = np.arange(4.0); d["y"] = np.arange(5.0)
    for name, shape in (("t0_fields/density", (2, 3, 4, 5)), ("t1_fields/velocity", (2, 3, 4, 5, 2))):
        f[name] = np.arange(np.prod(shape), dtype="f4").reshape(shape)
        f[name].attrs["sample_varying"] = True; f[name].attrs["time_varying"] = True; f[name].attrs["dim_varying"] = [True, True]`,
			importer.Options{},
			"time [time 3] float64 as float64\nx [x 4] float64 as float64\ny [y 5] float64 as float64\n" +
				"density [sample 2, time 3, x 4, y 5] float32 as float32\nvelocity [sample 2, time 3, x 4, y 5, channel 2] float32 as float32", "velocity",
		},
		{
			"matlab 5", "a.mat", `
u = np.arange(6.0).reshape(3, 2).T  # a matrix of 2 by 3, its first axis fastest in the file
scipy.io.savemat(path, {"u": u, "flag": np.array([[True]])}, do_compression=True)`,
			importer.Options{Axes: map[string][]string{"u": {"sample", "x"}}},
			"u [x 3, sample 2] float64 as float64\nflag [axis1 1, axis0 1] bool as float32", "u",
		},
		{
			"matlab 7.3", "a.mat", `
with h5py.File(path, "w", userblock_size=512) as f:
    f["u"] = np.arange(6.0).reshape(3, 2); f["u"].attrs["MATLAB_class"] = np.bytes_("double"); f.create_group("#refs#")["a"] = 1.0
with open(path, "r+b") as f: f.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM")`,
			importer.Options{Axes: map[string][]string{"": {"sample", "x"}}},
			"u [x 3, sample 2] float64 as float64", "u",
		},
		{
			"npy", "a.npy", `np.save(path, np.asfortranarray(np.arange(6, dtype=">f4").reshape(3, 2).T))`,
			importer.Options{Axes: map[string][]string{"a": {"sample", "x"}}},
			"a [x 3, sample 2] float32 as float32", "a",
		},
		{
			"npz", "a.npz", `np.savez_compressed(path, u=np.arange(100000, dtype="u4").reshape(1000, 100), half=np.arange(4, dtype="f2"), one=True)`,
			importer.Options{},
			"u [axis0 1000, axis1 100] uint32 as float64\nhalf [axis0 4] float16 as float32\none [value 1] bool as float32", "u",
		},
		{
			"csv", "a.csv", `open(path, "w").write("# made\nt; u [m]\n0; 1.5\n1;-2e3\n2;7\n")`,
			importer.Options{},
			"t [sample 3] float64 as float64\nu__m_ [sample 3] float64 as float64", "t",
		},
		{
			"table without names", "a.txt", `np.savetxt(path, np.arange(6.0).reshape(2, 3))`,
			importer.Options{},
			"values [sample 2, x 3] float64 as float64", "values",
		},
	}
	var files [][2]string
	for _, c := range cases {
		files = append(files, [2]string{c.file, c.program})
	}
	for i, path := range writtenAll(t, files) {
		c := cases[i]
		t.Run(c.name, func(t *testing.T) {
			s := openStore(t)
			r := imported(t, s, path, c.options)
			if got := describe(r.Set); got != c.want {
				t.Errorf("arrays\n%s\nwant\n%s", got, c.want)
			}
			a, _ := r.Array(c.array)
			if got := values(t, s, r.Set, c.array); !slices.Equal(got, counting(a.Size())) {
				t.Errorf("values %.60v, want 0, 1, 2, …", fmt.Sprint(got))
			}
			if last := float64(a.Size() - 1); a.Stats != (imports.Stats{Max: last, Mean: last / 2}) {
				t.Errorf("sums %+v, want 0, %v and %v", a.Stats, last/2, last)
			}
			again := imported(t, s, path, c.options)
			if !again.Kept || again.Hash != r.Hash || again.Replaced != "" {
				t.Errorf("imported again: kept %v, hash %s, want %s", again.Kept, again.Hash, r.Hash)
			}
			if found, err := imports.Find(s, r.Hash[:imports.MinDigits]); err != nil || found.Hash != r.Hash {
				t.Errorf("found by hash: %v, %v", found.Hash, err)
			}
		})
	}
}

func TestTheHashIsOfTheContent(t *testing.T) {
	s := openStore(t)
	one := imported(t, s, written(t, "a.npz", `np.savez(path, a=np.arange(6.0).reshape(2, 3), b=np.ones(2))`), importer.Options{Name: "one"})
	two := imported(t, s, written(t, "b.h5", `
with h5py.File(path, "w") as f: f["b"] = np.ones(2); f["a"] = np.arange(6.0).reshape(2, 3)`), importer.Options{Name: "two"})
	other := imported(t, s, written(t, "a.npz", `np.savez(path, a=np.arange(6.0).reshape(2, 3), b=np.zeros(2))`), importer.Options{Name: "one"})
	if one.Hash != two.Hash || one.Kept || two.Kept {
		t.Errorf("hashes %s and %s of the same arrays, want one", one.Hash, two.Hash)
	}
	if other.Hash == one.Hash || other.Replaced != one.Hash {
		t.Errorf("hash %s of other values under the same name, which replaces %s; want another than %s", other.Hash, other.Replaced, one.Hash)
	}
	stored := filepath.Join(s.Dir(), "data", two.Bundle, "a.npy")
	const check = "import sys, numpy as np\na = np.load(sys.argv[1])\nassert a.dtype == '<f8' and (a == np.arange(6.0).reshape(2, 3)).all()"
	if out, err := exec.CommandContext(t.Context(), interpreter(t), "-I", "-c", check, stored).CombinedOutput(); err != nil {
		t.Errorf("NumPy does not read what is stored: %v\n%s", err, out)
	}
	list, err := imports.List(s)
	if err != nil || len(list) != 2 || list[0].Hash != other.Hash || list[1].Hash != two.Hash {
		t.Errorf("listed %v, %v; want one and two", list, err)
	}
	_, err = imports.Find(s, "three")
	if !errors.Is(err, store.ErrMissing) || !strings.Contains(err.Error(), "one, two") {
		t.Errorf("error = %v, want one that names what there is", err)
	}
}

func TestSumsDoNotDependOnBlocks(t *testing.T) {
	path := written(t, "a.h5", `
with h5py.File(path, "w") as f: f["u"] = r.normal(size=(37, 11, 13)) * 10.0 ** r.integers(-8, 8, (37, 11, 13))`)
	whole := imported(t, openStore(t), path, importer.Options{})
	for _, block := range []int{8, 100, 1000, 8 * 11 * 13, 12345} {
		s := openStore(t)
		r := imported(t, s, path, importer.Options{Block: block})
		if r.Arrays[0].Stats != whole.Arrays[0].Stats || r.Hash != whole.Hash {
			t.Errorf("blocks of %d bytes: %+v, want %+v", block, r.Arrays[0].Stats, whole.Arrays[0].Stats)
		}
	}
	big := imported(t, openStore(t), written(t, "b.npy", `np.save(path, np.array([1.7e308, 1.7e308, 1.6e308]))`), importer.Options{})
	if mean, want := big.Arrays[0].Stats.Mean, (1.7e308/3*2 + 1.6e308/3); math.Abs(mean/want-1) > 1e-15 { // a few roundings
		t.Errorf("mean %v, want %v", mean, want)
	}
}
