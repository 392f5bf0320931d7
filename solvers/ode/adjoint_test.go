package ode_test

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// bentGradients is the gradients of a loss of all saved states of bent by y0 and the weights.
func bentGradients(t *testing.T, s ode.Solve, tolerance float64) []float64 {
	t.Helper()
	weights := check.Random(4, 4, 3, 2)
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, x []*Node) []*Node {
		g := x[0].Graph()
		r := s.Solve(ode.Problem{
			Field: bent, Y0: x[0], Args: x[1:3], T0: Const(g, 0.0), Times: Const(g, []float64{0.4, 1, 1.3, 2}),
			RTol: Const(g, tolerance), ATol: Const(g, tolerance),
		})
		loss := ReduceAllSum(Add(Mul(r.Ys, Const(g, weights)), MulScalar(ExpandAxes(Square(r.Y), 0), 0.3)))
		return Gradient(loss, x...)
	}, check.Random(1, 3, 2), check.Random(2, 2, 2), check.Random(3, 2))
	var all []float64
	for _, x := range out {
		all = append(all, check.Floats(x)...)
	}
	return all
}

// apart is the largest difference over the largest number.
func apart(x, want []float64) float64 {
	most, size := 0.0, 0.0
	for i := range want {
		most, size = math.Max(most, math.Abs(x[i]-want[i])), math.Max(size, math.Abs(want[i]))
		if math.IsNaN(x[i]) {
			return math.NaN()
		}
	}
	return most / size
}

func TestAdjointsConverge(t *testing.T) {
	exact := bentGradients(t, ode.Solve{Stepper: ode.Dopri8(), MaxSteps: 500, Gradient: ode.ThroughSteps}, 1e-12)
	for name, c := range map[string]struct {
		solve ode.Solve
		most  float64 // tolerances by which the gradient may be off
	}{
		// Errors of all steps forwards and back add up: tens of tolerances.
		"backsolve":      {ode.Solve{Stepper: ode.Tsit5(), MaxSteps: 500, Gradient: ode.BacksolveAdjoint}, 50},
		"backsolve, own": {ode.Solve{Stepper: ode.Tsit5(), MaxSteps: 500, PerTrajectory: true, Gradient: ode.BacksolveAdjoint}, 50},
		"Kvaerno5":       {ode.Solve{Stepper: ode.Kvaerno5{}, MaxSteps: 500, Gradient: ode.BacksolveAdjoint}, 50},
		// The cubics between the steps are of lower order than the steps.
		"interpolating": {ode.Solve{Stepper: ode.Tsit5(), MaxSteps: 500, Gradient: ode.InterpolatingAdjoint}, 1000},
		"Bosh3":         {ode.Solve{Stepper: ode.Bosh3(), MaxSteps: 5000, Gradient: ode.InterpolatingAdjoint}, 50},
	} {
		t.Run(name, func(t *testing.T) {
			before := math.Inf(1)
			for _, tolerance := range []float64{1e-4, 1e-6, 1e-8} {
				s := c.solve
				if m, is := s.Stepper.(ode.Tolerant); is {
					s.Stepper = m.WithTolerances(tolerance, tolerance)
				}
				d := apart(bentGradients(t, s, tolerance), exact)
				t.Logf("tolerance %.0e: off by %.2g", tolerance, d)
				if !(d <= c.most*tolerance) || !(d < before/5) {
					t.Errorf("tolerance %.0e: off by %.3g after %.3g, want at most %v tolerances, and a fifth of the last", tolerance, d, before, c.most)
				}
				before = d
			}
		})
	}
}

func TestAdjointByEqualSteps(t *testing.T) {
	exact := bentGradients(t, ode.Solve{Stepper: ode.Dopri8(), MaxSteps: 500, Gradient: ode.ThroughSteps}, 1e-12)
	var errors []float64
	for _, n := range []int{8, 16, 32, 64} {
		errors = append(errors, apart(bentGradients(t, ode.Solve{Stepper: ode.RK4(), Steps: n, Gradient: ode.BacksolveAdjoint}, 1), exact))
	}
	for i, e := range errors[1:] {
		if slope := math.Log2(errors[i] / e); !(slope >= 3.8) {
			t.Errorf("errors %v: order %.2f, want 3.8 or more", errors, slope)
		}
	}
}

// TestBacksolveFailsWhereTheFieldContracts is the known weakness: u forgets its start by e^(−20) a unit of time, so that errors of u
// grow by as much backwards, while v remembers all that u was.
func TestBacksolveFailsWhereTheFieldContracts(t *testing.T) {
	field := func(t, y *Node, args []*Node) *Node {
		u, v := Slice(y, AxisRange(), AxisRange(0, 1)), Slice(y, AxisRange(), AxisRange(1, 2))
		return Concatenate([]*Node{MulScalar(Sub(Cos(t), Tanh(u)), 20), Mul(Mul(args[0], Sin(u)), v)}, 1)
	}
	gradient := func(way ode.Gradient) []float64 {
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, x []*Node) []*Node {
			g := x[0].Graph()
			y := ode.Solve{Stepper: ode.Tsit5(), MaxSteps: 2000, Gradient: way}.Solve(ode.Problem{
				Field: field, Y0: x[0], Args: x[1:], T0: Const(g, 0.5), Times: Const(g, []float64{3}), RTol: Const(g, 1e-6), ATol: Const(g, 1e-6),
			}).Y
			return Gradient(ReduceAllSum(y), x[1])
		}, tensor([]float64{1, 1}), tensors.FromValue(0.7))
		return check.Floats(out[0])
	}
	want := gradient(ode.ThroughSteps)
	if d := apart(gradient(ode.InterpolatingAdjoint), want); !(d <= 1e-4) { // a hundred tolerances: cubics between steps
		t.Errorf("interpolating adjoint off by %.3g, want at most 1e-4", d)
	}
	d := apart(gradient(ode.BacksolveAdjoint), want)
	t.Logf("backsolve off by %.3g of the gradient", d)
	if d < 0.1 { // errors grow by e^40: what comes out has nothing to do with the gradient, or is NaN
		t.Errorf("backsolve off by %.3g, want it to be wrong: the documentation says so", d)
	}
}

