package causal_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/pinns/causal"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// growth is the network a·t, with one parameter a that starts from 1. Of the equation u_t = f(x, t) it leaves the residual a - f.
type growth struct{}

func (growth) Validate() error { return nil }

func (g growth) Forward(scope *model.Scope, in ...*Node) *Node {
	return g.ForwardJet(scope, jet.Lift(in[0])).Value()
}

func (growth) ForwardJet(scope *model.Scope, x jet.Jet) jet.Jet {
	a := layers.Weight(scope.At("growth"), x.Value().Graph(), "a", shapes.Make(x.Value().DType(), 1, 1), layers.Constant(1))
	return jet.MatMul(jet.Column(x, 1), a)
}

// given is a solver whose residual with growth is -f(x, t) at points in slices of time.
func given(sampling pinns.Sampling, w pinns.PointWeighting, f string) pinns.Solver {
	return pinns.Solver{
		Network: growth{}, Inputs: []string{"x", "t"},
		Problem: pinns.Problem{
			Equations: []string{"u_t = 1 + f"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Sources: map[string]string{"f": f},
			Domain: geometry.Cylinder(geometry.Interval{Low: 0, High: 1}, 0, 2), Open: []string{"initial", "x=0", "x=1"},
		},
		Interior: 4 * 3, Sampling: sampling, Weighting: w,
	}
}

// step takes the loss of a solver once: the residual at each point and the gradient of its mean square with respect to the parameters. Each call
// of the result is a step that goes on with the state that the one before left.
func step(t *testing.T, s pinns.Solver) func() (residual, gradient []float64) {
	t.Helper()
	next, _ := check.Steps(t, s, 1, func(at *zoo.Step) []*Node {
		term := s.Loss(at)[0]
		out := []*Node{term.Residual}
		for _, v := range check.Trainable(at.Scope.Store()) {
			out = append(out, Gradient(term.Mean(), v.NodeValue(at.Graph))...)
		}
		return out
	})
	return func() (residual, gradient []float64) {
		out := next()
		return check.Floats(out[0]), check.Floats(out[1])
	}
}

// weights are those of slices with the mean squares given, by the definition.
func weights(losses []float64, tolerance float64) []float64 {
	out, sum := make([]float64, len(losses)), 0.0
	for i, l := range losses {
		out[i] = math.Exp(-tolerance * sum)
		sum += l
	}
	return out
}

// TestWeights: with one stage, √w against the closed form on residuals that are known. Times are 0.25, 0.75, 1.25 and 1.75, places 1/6, 1/2 and 5/6.
func TestWeights(t *testing.T) {
	for _, tolerance := range []float64{0.01, 1, 100} {
		s := given(pinns.Slices{Times: 4}, causal.Weighting{Tolerances: []float64{tolerance}}, "t + x")
		got, gradient := step(t, s)()
		times, places := []float64{0.25, 0.75, 1.25, 1.75}, []float64{1. / 6, 0.5, 5. / 6}
		var losses []float64
		for _, at := range times {
			sum := 0.0
			for _, x := range places {
				sum += (at + x) * (at + x) / 3
			}
			losses = append(losses, sum)
		}
		w := weights(losses, tolerance)
		constant := 0.0 // the derivative of the mean of w (a - 1 - f)² at a = 1, w taken as constants
		for i, at := range times {
			for j, x := range places {
				if want := -math.Sqrt(w[i]) * (at + x); math.Abs(got[3*i+j]-want) > 1e-12 { // round-off of numbers up to 3
					t.Errorf("ε = %v: the weighted residual at t = %v, x = %.3f is %v, want %v", tolerance, at, x, got[3*i+j], want)
				}
				constant += w[i] * 2 * -(at + x) / 12
			}
		}
		if math.Abs(gradient[0]-constant) > 1e-12 {
			t.Errorf("ε = %v: the gradient is %v, want %v, as with constant weights", tolerance, gradient[0], constant)
		}
	}
}

// TestEquationsCountTogether: with two equations a slice's loss is the sum of both.
func TestEquationsCountTogether(t *testing.T) {
	s := given(pinns.Slices{Times: 4}, causal.Weighting{Tolerances: []float64{0.5}}, "1")
	s.Problem.Equations = append(s.Problem.Equations, "u_x = 2")
	got, _ := step(t, s)()
	w := weights([]float64{5, 5, 5, 5}, 0.5)
	for i := range got {
		if want := -math.Sqrt(w[i/3]); math.Abs(got[i]-want) > 1e-14 { // round-off
			t.Errorf("the first equation's weighted residual at point %d is %v, want %v", i, got[i], want)
		}
	}
}

// TestStages: a tolerance gives way to the next one after a step in which all weights are above the threshold, or after its number of steps; the last one
// stays. Residuals are 0.1 everywhere, so that the last slice has w = exp(-0.03 ε).
func TestStages(t *testing.T) {
	for _, c := range []struct {
		name string
		w    causal.Weighting
		want []float64 // ε of each step
	}{
		{"by steps", causal.Weighting{Tolerances: []float64{10, 20, 40}, Steps: 2}, []float64{10, 10, 20, 20, 40, 40, 40}},
		{"by the threshold", causal.Weighting{Tolerances: []float64{0.1, 0.3, 1, 3}, Steps: 3}, []float64{0.1, 0.3, 1, 1, 1, 3, 3, 3, 3}},
		{"with the defaults", causal.Weighting{}, []float64{0.01, 0.1, 1, 1, 1}},
		{"a lower threshold", causal.Weighting{Threshold: 0.5}, []float64{0.01, 0.1, 1, 10, 100, 100}},
	} {
		t.Run(c.name, func(t *testing.T) {
			next := step(t, given(pinns.Slices{Times: 4}, c.w, "0.1"))
			for i, want := range c.want {
				got, _ := next()
				// -√w/10 in the last slice; round-off of a logarithm of numbers from 0.05 on.
				if tolerance := -2 * math.Log(-10*got[11]) / 0.03; math.Abs(tolerance-want) > 1e-9*want+1e-12 {
					t.Errorf("step %d has ε = %v, want %v", i, tolerance, want)
				}
			}
		})
	}
}

// ordered is points that are given, said to lie in slices.
type ordered struct {
	Times  int
	Points []float64
}

func (ordered) Validate() error                                           { return nil }
func (o ordered) Slices() int                                             { return o.Times }
func (ordered) Next(p pinns.Population) *Node                             { return p.Points }
func (o ordered) Start(_ geometry.Domain, _ int) (p []float64, err error) { return o.Points, nil }

// TestOrder: points that lie space-major, or with the slices in another order, end in NaN; those of Slices are in order, drawn anew as well.
func TestOrder(t *testing.T) {
	good, err := pinns.Slices{Times: 4}.Start(given(nil, nil, "1").Problem.Domain, 12)
	if err != nil {
		t.Fatal(err)
	}
	var scrambled, backwards []float64
	for j := range 3 {
		for i := range 4 {
			scrambled = append(scrambled, good[2*(3*i+j)], good[2*(3*i+j)+1])
		}
	}
	for i := range 4 {
		backwards = append(backwards, good[6*(3-i):6*(4-i)]...)
	}
	for _, c := range []struct {
		name     string
		sampling pinns.Sampling
		ok       bool
	}{
		{"time-major", ordered{4, good}, true},
		{"one slice", ordered{1, slices.Concat(good[:6], good[:6], good[:6], good[:6])}, true},
		{"space-major", ordered{4, scrambled}, false},
		{"backwards", ordered{4, backwards}, false},
		{"other slices", ordered{3, good}, false},
		{"Slices", pinns.Slices{Times: 4}, true},
		{"Slices anew", pinns.Slices{Times: 4, Anew: true}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			next := step(t, given(c.sampling, causal.Weighting{}, "1 + x"))
			first, _ := next()
			second, _ := next()
			for _, got := range [][]float64{first, second} {
				if ok := !slices.ContainsFunc(got, math.IsNaN); ok != c.ok {
					t.Errorf("weighted residuals %v, want them finite: %v", got, c.ok)
				}
			}
			if c.ok && c.name == "Slices anew" && slices.Equal(first, second) {
				t.Error("the points of Slices{Anew: true} are the same in two steps")
			}
		})
	}
}

