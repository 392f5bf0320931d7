package expression_test

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

func TestSimplify(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"1 + 2*3", "7"},
		{"0*x + 1*y", "y"},
		{"x + 0", "x"},
		{"x^1 + x^0", "x + 1"},
		{"x - x", "0"},
		{"x + x", "2*x"},
		{"a*b + 3*a*b - a*b/2", "7*a*b/2"},
		{"u/3 + u/6", "u/2"},
		{"2*x/4", "x/2"},
		{"0.1*x*2", "0.2*x"},
		{"-(-x)", "x"},
		{"-(a - b)", "-a + b"},
		{"a - (b - c)", "a - b + c"},
		{"1*(a + b) + c", "a + b + c"},
		{"2*(a + b)", "2*(a + b)"},
		{"x*x*y*x^2", "x^4*y"},
		{"x/x", "x/x"},
		{"(-2)*x*(-3)", "6*x"},
		{"a/(b/c)", "a*c/b"},
		{"sqrt(4) + sqrt(2)", "2 + sqrt(2)"},
		{"sin(0*x)", "0"},
		{"2^3", "8"},
		{"2^(-1)", "2^(-1)"},
		{"1/0", "1/0"},
		{"1e308*1e308", "1e+308*1e+308"},
	} {
		got := expression.Simplify(mustParse(t, c.text))
		if got.String() != c.want {
			t.Errorf("%s is simplified to %s, want %s", c.text, got, c.want)
		}
	}
}

// valued gives the names of grown trees values.
func valued() map[string]float64 { return map[string]float64{"a": 0.7, "b": 1.3, "u_x": 0.45} }

func TestSimplifyKeepsTheValue(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	compared := 0
	for range 3000 {
		e := grown(r, 5)
		short := expression.Simplify(e)
		again := expression.Simplify(short)
		if again.String() != short.String() {
			t.Fatalf("%s is simplified to %s, and again to %s", e, short, again)
		}
		before, err := expression.Eval(e, valued())
		if err != nil {
			t.Fatal(err)
		}
		after, err := expression.Eval(short, valued())
		if err != nil {
			t.Fatal(err)
		}
		// What is huge or undefined may be so in another way: 0·∞ is left out as 0, and and -0 loses its sign.
		if math.IsNaN(before) || math.Abs(before) > 1e6 || math.IsInf(after, 0) {
			continue
		}
		compared++
		// Another order of some ten operations; differences of near values and powers amplify it.
		if math.Abs(after-before) > 1e-9*(1+math.Abs(before)) {
			t.Errorf("%s is %v, simplified to %s it is %v", e, before, short, after)
		}
	}
	if compared < 1000 {
		t.Errorf("only %d trees had a value", compared)
	}
}

func TestDerive(t *testing.T) {
	for _, c := range []struct{ text, by, want string }{
		{"u_t + u*u_x - nu*u_xx", "u", "u_x"},
		{"u_t + u*u_x - nu*u_xx", "u_x", "u"},
		{"u_t + u*u_x - nu*u_xx", "nu", "-u_xx"},
		{"u^3 - u", "u", "3*u^2 - 1"},
		{"sin(2*u)", "u", "2*cos(2*u)"},
		{"1/u", "u", "-1/u^2"},
		{"u", "v", "0"},
	} {
		got, err := expression.Derive(mustParse(t, c.text), c.by)
		if err != nil || got.String() != c.want {
			t.Errorf("derivative of %s by %s is %v (%v), want %s", c.text, c.by, got, err, c.want)
		}
	}
	if _, err := expression.Derive(mustParse(t, "lap(u)"), "u"); err == nil {
		t.Error("lap(u) was derived")
	}
}

