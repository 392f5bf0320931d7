package linalg

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// stack is the matrices of x [..., rows, columns] as [batch, rows, columns].
func stack(x *Node) *Node {
	d := x.Shape().Dimensions
	return Reshape(x, shapes.Make(dtypes.Int32, d[:len(d)-2]...).Size(), d[len(d)-2], d[len(d)-1])
}

// unstack gives the result of a stack the leading axes of like.
func unstack(x, like *Node) *Node {
	d := like.Shape().Dimensions
	lead := append([]int{}, d[:len(d)-2]...)
	return Reshape(x, append(lead, x.Shape().Dimensions[1:]...)...)
}

// wantMatrices panics unless x is [..., rows, columns] of a floating-point type.
func wantMatrices(fn, name string, x *Node) {
	if x.Rank() < 2 || !x.DType().IsFloat() {
		exceptions.Panicf("linalg: %s: %s is %s, want matrices [..., rows, columns] of a floating-point type", fn, name, x.Shape())
	}
}

// wantSquare panics unless x is [..., n, n] of a floating-point type.
func wantSquare(fn, name string, x *Node) {
	wantMatrices(fn, name, x)
	if r, c := x.Shape().Dim(-2), x.Shape().Dim(-1); r != c || r == 0 {
		exceptions.Panicf("linalg: %s: %s is %s, want square matrices", fn, name, x.Shape())
	}
}

// wantRight panics unless b [..., n, k] is a right side for a [..., n, columns] of the same type and leading axes.
func wantRight(fn string, a, b *Node) {
	wantMatrices(fn, "b", b)
	if b.DType() != a.DType() {
		exceptions.Panicf("linalg: %s: b is %s, want %s as a", fn, b.DType(), a.DType())
	}
	da, db := a.Shape().Dimensions, b.Shape().Dimensions
	same := len(da) == len(db)
	for i := 0; same && i < len(da)-1; i++ {
		same = da[i] == db[i]
	}
	if !same {
		exceptions.Panicf("linalg: %s: b is %s, want a's leading axes and rows of %s", fn, b.Shape(), a.Shape())
	}
}

// transposed is xᵀ for the last two axes.
func transposed(x *Node) *Node { return Transpose(x, -2, -1) }

// product is x·y for the last two axes, with the same leading axes.
func product(x, y *Node) *Node {
	return unstack(Einsum("bij,bjk->bik", stack(x), stack(y)), x)
}

// index is 0, 1, … along an axis of an array of this shape.
func index(like *Node, axis int) *Node {
	return Iota(like.Graph(), shapes.Make(dtypes.Int32, like.Shape().Dimensions...), axis)
}

// below is x [..., n, m] where its row's number is above its column's by at least k, and zero elsewhere; above is the other side.
func below(x *Node, k int) *Node {
	return Where(GreaterOrEqual(index(x, -2), AddScalar(index(x, -1), k)), x, ZerosLike(x))
}

// above is x [..., n, m] where its column's number is above its row's by at least k, and zero elsewhere.
func above(x *Node, k int) *Node {
	return Where(GreaterOrEqual(index(x, -1), AddScalar(index(x, -2), k)), x, ZerosLike(x))
}

// at is slice i of x [batch, n, m] along an axis that is kept, 1 long; i is a node.
func at(x, i *Node, axis int) *Node {
	start := make([]*Node, x.Rank())
	for k := range start {
		start[k] = Const(x.Graph(), int32(0))
	}
	start[axis] = i
	size := append([]int{}, x.Shape().Dimensions...)
	size[axis] = 1
	return DynamicSlice(x, start, size)
}

// identity is unit matrices of x's shape.
func identity(x *Node) *Node {
	return ConvertDType(Equal(index(x, -2), index(x, -1)), x.DType())
}

// choose is yes where cond holds and no elsewhere; axes that are 1 long are repeated.
func choose(cond, yes, no *Node) *Node {
	dims := append([]int{}, no.Shape().Dimensions...)
	for _, x := range []*Node{cond, yes} {
		for i, d := range x.Shape().Dimensions {
			dims[i] = max(dims[i], d)
		}
	}
	return Where(BroadcastToDims(cond, dims...), BroadcastToDims(yes, dims...), BroadcastToDims(no, dims...))
}

// diagonal is the diagonal of x [batch, n, n] as [batch, n].
func diagonal(x *Node) *Node {
	return ReduceSum(Where(Equal(index(x, 1), index(x, 2)), x, ZerosLike(x)), 2)
}
