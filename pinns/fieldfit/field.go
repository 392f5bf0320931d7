package fieldfit

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Given says what of a field is known.
type Given string

// The choices. The zero value is [Values].
const (
	Values     Given = ""          // mean |Φ - f|²
	Gradients  Given = "gradient"  // mean |∇Φ - ∇f|²: Φ is found up to a constant
	Laplacians Given = "laplacian" // mean (ΔΦ - Δf)²: Φ is found up to a harmonic function
)

// Field is the task of fitting a network Φ to one field f of a recipe, a training input, from what is given of it at the points of its grid.
//
// A recipe for gradients and Laplacians has them as its outputs, as [datasets.Gabor]: the gradient's components and then the Laplacian, as
// channels. Axes without coordinates in the recipe are cut into as many cells on [-1, 1], whose middles are the points.
//
// Validation is the peak signal-to-noise ratio of the values, as in [Part.PSNR].
//
// Source: Sitzmann et al. 2020, arXiv:2006.09661, section 4. bib: sitzmann2020siren
type Field struct {
	Model  zoo.Model
	Recipe datasets.Recipe
	Given  Given `json:",omitempty"`
	Sample int   `json:",omitempty"` // which training input
}

// Fit is the task of fitting a network to the first field of a recipe.
func Fit(model zoo.Model, recipe datasets.Recipe, given Given) Field {
	return Field{Model: model, Recipe: recipe, Given: given}
}

var (
	_ zoo.Task      = Field{}
	_ zoo.Validator = Field{}
	_ zoo.Predictor = Field{}
)

// Validate returns every problem of the model, the recipe and their use at once.
func (f Field) Validate() error {
	errs := []error{checkModel("Field", f.Model)}
	if f.Given != Values && f.Given != Gradients && f.Given != Laplacians {
		errs = append(errs, fmt.Errorf("fieldfit: Field.Given = %q, want empty for values, %q or %q", string(f.Given), Gradients, Laplacians))
	}
	if f.Recipe == nil {
		return errors.Join(append(errs, errors.New("fieldfit: Field.Recipe is nil, want a recipe of fields"))...)
	}
	if err := f.Recipe.Validate(); err != nil {
		return errors.Join(append(errs, err)...)
	}
	return errors.Join(append(errs, f.checkArrays())...)
}

// checkModel is the error of a task without a valid model.
func checkModel(task string, m zoo.Model) error {
	if m == nil {
		return fmt.Errorf("fieldfit: %s.Model is nil, want a network of coordinates", task)
	}
	return m.Validate()
}

// checkArrays is what is wrong with the arrays of a valid recipe.
func (f Field) checkArrays() error {
	field, derivatives := f.shapes()
	if len(field) < 3 {
		return fmt.Errorf("fieldfit: Field.Recipe = %s, want one with an array %s [sample, space…, channel]", f.Recipe.Name(), datasets.TrainInput)
	}
	if f.Sample < 0 || f.Sample >= field[0] {
		return fmt.Errorf("fieldfit: Field.Sample = %d, want 0 to %d, the training inputs of the recipe", f.Sample, field[0]-1)
	}
	if f.Given != Values && !derivatives {
		return fmt.Errorf("fieldfit: Field.Recipe = %s with Given = %s, want a recipe whose outputs are gradient and Laplacian, such as gabor",
			f.Recipe.Name(), f.Given)
	}
	return nil
}

// shapes are the dimensions of the training inputs, and whether the outputs are their derivatives.
func (f Field) shapes() (field []int, derivatives bool) {
	var output []int
	for _, a := range f.Recipe.Arrays() {
		switch a.Name {
		case datasets.TrainInput:
			field = a.Dims
		case datasets.TrainOutput:
			output = a.Dims
		}
	}
	last := len(field) - 1
	derivatives = len(field) >= 3 && len(output) == len(field) && slices.Equal(output[:last], field[:last]) &&
		field[last] == 1 && output[last] == last // the axes of space, and one
	return field, derivatives
}

// Data describes the points and what is given there as rows.
func (f Field) Data() (zoo.Data, error) {
	key, err := datasets.Key(f.Recipe)
	if err != nil {
		return zoo.Data{}, err
	}
	field, _ := f.shapes()
	last := len(field) - 1
	points, channels, d := 1, field[last], last-1
	for _, n := range field[1:last] {
		points *= n
	}
	rows := func(channels int) shapes.Shape { return shapes.Make(dtypes.Float64, points, channels) }
	given := map[Given]int{Values: channels, Gradients: d, Laplacians: 1}[f.Given]
	name := fmt.Sprintf("%s, field %d", key, f.Sample)
	return zoo.Data{
		Key: name + " " + string(f.Given), Rows: []shapes.Shape{rows(d), rows(given)},
		Load: func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
			t, err := f.load(ctx)
			return []*tensors.Tensor{tensor(t.points), tensor(t.given(f.Given))}, nil, err
		},
		Valid: &zoo.Data{
			Key: name, Rows: []shapes.Shape{rows(d), rows(channels)}, Whole: []shapes.Shape{shapes.Make(dtypes.Float64, 1)},
			Load: func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
				t, err := f.load(ctx)
				peak := []float64{peak(t.value.Values)}
				return []*tensors.Tensor{tensor(t.points), tensor(t.value)}, []*tensors.Tensor{tensors.FromFlatDataAndDimensions(peak, 1)}, err
			},
		},
	}, nil
}

// tensor is a view of an array's values.
func tensor(a datasets.Array) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(a.Values, a.Dims...)
}

// Loss is the mean of the squared errors of what is given.
func (f Field) Loss(s *zoo.Step) []zoo.Term {
	points, given := s.Rows[0], s.Rows[1]
	switch u := at(f.Model, s.Scope, points); f.Given {
	case Gradients: // the residual's mean is over the components too
		return []zoo.Term{{Name: "gradient", Residual: Sub(Squeeze(u.gradient, -1), given), Weight: float64(points.Shape().Dim(1))}}
	case Laplacians:
		return []zoo.Term{{Name: "Laplacian", Residual: Sub(u.laplacian, given), Weight: 1}}
	default:
		return []zoo.Term{{Name: "value", Residual: Sub(f.Model.Forward(s.Scope, points), given), Weight: 1}}
	}
}

// Valid is the peak signal-to-noise ratio of the values, in dB; where derivatives are given, after the mean is set right.
func (f Field) Valid(s *zoo.Step) []zoo.Metric {
	off := Sub(f.Model.Forward(s.Scope, s.Rows[0]), s.Rows[1])
	if f.Given != Values {
		off = Sub(off, ReduceAllMean(off))
	}
	ratio := Div(Square(s.Whole[0]), ReduceAllMean(Square(off)))
	return []zoo.Metric{{Name: "PSNR", Value: MulScalar(Log(Reshape(ratio)), 10/math.Ln10), Maximise: true}}
}

// Predict is the network's values with their derivatives.
//
// Shapes: in[0], the points, [n, d]; returns Φ [n, channel], ∇Φ [n, d, channel] and ΔΦ [n, channel].
func (f Field) Predict(scope *model.Scope, in ...*Node) []*Node {
	if len(in) != 1 {
		exceptions.Panicf("fieldfit: Field.Predict of %d arrays, want one, the points", len(in))
	}
	return at(f.Model, scope, in[0]).nodes()
}
