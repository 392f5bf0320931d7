package pinns

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

// output is what an ansatz calls the network's own output.
const output = "N"

// form is a network between the features of the coordinates and the ansatz: a function of the coordinates themselves.
type form struct{ Solver }

// at is the unknowns at points [n, d], with the derivatives of the set: by jets if the network is written on them, else by nested
// reverse mode.
func (f form) at(scope *model.Scope, set jet.Set, points *graph.Node) jet.Field {
	net, ok := f.Network.(jet.Network)
	if !ok {
		return jet.Reverse(set, points, func(x *graph.Node) *graph.Node { return f.values(scope, x) })
	}
	x := jet.Seed(set, points)
	return f.around(scope, x, net.ForwardJet(scope, f.features(x)))
}

// values are the unknowns at points, [n, unknowns].
func (f form) values(scope *model.Scope, points *graph.Node) *graph.Node {
	x := jet.Lift(points)
	return f.around(scope, x, jet.Lift(f.Network.Forward(scope, f.features(x).Value()))).Value()
}

// features are what the network sees.
func (f form) features(x jet.Jet) jet.Jet {
	p := f.Problem
	if f.Inputs != nil {
		values := f.coordinates(x)
		columns := make([]jet.Jet, len(f.Inputs))
		for i, text := range f.Inputs {
			e, err := expression.Parse(text)
			check(err)
			columns[i] = expression.OnJets(e, values)
		}
		return jet.Concatenate(-1, columns...)
	}
	low, high := p.Domain.Bounds()
	var parts []jet.Jet
	for i, name := range p.Coordinates {
		column, harmonics := jet.Column(x, i), f.Harmonics[name]
		if harmonics > 0 {
			parts = append(parts, neuralfield.Periodic(column, 0, high[i]-low[i], harmonics))
			continue
		}
		middle, half := (low[i]+high[i])/2, (high[i]-low[i])/2
		parts = append(parts, jet.MulScalar(jet.AddScalar(column, -middle), 1/half))
	}
	return jet.Concatenate(-1, parts...)
}

// around is the ansatz about the network's outputs.
func (f form) around(scope *model.Scope, x, outputs jet.Jet) jet.Jet {
	p := f.Problem
	if shape := outputs.Value().Shape(); shape.Rank() != 2 || shape.Dim(1) != len(p.Unknowns) {
		exceptions.Panicf("pinns: the network gives %s, want [points, %d], one for each of the unknowns %v", shape, len(p.Unknowns), p.Unknowns)
	}
	if len(f.Ansatz) == 0 {
		return outputs
	}
	values := f.coordinates(x)
	if f.usesDistance() {
		values[distance] = p.distanceJet(values)
	}
	for name, v := range f.coefficients(scope, outputs.Value()) {
		values[name] = jet.Lift(v)
	}
	columns := make([]jet.Jet, len(p.Unknowns))
	for i, u := range p.Unknowns {
		columns[i] = jet.Column(outputs, i)
		text, ok := f.Ansatz[u]
		if !ok {
			continue
		}
		e, err := expression.Parse(text)
		check(err)
		values[output] = columns[i]
		columns[i] = expression.OnJets(e, values)
	}
	return jet.Concatenate(-1, columns...)
}

// coordinates are the columns of x by name.
func (f form) coordinates(x jet.Jet) map[string]jet.Jet {
	values := map[string]jet.Jet{}
	for i, name := range f.Problem.Coordinates {
		values[name] = jet.Column(x, i)
	}
	return values
}

// coefficients are the constants as [1, 1] arrays, those that are trained too.
func (f form) coefficients(scope *model.Scope, like *graph.Node) map[string]*graph.Node {
	out := map[string]*graph.Node{}
	for name, v := range f.Problem.Coefficients {
		out[name] = graph.ConstAs(like, [][]float64{{v}})
	}
	for name, v := range f.trained(scope, like) {
		out[name] = graph.Reshape(v, 1, 1)
	}
	return out
}

// trained are the trained coefficients, scalars.
func (f form) trained(scope *model.Scope, like *graph.Node) map[string]*graph.Node {
	out := map[string]*graph.Node{}
	for _, name := range slices.Sorted(maps.Keys(f.Problem.Trained)) {
		start := f.Problem.Trained[name]
		out[name] = layers.Weight(scope.At("coefficients"), like.Graph(), name, shapes.Make(like.DType()), layers.Constant(start))
	}
	return out
}

