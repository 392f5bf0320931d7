package expression_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// waves is a sum of sines amplitude·sin(k·x + phase), all of whose derivatives are known.
type waves []struct {
	amplitude, phase float64
	k                []float64
}

// on is the sum on jets.
func (ws waves) on(x jet.Jet) jet.Jet {
	var total jet.Jet
	for i, w := range ws {
		column := make([][]float64, len(w.k))
		for j, k := range w.k {
			column[j] = []float64{k}
		}
		part := jet.MulScalar(jet.Sin(jet.AddScalar(jet.MatMul(x, ConstAs(x.Value(), column)), w.phase)), w.amplitude)
		if i == 0 {
			total = part
		} else {
			total = jet.Add(total, part)
		}
	}
	return total
}

// at is a derivative at a point, by its order along each coordinate.
func (ws waves) at(x []float64, orders ...int) float64 {
	var total float64
	for _, w := range ws {
		phase, factor := w.phase, w.amplitude
		for j, k := range w.k {
			phase += k * x[j]
			for range orders[j] {
				factor *= k
				phase += math.Pi / 2 // a quarter period a derivative
			}
		}
		total += factor * math.Sin(phase)
	}
	return total
}

// fieldIn is some waves in a number of coordinates, others for another number.
func fieldIn(coordinates, which int) waves {
	k := [][]float64{{0.7, 1.3, -0.6}, {-0.4, 0.9, 1.1}}
	shift := float64(which)
	return waves{{0.8, 0.3 + shift, k[0][:coordinates]}, {0.5, 1.1 - 2*shift, k[1][:coordinates]}}
}

// residualsOf evaluates a system's residuals for waves in its unknowns.
func residualsOf(t *testing.T, s expression.System, points *tensors.Tensor, nodes bool) [][]float64 {
	t.Helper()
	numbers := s.Coefficients
	if nodes {
		s.Coefficients, s.Trained = nil, slices.Sorted(maps.Keys(numbers))
	}
	set, err := s.Set()
	if err != nil {
		t.Fatal(err)
	}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		x := jet.Seed(set, in[0])
		fields := map[string]jet.Field{}
		for i, u := range s.Unknowns {
			fields[u] = fieldIn(len(s.Coordinates), i).on(x)
		}
		given := expression.Given{Points: in[0]}
		if nodes {
			given.Coefficients = map[string]*Node{}
			for name, value := range numbers {
				given.Coefficients[name] = Scalar(in[0].Graph(), in[0].DType(), value)
			}
		}
		return s.Residuals(fields, given)
	}, points)
	var all [][]float64
	for _, r := range out {
		all = append(all, check.Floats(r))
	}
	return all
}

// equationsByHand are systems with their residuals in terms of the waves' derivatives.
func equationsByHand() map[string]struct {
	system expression.System
	want   func(x []float64) []float64
} {
	one := func(equation string, coordinates string, coefficients map[string]float64) expression.System {
		s := expression.System{
			Equations: []string{equation}, Coordinates: strings.Fields(coordinates), Unknowns: []string{"u"}, Coefficients: coefficients,
		}
		if s.Coordinates[0] == "t" {
			s.Time = "t"
		}
		return s
	}
	u2, u3, v3, p3 := fieldIn(2, 0), fieldIn(3, 0), fieldIn(3, 1), fieldIn(3, 2)
	type by = struct {
		system expression.System
		want   func(x []float64) []float64
	}
	return map[string]by{
		"Burgers": {burgers(), func(x []float64) []float64 {
			return []float64{u2.at(x, 1, 0) + u2.at(x, 0, 0)*u2.at(x, 0, 1) - 0.02*u2.at(x, 0, 2)}
		}},
		"Allen-Cahn": {one("u_t - D*u_xx + 5*u^3 - 5*u = 0", "t x", map[string]float64{"D": 1e-4}), func(x []float64) []float64 {
			u := u2.at(x, 0, 0)
			return []float64{u2.at(x, 1, 0) - 1e-4*u2.at(x, 0, 2) + 5*u*u*u - 5*u}
		}},
		"Kuramoto-Sivashinsky": {one("u_t + u*u_x + alpha*u_xx + beta*u_xxxx = 0", "t x", map[string]float64{"alpha": 1.2, "beta": 0.3}), func(x []float64) []float64 {
			return []float64{u2.at(x, 1, 0) + u2.at(x, 0, 0)*u2.at(x, 0, 1) + 1.2*u2.at(x, 0, 2) + 0.3*u2.at(x, 0, 4)}
		}},
		"Helmholtz": {one("lap(u) + k^2*u = sin(pi*x)*y", "x y", map[string]float64{"k": 4}), func(x []float64) []float64 {
			return []float64{u2.at(x, 2, 0) + u2.at(x, 0, 2) + 16*u2.at(x, 0, 0) - math.Sin(math.Pi*x[0])*x[1]}
		}},
		"Navier-Stokes": {flow(), func(x []float64) []float64 {
			u, v := u3.at(x, 0, 0, 0), v3.at(x, 0, 0, 0)
			return []float64{
				u3.at(x, 1, 0, 0) + u*u3.at(x, 0, 1, 0) + v*u3.at(x, 0, 0, 1) + p3.at(x, 0, 1, 0) - (u3.at(x, 0, 2, 0)+u3.at(x, 0, 0, 2))/40,
				v3.at(x, 1, 0, 0) + u*v3.at(x, 0, 1, 0) + v*v3.at(x, 0, 0, 1) + p3.at(x, 0, 0, 1) - (v3.at(x, 0, 2, 0)+v3.at(x, 0, 0, 2))/40,
				u3.at(x, 0, 1, 0) + v3.at(x, 0, 0, 1),
			}
		}},
		"diffusion in a medium": {one("div((1 + x^2)*grad(u)) = 2/(1 + y^2)", "x y", nil), func(x []float64) []float64 {
			lap := u2.at(x, 2, 0) + u2.at(x, 0, 2)
			return []float64{(1+x[0]*x[0])*lap + 2*x[0]*u2.at(x, 1, 0) - 2/(1+x[1]*x[1])}
		}},
		"mixed, of third order": {one("u_xxy + u_yx*u_x^2 = 1", "x y", nil), func(x []float64) []float64 {
			return []float64{u2.at(x, 2, 1) + u2.at(x, 1, 1)*u2.at(x, 1, 0)*u2.at(x, 1, 0) - 1}
		}},
	}
}

