package linalg

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// Cholesky is the lower triangular L with L·Lᵀ = A and a positive diagonal, of positive definite matrices. The mean of a
// and its transposed is taken for A.
//
// Shapes: a [..., n, n]; returns [..., n, n].
// DType:  float32 or float64.
// Panics: on other shapes or types.
// A matrix that is not positive definite gives NaN.
// Cost:   n steps of n² multiplications a matrix; two triangular solves for the gradient.
// Source: Golub and Van Loan 2013, algorithm 4.2.2; Murray 2016. bib: golub2013matrix, murray2016cholesky
func Cholesky(a *Node) *Node {
	wantSquare("Cholesky", "a", a)
	return autodiff.CustomVJP([]*Node{symmetric(a)},
		func(in []*Node) []*Node {
			x := stack(in[0])
			s := autodiff.For(x.Shape().Dimensions[1], []*Node{x}, choleskyColumn)
			return []*Node{unstack(below(s[0], 0), a)}
		},
		func(_, out, v []*Node) []*Node {
			// Ā = sym(L⁻ᵀ·Φ(Lᵀ·L̄)·L⁻¹), Φ the lower triangle with half of the diagonal.
			l, back := out[0], Triangle{Transposed: true}
			p := product(transposed(l), v[0])
			p = MulScalar(Add(below(p, 0), below(p, 1)), 0.5)
			return []*Node{symmetric(back.Solve(l, transposed(back.Solve(l, p))))}
		})[0]
}

// symmetric is the mean of matrices and their transposed.
func symmetric(a *Node) *Node { return MulScalar(Add(a, transposed(a)), 0.5) }

// choleskyColumn finishes column k and takes its share from the columns that follow.
func choleskyColumn(k *Node, s []*Node) []*Node {
	a := s[0]
	rows, columns := index(a, 1), index(a, 2)
	column := at(a, k, 2) // [batch, n, 1]
	column = Div(column, Sqrt(at(column, k, 1)))
	share := Mul(column, transposed(column))
	a = Where(LogicalAnd(GreaterThan(rows, k), GreaterThan(columns, k)), Sub(a, share), a)
	return []*Node{choose(Equal(columns, k), column, a)}
}

// SolveCholesky is x with L·Lᵀ·x = b.
//
// Shapes: l [..., n, n] lower triangular, b [..., n, k] with the same leading axes; returns [..., n, k].
// Panics: on other shapes or types.
func SolveCholesky(l, b *Node) *Node {
	wantSquare("SolveCholesky", "l", l)
	wantRight("SolveCholesky", l, b)
	return Triangle{Transposed: true}.Solve(l, Triangle{}.Solve(l, b))
}
