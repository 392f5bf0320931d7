package operators

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // the one dot import of the house style
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Learning is the task of a model that maps the input fields of a data set to its output fields.
//
// The loss is the mean relative L2 error of a batch. Validation is the same on the test pairs; it chooses nothing.
// Fields are scaled with the training set's mean and standard deviation by channel: without the scaling of the outputs
// the error is several times larger.
//
// Source: Li et al. 2021, arXiv:2010.08895, section 5. bib: li2021fno
type Learning struct {
	Model  zoo.Model
	Recipe datasets.Recipe
}

var (
	_ zoo.Task      = Learning{}
	_ zoo.Validator = Learning{}
	_ zoo.Predictor = Learning{}
)

// Learn makes the task of learning a recipe's pairs with a model.
func Learn(m zoo.Model, r datasets.Recipe) Learning { return Learning{m, r} }

// MarshalJSON writes model and recipe with their kinds, so that the task can be made again.
func (t Learning) MarshalJSON() ([]byte, error) {
	type part struct {
		Kind     string `json:"kind"`
		Settings any    `json:"settings"`
	}
	return json.Marshal(map[string]part{
		"model": {fmt.Sprintf("%T", t.Model), t.Model},
		"data":  {t.Recipe.Name(), t.Recipe},
	})
}

// Validate lists what is wrong with model and recipe.
func (t Learning) Validate() error {
	if t.Model == nil || t.Recipe == nil {
		return errors.New("operators: Learning.Model or Learning.Recipe is nil, want both")
	}
	if err := errors.Join(t.Model.Validate(), t.Recipe.Validate()); err != nil {
		return err
	}
	for _, name := range []string{datasets.TrainInput, datasets.TrainOutput, datasets.TestInput, datasets.TestOutput} {
		s, ok := t.shape(name)
		if !ok || len(s.Dims) < 3 {
			return fmt.Errorf("operators: recipe %s has no fields %s, want an array [sample, space…, channel] of that name", t.Recipe.Name(), name)
		}
	}
	return nil
}

func (t Learning) shape(name string) (datasets.Shape, bool) {
	all := t.Recipe.Arrays()
	i := slices.IndexFunc(all, func(s datasets.Shape) bool { return s.Name == name })
	if i < 0 {
		return datasets.Shape{}, false
	}
	return all[i], true
}

// Data describes the training and test pairs and the scales [2, channel] of input and output.
func (t Learning) Data() (zoo.Data, error) {
	key, err := datasets.Key(t.Recipe)
	if err != nil {
		return zoo.Data{}, err
	}
	shape := func(name string) shapes.Shape {
		s, _ := t.shape(name)
		return shapes.Make(dtypes.Float64, s.Dims...)
	}
	scale := func(of shapes.Shape) shapes.Shape { return shapes.Make(dtypes.Float64, 2, of.Dim(-1)) }
	input, output := shape(datasets.TrainInput), shape(datasets.TrainOutput)
	whole := []shapes.Shape{scale(input), scale(output)}
	return zoo.Data{
		Key: t.Recipe.Name() + "-" + key, Rows: []shapes.Shape{input, output}, Whole: whole,
		Load: func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) { return t.load(ctx, datasets.Set.Train) },
		Valid: &zoo.Data{
			Rows: []shapes.Shape{shape(datasets.TestInput), shape(datasets.TestOutput)}, Whole: whole,
			Load: func(ctx context.Context) (rows, whole []*tensors.Tensor, err error) { return t.load(ctx, datasets.Set.Test) },
		},
	}, nil
}

// load gives the pairs of a split, and the scales of the training set.
func (t Learning) load(ctx context.Context, split func(datasets.Set) datasets.Pairs) (rows, whole []*tensors.Tensor, err error) {
	set, err := datasets.Load(ctx, t.Recipe)
	if err != nil {
		return nil, nil, err
	}
	pairs := split(set)
	for _, a := range []datasets.Array{pairs.Input, pairs.Output} {
		rows = append(rows, tensors.FromFlatDataAndDimensions(a.Values, a.Dims...))
	}
	for _, a := range []datasets.Array{set.Train().Input, set.Train().Output} {
		whole = append(whole, channelScale(a))
	}
	return rows, whole, nil
}

// channelScale is the mean and the standard deviation of each channel, [2, channel].
func channelScale(a datasets.Array) *tensors.Tensor {
	channels := a.Dims[len(a.Dims)-1]
	mean, deviation := make([]float64, channels), make([]float64, channels)
	n := float64(len(a.Values) / channels)
	for i, v := range a.Values {
		mean[i%channels] += v / n
	}
	for i, v := range a.Values {
		deviation[i%channels] += (v - mean[i%channels]) * (v - mean[i%channels]) / n
	}
	for c, v := range deviation {
		deviation[c] = math.Sqrt(v)
		if deviation[c] == 0 { // a constant channel: leave its size alone
			deviation[c] = 1
		}
	}
	return tensors.FromFlatDataAndDimensions(append(mean, deviation...), 2, channels)
}

// Loss is the mean relative L2 error of the batch.
func (t Learning) Loss(s *zoo.Step) []zoo.Term {
	for i, v := range t.scales(s.Scope, s.Rows[0]) {
		v.SetNodeValue(s.Whole[i]) // kept with the parameters, so that a prediction needs no data
	}
	u := t.forward(s.Scope, s.Rows[0], s.Whole)
	return RelativeL2Loss(u, s.Rows[1])
}

// Valid is the mean relative L2 error of test pairs.
func (t Learning) Valid(s *zoo.Step) []zoo.Metric {
	u := t.forward(s.Scope, s.Rows[0], s.Whole)
	return []zoo.Metric{{Name: "relative L2", Value: ReduceAllMean(RelativeL2(u, s.Rows[1]))}}
}

// Predict is the output fields of input fields [sample, space…, channel], on any grid that the model allows.
func (t Learning) Predict(scope *model.Scope, in ...*Node) []*Node {
	g := in[0].Graph()
	var whole []*Node
	for _, v := range t.scales(scope, in[0]) {
		whole = append(whole, v.NodeValue(g))
	}
	return []*Node{t.forward(scope, in[0], whole)}
}

// scales are the variables that hold the scales of input and output.
func (t Learning) scales(scope *model.Scope, input *Node) []*model.Variable {
	out, _ := t.shape(datasets.TrainOutput)
	scope = scope.At("scale").WithInitializer(Zeros)
	variable := func(name string, channels int) *model.Variable {
		return scope.VariableWithShape(name, shapes.Make(input.DType(), 2, channels)).SetTrainable(false)
	}
	return []*model.Variable{
		variable("input", input.Shape().Dim(-1)),
		variable("output", out.Dims[len(out.Dims)-1]),
	}
}

// forward applies the model between scaling and its inverse.
func (t Learning) forward(scope *model.Scope, x *Node, whole []*Node) *Node {
	part := func(scale *Node, row, rank int) *Node {
		return ExpandLeftToRank(Reshape(Slice(scale, AxisElem(row)), scale.Shape().Dim(1)), rank)
	}
	x = Div(Sub(x, part(whole[0], 0, x.Rank())), part(whole[0], 1, x.Rank()))
	u := t.Model.Forward(scope, x)
	return Add(Mul(u, part(whole[1], 1, u.Rank())), part(whole[1], 0, u.Rank()))
}
