package optimizers_test

import (
	"math"
	"sync"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// shared is one backend for all tests: tensors cannot move between two.
var shared = sync.OnceValues(backend.New)

// eval runs a graph function.
func eval(t *testing.T, fn func(in []*Node) []*Node, in ...any) []*tensors.Tensor {
	t.Helper()
	b, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	e, err := model.NewExec(b, model.NewStore(), zoo.GraphFn(t.Name(), func(_ *model.Scope, in []*Node) []*Node { return fn(in) }))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Finalize()
	out, err := e.Call(in...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// well is the objective Σ θ⁴/4 − θ² + θ/2 with the gradient θ³ − 2θ + 1/2, at a rate that changes with the step.
type well struct {
	zoo.Objective // what the optimizers here do not ask for panics
	params        []*Node
	rate          *Node
}

func (w well) Grad() []*Node {
	out := make([]*Node, len(w.params))
	for i, p := range w.params {
		out[i] = AddScalar(Sub(Mul(Square(p), p), MulScalar(p, 2)), 0.5)
	}
	return out
}

func (w well) Rate() *Node { return w.rate }

func rateAt(step int) float64 { return 0.05 / (1 + 0.1*float64(step)) }

// starts are the parameters: a vector and a matrix.
func starts() [][]float64 { return [][]float64{{-1.5, 0.2, 3}, {0.7, -0.1, 1.1, -2}} }

// iterate does steps of an optimizer from starts and returns all parameters, one after another.
func iterate(t *testing.T, o zoo.Optimizer, dtype dtypes.DType, steps int) []float64 {
	t.Helper()
	dims := [][]int{{3}, {2, 2}}
	out := eval(t, func(in []*Node) []*Node {
		params := []*Node{Reshape(in[0], dims[0]...), Reshape(in[1], dims[1]...)}
		for i := range params {
			params[i] = ConvertDType(params[i], dtype)
		}
		state := o.Init(params)
		for k := range steps {
			rate := Scalar(in[0].Graph(), dtype, rateAt(k))
			params, state = o.Update(well{params: params, rate: rate}, params, state)
		}
		for i := range params {
			if params[i].DType() != dtype {
				t.Errorf("parameter %d is %s after %d steps, want %s", i, params[i].DType(), steps, dtype)
			}
			params[i] = ConvertDType(params[i], dtypes.Float64)
		}
		return params
	}, starts()[0], starts()[1])
	return append(tensors.MustCopyFlatData[float64](out[0]), tensors.MustCopyFlatData[float64](out[1])...)
}

// stepper is an algorithm on one parameter in plain Go: the value after a step, given the gradient and the step's number.
type stepper func(x, g float64, k int) float64

// reference does the same steps, one parameter at a time.
func reference(begin func() stepper, steps int) []float64 {
	var out []float64
	for _, part := range starts() {
		for _, x := range part {
			step := begin()
			for k := range steps {
				x = step(x, x*x*x-2*x+0.5, k)
			}
			out = append(out, x)
		}
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
			return x - rateAt(k)*(mHat/(math.Sqrt(vHat)+epsilon)+decoupled*x)
		}
	}
}

func sgdReference(momentum float64) func() stepper {
	return func() stepper {
		var m float64
		return func(x, g float64, k int) float64 {
			m = momentum*m + g
			return x - rateAt(k)*m
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
				got, want := iterate(t, tc.o, precision.dtype, steps), reference(tc.want, steps)
				for i := range want {
					if d := math.Abs(got[i] - want[i]); !(d <= precision.tol) {
						t.Errorf("parameter %d after %d steps: %v, want %v (off by %.2g)", i, steps, got[i], want[i], d)
					}
				}
			})
		}
	}
}

func TestOptimizersStatesHaveTheParametersShapes(t *testing.T) {
	eval(t, func(in []*Node) []*Node {
		for _, tc := range []struct {
			o     zoo.Optimizer
			count int
		}{{optimizers.Adam{}, 4}, {optimizers.SGD{Momentum: 0.5}, 2}, {optimizers.SGD{}, 0}} {
			state := tc.o.Init(in)
			_, next := tc.o.Update(well{params: in, rate: Scalar(in[0].Graph(), dtypes.Float64, 1)}, in, state)
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

func TestSchedulesFollowTheirFormulas(t *testing.T) {
	cosine := func(warmup, floor float64) func(float64) float64 {
		return func(frac float64) float64 {
			if frac < warmup {
				return frac / warmup
			}
			return floor + (1-floor)*(1+math.Cos(math.Pi*(frac-warmup)/(1-warmup)))/2
		}
	}
	const steps = 40
	for _, tc := range []struct {
		name string
		s    zoo.Schedule
		want func(frac float64) float64
		ends [2]float64 // at the first step and just before the end
	}{
		{"cosine", optimizers.Cosine{}, cosine(0, 0), [2]float64{1, 0}},
		{"cosine with a floor", optimizers.Cosine{Floor: 0.2}, cosine(0, 0.2), [2]float64{1, 0.2}},
		{"cosine with warm-up", optimizers.Cosine{Warmup: 0.25}, cosine(0.25, 0), [2]float64{0, 0}},
		{"cosine with both", optimizers.Cosine{Warmup: 0.1, Floor: 0.5}, cosine(0.1, 0.5), [2]float64{0, 0.5}},
		{"halving", optimizers.Halving{Times: 4}, func(frac float64) float64 { return math.Pow(0.5, math.Floor(frac*5)) }, [2]float64{1, 1.0 / 16}},
		{"thirds", optimizers.Halving{Times: 1, Factor: 1.0 / 3}, func(frac float64) float64 { return math.Pow(1.0/3, math.Floor(frac*2)) }, [2]float64{1, 1.0 / 3}},
	} {
		for _, precision := range []struct {
			dtype dtypes.DType
			tol   float64
		}{
			{dtypes.Float64, 1e-13}, // some ten operations on numbers up to π
			{dtypes.Float32, 1e-5},
		} {
			t.Run(tc.name+" "+precision.dtype.String(), func(t *testing.T) {
				fracs := make([]float64, steps+1)
				for k := range steps {
					fracs[k] = (float64(k) + 0.5*float64(min(k, 1))) / steps // halves keep clear of the jumps' rounding
				}
				fracs[steps] = 1 - 1e-6
				out := eval(t, func(in []*Node) []*Node {
					var rates []*Node
					for k := range fracs {
						rate := tc.s.Rate(Scalar(in[0].Graph(), precision.dtype, float64(k)), ConvertDType(Reshape(Slice(in[0], AxisElem(k))), precision.dtype))
						if !rate.Shape().Equal(shapes.Make(precision.dtype)) {
							t.Errorf("the rate has shape %s, want a scalar %s", rate.Shape(), precision.dtype)
						}
						rates = append(rates, Reshape(ConvertDType(rate, dtypes.Float64), 1))
					}
					return []*Node{Concatenate(rates, 0)}
				}, fracs)
				got := tensors.MustCopyFlatData[float64](out[0])
				for k, frac := range fracs {
					if want := tc.want(frac); math.Abs(got[k]-want) > precision.tol {
						t.Errorf("at %v of the run: %v, want %v", frac, got[k], want)
					}
				}
				// At 1 − 1e-6 the cosine is 2.5e-12 from its end; float32 cannot tell it from the end.
				if math.Abs(got[0]-tc.ends[0]) > 1e-6 || math.Abs(got[steps]-tc.ends[1]) > 1e-6 {
					t.Errorf("it goes from %v to %v, want %v to %v", got[0], got[steps], tc.ends[0], tc.ends[1])
				}
			})
		}
	}
}
