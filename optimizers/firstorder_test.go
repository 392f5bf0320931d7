package optimizers_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// well is the objective Σ θ⁴/4 − θ² + θ/2 with the gradient θ³ − 2θ + 1/2, at a rate that changes with the step.
type well struct {
	zoo.Objective // what the optimizers here do not ask for panics
	params        []*Node
	index         *Node
	first         float64 // rate of step 0
}

func (w well) Grad() []*Node {
	out := make([]*Node, len(w.params))
	for i, p := range w.params {
		out[i] = AddScalar(Sub(Mul(Square(p), p), MulScalar(p, 2)), 0.5)
	}
	return out
}

func (w well) Rate() *Node {
	k := ConvertDType(w.index, w.params[0].DType())
	return MulScalar(Reciprocal(AddScalar(MulScalar(k, 0.1), 1)), w.first)
}

func rateAt(first float64, step int) float64 { return first / (1 + 0.1*float64(step)) }

// starts are the parameters: a vector and a matrix.
func starts() []any { return []any{[]float64{-1.5, 0.2, 3}, [][]float64{{0.7, -0.1}, {1.1, -2}}} }

// objective makes a step's objective.
type objective func(index *Node, params []*Node) zoo.Objective

// inWell is a well with a rate.
func inWell(first float64) objective {
	return func(index *Node, params []*Node) zoo.Objective {
		return well{params: params, index: index, first: first}
	}
}

