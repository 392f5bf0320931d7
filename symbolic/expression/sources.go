package expression

import (
	"fmt"
	"math"
	"slices"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// source is a term of an evolution equation that is a function of the coordinates.
type source struct {
	e       Expr
	weight  float64
	channel int
}

// contents tells whether an expression varies with the coordinates by itself, and whether there is an unknown in it.
func (s System) contents(e Expr) (varies, unknown bool) {
	kinds := s.kinds()
	Replace(e, func(leaf Expr) Expr {
		_, derivative := leaf.(Derivative)
		kind := kinds[leaf.String()]
		varies = varies || kind == "a coordinate" || kind == "a source"
		unknown = unknown || derivative || kind == "an unknown"
		return leaf
	})
	return varies, unknown
}

// addSources gives an equation its sources: a Forcing if none of them has time in it.
func (s System) addSources(out *pde.Semilinear, sources []source, box Box) error {
	if len(sources) == 0 {
		return nil
	}
	if len(box.Grid) != len(box.Lengths) || slices.ContainsFunc(box.Grid, func(n int) bool { return n < 1 }) {
		return fmt.Errorf("expression: Box.Grid = %v, want points along each axis, since %s is a source", box.Grid, sources[0].e)
	}
	terms, timed := make([]func(x []float64) float64, len(sources)), false
	for i, f := range sources {
		var err error
		if terms[i], err = s.compiled(f.e); err != nil {
			return fmt.Errorf("expression: the term %s does not fit: %w", f.e, err)
		}
		Replace(f.e, func(leaf Expr) Expr {
			timed = timed || Equal(leaf, Name(s.Time))
			return leaf
		})
	}
	points, channels := s.points(box), len(s.Unknowns)
	clock := slices.Index(s.Coordinates, s.Time)
	fill := func(dst []float64, t float64) {
		clear(dst)
		if len(dst) != len(points)*channels { // a solve on another grid, which ends at once with what is not finite
			for i := range dst {
				dst[i] = math.NaN()
			}
			return
		}
		x := make([]float64, len(s.Coordinates))
		for i, point := range points {
			copy(x, point)
			x[clock] = t
			for j, f := range terms {
				dst[i*channels+sources[j].channel] += sources[j].weight * f(x)
			}
		}
	}
	if timed {
		out.Source = fill
		return nil
	}
	out.Forcing = make([]float64, len(points)*channels)
	fill(out.Forcing, 0)
	return nil
}

// points are the coordinates of the box's grid points, with 0 for time.
func (s System) points(box Box) [][]float64 {
	size := 1
	for _, n := range box.Grid {
		size *= n
	}
	out := make([][]float64, size)
	for i := range out {
		out[i] = make([]float64, len(s.Coordinates))
		rest, axis := i, len(box.Grid)-1
		for c := len(s.Coordinates) - 1; c >= 0; c-- {
			if s.Coordinates[c] == s.Time {
				continue
			}
			n := box.Grid[axis]
			out[i][c] = box.Lengths[axis] * float64(rest%n) / float64(n)
			if box.From != nil {
				out[i][c] += box.From[axis]
			}
			rest, axis = rest/n, axis-1
		}
	}
	return out
}

// compiled makes a function of the coordinates of an expression, for many points.
func (s System) compiled(e Expr) (func(x []float64) float64, error) {
	constant := func(value float64) (func(x []float64) float64, error) {
		return func([]float64) float64 { return value }, nil
	}
	switch e := e.(type) {
	case Number:
		return constant(float64(e))
	case Name:
		if at := slices.Index(s.Coordinates, string(e)); at >= 0 {
			return func(x []float64) float64 { return x[at] }, nil
		}
		if value, ok := s.Coefficients[string(e)]; ok {
			return constant(value)
		}
		if e == pi {
			return constant(math.Pi)
		}
		if _, ok := s.Sources[string(e)]; ok {
			return nil, fmt.Errorf("the source %s, whose values are given, want its text in System.Sources", e)
		}
		return nil, fmt.Errorf("%s has no value, want one by System.With", e)
	case Negative:
		f, err := s.compiled(e.X)
		return func(x []float64) float64 { return -f(x) }, err
	case Binary:
		left, err := s.compiled(e.Left)
		if err != nil {
			return nil, err
		}
		right, err := s.compiled(e.Right)
		return func(x []float64) float64 { return operate(e.Op, left(x), right(x)) }, err
	case Call:
		arg, err := s.compiled(e.Arg)
		f, _ := pointwise(e.Function)
		return func(x []float64) float64 { return f.at(arg(x)) }, err
	}
	return nil, fmt.Errorf("%v is no function of the coordinates", e)
}
