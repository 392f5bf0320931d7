package jet

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"

	"github.com/gomlx/gomlx/support/exceptions"
)

// table is the arithmetic of a set: which pairs of coefficients make which. Entry 0 is the value; every entry depends on
// earlier ones and on itself alone, but for operators, on which nothing depends.
//
// Every entry L is linear in its own coefficient: (bc)_L = b_0 c_L + b_L c_0 + terms of lower ones, which is all that
// the rules of functions rest on. It holds for Taylor coefficients, for linear combinations of them, and for the
// directions and the trace of a second-order operator.
type table struct {
	set     Set
	entries []entry
	place   map[string]int // of multi-indices
	order   int            // highest total order
	// directions is the length of stacked entries' leading axis.
	directions int
	product    [][]pair // (bc)_a = Σ weight b_left c_right
	chain      [][]pair // (f(z))_a = Σ weight z_left f'(z)_right, for a > 0
}

// entry is one coefficient.
type entry struct {
	index    []int  // of a Taylor coefficient
	operator string // name of a linear combination
	stacked  bool   // one array for several directions, along a leading axis
}

// pair is a term of a bilinear rule. Two stacked entries contract over their directions.
type pair struct {
	left, right int
	weight      float64
}

func key(a []int) string { return fmt.Sprint(a) }

// newTable panics if the set is not valid: it is called from graph functions.
func newTable(s Set) *table {
	if err := s.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	t := &table{set: s, place: map[string]int{}}
	wanted := slices.Clone(s.Indices)
	for _, d := range s.Derivatives {
		wanted = append(wanted, t.parse(d))
	}
	for _, o := range s.Operators {
		for _, term := range o.Terms {
			a := t.parse(term.Derivative)
			t.order = max(t.order, order(a))
			for i := range a {
				if a[i] > 0 { // all below it, not itself
					b := slices.Clone(a)
					b[i]--
					wanted = append(wanted, b)
				}
			}
		}
	}
	t.fill(wanted)
	for a, e := range t.entries {
		t.product = append(t.product, t.splits(e.index))
		t.chain = append(t.chain, nil)
		if a > 0 {
			t.chain[a] = t.links(e.index)
		}
	}
	for _, o := range s.Operators {
		t.addOperator(o)
	}
	return t
}

// parse is a derivative of a valid set by name.
func (t *table) parse(derivative string) []int {
	a, err := t.set.index(derivative)
	if err != nil {
		exceptions.Panicf("jet: derivative %v", err)
	}
	return a
}

// fill makes entries of multi-indices and all below them, by total order.
func (t *table) fill(wanted [][]int) {
	all := map[string][]int{}
	var add func(a []int)
	add = func(a []int) {
		if all[key(a)] != nil {
			return
		}
		all[key(a)] = slices.Clone(a)
		for i := range a {
			if a[i] > 0 {
				a[i]--
				add(a)
				a[i]++
			}
		}
	}
	add(make([]int, len(t.set.Variables)))
	for _, a := range wanted {
		add(slices.Clone(a))
	}
	for _, a := range all {
		t.entries = append(t.entries, entry{index: a})
		t.order = max(t.order, order(a))
	}
	slices.SortFunc(t.entries, func(a, b entry) int {
		return cmp.Or(order(a.index)-order(b.index), slices.Compare(b.index, a.index))
	})
	for i, e := range t.entries {
		t.place[key(e.index)] = i
	}
}

// splits lists the pairs of multi-indices that add up to a. Of an operator's term a itself need not be an entry: its place
// is then -1, always in a pair with 0.
func (t *table) splits(a []int) []pair {
	var pairs []pair
	eachBelow(a, func(b, rest []int) {
		pairs = append(pairs, pair{t.find(b), t.find(rest), 1})
	})
	return pairs
}

// links lists the terms of the chain rule: with y = f(z), v = f'(z) and any i with a_i > 0,
//
//	a_i y_a = Σ_{c ≤ a, c_i ≥ 1} c_i z_c v_{a−c},
//
// which is the coefficient of ∂_i y = v ∂_i z. The variable of lowest order in a makes the fewest terms.
func (t *table) links(a []int) []pair {
	i := -1
	for k, n := range a {
		if n > 0 && (i < 0 || n < a[i]) {
			i = k
		}
	}
	var pairs []pair
	eachBelow(a, func(c, rest []int) {
		if c[i] > 0 {
			pairs = append(pairs, pair{t.find(c), t.find(rest), float64(c[i]) / float64(a[i])})
		}
	})
	return pairs
}

// find is the place of a multi-index, or -1.
func (t *table) find(a []int) int {
	if p, ok := t.place[key(a)]; ok {
		return p
	}
	return -1
}

// eachBelow calls f with every b ≤ a and a−b.
func eachBelow(a []int, f func(b, rest []int)) {
	b, rest := make([]int, len(a)), slices.Clone(a)
	for {
		f(b, rest)
		i := 0
		for i < len(a) && b[i] == a[i] {
			b[i], rest[i] = 0, a[i]
			i++
		}
		if i == len(a) {
			return
		}
		b[i]++
		rest[i]--
	}
}

// addOperator appends an entry for Σ w_k ∂^{a_k}, whose rules are the sums of its terms' rules, except that what is
// linear in the terms' own coefficients is linear in the operator's.
func (t *table) addOperator(o Operator) {
	self := len(t.entries)
	t.entries = append(t.entries, entry{operator: o.Name})
	product := []pair{{0, self, 1}, {self, 0, 1}}
	chain := []pair{{self, 0, 1}}
	for _, term := range o.Terms {
		a := t.parse(term.Derivative)
		weight := term.Weight * factorial(a)
		for _, p := range t.splits(a) {
			if p.left != 0 && p.right != 0 {
				product = append(product, pair{p.left, p.right, weight * p.weight})
			}
		}
		for _, p := range t.links(a) {
			if p.right != 0 {
				chain = append(chain, pair{p.left, p.right, weight * p.weight})
			}
		}
	}
	t.product, t.chain = append(t.product, product), append(t.chain, chain)
}

// same tells whether two tables have equal entries.
func (t *table) same(u *table) bool {
	return t == u || t.directions == u.directions && reflect.DeepEqual(t.entries, u.entries) && reflect.DeepEqual(t.product, u.product)
}
