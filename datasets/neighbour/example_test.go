package neighbour_test

import (
	"fmt"

	"github.com/fieldbook-go/fieldbook/datasets/neighbour"
)

func ExampleTree_Nearest() {
	points := []float64{0.05, 0.5, 0.4, 0.5, 0.9, 0.5}
	tree, err := neighbour.New(points, 2, []float64{1, 1}) // periodic along both axes
	if err != nil {
		fmt.Println(err)
		return
	}
	nearest, err := tree.Nearest([]float64{0.98, 0.5}, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range nearest {
		fmt.Printf("point %d at %.2f\n", n.Index, n.Distance)
	}
	// Output:
	// point 0 at 0.07
	// point 2 at 0.08
}
