package picture_test

import (
	"bytes"
	"errors"
	"image/png"
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/picture"
)

// wave is an array with a sine along all its values.
func wave(name string, axes []string, dims ...int) datasets.Array {
	a := datasets.Array{Name: name, Axes: axes, Dims: dims}
	for i := range a.Shape().Size() {
		a.Values = append(a.Values, math.Sin(float64(i)/7))
	}
	return a
}

func TestSamples(t *testing.T) {
	pairs := func(in, out []string, dims ...int) []datasets.Array {
		return []datasets.Array{wave(datasets.TestInput, in, dims[:len(in)]...), wave(datasets.TestOutput, out, dims...)}
	}
	for name, c := range map[string]struct {
		arrays []datasets.Array
		none   bool
	}{
		"curves without a coordinate": {pairs([]string{"sample", "s", "channel"}, []string{"sample", "s", "channel"}, 4, 16, 1), false},
		"fields":                      {pairs([]string{"sample", "x", "y", "channel"}, []string{"sample", "x", "y", "channel"}, 1, 8, 8, 2), false},
		"only for training": {[]datasets.Array{
			wave(datasets.TrainInput, []string{"sample", "x", "channel"}, 2, 16, 1), wave(datasets.TrainOutput, []string{"sample", "x", "channel"}, 2, 16, 1),
		}, false},
		"pairs of unlike axes":   {[]datasets.Array{wave(datasets.TestInput, []string{"sample", "channel"}, 4, 3), wave(datasets.TestOutput, []string{"sample", "x", "channel"}, 4, 16, 1)}, false},
		"samples last":           {[]datasets.Array{wave("u", []string{"x", "sample"}, 16, 5)}, false},
		"a field, samples last":  {[]datasets.Array{wave("x", []string{"x"}, 8), wave("u", []string{"channel", "y", "x", "sample"}, 2, 6, 8, 5)}, false},
		"no samples":             {[]datasets.Array{wave("points", []string{"point", "coordinate"}, 30, 3)}, true},
		"nothing along the axis": {[]datasets.Array{wave("u", []string{"sample", "channel"}, 30, 3)}, true},
	} {
		t.Run(name, func(t *testing.T) {
			drawing, err := picture.Samples(datasets.Set{Arrays: c.arrays}, 3)
			if c.none {
				if !errors.Is(err, picture.ErrNone) {
					t.Fatalf("error = %v, want ErrNone", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			figure, err := drawing.Figure()
			if err != nil {
				t.Fatal(err)
			}
			var w bytes.Buffer
			if err := figure.WritePNG(&w); err != nil {
				t.Fatal(err)
			}
			if img, err := png.Decode(&w); err != nil || img.Bounds().Dx() < 300 {
				t.Errorf("no picture: %v", err)
			}
		})
	}
}
