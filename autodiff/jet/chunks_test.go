package jet_test

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	fieldlayers "github.com/fieldbook-go/fieldbook/layers"
)

// residualLoss is a mean over points of a residual, with a variable that is not trained in it.
func residualLoss(scope *model.Scope) func(rows []*Node) *Node {
	return func(rows []*Node) *Node {
		scope := scope.At("net")
		g := rows[0].Graph()
		weight := func(name string, dims ...int) *Node {
			return fieldlayers.Weight(scope, g, name, shapes.Make(dtypes.Float64, dims...), fieldlayers.Normal(1))
		}
		shift := scope.VariableWithValue("shift", 0.3)
		shift.Trainable = false
		x := jet.Seed(jet.Set{Variables: []string{"t", "x"}, Derivatives: []string{"t", "xx"}}, rows[0])
		u := jet.MatMul(jet.Tanh(jet.Dense(x, weight("w", 2, 6), weight("b", 6))), weight("v", 6, 1))
		return ReduceAllMean(Square(Sub(Add(u.D("t"), Mul(shift.NodeValue(g), u.D("xx"))), rows[1])))
	}
}

func TestMeanInChunks(t *testing.T) {
	for name, size := range map[string]int{"divides": 5, "does not divide": 7, "one chunk": 40, "single points": 1} {
		t.Run(name, func(t *testing.T) {
			store := model.NewStore()
			out := check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
				f := residualLoss(scope)
				_ = scope.VariableWithValue("other", 2.0).NodeValue(in[0].Graph()) // of the graph, not of the mean
				chunked := jet.MeanInChunks(scope, size, []*Node{in[0], in[1]}, f)
				whole := f(in)
				var w []*Node
				for _, v := range check.Trainable(store) {
					w = append(w, v.NodeValue(whole.Graph()))
				}
				// Not linear in the mean, so that a wrong cotangent would show.
				nodes := []*Node{chunked, whole}
				a, b := Gradient(Exp(chunked), w...), Gradient(Exp(whole), w...)
				for i := range a {
					nodes = append(nodes, a[i], b[i])
				}
				return nodes
			}, check.Random(1, 20, 2), check.Random(2, 20, 1))
			if len(out) != 2+2*4 {
				t.Fatalf("%d results, want value and four gradients, twice", len(out))
			}
			for i := 0; i < len(out); i += 2 {
				// The same terms in another order.
				if d := relative(t, out[i], out[i+1]); !(d < 1e-13) {
					t.Errorf("result %d differs by %v from the one without chunks", i/2, d)
				}
			}
		})
	}
}

func TestMeanInChunksWithinALoop(t *testing.T) {
	// Three steps of gradient descent in a loop, as the training driver does them.
	store := model.NewStore()
	descend := func(in []*Node, loss func(rows []*Node) *Node) []*Node {
		_ = loss(in) // makes the variables
		vars := check.Trainable(store)
		state := []*Node{in[0], in[1], store.GetVariable("/net/shift").NodeValue(in[0].Graph())}
		for _, v := range vars {
			state = append(state, v.NodeValue(in[0].Graph()))
		}
		outer := state
		out := autodiff.For(3, state, func(_ *Node, s []*Node) []*Node {
			store.GetVariable("/net/shift").SetNodeValue(s[2])
			for i, v := range vars {
				v.SetNodeValue(s[3+i])
			}
			next := append([]*Node{}, s...)
			for i, g := range Gradient(loss(s[:2]), s[3:]...) {
				next[3+i] = Sub(s[3+i], MulScalar(g, 0.01))
			}
			return next
		})
		store.GetVariable("/net/shift").SetNodeValue(outer[2])
		for i, v := range vars {
			v.SetNodeValue(outer[3+i])
		}
		return out[3:]
	}
	out := check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
		f := residualLoss(scope)
		whole := descend(in, f)
		return append(whole, descend(in, func(rows []*Node) *Node {
			return jet.MeanInChunks(scope, 6, append([]*Node{}, rows...), f)
		})...)
	}, check.Random(1, 20, 2), check.Random(2, 20, 1))
	for i := range 3 {
		// The same terms in another order, three times.
		if d := relative(t, out[i], out[3+i]); !(d < 1e-13) {
			t.Errorf("weight %d differs by %v from the one without chunks", i, d)
		}
	}
}
