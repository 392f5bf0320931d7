package operators_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/operators"
	"github.com/fieldbook-go/fieldbook/operators/cnn"
	"github.com/fieldbook-go/fieldbook/operators/deeponet"
	"github.com/fieldbook-go/fieldbook/operators/fno"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// waves maps sin(2π(x+p)) to 3 + 0.01 sin(2π(x+p+shift)): a translation, far from zero mean and unit variance.
type waves struct {
	Grid, Train, Test int
	Frames            int // of output
}

func (waves) Name() string { return "waves" }
func (waves) Version() int { return 1 }

func (w waves) Validate() error {
	if w.Grid < 1 {
		return errors.New("waves: Grid = 0, want at least 1")
	}
	return nil
}

func (w waves) Arrays() []datasets.Shape {
	axes := []string{"sample", "x", "channel"}
	return []datasets.Shape{
		{Name: datasets.TrainInput, Axes: axes, Dims: []int{w.Train, w.Grid, 1}},
		{Name: datasets.TrainOutput, Axes: axes, Dims: []int{w.Train, w.Grid, w.Frames}},
		{Name: datasets.TestInput, Axes: axes, Dims: []int{w.Test, w.Grid, 1}},
		{Name: datasets.TestOutput, Axes: axes, Dims: []int{w.Test, w.Grid, w.Frames}},
	}
}

func (w waves) Make(context.Context, func(done, total int)) (datasets.Set, error) {
	var set datasets.Set
	for k, s := range w.Arrays() {
		a := datasets.Array{Name: s.Name, Axes: s.Axes, Dims: s.Dims, Values: make([]float64, s.Size())}
		output, channels := k%2 == 1, s.Dims[2]
		for i := range a.Values {
			sample, x, c := i/(w.Grid*channels), i/channels%w.Grid, i%channels
			phase := float64(sample)/float64(s.Dims[0]) + float64(x)/float64(w.Grid)
			a.Values[i] = math.Sin(2 * math.Pi * phase)
			if output {
				a.Values[i] = 3 + 0.01*math.Sin(2*math.Pi*(phase+0.2*float64(c+1)))
			}
		}
		set.Arrays = append(set.Arrays, a)
	}
	return set, nil
}

func TestLearnedOperatorsPredictInTheirOwnUnits(t *testing.T) {
	data := waves{Grid: 32, Train: 8, Test: 3, Frames: 1}
	for _, c := range []struct {
		name  string
		model zoo.Model
		blind bool // sees one point at a time
	}{
		{"fno", fno.Model{Modes: []int{2}, Width: 8, Depth: 2, Out: 1, Projection: 8}, false},
		{"fno without spectrum", fno.Model{Modes: []int{2}, Width: 8, Depth: 2, Out: 1, Projection: 8, Branches: fno.PointwiseOnly}, true},
		{"cnn", cnn.Model{Width: 8, Depth: 3, Kernel: 5, Out: 1}, false},
		{"deeponet", deeponet.Model{Sensors: 16, Basis: 8, Branch: []int{16}, Trunk: []int{16}, Out: 1}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			task := operators.Learn(c.model, data)
			if err := task.Validate(); err != nil {
				t.Fatal(err)
			}
			d, err := train.New(check.Backend(t), task, train.Fit{Steps: 40, Batch: 4, Rate: 1e-2}, train.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Run(t.Context(), func(train.Progress) error { return nil }); err != nil {
				t.Fatal(err)
			}
			h := d.History().Values[0]
			// The zero function in scaled units is off by 0.007/3; the start is of the same size, and must fall.
			first, last := h[0], h[len(h)-1]
			if !(first < 0.05) || !c.blind && !(last < 0.8*first) {
				t.Errorf("loss goes from %v to %v, want it to start below 0.05 and to fall by a fifth", first, last)
			}
			// A function of the value at a point cannot shift the phase by 0.4π: sin 0.4π of the wave remains.
			if floor := math.Sin(0.4*math.Pi) * 0.01 / math.Sqrt2 / 3; c.blind && !(last > 0.99*floor) {
				t.Errorf("loss %v without the spectrum, want no less than %v: one point cannot know the phase", last, floor)
			}
			checkPrediction(t, task, d.Result(), data)
		})
	}
}

