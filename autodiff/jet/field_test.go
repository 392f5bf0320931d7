package jet_test

import (
	"math"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// wave is a model of nodes alone: (sin(t + 2x), t x³).
type wave struct{}

func (wave) Validate() error { return nil }

func (wave) Forward(_ *model.Scope, in ...*Node) *Node {
	// Products with unit vectors in place of slices: a slice cannot be differentiated twice in GoMLX.
	first, second := Const(in[0].Graph(), [][]float64{{1, 0}}), Const(in[0].Graph(), [][]float64{{0, 1}})
	a, b := ReduceAndKeep(Mul(in[0], first), ReduceSum, -1), ReduceAndKeep(Mul(in[0], second), ReduceSum, -1)
	return Add(Mul(Sin(Add(a, MulScalar(b, 2))), first), Mul(Mul(a, Mul(b, Square(b))), second))
}

// jetWave is the same on jets.
type jetWave struct{ wave }

func (jetWave) ForwardJet(_ *model.Scope, x jet.Jet) jet.Jet {
	a, b := jet.Column(x, 0), jet.Column(x, 1)
	return jet.Concatenate(-1, jet.Sin(jet.Add(a, jet.MulScalar(b, 2))), jet.Mul(a, jet.Power(b, 3)))
}

var (
	_ jet.Network = jetWave{}
	_ zoo.Model   = wave{}
)

func TestFields(t *testing.T) {
	set := jet.Set{Variables: []string{"t", "x"}, Derivatives: []string{"t", "txx"}}
	asked := map[string]func(t, x float64) (float64, float64){
		"":    func(t, x float64) (float64, float64) { return math.Sin(t + 2*x), t * x * x * x },
		"t":   func(t, x float64) (float64, float64) { return math.Cos(t + 2*x), x * x * x },
		"x":   func(t, x float64) (float64, float64) { return 2 * math.Cos(t+2*x), 3 * t * x * x },
		"xx":  func(t, x float64) (float64, float64) { return -4 * math.Sin(t+2*x), 6 * t * x },
		"xxt": func(t, x float64) (float64, float64) { return -4 * math.Cos(t+2*x), 6 * x },
	}
	points := check.Random(4, 5, 2)
	at := check.Floats(points)
	for name, m := range map[string]zoo.Model{"jets": jetWave{}, "nested reverse": wave{}} {
		for d, want := range asked {
			t.Run(name+" "+d, func(t *testing.T) {
				out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
					return []*Node{jet.Of(m, scope, set, in[0]).D(d)}
				}, points)
				for i, got := range check.Floats(out[0]) {
					a, b := want(at[i/2*2], at[i/2*2+1])
					w := []float64{a, b}[i%2]
					if !(math.Abs(got-w) < 1e-13*(1+math.Abs(w))) { // some ten operations
						t.Errorf("component %d at point %d: %v, want %v", i%2, i/2, got, w)
					}
				}
			})
		}
	}
}
