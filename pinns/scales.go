package pinns

import (
	"context"
	"fmt"
	"math"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// farApart is the ratio of sizes, roots of mean squares, from which on units are in doubt, as in [expression.System.Check].
const farApart = 1e3

// Scales is how large the terms of the loss and the summands of the equations are.
type Scales struct {
	Terms     []Scale            // of the loss, with their weights
	Equations map[string][]Scale // the summands of each equation as it is written, by its term in the loss; nil with Problem.Residual
}

// Scale is the size of a term or summand.
type Scale struct {
	Name       string
	MeanSquare float64 // over its points
}

// Scales measures the terms at all points of a run, the factors of a [PointWeighting] left out. Sizes that differ by decades are what plain training
// fails on: the gradient is that of the largest term, and a small summand is lost in round-off. It is for the start, since a small term may also be one that is
// learned: a run of one step, lab.Run(solver, workbench.Fit{Steps: 1}), has nearly the initial weights.
//
// Cost: one residual, its summands one by one.
func (s Solver) Scales(ctx context.Context, run zoo.Trained) (Scales, error) {
	summands, err := s.Problem.summands()
	if err != nil {
		return Scales{}, err
	}
	var texts []string
	for _, of := range summands {
		texts = append(texts, of...)
	}
	flat, err := s.atEnd(ctx, run, func(step *zoo.Step, _ []*Node) []*Node {
		samples := s.samples(step)
		var all []*Node
		for term, rows := range samples {
			all = append(all, size(s.ResidualAt(step, term, rows)))
		}
		for _, v := range s.summandsAt(step, texts, samples[0][0]) {
			all = append(all, size(v))
		}
		return []*Node{Concatenate(all, 0)}
	})
	if err != nil {
		return Scales{}, err
	}
	var out Scales
	for i, name := range s.terms() {
		out.Terms = append(out.Terms, Scale{name, s.weight(name) * flat[i] * flat[i]})
	}
	flat = flat[len(out.Terms):]
	for i, of := range summands {
		if i == 0 {
			out.Equations = map[string][]Scale{}
		}
		for _, text := range of {
			name := out.Terms[i].Name
			out.Equations[name] = append(out.Equations[name], Scale{text, flat[0] * flat[0]})
			flat = flat[1:]
		}
	}
	return out, out.finite()
}

// finite is an error that names what is not.
func (s Scales) finite() error {
	for _, term := range s.Terms {
		for _, scale := range append(s.Equations[term.Name], term) {
			if math.IsNaN(scale.MeanSquare) || math.IsInf(scale.MeanSquare, 0) {
				return fmt.Errorf("pinns: the mean square of %s in the term %q is %v, want a finite number", scale.Name, term.Name, scale.MeanSquare)
			}
		}
	}
	return nil
}

// size is the root of the mean square, [1], scaled against overflow: squares of float32 end at 1e38.
func size(x *Node) *Node {
	largest := ReduceAllMax(Abs(x))
	by := Where(GreaterThan(largest, ScalarZero(x.Graph(), x.DType())), largest, OnesLike(largest))
	return Reshape(Mul(by, Sqrt(ReduceAllMean(Square(Div(x, by))))), 1)
}

// summandsAt are the values of expressions at points inside the domain, [n, 1] each.
func (s Solver) summandsAt(step *zoo.Step, texts []string, points *Node) []*Node {
	if len(texts) == 0 {
		return nil
	}
	f, system := form{s}, s.Problem.System()
	system.Equations = nil
	for _, text := range texts { // an equation has an unknown in it
		system.Equations = append(system.Equations, fmt.Sprintf("%s = 0*%s", text, s.Problem.Unknowns[0]))
	}
	set, err := system.Set()
	check(err)
	field := f.at(step.Scope, set, points)
	return system.Residuals(system.Fields(jet.Field(field)), expression.Given{Points: points, Coefficients: f.trained(step.Scope, points)})
}

// summands are those of each equation as it is written, zeros left out.
func (p Problem) summands() ([][]string, error) {
	if p.Residual != nil {
		return nil, nil
	}
	equations, err := p.System().Parsed()
	if err != nil {
		return nil, err
	}
	out := make([][]string, len(equations))
	for i, e := range equations {
		for _, term := range append(summands(e.Left), summands(e.Right)...) {
			if !expression.Equal(term, expression.Number(0)) {
				out[i] = append(out[i], term.String())
			}
		}
	}
	return out, nil
}

// summands are the terms of a sum, without their signs.
func summands(e expression.Expr) []expression.Expr {
	switch e := e.(type) {
	case expression.Negative:
		return summands(e.X)
	case expression.Binary:
		if e.Op == expression.Plus || e.Op == expression.Minus {
			return append(summands(e.Left), summands(e.Right)...)
		}
	}
	return []expression.Expr{e}
}

// Notes name what differs by more than a factor of 1000 in size, and what to do.
func (s Scales) Notes() []string {
	var notes []string
	for _, term := range s.Terms {
		large, small := extremes(s.Equations[term.Name])
		if ratio := ratioOf(large, small); ratio > farApart {
			notes = append(notes, fmt.Sprintf("in the %s %s is %.1g times as large as %s, which then hardly counts: "+
				"want units of coordinates, unknowns and sources in which both are near 1, unless it is meant to be that small", term.Name, large.Name, ratio, small.Name))
		}
	}
	large, small := extremes(s.Terms)
	if ratio := ratioOf(large, small); ratio > farApart {
		notes = append(notes, fmt.Sprintf("the residual of %q is %.1g times as large as that of %q: "+
			"want other units, or in Solver.Weights %.1g times the weight of %q", large.Name, ratio, small.Name, 1/(ratio*ratio), large.Name))
	}
	return notes
}

// extremes are the largest and the smallest of those that are not zero.
func extremes(scales []Scale) (large, small Scale) {
	for _, s := range scales {
		if s.MeanSquare > large.MeanSquare || large.Name == "" {
			large = s
		}
		if s.MeanSquare > 0 && (s.MeanSquare < small.MeanSquare || small.Name == "") {
			small = s
		}
	}
	return large, small
}

// ratioOf is that of two sizes, 0 where there is none.
func ratioOf(large, small Scale) float64 {
	if !(small.MeanSquare > 0) {
		return 0
	}
	return math.Sqrt(large.MeanSquare / small.MeanSquare)
}

// String is a line for each term of the loss with its summands, and one for each note.
func (s Scales) String() string {
	var b strings.Builder
	for _, term := range s.Terms {
		fmt.Fprintf(&b, "%s: %.2g", term.Name, term.MeanSquare)
		for i, part := range s.Equations[term.Name] {
			between := ", "
			if i == 0 {
				between = "; of it "
			}
			fmt.Fprintf(&b, "%s%s: %.2g", between, part.Name, part.MeanSquare)
		}
		b.WriteString("\n")
	}
	for _, note := range s.Notes() {
		fmt.Fprintf(&b, "note: %s.\n", note)
	}
	return strings.TrimSuffix(b.String(), "\n")
}
