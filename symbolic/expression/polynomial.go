package expression

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Bounds on what products of sums are multiplied out to.
const (
	maxMonomials = 2000
	maxDegree    = 32
)

// monomial is a constant times unknowns and their derivatives, each by its place in a list; a place may come twice.
type monomial struct {
	weight float64
	places []int // in order
}

// polynomial is monomials in an order of their places, none twice.
type polynomial []monomial

// polynomials multiplies out expressions in the unknowns and their derivatives.
type polynomials struct {
	System
	atoms   []Derivative // an unknown is a derivative of order 0; By is sorted
	sources []source     // terms without unknowns, which vary
}

// place is where an unknown or a derivative is in the list; new ones are added.
func (p *polynomials) place(d Derivative) int {
	d.By = p.sorted(d.By)
	for i, a := range p.atoms {
		if Equal(a, d) {
			return i
		}
	}
	p.atoms = append(p.atoms, d)
	return len(p.atoms) - 1
}

// terms multiplies out a sum; errors name the terms that do not fit.
func (p *polynomials) terms(e Expr) (polynomial, error) {
	var all polynomial
	var errs []error
	summands(e, 1, func(e Expr, sign float64) {
		if varies, unknown := p.contents(e); varies && !unknown {
			p.sources = append(p.sources, source{e: e, weight: sign})
			return
		}
		part, err := p.of(e)
		if err != nil {
			errs = append(errs, fmt.Errorf("the term %s does not fit: %w", e, err))
		}
		all = append(all, part.times(constantly(sign))...)
	})
	return collected(all), errors.Join(errs...)
}

// summands visits the terms of a sum with their signs.
func summands(e Expr, sign float64, visit func(e Expr, sign float64)) {
	switch e := e.(type) {
	case Negative:
		summands(e.X, -sign, visit)
		return
	case Binary:
		if e.Op == Plus || e.Op == Minus {
			summands(e.Left, sign, visit)
			if e.Op == Minus {
				sign = -sign
			}
			summands(e.Right, sign, visit)
			return
		}
	}
	visit(e, sign)
}

// sum multiplies out the terms of a sum.
func (p *polynomials) sum(e Expr) (polynomial, error) {
	var all polynomial
	var first error
	summands(e, 1, func(e Expr, sign float64) {
		part, err := p.of(e)
		if first == nil {
			first = err
		}
		all = append(all, part.times(constantly(sign))...)
	})
	return collected(all), first
}

// of multiplies out an expression.
func (p *polynomials) of(e Expr) (polynomial, error) {
	switch e := e.(type) {
	case Number:
		return constantly(float64(e)), nil
	case Derivative:
		return polynomial{{1, []int{p.place(e)}}}, nil
	case Name:
		return p.name(string(e))
	case Negative:
		return p.sum(e)
	case Call:
		arg, err := p.of(e.Arg)
		if err != nil {
			return nil, err
		}
		x, ok := arg.constant()
		f, known := pointwise(e.Function)
		if !ok || !known {
			return nil, fmt.Errorf("%s is no polynomial in the unknowns, want sums and products of them", e)
		}
		return constantly(f.at(x)), nil
	case Binary:
		if e.Op == Plus || e.Op == Minus {
			return p.sum(e)
		}
		left, err := p.of(e.Left)
		if err != nil {
			return nil, err
		}
		right, err := p.of(e.Right)
		if err != nil {
			return nil, err
		}
		return combined(e, left, right)
	}
	return nil, fmt.Errorf("%v is no expression", e)
}

func constantly(x float64) polynomial {
	if x == 0 {
		return nil
	}
	return polynomial{{weight: x}}
}

// name is an unknown or a constant.
func (p *polynomials) name(name string) (polynomial, error) {
	if value, ok := p.Coefficients[name]; ok {
		return constantly(value), nil
	}
	switch kind := p.kinds()[name]; {
	case name == pi:
		return constantly(math.Pi), nil
	case kind == "an unknown":
		return polynomial{{1, []int{p.place(Derivative{Of: name})}}}, nil
	case kind == "a coefficient":
		return nil, fmt.Errorf("%s has no value, want one by System.With", name)
	case kind == "a coordinate":
		return nil, fmt.Errorf("it varies with %s, want constant coefficients", name)
	}
	return nil, fmt.Errorf("%s varies, want constant coefficients", name)
}

// combined is a product, a quotient or a power of polynomials.
func combined(e Binary, left, right polynomial) (polynomial, error) {
	if e.Op == Times {
		return left.checked(right)
	}
	x, ok := right.constant()
	switch {
	case !ok && e.Op == Over:
		return nil, fmt.Errorf("%s divides by what is not constant, want polynomials in the unknowns", e)
	case e.Op == Over:
		return left.times(constantly(1 / x)), nil
	}
	if base, constant := left.constant(); ok && constant {
		return constantly(math.Pow(base, x)), nil
	}
	if !ok || x < 0 || x != math.Trunc(x) || x > maxDegree {
		return nil, fmt.Errorf("%s is no polynomial in the unknowns, want whole exponents from 0 to %d", e, maxDegree)
	}
	out := constantly(1)
	for range int(x) {
		var err error
		if out, err = out.checked(left); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// constant is the value of a polynomial without unknowns.
func (p polynomial) constant() (value float64, ok bool) {
	switch {
	case len(p) == 0:
		return 0, true
	case len(p) == 1 && len(p[0].places) == 0:
		return p[0].weight, true
	}
	return 0, false
}

// checked is the product, unless it is too long.
func (p polynomial) checked(q polynomial) (polynomial, error) {
	if len(p)*len(q) > maxMonomials {
		return nil, fmt.Errorf("it multiplies out to more than %d terms, want fewer", maxMonomials)
	}
	if p.degree()+q.degree() > maxDegree {
		return nil, fmt.Errorf("it is of degree %d, want at most %d", p.degree()+q.degree(), maxDegree)
	}
	return p.times(q), nil
}

// degree is the most factors of a monomial.
func (p polynomial) degree() int {
	n := 0
	for _, m := range p {
		n = max(n, len(m.places))
	}
	return n
}

func (p polynomial) times(q polynomial) polynomial {
	var out polynomial
	for _, a := range p {
		for _, b := range q {
			places := slices.Concat(a.places, b.places)
			slices.Sort(places)
			out = append(out, monomial{a.weight * b.weight, places})
		}
	}
	return collected(out)
}

// collected adds up monomials of the same places, in a fixed order.
func collected(p polynomial) polynomial {
	slices.SortStableFunc(p, func(a, b monomial) int { return slices.Compare(a.places, b.places) })
	var out polynomial
	for _, m := range p {
		if last := len(out) - 1; last >= 0 && slices.Equal(out[last].places, m.places) {
			out[last].weight += m.weight
			continue
		}
		out = append(out, m)
	}
	return slices.DeleteFunc(out, func(m monomial) bool { return m.weight == 0 })
}

// shown is a monomial without its weight, as text.
func (p *polynomials) shown(m monomial) string {
	names := make([]string, len(m.places))
	for i, place := range m.places {
		names[i] = p.atoms[place].Of
		if len(p.atoms[place].By) > 0 {
			names[i] = p.atoms[place].String()
		}
	}
	return strings.Join(names, "*")
}
