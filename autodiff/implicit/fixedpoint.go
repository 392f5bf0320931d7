package implicit

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
)

// FixedPoint solves x = f(x, args) by
//
//	x ← x + β r − (ΔX + β ΔR) γ,  γ = argmin ‖r − ΔR γ‖,  r = f(x) − x
//
// where ΔX and ΔR hold the last History differences of x and r: Anderson's acceleration, which on linear equations does what
// GMRES does. With History 0 it is plain iteration, x ← x + β r.
//
// Differs from the source: the least squares have a small diagonal below columns of length one, so that they have an answer
// before the history is full.
// Source: Walker and Ni 2011, section 2. bib: walker2011anderson
type FixedPoint struct {
	Tolerance float64 // on ‖f(x) − x‖ / (1 + ‖x‖)
	Steps     int     // at most
	History   int     // differences kept: 0 for plain iteration, 5 is common
	Mixing    float64 // β in (0, 1]; 1 where f is a contraction
}

// Validate says what is wrong with the settings.
func (s FixedPoint) Validate() error {
	var all []error
	if !(s.Tolerance > 0) {
		all = append(all, fmt.Errorf("implicit: FixedPoint.Tolerance = %v, want more than 0", s.Tolerance))
	}
	if s.Steps < 1 {
		all = append(all, fmt.Errorf("implicit: FixedPoint.Steps = %d, want 1 or more", s.Steps))
	}
	if s.History < 0 {
		all = append(all, fmt.Errorf("implicit: FixedPoint.History = %d, want 0 or more", s.History))
	}
	if !(s.Mixing > 0 && s.Mixing <= 1) {
		all = append(all, fmt.Errorf("implicit: FixedPoint.Mixing = %v, want it above 0 and at most 1", s.Mixing))
	}
	return errors.Join(all...)
}

// Solve is the fixed point that iteration finds from a start. The gradient is found by an iteration of the same kind,
// w = v + (∂f/∂x)ᵀ w, with the same settings.
//
// Shapes: start [batch, n…].
// DType:  float32 or float64; Tolerance should be above the round-off of f.
// Panics: on settings that Validate refuses and other shapes.
// Cost:   one evaluation of f a step, and one reverse pass a step of the gradient.
func (s FixedPoint) Solve(f Map, start *Node, args []*Node) Solution {
	if err := s.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	wantUnknown("FixedPoint", start)
	out := autodiff.CustomVJP(append([]*Node{start}, args...),
		func(in []*Node) []*Node { return s.iterate(f, in[0], in[1:]) },
		func(in, out, v []*Node) []*Node {
			x, args := out[0], in[1:]
			// y = v + Jᵀw, as a fixed point of w, with x, v and args as its args.
			adjoint := func(w *Node, a []*Node) *Node {
				x, v, args := a[0], a[1], a[2:]
				return Add(v, autodiff.Pullback([]*Node{f(x, args)}, []*Node{w}, []*Node{x})[0])
			}
			w := s.Solve(adjoint, v[0], append([]*Node{x, v[0]}, args...)).orNaN()
			return ofArgs(f(x, args), w, args)
		})
	return newSolution(out, s.Tolerance)
}

// ofArgs is the gradients of the start, which has none, and of args, by a cotangent of y.
func ofArgs(y, w *Node, args []*Node) []*Node {
	var numbers []*Node
	for _, x := range args {
		if x.DType().IsFloat() || x.DType().IsComplex() {
			numbers = append(numbers, x)
		}
	}
	pulled := autodiff.Pullback([]*Node{y}, []*Node{w}, numbers)
	gradients := []*Node{ZerosLike(w)}
	for _, x := range args {
		var g *Node
		if x.DType().IsFloat() || x.DType().IsComplex() {
			g, pulled = pulled[0], pulled[1:]
		}
		gradients = append(gradients, g)
	}
	return gradients
}

// iterate is x, its change and the steps taken.
func (s FixedPoint) iterate(f Map, start *Node, args []*Node) []*Node {
	g, n := start.Graph(), flat(start).Shape().Dimensions
	zeros := func(dims ...int) *Node { return Zeros(g, shapes.Make(start.DType(), dims...)) }
	state := []*Node{Const(g, int32(0)), start, AddScalar(zeros(n[0]), 2*s.Tolerance)}
	const fixed = 3
	kept := 0
	if s.History > 0 {
		state = append(state, zeros(n...), zeros(n...), zeros(n[0], n[1], s.History), zeros(n[0], n[1], s.History))
		kept = 4
	}
	state = append(state, args...)
	out := autodiff.While(state,
		func(st []*Node) *Node { return more(st[0], st[2], s.Steps, s.Tolerance) },
		func(st []*Node) []*Node {
			x, args := st[1], st[fixed+kept:]
			r := Sub(f.value("FixedPoint", x, args), flat(x))
			change := relative(r, flat(x))
			step := MulScalar(r, s.Mixing)
			history := st[fixed : fixed+kept]
			if kept > 0 {
				step, history = s.accelerate(st[0], flat(x), r, history)
			}
			done := LessOrEqual(change, constant(change, s.Tolerance))
			next := Add(x, as(each(done, ZerosLike(step), step), x))
			return append(append([]*Node{AddScalar(st[0], 1), next, change}, history...), args...)
		})
	return []*Node{out[1], out[2], out[0]}
}

// accelerate is the step from x, and the history with it: the x and r before, ΔX and ΔR [batch, n, history].
func (s FixedPoint) accelerate(k, x, r *Node, history []*Node) (step *Node, next []*Node) {
	g := x.Graph()
	m := Const(g, int32(s.History))
	place := Rem(Add(k, AddScalar(m, -1)), m)
	number := Iota(g, shapes.Make(dtypes.Int32, history[2].Shape().Dimensions...), 2)
	isPlace := LogicalAnd(Equal(number, place), GreaterThan(k, Const(g, int32(0))))
	kept := func(all, difference *Node) *Node {
		return Where(isPlace, BroadcastToDims(ExpandAxes(difference, -1), all.Shape().Dimensions...), all)
	}
	dx, dr := kept(history[2], Sub(x, history[0])), kept(history[3], Sub(r, history[1]))
	length := safe(Sqrt(ReduceAndKeep(Square(dr), ReduceSum, 1))) // [batch, 1, history]
	gamma := regularised(Div(dr, length), ExpandAxes(r, -1))
	gamma = Div(gamma, Transpose(length, 1, 2)) // [batch, history, 1]
	mixed := Add(dx, MulScalar(dr, s.Mixing))
	step = Sub(MulScalar(r, s.Mixing), Squeeze(Einsum("bnm,bmk->bnk", mixed, gamma), 2))
	return step, []*Node{x, r, dx, dr}
}

// regularised is the least-squares solution of a·y = b, with a small diagonal below a that gives zero for columns of zeros.
func regularised(a, b *Node) *Node {
	g, dims := a.Graph(), a.Shape().Dimensions
	size, m := dims[0], dims[2]
	square := shapes.Make(dtypes.Int32, size, m, m)
	diagonal := ConvertDType(Equal(Iota(g, square, 1), Iota(g, square, 2)), a.DType())
	// Its square is lost in the round-off of columns of length one.
	diagonal = MulScalar(diagonal, roundOff(a.DType()))
	zero := Zeros(g, shapes.Make(a.DType(), size, m, 1))
	return linalg.LeastSquares(Concatenate([]*Node{a, diagonal}, 1), Concatenate([]*Node{b, zero}, 1))
}
