package pinns_test

import (
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/pinns/problems"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
)

// without is a problem with conditions left out.
func without(p pinns.Problem, terms ...string) pinns.Problem {
	p.Conditions = slices.DeleteFunc(slices.Clone(p.Conditions), func(c pinns.Condition) bool { return slices.Contains(terms, c.Term()) })
	return p
}

// system is a problem on [0, 1] for half a unit of time, with conditions at the start and nothing asked at the ends.
func system(equations, unknowns []string, initial ...string) pinns.Problem {
	p := pinns.Problem{Equations: equations, Coordinates: []string{"x", "t"}, Unknowns: unknowns, Domain: cylinder(), Open: []string{"x=0", "x=1"}}
	for _, e := range initial {
		p.Conditions = append(p.Conditions, pinns.Condition{Name: e, Equation: e, On: []string{"initial"}})
	}
	return p
}

// one is an observation of a problem, all zeros.
func one(p pinns.Problem) pinns.Problem {
	p.Observations = []pinns.Observations{{Points: [][]float64{make([]float64, len(p.Coordinates))}, Values: [][]float64{make([]float64, len(p.Unknowns))}}}
	p.Observations[0].Points[0][len(p.Coordinates)-1] = 0.25
	return p
}

func TestMissingConditions(t *testing.T) {
	u, uv := []string{"u"}, []string{"u", "v"}
	heat, wave := problems.Heat(0.2), problems.Wave(3)
	open := without(heat, "initial")
	open.Open = []string{"initial"}
	kdv := problems.KortewegDeVries()
	kdv.Conditions[1].Order = 0
	twice := without(problems.Schrodinger(), "initial v")
	twice.Conditions = append(twice.Conditions, pinns.Condition{Name: "again", Equation: "u = 1", On: []string{"initial"}})
	disk := pinns.Problem{
		Equations: []string{"lap(lap(u)) = 1"}, Coordinates: []string{"x", "y"}, Unknowns: u, Domain: geometry.Disk(0, 0, 1),
		Conditions: []pinns.Condition{pinns.Boundary("u = 0")},
	}
	clamped := disk
	clamped.Conditions = append(slices.Clone(disk.Conditions), pinns.Condition{Name: "slope", Equation: "u_n = 0"})
	ends := without(heat, "boundary")
	ends.Conditions = append(ends.Conditions, pinns.Boundary("u = 0", "x=0"))
	outflow := ends
	outflow.Open = []string{"x=1"}
	graph := system(nil, u, "u = 0")
	graph.Residual = func(u map[string]jet.Field, _ *Node) []*Node { return []*Node{u["u"].D("tt")} }
	graph.Derivatives = []string{"tt"}
	final := system([]string{"u_tt = u"}, u, "u = 0")
	final.Conditions = append(final.Conditions, pinns.Boundary("u = 1", "final"))
	periodic := system([]string{"u_tt + u = sin(t)"}, u)
	periodic.Conditions = []pinns.Condition{pinns.Periodic("t", 1)}
	given := without(wave, "velocity")
	given.Observations = []pinns.Observations{{Points: [][]float64{{0.5, 0}, {0.25, 0}}, Values: [][]float64{{1}, {2}}}}
	off := system([]string{"e*u_tt + u_t = 0"}, u, "u = 1")
	off.Coefficients = map[string]float64{"e": 0}
	for _, c := range []struct {
		name        string
		problem     pinns.Problem
		wrong, note string // in the error, in the only note; "": none
	}{
		{"wave without velocity", without(wave, "velocity"), `1 of the 2 conditions in time that u_tt asks for, none on u_t; want one such as {Name: "initial u_t", Equation: "u_t = 0", On: []string{"initial"}}`, ""},
		{"Schrödinger without v", without(problems.Schrodinger(), "initial v"), "1 of the 2 conditions in time that u_t with v_t asks for, none on v;", ""},
		{"Schrödinger with u twice", twice, "none on v;", ""},
		{"heat without an initial state", without(heat, "initial"), "0 of the 1 conditions in time that u_t asks for, none on u;", ""},
		{"Lorenz without z", without(problems.Lorenz(1), "initial z"), "none on z;", ""},
		{"heat with an open start", open, "", "none on u;"},
		{"heat with observations", one(without(heat, "initial")), "", "the observations have to make up for it"},
		{"wave with observations", one(without(wave, "velocity")), "", "none on u_t;"},
		{"wave with its first state observed", given, "", "1 of the 2"},
		{"heat with its first state observed", func() pinns.Problem {
			p := one(without(heat, "initial"))
			p.Observations[0].Points[0][1] = 0
			return p
		}(), "", ""},
		{"a side without a condition", ends, `no condition on the part "x=1"`, ""},
		{"a side without a condition, observed", one(ends), "", `no condition on the part "x=1"`},
		{"an open side", outflow, "", ""},
		{"KdV, values alone periodic", kdv, "", `1 of the 3 conditions at the two ends of x that u_xxx asks for; want a larger order of Periodic("x"`},
		{"plate on a disk", disk, "", `1 of the 2 conditions on the part "circle"`},
		{"clamped plate", clamped, "", ""},
		{"graph function", graph, "", "none on u_t"},
		{"graph function without a condition", without(graph, "u = 0"), `no condition on the part "initial"`, ""},
		{"both ends of time", final, "", ""},
		{"periodic in time", periodic, "", ""},
		{"conditions that mix unknowns", system([]string{"u_t = v", "v_t = u"}, uv, "u + v = 1", "u - v = 0"), "", ""},
		{"one condition for two", system([]string{"u_t = v", "v_t = u"}, uv, "u + v = 1"), "1 of the 2", ""},
		{"velocity for the second unknown", system([]string{"u_t = v", "v_t = u"}, uv, "u = 1", "u_t = 0"), "", ""},
		{"an algebraic unknown", system([]string{"u_t = v", "v = u_x"}, uv, "u = 1"), "", ""},
		{"an algebraic unknown alone", system([]string{"u_t = v", "v = u_x"}, uv), "0 of the 1", ""},
		{"a term that is off", off, "", ""},
		{"more equations than unknowns", system([]string{"u_t = 1", "u_x = 0"}, u, "u = 0"), "", ""},
		{"flow without the first v", without(problems.TaylorGreen(1), "v on the boundary", "p on the boundary"), "", "no condition at the first time is about v;"},
		{"flow without a first state", without(problems.TaylorGreen(1), "u on the boundary", "v on the boundary", "p on the boundary"), "0 of the 1", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.problem.Validate()
			if c.wrong == "" && err != nil || c.wrong != "" && (err == nil || !strings.Contains(err.Error(), c.wrong) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("error %v, want one line with %q", err, c.wrong)
			}
			notes := c.problem.Notes()
			if c.note == "" && len(notes) > 0 || c.note != "" && (len(notes) != 1 || !strings.Contains(notes[0], c.note)) {
				t.Errorf("notes %q, want one with %q", notes, c.note)
			}
		})
	}
}

