package jet_test

import (
	"slices"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
)

// layer is a function of coordinates with weights, on jets and on nodes.
type layer struct {
	jets  func(x jet.Jet, w []*Node) jet.Jet
	nodes func(x *Node, w []*Node) *Node
}

// tokens makes three tokens of four channels at each point.
func tokens(x jet.Jet, w *Node) jet.Jet { return jet.Reshape(jet.Sin(jet.MatMul(x, w)), 3, 4) }

func tokenNodes(x, w *Node) *Node {
	return Reshape(Sin(MatMul(x, w)), x.Shape().Dim(0), 3, 4)
}

// layers take w: [2, 12], [12], [2, 12], [12, 5].
func layers() map[string]layer {
	return map[string]layer{
		"dense": {
			func(x jet.Jet, w []*Node) jet.Jet {
				return jet.MatMul(jet.Tanh(jet.Dense(x, w[0], w[1])), w[3])
			},
			func(x *Node, w []*Node) *Node {
				return MatMul(Tanh(Add(MatMul(x, w[0]), ExpandLeftToRank(w[1], 2))), w[3])
			},
		},
		"product of networks": {
			func(x jet.Jet, w []*Node) jet.Jet {
				return jet.Mul(jet.Column(x, 1), jet.Sub(jet.Tanh(jet.MatMul(x, w[0])), jet.Column(x, 0)))
			},
			func(x *Node, w []*Node) *Node {
				a, b := MatMul(x, Const(x.Graph(), [][]float64{{1}, {0}})), MatMul(x, Const(x.Graph(), [][]float64{{0}, {1}}))
				return Mul(b, Sub(Tanh(MatMul(x, w[0])), a))
			},
		},
		"fourier features": {
			func(x jet.Jet, w []*Node) jet.Jet {
				return jet.ReduceMean(jet.FourierFeatures(x, MulScalar(w[0], 0.1)))
			},
			func(x *Node, w []*Node) *Node {
				z := MulScalar(MatMul(x, w[0]), 0.2*3.141592653589793)
				return MulScalar(Add(ReduceAndKeep(Cos(z), ReduceSum, -1), ReduceAndKeep(Sin(z), ReduceSum, -1)), 1.0/24)
			},
		},
		"concatenation with constants": {
			func(x jet.Jet, w []*Node) jet.Jet {
				return jet.Tanh(jet.Concatenate(-1, x, jet.Lift(ExpandLeftToRank(w[1], 2)), jet.Square(x)))
			},
			func(x *Node, w []*Node) *Node {
				// By products: a concatenation cannot be differentiated twice in GoMLX.
				put := func(x *Node, at int) *Node {
					unit := make([][]float64, x.Shape().Dim(-1))
					for i := range unit {
						unit[i] = make([]float64, 16)
						unit[i][at+i] = 1
					}
					return MatMul(x, Const(x.Graph(), unit))
				}
				return Tanh(Add(Add(put(x, 0), put(ExpandLeftToRank(w[1], 2), 2)), put(Square(x), 14)))
			},
		},
		"softmax": {
			func(x jet.Jet, w []*Node) jet.Jet { return jet.Softmax(jet.Dense(x, w[0], w[1])) },
			func(x *Node, w []*Node) *Node { return Softmax(Add(MatMul(x, w[0]), ExpandLeftToRank(w[1], 2))) },
		},
		"layer norm": {
			func(x jet.Jet, w []*Node) jet.Jet {
				return jet.LayerNorm(jet.Sin(jet.MatMul(x, w[0])), w[1], w[1], 1e-5)
			},
			func(x *Node, w []*Node) *Node {
				z := Sin(MatMul(x, w[0]))
				mean := func(z *Node) *Node { return MulScalar(ReduceAndKeep(z, ReduceSum, -1), 1.0/12) }
				c := Sub(z, mean(z))
				b := ExpandLeftToRank(w[1], 2)
				return Add(Mul(Div(c, Sqrt(AddScalar(mean(Square(c)), 1e-5))), b), b)
			},
		},
		"attention": {
			func(x jet.Jet, w []*Node) jet.Jet {
				return jet.Attention(tokens(x, w[0]), tokens(x, w[2]), tokens(x, Add(w[0], w[2])), 2)
			},
			func(x *Node, w []*Node) *Node {
				heads := func(x *Node) *Node { return Transpose(Reshape(x, x.Shape().Dim(0), 3, 2, 2), 1, 2) }
				q, k, v := heads(tokenNodes(x, w[0])), heads(tokenNodes(x, w[2])), heads(tokenNodes(x, Add(w[0], w[2])))
				p := Softmax(MulScalar(Einsum("nhqc,nhkc->nhqk", q, k), 0.7071067811865476))
				return Reshape(Transpose(Einsum("nhqk,nhkc->nhqc", p, v), 1, 2), x.Shape().Dim(0), 3, 4)
			},
		},
	}
}

