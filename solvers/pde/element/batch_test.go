package element_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
	"github.com/fieldbook-go/fieldbook/solvers/mesh"
	"github.com/fieldbook-go/fieldbook/solvers/pde/element"
)

// TestBatch has problems that share all, their matrix, the pattern of it, or nothing: each comes out as it does alone.
func TestBatch(t *testing.T) {
	s := space(t, fill(t, plate(), 0.1))
	var problems []element.Problem
	for k := range 12 {
		p := element.Problem{
			Diffusion:  element.Isotropic(element.Func(func(x, y float64) float64 { return 1.5 + math.Sin(float64(k/3)*(x+y)) })),
			Source:     element.Constant(float64(k)),
			Conditions: []element.Condition{{Kind: element.Dirichlet, Markers: []int{mesh.Left}}},
		}
		switch k {
		case 5:
			p.Conditions[0].Markers = []int{mesh.Right}
		case 7:
			p.Velocity[0] = element.Constant(3)
		case 9:
			p.Conditions, p.Balance = nil, true
		}
		problems = append(problems, p)
	}
	var alone [][]float64
	for _, p := range problems {
		alone = append(alone, must(s.Solve(t.Context(), p))(t).U)
	}
	for _, workers := range []int{1, 3} {
		reports := 0
		got := must(element.Batch{Workers: workers, Report: func(_, _ int) { reports++ }}.Solve(t.Context(), s, problems))(t)
		for k, sol := range got {
			if !reflect.DeepEqual(sol.U, alone[k]) {
				t.Errorf("%d workers: problem %d differs from what it is alone", workers, k)
			}
		}
		if reports != len(problems) {
			t.Errorf("%d reports, want %d", reports, len(problems))
		}
	}
	problems[4].Source = element.Constant(math.Inf(1))
	if _, err := (element.Batch{}).Solve(t.Context(), s, problems); err == nil || !strings.Contains(err.Error(), "problem 4: element: Problem.Source = +Inf") {
		t.Errorf("a bad problem gives %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (element.Batch{}).Solve(ctx, s, problems); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ended gives %v", err)
	}
}

// TestBatchOfOthers has elastic bodies and heat equations.
func TestBatchOfOthers(t *testing.T) {
	s := space(t, fill(t, plate(), 0.2))
	var bodies []element.Elasticity
	var heats []element.Heat
	for k := range 5 {
		f := float64(k/2 + 1)
		bodies = append(bodies, element.Elasticity{
			Young: element.Constant(f), Poisson: element.Constant(0.2), Plane: element.PlaneStress,
			Force:    [2]element.Field{element.Constant(float64(k)), element.Constant(1)},
			Supports: []element.Support{{Markers: []int{mesh.Left}, X: element.Dirichlet, Y: element.Dirichlet}},
		})
		heats = append(heats, element.Heat{
			Capacity: element.Constant(1), Diffusion: element.Isotropic(element.Constant(f)), Initial: element.Constant(float64(k)),
			Conditions: []element.Condition{{Kind: element.Dirichlet, Markers: []int{mesh.Left}}},
			Scheme:     element.CrankNicolson, Until: 0.1, Steps: 4,
		})
	}
	for _, workers := range []int{1, 3} {
		b := element.Batch{Workers: workers}
		displaced := must(b.Displace(t.Context(), s, bodies))(t)
		marched := must(b.March(t.Context(), s, heats))(t)
		for k := range bodies {
			if want := must(s.Displace(t.Context(), bodies[k]))(t); !reflect.DeepEqual(displaced[k].U, want.U) {
				t.Errorf("%d workers: body %d differs from what it is alone", workers, k)
			}
			if want := must(s.March(t.Context(), heats[k]))(t); !reflect.DeepEqual(marched[k].Ys, want.Ys) {
				t.Errorf("%d workers: heat equation %d differs from what it is alone", workers, k)
			}
		}
	}
	heats[3].Steps = 0
	if _, err := (element.Batch{}).March(t.Context(), s, heats); err == nil || !strings.Contains(err.Error(), "problem 3: element: Heat.Steps = 0") {
		t.Errorf("a bad problem gives %v", err)
	}
}

// TestSystem solves the assembled system by conjugate gradients.
func TestSystem(t *testing.T) {
	s := space(t, fill(t, plate(), 0.1))
	p := element.Problem{
		Diffusion: element.Isotropic(element.Func(func(x, y float64) float64 { return 1 + x*y })), Source: element.Constant(1),
		Conditions: []element.Condition{{Kind: element.Dirichlet, Markers: []int{mesh.Left}, Value: func(_, y float64) float64 { return y }}},
	}
	want := must(s.Solve(t.Context(), p))(t)
	sys := must(s.System(p))(t)
	x := make([]float64, len(sys.B))
	if _, err := (linear.CG{RTol: 1e-13, MaxIterations: 1000}).Solve(t.Context(), sys.A, nil, x, sys.B); err != nil {
		t.Fatal(err)
	}
	for k, i := range sys.Free {
		sys.U[i] = x[k]
	}
	for i, u := range sys.U {
		if math.Abs(u-want.U[i]) > 1e-10 { // the tolerance times a condition number of some hundreds
			t.Fatalf("at point %d conjugate gradients give %v, want %v", i, u, want.U[i])
		}
	}
	p.Reaction = element.Constant(-1)
	if _, err := s.System(p); err == nil {
		t.Error("a problem with a negative reaction is accepted")
	}
}