// checkPrediction wants outputs near 3 on a grid twice as fine, and the scale of the data among the run's values.
func checkPrediction(t *testing.T, task operators.Pairs, result map[string]*tensors.Tensor, data waves) {
	t.Helper()
	store := model.NewStore()
	for path, value := range result {
		if _, err := store.RootScope().Store().CreateVariable(path, value); err != nil {
			t.Fatal(err)
		}
	}
	data.Grid *= 2
	set, err := datasets.Load(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	in := make([]float32, len(set.Test().Input.Values))
	for i, v := range set.Test().Input.Values {
		in[i] = float32(v)
	}
	out, err := check.Run(t, store, func(scope *model.Scope, in []*Node) []*Node { return task.Predict(scope, in...) },
		tensors.FromFlatDataAndDimensions(in, data.Test, data.Grid, 1))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range tensors.MustCopyFlatData[float32](out[0]) {
		if math.Abs(float64(v)-3) > 0.05 { // five amplitudes of the reference: the units are right
			t.Fatalf("value %d is %v, want it near 3", i, v)
		}
	}
	scale := tensors.MustCopyFlatData[float32](store.GetVariable("/scale/output").MustValue())
	for i, want := range []float64{3, 0.01 / math.Sqrt2} {
		if math.Abs(float64(scale[i])-want) > 1e-6*want+1e-7 { // float32 round-off
			t.Errorf("scale of the outputs %v, want mean 3 and deviation %v", scale, 0.01/math.Sqrt2)
		}
	}
}

func TestRelativeL2(t *testing.T) {
	u := [][][]float64{{{3}, {0}}, {{1}, {1}}}
	reference := [][][]float64{{{0}, {4}}, {{1}, {1}}}
	out, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{operators.RelativeL2(in[0], in[1])}
	}, u, reference)
	if err != nil {
		t.Fatal(err)
	}
	got := tensors.MustCopyFlatData[float64](out[0])
	if math.Abs(got[0]-1.25) > 1e-15 || got[1] != 0 { // one rounding of 5/4
		t.Errorf("relative errors %v, want 1.25 and 0", got)
	}
	if _, err := check.Run(t, model.NewStore(), func(_ *model.Scope, in []*Node) []*Node {
		return []*Node{operators.RelativeL2(in[0], SliceAxis(in[1], 1, AxisElem(0)))}
	}, u, reference); err == nil || !strings.Contains(err.Error(), "want equal shapes") {
		t.Errorf("unequal shapes give %v", err)
	}
}

// shift is a model without weights: the latest past frame times two.
type shift struct{}

func (shift) Validate() error { return nil }

func (shift) Forward(_ *model.Scope, in ...*Node) *Node {
	return MulScalar(SliceAxis(in[0], -1, AxisRange(-1)), 2)
}

func TestAutoregressive(t *testing.T) {
	a := operators.Autoregressive{Model: shift{}, Frames: 3}
	out, err := check.Run(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{a.Forward(scope, in[0])}
	}, [][][]float64{{{5, 1}, {7, 3}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{2, 4, 8, 6, 12, 24}
	for i, v := range tensors.MustCopyFlatData[float64](out[0]) {
		if v != want[i] {
			t.Errorf("frame value %d is %v, want %v", i, v, want[i])
		}
	}
	store := model.NewStore()
	net := operators.Autoregressive{Model: layers.MLP{Widths: []int{4, 1}}, Frames: 5}
	if _, err := check.Run(t, store, func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{net.Forward(scope, in[0])}
	}, [][][]float64{{{5, 1}, {7, 3}}}); err != nil {
		t.Fatal(err)
	}
	if n := store.NumParameters(); n != 2*4+4+4+1 {
		t.Errorf("%d parameters after five frames, want those of one network, %d", n, 2*4+4+4+1)
	}
}

func TestBadInput(t *testing.T) {
	data := waves{Grid: 8, Train: 2, Test: 1, Frames: 2}
	for _, c := range []struct {
		name string
		task operators.Pairs
		want string
	}{
		{"zero value", operators.Pairs{}, "Pairs.Model is nil"},
		{"no recipe", operators.Learn(shift{}, nil), "Pairs.Recipe is nil"},
		{"bad model", operators.Learn(fno.Model{}, data), "Model.Width = 0"},
		{"bad recipe", operators.Learn(shift{}, waves{}), "waves: Grid = 0"},
		{"roll-out in two units", operators.Learn(operators.Autoregressive{Model: shift{}, Frames: 2}, data), `want "shared"`},
		{"unknown scaling", operators.Pairs{Model: shift{}, Recipe: data, Scaling: "x"}, `Pairs.Scaling = "x"`},
		{"no frames", operators.Learn(operators.Autoregressive{Model: shift{}}, data), "Autoregressive.Frames = 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.task.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Validate gives %v, want %q", err, c.want)
			}
		})
	}
}

func TestSharedScalingIsOneForAllFrames(t *testing.T) {
	task := operators.Pairs{
		Model:  operators.Autoregressive{Model: shift{}, Frames: 2},
		Recipe: waves{Grid: 8, Train: 4, Test: 1, Frames: 2}, Scaling: operators.Shared,
	}
	if err := task.Validate(); err != nil {
		t.Fatal(err)
	}
	d, err := task.Data()
	if err != nil {
		t.Fatal(err)
	}
	rows, whole, err := d.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range rows {
		if !r.Shape().Equal(d.Rows[i]) {
			t.Errorf("row %d has shape %s, described as %s", i, r.Shape(), d.Rows[i])
		}
	}
	out := tensors.MustCopyFlatData[float64](whole[1])
	// The inputs are whole periods of a sine: mean 0, deviation 1/√2, to round-off.
	for i, want := range []float64{0, 0, 1 / math.Sqrt2, 1 / math.Sqrt2} {
		if math.Abs(out[i]-want) > 1e-14 {
			t.Errorf("scale of the outputs %v, want that of the inputs for both frames", out)
		}
	}
}
