package ode

import (
	"github.com/gomlx/gomlx/core/graph"
)

// PID chooses the next step from the last three errors e, in units of the tolerances:
//
//	dt ← Safety·dt·e_n^(−β₁)·e_(n−1)^(−β₂)·e_(n−2)^(−β₃),  β₁ = (P+I+D)/k, β₂ = −(P+2D)/k, β₃ = D/k, k = ErrorOrder + 1
//
// The zero value is the integral controller, I = 1, as most solvers have it. On stiff problems and where stability limits the
// step, P = 0.4, I = 0.3 makes fewer rejections; D up to 0.2 makes the steps of problems with noise smoother.
//
// Source: Söderlind 2003, eq. (31); Hairer and Wanner 1996, section IV.2. bib: soderlind2003digital, hairer1996stiff
type PID struct {
	P, I, D float64

	Safety      float64 // of the step; 0: 0.9
	Least, Most float64 // factors of the step; 0: 0.2 and 10
}

var _ Controller = PID{}

// pidSmallest is what an error is taken for at least: the step grows by Most long before.
const pidSmallest = 1e-10

// defaults fills in what is zero.
func (c PID) defaults() PID {
	if c.P == 0 && c.I == 0 && c.D == 0 {
		c.I = 1
	}
	if c.Safety == 0 {
		c.Safety = 0.9
	}
	if c.Least == 0 {
		c.Least = 0.2
	}
	if c.Most == 0 {
		c.Most = 10
	}
	return c
}

// Init is two errors of size one, as if the steps before had met the tolerances exactly.
func (c PID) Init(dt *graph.Node) []*graph.Node {
	return []*graph.Node{graph.OnesLike(dt), graph.OnesLike(dt)}
}

// Next accepts errors up to 1. After a rejection the step does not grow.
func (c PID) Next(info Info, errNorm, dt *graph.Node, state []*graph.Node) (accept, dtNext *graph.Node, next []*graph.Node) {
	c = c.defaults()
	k := float64(info.ErrorOrder + 1)
	e := graph.MaxScalar(errNorm, pidSmallest)
	accept = graph.LessOrEqual(errNorm, graph.OnesLike(errNorm))
	factor := graph.MulScalar(graph.PowScalar(e, -(c.P+c.I+c.D)/k), c.Safety)
	if b := (c.P + 2*c.D) / k; b != 0 {
		factor = graph.Mul(factor, graph.PowScalar(state[0], b))
	}
	if b := c.D / k; b != 0 {
		factor = graph.Mul(factor, graph.PowScalar(state[1], -b))
	}
	grown := graph.ClipScalar(factor, c.Least, c.Most)
	dtNext = graph.Mul(dt, graph.Where(accept, grown, graph.MinScalar(grown, c.Safety)))
	return accept, dtNext, []*graph.Node{graph.Where(accept, e, state[0]), graph.Where(accept, state[0], state[1])}
}

// chosenStep is a length for the first step: as long as Euler's method, by the size of the field and its change, would meet
// a hundredth of the tolerances.
//
// Source: Hairer, Nørsett and Wanner 1993, section II.4. bib: hairer1993nonstiff
func chosenStep(s System, info Info, t, y, sign, span *graph.Node, scaled, norm func(x *graph.Node) *graph.Node) *graph.Node {
	f0 := s.Total(t, y)
	d0, d1 := norm(scaled(y)), norm(scaled(f0))
	small := graph.LogicalOr(below(d0, 1e-5), below(d1, 1e-5))
	h0 := graph.Where(small, graph.MulScalar(graph.OnesLike(d0), 1e-6), graph.Div(graph.MulScalar(d0, 0.01), graph.Where(small, graph.OnesLike(d1), d1)))
	h0 = graph.Min(h0, span)
	moved := graph.Add(y, graph.Mul(graph.Mul(h0, sign), f0))
	f1 := s.Total(graph.Add(t, graph.Mul(h0, sign)), moved)
	d2 := graph.Div(norm(scaled(graph.Sub(f1, f0))), h0)
	steepest := graph.Max(d1, d2)
	flat := below(steepest, 1e-15)
	h1 := graph.PowScalar(graph.MulScalar(graph.Reciprocal(graph.Where(flat, graph.OnesLike(steepest), steepest)), 0.01), 1/float64(info.ErrorOrder+1))
	h1 = graph.Where(flat, graph.MaxScalar(graph.MulScalar(h0, 1e-3), 1e-6), h1)
	return graph.Min(graph.Min(graph.MulScalar(h0, 100), h1), span)
}

// below is x < a.
func below(x *graph.Node, a float64) *graph.Node {
	return graph.LessThan(x, graph.Scalar(x.Graph(), x.DType(), a))
}
