package expression

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// maxMonomials bounds a product of sums that is multiplied out.
const maxMonomials = 2000

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
	atoms []Derivative // an unknown is a derivative of order 0; By is sorted
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

// terms multiplies out a sum; an error names the term that does not fit.
func (p *polynomials) terms(e Expr, sign float64) (polynomial, error) {
	switch e := e.(type) {
	case Negative:
		return p.terms(e.X, -sign)
	case Binary:
		if e.Op != Plus && e.Op != Minus {
			break
		}
		left, err := p.terms(e.Left, sign)
		if e.Op == Minus {
			sign = -sign
		}
		right, err2 := p.terms(e.Right, sign)
		return collected(append(left, right...)), errors.Join(err, err2)
	}
	out, err := p.of(e)
	if err != nil {
		return nil, fmt.Errorf("the term %s does not fit: %w", e, err)
	}
	return out.times(polynomial{{weight: sign}}), nil
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
		x, err := p.of(e.X)
		return x.times(constantly(-1)), err
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
		return nil, fmt.Errorf("it varies with %s, want constant coefficients; a source goes into Semilinear.Source", name)
	}
	return nil, fmt.Errorf("%s varies, want constant coefficients; a source goes into Semilinear.Source", name)
}

// combined is an operation on polynomials.
func combined(e Binary, left, right polynomial) (polynomial, error) {
	switch e.Op {
	case Plus:
		return collected(slices.Concat(left, right)), nil
	case Minus:
		return collected(slices.Concat(left, right.times(constantly(-1)))), nil
	case Times:
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
	if !ok || x < 0 || x != math.Trunc(x) || x > 32 {
		return nil, fmt.Errorf("%s is no polynomial in the unknowns, want whole exponents from 0 to 32", e)
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
	return p.times(q), nil
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
