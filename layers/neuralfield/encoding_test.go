package neuralfield_test

import (
	"math"
	"reflect"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
)

// encoded are small networks behind encodings.
func encoded() map[string]neuralfield.Network {
	inner := neuralfield.MLP{Widths: []int{6, 2}, Activation: layers.TanhUnit}
	return map[string]neuralfield.Network{
		"fourier features":    neuralfield.FourierFeatures{Scales: []float64{0.5, 1}, Count: 3, Network: inner},
		"positional encoding": neuralfield.PositionalEncoding{Octaves: 2, Network: inner},
		"both":                neuralfield.PositionalEncoding{Octaves: 1, Network: neuralfield.FourierFeatures{Scales: []float64{0.1}, Count: 2, Network: inner}},
	}
}

func TestEncodings(t *testing.T) {
	set := jet.Set{Variables: []string{"t", "x"}, Derivatives: []string{"t", "xx"}}
	known := []any{neuralfield.MLP{}, neuralfield.FourierFeatures{}, neuralfield.PositionalEncoding{}}
	for name, net := range encoded() {
		t.Run(name, func(t *testing.T) {
			if err := net.Validate(); err != nil {
				t.Fatal(err)
			}
			out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
				a, b := jet.Of(net, scope, set, in[0]), jet.Of(nodesOnly{net}, scope, set, in[0])
				return []*Node{a.Value(), b.Value(), a.D("t"), b.D("t"), a.D("xx"), b.D("xx")}
			}, check.Random(1, 4, 2))
			for i := 0; i < len(out); i += 2 {
				// Second derivatives of frequencies up to 2π, of order 1 to 1000.
				if d := check.MaxDiff(t, out[i], out[i+1]); !(d < 1e-11) {
					t.Errorf("result %d: jets and nested reverse mode differ by %v", i/2, d)
				}
			}
			text, err := kinds.Marshal(net)
			if err != nil {
				t.Fatal(err)
			}
			if again, err := kinds.Decode(kinds.Name(net), text, known); err != nil || !reflect.DeepEqual(again, any(net)) {
				t.Errorf("after JSON %+v, want %+v (%v)", again, net, err)
			}
		})
	}
}

// TestFrequenciesAreDrawnAndKept: normal, of the scales told, not trained, others for another seed.
func TestFrequenciesAreDrawnAndKept(t *testing.T) {
	const count = 4000
	identity := neuralfield.MLP{Widths: []int{1}, Activation: layers.Linear}
	draw := func(net neuralfield.Network, seed uint64, path string) []float64 {
		store := model.NewStore()
		store.RootScope().SetParam(layers.SeedParam, seed)
		check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
			return []*Node{net.Forward(scope, in[0]), net.Forward(scope, in[0])}
		}, check.Random(1, 2, 1))
		v := store.GetVariable(path)
		if v == nil || v.Trainable {
			t.Fatalf("variable %s: %v, want one that is not trained", path, v)
		}
		for _, other := range check.Trainable(store) {
			if other.Path() == v.Path() {
				t.Errorf("%s is among the trainable ones", path)
			}
		}
		return check.Floats(v.MustValue())
	}
	features := neuralfield.FourierFeatures{Scales: []float64{0.5, 10}, Count: count, Network: identity}
	got := draw(features, 3, "/fourierfeatures/frequencies")
	for i, want := range features.Scales {
		// 4000 draws know their standard deviation to 1.1 %: four of these.
		if s := spread(got[i*count : (i+1)*count]); math.Abs(s/want-1) > 0.045 {
			t.Errorf("frequencies of scale %v have the standard deviation %v", want, s)
		}
	}
	if same := draw(features, 3, "/fourierfeatures/frequencies"); !reflect.DeepEqual(got, same) {
		t.Error("the same seed gives other frequencies")
	}
	if other := draw(features, 4, "/fourierfeatures/frequencies"); reflect.DeepEqual(got, other) {
		t.Error("another seed gives the same frequencies")
	}
	pirate := neuralfield.PirateNet{Width: 800, Blocks: 1, Out: 1, Scale: 2, Activation: layers.Linear}
	if s := spread(draw(pirate, 3, "/piratenet/frequencies")) * 2 * math.Pi; math.Abs(s/2-1) > 0.14 { // 400 draws: four times 3.5 %
		t.Errorf("PirateNet's frequencies have the standard deviation %v radians, want 2", s)
	}
}

