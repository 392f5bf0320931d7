package expression

import (
	"math"
	"slices"

	"github.com/gomlx/gomlx/core/graph"
)

// function is a function of one number, in all the forms that it takes.
type function struct {
	at    func(x float64) float64
	node  func(x *graph.Node) *graph.Node
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
		return function{math.Sin, graph.Sin, call("cos"), `\sin`}, true
	case "cos":
		return function{math.Cos, graph.Cos, func(x Expr) Expr { return Negative{Call{"sin", x}} }, `\cos`}, true
	case "tan":
		tangent := func(x *graph.Node) *graph.Node { return graph.Div(graph.Sin(x), graph.Cos(x)) }
		return function{math.Tan, tangent, func(x Expr) Expr { return Binary{Plus, Number(1), squared("tan")(x)} }, `\tan`}, true
	case "exp":
		return function{math.Exp, graph.Exp, call("exp"), `\exp`}, true
	case "log":
		return function{math.Log, graph.Log, func(x Expr) Expr { return Binary{Over, Number(1), x} }, `\log`}, true
	case "sqrt":
		return function{math.Sqrt, graph.Sqrt, func(x Expr) Expr {
			return Binary{Over, Number(1), Binary{Times, Number(2), Call{"sqrt", x}}}
		}, ""}, true
	case "sinh":
		// (e^x - e^-x)/2 keeps its digits near 0 only in this form.
		sine := func(x *graph.Node) *graph.Node {
			return graph.DivScalar(graph.Sub(graph.Expm1(x), graph.Expm1(graph.Neg(x))), 2)
		}
		return function{math.Sinh, sine, call("cosh"), `\sinh`}, true
	case "cosh":
		cosine := func(x *graph.Node) *graph.Node {
			return graph.DivScalar(graph.Add(graph.Exp(x), graph.Exp(graph.Neg(x))), 2)
		}
		return function{math.Cosh, cosine, call("sinh"), `\cosh`}, true
	case "tanh":
		return function{math.Tanh, graph.Tanh, func(x Expr) Expr { return Binary{Minus, Number(1), squared("tanh")(x)} }, `\tanh`}, true
	case "abs":
		return function{math.Abs, graph.Abs, func(x Expr) Expr { return Binary{Over, x, Call{"abs", x}} }, ""}, true
	}
	return function{}, false
}
