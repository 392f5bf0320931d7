package pinns_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// formula is a network that is a closed form of the features, by jets.
type formula struct {
	Names []string
	Texts []string
}

func (formula) Validate() error { return nil }

func (f formula) Forward(scope *model.Scope, in ...*Node) *Node {
	return f.ForwardJet(scope, jet.Lift(in[0])).Value()
}

func (f formula) ForwardJet(_ *model.Scope, x jet.Jet) jet.Jet {
	values := map[string]jet.Jet{}
	for i, name := range f.Names {
		values[name] = jet.Column(x, i)
	}
	var columns []jet.Jet
	for _, text := range f.Texts {
		e, err := expression.Parse(text)
		if err != nil {
			panic(err)
		}
		columns = append(columns, expression.OnJets(e, values))
	}
	return jet.Concatenate(-1, columns...)
}

// opaque hides that a model is written on jets.
type opaque struct{ Model formula }

func (opaque) Validate() error { return nil }
func (o opaque) Forward(scope *model.Scope, in ...*Node) *Node {
	return o.Model.Forward(scope, in...)
}

// terms are the mean squares of a solver's terms, with a formula for a network and raw coordinates.
func terms(t *testing.T, s pinns.Solver) map[string]float64 {
	t.Helper()
	var names []string
	next, _ := check.Steps(t, s, 1, func(step *zoo.Step) []*Node {
		var out []*Node
		names = nil
		for _, term := range s.Loss(step) {
			names, out = append(names, term.Name), append(out, term.Mean())
		}
		return out
	})
	out := next()
	got := map[string]float64{}
	for i, name := range names {
		got[name] = tensors.ToScalar[float64](out[i])
	}
	return got
}

// cylinder is x in [0, 1], t in [0, 0.5].
func cylinder() geometry.Domain { return geometry.Cylinder(geometry.Interval{Low: 0, High: 1}, 0, 0.5) }

