package fieldfit_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/pinns/fieldfit"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// wave is the field sin(2x + y) with its derivatives, on a grid of its own.
type wave struct{ Grid int }

func (wave) Name() string { return "wave" }
func (wave) Version() int { return 1 }

func (w wave) Validate() error {
	if w.Grid < 1 {
		return errors.New("wave: Grid = 0, want at least 1")
	}
	return nil
}

func (w wave) Arrays() []datasets.Shape {
	axes := []string{"sample", "x", "y", "channel"}
	return []datasets.Shape{
		{Name: datasets.TrainInput, Axes: axes, Dims: []int{1, w.Grid, w.Grid + 1, 1}},
		{Name: datasets.TrainOutput, Axes: axes, Dims: []int{1, w.Grid, w.Grid + 1, 3}},
	}
}

func (w wave) Make(context.Context, func(done, total int)) (datasets.Set, error) {
	var set datasets.Set
	for _, s := range w.Arrays() {
		set.Arrays = append(set.Arrays, datasets.Array{Name: s.Name, Axes: s.Axes, Dims: s.Dims})
	}
	middle := func(i, n int) float64 { return -1 + (2*float64(i)+1)/float64(n) }
	for i := range w.Grid {
		for j := range w.Grid + 1 {
			sin, cos := math.Sincos(2*middle(i, w.Grid) + middle(j, w.Grid+1))
			set.Arrays[0].Values = append(set.Arrays[0].Values, sin)
			set.Arrays[1].Values = append(set.Arrays[1].Values, 2*cos, cos, -5*sin)
		}
	}
	return set, nil
}

// exact is sin(2x + y) + 0.5, by nodes alone.
type exact struct{}

func (exact) Validate() error { return nil }

func (exact) Forward(_ *model.Scope, in ...*Node) *Node {
	x := in[0]
	weights := ConstAs(x, [][]float64{{2}, {1}})
	return AddScalar(Sin(MatMul(x, weights)), 0.5)
}

// step is a step on rows.
func step(scope *model.Scope, rows ...*Node) *zoo.Step {
	g := rows[0].Graph()
	return zoo.NewStep(zoo.Step{Graph: g, Scope: scope, Rows: rows, Index: Const(g, int64(0))}, zoo.Draw{Seed: Const(g, uint64(1))})
}

// load is a task's rows.
func load(t *testing.T, task zoo.Task) []any {
	t.Helper()
	data, err := task.Data()
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := data.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []any
	for i, r := range rows {
		if !r.Shape().Equal(data.Rows[i]) {
			t.Errorf("rows %d are %s, described as %s", i, r.Shape(), data.Rows[i])
		}
		out = append(out, r)
	}
	return out
}

func TestFieldLossOfTheFieldItself(t *testing.T) {
	for given, want := range map[fieldfit.Given]float64{fieldfit.Values: 0.25, fieldfit.Gradients: 0, fieldfit.Laplacians: 0} {
		t.Run(string(given), func(t *testing.T) {
			task := fieldfit.Fit(exact{}, wave{6}, given)
			if err := task.Validate(); err != nil {
				t.Fatal(err)
			}
			out := check.Eval(t, model.NewStore(), func(scope *model.Scope, in []*Node) []*Node {
				terms := task.Loss(step(scope, in...))
				if len(terms) != 1 {
					t.Fatalf("%d terms, want one", len(terms))
				}
				return []*Node{MulScalar(terms[0].Mean(), terms[0].Weight)}
			}, load(t, task)...)
			if got := check.Floats(out[0])[0]; math.Abs(got-want) > 1e-14 { // round-off; the field is off by 0.5 alone
				t.Errorf("loss %v, want %v", got, want)
			}
		})
	}
}

