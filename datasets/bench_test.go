package datasets_test

import (
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// BenchmarkMake times recipes at the papers' sizes, on all cores, in seconds for a number of pairs.
func BenchmarkMake(b *testing.B) {
	for _, c := range []struct {
		name  string
		r     datasets.Recipe
		pairs float64
	}{
		{"burgers", datasets.Burgers{Viscosity: 0.1, Grid: 1024, Train: 1000, Test: 200}, 1200},
		{"darcy", datasets.Darcy{Grid: 85, Train: 7, Test: 1}, 8},
		{"navierstokes", datasets.NavierStokes{Viscosity: 1e-3, Grid: 64, Train: 1, Test: 1}, 2},
	} {
		b.Run(c.name, func(b *testing.B) {
			for range b.N {
				if _, err := datasets.Load(b.Context(), c.r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(b.Elapsed().Seconds()*1e3/float64(b.N)/c.pairs, "ms/pair")
		})
	}
}
