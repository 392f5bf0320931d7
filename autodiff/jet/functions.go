package jet

import (
	"math"

	"github.com/gomlx/gomlx/core/graph"
)

// Chain is y = f(z) where f' is known at z as a jet: the value and the derivatives by y' = f'(z) z'. It makes a rule of any
// elementwise function whose derivative has one.
//
// Shapes: value and slope as z.
func Chain(z Jet, value *graph.Node, slope Jet) Jet {
	return chained(z, value, func(_ Jet, p int) *graph.Node { return slope.at(p) })
}

// chained is y = f(z) with f'(z) = slope, coefficient by coefficient: that of entry p may use y up to p.
func chained(z Jet, value *graph.Node, slope func(y Jet, p int) *graph.Node) Jet {
	y := Jet{z.table, make([]*graph.Node, len(z.c))}
	y.c[0] = value
	if len(z.c) == 1 {
		return y
	}
	v := Jet{z.table, make([]*graph.Node, len(z.c))}
	v.c[0] = slope(y, 0)
	for p := 1; p < len(z.c); p++ {
		y.c[p] = z.table.sum(z.table.chain[p], p, z, v)
		v.c[p] = slope(y, p)
	}
	return y
}

// Exp is e^z.
func Exp(z Jet) Jet {
	return chained(z, graph.Exp(z.c[0]), func(y Jet, p int) *graph.Node { return y.c[p] })
}

// Log is the natural logarithm, by z y' = z'.
func Log(z Jet) Jet {
	y := Jet{z.table, make([]*graph.Node, len(z.c))}
	y.c[0] = graph.Log(z.c[0])
	for p := 1; p < len(z.c); p++ {
		rest := z.table.sum(without(z.table.chain[p], p), p, y, z)
		y.c[p] = z.table.over(minus(z.c[p], rest), z.c[0], p)
	}
	return y
}

// Sqrt is the square root, by y² = z.
func Sqrt(z Jet) Jet {
	y := Jet{z.table, make([]*graph.Node, len(z.c))}
	y.c[0] = graph.Sqrt(z.c[0])
	for p := 1; p < len(z.c); p++ {
		var lower []pair
		for _, q := range z.table.product[p] {
			if q.left != 0 && q.right != 0 {
				lower = append(lower, q)
			}
		}
		y.c[p] = z.table.over(minus(z.c[p], y.square(p, lower)), graph.MulScalar(y.c[0], 2), p)
	}
	return y
}

// Pow is z^n for a constant n and positive z, by z y' = n y z'. [Power] serves whole exponents at any z.
func Pow(z Jet, n float64) Jet {
	y := Jet{z.table, make([]*graph.Node, len(z.c))}
	y.c[0] = graph.PowScalar(z.c[0], n)
	for p := 1; p < len(z.c); p++ {
		pairs := z.table.chain[p]
		rest := z.table.sum(without(pairs, p), p, y, z)
		y.c[p] = z.table.over(minus(scaled(z.table.sum(pairs, p, z, y), n), rest), z.c[0], p)
	}
	return y
}

// Sin is the sine.
func Sin(z Jet) Jet {
	s, _ := SinCos(z)
	return s
}

// Cos is the cosine.
func Cos(z Jet) Jet {
	_, c := SinCos(z)
	return c
}

// SinCos is the sine and the cosine, each of which is the other's slope.
func SinCos(z Jet) (sin, cos Jet) {
	sin, cos = Jet{z.table, make([]*graph.Node, len(z.c))}, Jet{z.table, make([]*graph.Node, len(z.c))}
	sin.c[0], cos.c[0] = graph.Sin(z.c[0]), graph.Cos(z.c[0])
	for p := 1; p < len(z.c); p++ {
		sin.c[p] = z.table.sum(z.table.chain[p], p, z, cos)
		cos.c[p] = scaled(z.table.sum(z.table.chain[p], p, z, sin), -1)
	}
	return sin, cos
}

// Tanh is the hyperbolic tangent, with y' = 1 - y².
func Tanh(z Jet) Jet {
	return chained(z, graph.Tanh(z.c[0]), func(y Jet, p int) *graph.Node {
		if p == 0 {
			return graph.OneMinus(graph.Square(y.c[0]))
		}
		return scaled(y.square(p, y.table.product[p]), -1)
	})
}

// Sigmoid is 1/(1+e^-z), with y' = y - y².
func Sigmoid(z Jet) Jet {
	return chained(z, graph.Sigmoid(z.c[0]), func(y Jet, p int) *graph.Node {
		if p == 0 {
			return graph.Mul(y.c[0], graph.OneMinus(y.c[0]))
		}
		return minus(y.c[p], y.square(p, y.table.product[p]))
	})
}

// Softplus is log(1+e^z).
func Softplus(z Jet) Jet { return Chain(z, graph.Softplus(z.c[0]), Sigmoid(z)) }

// Swish is z/(1+e^-z), also called SiLU.
//
// Source: Ramachandran et al. 2017, arXiv:1710.05941.
func Swish(z Jet) Jet { return Mul(z, Sigmoid(z)) }

// Erf is the error function, with y' = 2/√π e^(-z²).
func Erf(z Jet) Jet {
	return Chain(z, graph.Erf(z.c[0]), MulScalar(Exp(Neg(Square(z))), 2/math.Sqrt(math.Pi)))
}

// GELU is z Φ(z), Φ the normal distribution function.
//
// Source: Hendrycks & Gimpel 2016, arXiv:1606.08415.
func GELU(z Jet) Jet {
	return MulScalar(Mul(z, AddScalar(Erf(MulScalar(z, 1/math.Sqrt2)), 1)), 0.5)
}

// GELUTanh is GELU with Φ approximated by a tanh, z/2 (1 + tanh(√(2/π) (z + 0.044715 z³))).
//
// Source: Hendrycks & Gimpel 2016, arXiv:1606.08415, section 2.
func GELUTanh(z Jet) Jet {
	inner := Mul(z, AddScalar(MulScalar(Square(z), 0.044715), 1))
	return MulScalar(Mul(z, AddScalar(Tanh(MulScalar(inner, math.Sqrt(2/math.Pi))), 1)), 0.5)
}

// ReLU is max(z, 0). Its second derivative is zero wherever it exists; at 0 all derivatives are taken as 0.
func ReLU(z Jet) Jet {
	return Mul(Lift(graph.StopGradient(graph.PositiveIndicator(z.c[0]))), z)
}

// Elementwise is f(z) for an elementwise f without a rule of its own: the derivatives of f are nested reverse mode, one
// array each, whatever the number of variables.
func Elementwise(z Jet, f func(x *graph.Node) *graph.Node) Jet {
	n := 0
	if z.table != nil {
		n = z.table.order
	}
	return elementwise(z, f, n)
}

// elementwise has the derivatives up to order n; higher ones are left out.
func elementwise(z Jet, f func(x *graph.Node) *graph.Node, n int) Jet {
	value := f(z.c[0])
	if n == 0 {
		return Lift(value)
	}
	slope := func(x *graph.Node) *graph.Node { return graph.Gradient(graph.ReduceAllSum(f(x)), x)[0] }
	return Chain(z, value, elementwise(z, slope, n-1))
}
