package expression

import (
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
)

// function is a function of one number, in all the forms that it takes.
type function struct {
	at    func(x float64) float64
	node  func(x *graph.Node) *graph.Node
	jet   func(z jet.Jet) jet.Jet
	slope func(x Expr) Expr // its derivative
	latex string            // "" if it has no such name
}

// The operators that a system writes out.
const (
	laplacian  = "lap"
	divergence = "div"
	gradient   = "grad"
)

// operators are not pointwise.
func operators() []string { return []string{laplacian, divergence, gradient} }

// functionNames are all names that parentheses may follow.
func functionNames() []string {
	return append([]string{"sin", "cos", "tan", "exp", "log", "sqrt", "sinh", "cosh", "tanh", "abs"}, operators()...)
}

func isFunction(name string) bool { return slices.Contains(functionNames(), name) }

// pointwise finds a function by name.
func pointwise(name string) (f function, ok bool) {
	call := func(name string) func(x Expr) Expr {
		return func(x Expr) Expr { return Call{name, x} }
	}
	squared := func(name string) func(x Expr) Expr {
		return func(x Expr) Expr { return Binary{Power, Call{name, x}, Number(2)} }
	}
	switch name {
	case "sin":
		return function{math.Sin, graph.Sin, jet.Sin, call("cos"), `\sin`}, true
	case "cos":
		return function{math.Cos, graph.Cos, jet.Cos, func(x Expr) Expr { return Negative{Call{"sin", x}} }, `\cos`}, true
	case "tan":
		tangent := func(x *graph.Node) *graph.Node { return graph.Div(graph.Sin(x), graph.Cos(x)) }
		return function{math.Tan, tangent, tan, func(x Expr) Expr { return Binary{Plus, Number(1), squared("tan")(x)} }, `\tan`}, true
	case "exp":
		return function{math.Exp, graph.Exp, jet.Exp, call("exp"), `\exp`}, true
	case "log":
		return function{math.Log, graph.Log, jet.Log, func(x Expr) Expr { return Binary{Over, Number(1), x} }, `\log`}, true
	case "sqrt":
		return function{math.Sqrt, graph.Sqrt, jet.Sqrt, func(x Expr) Expr {
			return Binary{Over, Number(1), Binary{Times, Number(2), Call{"sqrt", x}}}
		}, ""}, true
	case "sinh":
		return function{math.Sinh, sinhNode, sinh, call("cosh"), `\sinh`}, true
	case "cosh":
		return function{math.Cosh, coshNode, cosh, call("sinh"), `\cosh`}, true
	case "tanh":
		return function{math.Tanh, graph.Tanh, jet.Tanh, func(x Expr) Expr { return Binary{Minus, Number(1), squared("tanh")(x)} }, `\tanh`}, true
	case "abs":
		return function{math.Abs, graph.Abs, abs, func(x Expr) Expr { return Binary{Over, x, Call{"abs", x}} }, ""}, true
	}
	return function{}, false
}

func tan(z jet.Jet) jet.Jet {
	sin, cos := jet.SinCos(z)
	return jet.Div(sin, cos)
}

// sinhNode is (e^x - e^-x)/2, which keeps its digits near 0 only in this form.
func sinhNode(x *graph.Node) *graph.Node {
	return graph.DivScalar(graph.Sub(graph.Expm1(x), graph.Expm1(graph.Neg(x))), 2)
}

func sinh(z jet.Jet) jet.Jet { return jet.Chain(z, sinhNode(z.Value()), cosh(z)) }

func coshNode(x *graph.Node) *graph.Node {
	return graph.DivScalar(graph.Add(graph.Exp(x), graph.Exp(graph.Neg(x))), 2)
}

func cosh(z jet.Jet) jet.Jet { return jet.MulScalar(jet.Add(jet.Exp(z), jet.Exp(jet.Neg(z))), 0.5) }

// abs has the sign as its slope, and higher derivatives of zero; at 0 all are taken as 0.
func abs(z jet.Jet) jet.Jet {
	return jet.Mul(jet.Lift(graph.StopGradient(graph.Sign(z.Value()))), z)
}