// path does steps of an optimizer from starts, all with one compiled program, and returns all parameters, one after
// another, after each.
func path(t *testing.T, o zoo.Optimizer, dtype dtypes.DType, f objective, steps int) [][]float64 {
	t.Helper()
	n := len(starts())
	state := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		for i := range in {
			in[i] = ConvertDType(in[i], dtype)
		}
		return append(in, o.Init(in)...)
	}, starts()...)
	exec, err := model.NewExec(check.Backend(t), model.NewStore(), zoo.GraphFn(t.Name(), func(_ *model.Scope, in []*Node) []*Node {
		params := in[1 : 1+n]
		next, memory := o.Update(f(in[0], params), params, in[1+n:])
		var values []*Node
		for i, p := range next {
			if !p.Shape().Equal(params[i].Shape()) {
				t.Errorf("parameter %d goes from %s to %s", i, params[i].Shape(), p.Shape())
			}
			values = append(values, Reshape(ConvertDType(p, dtypes.Float64), -1))
		}
		return slices.Concat(next, memory, []*Node{Concatenate(values, 0)})
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer exec.Finalize()
	var out [][]float64
	for k := range steps {
		in := []any{int64(k)}
		for _, s := range state {
			in = append(in, s)
		}
		var next []*tensors.Tensor
		if next, err = exec.Exec(in...); err != nil {
			t.Fatal(err)
		}
		out = append(out, check.Floats(next[len(next)-1]))
		state = next[:len(next)-1]
	}
	return out
}

// stepper is an algorithm on one parameter in plain Go: the value after a step, given the gradient and the step's number.
type stepper func(x, g float64, k int) float64

// reference does the same steps, one parameter at a time.
func reference(begin func() stepper, steps int) []float64 {
	var out []float64
	for _, x := range []float64{-1.5, 0.2, 3, 0.7, -0.1, 1.1, -2} {
		step := begin()
		for k := range steps {
			x = step(x, x*x*x-2*x+0.5, k)
		}
		out = append(out, x)
	}
	return out
}

// adamReference is algorithm 1 of Kingma & Ba with the decay of either kind.
func adamReference(beta1, beta2, epsilon, coupled, decoupled float64) func() stepper {
	return func() stepper {
		var m, v float64
		return func(x, g float64, k int) float64 {
			g += coupled * x
			m, v = beta1*m+(1-beta1)*g, beta2*v+(1-beta2)*g*g
			mHat, vHat := m/(1-math.Pow(beta1, float64(k+1))), v/(1-math.Pow(beta2, float64(k+1)))
			return x - rateAt(0.05, k)*(mHat/(math.Sqrt(vHat)+epsilon)+decoupled*x)
		}
	}
}

func sgdReference(momentum float64) func() stepper {
	return func() stepper {
		var m float64
		return func(x, g float64, k int) float64 {
			m = momentum*m + g
			return x - rateAt(0.05, k)*m
		}
	}
}

func TestOptimizersFollowTheirFormulas(t *testing.T) {
	const steps = 15
	for _, tc := range []struct {
		name string
		o    zoo.Optimizer
		want func() stepper
	}{
		{"Adam", optimizers.Adam{}, adamReference(0.9, 0.999, 1e-8, 0, 0)},
		{"Adam with its own constants", optimizers.Adam{Beta1: 0.5, Beta2: 0.8, Epsilon: 0.1}, adamReference(0.5, 0.8, 0.1, 0, 0)},
		{"Adam with an L2 penalty", optimizers.Adam{Decay: 0.3, Coupled: true}, adamReference(0.9, 0.999, 1e-8, 0.3, 0)},
		{"AdamW", optimizers.AdamW(0.3), adamReference(0.9, 0.999, 1e-8, 0, 0.3)},
		{"SGD", optimizers.SGD{}, sgdReference(0)},
		{"SGD with momentum", optimizers.SGD{Momentum: 0.8}, sgdReference(0.8)},
	} {
		for _, precision := range []struct {
			dtype dtypes.DType
			tol   float64
		}{
			// Fifteen steps of about ten operations each, rounded to 1.1e-16 of values up to 3.
			{dtypes.Float64, 1e-12},
			// The same at 6e-8, and the numbers 1 − β are themselves rounded: 1 − 0.999 to 6e-5 of itself, of which half
			// is left in the root of v, and cancels in v̂ but for the rounding of the powers of β.
			{dtypes.Float32, 3e-5},
		} {
			t.Run(tc.name+" "+precision.dtype.String(), func(t *testing.T) {
				got, want := path(t, tc.o, precision.dtype, inWell(0.05), steps)[steps-1], reference(tc.want, steps)
				for i := range want {
					if d := math.Abs(got[i] - want[i]); !(d <= precision.tol) {
						t.Errorf("parameter %d after %d steps: %v, want %v (off by %.2g)", i, steps, got[i], want[i], d)
					}
				}
			})
		}
	}
}

// golden reads a reference of testdata.
func golden(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

// TestFirstOrderAgainstOtherPrograms compares with testdata/firstorder_reference.py.
func TestFirstOrderAgainstOtherPrograms(t *testing.T) {
	var reference struct {
		At    []int // after which steps
		Cases map[string]struct {
			Origin string
			Rate   float64
			Path   [][]float64
		}
	}
	golden(t, "firstorder_reference.json", &reference)
	cases := map[string]zoo.Optimizer{
		"Adam":    optimizers.Adam{},
		"AdamW":   optimizers.AdamW(0.3),
		"AMSGrad": optimizers.AMSGrad{},
		"AMSGrad with short memory and a penalty": optimizers.AMSGrad{Beta1: 0.8, Beta2: 0.9, Decay: 0.3, Coupled: true},
		"RAdam without epsilon":                   optimizers.RAdam{Epsilon: 1e-20},
		"RAdam":                                   optimizers.RAdam{},
		"RAdam with its own constants":            optimizers.RAdam{Beta1: 0.5, Beta2: 0.9, Epsilon: 0.1},
		"NAdam":                                   optimizers.NAdam{},
		"NAdam with decay":                        optimizers.NAdam{Beta1: 0.8, Decay: 0.3},
		"Adadelta":                                optimizers.Adadelta{},
		"Adadelta with its own constants":         optimizers.Adadelta{Rho: 0.7, Epsilon: 1e-2},
	}
	if len(reference.Cases) != len(cases) {
		t.Fatalf("%d cases in the reference, want %d", len(reference.Cases), len(cases))
	}
	steps := reference.At[len(reference.At)-1]
	for name, o := range cases {
		want, ok := reference.Cases[name]
		if !ok {
			t.Fatalf("no case %q in the reference", name)
		}
		for _, precision := range []struct {
			dtype dtypes.DType
			tol   float64
		}{
			// Sixty steps rounded to 1.1e-16. The correction 1 − 0.999ᵗ, written as it stands, loses three digits.
			{dtypes.Float64, 1e-10},
			// The same at 6e-8: those three digits are lost in Adam's first steps.
			{dtypes.Float32, 2e-4},
		} {
			t.Run(name+" "+precision.dtype.String(), func(t *testing.T) {
				got := path(t, o, precision.dtype, inWell(want.Rate), steps)
				worst := 0.0
				for row, after := range reference.At {
					for i, x := range want.Path[row] {
						d := math.Abs(got[after-1][i]-x) / math.Max(math.Abs(x), 1e-2) // some parameters pass through zero
						worst = max(worst, d)
						if !(d <= precision.tol) {
							t.Errorf("parameter %d after %d steps: %v, want %v (%s)", i, after, got[after-1][i], x, want.Origin)
						}
					}
				}
				t.Logf("largest relative difference %.1e", worst)
			})
		}
	}
}

func TestOptimizersStatesHaveTheParametersShapes(t *testing.T) {
	check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		index := Scalar(in[0].Graph(), dtypes.Int64, 0)
		for _, tc := range []struct {
			o     zoo.Optimizer
			count int
		}{
			{optimizers.Adam{}, 4},
			{optimizers.AMSGrad{}, 6},
			{optimizers.NAdam{}, 4},
			{optimizers.RAdam{}, 4},
			{optimizers.Adadelta{}, 4},
			{optimizers.SGD{Momentum: 0.5}, 2},
			{optimizers.SGD{}, 0},
		} {
			state := tc.o.Init(in)
			_, next := tc.o.Update(inWell(1)(index, in), in, state)
			if len(state) < tc.count || len(next) != len(state) {
				t.Errorf("%T: %d nodes of state, then %d, want at least %d and as many", tc.o, len(state), len(next), tc.count)
			}
			for i := range next {
				if !next[i].Shape().Equal(state[i].Shape()) {
					t.Errorf("%T: state %d goes from %s to %s", tc.o, i, state[i].Shape(), next[i].Shape())
				}
			}
		}
		return in
	}, []float64{1, 2}, [][]float64{{1}, {2}})
}