func TestResiduals(t *testing.T) {
	for name, c := range equationsByHand() {
		t.Run(name, func(t *testing.T) {
			d := len(c.system.Coordinates)
			points := check.Random(7, 6, d)
			for _, nodes := range []bool{false, true} {
				got := residualsOf(t, c.system, points, nodes)
				for i := range 6 {
					want := c.want(check.Floats(points)[i*d : (i+1)*d])
					for e, w := range want {
						// Some fifty operations on values of up to 20.
						if !(math.Abs(got[e][i]-w) < 1e-12) {
							t.Errorf("coefficients as nodes %v: residual %d at point %d is %v, want %v", nodes, e, i, got[e][i], w)
						}
					}
				}
			}
		})
	}
}

// TestResidualsAgainstEval compares arithmetic in the graph with that on the host, for functions, powers and constants on either side.
func TestResidualsAgainstEval(t *testing.T) {
	s := expression.System{
		Coordinates: []string{"t", "x"}, Time: "t", Unknowns: []string{"u"},
		Coefficients: map[string]float64{"c": 1.5}, Sources: map[string]string{"f": "cos(t*x)", "g": ""},
	}
	for _, right := range []string{
		"sin(u) + cos(x*u)", "tan(u)", "exp(-u)*log(2 + x^2)", "sqrt(1 + u^2)", "sinh(u) - cosh(u)", "sinh(u/1e9)*1e9", "tanh(3*u)", "abs(u)",
		"u^5", "u^-2", "(1 + u^2)^0.5", "(1 + u^2)^1.7", "(1 + u^2)^x", "2^u", "(2 + u)^c", "u^0", "c^2*pi", "sin(1)", "3 - u", "u - 3", "3/(2 + u)",
		"u/3", "u*3", "3*u", "-(c - 2)", "3 + u", "u_x/u", "u^70", "f*u", "g - u",
	} {
		s.Equations = append(s.Equations, "u = "+right)
	}
	equations, err := s.WrittenOut()
	if err != nil {
		t.Fatal(err)
	}
	set, err := s.Set()
	if err != nil {
		t.Fatal(err)
	}
	points, given := check.Random(5, 4, 2), check.Random(6, 4, 1)
	u := fieldIn(2, 0)
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		all := s.Fields(u.on(jet.Seed(set, in[0])))
		return s.Residuals(all, expression.Given{Points: in[0], Sources: map[string]*Node{"g": in[1]}})
	}, points, given)
	for e, equation := range equations {
		for i, got := range check.Floats(out[e]) {
			x := check.Floats(points)[2*i : 2*i+2]
			values := map[string]float64{
				"t": x[0], "x": x[1], "u": u.at(x, 0, 0), "u_x": u.at(x, 0, 1), "c": 1.5, "g": check.Floats(given)[i],
			}
			side, err := expression.Eval(equation.Right, values)
			if err != nil {
				t.Fatal(err)
			}
			// XLA's functions and Go's differ in the last digits; the 70th power multiplies that.
			if want := values["u"] - side; !(math.Abs(got-want) < 1e-12*(1+math.Abs(want))) {
				t.Errorf("%s at point %d: %v, want %v", equation, i, got, want)
			}
		}
	}
}

