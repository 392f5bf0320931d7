package ode_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// solved runs a solve of a field once.
func solved(t *testing.T, s ode.Solve, f ode.Field, in ode.Input) (ode.Solution, error) {
	t.Helper()
	p, err := s.Compile(check.Backend(t), ode.Problem{Field: f})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	return p.Run(in)
}

// mustSolve is solved where nothing should fail.
func mustSolve(t *testing.T, s ode.Solve, f ode.Field, in ode.Input) ode.Solution {
	t.Helper()
	sol, err := solved(t, s, f, in)
	if err != nil {
		t.Fatal(err)
	}
	return sol
}

// swing is a pendulum's small swing, y” = −ω² y, with ω² of each trajectory in args[0] [batch, 1].
func swing(_, y *Node, args []*Node) *Node {
	q, v := Slice(y, AxisRange(), AxisRange(0, 1)), Slice(y, AxisRange(), AxisRange(1, 2))
	return Concatenate([]*Node{v, Neg(Mul(args[0], q))}, 1)
}

// numbers is [n, 1].
func numbers(v ...float64) *tensors.Tensor { return tensors.FromFlatDataAndDimensions(v, len(v), 1) }

func TestSolveSavesAtTimes(t *testing.T) {
	times := []float64{0, 0.1, 0.25, 1, 1.5, 4}
	for _, m := range []ode.Stepper{ode.Tsit5(), ode.Dopri5(), ode.Kvaerno5{}, ode.Rodas5P{}} {
		for _, way := range []float64{1, -1} {
			in := ode.Input{Y0: tensor([]float64{1, 0}), Args: []*tensors.Tensor{numbers(1)}, RTol: 1e-8, ATol: 1e-8}
			for _, x := range times {
				in.Times = append(in.Times, way*x)
			}
			sol := mustSolve(t, ode.Solve{Stepper: m}, swing, in)
			var want []float64
			for _, x := range in.Times {
				want = append(want, math.Cos(x), -math.Sin(x))
			}
			// The error over four units of time of a field without damping is a few tens of tolerances at most.
			if d := worst(t, sol.Ys, want); !(d <= 5e-7) {
				t.Errorf("%s, way %v: off by %.3g, want at most 5e-7; %+v", m.Info().Name, way, d, sol.Stats)
			}
			if got := sol.Ends[0]; got.Status != ode.Done || got.T != way*4 {
				t.Errorf("%s: ended %s at %v, want done at %v", m.Info().Name, got.Status, got.T, way*4)
			}
			if sol.Stats.NFE < 10 || sol.Stats.Steps < 10 {
				t.Errorf("%s: %+v, want counts", m.Info().Name, sol.Stats)
			}
		}
	}
}

func TestSolveByEqualSteps(t *testing.T) {
	in := ode.Input{Times: []float64{0.5, 1, 2}, Y0: tensor([]float64{1, 0}), Args: []*tensors.Tensor{numbers(1)}}
	sol := mustSolve(t, ode.Solve{Stepper: ode.RK4(), Steps: 100}, swing, in)
	var want []float64
	for _, x := range in.Times {
		want = append(want, math.Cos(x), -math.Sin(x))
	}
	// h⁵/120 a step: 100 steps of 0.01 and as many of 0.005.
	if d := worst(t, sol.Ys, want); !(d <= 2e-10 && d > 0) {
		t.Errorf("off by %.3g, want at most 2e-10", d)
	}
	if sol.Stats.Steps != 300 || sol.Stats.NFE != 1200 {
		t.Errorf("%+v, want 300 steps and 1200 evaluations", sol.Stats)
	}
}

func TestTrajectoriesHaveStepsOfTheirOwn(t *testing.T) {
	omega := []float64{1, 400, 25}
	s := ode.Solve{Stepper: ode.Tsit5(), PerTrajectory: true}
	in := ode.Input{Times: []float64{0.3, 1, 3}, RTol: 1e-6, ATol: 1e-6}
	in.Y0, in.Args = tensor([]float64{1, 0}, []float64{1, 0}, []float64{1, 0}), []*tensors.Tensor{numbers(omega...)}
	all := mustSolve(t, s, swing, in)
	ys := check.Floats(all.Ys) // [3, 3, 2]
	for i, w := range omega {
		in.Y0, in.Args = tensor([]float64{1, 0}), []*tensors.Tensor{numbers(w)}
		alone := mustSolve(t, s, swing, in)
		if got, want := all.Ends[i], alone.Ends[0]; got.Steps != want.Steps || got.Rejected != want.Rejected || got.NFE != want.NFE {
			t.Errorf("trajectory %d of a batch: %+v, alone: %+v", i, got, want)
		}
		var of []float64
		for k := range in.Times {
			of = append(of, ys[k*6+i*2], ys[k*6+i*2+1])
		}
		// The sums of the norm run in another order.
		if d := worst(t, alone.Ys, of); !(d <= 1e-12) {
			t.Errorf("trajectory %d differs from itself alone by %.3g", i, d)
		}
	}
	if !(all.Ends[1].Steps > 3*all.Ends[0].Steps) {
		t.Errorf("steps %d and %d, want many more of the fast trajectory", all.Ends[0].Steps, all.Ends[1].Steps)
	}
}

