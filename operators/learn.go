package operators

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
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Pairs is the task of learning an operator from pairs of input and output functions.
//
// The model sees inputs, and gives outputs, in units of the training data: each channel less its mean, over its standard
// deviation, both over all training samples and points (one number a channel, so that they hold on every grid). The loss is the mean
// relative L2 error in the outputs' own units. Mean and deviation are variables of the run that are not trained, so that
// predictions need nothing but the run.
//
// Validation is over the recipe's test pairs: it shows the error while training. A fit that keeps the best state would choose by it.
//
// Source: Li et al. 2021, arXiv:2010.08895, section 5. bib: li2021fno
// Differs from the source: scaling by channel, not by point (which would tie the model to its grid).
type Pairs struct {
	Model   zoo.Model
	Recipe  datasets.Recipe
	Scaling Scaling `json:",omitempty"`
}

// Scaling says in which units the model works.
type Scaling string

// The choices. The zero value is [ByChannel].
const (
	ByChannel Scaling = ""       // each channel of inputs and of outputs by its own mean and deviation
	Shared    Scaling = "shared" // inputs and outputs alike, by mean and deviation of all input values: for roll-outs
)

// Learn is the task of learning a recipe's pairs with a model.
func Learn(model zoo.Model, recipe datasets.Recipe) Pairs { return Pairs{Model: model, Recipe: recipe} }

var (
	_ zoo.Task      = Pairs{}
	_ zoo.Validator = Pairs{}
	_ zoo.Predictor = Pairs{}
)

// Validate returns every problem of the model and the recipe at once.
func (p Pairs) Validate() error {
	var errs []error
	if p.Model == nil {
		errs = append(errs, errors.New("operators: Pairs.Model is nil, want a model"))
	} else {
		errs = append(errs, p.Model.Validate())
	}
	if p.Recipe == nil {
		errs = append(errs, errors.New("operators: Pairs.Recipe is nil, want a recipe of data"))
	} else {
		errs = append(errs, p.Recipe.Validate())
	}
	if p.Scaling != ByChannel && p.Scaling != Shared {
		errs = append(errs, fmt.Errorf("operators: Pairs.Scaling = %q, want empty or %q", string(p.Scaling), Shared))
	}
	if _, rolls := p.Model.(Autoregressive); rolls && p.Scaling != Shared {
		errs = append(errs, fmt.Errorf("operators: Pairs.Scaling = %q with an Autoregressive model, want %q: its outputs become inputs", string(p.Scaling), Shared))
	}
	return errors.Join(errs...)
}

// Data describes the training pairs as rows, the channels' means and deviations as whole arrays, and the test pairs.
func (p Pairs) Data() (zoo.Data, error) {
	key, err := datasets.Key(p.Recipe)
	if err != nil {
		return zoo.Data{}, err
	}
	train, err := p.rows(datasets.TrainInput, datasets.TrainOutput)
	if err != nil {
		return zoo.Data{}, err
	}
	test, err := p.rows(datasets.TestInput, datasets.TestOutput)
	if err != nil {
		return zoo.Data{}, err
	}
	scales := func(s shapes.Shape) shapes.Shape { return shapes.Make(dtypes.Float64, 2, s.Dim(-1)) }
	return zoo.Data{
		Key: key, Rows: train, Whole: []shapes.Shape{scales(train[0]), scales(train[1])},
		Load: func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
			set, err := datasets.Load(ctx, p.Recipe)
			if err != nil {
				return nil, nil, err
			}
			in, out := set.Train().Input, set.Train().Output
			return []*tensors.Tensor{tensor(in), tensor(out)}, p.scales(in, out), nil
		},
		Valid: &zoo.Data{Key: key, Rows: test, Load: func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) {
			set, err := datasets.Load(ctx, p.Recipe)
			if err != nil {
				return nil, nil, err
			}
			return []*tensors.Tensor{tensor(set.Test().Input), tensor(set.Test().Output)}, nil, nil
		}},
	}, nil
}

// rows are the shapes of two arrays of the recipe.
func (p Pairs) rows(names ...string) ([]shapes.Shape, error) {
	var rows []shapes.Shape
	for _, name := range names {
		for _, a := range p.Recipe.Arrays() {
			if a.Name == name {
				rows = append(rows, shapes.Make(dtypes.Float64, a.Dims...))
			}
		}
	}
	if len(rows) != len(names) {
		return nil, fmt.Errorf("operators: recipe %s lacks one of the arrays %v, want pairs", p.Recipe.Name(), names)
	}
	return rows, nil
}

