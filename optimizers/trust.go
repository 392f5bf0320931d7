package optimizers

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// Loss is a scalar of the parameters. It is traced inside of loops, so that it can use nothing but its arguments.
type Loss func(params, data []*Node) *Node

// TrustRegion minimises a loss with its second derivatives, of which it asks for products with a vector alone. A step p minimises
//
//	m(p) = f + gᵀp + ½ pᵀHp,  ‖p‖ ≤ Δ
//
// nearly, by conjugate gradients that end at the ball's edge or where they meet negative curvature. Δ grows where the model
// promised what came, and shrinks where it did not. For few parameters and all rows in every step.
//
// All is a graph function, so that a whole run is one compiled loop.
//
// DType:  as the parameters; float64 is advised.
// Cost:   a step is one gradient, a value, and at most Iterations products with H of 2.5 gradients each.
// Differs from the source: near round-off, a gain as small as it counts as promised (Conn, Gould & Toint 2000, section
// 17.4.2).
// Source: Steihaug 1983; Nocedal & Wright 2006, algorithms 4.1 and 7.2; for small networks Gulgec et al. 2019,
// arXiv:1910.12680. bib: steihaug1983conjugate, nocedal2006numerical, conn2000trust, gulgec2019fdnet
type TrustRegion struct {
	Radius     float64 // Δ at first; 0: 1
	Largest    float64 // Δ at most; 0: 100
	Iterations int     // of conjugate gradients in a step, at most; 0: 20
	Gradient   float64 // converged when ‖g‖ is below; 0: 1e-10
}

// The constants of algorithm 4.1: a step is taken above accepted, Δ is a quarter of the step below poor, and twice above good.
const (
	trustAccepted = 1e-4
	trustPoor     = 0.25
	trustGood     = 0.75
)

func (t TrustRegion) withDefaults() TrustRegion {
	for _, f := range []struct {
		field   *float64
		without float64
	}{{&t.Radius, 1}, {&t.Largest, 100}, {&t.Gradient, 1e-10}} {
		if *f.field == 0 {
			*f.field = f.without
		}
	}
	if t.Iterations == 0 {
		t.Iterations = 20
	}
	return t
}

// Validate returns every problem at once.
func (t TrustRegion) Validate() error {
	var errs []error
	for _, f := range []struct {
		name  string
		value float64
	}{{"Radius", t.Radius}, {"Largest", t.Largest}, {"Gradient", t.Gradient}} {
		if !(f.value >= 0) {
			errs = append(errs, fmt.Errorf("optimizers: TrustRegion.%s = %v, want at least 0", f.name, f.value))
		}
	}
	if d := t.withDefaults(); d.Radius > d.Largest {
		errs = append(errs, fmt.Errorf("optimizers: TrustRegion.Radius = %v, want at most Largest = %v", d.Radius, d.Largest))
	}
	if t.Iterations < 0 {
		errs = append(errs, fmt.Errorf("optimizers: TrustRegion.Iterations = %d, want at least 0", t.Iterations))
	}
	return errors.Join(errs...)
}

// Init is the state before the first step: the radius, the loss and the status.
func (t TrustRegion) Init(params []*Node) []*Node {
	g, dtype := params[0].Graph(), params[0].DType()
	return []*Node{Scalar(g, dtype, t.withDefaults().Radius), ScalarZero(g, dtype), Const(g, int32(Running))}
}

// Step is one step. The parameters stay where the model is found wrong; the radius is then smaller.
func (t TrustRegion) Step(loss Loss, params, data, state []*Node) (next, nextState []*Node) {
	t = t.withDefaults()
	theta, like, radius := flatten(params), shapesOf(params), state[0]
	g := theta.Graph()
	f := loss(shapeLike(theta, like), data)
	gradient := Gradient(f, theta)[0]
	s := t.steihaug(loss, theta, gradient, radius, like, data)

	moved := Add(theta, s.p)
	after := loss(shapeLike(moved, like), data)
	promised := Neg(Add(inner(gradient, s.p), MulScalar(inner(s.p, s.hp), 0.5)))
	noise := MulScalar(MaxScalar(Abs(f), 1), 10*roundOff(theta))
	gain := Div(Add(Sub(f, after), noise), Add(promised, noise))
	accept := LogicalAnd(GreaterThan(gain, Scalar(g, gain.DType(), trustAccepted)), IsFinite(gain))
	good := LogicalAnd(GreaterThan(gain, Scalar(g, gain.DType(), trustGood)), s.atEdge)
	fair := GreaterOrEqual(gain, Scalar(g, gain.DType(), trustPoor)) // false for NaN
	size := L2Norm(s.p)
	size = Where(IsFinite(size), size, radius)
	radius = Where(fair, radius, MulScalar(size, 0.25))
	radius = Where(good, MinScalar(MulScalar(radius, 2), t.Largest), radius)

	small := LessOrEqual(L2Norm(gradient), Scalar(g, theta.DType(), t.Gradient))
	bad := LogicalNot(IsFinite(Add(f, ReduceAllSum(gradient))))
	// In a ball so small that the promise is within round-off, gains say nothing any more. (Inside of it they need not: the last
	// steps lower the gradient, not the loss.)
	still := LogicalOr(LogicalAnd(s.atEdge, LessOrEqual(promised, noise)), Equal(radius, ZerosLike(radius)))
	status := Where(still, Const(g, int32(Still)), Const(g, int32(Running)))
	status = Where(small, Const(g, int32(GradientZero)), status)
	status = Where(bad, Const(g, int32(NotFinite)), status)
	accept = LogicalAnd(accept, LogicalNot(LogicalOr(small, bad)))
	return shapeLike(Where(accept, moved, theta), like), []*Node{radius, Where(accept, after, f), status}
}

