package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/imports"
	"github.com/fieldbook-go/fieldbook/internal/place"
)

// python runs a program in the set-up's Python.
func python(t *testing.T, program string, args ...string) {
	t.Helper()
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), place.Python(root), append([]string{"-I", "-c", program}, args...)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestImportAndExport(t *testing.T) {
	home(t)
	dir := t.TempDir()
	file, back, npzBack := filepath.Join(dir, "burgers_data.mat"), filepath.Join(dir, "back.h5"), filepath.Join(dir, "back.npz")
	python(t, `
import sys, numpy as np, scipy.io
a = np.arange(60.0).reshape(10, 6)
scipy.io.savemat(sys.argv[1], {"a": a, "u": 2 * a, "note": "of the solver"})`, file)

	refused(t, []string{"import", file}, "array note is a MATLAB char", "--array can take a, u")
	if out := succeed(t, "import"); !strings.Contains(out, "nothing was imported into ") {
		t.Errorf("printed %q after a refusal, want that nothing was imported", out)
	}
	out := succeed(t, "import", file, "--array", "a", "--array", "u=velocity", "--axes", "sample,x", "--units", "velocity=m/s")
	for _, want := range []string{
		"a [x 6, sample 10]         float64  -      0    29.5  59   0\n", "velocity [x 6, sample 10]  float64  m/s    0    59    118  0\n",
		`datasets.Imported{Set: "burgers_data"}`, "kept in the store",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("printed\n%s\nwhich lacks %q", out, want)
		}
	}
	var list []imports.Set
	if err := json.Unmarshal([]byte(succeed(t, "import", "--json")), &list); err != nil || len(list) != 1 || list[0].Name != "burgers_data" {
		t.Fatalf("listed %+v, %v; want one set", list, err)
	}
	if out := succeed(t, "import"); !strings.Contains(out, "burgers_data  "+list[0].Hash[:12]+"  of burgers_data.mat\n    a [x 6, sample 10]\n") {
		t.Errorf("listed\n%s", out)
	}

	pairs := []string{"data", "imported", "--set", "Set=burgers_data", "--set", "Input=a", "--set", "Output=velocity", "--set", "Test=3", "-n", "7"}
	succeed(t, append(pairs, "-o", back)...)
	succeed(t, append(pairs, "-o", npzBack)...)
	python(t, `
import sys, json, numpy as np, h5py
a = np.arange(60.0).reshape(10, 6, 1)
want = {"train_input": a[:7], "train_output": 2 * a[:7], "test_input": a[7:], "test_output": 2 * a[7:]}
with h5py.File(sys.argv[1]) as f, np.load(sys.argv[2]) as z:
    assert sorted(f) == sorted(want) == sorted(z.files)
    for name, values in want.items():
        assert np.array_equal(f[name][:], values) and np.array_equal(z[name], values)
        assert list(f[name].attrs["axes"]) == ["sample", "x", "channel"]
    assert f["test_output"].attrs["units"] == "m/s" and "units" not in f["test_input"].attrs
    assert json.loads(f.attrs["recipe"])["Set"] == sys.argv[3] and f.attrs["recipe_name"] == "imported"`, back, npzBack, list[0].Hash)
	out = succeed(t, "import", back, "--name", "again")
	if !strings.Contains(out, "train_output [sample 7, x 6, channel 1]  float64  m/s") {
		t.Errorf("printed\n%s\nwant the axes and units of the export", out)
	}
}

func TestDataAsHDF5(t *testing.T) {
	home(t)
	path, other := filepath.Join(t.TempDir(), "x.h5"), filepath.Join(t.TempDir(), "x.npz")
	args := []string{"data", "burgers", "--set", "Grid=16", "--set", "Finest=32", "--set", "Steps=20", "--set", "Test=2", "-n", "2", "-o"}
	succeed(t, append(args, path)...)
	succeed(t, append(args, other)...)
	python(t, `
import sys, json, numpy as np, h5py
with h5py.File(sys.argv[1]) as f, np.load(sys.argv[2]) as z:
    assert sorted(f) == sorted(z.files)
    for name in z.files:
        assert np.array_equal(f[name][:], z[name]) and f[name].dtype == "f8" and len(f[name].attrs["axes"]) == z[name].ndim
    assert json.loads(f.attrs["recipe"])["Grid"] == 16 and f.attrs["recipe_name"] == "burgers" and f.attrs["recipe_version"] == "1"`, path, other)
	refused(t, []string{"data", "burgers", "-o", "x.hdf"}, "want a name that ends in .npz or .h5")
}

func TestImportRefusals(t *testing.T) {
	dir := home(t)
	file := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(file, []byte("t,u\n0,1\n1,\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		says []string
	}{
		{[]string{"import", filepath.Join(dir, "none.h5")}, []string{"none.h5"}},
		{[]string{"import", dir}, []string{dir, "is no file"}},
		{[]string{"import", file}, []string{"array u has 1 NaN", "--allow-nan"}},
		{[]string{"import", file, "--name", "../x"}, []string{`name "../x"`}},
		{[]string{"import", file, "--name", "0123abcd"}, []string{"beginning of a hash"}},
		{[]string{"import", file, "--array", "=x"}, []string{"--array =x"}},
		{[]string{"import", file, "--array", "t=../x"}, []string{`array name "../x"`}},
		{[]string{"import", file, "--axes", "t="}, []string{"--axes t="}},
		{[]string{"import", file, "--units", "K"}, []string{"--units K, want array=units"}},
		{[]string{"import", file, "--units", "v=K"}, []string{`--units names the array "v", want one of t, u`}},
		{[]string{"import", file, "--max-size", "much"}, []string{`--max-size "much", want a size such as`}},
		{[]string{"import", file, "--max-size", "12B"}, []string{"at most 12;"}},
		{[]string{"import", file, file}, []string{"at most 1"}},
		{[]string{"data", "imported"}, []string{"Imported.Set is empty"}},
		{[]string{"data", "imported", "--set", "Set=none"}, []string{`no imported set "none"`}},
		{[]string{"data", "imported", "--set", "Grid=3"}, []string{"Grid", "want fields Set, Input"}},
		{[]string{"data", "imported", "--seed", "3"}, []string{"Seed"}},
	} {
		refused(t, c.args, c.says...)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			t.Errorf("%s is left in the store", e.Name())
		}
	}
	out := succeed(t, "import", file, "--allow-nan")
	if !strings.Contains(out, "u [sample 2]  float64  -      1    1     1    1\n") {
		t.Errorf("printed\n%s\nwant one NaN counted", out)
	}
}

func TestParseBytes(t *testing.T) {
	for text, want := range map[string]int64{"1": 1, "12B": 12, "1.5KiB": 1536, "16GiB": 16 << 30, "2GB": 2e9, "3 MB": 3e6} {
		if got, err := parseBytes(text); err != nil || got != want {
			t.Errorf("parseBytes(%q) = %d, %v; want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "GiB", "-1GiB", "0", "1XB", "1e30", "1 2MB"} {
		if got, err := parseBytes(text); err == nil {
			t.Errorf("parseBytes(%q) = %d, want an error", text, got)
		}
	}
}
