package randomfield_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/datasets/randomfield"
)

func ExampleKernel_Embedded() {
	k := randomfield.Kernel{Form: randomfield.Matern, Nu: 1.5, Length: 0.2, Variance: 1}
	sampler, err := k.Embedded(65, 2) // 65 × 65 points of the unit square
	if err != nil {
		fmt.Println(err)
		return
	}
	u := make([]float64, sampler.Size())
	if err := sampler.Draw(u, rand.New(rand.NewPCG(1, 2))); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(u), u[0] != u[1])
	// Output: 4225 true
}

func ExampleFunction() {
	var family randomfield.Family = randomfield.Voronoi{Count: 5, Low: 1, High: 10}
	if err := family.Validate(2); err != nil {
		fmt.Println(err)
		return
	}
	a := family.Draw(2, rand.New(rand.NewPCG(1, 2)))
	fmt.Printf("%.3f\n", a([]float64{0.5, 0.5})) // at any point, such as a mesh's
	// Output: 9.350
}
