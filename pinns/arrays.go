package pinns

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Names of the arrays that every step gets.
const (
	interiorArray = "interior"
	poolArray     = "pool"
)

func conditionArray(i int) string { return fmt.Sprintf("condition %d", i) }
func normalArray(i int) string    { return fmt.Sprintf("normals %d", i) }
func placeArray(i int) string     { return fmt.Sprintf("places %d", i) }
func valueArray(i int) string     { return fmt.Sprintf("values %d", i) }

// Numbers of points where the solver does not say.
const (
	interiorPoints  = 1024
	conditionPoints = 128
	poolPoints      = 1 << 14 // to pick from where a domain is no box
	validPoints     = 1 << 12 // of the reference, while training
)

// arraysVersion goes up when the arrays of the same solver are others.
const arraysVersion = 1

// array is one that every step gets.
type array struct {
	name       string
	rows, cols int
}

// arrays are all of them, in their order.
func (s Solver) arrays() []array {
	d, q := len(s.Problem.Coordinates), len(s.Problem.Unknowns)
	out := []array{{interiorArray, orElse(s.Interior, interiorPoints), d}}
	for i, c := range s.soft() {
		n := s.conditionPoints(c)
		out = append(out, array{conditionArray(i), n, d})
		if c.Along == "" {
			out = append(out, array{normalArray(i), n, d})
		}
	}
	for i, o := range s.Problem.Observations {
		n := o.count()
		out = append(out, array{placeArray(i), n, d}, array{valueArray(i), n, q})
	}
	if s.Sampling != nil && !isBox(s.Problem.Domain) {
		out = append(out, array{poolArray, poolPoints, d})
	}
	return out
}

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

func (s Solver) conditionPoints(c Condition) int {
	return orElse(c.Points, orElse(s.Boundary, conditionPoints))
}

// whole is an array in a step.
func (s Solver) whole(step *zoo.Step, name string) *Node {
	for i, a := range s.arrays() {
		if a.name == name {
			return step.Whole[i]
		}
	}
	exceptions.Panicf("pinns: no array %q, want one of %v", name, s.arrays())
	return nil
}

// normals are those of the i-th soft condition; nil for a periodic one.
func (s Solver) normals(step *zoo.Step, i int) *Node {
	if s.soft()[i].Along != "" {
		return nil
	}
	return s.whole(step, normalArray(i))
}

// Data describes the points, the observations, and the reference that validation compares with.
func (s Solver) Data() (zoo.Data, error) {
	key, err := s.pointsKey()
	if err != nil {
		return zoo.Data{}, err
	}
	data := zoo.Data{Key: key, Load: s.load}
	for _, a := range s.arrays() {
		data.Whole = append(data.Whole, shapes.Make(dtypes.Float64, a.rows, a.cols))
	}
	data.Valid, err = s.validation()
	return data, err
}

