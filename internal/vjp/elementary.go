package vjp

import (
	. "github.com/gomlx/gomlx/core/graph"
)

// constant are the operations whose answer does not change with small changes of their inputs.
func constant() []NodeType {
	return []NodeType{
		NodeTypeFloor, NodeTypeCeil, NodeTypeRound, NodeTypeArgMinMax, NodeTypeIsFinite, NodeTypeIsNaN,
		NodeTypeEqual, NodeTypeNotEqual, NodeTypeGreaterThan, NodeTypeGreaterOrEqual, NodeTypeLessThan, NodeTypeLessOrEqual,
		NodeTypeEqualTotalOrder, NodeTypeNotEqualTotalOrder, NodeTypeGreaterThanTotalOrder, NodeTypeGreaterOrEqualTotalOrder,
		NodeTypeLessThanTotalOrder, NodeTypeLessOrEqualTotalOrder,
	}
}

// elementary are the rules that GoMLX lacks.
func elementary() map[NodeType]VJP {
	return map[NodeType]VJP{
		NodeTypeIdentity:      single(func(_, v *Node) []*Node { return []*Node{v} }),
		NodeTypeExpm1:         conjugated(single(func(y, v *Node) []*Node { return []*Node{Mul(v, OnePlus(y))} })),
		NodeTypeRsqrt:         conjugated(single(func(y, v *Node) []*Node { return []*Node{MulScalar(Mul(v, Mul(y, Square(y))), -0.5)} })),
		NodeTypeReverse:       single(func(y, v *Node) []*Node { return []*Node{Reverse(v, param[[]int](y, "axes")...)} }),
		NodeTypeAtan2:         single(atan2),
		NodeTypeClamp:         single(clamp),
		NodeTypeRem:           single(remainder),
		NodeTypeReduceProduct: conjugated(single(reduceProduct)),
	}
}

// atan2 is the rule of the angle of (x, y).
func atan2(node, v *Node) []*Node {
	y, x := node.Inputs()[0], node.Inputs()[1]
	scale := Div(v, Add(Square(x), Square(y)))
	return []*Node{unbroadcast(Mul(scale, x), y), unbroadcast(Neg(Mul(scale, y)), x)}
}

// clamp hands v to the one of the three that is the answer; at a tie that is x.
func clamp(node, v *Node) []*Node {
	low, x, high := node.Inputs()[0], node.Inputs()[1], node.Inputs()[2]
	zero := ZerosLike(v)
	isLow, isHigh := LessThan(x, low), GreaterThan(x, high)
	return []*Node{
		unbroadcast(Where(isLow, v, zero), low),
		Where(LogicalOr(isLow, isHigh), zero, v),
		unbroadcast(Where(isHigh, v, zero), high),
	}
}

// remainder is the rule of x − y·trunc(x/y).
func remainder(node, v *Node) []*Node {
	x, y := node.Inputs()[0], node.Inputs()[1]
	quotient := Div(x, y)
	whole := Mul(Sign(quotient), Floor(Abs(quotient)))
	return []*Node{unbroadcast(v, x), unbroadcast(Neg(Mul(v, whole)), y)}
}

// reduceProduct gives each factor the product of the others, without a division, so that factors may be zero.
func reduceProduct(node, v *Node) []*Node {
	x, axes := node.Inputs()[0], param[[]int](node, "axes")
	if len(axes) == 0 {
		axes = count(0, x.Rank())
	}
	// The reduced axes become the last one.
	order, size := []int{}, 1
	reduced := make([]bool, x.Rank())
	for _, axis := range axes {
		reduced[axis] = true
	}
	for axis := range reduced {
		if !reduced[axis] {
			order = append(order, axis)
		}
	}
	for axis, d := range x.Shape().Dimensions {
		if reduced[axis] {
			order = append(order, axis)
			size *= d
		}
	}
	moved := TransposeAllAxes(x, order...)
	factors := Reshape(moved, -1, size)
	others := Mul(productBefore(factors), Reverse(productBefore(Reverse(factors, 1)), 1))
	back := make([]int, len(order))
	for to, from := range order {
		back[from] = to
	}
	gradient := Mul(Reshape(v, -1, 1), others)
	return []*Node{TransposeAllAxes(Reshape(gradient, moved.Shape().Dimensions...), back...)}
}

// productBefore is the product of the factors [rows, n] before each one of its row, by doubling.
func productBefore(factors *Node) *Node {
	n := factors.Shape().Dimensions[1]
	delay := func(x *Node, by int) *Node {
		ones := OnesLike(Slice(x, AxisRange(), AxisRange(0, by)))
		return Concatenate([]*Node{ones, Slice(x, AxisRange(), AxisRange(0, n-by))}, 1)
	}
	if n == 1 {
		return OnesLike(factors)
	}
	before := delay(factors, 1)
	for by := 1; by < n-1; by *= 2 {
		before = Mul(before, delay(before, by))
	}
	return before
}
