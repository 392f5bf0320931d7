package pinns_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
)

// predictor is a trained solver as the workbench's runs are.
type predictor struct {
	t      *testing.T
	solver pinns.Solver
	run    *runs.Trained
}

func (p predictor) Predict(in ...datasets.Array) []datasets.Array {
	out, err := p.run.Predict(p.t.Context(), p.solver, in...)
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func TestDiagnostics(t *testing.T) {
	p := pinns.Problem{
		Equations: []string{"u_t = k*u_xx"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Coefficients: map[string]float64{"k": 0.2},
		Domain: cylinder(), Conditions: []pinns.Condition{pinns.Initial("u = sin(pi*x)"), pinns.Boundary("u = 0")},
		Exact: map[string]string{"u": "exp(-k*pi^2*t)*sin(pi*x)"},
	}
	s := pinns.Solver{
		Network: neuralfield.MLP{Widths: []int{8, 1}, Activation: layers.TanhUnit}, Problem: p, Interior: 64, Boundary: 16,
		Sampling: pinns.EveryStep{}, Weights: map[string]float64{"initial": 10},
	}
	run, _ := check.Trained(t, s, train.Fit{Steps: 50, Rate: 1e-2, Precision: train.Float64})
	set, err := datasets.Load(t.Context(), p.Solution())
	if err != nil {
		t.Fatal(err)
	}
	as := predictor{t, s, run}

	row, err := s.Comparison(as, set, "u")
	if err != nil {
		t.Fatal(err)
	}
	if row.X.Label != "t" || row.Y.Label != "x" || row.X.Max != 0.5 {
		t.Errorf("axes %+v and %+v, want the time to the right", row.X, row.Y)
	}
	i, j := 30, 50 // t = 0.15, x = 0.5
	if want := math.Exp(-0.2*math.Pi*math.Pi*0.15) * math.Sin(math.Pi*0.5); math.Abs(row.Reference[i][j]-want) > 1e-12 {
		t.Errorf("reference at t = 0.15, x = 0.5 is %v, want %v", row.Reference[i][j], want)
	}

	residual, err := s.Residuals(t.Context(), run, [][]float64{{0.5, 0.15}})
	if err != nil {
		t.Fatal(err)
	}
	picture, err := s.ResidualMap(t.Context(), run, set, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := picture.Values[i][j], math.Abs(residual[0][0]); math.Abs(got-want) > 1e-9 {
		t.Errorf("the map has %v at t = 0.15, x = 0.5, want %v", got, want)
	}

	spectrum, err := s.FrequencyError(as, set, "u", "x")
	if err != nil || len(spectrum.Series) != 3 {
		t.Fatalf("%d series, %v; want reference, prediction and error", len(spectrum.Series), err)
	}

	c, err := s.Conflict(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for i := range c.Terms {
		if math.Abs(c.Cosines[i][i]-1) > 1e-12 || c.Norms[i] <= 0 {
			t.Errorf("term %q has cosine %v with itself and norm %v, want 1 and above 0", c.Terms[i], c.Cosines[i][i], c.Norms[i])
		}
	}

	tangent, err := s.TangentSpectrum(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	for i, most := range []int{33, 16, 16} { // points, or parameters if these are fewer
		values := tangent.Spectra[i].Values
		if n := len(values); n < 1 || n > most {
			t.Fatalf("%d eigenvalues of %q, want 1 to %d", n, tangent.Spectra[i].Name, most)
		}
		if top := values[len(values)-1]; !(top > 0) {
			t.Errorf("largest eigenvalue of %q is %v, want above 0", tangent.Spectra[i].Name, top)
		}
	}
}

// A kernel has no more directions than there are parameters: what else the 64 points give is round-off.
func TestTangentSpectrumWithoutRoundOff(t *testing.T) {
	p := poisson()
	s := pinns.Solver{Network: neuralfield.MLP{Widths: []int{2, 1}, Activation: layers.TanhUnit}, Problem: p, Interior: 64, Boundary: 64}
	for _, c := range []struct {
		precision train.Precision
		least     float64 // of the largest one
	}{{train.Float64, 1e-13}, {train.Float32, 6e-5}} {
		run, _ := check.Trained(t, s, train.Fit{Steps: 20, Rate: 1e-2, Precision: c.precision})
		tangent, err := s.TangentSpectrum(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		for _, spectrum := range tangent.Spectra {
			n := len(spectrum.Values)
			if n < 3 || n > 9 { // 2·2 + 2 + 2 + 1 parameters; some directions are lost in float32
				t.Errorf("%v: %d eigenvalues of %q, want 3 to 9", c.precision, n, spectrum.Name)
			}
			if ratio := spectrum.Values[0] / spectrum.Values[n-1]; !(ratio > c.least) {
				t.Errorf("%v: the least eigenvalue of %q is %.3g of the largest, want above %.3g", c.precision, spectrum.Name, ratio, c.least)
			}
		}
	}
}

// begun is a run of a solver whose parameters are as they begin.
type begun struct {
	t     *testing.T
	store *model.Store
}

func start(t *testing.T, s pinns.Solver) begun {
	t.Helper()
	run := begun{t, model.NewStore()}
	residual := func(scope *model.Scope, in []*Node) []*Node { return []*Node{s.Residual(scope, in[0])} }
	if _, err := run.Eval(t.Context(), residual, [][]float64{make([]float64, len(s.Problem.Coordinates))}); err != nil {
		t.Fatal(err)
	}
	return run
}

func (begun) Key() string { return "begun" }

func (b begun) Eval(_ context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error) {
	return check.Run(b.t, b.store, fn, in...)
}

// The gradients of a x + b by (a, b) are known; factors of points are no part of them, weights of terms are.
func TestConflictInClosedForm(t *testing.T) {
	s := fitted(pinns.SelfAdaptive{})
	s.Boundary, s.Weights = 4, map[string]float64{"x=0": 3, "flux": 0}
	s.Problem.Open = nil
	s.Problem.Conditions = []pinns.Condition{
		pinns.Boundary("u = 1", "x=0"), pinns.Boundary("u_n + u = 4", "x=1"), {Name: "flux", Equation: "u_n = 0", On: []string{"x=1"}},
	}
	run, _ := check.Trained(t, s, train.Fit{Steps: 3, Rate: 1e-2, Optimizer: optimizers.SGD{}, Precision: train.Float64})
	all := weights(t, run) // by path: b, a, the factors
	b, a := all[0], all[1]
	points, err := s.Collocation(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	equation := [2]float64{}
	for _, x := range points {
		r := a*x[0] + b - 1 - x[0]*x[0]
		equation[0] += 2 * r * x[0] / float64(len(points))
		equation[1] += 2 * r / float64(len(points))
	}
	left := 3 * 2 * (b - 1)
	right := 2 * (2*a + b - 4)
	gradients := [][2]float64{equation, {0, left}, {2 * right, right}, {}}

	c, err := s.Conflict(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"equation", "x=0", "x=1", "flux"}; !slices.Equal(c.Terms, want) {
		t.Fatalf("terms %q, want %q", c.Terms, want)
	}
	for i, g := range gradients {
		norm := math.Hypot(g[0], g[1])
		if math.Abs(c.Norms[i]-norm) > 1e-14 { // tens of operations on numbers of order one
			t.Errorf("the gradient of %q has the norm %v, want %v", c.Terms[i], c.Norms[i], norm)
		}
		for j, h := range gradients {
			cosine := (g[0]*h[0] + g[1]*h[1]) / norm / math.Hypot(h[0], h[1])
			if got := c.Cosines[i][j]; !(math.Abs(got-cosine) < 1e-12) && !(math.IsNaN(got) && math.IsNaN(cosine)) {
				t.Errorf("cosine of %q and %q is %v, want %v", c.Terms[i], c.Terms[j], got, cosine)
			}
		}
	}
	bars := c.Bars()
	if _, err := bars.Figure(); err != nil || len(bars.Methods) != 3 || bars.Methods[1].Values[0] != c.Cosines[2][0] {
		t.Errorf("bars %+v, %v, want those of the three terms that have a gradient", bars.Methods, err)
	}
}

// The Jacobian of a network that is linear in its parameters is known, and J Jᵀ has the eigenvalues of Jᵀ J.
func TestTangentSpectrumInClosedForm(t *testing.T) {
	const inside, used, ends = 100, 64, 16
	places := [][]float64{{0.25}, {0.5}, {1}}
	// both is the eigenvalues of Jᵀ J for rows (x, 1).
	both := func(points [][]float64) []float64 {
		n, sum, squares := float64(len(points)), 0.0, 0.0
		for _, x := range points {
			sum, squares = sum+x[0], squares+x[0]*x[0]
		}
		root := math.Hypot((n-squares)/2, sum)
		return []float64{(n+squares)/2 - root, (n+squares)/2 + root}
	}
	for _, c := range []struct {
		name    string
		problem pinns.Problem
		start   [][]float64
		want    func(points [][]float64) map[string][]float64
	}{
		{
			"values, at points and at an end",
			pinns.Problem{Equations: []string{"u = x^2"}, Conditions: []pinns.Condition{pinns.Boundary("u = 1", "x=0")}, Open: []string{"x=1"}},
			[][]float64{{1.5}},
			func(points [][]float64) map[string][]float64 {
				return map[string][]float64{"equation": both(points[:used]), "x=0": {ends}}
			},
		},
		{
			"a trained coefficient",
			pinns.Problem{Equations: []string{"u_x = k"}, Trained: map[string]float64{"k": 2}, Open: []string{"x=0", "x=1"}},
			[][]float64{{1.5}},
			func([][]float64) map[string][]float64 { return map[string][]float64{"equation": {2 * used}} }, // of rows (1, -1)
		},
		{
			"two residuals a point", // u(0) - u(1) = -a, and u_x(0) - u_x(1) = 0
			pinns.Problem{Equations: []string{"u_x = 1"}, Conditions: []pinns.Condition{pinns.Periodic("x", 1)}},
			[][]float64{{1.5}},
			func([][]float64) map[string][]float64 {
				return map[string][]float64{"equation": {used}, "periodic x": {ends}}
			},
		},
		{
			"two unknowns observed, and an equation that no parameter moves",
			pinns.Problem{
				Equations: []string{"u_x = 1", "v_xx = 1"}, Unknowns: []string{"u", "v"},
				Observations: []pinns.Observations{{Points: places, Values: [][]float64{{1, 2}, {3, 4}, {5, 6}}}},
			},
			[][]float64{{1.5, -2}},
			func([][]float64) map[string][]float64 {
				pair := both(places)
				return map[string][]float64{"equation 1": {used}, "observations": {pair[0], pair[0], pair[1], pair[1]}}
			},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.problem.Coordinates, c.problem.Domain = []string{"x"}, geometry.Interval{Low: 0, High: 1}
			if c.problem.Unknowns == nil {
				c.problem.Unknowns = []string{"u"}
			}
			s := pinns.Solver{Network: line{c.start}, Problem: c.problem, Inputs: []string{"x"}, Interior: inside, Boundary: ends}
			points, err := s.Collocation(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			tangent, err := s.TangentSpectrum(t.Context(), start(t, s))
			if err != nil {
				t.Fatal(err)
			}
			want := c.want(points)
			if len(tangent.Spectra) != len(want) {
				t.Errorf("%d spectra %+v, want %d", len(tangent.Spectra), tangent.Spectra, len(want))
			}
			for _, spectrum := range tangent.Spectra {
				w := want[spectrum.Name]
				if len(spectrum.Values) != len(w) || !(furthest(w, spectrum.Values) < 1e-11) { // round-off of 64 × 64 entries of order one
					t.Errorf("eigenvalues of %q are %v, want %v", spectrum.Name, spectrum.Values, w)
				}
			}
		})
	}
}

// mode is a reference on a grid with waves added to it, five in the length of x and three in that of t.
type mode struct{ inX, inT float64 }

func (m mode) Predict(in ...datasets.Array) []datasets.Array {
	out := datasets.Array{Dims: []int{in[0].Dims[0], 1}}
	for i := 0; i < len(in[0].Values); i += 2 {
		x, t := in[0].Values[i], in[0].Values[i+1]
		u := (1 + t) * 2 * math.Sin(2*math.Pi*x)
		out.Values = append(out.Values, u+m.inX*math.Cos(5*2*math.Pi*x)+m.inT*math.Sin(3*2*math.Pi*t/0.5))
	}
	return []datasets.Array{out}
}

// A wave of amplitude A has the energy A²/2 at its number, and nothing elsewhere.
func TestFrequencyErrorOfKnownModes(t *testing.T) {
	p := pinns.Problem{
		Equations: []string{"u_t = u_xx"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Domain: cylinder(),
		Open: []string{"x=0", "x=1", "initial"}, Exact: map[string]string{"u": "(1 + t)*2*sin(2*pi*x)"},
	}
	s := pinns.Solver{Network: net(4), Problem: p}
	set, err := datasets.Load(t.Context(), p.Solution())
	if err != nil {
		t.Fatal(err)
	}
	times, _ := set.Array("t")
	amplitude := 0.0 // mean of (2 (1 + t))² over the times
	for _, t := range times.Values {
		amplitude += 4 * (1 + t) * (1 + t) / float64(len(times.Values))
	}
	as := mode{inX: 0.3, inT: 0.2}
	for _, c := range []struct {
		along string
		want  []map[int]float64 // energies of reference, prediction and error; nil: not looked at
	}{
		{"x", []map[int]float64{{1: amplitude / 2}, {1: amplitude / 2, 5: 0.045}, {5: 0.045}}},
		{"t", []map[int]float64{nil, nil, {3: 0.02}}},
	} {
		spectrum, err := s.FrequencyError(as, set, "u", c.along)
		if err != nil {
			t.Fatal(err)
		}
		for i, name := range []string{"reference", "prediction", "error"} {
			series := spectrum.Series[i]
			if series.Name != name || series.X[0] != 1 || len(series.X) != 50 { // 100 points a period
				t.Errorf("along %s: series %q of %d wave numbers from %v, want %q of 50 from 1", c.along, series.Name, len(series.X), series.X[0], name)
			}
			for k, energy := range series.Y {
				if want := c.want[i][k+1]; c.want[i] != nil && math.Abs(energy-want) > 1e-14 { // round-off of the transform
					t.Errorf("along %s: the %s has the energy %v at wave number %d, want %v", c.along, name, energy, k+1, want)
				}
			}
		}
	}
	for _, c := range []struct{ unknown, along, want string }{{"v", "x", `unknown = "v"`}, {"u", "y", `along "y"`}} {
		if _, err := s.FrequencyError(as, set, c.unknown, c.along); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("unknown %q along %q: error %v, want one with %q", c.unknown, c.along, err, c.want)
		}
	}
}

// The residuals of a formula are known on the whole map, the time to the right.
func TestResidualMapOfAKnownResidual(t *testing.T) {
	p := pinns.Problem{
		Equations: []string{"u_t = v", "v_x + u = 0"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u", "v"}, Domain: cylinder(),
		Open: []string{"x=0", "x=1", "initial"}, Exact: map[string]string{"u": "x", "v": "t"},
	}
	s := pinns.Solver{Network: formula{p.Coordinates, []string{"x^2*t", "x - 3*t"}}, Problem: p, Inputs: p.Coordinates}
	set, err := datasets.Load(t.Context(), p.Solution())
	if err != nil {
		t.Fatal(err)
	}
	xs, _ := set.Array("x")
	ts, _ := set.Array("t")
	for equation, residual := range []func(x, t float64) float64{
		func(x, t float64) float64 { return x*x - (x - 3*t) }, // of both signs
		func(x, t float64) float64 { return 1 + x*x*t },
	} {
		picture, err := s.ResidualMap(t.Context(), untrained{t}, set, equation)
		if err != nil {
			t.Fatal(err)
		}
		if picture.X.Label != "t" || picture.Y.Label != "x" || len(picture.Values) != len(ts.Values) {
			t.Errorf("axes %+v and %+v, %d columns, want the time to the right", picture.X, picture.Y, len(picture.Values))
		}
		worst := 0.0
		for i, column := range picture.Values {
			for j, v := range column {
				worst = max(worst, math.Abs(v-math.Abs(residual(xs.Values[j], ts.Values[i]))))
			}
		}
		if !(worst < 1e-14) { // a few operations on numbers of order one
			t.Errorf("equation %d: the map is up to %v off", equation, worst)
		}
	}
	if _, err := s.ResidualMap(t.Context(), untrained{t}, set, 2); err == nil || !strings.Contains(err.Error(), "want 0 to 1") {
		t.Errorf("the third of two equations: error %v", err)
	}
}
