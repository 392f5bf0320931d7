package layers_test

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/layers"
)

// TestReadOutIsTwoPointwiseMaps compares values and gradients of the two forms, on hidden layers small enough to be kept, cut
// into chunks, and of a prime number of points, which cannot be cut.
func TestReadOutIsTwoPointwiseMaps(t *testing.T) {
	for _, c := range []struct {
		name           string
		points, hidden int
	}{{"kept", 30, 8}, {"in chunks", 4400, 1000}, {"prime", 4409, 1000}} {
		t.Run(c.name, func(t *testing.T) {
			const out = 2
			store := model.NewStore()
			value := func(y *Node) *Node { return ReduceAllMean(Square(Sin(y))) }
			got := check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
				v := in[0]
				whole := layers.ReadOut(scope.At("net"), v, c.hidden, out, layers.GELU)
				h := layers.GELU.Apply(layers.Pointwise(scope.At("net").In("hidden"), v, c.hidden))
				plain := layers.Pointwise(scope.At("net").In("out"), h, out)
				wrt := []*Node{v}
				for p := range scope.At("net").IterVariables() {
					wrt = append(wrt, p.NodeValue(v.Graph()))
				}
				return append(append([]*Node{whole, plain}, Gradient(value(whole), wrt...)...), Gradient(value(plain), wrt...)...)
			}, check.Random(2, 3, c.points, 1))
			if n := store.NumVariables(); n != 4 {
				t.Fatalf("%d variables, want two weights and two biases, shared", n)
			}
			const params = 5 // v and the variables
			pairs := [][2]int{{0, 1}}
			for i := range params {
				pairs = append(pairs, [2]int{2 + i, 2 + params + i})
			}
			for _, p := range pairs {
				// Values of size 1 and gradients below it, through sums of up to 4409 products in another order.
				if d := check.MaxDiff(t, got[p[0]], got[p[1]]); !(d < 1e-12) {
					t.Errorf("output %d differs by %v", p[0], d)
				}
			}
			if check.Floats(got[2])[0] == 0 {
				t.Error("the gradient is zero")
			}
		})
	}
}

func TestRecomputeChangesNothing(t *testing.T) {
	got := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		f := layers.GELU.Apply
		kept, again := Sin(f(in[0])), Sin(layers.Recompute(in[0], f))
		return []*Node{kept, again, Gradient(ReduceAllSum(kept), in[0])[0], Gradient(ReduceAllSum(again), in[0])[0]}
	}, check.Random(1, 50))
	for i := 0; i < 4; i += 2 {
		if d := check.MaxDiff(t, got[i], got[i+1]); !(d < 1e-15*4) { // a rounding or two of values of size 1
			t.Errorf("output %d differs by %v", i, d)
		}
	}
}
