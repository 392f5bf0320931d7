package element_test

import (
	"context"
	"fmt"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
	"github.com/fieldbook-go/fieldbook/solvers/pde/element"
)

// The torsion of a shaft of circular section: -Δu = 1 in a disk of radius one, u = 0 on its edge; u = 1/4 in the middle.
func ExampleSpace_Solve() {
	m, err := mesh.Disk([2]float64{0, 0}, 1, 40)
	if err != nil {
		fmt.Println(err)
		return
	}
	space, err := element.NewSpace(m)
	if err != nil {
		fmt.Println(err)
		return
	}
	sol, err := space.Solve(context.Background(), element.Problem{
		Diffusion:  element.Isotropic(element.Constant(1)),
		Source:     element.Constant(1),
		Conditions: []element.Condition{{Kind: element.Dirichlet}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v\n%d unknowns, u in the middle: %.4f\n", m, sol.Stats.Unknowns, sol.U[0])
	// Output:
	// 4921 points, 9600 triangles, 240 edges on the boundary
	// 4681 unknowns, u in the middle: 0.2500
}