func TestSolveInFloat32(t *testing.T) {
	y0 := tensors.FromFlatDataAndDimensions([]float32{1, 0}, 1, 2)
	w := tensors.FromFlatDataAndDimensions([]float32{1}, 1, 1)
	sol := mustSolve(t, ode.Solve{Stepper: ode.Tsit5()}, swing, ode.Input{Times: []float64{1, 2}, Y0: y0, Args: []*tensors.Tensor{w}, RTol: 1e-5, ATol: 1e-5})
	got := tensors.MustCopyFlatData[float32](sol.Ys)
	for i, want := range []float64{math.Cos(1), -math.Sin(1), math.Cos(2), -math.Sin(2)} {
		if d := math.Abs(float64(got[i]) - want); !(d <= 5e-5) { // five tolerances
			t.Errorf("value %d is off by %.3g, want at most 5e-5", i, d)
		}
	}
}

func TestEvents(t *testing.T) {
	height := func(_, y *Node, _ []*Node) *Node { return Slice(y, AxisRange(), AxisRange(0, 1)) }
	in := ode.Input{Times: []float64{1, 20}, Y0: tensor([]float64{1, 0}, []float64{1, 0}), Args: []*tensors.Tensor{numbers(1, 4)}, RTol: 1e-10, ATol: 1e-10}
	for _, m := range []ode.Stepper{ode.Tsit5(), ode.Rodas5P{}} {
		down := ode.Event{Name: "down", Value: height, Direction: -1}
		up := ode.Event{Name: "up", Value: height, Direction: 1, Terminal: true}
		sol := mustSolve(t, ode.Solve{Stepper: m, PerTrajectory: true, Events: []ode.Event{down, up}}, swing, in)
		for i, w := range []float64{1, 2} {
			if got, want := sol.EventTimes[0][i], math.Pi/2/w; !(math.Abs(got-want) <= 1e-8) { // of the interpolant at rtol 1e-10
				t.Errorf("%s: first fall at %.12f, want %.12f", m.Info().Name, got, want)
			}
			end := sol.Ends[i]
			if want := 3 * math.Pi / 2 / w; end.Status != ode.AtEvent || !(math.Abs(end.T-want) <= 1e-8) {
				t.Errorf("%s: %s at %.12f, want an event at %.12f", m.Info().Name, end.Status, end.T, want)
			}
		}
		ys := check.Floats(sol.Ys)
		if !(math.Abs(ys[0]-math.Cos(1)) < 1e-8) || !math.IsNaN(ys[4]) {
			t.Errorf("%s: saved %v, want cos 1 first and NaN behind the event", m.Info().Name, ys)
		}
	}
}

func TestEventsThatNeverFire(t *testing.T) {
	above := func(_, y *Node, _ []*Node) *Node { return AddScalar(Slice(y, AxisRange(), AxisRange(0, 1)), -5) }
	s := ode.Solve{Stepper: ode.Tsit5(), Events: []ode.Event{{Value: above, Terminal: true}}}
	sol, err := solved(t, s, swing, ode.Input{Times: []float64{3}, Y0: tensor([]float64{1, 0}), Args: []*tensors.Tensor{numbers(1)}, RTol: 1e-6, ATol: 1e-6})
	var f *ode.FailureError
	if !errors.As(err, &f) || f.Status != ode.NoEvent || f.T != 3 || !strings.Contains(err.Error(), "no terminal event") {
		t.Errorf("error %v, want that no event fired by t = 3", err)
	}
	if !math.IsNaN(sol.EventTimes[0][0]) {
		t.Errorf("event time %v, want NaN", sol.EventTimes)
	}
}

