package pinns

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

// Problem is equations in a domain, with conditions on its boundary. It is data: its JSON is in the run's manifest.
type Problem struct {
	Name string `json:",omitempty"`

	Equations    []string           `json:",omitempty"` // such as "u_t + u*u_x = nu*u_xx"; see package expression for the grammar
	Coordinates  []string           // of the domain, in its order; one with the name t is the time
	Unknowns     []string           // such as "u"; the network has an output for each
	Coefficients map[string]float64 `json:",omitempty"` // constants
	Trained      map[string]float64 `json:",omitempty"` // constants that are found, with the values that they start from
	Sources      map[string]string  `json:",omitempty"` // functions of the coordinates, such as "sin(pi*x)"

	Domain       geometry.Domain
	Conditions   []Condition    `json:",omitempty"`
	Open         []string       `json:",omitempty"` // parts of the boundary on which the problem has no condition; "final" needs no mention
	Observations []Observations `json:",omitempty"`

	Exact     map[string]string `json:",omitempty"` // the solution, where it is known: an expression of the coordinates for each unknown
	Reference datasets.Recipe   `json:",omitempty"` // else data with the array "solution" and one for each coordinate ("time" for t)

	// Residual, where it is set, gives the residuals in place of Equations: for what the text cannot say. It is a graph function of the
	// unknowns' fields, which have Derivatives, at points [n, d]; it returns arrays [n, 1], as many as there are unknowns.
	Residual    func(u map[string]jet.Field, points *graph.Node) []*graph.Node `json:"-"`
	Derivatives []string                                                       `json:",omitempty"` // such as "t", "xx"
}

// Validate returns all that is wrong with the problem.
func (p Problem) Validate() error {
	errs := []error{p.checkDomain()}
	if (p.Residual == nil) == (len(p.Equations) == 0) {
		errs = append(errs, errors.New("pinns: Problem.Equations and Residual, want exactly one of them"))
	}
	if p.Residual == nil && len(p.Equations) > 0 {
		errs = append(errs, p.System().Validate())
	} else if len(p.Unknowns) == 0 {
		errs = append(errs, errors.New("pinns: Problem.Unknowns is empty, want at least one"))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	errs = append(errs, p.checkConditions()...)
	for i, o := range p.Observations {
		if err := o.validate(len(p.Coordinates), len(p.Unknowns)); err != nil {
			errs = append(errs, fmt.Errorf("pinns: Problem.Observations[%d]: %w", i, err))
		}
	}
	for _, u := range slices.Sorted(maps.Keys(p.Exact)) {
		if !slices.Contains(p.Unknowns, u) {
			errs = append(errs, fmt.Errorf("pinns: Problem.Exact has %q, want the unknowns %v", u, p.Unknowns))
		}
	}
	return errors.Join(errs...)
}

func (p Problem) checkDomain() error {
	if p.Domain == nil {
		return errors.New("pinns: Problem.Domain is nil, want one of package geometry")
	}
	if err := p.Domain.Validate(); err != nil {
		return err
	}
	if d := p.Domain.Dims(); d != len(p.Coordinates) {
		return fmt.Errorf("pinns: Problem.Coordinates = %v, want %d names, one a coordinate of the domain", p.Coordinates, d)
	}
	return nil
}

// checkConditions checks each condition, and that none is missing.
func (p Problem) checkConditions() []error {
	var errs []error
	names := map[string]bool{}
	parts := p.parts()
	for i, c := range p.Conditions {
		if err := c.validate(p, parts); err != nil {
			errs = append(errs, fmt.Errorf("pinns: Problem.Conditions[%d]: %w", i, err))
			continue
		}
		if name := c.Term(); names[name] {
			errs = append(errs, fmt.Errorf("pinns: Problem.Conditions[%d] is the second one for the term %q, want Name to tell them apart", i, name))
		} else {
			names[name] = true
		}
	}
	for _, part := range p.Open {
		if !slices.Contains(parts, part) {
			errs = append(errs, fmt.Errorf("pinns: Problem.Open has %q, want parts of the boundary: %s", part, strings.Join(parts, ", ")))
		}
	}
	if len(errs) > 0 { // what is missing shows when they are right
		return errs
	}
	for _, g := range p.gaps() {
		if g.certain {
			errs = append(errs, fmt.Errorf("pinns: %s", g.text))
		}
	}
	return errs
}

// parts are the names of the boundary's parts, each once.
func (p Problem) parts() []string {
	var names []string
	for _, part := range p.Domain.Boundary() {
		if !slices.Contains(names, part.Name) {
			names = append(names, part.Name)
		}
	}
	return names
}

// time is the coordinate that is time, "" if none is.
func (p Problem) time() string {
	if slices.Contains(p.Coordinates, "t") {
		return "t"
	}
	return ""
}

// System is the equations with their declarations, for the tools of package expression.
func (p Problem) System() expression.System {
	return expression.System{
		Equations: p.Equations, Coordinates: p.Coordinates, Time: p.time(), Unknowns: p.Unknowns,
		Coefficients: p.Coefficients, Trained: slices.Sorted(maps.Keys(p.Trained)), Sources: p.Sources,
	}
}

// With is the problem with values for some of its coefficients; those that were to be found are so no more.
func (p Problem) With(values map[string]float64) Problem {
	p.Coefficients, p.Trained = maps.Clone(p.Coefficients), maps.Clone(p.Trained)
	if p.Coefficients == nil {
		p.Coefficients = map[string]float64{}
	}
	for name, v := range values {
		p.Coefficients[name] = v
		delete(p.Trained, name)
	}
	return p
}

// Describe is the problem as a page of Markdown shows it: equations, conditions, and the notes on what may be missing.
func (p Problem) Describe() string {
	var b strings.Builder
	latex, err := p.System().LaTeX()
	if err != nil || len(latex) == 0 {
		latex = p.Equations
	}
	b.WriteString("$$\\begin{aligned}\n")
	for i, e := range latex {
		if i > 0 {
			b.WriteString(" \\\\\n")
		}
		b.WriteString(strings.Replace(e, "=", "&=", 1))
	}
	b.WriteString("\n\\end{aligned}$$\n")
	for _, c := range p.Conditions {
		fmt.Fprintf(&b, "\n- %s", c.describe(p))
	}
	for _, note := range p.Notes() {
		fmt.Fprintf(&b, "\n\nNote: %s.", strings.TrimPrefix(note, "pinns: "))
	}
	return b.String()
}

// isBox tells whether the domain is all of its bounds.
func isBox(d geometry.Domain) bool {
	switch d := d.(type) {
	case geometry.Interval, geometry.Box:
		return true
	case geometry.Named:
		return isBox(d.Of)
	case geometry.Product:
		return isBox(d.A) && isBox(d.B)
	}
	return false
}
