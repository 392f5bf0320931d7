package linalg

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// QR is Q with orthonormal columns and the upper triangular R with a diagonal of no negative number, A = Q·R, by
// Householder's reflections.
//
// Shapes: a [..., m, n] with m ≥ n; returns q [..., m, n] and r [..., n, n].
// DType:  float32 or float64.
// Panics: on other shapes or types.
// Where columns depend on each other, R has zeros on its diagonal and the gradient is Inf or NaN.
// Cost:   2n steps of m·n multiplications a matrix.
// Source: Golub and Van Loan 2013, algorithm 5.2.1; gradient: Liao et al. 2019.
// bib: golub2013matrix, liao2019differentiable
func QR(a *Node) (q, r *Node) {
	wantMatrices("QR", "a", a)
	if m, n := a.Shape().Dim(-2), a.Shape().Dim(-1); m < n || n == 0 {
		exceptions.Panicf("linalg: QR: a is %s, want at least as many rows as columns", a.Shape())
	}
	out := autodiff.CustomVJP([]*Node{a},
		func(in []*Node) []*Node {
			q, r := householder(stack(in[0]))
			return []*Node{unstack(q, a), unstack(r, a)}
		},
		func(_, out, v []*Node) []*Node {
			// M = R·R̄ᵀ − Q̄ᵀ·Q; Ā = (Q̄ + Q·(lower triangle of M, mirrored))·R⁻ᵀ.
			q, r := out[0], out[1]
			m := Sub(product(r, transposed(v[1])), product(transposed(v[0]), q))
			mirrored := Add(below(m, 0), transposed(below(m, 1)))
			left := Add(v[0], product(q, mirrored))
			return []*Node{transposed(Triangle{Upper: true}.Solve(r, transposed(left)))}
		})
	return out[0], out[1]
}

// householder is Q and R of a [batch, m, n]. The reflections 1 − β·v·vᵀ are kept as v in the columns of vs and β; Q is
// what they make of the unit matrix's first columns, last reflection first.
func householder(a *Node) (q, r *Node) {
	n := a.Shape().Dimensions[2]
	betas := ZerosLike(Slice(a, AxisRange(), AxisRange(0, 1)))
	s := autodiff.For(n, []*Node{a, ZerosLike(a), betas}, func(k *Node, s []*Node) []*Node {
		a, vs, betas := s[0], s[1], s[2]
		column := at(a, k, 2) // [batch, m, 1]
		rows := index(column, 1)
		x := Where(GreaterOrEqual(rows, k), column, ZerosLike(column))
		pivot := at(column, k, 1) // [batch, 1, 1]
		norm := Sqrt(ReduceAndKeep(Square(x), ReduceSum, 1))
		norm = Where(LessThan(pivot, ZerosLike(pivot)), Neg(norm), norm)
		v := choose(Equal(rows, k), Add(pivot, norm), x) // no cancellation: pivot and norm have one sign
		size := ReduceAndKeep(Square(v), ReduceSum, 1)
		isZero := Equal(size, ZerosLike(size))
		beta := Where(isZero, ZerosLike(size), Div(AddScalar(ZerosLike(size), 2), Where(isZero, OnesLike(size), size)))
		isK := Equal(index(a, 2), k)
		return []*Node{reflect(a, v, beta), choose(isK, v, vs), choose(Equal(index(betas, 2), k), beta, betas)}
	})
	vs, betas := s[1], s[2]
	q = ConvertDType(Equal(index(a, 1), index(a, 2)), a.DType())
	q = autodiff.For(n, []*Node{q, vs, betas}, func(i *Node, s []*Node) []*Node {
		k := Sub(Const(i.Graph(), int32(n-1)), i)
		return []*Node{reflect(s[0], at(s[1], k, 2), at(s[2], k, 2)), s[1], s[2]}
	})[0]
	r = above(Slice(s[0], AxisRange(), AxisRange(0, n)), 0)
	sign := Where(LessThan(diagonal(r), ZerosLike(diagonal(r))), Neg(OnesLike(diagonal(r))), OnesLike(diagonal(r)))
	return Mul(q, ExpandAxes(sign, 1)), Mul(r, ExpandAxes(sign, -1))
}

// reflect is (1 − β·v·vᵀ)·x.
func reflect(x, v, beta *Node) *Node {
	along := ReduceAndKeep(Mul(x, v), ReduceSum, 1) // [batch, 1, columns]
	return Sub(x, Mul(v, Mul(beta, along)))
}

// LeastSquares is the x with the least ‖A·x − b‖₂, by [QR].
//
// Shapes: a [..., m, n] with m ≥ n, b [..., m, k] with the same leading axes; returns [..., n, k].
// Panics: on other shapes or types.
// Columns that depend on each other give Inf or NaN.
func LeastSquares(a, b *Node) *Node {
	wantMatrices("LeastSquares", "a", a)
	wantRight("LeastSquares", a, b)
	q, r := QR(a)
	return Triangle{Upper: true}.Solve(r, product(transposed(q), b))
}
