package datasets_test

import (
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

func TestAccuracy(t *testing.T) {
	for _, c := range []struct {
		name           string
		coarse, finer  datasets.Refinable
		below, improve float64 // the estimate of the finer one, and by what it is better than the coarse one's
	}{
		{ // of fourth order in time, of which the rough initial fields cost half an order
			"Burgers",
			datasets.Burgers{Viscosity: 0.1, Grid: 64, Train: 3, Test: 2, Finest: 256, Steps: 200},
			datasets.Burgers{Viscosity: 0.1, Grid: 64, Train: 3, Test: 2, Finest: 256, Steps: 400},
			1e-7, 8,
		},
		{ // of first order at the jumps, and erratic, since these fall between the points as they will
			"Darcy", datasets.Darcy{Grid: 11, Train: 3, Test: 3, Finest: 21}, datasets.Darcy{Grid: 11, Train: 3, Test: 3, Finest: 81}, 2e-2, 1.5,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			coarse, err := datasets.Accuracy(t.Context(), c.coarse, 2)
			if err != nil {
				t.Fatal(err)
			}
			finer, err := datasets.Accuracy(t.Context(), c.finer, 2)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%.3g, refined %.3g", coarse, finer)
			if !(finer > 0 && finer <= c.below) || !(coarse >= c.improve*finer) {
				t.Errorf("errors %.3g and refined %.3g, want at most %.3g and an improvement by %v", coarse, finer, c.below, c.improve)
			}
		})
	}
}

func TestAccuracyRefuses(t *testing.T) {
	good := datasets.Darcy{Grid: 11, Train: 1, Test: 1, Finest: 21}
	if _, err := datasets.Accuracy(t.Context(), good, 0); err == nil || !strings.Contains(err.Error(), "samples = 0") {
		t.Errorf("error %v, want that there must be a sample", err)
	}
	good.Finest = 22
	if _, err := datasets.Accuracy(t.Context(), good, 1); err == nil || !strings.Contains(err.Error(), "Darcy.Grid") {
		t.Errorf("error %v, want what Validate finds", err)
	}
}
