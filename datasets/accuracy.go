package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Refinable is an optional ability of a recipe whose values come from a solver: to be made again with less error.
type Refinable interface {
	Recipe
	// Few is this recipe with so many test samples and one training sample.
	Few(samples int) Recipe
	// Refined is this recipe on the same grid of values, solved with half the spacing and half the steps.
	Refined() Recipe
}

// Chaotic is an optional ability of a recipe whose close solutions may part: to tell its error from each frame to the next.
type Chaotic interface {
	Refinable
	// Chaos says whether they do.
	Chaos() bool
	// FrameErrors is the largest relative L2 error of a frame of the first test samples that is solved for from the frame before
	// it of a solution with half the spacing and half the steps.
	FrameErrors(ctx context.Context, samples int) (float64, error)
}

// Inverse is an optional ability of a recipe that solves for its inputs, and draws its outputs.
type Inverse interface {
	Refinable
	// Solved is the name of the test part's array that has an error.
	Solved() string
}

// Accuracy estimates the error of discretisation of r's test outputs (of what an [Inverse] solves for) by making the first ones again with everything refined: the
// largest relative L2 difference of a sample. It is the error itself to a factor of at most 4/3 for a method of second order, and closer
// for higher ones; where random coefficients get finer with the grid, as Darcy's do, it has that in it. Of a chaotic recipe it is the
// error from each frame to the next.
//
// Errors: what Validate finds, samples below 1, what goes wrong in making.
// Cost:   for a field of d axes about 2^(d+1) times that of the samples.
func Accuracy(ctx context.Context, r Refinable, samples int) (float64, error) {
	if samples < 1 {
		return 0, fmt.Errorf("datasets: Accuracy: samples = %d, want at least 1", samples)
	}
	if chaotic, is := r.(Chaotic); is && chaotic.Chaos() {
		return chaotic.FrameErrors(ctx, samples)
	}
	few := r.Few(samples)
	refinable, is := few.(Refinable)
	if !is {
		return 0, fmt.Errorf("datasets: Accuracy: %s.Few gives a recipe that can't be refined, want one that can", r.Name())
	}
	solved := TestOutput
	if inverse, is := r.(Inverse); is {
		solved = inverse.Solved()
	}
	coarse, err := solvedArray(ctx, few, solved)
	if err != nil {
		return 0, err
	}
	fine, err := solvedArray(ctx, refinable.Refined(), solved)
	if err != nil {
		return 0, err
	}
	if !slices.Equal(coarse.Dims, fine.Dims) {
		return 0, fmt.Errorf("datasets: Accuracy: %s refined gives %v, want %v", r.Name(), fine.Shape(), coarse.Shape())
	}
	worst := 0.0
	for i := range samples {
		worst = max(worst, relativeDifference(coarse.Sample(i), fine.Sample(i)))
	}
	return worst, nil
}

// solvedArray makes a recipe's data and gives the array of a name.
func solvedArray(ctx context.Context, r Recipe, name string) (Array, error) {
	if err := r.Validate(); err != nil {
		return Array{}, err
	}
	set, err := r.Make(ctx, nil)
	if err != nil {
		return Array{}, err
	}
	for _, a := range set.Arrays {
		if a.Name == name {
			return a, errors.Join(checkArrays(r, set), a.Validate())
		}
	}
	return Array{}, fmt.Errorf("datasets: Accuracy: recipe %s has no array %s", r.Name(), name)
}

// relativeDifference is ‖x − y‖₂/‖y‖₂; 0 where both are zero.
func relativeDifference(x, y []float64) float64 {
	var difference, size float64
	for i := range y {
		difference += (x[i] - y[i]) * (x[i] - y[i])
		size += y[i] * y[i]
	}
	if difference == 0 {
		return 0
	}
	return math.Sqrt(difference / size)
}
