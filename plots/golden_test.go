package plots_test

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/plot/cmpimg"
)

var update = flag.Bool("update", false, "rewrite the golden images in testdata")

// tolerance is the greatest difference of a pixel, as a part of that between
// black and white. On one machine images are equal; where the compiler fuses
// multiplications and additions (arm64, for one) the shade of an antialiased
// edge changes by a few of its 255 levels. A line or letter that moves by a
// third of a pixel changes it by a third.
const tolerance = 0.05

func TestGolden(t *testing.T) {
	for _, test := range []struct {
		name    string
		example func()
	}{
		{"lines", ExampleLines},
		{"band", ExampleLines_band},
		{"loss", ExampleLoss},
		{"compare", ExampleCompare},
		{"single", ExampleCompare_single},
		{"resolution", ExampleResolution},
		{"workprecision", ExampleWorkPrecision},
		{"spectrum", ExampleSpectrum},
		{"fieldrow", ExampleFieldRow},
		{"darcy", ExampleFieldRow_input},
		{"bars", ExampleBars},
		{"barslog", ExampleBars_log},
		{"grid", ExampleGrid},
		{"wrap", ExampleWrap},
	} {
		t.Run(test.name, func(t *testing.T) { golden(t, test.name, test.example) })
	}
}

// golden runs an example and compares the picture that it saves with testdata.
func golden(t *testing.T, name string, example func()) {
	t.Helper()
	example()
	got := read(t, filepath.Join("testdata", "out", name+".png"))
	file := filepath.Join("testdata", name+".png")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	same, err := cmpimg.EqualApprox("png", got, read(t, file), tolerance)
	if err != nil {
		t.Fatal(err)
	}
	embedded(t, filepath.Join("testdata", "out", name+".pdf"))
	if !same {
		t.Errorf("testdata/out/%s.png differs from %s; look at both, and run with -update if the new one is right", name, file)
	}
}

// poppler returns a tool of Poppler, which the tests of PDF files need.
func poppler(t *testing.T, tool string) string {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err != nil {
		t.Fatalf("%s is not installed, want Poppler's tools: apt-get install poppler-utils", tool)
	}
	return path
}

// embedded checks that another program opens a PDF and finds its fonts inside.
func embedded(t *testing.T, file string) {
	t.Helper()
	out, err := exec.Command(poppler(t, "pdffonts"), file).CombinedOutput()
	if err != nil {
		t.Fatalf("pdffonts %s: %v\n%s", file, err, out)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) < 3 {
		t.Errorf("%s has no fonts, want at least one:\n%s", file, out)
	}
	for _, line := range lines[min(2, len(lines)):] {
		// The columns after the encoding: embedded, subset, Unicode, object and its generation.
		fields := strings.Fields(line)
		if n := len(fields); n < 6 || fields[n-5] != "yes" || fields[n-3] != "yes" {
			t.Errorf("%s: not embedded, or its text cannot be copied: %s", file, line)
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
