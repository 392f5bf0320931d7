package ode_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
)

// reaction is bistable reaction and diffusion on a ring of n points: y' = D·y” + w·(y − y³), stiff by the diffusion; the weight is
// args[0].
func reaction(n int) func(args []*Node) ode.System {
	laplacian := make([][]float64, n)
	for i := range laplacian {
		laplacian[i] = make([]float64, n)
		laplacian[i][i] = -2000
		laplacian[i][(i+1)%n], laplacian[i][(i+n-1)%n] = 1000, 1000
	}
	var bind func(args []*Node) ode.System
	bind = func(args []*Node) ode.System {
		return ode.System{
			Field: func(_, y *Node) *Node { return MulScalar(Sin(y), 0.5) },
			Stiff: func(t, y *Node) *Node {
				diffused := MatMul(y, Const(y.Graph(), laplacian))
				return Add(diffused, Mul(Mul(args[0], Cos(t)), Sub(y, Mul(y, Square(y)))))
			},
			Args: args, Bind: bind,
		}
	}
	return bind
}

// TestKrylov: without a matrix a step is the same as with one.
func TestKrylov(t *testing.T) {
	const n = 24
	steppers := func(newton ode.Newton) []ode.Stepper {
		return []ode.Stepper{
			ode.BackwardEuler{Newton: newton}, ode.Trapezoid{Newton: newton}, ode.Kvaerno5{Newton: newton}, ode.KenCarp4{Newton: newton},
		}
	}
	dense := ode.Newton{RTol: 1e-9, ATol: 1e-9}
	krylov := dense
	krylov.Krylov = n
	for i := range steppers(dense) {
		got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			var out []*Node
			for _, m := range []ode.Stepper{steppers(dense)[i], steppers(krylov)[i]} {
				s, now := reaction(n)([]*Node{Const(in[0].Graph(), 2.0)}), Const(in[0].Graph(), 0.5)
				y := AddScalar(MulScalar(in[0], 0.02), 0.3) // nearly level: steep starts need smaller steps
				y1, e, _ := m.Step(s, now, Const(y.Graph(), 0.005), y, m.Init(s, now, y))
				out = append(out, y1, e)
			}
			return out
		}, check.Random(5, 2, n))
		name := steppers(dense)[i].Info().Name
		// A hundredth of Newton's tolerances, 1.3e-11, is left in the root mean square of each; in a component it may be √n times
		// as much.
		if d := check.MaxDiff(t, got[0], got[2]); !(d < 1.3e-10) {
			t.Errorf("%s: y differs by %.2e", name, d)
		}
		// An estimate is of size 1; where it is filtered, by a system solved to 1e-3.
		if d := check.MaxDiff(t, got[1], got[3]); !(d < 5e-3) {
			t.Errorf("%s: the error estimate differs by %.2e", name, d)
		}
	}
}

func TestKrylovGradient(t *testing.T) {
	m := ode.BackwardEuler{Newton: ode.Newton{RTol: 1e-12, ATol: 1e-12, Krylov: 6}}
	check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
		y, dt := AddScalar(MulScalar(in[0], 0.1), 0.3), MulScalar(Exp(in[1]), 0.001)
		s, now := reaction(6)([]*Node{in[2]}), Const(y.Graph(), 0.5)
		y, _, _ = m.Step(s, now, dt, y, m.Init(s, now, y))
		return Add(ReduceAllSum(Sin(y)), ReduceAllMean(Square(y)))
	}, check.Random(1, 2, 6), check.Random(2, 2, 1), check.Random(3))
}
