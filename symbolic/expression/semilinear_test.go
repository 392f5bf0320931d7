package expression_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

// start is a smooth field of some channels on a grid, [space…, channel].
func start(grid []int, channels int) []float64 {
	size := channels
	for _, n := range grid {
		size *= n
	}
	out := make([]float64, size)
	for i := range out {
		channel, rest := i%channels, i/channels
		arg := 0.4 + float64(channel)
		for axis := len(grid) - 1; axis >= 0; axis-- {
			arg += 2 * math.Pi * float64(1+axis) * float64(rest%grid[axis]) / float64(grid[axis])
			rest /= grid[axis]
		}
		out[i] = 0.3 + 0.2*math.Cos(arg) + 0.1*math.Sin(2*arg+1)
	}
	return out
}

// evolution is a system in time and one to three space coordinates.
func evolution(equations, unknowns string, axes int, coefficients map[string]float64) expression.System {
	return expression.System{
		Equations: strings.Split(equations, "; "), Unknowns: strings.Fields(unknowns), Coefficients: coefficients,
		Coordinates: []string{"t", "x", "y", "z"}[:axes+1], Time: "t",
	}
}

func TestSemilinear(t *testing.T) {
	type numbers = map[string]float64
	for name, c := range map[string]struct {
		system  expression.System
		want    pde.Semilinear
		lengths []float64
		n       int
		until   float64
	}{
		"Burgers":      {evolution("u_t + u*u_x = nu*u_xx", "u", 1, numbers{"nu": 0.02}), pde.Burgers(0.02), []float64{1}, 64, 0.5},
		"Burgers in 2": {evolution("u_t + u*u_x + u*u_y = nu*lap(u)", "u", 2, numbers{"nu": 0.05}), pde.BurgersIn([]float64{1, 2}, 0.05), []float64{1, 2}, 24, 0.3},
		"KdV":          {evolution("u_t + 6*u*u_x + u_xxx = 0", "u", 1, nil), pde.KortewegDeVries(6), []float64{6}, 48, 0.5},
		"Kuramoto-Sivashinsky": {
			evolution("u_t = -lap(u) - lap(lap(u)) - (u_x^2 + u_y^2)/2", "u", 2, nil), pde.KuramotoSivashinsky([]float64{12, 9}), []float64{12, 9}, 16, 2,
		},
		"Kuramoto-Sivashinsky, slope": {evolution("u_t + u*u_x + u_xx + u_xxxx = 0", "u", 1, nil), pde.KuramotoSivashinskySlope(22), []float64{22}, 48, 5},
		"Allen-Cahn":                  {evolution("u_t = D*lap(u) + r*(u - u^3)", "u", 3, numbers{"D": 0.01, "r": 2}), pde.AllenCahn([]float64{1, 2, 1}, 0.01, 2), []float64{1, 2, 1}, 10, 0.5},
		"Cahn-Hilliard":               {evolution("u_t = lap(u^3 - u - 1e-3*lap(u))", "u", 1, nil), pde.CahnHilliard([]float64{1}, 1, 1e-3), []float64{1}, 48, 0.02},
		"Fisher-KPP":                  {evolution("u_t = 0.03*u_xx + 3*u*(1 - u)", "u", 1, nil), pde.FisherKPP([]float64{2}, 0.03, 3), []float64{2}, 48, 0.5},
		"Swift-Hohenberg": {
			evolution("u_t = r*u - (u + 2*lap(u) + lap(lap(u))) + u^2/2 - u^3", "u", 1, numbers{"r": 0.3}), pde.SwiftHohenberg([]float64{12}, 0.3, 1, 0.5), []float64{12}, 48, 2,
		},
		"Gray-Scott": {
			evolution("u_t = D_u*lap(u) - u*v^2 + F*(1 - u); v_t = D_v*lap(v) + u*v^2 - (F + k)*v", "u v", 2, numbers{"D_u": 2e-3, "D_v": 1e-3, "F": 0.04, "k": 0.06}),
			pde.GrayScott([]float64{1, 1}, 2e-3, 1e-3, 0.04, 0.06),
			[]float64{1, 1},
			20, 2,
		},
		"advection": {evolution("2*u_t = -(u_x + 3*u_y) + u_yy/5", "u", 2, nil), advection2(), []float64{1, 1}, 12, 0.3},
		// The solver has L one channel a time: what couples two is among its terms, and of degree 1.
		"rotation": {evolution("v_t = -2*u; u_t = 2*v", "u v", 1, nil), pde.Semilinear{}, []float64{1}, 8, 1},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.system.Semilinear(expression.Box{Lengths: c.lengths})
			if err != nil {
				t.Fatal(err)
			}
			grid := slices.Repeat([]int{c.n}, len(c.lengths))
			u0 := start(grid, len(c.system.Unknowns))
			s := pde.Stepping{Until: c.until, Steps: 100}
			have, err := got.Solve(t.Context(), u0, grid, s)
			if err != nil {
				t.Fatal(err)
			}
			reference := turned(u0, 2*c.until)
			if name != "rotation" {
				if got.Degree != c.want.Degree {
					t.Errorf("degree %d, want %d", got.Degree, c.want.Degree)
				}
				solution, err := c.want.Solve(t.Context(), u0, grid, s)
				if err != nil {
					t.Fatal(err)
				}
				reference = solution.Last()
			}
			// Both march the same modes, and products alias onto none of them: u u_x and the constructors' (u²/2)_x differ by
			// round-off, which unstable modes let grow to some 1e-14. ETDRK4 turns by 2 radians in 100 steps with an error of 2e-9.
			tolerance := 1e-12
			if name == "rotation" {
				tolerance = 1e-8
			}
			for i, u := range have.Last() {
				if !(math.Abs(u-reference[i]) < tolerance) {
					t.Fatalf("value %d is %v, want %v (difference %.2g)", i, u, reference[i], u-reference[i])
				}
			}
		})
	}
}

