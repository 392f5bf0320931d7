package ode_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// reversibleSteppers are those whose steps can be undone.
func reversibleSteppers() []ode.Reversible {
	return append(mechanics(), ode.ReversibleHeun{})
}

// TestUndo makes 1,000 steps of a driven pendulum and undoes them all, each trajectory with a step of its own; one stands still.
func TestUndo(t *testing.T) {
	const steps = 1000
	driven := ode.SecondOrder(func(t, q *Node, _ []*Node) *Node { return Sub(MulScalar(Cos(t), 0.3), Sin(q)) })
	for _, m := range reversibleSteppers() {
		got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			y, dt, s := in[0], in[1], wholeField(driven)(in[0].Graph())
			clock := func(i *Node, x []*Node) *Node { return Mul(ConvertDType(i, y.DType()), x[0]) }
			begin := append([]*Node{dt, y}, m.Init(s, ZerosLike(dt), y)...)
			end := autodiff.For(steps, begin, func(i *Node, x []*Node) []*Node {
				y1, _, next := m.Step(s, clock(i, x), x[0], x[1], x[2:])
				return append([]*Node{x[0], y1}, next...)
			})
			back := autodiff.For(steps, end, func(i *Node, x []*Node) []*Node {
				y, state := m.Undo(s, clock(AddScalar(Neg(i), steps-1), x), x[0], x[1], x[2:])
				return append([]*Node{x[0], y}, state...)
			})
			return append(append([]*Node{end[1]}, begin[1:]...), back[1:]...)
		}, tensor([]float64{1, 0}, []float64{0.5, 0.25}, []float64{0.5, 0.25}), [][]float64{{0.01}, {0.005}, {0}})
		moved := check.Floats(got[0])
		if !(math.Abs(moved[0]-1) > 0.01) || moved[4] != 0.5 || moved[5] != 0.25 {
			t.Errorf("%s: a thousand steps led to %v, want the first moved and the last where it was", m.Info().Name, moved)
		}
		n := len(got) / 2
		for i := range n {
			d := check.MaxDiff(t, got[1+i], got[1+n+i])
			t.Logf("%s: part %d comes back to %.3g", m.Info().Name, i, d)
			// Round-off 2e-16 of each of two thousand steps of one sign at worst. Over longer times the errors of ŷ − y grow as the
			// field's own sensitivity lets them.
			if !(d < 4e-13) {
				t.Errorf("%s: part %d of what was undone differs by %.2e", m.Info().Name, i, d)
			}
		}
	}
}

// TestReversibleGradients: through the inverse, kept states and checkpoints, by y0 and the weights.
func TestReversibleGradients(t *testing.T) {
	field := ode.Separable(
		func(t, p *Node, args []*Node) *Node {
			return Add(Tanh(Mul(p, ExpandAxes(args[0], 0))), MulScalar(Sin(t), 0.3))
		},
		func(t, q *Node, args []*Node) *Node { return Sub(Cos(t), Sin(Mul(q, ExpandAxes(args[1], 0)))) })
	second := ode.SecondOrder(func(t, q *Node, args []*Node) *Node {
		return Sub(Cos(t), Sin(Mul(q, ExpandAxes(Add(args[0], args[1]), 0))))
	})
	in := []*tensors.Tensor{check.Random(1, 3, 4), check.Random(2, 2), check.Random(3, 2)}
	weights := check.Random(4, 3, 3, 4)
	run := func(name string, s ode.Solve, field ode.Field) {
		t.Run(name, func(t *testing.T) {
			check.GradCheck(t, model.NewStore(), func(_ *model.Scope, x []*Node) *Node {
				g := x[0].Graph()
				r := s.Solve(ode.Problem{
					Field: field, Y0: x[0], Args: x[1:], T0: Const(g, 0.0), Times: Const(g, []float64{0.4, 1, 2}), RTol: Const(g, 1e-4), ATol: Const(g, 1e-4),
				})
				return ReduceAllSum(Add(Mul(r.Ys, Const(g, weights)), MulScalar(ExpandAxes(Square(r.Y), 0), 0.3)))
			}, in...)
		})
	}
	for _, m := range reversibleSteppers() {
		f := field
		if _, is := m.(ode.StormerVerlet); is {
			f = second
		}
		run(m.Info().Name+", inverse", ode.Solve{Stepper: m, Steps: 5, Gradient: ode.ThroughInverse}, f)
	}
	run("reversible Heun, steps", ode.Solve{Stepper: ode.ReversibleHeun{}, Steps: 5, Gradient: ode.ThroughSteps}, field)
	run("leapfrog, checkpoints", ode.Solve{Stepper: ode.Leapfrog{}, Steps: 5, Gradient: ode.ThroughCheckpoints}, field)
	heun := ode.Solve{Stepper: ode.ReversibleHeun{}, Controller: steady{}, First: 0.15, MaxSteps: 50, Gradient: ode.ThroughInverse}
	run("reversible Heun, adaptive", heun, field)
	heun.PerTrajectory = true
	run("reversible Heun, trajectories of their own", heun, field)
}

