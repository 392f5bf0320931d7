package embedding_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/layers/embedding"
)

func TestSinusoidal(t *testing.T) {
	times := []float64{0, 1, 737.5}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{embedding.Sinusoidal(in[0], 8)}
	}, tensors.FromFlatDataAndDimensions(times, 3))
	got := check.Floats(out[0])
	for i, at := range times {
		for j, omega := range []float64{1, 0.1, 0.01, 0.001} { // 10000^(-j/4)
			// Arguments up to 737 carry round-off of 1e-13.
			if c, s := got[8*i+j], got[8*i+4+j]; math.Abs(c-math.Cos(at*omega)) > 1e-12 || math.Abs(s-math.Sin(at*omega)) > 1e-12 {
				t.Errorf("t = %v, frequency %v: (%v, %v), want (%v, %v)", at, omega, c, s, math.Cos(at*omega), math.Sin(at*omega))
			}
		}
	}
}

func TestFourier(t *testing.T) {
	// With std = 1/(2π) the angles at t = 1 are the quantiles 1/4 and 3/4 of the normal distribution.
	const quartile = 0.6744897501960817
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{embedding.Fourier(in[0], 4, 1/(2*math.Pi))}
	}, tensors.FromFlatDataAndDimensions([]float64{1, -0.3}, 2))
	got := check.Floats(out[0])
	for i, at := range []float64{1, -0.3} {
		want := []float64{math.Cos(quartile * at), math.Cos(quartile * at), -math.Sin(quartile * at), math.Sin(quartile * at)}
		for j, w := range want {
			if math.Abs(got[4*i+j]-w) > 1e-15 { // a handful of operations on numbers below 1
				t.Errorf("t = %v, channel %d: %v, want %v", at, j, got[4*i+j], w)
			}
		}
	}
}

func TestClass(t *testing.T) {
	store := model.NewStore()
	out := check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{embedding.Class(scope.At("class"), in[0], dtypes.Float64, 2, 3), embedding.Class(scope.At("class"), in[1], dtypes.Float64, 2, 3)}
	}, tensors.FromFlatDataAndDimensions([]float64{1, 2, 3, 0}, 4, 1), tensors.FromFlatDataAndDimensions([]int32{1, 2, 3, 0}, 4))
	w, got := check.Floats(store.GetVariable("/class/w").MustValue()), check.Floats(out[0])
	for i, class := range []int{1, 2, 3, 0} {
		for j := range 3 {
			want := 0.0
			if class <= 2 {
				want = w[3*class+j]
			}
			if got[3*i+j] != want {
				t.Errorf("class %d, channel %d: %v, want %v", class, j, got[3*i+j], want)
			}
		}
	}
	if d := check.MaxDiff(t, out[0], out[1]); d != 0 {
		t.Errorf("labels as integers differ by %v", d)
	}
}

// TestClassNotKnown compares classes that say whether they are known with the labels that they stand for.
func TestClassNotKnown(t *testing.T) {
	c := embedding.Conditioning{Width: 4, Time: embedding.NoTime, Condition: embedding.ClassCondition, Classes: 3}
	out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{c.Forward(scope, in[0], in[1]).Vector, c.Forward(scope, in[0], in[2]).Vector}
	}, check.Random(1, 4, 2), tensors.FromFlatDataAndDimensions([]float64{2, 1, 0, 0, 0, 1, 2, 0}, 4, 2), tensors.FromFlatDataAndDimensions([]int32{2, 3, 0, 3}, 4))
	if d := check.MaxDiff(t, out[0], out[1]); d != 0 {
		t.Errorf("classes with a number for known differ from labels by %v", d)
	}
}

func TestConditioningRefuses(t *testing.T) {
	for want, c := range map[string]embedding.Conditioning{
		"net: Model.Conditioning.Width = 3, want an even number":             {Width: 3, Scale: 1},
		"net: Model.Conditioning.Scale = 0, want a positive number":          {Width: 2},
		`net: Model.Conditioning.Time = "clock", want sinusoidal (empty)`:    {Width: 2, Scale: 1, Time: "clock"},
		`net: Model.Conditioning.Condition = "mood", want none (empty)`:      {Width: 2, Scale: 1, Condition: "mood"},
		"net: Model.Conditioning.Classes = 0, want at least 1":               {Width: 2, Scale: 1, Condition: embedding.ClassCondition},
		"net: Model.Conditioning.Width = 0, want an even number, at least 2": {Time: embedding.NoTime, Condition: embedding.VectorCondition},
	} {
		if err := c.Validate("net: Model"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q in it", c, err, want)
		}
	}
	x, times := check.Random(1, 3, 2), check.Random(2, 3)
	run := func(c embedding.Conditioning, want string, in ...any) {
		t.Helper()
		_, err := check.Run(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
			return []*Node{c.Forward(scope, in...).State}
		}, in...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	plain := embedding.DefaultConditioning()
	vector, tokens := plain, plain
	vector.Condition, tokens.Condition = embedding.VectorCondition, embedding.TokenCondition
	run(plain, "1 inputs, want 2: state, time", x)
	run(vector, "2 inputs, want 3: state, time, vector", x, times)
	run(plain, "time (Float64)[4], want a first axis of 3 as the state's", x, check.Random(2, 4))
	run(plain, "time (Float64)[3, 1, 1], want [batch] or [batch, k]", x, check.Random(2, 3, 1, 1))
	run(vector, "vector (Float64)[3], want [batch, channel]", x, times, times)
	run(tokens, "tokens (Float64)[3], want [batch, length, channel]", x, times, times)
}
