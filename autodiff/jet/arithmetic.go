package jet

import (
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Add is a + b.
//
// Shapes: of one rank; axes of length 1 are repeated.
func Add(a, b Jet) Jet { return combine(a, b, graph.Add, plus) }

// Sub is a - b.
//
// Shapes: of one rank; axes of length 1 are repeated.
func Sub(a, b Jet) Jet { return combine(a, b, graph.Sub, minus) }

// combine is a sum or difference; of is the same with nil as zero.
func combine(a, b Jet, value, of func(x, y *graph.Node) *graph.Node) Jet {
	t := joint(a, b)
	out := Jet{t, make([]*graph.Node, t.size())}
	out.c[0] = value(a.c[0], b.c[0])
	for p := 1; p < t.size(); p++ {
		out.c[p] = fitted(of(a.at(p), b.at(p)), out.c[0], out.stacked(p))
	}
	return out
}

// fitted repeats what a coefficient lacks of its value's axes after the first.
func fitted(x, value *graph.Node, stacked bool) *graph.Node {
	if x == nil {
		return nil
	}
	from := 1 // the axes of points, and of directions, may stay 1
	dims := slices.Clone(value.Shape().Dimensions)
	if stacked {
		from = 2
		dims = append([]int{x.Shape().Dim(0)}, dims...)
	}
	copy(dims[:from], x.Shape().Dimensions[:from])
	if slices.Equal(dims, x.Shape().Dimensions) {
		return x
	}
	return graph.BroadcastToDims(x, dims...)
}

// Neg is -a.
func Neg(a Jet) Jet { return MulScalar(a, -1) }

// MulScalar is f a.
func MulScalar(a Jet, f float64) Jet {
	out := Jet{a.table, make([]*graph.Node, len(a.c))}
	for p, x := range a.c {
		out.c[p] = scaled(x, f)
	}
	if f == 0 {
		out.c[0] = graph.ZerosLike(a.c[0])
	}
	return out
}

// AddScalar is a + f.
func AddScalar(a Jet, f float64) Jet {
	out := Jet{a.table, slices.Clone(a.c)}
	out.c[0] = graph.AddScalar(a.c[0], f)
	return out
}

// OneMinus is 1 - a.
func OneMinus(a Jet) Jet { return AddScalar(Neg(a), 1) }

// Mul is the elementwise product.
//
// Shapes: of one rank; axes of length 1 are repeated.
func Mul(a, b Jet) Jet {
	t := joint(a, b)
	out := Jet{t, make([]*graph.Node, t.size())}
	out.c[0] = graph.Mul(a.c[0], b.c[0])
	for p := 1; p < t.size(); p++ {
		out.c[p] = t.sum(t.product[p], p, a, b)
	}
	return out
}

// sum is Σ weight left_l right_r over the pairs of entry p's rule; nil is zero.
func (t *table) sum(pairs []pair, p int, left, right Jet) *graph.Node {
	var total *graph.Node
	for _, q := range pairs {
		total = plus(total, t.term(q, p, left.at(q.left), right.at(q.right)))
	}
	return total
}

// term is one pair's part in entry p: over the directions of two stacked entries it is summed.
func (t *table) term(q pair, p int, x, y *graph.Node) *graph.Node {
	if x == nil || y == nil {
		return nil
	}
	left, right := t.entries[q.left].stacked, t.entries[q.right].stacked
	if left && !right {
		y = graph.InsertAxes(y, 0)
	}
	if right && !left {
		x = graph.InsertAxes(x, 0)
	}
	z := graph.Mul(x, y)
	if left && right && !t.entries[p].stacked {
		z = graph.ReduceSum(z, 0)
	}
	return scaled(z, q.weight)
}

// Square is a².
func Square(a Jet) Jet {
	out := Jet{a.table, make([]*graph.Node, len(a.c))}
	out.c[0] = graph.Square(a.c[0])
	for p := 1; p < len(a.c); p++ {
		out.c[p] = a.square(p, a.table.product[p])
	}
	return out
}

// square is the sum of a symmetric rule on (a, a): each two unequal entries once, doubled.
func (j Jet) square(p int, pairs []pair) *graph.Node {
	var total *graph.Node
	for _, q := range pairs {
		switch {
		case q.left < q.right:
			q.weight *= 2
		case q.left > q.right:
			continue
		}
		total = plus(total, j.table.term(q, p, j.c[q.left], j.c[q.right]))
	}
	return total
}

// Div is the elementwise quotient.
//
// Shapes: of one rank; axes of length 1 are repeated.
func Div(a, b Jet) Jet {
	t := joint(a, b)
	out := Jet{t, make([]*graph.Node, t.size())}
	out.c[0] = graph.Div(a.c[0], b.c[0])
	for p := 1; p < t.size(); p++ {
		rest := t.sum(without(t.product[p], p), p, out, b)
		out.c[p] = t.over(fitted(minus(a.at(p), rest), out.c[0], out.stacked(p)), b.c[0], p)
	}
	return out
}

// without leaves out the pairs in which entry p itself is the left one: what a recurrence solves for.
func without(pairs []pair, p int) []pair {
	return slices.DeleteFunc(slices.Clone(pairs), func(q pair) bool { return q.left == p })
}

// over divides entry p by a value.
func (t *table) over(x, value *graph.Node, p int) *graph.Node {
	if x == nil {
		return nil
	}
	if t.entries[p].stacked {
		value = graph.InsertAxes(value, 0)
	}
	return graph.Div(x, value)
}

// Reciprocal is 1/a.
func Reciprocal(a Jet) Jet { return Div(Lift(graph.OnesLike(a.c[0])), a) }

// Power is aⁿ for a whole n ≥ 0, by repeated squaring; right at a = 0 too.
func Power(a Jet, n int) Jet {
	if n < 0 {
		exceptions.Panicf("jet: Power with n = %d, want at least 0; Pow takes any exponent", n)
	}
	out := Lift(graph.OnesLike(a.c[0]))
	for first := true; n > 0; n /= 2 {
		if n%2 == 1 {
			if first {
				out, first = a, false
			} else {
				out = Mul(out, a)
			}
		}
		if n > 1 {
			a = Square(a)
		}
	}
	return out
}

// Polynomial is Σ c_k a^k by Horner's rule, lowest coefficient first.
//
// Shapes: coefficients that broadcast to a, of its rank.
func Polynomial(a Jet, coefficients ...*graph.Node) Jet {
	if len(coefficients) == 0 {
		exceptions.Panicf("jet: Polynomial without coefficients, want at least one")
	}
	last := len(coefficients) - 1
	out := Lift(coefficients[last])
	for k := last - 1; k >= 0; k-- {
		out = Add(Mul(out, a), Lift(coefficients[k]))
	}
	return out
}

// Rational is a quotient of two polynomials, lowest coefficients first.
//
// Shapes: coefficients that broadcast to a, of its rank.
func Rational(a Jet, numerator, denominator []*graph.Node) Jet {
	return Div(Polynomial(a, numerator...), Polynomial(a, denominator...))
}
