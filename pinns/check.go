package pinns

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

// Report is what [Problem.Check] found.
type Report struct {
	Equations  expression.Report // of the equations inside the domain
	Conditions []ConditionCheck
	Notes      []string `json:",omitempty"` // conditions that seem to be missing, so that there are other solutions too
}

// ConditionCheck is how far a condition is from holding.
type ConditionCheck struct {
	Term  string
	Holds bool
	Text  string // what is off, or that nothing is
}

// Holds tells whether all equations and conditions do.
func (r Report) Holds() bool {
	return r.Equations.Holds() && !slices.ContainsFunc(r.Conditions, func(c ConditionCheck) bool { return !c.Holds })
}

// String is a paragraph for each equation, condition and note.
func (r Report) String() string {
	parts := []string{r.Equations.String()}
	for _, c := range r.Conditions {
		parts = append(parts, c.Term+": "+c.Text)
	}
	for _, note := range r.Notes {
		parts = append(parts, "note: "+strings.TrimPrefix(note, "pinns: ")+".")
	}
	return strings.Join(parts, "\n")
}

// Points of a check.
const (
	checkedInside     = 200
	checkedOnBoundary = 64
)

// Check puts a claimed solution, an expression of the coordinates for each unknown, into the equations and the conditions, and says of each whether it
// holds, and if not, which change of a single term would make it hold: a wrong sign, a missing factor, a term too many. It is how to try one's own
// problem before training: choose any smooth function (a manufactured solution), add the source that makes it one, and check. Nil takes Problem.Exact.
//
// Errors: a problem that is not valid; one without equations as text, or with trained coefficients (give them values by [Problem.With]).
func (p Problem) Check(solution map[string]string) (Report, error) {
	if err := p.Validate(); err != nil {
		return Report{}, err
	}
	if solution == nil {
		solution = p.Exact
	}
	if len(solution) == 0 {
		return Report{}, errors.New("pinns: Check without a solution, want one, or Problem.Exact")
	}
	if p.Residual != nil || len(p.Trained) > 0 {
		return Report{}, errors.New("pinns: Check of a problem with a graph function or with trained coefficients, want equations as text and Problem.With")
	}
	inside, err := geometry.Interior(p.Domain, geometry.Halton{Scrambled: true}, checkedInside)
	if err != nil {
		return Report{}, err
	}
	r := Report{Notes: p.Notes()}
	if r.Equations, err = p.System().Check(solution, rowsOf(inside.Points, inside.Dims)); err != nil {
		return Report{}, err
	}
	for _, c := range p.Conditions {
		found, err := c.check(p, solution)
		if err != nil {
			return Report{}, fmt.Errorf("pinns: condition %q: %w", c.Term(), err)
		}
		r.Conditions = append(r.Conditions, found)
	}
	return r, nil
}

func (c Condition) check(p Problem, solution map[string]string) (ConditionCheck, error) {
	names := c.parts(p, p.parts())
	if c.Along != "" {
		names = names[:1]
	}
	points, err := geometry.OnBoundary(p.Domain, geometry.Halton{Scrambled: true}, checkedOnBoundary, names...)
	if err != nil {
		return ConditionCheck{}, err
	}
	if c.Along != "" {
		return c.checkPeriodic(p, solution, points)
	}
	s, err := c.system(p)
	if err != nil {
		return ConditionCheck{}, err
	}
	out := ConditionCheck{Term: c.Term(), Holds: true, Text: "holds."}
	for _, side := range byNormal(points) {
		known := s
		known.Sources, known.Coefficients = maps.Clone(s.Sources), maps.Clone(s.Coefficients)
		if known.Coefficients == nil {
			known.Coefficients = map[string]float64{}
		}
		for i, x := range p.Coordinates {
			if x != p.time() {
				delete(known.Sources, normal+x)
				known.Coefficients[normal+x] = side.normal[i]
			}
		}
		found, err := known.Check(solution, side.points)
		if err != nil {
			return ConditionCheck{}, err
		}
		if found.Holds() {
			continue
		}
		out.Holds = false
		if len(side.points) > 1 {
			out.Text = fmt.Sprintf("on %s: %s", side.part, found)
		} else { // a single point says nothing of terms
			out.Text = fmt.Sprintf("%q does not hold on %s at %s: off by %.3g.", c.Equation, side.part, p.place(side.points[0]), found.Equations[0].Residual)
		}
		break
	}
	return out, nil
}

// side is points of the boundary with one normal.
type side struct {
	part   string
	normal []float64
	points [][]float64
}

// byNormal gathers points: all of a plane part, and each one of a curved part for itself.
func byNormal(s geometry.Sample) []side {
	var out []side
	for i := range s.Count() {
		at := slices.IndexFunc(out, func(f side) bool { return f.part == s.Parts[i] && slices.Equal(f.normal, s.Normal(i)) })
		if at < 0 {
			out, at = append(out, side{part: s.Parts[i], normal: s.Normal(i)}), len(out)
		}
		out[at].points = append(out[at].points, s.Point(i))
	}
	return out
}

// checkPeriodic compares the two ends, the unknowns and each derivative.
func (c Condition) checkPeriodic(p Problem, solution map[string]string, low geometry.Sample) (ConditionCheck, error) {
	axis := slices.Index(p.Coordinates, c.Along)
	_, to := p.Domain.Bounds()
	values := map[string]float64{}
	maps.Copy(values, p.Coefficients)
	for _, u := range p.Unknowns {
		e, err := expression.Parse(solution[u])
		if err != nil {
			return ConditionCheck{}, err
		}
		for k := 0; k <= c.Order; k++ {
			for i := range low.Count() {
				a, err := p.valueAt(e, values, low.Point(i))
				if err != nil {
					return ConditionCheck{}, err
				}
				other := slices.Clone(low.Point(i))
				other[axis] = to[axis]
				b, err := p.valueAt(e, values, other)
				if err != nil {
					return ConditionCheck{}, err
				}
				if !(math.Abs(a-b) <= 1e-8*max(1, math.Abs(a))) { // far above round-off, far below what trains
					return ConditionCheck{Term: c.Term(), Text: fmt.Sprintf("derivative %d of %s along %s is %.4g at %s and %.4g at the other end.",
						k, u, c.Along, a, p.place(low.Point(i)), b)}, nil
				}
			}
			if e, err = expression.Derive(e, c.Along); err != nil {
				return ConditionCheck{}, err
			}
		}
	}
	return ConditionCheck{Term: c.Term(), Holds: true, Text: "holds."}, nil
}

// valueAt is an expression at a point; values has the coefficients, and gets the coordinates.
func (p Problem) valueAt(e expression.Expr, values map[string]float64, x []float64) (float64, error) {
	for i, name := range p.Coordinates {
		values[name] = x[i]
	}
	return expression.Eval(e, values)
}
