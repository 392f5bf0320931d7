package layers_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/layers"
)

// array is a float64 array of reference.json.
type array struct {
	Dims   []int
	Values []float64
}

func (a array) tensor() *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(a.Values, a.Dims...)
}

// reference is one case of reference.json.
type reference struct {
	Kind, Mode            string
	Kernel, Groups, Heads int
	X, Context, Y         array
	Weights               map[string]array
}

// forward is the layer of a case.
func (c reference) forward(scope *model.Scope, in []*Node) *Node {
	scope = scope.At("layer")
	switch c.Kind {
	case "conv":
		padding := map[string]layers.Padding{"zeros": layers.ZeroPadding, "circular": layers.PeriodicPadding}[c.Mode]
		return layers.Conv(scope, in[0], c.Kernel, c.Y.Dims[len(c.Y.Dims)-1], padding)
	case "norm":
		if c.Groups == 0 {
			return layers.LayerNorm(scope, in[0])
		}
		return layers.GroupNorm(scope, in[0], c.Groups)
	}
	return layers.Attention(scope, in[0], in[len(in)-1], c.Heads, layers.FanIn(1))
}

func TestAgainstPyTorchAndNumPy(t *testing.T) {
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []reference }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for i, c := range file.Cases {
		t.Run(fmt.Sprintf("%d %s %v", i, c.Kind, c.X.Dims), func(t *testing.T) {
			store := model.NewStore()
			for name, w := range c.Weights {
				scope := store.RootScope().At("layer")
				parts := strings.Split(name, "/")
				for _, part := range parts[:len(parts)-1] {
					scope = scope.At("%s", part)
				}
				scope.VariableWithValue(parts[len(parts)-1], w.tensor())
			}
			in := []any{c.X.tensor()}
			if c.Context.Dims != nil {
				in = append(in, c.Context.tensor())
			}
			out := check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node { return []*Node{c.forward(scope, in)} }, in...)
			// Sums of up to 81 products of size 1 to 10, in other orders.
			if d := check.MaxDiff(t, out[0], c.Y.tensor()); !(d < 1e-12) {
				t.Errorf("differs by %v", d)
			}
			if n := store.NumVariables(); n != len(c.Weights) {
				t.Errorf("%d variables, want the %d of the reference", n, len(c.Weights))
			}
		})
	}
}

func TestPeriodicConvCommutesWithShifts(t *testing.T) {
	roll := func(x *Node) *Node { // by 2 along the first axis of space
		return Concatenate([]*Node{SliceAxis(x, 1, AxisRange(2)), SliceAxis(x, 1, AxisRange(0, 2))}, 1)
	}
	out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		conv := func(x *Node) *Node { return layers.Conv(scope.At("conv"), x, 5, 3, layers.PeriodicPadding) }
		return []*Node{roll(conv(in[0])), conv(roll(in[0]))}
	}, check.Random(1, 2, 6, 4, 2))
	if d := check.MaxDiff(t, out[0], out[1]); !(d < 1e-13) { // sums of 50 products of size 1, in other orders
		t.Errorf("differs by %v", d)
	}
}

func TestResize(t *testing.T) {
	for _, dims := range [][]int{{2, 6, 4}, {2, 4, 6, 4}, {1, 2, 4, 2, 8}} {
		out := check.Eval(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
			x := in[0]
			return []*Node{
				layers.DepthToSpace(layers.SpaceToDepth(x, 2), 2), layers.SpaceToDepth(x, 2), layers.SpaceToDepth(layers.Nearest(x, 2), 2),
				Concatenate(repeat(x, 1<<(len(dims)-2)), -1),
			}
		}, check.Random(1, dims...))
		if d := check.MaxDiff(t, out[0], check.Random(1, dims...)); d != 0 { // values are moved
			t.Errorf("%v: there and back differs by %v", dims, d)
		}
		if d := check.MaxDiff(t, out[2], out[3]); d != 0 {
			t.Errorf("%v: the points of a repeated point differ by %v", dims, d)
		}
		// The second point of the last axis of space is the second block of channels.
		x, y, c := check.Floats(check.Random(1, dims...)), check.Floats(out[1]), dims[len(dims)-1]
		if !reflect.DeepEqual(x[:2*c], y[:2*c]) {
			t.Errorf("%v: the first two points are %v, want %v", dims, y[:2*c], x[:2*c])
		}
	}
}

func repeat(x *Node, n int) []*Node {
	all := make([]*Node, n)
	for i := range all {
		all[i] = x
	}
	return all
}

func TestGradientsOfImageLayers(t *testing.T) {
	check.GradCheck(t, model.NewStore(), func(scope *model.Scope, in []*Node) *Node {
		x := layers.Conv(scope.At("conv"), in[0], 3, 4, layers.PeriodicPadding)
		x = layers.Modulate(layers.GroupNorm(scope.At("norm"), x, 2), in[1], in[1])
		x = layers.Dense(scope.At("down"), layers.SpaceToDepth(x, 2), 8)
		points := Reshape(x, 2, 4, 8)
		x = Add(x, Reshape(layers.Attention(scope.At("attention"), layers.LayerNorm(scope.At("layernorm"), points), in[2], 2, layers.FanIn(8)), 2, 2, 2, 8))
		return ReduceAllMean(Sin(layers.ConvFrom(scope.At("out"), layers.Nearest(x, 2), 3, 2, layers.ZeroPadding, layers.Normal(0.3))))
	}, check.Random(1, 2, 4, 4, 3), check.Random(2, 2, 4), check.Random(3, 2, 3, 5))
}

func TestImageLayersRefuse(t *testing.T) {
	x := check.Random(1, 2, 4, 6, 3)
	for want, layer := range map[string]func(scope *model.Scope, x *Node) *Node{
		"an odd kernel": func(s *model.Scope, x *Node) *Node { return layers.Conv(s, x, 2, 1, layers.ZeroPadding) },
		"kernel of 11, want at most 9": func(s *model.Scope, x *Node) *Node {
			return layers.Conv(s, x, 11, 1, layers.PeriodicPadding)
		},
		`Padding = "mirror", want zeros (empty) or periodic`: func(s *model.Scope, x *Node) *Node { return layers.Conv(s, x, 3, 1, "mirror") },
		"in 2 groups, want": func(s *model.Scope, x *Node) *Node { return layers.GroupNorm(s, x, 2) },
		"SpaceToDepth of (Float64)[2, 4, 6, 3] by 4, want": func(_ *model.Scope, x *Node) *Node { return layers.SpaceToDepth(x, 4) },
		"DepthToSpace of (Float64)[2, 4, 6, 3] by 2, want": func(_ *model.Scope, x *Node) *Node { return layers.DepthToSpace(x, 2) },
		"Nearest of (Float64)[2, 4, 6, 3] by 0, want":      func(_ *model.Scope, x *Node) *Node { return layers.Nearest(x, 0) },
		"Attention of (Float64)[2, 4, 6, 3]": func(s *model.Scope, x *Node) *Node {
			return layers.Attention(s, x, x, 1, layers.FanIn(1))
		},
	} {
		_, err := check.Run(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node { return []*Node{layer(scope, in[0])} }, x)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}
