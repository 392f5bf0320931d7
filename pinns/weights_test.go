package pinns_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// line is a network x W + b: W begins as Start, a row a feature and a column an output, and b at 0.
type line struct{ Start [][]float64 }

func (line) Validate() error { return nil }

func (l line) Forward(scope *model.Scope, in ...*Node) *Node {
	return l.ForwardJet(scope, jet.Lift(in[0])).Value()
}

func (l line) ForwardJet(scope *model.Scope, x jet.Jet) jet.Jet {
	scope = scope.At("line")
	g, dtype, out := x.Value().Graph(), x.Value().DType(), len(l.Start[0])
	start := func(state *Node, shape shapes.Shape) *Node {
		return ConvertDType(Const(state.Graph(), l.Start), shape.DType)
	}
	w := layers.Weight(scope, g, "w", shapes.Make(dtype, len(l.Start), out), start)
	return jet.Dense(x, w, layers.Weight(scope, g, "b", shapes.Make(dtype, out), layers.Constant(0)))
}

// fitted is u = 1 + x² on [0, 1], for the network a x + b, which has the residual a x + b - 1 - x².
func fitted(w pinns.PointWeighting) pinns.Solver {
	p := pinns.Problem{
		Equations: []string{"u = 1 + x^2"}, Coordinates: []string{"x"}, Unknowns: []string{"u"},
		Domain: geometry.Interval{Low: 0, High: 1}, Open: []string{"x=0", "x=1"},
	}
	return pinns.Solver{Network: line{[][]float64{{1.5}}}, Problem: p, Inputs: p.Coordinates, Interior: 8, Weighting: w}
}

// Factors and parameters after some steps of gradient descent are those of the formulas.
func TestPointWeightsInClosedForm(t *testing.T) {
	const rate = 0.1
	attention := func(decay, eta float64) func(r, lambda []float64) (now, next []float64) {
		return func(r, lambda []float64) (now, next []float64) {
			largest := 0.0
			for _, v := range r {
				largest = max(largest, math.Abs(v))
			}
			for i, v := range r {
				now = append(now, decay*lambda[i]+eta*math.Abs(v)/largest)
			}
			return now, now
		}
	}
	ascent := func(r, lambda []float64) (now, next []float64) { // in 1/n Σ λ² r²
		for i, v := range r {
			next = append(next, lambda[i]+rate*2*lambda[i]*v*v/float64(len(r)))
		}
		return lambda, next
	}
	for _, c := range []struct {
		name      string
		weighting pinns.PointWeighting
		variable  string
		start     float64
		// update gives the factors of a step, and those that are kept after it.
		update func(r, lambda []float64) (now, next []float64)
	}{
		{"attention", pinns.Attention{Decay: 0.5, Rate: 0.75}, "/points/attention", 0, attention(0.5, 0.75)},
		{"attention by default", pinns.Attention{}, "/points/attention", 0, attention(0.999, 0.01)},
		{"self-adaptive", pinns.SelfAdaptive{Start: 0.5}, "/points/selfadaptive", 0.5, ascent},
		{"self-adaptive by default", pinns.SelfAdaptive{}, "/points/selfadaptive", 1, ascent},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fitted(c.weighting)
			points, err := s.Collocation(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			n := len(points)
			a, b, lambda := 1.5, 0.0, make([]float64, n)
			for i := range lambda {
				lambda[i] = c.start
			}
			const steps = 3
			for range steps {
				var r []float64
				for _, x := range points {
					r = append(r, a*x[0]+b-1-x[0]*x[0])
				}
				now, next := c.update(r, lambda)
				for i, x := range points { // descent in 1/n Σ λ² r²
					slope := rate * 2 * now[i] * now[i] * r[i] / float64(n)
					a, b = a-slope*x[0], b-slope
				}
				lambda = next
			}
			got := descended(t, s, steps, rate)
			for name, v := range map[string][]float64{c.variable: lambda, "/line/w": {a}, "/line/b": {b}} {
				// Tens of float64 operations on numbers of order one.
				if len(got[name]) != len(v) || !(furthest(v, got[name]) < 1e-14) {
					t.Errorf("%s = %v, want %v", name, got[name], v)
				}
			}
		})
	}
}

// descended is the variables of a solver after steps of gradient descent.
func descended(t *testing.T, s pinns.Solver, steps int, rate float64) map[string][]float64 {
	t.Helper()
	d, err := train.New(check.Backend(t), s, train.Fit{Steps: steps, Rate: rate, Optimizer: optimizers.SGD{}, Precision: train.Float64}, train.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Run(t.Context(), func(train.Progress) error { return nil }); err != nil {
		t.Fatal(err)
	}
	out := map[string][]float64{}
	for name, v := range d.Result() {
		if v.DType().IsFloat() {
			out[name] = check.Floats(v)
		}
	}
	return out
}

// The equations of a system share a point's factor, by the root of the sum of their squares.
func TestAttentionOfASystem(t *testing.T) {
	p := pinns.Problem{
		Equations: []string{"u = 0", "v = 0"}, Coordinates: []string{"x"}, Unknowns: []string{"u", "v"},
		Domain: geometry.Interval{Low: 0, High: 1}, Open: []string{"x=0", "x=1"},
	}
	s := pinns.Solver{
		Network: formula{p.Coordinates, []string{"3*x", "4*(1 - x)"}}, Problem: p, Inputs: p.Coordinates, Interior: 8,
		Weighting: pinns.Attention{Decay: 0.5, Rate: 0.75},
	}
	next, whole := check.Steps(t, s, 1, func(step *zoo.Step) []*Node {
		var out []*Node
		for _, term := range s.Loss(step) {
			out = append(out, term.Residual)
		}
		return out
	})
	x, largest := check.Floats(whole[0]), 0.0
	size := func(x float64) float64 { return math.Hypot(3*x, 4*(1-x)) }
	for _, v := range x {
		largest = max(largest, size(v))
	}
	for k, lambda := range []float64{0.75, 0.75 * 1.5} { // of the largest residual, which stays
		out := next()
		for i, v := range x {
			factor := lambda * size(v) / largest
			for e, want := range []float64{3 * v * factor, 4 * (1 - v) * factor} {
				if got := check.Floats(out[e])[i]; math.Abs(got-want) > 1e-14 { // some ten operations
					t.Errorf("step %d: equation %d at x = %v counts %v, want %v", k, e+1, v, got, want)
				}
			}
		}
	}
}

func TestBadPointWeights(t *testing.T) {
	for _, c := range []struct {
		weighting pinns.PointWeighting
		want      []string
	}{
		{pinns.Attention{Decay: 1, Rate: -1}, []string{"Attention.Decay = 1", "Attention.Rate = -1"}},
		{pinns.Attention{Decay: math.NaN(), Rate: math.NaN()}, []string{"Decay = NaN", "Rate = NaN"}},
		{pinns.SelfAdaptive{Start: -1}, []string{"SelfAdaptive.Start = -1"}},
		{pinns.SelfAdaptive{Start: math.NaN()}, []string{"Start = NaN"}},
	} {
		err := fitted(c.weighting).Validate()
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%#v: error %v, want one with %q", c.weighting, err, want)
			}
		}
	}
}