// advection2 is u_t + (0.5, 1.5)·∇u = 0.1 u_yy.
func advection2() pde.Semilinear {
	e := pde.Advection([]float64{1, 1}, []float64{0.5, 1.5}, 0)
	flow := e.Linear[0]
	e.Linear[0] = func(k []float64) complex128 { return flow(k) - complex(0.1*k[1]*k[1], 0) }
	return e
}

// turned is the solution of u_t = 2v, v_t = -2u.
func turned(u0 []float64, angle float64) []float64 {
	out := make([]float64, len(u0))
	sin, cos := math.Sincos(angle)
	for i := 0; i < len(u0); i += 2 {
		out[i], out[i+1] = cos*u0[i]+sin*u0[i+1], cos*u0[i+1]-sin*u0[i]
	}
	return out
}

func TestSemilinearErrors(t *testing.T) {
	for name, c := range map[string]struct {
		system  expression.System
		lengths []float64
		want    []string
	}{
		"function":     {evolution("u_tx = 0*u; u_t = u_xx + sin(u)", "u", 1, nil), []float64{1}, []string{"the term u_tx does not fit, want derivatives along t of first order and alone", "the term sin(u) does not fit: sin(u) is no polynomial in the unknowns"}},
		"coefficient":  {evolution("u_t = x*u_xx", "u", 1, nil), []float64{1}, []string{`System.Equations[0] = "u_t = x*u_xx": the term x*u_xx does not fit: it varies with x, want constant coefficients`}},
		"quotient":     {evolution("u_t = u_xx/(1 + u)", "u", 1, nil), []float64{1}, []string{"u_xx/(1 + u) divides by what is not constant"}},
		"exponent":     {evolution("u_t = u^0.5", "u", 1, nil), []float64{1}, []string{"u^0.5 is no polynomial in the unknowns, want whole exponents from 0 to 32"}},
		"many terms":   {evolution("u_t = (u + u_x + u_xx + u_xxx + 1)^12", "u", 1, nil), []float64{1}, []string{"multiplies out to more than 2000 terms"}},
		"degree":       {evolution("u_t = (u^32)^32", "u", 1, nil), []float64{1}, []string{"it is of degree 64, want at most 32"}},
		"wave":         {evolution("u_tt = u_xx", "u", 1, nil), []float64{1}, []string{"the term u_tt does not fit"}},
		"constraint":   {flow(), []float64{1, 1}, []string{"u_x + v_y = 0", "no time derivative, want one such as u_t"}},
		"twice":        {evolution("u_t = v; u_t = u", "u v", 1, nil), []float64{1}, []string{"a second equation for u_t, want one"}},
		"too few":      {evolution("u_t = v", "u v", 1, nil), []float64{1}, []string{"System.Equations has none for v_t, want one"}},
		"two at once":  {evolution("u_t + v_t = 0", "u v", 1, nil), []float64{1}, []string{"time derivatives of u and v, want one"}},
		"box":          {evolution("u_t = u_xx", "u", 1, nil), []float64{1, 2}, []string{"Box.Lengths = [1 2], want 1 numbers, one a space coordinate"}},
		"length":       {evolution("u_t = u_xx", "u", 1, nil), []float64{-1}, []string{"pde: Semilinear.Lengths = [-1]"}},
		"not finite":   {evolution("u_t = u_xx/0", "u", 1, nil), []float64{1}, []string{"a coefficient is not finite"}},
		"trained":      {expression.System{Equations: []string{"u_t = nu*u"}, Coordinates: []string{"t", "x"}, Time: "t", Unknowns: []string{"u"}, Trained: []string{"nu"}}, []float64{1}, []string{"nu has no value, want one by System.With"}},
		"without time": {expression.System{Equations: []string{"u_xx = 1"}, Coordinates: []string{"x"}, Unknowns: []string{"u"}}, []float64{1}, []string{`System.Time = ""`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.system.Semilinear(expression.Box{Lengths: c.lengths})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nwant %s", err, want)
				}
			}
		})
	}
}