func TestBadWeightings(t *testing.T) {
	for _, c := range []struct {
		w    causal.Weighting
		want string
	}{
		{causal.Weighting{Tolerances: []float64{}}, "Tolerances has 0 entries, want at least 1"},
		{causal.Weighting{Tolerances: []float64{1, -1}}, "Tolerances[1] = -1, want a positive number"},
		{causal.Weighting{Tolerances: []float64{math.Inf(1)}}, "Tolerances[0] = +Inf, want a positive number"},
		{causal.Weighting{Tolerances: []float64{1, 10, 10}}, "Tolerances[2] = 10, want above the one before, 10"},
		{causal.Weighting{Steps: -1}, "Steps = -1, want at least 1"},
		{causal.Weighting{Threshold: 1}, "Threshold = 1, want between 0 and 1"},
	} {
		if err := c.w.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: error = %v, want one with %q", c.w, err, c.want)
		}
	}
	if err := (causal.Weighting{}).Validate(); err != nil {
		t.Error(err)
	}
	for _, sampling := range []pinns.Sampling{nil, pinns.EveryStep{}, ordered{5, make([]float64, 24)}} {
		s := given(sampling, causal.Weighting{}, "1")
		_, err := check.Run(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
			g := in[0].Graph()
			at := zoo.NewStep(zoo.Step{Graph: g, Scope: scope, DType: dtypes.Float64, Whole: in, Index: Const(g, int64(0))}, zoo.Draw{Seed: Const(g, uint64(1))})
			return []*Node{s.Loss(at)[0].Residual}
		}, tensors.FromFlatDataAndDimensions(make([]float64, 24), 12, 2))
		if err == nil || !strings.Contains(err.Error(), "want Solver.Sampling = pinns.Slices") {
			t.Errorf("%T: error = %v, want one that asks for pinns.Slices", sampling, err)
		}
	}
}

