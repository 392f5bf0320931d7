package expression

import "math"

// Simplify tidies an expression so that it reads well: constants are folded, zeros and ones left out, sums and products
// flattened with their like terms and factors put together. It finds no common factors and cancels no fractions, since
// x/x is not 1 everywhere. Whole fractions stay fractions: u/3, not 0.333*u.
func Simplify(e Expr) Expr {
	switch e := e.(type) {
	case Negative:
		return simplifySum(e)
	case Binary:
		if e.Op == Power {
			return simplifyPower(Simplify(e.Left), Simplify(e.Right))
		}
		return simplifySum(e) // a product is a sum of one term
	case Call:
		arg := Simplify(e.Arg)
		if f, ok := pointwise(e.Function); ok {
			if x, ok := arg.(Number); ok {
				// What is not whole would hide where it came from: sqrt(2) stays, sqrt(4) is 2.
				if y := f.at(float64(x)); y == math.Trunc(y) && math.Abs(y) < exact {
					return signed(Number(y))
				}
			}
		}
		return Call{e.Function, arg}
	case Number:
		return signed(e)
	}
	return e
}

// exact bounds the whole numbers that float64 counts without gaps.
const exact = 1 << 53

// signed is a number as the parser would give it.
func signed(n Number) Expr {
	switch {
	case n == 0:
		return Number(0)
	case n < 0:
		return Negative{-n}
	}
	return n
}

// constant is the value of a number or its negative.
func constant(e Expr) (value float64, ok bool) {
	switch e := e.(type) {
	case Number:
		return float64(e), true
	case Negative:
		if n, ok := e.X.(Number); ok {
			return -float64(n), true
		}
	}
	return 0, false
}

func simplifyPower(base, exponent Expr) Expr {
	n, whole := constant(exponent)
	switch {
	case whole && n == 0: // as in polynomials, whatever the base
		return Number(1)
	case whole && n == 1:
		return base
	}
	if b, ok := constant(base); ok && whole {
		if y := math.Pow(b, n); y == math.Trunc(y) && math.Abs(y) < exact {
			return signed(Number(y))
		}
	}
	return Binary{Power, base, exponent}
}

// fraction is a constant factor: two whole numbers without a common divisor, or any number over 1.
type fraction struct{ over, under float64 }

// reduced makes the denominator positive and divides by what is common; what is not whole is divided out.
func (f fraction) reduced() fraction {
	whole := func(x float64) bool { return x == math.Trunc(x) && math.Abs(x) < exact }
	if !whole(f.over) || !whole(f.under) || f.under == 0 {
		return fraction{f.over / f.under, 1}
	}
	a, b := math.Abs(f.over), math.Abs(f.under)
	for b != 0 {
		a, b = b, math.Mod(a, b)
	}
	return fraction{f.over / math.Copysign(a, f.under), math.Abs(f.under) / a}
}

func (f fraction) times(g fraction) fraction {
	return fraction{f.over * g.over, f.under * g.under}.reduced()
}

func (f fraction) plus(g fraction) fraction {
	return fraction{f.over*g.under + g.over*f.under, f.under * g.under}.reduced()
}

// finite is false after an overflow or a division by zero.
func (f fraction) finite() bool { return !math.IsNaN(f.over) && !math.IsInf(f.over, 0) }

// factor is base^exponent, exponent a whole number ≥ 1.
type factor struct {
	base     Expr
	exponent float64
}

// term is a constant times factors over factors.
type term struct {
	weight      fraction
	over, under []factor
}

// simplifySum flattens a sum, simplifies its terms and adds up those that differ by a constant only.
func simplifySum(e Expr) Expr {
	var all terms
	all.flatten(e, fraction{1, 1}, false)
	var out Expr
	for _, t := range all.list {
		if t.weight.over == 0 {
			continue
		}
		positive := t.weight.over > 0
		if !positive {
			t.weight.over = -t.weight.over
		}
		part := t.expr()
		switch {
		case out == nil && positive:
			out = part
		case out == nil:
			out = Negative{part}
		case positive:
			out = Binary{Plus, out, part}
		default:
			out = Binary{Minus, out, part}
		}
	}
	if out == nil {
		return Number(0)
	}
	return out
}