// TestSensitivities compares with the reverse gradient of the same steps.
func TestSensitivities(t *testing.T) {
	in := []*tensors.Tensor{check.Random(1, 3, 2), check.Random(2, 2, 2), check.Random(3, 2), check.Random(5, 3, 2), check.Random(6, 2, 2)}
	weights := check.Random(4, 2, 3, 2)
	for name, s := range map[string]ode.Solve{
		"equal steps": {Stepper: ode.RK4(), Steps: 5},
		"adaptive":    {Stepper: ode.Tsit5(), Controller: steady{}, First: 0.3, MaxSteps: 50},
		"own steps":   {Stepper: ode.Bosh3(), Controller: steady{}, First: 0.3, MaxSteps: 50, PerTrajectory: true},
	} {
		t.Run(name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, x []*Node) []*Node {
				g := x[0].Graph()
				p := ode.Problem{
					Field: bent, Y0: x[0], Args: x[1:3], T0: Const(g, 0.0), Times: Const(g, []float64{0.7, 1}), RTol: Const(g, 1e-4), ATol: Const(g, 1e-4),
				}
				w := Const(g, weights)
				r, z := s.Sensitivities(p, []ode.Direction{{Y0: x[3]}, {Y0: x[3], Args: []*Node{x[4]}}, {Args: []*Node{nil, x[2]}}})
				var got []*Node
				for _, z := range z {
					got = append(got, ReduceAllSum(Mul(w, z)))
				}
				reverse := s
				reverse.Gradient = ode.ThroughSteps
				ys := reverse.Solve(p).Ys
				d := Gradient(ReduceAllSum(Mul(w, ys)), x[:3]...)
				along := func(i, k int) *Node { return ReduceAllSum(Mul(d[i], x[k])) }
				want := []*Node{along(0, 3), Add(along(0, 3), along(1, 4)), along(2, 2)}
				return []*Node{Stack(got, 0), Stack(want, 0), r.Ys, ys}
			}, in[0], in[1], in[2], in[3], in[4])
			// Round-off of a few hundred operations; dense output, which the gradient does not use, is compared by equal times.
			if d := check.MaxDiff(t, out[0], out[1]); !(d <= 1e-12) && name == "equal steps" {
				t.Errorf("derivatives %v, want %v", check.Floats(out[0]), check.Floats(out[1]))
			}
			if d := apart(check.Floats(out[0]), check.Floats(out[1])); !(d <= 2e-3) { // the interpolant's error at steps of 0.3
				t.Errorf("derivatives %v, want %v", check.Floats(out[0]), check.Floats(out[1]))
			}
			if d := apart(check.Floats(out[2]), check.Floats(out[3])); !(d <= 2e-3) {
				t.Errorf("solutions differ by %.3g", d)
			}
		})
	}
}

// TestSensitivitiesOfADecay is a closed form: y = y0 e^(−kt), ∂y/∂y0 = e^(−kt), ∂y/∂k = −t y, with an event that sees y alone.
func TestSensitivitiesOfADecay(t *testing.T) {
	half := ode.Event{Value: func(_, y *Node, _ []*Node) *Node { return AddScalar(y, -0.5) }}
	times := []float64{0.5, 2}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, x []*Node) []*Node {
		g := x[0].Graph()
		s := ode.Solve{Stepper: ode.Tsit5(), PerTrajectory: true, Events: []ode.Event{half}}
		r, z := s.Sensitivities(ode.Problem{
			Field: func(_, y *Node, args []*Node) *Node { return Neg(Mul(args[0], y)) }, Y0: x[0], Args: x[1:], T0: Const(g, 0.0),
			Times: Const(g, times), RTol: Const(g, 1e-10), ATol: Const(g, 1e-12),
		}, []ode.Direction{{Y0: OnesLike(x[0])}, {Args: []*Node{OnesLike(x[1])}}})
		return append(z, r.Ys, r.EventTimes[0])
	}, numbers(1, 1), numbers(1, 3))
	for i, k := range []float64{1, 3} {
		for j, tm := range times {
			y := math.Exp(-k * tm)
			for n, want := range []float64{y, -tm * y, y} {
				if got := check.Floats(out[n])[j*2+i]; !(math.Abs(got-want) <= 1e-8) { // a hundred tolerances: the interpolant's order is 4
					t.Errorf("number %d at t = %v, k = %v: %v, want %v", n, tm, k, got, want)
				}
			}
		}
		if got, want := check.Floats(out[3])[i], math.Ln2/k; !(math.Abs(got-want) <= 1e-8) {
			t.Errorf("event at %v, want %v", got, want)
		}
	}
}
