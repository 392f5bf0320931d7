package volume_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// TestContactFlux wants the waves that the solvers of Euler and ShallowWater know exactly: no wave, a fast stream, shocks, and a
// contact or shear at rest or carried along, across each axis.
func TestContactFlux(t *testing.T) {
	const heats, gravity = 1.4, 1.0
	// A steady shock of Mach number 2: behind it 8/3 of the density, 4.5 of the pressure, 3/8 of the velocity.
	ahead := 2 * math.Sqrt(heats)
	// A steady bore of Froude number 2: the depth behind is (√(1+8·4) - 1)/2 of that ahead.
	deep := (math.Sqrt(33) - 1) / 2
	euler, water := volume.Euler(2, heats), volume.ShallowWater(2, gravity)
	for _, c := range []struct {
		name        string
		law         volume.Law
		left, right []float64 // density, velocity along and across the axis, pressure; or depth and both velocities
		upwind      []float64 // the state whose flux it is
	}{
		{"gas/nothing", euler, []float64{1, 0.3, -0.2, 1}, []float64{1, 0.3, -0.2, 1}, []float64{1, 0.3, -0.2, 1}},
		{"gas/fast", euler, []float64{1, 5, 0.5, 1}, []float64{2, 4, -1, 0.7}, []float64{1, 5, 0.5, 1}},
		{"gas/fast back", euler, []float64{1, -5, 0.5, 1}, []float64{2, -4, -1, 0.7}, []float64{2, -4, -1, 0.7}},
		{"gas/contact", euler, []float64{1, 0, 0.5, 1}, []float64{2, 0, -1, 1}, []float64{1, 0, 0.5, 1}},
		{"gas/contact moves", euler, []float64{1, 0.4, 0.5, 1}, []float64{2, 0.4, -1, 1}, []float64{1, 0.4, 0.5, 1}},
		{"gas/contact moves back", euler, []float64{1, -0.4, 0.5, 1}, []float64{2, -0.4, -1, 1}, []float64{2, -0.4, -1, 1}},
		{"gas/shock", euler, []float64{1, ahead, 0, 1}, []float64{8.0 / 3, ahead * 3 / 8, 0, 4.5}, []float64{1, ahead, 0, 1}},
		{"gas/shock back", euler, []float64{8.0 / 3, -ahead * 3 / 8, 0, 4.5}, []float64{1, -ahead, 0, 1}, []float64{1, -ahead, 0, 1}},
		{"gas/shock moves back", euler, []float64{1, ahead - 0.3, 0, 1}, []float64{8.0 / 3, ahead*3/8 - 0.3, 0, 4.5}, []float64{8.0 / 3, ahead*3/8 - 0.3, 0, 4.5}},
		{"gas/shock moves", euler, []float64{8.0 / 3, 0.3 - ahead*3/8, 0, 4.5}, []float64{1, 0.3 - ahead, 0, 1}, []float64{8.0 / 3, 0.3 - ahead*3/8, 0, 4.5}},
		{"water/nothing", water, []float64{1, 0.3, -0.2}, []float64{1, 0.3, -0.2}, []float64{1, 0.3, -0.2}},
		{"water/fast", water, []float64{1, 4, 0.5}, []float64{2, 5, -1}, []float64{1, 4, 0.5}},
		{"water/shear moves", water, []float64{1, 0.4, 0.5}, []float64{1, 0.4, -1}, []float64{1, 0.4, 0.5}},
		{"water/shear moves back", water, []float64{1, -0.4, 0.5}, []float64{1, -0.4, -1}, []float64{1, -0.4, -1}},
		{"water/bore", water, []float64{1, 2, 0}, []float64{deep, 2 / deep, 0}, []float64{1, 2, 0}},
		{"water/bore moves back", water, []float64{1, 1.8, 0}, []float64{deep, 2/deep - 0.2, 0}, []float64{deep, 2/deep - 0.2, 0}},
		{"water/bore back", water, []float64{deep, -2 / deep, 0}, []float64{1, -2, 0}, []float64{1, -2, 0}},
	} {
		for axis := range 2 {
			t.Run(fmt.Sprintf("%s/%d", c.name, axis), func(t *testing.T) {
				state := func(w []float64) []float64 {
					w = append([]float64(nil), w...)
					if axis == 1 {
						w[1], w[2] = w[2], w[1]
					}
					if len(w) == 3 {
						return []float64{w[0], w[0] * w[1], w[0] * w[2]}
					}
					u, err := volume.EulerConserved(2, heats, w)
					if err != nil {
						t.Fatal(err)
					}
					return u
				}
				got, want := make([]float64, c.law.Channels), make([]float64, c.law.Channels)
				c.law.Contact(got, state(c.left), state(c.right), axis)
				c.law.Flux(want, state(c.upwind), axis)
				for k := range want {
					if math.Abs(got[k]-want[k]) > 1e-13*max(1, math.Abs(want[k])) { // round-off
						t.Errorf("flux %v, want %v", got, want)
						break
					}
				}
			})
		}
	}
}
