package neuralfield_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/autodiff/jet"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// network is what all networks of the package are.
type network interface {
	zoo.Model
	jet.Network
}

// networks are small ones of every kind.
func networks() map[string]network {
	all := map[string]network{
		"modified, tanh":       neuralfield.ModifiedMLP{Widths: []int{6, 6, 2}, Activation: layers.TanhUnit},
		"modified, factorised": neuralfield.ModifiedMLP{Widths: []int{6, 2}, Activation: layers.TanhUnit, Weights: neuralfield.Factorised},
		"siren":                neuralfield.SIREN{Widths: []int{6, 5, 2}, First: 3, Hidden: 2},
		"mlp, glorot":          neuralfield.MLP{Widths: []int{6, 5, 2}, Activation: layers.TanhUnit, Weights: neuralfield.Glorot},
		"mlp, factorised":      neuralfield.MLP{Widths: []int{6, 5, 2}, Activation: layers.TanhUnit, Weights: neuralfield.Factorised},
	}
	all["pirate"] = neuralfield.PirateNet{Width: 6, Blocks: 2, Out: 2, Scale: 1.5, Activation: layers.TanhUnit}
	all["pirate, factorised"] = neuralfield.PirateNet{Width: 4, Blocks: 1, Out: 2, Scale: 1, Activation: layers.SiLU, Weights: neuralfield.Factorised}
	for _, a := range []layers.Activation{layers.GELU, layers.GELUTanh, layers.ReLU, layers.SiLU, layers.Sine, layers.Linear} {
		all["mlp, "+string(a)] = neuralfield.MLP{Widths: []int{6, 5, 2}, Activation: a}
	}
	return all
}

// nodesOnly hides a network's jets.
type nodesOnly struct{ zoo.Model }

func TestNetworks(t *testing.T) {
	set := jet.Set{Variables: []string{"t", "x"}, Derivatives: []string{"t", "xx"}}
	for name, net := range networks() {
		t.Run(name, func(t *testing.T) {
			if err := net.Validate(); err != nil {
				t.Fatal(err)
			}
			out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
				a, b := jet.Of(net, scope, set, in[0]), jet.Of(nodesOnly{net}, scope, set, in[0])
				if _, ok := a.(jet.Jet); !ok {
					t.Errorf("the network's field is %T, want a jet", a)
				}
				return []*Node{a.Value(), b.Value(), a.D("t"), b.D("t"), a.D("xx"), b.D("xx")}
			}, check.Random(1, 4, 2))
			if want := []int{4, 2}; !reflect.DeepEqual(out[0].Shape().Dimensions, want) {
				t.Errorf("values %s, want %v", out[0].Shape(), want)
			}
			for i := 0; i < len(out); i += 2 {
				// Second derivatives of three layers, of order 1 to 100.
				if d := check.MaxDiff(t, out[i], out[i+1]); !(d < 1e-12) {
					t.Errorf("result %d: jets and nested reverse mode differ by %v", i/2, d)
				}
			}
			text, err := json.Marshal(net)
			if err != nil {
				t.Fatal(err)
			}
			again := reflect.New(reflect.TypeOf(net))
			if err := json.Unmarshal(text, again.Interface()); err != nil || !reflect.DeepEqual(again.Elem().Interface(), net) {
				t.Errorf("after JSON %+v, want %+v (%v)", again.Elem().Interface(), net, err)
			}
		})
	}
}

func TestActivationsAreThoseOfLayers(t *testing.T) {
	for _, a := range []layers.Activation{layers.GELU, layers.GELUTanh, layers.ReLU, layers.SiLU, layers.TanhUnit, layers.Sine, layers.Linear} {
		t.Run(string(a), func(t *testing.T) {
			net := neuralfield.MLP{Widths: []int{5, 1}, Activation: a}
			out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
				got := net.Forward(scope, in[0], in[1])
				s := scope.At("mlp")
				h := a.Apply(layers.Dense(s.At("dense0"), Concatenate(in, -1), 5))
				return []*Node{got, layers.Dense(s.At("dense1"), h, 1)}
			}, check.Random(1, 4, 1), check.Random(2, 4, 1))
			if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-15) { // the same few operations
				t.Errorf("differs by %v from dense layers on nodes", d)
			}
		})
	}
}

