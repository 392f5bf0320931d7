package optimizers_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// probing steps along the gradient at the point that a step along the gradient would lead to.
type probing struct{ optimizers.SGD }

func (p probing) Update(o zoo.Objective, params, state []*Node) (next, nextState []*Node) {
	there, _ := p.SGD.Update(o, params, state)
	for i, g := range o.At(there).Grad() {
		next = append(next, Sub(params[i], Mul(g, o.At(there).Rate())))
	}
	return next, state
}

func (w well) At(params []*Node) zoo.Objective {
	return well{params: params, index: w.index, first: w.first}
}

func TestClippingChangesTheGradient(t *testing.T) {
	slope := func(x []float64) []float64 {
		g := make([]float64, len(x))
		for i, v := range x {
			g[i] = v*v*v - 2*v + 0.5
		}
		return g
	}
	byNorm := func(g []float64) []float64 {
		norm := 0.0
		for _, v := range g {
			norm = math.Hypot(norm, v)
		}
		for i := range g {
			g[i] *= math.Min(1, 3/norm)
		}
		return g
	}
	byValue := func(g []float64) []float64 {
		for i, v := range g {
			g[i] = math.Max(-0.7, math.Min(0.7, v))
		}
		return g
	}
	for _, tc := range []struct {
		name  string
		o     zoo.Optimizer
		clip  func(g []float64) []float64
		ahead bool // the gradient is that at a probe
	}{
		{"norm", optimizers.ClipNorm{Optimizer: optimizers.SGD{}, Limit: 3}, byNorm, false},
		{"value", optimizers.ClipValue{Optimizer: optimizers.SGD{}, Limit: 0.7}, byValue, false},
		{
			"norm, then value",
			optimizers.ClipNorm{Optimizer: optimizers.ClipValue{Optimizer: optimizers.SGD{}, Limit: 0.7}, Limit: 3},
			func(g []float64) []float64 { return byValue(byNorm(g)) }, false,
		},
		{"norm at a probe", optimizers.ClipNorm{Optimizer: probing{}, Limit: 3}, byNorm, true},
		{"value at a probe", optimizers.ClipValue{Optimizer: probing{}, Limit: 0.7}, byValue, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			const steps, first = 60, 0.2
			got := path(t, tc.o, dtypes.Float64, inWell(first), steps)
			x := []float64{-1.5, 0.2, 3, 0.7, -0.1, 1.1, -2}
			passed := 0 // steps that the limit leaves as they are: the other case must be seen too
			for k := range steps {
				at := append([]float64(nil), x...)
				if tc.ahead {
					for i, g := range tc.clip(slope(x)) {
						at[i] -= rateAt(first, k) * g
					}
				}
				whole, g := slope(at), tc.clip(slope(at))
				same := true
				for i := range x {
					same = same && whole[i] == g[i]
					x[i] -= rateAt(first, k) * g[i]
					if d := math.Abs(got[k][i] - x[i]); !(d <= 1e-12) { // sixty steps of ten operations on values up to 3
						t.Fatalf("parameter %d after %d steps: %v, want %v", i, k+1, got[k][i], x[i])
					}
				}
				if same {
					passed++
				}
			}
			if passed == 0 || passed == steps {
				t.Errorf("the limit left %d of %d steps alone, want some and not all", passed, steps)
			}
		})
	}
}

func TestEMA(t *testing.T) {
	const steps = 40
	param := func(k int) float64 { return math.Sin(float64(k)) }
	for _, e := range []optimizers.EMA{{Decay: 0.9}, {Decay: 0.8, Warmup: 10}, {Decay: 0.9999, Warmup: 3}} {
		if err := e.Validate(); err != nil {
			t.Fatal(err)
		}
		for _, precision := range []struct {
			dtype dtypes.DType
			tol   float64
		}{{dtypes.Float64, 1e-14}, {dtypes.Float32, 1e-6}} { // forty sums of values up to 1
			exec, err := model.NewExec(check.Backend(t), model.NewStore(), zoo.GraphFn(t.Name(), func(_ *model.Scope, in []*Node) []*Node {
				average, p := ConvertDType(in[1], precision.dtype), ConvertDType(in[2], precision.dtype)
				next := e.Next([]*Node{average}, []*Node{p}, in[0])
				if next[0].DType() != precision.dtype {
					t.Errorf("the average is %s, want %s", next[0].DType(), precision.dtype)
				}
				return []*Node{ConvertDType(next[0], dtypes.Float64)}
			}))
			if err != nil {
				t.Fatal(err)
			}
			want := 2.0
			average := tensors.FromScalar(want)
			for k := range steps {
				out, err := exec.Exec(int64(k), average, param(k))
				if err != nil {
					t.Fatal(err)
				}
				average = out[0]
				d := e.Decay
				if e.Warmup > 0 {
					d = math.Min(d, (1+float64(k))/(e.Warmup+float64(k)))
				}
				want = d*want + (1-d)*param(k)
				if got := check.Floats(average)[0]; !(math.Abs(got-want) <= precision.tol) {
					t.Errorf("%+v %s after step %d: %v, want %v", e, precision.dtype, k, got, want)
				}
			}
			exec.Finalize()
		}
	}
}
