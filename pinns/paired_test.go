package pinns_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/pinns"
)

func TestPairedRatio(t *testing.T) {
	// Logs of the ratios are 0, ln 2, ln 4: mean ln 2, deviation ln 2; t(0.975, 2) = 0.95 √(2/(1 - 0.95²)) in closed form.
	r, err := pinns.PairedRatio([]float64{1, 4, 12}, []float64{1, 2, 3})
	if err != nil {
		t.Fatal(err)
	}
	half := 0.95 * math.Sqrt(2/(1-0.95*0.95)) * math.Ln2 / math.Sqrt(3)
	for _, p := range [][2]float64{{r.Mean, 2}, {r.Low, 2 * math.Exp(-half)}, {r.High, 2 * math.Exp(half)}} {
		if math.Abs(p[0]/p[1]-1) > 1e-9 { // the quantile is found by iteration
			t.Errorf("%+v, want %v", r, p[1])
		}
	}
	for _, c := range []struct {
		a, b []float64
		want string
	}{
		{[]float64{1}, []float64{1}, "at least 2"},
		{[]float64{1, 2}, []float64{1}, "as many of both"},
		{[]float64{1, 0}, []float64{1, 1}, "numbers above 0"},
		{[]float64{1, math.NaN()}, []float64{1, 1}, "numbers above 0"},
	} {
		if _, err := pinns.PairedRatio(c.a, c.b); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("PairedRatio(%v, %v): error %v, want one with %q", c.a, c.b, err, c.want)
		}
	}
}
