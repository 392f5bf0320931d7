package runs

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// predictRows is how many samples are evaluated in a call: it bounds the memory.
const predictRows = 100

// Predict applies a trained task to arrays that share their first axis, and returns one array for each output. The
// compiled program is kept: a second call with the same shapes costs the computation alone.
//
// Errors: a task that is no zoo.Predictor; arrays of unequal lengths; what the task's graph function finds wrong.
func (t *Trained) Predict(ctx context.Context, task zoo.Task, in ...datasets.Array) ([]datasets.Array, error) {
	p, ok := task.(zoo.Predictor)
	if !ok {
		return nil, fmt.Errorf("runs: task %s does not predict, want one with a method Predict", TaskName(task))
	}
	n, err := samples(in)
	if err != nil {
		return nil, err
	}
	if t.predictor == nil {
		if t.predictor, err = t.exec(func(scope *model.Scope, in []*Node) []*Node { return p.Predict(scope, in...) }); err != nil {
			return nil, err
		}
	}
	var out []datasets.Array
	for first := 0; first < n; first += predictRows {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		part := make([]any, len(in))
		for i, a := range in {
			part[i] = rowsOf(a, first, min(n, first+predictRows))
		}
		got, err := t.call(t.predictor, part...)
		if err != nil {
			return nil, err
		}
		if out, err = appendRows(out, got); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// samples is the length of the arrays' first axis.
func samples(in []datasets.Array) (int, error) {
	if len(in) == 0 {
		return 0, fmt.Errorf("runs: Predict got no arrays")
	}
	n := in[0].Samples()
	for _, a := range in {
		if err := a.Validate(); err != nil {
			return 0, err
		}
		if a.Samples() != n || n == 0 {
			return 0, fmt.Errorf("runs: array %s has %d samples, want %d as %s, and at least 1", a.Name, a.Samples(), n, in[0].Name)
		}
	}
	return n, nil
}

// rowsOf is samples first … last of an array.
func rowsOf(a datasets.Array, first, last int) *tensors.Tensor {
	size := len(a.Values) / a.Dims[0]
	dims := append([]int{last - first}, a.Dims[1:]...)
	return tensors.FromFlatDataAndDimensions(a.Values[first*size:last*size:last*size], dims...)
}

// appendRows adds samples to the arrays of the outputs.
func appendRows(out []datasets.Array, got []*tensors.Tensor) ([]datasets.Array, error) {
	if out == nil {
		out = make([]datasets.Array, len(got))
	}
	for i, t := range got {
		values, err := train.Floats(t)
		if err != nil {
			return nil, err
		}
		a := &out[i]
		if a.Dims == nil {
			a.Name, a.Dims = "prediction", append([]int{0}, t.Shape().Dimensions[1:]...)
			if len(got) > 1 {
				a.Name = fmt.Sprintf("prediction%d", i)
			}
			a.Axes = datasets.SampleAxes(len(a.Dims))
		}
		a.Dims[0] += t.Shape().Dim(0)
		a.Values = append(a.Values, values...)
	}
	return out, nil
}
