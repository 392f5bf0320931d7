package expression_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

// claim is a system with an exact solution.
type claim struct {
	system   expression.System
	solution map[string]string
}

// exactly are systems that their solutions solve.
func exactly() map[string]claim {
	one := func(equation, coordinates, u string, coefficients map[string]float64, sources map[string]string) claim {
		s := evolution(equation, "u", len(coordinates)-1, coefficients)
		s.Coordinates, s.Sources, s.Time = strings.Split(coordinates, ""), sources, ""
		if coordinates[0] == 't' {
			s.Time = "t"
		}
		return claim{s, map[string]string{"u": u}}
	}
	pair := evolution("u_t = D*lap(u) - u*v + f; v_t = v_xx + u*v + g", "u v", 1, map[string]float64{"D": 0.3})
	pair.Sources = map[string]string{
		"f": "(D - 1)*exp(-t)*cos(x) + exp(-t)*cos(x)*sin(x)*t",
		"g": "(1 + t)*sin(x) - exp(-t)*cos(x)*sin(x)*t",
	}
	return map[string]claim{
		"Burgers, Cole-Hopf": one("u_t + u*u_x = nu*u_xx", "tx", "2*nu*pi*sin(pi*x)/(2*exp(nu*pi^2*t) + cos(pi*x))", map[string]float64{"nu": 0.3}, nil),
		"Burgers, a front":   one("u_t + u*u_x = nu*u_xx", "tx", "0.4 - tanh((x - 0.4*t)/(2*nu))", map[string]float64{"nu": 0.05}, nil),
		"Korteweg-de Vries":  one("u_t + 6*u*u_x + u_xxx = 0", "tx", "c/(2*cosh(sqrt(c)/2*(x - c*t))^2)", map[string]float64{"c": 1.7}, nil),
		"Poisson":            one("lap(u) = f", "xy", "sin(pi*x)*sin(2*pi*y) + x^3*y", nil, map[string]string{"f": "-5*pi^2*sin(pi*x)*sin(2*pi*y) + 6*x*y"}),
		"plate":              one("lap(lap(u)) = f", "xy", "cosh(x)*sin(3*y)", nil, map[string]string{"f": "64*cosh(x)*sin(3*y)"}),
		"medium":             one("div((1 + x^2)*grad(u)) = 2*x*y + 0*u", "xy", "x*y", nil, nil),
		"nothing to round":   one("u_x + u_y = 0", "xy", "sin(x - y)^2 + cos(x - y)^2", nil, nil),
		"two unknowns":       {pair, map[string]string{"u": "exp(-t)*cos(x)", "v": "t*sin(x)"}},
		"Taylor-Green": {flow(), map[string]string{
			"u": "-cos(x)*sin(y)*exp(-2*t/Re)", "v": "sin(x)*cos(y)*exp(-2*t/Re)", "p": "-(cos(2*x) + cos(2*y))/4*exp(-4*t/Re)",
		}},
	}
}

// scattered are random points in a box of sides 1.
func scattered(dims int) [][]float64 {
	r := rand.New(rand.NewPCG(11, 12))
	out := make([][]float64, 60)
	for i := range out {
		for range dims {
			out[i] = append(out[i], 0.05+r.Float64())
		}
	}
	return out
}