// weights of the layers.
func weights() []any {
	return []any{check.Random(1, 3, 2), check.Random(2, 2, 12), check.Random(3, 12), check.Random(4, 2, 12), check.Random(5, 12, 5)}
}

func TestLayersAgainstNestedReverse(t *testing.T) {
	set := jet.Set{Variables: []string{"t", "x"}, Derivatives: []string{"t", "xxx", "tx"}}
	asked := []string{"", "t", "x", "xx", "tx", "xxx"}
	for name, l := range layers() {
		t.Run(name, func(t *testing.T) {
			out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				y := l.jets(jet.Seed(set, in[0]), in[1:])
				// All components by reverse mode would be slow: one random combination of them.
				flat := func(x *Node) *Node {
					x = Reshape(x, 3, x.Shape().Size()/3)
					return ReduceAndKeep(Mul(x, Sin(Iota(x.Graph(), x.Shape(), 1))), ReduceSum, -1)
				}
				r := jet.Reverse(set, in[0], func(x *Node) *Node { return flat(l.nodes(x, in[1:])) })
				plain := l.jets(jet.Lift(in[0]), in[1:])
				nodes := []*Node{plain.Value(), l.nodes(in[0], in[1:])}
				for _, d := range asked {
					nodes = append(nodes, flat(y.D(d)), r.D(d))
				}
				return nodes
			}, weights()...)
			// The same operations, in another order for some.
			if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-14) {
				t.Errorf("plain evaluation differs by %v", d)
			}
			for i, d := range asked {
				// Third derivatives of three layers; differences are relative to the largest.
				if diff := relative(t, out[2+2*i], out[3+2*i]); !(diff < 1e-12) {
					t.Errorf("%q differs by %v", d, diff)
				}
			}
		})
	}
}

// Columns of the coordinates, whose derivatives are the same at all points, beside others and a constant row.
func TestConcatenateOfColumns(t *testing.T) {
	set := jet.Set{Variables: []string{"t", "x"}, Derivatives: []string{"t", "xx"}}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		x := jet.Seed(set, in[0])
		swapped := jet.Concatenate(-1, jet.Column(x, 1), jet.Column(x, 0))
		all := jet.Concatenate(-1, swapped, jet.Square(jet.Column(x, 1)), jet.Lift(in[1]))
		return []*Node{swapped.D("t"), all.Value(), all.D("t"), all.D("x"), all.D("xx")}
	}, [][]float64{{1, 2}, {3, 4}}, [][]float64{{7}})
	for i, want := range [][]float64{
		{0, 1, 0, 1},
		{2, 1, 4, 7, 4, 3, 16, 7},
		{0, 1, 0, 0, 0, 1, 0, 0},
		{1, 0, 4, 0, 1, 0, 8, 0},
		{0, 0, 2, 0, 0, 0, 2, 0},
	} {
		if got := check.Floats(out[i]); !slices.Equal(got, want) { // whole numbers are exact
			t.Errorf("array %d is %v, want %v", i, got, want)
		}
	}
}

func TestGradientsOfWeights(t *testing.T) {
	set := jet.Set{
		Variables: []string{"t", "x"}, Derivatives: []string{"t", "xx"},
		Operators: []jet.Operator{{Name: "L", Terms: []jet.Term{{"t", 1}, {"xxx", 0.05}}}},
	}
	for name, l := range layers() {
		t.Run(name, func(t *testing.T) {
			check.GradCheck(t, model.NewStore(), func(_ *model.Scope, in []*Node) *Node {
				w := []*Node{in[0], in[1], in[2], in[3]}
				x := Const(in[0].Graph(), [][]float64{{0.3, -0.2}, {0.1, 0.6}})
				y := l.jets(jet.Seed(set, x), w)
				residual := Add(y.Operator("L"), Sub(Mul(y.Value(), y.D("x")), MulScalar(y.D("xx"), 0.1)))
				return ReduceAllMean(Tanh(MulScalar(residual, 0.3)))
			}, check.Random(2, 2, 12), check.Random(3, 12), check.Random(4, 2, 12), check.Random(5, 12, 5))
		})
	}
}
