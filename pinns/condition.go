package pinns

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

// Condition is an equation on parts of the boundary, or periodicity. [Initial], [Boundary] and [Periodic] make the usual ones.
type Condition struct {
	Name string   `json:",omitempty"` // of the term in the loss; "": made of On or Along
	On   []string `json:",omitempty"` // names of parts of the boundary; nil: all but "initial" and "final"

	// Equation is such as "u = sin(pi*x)" (Dirichlet), "u_n = 0" (Neumann; u_n is the derivative along the normal that points out, in
	// space), "u_n + 2*u = 1" (Robin), "u_t = 0" (an initial velocity).
	Equation string `json:",omitempty"`

	// Along, in place of an equation, is a coordinate in which all unknowns are periodic, with derivatives up to Order: they are compared at
	// the two ends of the domain's bounds.
	Along string `json:",omitempty"`
	Order int    `json:",omitempty"`

	Points int `json:",omitempty"` // 0: as many as Solver.Boundary
}

// Initial is an equation at the first time, such as "u = x^2*cos(pi*x)".
func Initial(equation string) Condition {
	return Condition{Equation: equation, On: []string{"initial"}}
}

// Boundary is an equation on parts of the boundary; without names on all but the first and the last time.
func Boundary(equation string, parts ...string) Condition {
	return Condition{Equation: equation, On: parts}
}

// Periodic says that the unknowns and their derivatives up to the order are equal at the two ends of a coordinate.
func Periodic(along string, order int) Condition { return Condition{Along: along, Order: order} }

// normal names the sources that stand for the normal's components.
const normal = "normal_"

// Term is the name of the condition's term in the loss.
func (c Condition) Term() string {
	switch {
	case c.Name != "":
		return c.Name
	case c.Along != "":
		return "periodic " + c.Along
	case c.On == nil:
		return "boundary"
	}
	return strings.Join(c.On, ", ")
}

// parts are the parts of the boundary that the condition is on, out of all.
func (c Condition) parts(p Problem, all []string) []string {
	switch {
	case c.Along != "":
		low, high := c.ends(p)
		return []string{low, high}
	case c.On != nil:
		return c.On
	}
	return slices.DeleteFunc(slices.Clone(all), func(part string) bool { return part == "initial" || part == "final" })
}

// ends are the names of the parts at the two ends of Along.
func (c Condition) ends(p Problem) (low, high string) {
	axis := slices.Index(p.Coordinates, c.Along)
	from, to := p.Domain.Bounds()
	x, n := make([]float64, len(from)), make([]float64, len(from))
	for _, part := range p.Domain.Boundary() {
		u := make([]float64, part.Coords)
		for i := range u {
			u[i] = 0.5
		}
		if !part.At(u, x, n) {
			continue
		}
		if n[axis] == -1 && x[axis] == from[axis] {
			low = part.Name
		}
		if n[axis] == 1 && x[axis] == to[axis] {
			high = part.Name
		}
	}
	return low, high
}

func (c Condition) validate(p Problem, parts []string) error {
	if (c.Equation == "") == (c.Along == "") {
		return errors.New("want exactly one of Equation and Along")
	}
	if c.Points < 0 || c.Order < 0 {
		return fmt.Errorf("condition: Points = %d, Order = %d, want at least 0", c.Points, c.Order)
	}
	if c.Along != "" {
		if !slices.Contains(p.Coordinates, c.Along) {
			return fmt.Errorf("condition: Along = %q, want one of the coordinates %v", c.Along, p.Coordinates)
		}
		if low, high := c.ends(p); low == "" || high == "" || c.On != nil {
			return fmt.Errorf("condition: Along = %q, want a domain with plane ends there, and no On", c.Along)
		}
		return nil
	}
	for _, part := range c.On {
		if !slices.Contains(parts, part) {
			return fmt.Errorf("condition: On has %q, want parts of the boundary: %s", part, strings.Join(parts, ", "))
		}
	}
	if len(c.parts(p, parts)) == 0 {
		return errors.New("condition: On is empty and the boundary has no part but the first and last time, want a name")
	}
	s, err := c.system(p)
	if err != nil {
		return err
	}
	return s.Validate()
}

