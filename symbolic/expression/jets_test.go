package expression_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
)

// texts are expressions in a and b, for values of both signs of a - 0.6 and positive ones of b.
func texts() []string {
	return []string{
		"a", "2*pi", "sin(1)^2", "-a + 3", "3 - b", "b - 3", "a - b", "3*a*b", "a/7", "7/b", "a/b", "0*a", "-(a*b)^3",
		"sin(a*b)", "cos(a - b)", "tan(a/2)", "exp(-a*b)", "log(b + a^2)", "sqrt(b)", "sinh(a*b)", "cosh(a)", "tanh(3*a)", "abs(a)*b", "sinh(a/1e6)*1e6",
		"a^0", "a^5", "a^-2", "b^0.5", "b^1.7", "b^a", "2^a", "(a*b)^(2 - 1)", "b^70", "a^(-3)/b", "u_x*a + u_x^2",
	}
}

// TestOnJets compares values and all derivatives up to order 3 in two variables with those that Derive and Eval give.
func TestOnJets(t *testing.T) {
	points := [][]float64{{-0.9, 0.8}, {-0.3, 1.4}, {0.45, 1.1}, {1.2, 0.6}}
	set := jet.Set{Variables: []string{"a", "b"}, Derivatives: []string{"aaa", "aab", "abb", "bbb"}}
	orders := []string{"", "a", "b", "aa", "ab", "bb", "aaa", "aab", "abb", "bbb"}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		x := jet.Seed(set, in[0])
		values := map[string]jet.Jet{
			"a": jet.Column(x, 0), "b": jet.Column(x, 1), "u_x": jet.Lift(Scalar(in[0].Graph(), in[0].DType(), 0.7)),
		}
		lifted := map[string]jet.Jet{}
		for name, v := range values {
			lifted[name] = jet.Lift(v.Value())
		}
		var nodes []*Node
		for _, text := range texts() {
			e := mustParse(t, text)
			on := expression.OnJets(e, values)
			nodes = append(nodes, on.Value())
			for _, d := range orders[1:] {
				nodes = append(nodes, on.D(d))
			}
			nodes = append(nodes, expression.OnJets(e, lifted).Value())
		}
		return nodes
	}, points)
	for i, text := range texts() {
		if plain := out[i*(len(orders)+1)+len(orders)]; check.MaxDiff(t, out[i*(len(orders)+1)], plain) != 0 {
			t.Errorf("%s on lifted values %v, want the bits of the jets' values", text, plain)
		}
		for k, d := range orders {
			e := mustParse(t, text)
			for _, name := range strings.Split(d, "") {
				var err error
				if e, err = expression.Derive(e, name); err != nil {
					t.Fatal(err)
				}
			}
			got := check.Floats(out[i*(len(orders)+1)+k])
			if len(got) != len(points) {
				t.Fatalf("%s: %d values, want one a point", text, len(got))
			}
			for j, x := range points {
				want, err := expression.Eval(e, map[string]float64{"a": x[0], "b": x[1], "u_x": 0.7})
				if err != nil {
					t.Fatal(err)
				}
				// Some hundred operations; the 70th power multiplies their round-off.
				if !(math.Abs(got[j]-want) < 1e-11*(1+math.Abs(want))) {
					t.Errorf("derivative %q of %s at %v is %v, want %v", d, text, x, got[j], want)
				}
			}
		}
	}
}

func TestOnJetsPanics(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"name":     {"a + w*a", `OnJets without a value for "w", want one for each name; it has [a b]`},
		"operator": {"lap(a)", "lap(a) is no function of a number, want it written out by a System"},
		"rank":     {"a*b", "OnJets with b (Float64)[2, 1], want rank 3 as the others, or a scalar"},
		"nothing":  {"2", "OnJets of 2 without values, want at least one"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				values := map[string]jet.Jet{"a": jet.Lift(in[0]), "b": jet.Lift(in[0])}
				switch name {
				case "rank":
					values["a"] = jet.Lift(InsertAxes(in[0], -1))
				case "nothing":
					values = nil
				}
				return []*Node{expression.OnJets(mustParse(t, c.text), values).Value()}
			}, check.Random(1, 2, 1))
			if err == nil || !strings.Contains(fmt.Sprint(err), c.want) {
				t.Errorf("error %v, want %s", err, c.want)
			}
		})
	}
}

func TestNamesAndReplace(t *testing.T) {
	e := mustParse(t, "u_t + u*sin(pi*x) - nu*u_xx/2 + u")
	if got, want := expression.Names(e), []string{"nu", "u", "u_t", "u_xx", "x"}; !reflect.DeepEqual(got, want) {
		t.Errorf("names %v, want %v", got, want)
	}
	if got := expression.Names(mustParse(t, "2*pi")); len(got) > 0 {
		t.Errorf("2*pi has the names %v, want none", got)
	}
	doubled := expression.Replace(e, func(leaf expression.Expr) expression.Expr {
		switch leaf {
		case expression.Name("u"):
			return mustParse(t, "v^2")
		case expression.Number(2):
			return expression.Number(3)
		}
		return leaf
	})
	if got, want := doubled.String(), "u_t + v^2*sin(pi*x) - nu*u_xx/3 + v^2"; got != want {
		t.Errorf("replaced %s, want %s", got, want)
	}
}