// TestWaitingTrajectories: a trajectory that waits for others gives the gradient that it gives alone, though its steppers carry
// more than y.
func TestWaitingTrajectories(t *testing.T) {
	gradient := func(mode ode.Gradient, omega ...float64) []float64 {
		rows := make([][]float64, len(omega))
		for i := range rows {
			rows[i] = []float64{1, 0.5}
		}
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			g := in[0].Graph()
			s := ode.Solve{Stepper: ode.ReversibleHeun{}, MaxSteps: 2000, PerTrajectory: true, Gradient: mode}
			r := s.Solve(ode.Problem{
				Field: swing, Y0: in[0], Args: in[1:], T0: Const(g, 0.0), Times: Const(g, []float64{0.5, 1}), RTol: Const(g, 1e-4), ATol: Const(g, 1e-4),
			})
			return Gradient(ReduceAllSum(Square(r.Ys)), in...)
		}, tensor(rows...), numbers(omega...))
		return append(check.Floats(out[0]), check.Floats(out[1])...)
	}
	for name, mode := range map[string]ode.Gradient{"steps": ode.ThroughSteps, "checkpoints": ode.ThroughCheckpoints, "inverse": ode.ThroughInverse} {
		both, alone := gradient(mode, 1, 100), gradient(mode, 1)
		for i, k := range []int{0, 1, 4} { // of y0's first row and of the first weight
			// The sums of the norm run in another order, and the way back spreads round-off over a thousand steps.
			if d := math.Abs(both[k] - alone[i]); !(d <= 1e-9) {
				t.Errorf("%s: gradient %d is %v beside a faster trajectory, %v alone", name, i, both[k], alone[i])
			}
		}
	}
}

func TestReversibleHeunOrder(t *testing.T) {
	m := ode.ReversibleHeun{}
	ys, _ := marcher{m, wholeField(separable()), 0}.at(t, tensor([]float64{1, 0}), 1, 64, 128, 256, 512)
	var errs []float64
	for _, y := range ys {
		errs = append(errs, worst(t, y, []float64{math.Cos(1), -math.Sin(1)}))
	}
	wantSlope(t, m.Info().Name, errs, 2)
	march, done := marcher{m, wholeField(separable()), 0.3}.compiled(t)
	defer done()
	errs = nil
	for _, h := range []float64{1. / 16, 1. / 32, 1. / 64, 1. / 128} {
		_, e := march(tensor([]float64{math.Cos(0.3), -math.Sin(0.3)}), 0.3+h, 1)
		errs = append(errs, worst(t, e, []float64{0, 0}))
	}
	wantSlope(t, "the error estimate", errs, 2)
}

// TestReversibleHeunDense: within a step the cubic is off by h⁴ and by what the end of the step is off, h³.
func TestReversibleHeunDense(t *testing.T) {
	m := ode.ReversibleHeun{}
	const at, theta = 0.3, 0.37
	var errs []float64
	for _, h := range []float64{1. / 32, 1. / 64, 1. / 128, 1. / 256} {
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			g := in[0].Graph()
			s, clock, dt := wholeField(separable())(g), Const(g, at), Const(g, h)
			y1, _, _, k := m.StepDense(s, clock, dt, in[0], m.Init(s, clock, in[0]))
			return []*Node{m.Interpolate(Const(g, theta), dt, in[0], y1, k), m.Interpolate(Const(g, 0.0), dt, in[0], y1, k), Sub(m.Interpolate(Const(g, 1.0), dt, in[0], y1, k), y1)}
		}, tensor([]float64{math.Cos(at), -math.Sin(at)}))
		errs = append(errs, worst(t, out[0], []float64{math.Cos(at + theta*h), -math.Sin(at + theta*h)}))
		if a, b := worst(t, out[1], []float64{math.Cos(at), -math.Sin(at)}), worst(t, out[2], []float64{0, 0}); a != 0 || !(b <= 1e-15) {
			t.Errorf("the cubic is off by %.3g and %.3g at the ends", a, b)
		}
	}
	wantSlope(t, "the continuous solution", errs, 3)
	in := ode.Input{Times: []float64{0.1, 0.2, 0.7, 3}, Y0: tensor([]float64{1, 0}), RTol: 1e-6, ATol: 1e-6}
	sol := mustSolve(t, ode.Solve{Stepper: m}, separable(), in)
	var want []float64
	for _, x := range in.Times {
		want = append(want, math.Cos(x), -math.Sin(x))
	}
	// The error that is held is Euler's, far above the step's own.
	if d := worst(t, sol.Ys, want); !(d <= 1e-5) {
		t.Errorf("adaptive steps are off by %.3g, want at most ten tolerances", d)
	}
}

func TestSteppersAgainstDiffrax(t *testing.T) {
	text, err := os.ReadFile("testdata/steppers_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Heun  []float64 `json:"reversible Heun"`
		Euler []float64 `json:"symplectic Euler"`
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	driven := ode.Separable(
		func(t, p *Node, _ []*Node) *Node { return Add(p, MulScalar(Cos(t), 0.3)) },
		func(_, q *Node, _ []*Node) *Node { return Neg(Sin(q)) })
	in := ode.Input{Times: []float64{4}, Y0: tensor([]float64{1, 0.5})}
	for _, c := range []struct {
		m     ode.Stepper
		field ode.Field
		want  []float64
	}{{ode.ReversibleHeun{}, driven, want.Heun}, {ode.SymplecticEuler{}, pendulum(), want.Euler}} {
		y := mustSolve(t, ode.Solve{Stepper: c.m, Steps: 40}, c.field, in).Y
		if d := worst(t, y, c.want); !(d <= 1e-14) { // forty roundings
			t.Errorf("%s: off by %.3g from diffrax", c.m.Info().Name, d)
		}
	}
}
