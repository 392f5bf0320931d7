package layers_test

import (
	"math"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/layers"
)

func TestWeightsArePureFunctionsOfSeedAndPath(t *testing.T) {
	shape := shapes.Make(dtypes.Float32, 3, 5)
	draw := func(seed uint64, names ...string) map[string][]float32 {
		store := model.NewStore()
		store.RootScope().SetParam(layers.SeedParam, seed)
		check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
			sum := in[0]
			for _, n := range names {
				sum = Add(sum, layers.Weight(scope.At("layer"), in[0].Graph(), n, shape, layers.Normal(1)))
			}
			return []*Node{sum}
		}, make2(3, 5))
		values := map[string][]float32{}
		for v := range store.IterVariables() {
			values[v.Name()] = tensors.MustCopyFlatData[float32](v.MustValue())
		}
		return values
	}
	ab, ba, other := draw(7, "a", "b"), draw(7, "b", "a"), draw(8, "a", "b")
	for _, n := range []string{"a", "b"} {
		if !equal(ab[n], ba[n]) {
			t.Errorf("%s depends on the order of creation", n)
		}
		if equal(ab[n], other[n]) {
			t.Errorf("%s does not depend on the seed", n)
		}
	}
	if equal(ab["a"], ab["b"]) {
		t.Error("two paths have the same values")
	}
}

func make2(rows, cols int) [][]float32 {
	m := make([][]float32, rows)
	for i := range m {
		m[i] = make([]float32, cols)
	}
	return m
}

func equal(a, b []float32) bool {
	if len(a) != len(b) || len(a) == 0 {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestInitializersHaveTheirMoments(t *testing.T) {
	const n = 40000
	for _, c := range []struct {
		name      string
		init      layers.Initializer
		mean, std float64
	}{
		{"uniform", layers.Uniform(0, 2), 1, 2 / math.Sqrt(12)},
		{"fan in", layers.FanIn(16), 0, 0.25 / math.Sqrt(3)},
		{"glorot", layers.Glorot(2, 4), 0, 1 / math.Sqrt(3)},
		{"normal", layers.Normal(3), 0, 3},
		{"constant", layers.Constant(1.5), 1.5, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := check.Floats(check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
				return []*Node{Add(in[0], layers.Weight(scope, in[0].Graph(), "w", in[0].Shape(), c.init))}
			}, make([]float64, n))[0])
			var mean, square float64
			for _, x := range v {
				mean += x / n
			}
			for _, x := range v {
				square += (x - mean) * (x - mean) / n
			}
			// Five standard errors of the mean; that of the standard deviation is no larger.
			if tol := 5*c.std/math.Sqrt(n) + 1e-12; math.Abs(mean-c.mean) > tol || math.Abs(math.Sqrt(square)-c.std) > tol {
				t.Errorf("mean %v and standard deviation %v, want %v and %v within %v", mean, math.Sqrt(square), c.mean, c.std, tol)
			}
		})
	}
}

func TestActivations(t *testing.T) {
	xs := []float64{-3, -1, -0.1, 0.2, 1, 4}
	gelu := func(x float64) float64 { return x / 2 * math.Erfc(-x/math.Sqrt2) }
	for _, c := range []struct {
		a    layers.Activation
		want func(float64) float64
		tol  float64 // absolute
	}{
		{layers.GELU, gelu, 1e-15 * 40},
		{layers.GELUTanh, gelu, 5e-4}, // the approximation's own error
		{layers.ReLU, func(x float64) float64 { return max(x, 0) }, 0},
		{layers.SiLU, func(x float64) float64 { return x / (1 + math.Exp(-x)) }, 1e-14},
		{layers.TanhUnit, math.Tanh, 1e-14},
		{layers.Sine, math.Sin, 1e-14},
		{layers.Linear, func(x float64) float64 { return x }, 0},
	} {
		t.Run("activation "+string(c.a), func(t *testing.T) {
			if err := c.a.Validate(); err != nil {
				t.Fatal(err)
			}
			got := check.Floats(check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
				return []*Node{c.a.Apply(in[0])}
			}, xs)[0])
			for i, x := range xs {
				if math.Abs(got[i]-c.want(x)) > c.tol { // tolerances: round-off of a few operations where not said otherwise
					t.Errorf("at %v: %v, want %v within %v", x, got[i], c.want(x), c.tol)
				}
			}
		})
	}
	if layers.Activation("softmax").Validate() == nil {
		t.Error("an unknown activation is accepted")
	}
}

func TestDenseAndPointwiseAreOneMap(t *testing.T) {
	store := model.NewStore()
	x := check.Random(3, 4, 6, 5) // batch, points, channels
	out := check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
		last := layers.Dense(scope.At("map"), in[0], 7)
		major := layers.Pointwise(scope.At("map"), TransposeAllAxes(in[0], 2, 0, 1), 7)
		return []*Node{last, TransposeAllAxes(major, 1, 2, 0)}
	}, x)
	if store.NumVariables() != 2 {
		t.Errorf("%d variables, want w and b alone", store.NumVariables())
	}
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-14) { // sums of five products of size 1
		t.Errorf("differ by %v", d)
	}
}

func TestMLP(t *testing.T) {
	m := layers.MLP{Widths: []int{8, 3}, Activation: layers.TanhUnit}
	if err := m.Validate(); err != nil {
		t.Fatal(err)
	}
	store := model.NewStore()
	out := check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{m.Forward(scope, in[0], in[1]), m.Forward(scope, Concatenate(in, -1))}
	}, check.Random(1, 5, 2), check.Random(2, 5, 1))
	if err := out[0].Shape().CheckDims(5, 3); err != nil {
		t.Error(err)
	}
	if d := check.MaxDiff(t, out[0], out[1]); d != 0 { // the same operations on the same weights
		t.Errorf("two calls differ by %v", d)
	}
	if n := store.NumParameters(); n != 3*8+8+8*3+3 {
		t.Errorf("%d parameters, want %d", n, 3*8+8+8*3+3)
	}
	if err := (layers.MLP{Widths: []int{0}, Activation: "?"}).Validate(); err == nil {
		t.Error("a width of 0 and an unknown activation are accepted")
	}
}
