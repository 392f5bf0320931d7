package ode_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// TestEqualStepsSayWhere: the first step that fails, and the component in which it did, though later steps spread it.
func TestEqualStepsSayWhere(t *testing.T) {
	spreads := func(t, y *Node, args []*Node) *Node { // c' is NaN from t = args on, and a' and b' follow
		at := func(i int) *Node { return Slice(y, AxisRange(), AxisElem(i)) }
		return Concatenate([]*Node{Add(at(1), at(2)), at(2), Sqrt(Sub(args[0], Add(t, ZerosLike(args[0]))))}, 1)
	}
	decay := func(_, y *Node, _ []*Node) *Node { return Neg(y) }
	steep := func(_, y *Node, _ []*Node) *Node { return AddScalar(Square(y), 1) }
	newton := ode.Newton{RTol: 1e-8, ATol: 1e-8, MaxIterations: 1}
	for name, c := range map[string]struct {
		solve ode.Solve
		field ode.Field
		in    ode.Input
		want  ode.FailureError
		says  string
	}{
		"NaN": {
			ode.Solve{Stepper: ode.Euler(), Steps: 8},
			spreads,
			ode.Input{Times: []float64{1, 3}, Y0: tensor([]float64{1, 2, 3}, []float64{1, 2, 3}), Args: []*tensors.Tensor{numbers(50, 1.3)}},
			ode.FailureError{Status: ode.NotFinite, Trajectory: 1, T: 1.5, Dt: 0.25, Steps: 11, Component: 2},
			"NaN or infinite",
		},
		"steps below round-off": {
			ode.Solve{Stepper: ode.RK4(), Steps: 128},
			decay,
			ode.Input{T0: 1 << 30, Times: []float64{1<<30 + 1.0/(1<<20)}, Y0: tensor([]float64{1})},
			ode.FailureError{Status: ode.Underflow, T: 1 << 30, Dt: 1.0 / (1 << 27), Steps: 1},
			"take fewer",
		},
		"too few iterations": {
			ode.Solve{Stepper: ode.BackwardEuler{Newton: newton}, Steps: 2},
			steep,
			ode.Input{Times: []float64{0.5}, Y0: tensor([]float64{0.5})},
			ode.FailureError{Status: ode.Unsolved, T: 0, Dt: 0.25, Steps: 1},
			"did not end",
		},
	} {
		_, err := solved(t, c.solve, c.field, c.in)
		var f *ode.FailureError
		if !errors.As(err, &f) {
			t.Errorf("%s: error %v, want a failure", name, err)
			continue
		}
		c.want.Stepper = c.solve.Stepper.Info().Name
		if *f != c.want || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %+v, want %+v; %v", name, *f, c.want, err)
		}
	}
}

// TestPartsOfWrongShape: a part that would broadcast against the others is refused too.
func TestPartsOfWrongShape(t *testing.T) {
	whole := func(_, y *Node, _ []*Node) *Node { return Neg(y) }
	narrow := func(_, y *Node, _ []*Node) *Node { return Slice(y, AxisRange(), AxisRange(0, 1)) }
	y0 := tensor([]float64{1, 2})
	for name, c := range map[string]struct {
		p      ode.Problem
		linear *tensors.Tensor
		says   string
	}{
		"field":         {ode.Problem{Field: narrow}, nil, "as many equations"},
		"field beside":  {ode.Problem{Field: narrow, Stiff: whole}, nil, "as many equations"},
		"stiff part":    {ode.Problem{Field: whole, Stiff: narrow}, nil, "as many equations"},
		"not square":    {ode.Problem{Field: whole}, tensors.FromFlatDataAndDimensions([]float64{1, 2, 3, 4, 5, 6}, 2, 3), "square matrix"},
		"other numbers": {ode.Problem{Field: whole}, tensors.FromFlatDataAndDimensions([]float64{1, 2, 3}, 3), "a diagonal"},
	} {
		program, err := ode.Solve{Stepper: ode.RK4(), Steps: 2}.Compile(check.Backend(t), c.p)
		if err != nil {
			t.Fatal(err)
		}
		_, err = program.Run(ode.Input{Times: []float64{1}, Y0: y0, Linear: c.linear})
		program.Close()
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.says)
		}
	}
	if _, err := solved(t, ode.Solve{Stepper: ode.RK4(), Steps: 2}, whole, ode.Input{Times: []float64{1, math.NaN()}, Y0: y0}); err == nil ||
		!strings.Contains(err.Error(), "Times[1] = NaN") {
		t.Errorf("error %v, want the time refused", err)
	}
}
