package datasets_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/datasets/outline"
)

// TestOutlinesGolden ties the values to Outlines.Version.
func TestOutlinesGolden(t *testing.T) {
	for _, k := range datasets.OutlineKinds() {
		checkGolden(t, datasets.Outlines{Kind: k, Points: 10, Grid: 7, Train: 2, Test: 1, Seed: 1}, 1e-14) // round-off of values of size 1
	}
}

// TestOutlinesAreValid reads the outlines back: they are valid, distances have the sign of what is inside and a slope of at most 1.
func TestOutlinesAreValid(t *testing.T) {
	for _, o := range []datasets.Outlines{
		{Kind: datasets.StarDomains, Points: 12, Grid: 21, Train: 30, Test: 1, Holes: 3},
		{Kind: datasets.Airfoils, Points: 60, Grid: 21, Train: 30, Test: 1},
	} {
		pairs := load(t, o).Train()
		x, y := pairs.Coords[0].Values, pairs.Coords[1].Values
		for s := range pairs.Len() {
			var d outline.Domain
			in, out := pairs.Input.Sample(s), pairs.Output.Sample(s)
			for l := range 1 + o.Holes {
				var loop outline.Loop
				for p := range o.Points {
					at := 2 * (l*o.Points + p)
					loop = append(loop, outline.Point{X: in[at], Y: in[at+1]})
				}
				if l == 0 {
					d.Outer = loop
				} else {
					d.Holes = append(d.Holes, loop)
				}
			}
			if err := d.Validate(); err != nil {
				t.Fatalf("%s, sample %d: %v", o.Kind, s, err)
			}
			h := x[1] - x[0]
			for i, v := range out {
				if p := (outline.Point{X: x[i/21], Y: y[i%21]}); d.Contains(p) != (v < 0) {
					t.Fatalf("%s, sample %d: distance %v at %v", o.Kind, s, v, p)
				}
				if i%21 > 0 && math.Abs(v-out[i-1]) > h*(1+1e-12) {
					t.Fatalf("%s, sample %d: distances %v and %v of neighbours, want them %v apart at most", o.Kind, s, out[i-1], v, h)
				}
			}
		}
	}
}

func TestOutlinesErrors(t *testing.T) {
	for want, o := range map[string]datasets.Outlines{
		`Outlines.Kind = "square"`:                   {Kind: "square"},
		"Outlines.Points = 7, want at least 8":       {Kind: datasets.Airfoils, Points: 7},
		"Outlines.Points = 3, want at least 4":       {Kind: datasets.StarDomains, Points: 3},
		"Outlines.Grid = 1":                          {Kind: datasets.StarDomains, Grid: 1},
		"Outlines.Holes = 1, want 0, since airfoils": {Kind: datasets.Airfoils, Holes: 1},
		"Outlines.Holes = -1":                        {Kind: datasets.StarDomains, Holes: -1},
		"Outlines.Train = 0":                         {Kind: datasets.StarDomains},
	} {
		if _, err := datasets.Load(t.Context(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
