package pinns

import (
	"context"
	"fmt"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// Time is each point's time, scaled so that the domain's goes from 0 to 1, [n, 1].
//
// Panics: if the problem has no coordinate t.
func (p Population) Time() *Node {
	i := slices.Index(p.solver.Problem.Coordinates, "t")
	if i < 0 {
		exceptions.Panicf("pinns: Population.Time of a problem with the coordinates %v, want one with the name t", p.solver.Problem.Coordinates)
	}
	low, high := p.solver.Problem.Domain.Bounds()
	return DivScalar(AddScalar(SliceAxis(p.Points, 1, AxisElem(i)), -low[i]), high[i]-low[i])
}

// Moved is the points of the next step inside the domain, as the solver's Sampling has left them. Graph function, for validation and for [zoo.Trained].
//
// Shapes: returns [n, d], in the dtype of like.
// Panics: if Sampling is nil.
func (s Solver) Moved(scope *model.Scope, like *Node) *Node {
	if s.Sampling == nil {
		exceptions.Panicf("pinns: Solver.Moved without a Sampling, want one that moves points")
	}
	return state(scope, like, interiorArray, orElse(s.Interior, interiorPoints), len(s.Problem.Coordinates)).NodeValue(like.Graph())
}

// Collocation is the points inside the domain that a run ended with: those that its next step would use, or those of all steps if no Sampling moves them.
func (s Solver) Collocation(ctx context.Context, run zoo.Trained) ([][]float64, error) {
	d := len(s.Problem.Coordinates)
	if s.Sampling == nil {
		made := map[string][]float64{}
		if err := s.loadInterior(made); err != nil {
			return nil, err
		}
		return rowsOf(made[interiorArray], d), nil
	}
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node { return []*Node{s.Moved(scope, in[0])} }, []float64{0})
	if err != nil {
		return nil, err
	}
	flat, err := floats(out[0])
	return rowsOf(flat, d), err
}

// rowsOf cuts values into rows of d.
func rowsOf(flat []float64, d int) [][]float64 {
	return slices.Collect(slices.Chunk(flat, d))
}

// ResidualSize is |r| of the equations in a trained run, at points inside the domain: of several equations the root of the sum of their squares.
//
// Errors: no points; one with another number of coordinates.
func (s Solver) ResidualSize(ctx context.Context, run zoo.Trained, points [][]float64) ([]float64, error) {
	if len(points) == 0 {
		return nil, fmt.Errorf("pinns: ResidualSize at no points, want at least one")
	}
	for i, x := range points {
		if len(x) != len(s.Problem.Coordinates) {
			return nil, fmt.Errorf("pinns: ResidualSize with %d coordinates in point %d, want %d", len(x), i, len(s.Problem.Coordinates))
		}
	}
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node { return []*Node{s.Size(scope, in[0])} }, points)
	if err != nil {
		return nil, err
	}
	return floats(out[0])
}

// Size is |r| at points, [n, 1], as [Population.Size] has it. Graph function.
func (s Solver) Size(scope *model.Scope, points *Node) *Node {
	return magnitude(s.Residual(scope, points))
}