// TestSemilinearWithSources: with the source that makes it so, Burgers' equation has the solution sin(x - t) + cos(2x)/4.
func TestSemilinearWithSources(t *testing.T) {
	const n, nu = 32, 0.1
	exact := func(x, t float64) float64 { return math.Sin(x-t) + math.Cos(2*x)/4 }
	s := expression.System{
		Equations:   []string{"u_t + u*u_x - f = nu*u_xx + nu*g"},
		Coordinates: []string{"x", "t"}, Time: "t", Unknowns: []string{"u"}, Coefficients: map[string]float64{"nu": nu},
		Sources: map[string]string{
			"f": "-cos(x - t) + (sin(x - t) + cos(2*x)/4)*(cos(x - t) - sin(2*x)/2)", "g": "sin(x - t) + cos(2*x)",
		},
	}
	const from = -2.5
	box := expression.Box{From: []float64{from}, Lengths: []float64{2 * math.Pi}, Grid: []int{n}}
	field := func(t float64) []float64 {
		out := make([]float64, n)
		for i := range out {
			out[i] = exact(from+2*math.Pi*float64(i)/n, t)
		}
		return out
	}
	solver, err := s.Semilinear(box)
	if err != nil {
		t.Fatal(err)
	}
	solution, err := solver.Solve(t.Context(), field(0), box.Grid, pde.Stepping{Until: 1, Steps: 200})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range field(1) {
		if got := solution.Last()[i]; math.Abs(got-want) > 1e-9 { // steps of 1/200, order 4
			t.Fatalf("value %d is %v, want %v", i, got, want)
		}
	}
	// A source without time is found once; here in two coordinates and for the second unknown.
	steady := evolution("u_t = 0*u; 2*v_t = 4*x*y^2 - v + 1", "u v", 2, nil)
	box = expression.Box{Lengths: []float64{1, 3}, Grid: []int{4, 6}}
	solver, err = steady.Semilinear(box)
	if err != nil || solver.Source != nil || len(solver.Forcing) != 48 {
		t.Fatalf("forcing %v (%v)", solver.Forcing, err)
	}
	for i, f := range solver.Forcing {
		x, y := float64(i/12)/4, 3*float64(i/2%6)/6
		if want := float64(i%2) * 2 * x * y * y; math.Abs(f-want) > 1e-14 { // a few operations on values of up to 10
			t.Errorf("forcing %d is %v, want %v", i, f, want)
		}
	}
	for want, change := range map[string]func(s *expression.System, b *expression.Box){
		"Box.Grid = [], want points along each axis":                      func(_ *expression.System, b *expression.Box) { b.Grid = nil },
		"Box.From = [1], want 2 numbers, one a space coordinate, or none": func(_ *expression.System, b *expression.Box) { b.From = []float64{1} },
		"the source f, whose values are given, want its text": func(s *expression.System, _ *expression.Box) {
			s.Equations[1], s.Sources = "v_t = f", map[string]string{"f": ""}
		},
		"the term x*v does not fit: it varies with x, want constant coeffici": func(s *expression.System, _ *expression.Box) { s.Equations[1] = "v_t = x*v" },
	} {
		s, b := steady, box
		s.Equations = slices.Clone(s.Equations)
		change(&s, &b)
		if _, err := s.Semilinear(b); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// FuzzSystem: no text makes a panic or takes long, whatever becomes of it.
func FuzzSystem(f *testing.F) {
	for _, seed := range []string{
		"u_t + u*u_x = nu*lap(u) + f", "u_t = div(u*grad(lap(u^3)))", "u_t = ((u^9)^9)^9", "u_t = lap(lap(lap(lap(u*u*u*f))))", "u_t = (u + 1)^32 - 1/0",
		"u_t = lap(lap(lap(lap(lap(lap(u^u))))))", "u_t = div(grad(div(grad(div(grad(exp(u*u)))))))",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := evolution(text, "u", 2, map[string]float64{"nu": 0.1})
		s.Equations, s.Sources = []string{text}, map[string]string{"f": "sin(x)*y + t"}
		if _, err := s.WrittenOut(); err != nil {
			_ = err.Error()
			return
		}
		if _, err := s.Set(); err != nil {
			t.Error(err)
		}
		if _, err := s.LaTeX(); err != nil {
			t.Error(err)
		}
		if _, err := s.Semilinear(expression.Box{Lengths: []float64{1, 1}, Grid: []int{4, 4}}); err != nil {
			_ = err.Error()
		}
	})
}

// BenchmarkSemilinear compares u*u_x as it is written with the constructor's (u²/2)_x.
func BenchmarkSemilinear(b *testing.B) {
	const n = 1024
	read, err := burgers().Semilinear(expression.Box{Lengths: []float64{1}})
	if err != nil {
		b.Fatal(err)
	}
	u0 := start([]int{n}, 1)
	for name, e := range map[string]pde.Semilinear{"text": read, "constructor": pde.Burgers(0.02)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := e.Solve(b.Context(), u0, []int{n}, pde.Stepping{Until: 0.1, Steps: 100, Workers: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
