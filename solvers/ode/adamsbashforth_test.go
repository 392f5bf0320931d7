package ode_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

func TestAdamsBashforthOrder(t *testing.T) {
	for order := 1; order <= 5; order++ {
		counts := []int{256, 512, 1024, 2048}
		m := ode.AdamsBashforth{Order: order}
		field, angle := orderCase(8) // on the other the error of order 4 passes zero
		system := func(*Graph) ode.System { return ode.System{Field: field} }
		ys, _ := marcher{m, system, 0}.at(t, tensor([]float64{1, 0}), 2, counts...)
		var errs []float64
		for _, y := range ys {
			errs = append(errs, worst(t, y, []float64{math.Cos(angle(2)), math.Sin(angle(2))}))
		}
		wantSlope(t, m.Info().Name, errs, float64(order))
	}
}

// TestAdamsBashforthExact: a slope that is a polynomial in t of degree below the order is integrated exactly, by steps of any lengths,
// and one of the order's degree is not. Each trajectory has its own slope.
func TestAdamsBashforthExact(t *testing.T) {
	times := []float64{1, 1.5, 3, 3.25, 5}
	for order := 1; order <= 5; order++ {
		for degree := order - 1; degree <= order; degree++ {
			field := func(t, y *Node, args []*Node) *Node {
				return Mul(args[0], Add(ZerosLike(y), PowScalar(AddScalar(t, 0.5), float64(degree))))
			}
			in := ode.Input{Times: times, Y0: tensor([]float64{1}, []float64{-2}), Args: []*tensors.Tensor{numbers(1, -0.5)}}
			sol := mustSolve(t, ode.Solve{Stepper: ode.AdamsBashforth{Order: order}, Steps: 3}, field, in)
			var want []float64
			for _, x := range times {
				rise := (math.Pow(x+0.5, float64(degree+1)) - math.Pow(0.5, float64(degree+1))) / float64(degree+1)
				want = append(want, 1+rise, -2-0.5*rise)
			}
			scale := math.Abs(want[len(want)-2])
			d := worst(t, sol.Ys, want) / scale
			if exact := degree < order; (d <= 1e-14) != exact { // round-off of fifteen steps
				t.Errorf("order %d, degree %d: off by %.3g of %.3g, exact is to be %v", order, degree, d, scale, exact)
			}
		}
	}
}

// TestAdamsBashforthWeights: the classical numbers, Hairer, Nørsett and Wanner 1993, eq. (III.1.5) with table 1.1, by a field that tells
// the slopes apart: f is 1 in one step and 0 in the others.
func TestAdamsBashforthWeights(t *testing.T) {
	classical := [][]float64{
		{1},
		{3. / 2, -1. / 2},
		{23. / 12, -16. / 12, 5. / 12},
		{55. / 24, -59. / 24, 37. / 24, -9. / 24},
		{1901. / 720, -2774. / 720, 2616. / 720, -1274. / 720, 251. / 720},
	}
	for k, want := range classical {
		m := ode.AdamsBashforth{Order: k + 1}
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			g := in[0].Graph()
			y := ZerosLike(in[0])
			var state []*Node
			for j := range want { // slope j is 1 in trajectory j
				state = append(state, ConvertDType(Equal(in[0], Const(g, float64(j))), y.DType()))
			}
			for range k {
				state = append(state, MulScalar(OnesLike(y), 0.25))
			}
			field := func(_, y *Node) *Node { return y }
			y1, _, _ := m.Step(ode.System{Field: field}, Const(g, 0.0), Const(g, 0.25), y, state)
			return []*Node{DivScalar(y1, 0.25)}
		}, numbers([]float64{0, 1, 2, 3, 4}[:k+1]...))
		if d := worst(t, out[0], want); !(d <= 1e-14) { // round-off of numbers up to 4
			t.Errorf("order %d: weights %v, want %v", k+1, check.Floats(out[0]), want)
		}
	}
}

// TestAdamsBashforthPerTrajectory: trajectories with lengths of their own, of which one waits twice, as if each were alone.
func TestAdamsBashforthPerTrajectory(t *testing.T) {
	for _, order := range []int{2, 4} {
		m := ode.AdamsBashforth{Order: order}
		march := func(lengths [][]float64) [][]float64 { // [trajectory][step]
			rows := make([][]float64, len(lengths))
			for i := range rows {
				rows[i] = []float64{math.Cos(0.1), math.Sin(0.1)}
			}
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				y, s := in[0], ode.System{Field: spun}
				clock := MulScalar(Slice(y, AxisRange(), AxisRange(0, 1)), 0)
				state := m.Init(s, clock, y)
				for k := range lengths[0] {
					var dt []float64
					for i := range lengths {
						dt = append(dt, lengths[i][k])
					}
					step := Const(y.Graph(), numbers(dt...))
					y, _, state = m.Step(s, clock, step, y, state)
					clock = Add(clock, step)
				}
				return []*Node{y}
			}, tensor(rows...))
			v := check.Floats(out[0])
			var ends [][]float64
			for i := range lengths {
				ends = append(ends, v[2*i:2*i+2])
			}
			return ends
		}
		fast := []float64{0.01, 0.02, 0.01, 0.01, 0.03, 0.01, 0.01, 0.02, 0.01}
		slow := []float64{0, 0.02, 0.02, 0.01, 0.01, 0.03, 0, 0.02, 0.01}
		both := march([][]float64{fast, slow})
		alone := [][]float64{march([][]float64{fast})[0], march([][]float64{{0.02, 0.02, 0.01, 0.01, 0.03, 0.02, 0.01}})[0]}
		for i := range both {
			for c := range 2 {
				if d := math.Abs(both[i][c] - alone[i][c]); !(d <= 1e-14) { // round-off of ten steps
					t.Errorf("order %d: trajectory %d is off by %.3g from itself alone", order, i, d)
				}
			}
		}
	}
}

func TestAdamsBashforthGradients(t *testing.T) {
	in := []*tensors.Tensor{check.Random(1, 3, 2), check.Random(2, 2, 2), check.Random(3, 2)}
	for order, gradient := range map[int]ode.Gradient{1: ode.ThroughSteps, 3: ode.ThroughCheckpoints, 4: ode.ThroughSteps} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			check.GradCheck(t, model.NewStore(), func(_ *model.Scope, x []*Node) *Node {
				g := x[0].Graph()
				s := ode.Solve{Stepper: ode.AdamsBashforth{Order: order}, Steps: 4, Gradient: gradient}
				r := s.Solve(ode.Problem{Field: bent, Y0: x[0], Args: x[1:], T0: Const(g, 0.0), Times: Const(g, []float64{0.4, 1, 1.3})})
				return Add(ReduceAllSum(Sin(r.Ys)), ReduceAllSum(Square(r.Y)))
			}, in...)
		})
	}
}

func TestAdamsBashforthRefuses(t *testing.T) {
	for _, order := range []int{0, 6} {
		_, err := solved(t, ode.Solve{Stepper: ode.AdamsBashforth{Order: order}, Steps: 1}, swing, ode.Input{
			Times: []float64{1}, Y0: tensor([]float64{1, 0}), Args: []*tensors.Tensor{numbers(1)},
		})
		if err == nil || !strings.Contains(err.Error(), "AdamsBashforth.Order") {
			t.Errorf("order %d: error %v, want it refused", order, err)
		}
	}
}
