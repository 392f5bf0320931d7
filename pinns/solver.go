package pinns

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Solver is the task of training a network until it solves a problem. The loss has a term for each equation, each condition and each set of observations: the
// mean square of its residual.
//
// Validation is the relative L2 error against the problem's solution, where it names one.
//
// Source: Raissi, Perdikaris & Karniadakis 2019, doi:10.1016/j.jcp.2018.10.045, eqs. (2) to (4). bib: raissi2019pinns
type Solver struct {
	Network zoo.Model // of the features, with an output for each unknown
	Problem Problem

	Interior int              `json:",omitempty"` // number of points inside the domain; 0: 1024
	Boundary int              `json:",omitempty"` // number of points of each condition; 0: 128
	Sampler  geometry.Sampler `json:",omitempty"` // spreads them; nil: Sobol's points, scrambled

	Sampling  Sampling           `json:",omitempty"` // moves the points inside; nil: they stay
	Weighting PointWeighting     `json:",omitempty"` // of the points inside; nil: all alike
	Weights   map[string]float64 `json:",omitempty"` // of terms, by name; those that are not here have weight 1

	// Inputs are the features that the network sees, expressions of the coordinates; nil: each coordinate, scaled to [-1, 1].
	Inputs []string `json:",omitempty"`
	// Harmonics has coordinates enter by 1, cos(2πkx/L) and sin(2πkx/L) up to so many k, L the length of the domain there: the solution is then periodic,
	// and conditions that say so are left out of the loss.
	Harmonics map[string]int `json:",omitempty"`
	// Ansatz makes unknowns of the network's output N, such as "x^2*cos(pi*x) + t*N" for u. D is a distance to the boundary in space, zero on it and
	// positive inside, by geometry.DistanceFormula: with "D*N" u is zero on the boundary of a box, a disc or a polygon, with "1 + t*D*N" it is 1 there and at first.
	Ansatz map[string]string `json:",omitempty"`
	// Hard names the terms of conditions that the ansatz meets whatever N is: they are left out of the loss.
	Hard []string `json:",omitempty"`
}

var (
	_ zoo.Task      = Solver{}
	_ zoo.Validator = Solver{}
	_ zoo.Refresher = Solver{}
	_ zoo.Predictor = Solver{}
	_ zoo.Pointwise = Solver{}
	_ zoo.Noter     = Solver{}
)

// Solve is the task of solving a problem with a network, all else by default.
func Solve(network zoo.Model, problem Problem) Solver {
	return Solver{Network: network, Problem: problem}
}

// Notes are those of the problem, but for conditions that the ansatz or the harmonics may stand for, and one if the network has no rule for jets, so that
// derivatives are taken by nested reverse mode.
func (s Solver) Notes() []string {
	var notes []string
	if _, ok := s.Network.(jet.Network); !ok {
		notes = append(notes, fmt.Sprintf("pinns: Solver.Network = %T has no ForwardJet: its derivatives in the coordinates are nested reverse mode, "+
			"each order of which takes two to three times as long as the one before; networks of layers/neuralfield have it", s.Network))
	}
	if s.Problem.Validate() != nil {
		return notes
	}
	for _, g := range s.Problem.gaps() {
		shaped := !slices.ContainsFunc(g.unknowns, func(u string) bool { return s.Ansatz[u] == "" })
		if !shaped && s.Harmonics[g.along] == 0 {
			notes = append(notes, "pinns: "+g.text)
		}
	}
	return notes
}

// Validate returns every problem at once.
func (s Solver) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("pinns: Solver."+format, args...)) }
	if s.Network == nil {
		bad("Network is nil, want a model of the coordinates")
	} else {
		errs = append(errs, s.Network.Validate())
	}
	if err := s.Problem.Validate(); err != nil {
		return errors.Join(append(errs, err)...)
	}
	if s.Interior < 0 || s.Boundary < 0 {
		bad("Interior = %d, Boundary = %d, want at least 0", s.Interior, s.Boundary)
	}
	for _, part := range []interface{ Validate() error }{s.Sampling, s.Weighting} {
		if part != nil {
			errs = append(errs, part.Validate())
		}
	}
	names := s.terms()
	for _, name := range slices.Sorted(maps.Keys(s.Weights)) {
		if !slices.Contains(names, name) {
			bad("Weights has %q, want one of the terms %q", name, names)
		}
		if !(s.Weights[name] >= 0) {
			bad("Weights[%q] = %v, want at least 0", name, s.Weights[name])
		}
	}
	return errors.Join(append(errs, s.validateForm()...)...)
}