func TestDeriveAgainstDifferences(t *testing.T) {
	for _, text := range []string{
		"sin(a*b)", "cos(a)/b", "tan(a)", "exp(a^2)", "log(a + b)", "sqrt(a)*b", "sinh(a)", "cosh(a*b)", "tanh(a - b)", "abs(a - b)",
		"a^3.5", "a^-2", "b^a", "a^a", "(a + b)^3/(1 + a)", "-a/b",
	} {
		e := mustParse(t, text)
		d, err := expression.Derive(e, "a")
		if err != nil {
			t.Fatal(err)
		}
		got, err := expression.Eval(d, valued())
		if err != nil {
			t.Fatal(err)
		}
		const h = 1e-5
		side := func(step float64) float64 {
			values := valued()
			values["a"] += step
			value, err := expression.Eval(e, values)
			if err != nil {
				t.Fatal(err)
			}
			return value
		}
		// Central differences: h² times third derivatives of up to 100, and round-off over h.
		if want := (side(h) - side(-h)) / (2 * h); math.Abs(got-want) > 1e-8*(1+math.Abs(want)) {
			t.Errorf("derivative of %s by a is %s = %v, by differences %v", text, d, got, want)
		}
	}
}

func TestEvalErrors(t *testing.T) {
	for _, text := range []string{"a + c", "lap(a)"} {
		if _, err := expression.Eval(mustParse(t, text), valued()); err == nil {
			t.Errorf("%s has a value", text)
		}
	}
	if x, err := expression.Eval(mustParse(t, "pi"), nil); err != nil || x != math.Pi {
		t.Errorf("pi is %v (%v)", x, err)
	}
}

func TestLaTeX(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"u_t + u*u_x", `u_{t} + u\,u_{x}`},
		{"nu*u_xx", `\nu\,u_{xx}`},
		{"u^2/2", `\frac{u^{2}}{2}`},
		{"(a + b)*(c - d)", `\left(a + b\right)\,\left(c - d\right)`},
		{"a - (b - c)", `a - \left(b - c\right)`},
		{"a*(b*c)", `a\,\left(b\,c\right)`},
		{"a*(b/c)", `a\,\frac{b}{c}`},
		{"(a/b)^2", `\left(\frac{a}{b}\right)^{2}`},
		{"2*3", `2 \cdot 3`},
		{"1e-5*x", `10^{-5}\,x`},
		{"2.5e10^2", `\left(2.5 \cdot 10^{10}\right)^{2}`},
		{"-a^-b", `-a^{-b}`},
		{"(-a)^2", `\left(-a\right)^{2}`},
		{"sqrt(x) + abs(x) + exp(x)", `\sqrt{x} + \left|x\right| + \exp\left(x\right)`},
		{"sin(pi*x)^2", `\left(\sin\left(\pi\,x\right)\right)^{2}`},
		{"lap(u) + div(a*grad(u))", `\Delta u + \nabla\cdot\left(a\,\nabla u\right)`},
		{"D_u*psi1", `D_{u}\,\psi_{1}`},
		{"Re*k_eff*Gamma", `\mathrm{Re}\,k_{\mathrm{eff}}\,\Gamma`},
	} {
		if got := expression.LaTeX(mustParse(t, c.text)); got != c.want {
			t.Errorf("%s in LaTeX is %s, want %s", c.text, got, c.want)
		}
	}
	derivative := expression.Derivative{Of: "psi_1", By: []string{"theta", "r", "r"}}
	if got, want := expression.LaTeX(derivative), `\psi_{1,\theta rr}`; got != want {
		t.Errorf("in LaTeX %s, want %s", got, want)
	}
}

func TestEquationAsText(t *testing.T) {
	type record struct{ Law expression.Equation }
	law, err := expression.ParseEquation("u_t = -(u*u_x) + nu*u_xx/2")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(record{law})
	if want := `{"Law":"u_t = -u*u_x + nu*u_xx/2"}`; err != nil || string(text) != want {
		t.Errorf("JSON %s (%v), want %s", text, err, want)
	}
	var back record
	if err := json.Unmarshal(text, &back); err != nil || !expression.Equal(back.Law.Left, law.Left) || !expression.Equal(back.Law.Right, law.Right) {
		t.Errorf("back from JSON %s (%v)", back.Law, err)
	}
	if _, err := json.Marshal(record{}); err == nil {
		t.Error("an empty equation has JSON")
	}
	if err := json.Unmarshal([]byte(`{"Law":"u_t"}`), &back); err == nil {
		t.Error("half an equation was read")
	}
}
