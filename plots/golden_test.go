package plots_test

import (
	"flag"
	"os"
	"path/filepath"
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
	if !same {
		t.Errorf("testdata/out/%s.png differs from %s; look at both, and run with -update if the new one is right", name, file)
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