// Loss is the mean relative L2 error.
func (p Pairs) Loss(s *zoo.Step) []zoo.Term {
	in, out := scaleVariable(s.Scope, s.Rows[0], "input"), scaleVariable(s.Scope, s.Rows[1], "output")
	in.SetNodeValue(s.Whole[0])
	out.SetNodeValue(s.Whole[1])
	return RelativeL2Loss(p.apply(s.Scope, s.Whole[0], s.Whole[1], s.Rows[0]), s.Rows[1])
}

// Valid is the mean relative L2 error of the validation rows.
func (p Pairs) Valid(s *zoo.Step) []zoo.Metric {
	u := p.Predict(s.Scope, s.Rows[0])[0]
	return []zoo.Metric{{Name: "test relative L2", Value: ReduceAllMean(RelativeL2(u, s.Rows[1]))}}
}

// Predict maps input functions, on any grid that the model takes, to output functions in their own units.
//
// Shapes: in[0] [batch, space…, channel]; returns one node [batch, space…, channel].
func (p Pairs) Predict(scope *model.Scope, in ...*Node) []*Node {
	if len(in) != 1 {
		exceptions.Panicf("operators: Pairs.Predict of %d arrays, want one input function", len(in))
	}
	g := in[0].Graph()
	input := scaleVariable(scope, in[0], "input").NodeValue(g)
	output := scope.At("scale").GetVariable("output")
	if output == nil {
		exceptions.Panicf("operators: Pairs.Predict without the scale of the outputs, want a trained run")
	}
	return []*Node{p.apply(scope, input, output.NodeValue(g), in[0])}
}

// apply is the model between the scalings.
func (p Pairs) apply(scope *model.Scope, input, output, a *Node) *Node {
	mean, deviation := scaleOf(input, a.Rank())
	u := p.Model.Forward(scope, Div(Sub(a, mean), deviation))
	mean, deviation = scaleOf(output, u.Rank())
	return Add(Mul(u, deviation), mean)
}

// scaleOf splits a scale [2, channel] into mean and standard deviation, along the last of rank axes.
func scaleOf(scale *Node, rank int) (mean, deviation *Node) {
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = 1
	}
	dims[rank-1] = scale.Shape().Dim(1)
	return Reshape(Slice(scale, AxisElem(0)), dims...), Reshape(Slice(scale, AxisElem(1)), dims...)
}

// scaleVariable is the mean and standard deviation of the channels of x, [2, channel]; it is not trained.
func scaleVariable(scope *model.Scope, x *Node, name string) *model.Variable {
	scope = scope.At("scale")
	layers.Weight(scope, x.Graph(), name, shapes.Make(x.DType(), 2, x.Shape().Dim(-1)), layers.Constant(1))
	v := scope.GetVariable(name)
	v.Trainable = false
	return v
}

// tensor is a view of an array's values.
func tensor(a datasets.Array) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(a.Values, a.Dims...)
}

// scales are those of inputs and outputs, [2, channel] each.
func (p Pairs) scales(in, out datasets.Array) []*tensors.Tensor {
	channels := func(a datasets.Array) int { return a.Dims[len(a.Dims)-1] }
	if p.Scaling == ByChannel {
		return []*tensors.Tensor{scaleTensor(meanAndDeviation(in.Values, channels(in))), scaleTensor(meanAndDeviation(out.Values, channels(out)))}
	}
	mean, deviation := meanAndDeviation(in.Values, 1)
	repeat := func(n int) *tensors.Tensor { return scaleTensor(slices.Repeat(mean, n), slices.Repeat(deviation, n)) }
	return []*tensors.Tensor{repeat(channels(in)), repeat(channels(out))}
}

func scaleTensor(mean, deviation []float64) *tensors.Tensor {
	return tensors.FromFlatDataAndDimensions(slices.Concat(mean, deviation), 2, len(mean))
}

// meanAndDeviation are those of each channel, the fastest axis of values. A channel that does not vary has the deviation 1.
func meanAndDeviation(values []float64, channels int) (mean, deviation []float64) {
	n := float64(len(values) / channels)
	mean, deviation = make([]float64, channels), make([]float64, channels)
	for i, v := range values {
		mean[i%channels] += v / n
	}
	for i, v := range values {
		d := v - mean[i%channels]
		deviation[i%channels] += d * d / n
	}
	for c, variance := range deviation {
		deviation[c] = math.Sqrt(variance)
		if !(deviation[c] > 1e-12*math.Abs(mean[c])) { // float64 round-off of a constant
			deviation[c] = 1
		}
	}
	return mean, deviation
}