func checked(t *testing.T, c claim) expression.Report {
	t.Helper()
	report, err := c.system.Check(c.solution, scattered(len(c.system.Coordinates)))
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestCheckHolds(t *testing.T) {
	for name, c := range exactly() {
		t.Run(name, func(t *testing.T) {
			report := checked(t, c)
			if !report.Holds() || strings.Contains(report.String(), "not hold") {
				t.Error(report)
			}
			for _, e := range report.Equations {
				// Fourth derivatives of quotients: some hundred operations.
				if e.Points != 60 || name != "nothing to round" && !(e.Residual <= 1e-12*e.Largest().Size) {
					t.Errorf("%+v", e)
				}
			}
		})
	}
}

// TestCheckFindsTheMistake makes a mistake in each of the systems and wants the change that mends it.
func TestCheckFindsTheMistake(t *testing.T) {
	for name, c := range map[string]struct {
		of       string
		equation int
		text     string // in place of the right one
		sources  map[string]string
		term     string // that mends it
		factor   float64
		want     string
	}{
		"Burgers, sign":        {of: "Burgers, Cole-Hopf", text: "u_t + u*u_x = -nu*u_xx", term: "nu*u_xx", factor: -1, want: "It vanishes if the sign of nu*u_xx is changed."},
		"Burgers, sign left":   {of: "Burgers, a front", text: "u_t - u*u_x = nu*u_xx", term: "u*u_x", factor: -1, want: "It vanishes if the sign of u*u_x is changed."},
		"Burgers, factor":      {of: "Burgers, Cole-Hopf", text: "u_t + u*u_x/2 = nu*u_xx", term: "u*u_x/2", factor: 2, want: "It vanishes if u*u_x/2 is multiplied by 2."},
		"Burgers, diffusivity": {of: "Burgers, Cole-Hopf", text: "u_t + u*u_x = nu^2*u_xx", term: "nu^2*u_xx", factor: 1 / 0.3, want: "nu^2*u_xx is multiplied by 3.33333."},
		"Burgers, too many":    {of: "Burgers, Cole-Hopf", text: "u_t + u*u_x = nu*u_xx + u^3", term: "u^3", factor: 0, want: "It vanishes if u^3 is left out."},
		"Burgers, forcing":     {of: "Burgers, Cole-Hopf", text: "u_t + u*u_x = nu*u_xx + 1/5 + t*x", want: "No single term helps: a term is missing, or more than one is wrong, or this is no solution."},
		"Burgers, nearly":      {of: "Burgers, Cole-Hopf", text: "u_t + 1.00001*u*u_x = nu*u_xx + t/1e5", want: "the solution's numbers may just have too few digits"},
		"Burgers, mostly":      {of: "Burgers, Cole-Hopf", text: "u_t - u*u_x = nu*u_xx + t*x/1e5", term: "u*u_x", factor: -1, want: "of that if u*u_x is multiplied by -0.99"},
		"Poisson, sign":        {of: "Poisson", text: "-lap(u) = f", term: "f", factor: -1, want: "the sign of lap(u) is changed, or if the sign of f is changed"},
		"Poisson, of the forcing": {
			of: "Poisson", text: "lap(u) = f - g", sources: map[string]string{"f": "-5*pi^2*sin(pi*x)*sin(2*pi*y)", "g": "6*x*y"}, term: "g", factor: -1,
			want: "It vanishes if the sign of g is changed.",
		},
		"Poisson, no forcing": {of: "Poisson", text: "lap(u) = 0", want: "No single term helps: a term is missing"},
		"two unknowns, sign":  {of: "two unknowns", equation: 1, text: "v_t = v_xx - u*v + g", term: "u*v", factor: -1, want: "It vanishes if the sign of u*v is changed."},
		"two unknowns, twice": {of: "two unknowns", text: "u_t = D*lap(u) - 2*u*v + f", term: "2*u*v", factor: 0.5, want: "It vanishes if 2*u*v is multiplied by 0.5."},
		"Taylor-Green, pressure": {
			of: "Taylor-Green", equation: 1, text: "v_t + u*v_x + v*v_y = p_y + lap(v)/Re", term: "p_y", factor: -1, want: "the sign of p_y is changed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			right := exactly()[c.of]
			right.system.Equations = slices.Clone(right.system.Equations)
			right.system.Equations[c.equation] = c.text
			if c.sources != nil {
				right.system.Sources = c.sources
			}
			report := checked(t, right)
			for i, e := range report.Equations {
				if e.Holds != (i != c.equation) {
					t.Errorf("equation %d: %s", i, e)
				}
			}
			e := report.Equations[c.equation]
			if !strings.Contains(report.String(), c.want) {
				t.Errorf("%s\nwant %s", report, c.want)
			}
			for _, term := range e.Terms {
				switch {
				case c.term == "" && term.Helps:
					t.Errorf("%s helps: %s", term.Text, e)
				case term.Text != c.term:
				case !term.Helps || !(math.Abs(term.Factor-c.factor) < 1e-4): // "mostly" has another mistake of 1e-5
					t.Errorf("%+v, want the factor %v\n%s", term, c.factor, e)
				}
			}
		})
	}
}

