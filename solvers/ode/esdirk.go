package ode

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// esdirk is a stiffly accurate Runge–Kutta tableau with an explicit first stage and one number γ on the diagonal of the
// others:
//
//	Y_i = y + dt·Σ_(j≤i) a_ij f(t + c_i dt, Y_j),  y₊ = Y_s
//
// The unknowns are u_i = dt·f(Y_i): taken from the equations and not from the field, whose large Jacobian would multiply what
// Newton leaves. The last slope is the next step's first.
type esdirk struct {
	gamma  float64
	a      [][]float64 // row i has the i numbers left of the diagonal
	c      []float64
	errors []float64 // weights of the error estimate
	filter bool      // the error estimate is multiplied by (I − γ·dt·J)⁻¹, without which it grows with the stiffness
}

// init is the first slope, and no evaluations in a step before.
func (e esdirk) init(s System, t0, y0 *graph.Node) []*graph.Node {
	return []*graph.Node{wantField(s.Total(t0, y0), y0), graph.ZerosLike(perTrajectory(t0, y0))}
}

// step makes one step.
func (e esdirk) step(newton Newton, s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	stage := newStages(newton, s, e.gamma, t, dt, y)
	u := []*graph.Node{graph.Mul(dt, state[0])}
	for i := 1; i < len(e.c); i++ {
		base := graph.Add(y, weighted(e.a[i], u))
		u = append(u, stage.solve(graph.Add(t, graph.MulScalar(dt, e.c[i])), base, predicted(e.c, u)))
		y1 = graph.Add(base, graph.MulScalar(u[i], e.gamma))
	}
	errEst = weighted(e.errors, u)
	if e.filter {
		errEst = stage.filtered(errEst)
	}
	return y1, stage.orFailed(errEst), []*graph.Node{slope(u[len(u)-1], dt, state[0]), stage.made}
}

// slope is u/dt; a trajectory that stands still keeps the slope that it had.
func slope(u, dt, before *graph.Node) *graph.Node {
	still := graph.Equal(dt, graph.ZerosLike(dt))
	return each(still, before, graph.Div(u, graph.Where(still, graph.OnesLike(dt), dt)))
}

// predicted is a guess of the next stage's u: the line through the first stage and the one nearest in time.
func predicted(c []float64, u []*graph.Node) *graph.Node {
	at, near := c[len(u)], len(u)-1
	for j := len(u) - 1; j > 0; j-- {
		if math.Abs(c[j]-at) < math.Abs(c[near]-at) {
			near = j
		}
	}
	if c[near] == 0 {
		return u[near]
	}
	r := at / c[near]
	return weighted([]float64{1 - r, r}, []*graph.Node{u[0], u[near]})
}

// weighted is the sum of weights[i]·x[i], of those weights that are not zero.
func weighted(weights []float64, x []*graph.Node) *graph.Node {
	var sum *graph.Node
	for i, w := range weights {
		switch {
		case w == 0:
		case sum == nil:
			sum = graph.MulScalar(x[i], w)
		default:
			sum = graph.Add(sum, graph.MulScalar(x[i], w))
		}
	}
	if sum == nil {
		return graph.ZerosLike(x[0])
	}
	return sum
}

// orFailed is an error estimate, +Inf for the trajectories of which a stage was not solved.
func (s *stages) orFailed(errEst *graph.Node) *graph.Node {
	return each(s.failed, graph.Infinity(errEst.Graph(), errEst.DType(), 1), errEst)
}
