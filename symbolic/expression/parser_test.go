package expression_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

// binary and the like keep expected trees short.
func binary(left expression.Expr, op expression.Op, right expression.Expr) expression.Expr {
	return expression.Binary{Op: op, Left: left, Right: right}
}

func negative(x expression.Expr) expression.Expr { return expression.Negative{X: x} }

func call(f string, x expression.Expr) expression.Expr { return expression.Call{Function: f, Arg: x} }

func mustParse(t testing.TB, text string) expression.Expr {
	t.Helper()
	e, err := expression.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestParse(t *testing.T) {
	a, b, c := expression.Name("a"), expression.Name("b"), expression.Name("c")
	n := func(x float64) expression.Expr { return expression.Number(x) }
	for _, test := range []struct {
		text string
		want expression.Expr
		back string // "" if as text
	}{
		{"a", a, ""},
		{"u_xxt", expression.Name("u_xxt"), ""},
		{"12.5", n(12.5), ""},
		{".5e-3", n(0.0005), "0.0005"},
		{"1E3", n(1000), "1000"},
		{"2.", n(2), "2"},
		{"a - b - c", binary(binary(a, '-', b), '-', c), ""},
		{"a - (b - c)", binary(a, '-', binary(b, '-', c)), ""},
		{"a/b/c", binary(binary(a, '/', b), '/', c), ""},
		{"a/(b*c)", binary(a, '/', binary(b, '*', c)), ""},
		{"a + b*c", binary(a, '+', binary(b, '*', c)), ""},
		{"(a + b)*c", binary(binary(a, '+', b), '*', c), ""},
		{"a^b^c", binary(a, '^', binary(b, '^', c)), ""},
		{"(a^b)^c", binary(binary(a, '^', b), '^', c), ""},
		{"-a^2", negative(binary(a, '^', n(2))), ""},
		{"(-a)^2", binary(negative(a), '^', n(2)), ""},
		{"a^-b", binary(a, '^', negative(b)), "a^(-b)"},
		{"a^-b^c", binary(a, '^', negative(binary(b, '^', c))), "a^(-b^c)"},
		{"-a*b", negative(binary(a, '*', b)), ""},
		{"(-a)*b", binary(negative(a), '*', b), ""},
		{"a*-b", binary(a, '*', negative(b)), "a*(-b)"},
		{"-a + b", binary(negative(a), '+', b), ""},
		{"a - -b", binary(a, '-', negative(b)), "a - (-b)"},
		{"--a", negative(negative(a)), "-(-a)"},
		{"sin(a)^2", binary(call("sin", a), '^', n(2)), ""},
		{"div(a*grad(b))", call("div", binary(a, '*', call("grad", b))), ""},
		{" ( (a)\n\t) ", a, "a"},
	} {
		t.Run(test.text, func(t *testing.T) {
			got := mustParse(t, test.text)
			if !expression.Equal(got, test.want) {
				t.Errorf("%#v, want %#v", got, test.want)
			}
			want := test.back
			if want == "" {
				want = test.text
			}
			if got.String() != want {
				t.Errorf("text %q, want %q", got, want)
			}
		})
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `the end at column 1, want a name, a number, "-" or "("`},
		{"a +", `the end at column 4, want a name, a number, "-" or "("`},
		{"u_t = * u", `"*" at column 7, want a name, a number, "-" or "("`},
		{"+a", `"+" at column 1, want a name, a number, "-" or "("`},
		{"2 u", `"u" at column 3, want an operation before it; a product is written with "*"`},
		{"2u", `"u" at column 2, want an operation before it; a product is written with "*"`},
		{"(a)(b)", `"(" at column 4, want an operation before it; a product is written with "*"`},
		{"(a b)", `"b" at column 4, want an operation before it; a product is written with "*"`},
		{"u(x)", `"(" at column 2, want "*" for a product, or a function before it: u is none of sin, cos, tan, exp, log, sqrt, sinh, cosh, tanh, abs, lap, div, grad`},
		{"sin a", `"a" at column 5, want "(" after the function sin`},
		{"a)", `")" at column 2, want a "(" before it`},
		{"a*(b + c", `the end at column 9, want a ")" for the "(" at column 3`},
		{"a**2", `"**" at column 2, want "^" for a power`},
		{"_x", `"_" at column 1, want a name before it, as in u_x`},
		{"ν*u", `"ν" at column 1, want names in the letters a to z and A to Z; Greek ones are spelled out, as nu or alpha`},
		{"a & b", `"&" at column 3, want names, numbers and + - * / ^ ( ) =`},
		{"1e999", `"1e999" at column 1, want a number of at most 1.79e308`},
		{"a\xffb", "a byte that is no UTF-8 at column 2, want plain text"},
		{"a = b", `"=" at column 3, want one expression; ParseEquation reads equations`},
	} {
		t.Run(c.text, func(t *testing.T) {
			_, err := expression.Parse(c.text)
			if c.text == "u_t = * u" {
				_, err = expression.ParseEquation(c.text)
			}
			var syntax *expression.SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("error %v, want a SyntaxError", err)
			}
			line, _, _ := strings.Cut(err.Error(), "\n")
			if line != "expression: "+c.want {
				t.Errorf("%s\nwant expression: %s", line, c.want)
			}
		})
	}
	for _, c := range []struct{ text, want string }{
		{"u_t", `the end at column 4, want "=" and the other side, as in u_t = u_xx`},
		{"a = b = c", `"=" at column 7, want just one "=" in an equation`},
		{"a == b", `"=" at column 4, want a name, a number, "-" or "("`},
	} {
		if _, err := expression.ParseEquation(c.text); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.text, err, c.want)
		}
	}
}

