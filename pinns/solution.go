package pinns

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/metrics"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Solution is a problem's solution as data: by its closed form, or out of its reference.
//
// On a grid, points outside the domain have values NaN, which [RelativeL2] and validation leave out.
//
// Arrays: points [point, coordinate], the first coordinate the slowest; values [point, unknown]; where the points are a grid, the places along each axis by the
// coordinate's name.
type Solution struct {
	Coordinates, Unknowns []string
	Exact                 map[string]string  `json:",omitempty"`
	Coefficients          map[string]float64 `json:",omitempty"`
	Domain                geometry.Domain    `json:",omitempty"` // a reference may reach further
	Grid                  []int              `json:",omitempty"` // points along each coordinate of a closed form, both ends included; nil: some ten thousand in all
	Reference             datasets.Recipe    `json:",omitempty"`
}

var (
	_ datasets.Recipe = Solution{}
	_ datasets.View   = Solution{}
)

// Solution is the recipe of the problem's solution.
func (p Problem) Solution() Solution {
	s := Solution{Coordinates: p.Coordinates, Unknowns: p.Unknowns}
	if len(p.Exact) > 0 {
		s.Exact, s.Coefficients, s.Domain = p.Exact, p.Coefficients, p.Domain
		return s
	}
	s.Reference, s.Domain = p.Reference, p.Domain
	return s
}

// Name is "solution".
func (Solution) Name() string { return "solution" }

// Version of the arrays.
func (Solution) Version() int { return 1 }

// Source is the reference; nil for a closed form.
func (s Solution) Source() datasets.Recipe { return s.Reference }

// Validate lists all that is wrong with s.
func (s Solution) Validate() error {
	if s.Reference != nil {
		if err := s.Reference.Validate(); err != nil {
			return err
		}
		_, err := s.referenceShape()
		return err
	}
	if len(s.Exact) == 0 {
		return errors.New("pinns: the problem has neither Exact nor Reference, want one to compare with")
	}
	var errs []error
	for _, u := range s.Unknowns {
		text, ok := s.Exact[u]
		if !ok {
			errs = append(errs, fmt.Errorf("pinns: Problem.Exact lacks %q, want an expression for each of %v", u, s.Unknowns))
			continue
		}
		allowed := slices.Clone(s.Coordinates)
		for name := range s.Coefficients {
			allowed = append(allowed, name)
		}
		if err := checkNames(text, allowed); err != nil {
			errs = append(errs, fmt.Errorf("pinns: Problem.Exact[%q] = %q: %w", u, text, err))
		}
	}
	if s.Grid != nil && len(s.Grid) != len(s.Coordinates) {
		errs = append(errs, fmt.Errorf("pinns: Solution.Grid = %v, want a number of points for each of %v", s.Grid, s.Coordinates))
	}
	for _, n := range s.Grid {
		if n < 2 {
			errs = append(errs, fmt.Errorf("pinns: Solution.Grid = %v, want at least 2 points along each coordinate", s.Grid))
			break
		}
	}
	return errors.Join(errs...)
}

// axisArray is what a coordinate's array is called in a reference.
func axisArray(coordinate string) string {
	if coordinate == "t" {
		return "time"
	}
	return coordinate
}

// referenceShape are the lengths of the reference's axes, in the order of the coordinates.
func (s Solution) referenceShape() ([]int, error) {
	var solution datasets.Shape
	for _, a := range s.Reference.Arrays() {
		if a.Name == "solution" {
			solution = a
		}
	}
	var grid []int
	for _, c := range s.Coordinates {
		i := slices.Index(solution.Axes, axisArray(c))
		if i < 0 {
			return nil, fmt.Errorf("pinns: Problem.Reference has an array \"solution\" with axes %v, want one with an axis %s for the coordinate %s", solution.Axes, axisArray(c), c)
		}
		grid = append(grid, solution.Dims[i])
	}
	if n := len(solution.Dims); n != len(s.Coordinates)+1 || solution.Dims[n-1] != len(s.Unknowns) {
		return nil, fmt.Errorf("pinns: Problem.Reference has a solution %v, want its axes to be the coordinates %v and the last one %d unknowns", solution.Dims, s.Coordinates, len(s.Unknowns))
	}
	return grid, nil
}

// gridPoints is about the number of points of a closed form.
const gridPoints = 10_000

