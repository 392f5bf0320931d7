package expression

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
)

// fused is a system's equations with constant linear combinations of an unknown's derivatives as one name each, which jets carry
// as one array.
type fused struct {
	set       jet.Set
	equations []Equation
	of        map[Name]linearPart
}

// linearPart is a linear combination of one unknown's derivatives.
type linearPart struct {
	unknown  string
	operator jet.Operator
}

// fuse finds the combinations in equations that are written out, and uses them if the jets have fewer arrays then. ok is false if
// not.
func (s System) fuse(equations []Equation) (f fused, ok bool) {
	f.of = map[Name]linearPart{}
	for _, e := range equations {
		f.equations = append(f.equations, s.parted(e, f.of))
	}
	f.set = s.set(f.equations)
	var operators []jet.Operator
	for _, part := range f.of {
		if !slices.ContainsFunc(operators, func(o jet.Operator) bool { return o.Name == part.operator.Name }) {
			operators = append(operators, part.operator)
		}
	}
	slices.SortFunc(operators, func(a, b jet.Operator) int { return strings.Compare(a.Name, b.Name) })
	f.set.Operators = operators
	return f, len(operators) > 0 && s.arrays(f.set) < s.arrays(s.set(equations))
}

// parted is an equation with its combinations of two derivatives or more taken out, the rest on the left.
func (s System) parted(e Equation, of map[Name]linearPart) Equation {
	terms := map[string][]jet.Term{} // by unknown
	var linear, rest []summand
	summands(Binary{Minus, e.Left, e.Right}, 1, func(e Expr, sign float64) {
		if u, found, ok := s.linear(e, sign); ok {
			for _, t := range found {
				terms[u] = withTerm(terms[u], t)
			}
			linear = append(linear, summand{u, e, sign})
			return
		}
		rest = append(rest, summand{"", e, sign})
	})
	for _, l := range linear { // those that are alone stay as they are
		if len(terms[l.text]) < 2 {
			rest = append(rest, l)
		}
	}
	var total Expr = Number(0)
	for _, u := range s.Unknowns {
		if len(terms[u]) < 2 {
			continue
		}
		o := jet.Operator{Name: operatorName(terms[u]), Terms: terms[u]}
		name := Name(u + ": " + o.Name)
		of[name] = linearPart{u, o}
		total = added(total, name, 1)
	}
	if zero(total) {
		return e
	}
	for _, r := range rest {
		total = added(total, r.e, r.sign)
	}
	return Equation{total, Number(0)}
}

// added is a sum with one term more, of sign ±1.
func added(total, e Expr, sign float64) Expr {
	switch {
	case zero(total) && sign > 0:
		return e
	case zero(total):
		return Negative{e}
	case sign < 0:
		return Binary{Minus, total, e}
	}
	return Binary{Plus, total, e}
}

// linear reads a term as a constant combination of one unknown's derivatives.
func (s System) linear(e Expr, sign float64) (unknown string, terms []jet.Term, ok bool) {
	p := polynomials{System: s}
	all, err := p.of(e)
	if err != nil || len(all) == 0 || !all.finite() {
		return "", nil, false
	}
	for _, m := range all {
		if len(m.places) != 1 {
			return "", nil, false
		}
		d := p.atoms[m.places[0]]
		if len(d.By) == 0 || unknown != "" && d.Of != unknown {
			return "", nil, false
		}
		unknown = d.Of
		terms = append(terms, jet.Term{Derivative: s.jetName(d), Weight: sign * m.weight})
	}
	return unknown, terms, true
}

// withTerm adds a term to those of other derivatives, or to that of the same one.
func withTerm(terms []jet.Term, t jet.Term) []jet.Term {
	for i := range terms {
		if terms[i].Derivative == t.Derivative {
			terms[i].Weight += t.Weight
			return terms
		}
	}
	return append(terms, t)
}

// operatorName is such as "1 t, -0.02 xx": equal for equal operators.
func operatorName(terms []jet.Term) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = fmt.Sprintf("%v %s", t.Weight, t.Derivative)
	}
	return strings.Join(parts, ", ")
}

// arrays is how many a jet of a set has: the derivatives with all below them, and the operators with all below their terms.
func (s System) arrays(set jet.Set) int {
	seen := map[string]bool{}
	var add func(by []string)
	add = func(by []string) {
		by = s.sorted(by)
		name := strings.Join(by, " ")
		if seen[name] {
			return
		}
		seen[name] = true
		for i := range by {
			add(slices.Delete(slices.Clone(by), i, i+1))
		}
	}
	add(nil)
	for _, d := range set.Derivatives {
		by, _ := s.split(strings.ReplaceAll(d, " ", ""))
		add(by)
	}
	for _, o := range set.Operators {
		for _, t := range o.Terms {
			by, _ := s.split(strings.ReplaceAll(t.Derivative, " ", ""))
			for i := range by {
				add(slices.Delete(slices.Clone(by), i, i+1))
			}
		}
	}
	return len(seen) + len(set.Operators)
}
