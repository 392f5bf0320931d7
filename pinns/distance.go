package pinns

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

// distance is what an ansatz calls the distance to the boundary in space.
const distance = "D"

// usesDistance tells whether the ansatz has the distance in it.
func (s Solver) usesDistance() bool {
	for _, text := range s.Ansatz {
		if e, err := expression.Parse(text); err == nil && slices.Contains(expression.Names(e), distance) {
			return true
		}
	}
	return false
}

// distance is the formula in the coordinates other than time.
func (p Problem) distance() (geometry.Formula, error) {
	space, err := withoutAxis(p.Domain, slices.Index(p.Coordinates, p.time()))
	if err != nil {
		return geometry.Formula{}, err
	}
	return geometry.DistanceFormula(space, p.space()...)
}

// withoutAxis is a domain's projection along an axis that it is a product with; axis -1 is none.
func withoutAxis(d geometry.Domain, axis int) (geometry.Domain, error) {
	if axis < 0 {
		return d, nil
	}
	switch d := d.(type) {
	case geometry.Named:
		return withoutAxis(d.Of, axis)
	case geometry.Box:
		if len(d.Low) > 1 {
			return geometry.Box{Low: slices.Delete(slices.Clone(d.Low), axis, axis+1), High: slices.Delete(slices.Clone(d.High), axis, axis+1)}, nil
		}
	case geometry.Product:
		first := d.A.Dims()
		switch {
		case axis < first && first == 1:
			return d.B, nil
		case axis < first:
			a, err := withoutAxis(d.A, axis)
			return geometry.Product{A: a, B: d.B}, err
		case d.B.Dims() == 1:
			return d.A, nil
		}
		b, err := withoutAxis(d.B, axis-first)
		return geometry.Product{A: d.A, B: b}, err
	}
	return nil, fmt.Errorf("pinns: no boundary in space of %T, want a domain in space times an interval of time, as of geometry.Cylinder", d)
}

// distanceJet is the distance on jets of the coordinates.
func (p Problem) distanceJet(coordinates map[string]jet.Jet) jet.Jet {
	formula, err := p.distance()
	check(err)
	values := maps.Clone(coordinates)
	var last jet.Jet
	for _, step := range formula.Steps {
		e, err := expression.Parse(step.Text)
		check(err)
		last = expression.OnJets(e, values)
		values[step.Name] = last
	}
	return last
}

// distanceAt is the distance at a point.
func (p Problem) distanceAt(x []float64) (float64, error) {
	formula, err := p.distance()
	if err != nil {
		return 0, err
	}
	values, last := map[string]float64{}, 0.0
	for i, name := range p.Coordinates {
		values[name] = x[i]
	}
	for _, step := range formula.Steps {
		if last, err = evaluate(step.Text, values); err != nil {
			return 0, err
		}
		values[step.Name] = last
	}
	return last, nil
}

// validateDistance checks that there is a distance, that its name is free, and that no term wants derivatives that it does not have.
func (s Solver) validateDistance() error {
	p := s.Problem
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("pinns: Solver.Ansatz has "+format, args...))
	}
	_, constant := p.Coefficients[distance]
	_, trained := p.Trained[distance]
	if constant || trained || slices.Contains(p.Coordinates, distance) || slices.Contains(p.Unknowns, distance) {
		bad("%q, the distance to the boundary, and so has the problem: want another name there", distance)
	}
	formula, err := p.distance()
	if err != nil {
		bad("%q, the distance to the boundary: %w", distance, err)
	}
	if formula.Kinked {
		for _, c := range s.soft() {
			if set := c.jets(p); len(set.Derivatives)+len(set.Operators) > 0 && !slices.Equal(c.On, []string{"initial"}) {
				bad("%q, whose derivatives jump at the boundary of this domain, and the condition %q has derivatives there: want it in the ansatz too, "+
					"or a factor of your own for %q", distance, c.Term(), distance)
			}
		}
	}
	return errors.Join(errs...)
}
