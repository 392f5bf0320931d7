package samplers_test

import (
	"fmt"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/diffusion"
	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
)

// BenchmarkErrors reports how far each deterministic method is from the exact flow, as rms over 64 samples: the table of sampler,
// problem and NFE. Run with -benchtime 1x.
func BenchmarkErrors(b *testing.B) {
	wide := problem{data: mixture.Mix16(), schedule: diffusion.StandardVP(), first: 1, last: 1e-3}
	for _, c := range []struct {
		name string
		of   problem
		end  []float64
	}{{"ring8", ring(), ringEnd()}, {"mix16", wide, wide.reference(750)}} {
		for _, m := range deterministic() {
			for _, nfe := range []int{12, 24, 48, 96} {
				plan := samplers.Plan{Method: m, Schedule: c.of.schedule, NFE: nfe}
				if nfe < m.Info().Least {
					continue
				}
				b.Run(fmt.Sprintf("%s/%s/%+v/%d", c.name, m.Info().Name, m, nfe), func(b *testing.B) {
					var err float64
					for b.Loop() {
						err = rms(sampled(b, c.of.data, plan, c.of.starts(), 1), c.end)
					}
					b.ReportMetric(err, "rms")
				})
			}
		}
	}
}