func TestErrorShowsThePlace(t *testing.T) {
	_, err := expression.ParseEquation("u_t + u*u_x =\n*nu")
	want := "expression: \"*\" at column 15, want a name, a number, \"-\" or \"(\"\n\tu_t + u*u_x = *nu\n\t              ^"
	if err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
	_, err = expression.Parse(strings.Repeat("a + ", 100) + "?" + strings.Repeat(" + a", 100))
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 3 || len([]rune(lines[1])) != 103 || []rune(lines[1])[len([]rune(lines[2]))-1] != '?' {
		t.Errorf("a long text is shown as\n%v", err)
	}
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"200 parentheses": {strings.Repeat("(", 200) + "a" + strings.Repeat(")", 200), true},
		"201 parentheses": {strings.Repeat("(", 201) + "a" + strings.Repeat(")", 201), false},
		"200 powers":      {strings.Repeat("a^", 200) + "a", true},
		"201 powers":      {strings.Repeat("a^", 201) + "a", false},
		"minuses":         {strings.Repeat("-", 300) + "a", false},
		"10 000 bytes":    {"a" + strings.Repeat("+a", 4999) + " ", true},
		"10 001 bytes":    {"a" + strings.Repeat("+a", 5000), false},
	} {
		t.Run(name, func(t *testing.T) {
			if e, err := expression.Parse(c.text); (err == nil) != c.ok {
				t.Errorf("error %v", err)
			} else if c.ok && expression.Simplify(e) == nil {
				t.Error("nothing is left")
			}
		})
	}
}

// grown is a random tree of a kind that the parser gives.
func grown(r *rand.Rand, depth int) expression.Expr {
	if depth == 0 || r.IntN(6) == 0 {
		names := []expression.Expr{expression.Name("a"), expression.Name("b"), expression.Name("u_x"), expression.Number(r.IntN(4)), expression.Number(r.ExpFloat64())}
		return names[r.IntN(len(names))]
	}
	switch r.IntN(8) {
	case 0:
		return negative(grown(r, depth-1))
	case 1:
		return call([]string{"sin", "exp", "tanh", "cosh"}[r.IntN(4)], grown(r, depth-1))
	case 2:
		return binary(grown(r, depth-1), '^', expression.Number(r.IntN(4)))
	}
	return binary(grown(r, depth-1), []expression.Op{'+', '-', '*', '/', '^'}[r.IntN(5)], grown(r, depth-1))
}

func TestTextParsesBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		e := grown(r, 6)
		back, err := expression.Parse(e.String())
		if err != nil || !expression.Equal(e, back) {
			t.Fatalf("%s parses back to %v (%v)", e, back, err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		if _, err := expression.ParseEquation("u_t + u*u_x + v*u_y = -p_x + nu*(u_xx + u_yy) + sin(2*pi*x)*exp(-t)"); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"u_t + u*u_x = nu*u_xx", "a^-b^c", "sin(x)^2/(1 + exp(-x))", "--1e-5*(a)", "lap(lap(u))", "((((", "0/0 + 0*x - 1/0*2", "1e308*1e308*10 + 1e308",
		"2*(a + b) - -(c - (d + 1/3))/3", "a*-(sin(a*-(sin(a*-b))))",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := expression.Parse(text)
		if err != nil {
			_ = err.Error()
			return
		}
		_ = expression.LaTeX(e)
		for _, e := range []expression.Expr{e, expression.Simplify(e)} {
			written := e.String()
			if len(written) > 10_000 {
				return
			}
			back, err := expression.Parse(written)
			if err != nil || !expression.Equal(e, back) {
				t.Fatalf("%q: %s parses back to %v (%v)", text, e, back, err)
			}
		}
	})
}
