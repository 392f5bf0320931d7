package expression

import (
	"fmt"
	"math"
)

// Eval is the value of an expression where its names have values. Those of derivatives are found by their text, as "u_xx".
//
// Errors: a name without a value; an operator, which [System.WrittenOut] turns into derivatives.
func Eval(e Expr, values map[string]float64) (float64, error) {
	switch e := e.(type) {
	case Number:
		return float64(e), nil
	case Name, Derivative:
		if value, ok := values[e.String()]; ok {
			return value, nil
		}
		if e == Name(pi) {
			return math.Pi, nil
		}
		return 0, fmt.Errorf("expression: %s has no value, want one for each name", e)
	case Negative:
		x, err := Eval(e.X, values)
		return -x, err
	case Binary:
		x, err := Eval(e.Left, values)
		if err != nil {
			return 0, err
		}
		y, err := Eval(e.Right, values)
		return operate(e.Op, x, y), err
	case Call:
		f, ok := pointwise(e.Function)
		if !ok {
			return 0, fmt.Errorf("expression: %s is no function of a number, want it written out by a System", e)
		}
		x, err := Eval(e.Arg, values)
		if err != nil {
			return 0, err
		}
		return f.at(x), nil
	}
	return 0, fmt.Errorf("expression: %v is no expression", e)
}

// pi is the constant's name.
const pi = "pi"

// operate is an operation on numbers.
func operate(op Op, x, y float64) float64 {
	switch op {
	case Plus:
		return x + y
	case Minus:
		return x - y
	case Times:
		return x * y
	case Over:
		return x / y
	}
	return math.Pow(x, y)
}

// Derive is the derivative of an expression with respect to a name, all other names constant: u*u_x by "u_x" is u. It is
// simplified.
//
// Errors: an operator, which [System.WrittenOut] turns into derivatives.
func Derive(e Expr, name string) (Expr, error) {
	d, err := derive(e, func(leaf Expr) (Expr, error) {
		if leaf.String() == name {
			return Number(1), nil
		}
		return Number(0), nil
	})
	if err != nil {
		return nil, err
	}
	return Simplify(d), nil
}

// derive is the chain rule, on top of the derivatives of the names.
func derive(e Expr, leaf func(leaf Expr) (Expr, error)) (Expr, error) {
	switch e := e.(type) {
	case Number:
		return Number(0), nil
	case Negative:
		d, err := derive(e.X, leaf)
		if err != nil || zero(d) {
			return Number(0), err
		}
		return Negative{d}, nil
	case Binary:
		return deriveBinary(e, leaf)
	case Call:
		f, ok := pointwise(e.Function)
		if !ok {
			return nil, fmt.Errorf("expression: %s has no derivative yet, want it written out by a System", e)
		}
		d, err := derive(e.Arg, leaf)
		if err != nil || zero(d) {
			return Number(0), err
		}
		return Binary{Times, f.slope(e.Arg), d}, nil
	}
	return leaf(e)
}

func zero(e Expr) bool { return e == Expr(Number(0)) }

// deriveBinary leaves out parts that are zero, so that constants make no long expressions.
func deriveBinary(e Binary, leaf func(leaf Expr) (Expr, error)) (Expr, error) {
	a, b := e.Left, e.Right
	da, err := derive(a, leaf)
	if err != nil {
		return nil, err
	}
	db, err := derive(b, leaf)
	if err != nil {
		return nil, err
	}
	times := func(x, y Expr) Expr { return Binary{Times, x, y} }
	var left, right Expr // the parts of a' and of b'
	switch e.Op {
	case Plus, Minus:
		left, right = da, db
	case Times:
		left, right = times(da, b), times(a, db)
	case Over:
		left, right = Binary{Over, da, b}, Binary{Over, times(a, db), Binary{Power, b, Number(2)}}
	default:
		left = times(times(b, Binary{Power, a, Simplify(Binary{Minus, b, Number(1)})}), da)
		right = times(times(e, Call{"log", a}), db)
	}
	switch {
	case zero(da) && zero(db):
		return Number(0), nil
	case zero(db):
		return left, nil
	case zero(da) && (e.Op == Minus || e.Op == Over):
		return Negative{right}, nil
	case zero(da):
		return right, nil
	case e.Op == Minus || e.Op == Over:
		return Binary{Minus, left, right}, nil
	}
	return Binary{Plus, left, right}, nil
}