func TestFailuresSayWhere(t *testing.T) {
	blowUp := func(_, y *Node, _ []*Node) *Node { return Square(y) } // 1/(1 − t) in the second component
	wall := func(tm, y *Node, _ []*Node) *Node {
		return Add(Sqrt(Sub(Scalar(y.Graph(), y.DType(), 2), tm)), ZerosLike(y))
	}
	stiff := func(_, y *Node, _ []*Node) *Node { return MulScalar(y, -1e8) }
	nan := func(_, y *Node, _ []*Node) *Node { return Sqrt(Sub(ZerosLike(y), OnesLike(y))) }
	for name, c := range map[string]struct {
		field     ode.Field
		solve     ode.Solve
		status    []ode.Status
		from, to  float64 // of the time
		component int
	}{
		"blow-up":     {blowUp, ode.Solve{Stepper: ode.Tsit5()}, []ode.Status{ode.Underflow, ode.NotFinite}, 0.999, 1.001, 1},
		"wall":        {wall, ode.Solve{Stepper: ode.Tsit5()}, []ode.Status{ode.NotFinite}, 1.999, 2, 0},
		"stiff":       {stiff, ode.Solve{Stepper: ode.Tsit5(), MaxSteps: 500}, []ode.Status{ode.Unfinished}, 1e-9, 1e-3, 1},
		"NaN":         {nan, ode.Solve{Stepper: ode.Tsit5()}, []ode.Status{ode.NotFinite}, 0, 0, 0},
		"equal steps": {wall, ode.Solve{Stepper: ode.RK4(), Steps: 100}, []ode.Status{ode.NotFinite}, 1.9, 2, 0},
	} {
		_, err := solved(t, c.solve, c.field, ode.Input{Times: []float64{5}, Y0: tensor([]float64{0.1, 1}), RTol: 1e-6, ATol: 1e-6})
		var f *ode.FailureError
		if !errors.As(err, &f) {
			t.Errorf("%s: error %v, want a failure", name, err)
			continue
		}
		found := false
		for _, s := range c.status {
			found = found || f.Status == s
		}
		if !found || !(f.T >= c.from && f.T <= c.to) || f.Component != c.component {
			t.Errorf("%s: %+v, want %v at %v…%v, component %d", name, *f, c.status, c.from, c.to, c.component)
		}
	}
}

