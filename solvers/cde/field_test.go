package cde_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/cde"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// classical is the classical Runge–Kutta step: a stepper of one's own.
type classical struct{}

func (classical) Info() ode.Info {
	return ode.Info{Name: "classical Runge–Kutta", Order: 4, Evaluations: 4}
}

func (classical) Init(ode.System, *Node, *Node) []*Node { return nil }

func (classical) Step(s ode.System, t, dt, y *Node, _ []*Node) (y1, errEst *Node, next []*Node) {
	half := MulScalar(dt, 0.5)
	k1 := s.Total(t, y)
	k2 := s.Total(Add(t, half), Add(y, Mul(k1, half)))
	k3 := s.Total(Add(t, half), Add(y, Mul(k2, half)))
	k4 := s.Total(Add(t, dt), Add(y, Mul(k3, dt)))
	sum := Add(Add(k1, k4), MulScalar(Add(k2, k3), 2))
	return Add(y, Mul(sum, DivScalar(dt, 6))), nil, nil
}

// march is y(until) by equal steps from 0, in one loop.
func march(stepper ode.Stepper, s ode.System, y0 *Node, until float64, steps int) *Node {
	g := y0.Graph()
	state := append([]*Node{y0}, stepper.Init(s, Scalar(g, y0.DType(), 0), y0)...)
	state = autodiff.Scan{Steps: steps}.Run(state, s.Args, func(i *Node, state, args []*Node) []*Node {
		dt := Scalar(i.Graph(), y0.DType(), until/float64(steps))
		y, _, next := stepper.Step(s.Bind(args), Mul(ConvertDType(i, y0.DType()), dt), dt, state[0], state[1:])
		return append([]*Node{y}, next...)
	})
	return state[0]
}

// spiral is dy = a y dX₁ + b J y dX₂ with J a quarter turn; the two commute, so that y is turned by b (X₂ − X₂(0)) and grows by
// the exponential of a (X₁ − X₁(0)). args are [a, b].
func spiral(control cde.Path, rates *Node) cde.Field {
	bind := func(args []*Node) func(t, y *Node) *Node {
		return func(_, y *Node) *Node {
			y1, y2 := Slice(y, AxisRange(), AxisElem(0)), Slice(y, AxisRange(), AxisElem(1))
			turned := Concatenate([]*Node{Neg(y2), y1}, 1)
			return Mul(Stack([]*Node{y, turned}, -1), Reshape(args[0], 1, 1, 2))
		}
	}
	return cde.Field{Matrix: bind([]*Node{rates}), Control: control, Args: []*Node{rates}, Bind: bind}
}

const until = 2.0

// spiralData is times, a path of two samples, rates and starts.
func spiralData() (times []float64, x *tensors.Tensor, rates []float64, y0 *tensors.Tensor) {
	times = []float64{0, 0.25, 0.75, 1.25, until}
	v := []float64{0, 0, 0.3, 0.5, -0.2, 1.2, 0.4, 0.9, 0.8, -0.3, 1, 2, 0.5, 1.5, 0.9, 1.2, 0.1, 1.9, -0.4, 2.6}
	return times, tensors.FromFlatDataAndDimensions(v, 2, 5, 2), []float64{0.7, 1.3},
		tensors.FromFlatDataAndDimensions([]float64{1, 0, 0.6, -0.8}, 2, 2)
}

func spiralExact() []float64 {
	_, x, rates, y0 := spiralData()
	v, y := check.Floats(x), check.Floats(y0)
	var want []float64
	for s := range 2 {
		size := math.Exp(rates[0] * (v[10*s+8] - v[10*s]))
		sin, cos := math.Sincos(rates[1] * (v[10*s+9] - v[10*s+1]))
		want = append(want, size*(cos*y[2*s]-sin*y[2*s+1]), size*(sin*y[2*s]+cos*y[2*s+1]))
	}
	return want
}

// Steppers converge to the closed form with their order: where steps end at the observations the path is smooth in each, but
// Linear's derivative is the next piece's where a step ends, which leaves first order.
func TestFieldOrder(t *testing.T) {
	times, x, rates, y0 := spiralData()
	for _, test := range []struct {
		name    string
		path    func(times, x *Node) cde.Path
		stepper ode.Stepper
		steps   []int
		order   float64
	}{
		{"Hermite, classical", cde.Hermite, classical{}, []int{16, 32, 64, 128, 256}, 4},
		{"Hermite, Rodas5P", cde.Hermite, ode.Rodas5P{}, []int{16, 32, 64, 128}, 5},
		{"Linear, classical", cde.Linear, classical{}, []int{64, 128, 256, 512}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) (ys []*Node) {
				for _, n := range test.steps {
					ys = append(ys, march(test.stepper, spiral(test.path(in[0], in[1]), in[2]).System(), in[3], until, n))
				}
				return ys
			}, times, x, rates, y0)
			var errors []float64
			for _, y := range out {
				worst := 0.0
				for i, v := range check.Floats(y) {
					worst = max(worst, math.Abs(v-spiralExact()[i]))
				}
				errors = append(errors, worst)
			}
			for i := len(errors) - 2; i < len(errors); i++ {
				slope := math.Log2(errors[i-1] / errors[i])
				if !(slope >= test.order-0.2 && slope <= test.order+0.2) {
					t.Errorf("errors %.3g, slope %.3f at pair %d, want %v ± 0.2", errors, slope, i, test.order)
				}
			}
		})
	}
}

// Gradients reach the data, the args and the start.
func TestFieldGradients(t *testing.T) {
	times, x, rates, y0 := spiralData()
	for name, path := range map[string]func(times, x *Node) cde.Path{"Linear": cde.Linear, "Hermite": cde.Hermite} {
		t.Run(name, func(t *testing.T) {
			check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
				control := path(Const(in[0].Graph(), times), in[0])
				y := march(classical{}, spiral(control, in[1]).System(), in[2], until, 8)
				return ReduceAllSum(Sin(Mul(y, OnePlus(IotaFull(y.Graph(), y.Shape())))))
			}, x, tensors.FromValue(rates), y0)
		})
	}
}

func TestFieldFloat32(t *testing.T) {
	times, x, rates, y0 := spiralData()
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		for i := range in {
			in[i] = ConvertDType(in[i], dtypes.Float32)
		}
		y := march(classical{}, spiral(cde.Hermite(in[0], in[1]), in[2]).System(), in[3], until, 64)
		return []*Node{ConvertDType(y, dtypes.Float64)}
	}, times, x, rates, y0)
	// Round-off of 64 steps of values below 3; the error of the steps is below it.
	wantClose(t, "y", check.Floats(out[0]), spiralExact(), 1e-5)
}

func TestFieldRefuses(t *testing.T) {
	times, x, _, y0 := spiralData()
	for want, build := range map[string]func(control cde.Path) cde.Field{
		"Field.Matrix gave": func(control cde.Path) cde.Field {
			return cde.Field{Matrix: func(_, y *Node) *Node { return y }, Control: control}
		},
		"Field.Bind = nil": func(control cde.Path) cde.Field {
			f := spiral(control, control.Times)
			f.Bind = nil
			return f
		},
	} {
		_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			s := build(cde.Linear(in[0], in[1])).System()
			return []*Node{s.Total(Const(in[0].Graph(), 0.1), in[2])}
		}, times, x, y0)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %s", err, want)
		}
	}
}
