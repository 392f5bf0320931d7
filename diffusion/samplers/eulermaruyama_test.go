package samplers_test

import (
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
)

// The step of the reverse equation with its drift and its diffusion written out: dx = -β x/2 dt + √β dw for the linear schedule, dx = √(2σ) dw
// for that in σ.
func TestEulerMaruyama(t *testing.T) {
	vp, edm := diffusion.StandardVP(), diffusion.StandardEDM()
	for _, c := range []struct {
		schedule diffusion.Schedule
		drift    func(t float64) float64 // f
		squared  func(t float64) float64 // g²
	}{
		{vp, func(t float64) float64 { return -(0.1 + 19.9*t) / 2 }, func(t float64) float64 { return 0.1 + 19.9*t }},
		{edm, func(float64) float64 { return 0 }, func(t float64) float64 { return 2 * t }},
	} {
		table, err := samplers.Plan{Method: samplers.EulerMaruyama{}, Schedule: c.schedule, NFE: 5, ToZero: true}.Table()
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range table.Rows[:4] {
			s, dt := r.At, table.Rows[i+1].At.T-r.At.T
			g := c.squared(s.T)
			// score = (α D - x)/σ².
			x, d, noise := 1+c.drift(s.T)*dt+g*dt/(s.Sigma*s.Sigma), -g*dt*s.Alpha/(s.Sigma*s.Sigma), math.Sqrt(g*math.Abs(dt))
			for name, pair := range map[string][2]float64{"x": {r.Anchor.X, x}, "D": {r.Anchor.D[0], d}, "noise": {r.Anchor.Noise, noise}} {
				if !(math.Abs(pair[0]-pair[1]) < 1e-12*(1+math.Abs(pair[1]))) { // round-off
					t.Errorf("%T, row %d: %s has the weight %v, want %v", c.schedule, i, name, pair[0], pair[1])
				}
			}
		}
		if last := table.Rows[4].Anchor; last.X != 0 || last.D[0] != 1 || last.Noise != 0 {
			t.Errorf("%T: the step to no noise is %+v, want the denoiser's answer", c.schedule, last)
		}
	}
	// A flow starts where α is 0 and the drift is not finite.
	plan := samplers.Plan{Method: samplers.EulerMaruyama{}, Schedule: diffusion.ConditionalOT{}, Grid: diffusion.UniformTime{}, NFE: 4}
	if err := plan.Validate(); err == nil {
		t.Error("a start at α = 0 is accepted")
	}
}
