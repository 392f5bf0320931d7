package jet_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// tanhNetwork has four hidden layers; w are weights and offsets in turn.
func tanhNetwork(x jet.Jet, w []*Node) jet.Jet {
	for i := 0; i < len(w); i += 2 {
		x = jet.Dense(x, w[i], w[i+1])
		if i+2 < len(w) {
			x = jet.Tanh(x)
		}
	}
	return x
}

// networkWeights are of tanhNetwork in float32.
func networkWeights(widths ...int) []any {
	var w []any
	for i := 1; i < len(widths); i++ {
		w = append(w, check.Random(uint64(i), widths[i-1], widths[i]), check.Random(uint64(i+100), widths[i]))
	}
	return w
}

// residuals are the left sides of two equations, by several ways.
func residuals() map[string]func(x *Node, w []*Node) *Node {
	burgers := func(u jet.Field) *Node {
		return Sub(Add(u.D("t"), Mul(u.Value(), u.D("x"))), MulScalar(u.D("xx"), 0.01))
	}
	sivashinsky := func(u jet.Field) *Node {
		return Add(Add(u.D("t"), Mul(u.Value(), u.D("x"))), Add(u.D("xx"), u.D("xxxx")))
	}
	tx := []string{"t", "x"}
	fused := func(s jet.Set) func(x *Node, w []*Node) *Node {
		return func(x *Node, w []*Node) *Node {
			u := tanhNetwork(jet.Seed(s, x), w)
			return Add(Mul(u.Value(), u.D("x")), u.Operator("linear"))
		}
	}
	separate := func(of func(u jet.Field) *Node, derivatives ...string) func(x *Node, w []*Node) *Node {
		return func(x *Node, w []*Node) *Node {
			return of(tanhNetwork(jet.Seed(jet.Set{Variables: tx, Derivatives: derivatives}, x), w))
		}
	}
	nested := func(of func(u jet.Field) *Node) func(x *Node, w []*Node) *Node {
		return func(x *Node, w []*Node) *Node {
			return of(jet.Reverse(jet.Set{Variables: tx}, x, func(x *Node) *Node { return tanhNetwork(jet.Lift(x), w).Value() }))
		}
	}
	return map[string]func(x *Node, w []*Node) *Node{
		"2nd/fused": fused(jet.Set{Variables: tx, Derivatives: []string{"x"}, Operators: []jet.Operator{
			{Name: "linear", Terms: []jet.Term{{"t", 1}, {"xx", -0.01}}},
		}}),
		"2nd/jets":   separate(burgers, "t", "xx"),
		"2nd/nested": nested(burgers),
		"4th/fused": fused(jet.Set{Variables: tx, Derivatives: []string{"x"}, Operators: []jet.Operator{
			{Name: "linear", Terms: []jet.Term{{"t", 1}, {"xx", 1}, {"xxxx", 1}}},
		}}),
		"4th/jets":   separate(sivashinsky, "t", "xxxx"),
		"4th/nested": nested(sivashinsky),
	}
}

// BenchmarkResidual is the mean squared residual of a network of 4×128 at 10,000 points, with the weights' gradient.
func BenchmarkResidual(b *testing.B) {
	for name, residual := range residuals() {
		b.Run(name, func(b *testing.B) {
			exec, err := model.NewExec(check.Backend(b), model.NewStore(), zoo.GraphFn(b.Name(), func(_ *model.Scope, in []*Node) []*Node {
				for i := range in {
					in[i] = MulScalar(ConvertDType(in[i], dtypes.Float32), 0.1)
				}
				loss := ReduceAllMean(Square(residual(in[0], in[1:])))
				out := []*Node{loss}
				for _, g := range Gradient(loss, in[1:]...) {
					out = append(out, ReduceAllSum(Square(g)))
				}
				return out
			}))
			if err != nil {
				b.Fatal(err)
			}
			defer exec.Finalize()
			in := append([]any{check.Random(9, 10000, 2)}, networkWeights(2, 128, 128, 128, 128, 1)...)
			out, err := exec.Exec(in...)
			if err != nil {
				b.Fatal(err)
			}
			b.Log(out[0].Value(), out[3].Value())
			for b.Loop() {
				if _, err := exec.Exec(in...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
