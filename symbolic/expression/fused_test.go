package expression_test

import (
	"math"
	"testing"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/symbolic/expression"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// oneByOne hides a field's operators.
type oneByOne struct{ jet.Field }

// separate is a system's set without operators.
func separate(t testing.TB, s expression.System) jet.Set {
	t.Helper()
	each, err := s.Derivatives()
	if err != nil {
		t.Fatal(err)
	}
	set := jet.Set{Variables: s.Coordinates}
	for _, u := range s.Unknowns {
		set.Derivatives = append(set.Derivatives, each[u]...)
	}
	return set
}

// TestFused: operators give the residuals that the derivatives one by one give, for one network of all unknowns.
func TestFused(t *testing.T) {
	for name, c := range equationsByHand() {
		t.Run(name, func(t *testing.T) {
			s := c.system
			set, err := s.Set()
			if err != nil {
				t.Fatal(err)
			}
			net := neuralfield.MLP{Widths: []int{12, 12, len(s.Unknowns)}, Activation: layers.TanhUnit}
			out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
				a := s.Residuals(s.Fields(jet.Of(net, scope, set, in[0])), expression.Given{Points: in[0]})
				return append(a, s.Residuals(s.Fields(oneByOne{jet.Of(net, scope, separate(t, s), in[0])}), expression.Given{Points: in[0]})...)
			}, check.Random(2, 5, len(s.Coordinates)))
			for e := range s.Equations {
				if d := check.MaxDiff(t, out[e], out[e+len(s.Equations)]); !(d < 1e-12) { // up to fourth derivatives of three layers, of order 1 to 20
					t.Errorf("residual %d differs by %v", e, d)
				}
			}
		})
	}
}

// BenchmarkResiduals is the mean square of residuals of a network of 4×64 at 2,000 points with the weights' gradient, with the
// linear parts as one array each and with all derivatives one by one, in turn; of each the fastest.
func BenchmarkResiduals(b *testing.B) {
	for _, name := range []string{"Burgers", "Allen-Cahn", "Helmholtz", "Kuramoto-Sivashinsky", "Navier-Stokes"} {
		b.Run(name, func(b *testing.B) {
			s := equationsByHand()[name].system
			set, err := s.Set()
			if err != nil {
				b.Fatal(err)
			}
			net := neuralfield.MLP{Widths: []int{64, 64, 64, 64, len(s.Unknowns)}, Activation: layers.TanhUnit}
			step := func(field func(scope *model.Scope, x *Node) jet.Field) func() {
				return lossAndGradient(b, s, field)
			}
			forms := []func(){
				step(func(scope *model.Scope, x *Node) jet.Field { return jet.Of(net, scope, set, x) }),
				step(func(scope *model.Scope, x *Node) jet.Field { return oneByOne{jet.Of(net, scope, separate(b, s), x)} }),
			}
			fastest := []time.Duration{math.MaxInt64, math.MaxInt64}
			for b.Loop() {
				for i, f := range forms {
					start := time.Now()
					f()
					fastest[i] = min(fastest[i], time.Since(start))
				}
			}
			b.ReportMetric(float64(fastest[0].Microseconds())/1000, "fused-ms")
			b.ReportMetric(float64(fastest[1].Microseconds())/1000, "separate-ms")
		})
	}
}

// lossAndGradient compiles a step of training without the update.
func lossAndGradient(b *testing.B, s expression.System, field func(scope *model.Scope, x *Node) jet.Field) func() {
	b.Helper()
	exec, err := model.NewExec(check.Backend(b), model.NewStore(), zoo.GraphFn(b.Name(), func(scope *model.Scope, in []*Node) []*Node {
		g := in[0].Graph()
		loss := ScalarZero(g, in[0].DType())
		for _, r := range s.Residuals(s.Fields(field(scope, in[0])), expression.Given{Points: in[0]}) {
			loss = Add(loss, ReduceAllMean(Square(r)))
		}
		out := []*Node{loss}
		var weights []*Node
		for v := range scope.Store().IterVariables() {
			if v.InUseByGraph(g) && v.Trainable {
				weights = append(weights, v.NodeValue(g))
			}
		}
		for _, d := range Gradient(loss, weights...) {
			out = append(out, ReduceAllSum(Square(d)))
		}
		return out
	}))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(exec.Finalize)
	points := check.Random(9, 2000, len(s.Coordinates))
	run := func() {
		if _, err := exec.Exec(points); err != nil {
			b.Fatal(err)
		}
	}
	run()
	return run
}
