package expression

import "math"

// rounded is a value in float64 with a bound, to first order, on what round-off has made of it.
type rounded struct{ x, err float64 }

// unit is the relative error of one operation.
const unit = 0x1p-53

// known has its bound only if that is finite: next to a singularity there is none of first order.
func (v rounded) known() rounded {
	if math.IsNaN(v.err) || math.IsInf(v.err, 0) {
		v.err = 0
	}
	return v
}

// evalRounded is [Eval] of a written-out expression all of whose names have values, with the bound; others are NaN.
//
// Source: Higham 2002, Accuracy and Stability of Numerical Algorithms, section 3.3 (running error analysis). bib: higham2002accuracy
func evalRounded(e Expr, values map[string]rounded) rounded {
	switch e := e.(type) {
	case Number:
		return rounded{x: float64(e)}
	case Name, Derivative:
		if v, ok := values[e.String()]; ok {
			return v
		}
		if e == Name(pi) {
			return rounded{math.Pi, unit * math.Pi}
		}
	case Negative:
		v := evalRounded(e.X, values)
		return rounded{-v.x, v.err}
	case Binary:
		return operateRounded(e.Op, evalRounded(e.Left, values), evalRounded(e.Right, values))
	case Call:
		f, ok := pointwise(e.Function)
		if !ok {
			break
		}
		v := evalRounded(e.Arg, values)
		out := rounded{x: f.at(v.x)}
		if v.err > 0 {
			slope, _ := Eval(f.slope(Number(v.x)), nil)
			out.err = math.Abs(slope) * v.err
		}
		out.err += unit * math.Abs(out.x)
		return out.known()
	}
	return rounded{x: math.NaN()}
}

// operateRounded is an operation on values with bounds.
func operateRounded(op Op, a, b rounded) rounded {
	out := rounded{x: operate(op, a.x, b.x)}
	switch op {
	case Plus, Minus:
		out.err = a.err + b.err
	case Times:
		out.err = math.Abs(a.x)*b.err + math.Abs(b.x)*a.err
	case Over:
		out.err = (a.err + math.Abs(out.x)*b.err) / math.Abs(b.x)
	default:
		if a.err > 0 {
			out.err = math.Abs(b.x*math.Pow(a.x, b.x-1)) * a.err
		}
		if b.err > 0 {
			out.err += math.Abs(out.x*math.Log(math.Abs(a.x))) * b.err
		}
	}
	out.err += unit * math.Abs(out.x)
	return out.known()
}
