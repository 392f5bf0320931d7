package rectified_test

import (
	"fmt"
	"log"

	"github.com/fieldbook-go/fieldbook/diffusion/rectified"
)

// Standard normal points, and the same points turned by a right angle. The lines between them do not cross, so that a plain round keeps the
// pairs; a gradient finds in one round that nothing need be moved.
func ExampleLinear() {
	turned, err := rectified.Mapped([][]float64{{1, 0}, {0, 1}}, [][]float64{{0, -1}, {1, 0}})
	if err != nil {
		log.Fatal(err)
	}
	for _, free := range []bool{true, false} {
		next, _, err := rectified.Linear{Parts: 40, Free: free}.Rectify(turned)
		if err != nil {
			log.Fatal(err)
		}
		before, err := turned.Cost()
		if err != nil {
			log.Fatal(err)
		}
		after, err := next.Cost()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("free %v: cost %.3f, then %.3f\n", free, before, after)
	}
	// Output:
	// free true: cost 4.000, then 4.000
	// free false: cost 4.000, then 0.000
}
