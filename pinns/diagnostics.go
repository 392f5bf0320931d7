package pinns

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/metrics"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/plots"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Comparison is reference, prediction and error of one unknown as pictures, the time to the right where there is one. Of three coordinates the last one
// is at its end.
//
// Errors: a set that is not a [Solution]'s on a grid of two or three coordinates; an unknown that it does not have.
func (s Solver) Comparison(run Predictor, solution datasets.Set, unknown string) (plots.FieldRow, error) {
	v, err := s.view(solution, unknown)
	if err != nil {
		return plots.FieldRow{}, err
	}
	points, values := solutionArrays(solution)
	return plots.FieldRow{
		Name: unknown, X: v.right, Y: v.up, Aspect: 0.8,
		Reference: v.cut(values.Values), Prediction: v.cut(run.Predict(points)[0].Values),
	}, nil
}

// view is a plane of a grid of points, as a picture.
type view struct {
	right, up         plots.Axis
	across, high      int // lengths to the right and up
	stepRight, stepUp int // in rows of the arrays
	first             int
	column, columns   int
}

// view is the plane that pictures of an unknown show.
func (s Solver) view(solution datasets.Set, unknown string) (view, error) {
	p := s.Problem
	column := slices.Index(p.Unknowns, unknown)
	if column < 0 {
		return view{}, fmt.Errorf("pinns: unknown = %q, want one of %v", unknown, p.Unknowns)
	}
	d := len(p.Coordinates)
	axes := make([]datasets.Array, d)
	for i, name := range p.Coordinates {
		a, ok := solution.Array(name)
		if !ok || d < 2 || d > 3 {
			return view{}, fmt.Errorf("pinns: no picture of the coordinates %v, want a solution on a grid of two or three", p.Coordinates)
		}
		axes[i] = a
	}
	rows := func(i int) int {
		n := 1
		for _, a := range axes[i+1:] {
			n *= len(a.Values)
		}
		return n
	}
	right, up := 0, 1
	if d == 2 && p.Coordinates[1] == p.time() {
		right, up = 1, 0
	}
	v := view{
		right: axis(axes[right]), up: axis(axes[up]), across: len(axes[right].Values), high: len(axes[up].Values),
		stepRight: rows(right), stepUp: rows(up), column: column, columns: len(p.Unknowns),
	}
	if d == 3 {
		v.first = len(axes[2].Values) - 1
	}
	return v, nil
}

func axis(a datasets.Array) plots.Axis {
	return plots.Axis{Label: a.Name, Min: a.Values[0], Max: a.Values[len(a.Values)-1]}
}

// cut is the plane of an array [point, columns].
func (v view) cut(values []float64) [][]float64 {
	out := make([][]float64, v.across)
	for i := range out {
		out[i] = make([]float64, v.high)
		for j := range out[i] {
			out[i][j] = values[(v.first+i*v.stepRight+j*v.stepUp)*v.columns+v.column]
		}
	}
	return out
}

// Residuals are those of the equations at points of a run, a row a point and a column an equation.
func (s Solver) Residuals(ctx context.Context, run zoo.Trained, points [][]float64) ([][]float64, error) {
	if len(points) == 0 {
		return nil, errors.New("pinns: Residuals at no points, want at least one")
	}
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node { return []*Node{s.Residual(scope, in[0])} }, points)
	if err != nil {
		return nil, err
	}
	flat, err := floats(out[0])
	if err != nil {
		return nil, err
	}
	return rowsOf(flat, s.equations()), nil
}

// ResidualMap is a picture of |residual| of one equation, from 0, on the grid of a solution.
func (s Solver) ResidualMap(ctx context.Context, run zoo.Trained, solution datasets.Set, equation int) (plots.Field, error) {
	v, err := s.view(solution, s.Problem.Unknowns[0])
	if err != nil {
		return plots.Field{}, err
	}
	if equation < 0 || equation >= s.equations() {
		return plots.Field{}, fmt.Errorf("pinns: equation %d, want 0 to %d", equation, s.equations()-1)
	}
	points, _ := solutionArrays(solution)
	places := make([][]float64, points.Dims[0])
	for i := range places {
		places[i] = points.Sample(i)
	}
	residuals, err := s.Residuals(ctx, run, places)
	if err != nil {
		return plots.Field{}, err
	}
	size := make([]float64, len(residuals))
	for i, r := range residuals {
		size[i] = math.Abs(r[equation])
	}
	v.columns, v.column = 1, 0
	return plots.Field{X: v.right, Y: v.up, Value: plots.Axis{Label: "|residual|"}, Values: v.cut(size)}, nil
}

