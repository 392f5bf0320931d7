package train_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// lines fits c₀ + c₁x to pairs in two terms of different numbers of points.
type lines struct {
	A, B  float64 // the terms' weights
	Drawn bool    // the first term's x anew in each step, with y = 1 + 2x
}

var linePairs = [2][2][]float64{
	{{0, 1, 2, 3}, {1, 0, 2, 5}},
	{{-1, 4}, {3, 3}},
}

func (lines) Validate() error         { return nil }
func (lines) Data() (zoo.Data, error) { return zoo.Data{}, nil }

func (l lines) Samples(s *zoo.Step) [][]*Node {
	var out [][]*Node
	for _, pairs := range linePairs {
		out = append(out, []*Node{Const(s.Graph, pairs[0]), Const(s.Graph, pairs[1])})
	}
	if l.Drawn {
		x := s.Uniform(shapes.Make(dtypes.Float64, 5))
		out[0] = []*Node{x, AddScalar(MulScalar(x, 2), 1)}
	}
	return out
}

func (lines) ResidualAt(s *zoo.Step, _ int, rows []*Node) *Node {
	c := s.Scope.VariableWithValue("c", []float64{4, 4}).NodeValue(s.Graph)
	at := func(i int) *Node { return Slice(c, AxisRange(i, i+1)) }
	return Sub(Add(at(0), Mul(at(1), rows[0])), rows[1])
}

func (l lines) Loss(s *zoo.Step) []zoo.Term {
	points := l.Samples(s)
	return []zoo.Term{
		{Name: "a", Residual: l.ResidualAt(s, 0, points[0]), Weight: l.A},
		{Name: "b", Value: ReduceAllMean(Square(l.ResidualAt(s, 1, points[1]))), Weight: l.B},
	}
}

// together is the same task without the ability to take points one by one.
type together struct{ Lines lines }

func (together) Validate() error         { return nil }
func (together) Data() (zoo.Data, error) { return zoo.Data{}, nil }
func (w together) Loss(s *zoo.Step) []zoo.Term {
	terms, points := w.Lines.Loss(s), w.Lines.Samples(s)
	terms[1].Value, terms[1].Residual = nil, w.Lines.ResidualAt(s, 1, points[1])
	return terms
}

// bestLine solves the normal equations Σ w/n Σ (c₀ + c₁x − y) (1, x) = 0.
func bestLine(weights [2]float64) [2]float64 {
	var s0, s1, s2, t0, t1 float64
	for k, pairs := range linePairs {
		w := weights[k] / float64(len(pairs[0]))
		for i, x := range pairs[0] {
			y := pairs[1][i]
			s0, s1, s2, t0, t1 = s0+w, s1+w*x, s2+w*x*x, t0+w*y, t1+w*x*y
		}
	}
	d := s0*s2 - s1*s1
	return [2]float64{(s2*t0 - s1*t1) / d, (s0*t1 - s1*t0) / d}
}

// fixed gives the terms these weights.
type fixed [2]float64

func (fixed) Validate() error           { return nil }
func (fixed) Init(int, []*Node) []*Node { return nil }
func (f fixed) Weigh(_ zoo.Objective, params, _ []*Node) (weights, next []*Node) {
	for _, w := range f {
		weights = append(weights, Scalar(params[0].Graph(), params[0].DType(), w))
	}
	return weights, nil
}