func TestNotesAreShown(t *testing.T) {
	p := problems.KortewegDeVries()
	p.Conditions[1].Order = 0
	const want = "1 of the 3 conditions"
	if text := p.Describe(); !strings.Contains(text, "\n\nNote: "+want) {
		t.Errorf("the description is %q, want the note in it", text)
	}
	if r, err := p.Check(map[string]string{"u": "0*x"}); err != nil || !strings.Contains(r.String(), "note: "+want) {
		t.Errorf("%v, %v; want the note in the report", r, err)
	}
	s := pinns.Solve(net(4), p)
	if notes := s.Notes(); len(notes) != 1 || !strings.Contains(notes[0], want) {
		t.Errorf("the solver has the notes %q, want one with %q", notes, want)
	}
	s.Harmonics = map[string]int{"x": 2}
	if notes := s.Notes(); len(notes) > 0 {
		t.Errorf("notes %q with features that are periodic, want none", notes)
	}
	p = without(problems.Heat(1), "initial")
	p.Open = []string{"initial"}
	s = pinns.Solve(net(4), p)
	if notes := s.Notes(); len(notes) != 1 {
		t.Errorf("notes %q, want one on the first state", notes)
	}
	s.Ansatz = map[string]string{"u": "sin(pi*x) + t*N"}
	if notes := s.Notes(); len(notes) > 0 {
		t.Errorf("notes %q with an ansatz, want none", notes)
	}
}
