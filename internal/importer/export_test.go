package importer_test

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/importer"
)

func TestExportHDF5(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.h5")
	u := importer.Exported{Name: "u", Axes: []string{"sample", "x"}, Dims: []int{1000, 300}, Units: "m/s", Values: counting(300_000)}
	x := importer.Exported{Name: "x", Axes: []string{"x"}, Dims: []int{3}, Values: []float64{math.Pi, math.Inf(1), 5e-324}}
	attributes := map[string]string{"recipe": `{"Grid": 128, "ν": "é"}`}
	for range 2 {
		if err := importer.ExportHDF5(t.Context(), interpreter(t), path, attributes, []importer.Exported{u, x}); err != nil {
			t.Fatal(err)
		}
	}
	const check = `
import sys, json, math, numpy as np, h5py
with h5py.File(sys.argv[1]) as f:
    assert sorted(f) == ["u", "x"] and f["u"].shape == (1000, 300) and f["u"].dtype == "f8"
    assert (f["u"][:].ravel() == np.arange(300000)).all() and list(f["x"][:]) == [math.pi, math.inf, 5e-324]
    assert list(f["u"].attrs["axes"]) == ["sample", "x"] and f["u"].attrs["units"] == "m/s" and "units" not in f["x"].attrs
    assert [d.label for d in f["u"].dims] == ["sample", "x"]
    assert json.loads(f.attrs["recipe"]) == {"Grid": 128, "ν": "é"}
`
	if out, err := exec.CommandContext(t.Context(), interpreter(t), "-I", "-c", check, path).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	first, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := importer.ExportHDF5(t.Context(), interpreter(t), path, attributes, []importer.Exported{u, x}); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(path); err != nil || !bytes.Equal(first, again) {
		t.Errorf("another file for the same data, %v", err)
	}
	s := openStore(t)
	r := imported(t, s, path, importer.Options{AllowNaN: true})
	if got, want := describe(r.Set), "u [sample 1000, x 300] float64 as float64, m/s\nx [x 3] float64 as float64"; got != want {
		t.Errorf("read back\n%s\nwant\n%s", got, want)
	}

	u.Values = u.Values[1:]
	err = importer.ExportHDF5(t.Context(), interpreter(t), path, nil, []importer.Exported{x, u})
	if err == nil || !strings.Contains(err.Error(), path+": array u has 299999 values") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error = %v, want one line with the file", err)
	}
	u.Name, u.Values = "x", counting(300_000) // a name twice: Python refuses it
	err = importer.ExportHDF5(t.Context(), interpreter(t), path, nil, []importer.Exported{x, u})
	if err == nil || !strings.Contains(err.Error(), "name already exists") {
		t.Errorf("error = %v, want one that says that the name is taken", err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(first, now) {
		t.Errorf("after a failure the file is another, %v", err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%d files are left, %v; want one", len(files), err)
	}
}
