package expression

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// Levels at which Check tells things apart.
const (
	// vanishing is the residual over the largest term that is as good as none: what constants of some ten digits in a
	// solution's text leave.
	vanishing = 1e-8
	// helping is how far the right factor of a term lowers the residual at least; what else is wrong is that much smaller.
	helping = 1e-3
	// apart is the ratio of terms' sizes from which on units are in doubt.
	apart = 1e3
	// safety is what the bound on round-off is multiplied by: it is of first order, and library functions err by more than half a unit.
	safety = 4
)

// Check puts a claimed exact solution into the equations, at some points and in float64: whether it solves them, and if not, which
// single term's sign or factor would make it do so. That finds what is mistyped in an equation, in a manufactured solution or in
// the forcing that belongs to it.
//
// solution has an expression of the coordinates and coefficients for each unknown; its derivatives are exact. A point has a number
// a coordinate. A term is a summand as the equation has it, so that nu*lap(u) is one and so is a source.
//
// Points at which a term is not finite are left out, with a warning. Round-off that the evaluation cannot avoid counts as no
// residual: it is bounded operation by operation.
//
// Errors: as [System.WrittenOut]; an unknown without an expression, or with one that does not fit; a trained coefficient, which
// gets its value by [System.With]; a source without a text; points of another length.
func (s System) Check(solution map[string]string, points [][]float64) (Report, error) {
	equations, err := s.Parsed()
	if err != nil {
		return Report{}, err
	}
	w, err := s.writer()
	if err != nil {
		return Report{}, err
	}
	if err := s.checkable(solution, points); err != nil {
		return Report{}, err
	}
	c := checker{writer: w, solution: map[string]Expr{}, derivatives: map[string]Expr{}}
	for _, u := range s.Unknowns {
		e, err := s.function(solution[u])
		if err == nil {
			e, err = w.scalar(e)
		}
		if err != nil {
			return Report{}, fmt.Errorf("expression: Check of %s = %s, want a function of the coordinates: %w", u, solution[u], err)
		}
		c.solution[u] = e
	}
	var all [][]summand
	for i, e := range equations {
		terms, err := c.summands(e)
		if err != nil {
			return Report{}, fmt.Errorf("expression: System.Equations[%d]: %w", i, err)
		}
		all = append(all, terms)
	}
	values := make([]map[string]rounded, len(points))
	for i, x := range points {
		values[i] = c.values(x)
	}
	var out Report
	for i, terms := range all {
		out.Equations = append(out.Equations, c.equation(s.Equations[i], terms, points, values))
	}
	return out, nil
}

// checkable returns the problems of what Check is given with a valid system.
func (s System) checkable(solution map[string]string, points [][]float64) error {
	var errs []error
	bad := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("expression: Check "+format, args...))
	}
	for _, u := range s.Unknowns {
		if solution[u] == "" {
			bad("without an expression for %s, want one for each of the unknowns %s", u, strings.Join(s.Unknowns, ", "))
		}
	}
	for _, u := range slices.Sorted(maps.Keys(solution)) {
		if !slices.Contains(s.Unknowns, u) {
			bad("of %s, which is no unknown, want one of %s", u, strings.Join(s.Unknowns, ", "))
		}
	}
	if len(s.Trained) > 0 {
		bad("with the trained coefficients %s, want their values by System.With", strings.Join(s.Trained, ", "))
	}
	for _, name := range slices.Sorted(maps.Keys(s.Sources)) {
		if s.Sources[name] == "" {
			bad("with the source %s, whose values are given, want its text in System.Sources", name)
		}
	}
	if len(points) == 0 {
		bad("without points, want at least one")
	}
	for i, x := range points {
		if len(x) != len(s.Coordinates) {
			bad("at points[%d] = %v, want %d numbers, one for each of %s", i, x, len(s.Coordinates), strings.Join(s.Coordinates, ", "))
			break
		}
	}
	return errors.Join(errs...)
}

// summand is a term of left minus right side, with its sign there.
type summand struct {
	text string
	e    Expr // written out
	sign float64
}

// checker evaluates equations on a solution.
type checker struct {
	writer
	solution    map[string]Expr // by unknown
	derivatives map[string]Expr // of the solution, by the derivative's text
}

// summands are the terms of an equation; the derivatives in them are found of the solution.
func (c *checker) summands(e Equation) ([]summand, error) {
	var out []summand
	var first error
	summands(Binary{Minus, e.Left, e.Right}, 1, func(e Expr, sign float64) {
		if zero(e) || first != nil {
			return
		}
		var written Expr
		if written, first = c.scalar(e); first != nil {
			return
		}
		Replace(written, func(leaf Expr) Expr {
			if d, ok := leaf.(Derivative); ok && first == nil {
				first = c.derive(d)
			}
			return leaf
		})
		out = append(out, summand{e.String(), written, sign})
	})
	return out, first
}