// terms are the names of the loss' terms, in their order.
func (s Solver) terms() []string {
	n := s.equations()
	var names []string
	for i := range n {
		names = append(names, equationTerm(i, n))
	}
	for _, c := range s.soft() {
		names = append(names, c.Term())
	}
	for i := range s.Problem.Observations {
		names = append(names, s.Problem.Observations[i].term(i))
	}
	return names
}

// equationTerm is the name of the i-th of n equations' term.
func equationTerm(i, n int) string {
	if n == 1 {
		return "equation"
	}
	return fmt.Sprintf("equation %d", i+1)
}

// soft are the conditions that the loss has terms for.
func (s Solver) soft() []Condition {
	return slices.DeleteFunc(slices.Clone(s.Problem.Conditions), s.built)
}

// weight is that of a term.
func (s Solver) weight(term string) float64 {
	if w, ok := s.Weights[term]; ok {
		return w
	}
	return 1
}

// Loss has the terms of equations, conditions and observations, in this order.
func (s Solver) Loss(step *zoo.Step) []zoo.Term {
	x, move := s.points(step)
	residual := s.Residual(step.Scope, x)
	p := Population{Step: step, Points: x, Residual: StopGradient(residual), solver: s}
	var factor *Node
	if s.Weighting != nil {
		factor = s.Weighting.Factor(p)
		p.Factor = StopGradient(factor)
	}
	n := residual.Shape().Dim(1)
	var terms []zoo.Term
	for i := range n {
		name := equationTerm(i, n)
		r := SliceAxis(residual, 1, AxisElem(i))
		if factor != nil {
			r = Mul(r, factor)
		}
		terms = append(terms, zoo.Term{Name: name, Residual: r, Weight: s.weight(name)})
	}
	move(p)
	for i, c := range s.soft() {
		r := s.conditionResidual(step.Scope, c, s.whole(step, conditionArray(i)), s.normals(step, i))
		terms = append(terms, zoo.Term{Name: c.Term(), Residual: r, Weight: s.weight(c.Term())})
	}
	for i, o := range s.Problem.Observations {
		r := Sub(s.Predict(step.Scope, s.whole(step, placeArray(i)))[0], s.whole(step, valueArray(i)))
		terms = append(terms, zoo.Term{Name: o.term(i), Residual: r, Weight: s.weight(o.term(i))})
	}
	return terms
}

// Samples are the points of each term, with what belongs to them, for Gauss–Newton methods.
//
// Panics: with a Weighting, whose factors depend on what is minimised.
func (s Solver) Samples(step *zoo.Step) [][]*Node {
	if s.Weighting != nil {
		exceptions.Panicf("pinns: Solver.Weighting = %T with a Gauss–Newton method, want none: its factors depend on the residuals", s.Weighting)
	}
	return s.samples(step)
}

func (s Solver) samples(step *zoo.Step) [][]*Node {
	x, _ := s.points(step)
	var out [][]*Node
	for range s.equations() {
		out = append(out, []*Node{x})
	}
	for i, c := range s.soft() {
		arrays := []*Node{s.whole(step, conditionArray(i))}
		if c.Along == "" {
			arrays = append(arrays, s.normals(step, i))
		}
		out = append(out, arrays)
	}
	for i := range s.Problem.Observations {
		out = append(out, []*Node{s.whole(step, placeArray(i)), s.whole(step, valueArray(i))})
	}
	return out
}

// ResidualAt is a term's residual at some of its points.
func (s Solver) ResidualAt(step *zoo.Step, term int, rows []*Node) *Node {
	if term < s.equations() {
		return SliceAxis(s.Residual(step.Scope, rows[0]), 1, AxisElem(term))
	}
	term -= s.equations()
	if soft := s.soft(); term < len(soft) {
		var normals *Node
		if len(rows) > 1 {
			normals = rows[1]
		}
		return s.conditionResidual(step.Scope, soft[term], rows[0], normals)
	}
	return Sub(s.Predict(step.Scope, rows[0])[0], rows[1])
}

// equations is the number of terms of equations; a graph function for the residual is told to give as many as it has unknowns.
func (s Solver) equations() int {
	if s.Problem.Residual != nil {
		return len(s.Problem.Unknowns)
	}
	return len(s.Problem.Equations)
}

// points are those of this step inside the domain; move decides on those of the next.
func (s Solver) points(step *zoo.Step) (x *Node, move func(p Population)) {
	x = s.whole(step, interiorArray)
	if s.Sampling == nil {
		return x, func(Population) {}
	}
	kept, begun := s.kept(step, x)
	g := x.Graph()
	x = Where(GreaterThan(begun.NodeValue(g), ScalarZero(g, x.DType())), kept.NodeValue(g), x)
	return x, func(p Population) {
		kept.SetNodeValue(StopGradient(s.Sampling.Next(p)))
		begun.SetNodeValue(ScalarOne(g, x.DType()))
	}
}

