package train_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// bowl has one parameter θ, from 4, and the loss a θ² + b (θ−1)², whose path under gradient descent is known in closed
// form. It counts its steps in a variable of its own.
type bowl struct{ A, B float64 }

func (bowl) Validate() error         { return nil }
func (bowl) Data() (zoo.Data, error) { return zoo.Data{}, nil }
func (bowl) theta(s *zoo.Step) *Node {
	return s.Scope.VariableWithValue("theta", 4.0).NodeValue(s.Graph)
}

func (bowl) count(s *zoo.Step) *model.Variable {
	return s.Scope.VariableWithValue("count", 0.0).SetTrainable(false)
}

func (b bowl) Loss(s *zoo.Step) []zoo.Term {
	x := b.theta(s)
	c := b.count(s)
	c.SetNodeValue(AddScalar(c.NodeValue(s.Graph), 1))
	return []zoo.Term{
		{Name: "a", Value: Square(x), Weight: b.A},
		{Name: "b", Residual: Reshape(AddScalar(x, -1), 1), Weight: b.B},
	}
}

func theta(t *testing.T, task zoo.Task, fit train.Fit) (value, count float64) {
	t.Helper()
	fit.Precision = train.Float64
	if fit.Optimizer == nil && fit.Host == nil {
		fit.Optimizer = optimizers.SGD{}
	}
	v := values(t, trained(t, task, fit, train.Options{}))
	got, ok := v["/theta"].(float64)
	n, also := v["/count"].(float64)
	if !ok || !also {
		t.Fatalf("results are %v, want /theta and /count", v)
	}
	return got, n
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	// float64 sums of at most some hundred terms of order one
	if math.Abs(got-want) > 1e-12*(1+math.Abs(want)) {
		t.Errorf("%s = %v, want %v", what, got, want)
	}
}

func TestGradientDescentInClosedForm(t *testing.T) {
	const rate, steps, a, b = 0.05, 20, 1.5, 0.5
	got, count := theta(t, bowl{a, b}, train.Fit{Steps: steps, Rate: rate})
	minimum := b / (a + b)
	near(t, "θ", got, minimum+(4-minimum)*math.Pow(1-2*rate*(a+b), steps))
	near(t, "the task's own count of steps", count, steps)
}

func TestClipBoundsEachStep(t *testing.T) {
	got, _ := theta(t, bowl{1, 0}, train.Fit{Steps: 10, Rate: 0.1, Clip: 0.5})
	near(t, "θ after ten steps with a gradient of norm 0.5", got, 4-10*0.1*0.5)
}

func TestAverageIsTheResult(t *testing.T) {
	const rate, steps, decay = 0.1, 15, 0.8
	got, _ := theta(t, bowl{1, 0}, train.Fit{Steps: steps, Rate: rate, EMA: decay})
	x, average := 4.0, 4.0
	for range steps {
		x *= 1 - 2*rate
		average = decay*average + (1-decay)*x
	}
	near(t, "average of θ", got, average)
}

func TestAverageWarmsUp(t *testing.T) {
	const rate, steps, decay, warmup = 0.1, 30, 0.7, 4
	got, _ := theta(t, bowl{1, 0}, train.Fit{Steps: steps, Rate: rate, EMA: decay, EMAWarmup: warmup})
	x, average := 4.0, 4.0
	for k := range steps {
		x *= 1 - 2*rate
		d := min(decay, float64(1+k)/float64(warmup+k))
		average = d*average + (1-d)*x
	}
	near(t, "average of θ", got, average)
}

func TestWrappedOptimizers(t *testing.T) {
	clipped := optimizers.ClipNorm{Optimizer: optimizers.SGD{}, Limit: 0.5}
	got, _ := theta(t, bowl{1, 0}, train.Fit{Steps: 10, Rate: 0.1, Optimizer: clipped})
	near(t, "θ after ten steps with a gradient of norm 0.5", got, 4-10*0.1*0.5)

	// At this rate θ goes to and fro at one distance from 0, so each step after the first fails and lowers the rate.
	plateau := optimizers.Plateau{Optimizer: optimizers.SGD{}, Factor: 0.5, Patience: 1}
	got, _ = theta(t, bowl{1, 0}, train.Fit{Steps: 3, Rate: 1, Optimizer: plateau})
	near(t, "θ after a step of 2θ and one of θ", got, 0)

	groups := optimizers.MultiAdam{Groups: [][]string{{"a"}, {"b"}}, Weights: []float64{3, 0.5}, Epsilon: 1e-20}
	got, _ = theta(t, bowl{1e3, 1e-3}, train.Fit{Steps: 1, Rate: 0.1, Optimizer: groups})
	near(t, "θ after one step down in both terms", got, 4-0.1*(3+0.5))
}

