package pinns_test

import (
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/pinns/problems"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Sizes are those of a closed form in the place of the network.
func TestScalesOfAClosedForm(t *testing.T) {
	p := poisson()
	p.Equations, p.Coefficients = []string{"-k*lap(u) = f - 3"}, map[string]float64{"k": 2}
	p.Sources["f"] = "4*x"
	s := pinns.Solver{
		Network: formula{p.Coordinates, []string{"x^2 + y^2"}}, Inputs: p.Coordinates, Problem: p, Interior: 4096, Boundary: 4096,
		Weights: map[string]float64{"boundary": 10},
	}
	got, err := s.Scales(t.Context(), untrained{t})
	if err != nil {
		t.Fatal(err)
	}
	// -8 - 4x + 3 has the mean square ∫ (5 + 4x)² = 25 + 20 + 16/3; of u² on a side of the unit square ∫ x⁴ = 1/5 or ∫ (1 + x²)² = 28/15.
	want := map[string]float64{"equation": 25 + 20 + 16./3, "boundary": 10 * (1./5 + 28./15) / 2, "k*lap(u)": 64, "f": 16. / 3, "3": 9}
	all := append(got.Terms, got.Equations["equation"]...)
	if len(all) != len(want) {
		t.Errorf("%d scales, want %d: %v", len(all), len(want), all)
	}
	for _, scale := range all {
		if math.Abs(scale.MeanSquare-want[scale.Name]) > 1e-2*want[scale.Name] { // 4096 Sobol points give some three digits
			t.Errorf("the mean square of %s is %v, want %v", scale.Name, scale.MeanSquare, want[scale.Name])
		}
	}
	if text := got.String(); !strings.Contains(text, "; of it k*lap(u): 64, f: 5.3, 3: 9\nboundary: 10") {
		t.Errorf("the report is %q, want the summands after the equation and the boundary below", text)
	}
}

func TestScalesNoteUnits(t *testing.T) {
	large := poisson()
	large.Equations[0] = "1e9*lap(u) + f = 0"
	little := poisson()
	little.Equations[0] = "lap(u) + 1e-6*u + f = 0"
	boundary := poisson()
	boundary.Conditions[0].Equation = "u = 1e5"
	graph := poisson()
	graph.Equations, graph.Derivatives = nil, []string{"xx"}
	graph.Residual = func(u map[string]jet.Field, _ *Node) []*Node { return []*Node{MulScalar(u["u"].D("xx"), 1e9)} }
	inverse := poisson()
	inverse.Equations[0], inverse.Trained = "k*lap(u) + f = 0", map[string]float64{"k": 1e9}
	for _, c := range []struct {
		name    string
		problem pinns.Problem
		weights map[string]float64
		want    []string // one for each note
	}{
		{"large", large, nil, []string{"in the equation 1e+09*lap(u) is", `the residual of "equation" is`}},
		{"large, with a weight", large, map[string]float64{"equation": 1e-18}, []string{"in the equation 1e+09*lap(u) is"}},
		{"trained", inverse, nil, []string{"in the equation k*lap(u) is", `the residual of "equation" is`}},
		{"small", little, nil, []string{"times as large as 1e-06*u"}},
		{"boundary values", boundary, nil, []string{`the residual of "boundary" is`}},
		{"switched off", boundary, map[string]float64{"boundary": 0}, nil},
		{"a graph function", graph, nil, []string{`the residual of "equation" is`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := pinns.Solve(formula{c.problem.Coordinates, []string{"0.3*sin(x + 2*y)"}}, c.problem)
			s.Interior, s.Boundary, s.Weights = 64, 16, c.weights
			checkNotes(t, s, untrained{t}, c.want...)
		})
	}
}

// Networks at their start.
func TestScalesOfNetworks(t *testing.T) {
	large := poisson()
	large.Equations[0] = "1e9*lap(u) + f = 0"
	checkNotes(t, small(large), untrained{t}, "in the equation 1e+09*lap(u) is", `the residual of "equation" is`)
	checkNotes(t, small(poisson()), untrained{t})
	checkNotes(t, small(problems.Burgers(0.01)), untrained{t})
}

// A run of one step will do, in float32 too, where the square of the small term is zero.
func TestScalesOfARun(t *testing.T) {
	p := poisson()
	p.Equations[0] = "lap(u) + 1e-30*u + f = 0"
	run, _ := check.Trained(t, small(p), train.Fit{Steps: 1})
	checkNotes(t, small(p), run, "times as large as 1e-30*u")
}

// small is a solver with a small network at few points.
func small(p pinns.Problem) pinns.Solver {
	s := pinns.Solve(net(4), p)
	s.Interior, s.Boundary = 64, 16
	return s
}

// checkNotes wants these notes, and no others.
func checkNotes(t *testing.T, s pinns.Solver, run zoo.Trained, want ...string) {
	t.Helper()
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	scales, err := s.Scales(t.Context(), run)
	if err != nil {
		t.Fatal(err)
	}
	notes := scales.Notes()
	if len(notes) != len(want) {
		t.Fatalf("notes %q, want %d\n%v", notes, len(want), scales)
	}
	for i, w := range want {
		if !strings.Contains(notes[i], w) || !strings.Contains(scales.String(), "note: "+notes[i]) {
			t.Errorf("note %q, want one with %q, and in the report\n%v", notes[i], w, scales)
		}
	}
}

func TestScalesThatAreNotFinite(t *testing.T) {
	p := poisson()
	p.Equations[0] = "lap(u) + log(u) = 0"
	s := pinns.Solver{Network: formula{p.Coordinates, []string{"0 - 1 - x"}}, Inputs: p.Coordinates, Problem: p, Interior: 16, Boundary: 8}
	if _, err := s.Scales(t.Context(), untrained{t}); err == nil || !strings.Contains(err.Error(), `log(u) in the term "equation" is NaN`) {
		t.Errorf("error %v, want one that names log(u)", err)
	}
}
