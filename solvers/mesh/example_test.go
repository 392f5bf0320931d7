package mesh_test

import (
	"context"
	"fmt"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
)

// A square with a round hole, finer towards the hole, read on a grid.
func ExampleMesher() {
	domain := mesh.Domain{
		Outer: mesh.Box([2]float64{-1, -1}, [2]float64{1, 1}),
		Holes: []mesh.Loop{mesh.Circle([2]float64{0, 0}, 0.25, 32)},
	}
	m, err := mesh.Mesher{
		Size:   0.3,
		SizeAt: func(x, y float64) float64 { return 0.02 + 0.3*(x*x+y*y) },
	}.Mesh(context.Background(), domain)
	if err != nil {
		fmt.Println(err)
		return
	}
	locator, err := mesh.NewLocator(m)
	if err != nil {
		fmt.Println(err)
		return
	}
	values := make([]float64, len(m.Points))
	for i, p := range m.Points {
		values[i] = p[0] + p[1]
	}
	probe := locator.Probe(mesh.Grid([2]float64{-1, -1}, [2]float64{1, 1}, 3, 3))
	field, err := probe.Read(values, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("no angle below 25°: %t, holes: %d\n%.2f\n", m.Quality().MinAngle >= 25, len(m.Loops())-1, field)
	// Output:
	// no angle below 25°: true, holes: 1
	// [-2.00 -1.00 0.00 -1.00 0.00 1.00 0.00 1.00 2.00]
}
