package datasets

import (
	"context"
	"fmt"
	"slices"
)

// Rows makes the training pairs from ≤ i < from + n of a recipe and no others. Of a recipe with Train as large as one likes, say 1 << 40, it is an
// endless stream: a pure function of from, which costs only what is asked for.
//
// Errors: what Validate finds; rows that are not of the training part; what goes wrong in making.
func Rows(ctx context.Context, r Sharded, from, n int) (Pairs, error) {
	if err := r.Validate(); err != nil {
		return Pairs{}, err
	}
	shapes := r.Arrays()
	if train := shapes[0].Dims[0]; from < 0 || n < 1 || from > train-n {
		return Pairs{}, fmt.Errorf("datasets: Rows of %s: %d from %d, want at least 1 within the %d for training", r.Name(), n, from, train)
	}
	input, output, err := r.MakeSamples(ctx, from, from+n, nil)
	if err != nil {
		return Pairs{}, err
	}
	part := func(s Shape, values []float64) Array {
		dims := slices.Clone(s.Dims)
		dims[0] = n
		return Array{Name: s.Name, Axes: s.Axes, Dims: dims, Values: values}
	}
	return Pairs{Input: part(shapes[0], input), Output: part(shapes[1], output)}, nil
}