// FrequencyError is the spectrum of reference, prediction and error along a coordinate, a mean over the others: which scales are learned. A last
// point that is the first one of the next period is left out.
func (s Solver) FrequencyError(run Predictor, solution datasets.Set, unknown, along string) (plots.Spectrum, error) {
	v, err := s.view(solution, unknown)
	if err != nil {
		return plots.Spectrum{}, err
	}
	points, values := solutionArrays(solution)
	reference, prediction := v.cut(values.Values), v.cut(run.Predict(points)[0].Values)
	if along == v.right.Label {
		reference, prediction = turned(reference), turned(prediction)
	} else if along != v.up.Label {
		return plots.Spectrum{}, fmt.Errorf("pinns: FrequencyError along %q, want %q or %q", along, v.right.Label, v.up.Label)
	}
	n := len(reference[0]) - 1
	var want, got, off []float64
	for i := range reference {
		for j := range n {
			want, got = append(want, reference[i][j]), append(got, prediction[i][j])
			off = append(off, prediction[i][j]-reference[i][j])
		}
	}
	show := plots.Spectrum{}
	for _, set := range []struct {
		name   string
		values []float64
	}{{"reference", want}, {"prediction", got}, {"error", off}} {
		energy, err := metrics.Spectrum(set.values, n)
		if err != nil {
			return plots.Spectrum{}, err
		}
		series := plots.Series{Name: set.name}
		for k := 1; k < len(energy); k++ {
			series.X, series.Y = append(series.X, float64(k)), append(series.Y, energy[k])
		}
		show.Series = append(show.Series, series)
	}
	return show, nil
}

func turned(a [][]float64) [][]float64 {
	out := make([][]float64, len(a[0]))
	for j := range out {
		for i := range a {
			out[j] = append(out[j], a[i][j])
		}
	}
	return out
}

// Conflict is how the gradients of the loss' terms lie to each other at the end of a run.
type Conflict struct {
	Terms   []string
	Norms   []float64   // of each term's gradient, with its weight
	Cosines [][]float64 // between each two: -1 is against each other; NaN for a term whose gradient is zero
}

// Bars is the cosine of each pair as a figure, without terms whose gradient is zero.
func (c Conflict) Bars() plots.Bars {
	b := plots.Bars{Value: plots.Axis{Label: "cosine between gradients", Min: -1, Max: 1}}
	for i := range c.Terms {
		for j := range i {
			if v := c.Cosines[i][j]; !math.IsNaN(v) {
				b.Methods = append(b.Methods, plots.Bar{Name: c.Terms[j] + ", " + c.Terms[i], Values: []float64{v}})
			}
		}
	}
	return b
}

// Conflict measures the gradients of the terms at all points of a run, the factors of a [PointWeighting] left out.
//
// Source: Yu et al. 2020, arXiv:2001.06782, definition 1. bib: yu2020gradient
func (s Solver) Conflict(ctx context.Context, run zoo.Trained) (Conflict, error) {
	out, err := s.atEnd(ctx, run, func(step *zoo.Step, params []*Node) []*Node {
		var all []*Node
		for term, samples := range s.samples(step) {
			loss := MulScalar(ReduceAllMean(Square(s.ResidualAt(step, term, samples))), s.weight(s.terms()[term]))
			var flat []*Node
			for _, g := range Gradient(loss, params...) {
				flat = append(flat, Reshape(g, g.Shape().Size()))
			}
			all = append(all, ExpandAxes(Concatenate(flat, 0), 0))
		}
		g := Concatenate(all, 0)
		return []*Node{Einsum("ik,jk->ij", g, g)}
	})
	if err != nil {
		return Conflict{}, err
	}
	c := Conflict{Terms: s.terms()}
	n := len(c.Terms)
	for i := range n {
		c.Norms = append(c.Norms, math.Sqrt(out[i*n+i]))
	}
	for i := range n {
		c.Cosines = append(c.Cosines, make([]float64, n))
		for j := range n {
			c.Cosines[i][j] = out[i*n+j] / (c.Norms[i] * c.Norms[j])
		}
	}
	return c, nil
}

// tangentPoints is the number of points of each term in a tangent kernel.
const tangentPoints = 64

