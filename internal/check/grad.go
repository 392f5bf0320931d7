package check

import (
	"math"
	"slices"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// gradEntries bounds how many entries of one array are compared.
const gradEntries = 40

// GradCheck compares the gradients of a scalar graph function with respect to its float64 inputs and to all trainable
// variables with central differences, at up to forty entries of each. The function should be of size 1 to 30, and
// smooth.
func GradCheck(t testing.TB, store *model.Store, loss func(scope *model.Scope, in []*Node) *Node, in ...*tensors.Tensor) {
	t.Helper()
	inputs := make([]any, len(in))
	for i, x := range in {
		inputs[i] = x
	}
	var variables []*model.Variable
	grads := Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
		l := loss(scope, in)
		variables = Trainable(store)
		return Gradient(l, append(slices.Clone(in), values(l.Graph(), variables)...)...)
	}, inputs...)
	exec, err := model.NewExec(Backend(t), store, zoo.GraphFn(t.Name(), func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{loss(scope, in)}
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	value := func() float64 {
		out, err := exec.Exec(inputs...)
		if err != nil {
			t.Fatal(err)
		}
		return Floats(out[0])[0]
	}
	for i, x := range in {
		compare(t, "input", x, Floats(grads[i]), func(p *tensors.Tensor) float64 {
			inputs[i] = p
			return value()
		})
		inputs[i] = x
	}
	for i, v := range variables {
		at := v.MustValue()
		start := tensors.FromFlatDataAndDimensions(Floats(at), at.Shape().Dimensions...)
		set := func(p *tensors.Tensor) float64 {
			if err := v.SetValue(p); err != nil {
				t.Fatal(err)
			}
			return value()
		}
		compare(t, v.Path(), start, Floats(grads[len(in)+i]), set)
		set(start)
	}
}

// Trainable is a store's trainable variables, by path.
func Trainable(store *model.Store) []*model.Variable {
	var all []*model.Variable
	for v := range store.IterVariables() {
		if v.Trainable {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) })
	return all
}

// values is the nodes of variables.
func values(g *Graph, variables []*model.Variable) []*Node {
	var nodes []*Node
	for _, v := range variables {
		nodes = append(nodes, v.NodeValue(g))
	}
	return nodes
}

// compare checks a gradient entry by entry. value must not keep its argument.
func compare(t testing.TB, name string, at *tensors.Tensor, grad []float64, value func(*tensors.Tensor) float64) {
	t.Helper()
	const h = 1e-5
	p := Floats(at)
	for i := 0; i < len(p); i += 1 + len(p)/gradEntries {
		shifted := func(h float64) float64 {
			q := slices.Clone(p)
			q[i] += h
			return value(tensors.FromFlatDataAndDimensions(q, at.Shape().Dimensions...))
		}
		want := (shifted(h) - shifted(-h)) / (2 * h)
		// Truncation h²|f‴|/6 ≈ 1e-9 and cancellation 1e-15·|f|/h ≈ 1e-9 for |f|, |f‴| up to about 30.
		if !(math.Abs(grad[i]-want) <= 1e-8*(1+math.Abs(want))) {
			t.Errorf("d/d %s[%d] = %v, central differences give %v", name, i, grad[i], want)
		}
	}
}
