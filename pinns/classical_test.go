package pinns_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/metrics"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/pinns/problems"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
)

// evolution is a problem for u of x and t in a cylinder.
func evolution(equation string, domain geometry.Domain, conditions ...pinns.Condition) pinns.Problem {
	return pinns.Problem{
		Equations: []string{equation}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Domain: domain, Conditions: conditions,
	}
}

// off is the largest difference of a field from the problem's closed form.
func off(t *testing.T, p pinns.Problem, f pinns.Field) float64 {
	t.Helper()
	exact := p.Solution()
	for _, a := range f.Axes {
		exact.Grid = append(exact.Grid, len(a))
	}
	set, err := datasets.Load(t.Context(), exact)
	if err != nil {
		t.Fatal(err)
	}
	points, _ := set.Array("points")
	got, _ := f.Set().Array("points")
	most := 0.0
	for i, v := range points.Values {
		most = max(most, math.Abs(v-got.Values[i]))
	}
	values, _ := set.Array("values")
	for i, v := range values.Values {
		most = max(most, math.Abs(v-f.Values[i]))
	}
	return most
}

func TestClassicalAgainstClosedForms(t *testing.T) {
	warmed := geometry.Cylinder(geometry.Interval{Low: 1, High: 3}, 2, 2.5)
	for _, c := range []struct {
		name    string
		problem pinns.Problem
		exact   map[string]string
		points  []int
	}{
		{"heat, u = 0", problems.Heat(0.2), problems.Heat(0.2).Exact, []int{11, 6}},
		{
			"heat, u_n = 0", evolution("u_t = 0.1*u_xx", cylinder(), pinns.Initial("2*u = 4 + 2*cos(3*pi*x)"), pinns.Boundary("3*u_n = 0")),
			map[string]string{"u": "2 + exp(-0.9*pi^2*t)*cos(3*pi*x)"},
			[]int{33, 4},
		},
		{
			"heat, u = 0 and u_x = 0", evolution("u_t = 0.1*u_xx", cylinder(), pinns.Initial("u = sin(pi*x/2)"), pinns.Boundary("u = 0", "x=0"), pinns.Boundary("0 = u_x", "x=1")),
			map[string]string{"u": "exp(-0.025*pi^2*t)*sin(pi*x/2)"},
			[]int{5, 3},
		},
		{
			"heat, u_x = 0 and u = 0", evolution("u_t = 0.1*u_xx", cylinder(), pinns.Initial("u = cos(pi*x/2)"), pinns.Boundary("u = 0", "x=1"), pinns.Boundary("0 = u_x", "x=0")),
			map[string]string{"u": "exp(-0.025*pi^2*t)*cos(pi*x/2)"},
			[]int{5, 3},
		},
		{
			"plate", evolution("u_t + 0.01*u_xxxx = 0", cylinder(), pinns.Initial("u = sin(pi*x)"), pinns.Boundary("u = 0"), pinns.Condition{Name: "moment", Equation: "u_xx = 0", On: []string{"x=0", "x=1"}}),
			map[string]string{"u": "exp(-0.01*pi^4*t)*sin(pi*x)"},
			[]int{5, 3},
		},
		{
			"a source of time, which does not start at 0", evolution("u_t = u_xx + (1 + pi^2*t)*cos(pi*(x - 1)) + t", warmed, pinns.Initial("u = 2*cos(pi*(x - 1)) + 2"), pinns.Boundary("u_n = 0")),
			map[string]string{"u": "t*cos(pi*(x - 1)) + t^2/2"},
			[]int{9, 6},
		},
		{
			"an odd source without a value outside", evolution("u_t = u_xx + pi^2*sin(pi*x)*exp(0*log(1 - x))", cylinder(), pinns.Initial("u = 0"), pinns.Boundary("u = 0")),
			map[string]string{"u": "sin(pi*x)*(1 - exp(-pi^2*t))"},
			[]int{9, 3},
		},
		{"convection", problems.Convection(30), problems.Convection(30).Exact, []int{65, 11}},
		{"two unknowns, one odd and one even", pinns.Problem{
			Equations: []string{"u_t = v_x", "v_t = u_x"}, Coordinates: []string{"t", "x"}, Unknowns: []string{"u", "v"},
			Domain: geometry.Product{A: geometry.Interval{Low: 0, High: 1, Names: [2]string{"initial", "final"}}, B: geometry.Interval{Low: 0, High: 1}},
			Conditions: []pinns.Condition{
				{Name: "a", Equation: "u = sin(2*pi*x)", On: []string{"initial"}},
				{Name: "b", Equation: "v = 0", On: []string{"initial"}},
				{Name: "c", Equation: "u = 0", On: []string{"x=0", "x=1"}},
				{Name: "d", Equation: "v_n = 0", On: []string{"x=0", "x=1"}},
			},
		}, map[string]string{"u": "sin(2*pi*x)*cos(2*pi*t)", "v": "cos(2*pi*x)*sin(2*pi*t)"}, []int{9, 17}},
		{"a plate in the plane", pinns.Problem{
			Equations: []string{"u_t = k*lap(u)"}, Coordinates: []string{"x", "y", "t"}, Unknowns: []string{"u"}, Coefficients: map[string]float64{"k": 0.1},
			Domain:     geometry.Cylinder(geometry.Box{Low: []float64{0, -1}, High: []float64{1, 1}}, 0, 1),
			Conditions: []pinns.Condition{pinns.Initial("u = sin(pi*x)*sin(pi*y/2)"), pinns.Boundary("u = 0", "x=0", "x=1"), pinns.Boundary("u_n = 0", "y=-1", "y=1")},
		}, map[string]string{"u": "exp(-1.25*k*pi^2*t)*sin(pi*x)*sin(pi*y/2)"}, []int{5, 9, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := c.problem.Classical(t.Context(), c.points...)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%v points, %d steps, estimate %.2g", f.Points, f.Steps, f.Error)
			c.problem.Exact = c.exact
			if d := off(t, c.problem, f); !(d < 1e-7 && f.Error < 1e-6) { // of values of order 1; the estimate is that of the coarser of two grids
				t.Errorf("off by %v with an estimate of %v, want less than 1e-7 and 1e-6", d, f.Error)
			}
		})
	}
}

