package pinns_test

import (
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
)

func TestCheckNamesWhatIsOff(t *testing.T) {
	heat := func() pinns.Problem {
		return pinns.Problem{
			Equations: []string{"u_t = k*u_xx"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Coefficients: map[string]float64{"k": 0.5},
			Domain: cylinder(),
			Conditions: []pinns.Condition{
				pinns.Initial("u = sin(2*pi*x)"), pinns.Boundary("u_n = -2*pi*exp(-4*k*pi^2*t)", "x=0"), pinns.Boundary("u = 0", "x=1"),
			},
			Exact: map[string]string{"u": "exp(-4*k*pi^2*t)*sin(2*pi*x)"},
		}
	}
	for _, c := range []struct {
		name   string
		change func(p *pinns.Problem)
		want   string // in the report; "": all holds
	}{
		{"right", func(*pinns.Problem) {}, ""},
		{"wrong sign", func(p *pinns.Problem) { p.Equations[0] = "u_t = -k*u_xx" }, "sign"},
		{"missing factor", func(p *pinns.Problem) { p.Equations[0] = "u_t = u_xx" }, "0.5"},
		{"wrong initial state", func(p *pinns.Problem) { p.Conditions[0].Equation = "u = 2*sin(2*pi*x)" }, "initial: on initial"},
		{"inward normal", func(p *pinns.Problem) { p.Conditions[1].Equation = "u_n = 2*pi*exp(-4*k*pi^2*t)" }, "x=0: on x=0"},
		{"periodic", func(p *pinns.Problem) { p.Conditions = []pinns.Condition{p.Conditions[0], pinns.Periodic("x", 3)} }, ""},
		{"not periodic", func(p *pinns.Problem) {
			p.Conditions = []pinns.Condition{pinns.Periodic("x", 1)}
			p.Exact = map[string]string{"u": "x*(1 - x)"}
			p.Equations[0] = "u_t = k*u_xx + 1"
			p.Open = []string{"initial"}
		}, "derivative 1 of u along x is 1 at x = 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := heat()
			c.change(&p)
			r, err := p.Check(nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" != r.Holds() || !strings.Contains(r.String(), c.want) {
				t.Errorf("holds: %v; the report is %q, want one with %q", r.Holds(), r, c.want)
			}
		})
	}
}

func TestCheckOnACurvedBoundary(t *testing.T) {
	p := pinns.Problem{
		Equations: []string{"lap(u) = 4"}, Coordinates: []string{"x", "y"}, Unknowns: []string{"u"}, Domain: geometry.Disk(0, 0, 1),
		Conditions: []pinns.Condition{pinns.Boundary("u_n = 2")}, Exact: map[string]string{"u": "x^2 + y^2"},
	}
	r, err := p.Check(nil)
	if err != nil || !r.Holds() {
		t.Errorf("%v, %v; want that all holds", r, err)
	}
	p.Conditions[0].Equation = "u_n = 3"
	if r, err = p.Check(nil); err != nil || r.Holds() || !strings.Contains(r.String(), "off by 1") {
		t.Errorf("%v, %v; want that the condition is off by 1", r, err)
	}
}

func TestCheckRefuses(t *testing.T) {
	p := poisson()
	p.Exact = nil
	if _, err := p.Check(nil); err == nil || !strings.Contains(err.Error(), "without a solution") {
		t.Errorf("error = %v, want one about the solution", err)
	}
	p = poisson()
	p.Trained = map[string]float64{"k": 1}
	p.Equations[0] = "k*lap(u) + f = 0"
	if _, err := p.Check(nil); err == nil || !strings.Contains(err.Error(), "Problem.With") {
		t.Errorf("error = %v, want one about trained coefficients", err)
	}
	if r, err := p.With(map[string]float64{"k": 1}).Check(nil); err != nil || !r.Holds() {
		t.Errorf("%v, %v; want that all holds", r, err)
	}
}
