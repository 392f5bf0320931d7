package picture_test

import (
	"bytes"
	"image/png"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/datasets/randomfield"
	"github.com/fieldbook-go/fieldbook/internal/picture"
)

// TestPairsOnNoGrid draws what has no coordinate: classes, images, clouds, sequences, outlines.
func TestPairsOnNoGrid(t *testing.T) {
	for _, r := range []datasets.Recipe{
		datasets.Density{Kind: datasets.Moons, Train: 1, Test: 20},
		datasets.Images{Kind: datasets.DigitImages, Train: 1, Test: 1, Side: 12},
		datasets.GaussianProcess{Form: randomfield.Exponential, Length: 1, Axes: 1, Points: 9, Train: 1, Test: 1},
		datasets.PointClouds{Kind: datasets.TorusClouds, Points: 20, Train: 1, Test: 1},
		datasets.Sequences{Task: datasets.AddingTask, Length: 10, Train: 1, Test: 1},
		datasets.Sequences{Task: datasets.DyckTask, Length: 10, Train: 1, Test: 1},
		datasets.Outlines{Kind: datasets.Airfoils, Points: 20, Grid: 8, Train: 1, Test: 1},
	} {
		set, err := datasets.Load(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		figure, err := picture.Pair(set)
		if err != nil {
			t.Errorf("%s: %v", r.Name(), err)
			continue
		}
		var w bytes.Buffer
		if err := figure.WritePNG(&w); err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(&w); err != nil || img.Bounds().Dx() < 300 {
			t.Errorf("%s: no picture: %v", r.Name(), err)
		}
	}
}