// validateForm checks inputs, harmonics and ansatz.
func (s Solver) validateForm() []error {
	p := s.Problem
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("pinns: Solver."+format, args...)) }
	if s.Inputs != nil && s.Harmonics != nil {
		bad("Inputs and Harmonics are both set, want one")
	}
	for i, text := range s.Inputs {
		if err := checkNames(text, p.Coordinates); err != nil {
			bad("Inputs[%d] = %q: %w", i, text, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Harmonics)) {
		if !slices.Contains(p.Coordinates, name) || s.Harmonics[name] < 1 {
			bad("Harmonics[%q] = %d, want a coordinate of %v and at least 1", name, s.Harmonics[name], p.Coordinates)
		}
	}
	allowed := slices.Concat(p.Coordinates, slices.Collect(maps.Keys(p.Coefficients)), slices.Collect(maps.Keys(p.Trained)), []string{output, distance})
	if s.usesDistance() {
		errs = append(errs, s.validateDistance())
	}
	for _, u := range slices.Sorted(maps.Keys(s.Ansatz)) {
		if !slices.Contains(p.Unknowns, u) {
			bad("Ansatz has %q, want the unknowns %v", u, p.Unknowns)
		} else if err := checkNames(s.Ansatz[u], allowed); err != nil {
			bad("Ansatz[%q] = %q: %w", u, s.Ansatz[u], err)
		}
	}
	for _, name := range s.Hard {
		if !slices.ContainsFunc(p.Conditions, func(c Condition) bool { return c.Term() == name }) {
			bad("Hard has %q, want names of conditions' terms", name)
		}
	}
	if len(s.Hard) > 0 && len(s.Ansatz) == 0 {
		bad("Hard = %v without an Ansatz, want one that has these conditions built in", s.Hard)
	}
	return errs
}

// checkNames checks that an expression has no other names than those allowed.
func checkNames(text string, allowed []string) error {
	e, err := expression.Parse(text)
	if err != nil {
		return err
	}
	var errs []error
	for _, name := range expression.Names(e) {
		if name != "pi" && !slices.Contains(allowed, name) {
			errs = append(errs, fmt.Errorf("%q is unknown, want one of %v", name, allowed))
		}
	}
	return errors.Join(errs...)
}

// built tells whether a condition is met by the ansatz or by the features, so that no term is wanted for it.
func (s Solver) built(c Condition) bool {
	return slices.Contains(s.Hard, c.Term()) || c.Along != "" && s.Harmonics[c.Along] > 0
}

// checkHard evaluates the conditions that the ansatz is to have built in, on the host, with some values for the network's output.
//
// Only conditions without derivatives are checked.
func (s Solver) checkHard(c Condition, points []float64) error {
	system, err := c.system(s.Problem)
	if err != nil {
		return err
	}
	derivatives, err := system.Derivatives()
	if err != nil {
		return err
	}
	for _, of := range derivatives {
		if len(of) > 0 {
			return nil
		}
	}
	equations, err := system.WrittenOut()
	if err != nil {
		return err
	}
	d := len(s.Problem.Coordinates)
	for at := 0; at < len(points); at += d {
		values, err := s.ansatzAt(points[at : at+d])
		if err != nil {
			return err
		}
		for _, e := range equations {
			r, err := expression.Eval(expression.Binary{Op: expression.Minus, Left: e.Left, Right: e.Right}, values)
			if err != nil {
				return err
			}
			if !(math.Abs(r) <= 1e-9) { // float64 round-off of values of order 1
				return fmt.Errorf("pinns: Solver.Ansatz does not meet %q at %s: off by %.3g with an output N = 1", c.Equation, s.Problem.place(points[at:at+d]), r)
			}
		}
	}
	return nil
}

// ansatzAt has the values of all names at a point where the network's outputs are 1.
func (s Solver) ansatzAt(x []float64) (map[string]float64, error) {
	p := s.Problem
	values := map[string]float64{output: 1}
	maps.Copy(values, p.Coefficients)
	maps.Copy(values, p.Trained)
	for i, name := range p.Coordinates {
		values[name] = x[i]
	}
	for name, text := range p.Sources {
		v, err := evaluate(text, values)
		if err != nil {
			return nil, err
		}
		values[name] = v
	}
	if s.usesDistance() {
		var err error
		if values[distance], err = p.distanceAt(x); err != nil {
			return nil, err
		}
	}
	for _, u := range p.Unknowns {
		values[u] = 1
		if text, ok := s.Ansatz[u]; ok {
			v, err := evaluate(text, values)
			if err != nil {
				return nil, err
			}
			values[u] = v
		}
	}
	return values, nil
}

func evaluate(text string, values map[string]float64) (float64, error) {
	e, err := expression.Parse(text)
	if err != nil {
		return 0, err
	}
	return expression.Eval(e, values)
}

// place is a point with its coordinates' names.
func (p Problem) place(x []float64) string {
	text := ""
	for i, name := range p.Coordinates {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s = %.6g", name, x[i])
	}
	return text
}

// check panics, as graph functions do, with an error that Validate would have found.
func check(err error) {
	if err != nil {
		exceptions.Panicf("%v", err)
	}
}

// parseAll reads the expressions of the unknowns in their order.
func parseAll(texts map[string]string, unknowns []string) ([]expression.Expr, error) {
	out := make([]expression.Expr, len(unknowns))
	for i, u := range unknowns {
		e, err := expression.Parse(texts[u])
		if err != nil {
			return nil, err
		}
		out[i] = e
	}
	return out, nil
}

// evalFinite is the value of an expression, which must be finite.
func evalFinite(e expression.Expr, values map[string]float64) (float64, error) {
	v, err := expression.Eval(e, values)
	if err == nil && (math.IsNaN(v) || math.IsInf(v, 0)) {
		err = fmt.Errorf("%s is %v, want a finite number", e, v)
	}
	return v, err
}
