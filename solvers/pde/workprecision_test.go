package pde_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/metrics"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

func TestMeasure(t *testing.T) {
	const grid, samples, until = 256, 3, 0.5
	burgers := pde.Burgers(0.05)
	u0 := smoothRandom(samples, grid)
	reference := solve(t, burgers, u0, grid, pde.Stepping{Until: until, Steps: 800})
	efforts := []pde.Effort{{Grid: 16, Steps: 10}, {Grid: 64, Steps: 40}, {Grid: 256, Steps: 200}}
	got, err := burgers.Measure(t.Context(), u0, reference, grid, until, efforts)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range got {
		if o.Effort != efforts[i] || !(o.Seconds > 0) {
			t.Errorf("outcome %+v of effort %+v", o, efforts[i])
		}
	}
	// Sixteen times the points and twenty times the steps: at least ten times the time, on a busy machine too.
	if !(got[1].RelL2 < got[0].RelL2/10 && got[2].RelL2 < got[1].RelL2/10 && got[2].Seconds > 10*got[0].Seconds) {
		t.Errorf("more work does not buy more accuracy: %+v", got)
	}
	direct := solve(t, burgers, u0, grid, pde.Stepping{Until: until, Steps: 200})
	want, err := metrics.RelL2(direct, reference, samples)
	// On the reference's own grid only the round-off of interpolation, 1e-15, comes on top.
	if err != nil || math.Abs(got[2].RelL2-want) > 1e-13 {
		t.Errorf("error %v, want %v (%v)", got[2].RelL2, want, err)
	}
}

func TestMeasureOfAnUnstableEffort(t *testing.T) {
	const grid = 64
	u0 := smoothRandom(1, grid)
	for i := range u0 {
		u0[i] *= 1e4
	}
	got, err := pde.Burgers(0.1).Measure(t.Context(), u0, u0, grid, 1, []pde.Effort{{Grid: grid, Steps: 5}})
	if err != nil || len(got) != 1 || !math.IsInf(got[0].RelL2, 1) {
		t.Errorf("%+v, %v, want an infinite error", got, err)
	}
}

func TestMeasureErrors(t *testing.T) {
	u0 := smoothRandom(1, 64)
	for _, c := range []struct {
		reference []float64
		effort    pde.Effort
		want      string
	}{
		{u0[1:], pde.Effort{Grid: 64, Steps: 1}, "64 initial and 63 reference values"},
		{u0, pde.Effort{Grid: 64}, "efforts[0] = {Grid:64 Steps:0}: pde: Stepping.Steps = 0"},
		{u0, pde.Effort{Steps: 5}, "efforts[0] = {Grid:0 Steps:5}"},
		{make([]float64, 64), pde.Effort{Grid: 64, Steps: 5}, "the reference of sample 0 is zero"},
	} {
		_, err := pde.Burgers(0.1).Measure(t.Context(), u0, c.reference, 64, 1, []pde.Effort{c.effort})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
	}
}
