package jet

import (
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// Field is a function at given points, with its derivatives there. A [Jet] is one, and so is what [Reverse] gives.
type Field interface {
	// Value is the function's values, [n, …].
	Value() *graph.Node
	// D is a partial derivative by name, such as "t" or "xx", in the value's shape.
	D(derivative string) *graph.Node
}

var _ Field = Jet{}

// Network is a model of coordinates that is written on jets.
type Network interface {
	ForwardJet(scope *model.Scope, x Jet) Jet
}

// Of is a model of coordinates as a field: by jets if it is a [Network], by nested reverse mode if not.
//
// Shapes: points [n, d], a column for each of the set's variables; the value is what the model gives for them.
func Of(m zoo.Model, scope *model.Scope, set Set, points *graph.Node) Field {
	if net, ok := m.(Network); ok {
		return net.ForwardJet(scope, Seed(set, points))
	}
	return Reverse(set, points, func(x *graph.Node) *graph.Node { return m.Forward(scope, x) })
}

// Reverse is f at points, with derivatives by nested reverse mode: for any f that GoMLX differentiates often enough and
// in which points do not mix. All derivatives in the set's variables may be asked for.
//
// Shapes: points [n, d]; f gives [n, …].
// Panics: if the set is not valid, or its variables are not as many as the columns.
// Cost:   each order multiplies the work by two to three, for each component of f.
func Reverse(set Set, points *graph.Node, f func(points *graph.Node) *graph.Node) Field {
	if err := set.Validate(); err != nil {
		exceptions.Panicf("%v", err)
	}
	if points.Rank() != 2 || points.Shape().Dim(1) != len(set.Variables) {
		exceptions.Panicf("jet: Reverse at points %s, want [points, %d], a column for each variable", points.Shape(), len(set.Variables))
	}
	value := f(points)
	if value.Rank() < 1 || value.Shape().Dim(0) != points.Shape().Dim(0) {
		exceptions.Panicf("jet: Reverse of a function with values %s, want a row for each of %d points", value.Shape(), points.Shape().Dim(0))
	}
	return &reverse{set: set, points: points, value: value, known: map[string][]*graph.Node{}}
}

// reverse remembers the derivatives that it has made, since "xx" is made of "x".
type reverse struct {
	set           Set
	points, value *graph.Node
	known         map[string][]*graph.Node // by the order in each variable: a column [n, 1] for each component
}

func (r *reverse) Value() *graph.Node { return r.value }

func (r *reverse) D(derivative string) *graph.Node {
	a, err := r.set.index(derivative)
	if err != nil {
		exceptions.Panicf("jet: derivative %v", err)
	}
	return graph.Reshape(graph.Concatenate(r.columns(a), 1), r.value.Shape().Dimensions...)
}

// columns is a derivative of each component.
func (r *reverse) columns(a []int) []*graph.Node {
	if c, ok := r.known[key(a)]; ok {
		return c
	}
	n := r.points.Shape().Dim(0)
	flat := graph.Reshape(r.value, n, r.value.Shape().Size()/n)
	columns := make([]*graph.Node, flat.Shape().Dim(1))
	last := len(a) - 1
	for last >= 0 && a[last] == 0 {
		last--
	}
	var lower []*graph.Node
	if last >= 0 {
		b := append([]int{}, a...)
		b[last]--
		lower = r.columns(b)
	}
	for i := range columns {
		if last < 0 {
			columns[i] = pick(flat, i)
			continue
		}
		// Points do not mix: the gradient of the sum holds each point's own.
		columns[i] = pick(graph.Gradient(graph.ReduceAllSum(lower[i]), r.points)[0], last)
	}
	r.known[key(a)] = columns
	return columns
}

// pick is a column of a matrix, by a product: reverse mode of a slice cannot be differentiated again.
func pick(x *graph.Node, i int) *graph.Node {
	unit := make([][]float64, x.Shape().Dim(1))
	for k := range unit {
		unit[k] = []float64{0}
	}
	unit[i][0] = 1
	return graph.MatMul(x, graph.ConstAs(x, unit))
}
