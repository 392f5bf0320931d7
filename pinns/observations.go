package pinns

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/datasets"
)

// Observations are values of the unknowns at some places, which the solution is to come near: data of an inverse problem, or an initial state that was
// measured.
type Observations struct {
	Name string `json:",omitempty"` // of the term in the loss; "": "observations", with its number if there are several

	Points [][]float64 `json:",omitempty"` // places, a coordinate a column
	Values [][]float64 `json:",omitempty"` // of the unknowns there, a column each

	// Random, in place of both, is the number of places picked at random among those of the problem's solution, whose values get normal errors.
	Random int     `json:",omitempty"`
	Noise  float64 `json:",omitempty"` // standard deviation of the errors, in units of each unknown's root mean square
	Seed   uint64  `json:",omitempty"` // of places and errors
}

// mostObservations bounds what goes into a run's manifest.
const mostObservations = 100_000

func (o Observations) validate(coordinates, unknowns int) error {
	var errs []error
	if (o.Random > 0) == (len(o.Points) > 0) || o.Random < 0 {
		errs = append(errs, fmt.Errorf("observations: Random = %d and %d Points, want exactly one of them", o.Random, len(o.Points)))
	}
	if len(o.Points) != len(o.Values) || len(o.Points) > mostObservations {
		errs = append(errs, fmt.Errorf("observations: %d Points and %d Values, want as many, at most %d", len(o.Points), len(o.Values), mostObservations))
	}
	if !(o.Noise >= 0) || o.Noise > 0 && o.Random == 0 {
		errs = append(errs, fmt.Errorf("observations: Noise = %v, want at least 0, and only with Random", o.Noise))
	}
	for i := range min(len(o.Points), len(o.Values)) {
		if len(o.Points[i]) != coordinates || len(o.Values[i]) != unknowns {
			errs = append(errs, fmt.Errorf("observations: Points[%d] has %d coordinates and Values[%d] %d values, want %d and %d", i, len(o.Points[i]), i, len(o.Values[i]), coordinates, unknowns))
			break
		}
		for _, v := range append(append([]float64{}, o.Points[i]...), o.Values[i]...) {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return errors.Join(append(errs, fmt.Errorf("observations: Points[%d] or Values[%d] is not finite", i, i))...)
			}
		}
	}
	return errors.Join(errs...)
}

func (o Observations) count() int {
	if o.Random > 0 {
		return o.Random
	}
	return len(o.Points)
}

func (o Observations) term(i int) string {
	switch {
	case o.Name != "":
		return o.Name
	case i == 0:
		return "observations"
	}
	return fmt.Sprintf("observations %d", i+1)
}

func (s Solver) loadObservations(ctx context.Context, made map[string][]float64) error {
	for i, o := range s.Problem.Observations {
		if o.Random == 0 {
			for k := range o.Points {
				made[placeArray(i)] = append(made[placeArray(i)], o.Points[k]...)
				made[valueArray(i)] = append(made[valueArray(i)], o.Values[k]...)
			}
			continue
		}
		set, err := datasets.Load(ctx, s.Problem.Solution())
		if err != nil {
			return fmt.Errorf("pinns: observations of the problem's solution: %w", err)
		}
		made[placeArray(i)], made[valueArray(i)], err = o.pick(set)
		if err != nil {
			return err
		}
	}
	return nil
}

// pick takes places at random out of a solution, without putting back, and adds errors.
func (o Observations) pick(set datasets.Set) (places, values []float64, err error) {
	points, at := solutionArrays(set)
	n, d, q := points.Dims[0], points.Dims[1], at.Dims[1]
	if o.Random > n {
		return nil, nil, fmt.Errorf("pinns: Observations.Random = %d, want at most the %d points of the solution", o.Random, n)
	}
	rms := make([]float64, q)
	for i, v := range at.Values {
		rms[i%q] += v * v / float64(n)
	}
	random := rand.New(rand.NewPCG(o.Seed, 0))
	for _, row := range random.Perm(n)[:o.Random] {
		places = append(places, points.Values[row*d:(row+1)*d]...)
		for c := range q {
			values = append(values, at.Values[row*q+c]+o.Noise*math.Sqrt(rms[c])*random.NormFloat64())
		}
	}
	return places, values, nil
}