// pointsKey names the arrays' values.
func (s Solver) pointsKey() (string, error) {
	text, err := kinds.Marshal(struct {
		Version      int
		Problem      Problem
		Arrays       []string
		Sampler      geometry.Sampler
		Sampling     Sampling
		Soft         []Condition
		Observations []Observations
	}{arraysVersion, s.Problem.located(), s.describeArrays(), s.Sampler, s.Sampling, s.soft(), s.Problem.Observations})
	if err != nil {
		return "", fmt.Errorf("pinns: key of the points: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8]), nil
}

// located is what of the problem decides where points lie and what is observed there.
func (p Problem) located() Problem {
	out := Problem{Coordinates: p.Coordinates, Domain: p.Domain}
	if len(p.Observations) > 0 {
		out.Unknowns, out.Exact, out.Reference, out.Coefficients = p.Unknowns, p.Exact, p.Reference, p.Coefficients
	}
	return out
}

func (s Solver) describeArrays() []string {
	var out []string
	for _, a := range s.arrays() {
		out = append(out, fmt.Sprintf("%s %d×%d", a.name, a.rows, a.cols))
	}
	return out
}

// load makes the arrays, and refuses what would be NaN in the first step.
func (s Solver) load(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
	made := map[string][]float64{}
	if err := errors.Join(s.loadInterior(made), s.loadConditions(made), s.loadObservations(ctx, made)); err != nil {
		return nil, nil, err
	}
	for _, a := range s.arrays() {
		values, ok := made[a.name]
		if !ok && a.name == poolArray {
			pool, err := geometry.Interior(s.Problem.Domain, geometry.Uniform{Seed: 1}, a.rows)
			if err != nil {
				return nil, nil, err
			}
			values = pool.Points
		}
		if len(values) != a.rows*a.cols {
			return nil, nil, fmt.Errorf("pinns: array %q has %d values, want %d×%d", a.name, len(values), a.rows, a.cols)
		}
		whole = append(whole, tensors.FromFlatDataAndDimensions(values, a.rows, a.cols))
	}
	return nil, whole, nil
}

func (s Solver) sampler() geometry.Sampler {
	if s.Sampler == nil {
		return geometry.Sobol{Scrambled: true}
	}
	return s.Sampler
}

func (s Solver) loadInterior(made map[string][]float64) error {
	n := orElse(s.Interior, interiorPoints)
	var points []float64
	if start, ok := s.Sampling.(Starter); ok {
		var err error
		if points, err = start.Start(s.Problem.Domain, n); err != nil {
			return err
		}
	} else {
		inside, err := geometry.Interior(s.Problem.Domain, s.sampler(), n)
		if err != nil {
			return fmt.Errorf("pinns: points inside the domain: %w", err)
		}
		points = inside.Points
	}
	made[interiorArray] = points
	return s.Problem.checkEquations(points)
}

func (s Solver) loadConditions(made map[string][]float64) error {
	for i, c := range s.soft() {
		names := c.parts(s.Problem, s.Problem.parts())
		if c.Along != "" {
			names = names[:1]
		}
		points, err := geometry.OnBoundary(s.Problem.Domain, s.sampler(), s.conditionPoints(c), names...)
		if err != nil {
			return fmt.Errorf("pinns: points of the condition %q: %w", c.Term(), err)
		}
		made[conditionArray(i)] = points.Points
		if c.Along == "" {
			made[normalArray(i)] = points.Normals
			if err := c.checkFinite(s.Problem, slices.Concat(points.Points, s.Problem.corners(names))); err != nil {
				return err
			}
		}
	}
	for _, c := range s.Problem.Conditions {
		if s.built(c) && c.Along == "" {
			points, err := geometry.OnBoundary(s.Problem.Domain, s.sampler(), 32, c.parts(s.Problem, s.Problem.parts())...)
			if err != nil {
				return err
			}
			if err := s.checkHard(c, points.Points); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkEquations finds a source, or another part of the equations that is known beforehand, which is not finite at a point.
func (p Problem) checkEquations(points []float64) error {
	if p.Residual != nil {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(p.Sources)) {
		e, err := expression.Parse(p.Sources[name])
		if err != nil {
			return err
		}
		if err := p.checkValues(fmt.Sprintf("Sources[%q] = %q", name, p.Sources[name]), e, points); err != nil {
			return err
		}
	}
	equations, err := p.System().WrittenOut()
	if err != nil {
		return err
	}
	for i, e := range equations {
		if err := p.checkKnown("the equation", p.Equations[i], e, points); err != nil {
			return err
		}
	}
	return nil
}

// checkKnown evaluates what has no unknowns in it at the points: a side of an equation such as that of "u = 1/x", or a part of one.
func (p Problem) checkKnown(what, text string, e expression.Equation, points []float64) error {
	names := slices.Concat(p.Coordinates, slices.Collect(maps.Keys(p.Coefficients)), slices.Collect(maps.Keys(p.Trained)))
	for _, side := range []expression.Expr{e.Left, e.Right} {
		for _, part := range knownParts(side, names) {
			found := fmt.Sprintf("%s %q", what, text)
			if !expression.Equal(part, side) {
				found = fmt.Sprintf("%s in %s", part, found)
			}
			if err := p.checkValues(found, part, points); err != nil {
				return err
			}
		}
	}
	return nil
}

// knownParts are the largest parts of an expression with no other names than those given; of what the rest is divided by it is the inverse.
func knownParts(e expression.Expr, names []string) []expression.Expr {
	known := func(e expression.Expr) bool {
		return !slices.ContainsFunc(expression.Names(e), func(name string) bool { return !slices.Contains(names, name) })
	}
	if known(e) {
		return []expression.Expr{e}
	}
	switch e := e.(type) {
	case expression.Negative:
		return knownParts(e.X, names)
	case expression.Call:
		return knownParts(e.Arg, names)
	case expression.Binary:
		right := e.Right
		if e.Op == expression.Over && known(right) {
			right = expression.Binary{Op: expression.Over, Left: expression.Number(1), Right: right}
		}
		return append(knownParts(e.Left, names), knownParts(right, names)...)
	}
	return nil
}

// checkValues evaluates an expression of the coordinates at points [n, d].
func (p Problem) checkValues(what string, e expression.Expr, points []float64) error {
	d := len(p.Coordinates)
	values := map[string]float64{}
	maps.Copy(values, p.Coefficients)
	maps.Copy(values, p.Trained)
	for at := 0; at < len(points); at += d {
		v, err := p.valueAt(e, values, points[at:at+d])
		if err != nil {
			return fmt.Errorf("pinns: %s: %w", what, err)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			place := p.place(points[at : at+d])
			if p.isCorner(points[at : at+d]) {
				place = "the corner " + place
			}
			return fmt.Errorf("pinns: %s is %v at %s, want a finite number everywhere", what, v, place)
		}
	}
	return nil
}

// mostCornered bounds the corners of a box, which are 2^d.
const mostCornered = 10

// corners are those of a box that lie on parts of its boundary, [n, d] flat; none of another domain.
func (p Problem) corners(parts []string) []float64 {
	d := len(p.Coordinates)
	if !isBox(p.Domain) || d > mostCornered {
		return nil
	}
	low, high := p.Domain.Bounds()
	x, n, middle := make([]float64, d), make([]float64, d), slices.Repeat([]float64{0.5}, d)
	var out []float64
	for _, part := range p.Domain.Boundary() {
		if !slices.Contains(parts, part.Name) || !part.At(middle[:part.Coords], x, n) {
			continue
		}
		axis := slices.IndexFunc(n, func(v float64) bool { return v != 0 })
		for k := range 1 << d {
			corner := slices.Clone(low)
			for i := range corner {
				if k>>i&1 == 1 {
					corner[i] = high[i]
				}
			}
			if corner[axis] == x[axis] {
				out = append(out, corner...)
			}
		}
	}
	return out
}

// isCorner tells whether a point is a corner of a box of two or more dimensions.
func (p Problem) isCorner(x []float64) bool {
	low, high := p.Domain.Bounds()
	for i, v := range x {
		if v != low[i] && v != high[i] {
			return false
		}
	}
	return len(x) > 1 && isBox(p.Domain)
}