// reaction is u_t = 10 u (1 - u) at one place, from 0.01: a plain network stays near the state that the front starts from.
func reaction() pinns.Solver {
	return pinns.Solver{
		Network: neuralfield.MLP{Widths: []int{16, 16, 1}, Activation: layers.TanhUnit, Weights: neuralfield.Glorot},
		Problem: pinns.Problem{
			Equations: []string{"u_t = 10*u*(1 - u)"}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"},
			Domain:     geometry.Cylinder(geometry.Interval{Low: 0, High: 1}, 0, 1),
			Conditions: []pinns.Condition{pinns.Initial("u = 0.01")}, Open: []string{"x=0", "x=1"},
			Exact: map[string]string{"u": "1/(1 + 99*exp(-10*t))"},
		},
		Interior: 16 * 2, Boundary: 4, Sampling: pinns.Slices{Times: 16}, Weighting: causal.Weighting{Steps: 30},
	}
}

// result trains a solver and returns the run.
func result(t *testing.T, s pinns.Solver, steps int) *runs.Trained {
	t.Helper()
	kept, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	session := &runs.Session{Backend: check.Backend(t), Store: kept}
	r, err := session.Open(s, train.Fit{Steps: steps, Precision: train.Float64})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Train(t.Context(), func(runs.Progress) error { return nil }); err != nil {
		t.Fatal(err)
	}
	trained, err := r.Result()
	if err != nil {
		t.Fatal(err)
	}
	return trained
}

// TestWeightsOfARun: the stage is the run's, weights follow from the losses, and a second run gives the same bits.
func TestWeightsOfARun(t *testing.T) {
	s := reaction()
	var before causal.Slices
	for i := range 2 {
		got, err := causal.Weights(t.Context(), s, result(t, s, 70))
		if err != nil {
			t.Fatal(err)
		}
		if got.Tolerance != 1 { // 30 steps at most with 0.01, as many with 0.1; the threshold is not met with 1
			t.Errorf("ε = %v after 70 steps, want 1", got.Tolerance)
		}
		if len(got.Times) != 16 || got.Times[0] != 1./32 || got.Times[15] != 31./32 {
			t.Errorf("times %v, want the middles of sixteenths", got.Times)
		}
		for k, want := range weights(got.Losses, got.Tolerance) {
			if math.Abs(got.Weights[k]-want) > 1e-14 { // round-off
				t.Errorf("w[%d] = %v, want %v", k, got.Weights[k], want)
			}
		}
		if i > 0 && (!slices.Equal(got.Losses, before.Losses) || !slices.Equal(got.Weights, before.Weights)) {
			t.Error("a second run gives other weights, want the same bits")
		}
		before = got
	}
}

func TestWeightsRefuse(t *testing.T) {
	plain, points := reaction(), reaction()
	plain.Weighting = nil
	points.Sampling = pinns.EveryStep{}
	bad := reaction()
	bad.Network = nil
	for _, c := range []struct {
		s    pinns.Solver
		want string
	}{{plain, "want causal.Weighting"}, {points, "want one in slices of time"}, {bad, "Network is nil"}} {
		if _, err := causal.Weights(t.Context(), c.s, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error = %v, want one with %q", err, c.want)
		}
	}
}
