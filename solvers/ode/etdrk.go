package ode

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// ETDRK is exponential time differencing with Runge–Kutta stages: y' = L·y + N(t, y) with L = System.Linear solved exactly and
// N, the rest, by stages. Order 1 is the exponential Euler method. Steps are bound by N alone, however stiff L is.
//
//	order 2: a = e^z y + h φ1 N(y),                y₊ = a + h φ2 (N(a) − N(y))
//	order 3: a = e^(z/2) y + h/2 φ1(z/2) N(y),     b = e^z y + h φ1 (2 N(a) − N(y)),
//	         y₊ = e^z y + h (f1 N(y) + 2 f2 N(a) + f3 N(b))
//	order 4: a as above,                           b = e^(z/2) y + h/2 φ1(z/2) N(a),
//	         c = e^(z/2) a + h/2 φ1(z/2) (2 N(b) − N(y)),
//	         y₊ = e^z y + h (f1 N(y) + f2 (N(a) + N(b)) + f3 N(c))
//
// with z = h·L, f1 = φ1 − 3 φ2 + 4 φ3, f2 = 2 φ2 − 4 φ3, f3 = 4 φ3 − φ2. The φ are computed anew in each step, so that its
// length may change.
//
// The error estimate of orders 3 and 4 is h f3 (N(y₊) − N(last stage)): with N(y₊), which the next step needs anyhow, in the
// last stage's place the weights are those of a method of one order less. Order 2 takes its second term; order 1 has none.
//
// Shapes: y [batch, dim…]; L a diagonal [dim…], or a matrix [dim, dim] for y of two axes.
// DType:  floating-point, or complex if y and L both are, as the symbols of a spectral method; t and dt are real.
// Panics: in Init and Step, if Order is not 1 to 4 or the system has no Linear of y's shape.
// Cost:   Order evaluations of N; for a matrix about 20 + 8 log₂‖z‖ products of [dim, dim], and no gradient to L or dt.
// Differs from the source: written by φ functions; the error estimates.
// Source: Cox and Matthews 2002, eqs. (4), (22), (23)–(25), (26)–(29). bib: cox2002etd
type ETDRK struct {
	Order int // 1 to 4
}

var _ Stepper = ETDRK{}

// ExponentialEuler is [ETDRK] of order 1: y₊ = e^z y + h φ1(z) N(t, y).
//
// Source: Cox and Matthews 2002, eq. (4). bib: cox2002etd
func ExponentialEuler() ETDRK { return ETDRK{Order: 1} }

// Info is what the stepper is.
func (m ETDRK) Info() Info {
	info := Info{Name: "ETDRK4", Order: m.Order, ErrorOrder: m.Order - 1, Evaluations: m.Order, Bib: "cox2002etd"}
	if m.Order >= 1 && m.Order <= 3 {
		info.Name = []string{"exponential Euler", "ETDRK2", "ETDRK3"}[m.Order-1]
	}
	return info
}

// Init is N(t0, y0).
func (m ETDRK) Init(s System, t0, y0 *graph.Node) []*graph.Node {
	if m.Order < 1 || m.Order > 4 {
		exceptions.Panicf("ode: ETDRK.Order = %d, want 1 to 4", m.Order)
	}
	if s.Linear == nil {
		exceptions.Panicf("ode: System.Linear is nil, want the linear part, which ETDRK solves exactly")
	}
	return []*graph.Node{s.nonlinear(t0, y0)}
}

// Step makes one step.
func (m ETDRK) Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	n := state[0]
	h := graph.ConvertDType(dt, y.DType())
	end := graph.Add(t, dt)
	switch m.Order {
	case 1:
		full := newPhis(s.Linear, dt, y, 1)
		y1 = graph.Add(full.times(y, 1), graph.Mul(h, full.times(n, 0, 1)))
	case 2:
		full := newPhis(s.Linear, dt, y, 2)
		a := graph.Add(full.times(y, 1), graph.Mul(h, full.times(n, 0, 1)))
		errEst = graph.Mul(h, full.times(graph.Sub(s.nonlinear(end, a), n), 0, 0, 1))
		y1 = graph.Add(a, errEst)
	default:
		return m.high(s, t, dt, y, n)
	}
	return y1, errEst, []*graph.Node{s.nonlinear(end, y1)}
}

// high is a step of order 3 or 4.
func (m ETDRK) high(s System, t, dt, y, n *graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	middle, end := graph.Add(t, graph.MulScalar(dt, 0.5)), graph.Add(t, dt)
	half := newPhis(s.Linear, graph.MulScalar(dt, 0.5), y, 3)
	full := half.doubled()
	h := graph.ConvertDType(dt, y.DType())
	// stage is e^(z/2) from + h/2 φ1(z/2) slope.
	stage := func(from, slope *graph.Node) *graph.Node {
		return graph.Add(half.times(from, 1), graph.Mul(h, half.times(slope, 0, 0.5)))
	}
	twice := func(x *graph.Node) *graph.Node { return graph.MulScalar(x, 2) }

	a := stage(y, n)
	na := s.nonlinear(middle, a)
	var last, inner *graph.Node // the last stage, and the slopes that f2 weighs
	if m.Order == 3 {
		last = graph.Add(full.times(y, 1), graph.Mul(h, full.times(graph.Sub(twice(na), n), 0, 1)))
		inner = twice(na)
	} else {
		nb := s.nonlinear(middle, stage(y, na))
		last = stage(a, graph.Sub(twice(nb), n))
		inner = graph.Add(na, nb)
	}
	nl := s.nonlinear(end, last)
	sum := graph.Add(graph.Add(full.times(n, 0, 1, -3, 4), full.times(inner, 0, 0, 2, -4)), full.times(nl, 0, 0, -1, 4))
	y1 = graph.Add(full.times(y, 1), graph.Mul(h, sum))
	n1 := s.nonlinear(end, y1)
	return y1, graph.Mul(h, full.times(graph.Sub(n1, nl), 0, 0, -1, 4)), []*graph.Node{n1}
}

// nonlinear is y' without its linear part.
func (s System) nonlinear(t, y *graph.Node) *graph.Node {
	s.Linear = nil
	return s.Total(t, y)
}