// grid are the points along each coordinate; nil if the domain is no box or has too many coordinates for one.
func (s Solution) grid() []int {
	d := len(s.Coordinates)
	switch {
	case s.Reference != nil:
		grid, err := s.referenceShape()
		if err != nil {
			return nil
		}
		return grid
	case s.Grid != nil:
		return s.Grid
	case !isBox(s.Domain) || d > 3:
		return nil
	}
	n := int(math.Round(math.Pow(gridPoints, 1/float64(d)))) + 1
	return slices.Repeat([]int{n}, d)
}

// Arrays describes points, values and axes.
func (s Solution) Arrays() []datasets.Shape {
	n, grid := gridPoints, s.grid()
	var axes []datasets.Shape
	if grid != nil {
		n = 1
		for i, length := range grid {
			n *= length
			axes = append(axes, datasets.Shape{Name: s.Coordinates[i], Axes: []string{s.Coordinates[i]}, Dims: []int{length}})
		}
	}
	return append([]datasets.Shape{
		{Name: "points", Axes: []string{"point", "coordinate"}, Dims: []int{n, len(s.Coordinates)}},
		{Name: "values", Axes: []string{"point", "unknown"}, Dims: []int{n, len(s.Unknowns)}},
	}, axes...)
}

// Make evaluates the closed form, or makes the reference.
func (s Solution) Make(ctx context.Context, _ func(done, total int)) (datasets.Set, error) {
	if s.Reference != nil {
		set, err := datasets.Load(ctx, s.Reference)
		if err != nil {
			return datasets.Set{}, err
		}
		return s.Derive(set)
	}
	var axes [][]float64
	var points []float64
	if grid := s.grid(); grid != nil {
		low, high := s.Domain.Bounds()
		for i, n := range grid {
			axis := make([]float64, n)
			for k := range axis {
				f := float64(k) / float64(n-1)
				axis[k] = low[i]*(1-f) + high[i]*f
			}
			axes = append(axes, axis)
		}
		points = crossed(axes)
	} else {
		inside, err := geometry.Interior(s.Domain, geometry.Halton{}, gridPoints)
		if err != nil {
			return datasets.Set{}, err
		}
		points = inside.Points
	}
	values, err := s.evaluate(ctx, points)
	if err != nil {
		return datasets.Set{}, err
	}
	if axes != nil {
		s.mask(points, values)
	}
	return s.set(points, values, axes), nil
}

// mask sets the values at points outside the domain to NaN. A point as far outside as rounding may put one of the boundary is none.
func (s Solution) mask(points, values []float64) {
	if s.Domain == nil || s.Reference == nil && isBox(s.Domain) {
		return
	}
	low, high := s.Domain.Bounds()
	d, q := len(low), len(s.Unknowns)
	slack := 0.0
	for i := range d {
		slack = max(slack, 1e-9*(high[i]-low[i])) // as details below this are not seen by package geometry
	}
	for row := range len(points) / d {
		if s.Domain.Distance(points[row*d:(row+1)*d]) > slack {
			for k := range q {
				values[row*q+k] = math.NaN()
			}
		}
	}
}

// crossed is the grid of some axes, the first the slowest.
func crossed(axes [][]float64) []float64 {
	n, d := 1, len(axes)
	for _, a := range axes {
		n *= len(a)
	}
	out := make([]float64, n*d)
	for row := range n {
		for i, rest := d-1, row; i >= 0; i-- {
			out[row*d+i] = axes[i][rest%len(axes[i])]
			rest /= len(axes[i])
		}
	}
	return out
}

// evaluate is the closed form at points.
func (s Solution) evaluate(ctx context.Context, points []float64) ([]float64, error) {
	d := len(s.Coordinates)
	names := map[string]float64{}
	for name, v := range s.Coefficients {
		names[name] = v
	}
	forms, err := parseAll(s.Exact, s.Unknowns)
	if err != nil {
		return nil, err
	}
	values := make([]float64, 0, len(points)/d*len(s.Unknowns))
	for at := 0; at < len(points); at += d {
		if at%(d<<10) == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for i, name := range s.Coordinates {
			names[name] = points[at+i]
		}
		for i, f := range forms {
			v, err := evalFinite(f, names)
			if err != nil {
				return nil, fmt.Errorf("pinns: Problem.Exact[%q] at %s: %w", s.Unknowns[i], (Problem{Coordinates: s.Coordinates}).place(points[at:at+d]), err)
			}
			values = append(values, v)
		}
	}
	return values, nil
}

