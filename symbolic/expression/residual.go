package expression

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
)

// Given is what residuals need besides the fields of the unknowns.
type Given struct {
	Points       *graph.Node            // [n, d], a column a coordinate; nil will do if no equation has a coordinate or source in it
	Coefficients map[string]*graph.Node // scalars: the trained ones
	Sources      map[string]*graph.Node // [n, 1]: those without a text
}

// Residuals are left minus right side of each equation at the points; fields has each unknown, with what [System.Set] has or more.
// Fields that are no jets need no operators: they give the derivatives one by one.
//
// Shapes: the fields' values [n, 1]; returns [n, 1] for each equation.
// DType:  float32 or float64, as the fields.
// Panics: if the system is not valid, or what its equations name is not there.
func (s System) Residuals(fields map[string]jet.Field, given Given) []*graph.Node {
	equations, err := s.WrittenOut()
	if err != nil {
		exceptions.Panicf("%v", err)
	}
	for _, name := range slices.Sorted(maps.Keys(given.Coefficients)) {
		if _, fixed := s.Coefficients[name]; fixed {
			exceptions.Panicf("expression: Given.Coefficients has %q, which has its number in System.Coefficients, want trained ones alone", name)
		}
	}
	r := residual{System: s, fields: fields, given: given, seen: map[string]value{}}
	for _, u := range s.Unknowns {
		field, ok := fields[u]
		if !ok || field == nil {
			exceptions.Panicf("expression: Residuals without the field of %s, want one for each of the unknowns %v", u, s.Unknowns)
		}
		shape := field.Value().Shape()
		if r.like != nil && !shape.Equal(r.like.Shape()) {
			exceptions.Panicf("expression: Residuals with %s %s, want %s as that of %s", u, shape, r.like.Shape(), s.Unknowns[0])
		}
		if shape.Rank() != 2 || shape.Dim(1) != 1 {
			exceptions.Panicf("expression: Residuals with %s %s, want [points, 1]", u, shape)
		}
		r.like = field.Value()
	}
	if f, ok := s.fuse(equations); ok && r.haveOperators(f.of) {
		equations, r.fused = f.equations, f.of
	}
	out := make([]*graph.Node, len(equations))
	for i, e := range equations {
		out[i] = r.whole(r.eval(Binary{Minus, e.Left, e.Right}))
	}
	return out
}

// haveOperators tells whether the fields of all that is fused can give it.
func (r *residual) haveOperators(of map[Name]linearPart) bool {
	for _, part := range of {
		if _, ok := operated(r.fields[part.unknown]); !ok {
			return false
		}
	}
	return true
}

// operated finds how a field applies the operators of its set; ok is false for one that has none.
func operated(field jet.Field) (apply func(operator string) *graph.Node, ok bool) {
	switch f := field.(type) {
	case column:
		all, ok := operated(f.Field)
		return func(operator string) *graph.Node { return f.of(all(operator)) }, ok
	case jet.Jet:
		return f.Operator, true
	}
	return nil, false
}

// Fields are the columns of one network's field [n, unknowns], as those of the unknowns in their order.
//
// Panics: if the columns are not as many as the unknowns.
func (s System) Fields(all jet.Field) map[string]jet.Field {
	if shape := all.Value().Shape(); shape.Rank() != 2 || shape.Dim(1) != len(s.Unknowns) {
		exceptions.Panicf("expression: Fields of %s, want [points, %d], a column for each of %v", shape, len(s.Unknowns), s.Unknowns)
	}
	out := map[string]jet.Field{}
	for i, u := range s.Unknowns {
		out[u] = column{all, i}
	}
	return out
}

// column is one of a field's.
type column struct {
	jet.Field
	at int
}

// Value is the column's values, [n, 1].
func (c column) Value() *graph.Node { return c.of(c.Field.Value()) }

// D is a derivative of the column, [n, 1].
func (c column) D(derivative string) *graph.Node { return c.of(c.Field.D(derivative)) }

func (c column) of(x *graph.Node) *graph.Node { return graph.SliceAxis(x, 1, graph.AxisElem(c.at)) }

// value is an array, or a number where the node is nil.
type value struct {
	number float64
	node   *graph.Node
}

// residual evaluates expressions in a graph.
type residual struct {
	System
	fields map[string]jet.Field
	given  Given
	like   *graph.Node      // has the shape and type of the results
	seen   map[string]value // of names
	fused  map[Name]linearPart
}

// whole is a value at all points.
func (r *residual) whole(v value) *graph.Node {
	if v.node == nil {
		return graph.MulScalar(graph.OnesLike(r.like), v.number)
	}
	if v.node.IsScalar() {
		return graph.Mul(graph.OnesLike(r.like), v.node)
	}
	return v.node
}