// system is the condition's equation, in which the normal's components are sources and u_n is written out.
func (c Condition) system(p Problem) (expression.System, error) {
	s := p.System()
	s.Sources = maps.Clone(s.Sources)
	if s.Sources == nil {
		s.Sources = map[string]string{}
	}
	for _, x := range p.space() {
		s.Sources[normal+x] = ""
	}
	e, err := expression.ParseEquation(c.Equation)
	if err != nil {
		return s, err
	}
	along := func(leaf expression.Expr) expression.Expr {
		name, ok := leaf.(expression.Name)
		u, is := strings.CutSuffix(string(name), "_n")
		if !ok || !is || !slices.Contains(p.Unknowns, u) {
			return leaf
		}
		var sum expression.Expr
		for _, x := range p.space() {
			var term expression.Expr = expression.Binary{
				Op: expression.Times, Left: expression.Name(u + "_" + x), Right: expression.Name(normal + x),
			}
			if sum != nil {
				term = expression.Binary{Op: expression.Plus, Left: sum, Right: term}
			}
			sum = term
		}
		return sum
	}
	e = expression.Equation{Left: expression.Replace(e.Left, along), Right: expression.Replace(e.Right, along)}
	s.Equations = []string{e.String()}
	return s, nil
}

// space are the coordinates other than time.
func (p Problem) space() []string {
	return slices.DeleteFunc(slices.Clone(p.Coordinates), func(c string) bool { return c == p.time() })
}

// describe is the condition in words, with mathematics for Markdown.
func (c Condition) describe(p Problem) string {
	if c.Along != "" {
		return fmt.Sprintf("periodic in $%s$", c.Along)
	}
	text := "`" + c.Equation + "`"
	if e, err := expression.ParseEquation(c.Equation); err == nil {
		text = "$" + e.LaTeX() + "$"
	}
	return text + " on " + strings.Join(c.parts(p, p.parts()), ", ")
}

// jets is the set of derivatives that the condition needs.
func (c Condition) jets(p Problem) jet.Set {
	if c.Along != "" {
		set := jet.Set{Variables: p.Coordinates}
		for k := 1; k <= c.Order; k++ {
			set.Derivatives = append(set.Derivatives, c.derivative(k))
		}
		return set
	}
	s, err := c.system(p)
	check(err)
	set, err := s.Set()
	check(err)
	return set
}

// derivative is the name of that of order k along the condition's coordinate.
func (c Condition) derivative(k int) string {
	return strings.TrimSpace(strings.Repeat(c.Along+" ", k))
}

// residual is the condition's at points [n, d], with normals [n, d] where it has an equation: [n, equations].
func (c Condition) residual(p Problem, field func(set jet.Set, x *graph.Node) jet.Field, trained map[string]*graph.Node, x, normals *graph.Node) *graph.Node {
	set := c.jets(p)
	if c.Along != "" {
		axis := slices.Index(p.Coordinates, c.Along)
		low, high := p.Domain.Bounds()
		shift := make([][]float64, 1)
		shift[0] = make([]float64, len(low))
		shift[0][axis] = high[axis] - low[axis]
		a, b := field(set, x), field(set, graph.Add(x, graph.ConstAs(x, shift)))
		parts := []*graph.Node{graph.Sub(a.Value(), b.Value())}
		for k := 1; k <= c.Order; k++ {
			d := c.derivative(k)
			parts = append(parts, graph.Sub(a.D(d), b.D(d)))
		}
		return graph.Concatenate(parts, 1)
	}
	s, err := c.system(p)
	check(err)
	given := expression.Given{Points: x, Coefficients: trained, Sources: map[string]*graph.Node{}}
	for i, name := range p.Coordinates {
		if name != p.time() {
			given.Sources[normal+name] = graph.SliceAxis(normals, 1, graph.AxisElem(i))
		}
	}
	return graph.Concatenate(s.Residuals(s.Fields(field(set, x)), given), 1)
}

// checkFinite evaluates what is known of the condition at the points.
func (c Condition) checkFinite(p Problem, points []float64) error {
	s, err := c.system(p)
	if err != nil {
		return err
	}
	equations, err := s.WrittenOut()
	if err != nil {
		return err
	}
	return p.checkKnown("the condition", c.Equation, equations[0], points)
}
