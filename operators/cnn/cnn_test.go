package cnn_test

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
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/operators/cnn"
	"github.com/fieldbook-go/fieldbook/operators/fno"
	"github.com/fieldbook-go/fieldbook/zoo"
)

func forward(t *testing.T, m zoo.Model, store *model.Store, in *tensors.Tensor) (*tensors.Tensor, error) {
	t.Helper()
	out, err := check.Run(t, store, func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{m.Forward(scope, in...), m.Forward(scope, in...)}
	}, in)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

func TestIsAPeriodicConvolution(t *testing.T) {
	for _, dims := range [][]int{{2, 9, 3}, {2, 5, 6, 2}} {
		const out = 2
		m := cnn.Model{Width: 7, Depth: 1, Kernel: 3, Out: out, Activation: layers.ReLU}
		x := make([]float64, shapes.Make(dtypes.Float64, dims...).Size())
		for i := range x {
			x[i] = math.Sin(float64(3*i + 1))
		}
		store := model.NewStore()
		u, err := forward(t, m, store, tensors.FromFlatDataAndDimensions(x, dims...))
		if err != nil {
			t.Fatal(err)
		}
		w := check.Floats(store.GetVariable("/cnn/layer0/w").MustValue())
		b := check.Floats(store.GetVariable("/cnn/layer0/b").MustValue())
		grid, channels := dims[1:len(dims)-1], dims[len(dims)-1]
		if len(grid) == 1 {
			grid = append([]int{1}, grid...) // a plane of one row
		}
		rows, cols := grid[0], grid[1]
		kernelRows := 3
		if len(dims) == 3 {
			kernelRows = 1
		}
		for p, got := range check.Floats(u) {
			o, c, r, n := p%out, p/out%cols, p/out/cols%rows, p/out/cols/rows
			want := b[o]
			for kr := range kernelRows {
				for kc := range 3 {
					for ch := range channels {
						// The last axis is rolled last, so its kernel point is the slowest of the joined channels.
						joined := (kc*kernelRows+kr)*channels + ch
						rr, cc := (r+kr-kernelRows/2+rows)%rows, (c+kc-1+cols)%cols
						want += w[joined*out+o] * x[((n*rows+rr)*cols+cc)*channels+ch]
					}
				}
			}
			if math.Abs(got-want) > 1e-13 { // sums of at most 18 products of size 1
				t.Fatalf("%v: value %d is %v, want %v", dims, p, got, want)
			}
		}
	}
}

func TestDefaultHasTheParametersOfTheFourierOperator(t *testing.T) {
	count := func(m zoo.Model) float64 {
		store := model.NewStore()
		if _, err := forward(t, m, store, tensors.FromShape(shapes.Make(dtypes.Float64, 1, 128, 1))); err != nil {
			t.Fatal(err)
		}
		return float64(store.NumParameters())
	}
	own, other := count(cnn.Default()), count(fno.Model{Modes: []int{12}, Width: 32, Depth: 4, Out: 1})
	if math.Abs(own/other-1) > 0.02 { // one more channel changes it by 3 %
		t.Errorf("%v parameters against %v, want them matched within 2 %%", own, other)
	}
}

func TestBadInput(t *testing.T) {
	err := cnn.Model{Kernel: 4, Activation: "?"}.Validate()
	for _, want := range []string{"Model.Width = 0", "Model.Depth = 0", "Model.Out = 0", "Model.Kernel = 4, want an odd number", "Activation"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	_, err = forward(t, cnn.Default(), model.NewStore(), tensors.FromShape(shapes.Make(dtypes.Float64, 1, 4, 1)))
	if err == nil || !strings.Contains(err.Error(), "want at most 4 for a grid of 4") {
		t.Errorf("a kernel longer than the grid gives %v", err)
	}
}