func TestGaussNewtonFindsTheBestLine(t *testing.T) {
	for _, o := range []zoo.Optimizer{
		optimizers.LevenbergMarquardt{},
		optimizers.LevenbergMarquardt{Factorise: optimizers.ByCholesky},
		optimizers.NaturalGradient{Damping: 1e-9},
		optimizers.NaturalGradient{Damping: 1e-9, Momentum: 0.5, Rate: 1},
	} {
		for _, task := range []zoo.Task{lines{A: 3, B: 0.5}, together{lines{A: 3, B: 0.5}}} {
			for _, w := range []zoo.Weighting{nil, fixed{0.25, 7}} {
				t.Run(fmt.Sprintf("%T %T %v", o, task, w), func(t *testing.T) {
					weights := [2]float64{3, 0.5}
					if f, ok := w.(fixed); ok {
						weights = f
					}
					fit := train.Fit{Steps: 60, Optimizer: o, Weighting: w, Precision: train.Float64}
					got, ok := values(t, trained(t, task, fit, train.Options{}))["/c"].([]float64)
					if !ok {
						t.Fatal("no parameters c")
					}
					want := bestLine(weights)
					for i, c := range got {
						// The loss, about 1, does not feel parameters' changes below the root of round-off, 1.5e-8.
						if !(math.Abs(c-want[i]) < 1e-7) {
							t.Errorf("c%d = %v, want %v", i, c, want[i])
						}
					}
				})
			}
		}
	}
}

func TestGaussNewtonOnDrawnPoints(t *testing.T) {
	for _, o := range []zoo.Optimizer{optimizers.LevenbergMarquardt{}, optimizers.NaturalGradient{}} {
		t.Run(fmt.Sprintf("%T", o), func(t *testing.T) {
			fit := train.Fit{Steps: 80, Optimizer: o, Precision: train.Float64}
			got, ok := values(t, trained(t, lines{A: 1, Drawn: true}, fit, train.Options{}))["/c"].([]float64)
			if !ok {
				t.Fatal("no parameters c")
			}
			// Nothing is left over, so that each step leaves a part λ of the error, down to round-off.
			near(t, "c₀", got[0], 1)
			near(t, "c₁", got[1], 2)
		})
	}
}

// badSamples gives other points than its terms have.
type badSamples struct {
	lines
	points func(s *zoo.Step) [][]*Node
}

func (b badSamples) Samples(s *zoo.Step) [][]*Node { return b.points(s) }
func (b badSamples) Loss(s *zoo.Step) []zoo.Term   { return b.lines.Loss(s) }

func TestGaussNewtonRefuses(t *testing.T) {
	lm, line := optimizers.LevenbergMarquardt{}, lines{A: 1, B: 1}
	samples := func(sizes ...int) func(*zoo.Step) [][]*Node {
		return func(s *zoo.Step) [][]*Node {
			two := make([]*Node, len(sizes))
			for i, n := range sizes {
				two[i] = Zeros(s.Graph, shapes.Make(dtypes.Float64, n))
			}
			return [][]*Node{two, two}
		}
	}
	for _, tc := range []struct {
		name string
		task zoo.Task
		fit  train.Fit
		want string
	}{
		{"a value alone", bowl{1, 1}, train.Fit{Optimizer: lm}, `term "a" has a Value alone`},
		{"clip", line, train.Fit{Optimizer: lm, Clip: 1}, "Fit.Clip = 1"},
		{"accumulation", newCurve(), train.Fit{Optimizer: lm, Batch: 10, Accumulate: 2}, "Fit.Accumulate = 2"},
		{"negative weight", lines{A: 1, B: -1}, train.Fit{Optimizer: optimizers.NaturalGradient{}}, `term "b" has the weight -1`},
		{"inside a wrapper", line, train.Fit{Optimizer: optimizers.ClipNorm{Optimizer: lm, Limit: 1}}, "cannot stand inside another optimizer"},
		{"too few terms", badSamples{line, func(s *zoo.Step) [][]*Node { return samples(4, 4)(s)[:1] }}, train.Fit{Optimizer: lm}, "points of 1 terms, want 2"},
		{"no arrays", badSamples{line, samples()}, train.Fit{Optimizer: lm}, "no array for term"},
		{"rows that differ", badSamples{line, samples(4, 3)}, train.Fit{Optimizer: lm}, "as many in each"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.fit.Steps, tc.fit.Precision = 1, train.Float64
			_, err := train.New(open(t), tc.task, tc.fit, train.Options{})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error = %v, want one with %q", err, tc.want)
			}
		})
	}
}