func TestCheckWarns(t *testing.T) {
	s := evolution("u_t = nu*u_xx + u^2/1e6 + a*u", "u", 1, map[string]float64{"nu": 0.1, "a": 0})
	report := checked(t, claim{s, map[string]string{"u": "exp(-nu*t)*sin(x)"}})
	for _, want := range []string{
		"does not hold", "It vanishes if u^2/1e+06 is left out", "warning: a*u is 0 at all points, so that this solution does not check it",
		"times as large as u^2/1e+06: are the units right?",
	} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("%s\nwant %s", report, want)
		}
	}
	s = evolution("u_t = u_x + log(x)*u_xx", "u", 1, nil)
	report, err := s.Check(map[string]string{"u": "sqrt(x)"}, [][]float64{{0, 1}, {0, 0}, {2, -1}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"u_x is +Inf at points[1], where t = 0, x = 0; such points are left out", "log(x)*u_xx is +Inf at points[1]"} {
		if !strings.Contains(report.String(), want) {
			t.Errorf("%s\nwant %s", report, want)
		}
	}
	if e := report.Equations[0]; e.Points != 1 || e.Residual != 0.5 {
		t.Errorf("%+v, want the first point alone, and u_x = 1/2 there", e)
	}
	report, err = s.Check(map[string]string{"u": "sqrt(x)"}, [][]float64{{0, 0}})
	if err != nil || report.Holds() || !strings.Contains(report.String(), "no point is left at which all terms are finite") {
		t.Errorf("%v (%v)", report, err)
	}
	// cosh² - sinh² is 1 with a round-off of e^60 units.
	s = evolution("u_t + u = 1", "u", 1, nil)
	report, err = s.Check(map[string]string{"u": "cosh(30*x)^2 - sinh(30*x)^2"}, [][]float64{{0, 1}})
	if err != nil || !strings.Contains(report.String(), "warning: round-off may be") {
		t.Errorf("%v (%v)", report, err)
	}
	report = checked(t, claim{evolution("u_t = u_xx", "u", 1, nil), map[string]string{"u": "2"}})
	if !strings.Contains(report.String(), "all terms are 0 at all points, so that nothing was checked") {
		t.Error(report)
	}
}

func TestCheckErrors(t *testing.T) {
	for want, change := range map[string]func(s *expression.System, solution map[string]string, points [][]float64){
		"Check without an expression for u, want one for each of the unknowns u": func(_ *expression.System, solution map[string]string, _ [][]float64) { delete(solution, "u") },
		"Check of w, which is no unknown, want one of u":                         func(_ *expression.System, solution map[string]string, _ [][]float64) { solution["w"] = "x" },
		"Check of u = sin(y), want a function of the coordinates: expression: the name \"y\", which is not declared": func(_ *expression.System, solution map[string]string, _ [][]float64) {
			solution["u"] = "sin(y)"
		},
		"Check of u = u_x, want a function of the coordinates": func(_ *expression.System, solution map[string]string, _ [][]float64) { solution["u"] = "u_x" },
		"grad(x) is a vector where a number is wanted":         func(_ *expression.System, solution map[string]string, _ [][]float64) { solution["u"] = "grad(x)" },
		"Check with the trained coefficients nu, want their values by System.With": func(s *expression.System, _ map[string]string, _ [][]float64) {
			s.Coefficients, s.Trained = nil, []string{"nu"}
		},
		"Check with the source f, whose values are given, want its text in System.Sources": func(s *expression.System, _ map[string]string, _ [][]float64) {
			s.Sources = map[string]string{"f": ""}
		},
		"Check at points[1] = [1], want 2 numbers, one for each of t, x": func(_ *expression.System, _ map[string]string, points [][]float64) { points[1] = []float64{1} },
		"want one of nu, pi, t, u, x":                                    func(s *expression.System, _ map[string]string, _ [][]float64) { s.Equations[0] = "u_t = q" },
	} {
		t.Run(want, func(t *testing.T) {
			s, solution, points := burgers(), map[string]string{"u": "x"}, scattered(2)
			s.Coefficients = maps.Clone(s.Coefficients)
			change(&s, solution, points)
			if _, err := s.Check(solution, points); err == nil || !strings.Contains(fmt.Sprint(err), want) {
				t.Errorf("error %v, want %s", err, want)
			}
		})
	}
	if _, err := burgers().Check(map[string]string{"u": "x"}, nil); err == nil || !strings.Contains(err.Error(), "Check without points, want at least one") {
		t.Errorf("error %v", err)
	}
}