func TestPositionalEncoding(t *testing.T) {
	net := neuralfield.PositionalEncoding{Octaves: 3, Network: neuralfield.MLP{Widths: []int{1}}}
	at := []float64{0.3, -0.7, 1, 0.25}
	var features []float64
	for p := 0; p < len(at); p += 2 {
		features = append(features, at[p:p+2]...)
		for _, f := range []func(float64) float64{math.Sin, math.Cos} {
			for _, x := range at[p : p+2] {
				for _, w := range []float64{1, 2, 4} {
					features = append(features, f(w*math.Pi*x))
				}
			}
		}
	}
	out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		got := net.Forward(scope, in[0])
		return []*Node{got, layers.Dense(scope.At("positionalencoding").At("mlp").At("dense0"), in[1], 1)}
	}, tensors.FromFlatDataAndDimensions(at, 2, 2), tensors.FromFlatDataAndDimensions(features, 2, 14))
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-14) { // sums of 14 products of order 1
		t.Errorf("differs by %v from sines and cosines of Go", d)
	}
}

// TestPirateNet: at α = 0 the blocks are identities, and with other α the network is the formula.
func TestPirateNet(t *testing.T) {
	net := neuralfield.PirateNet{Width: 6, Blocks: 2, Out: 1, Scale: 1, Activation: layers.TanhUnit}
	formula := func(scope *model.Scope, x *Node) (linear, full *Node) {
		s := scope.At("piratenet")
		angle := MulScalar(MatMul(x, s.GetVariable("frequencies").NodeValue(x.Graph())), 2*math.Pi)
		features := Concatenate([]*Node{Cos(angle), Sin(angle)}, -1)
		layer := func(s *model.Scope, name string, x *Node) *Node { return Tanh(layers.Dense(s.At("%s", name), x, 6)) }
		u, v, h := layer(s, "u", features), layer(s, "v", features), features
		for l := range net.Blocks {
			block := s.At("block%d", l)
			f := layer(block, "dense0", h)
			g := layer(block, "dense1", Add(Mul(f, u), Mul(OneMinus(f), v)))
			last := layer(block, "dense2", Add(Mul(g, u), Mul(OneMinus(g), v)))
			a := Reshape(block.GetVariable("alpha").NodeValue(x.Graph()), 1, 1)
			h = Add(Mul(a, last), Mul(OneMinus(a), h))
		}
		return layers.Dense(s.At("out"), features, 1), layers.Dense(s.At("out"), h, 1)
	}
	store, x := model.NewStore(), check.Random(1, 5, 3)
	run := func() []*tensors.Tensor {
		return check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
			got := net.Forward(scope, in[0])
			linear, full := formula(scope, in[0])
			return []*Node{got, linear, full}
		}, x)
	}
	out := run()
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-15) { // round-off of a sum of six, which the compiler may order
		t.Errorf("at α = 0 the network differs by %v from a linear map of its features", d)
	}
	for block, a := range map[string]float64{"block0": 0.3, "block1": -0.8} {
		if err := store.GetVariable("/piratenet/" + block + "/alpha").SetValue(tensors.FromValue([]float64{a})); err != nil {
			t.Fatal(err)
		}
	}
	out = run()
	if d := check.MaxDiff(t, out[0], out[2]); !(d < 1e-14) { // the same operations in another order
		t.Errorf("differs by %v from the formula", d)
	}
	if d := check.MaxDiff(t, out[0], out[1]); d < 1e-3 {
		t.Errorf("with other α the network differs by only %v from a linear map", d)
	}
}
