package linalg

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/backend"
)

// LU is matrices A [..., n, n] factored once by [FactorLU], to solve with many right sides.
type LU struct {
	a      *Node // [..., n, n], where gradients go
	packed *Node // [batch, n, n]: U on and above the diagonal, L below it without its unit diagonal
	perm   *Node // [batch, n], int32: row i of P·A is row perm[i] of A
}

// leastNative is the order from which OpenBLAS's routines, where they are at hand, are faster than loops in the graph; smaller
// matrices come in large batches, which the loops share.
const leastNative = 8

// FactorLU factors matrices as P·A = L·U by elimination with partial pivoting.
//
// Shapes: a [..., n, n].
// DType:  float32 or float64.
// Panics: on other shapes or types.
// A singular matrix gives zeros on U's diagonal, and what is solved with it is Inf or NaN.
// Cost:   n steps of n² multiplications a matrix: meant for n up to about 64, or any in float64 with OpenBLAS.
// Source: Golub and Van Loan 2013, algorithm 3.4.1. bib: golub2013matrix
func FactorLU(a *Node) LU {
	wantSquare("FactorLU", "a", a)
	x := stack(StopGradient(a))
	if x.Shape().Dim(1) >= leastNative {
		if packed, perm, ok := backend.LU(x); ok {
			return LU{a: a, packed: packed, perm: perm}
		}
	}
	perm := Iota(a.Graph(), shapes.Make(dtypes.Int32, x.Shape().Dimensions[:2]...), 1)
	s := autodiff.For(x.Shape().Dimensions[1]-1, []*Node{x, perm}, eliminate)
	return LU{a: a, packed: s[0], perm: s[1]}
}

// eliminate brings the largest entry of column k, from row k on, to the diagonal and takes multiples of its row from
// those below.
func eliminate(k *Node, s []*Node) []*Node {
	a, perm := s[0], s[1]
	numbers := index(perm, 1) // [batch, n]
	column := Squeeze(at(a, k, 2), 2)
	size := Where(GreaterOrEqual(numbers, k), Abs(column), Neg(OnesLike(column)))
	pivot := ExpandAxes(ArgMax(size, 1, dtypes.Int32), -1) // [batch, 1]

	isK, isPivot := Equal(numbers, k), Equal(numbers, pivot)
	permPivot := ReduceAndKeep(Where(isPivot, perm, ZerosLike(perm)), ReduceSum, 1)
	permK := DynamicSlice(perm, []*Node{Const(a.Graph(), int32(0)), k}, []int{perm.Shape().Dimensions[0], 1})
	perm = choose(isK, permPivot, choose(isPivot, permK, perm))

	isK, isPivot = ExpandAxes(isK, -1), ExpandAxes(isPivot, -1)
	rowPivot := ReduceAndKeep(choose(isPivot, a, ZerosLike(a)), ReduceSum, 1) // [batch, 1, n]
	a = choose(isK, rowPivot, choose(isPivot, at(a, k, 1), a))

	factor := Div(at(a, k, 2), at(rowPivot, k, 2))
	rows, columns := index(a, 1), index(a, 2)
	follows := GreaterThan(rows, k)
	a = Where(LogicalAnd(follows, GreaterThan(columns, k)), Sub(a, Mul(factor, rowPivot)), a)
	return []*Node{choose(LogicalAnd(follows, Equal(columns, k)), factor, a), perm}
}

// State is the factors as nodes, to carry them in a loop's state; [LUFromState] takes them up again.
func (f LU) State() []*Node { return []*Node{f.a, f.packed, f.perm} }

// LUFromState is the factors that [LU.State] laid out.
//
// Panics: if it is not three nodes.
func LUFromState(state []*Node) LU {
	if len(state) != 3 {
		exceptions.Panicf("linalg: LUFromState: %d nodes, want the 3 of LU.State", len(state))
	}
	return LU{a: state[0], packed: state[1], perm: state[2]}
}

// Solve is x with A·x = b.
//
// Shapes: b [..., n, k] with A's leading axes; returns [..., n, k].
// Panics: on other shapes or another type than A's.
// Cost:   2n steps of n·k multiplications a matrix; as much for the gradient, which uses the same factors.
func (f LU) Solve(b *Node) *Node {
	wantRight("LU.Solve", f.a, b)
	return f.solve(b, false)
}

// SolveTransposed is x with Aᵀ·x = b; see [LU.Solve].
func (f LU) SolveTransposed(b *Node) *Node {
	wantRight("LU.SolveTransposed", f.a, b)
	return f.solve(b, true)
}

// Matrices is P, L and U with P·A = L·U, each [..., n, n]; they have no gradients, what is solved has.
func (f LU) Matrices() (p, l, u *Node) {
	p, packed := unstack(f.permutation(), f.a), unstack(f.packed, f.a)
	return p, Add(below(packed, 1), identity(packed)), above(packed, 0)
}

// SolveVector is x with A·x = b for b [..., n]; returns [..., n].
func (f LU) SolveVector(b *Node) *Node {
	return Squeeze(f.Solve(ExpandAxes(b, -1)), -1)
}

// solve treats the factors as constants and A as what the answer depends on, so that a gradient costs one solve more and
// every derivative uses the same factors.
func (f LU) solve(b *Node, transpose bool) *Node {
	return autodiff.CustomVJP([]*Node{f.a, b},
		func(in []*Node) []*Node { return []*Node{unstack(f.substitute(stack(in[1]), transpose), b)} },
		func(_, out, v []*Node) []*Node {
			// A·dx = db − dA·x, so that b̄ = A⁻ᵀ·x̄ and Ā = −b̄·xᵀ.
			bBar := f.solve(v[0], !transpose)
			aBar := Neg(product(bBar, transposed(out[0])))
			if transpose {
				aBar = transposed(aBar)
			}
			return []*Node{aBar, bBar}
		})[0]
}

// substitute is U⁻¹·L⁻¹·P·b, or Pᵀ·L⁻ᵀ·U⁻ᵀ·b.
func (f LU) substitute(b *Node, transpose bool) *Node {
	l, u := Triangle{Unit: true, Transposed: transpose}, Triangle{Upper: true, Transposed: transpose}
	p := f.permutation()
	if transpose {
		return Einsum("bji,bjk->bik", p, l.substitute(f.packed, u.substitute(f.packed, b)))
	}
	return u.substitute(f.packed, l.substitute(f.packed, Einsum("bij,bjk->bik", p, b)))
}

// permutation is P [batch, n, n].
func (f LU) permutation() *Node {
	like := f.packed
	return ConvertDType(Equal(ExpandAxes(f.perm, -1), index(like, 2)), like.DType())
}

// Solve is x with A·x = b. To solve with one A many times, keep its [FactorLU].
//
// Shapes: a [..., n, n], b [..., n, k] with the same leading axes; returns [..., n, k].
// DType:  float32 or float64, the same for both.
// Panics: on other shapes or types.
// A singular matrix gives Inf or NaN.
func Solve(a, b *Node) *Node {
	wantSquare("Solve", "a", a)
	wantRight("Solve", a, b)
	return FactorLU(a).Solve(b)
}
