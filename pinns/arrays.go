package pinns

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
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
	var err error
	if start, ok := s.Sampling.(Starter); ok {
		made[interiorArray], err = start.Start(s.Problem.Domain, n)
		return err
	}
	inside, err := geometry.Interior(s.Problem.Domain, s.sampler(), n)
	if err != nil {
		return err
	}
	made[interiorArray] = inside.Points
	return s.Problem.checkSources(inside.Points)
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
			if err := c.checkFinite(s.Problem, points.Points); err != nil {
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

// checkSources finds a source of the equations that is not finite at a point.
func (p Problem) checkSources(points []float64) error {
	for name, text := range p.Sources {
		if text == "" {
			continue
		}
		if err := p.checkValues(fmt.Sprintf("Sources[%q] = %q", name, text), text, points); err != nil {
			return err
		}
	}
	return nil
}

// checkValues evaluates an expression of the coordinates at points [n, d].
func (p Problem) checkValues(what, text string, points []float64) error {
	d := len(p.Coordinates)
	values := map[string]float64{}
	for name, v := range p.Coefficients {
		values[name] = v
	}
	for name, v := range p.Trained {
		values[name] = v
	}
	for at := 0; at < len(points); at += d {
		for i, name := range p.Coordinates {
			values[name] = points[at+i]
		}
		v, err := evaluate(text, values)
		if err != nil {
			return fmt.Errorf("pinns: %s: %w", what, err)
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("pinns: %s is %v at %s, want a finite number everywhere", what, v, p.place(points[at:at+d]))
		}
	}
	return nil
}
