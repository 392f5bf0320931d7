package geometry_test

import (
	"fmt"

	"github.com/fieldbook-go/fieldbook/solvers/geometry"
)

// Flow past a cylinder in a channel for two seconds: collocation points and points on the cylinder.
func Example() {
	channel := geometry.Difference{
		Of:      geometry.Box{Low: []float64{0, 0}, High: []float64{2.2, 0.41}},
		Without: []geometry.Domain{geometry.Named{Of: geometry.Disk(0.2, 0.2, 0.05), Name: "cylinder"}},
	}
	flow := geometry.Cylinder(channel, 0, 2)
	inside, err := geometry.Interior(flow, geometry.Sobol{Scrambled: true, Seed: 1}, 1024)
	if err != nil {
		fmt.Println(err)
		return
	}
	wall, err := geometry.OnBoundary(flow, geometry.Sobol{Scrambled: true, Seed: 2}, 128, "cylinder")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d points, %.0f%% of those drawn\n", inside.Count(), 100*inside.Acceptance)
	fmt.Printf("%d points on %q of area %.3f\n", wall.Count(), wall.Parts[0], wall.Measure.Value)
	// Output:
	// 1024 points, 99% of those drawn
	// 128 points on "cylinder" of area 0.628
}
