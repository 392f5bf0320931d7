package expression

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Expr is an expression: a [Number], a [Name], a [Derivative], a [Negative], a [Binary] or a [Call]. Trees are immutable and
// may share branches. String gives text that parses back to the same tree, as long as numbers are finite and not negative
// (a negative one comes back as the [Negative] of a number) and derivatives are read by the system that made them.
type Expr interface {
	fmt.Stringer
	precedence() int
}

// Number is a constant.
type Number float64

// Name is a coordinate, an unknown, a coefficient, a source or the constant pi. Straight from [Parse] it may be a derivative
// too, as u_x: only a [System] knows.
type Name string

// Derivative is a partial derivative of an unknown along coordinates, one an order: u_xt is of u, by x and t.
type Derivative struct {
	Of string
	By []string
}

// Negative is -X.
type Negative struct{ X Expr }

// Binary is two expressions with an operation between them.
type Binary struct {
	Op          Op
	Left, Right Expr
}

// Call is a function of one expression, or the operator lap, div or grad.
type Call struct {
	Function string
	Arg      Expr
}

// Op is an operation of two expressions.
type Op byte

// The operations.
const (
	Plus  Op = '+'
	Minus Op = '-'
	Times Op = '*'
	Over  Op = '/'
	Power Op = '^'
)

// How tightly an expression holds together, which says where text needs parentheses.
const (
	sum = iota + 1 // and a minus in front
	product
	power
	atom
)

func (Number) precedence() int     { return atom }
func (Name) precedence() int       { return atom }
func (Derivative) precedence() int { return atom }
func (Call) precedence() int       { return atom }
func (Negative) precedence() int   { return sum }

func (b Binary) precedence() int {
	switch b.Op {
	case Plus, Minus:
		return sum
	case Times, Over:
		return product
	}
	return power
}

// String is the shortest decimal number that reads back as the same bits.
func (n Number) String() string {
	text := strconv.FormatFloat(float64(n), 'g', -1, 64)
	if math.Signbit(float64(n)) {
		return "(" + text + ")"
	}
	return text
}

// String is the name.
func (n Name) String() string { return string(n) }

// String is such as u_xx.
func (d Derivative) String() string { return d.Of + "_" + strings.Join(d.By, "") }

// String is such as -u.
func (n Negative) String() string { return text(n) }

// String is such as u + v, u*v, u/v or u^2.
func (b Binary) String() string { return text(b) }

// String is such as sin(u).
func (c Call) String() string { return text(c) }

func text(e Expr) string {
	var b strings.Builder
	write(&b, e)
	return b.String()
}

// write is linear in the size of the tree, so that long sums are no burden.
func write(b *strings.Builder, e Expr) {
	inner := func(e Expr, parentheses bool) {
		if parentheses {
			b.WriteByte('(')
		}
		write(b, e)
		if parentheses {
			b.WriteByte(')')
		}
	}
	switch e := e.(type) {
	case Negative:
		b.WriteByte('-')
		inner(e.X, e.X.precedence() <= sum)
	case Binary:
		p := e.precedence()
		rightFirst := e.Op == Power
		inner(e.Left, e.Left.precedence() < p || rightFirst && e.Left.precedence() == p)
		if p == sum {
			fmt.Fprintf(b, " %c ", e.Op)
		} else {
			b.WriteByte(byte(e.Op))
		}
		inner(e.Right, e.Right.precedence() < p || !rightFirst && e.Right.precedence() == p)
	case Call:
		b.WriteString(e.Function)
		inner(e.Arg, true)
	default:
		b.WriteString(e.String())
	}
}

// Equal tells whether two trees are the same, branch by branch: u + v and v + u are not.
func Equal(a, b Expr) bool {
	switch a := a.(type) {
	case Derivative:
		b, ok := b.(Derivative)
		return ok && a.Of == b.Of && slices.Equal(a.By, b.By)
	case Negative:
		b, ok := b.(Negative)
		return ok && Equal(a.X, b.X)
	case Binary:
		b, ok := b.(Binary)
		return ok && a.Op == b.Op && Equal(a.Left, b.Left) && Equal(a.Right, b.Right)
	case Call:
		b, ok := b.(Call)
		return ok && a.Function == b.Function && Equal(a.Arg, b.Arg)
	case Number, Name:
		return a == b
	}
	return false
}

// Equation says that two expressions are equal.
type Equation struct{ Left, Right Expr }

// String is such as "u_t = u_xx"; it parses back to the same equation.
func (e Equation) String() string { return e.Left.String() + " = " + e.Right.String() }

// MarshalText gives the equation as it is written.
func (e Equation) MarshalText() ([]byte, error) {
	if e.Left == nil || e.Right == nil {
		return nil, fmt.Errorf("expression: Equation = %v, want two sides", [2]Expr{e.Left, e.Right})
	}
	return []byte(e.String()), nil
}

// UnmarshalText reads what MarshalText wrote; derivatives come back as names, as from [ParseEquation].
func (e *Equation) UnmarshalText(text []byte) error {
	read, err := ParseEquation(string(text))
	if err == nil {
		*e = read
	}
	return err
}

// children are the branches of a node, from left to right.
func children(e Expr) []Expr {
	switch e := e.(type) {
	case Negative:
		return []Expr{e.X}
	case Binary:
		return []Expr{e.Left, e.Right}
	case Call:
		return []Expr{e.Arg}
	}
	return nil
}

// Replace is an expression with each of its leaves, the numbers, names and derivatives, replaced by what with makes of it; the
// others stay if with gives them back as they are. It is not simplified.
func Replace(e Expr, with func(leaf Expr) Expr) Expr {
	switch e := e.(type) {
	case Negative:
		return Negative{Replace(e.X, with)}
	case Binary:
		return Binary{e.Op, Replace(e.Left, with), Replace(e.Right, with)}
	case Call:
		return Call{e.Function, Replace(e.Arg, with)}
	}
	return with(e)
}

// Names are the names in an expression that want a value, each once and sorted: those of derivatives as text, such as "u_xx", and
// not the constant pi.
func Names(e Expr) []string {
	seen := map[string]bool{}
	Replace(e, func(leaf Expr) Expr {
		if _, number := leaf.(Number); !number && leaf != Expr(Name(pi)) {
			seen[leaf.String()] = true
		}
		return leaf
	})
	return slices.Sorted(maps.Keys(seen))
}

// within tells whether a tree has at most maxNodes nodes, and counts no further.
func within(e Expr) bool {
	limit := maxNodes
	var count func(e Expr) bool
	count = func(e Expr) bool {
		limit--
		for _, c := range children(e) {
			if limit < 0 || !count(c) {
				return false
			}
		}
		return limit >= 0
	}
	return count(e)
}
