package diffusion_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

// One row by hand: y = 2 x + 3 D + 0.5 z from x of N(mean, 1 + s²).
func TestMomentsOfOneRow(t *testing.T) {
	const mean, std = 0.7, 0.5
	at := diffusion.Point{T: 1, Alpha: 1, Sigma: 1, DAlpha: -0.2, DSigma: 0.4}
	gain := std * std / (std*std + 1)
	x := math.Hypot(std, 1)
	for p, c := range map[diffusion.Prediction][2]float64{ // D = a + b x
		diffusion.X0:       {mean * (1 - gain), gain},
		diffusion.Epsilon:  {-mean * (1 - gain), 1 - gain},
		diffusion.Score:    {mean * (1 - gain), gain - 1},
		diffusion.V:        {-2 * mean * (1 - gain), 1 - 2*gain},
		diffusion.Velocity: {-0.6 * mean * (1 - gain), 0.4 - 0.6*gain},
	} {
		table := diffusion.Table{Prediction: p, Start: diffusion.Combination{X: 1}, Rows: []diffusion.Row{{
			At: at, Anchor: diffusion.Combination{X: 1}, Next: diffusion.Combination{X: 2, D: []float64{3}, Noise: 0.5, From: 0, To: 1},
		}}}
		for _, noise := range []diffusion.Noise{diffusion.Independent, diffusion.Brownian} {
			gotMean, gotStd, err := table.Moments(at, mean, std, noise)
			if err != nil {
				t.Fatal(err)
			}
			wantMean, wantStd := 2*mean+3*(c[0]+c[1]*mean), math.Hypot((2+3*c[1])*x, 0.5)
			if math.Abs(gotMean-wantMean) > 1e-14 || math.Abs(gotStd-wantStd) > 1e-14 { // round-off
				t.Errorf("%s, %q: %v and %v, want %v and %v", p, noise, gotMean, gotStd, wantMean, wantStd)
			}
		}
	}
}

func TestMomentsRefuse(t *testing.T) {
	at := diffusion.Point{T: 1, Alpha: 1, Sigma: 1}
	table := diffusion.Table{Prediction: diffusion.X0, Rows: []diffusion.Row{{At: at}}}
	clean := diffusion.Table{Prediction: diffusion.X0, Rows: []diffusion.Row{{At: diffusion.Point{Alpha: 1}}}}
	moments := func(t diffusion.Table, mean, std float64, n diffusion.Noise) error {
		_, _, err := t.Moments(at, mean, std, n)
		return err
	}
	for want, err := range map[string]error{
		"Table.Rows is empty":                      moments(diffusion.Table{Prediction: diffusion.X0}, 0, 1, ""),
		"Table.Moments of N(0, 0²), want a finite": moments(table, 0, 0, ""),
		"Table.Moments of N(NaN, 1²), want":        moments(table, math.NaN(), 1, ""),
		`Noise = "pink"`:                           moments(table, 0, 1, "pink"),
		"Moments: σ = 0 at row 0, want it above 0": moments(clean, 0, 1, ""),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
