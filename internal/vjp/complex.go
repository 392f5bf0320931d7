package vjp

import (
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
)

// holomorphic are the operations whose rule in GoMLX is v·f′(z) with f′ a function of z alone. GoMLX has no sine, hyperbolic
// tangent or logistic function of complex numbers.
func holomorphic() []NodeType {
	return []NodeType{
		NodeTypeMul, NodeTypeDiv, NodeTypePow, NodeTypeSqrt, NodeTypeExp, NodeTypeLog, NodeTypeLog1p,
	}
}

// conjugated makes of a rule v·f′(z) the right one for complex numbers, v·conj(f′(z)).
func conjugated(rule VJP) VJP {
	return func(node *Node, v []*Node, shape shapes.Shape) []*Node {
		if !node.DType().IsComplex() {
			return rule(node, v, shape)
		}
		gradients := rule(node, []*Node{Conj(v[0])}, shape)
		for i, x := range gradients {
			if x != nil {
				gradients[i] = Conj(x)
			}
		}
		return gradients
	}
}

// conjugate is conj(x), and x where that is real.
func conjugate(x *Node) *Node {
	if x.DType().IsComplex() {
		return Conj(x)
	}
	return x
}

// modulus is v·z/|z| for complex numbers, 0 at z = 0.
func modulus(rule VJP) VJP {
	return func(node *Node, v []*Node, shape shapes.Shape) []*Node {
		z := node.Inputs()[0]
		if !z.DType().IsComplex() {
			return rule(node, v, shape)
		}
		isZero := Equal(node, ZerosLike(node))
		scale := Div(Where(isZero, ZerosLike(node), v[0]), Where(isZero, OnesLike(node), node))
		return []*Node{Complex(Mul(scale, Real(z)), Mul(scale, Imag(z)))}
	}
}

// fromParts is the rule of re + i·im, either of which may be a scalar.
func fromParts(node, v *Node) []*Node {
	in := node.Inputs()
	return []*Node{unbroadcast(Real(v), in[0]), unbroadcast(Imag(v), in[1])}
}
