package expression

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// maxDepth bounds how deep parentheses, powers and minuses may nest.
const maxDepth = 200

// Parse reads an expression; the package comment has the grammar. What looks like a derivative is a [Name].
//
// Errors: a [SyntaxError]; a text of more than 10 000 bytes.
func Parse(text string) (Expr, error) {
	p, err := newParser(text)
	if err != nil {
		return nil, err
	}
	e, err := p.sum()
	if err != nil {
		return nil, err
	}
	if p.is("=") {
		return nil, p.fail(p.now(), "one expression; ParseEquation reads equations")
	}
	return e, p.ended()
}

// ParseEquation reads two expressions with = between them.
//
// Errors: as [Parse].
func ParseEquation(text string) (Equation, error) {
	p, err := newParser(text)
	if err != nil {
		return Equation{}, err
	}
	left, err := p.sum()
	if err != nil {
		return Equation{}, err
	}
	if !p.is("=") {
		if p.now().kind != end {
			return Equation{}, p.ended()
		}
		return Equation{}, p.fail(p.now(), `"=" and the other side, as in u_t = u_xx`)
	}
	p.next()
	right, err := p.sum()
	if err != nil {
		return Equation{}, err
	}
	if p.is("=") {
		return Equation{}, p.fail(p.now(), `just one "=" in an equation`)
	}
	return Equation{left, right}, p.ended()
}

// parser is a place in a text's tokens.
type parser struct {
	text   string
	tokens []token
	place  int
	depth  int
}

func newParser(text string) (*parser, error) {
	all, err := tokens(text)
	if err != nil {
		return nil, err
	}
	return &parser{text: text, tokens: all}, nil
}

func (p *parser) now() token { return p.tokens[p.place] }

func (p *parser) next() token {
	t := p.now()
	if t.kind != end {
		p.place++
	}
	return t
}

// is tells whether the next token is one of some signs.
func (p *parser) is(signs string) bool {
	t := p.now()
	return t.kind == sign && strings.Contains(signs, t.text)
}

// fail is an error at a token.
func (p *parser) fail(at token, want string) error {
	return &SyntaxError{p.text, at.at, at.String(), want}
}

// ended wants nothing to be left.
func (p *parser) ended() error {
	t := p.now()
	switch {
	case t.kind == end:
		return nil
	case t.text == ")":
		return p.fail(t, `a "(" before it`)
	case t.text == "(" && p.tokens[p.place-1].kind == name:
		return p.fail(t, fmt.Sprintf(`"*" for a product, or a function before it: %s is none of %s`,
			p.tokens[p.place-1].text, strings.Join(functionNames(), ", ")))
	}
	return p.fail(t, `an operation before it; a product is written with "*"`)
}

// nested reads what stands a level deeper.
func (p *parser) nested(read func() (Expr, error)) (Expr, error) {
	if p.depth == maxDepth {
		return nil, p.fail(p.now(), fmt.Sprintf("parentheses, powers and minuses nested at most %d deep", maxDepth))
	}
	p.depth++
	defer func() { p.depth-- }()
	return read()
}

// sum = [ "-" ] term { ( "+" | "-" ) term }.
func (p *parser) sum() (Expr, error) {
	minus := p.is("-")
	if minus {
		p.next()
	}
	left, err := p.chain("*/", p.factor)
	if err != nil {
		return nil, err
	}
	if minus {
		left = Negative{left}
	}
	return p.chainFrom(left, "+-", func() (Expr, error) { return p.chain("*/", p.factor) })
}

// chain is operands with operations of one rank between them, the left ones first.
func (p *parser) chain(operations string, operand func() (Expr, error)) (Expr, error) {
	left, err := operand()
	if err != nil {
		return nil, err
	}
	return p.chainFrom(left, operations, operand)
}

func (p *parser) chainFrom(left Expr, operations string, operand func() (Expr, error)) (Expr, error) {
	for p.is(operations) {
		op := Op(p.next().text[0])
		right, err := operand()
		if err != nil {
			return nil, err
		}
		left = Binary{op, left, right}
	}
	return left, nil
}

// factor = "-" factor | primary [ "^" factor ].
func (p *parser) factor() (Expr, error) {
	if p.is("-") {
		p.next()
		x, err := p.nested(p.factor)
		if err != nil {
			return nil, err
		}
		return Negative{x}, nil
	}
	base, err := p.primary()
	if err != nil || !p.is("^") {
		return base, err
	}
	p.next()
	exponent, err := p.nested(p.factor)
	if err != nil {
		return nil, err
	}
	return Binary{Power, base, exponent}, nil
}

// primary = number | name | function "(" sum ")" | "(" sum ")".
func (p *parser) primary() (Expr, error) {
	t := p.next()
	switch {
	case t.kind == number:
		value, err := strconv.ParseFloat(t.text, 64)
		if err != nil || math.IsInf(value, 0) {
			return nil, p.fail(t, "a number of at most 1.79e308")
		}
		return Number(value), nil
	case t.kind == name && isFunction(t.text):
		if !p.is("(") {
			return nil, p.fail(p.now(), fmt.Sprintf(`"(" after the function %s`, t.text))
		}
		open := p.next()
		arg, err := p.closed(open)
		if err != nil {
			return nil, err
		}
		return Call{t.text, arg}, nil
	case t.kind == name:
		return Name(t.text), nil
	case t.text == "(":
		return p.closed(t)
	}
	return nil, p.fail(t, `a name, a number, "-" or "("`)
}

// closed is what stands in parentheses, after the open one.
func (p *parser) closed(open token) (Expr, error) {
	e, err := p.nested(p.sum)
	if err != nil {
		return nil, err
	}
	if !p.is(")") {
		t := p.now()
		if t.kind != end && !p.is("=") {
			return nil, p.ended()
		}
		column := (&SyntaxError{Text: p.text, Offset: open.at}).Column()
		return nil, p.fail(t, fmt.Sprintf(`a ")" for the "(" at column %d`, column))
	}
	p.next()
	return e, nil
}