// The references of package problems are made by other code, or on other grids.
func TestClassicalAgainstReferences(t *testing.T) {
	for _, c := range []struct {
		problem  pinns.Problem
		relative float64
		slow     bool
	}{
		{problems.Burgers(0.05), 1e-7, false},
		{problems.ReactionDiffusion(0.5, 5), 1e-6, false},
		{problems.AllenCahn(), 2e-6, true}, // a kink at the ends of the period
		{problems.Schrodinger(), 2e-5, true},
	} {
		t.Run(c.problem.Name, func(t *testing.T) {
			if c.slow && testing.Short() {
				t.Skip("ten seconds")
			}
			want, err := datasets.Load(t.Context(), c.problem.Solution())
			if err != nil {
				t.Fatal(err)
			}
			var points []int
			for _, name := range c.problem.Coordinates {
				a, _ := want.Array(name)
				points = append(points, a.Dims[0])
			}
			f, err := c.problem.Classical(t.Context(), points...)
			if err != nil {
				t.Fatal(err)
			}
			values, _ := want.Array("values")
			e, err := metrics.RelL2(f.Values, values.Values, 1)
			t.Logf("%v points, %d steps, estimate %.2g, error %.2g", f.Points, f.Steps, f.Error, e)
			if err != nil || !(e < c.relative) || !(e < 3*f.Error+1e-7) { // references are good to some 1e-6 themselves
				t.Errorf("relative L2 = %v with an estimate of %v, %v; want below %v", e, f.Error, err, c.relative)
			}
		})
	}
}

// population is that of differences of second order in space on so many cells, by the classical Runge–Kutta method.
func population(d, r, until float64, cells, steps int) []float64 {
	u, h, dt := make([]float64, cells+1), 1/float64(cells), until/float64(steps)
	for i := range u {
		u[i] = 0.5 + 0.4*math.Cos(math.Pi*float64(i)*h)
	}
	rate := func(u []float64) []float64 {
		out := make([]float64, len(u))
		for i, v := range u {
			left, right := u[max(i-1, -i+1)], u[min(i+1, 2*cells-i-1)] // mirrored at the ends
			out[i] = d*(left-2*v+right)/(h*h) + r*v*(1-v)
		}
		return out
	}
	ahead := func(u, k []float64, by float64) []float64 {
		out := slices.Clone(u)
		for i := range out {
			out[i] += by * k[i]
		}
		return out
	}
	for range steps {
		k1 := rate(u)
		k2 := rate(ahead(u, k1, dt/2))
		k3 := rate(ahead(u, k2, dt/2))
		k4 := rate(ahead(u, k3, dt))
		for i := range u {
			u[i] += dt / 6 * (k1[i] + 2*k2[i] + 2*k3[i] + k4[i])
		}
	}
	return u
}

