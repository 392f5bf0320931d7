package ode

import (
	"fmt"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// AdamsBashforth integrates the polynomial through the slopes at the last Order steps:
//
//	y₊ = y + dt Σ_j b_j f(t_(n−j), y_(n−j)),  dt·b_j = ∫ L_j(s) ds from t_n to t_n + dt
//
// with Lagrange's polynomials L_j of the steps' own times, so that steps may change their length; for equal ones the b are the
// classical numbers. The first Order − 1 steps are Runge–Kutta's of the same order: Heun's, [Bosh3], [RK4], [Tsit5]. It has no error
// estimate. Its region of stability shrinks with the order, to −0.3 on the real axis for order 4: it is for fields that are
// costly and not stiff.
//
// Shapes: y [batch, dim…].
// DType:  float32 or float64.
// Panics: in Init, if Order is not 1 to 5 or f(t, y) is not of y's shape.
// Cost:   an evaluation a step, and the Runge–Kutta's stages in the first Order − 1, which Info does not count.
// Differs from the source: the integrals are of the polynomial written out, not by recurrences.
// Source: Hairer, Nørsett and Wanner 1993, eq. (III.1.5), and section III.5 for steps of their own lengths. bib: hairer1993nonstiff
type AdamsBashforth struct {
	Order int // 1 to 5; 1 is Euler's method
}

var _ Stepper = AdamsBashforth{}

// Info is what the stepper is.
func (m AdamsBashforth) Info() Info {
	return Info{Name: fmt.Sprintf("Adams–Bashforth %d", m.Order), Order: m.Order, Evaluations: 1, Bib: "hairer1993nonstiff"}
}

// Init is the slope at the start, and zeros for the slopes before it and for the lengths [batch, 1…] of the steps between; a
// length of zero is a step that was not made.
func (m AdamsBashforth) Init(s System, t0, y0 *graph.Node) []*graph.Node {
	if m.Order < 1 || m.Order > 5 {
		exceptions.Panicf("ode: AdamsBashforth.Order = %d, want 1 to 5", m.Order)
	}
	state := []*graph.Node{wantField(s.Total(t0, y0), y0)}
	for range m.Order - 1 {
		state = append(state, graph.ZerosLike(y0))
	}
	for range m.Order - 1 {
		state = append(state, graph.ZerosLike(perTrajectory(t0, y0)))
	}
	return state
}

// Step makes one step; there is no error estimate. A trajectory that stands still keeps its history.
func (m AdamsBashforth) Step(s System, t, dt, y *graph.Node, state []*graph.Node) (y1, errEst *graph.Node, next []*graph.Node) {
	slopes, lengths := state[:m.Order], state[m.Order:]
	step := perTrajectory(dt, y)
	sum := graph.ZerosLike(y)
	for j, b := range adamsWeights(step, lengths) {
		sum = graph.Add(sum, graph.Mul(b, slopes[j]))
	}
	y1 = graph.Add(y, graph.Mul(step, sum))
	if m.Order > 1 {
		y1 = m.started(s, t, dt, y, y1, slopes[0], still(lengths[m.Order-2]))
	}
	next = append([]*graph.Node{s.Total(graph.Add(t, dt), y1)}, slopes[:m.Order-1]...)
	if m.Order > 1 {
		next = append(append(next, step), lengths[:m.Order-2]...)
	}
	for i := range next {
		next[i] = each(still(step), state[i], next[i])
	}
	return y1, nil, next
}

// started is y1, but for trajectories whose history is short a step of a Runge–Kutta method, which is made only if there are
// such.
func (m AdamsBashforth) started(s System, t, dt, y, y1, slope, short *graph.Node) *graph.Node {
	starter := []RungeKutta{Heun(), Bosh3().RungeKutta, RK4(), Tsit5().RungeKutta}[m.Order-2]
	args := append([]*graph.Node{t, dt, y, slope}, s.nodes()...)
	first := autodiff.If(graph.LogicalAny(short), args,
		func(x []*graph.Node) []*graph.Node {
			made, _, _, _ := starter.slopes(s.with(x[4:]), x[0], x[1], x[2], x[3:4])
			return []*graph.Node{made}
		},
		func(x []*graph.Node) []*graph.Node { return x[2:3] })
	return each(short, first[0], y1)
}

// adamsWeights is the numbers b_j [batch, 1…] for a step and the lengths of the steps before it, the last first. Where a length
// is zero they are finite and without meaning.
func adamsWeights(step *graph.Node, lengths []*graph.Node) []*graph.Node {
	one := graph.OnesLike(step)
	unit := graph.Where(still(step), one, step)
	places := []*graph.Node{graph.ZerosLike(step)} // of the slopes, in units of the step from its start
	for j, h := range lengths {
		h = graph.Where(still(h), unit, h)
		places = append(places, graph.Sub(places[j], graph.Div(h, unit)))
	}
	weights := make([]*graph.Node, len(places))
	for j := range places {
		// The polynomial that is zero at the other places, from its constant on; and its value at this one.
		polynomial, value := []*graph.Node{one}, one
		for m, x := range places {
			if m == j {
				continue
			}
			times := make([]*graph.Node, len(polynomial)+1)
			for i := range times {
				times[i] = graph.ZerosLike(step)
				if i > 0 {
					times[i] = polynomial[i-1]
				}
				if i < len(polynomial) {
					times[i] = graph.Sub(times[i], graph.Mul(x, polynomial[i]))
				}
			}
			polynomial, value = times, graph.Mul(value, graph.Sub(places[j], x))
		}
		weights[j] = graph.ZerosLike(step)
		for i, a := range polynomial {
			weights[j] = graph.Add(weights[j], graph.DivScalar(a, float64(i+1)))
		}
		weights[j] = graph.Div(weights[j], value)
	}
	return weights
}