// roundOff is the relative round-off of a type.
func roundOff(x *Node) float64 {
	if x.DType().Size() == 8 {
		return 0x1p-52
	}
	return 0x1p-23
}

// cgState is conjugate gradients on the model: the step p, H·p, the model's gradient r there, and the direction d.
type cgState struct {
	p, hp, r, d  *Node
	atEdge, more *Node
}

func (s cgState) nodes() []*Node { return []*Node{s.p, s.hp, s.r, s.d, s.atEdge, s.more} }

// steihaug is the step in a ball, algorithm 7.2. It ends when ‖r‖ ≤ min(½, √‖g‖) ‖g‖, which makes the whole superlinear.
func (t TrustRegion) steihaug(loss Loss, theta, gradient, radius *Node, like []shapes.Shape, data []*Node) cgState {
	g, zero := theta.Graph(), ZerosLike(theta)
	norm := L2Norm(gradient)
	goal := Mul(MinScalar(Sqrt(norm), 0.5), norm)
	first := cgState{zero, Identity(zero), gradient, Neg(gradient), Const(g, false), GreaterThan(norm, ZerosLike(norm))}
	head := []*Node{Const(g, int32(0)), theta, radius, goal}
	count := len(head) + len(first.nodes())
	all := append(append(head, first.nodes()...), data...)
	out := autodiff.While(all,
		func(s []*Node) *Node {
			return LogicalAnd(s[9], LessThan(s[0], Const(s[0].Graph(), int32(t.Iterations))))
		},
		func(s []*Node) []*Node {
			c := cgState{s[4], s[5], s[6], s[7], s[8], s[9]}
			value := loss(shapeLike(s[1], like), s[count:])
			hd := autodiff.HVP(value, []*Node{s[1]}, []*Node{c.d})[0]
			next := append([]*Node{AddScalar(s[0], 1), s[1], s[2], s[3]}, c.next(hd, s[2], s[3]).nodes()...)
			return append(next, s[count:]...)
		})
	return cgState{out[4], out[5], out[6], out[7], out[8], out[9]}
}

// next is one iteration, given H·d.
func (s cgState) next(hd, radius, goal *Node) cgState {
	curvature, square := inner(s.d, hd), inner(s.r, s.r)
	negative := LessOrEqual(curvature, ZerosLike(curvature))
	alpha := Div(square, Where(negative, OnesLike(curvature), curvature))
	inside := Add(s.p, Mul(s.d, alpha))
	edge := LogicalOr(negative, GreaterOrEqual(L2Norm(inside), radius))
	// The τ ≥ 0 with ‖p + τd‖ = Δ.
	pd, dd, pp := inner(s.p, s.d), inner(s.d, s.d), inner(s.p, s.p)
	room := MaxScalar(Sub(Square(radius), pp), 0)
	tau := Div(Sub(Sqrt(Add(Square(pd), Mul(dd, room))), pd), tiny(dd))
	step := Where(edge, tau, alpha)
	r := Add(s.r, Mul(hd, step))
	beta := Div(inner(r, r), square)
	return cgState{
		p: Add(s.p, Mul(s.d, step)), hp: Add(s.hp, Mul(hd, step)), r: r, d: Sub(Mul(s.d, beta), r),
		atEdge: edge, more: LogicalAnd(LogicalNot(edge), GreaterThan(L2Norm(r), goal)),
	}
}

// Minimise takes steps until the gradient or the radius is small, at most so many, in one compiled loop.
func (t TrustRegion) Minimise(loss Loss, params, data []*Node, steps int) ([]*Node, Report) {
	best, state, done := minimise(params, data, t.Init(params), steps,
		func(params, data, state []*Node) ([]*Node, []*Node, *Node) {
			params, state = t.Step(loss, params, data, state)
			return params, state, state[2]
		})
	return best, Report{Loss: state[1], Steps: done, Status: state[2]}
}
