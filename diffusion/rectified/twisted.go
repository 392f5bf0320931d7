package rectified

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// Twisted are pairs of which the best coupling is known: X0 is standard normal in the plane, R a rotation and
//
//	X1 = T(R X0),  T(x)_i = Scale x_i + Bend tanh(2 x_i)
//
// T is the gradient of a convex function, so that X1 = T(X0), with the same marginals, costs least for |x|². The target has four
// connected lobes where Bend is large against Scale, and is X0's own distribution with Scale 1 and Bend 0.
//
// Arrays: train_input [Train, axis] is X0, train_output [Train, axis] X1; test_input and test_output likewise.
type Twisted struct {
	Angle float64 // of R, counter-clockwise, degrees
	Scale float64 // above 0
	Bend  float64 // at least 0
	Train int     // at least 1
	Test  int     // at least 1
	Seed  uint64
}

var _ datasets.Recipe = Twisted{}

// Name is the recipe's.
func (Twisted) Name() string { return "twisted" }

// Version of the generator.
func (Twisted) Version() int { return 1 }

// Validate lists all that is wrong.
func (t Twisted) Validate() error {
	var errs []error
	if !(math.Abs(t.Angle) <= 360) {
		errs = append(errs, fmt.Errorf("rectified: Twisted.Angle = %v, want degrees from -360 to 360", t.Angle))
	}
	if !(t.Scale > 0) || math.IsInf(t.Scale, 0) {
		errs = append(errs, fmt.Errorf("rectified: Twisted.Scale = %v, want it above 0", t.Scale))
	}
	if !(t.Bend >= 0) || math.IsInf(t.Bend, 0) {
		errs = append(errs, fmt.Errorf("rectified: Twisted.Bend = %v, want 0 or more", t.Bend))
	}
	if t.Train < 1 || t.Test < 1 {
		errs = append(errs, fmt.Errorf("rectified: Twisted.Train, Test = %d, %d, want at least 1 of each", t.Train, t.Test))
	}
	return errors.Join(errs...)
}

// Arrays describes the pairs.
func (t Twisted) Arrays() []datasets.Shape {
	shape := func(name string, n int) datasets.Shape {
		return datasets.Shape{Name: name, Axes: []string{"sample", "axis"}, Dims: []int{n, 2}}
	}
	return []datasets.Shape{
		shape(datasets.TrainInput, t.Train), shape(datasets.TrainOutput, t.Train), shape(datasets.TestInput, t.Test), shape(datasets.TestOutput, t.Test),
	}
}

// Make draws the pairs.
func (t Twisted) Make(ctx context.Context, _ func(done, total int)) (datasets.Set, error) {
	if err := t.Validate(); err != nil {
		return datasets.Set{}, err
	}
	var set datasets.Set
	for i, s := range t.Arrays() {
		set.Arrays = append(set.Arrays, datasets.Array{Name: s.Name, Axes: s.Axes, Dims: s.Dims, Values: make([]float64, s.Size())})
		if i%2 == 0 {
			continue
		}
		x0, x1 := set.Arrays[i-1].Values, set.Arrays[i].Values
		rng := rand.New(rand.NewPCG(t.Seed, uint64(i))) // one stream for training, one for tests
		for k := 0; k < len(x0); k += 2 {
			x0[k], x0[k+1] = rng.NormFloat64(), rng.NormFloat64()
			sin, cos := math.Sincos(t.Angle * math.Pi / 180)
			x1[k], x1[k+1] = t.monotone(cos*x0[k]-sin*x0[k+1]), t.monotone(sin*x0[k]+cos*x0[k+1])
		}
	}
	return set, ctx.Err()
}

// monotone is T on one axis.
func (t Twisted) monotone(x float64) float64 { return t.Scale*x + t.Bend*math.Tanh(2*x) }

// Best are the X1 of the coupling of least cost, for given X0: T(X0).
func (t Twisted) Best(x0 datasets.Array) datasets.Array {
	out := datasets.Array{Name: "best", Axes: x0.Axes, Dims: x0.Dims, Values: make([]float64, len(x0.Values))}
	for i, x := range x0.Values {
		out.Values[i] = t.monotone(x)
	}
	return out
}
