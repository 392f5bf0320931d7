package linalg

import (
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// Inverse is A⁻¹ [..., n, n]. To solve a system, [LU.Solve] is quicker and rounds less. A singular matrix gives Inf or NaN.
func (f LU) Inverse() *Node { return f.Solve(identity(f.a)) }

// Det is A's determinant, of shape [...]. Its gradient, det·A⁻ᵀ, is Inf or NaN at a singular A.
func (f LU) Det() *Node {
	return f.scalar(
		func() *Node { return Mul(f.sign(), ReduceMultiply(f.pivots(), 1)) },
		func(det, v *Node) *Node { return Mul(v, det) })
}

// LogDet is the logarithm of the modulus of A's determinant and its sign, −1, 0 or 1, each of shape [...]. The sign has
// zero gradients. A singular A gives −Inf.
func (f LU) LogDet() (logAbs, sign *Node) {
	logAbs = f.scalar(
		func() *Node { return ReduceSum(Log(Abs(f.pivots())), 1) },
		func(_, v *Node) *Node { return v })
	signs := Mul(f.sign(), ReduceMultiply(Sign(f.pivots()), 1))
	return logAbs, StopGradient(Reshape(signs, logAbs.Shape().Dimensions...))
}

// scalar is a number a matrix whose gradient is a multiple of A⁻ᵀ.
func (f LU) scalar(value func() *Node, multiple func(out, v *Node) *Node) *Node {
	d := f.a.Shape().Dimensions
	lead := d[:len(d)-2]
	return autodiff.CustomVJP([]*Node{f.a},
		func([]*Node) []*Node { return []*Node{Reshape(value(), lead...)} },
		func(_, out, v []*Node) []*Node {
			return []*Node{Mul(ExpandAxes(multiple(out[0], v[0]), -2, -1), f.SolveTransposed(identity(f.a)))}
		})[0]
}

// pivots is U's diagonal [batch, n].
func (f LU) pivots() *Node { return diagonal(f.packed) }

// sign is P's determinant [batch]: −1 for an odd number of pairs that are out of order.
func (f LU) sign() *Node {
	before := LessThan(index(f.packed, 1), index(f.packed, 2))
	swapped := GreaterThan(ExpandAxes(f.perm, -1), ExpandAxes(f.perm, 1))
	odd := ModScalar(ReduceSum(ConvertDType(LogicalAnd(before, swapped), f.packed.DType()), 1, 2), 2)
	return OneMinus(MulScalar(odd, 2))
}