func TestClassicalFisherKPP(t *testing.T) {
	p := evolution("u_t = D*u_xx + r*u*(1 - u)", geometry.Cylinder(geometry.Interval{Low: 0, High: 1}, 0, 1), pinns.Initial("u = 0.5 + 0.4*cos(pi*x)"), pinns.Boundary("u_n = 0"))
	p.Coefficients = map[string]float64{"D": 0.05, "r": 3}
	f, err := p.Classical(t.Context(), 65, 51)
	if err != nil {
		t.Fatal(err)
	}
	u := f.Of("u")
	if len(u) != 65 || len(u[0]) != 51 || f.Of("v") != nil {
		t.Fatalf("%d rows, want 65 of 51, and none of v", len(u))
	}
	coarse, fine := population(0.05, 3, 1, 64, 1000), population(0.05, 3, 1, 128, 4000)
	for i := range u {
		want := (4*fine[2*i] - coarse[i]) / 3 // of fourth order
		if d := math.Abs(u[i][50] - want); d > 1e-8 {
			t.Errorf("u = %v at place %d, off by %v from that of differences", u[i][50], i, d)
		}
	}
}

func TestNoClassicalSolution(t *testing.T) {
	heat := problems.Heat(1)
	with := func(change func(p *pinns.Problem)) pinns.Problem {
		p := heat
		p.Conditions = slices.Clone(p.Conditions)
		change(&p)
		return p
	}
	equation := func(text string, conditions ...pinns.Condition) pinns.Problem {
		p := evolution(text, cylinder(), append([]pinns.Condition{pinns.Initial("u = 0*x")}, conditions...)...)
		return p
	}
	for _, c := range []struct {
		name, want string
		problem    pinns.Problem
	}{
		{"steady", "no coordinate t", poisson()},
		{"wave", "want derivatives along t of first order", problems.Wave(3)},
		{"no polynomial", "sin(u) is no polynomial", equation("u_t = u_xx + sin(u)", pinns.Boundary("u = 0"))},
		{"varies", "it varies with x, want constant coefficients", equation("u_t = x*u_xx", pinns.Boundary("u = 0"))},
		{"even image of advection", "the term u*u_x of u_t is odd along x where u is even", equation("u_t + u*u_x = u_xx", pinns.Boundary("u_n = 0"))},
		{"odd image of growth", "past x = 0 as its mirror image: expression: the term u*u of u_t is even along x where u is odd", equation("u_t = u_xx + u*(1 - u)", pinns.Boundary("u = 0"))},
		{"a constant", "the term 2 of u_t is even along x where u is odd", equation("u_t = u_xx + 2", pinns.Boundary("u = 0"))},
		{"held at 1", `"u = 1" is neither u = 0 nor u_n = 0`, equation("u_t = u_xx", pinns.Boundary("u = 1"))},
		{"held at a profile", `"u = sin(t)" is neither u = 0 nor u_n = 0`, equation("u_t = u_xx", pinns.Boundary("u = sin(t)"))},
		{"Robin", `"u_n + u = 0" is neither u = 0 nor u_n = 0`, equation("u_t = u_xx", pinns.Boundary("u_n + u = 0"))},
		{"clamped", "the second one on u at x = 0", equation("u_t + u_xxxx = 0", pinns.Boundary("u = 0"), pinns.Condition{Name: "slope", Equation: "u_n = 0"})},
		{"one end", "1 conditions on u at the ends of x", with(func(p *pinns.Problem) { p.Conditions[1].On, p.Open = []string{"x=0"}, []string{"x=1"} })},
		{"at the end", "it is at the last time", with(func(p *pinns.Problem) { p.Conditions = append(p.Conditions, pinns.Boundary("u = 0", "final")) })},
		{"a disc", "the domain is a geometry.Product, want an interval or a box", pinns.Problem{
			Equations: []string{"u_t = lap(u)"}, Coordinates: []string{"x", "y", "t"}, Unknowns: []string{"u"}, Domain: geometry.Cylinder(geometry.Disk(0, 0, 1), 0, 1),
			Conditions: []pinns.Condition{pinns.Initial("u = 0"), pinns.Boundary("u = 0")},
		}},
		{"trained", "want them by Problem.With", with(func(p *pinns.Problem) { p.Coefficients, p.Trained = nil, map[string]float64{"k": 1} })},
		{"no start", "no initial value of u", with(func(p *pinns.Problem) { p.Conditions, p.Open = p.Conditions[1:], []string{"initial"} })},
		{"start of two values", "does not give u at", with(func(p *pinns.Problem) { p.Conditions[0].Equation = "u^2 = 1" })},
	} {
		t.Run(c.name, func(t *testing.T) {
			points := slices.Repeat([]int{5}, len(c.problem.Coordinates))
			if _, err := c.problem.Classical(t.Context(), points...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error = %v, want one with %q", err, c.want)
			}
		})
	}
	if _, err := heat.Classical(t.Context(), 5); err == nil || !strings.Contains(err.Error(), "want at least 2 along each of [x t]") {
		t.Errorf("error = %v, want one that asks for two numbers", err)
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := heat.Classical(stopped, 5, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want that of the context", err)
	}
}