// terms are those of a sum.
type terms struct {
	list   []term
	places map[string]int // by all but the constant
}

// flatten adds the terms of a sum, times ±1; simple says that they were simplified before.
func (ts *terms) flatten(e Expr, weight fraction, simple bool) {
	switch e := e.(type) {
	case Negative:
		ts.flatten(e.X, fraction{-weight.over, 1}, simple)
		return
	case Binary:
		if e.Op == Plus || e.Op == Minus {
			ts.flatten(e.Left, weight, simple)
			if e.Op == Minus {
				weight.over = -weight.over
			}
			ts.flatten(e.Right, weight, simple)
			return
		}
	}
	t := term{weight: weight}
	if simple {
		t.take(e, false)
	} else {
		t.multiply(e, false)
	}
	if len(t.over) == 1 && len(t.under) == 0 && math.Abs(t.weight.over) == 1 && t.weight.under == 1 && t.over[0].exponent == 1 &&
		t.over[0].base.precedence() == sum {
		ts.flatten(t.over[0].base, t.weight, true)
		return
	}
	ts.add(t)
}

// add puts like terms together, unless that overflows.
func (ts *terms) add(t term) {
	if ts.places == nil {
		ts.places = map[string]int{}
	}
	key := text(term{weight: fraction{1, 1}, over: t.over, under: t.under}.expr())
	if at, ok := ts.places[key]; ok {
		if weight := ts.list[at].weight.plus(t.weight); weight.finite() {
			ts.list[at].weight = weight
			return
		}
	}
	ts.places[key] = len(ts.list)
	ts.list = append(ts.list, t)
}

// multiply takes a part into a term, or divides the term by it.
func (t *term) multiply(part Expr, divide bool) {
	if b, ok := part.(Binary); ok && (b.Op == Times || b.Op == Over) {
		t.multiply(b.Left, divide)
		t.multiply(b.Right, divide != (b.Op == Over))
		return
	}
	t.take(Simplify(part), divide)
}

// take does so with a part that is simplified.
func (t *term) take(part Expr, divide bool) {
	switch e := part.(type) {
	case Binary:
		if e.Op == Times || e.Op == Over {
			t.take(e.Left, divide)
			t.take(e.Right, divide != (e.Op == Over))
			return
		}
	case Negative:
		t.weight.over = -t.weight.over
		t.take(e.X, divide)
		return
	case Number:
		by := fraction{float64(e), 1}
		if divide {
			by = fraction{1, float64(e)}
		}
		if weight := t.weight.times(by); weight.finite() {
			t.weight = weight
			return
		}
	}
	if divide {
		t.under = joined(t.under, part)
	} else {
		t.over = joined(t.over, part)
	}
}

// joined multiplies factors by one more, as a power of one of them if it can be.
func joined(factors []factor, e Expr) []factor {
	f := factor{e, 1}
	if b, ok := e.(Binary); ok && b.Op == Power {
		if n, ok := b.Right.(Number); ok && float64(n) == math.Trunc(float64(n)) && n >= 1 {
			f = factor{b.Left, float64(n)}
		}
	}
	// Far apart is where no reader looks; and the work stays linear in long products.
	for i := max(0, len(factors)-20); i < len(factors); i++ {
		if Equal(factors[i].base, f.base) {
			factors[i].exponent += f.exponent
			return factors
		}
	}
	return append(factors, f)
}

// expr is the term as an expression; its constant is not negative.
func (t term) expr() Expr {
	over, under := multiplied(t.weight.over, t.over), multiplied(t.weight.under, t.under)
	if n, ok := under.(Number); ok && n == 1 {
		return over
	}
	return Binary{Over, over, under}
}

// multiplied is a constant times factors.
func multiplied(weight float64, factors []factor) Expr {
	var out Expr
	if weight != 1 || len(factors) == 0 {
		out = Number(weight)
	}
	for _, f := range factors {
		part := f.base
		if f.exponent != 1 {
			part = Binary{Power, part, Number(f.exponent)}
		}
		if out == nil {
			out = part
		} else {
			out = Binary{Times, out, part}
		}
	}
	return out
}
