package expression

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
)

// System is equations as text, with what their names mean. It is data: its JSON is the text and the declarations, and
// everything else is found from them anew.
//
// Names: all differ; none is that of a function or pi. A name may have underscores, D_u for one, as long as it cannot be read as
// a derivative.
type System struct {
	Equations    []string           // such as "u_t + u*u_x = nu*u_xx"
	Coordinates  []string           // one a column of the points, in their order, such as "t", "x"
	Time         string             `json:",omitempty"` // the coordinate that is time; "" if none is
	Unknowns     []string           // such as "u"
	Coefficients map[string]float64 `json:",omitempty"` // constants with a value
	Trained      []string           `json:",omitempty"` // constants whose value is found, as in an inverse problem
	Sources      map[string]string  `json:",omitempty"` // functions of the coordinates, such as "sin(pi*x)"; "" for one whose values are given
}

// Validate returns all problems of the system.
func (s System) Validate() error {
	_, err := s.Parsed()
	return err
}

// With is the system with values for some of its coefficients; those that were trained are so no more.
func (s System) With(values map[string]float64) System {
	s.Coefficients = maps.Clone(s.Coefficients)
	if s.Coefficients == nil {
		s.Coefficients = map[string]float64{}
	}
	maps.Copy(s.Coefficients, values)
	s.Trained = slices.DeleteFunc(slices.Clone(s.Trained), func(name string) bool {
		_, ok := values[name]
		return ok
	})
	return s
}

// Parsed is the equations as they are written, with derivatives for the names that are such.
//
// Errors: all that is wrong with the declarations and the equations.
func (s System) Parsed() ([]Equation, error) {
	errs := s.checkNames()
	if len(s.Equations) == 0 {
		errs = append(errs, errors.New("expression: System.Equations is empty, want at least one"))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Sources)) {
		if _, err := s.source(name); err != nil {
			errs = append(errs, err)
		}
	}
	out := make([]Equation, len(s.Equations))
	for i, text := range s.Equations {
		equation, err := s.equation(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("expression: System.Equations[%d]: %w", i, err))
		}
		out[i] = equation
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return out, nil
}

// equation reads one, and wants an unknown in it.
func (s System) equation(text string) (Equation, error) {
	parsed, err := ParseEquation(text)
	if err != nil {
		return Equation{}, err
	}
	if err := s.checkText(text, s.kinds()); err != nil {
		return Equation{}, err
	}
	out := Equation{s.resolved(parsed.Left), s.resolved(parsed.Right)}
	unknown := false
	for _, side := range []Expr{out.Left, out.Right} {
		Replace(side, func(leaf Expr) Expr {
			_, derivative := leaf.(Derivative)
			unknown = unknown || derivative || slices.Contains(s.Unknowns, leaf.String())
			return leaf
		})
	}
	if !unknown {
		return Equation{}, fmt.Errorf("%q has no unknown, want one of %s in it", text, strings.Join(s.Unknowns, ", "))
	}
	return out, nil
}

// source is what a source is declared to be; nil if its values are given.
func (s System) source(name string) (Expr, error) {
	text := s.Sources[name]
	if text == "" {
		return nil, nil
	}
	e, err := s.function(text)
	if err != nil {
		return nil, fmt.Errorf("expression: System.Sources[%q], a function of the coordinates: %w", name, err)
	}
	return e, nil
}

// function reads an expression in coordinates and coefficients.
func (s System) function(text string) (Expr, error) {
	e, err := Parse(text)
	if err != nil {
		return nil, err
	}
	kinds := s.kinds()
	maps.DeleteFunc(kinds, func(_ string, k string) bool { return k == "an unknown" || k == "a source" })
	return e, s.checkText(text, kinds)
}

// resolved finds the derivatives among the names of an expression that was checked.
func (s System) resolved(e Expr) Expr {
	kinds := s.kinds()
	return Replace(e, func(leaf Expr) Expr {
		name, ok := leaf.(Name)
		if _, declared := kinds[string(name)]; !ok || declared {
			return leaf
		}
		if d, ok := s.derivative(string(name)); ok {
			return d
		}
		return leaf
	})
}

