package expression

import (
	"slices"
	"strings"
)

// LaTeX is an expression in LaTeX's mathematics: Greek letters for their names, fractions, powers, subscripts for
// derivatives.
func LaTeX(e Expr) string {
	switch e := e.(type) {
	case Number:
		return latexNumber(e)
	case Name:
		return latexName(string(e))
	case Derivative:
		letters := make([]string, len(e.By))
		for i, c := range e.By {
			letters[i] = latexName(c)
		}
		return subscripted(latexName(e.Of), latexJoined(letters))
	case Negative:
		return "-" + latexInner(e.X, e.X.precedence() <= sum)
	case Binary:
		return latexBinary(e)
	case Call:
		return latexCall(e)
	}
	return ""
}

// LaTeX is the equation in LaTeX's mathematics.
func (e Equation) LaTeX() string { return LaTeX(e.Left) + " = " + LaTeX(e.Right) }

func latexInner(e Expr, parentheses bool) string {
	if parentheses {
		return `\left(` + LaTeX(e) + `\right)`
	}
	return LaTeX(e)
}

func latexBinary(e Binary) string {
	switch e.Op {
	case Plus, Minus:
		return LaTeX(e.Left) + " " + string(rune(e.Op)) + " " + latexInner(e.Right, e.Right.precedence() <= sum)
	case Over:
		return `\frac{` + LaTeX(e.Left) + "}{" + LaTeX(e.Right) + "}"
	case Times:
		right, ok := e.Right.(Binary)
		chain := ok && right.Op == Times // a fraction needs no parentheses
		left, factor := latexInner(e.Left, e.Left.precedence() < product), latexInner(e.Right, e.Right.precedence() < product || chain)
		if digit(factor[0]) || factor[0] == '(' {
			return left + ` \cdot ` + factor
		}
		return left + `\,` + factor
	}
	base := e.Left.precedence() < atom
	switch left := e.Left.(type) {
	case Number:
		base = !digits(LaTeX(left))
	case Call:
		base = left.Function != "abs"
	}
	return latexInner(e.Left, base) + "^{" + LaTeX(e.Right) + "}"
}

// digits tells whether a text is digits and a point alone.
func digits(text string) bool { return strings.Trim(text, "0123456789.") == "" }

func latexCall(e Call) string {
	arg := LaTeX(e.Arg)
	parentheses := `\left(` + arg + `\right)`
	switch e.Function {
	case "sqrt":
		return `\sqrt{` + arg + "}"
	case "abs":
		return `\left|` + arg + `\right|`
	case laplacian:
		return `\Delta ` + latexInner(e.Arg, e.Arg.precedence() < atom)
	case gradient:
		return `\nabla ` + latexInner(e.Arg, e.Arg.precedence() < atom)
	case divergence:
		return `\nabla\cdot` + parentheses
	}
	if f, ok := pointwise(e.Function); ok {
		return f.latex + parentheses
	}
	return `\mathrm{` + e.Function + "}" + parentheses
}

// latexNumber writes an exponent as a power of ten.
func latexNumber(n Number) string {
	mantissa, exponent, ok := strings.Cut(n.String(), "e")
	if !ok {
		return mantissa
	}
	closed := ""
	if strings.HasPrefix(mantissa, "(") {
		exponent, closed = strings.TrimSuffix(exponent, ")"), ")"
	}
	sign := ""
	if exponent[0] == '-' {
		sign = "-"
	}
	ten := "10^{" + sign + strings.TrimLeft(exponent, "+-0") + "}"
	if mantissa == "1" {
		return ten
	}
	return mantissa + ` \cdot ` + ten + closed
}

// latexName turns what follows an underscore, or digits at the end, into a subscript.
func latexName(name string) string {
	base, sub, cut := strings.Cut(name, "_")
	if !cut {
		base = strings.TrimRight(name, "0123456789")
		sub = name[len(base):]
	}
	if sub == "" {
		return latexWord(base)
	}
	parts := strings.FieldsFunc(sub, func(r rune) bool { return r == '_' })
	for i, part := range parts {
		parts[i] = latexWord(part)
	}
	return subscripted(latexWord(base), strings.Join(parts, ","))
}

// subscripted adds a subscript to a name that may have one.
func subscripted(name, sub string) string {
	if strings.HasSuffix(name, "}") && strings.Contains(name, "_{") {
		return strings.TrimSuffix(name, "}") + "," + sub + "}"
	}
	return name + "_{" + sub + "}"
}

// latexJoined puts letters beside each other; a space ends a command's name.
func latexJoined(letters []string) string {
	var b strings.Builder
	for i, l := range letters {
		if i > 0 && strings.HasPrefix(letters[i-1], `\`) && letter(l[0]) {
			b.WriteByte(' ')
		}
		b.WriteString(l)
	}
	return b.String()
}

// latexWord is a Greek letter, a letter, or upright text; up to three letters in a subscript of [Parse] are derivatives.
func latexWord(word string) string {
	switch {
	case isGreek(word):
		return `\` + word
	case len(word) <= 1 || digits(word) || strings.Trim(word, "txyz") == "":
		return word
	}
	return `\mathrm{` + word + "}"
}

func isGreek(word string) bool {
	lower := []string{
		"alpha", "beta", "gamma", "delta", "epsilon", "varepsilon", "zeta", "eta", "theta", "vartheta", "iota", "kappa", "lambda", "mu",
		"nu", "xi", "pi", "rho", "sigma", "tau", "upsilon", "phi", "varphi", "chi", "psi", "omega",
	}
	upper := []string{"Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"}
	return slices.Contains(lower, word) || slices.Contains(upper, word)
}
