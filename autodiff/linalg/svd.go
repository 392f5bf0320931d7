package linalg

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// SVD is the thin singular value decomposition A = U·diag(s)·Vᵀ with falling singular values. The signs of a pair of
// columns of U and V are open.
//
// Where singular values are equal, the gradient leaves out how their vectors turn into each other, as that of
// [SymmetricEigen] does; a singular value of zero makes the gradient of its left vector Inf or NaN.
//
// Shapes: a [..., m, n], k = min(m, n); returns u [..., m, k], s [..., k], v [..., n, k].
// DType:  float32 or float64.
// Panics: on other shapes or types.
// A matrix with NaN or Inf gives NaN. A column of U of a singular value of zero is zero.
// Cost:   6 to 10 sweeps of k−1 rounds of max(m, n)·k rotations a matrix.
// Source: Golub and Van Loan 2013, section 8.6.3 (one-sided Jacobi); gradient: Townsend 2016.
// bib: golub2013matrix, townsend2016differentiating
func SVD(a *Node) (u, s, v *Node) {
	wantMatrices("SVD", "a", a)
	if a.Shape().Dim(-2) < a.Shape().Dim(-1) {
		v, s, u = SVD(transposed(a))
		return u, s, v
	}
	out := autodiff.CustomVJP([]*Node{a},
		func(in []*Node) []*Node {
			u, s, v := jacobiSVD(stack(in[0]))
			d := append([]int{}, a.Shape().Dimensions...)
			lead := d[:len(d)-2]
			return []*Node{unstack(u, a), Reshape(s, append(lead, d[len(d)-1])...), unstack(v, a)}
		},
		func(_, out, bar []*Node) []*Node { return []*Node{svdGradient(out[0], out[1], out[2], bar)} })
	return out[0], out[1], out[2]
}

// svdGradient is Ā from those of U, s and V, with F = 1/(sⱼ² − sᵢ²) and V square:
//
//	Ā = (U·(F∘(UᵀŪ − ŪᵀU)·S + S·(F∘(VᵀV̄ − V̄ᵀV)) + diag(s̄)) + (1 − U·Uᵀ)·Ū·S⁻¹)·Vᵀ
func svdGradient(u, s, v *Node, bar []*Node) *Node {
	uBar, sBar, vBar := bar[0], bar[1], bar[2]
	row, column := ExpandAxes(s, -2), ExpandAxes(s, -1)
	gaps, sum := inverseGaps(s), Add(row, column)
	f := Div(gaps, Where(Equal(sum, ZerosLike(sum)), OnesLike(sum), sum)) // two zeros have no gap
	turn := func(x, xBar *Node) *Node {
		g := product(transposed(x), xBar)
		return Mul(f, Sub(g, transposed(g)))
	}
	inner := Add(Mul(turn(u, uBar), row), Mul(column, turn(v, vBar)))
	inner = Add(inner, Mul(identity(v), ExpandAxes(sBar, -1)))
	left := product(u, inner)
	if u.Shape().Dim(-2) > u.Shape().Dim(-1) {
		outside := Sub(uBar, product(u, product(transposed(u), uBar)))
		left = Add(left, Div(outside, row))
	}
	return product(left, transposed(v))
}

// jacobiSVD makes the columns of a [batch, m, n], m ≥ n, orthogonal by rotations of pairs of them: a·V = U·diag(s).
func jacobiSVD(a *Node) (u, s, v *Node) {
	m, n := a.Shape().Dimensions[1], a.Shape().Dimensions[2]
	a, scale := withinRange(a)
	x := evenPad(a, 2)
	even := x.Shape().Dimensions[2]
	unit := Ones(a.Graph(), shapes.Make(a.DType(), a.Shape().Dimensions[0], even, even))
	round := func(s []*Node) []*Node {
		p, q := halves(s[0], 2)
		sum := func(x *Node) *Node { return ReduceAndKeep(x, ReduceSum, 1) }
		cosine, sine := rotation(sum(Square(p)), sum(Square(q)), sum(Mul(p, q)))
		return []*Node{nextRound(rotate(s[0], cosine, sine, 2), 2), nextRound(rotate(s[1], cosine, sine, 2), 2)}
	}
	// The largest cosine between two columns; columns of round-off count by their size against the matrix.
	rest := func(s []*Node) (rest, limit *Node) {
		gram := Einsum("bij,bik->bjk", s[0], s[0])
		norms := Sqrt(diagonal(gram))
		all := MulScalar(ReduceAndKeep(Square(norms), ReduceSum, 1), epsilon(a.DType()))
		scale := Max(Mul(ExpandAxes(norms, 1), ExpandAxes(norms, -1)), ExpandAxes(all, -1))
		off := LogicalAnd(NotEqual(index(gram, 1), index(gram, 2)), GreaterThan(scale, ZerosLike(scale)))
		cosines := Where(off, Div(Abs(gram), Where(off, scale, OnesLike(scale))), ZerosLike(gram))
		rest = ReduceMax(cosines, 1, 2)
		return rest, AddScalar(ZerosLike(rest), epsilon(a.DType())*float64(m))
	}
	out := sweeps(even, []*Node{x, identity(unit)}, round, rest)
	u = Slice(out[0], AxisRange(), AxisRange(), AxisRange(0, n))
	v = Slice(out[1], AxisRange(), AxisRange(0, n), AxisRange(0, n))
	s = Sqrt(ReduceSum(Square(u), 1))
	sorted := order(Neg(s))
	s = ReduceAndKeep(Mul(ExpandAxes(s, -1), sorted), ReduceSum, 1) // [batch, 1, n]
	isZero := Equal(s, ZerosLike(s))
	u = Div(Einsum("bij,bjk->bik", u, sorted), Where(isZero, OnesLike(s), s))
	return u, Squeeze(Mul(s, scale), 1), Einsum("bij,bjk->bik", v, sorted)
}

// Polar is A = W·H with orthonormal columns W and positive semidefinite H.
//
// Shapes: a [..., m, n] with m ≥ n; returns w [..., m, n] and h [..., n, n].
// DType:  float32 or float64.
// Panics: on other shapes or types.
// Columns that depend on each other leave W open and make its gradient Inf or NaN; equal singular values are no matter.
// Cost:   one [SVD], and one more for the gradient.
// Source: Higham 2008, section 8.1. bib: higham2008functions
func Polar(a *Node) (w, h *Node) {
	wantMatrices("Polar", "a", a)
	if a.Shape().Dim(-2) < a.Shape().Dim(-1) {
		exceptions.Panicf("linalg: Polar: a is %s, want at least as many rows as columns", a.Shape())
	}
	w = autodiff.CustomVJP([]*Node{a},
		func(in []*Node) []*Node {
			u, _, v := SVD(in[0])
			return []*Node{product(u, transposed(v))}
		},
		func(in, _, bar []*Node) []*Node {
			// With X = Uᵀ·dA·V and Ω = Uᵀ·dW·V: X − Xᵀ = Ω·S + S·Ω.
			u, s, v := SVD(in[0])
			row, column := ExpandAxes(s, -2), ExpandAxes(s, -1)
			right := product(bar[0], v)
			y := product(transposed(u), right)
			left := product(u, Div(Sub(y, transposed(y)), Add(row, column)))
			if u.Shape().Dim(-2) > u.Shape().Dim(-1) {
				left = Add(left, Div(Sub(right, product(u, y)), row))
			}
			return []*Node{product(left, transposed(v))}
		})[0]
	return w, symmetric(product(transposed(w), a))
}