// derivative reads a name as an unknown's derivative.
func (s System) derivative(name string) (Derivative, bool) {
	for i := range name {
		if name[i] != '_' || !slices.Contains(s.Unknowns, name[:i]) {
			continue
		}
		if by, ok := s.split(name[i+1:]); ok {
			return Derivative{name[:i], by}, true
		}
	}
	return Derivative{}, false
}

// split cuts a subscript into coordinates: at each place the longest that fits, as a [jet.Set] does.
func (s System) split(subscript string) (by []string, ok bool) {
	for subscript != "" {
		best := ""
		for _, c := range s.Coordinates {
			if len(c) > len(best) && strings.HasPrefix(subscript, c) {
				best = c
			}
		}
		if best == "" {
			return nil, false
		}
		by, subscript = append(by, best), subscript[len(best):]
	}
	return by, len(by) > 0
}

// kinds says what each declared name is.
func (s System) kinds() map[string]string {
	out := map[string]string{pi: "a constant"}
	for _, c := range s.Coordinates {
		out[c] = "a coordinate"
	}
	for _, u := range s.Unknowns {
		out[u] = "an unknown"
	}
	for c := range s.Coefficients {
		out[c] = "a coefficient"
	}
	for _, c := range s.Trained {
		out[c] = "a coefficient"
	}
	for f := range s.Sources {
		out[f] = "a source"
	}
	return out
}

// LaTeX is each equation in LaTeX's mathematics, as it is written.
//
// Errors: as [System.Parsed].
func (s System) LaTeX() ([]string, error) {
	equations, err := s.Parsed()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range equations {
		out = append(out, e.LaTeX())
	}
	return out, nil
}

// Derivatives are the derivatives that the residuals need, of each unknown, in the form that [jet.Set] takes, such as "xx"; each
// once, in the order in which they appear.
//
// Errors: as [System.WrittenOut].
func (s System) Derivatives() (map[string][]string, error) {
	equations, err := s.WrittenOut()
	if err != nil {
		return nil, err
	}
	return s.derivatives(equations), nil
}

// derivatives are those in equations.
func (s System) derivatives(equations []Equation) map[string][]string {
	out := map[string][]string{}
	for _, u := range s.Unknowns {
		out[u] = nil
	}
	for _, e := range equations {
		for _, side := range []Expr{e.Left, e.Right} {
			Replace(side, func(leaf Expr) Expr {
				if d, ok := leaf.(Derivative); ok {
					if name := s.jetName(d); !slices.Contains(out[d.Of], name) {
						out[d.Of] = append(out[d.Of], name)
					}
				}
				return leaf
			})
		}
	}
	return out
}

// jetName is what a derivative is called in a [jet.Set].
func (s System) jetName(d Derivative) string {
	between := ""
	if slices.ContainsFunc(s.Coordinates, func(c string) bool { return len(c) > 1 }) {
		between = " "
	}
	return strings.Join(s.sorted(d.By), between)
}

// sorted puts coordinates in the order of their declaration: the order of derivatives does not count.
func (s System) sorted(by []string) []string {
	out := slices.Clone(by)
	slices.SortStableFunc(out, func(a, b string) int {
		return slices.Index(s.Coordinates, a) - slices.Index(s.Coordinates, b)
	})
	return out
}

// Set is what [jet.Seed] needs for the residuals, as when one network gives all unknowns. Where the jets have fewer arrays then, linear
// combinations of an unknown's derivatives with constant coefficients are operators in it, such as u_t - nu*u_xx; those derivatives
// are not in the set by themselves, unless they are added.
//
// Errors: as [System.WrittenOut].
func (s System) Set() (jet.Set, error) {
	equations, err := s.WrittenOut()
	if err != nil {
		return jet.Set{}, err
	}
	if f, ok := s.fuse(equations); ok {
		return f.set, nil
	}
	return s.set(equations), nil
}

// set has the derivatives in equations, of all unknowns.
func (s System) set(equations []Equation) jet.Set {
	each := s.derivatives(equations)
	set := jet.Set{Variables: s.Coordinates}
	for _, u := range s.Unknowns {
		for _, d := range each[u] {
			if !slices.Contains(set.Derivatives, d) {
				set.Derivatives = append(set.Derivatives, d)
			}
		}
	}
	return set
}