func TestModifiedMLP(t *testing.T) {
	net := neuralfield.ModifiedMLP{Widths: []int{5, 5, 1}, Activation: layers.TanhUnit}
	out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		got := net.Forward(scope, in[0])
		s := scope.At("modifiedmlp")
		layer := func(name string, x *Node) *Node { return Tanh(layers.Dense(s.At("%s", name), x, 5)) }
		u, v, h := layer("u", in[0]), layer("v", in[0]), in[0]
		for _, name := range []string{"dense0", "dense1"} {
			g := layer(name, h)
			h = Add(Mul(g, u), Mul(OneMinus(g), v))
		}
		return []*Node{got, layers.Dense(s.At("dense2"), h, 1)}
	}, check.Random(1, 4, 3))
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-15) { // the same operations in another order
		t.Errorf("differs by %v from the formula", d)
	}
}

// spread is the standard deviation about zero.
func spread(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x * x
	}
	return math.Sqrt(sum / float64(len(v)))
}

func TestSIRENStartsWithUnitArguments(t *testing.T) {
	const width, depth = 256, 5
	points := make([]float64, 500)
	for i := range points {
		points[i] = -1 + 2*float64(i)/499
	}
	widths := []int{width, width, width, width, width, 1}
	store, x := model.NewStore(), tensors.FromFlatDataAndDimensions(points, 500, 1)
	check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{neuralfield.SIREN{Widths: widths, First: 30, Hidden: 30}.Forward(scope, in[0])}
	}, x)
	out := check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
		var arguments []*Node
		x := in[0]
		for i := range depth {
			z := MulScalar(layers.Dense(scope.At("siren").At("dense%d", i), x, width), 30)
			if i > 0 {
				arguments = append(arguments, z)
			}
			x = Sin(z)
		}
		return arguments
	}, x)
	for i, z := range out {
		// The sines of the layer before have variance 1/2; with weights of variance 2/(ω² inputs) the arguments have variance 1, and
		// the offsets add ω²/(3 inputs) = 1.17 of it: 1.47 in all, to a tenth for 256 of each.
		if s := spread(check.Floats(z)); math.Abs(s-1.47) > 0.15 {
			t.Errorf("arguments of layer %d have standard deviation %v, want about 1.47", i+1, s)
		}
	}
}

func TestWeightsStartAsTold(t *testing.T) {
	const in, out = 200, 100
	for kind, want := range map[neuralfield.Weights]float64{
		neuralfield.FanIn:      1 / math.Sqrt(3*in),
		neuralfield.Glorot:     math.Sqrt(2.0 / (in + out)),
		neuralfield.Factorised: math.Sqrt(2.0/(in+out)) * math.Exp(0.01), // E e^{2·0.1 n} = e^{0.02}
	} {
		t.Run(string(kind), func(t *testing.T) {
			// The layer of the identity, less that of zero: the weights that it multiplies with.
			got := check.Eval(t, model.NewStore(), func(scope *model.Scope, x []*Node) []*Node {
				s := scope.At("layer")
				weights := jet.Sub(kind.Dense(s, jet.Lift(x[0]), out), kind.Dense(s, jet.Lift(ZerosLike(x[0])), out))
				return []*Node{weights.Value(), kind.Dense(s, jet.Lift(ZerosLike(x[0])), out).Value()}
			}, identity(in))
			// 20,000 draws have a standard deviation known to 0.5 %; the scales of 100 columns add 1 %.
			if s := spread(check.Floats(got[0])); math.Abs(s/want-1) > 0.03 {
				t.Errorf("standard deviation %v, want %v", s, want)
			}
			if b := spread(check.Floats(got[1])); (b == 0) != (kind != neuralfield.FanIn) {
				t.Errorf("offsets of size %v", b)
			}
		})
	}
}

func identity(n int) *tensors.Tensor {
	v := make([]float64, n*n)
	for i := range n {
		v[i*n+i] = 1
	}
	return tensors.FromFlatDataAndDimensions(v, n, n)
}

