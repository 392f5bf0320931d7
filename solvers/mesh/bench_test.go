package mesh_test

import (
	"math/rand/v2"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// BenchmarkMesher fills a square with a hole with about 10,000 points.
func BenchmarkMesher(b *testing.B) {
	d := mesh.Domain{Outer: square(), Holes: []mesh.Loop{mesh.Circle([2]float64{0.5, 0.5}, 0.2, 64)}}
	var m mesh.Mesh
	for b.Loop() {
		var err error
		if m, err = (mesh.Mesher{Size: 0.0146}).Mesh(b.Context(), d); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(m.Points)), "points")
}

func BenchmarkDelaunay(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	points := make([][2]float64, 10_000)
	for i := range points {
		points[i] = [2]float64{r.Float64(), r.Float64()}
	}
	for b.Loop() {
		if _, err := mesh.Delaunay(points); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkProbe(b *testing.B) {
	m, err := mesh.Mesher{Size: 0.0146}.Mesh(b.Context(), mesh.Domain{Outer: square()})
	if err != nil {
		b.Fatal(err)
	}
	grid := mesh.Grid([2]float64{0, 0}, [2]float64{1, 1}, 128, 128)
	for b.Loop() {
		l, err := mesh.NewLocator(m)
		if err != nil {
			b.Fatal(err)
		}
		l.Probe(grid)
	}
}
