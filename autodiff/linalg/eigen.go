package linalg

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// SymmetricEigen is the eigenvalues, rising, and orthonormal eigenvectors, as columns, of symmetric matrices: A·V = V·diag(w). The
// mean of a and its transposed is taken for A. An eigenvector's sign is open.
//
// Where eigenvalues are equal, their eigenvectors are any basis of a subspace and have no derivative. The gradient then
// leaves out how they turn into each other: it is right for functions that do not depend on the basis, and finite for
// all. Eigenvalues count as equal within n times the round-off of the largest.
//
// Shapes: a [..., n, n]; returns w [..., n] and v [..., n, n].
// DType:  float32 or float64.
// Panics: on other shapes or types.
// A matrix with NaN or Inf gives NaN.
// Cost:   6 to 10 sweeps of n−1 rounds of n² rotations a matrix.
// Source: Golub and Van Loan 2013, section 8.5 (parallel Jacobi); gradient: Giles 2008, section 3.1.
// bib: golub2013matrix, giles2008collected
func SymmetricEigen(a *Node) (w, v *Node) {
	wantSquare("SymmetricEigen", "a", a)
	out := autodiff.CustomVJP([]*Node{symmetric(a)},
		func(in []*Node) []*Node {
			w, v := jacobiEigen(stack(in[0]))
			d := a.Shape().Dimensions
			return []*Node{Reshape(w, d[:len(d)-1]...), unstack(v, a)}
		},
		func(_, out, bar []*Node) []*Node {
			// Ā = V·(diag(w̄) + sym(F ∘ (Vᵀ·V̄)))·Vᵀ with F the inverse gaps.
			w, v := out[0], out[1]
			turned := Mul(inverseGaps(w), product(transposed(v), bar[1]))
			inner := Add(Mul(identity(v), ExpandAxes(bar[0], -1)), symmetric(turned))
			return []*Node{product(v, product(inner, transposed(v)))}
		})
	return out[0], out[1]
}

// jacobiEigen diagonalises a [batch, n, n], n/2 rotations at once.
func jacobiEigen(a *Node) (w, v *Node) {
	n := a.Shape().Dimensions[1]
	a, scale := withinRange(a)
	size := Sqrt(ReduceSum(Square(a), 1, 2))
	x := evenPad(evenPad(a, 1), 2)
	even := x.Shape().Dimensions[1]
	round := func(s []*Node) []*Node {
		x, v := s[0], s[1]
		top, bottom := halves(x, 1)
		p, q := halves(top, 2)
		_, r := halves(bottom, 2)
		cosine, sine := rotation(diagonal(p), diagonal(r), diagonal(q))
		x = rotate(x, ExpandAxes(cosine, -1), ExpandAxes(sine, -1), 1)
		cosine, sine = ExpandAxes(cosine, 1), ExpandAxes(sine, 1)
		x, v = rotate(x, cosine, sine, 2), rotate(v, cosine, sine, 2)
		return []*Node{nextRound(nextRound(x, 1), 2), nextRound(v, 2), s[2]}
	}
	rest := func(s []*Node) (rest, limit *Node) {
		off := Where(Equal(index(s[0], 1), index(s[0], 2)), ZerosLike(s[0]), s[0])
		return Sqrt(ReduceSum(Square(off), 1, 2)), MulScalar(s[2], epsilon(x.DType()))
	}
	s := sweeps(even, []*Node{x, identity(x), size}, round, rest)
	w = Slice(diagonal(s[0]), AxisRange(), AxisRange(0, n))
	v = Slice(s[1], AxisRange(), AxisRange(0, n), AxisRange(0, n))
	sorted := order(w)
	w = Mul(Reshape(Einsum("bij,bjk->bik", ExpandAxes(w, 1), sorted), -1, n), Squeeze(scale, 2))
	return w, Einsum("bij,bjk->bik", v, sorted)
}