// TestFieldLossOfZero: the loss of a network that is zero is the mean of the squares of what is given.
func TestFieldLossOfZero(t *testing.T) {
	zero := neuralfield.MLP{Widths: []int{1}, Weights: neuralfield.Glorot}
	set, err := wave{6}.Make(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var value, slope, laplacian float64
	for i, v := range set.Arrays[0].Values {
		d := set.Arrays[1].Values[3*i:]
		value, slope, laplacian = value+v*v/42, slope+(d[0]*d[0]+d[1]*d[1])/42, laplacian+d[2]*d[2]/42
	}
	for given, want := range map[fieldfit.Given]float64{fieldfit.Values: value, fieldfit.Gradients: slope, fieldfit.Laplacians: laplacian} {
		task := fieldfit.Fit(zero, wave{6}, given)
		store := model.NewStore()
		loss := func(scope *model.Scope, in []*Node) []*Node {
			terms := task.Loss(step(scope, in...))
			return []*Node{MulScalar(terms[0].Mean(), terms[0].Weight)}
		}
		check.Eval(t, store, loss, load(t, task)...)
		if err := store.GetVariable("/mlp/dense0/w").SetValue(tensors.FromFlatDataAndDimensions([]float64{0, 0}, 2, 1)); err != nil {
			t.Fatal(err)
		}
		got := check.Floats(check.Eval(t, store, loss, load(t, task)...)[0])[0]
		if math.Abs(got-want) > 1e-13 { // round-off of means of 42
			t.Errorf("%q: loss %v, want %v", given, got, want)
		}
	}
}

func TestPredictHasDerivatives(t *testing.T) {
	type hidden struct{ zoo.Model } // its jets are out of sight
	siren := neuralfield.SIREN{Widths: []int{8, 8, 2}, First: 3, Hidden: 2}
	points := check.Random(1, 5, 3)
	store := model.NewStore()
	out := check.Eval(t, store, func(scope *model.Scope, in []*Node) []*Node {
		return append(fieldfit.Field{Model: siren}.Predict(scope, in[0]), fieldfit.Field{Model: hidden{siren}}.Predict(scope, in[0])...)
	}, points)
	for i, want := range [][]int{{5, 2}, {5, 3, 2}, {5, 2}} {
		if got := out[i].Shape().Dimensions; !reflect.DeepEqual(got, want) {
			t.Errorf("result %d has the shape %v, want %v", i, got, want)
		}
		if d := check.MaxDiff(t, out[i], out[3+i]); !(d < 1e-12) { // round-off of second derivatives of order 10
			t.Errorf("result %d: jets and nested reverse mode differ by %v", i, d)
		}
	}
}

// fit trains a task shortly.
func fit(t *testing.T, task zoo.Task, f train.Fit) (*runs.Run, *runs.Trained) {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r, err := (&runs.Session{Backend: check.Backend(t), Store: s}).Open(task, f)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Train(t.Context(), func(runs.Progress) error { return nil }); err != nil {
		t.Fatal(err)
	}
	trained, err := r.Result()
	if err != nil {
		t.Fatal(err)
	}
	return r, trained
}

func TestFieldsAreFitted(t *testing.T) {
	siren := neuralfield.SIREN{Widths: []int{32, 32, 1}, First: 5, Hidden: 5}
	for _, given := range []fieldfit.Given{fieldfit.Values, fieldfit.Gradients, fieldfit.Laplacians} {
		t.Run(string(given), func(t *testing.T) {
			task := fieldfit.Fit(siren, wave{12}, given)
			r, trained := fit(t, task, train.Fit{Steps: 150, Rate: 2e-3})
			got, err := task.Evaluate(t.Context(), trained)
			if err != nil {
				t.Fatal(err)
			}
			part := map[fieldfit.Given]fieldfit.Part{fieldfit.Values: got.Value, fieldfit.Gradients: got.Gradient, fieldfit.Laplacians: got.Laplacian}[given]
			t.Logf("PSNR %.1f, %.1f, %.1f dB", got.Value.PSNR(), got.Gradient.PSNR(), got.Laplacian.PSNR())
			if p := part.PSNR(); !(p > 35) { // a smooth field and a network far larger than it; zero is at 9 dB
				t.Errorf("what was given is met with %v dB, want 35 or more", p)
			}
			if !reflect.DeepEqual(got.Gradient.Got.Dims, []int{1, 12, 13, 2}) {
				t.Errorf("the gradient has the shape %v", got.Gradient.Got.Dims)
			}
			valid := r.History().Valid[0]
			// Both are of the last state, one in float32.
			if last := valid[len(valid)-1]; math.Abs(last-got.Value.PSNR()) > 0.01 {
				t.Errorf("the last validation is %v dB, Evaluate says %v", last, got.Value.PSNR())
			}
		})
	}
}

// TestImagesAreFields: a recipe without derivatives and coordinates can be fitted by its values.
func TestImagesAreFields(t *testing.T) {
	task := fieldfit.Field{
		Model: neuralfield.MLP{Widths: []int{4, 1}}, Sample: 1,
		Recipe: datasets.Images{Kind: datasets.TextureImages, Side: 8, Train: 2, Test: 1},
	}
	if err := task.Validate(); err != nil {
		t.Fatal(err)
	}
	_, trained := fit(t, task, train.Fit{Steps: 2})
	got, err := task.Evaluate(t.Context(), trained)
	if err != nil {
		t.Fatal(err)
	}
	set, err := datasets.Load(t.Context(), task.Recipe)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Value.Want.Values, set.Train().Input.Sample(1)) || got.Gradient.Got.Values != nil {
		t.Errorf("the field is not the second image, or has a gradient %v", got.Gradient.Got.Dims)
	}
}

