package importer_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/importer"
)

func TestRefusals(t *testing.T) {
	only := func(name string) importer.Options { return importer.Options{Arrays: []importer.Rename{{From: name}}} }
	cases := []struct {
		name, file, program string
		options             importer.Options
		says                []string
	}{
		{"hdf5 truncated", "a.h5", `
with h5py.File(path, "w") as f: f["u"] = np.arange(10000.0)
os.truncate(path, os.path.getsize(path) // 2)`, importer.Options{}, []string{"cannot be read as HDF5", "truncated file"}},
		{"hdf5 of noise", "a.h5", `open(path, "wb").write(b"\x89HDF\r\n\x1a\n" + r.bytes(4000))`, importer.Options{}, []string{"cannot be read"}},
		{"hdf5 with a damaged chunk", "a.h5", `
with h5py.File(path, "w") as f: d = f.create_dataset("u", data=r.normal(size=1000), chunks=(100,), compression="gzip", fletcher32=True); at = d.id.get_chunk_info(5)
with open(path, "r+b") as f: f.seek(at.byte_offset + 100); f.write(b"damaged")`, importer.Options{}, []string{"cannot be read"}},
		{
			"hdf5 with an unknown filter", "a.h5", `
with h5py.File(path, "w") as f:
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE); plist.set_chunk((10,)); plist.set_filter(32015, h5py.h5z.FLAG_OPTIONAL)
    h5py.h5d.create(f.id, b"u", h5py.h5t.NATIVE_DOUBLE, h5py.h5s.create_simple((100,)), plist); f["v"] = np.ones(3)`,
			importer.Options{},
			[]string{"array u is compressed with filter 32015", "want gzip", "--array can take v"},
		},
		{
			"hdf5 whose values are elsewhere", "a.h5", `
with h5py.File(path, "w") as f: f.create_dataset("u", (4,), "f8", external=[("/etc/passwd", 0, 32)]); f["w"] = h5py.ExternalLink("other.h5", "/u")`,
			importer.Options{},
			[]string{"array u keeps its values in another file", "array w is a link to another file"},
		},
		{
			"hdf5 put together", "a.h5", `
with h5py.File(path, "w") as f:
    layout = h5py.VirtualLayout((4,), "f8"); layout[:] = h5py.VirtualSource("other.h5", "u", (4,)); f.create_virtual_dataset("u", layout)`,
			importer.Options{},
			[]string{"array u is put together from other arrays or files"},
		},
		{"hdf5 of objects", "a.h5", `
with h5py.File(path, "w") as f: f["names"] = ["a", "b"]; f["u"] = np.ones(3)`, importer.Options{}, []string{"array names holds text or objects, want numbers", "--array can take u"}},
		{"hdf5 of text, asked for", "a.h5", `
with h5py.File(path, "w") as f: f["names"] = np.array([b"a", b"b"])`, only("names"), []string{"array names holds text or objects, want numbers"}},
		{"hdf5 complex", "a.h5", `
with h5py.File(path, "w") as f: f["u"] = np.ones(3, complex)`, importer.Options{}, []string{"array u holds complex numbers", "two arrays"}},
		{"hdf5 of records", "a.h5", `
with h5py.File(path, "w") as f: f["u"] = np.zeros(3, [("mass", "f8"), ("spin", "i4")])`, importer.Options{}, []string{"array u holds records of mass, spin"}},
		{"hdf5 without values", "a.h5", `
with h5py.File(path, "w") as f: f["u"] = np.ones((0, 3)); f["e"] = h5py.Empty("f8")`, importer.Options{}, []string{"array u has no values", "array e has no values"}},
		{"hdf5 claims more than the cap", "a.h5", `
with h5py.File(path, "w") as f: f.create_dataset("u", (10**6, 10**6), "f8", chunks=(100, 100))`, importer.Options{}, []string{"array u of shape [1000000 1000000]", "8000000000000 bytes", "17179869184", "--max-size"}},
		{"hdf5 above the given cap", "a.h5", `
with h5py.File(path, "w") as f: f["u"] = np.ones(100); f["v"] = np.ones(100)`, importer.Options{MaxBytes: 1000}, []string{"array v", "1600 bytes", "at most 1000"}},
		{"hdf5 large integers", "a.h5", `
with h5py.File(path, "w") as f: f["u"] = np.array([2**53 + 1])`, importer.Options{}, []string{"integers above 2^53"}},
		{
			"hdf5 with NaN", "a.h5", `
u = np.ones((3, 4)); u[1, 2] = np.nan; u[2, 0] = np.nan; u[2, 1] = np.inf
with h5py.File(path, "w") as f: f["good"] = np.ones(3); f["u"] = u`,
			importer.Options{Axes: map[string][]string{"u": {"sample", "x"}}},
			[]string{"array u has 2 NaN and 1 infinite of 12 values", "[sample 1, x 2]", "--allow-nan"},
		},
		{"no such array", "a.h5", `
with h5py.File(path, "w") as f: f["u"] = np.ones(3)`, only("v"), []string{`no array "v"`, "--array can take u"}},
		{
			"wrong number of axes", "a.h5", `
with h5py.File(path, "w") as f: f["u"] = np.ones((3, 4))`,
			importer.Options{Axes: map[string][]string{"u": {"sample", "x", "y"}}},
			[]string{"axes of u = sample,x,y, want 2 names for the shape [3 4]"},
		},
		{
			"axes in the wrong order", "a.h5", `
with h5py.File(path, "w") as f: f["a"] = np.ones((3, 4)); f["u"] = np.ones((4, 3))`,
			importer.Options{Axes: map[string][]string{"": {"sample", "x"}}},
			[]string{"axis sample is 3 long in a and 4 in u", "order of --axes"},
		},
		{"an axis twice", "a.h5", `
with h5py.File(path, "w") as f: f["u"] = np.ones((3, 4))`, importer.Options{Axes: map[string][]string{"u": {"x", "x"}}}, []string{"axes of u = x,x, want words, each once"}},
		{"axes of no array", "a.h5", `
with h5py.File(path, "w") as f: f["u"] = np.ones((3, 4))`, importer.Options{Axes: map[string][]string{"": {"x"}}}, []string{"--axes x fits no array"}},
		{
			"matlab 5 struct", "a.mat", `scipy.io.savemat(path, {"s": {"a": 1.0, "b": {"c": [1, 2], "d": "text"}}, "u": np.ones((2, 3))})`,
			importer.Options{},
			[]string{"array s is a MATLAB struct, want numbers", "--array can take u"},
		},
		{
			"matlab 5 cell, text and sparse", "a.mat", `
c = np.empty((1, 2), object); c[0, 0] = 1.0; c[0, 1] = "x"
scipy.io.savemat(path, {"c": c, "text": "abc", "m": scipy.sparse.eye(3, format="csc")})`,
			importer.Options{},
			[]string{"array c is a MATLAB cell", "array text is a MATLAB char", "array m is a MATLAB sparse", "none can be read"},
		},
		{"matlab 5 complex", "a.mat", `scipy.io.savemat(path, {"u": np.array([[1 + 2j]])})`, importer.Options{}, []string{"array u holds complex numbers"}},
		{"matlab 5 truncated", "a.mat", `
scipy.io.savemat(path, {"u": r.normal(size=(100, 100))})
os.truncate(path, os.path.getsize(path) // 2)`, importer.Options{}, []string{"array u cannot be read"}},
		{"matlab 5 of noise", "a.mat", `open(path, "wb").write(b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + r.bytes(3000))`, importer.Options{}, []string{"cannot be read as MATLAB 5"}},
		{"matlab 7.3 struct", "a.mat", `
with h5py.File(path, "w", userblock_size=512) as f:
    g = f.create_group("s"); g.attrs["MATLAB_class"] = np.bytes_("struct"); g["a"] = 1.0
    f["t"] = np.array([97, 98], "u2"); f["t"].attrs["MATLAB_class"] = np.bytes_("char")
with open(path, "r+b") as f: f.write(b"MATLAB 7.3 MAT-file")`, importer.Options{}, []string{"array s is a MATLAB struct", "array t is a MATLAB char"}},
		{"netcdf 3 truncated", "a.nc", `
f = scipy.io.netcdf_file(path, "w"); f.createDimension("x", 3000); v = f.createVariable("u", "f4", ("x",)); v[:] = 1; f.close()
os.truncate(path, 100)`, importer.Options{}, []string{"cannot be read"}},
		{"npy with a pickle", "a.npy", `np.save(path, np.array([{"a": 1}], object), allow_pickle=True)`, importer.Options{}, []string{"holds pickled objects, which are code and are never loaded"}},
		{"npz with a pickle", "a.npz", `np.savez(path, u=np.ones(3), o=np.array([{"a": 1}], object))`, importer.Options{}, []string{"array o holds pickled objects", "--array can take u"}},
		{"npz with a file of pickle", "a.npz", `
with zipfile.ZipFile(path, "w") as z: z.writestr("o.pkl", b"\x80\x04N.")`, importer.Options{}, []string{`holds "o.pkl", want arrays as .npy`}},
		{
			"npz bomb", "a.npz", `
import io
head = io.BytesIO(); np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (2**22,)})
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z: z.writestr("u.npy", head.getvalue() + bytes(8 * 2**22))`,
			importer.Options{MaxBytes: 1 << 20},
			[]string{"array u", "33554432 bytes", "at most 1048576"},
		},
		{
			"npz that claims too little", "a.npz", `
import io
head = io.BytesIO(); np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (2**40,)})
with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z: z.writestr("u.npy", head.getvalue() + bytes(800))`,
			importer.Options{},
			[]string{"array u has the shape [1099511627776] and 800 bytes"},
		},
		{"npz with a wrong checksum", "a.npz", `
np.savez(path, u=np.arange(1000.0))
with open(path, "r+b") as f: f.seek(4000); f.write(b"damaged")`, importer.Options{}, []string{"array u", "checksum"}},
		{"npz cut off", "a.npz", `
np.savez(path, u=np.arange(1000.0))
os.truncate(path, 5000)`, importer.Options{}, []string{"cannot be read as .npz"}},
		{"npy cut off", "a.npy", `
np.save(path, np.arange(1000.0))
os.truncate(path, 5000)`, importer.Options{}, []string{"cut off"}},
		{"npy complex", "a.npy", `np.save(path, np.ones(3, complex))`, importer.Options{}, []string{"holds complex numbers"}},
		{"npy of text", "a.npy", `np.save(path, np.array(["a"]))`, importer.Options{}, []string{"holds text"}},
		{"npy of records", "a.npy", `np.save(path, np.zeros(3, [("a", "f8")]))`, importer.Options{}, []string{"holds records"}},
		{"csv with ragged rows", "a.csv", `open(path, "w").write("t,u\n0,1\n1,2,3\n")`, importer.Options{}, []string{"line 3 has 3 columns, want 2 as in the first"}},
		{"csv with words", "a.csv", `open(path, "w").write("t,u\n0,1\n1,two\n")`, importer.Options{}, []string{"line 3, column 2", `"two", want a number`}},
		{"csv with a gap", "a.csv", `open(path, "w").write("t,u\n0,1\n1,\n")`, importer.Options{}, []string{"array u has 1 NaN", "[sample 1]"}},
		{"csv without rows", "a.csv", `open(path, "w").write("t,u\n")`, importer.Options{}, []string{"has no rows of numbers"}},
		{"csv above the cap", "a.csv", `open(path, "w").write("t,u\n" + "0,1\n" * 1000)`, importer.Options{MaxBytes: 1000}, []string{"larger than 1000 bytes"}},
		{"neither", "a.bin", `open(path, "wb").write(b"\x7fELF123")`, importer.Options{}, []string{`begins with "\x7fELF123"`, "want a file of HDF5"}},
		{"empty", "a.h5", `open(path, "wb")`, importer.Options{}, []string{"is empty"}},
	}
	var files [][2]string
	for _, c := range cases {
		files = append(files, [2]string{c.file, c.program})
	}
	for i, path := range writtenAll(t, files) {
		c := cases[i]
		t.Run(c.name, func(t *testing.T) {
			refusal(t, path, c.options, c.says...)
		})
	}
}