func TestOptimizersInFloat32(t *testing.T) {
	for _, o := range []zoo.Optimizer{
		optimizers.Adam{},
		optimizers.AMSGrad{},
		optimizers.NAdam{},
		optimizers.RAdam{},
		optimizers.Adadelta{},
		optimizers.SGD{},
		optimizers.MultiAdam{Groups: [][]string{{"fit"}, {"size"}}},
		optimizers.Plateau{},
		optimizers.ClipNorm{Limit: 1},
		optimizers.ClipValue{Limit: 1},
	} {
		t.Run(fmt.Sprintf("%T", o), func(t *testing.T) {
			fit := train.Fit{Steps: 20, Rate: 1e-2, Optimizer: o, Seed: 1}
			h := trained(t, newCurve(), fit, train.Options{}).History()
			first, last := h.Values[0][0], h.Last("fit")
			if !(last < first) {
				t.Errorf("the loss goes from %v to %v, want less", first, last)
			}
		})
	}
}

func TestScheduleScalesTheRate(t *testing.T) {
	const rate, steps = 0.1, 12
	got, _ := theta(t, bowl{1, 0}, train.Fit{Steps: steps, Rate: rate, Schedule: optimizers.Cosine{}})
	x := 4.0
	for k := range steps {
		x *= 1 - 2*rate*(1+math.Cos(math.Pi*float64(k)/steps))/2
	}
	near(t, "θ under a cosine rate", got, x)
}

// balance gives each term the weight 1/‖its gradient‖ and remembers how often it did.
type balance struct{}

func (balance) Validate() error { return nil }
func (balance) Init(terms int, params []*Node) []*Node {
	return []*Node{Zeros(params[0].Graph(), shapes.Make(params[0].DType(), terms))}
}

func (balance) Weigh(o zoo.Objective, _, state []*Node) (weights, next []*Node) {
	for i := range o.Terms() {
		weights = append(weights, Reciprocal(Abs(o.TermGrad(i)[0])))
	}
	return weights, []*Node{AddScalar(state[0], 1)}
}

func TestWeightingSetsTheWeights(t *testing.T) {
	// Each term then pulls with a gradient of ±1: both to the left above 1, so θ falls by 2·rate a step.
	got, _ := theta(t, bowl{3, 7}, train.Fit{Steps: 5, Rate: 0.1, Weighting: balance{}})
	near(t, "θ", got, 4-5*0.1*2)
}

// halfway is an optimizer that asks for the objective at another point: θ − rate ∇f(θ − rate ∇f(θ)).
type halfway struct{}

func (halfway) Validate() error             { return nil }
func (halfway) Init(params []*Node) []*Node { return nil }
func (halfway) Update(o zoo.Objective, params, _ []*Node) (next, state []*Node) {
	probe := []*Node{Sub(params[0], Mul(o.Rate(), o.Grad()[0]))}
	return []*Node{Sub(params[0], Mul(o.Rate(), o.At(probe).Grad()[0]))}, nil
}

func TestObjectiveAtAnotherPoint(t *testing.T) {
	const rate = 0.1
	got, count := theta(t, bowl{1, 0}, train.Fit{Steps: 3, Rate: rate, Optimizer: halfway{}})
	near(t, "θ", got, 4*math.Pow(1-2*rate*(1-2*rate), 3))
	near(t, "the task's state, which a probe must not advance", count, 3)
}

// projected keeps θ at or above 2 after each update.
type projected struct{ bowl }

func (p projected) AfterStep(s *zoo.Step) {
	v := s.Scope.GetVariable("theta")
	v.SetNodeValue(MaxScalar(v.NodeValue(s.Graph), 2))
}

func TestAfterStepProjects(t *testing.T) {
	got, _ := theta(t, projected{bowl{1, 0}}, train.Fit{Steps: 30, Rate: 0.1})
	near(t, "θ", got, 2)
}

// refreshed adds 100 to its count every ten steps.
type refreshed struct{ bowl }

func (refreshed) RefreshEvery() int { return 10 }
func (r refreshed) Refresh(s *zoo.Step) {
	v := r.count(s)
	v.SetNodeValue(AddScalar(v.NodeValue(s.Graph), 100))
}

func TestRefreshRunsBetweenChunks(t *testing.T) {
	_, count := theta(t, refreshed{bowl{1, 0}}, train.Fit{Steps: 35, Rate: 0.01})
	near(t, "count after refreshes at steps 10, 20 and 30", count, 35+300)
}

// noisy moves θ by a draw alone, so that its end tells which draws were used.
type noisy struct{ bowl }

func (n noisy) Loss(s *zoo.Step) []zoo.Term {
	terms := n.bowl.Loss(s)
	push := ReduceAllMean(s.Normal(shapes.Make(dtypes.Float64, 4)))
	return append(terms, zoo.Term{Name: "push", Value: Mul(n.theta(s), StopGradient(push)), Weight: 1})
}

func TestDrawsDependOnTheStepAlone(t *testing.T) {
	short, _ := theta(t, noisy{}, train.Fit{Steps: 6, Rate: 1})
	again, _ := theta(t, noisy{}, train.Fit{Steps: 6, Rate: 1})
	long, _ := theta(t, noisy{}, train.Fit{Steps: 7, Rate: 1})
	if short != again {
		t.Errorf("the same steps gave %v and %v", short, again)
	}
	if short == long {
		t.Errorf("a seventh step drew nothing: θ = %v", long)
	}
}
