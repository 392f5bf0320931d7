package datasets_test

import (
	"encoding/json"
	"fmt"

	"github.com/fieldbook-go/fieldbook/datasets"
)

func ExampleBatches() {
	b := datasets.Batches{Rows: 6, Size: 2, Seed: 1}
	if _, err := b.Next(); err != nil {
		fmt.Println(err)
		return
	}
	state, err := json.Marshal(&b)
	if err != nil {
		fmt.Println(err)
		return
	}
	second, err := b.Next()
	if err != nil {
		fmt.Println(err)
		return
	}
	var later datasets.Batches // in another process
	if err := json.Unmarshal(state, &later); err != nil {
		fmt.Println(err)
		return
	}
	again, err := later.Next()
	fmt.Println(string(state), fmt.Sprint(second) == fmt.Sprint(again), err)
	// Output: {"Rows":6,"Size":2,"Seed":1,"Step":1} true <nil>
}
