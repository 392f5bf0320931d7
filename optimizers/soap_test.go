package optimizers_test

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// kronecker is the objective Σ ½ |A W B − C|² + Σ W⁴/4 over matrices W, with a vector's θ⁴/4 − θ² + θ/2 after them.
type kronecker struct {
	zoo.Objective
	params, data []*Node
	quartic      bool
	rate         float64
}

func (k kronecker) Value() *Node {
	sum := ScalarZero(k.params[0].Graph(), k.params[0].DType())
	for i, w := range k.params {
		if w.Rank() == 1 {
			sum = Add(sum, ReduceAllSum(Add(Sub(MulScalar(Square(Square(w)), 0.25), Square(w)), MulScalar(w, 0.5))))
			continue
		}
		d := k.data[3*i:]
		r := Sub(MatMul(MatMul(d[0], w), d[1]), d[2])
		sum = Add(sum, MulScalar(ReduceAllSum(Square(r)), 0.5))
		if k.quartic {
			sum = Add(sum, MulScalar(ReduceAllSum(Square(Square(w))), 0.25))
		}
	}
	return sum
}

func (k kronecker) Grad() []*Node { return Gradient(k.Value(), k.params...) }

func (k kronecker) Rate() *Node { return Scalar(k.params[0].Graph(), k.params[0].DType(), k.rate) }

func TestSOAPFollowsItsAlgorithm(t *testing.T) {
	text, err := os.ReadFile("testdata/soap.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Steps, Every       int
		Rate, Beta1, Beta2 float64
		Matrices           []struct{ A, B, C, Start, End [][]float64 }
		Vector             struct{ Start, End []float64 }
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	var in []any
	var want [][]float64
	for _, m := range golden.Matrices {
		in = append(in, m.Start)
		want = append(want, slices.Concat(m.End...))
	}
	in, want = append(in, golden.Vector.Start), append(want, golden.Vector.End)
	params := len(in)
	for _, m := range golden.Matrices {
		in = append(in, m.A, m.B, m.C)
	}
	soap := optimizers.SOAP{Beta1: golden.Beta1, Beta2: golden.Beta2, Every: golden.Every}
	for _, precision := range []struct {
		dtype dtypes.DType
		tol   float64
	}{
		{dtypes.Float64, 1e-11}, // round-off in a basis is divided by the gap between two mean squares, some 1e-4 of them
		{dtypes.Float32, 2e-3},  // the same for 6e-8
	} {
		out := eval(t, func(in []*Node) []*Node {
			for i := range in {
				in[i] = ConvertDType(in[i], precision.dtype)
			}
			all := append(slices.Clone(in), soap.Init(in[:params])...)
			all = autodiff.For(golden.Steps, all, func(_ *Node, s []*Node) []*Node {
				o := kronecker{params: s[:params], data: s[params:len(in)], quartic: true, rate: golden.Rate}
				next, state := soap.Update(o, s[:params], s[len(in):])
				return slices.Concat(next, s[params:len(in)], state)
			})
			for i := range params {
				all[i] = ConvertDType(all[i], dtypes.Float64)
			}
			return all[:params]
		}, in...)
		worst := 0.0
		for i := range params {
			for k, v := range check.Floats(out[i]) {
				worst = math.Max(worst, math.Abs(v-want[i][k]))
				if !(math.Abs(v-want[i][k]) <= precision.tol) {
					t.Errorf("%s: entry %d of parameter %d is %v, want %v", precision.dtype, k, i, v, want[i][k])
				}
			}
		}
		t.Logf("%s: largest difference %.2g", precision.dtype, worst)
	}
}

// TestSOAPOnMixedAxes has a quadratic whose axes of curvature are not the parameters', each method at its best rate of five.
func TestSOAPOnMixedAxes(t *testing.T) {
	const n, steps = 8, 1000
	best := func(o zoo.Optimizer) float64 {
		least := math.Inf(1)
		for _, rate := range []float64{0.003, 0.01, 0.03, 0.1, 0.3} {
			out := eval(t, func(in []*Node) []*Node {
				all := append(slices.Clone(in), o.Init(in[:1])...)
				all = autodiff.For(steps, all, func(_ *Node, s []*Node) []*Node {
					next, state := o.Update(kronecker{params: s[:1], data: s[1:4], rate: rate}, s[:1], s[4:])
					return slices.Concat(next, s[1:4], state)
				})
				return []*Node{kronecker{params: all[:1], data: all[1:4]}.Value()}
			}, check.Random(1, n, n), check.Random(2, n, n), check.Random(3, n, n), check.Random(4, n, n))
			t.Logf("%T, rate %v: %.3g", o, rate, check.Floats(out[0])[0])
			least = math.Min(least, check.Floats(out[0])[0])
		}
		return least
	}
	soap, adam := best(optimizers.SOAP{}), best(optimizers.Adam{Beta1: 0.95, Beta2: 0.95})
	t.Logf("loss after %d steps: SOAP %.3g, Adam with the same constants %.3g", steps, soap, adam)
	if !(soap < adam/2) {
		t.Errorf("loss %v, Adam has %v, want less than half", soap, adam)
	}
}

func TestSOAPIsAdamWithoutBases(t *testing.T) {
	run := func(o zoo.Optimizer) []float64 {
		out := eval(t, func(in []*Node) []*Node {
			params, state := in[:1], o.Init(in[:1])
			for range 10 {
				params, state = o.Update(kronecker{params: params, data: in[1:], rate: 0.01}, params, state)
			}
			return params
		}, check.Random(1, 3, 5), check.Random(2, 3, 3), check.Random(3, 5, 5), check.Random(4, 3, 5))
		return check.Floats(out[0])
	}
	soap := run(optimizers.SOAP{Largest: 2, Beta1: 0.9, Beta2: 0.99, Decay: 0.1})
	for i, want := range run(optimizers.Adam{Beta1: 0.9, Beta2: 0.99, Decay: 0.1}) {
		if !(math.Abs(soap[i]-want) <= 1e-13) { // ten steps of the same operations
			t.Errorf("entry %d is %v, Adam has %v", i, soap[i], want)
		}
	}
}

func TestSOAPValidate(t *testing.T) {
	err := optimizers.SOAP{Beta1: 1, Beta2: -1, Epsilon: math.NaN(), Decay: -1, Every: -1, Largest: -1}.Validate()
	for _, want := range []string{"Beta1 = 1", "Beta2 = -1", "Epsilon = NaN", "Decay = -1", "Every = -1", "Largest = -1"} {
		if err == nil || !strings.Contains(err.Error(), "SOAP."+want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	if err := (optimizers.SOAP{}).Validate(); err != nil {
		t.Errorf("the zero value is refused: %v", err)
	}
}