func TestPSNR(t *testing.T) {
	p := fieldfit.Part{Got: datasets.Array{Values: []float64{1, 1, 3}}, Want: datasets.Array{Values: []float64{0, 1, 4}}}
	if got, want := p.PSNR(), 10*math.Log10(16*3.0/2); math.Abs(got-want) > 1e-12 { // peak 4, mean square 2/3; round-off
		t.Errorf("PSNR %v, want %v", got, want)
	}
}

// TestArguments: those of a SIREN are as its initial values say.
func TestArguments(t *testing.T) {
	spread := func(v []float64) float64 {
		var sum float64
		for _, x := range v {
			sum += x * x / float64(len(v))
		}
		return math.Sqrt(sum)
	}
	widths := []int{64, 64, 64, 1}
	task := fieldfit.Fit(neuralfield.SIREN{Widths: widths, First: 30, Hidden: 30}, wave{16}, fieldfit.Values)
	_, trained := fit(t, task, train.Fit{Steps: 1, Rate: 1e-9})
	got, err := task.Arguments(t.Context(), trained)
	if err != nil {
		t.Fatal(err)
	}
	// Weights give the variance 1, offsets 30²/(3·64) = 4.7: a standard deviation of 2.4, known from 64 offsets to a tenth. The first
	// layer's are 30 (w·x + b), with variance 30² (1/12·2/3 + 1/6) = 15².
	for i, want := range []float64{15, 2.39, 2.39} {
		if s := spread(got[i]); len(got[i]) != 64*16*17 || math.Abs(s/want-1) > 0.2 {
			t.Errorf("layer %d: %d arguments with standard deviation %v, want %d with %v", i, len(got[i]), s, 64*16*17, want)
		}
	}
	_, err = fieldfit.Fit(exact{}, wave{4}, fieldfit.Values).Arguments(t.Context(), trained)
	if err == nil || !strings.Contains(err.Error(), "want a neuralfield.SIREN or a neuralfield.MLP") {
		t.Errorf("error %v for another model", err)
	}
}

func TestFieldErrors(t *testing.T) {
	siren := neuralfield.SIREN{Widths: []int{2, 1}, First: 1, Hidden: 1}
	images := datasets.Images{Kind: datasets.TextureImages, Train: 2, Test: 1}
	for want, f := range map[string]fieldfit.Field{
		"fieldfit: Field.Model is nil":                        {Recipe: images},
		"fieldfit: Field.Recipe is nil":                       {Model: siren},
		"Images.Train = 0":                                    {Model: siren, Recipe: datasets.Images{Kind: datasets.TextureImages, Test: 1}},
		"SIREN.Widths has 0":                                  {Model: neuralfield.SIREN{}, Recipe: images},
		`fieldfit: Field.Given = "curl", want empty`:          {Model: siren, Recipe: images, Given: "curl"},
		"fieldfit: Field.Sample = 2, want 0 to 1":             {Model: siren, Recipe: images, Sample: 2},
		"Field.Recipe = textures with Given = gradient, want": {Model: siren, Recipe: images, Given: fieldfit.Gradients},
		"fieldfit: Field.Recipe = reference-kovasznay, want":  {Model: siren, Recipe: datasets.Reference{Case: datasets.KovasznayFlow}},
	} {
		if err := f.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	points := fieldfit.Fit(siren, datasets.Burgers{Viscosity: 1, Grid: 8, Train: 1, Test: 1}, fieldfit.Values)
	if err := points.Validate(); err != nil {
		t.Errorf("a field on an interval is refused: %v", err)
	}
}

func TestTasksSurviveJSON(t *testing.T) {
	for _, task := range []zoo.Task{
		fieldfit.Fit(neuralfield.PositionalEncoding{
			Octaves: 2, Network: neuralfield.MLP{Widths: []int{2, 1}, Activation: layers.ReLU},
		}, datasets.Gabor{Grid: 32, Train: 1, Test: 1}, fieldfit.Laplacians),
		star(),
	} {
		text, err := kinds.Marshal(task)
		if err != nil {
			t.Fatal(err)
		}
		again, err := kinds.Decode(kinds.Name(task), text, known())
		if err != nil || !reflect.DeepEqual(again, any(task)) {
			t.Errorf("after JSON %+v, want %+v (%v)", again, task, err)
		}
	}
}