func TestPeriodic(t *testing.T) {
	const period, harmonics = 1.7, 3
	at := []float64{0.2, 0.3, -1, 0.9, 1.1, -0.4, 0.6, 0.5, 2}
	moved := append([]float64{}, at...)
	for i := 1; i < len(moved); i += 3 {
		moved[i] += 2 * period
	}
	out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		set := jet.Set{Variables: []string{"t", "x", "y"}, Derivatives: []string{"xx"}}
		a, b := neuralfield.Periodic(jet.Seed(set, in[0]), 1, period, harmonics), neuralfield.Periodic(jet.Seed(set, in[1]), 1, period, harmonics)
		return []*Node{a.Value(), a.D("xx"), b.Value(), b.D("xx")}
	}, tensors.FromFlatDataAndDimensions(at, 3, 3), tensors.FromFlatDataAndDimensions(moved, 3, 3))
	value, second := check.Floats(out[0]), check.Floats(out[1])
	for i := range 3 {
		row := func(v []float64) []float64 { return v[i*(3+2*harmonics) : (i+1)*(3+2*harmonics)] }
		want, want2 := []float64{at[3*i], at[3*i+2], 1}, []float64{0, 0, 0}
		for _, f := range []func(float64) float64{math.Cos, math.Sin} {
			for k := 1; k <= harmonics; k++ {
				w := 2 * math.Pi * float64(k) / period
				want, want2 = append(want, f(w*at[3*i+1])), append(want2, -w*w*f(w*at[3*i+1]))
			}
		}
		for c := range want {
			// ω² is about 120.
			if math.Abs(row(value)[c]-want[c]) > 1e-15 || math.Abs(row(second)[c]-want2[c]) > 1e-12 {
				t.Errorf("point %d, column %d: %v and %v, want %v and %v", i, c, row(value)[c], row(second)[c], want[c], want2[c])
			}
		}
	}
	// An argument of 50 carries round-off of 1e-14, times ω².
	if a, b := check.MaxDiff(t, out[0], out[2]), check.MaxDiff(t, out[1], out[3]); !(a < 1e-13 && b < 1e-11) {
		t.Errorf("two periods on, values differ by %v and second derivatives by %v", a, b)
	}
}

func TestValidate(t *testing.T) {
	small := neuralfield.MLP{Widths: []int{3, 1}}
	for want, m := range map[string]zoo.Model{
		"neuralfield: MLP.Widths has 0 entries":                 neuralfield.MLP{},
		"neuralfield: MLP.Widths[1] = 0":                        neuralfield.MLP{Widths: []int{3, 0}},
		"layers: Activation = \"ramp\"":                         neuralfield.MLP{Widths: []int{3, 1}, Activation: "ramp"},
		"neuralfield: Weights = \"heavy\"":                      neuralfield.MLP{Widths: []int{3, 1}, Weights: "heavy"},
		"neuralfield: ModifiedMLP.Widths has 1 entries":         neuralfield.ModifiedMLP{Widths: []int{1}},
		"neuralfield: ModifiedMLP.Widths[1] = 4, want 3":        neuralfield.ModifiedMLP{Widths: []int{3, 4, 1}},
		"neuralfield: SIREN.First = 0, want a positive number":  neuralfield.SIREN{Widths: []int{3, 1}, Hidden: 30},
		"neuralfield: SIREN.Hidden = -1":                        neuralfield.SIREN{Widths: []int{3, 1}, First: 30, Hidden: -1},
		"neuralfield: PirateNet.Width = 3, want an even number": neuralfield.PirateNet{Width: 3, Blocks: 1, Out: 1, Scale: 1},
		"neuralfield: PirateNet.Blocks = 0":                     neuralfield.PirateNet{Width: 4, Out: 1, Scale: 1},
		"neuralfield: PirateNet.Out = 0":                        neuralfield.PirateNet{Width: 4, Blocks: 1, Scale: 1},
		"neuralfield: PirateNet.Scale = NaN":                    neuralfield.PirateNet{Width: 4, Blocks: 1, Out: 1, Scale: math.NaN()},
		"neuralfield: FourierFeatures.Scales has 0 entries":     neuralfield.FourierFeatures{Count: 3, Network: small},
		"neuralfield: FourierFeatures.Scales[1] = 0, want":      neuralfield.FourierFeatures{Scales: []float64{1, 0}, Count: 3, Network: small},
		"neuralfield: FourierFeatures.Count = 0":                neuralfield.FourierFeatures{Scales: []float64{1}, Network: small},
		"neuralfield: FourierFeatures.Network is nil":           neuralfield.FourierFeatures{Scales: []float64{1}, Count: 3},
		"neuralfield: PositionalEncoding.Octaves = 31, want 1":  neuralfield.PositionalEncoding{Octaves: 31, Network: small},
		"neuralfield: PositionalEncoding.Network is nil":        neuralfield.PositionalEncoding{Octaves: 3},
		"neuralfield: MLP.Widths has 0 entries, want":           neuralfield.PositionalEncoding{Octaves: 3, Network: neuralfield.MLP{}},
	} {
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want one with %q", m, err, want)
		}
	}
}