// kept are the variables of points that move: the points, and whether there are any yet.
func (s Solver) kept(step *zoo.Step, like *Node) (points, begun *model.Variable) {
	return state(step.Scope, like, "interior", like.Shape().Dimensions...), state(step.Scope, like, "begun")
}

// RefreshEvery is the period of a sampling that is [Refreshing], 0 for others.
func (s Solver) RefreshEvery() int {
	if r, ok := s.Sampling.(Refreshing); ok {
		return r.Every()
	}
	return 0
}

// Refresh chooses new points.
func (s Solver) Refresh(step *zoo.Step) {
	r, ok := s.Sampling.(Refreshing)
	if !ok {
		return
	}
	x, _ := s.points(step)
	kept, begun := s.kept(step, x)
	next := r.Refresh(Population{Step: step, Points: x, solver: s}, func(points *Node) *Node {
		return magnitude(s.Residual(step.Scope, points))
	})
	kept.SetNodeValue(next)
	begun.SetNodeValue(ScalarOne(x.Graph(), x.DType()))
}

// Residual is that of the equations at points inside the domain. Graph function.
//
// Shapes: points [n, d]; returns [n, equations].
func (s Solver) Residual(scope *model.Scope, points *Node) *Node {
	p, f := s.Problem, form{s}
	system := p.System()
	if p.Residual != nil {
		field := f.at(scope, jet.Set{Variables: p.Coordinates, Derivatives: p.Derivatives}, points)
		return s.checkResidual(Concatenate(p.Residual(system.Fields(field), points), 1), points)
	}
	set, err := system.Set()
	check(err)
	given := expression.Given{Points: points, Coefficients: f.trained(scope, points)}
	return Concatenate(system.Residuals(system.Fields(f.at(scope, set, points)), given), 1)
}

func (s Solver) checkResidual(r, points *Node) *Node {
	if n := points.Shape().Dim(0); r.Rank() != 2 || r.Shape().Dim(0) != n || r.Shape().Dim(1) != s.equations() {
		exceptions.Panicf("pinns: Problem.Residual gives %s in all, want [%d, 1] for each of the %d unknowns", r.Shape(), n, s.equations())
	}
	return r
}

func (s Solver) conditionResidual(scope *model.Scope, c Condition, x, normals *Node) *Node {
	f := form{s}
	field := func(set jet.Set, x *Node) jet.Field { return f.at(scope, set, x) }
	return c.residual(s.Problem, field, f.trained(scope, x), x, normals)
}

// Valid is the relative L2 error over the rows that lie in the domain, of all unknowns together.
func (s Solver) Valid(step *zoo.Step) []zoo.Metric {
	u, want := s.Predict(step.Scope, step.Rows[0])[0], step.Rows[1]
	inside := Equal(want, want) // NaN elsewhere
	zero := ZerosLike(want)
	e := Sqrt(Div(ReduceAllSum(Square(Where(inside, Sub(u, want), zero))), ReduceAllSum(Square(Where(inside, want, zero)))))
	return []zoo.Metric{{Name: "relative L2", Value: e}}
}

// Predict is the unknowns at points.
//
// Shapes: in[0] [n, d]; returns one node [n, unknowns].
func (s Solver) Predict(scope *model.Scope, in ...*Node) []*Node {
	if len(in) != 1 || in[0].Rank() != 2 || in[0].Shape().Dim(1) != len(s.Problem.Coordinates) {
		exceptions.Panicf("pinns: Predict wants points [n, %d], a column for each of %v", len(s.Problem.Coordinates), s.Problem.Coordinates)
	}
	return []*Node{form{s}.values(scope, in[0])}
}

// Coefficients are the trained coefficients that a run of the solver found.
func (s Solver) Coefficients(ctx context.Context, run zoo.Trained) (map[string]float64, error) {
	names := slices.Sorted(maps.Keys(s.Problem.Trained))
	if len(names) == 0 {
		return nil, errors.New("pinns: Problem.Trained is empty, want coefficients that a run finds")
	}
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node {
		found := form{s}.trained(scope, in[0])
		var all []*Node
		for _, name := range names {
			all = append(all, Reshape(found[name], 1))
		}
		return []*Node{ConvertDType(Concatenate(all, 0), in[0].DType())}
	}, []float64{0})
	if err != nil {
		return nil, err
	}
	values, err := floats(out[0])
	if err != nil {
		return nil, err
	}
	found := map[string]float64{}
	for i, name := range names {
		found[name] = values[i]
	}
	return found, nil
}
