package deeponet_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/operators/deeponet"
)

func forward(t *testing.T, m deeponet.Model, store *model.Store, in *tensors.Tensor) (*tensors.Tensor, error) {
	t.Helper()
	out, err := check.Run(t, store, func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{Add(m.Forward(scope, in...), m.Forward(scope, in...))}
	}, in)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// field samples sin(2πx) cos(…) on a grid of n points an axis; what is between the sensors may be spoilt.
func field(n, axes, sensors int, spoilt float64) *tensors.Tensor {
	dims := []int{2}
	for range axes {
		dims = append(dims, n)
	}
	v := make([]float64, shapes.Make(dtypes.Float64, dims...).Size())
	for i := range v {
		rest, sensor, phase := i, true, 0.0
		for range axes {
			x := rest % n
			sensor = sensor && x%(n/sensors) == 0
			phase += float64(x) / float64(n)
			rest /= n
		}
		v[i] = math.Sin(2*math.Pi*phase + float64(rest))
		if !sensor {
			v[i] += spoilt
		}
	}
	return tensors.FromFlatDataAndDimensions(v, append(dims, 1)...)
}

func TestReadsSensorsAndAnswersAnywhere(t *testing.T) {
	for _, axes := range []int{1, 2} {
		m := deeponet.Model{Sensors: 4, Basis: 5, Branch: []int{6}, Trunk: []int{7}, Out: 2}
		store := model.NewStore()
		at := func(n int, spoilt float64) []float64 {
			u, err := forward(t, m, store, field(n, axes, m.Sensors, spoilt))
			if err != nil {
				t.Fatal(err)
			}
			return check.Floats(u)
		}
		coarse, fine, spoilt := at(8, 0), at(16, 0), at(16, 9)
		for i := range fine {
			if fine[i] != spoilt[i] {
				t.Fatalf("%d-D: the answer depends on what is between the sensors", axes)
			}
		}
		for i, v := range coarse {
			c, rest, j, stride := i%2, i/2, 0, 1
			for range axes {
				j += 2 * (rest % 8) * stride
				rest, stride = rest/8, 16*stride
			}
			j += rest * stride
			if d := math.Abs(v - fine[2*j+c]); d > 1e-13 { // the same sums of products of size 1, perhaps in another order
				t.Fatalf("%d-D: point %d differs by %v between two grids", axes, i, d)
			}
		}
		sensors := 4
		if axes == 2 {
			sensors = 16
		}
		want := (sensors*6 + 6 + 6*10 + 10) + (axes*7 + 7 + 7*5 + 5) + 2
		if n := store.NumParameters(); n != want {
			t.Errorf("%d-D: %d parameters, want %d: two calls share them", axes, n, want)
		}
	}
}

func TestBadInput(t *testing.T) {
	err := deeponet.Model{Branch: []int{0}, Trunk: []int{3, 0}, Activation: "?"}.Validate()
	for _, want := range []string{"Sensors = 0", "Basis = 0", "Out = 0", "Branch[0] = 0", "Trunk[1] = 0", "Activation"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	if err := deeponet.Default().Validate(); err != nil {
		t.Error(err)
	}
	_, err = forward(t, deeponet.Default(), model.NewStore(), tensors.FromShape(shapes.Make(dtypes.Float64, 1, 64, 1)))
	if err == nil || !strings.Contains(err.Error(), "Model.Sensors = 128, want a divisor of the grid's 64 points") {
		t.Errorf("a grid coarser than the sensors gives %v", err)
	}
}
