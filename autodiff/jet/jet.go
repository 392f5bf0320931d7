package jet

import (
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Jet is an array of values [n, …] at n points, with the derivatives of a [Set]. It is immutable. The zero value is of
// no use: jets come from a seed or from [Lift].
type Jet struct {
	table *table // nil: derivatives are zero
	// c are the coefficients in the order of the table's entries. Those of the value have its shape, but axis 0 may be 1;
	// a stacked one has a leading axis more. nil is zero.
	c []*graph.Node
}

// Lift is an array that depends on no variable: a weight, or points at which derivatives are not wanted. It goes with jets
// of any set.
func Lift(x *graph.Node) Jet { return Jet{c: []*graph.Node{x}} }

// Seed is the coordinates themselves, the start of every computation with jets.
//
// Shapes: points [n, d], a column for each of the set's d variables; the jet has the same.
// DType:  float32 or float64, as points.
// Panics: if the set is not valid or the columns are not as many as its variables.
func Seed(set Set, points *graph.Node) Jet {
	d := len(set.Variables)
	if points.Rank() != 2 || points.Shape().Dim(1) != d {
		exceptions.Panicf("jet: Seed of points %s, want [points, %d], a column for each variable", points.Shape(), d)
	}
	directions := make([]*graph.Node, d)
	for i := range directions {
		row := make([][]float64, 1)
		row[0] = make([]float64, d)
		row[0][i] = 1
		directions[i] = graph.ConstAs(points, row)
	}
	return SeedAlong(set, points, directions...)
}

// SeedAlong is the coordinates on a surface through each point: x(s) = x + Σ s_i v_i, the set's variables being the
// s_i. With one direction and the derivative "ss" it gives vᵀ∇²u v, and so on for higher ones.
//
// Shapes: points [n, d]; a direction for each variable, [n, d] or [1, d].
func SeedAlong(set Set, points *graph.Node, directions ...*graph.Node) Jet {
	t := newTable(set)
	if len(directions) != len(set.Variables) {
		exceptions.Panicf("jet: SeedAlong with %d directions, want %d, one a variable", len(directions), len(set.Variables))
	}
	j := t.constant(points)
	for i, v := range directions {
		if v.Rank() != points.Rank() || v.Shape().Dim(-1) != points.Shape().Dim(-1) {
			exceptions.Panicf("jet: SeedAlong of points %s with direction %d of %s, want as many coordinates", points.Shape(), i, v.Shape())
		}
		first := make([]int, len(directions))
		first[i] = 1
		if p := t.find(first); p >= 0 {
			j.c[p] = v
		}
		for k, o := range set.Operators {
			j.seedOperator(k, o, first, v)
		}
	}
	return j
}

// seedOperator adds a direction's part in the k-th operator: its terms of first order in that variable.
func (j Jet) seedOperator(k int, o Operator, first []int, v *graph.Node) {
	weight := 0.0
	for _, term := range o.Terms {
		if slices.Equal(j.table.parse(term.Derivative), first) {
			weight += term.Weight
		}
	}
	if weight != 0 {
		p := len(j.table.entries) - len(j.table.set.Operators) + k
		j.c[p] = plus(j.c[p], graph.MulScalar(v, weight))
	}
}

// constant is a value with no derivatives yet.
func (t *table) constant(x *graph.Node) Jet {
	j := Jet{t, make([]*graph.Node, len(t.entries))}
	j.c[0] = x
	return j
}

// Value is the array itself.
func (j Jet) Value() *graph.Node { return j.c[0] }

// D is a partial derivative by name, such as "t" or "xx"; "" is the value.
//
// Shapes: as the value.
// Panics: if the set does not have it.
func (j Jet) D(derivative string) *graph.Node {
	if j.table == nil {
		if strings.TrimSpace(derivative) == "" {
			return j.c[0]
		}
		return graph.ZerosLike(j.c[0])
	}
	return j.Partial(j.table.parse(derivative)...)
}

// Partial is a partial derivative by its order in each variable.
//
// Shapes: as the value.
// Panics: if the set does not have it.
func (j Jet) Partial(orders ...int) *graph.Node {
	if j.table == nil {
		if order(orders) == 0 {
			return j.c[0]
		}
		return graph.ZerosLike(j.c[0])
	}
	p := j.table.find(orders)
	if p < 0 {
		exceptions.Panicf("jet: the derivative %v in %v was not asked for, want it in the set", orders, j.table.set.Variables)
	}
	x := j.full(p)
	if f := factorial(orders); f != 1 {
		x = graph.MulScalar(x, f)
	}
	return x
}

// Operator is one of the set's operators, applied.
//
// Shapes: as the value.
// Panics: if the set does not have it.
func (j Jet) Operator(name string) *graph.Node {
	if j.table == nil {
		return graph.ZerosLike(j.c[0])
	}
	for p, e := range j.table.entries {
		if e.operator != "" && e.operator == name {
			return j.full(p)
		}
	}
	exceptions.Panicf("jet: the operator %q was not asked for, want it in the set", name)
	return nil
}

// full is a coefficient in the value's shape, with its leading axis if it is stacked.
func (j Jet) full(p int) *graph.Node {
	value, x := j.c[0], j.c[p]
	dims := value.Shape().Dimensions
	if j.stacked(p) {
		dims = append([]int{j.table.directions}, dims...)
	}
	if x == nil {
		return graph.Zeros(value.Graph(), shapes.Make(value.DType(), dims...))
	}
	if slices.Equal(x.Shape().Dimensions, dims) {
		return x
	}
	return graph.BroadcastToDims(x, dims...)
}

// stacked tells whether a coefficient has a leading axis.
func (j Jet) stacked(p int) bool { return j.table != nil && j.table.entries[p].stacked }

// joint is the table that several jets share, nil if none has one.
func joint(jets ...Jet) *table {
	var t *table
	for _, j := range jets {
		if len(j.c) == 0 {
			exceptions.Panicf("jet: an empty Jet, want one from a seed or from Lift")
		}
		if j.table == nil {
			continue
		}
		if t != nil && !t.same(j.table) {
			exceptions.Panicf("jet: jets of different sets, %+v and %+v, want one set", t.set, j.table.set)
		}
		t = j.table
	}
	return t
}

// size is the number of coefficients.
func (t *table) size() int {
	if t == nil {
		return 1
	}
	return len(t.entries)
}

// at is a coefficient; nil past those that the jet has, as of a lifted one.
func (j Jet) at(p int) *graph.Node {
	if p < len(j.c) {
		return j.c[p]
	}
	return nil
}

// plus adds where nil is zero.
func plus(a, b *graph.Node) *graph.Node {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	return graph.Add(a, b)
}

// scaled multiplies where nil is zero.
func scaled(a *graph.Node, f float64) *graph.Node {
	switch {
	case a == nil || f == 0:
		return nil
	case f == 1:
		return a
	case f == -1:
		return graph.Neg(a)
	}
	return graph.MulScalar(a, f)
}

// minus subtracts where nil is zero.
func minus(a, b *graph.Node) *graph.Node {
	if a == nil {
		return scaled(b, -1)
	}
	if b == nil {
		return a
	}
	return graph.Sub(a, b)
}