func TestBadInputs(t *testing.T) {
	good := ode.Input{Times: []float64{1, 2}, Y0: tensor([]float64{1, 0}), Args: []*tensors.Tensor{numbers(1)}, RTol: 1e-6, ATol: 1e-6}
	for want, change := range map[string]func(in *ode.Input){
		"RTol, ATol = 0, 0":          func(in *ode.Input) { in.RTol, in.ATol = 0, 0 },
		"RTol, ATol = -1":            func(in *ode.Input) { in.RTol = -1 },
		"Times[1] = 0.5":             func(in *ode.Input) { in.Times = []float64{1, 0.5, 3} },
		"Times[0] = -1":              func(in *ode.Input) { in.Times = []float64{-1, 3} },
		"Times[1] = NaN":             func(in *ode.Input) { in.Times = []float64{1, math.NaN(), 3} },
		"Times is empty":             func(in *ode.Input) { in.Times = nil },
		"a time beyond T0":           func(in *ode.Input) { in.Times = []float64{0} },
		"T0 = NaN":                   func(in *ode.Input) { in.T0 = math.NaN() },
		"Y0 is nil":                  func(in *ode.Input) { in.Y0 = nil },
		"as many equations as":       func(in *ode.Input) { in.Y0 = tensor([]float64{1, 0, 3}) },
		"Y0 is (Float64)[2]":         func(in *ode.Input) { in.Y0 = tensors.FromValue([]float64{1, 2}) },
		"Times[0] = +Inf, want a fi": func(in *ode.Input) { in.Times = []float64{math.Inf(1)} },
	} {
		in := good
		change(&in)
		if _, err := solved(t, ode.Solve{Stepper: ode.Tsit5()}, swing, in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
	for want, s := range map[string]ode.Solve{
		"Stepper = nil":      {},
		"error estimate":     {Stepper: ode.RK4()},
		"Steps = -1":         {Stepper: ode.RK4(), Steps: -1},
		"want 0 with":        {Stepper: ode.RK4(), Steps: 3, MaxSteps: 3},
		"MaxSteps = -2":      {Stepper: ode.Tsit5(), MaxSteps: -2},
		"First = -1":         {Stepper: ode.Tsit5(), First: -1},
		"Gradient = 9":       {Stepper: ode.Tsit5(), Gradient: 9},
		"reversible":         {Stepper: ode.Tsit5(), Gradient: ode.ThroughInverse},
		"Events[0].Value":    {Stepper: ode.Tsit5(), Events: []ode.Event{{}}},
		"with PerTrajectory": {Stepper: ode.Tsit5(), PerTrajectory: true, Norm: func(x *Node) *Node { return ReduceAllMax(x) }},
	} {
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestSecondDerivatives(t *testing.T) {
	in := []*tensors.Tensor{check.Random(1, 3, 2), check.Random(2, 2, 2), check.Random(3, 2)}
	for name, gradient := range map[string]ode.Gradient{"through steps": ode.ThroughSteps, "through checkpoints": ode.ThroughCheckpoints} {
		t.Run(name, func(t *testing.T) {
			check.GradCheck(t, model.NewStore(), func(_ *model.Scope, x []*Node) *Node {
				g := x[0].Graph()
				s := ode.Solve{Stepper: ode.Bosh3(), Controller: steady{}, First: 0.3, MaxSteps: 20, Gradient: gradient}
				y := s.Solve(ode.Problem{
					Field: bent, Y0: x[0], Args: x[1:3], T0: Const(g, 0.0), Times: Const(g, []float64{0.7, 1}), RTol: Const(g, 1e-4), ATol: Const(g, 1e-4),
				}).Ys
				first := Gradient(ReduceAllSum(Square(y)), x[0], x[2])
				return Add(ReduceAllSum(Square(first[0])), ReduceAllSum(Mul(first[1], x[2])))
			}, in...)
		})
	}
}

// steady is a controller that accepts every step and changes none, so that differences see the path that the gradient sees.
type steady struct{}

func (steady) Init(*Node) []*Node { return nil }

func (steady) Next(_ ode.Info, e, dt *Node, _ []*Node) (accept, dtNext *Node, next []*Node) {
	return Equal(e, e), dt, nil
}

// bent is a field with two weights that is not linear and depends on time.
func bent(t, y *Node, args []*Node) *Node {
	return Sub(MulScalar(Sin(Add(MatMul(y, args[0]), t)), 1.5), Mul(y, ExpandAxes(args[1], 0)))
}

func TestSolveGradients(t *testing.T) {
	in := []*tensors.Tensor{check.Random(1, 3, 2), check.Random(2, 2, 2), check.Random(3, 2)}
	weights := check.Random(4, 4, 3, 2)
	loss := func(s ode.Solve) func(_ *model.Scope, x []*Node) *Node {
		return func(_ *model.Scope, x []*Node) *Node {
			g := x[0].Graph()
			r := s.Solve(ode.Problem{
				Field: bent, Y0: x[0], Args: x[1:3], T0: Const(g, 0.0), Times: Const(g, []float64{0.4, 1, 1.3, 2}), RTol: Const(g, 1e-4), ATol: Const(g, 1e-4),
			})
			return ReduceAllSum(Add(Mul(r.Ys, Const(g, weights)), MulScalar(ExpandAxes(Square(r.Y), 0), 0.3)))
		}
	}
	for name, s := range map[string]ode.Solve{
		"equal steps":               {Stepper: ode.RK4(), Steps: 4, Gradient: ode.ThroughSteps},
		"equal steps, checkpoints":  {Stepper: ode.Tsit5(), Steps: 4, Gradient: ode.ThroughCheckpoints},
		"adaptive":                  {Stepper: ode.Tsit5(), Controller: steady{}, First: 0.3, MaxSteps: 50, Gradient: ode.ThroughSteps},
		"adaptive, checkpoints":     {Stepper: ode.Bosh3(), Controller: steady{}, First: 0.3, MaxSteps: 50, Gradient: ode.ThroughCheckpoints},
		"trajectories of their own": {Stepper: ode.Tsit5(), Controller: steady{}, First: 0.3, MaxSteps: 50, PerTrajectory: true, Gradient: ode.ThroughSteps},
		"Rosenbrock":                {Stepper: ode.Rodas5P{}, Controller: steady{}, First: 0.3, MaxSteps: 50, Gradient: ode.ThroughSteps},
	} {
		t.Run(name, func(t *testing.T) { check.GradCheck(t, model.NewStore(), loss(s), in...) })
	}
}
