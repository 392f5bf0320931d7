package jet

import (
	"errors"
	"fmt"
	"strings"
)

// Set says which derivatives a jet carries. What these need, by the product rule, is carried too.
type Set struct {
	Variables   []string   // one a coordinate, such as "t", "x"
	Derivatives []string   // such as "t", "xx", "tx"; a space may part variables of several letters
	Indices     [][]int    `json:",omitempty"` // further ones, by the order in each variable
	Operators   []Operator `json:",omitempty"`
}

// Operator is a linear combination of derivatives, with constant weights. It is carried as one array, while each of its
// terms would be one: a heat equation's u_t − u_xx costs what u_xx alone costs.
type Operator struct {
	Name  string
	Terms []Term
}

// Term is one derivative of an operator.
type Term struct {
	Derivative string // of order 1 or more
	Weight     float64
}

// NewSet is the set of some multi-indices in n variables, which are named x0, x1, ….
func NewSet(n int, indices ...[]int) Set {
	s := Set{Indices: indices}
	for i := range n {
		s.Variables = append(s.Variables, fmt.Sprintf("x%d", i))
	}
	return s
}

// maxOrder bounds the total order of a derivative: factorials and the number of terms grow fast, and float64 has no
// digits left for more.
const maxOrder = 16

// Validate returns all problems of the set.
func (s Set) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("jet: Set."+format, args...)) }
	if len(s.Variables) == 0 {
		bad("Variables is empty, want at least one name")
	}
	seen := map[string]bool{}
	for i, v := range s.Variables {
		if v == "" || seen[v] || strings.Contains(v, " ") {
			bad("Variables[%d] = %q, want names that differ, without spaces", i, v)
		}
		seen[v] = true
	}
	for i, d := range s.Derivatives {
		if a, err := s.index(d); err != nil {
			bad("Derivatives[%d] = %w", i, err)
		} else if n := order(a); n > maxOrder {
			bad("Derivatives[%d] = %q of order %d, want at most %d", i, d, n, maxOrder)
		}
	}
	for i, a := range s.Indices {
		if err := s.checkIndex(a); err != nil {
			bad("Indices[%d] = %w", i, err)
		}
	}
	names := map[string]bool{}
	for i, o := range s.Operators {
		if o.Name == "" || names[o.Name] {
			bad("Operators[%d].Name = %q, want names that differ", i, o.Name)
		}
		names[o.Name] = true
		if len(o.Terms) == 0 {
			bad("Operators[%d].Terms is empty, want at least one", i)
		}
		for j, t := range o.Terms {
			if a, err := s.index(t.Derivative); err != nil {
				bad("Operators[%d].Terms[%d].Derivative = %w", i, j, err)
			} else if n := order(a); n < 1 || n > maxOrder {
				bad("Operators[%d].Terms[%d].Derivative = %q of order %d, want 1 to %d", i, j, t.Derivative, n, maxOrder)
			}
		}
	}
	return errors.Join(errs...)
}

// index is the multi-index of a derivative by name: at each place the longest variable that fits.
func (s Set) index(derivative string) ([]int, error) {
	a := make([]int, len(s.Variables))
	for rest := strings.TrimLeft(derivative, " "); rest != ""; rest = strings.TrimLeft(rest, " ") {
		best := -1
		for i, v := range s.Variables {
			if strings.HasPrefix(rest, v) && (best < 0 || len(v) > len(s.Variables[best])) {
				best = i
			}
		}
		if best < 0 || s.Variables[best] == "" {
			return nil, fmt.Errorf("%q, want names out of the variables %s", derivative, strings.Join(s.Variables, ", "))
		}
		a[best]++
		rest = rest[len(s.Variables[best]):]
	}
	return a, nil
}

// checkIndex refuses what is no multi-index in the set's variables.
func (s Set) checkIndex(a []int) error {
	if len(a) != len(s.Variables) {
		return fmt.Errorf("%v, want %d orders, one a variable", a, len(s.Variables))
	}
	for _, n := range a {
		if n < 0 {
			return fmt.Errorf("%v, want orders of at least 0", a)
		}
	}
	if n := order(a); n > maxOrder {
		return fmt.Errorf("%v of order %d, want at most %d", a, n, maxOrder)
	}
	return nil
}

// order is the total order of a multi-index.
func order(a []int) int {
	n := 0
	for _, k := range a {
		n += k
	}
	return n
}

// factorial is the product of the orders' factorials.
func factorial(a []int) float64 {
	f := 1.0
	for _, n := range a {
		for k := 2; k <= n; k++ {
			f *= float64(k)
		}
	}
	return f
}