// derive finds a derivative of the solution, and those below it.
func (c *checker) derive(d Derivative) error {
	by := c.sorted(d.By)
	e := c.solution[d.Of]
	for n := range by {
		name := Derivative{d.Of, by[:n+1]}.String()
		next, ok := c.derivatives[name]
		if !ok {
			var err error
			if next, err = Derive(e, by[n]); err != nil {
				return err
			}
			if !within(next) {
				return fmt.Errorf("the solution's derivative %s: %w", name, tooLong(e))
			}
			c.derivatives[name] = next
		}
		e = next
	}
	c.derivatives[d.String()] = e
	return nil
}

// values are those of all names at a point.
func (c *checker) values(x []float64) map[string]rounded {
	known := map[string]rounded{}
	for name, value := range c.Coefficients {
		known[name] = rounded{x: value}
	}
	for i, name := range c.Coordinates {
		known[name] = rounded{x: x[i]}
	}
	out := maps.Clone(known)
	for name, e := range c.solution {
		out[name] = evalRounded(e, known)
	}
	for name, e := range c.derivatives {
		out[name] = evalRounded(e, known)
	}
	return out
}

// equation is what Check finds of one.
func (c *checker) equation(text string, terms []summand, points [][]float64, values []map[string]rounded) EquationCheck {
	out := EquationCheck{Equation: text}
	signed := make([][]float64, len(terms)) // the values of each at the points that count
	var residual, bound []float64
	warned := make([]bool, len(terms))
	for p, known := range values {
		row, total := make([]float64, len(terms)), rounded{}
		finite := true
		for i, t := range terms {
			v := evalRounded(t.e, known)
			if math.IsNaN(v.x) || math.IsInf(v.x, 0) {
				finite = false
				if !warned[i] {
					out.warn("%s is %v at points[%d], where %s; such points are left out", t.text, v.x, p, c.place(points[p]))
					warned[i] = true
				}
			}
			row[i] = t.sign * v.x
			total = operateRounded(Plus, total, rounded{row[i], v.err})
		}
		if !finite {
			continue
		}
		for i, x := range row {
			signed[i] = append(signed[i], x)
		}
		residual, bound = append(residual, total.x), append(bound, safety*total.err)
	}
	for i, t := range terms {
		out.Terms = append(out.Terms, TermCheck{Text: t.text, Size: rms(signed[i], nil)})
	}
	out.judge(signed, residual, bound)
	return out
}

func (e *EquationCheck) warn(format string, args ...any) {
	e.Warnings = append(e.Warnings, fmt.Sprintf(format, args...))
}

// judge finds whether the equation holds, and what the factors of its terms should be if not.
func (e *EquationCheck) judge(terms [][]float64, residual, bound []float64) {
	largest := e.Largest().Size
	e.Points, e.Residual = len(residual), rms(residual, nil)
	e.Holds = e.Points > 0 && rms(residual, bound) <= vanishing*largest
	several := 0 // a term alone is not wrong by its factor
	for i := range e.Terms {
		e.Terms[i].Factor, e.Terms[i].Rest = 1, e.Residual
		if e.Terms[i].Size > 0 {
			several++
		}
	}
	if !e.Holds && several > 1 {
		for i := range e.Terms {
			e.Terms[i].refit(terms[i], residual, bound, vanishing*largest)
		}
	}
	if limit := rms(bound, nil); largest > 0 && limit > helping*largest {
		e.warn("round-off may be %.1g of the largest term, and hides mistakes below that", limit/largest)
	}
	for _, t := range e.Terms {
		switch {
		case largest == 0:
		case t.Size == 0:
			e.warn("%s is 0 at all points, so that this solution does not check it", t.Text)
		case largest/t.Size > apart:
			e.warn("%s is %.1g times as large as %s: are the units right?", e.Largest().Text, largest/t.Size, t.Text)
		}
	}
}

// place is a point in words.
func (s System) place(x []float64) string {
	parts := make([]string, len(x))
	for i, c := range s.Coordinates {
		parts[i] = fmt.Sprintf("%s = %v", c, x[i])
	}
	return strings.Join(parts, ", ")
}

// refit finds the factor of a term that makes the residual smallest in least squares, all other terms as they are.
func (t *TermCheck) refit(term, residual, bound []float64, vanishing float64) {
	if t.Size == 0 {
		return
	}
	var along float64 // <residual, term>/<term, term>, scaled against overflow
	for i, x := range term {
		along += residual[i] / t.Size * (x / t.Size)
	}
	along /= float64(len(term))
	rest := make([]float64, len(term))
	for i, x := range term {
		rest[i] = residual[i] - along*x
	}
	before := t.Rest
	t.Factor, t.Rest = 1-along, rms(rest, nil)
	t.Vanishes = rms(rest, bound) <= vanishing
	t.Helps = t.Vanishes || t.Rest <= helping*before
}

// rms is the root of the mean square of what exceeds a bound; nil for none.
func rms(x, bound []float64) float64 {
	scale := 0.0
	above := make([]float64, len(x))
	for i := range x {
		above[i] = math.Abs(x[i])
		if bound != nil {
			above[i] = max(0, above[i]-bound[i])
		}
		scale = max(scale, above[i])
	}
	if scale == 0 {
		return 0
	}
	total := 0.0
	for _, a := range above {
		total += a / scale * (a / scale)
	}
	return scale * math.Sqrt(total/float64(len(x)))
}
