package expression

import (
	"maps"
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
)

// OnJets evaluates an expression where its names have jets as values, and so carries their derivatives along; on jets of
// [jet.Lift] it is plain evaluation. Derivatives in the expression are names as others are, found by their text, as "u_xx".
//
// Whole powers are products, right for bases of any sign; other powers are for positive bases.
//
// Shapes: values of one rank, whose axes of length 1 are repeated, and scalars; returns what all values are repeated to, those
// that the expression does not use among them.
// DType:  float32 or float64, as the values.
// Panics: if there are no values, or none for a name; for an operator, which [System.WrittenOut] turns into derivatives.
func OnJets(e Expr, values map[string]jet.Jet) jet.Jet {
	if len(values) == 0 {
		exceptions.Panicf("expression: OnJets of %s without values, want at least one, whose shape the result takes", e)
	}
	o := onJets{values: map[string]jet.Jet{}}
	names := slices.Sorted(maps.Keys(values))
	for _, name := range names {
		o.rank = max(o.rank, values[name].Value().Rank())
	}
	dims := make([]int, o.rank)
	for _, name := range names {
		v := values[name]
		if x := v.Value(); x.IsScalar() && o.rank > 0 {
			v = jet.Lift(graph.ExpandLeftToRank(x, o.rank))
		}
		if v.Value().Rank() != o.rank {
			exceptions.Panicf("expression: OnJets with %s %s, want rank %d as the others, or a scalar", name, v.Value().Shape(), o.rank)
		}
		for axis, n := range v.Value().Shape().Dimensions {
			dims[axis] = max(dims[axis], n)
		}
		o.values[name], o.like = v, v.Value()
	}
	out := o.jet(o.eval(e))
	if !slices.Equal(out.Value().Shape().Dimensions, dims) {
		zeros := graph.BroadcastToDims(graph.ScalarZero(o.like.Graph(), o.like.DType()), dims...)
		out = jet.Add(out, jet.Lift(zeros))
	}
	return out
}

// jetValue is a jet, or a number.
type jetValue struct {
	jet    jet.Jet
	number float64
	fixed  bool // it is the number
}

// onJets evaluates expressions on jets.
type onJets struct {
	values map[string]jet.Jet
	rank   int
	like   *graph.Node // has the graph and the type of the results
}

// jet is a value as one that all points share.
func (o onJets) jet(v jetValue) jet.Jet {
	if !v.fixed {
		return v.jet
	}
	x := graph.Scalar(o.like.Graph(), o.like.DType(), v.number)
	if o.rank > 0 {
		x = graph.ExpandLeftToRank(x, o.rank)
	}
	return jet.Lift(x)
}

func (o onJets) eval(e Expr) jetValue {
	switch e := e.(type) {
	case Number:
		return jetValue{number: float64(e), fixed: true}
	case Name, Derivative:
		if v, ok := o.values[e.String()]; ok {
			return jetValue{jet: v}
		}
		if e == Name(pi) {
			return jetValue{number: math.Pi, fixed: true}
		}
		exceptions.Panicf("expression: OnJets without a value for %q, want one for each name; it has %v", e, slices.Sorted(maps.Keys(o.values)))
	case Negative:
		v := o.eval(e.X)
		if v.fixed {
			return jetValue{number: -v.number, fixed: true}
		}
		return jetValue{jet: jet.Neg(v.jet)}
	case Call:
		f, ok := pointwise(e.Function)
		if !ok {
			exceptions.Panicf("expression: %s is no function of a number, want it written out by a System", e)
		}
		v := o.eval(e.Arg)
		if v.fixed {
			return jetValue{number: f.at(v.number), fixed: true}
		}
		return jetValue{jet: f.jet(v.jet)}
	case Binary:
		a, b := o.eval(e.Left), o.eval(e.Right)
		if a.fixed && b.fixed {
			return jetValue{number: operate(e.Op, a.number, b.number), fixed: true}
		}
		return jetValue{jet: o.operate(e.Op, a, b)}
	}
	return jetValue{}
}

// operate is an operation of which at least one side is a jet.
func (o onJets) operate(op Op, a, b jetValue) jet.Jet {
	switch op {
	case Plus:
		switch {
		case a.fixed:
			return jet.AddScalar(b.jet, a.number)
		case b.fixed:
			return jet.AddScalar(a.jet, b.number)
		}
		return jet.Add(a.jet, b.jet)
	case Minus:
		switch {
		case a.fixed:
			return jet.AddScalar(jet.Neg(b.jet), a.number)
		case b.fixed:
			return jet.AddScalar(a.jet, -b.number)
		}
		return jet.Sub(a.jet, b.jet)
	case Times:
		switch {
		case a.fixed:
			return jet.MulScalar(b.jet, a.number)
		case b.fixed:
			return jet.MulScalar(a.jet, b.number)
		}
		return jet.Mul(a.jet, b.jet)
	case Over:
		if b.fixed {
			return jet.Linear(a.jet, func(x *graph.Node) *graph.Node { return graph.DivScalar(x, b.number) })
		}
		return jet.Div(o.jet(a), b.jet)
	}
	return o.raised(a, b)
}

// raised multiplies for small whole exponents, which is right for bases of any sign and at 0.
func (o onJets) raised(base, exponent jetValue) jet.Jet {
	n := exponent.number
	switch {
	case base.fixed:
		return jet.Exp(jet.MulScalar(exponent.jet, math.Log(base.number)))
	case !exponent.fixed:
		return jet.Exp(jet.Mul(exponent.jet, jet.Log(base.jet)))
	case n == 0.5:
		return jet.Sqrt(base.jet)
	case n != math.Trunc(n) || math.Abs(n) > maxPower:
		return jet.Pow(base.jet, n)
	case n < 0:
		return jet.Reciprocal(jet.Power(base.jet, int(-n)))
	}
	return jet.Power(base.jet, int(n))
}
