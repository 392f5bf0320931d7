package implicit

import (
	"errors"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/autodiff/linalg"
)

// Root solves f(x, args) = 0 by Newton's method, x ← x + t·d with J·d = −f(x); t is the first of 1, ½, ¼, … for which ‖f‖ falls
// by the fraction 1e-4·t.
//
// Differs from the source: the solve ends on the size of d, which does not change with the units of f.
// Source: Kelley 1995, chapter 8. bib: kelley1995iterative
type Root struct {
	Tolerance float64 // on ‖d‖ / (1 + ‖x‖); the error is about its square
	Steps     int     // at most
	Halvings  int     // of t at most; 0 for t = 1 always
	// Krylov solves for d without a matrix; nil: by the matrix J, of which each row is a reverse pass in the graph.
	Krylov *GMRES
}

// Validate says what is wrong with the settings.
func (s Root) Validate() error {
	var all []error
	if !(s.Tolerance > 0) {
		all = append(all, fmt.Errorf("implicit: Root.Tolerance = %v, want more than 0", s.Tolerance))
	}
	if s.Steps < 1 {
		all = append(all, fmt.Errorf("implicit: Root.Steps = %d, want 1 or more", s.Steps))
	}
	if s.Halvings < 0 {
		all = append(all, fmt.Errorf("implicit: Root.Halvings = %d, want 0 or more", s.Halvings))
	}
	if s.Krylov != nil {
		all = append(all, s.Krylov.Validate())
	}
	return errors.Join(all...)
}

// Solve is the root that Newton's method finds from a start. A Jacobian that is singular gives NaN, which is not converged.
//
// Shapes: start [batch, n…].
// DType:  float32 or float64.
// Panics: on settings that Validate refuses and other shapes.
// Cost:   a step is n reverse passes and a factorisation of [n, n], or a solve by Krylov, and an evaluation of f for each t; the
// gradient is one such solve.
func (s Root) Solve(f Map, start *Node, args []*Node) Solution {
	if err := s.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	wantUnknown("Root", start)
	out := autodiff.CustomVJP(append([]*Node{start}, args...),
		func(in []*Node) []*Node { return s.newton(f, in[0], in[1:]) },
		func(in, out, v []*Node) []*Node {
			x, args := out[0], in[1:]
			return ofArgs(Neg(f(x, args)), s.adjoint(f, x, args, v[0]), args)
		})
	return newSolution(out, s.Tolerance)
}

// adjoint is w with Jᵀ·w = v.
func (s Root) adjoint(f Map, x *Node, args []*Node, v *Node) *Node {
	if s.Krylov == nil {
		return as(linalg.Solve(Transpose(jacobian(f, x, args), 1, 2), ExpandAxes(flat(v), -1)), x)
	}
	transposed := func(w *Node, a []*Node) *Node {
		return autodiff.Pullback([]*Node{f(a[0], a[1:])}, []*Node{w}, a[:1])[0]
	}
	return s.Krylov.Solve(transposed, append([]*Node{x}, args...), v).orNaN()
}

// direction is d [batch, n] with J·d = −value.
func (s Root) direction(f Map, x *Node, args []*Node, value *Node) *Node {
	if s.Krylov == nil {
		return Squeeze(linalg.Solve(jacobian(f, x, args), ExpandAxes(Neg(value), -1)), 2)
	}
	along := func(d *Node, a []*Node) *Node {
		return autodiff.JVP([]*Node{f(a[0], a[1:])}, a[:1], []*Node{d})[0]
	}
	return flat(s.Krylov.Solve(along, append([]*Node{x}, args...), as(Neg(value), x)).X)
}

// jacobian is ∂f/∂x of each sample, [batch, n, n].
func jacobian(f Map, x *Node, args []*Node) *Node {
	n := flat(x).Shape().Dimensions[1]
	return Reshape(autodiff.Jacobian(f(x, args), x), -1, n, n)
}

// newton is x, its change and the steps taken.
func (s Root) newton(f Map, start *Node, args []*Node) []*Node {
	change := AddScalar(ZerosLike(norm(flat(start))), 2*s.Tolerance)
	state := append([]*Node{Const(start.Graph(), int32(0)), start, change}, args...)
	out := autodiff.While(state,
		func(st []*Node) *Node { return more(st[0], st[2], s.Steps, s.Tolerance) },
		func(st []*Node) []*Node {
			x, change, args := st[1], st[2], st[3:]
			goesOn := GreaterThan(change, constant(change, s.Tolerance))
			value := f.value("Root", x, args)
			d := s.direction(f, x, args, value)
			t := s.damping(f, x, d, norm(value), goesOn, args)
			next := Add(x, as(each(goesOn, Mul(perSample(t), d), ZerosLike(d)), x))
			return append([]*Node{AddScalar(st[0], 1), next, each(goesOn, relative(d, flat(x)), change)}, args...)
		})
	return []*Node{out[1], out[2], out[0]}
}

// damping is t, [batch].
func (s Root) damping(f Map, x, d, before, goesOn *Node, args []*Node) *Node {
	if s.Halvings == 0 {
		return OnesLike(before)
	}
	// Samples that stand still or have failed have nothing to look for.
	found := LogicalOr(LogicalNot(goesOn), LogicalNot(IsFinite(norm(d))))
	state := append([]*Node{Const(x.Graph(), int32(0)), AddScalar(ZerosLike(before), 2), found, before, x, d}, args...)
	out := autodiff.While(state,
		func(st []*Node) *Node {
			tries := LessOrEqual(st[0], Const(st[0].Graph(), int32(s.Halvings)))
			return LogicalAnd(tries, LogicalAny(LogicalNot(st[2])))
		},
		func(st []*Node) []*Node {
			t, found, before, x, d, args := st[1], st[2], st[3], st[4], st[5], st[6:]
			t = Where(found, t, MulScalar(t, 0.5))
			after := norm(f.value("Root", Add(x, as(Mul(perSample(t), d), x)), args))
			falls := LessOrEqual(after, Mul(before, OneMinus(MulScalar(t, 1e-4))))
			return append([]*Node{AddScalar(st[0], 1), t, LogicalOr(found, falls), before, x, d}, args...)
		})
	return out[1]
}
