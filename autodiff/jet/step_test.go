package jet_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
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

// BenchmarkProducts is the matrix products alone of a step with the fused operator, forward and backward, in chunks of 2,000
// points: what no form of the step with as many coefficients can beat.
func BenchmarkProducts(b *testing.B) {
	for name, coefficients := range map[string]int{"2nd": 3, "4th": 5} {
		b.Run(name, func(b *testing.B) {
			exec, err := model.NewExec(check.Backend(b), model.NewStore(), zoo.GraphFn(b.Name(), func(_ *model.Scope, in []*Node) []*Node {
				x, w := ConvertDType(in[0], dtypes.Float32), MulScalar(ConvertDType(in[1], dtypes.Float32), 0.09)
				const chunks, hiddenProducts = 5, 3
				out := autodiff.For(chunks*hiddenProducts*coefficients, []*Node{x, w, ZerosLike(w)}, func(_ *Node, s []*Node) []*Node {
					y := MatMul(s[0], s[1])
					back := DotGeneral(y, []int{1}, nil, s[1], []int{1}, nil)
					return []*Node{back, s[1], Add(s[2], DotGeneral(s[0], []int{0}, nil, y, []int{0}, nil))}
				})
				return []*Node{ReduceAllSum(out[0]), ReduceAllSum(out[2])}
			}))
			if err != nil {
				b.Fatal(err)
			}
			defer exec.Finalize()
			in := []any{check.Random(1, 2000, 128), check.Random(2, 128, 128)}
			for b.Loop() {
				if _, err := exec.Exec(in...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSmallStep is a step of gradient descent for Burgers' equation with a network of 3×8 at 32 points, out of a
// thousand in one compiled loop.
func BenchmarkSmallStep(b *testing.B) {
	const steps = 1000
	for _, form := range []string{"2nd/fused", "2nd/jets", "2nd/nested"} {
		b.Run(form, func(b *testing.B) {
			residual := residuals()[form]
			exec, err := model.NewExec(check.Backend(b), model.NewStore(), zoo.GraphFn(b.Name(), func(_ *model.Scope, in []*Node) []*Node {
				for i := range in {
					in[i] = MulScalar(ConvertDType(in[i], dtypes.Float32), 0.5)
				}
				out := autodiff.For(steps, in, func(_ *Node, s []*Node) []*Node {
					next := []*Node{s[0]}
					for i, g := range Gradient(ReduceAllMean(Square(residual(s[0], s[1:]))), s[1:]...) {
						next = append(next, Sub(s[1+i], MulScalar(g, 1e-3)))
					}
					return next
				})
				return out[1:]
			}))
			if err != nil {
				b.Fatal(err)
			}
			defer exec.Finalize()
			in := append([]any{check.Random(9, 32, 2)}, networkWeights(2, 8, 8, 8, 1)...)
			if _, err := exec.Exec(in...); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := exec.Exec(in...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/steps, "µs/step")
		})
	}
}
