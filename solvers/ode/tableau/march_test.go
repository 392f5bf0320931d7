package tableau_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/ode/tableau"
)

// ellipse is the orbit of eccentricity 0.6 that starts at its nearest point; after 2π it is there again.
func ellipse(dst []float64, _ float64, y []float64) {
	r := math.Hypot(y[0], y[1])
	dst[0], dst[1], dst[2], dst[3] = y[2], y[3], -y[0]/(r*r*r), -y[1]/(r*r*r)
}

func TestMarchKepler(t *testing.T) {
	start := []float64{0.4, 0, 0, 2}
	for _, m := range []tableau.Explicit{tableau.Bosh3().Explicit, tableau.Dopri5().Explicit, tableau.Tsit5().Explicit, tableau.Dopri8()} {
		var errs []float64
		var evaluations []int
		for _, tolerance := range []float64{1e-5, 1e-7, 1e-9} {
			ys, stats, err := m.March(t.Context(), ellipse, start, []float64{0, 1, 2 * math.Pi}, tolerance, tolerance)
			if err != nil {
				t.Fatal(err)
			}
			var worst float64
			for i, v := range ys[8:] {
				worst = max(worst, math.Abs(v-start[i]))
			}
			errs, evaluations = append(errs, worst), append(evaluations, stats.NFE)
			if stats.Steps < 5 || stats.NFE < stats.Steps*(len(m.C)-1) || stats.Runtime <= 0 {
				t.Errorf("%s: facts %+v", m.Name, stats)
			}
		}
		// The error follows the tolerance, times what an orbit blows up: some 10³ at most.
		if !(errs[0] < 1e-2 && errs[1] < 1e-4 && errs[2] < 1e-6) || !(evaluations[2] > evaluations[0]) {
			t.Errorf("%s: errors %.2g with %v evaluations", m.Name, errs, evaluations)
		}
	}
}

// TestMarchTimes: what comes out at a time does not depend, to the tolerance, on the other times, and time is passed on.
func TestMarchTimes(t *testing.T) {
	field := func(dst []float64, t float64, _ []float64) { dst[0] = 3 * t * t } // y = y0 + t³ - t0³
	ys, _, err := tableau.Dopri8().March(t.Context(), field, []float64{2}, []float64{-1, 0, 0.5, 3}, 1e-10, 1e-10)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{2, 3, 3.125, 30} {
		if math.Abs(ys[i]-want) > 1e-13*want { // of order 8, so exact but for round-off
			t.Errorf("y[%d] = %v, want %v", i, ys[i], want)
		}
	}
}

func TestMarchErrors(t *testing.T) {
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	blowUp := func(dst []float64, _ float64, y []float64) { dst[0] = y[0] * y[0] } // 1/(1 - t)
	for _, c := range []struct {
		ctx   context.Context
		m     tableau.Explicit
		times []float64
		rtol  float64
		want  string
	}{
		{t.Context(), tableau.RK4(), []float64{0, 1}, 1e-3, "RK4 has no error estimate"},
		{t.Context(), tableau.Dopri8(), []float64{0}, 1e-3, "1 times"},
		{t.Context(), tableau.Dopri8(), []float64{0, 0.5}, 0, "rtol = 0"},
		{t.Context(), tableau.Dopri8(), []float64{0, 0.5, 0.5}, 1e-3, "times[2] = 0.5 after 0.5"},
		{t.Context(), tableau.Dopri8(), []float64{0, 0.5, 2}, 1e-6, "after 1 of 2 times"},
		{stopped, tableau.Dopri8(), []float64{0, 0.5}, 1e-6, context.Canceled.Error()},
	} {
		_, _, err := c.m.March(c.ctx, blowUp, []float64{1}, c.times, c.rtol, 1e-9)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q in it", err, c.want)
		}
		var failure *tableau.FailureError
		if strings.HasPrefix(c.want, "after") && (!errors.As(err, &failure) || !errors.Is(err, tableau.ErrUnderflow) || math.Abs(failure.T-1) > 1e-3) {
			t.Errorf("error %v, want a failure at t = 1", err)
		}
	}
}