func (r *residual) eval(e Expr) value {
	switch e := e.(type) {
	case Number:
		return value{number: float64(e)}
	case Name, Derivative:
		name := e.String()
		v, ok := r.seen[name]
		if !ok {
			v = r.lookup(e)
			r.seen[name] = v
		}
		return v
	case Negative:
		v := r.eval(e.X)
		if v.node == nil {
			return value{number: -v.number}
		}
		return value{node: graph.Neg(v.node)}
	case Call:
		f, _ := pointwise(e.Function)
		v := r.eval(e.Arg)
		if v.node == nil {
			return value{number: f.at(v.number)}
		}
		return value{node: f.node(v.node)}
	case Binary:
		return r.operate(e.Op, r.eval(e.Left), r.eval(e.Right))
	}
	return value{}
}

// operate is an operation on values; numbers stay so among themselves.
func (r *residual) operate(op Op, a, b value) value {
	if a.node == nil && b.node == nil {
		return value{number: operate(op, a.number, b.number)}
	}
	if op == Power {
		return value{node: r.raised(a, b)}
	}
	var node *graph.Node
	switch {
	case b.node == nil:
		switch op {
		case Plus:
			node = graph.AddScalar(a.node, b.number)
		case Minus:
			node = graph.AddScalar(a.node, -b.number)
		case Times:
			node = graph.MulScalar(a.node, b.number)
		default:
			node = graph.DivScalar(a.node, b.number)
		}
	case a.node == nil && op == Plus:
		node = graph.AddScalar(b.node, a.number)
	case a.node == nil && op == Times:
		node = graph.MulScalar(b.node, a.number)
	default:
		left := a.node
		if left == nil {
			left = graph.Scalar(r.like.Graph(), r.like.DType(), a.number)
		}
		switch op {
		case Plus:
			node = graph.Add(left, b.node)
		case Minus:
			node = graph.Sub(left, b.node)
		case Times:
			node = graph.Mul(left, b.node)
		default:
			node = graph.Div(left, b.node)
		}
	}
	return value{node: node}
}

// maxPower bounds the whole exponents that are products.
const maxPower = 64

// raised multiplies for small whole exponents, which is right for bases of any sign and has gradients at 0.
func (r *residual) raised(base, exponent value) *graph.Node {
	n := exponent.number
	switch {
	case base.node == nil:
		return graph.Pow(graph.Scalar(r.like.Graph(), r.like.DType(), base.number), exponent.node)
	case exponent.node != nil:
		return graph.Pow(base.node, exponent.node)
	case n == 0:
		return graph.OnesLike(base.node)
	case n == 0.5:
		return graph.Sqrt(base.node)
	case n != math.Trunc(n) || math.Abs(n) > maxPower:
		return graph.PowScalar(base.node, n)
	}
	whole := jet.Power(jet.Lift(base.node), int(math.Abs(n))).Value()
	if n < 0 {
		return graph.Reciprocal(whole)
	}
	return whole
}

// lookup finds what a name stands for.
func (r *residual) lookup(e Expr) value {
	if d, ok := e.(Derivative); ok {
		return value{node: r.fields[d.Of].D(r.jetName(d))}
	}
	name := e.String()
	if part, ok := r.fused[Name(name)]; ok {
		apply, _ := operated(r.fields[part.unknown])
		return value{node: apply(part.operator.Name)}
	}
	if column := slices.Index(r.Coordinates, name); column >= 0 {
		return value{node: r.coordinate(column)}
	}
	if field, ok := r.fields[name]; ok && slices.Contains(r.Unknowns, name) {
		return value{node: field.Value()}
	}
	if node, ok := r.given.Coefficients[name]; ok && r.kinds()[name] == "a coefficient" {
		if !node.IsScalar() {
			exceptions.Panicf("expression: Given.Coefficients[%q] %s, want a scalar", name, node.Shape())
		}
		return value{node: node}
	}
	if number, ok := r.Coefficients[name]; ok {
		return value{number: number}
	}
	if name == pi {
		return value{number: math.Pi}
	}
	if _, ok := r.Sources[name]; ok {
		return value{node: r.source(name)}
	}
	exceptions.Panicf("expression: Given.Coefficients lacks %q, want the node of each trained coefficient", name)
	return value{}
}

// coordinate is a column of the points.
func (r *residual) coordinate(column int) *graph.Node {
	points, want := r.given.Points, fmt.Sprintf("[%d, %d], a column for each of %v", r.like.Shape().Dim(0), len(r.Coordinates), r.Coordinates)
	if points == nil {
		exceptions.Panicf("expression: Given.Points is nil, want %s: an equation has %s in it", want, r.Coordinates[column])
	}
	if points.Rank() != 2 || points.Shape().Dim(1) != len(r.Coordinates) || points.Shape().Dim(0) != r.like.Shape().Dim(0) {
		exceptions.Panicf("expression: Given.Points %s, want %s", points.Shape(), want)
	}
	return graph.SliceAxis(points, 1, graph.AxisElem(column))
}

// source is the values of a source that has no text.
func (r *residual) source(name string) *graph.Node {
	node := r.given.Sources[name]
	if node == nil {
		exceptions.Panicf("expression: Given.Sources lacks %q, want its values %s", name, r.like.Shape())
	}
	if !node.Shape().Equal(r.like.Shape()) {
		exceptions.Panicf("expression: Given.Sources[%q] %s, want %s", name, node.Shape(), r.like.Shape())
	}
	return node
}