func TestProblemIsRefused(t *testing.T) {
	s := space(t, fill(t, unitSquare(), 0.3))
	dirichlet := func(m ...int) element.Condition { return element.Condition{Kind: element.Dirichlet, Markers: m} }
	good := element.Problem{Diffusion: element.Isotropic(element.Constant(1)), Conditions: []element.Condition{dirichlet()}}
	one := func(_, _ float64) float64 { return 1 }
	cases := map[string]struct {
		spoil func(p *element.Problem)
		want  string
	}{
		"no diffusion":   {func(p *element.Problem) { p.Diffusion = element.Tensor{} }, "Problem.Diffusion at ["},
		"indefinite":     {func(p *element.Problem) { p.Diffusion.XY = element.Constant(2) }, "is (1 2; 2 1), want a positive definite matrix"},
		"vanishes":       {func(p *element.Problem) { p.Diffusion.XX = element.Func(func(x, _ float64) float64 { return x - 0.5 }) }, "want a positive definite matrix"},
		"too few values": {func(p *element.Problem) { p.Diffusion.XX = element.PerTriangle([]float64{1, 2}) }, "Problem.Diffusion.XX has 2 values, want"},
		"nil function":   {func(p *element.Problem) { p.Source = element.Func(nil) }, "Problem.Source is Func(nil)"},
		"nan":            {func(p *element.Problem) { p.Source = element.Func(func(_, _ float64) float64 { return math.NaN() }) }, "Problem.Source = NaN at ["},
		"reaction":       {func(p *element.Problem) { p.Reaction = element.Constant(-1) }, "Problem.Reaction = -1 at ["},
		"velocity":       {func(p *element.Problem) { p.Velocity[1] = element.Constant(math.NaN()) }, "Problem.Velocity[1] = NaN"},
		"kind":           {func(p *element.Problem) { p.Conditions[0].Kind = 0 }, "Problem.Conditions[0].Kind = Kind(0), want Dirichlet, Neumann or Robin"},
		"alpha":          {func(p *element.Problem) { p.Conditions[0].Alpha = one }, "Conditions[0] is dirichlet and has Alpha: true"},
		"robin":          {func(p *element.Problem) { p.Conditions[0].Kind = element.Robin }, "Conditions[0] is robin and has Alpha: false"},
		"negative alpha": {func(p *element.Problem) {
			p.Conditions[0] = element.Condition{Kind: element.Robin, Alpha: func(_, _ float64) float64 { return -1 }}
		}, "Conditions[0].Alpha = -1 at"},
		"moving": {func(p *element.Problem) { p.Conditions[0].Moving = func(_, _, _ float64) float64 { return 1 } }, "Conditions[0].Moving is set, want it in Heat alone"},
		"value":  {func(p *element.Problem) { p.Conditions[0].Value = func(x, _ float64) float64 { return 1 / x } }, "Conditions[0].Value = +Inf at [0 0]"},
		"flux": {func(p *element.Problem) {
			p.Conditions[0] = element.Condition{Kind: element.Neumann, Value: func(_, _ float64) float64 { return math.NaN() }}
		}, "Conditions[0].Value = NaN at"},
		"no marker": {func(p *element.Problem) { p.Conditions = []element.Condition{dirichlet(7)} }, "Problem.Conditions[0] holds on no edge that an earlier one does not take, want it to: the boundary has 16 edges with the markers [1 2 3 4]"},
		"hidden":    {func(p *element.Problem) { p.Conditions = []element.Condition{dirichlet(), dirichlet(mesh.Left)} }, "Problem.Conditions[1] holds on no edge"},
		"floats":    {func(p *element.Problem) { p.Conditions = nil; p.Velocity[0] = element.Constant(1) }, "has a Velocity and nothing that fixes its solution"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			p := good
			p.Conditions = append([]element.Condition(nil), good.Conditions...)
			c.spoil(&p)
			if _, err := s.Solve(t.Context(), p); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
	if _, err := element.NewSpace(mesh.Mesh{}); err == nil {
		t.Error("a mesh without triangles is accepted")
	}
	short := []float64{1, 2}
	for name, f := range map[string]func() error{
		"integral":  func() error { _, err := s.Integral(short); return err },
		"gradients": func() error { _, err := s.NodalGradients(short); return err },
		"L2":        func() error { _, err := s.L2Error(short, one); return err },
		"H1":        func() error { _, err := s.H1Error(short, nil); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), "element: 2 values, want one for each of the ") {
			t.Errorf("%s of too few values: %v", name, err)
		}
	}
}
