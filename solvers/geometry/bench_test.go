package geometry_test

import (
	"fmt"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// 100,000 points in a square with a round hole of 64 edges, and on its boundary.
func BenchmarkPolygon(b *testing.B) {
	polygon := geometry.Polygon{Outline: mesh.Domain{
		Outer: mesh.Box([2]float64{0, 0}, [2]float64{1, 1}), Holes: []mesh.Loop{mesh.Circle([2]float64{0.5, 0.5}, 0.3, 64)},
	}}
	for _, s := range []geometry.Sampler{
		geometry.Uniform{Seed: 1},
		geometry.Sobol{},
		geometry.Sobol{Scrambled: true},
		geometry.Halton{},
		geometry.Halton{Scrambled: true},
		geometry.LatinHypercube{Seed: 1},
	} {
		b.Run(fmt.Sprintf("inside/%+T%+v", s, s), func(b *testing.B) {
			for b.Loop() {
				if _, err := geometry.Interior(polygon, s, 100_000); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("boundary", func(b *testing.B) {
		for b.Loop() {
			if _, err := geometry.OnBoundary(polygon, geometry.Uniform{}, 100_000); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkEllipseDistance(b *testing.B) {
	e, x := geometry.Ellipse{Semiaxes: [2]float64{2, 1}}, []float64{0.3, 0.4}
	for b.Loop() {
		e.Distance(x)
	}
}
