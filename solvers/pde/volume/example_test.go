package volume_test

import (
	"context"
	"fmt"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// Sod's shock tube: a membrane at x = 0 bursts.
func ExampleScheme_Solve() {
	const heats = 1.4
	left, right := volume.EulerState{Density: 1, Pressure: 1}, volume.EulerState{Density: 0.125, Pressure: 0.1}
	grid := volume.Grid{Lower: []float64{-0.5}, Upper: []float64{0.5}, Cells: []int{400}}
	primitive, err := grid.Averages(3, func(u, x []float64) {
		s := left
		if x[0] > 0 {
			s = right
		}
		u[0], u[1], u[2] = s.Density, s.Velocity, s.Pressure
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	u0, err := volume.EulerConserved(1, heats, primitive)
	if err != nil {
		fmt.Println(err)
		return
	}
	tube := volume.Scheme{
		Grid:  grid,
		Sides: []volume.Sides{{Low: volume.Boundary{Kind: volume.Outflow}, High: volume.Boundary{Kind: volume.Outflow}}},
		Flux:  volume.HLLC,
	}
	sol, err := tube.Solve(context.Background(), []volume.Law{volume.Euler(1, heats)}, u0, pde.Stepping{Until: 0.2})
	if err != nil {
		fmt.Println(err)
		return
	}
	exact, err := volume.NewEulerRiemann(heats, left, right)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, cell := range []int{100, 200, 260, 300, 399} {
		x := grid.Centres(0)[cell]
		fmt.Printf("x = %6.3f: density %.3f, exactly %.3f\n", x, sol.Last()[3*cell], exact.At(x/0.2).Density)
	}
	// Output:
	// x = -0.249: density 1.000, exactly 1.000
	// x =  0.001: density 0.426, exactly 0.426
	// x =  0.151: density 0.426, exactly 0.426
	// x =  0.251: density 0.266, exactly 0.266
	// x =  0.499: density 0.125, exactly 0.125
}
