package fno_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/operators/fno"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// forward runs the model on the variables of store.
func forward(t *testing.T, m fno.Model, store *model.Store, in ...any) (*tensors.Tensor, error) {
	t.Helper()
	out, err := check.Run(t, store, func(scope *model.Scope, in []*Node) []*Node { return []*Node{m.Forward(scope, in...)} }, in...)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// field samples a function with frequencies up to 2 on a grid of points i/n.
func field(seed uint64, batch int, grid ...int) *tensors.Tensor {
	points := shapes.Make(dtypes.Float64, grid...).Size()
	v := make([]float64, batch*points)
	for b := range batch {
		rng := rand.New(rand.NewPCG(seed, uint64(b)))
		for range 4 {
			amplitude, angle := rng.NormFloat64(), 2*math.Pi*rng.Float64()
			k := make([]float64, len(grid))
			for i := range k {
				k[i] = float64(rng.IntN(5) - 2)
			}
			for j := range points {
				phase, rest := angle, j
				for i := len(grid) - 1; i >= 0; i-- {
					phase += 2 * math.Pi * k[i] * float64(rest%grid[i]) / float64(grid[i])
					rest /= grid[i]
				}
				v[b*points+j] += amplitude * math.Sin(phase)
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(v, append(append([]int{batch}, grid...), 1)...)
}

func maxDiff(t *testing.T, a, b []float64) float64 {
	t.Helper()
	if len(a) != len(b) || len(a) == 0 {
		t.Fatalf("lengths %d and %d, want equal and above 0", len(a), len(b))
	}
	worst := 0.0
	for i := range a {
		if d := math.Abs(a[i] - b[i]); !(d <= worst) {
			worst = d
		}
	}
	return worst
}

func TestEqualsPyTorch(t *testing.T) {
	type array struct {
		Dims   []int
		Values []float64
	}
	var golden struct {
		Sizes struct{ Width, Depth, Hidden, Out int }
		Cases []struct {
			Modes         []int
			Weights       map[string]array
			Input, Output array
		}
	}
	text, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) != 3 {
		t.Fatalf("%d cases, want 3", len(golden.Cases))
	}
	s := golden.Sizes
	for _, c := range golden.Cases {
		t.Run(fmt.Sprintf("%d-D", len(c.Modes)), func(t *testing.T) {
			m := fno.Model{Modes: c.Modes, Width: s.Width, Depth: s.Depth, Out: s.Out, Projection: s.Hidden}
			store := model.NewStore()
			for name, w := range c.Weights {
				if _, err := store.CreateVariable("/fno/"+name, tensors.FromFlatDataAndDimensions(w.Values, w.Dims...)); err != nil {
					t.Fatal(err)
				}
			}
			u, err := forward(t, m, store, tensors.FromFlatDataAndDimensions(c.Input.Values, c.Input.Dims...))
			if err != nil {
				t.Fatal(err)
			}
			if store.NumVariables() != len(c.Weights) {
				t.Errorf("the model has %d variables, PyTorch's %d", store.NumVariables(), len(c.Weights))
			}
			// Both in float64; values are up to 100, through sums of some hundred products.
			if d := maxDiff(t, check.Floats(u), c.Output.Values); !(d < 1e-11) {
				t.Errorf("differs from PyTorch by %v", d)
			}
		})
	}
}

func models() map[string]struct {
	model fno.Model
	grid  []int
} {
	type entry = struct {
		model fno.Model
		grid  []int
	}
	return map[string]entry{
		"1-D":            {fno.Model{Modes: []int{4}, Width: 5, Depth: 3, Out: 2}, []int{16}},
		"2-D":            {fno.Model{Modes: []int{3, 4}, Width: 4, Depth: 2, Out: 1}, []int{12, 9}},
		"3-D":            {fno.Model{Modes: []int{2, 2, 3}, Width: 3, Depth: 2, Out: 1}, []int{6, 5, 8}},
		"padded":         {fno.Model{Modes: []int{3, 4}, Width: 4, Depth: 2, Out: 1, Padding: []float64{0.2, 0}}, []int{11, 10}},
		"pointwise only": {fno.Model{Modes: []int{40}, Width: 5, Depth: 2, Out: 1, Branches: fno.PointwiseOnly}, []int{16}},
		"spectral only":  {fno.Model{Modes: []int{4}, Width: 5, Depth: 2, Out: 1, Branches: fno.SpectralOnly, Activation: layers.ReLU}, []int{16}},
	}
}

func TestShapesAndGradients(t *testing.T) {
	for name, c := range models() {
		t.Run(name, func(t *testing.T) {
			if err := c.model.Validate(); err != nil {
				t.Fatal(err)
			}
			for _, scale := range []int{1, 2} {
				grid := slices.Clone(c.grid)
				for i := range grid {
					grid[i] *= scale
				}
				store := model.NewStore()
				out, err := check.Run(t, store, func(scope *model.Scope, in []*Node) []*Node {
					u := c.model.Forward(scope, in[0])
					grads := scope.BuildTrainableVariablesGradientsGraph(ReduceAllSum(Square(u)))
					return append([]*Node{u}, grads...)
				}, field(1, 3, grid...))
				if err != nil {
					t.Fatal(err)
				}
				want := append(append([]int{3}, grid...), c.model.Out)
				if err := out[0].Shape().CheckDims(want...); err != nil {
					t.Error(err)
				}
				if len(out)-1 != store.NumVariables() {
					t.Errorf("%d gradients for %d variables", len(out)-1, store.NumVariables())
				}
				for i, x := range out {
					norm := 0.0
					for _, v := range check.Floats(x) {
						norm += v * v
					}
					if !(norm > 0) || math.IsInf(norm, 0) {
						t.Errorf("output or gradient %d has the square norm %v, want finite and above 0", i, norm)
					}
				}
			}
		})
	}
}

func TestForwardTwiceSharesWeights(t *testing.T) {
	m, store := fno.Model{Modes: []int{3}, Width: 4, Depth: 2, Out: 1}, model.NewStore()
	out, err := check.Run(t, store, func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{m.Forward(scope, in[0]), m.Forward(scope, in[0])}
	}, field(1, 2, 16))
	if err != nil {
		t.Fatal(err)
	}
	if d := maxDiff(t, check.Floats(out[0]), check.Floats(out[1])); d != 0 { // the same operations on the same weights
		t.Errorf("two calls differ by %v", d)
	}
	if n, want := store.NumVariables(), 2+2*3+4; n != want {
		t.Errorf("%d variables, want %d", n, want)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	for name, c := range models() {
		text, err := json.Marshal(c.model)
		if err != nil {
			t.Fatal(err)
		}
		var back fno.Model
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(back)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != string(again) || back.Branches != c.model.Branches || !slices.Equal(back.Padding, c.model.Padding) {
			t.Errorf("%s: %s comes back as %s", name, text, again)
		}
	}
}

// TestOneFunctionOnTwoGrids holds exactly for a model whose layers make no new frequencies: no activation between them,
// and a projection at each point.
func TestOneFunctionOnTwoGrids(t *testing.T) {
	for name, c := range map[string]struct {
		model        fno.Model
		coarse, fine []int
		by           int
	}{
		"1-D": {fno.Model{Modes: []int{3}, Width: 5, Depth: 1, Out: 1, Coordinates: fno.Omitted}, []int{16}, []int{48}, 3},
		"2-D": {fno.Model{Modes: []int{3, 3}, Width: 4, Depth: 1, Out: 1, Coordinates: fno.Omitted}, []int{8, 10}, []int{16, 20}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			store := model.NewStore()
			coarse, err := forward(t, c.model, store, field(9, 2, c.coarse...))
			if err != nil {
				t.Fatal(err)
			}
			fine, err := forward(t, c.model, store, field(9, 2, c.fine...))
			if err != nil {
				t.Fatal(err)
			}
			a, b := check.Floats(coarse), check.Floats(fine)
			points, finePoints := len(a)/2, len(b)/2
			for i := range a {
				j, rest, stride := 0, i%points, 1
				for axis := len(c.coarse) - 1; axis >= 0; axis-- {
					j += c.by * (rest % c.coarse[axis]) * stride
					rest, stride = rest/c.coarse[axis], stride*c.fine[axis]
				}
				// Values of size 1 through sums of some hundred products.
				if d := math.Abs(a[i] - b[i/points*finePoints+j]); !(d < 1e-13) {
					t.Fatalf("point %d differs by %v between the grids", i, d)
				}
			}
		})
	}
}

func TestCommutesWithTranslations(t *testing.T) {
	const n, by = 32, 5
	m := fno.Model{Modes: []int{6}, Width: 6, Depth: 3, Out: 1, Coordinates: fno.Omitted}
	values := check.Floats(field(4, 1, n))
	moved := append(slices.Clone(values[by:]), values[:by]...)
	for _, c := range []struct {
		coordinates fno.Coordinates
		commutes    bool
	}{{fno.Omitted, true}, {fno.Appended, false}} {
		m.Coordinates = c.coordinates
		store := model.NewStore()
		first, err := forward(t, m, store, tensors.FromFlatDataAndDimensions(values, 1, n, 1))
		if err != nil {
			t.Fatal(err)
		}
		second, err := forward(t, m, store, tensors.FromFlatDataAndDimensions(moved, 1, n, 1))
		if err != nil {
			t.Fatal(err)
		}
		u := check.Floats(first)
		d := maxDiff(t, append(slices.Clone(u[by:]), u[:by]...), check.Floats(second))
		// Round-off of three layers; with coordinates the answer moves by much more than that.
		if c.commutes != (d < 1e-13) {
			t.Errorf("coordinates %q: translated input and output differ by %v", c.coordinates, d)
		}
	}
}

func TestSeveralInputsAreJoined(t *testing.T) {
	m, store := fno.Default(), model.NewStore()
	m.Modes, m.Width = []int{3}, 4
	a, b := field(1, 2, 16), field(2, 2, 16)
	out, err := check.Run(t, store, func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{m.Forward(scope, in[0], in[1]), m.Forward(scope, Concatenate(in, -1))}
	}, a, b)
	if err != nil {
		t.Fatal(err)
	}
	if d := maxDiff(t, check.Floats(out[0]), check.Floats(out[1])); d != 0 { // the same operations on the same weights
		t.Errorf("joined by hand differs by %v", d)
	}
}

func TestBadInput(t *testing.T) {
	err := (fno.Model{}).Validate()
	for _, want := range []string{"Model.Modes = []", "Model.Width = 0", "Model.Depth = 0", "Model.Out = 0"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the zero value gives %v, want %q in it", err, want)
		}
	}
	bad := fno.Model{
		Modes: []int{0}, Width: 1, Depth: 1, Out: 1, Projection: -1, Padding: []float64{0.1, math.NaN()},
		Activation: "?", Coordinates: "?", Branches: "?",
	}
	for _, want := range []string{"Modes[0] = 0", "Projection = -1", "Padding = [0.1 NaN]", "Padding[1]", "Activation", "Coordinates", "Branches"} {
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	for _, c := range []struct {
		modes []int
		grid  []int
		want  string
	}{
		{[]int{70}, []int{64}, "operators/fno: Model.Modes[0] = 70, want at most 33 for a grid of 64"},
		{[]int{5, 2}, []int{8, 8}, "operators/fno: Model.Modes[0] = 5, want at most 4 for a grid of 8"},
		{[]int{2}, []int{8, 8}, "operators/fno: Model.Modes = [2], want one for each axis"},
	} {
		m := fno.Model{Modes: c.modes, Width: 2, Depth: 1, Out: 1}
		if _, err := forward(t, m, model.NewStore(), field(1, 1, c.grid...)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("modes %v on %v: error %v, want %q", c.modes, c.grid, err, c.want)
		}
	}
}

func BenchmarkForward(b *testing.B) {
	be := check.Backend(b)
	m := fno.Default()
	exec, err := model.NewExec(be, model.NewStore(), zoo.GraphFn("forward", func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{m.Forward(scope, in...)}
	}))
	if err != nil {
		b.Fatal(err)
	}
	x := tensors.FromShape(shapes.Make(dtypes.Float32, 20, 1024, 1))
	for b.Loop() {
		if _, err := exec.Exec(x); err != nil {
			b.Fatal(err)
		}
	}
}
