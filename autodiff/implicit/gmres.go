package implicit

import (
	"errors"
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// GMRES solves A·x = b with the x of least residual in the space of b, A·b, A²·b, …, and starts again from there.
//
// Differs from the source: vectors are made orthogonal all at once and twice over, not one after another.
// Source: Saad and Schultz 1986, section 3. bib: saad1986gmres
type GMRES struct {
	Tolerance float64 // on ‖b − A·x‖ / ‖b‖
	Space     int     // dimension of the space; n at most is of use
	Restarts  int     // spaces at most, the first included
}

// Validate says what is wrong with the settings.
func (s GMRES) Validate() error {
	var all []error
	if !(s.Tolerance > 0) {
		all = append(all, fmt.Errorf("implicit: GMRES.Tolerance = %v, want more than 0", s.Tolerance))
	}
	if s.Space < 1 {
		all = append(all, fmt.Errorf("implicit: GMRES.Space = %d, want 1 or more", s.Space))
	}
	if s.Restarts < 1 {
		all = append(all, fmt.Errorf("implicit: GMRES.Restarts = %d, want 1 or more", s.Restarts))
	}
	return errors.Join(all...)
}

// Solve is x for a function A(x, args) that is linear in x. Gradients go to args and b; they come from a solve with Aᵀ by the same
// settings. The solution's Steps are spaces.
//
// Shapes: b [batch, n…].
// DType:  float32 or float64.
// Panics: on settings that Validate refuses and other shapes.
// Cost:   Space + 1 evaluations of A a restart; Space + 2 vectors of memory.
func (s GMRES) Solve(a Map, args []*Node, b *Node) Solution {
	if err := s.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	wantUnknown("GMRES", b)
	out := autodiff.CustomVJP(append([]*Node{b}, args...),
		func(in []*Node) []*Node { return s.restarts(a, in[0], in[1:]) },
		func(in, out, v []*Node) []*Node {
			x, args := out[0], in[1:]
			transposed := func(w *Node, args []*Node) *Node {
				at := ZerosLike(w) // a linear function has one derivative everywhere
				return autodiff.Pullback([]*Node{a(at, args)}, []*Node{w}, []*Node{at})[0]
			}
			w := s.Solve(transposed, args, v[0]).orNaN()
			gradients := ofArgs(Neg(a(x, args)), w, args)
			gradients[0] = w
			return gradients
		})
	return newSolution(out, s.Tolerance)
}

// restarts is x, its residual and the restarts made.
func (s GMRES) restarts(a Map, b *Node, args []*Node) []*Node {
	zero := ZerosLike(b)
	residual := AddScalar(ZerosLike(norm(flat(b))), 2*s.Tolerance)
	state := append([]*Node{Const(b.Graph(), int32(0)), zero, residual, b, b}, args...)
	out := autodiff.While(state,
		func(st []*Node) *Node { return more(st[0], st[2], s.Restarts, s.Tolerance) },
		func(st []*Node) []*Node {
			x, before, b, r, args := st[1], st[2], st[3], st[4], st[5:]
			goesOn := GreaterThan(before, constant(before, s.Tolerance))
			step := s.space(a, r, args)
			next := Add(x, each(goesOn, step, ZerosLike(step)))
			r = Sub(b, as(a.value("GMRES", next, args), b))
			residual := Div(norm(flat(r)), safe(norm(flat(b))))
			return append([]*Node{AddScalar(st[0], 1), next, residual, b, r}, args...)
		})
	return []*Node{out[1], out[2], out[0]}
}

// space is the step of least residual within one space.
func (s GMRES) space(a Map, r *Node, args []*Node) *Node {
	g, dims, m := r.Graph(), flat(r).Shape().Dimensions, s.Space
	zeros := func(dims ...int) *Node { return Zeros(g, shapes.Make(r.DType(), dims...)) }
	length := norm(flat(r))
	basis := zeros(dims[0], m+1, dims[1])
	basis = Concatenate([]*Node{ExpandAxes(Div(flat(r), perSample(safe(length))), 1), Slice(basis, AxisRange(), AxisRange(1))}, 1)
	state := append([]*Node{basis, zeros(dims[0], m+1, m), r}, args...)
	out := autodiff.For(m, state, func(k *Node, st []*Node) []*Node {
		basis, h := arnoldi(k, a, st[0], st[1], st[2], st[3:])
		return append([]*Node{basis, h}, st[2:]...)
	})
	basis, h := out[0], out[1]
	// Columns of length one, as the diagonal of the least squares is measured by them.
	column := safe(Sqrt(ReduceAndKeep(Square(h), ReduceSum, 1)))
	start := Concatenate([]*Node{Reshape(length, -1, 1, 1), zeros(dims[0], m, 1)}, 1)
	y := Div(regularised(Div(h, column), start), Transpose(column, 1, 2))
	return as(Einsum("bkn,bk->bn", Slice(basis, AxisRange(), AxisRange(0, m)), Squeeze(y, 2)), r)
}

// arnoldi adds A·v, v the basis's vector k, as vector k+1, orthogonal to those before, whose rows after k are zero, and its
// parts as column k of h.
func arnoldi(k *Node, a Map, basis, h, like *Node, args []*Node) (basisNext, hNext *Node) {
	g, dims := basis.Graph(), basis.Shape().Dimensions
	zero := Const(g, int32(0))
	v := Reshape(DynamicSlice(basis, []*Node{zero, k, zero}, []int{dims[0], 1, dims[2]}), dims[0], dims[2])
	w := a.value("GMRES", as(v, like), args)
	size := norm(w)
	parts := Zeros(g, shapes.Make(w.DType(), dims[0], dims[1]))
	for range 2 {
		c := Einsum("bkn,bn->bk", basis, w)
		w, parts = Sub(w, Einsum("bkn,bk->bn", basis, c)), Add(parts, c)
	}
	length := norm(w)
	// What is left of a vector within the space is round-off: the space is complete.
	complete := LessOrEqual(length, MulScalar(size, 10*roundOff(w.DType())))
	length = Where(complete, ZerosLike(length), length)
	w = each(complete, ZerosLike(w), Div(w, perSample(safe(length))))

	number := Iota(g, shapes.Make(dtypes.Int32, dims[0], dims[1]), 1)
	isNext := Equal(number, AddScalar(k, 1))
	parts = Where(isNext, BroadcastToDims(perSample(length), parts.Shape().Dimensions...), parts)
	basis = DynamicUpdateSlice(basis, ExpandAxes(w, 1), []*Node{zero, AddScalar(k, 1), zero})
	return basis, DynamicUpdateSlice(h, ExpandAxes(parts, -1), []*Node{zero, zero, k})
}
