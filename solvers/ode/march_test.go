package ode_test

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// marcher makes equal steps from t = t0 in one compiled loop; the number of steps and their length are inputs.
type marcher struct {
	stepper ode.Stepper
	system  func(g *Graph) ode.System
	t0      float64
}

// at is y after n steps, for each of the counts, from y0 [batch, dim], and the last step's error estimate.
func (m marcher) at(t testing.TB, y0 *tensors.Tensor, until float64, counts ...int) (ys, errs []*tensors.Tensor) {
	t.Helper()
	march, done := m.compiled(t)
	defer done()
	for _, n := range counts {
		y, e := march(y0, until, n)
		ys, errs = append(ys, y), append(errs, e)
	}
	return ys, errs
}

// compiled is y and the last error estimate after n steps, one program for all; done frees it.
func (m marcher) compiled(t testing.TB) (march func(y0 *tensors.Tensor, until float64, n int) (y, e *tensors.Tensor), done func()) {
	t.Helper()
	exec, err := model.NewExec(check.Backend(t), model.NewStore(), zoo.GraphFn(t.Name(), func(_ *model.Scope, in []*Node) []*Node {
		y, h, n := in[0], in[1], in[2]
		clock := AddScalar(ZerosLike(h), m.t0)
		kept := m.stepper.Init(m.system(y.Graph()), clock, y)
		state := append([]*Node{ZerosLike(n), n, clock, h, y, ZerosLike(y)}, kept...)
		out := autodiff.While(state,
			func(s []*Node) *Node { return LessThan(s[0], s[1]) },
			func(s []*Node) []*Node {
				// The time is i·h and not a sum, whose round-off would show at high orders.
				clock := AddScalar(Mul(ConvertDType(s[0], s[3].DType()), s[3]), m.t0)
				y, e, next := m.stepper.Step(m.system(s[4].Graph()), clock, s[3], s[4], s[6:])
				if e == nil {
					e = ZerosLike(y)
				}
				return append([]*Node{AddScalar(s[0], 1), s[1], clock, s[3], y, e}, next...)
			})
		return []*Node{out[4], out[5]}
	}))
	if err != nil {
		t.Fatal(err)
	}
	march = func(y0 *tensors.Tensor, until float64, n int) (y, e *tensors.Tensor) {
		out, err := exec.Exec(y0, (until-m.t0)/float64(n), int32(n))
		if err != nil {
			t.Fatal(err)
		}
		return out[0], out[1]
	}
	return march, exec.Finalize
}

// wantSlope checks the order over the last pairs of at least four errors for numbers of steps that double.
func wantSlope(t *testing.T, name string, errs []float64, order float64) {
	t.Helper()
	for i := len(errs) - 2; i < len(errs); i++ {
		slope := math.Log2(errs[i-1] / errs[i])
		if !(slope >= order-0.2 && slope <= order+0.2) {
			t.Errorf("%s: errors %.3g, slope %.3f at pair %d, want %v ± 0.2", name, errs, slope, i, order)
		}
	}
}

// worst is the largest absolute difference between a tensor and reference values.
func worst(t testing.TB, got *tensors.Tensor, want []float64) float64 {
	t.Helper()
	v := check.Floats(got)
	if len(v) != len(want) {
		t.Fatalf("%d values, want %d", len(v), len(want))
	}
	d := 0.0
	for i := range v {
		d = max(d, math.Abs(v[i]-want[i]))
	}
	return d
}

// tensor is rows of a batch.
func tensor(rows ...[]float64) *tensors.Tensor {
	var flat []float64
	for _, r := range rows {
		flat = append(flat, r...)
	}
	return tensors.FromFlatDataAndDimensions(flat, len(rows), len(rows[0]))
}