// TangentSpectrum is the eigenvalues of each term's neural tangent kernel K = J Jᵀ at the end of a run, on the first 64 of its points, J the derivatives of
// its residuals by the parameters: directions with large ones are learned first, and terms whose kernels differ by decades are learned one after the
// other. Those that round-off alone has made are left out, so that a kernel has at most as many as there are parameters, and a term that no parameter
// moves has no spectrum.
//
// Source: Wang, Yu & Perdikaris 2022, arXiv:2007.14527, section 3. bib: wang2022ntk
func (s Solver) TangentSpectrum(ctx context.Context, run zoo.Trained) (plots.SpectralDensity, error) {
	show := plots.SpectralDensity{X: plots.Axis{Log: true}}
	for term, name := range s.terms() {
		residuals, precision := 0, dtypes.Float64
		flat, err := s.atEnd(ctx, run, func(step *zoo.Step, params []*Node) []*Node {
			samples := s.samples(step)[term]
			rows := min(tangentPoints, samples[0].Shape().Dim(0))
			for i, x := range samples {
				samples[i] = SliceAxis(x, 0, AxisRange(0, rows))
			}
			precision = step.DType
			j := s.jacobian(step, params, term, samples)
			residuals = j.Shape().Dim(0) // a point may have several
			return []*Node{Einsum("ik,jk->ij", j, j)}
		})
		if err != nil {
			return plots.SpectralDensity{}, err
		}
		values, err := eigenvalues(flat, residuals, precision)
		if err != nil {
			return plots.SpectralDensity{}, fmt.Errorf("pinns: tangent kernel of %q: %w", name, err)
		}
		if len(values) > 0 {
			show.Spectra = append(show.Spectra, plots.EigenSpectrum{Name: name, Values: values})
		}
	}
	return show, nil
}

// jacobian is that of a term's residuals, [m, parameters].
func (s Solver) jacobian(step *zoo.Step, params []*Node, term int, samples []*Node) *Node {
	variables := trainable(step.Scope)
	of := func(params, rows []*Node) *Node {
		here := *step
		here.Graph = params[0].Graph()
		for i, v := range variables {
			v.SetNodeValue(params[i])
		}
		return s.ResidualAt(&here, term, rows)
	}
	problem := optimizers.LeastSquares{{Of: of, Data: len(samples), BySample: true}}
	_, j := problem.Linearise(params, samples)
	for i, v := range variables { // as they were
		v.SetNodeValue(params[i])
	}
	return j
}

// atEnd evaluates a graph function of the step's arrays and of the parameters at the end of a run.
func (s Solver) atEnd(ctx context.Context, run zoo.Trained, fn func(step *zoo.Step, params []*Node) []*Node) ([]float64, error) {
	_, whole, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	in := make([]any, len(whole))
	for i, w := range whole {
		in[i] = w
	}
	out, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		step := zoo.NewStep(zoo.Step{Graph: g, Scope: scope, DType: in[0].DType(), Whole: in, Index: Const(g, int64(0))}, zoo.Draw{Seed: Const(g, uint64(0))})
		var params []*Node
		for _, v := range trainable(scope) {
			params = append(params, v.NodeValue(g))
		}
		return fn(step, params)
	}, in...)
	if err != nil {
		return nil, err
	}
	return floats(out[0])
}

// trainable are the variables of a run that were trained, but for what belongs to points: their places, their factors.
func trainable(scope *model.Scope) []*model.Variable {
	var out []*model.Variable
	for v := range scope.Store().IterVariables() {
		if v.Trainable && v.DType().IsFloat() && !strings.HasPrefix(v.Path(), scope.At(pointsScope).Scope()) {
			out = append(out, v)
		}
	}
	slices.SortFunc(out, func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	return out
}

// eigenvalues of a symmetric matrix of n rows whose entries were computed in a precision, but for those that are round-off: up to 8 n ε of the
// largest, 1e-13 of it for 64 rows in float64.
func eigenvalues(flat []float64, n int, precision dtypes.DType) ([]float64, error) {
	epsilon := math.Pow(2, -52)
	if precision == dtypes.Float32 {
		epsilon = math.Pow(2, -23)
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(mat.NewSymDense(n, flat), false) {
		return nil, errors.New("the eigenvalues were not found, want finite numbers")
	}
	values := eigen.Values(nil) // in rising order
	least := 8 * float64(n) * epsilon * values[n-1]
	return slices.DeleteFunc(values, func(v float64) bool { return !(v > least) }), nil
}