func TestNaNIsCountedAndKeptIfAllowed(t *testing.T) {
	s := openStore(t)
	path := written(t, "a.npz", `np.savez(path, u=np.array([1.0, np.nan, 3.0, -np.inf]))`)
	r := imported(t, s, path, importer.Options{AllowNaN: true})
	if got := r.Arrays[0].Stats; got.NaN != 1 || got.Inf != 1 || got.Min != 1 || got.Max != 3 || got.Mean != 2 {
		t.Errorf("sums %+v, want one NaN, one infinite, and 1, 2, 3 of the others", got)
	}
	if _, err := importer.Import(t.Context(), s, path, importer.Options{}); err == nil || !strings.Contains(err.Error(), "1 NaN and 1 infinite of 4") {
		t.Errorf("error = %v: what is stored passes though it is no more allowed", err)
	}
}

// TestAFileMayBeLargerThanTheMemory lets Python take 64 MiB above what it has when it begins, for an array of 256 MiB, and counts what is allocated here.
func TestAFileMayBeLargerThanTheMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the memory of a process is limited by Linux's RLIMIT_DATA")
	}
	path := written(t, "a.h5", `
with h5py.File(path, "w") as f: f.create_dataset("u", (32, 1024, 1024), "f8", chunks=(1, 128, 1024), fillvalue=1.5, compression="gzip")`)
	s := openStore(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := imported(t, s, path, importer.Options{Memory: 160 << 20, Block: 1 << 20})
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 64<<20 { // a quarter of the array
		t.Errorf("%d bytes were allocated for an array of %d", got, 256<<20)
	}
	if r.Arrays[0].Stats.Mean != 1.5 || r.Arrays[0].Size() != 1<<25 {
		t.Errorf("%+v, want 2^25 values of 1.5", r.Arrays[0])
	}
	whole := written(t, "a.mat", `scipy.io.savemat(path, {"u": np.zeros((4096, 8192))}, do_compression=True)`)
	refusal(t, whole, importer.Options{Memory: 160 << 20}, "more memory than reading is allowed", "--memory")
}