// TestTrained: the residual's gradient with respect to a trained coefficient is its factor.
func TestTrained(t *testing.T) {
	s := burgers()
	s.Coefficients, s.Trained = nil, []string{"nu"}
	set, err := s.Set()
	if err != nil {
		t.Fatal(err)
	}
	points := check.Random(5, 3, 2)
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		fields := s.Fields(fieldIn(2, 0).on(jet.Seed(set, in[0])))
		nu := AddScalar(ScalarZero(in[0].Graph(), in[0].DType()), 0.3)
		r := s.Residuals(fields, expression.Given{Coefficients: map[string]*Node{"nu": nu}})
		return Gradient(ReduceAllSum(r[0]), nu)
	}, points)
	var want float64
	for i := range 3 {
		want -= fieldIn(2, 0).at(check.Floats(points)[2*i:2*i+2], 0, 2)
	}
	if got := check.Floats(out[0])[0]; math.Abs(got-want) > 1e-13 { // three values of order 1
		t.Errorf("gradient %v, want %v", got, want)
	}
}

// onNodes hides a network's jets.
type onNodes struct{ zoo.Model }

// TestNetworks: the residuals of a network are the same by jets and by nested reverse mode.
func TestNetworks(t *testing.T) {
	s := flow()
	set, err := s.Set()
	if err != nil {
		t.Fatal(err)
	}
	net := neuralfield.MLP{Widths: []int{8, 8, 3}, Activation: layers.TanhUnit}
	out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		a := s.Residuals(s.Fields(jet.Of(net, scope, set, in[0])), expression.Given{})
		return append(a, s.Residuals(s.Fields(jet.Of(onNodes{net}, scope, set, in[0])), expression.Given{})...)
	}, check.Random(1, 4, 3))
	for e := range s.Equations {
		if d := check.MaxDiff(t, out[e], out[e+3]); !(d < 1e-12) { // second derivatives of three layers, of order 1
			t.Errorf("residual %d differs by %v", e, d)
		}
	}
}

func TestResidualPanics(t *testing.T) {
	for name, c := range map[string]struct {
		change func(s *expression.System, fields map[string]jet.Field, given *expression.Given)
		want   string
	}{
		"no field": {
			func(_ *expression.System, fields map[string]jet.Field, _ *expression.Given) { delete(fields, "u") },
			"Residuals without the field of u, want one for each of the unknowns [u]",
		},
		"invalid": {func(s *expression.System, _ map[string]jet.Field, _ *expression.Given) {
			s.Equations = []string{"u_t = w"}
		}, `"w", which is not declared`},
		"trained": {
			func(s *expression.System, _ map[string]jet.Field, _ *expression.Given) {
				s.Coefficients, s.Trained = nil, []string{"nu"}
			},
			`Given.Coefficients lacks "nu", want the node of each trained coefficient`,
		},
		"no points": {
			func(s *expression.System, _ map[string]jet.Field, given *expression.Given) {
				s.Equations, given.Points = []string{"u_t = x*u_xx"}, nil
			},
			"Given.Points is nil, want [4, 2], a column for each of [t x]: an equation has x in it",
		},
		"no source": {
			func(s *expression.System, _ map[string]jet.Field, _ *expression.Given) {
				s.Equations, s.Sources = []string{"u_t = f"}, map[string]string{"f": ""}
			},
			`Given.Sources lacks "f"`,
		},
		"number and node": {
			func(_ *expression.System, fields map[string]jet.Field, given *expression.Given) {
				given.Coefficients = map[string]*Node{"nu": fields["u"].Value()}
			},
			`Given.Coefficients has "nu", which has its number in System.Coefficients, want trained ones alone`,
		},
		"vector coefficient": {
			func(s *expression.System, fields map[string]jet.Field, given *expression.Given) {
				s.Coefficients, s.Trained = nil, []string{"nu"}
				given.Coefficients = map[string]*Node{"nu": fields["u"].Value()}
			},
			`Given.Coefficients["nu"] (Float64)[4, 1], want a scalar`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				s := burgers()
				s.Coefficients = maps.Clone(s.Coefficients)
				set := jet.Set{Variables: s.Coordinates, Derivatives: []string{"t", "xx"}}
				fields, given := s.Fields(fieldIn(2, 0).on(jet.Seed(set, in[0]))), expression.Given{Points: in[0]}
				c.change(&s, fields, &given)
				return s.Residuals(fields, given)
			}, check.Random(1, 4, 2))
			if err == nil || !strings.Contains(fmt.Sprint(err), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}