// set puts the arrays together.
func (s Solution) set(points, values []float64, axes [][]float64) datasets.Set {
	all := append([][]float64{points, values}, axes...)
	var set datasets.Set
	for i, shape := range s.Arrays() {
		set.Arrays = append(set.Arrays, datasets.Array{Name: shape.Name, Axes: shape.Axes, Dims: shape.Dims, Values: all[i]})
	}
	return set
}

// Derive takes the arrays out of the reference's.
func (s Solution) Derive(source datasets.Set) (datasets.Set, error) {
	solution, ok := source.Array("solution")
	if !ok {
		return datasets.Set{}, errors.New(`pinns: Problem.Reference has no array "solution", want one`)
	}
	axes := make([][]float64, len(s.Coordinates))
	strides := make([]int, len(s.Coordinates))
	for i, c := range s.Coordinates {
		a, ok := source.Array(axisArray(c))
		if !ok {
			return datasets.Set{}, fmt.Errorf("pinns: Problem.Reference has no array %q, want the places along the coordinate %s", axisArray(c), c)
		}
		axes[i] = a.Values
		strides[i] = 1
		for _, n := range solution.Dims[slices.Index(solution.Axes, axisArray(c))+1:] {
			strides[i] *= n
		}
	}
	points, d, q := crossed(axes), len(axes), len(s.Unknowns)
	values := make([]float64, len(points)/d*q)
	for row := range len(points) / d {
		from := 0
		for i, rest := d-1, row; i >= 0; i-- {
			from += rest % len(axes[i]) * strides[i]
			rest /= len(axes[i])
		}
		copy(values[row*q:(row+1)*q], solution.Values[from:from+q])
	}
	s.mask(points, values)
	return s.set(points, values, axes), nil
}

// solutionArrays are points and values of a set that a Solution made.
func solutionArrays(set datasets.Set) (points, values datasets.Array) {
	points, _ = set.Array("points")
	values, _ = set.Array("values")
	return points, values
}

// Predictor maps arrays to arrays, as a run of the workbench does.
type Predictor interface {
	Predict(in ...datasets.Array) []datasets.Array
}

// RelativeL2 is the error of a trained run against a solution's data, over all points of the domain and all unknowns, relative to the solution.
//
// Errors: a set that is not a [Solution]'s.
func RelativeL2(run Predictor, solution datasets.Set) (float64, error) {
	points, values := solutionArrays(solution)
	if len(points.Dims) != 2 || len(values.Dims) != 2 {
		return 0, errors.New("pinns: RelativeL2 of data without points and values, want those of Problem.Solution")
	}
	var got, want []float64
	for i, u := range run.Predict(points)[0].Values {
		if v := values.Values[i]; !math.IsNaN(v) {
			got, want = append(got, u), append(want, v)
		}
	}
	return metrics.RelL2(got, want, 1)
}

// validation are some points of the solution; nil if the problem names none.
func (s Solver) validation() (*zoo.Data, error) {
	truth := s.Problem.Solution()
	if truth.Reference == nil && len(truth.Exact) == 0 {
		return nil, nil
	}
	if err := truth.Validate(); err != nil {
		return nil, err
	}
	key, err := datasets.Key(truth)
	if err != nil {
		return nil, err
	}
	arrays := truth.Arrays()
	n := arrays[0].Dims[0]
	every := (n + validPoints - 1) / validPoints
	if every%2 == 0 {
		every++ // so as not to keep to one line of an even grid
	}
	kept := (n + every - 1) / every
	shape := func(cols int) shapes.Shape { return shapes.Make(dtypes.Float64, kept, cols) }
	return &zoo.Data{
		Key: key, Rows: []shapes.Shape{shape(arrays[0].Dims[1]), shape(arrays[1].Dims[1])},
		Load: func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
			set, err := datasets.Load(ctx, truth)
			if err != nil {
				return nil, nil, err
			}
			points, values := solutionArrays(set)
			return []*tensors.Tensor{thinned(points, every), thinned(values, every)}, nil, nil
		},
	}, nil
}

// thinned is every so-manieth row.
func thinned(a datasets.Array, every int) *tensors.Tensor {
	cols := a.Dims[1]
	var out []float64
	for row := 0; row < a.Dims[0]; row += every {
		out = append(out, a.Values[row*cols:(row+1)*cols]...)
	}
	return tensors.FromFlatDataAndDimensions(out, len(out)/cols, cols)
}