// Exact solutions in the place of the network make every term vanish; wrong ones only those terms that they violate.
func TestTermsVanishAtTheSolution(t *testing.T) {
	xt := []string{"x", "t"}
	for _, c := range []struct {
		name    string
		problem pinns.Problem
		texts   []string // of the network
		change  func(s *pinns.Solver)
		off     map[string]float64 // mean squares that do not vanish
	}{
		{
			name: "heat, Dirichlet and Neumann",
			problem: pinns.Problem{
				Equations: []string{"u_t = k*u_xx"}, Coordinates: xt, Unknowns: []string{"u"}, Coefficients: map[string]float64{"k": 0.5},
				Domain:     cylinder(),
				Conditions: []pinns.Condition{pinns.Initial("u = sin(pi*x)"), pinns.Boundary("u = 0", "x=0"), pinns.Boundary("u_n = -pi*exp(-k*pi^2*t)", "x=1")},
			},
			texts: []string{"exp(-0.5*pi^2*t)*sin(pi*x)"},
		},
		{
			name: "outward normal at the left end",
			problem: pinns.Problem{
				Equations: []string{"u_x = 2"}, Coordinates: []string{"x"}, Unknowns: []string{"u"}, Domain: geometry.Interval{Low: 0, High: 1},
				Conditions: []pinns.Condition{pinns.Boundary("u_n = -2", "x=0"), pinns.Boundary("u_n + 3*u = 8", "x=1")},
			},
			texts: []string{"2*x"},
		},
		{
			name: "wave, an initial velocity, periodic",
			problem: pinns.Problem{
				Equations: []string{"u_tt = u_xx"}, Coordinates: xt, Unknowns: []string{"u"}, Domain: cylinder(),
				Conditions: []pinns.Condition{pinns.Initial("u = sin(2*pi*x)"), {Name: "velocity", Equation: "u_t = 2*pi*cos(2*pi*x)", On: []string{"initial"}}, pinns.Periodic("x", 2)},
			},
			texts: []string{"sin(2*pi*(x + t))"},
		},
		{
			name: "not periodic in the first derivative",
			problem: pinns.Problem{
				Equations: []string{"u_xx = 2"}, Coordinates: []string{"x"}, Unknowns: []string{"u"}, Domain: geometry.Interval{Low: 0, High: 1},
				Conditions: []pinns.Condition{pinns.Periodic("x", 1)},
			},
			texts: []string{"x*(x - 1)"}, off: map[string]float64{"periodic x": 2}, // the mean of 0² and 2²
		},
		{
			name: "a disc, the normal not along an axis",
			problem: pinns.Problem{
				Equations: []string{"lap(u) = 4"}, Coordinates: []string{"x", "y"}, Unknowns: []string{"u"},
				Domain:     geometry.Ball{Centre: []float64{0, 0}, Radius: 2},
				Conditions: []pinns.Condition{pinns.Boundary("u_n = 4")},
			},
			texts: []string{"x^2 + y^2"},
		},
		{
			name: "two unknowns",
			problem: pinns.Problem{
				Equations: []string{"u_x = v", "v_x + u = 0"}, Coordinates: []string{"x"}, Unknowns: []string{"u", "v"}, Domain: geometry.Interval{Low: 0, High: 1},
				Conditions: []pinns.Condition{{Name: "both", Equation: "u + v = 1", On: []string{"x=0"}}}, Open: []string{"x=1"},
			},
			texts: []string{"sin(x)", "cos(x)"},
		},
		{
			name: "ansatz, with the condition dropped",
			problem: pinns.Problem{
				Equations: []string{"u_t = u"}, Coordinates: xt, Unknowns: []string{"u"}, Domain: cylinder(),
				Conditions: []pinns.Condition{pinns.Initial("u = 1 + x")}, Open: []string{"x=0", "x=1"},
			},
			texts: []string{"(1 + x)*(exp(t) - 1)/(t + 1e-30)"}, // N of u = 1 + x + t N
			change: func(s *pinns.Solver) {
				s.Ansatz, s.Hard = map[string]string{"u": "1 + x + t*N"}, []string{"initial"}
			},
		},
		{
			name: "a graph function for the residual",
			problem: pinns.Problem{
				Residual: func(u map[string]jet.Field, x *Node) []*Node {
					return []*Node{Sub(u["u"].D("xx"), MulScalar(SliceAxis(x, 1, AxisElem(0)), 6))}
				},
				Derivatives: []string{"xx"}, Coordinates: []string{"x"}, Unknowns: []string{"u"}, Domain: geometry.Interval{Low: 0, High: 1},
				Conditions: []pinns.Condition{pinns.Boundary("u = x^3")},
			},
			texts: []string{"x^3"},
		},
		{
			name: "observations",
			problem: pinns.Problem{
				Equations: []string{"u_x = 1"}, Coordinates: []string{"x"}, Unknowns: []string{"u"}, Domain: geometry.Interval{Low: 0, High: 1},
				Observations: []pinns.Observations{{Points: [][]float64{{0.25}, {0.75}}, Values: [][]float64{{0.25}, {1.75}}}},
			},
			texts: []string{"x"}, off: map[string]float64{"observations": 0.5},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := formula{c.problem.Coordinates, c.texts}
			for _, network := range []zoo.Model{f, opaque{f}} {
				s := pinns.Solver{Network: network, Problem: c.problem, Inputs: c.problem.Coordinates, Interior: 16, Boundary: 8}
				if c.change != nil {
					c.change(&s)
				}
				got := terms(t, s)
				for name, v := range got {
					// Squares of float64 round-off, of derivatives up to 40.
					if want := c.off[name]; math.Abs(v-want) > 1e-22+1e-12*want {
						t.Errorf("%T: term %q is %v, want %v", network, name, v, want)
					}
				}
				if want := 1 + len(c.problem.Conditions) + len(c.problem.Observations) - len(s.Hard); len(c.problem.Equations) < 2 && len(got) != want {
					t.Errorf("%d terms, want %d", len(got), want)
				}
			}
		})
	}
}

