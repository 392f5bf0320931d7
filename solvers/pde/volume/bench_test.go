package volume_test

import (
	"fmt"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// BenchmarkStep reports the time of a step for one cell and channel, on one core.
func BenchmarkStep(b *testing.B) {
	for _, c := range []struct {
		law   volume.Law
		cells int
		flux  volume.Flux
	}{
		{volume.Burgers(1, 0), 1024, volume.Rusanov},
		{volume.Burgers(1, 0), 1024, volume.Godunov},
		{volume.Burgers(2, 0), 128, volume.Rusanov},
		{volume.Euler(1, 1.4), 1024, volume.HLLC},
		{volume.Euler(2, 1.4), 128, volume.HLLC},
		{volume.ShallowWater(2, 1), 128, volume.HLLC},
	} {
		for r := volume.WENO5; r <= volume.Constant; r++ {
			b.Run(fmt.Sprintf("%s%d/%v/%v", c.law.Name, c.law.Axes, c.flux, r), func(b *testing.B) {
				g := gridFor(c.law.Axes, c.cells)
				u0 := rough(c.law, 1, g.Points(), 1)
				const steps = 20
				s := volume.Scheme{Grid: g, Flux: c.flux, Reconstruction: r, Limiter: volume.MC}
				for b.Loop() {
					solve(b, s, c.law, u0, pde.Stepping{Until: 1e-4, Steps: steps, Workers: 1})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/steps/float64(len(u0)), "ns/value/step")
			})
		}
	}
}

// BenchmarkCombined makes trajectories of the message-passing solvers' setting E2: 256 cells to T = 4, 250 frames.
func BenchmarkCombined(b *testing.B) {
	waves := []volume.Wave{{0.4, 0.3, 1, 0.5}, {-0.3, -0.2, 2, 1.9}, {0.35, 0.4, 3, -1}, {0.2, -0.35, 1, 2.6}, {-0.45, 0.1, 2, -2.2}}
	g := line(0, 16, 256)
	u0 := volume.Averaged(waves, g, 0)
	for b.Loop() {
		solve(b, volume.Scheme{Grid: g, Coarse: true}, volume.Combined(0.5, 0.1, 0, waves), u0, pde.Stepping{Until: 4, Frames: 250, Workers: 1})
	}
}