func TestACancelledImportLeavesNothing(t *testing.T) {
	path := written(t, "a.h5", `
with h5py.File(path, "w") as f: f.create_dataset("u", (64, 1024, 1024), "f4", fillvalue=1.5)`)
	s := openStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := importer.Import(ctx, s, path, importer.Options{Python: interpreter(t), Report: func(done, total int64) {
		if done > total/4 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want the context's", err)
	}
	if left := leftovers(t, s); len(left) > 0 {
		t.Errorf("left in the store: %v", left)
	}
}

func TestWithoutPython(t *testing.T) {
	path := given(t, "a.h5", "\x89HDF\r\n\x1a\n")
	_, err := importer.Import(t.Context(), openStore(t), path, importer.Options{Python: filepath.Join(t.TempDir(), "python")})
	if err == nil || !strings.Contains(err.Error(), "fieldbook setup") {
		t.Errorf("error = %v, want one that says how Python comes here", err)
	}
	says := filepath.Join(t.TempDir(), "python")
	if err := os.WriteFile(says, []byte("#!/bin/sh\necho no frames here at all, only words\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err = importer.Import(t.Context(), openStore(t), path, importer.Options{Python: says})
	if err == nil || !strings.Contains(err.Error(), `begins with "no f"`) {
		t.Errorf("error = %v, want one about the frame", err)
	}
}