func TestBadProblems(t *testing.T) {
	good := func() pinns.Solver {
		return pinns.Solve(net(4), pinns.Problem{
			Equations: []string{"u_t = u_xx"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Domain: cylinder(),
			Conditions: []pinns.Condition{pinns.Initial("u = x"), pinns.Boundary("u = 0")},
		})
	}
	for _, c := range []struct {
		name, want string
		change     func(s *pinns.Solver)
	}{
		{"no condition", `no condition on the part "x=0"`, func(s *pinns.Solver) { s.Problem.Conditions = s.Problem.Conditions[:1] }},
		{"unknown variable", `want derivatives along the coordinates x, t`, func(s *pinns.Solver) { s.Problem.Equations[0] = "u_t = u_yy" }},
		{"unknown part", `want parts of the boundary: x=0, x=1, initial, final`, func(s *pinns.Solver) { s.Problem.Conditions[1].On = []string{"left"} }},
		{"no domain", "Problem.Domain is nil", func(s *pinns.Solver) { s.Problem.Domain = nil }},
		{"a name too many", "want 2 names", func(s *pinns.Solver) { s.Problem.Coordinates = []string{"x", "y", "t"} }},
		{"no equation", "exactly one", func(s *pinns.Solver) { s.Problem.Equations = nil }},
		{"twice", "second one for the term", func(s *pinns.Solver) { s.Problem.Conditions = append(s.Problem.Conditions, pinns.Initial("u_t = 0")) }},
		{"no network", "Network is nil", func(s *pinns.Solver) { s.Network = nil }},
		{"unknown weight", `want one of the terms ["equation" "initial" "boundary"]`, func(s *pinns.Solver) { s.Weights = map[string]float64{"bc": 1} }},
		{"unknown feature", `"y" is unknown`, func(s *pinns.Solver) { s.Inputs = []string{"sin(y)"} }},
		{"hard without ansatz", "without an Ansatz", func(s *pinns.Solver) { s.Hard = []string{"initial"} }},
		{"no points", "Interior = -1", func(s *pinns.Solver) { s.Interior = -1 }},
		{"period", "RAD.Period = 0", func(s *pinns.Solver) { s.Sampling = pinns.RAD{} }},
		{"periodic disc", "want a domain with plane ends there", func(s *pinns.Solver) {
			s.Problem = pinns.Problem{
				Equations: []string{"lap(u) = 0"}, Coordinates: []string{"x", "y"}, Unknowns: []string{"u"},
				Domain: geometry.Disk(0, 0, 1), Conditions: []pinns.Condition{pinns.Periodic("x", 0)},
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := good()
			c.change(&s)
			if err := s.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want one with %q", err, c.want)
			}
		})
	}
	if err := good().Validate(); err != nil {
		t.Error(err)
	}
}

// emptied is a square without a disc that covers it.
func emptied() geometry.Domain {
	return geometry.Difference{Of: geometry.Box{Low: []float64{0, 0}, High: []float64{1, 1}}, Without: []geometry.Domain{geometry.Disk(0.5, 0.5, 1)}}
}

// What is singular at a corner that no point lies at is no error, where it is not asked for there.
func TestSingularAtACornerInside(t *testing.T) {
	p := poisson()
	p.Sources["f"] = "1/sqrt(x^2 + y^2)"
	p.Conditions = []pinns.Condition{pinns.Boundary("u = log(x + y)", "x=1", "y=1"), pinns.Boundary("u = 0", "x=0", "y=0")}
	data, err := pinns.Solve(net(4), p).Data()
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := data.Load(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBeEvaluatedIsFoundBeforeTraining(t *testing.T) {
	for _, c := range []struct {
		name, want string
		change     func(s *pinns.Solver)
	}{
		{"corner", "at x = 0", func(s *pinns.Solver) { s.Problem.Conditions[1].Equation = "u = log(x)" }},
		{"source", "Sources", func(s *pinns.Solver) {
			s.Problem.Sources = map[string]string{"f": "sqrt(x - 2)"}
			s.Problem.Equations[0] = "u_t = u_xx + f"
		}},
		{"a part of a condition", "log(x) in the condition", func(s *pinns.Solver) { s.Problem.Conditions[1].Equation = "u + log(x) = 0" }},
		{"a divisor", "1/x in the condition", func(s *pinns.Solver) { s.Problem.Conditions[1].Equation = "u/x = 1" }},
		{"a source in a condition", "is +Inf at x = 0", func(s *pinns.Solver) {
			s.Problem.Sources = map[string]string{"g": "1/x"}
			s.Problem.Conditions[1].Equation = "u = g"
		}},
		{"a corner alone", "is -Inf at the corner x = 0, t = 0, want", func(s *pinns.Solver) { s.Problem.Conditions[1].Equation = "u = log(x^2 + t^2)" }},
		{"a later corner", "is -Inf at the corner x = 1, t = 0.5, want", func(s *pinns.Solver) {
			s.Problem.Conditions[1] = pinns.Boundary("u = log(abs(x - 1) + abs(t - 0.5))", "x=1")
			s.Problem.Open = []string{"x=0"}
		}},
		{"a corner that the points have", "Sources[\"f\"] = \"1/(x + t)\" is +Inf at the corner x = 0, t = 0", func(s *pinns.Solver) {
			s.Problem.Sources = map[string]string{"f": "1/(x + t)"}
			s.Problem.Equations[0] = "u_t = u_xx + f"
			s.Sampler = geometry.Halton{}
		}},
		{"source in slices of time", "Sources", func(s *pinns.Solver) {
			s.Problem.Sources = map[string]string{"f": "sqrt(x - 2)"}
			s.Problem.Equations[0] = "u_t = u_xx + f"
			s.Sampling = pinns.Slices{Times: 8}
		}},
		{"in the equation", "sqrt(x - 2) in the equation", func(s *pinns.Solver) { s.Problem.Equations[0] = "u_t = u_xx + sqrt(x - 2)*u" }},
		{"nothing is left inside", "points inside the domain: geometry: 0 of", func(s *pinns.Solver) {
			s.Problem.Domain = geometry.Cylinder(emptied(), 0, 0.5)
			s.Problem.Coordinates = []string{"x", "y", "t"}
		}},
		{"nothing is left of a part", `points of the condition "hole": geometry: 0 of`, func(s *pinns.Solver) {
			square := geometry.Box{Low: []float64{0, 0}, High: []float64{1, 1}}
			s.Problem.Domain = geometry.Difference{Of: square, Without: []geometry.Domain{geometry.Named{Of: geometry.Disk(5, 5, 1), Name: "hole"}}}
			s.Problem.Equations, s.Problem.Coordinates = []string{"lap(u) = 0"}, []string{"x", "y"}
			s.Problem.Conditions = []pinns.Condition{pinns.Boundary("u = 0", "x=0", "x=1", "y=0", "y=1"), pinns.Boundary("u = 1", "hole")}
		}},
		{"ansatz that does not meet its condition", `does not meet "u = x"`, func(s *pinns.Solver) {
			s.Ansatz, s.Hard = map[string]string{"u": "x + x*N"}, []string{"initial"}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := pinns.Solve(net(4), pinns.Problem{
				Equations: []string{"u_t = u_xx"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Domain: cylinder(),
				Conditions: []pinns.Condition{pinns.Initial("u = x"), pinns.Boundary("u = 0")},
			})
			c.change(&s)
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
			data, err := s.Data()
			if err != nil {
				t.Fatal(err)
			}
			if _, _, err := data.Load(t.Context()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want one with %q", err, c.want)
			}
		})
	}
}
