package pinns_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// untrained is a run of a network that has nothing to train.
type untrained struct{ t *testing.T }

func (untrained) Key() string { return "untrained" }

func (u untrained) Eval(_ context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error) {
	return check.Eval(u.t, model.NewStore(), fn, in...), nil
}

// A window starts from what the one before ends with, in place of its initial conditions, with their weight; at the solution all of its terms vanish.
func TestWindows(t *testing.T) {
	orbit := pinns.Problem{
		Equations: []string{"x_t = y", "y_t = -x"}, Coordinates: []string{"t"}, Unknowns: []string{"x", "y"},
		Domain: geometry.Interval{Low: 0, High: 2, Names: [2]string{"initial", "final"}},
		Conditions: []pinns.Condition{
			{Name: "initial x", Equation: "x = 1", On: []string{"initial"}}, {Name: "initial y", Equation: "y = 0", On: []string{"initial"}},
		},
	}
	travelling := pinns.Problem{
		Equations: []string{"u_t + u_x = 0"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"},
		Domain:     geometry.Cylinder(geometry.Interval{Low: 0, High: 1}, 0, 2),
		Conditions: []pinns.Condition{pinns.Initial("u = sin(2*pi*x)"), pinns.Periodic("x", 0)},
	}
	orbit.Exact = map[string]string{"x": "cos(t)", "y": "-sin(t)"}
	travelling.Exact = map[string]string{"u": "sin(2*pi*(x - t))"}
	for _, c := range []struct {
		name    string
		problem pinns.Problem
		texts   []string
		weights map[string]float64
		points  int // that are handed on
	}{
		{"time alone", orbit, []string{"cos(t)", "-sin(t)"}, map[string]float64{"initial x": 10, "initial y": 100}, 1},
		{"space and time", travelling, []string{"sin(2*pi*(x - t))"}, map[string]float64{"initial": 100, "periodic x": 2}, 16},
	} {
		t.Run(c.name, func(t *testing.T) {
			march := pinns.March{Windows: 4, Places: 16, Solver: pinns.Solver{
				Network: formula{c.problem.Coordinates, c.texts}, Inputs: c.problem.Coordinates, Problem: c.problem,
				Interior: 8, Boundary: 4, Sampling: pinns.Slices{Times: 8}, Weights: c.weights,
			}}
			first, err := march.Window(t.Context(), 0, nil)
			if err != nil {
				t.Fatal(err)
			}
			second, err := march.Window(t.Context(), 1, untrained{t})
			if err != nil {
				t.Fatal(err)
			}
			for k, s := range []pinns.Solver{first, second} {
				low, high := s.Problem.Domain.Bounds()
				if from, to := low[len(low)-1], high[len(high)-1]; from != 0.5*float64(k) || to != 0.5*float64(k+1) {
					t.Errorf("window %d is from %v to %v, want a quarter of two units of time", k, from, to)
				}
				for name, v := range terms(t, s) {
					if v > 1e-24 { // squares of float64 round-off, of derivatives up to 6
						t.Errorf("window %d: term %q is %v, want 0", k, name, v)
					}
				}
			}
			if o := second.Problem.Observations[0]; len(o.Points) != c.points {
				t.Errorf("%d points are handed on, want %d", len(o.Points), c.points)
			}
			trained := slices.Repeat([]zoo.Trained{untrained{t}}, 4)
			got, err := march.Evaluate(t.Context(), trained, second.Problem.Observations[0].Points)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range second.Problem.Observations[0].Values {
				if !slices.Equal(got[i], want) {
					t.Errorf("all windows together give %v, want %v", got[i], want)
				}
			}
			if e, err := march.RelativeL2(t.Context(), trained, solution(t, c.problem)); err != nil || !(e < 1e-12) { // round-off
				t.Errorf("the relative L2 error of the solution itself is %v, %v", e, err)
			}
			if w := second.Weights["start of the window"]; w != 100 {
				t.Errorf("what is handed on has weight %v, want 100 as the initial condition", w)
			}
		})
	}
}

// solution is a problem's solution as data.
func solution(t *testing.T, p pinns.Problem) datasets.Set {
	t.Helper()
	set, err := datasets.Load(t.Context(), p.Solution())
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// Slices of time alone are the middles of equal parts, and stay in order when they are drawn anew.
func TestSlicesOfTimeAlone(t *testing.T) {
	times, err := pinns.Slices{Times: 4}.Start(geometry.Interval{Low: 1, High: 3}, 4)
	if err != nil {
		t.Fatal(err)
	}
	if want := []float64{1.25, 1.75, 2.25, 2.75}; !slices.Equal(times, want) {
		t.Errorf("slices at %v, want %v", times, want)
	}
	s := pinns.Solver{
		Network: formula{[]string{"t"}, []string{"t"}}, Inputs: []string{"t"}, Interior: 4, Sampling: pinns.Slices{Times: 4, Anew: true},
		Problem: pinns.Problem{
			Equations: []string{"u_t = 1"}, Coordinates: []string{"t"}, Unknowns: []string{"u"}, Domain: geometry.Interval{Low: 1, High: 3}, Open: []string{"t=1", "t=3"},
		},
	}
	drawn := check.Floats(check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		step := zoo.NewStep(zoo.Step{Graph: g, Scope: scope, DType: dtypes.Float64, Whole: in, Index: Const(g, int64(0)), Train: true}, zoo.Draw{Seed: Const(g, uint64(1))})
		s.Loss(step)
		return []*Node{s.Moved(scope, in[0])}
	}, tensors.FromFlatDataAndDimensions(times, 4, 1))[0])
	for i, v := range drawn {
		if math.Floor(2*(v-1)) != float64(i) || v == times[i] {
			t.Errorf("slice %d is drawn at %v, want it somewhere in its quarter of [1, 3]", i, v)
		}
	}
}
