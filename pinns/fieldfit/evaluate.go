package fieldfit

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Part is a field, or a derivative of it, as a run has it and as it is.
//
// Shapes: [1, space…, channel], the 1 for the one sample.
type Part struct{ Got, Want datasets.Array }

// PSNR is the peak signal-to-noise ratio 10 log₁₀(peak²/mse), in dB, where the peak is the range of what is wanted.
func (p Part) PSNR() float64 {
	var squares float64
	for i, want := range p.Want.Values {
		off := p.Got.Values[i] - want
		squares += off * off / float64(len(p.Want.Values))
	}
	size := peak(p.Want.Values)
	return 10 * math.Log10(size*size/squares)
}

// peak is the range of some values.
func peak(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	return slices.Max(v) - slices.Min(v)
}

// Fitted is a run's field beside the one that it was fitted to. Gradient and Laplacian are empty if the recipe has none.
type Fitted struct {
	Value     Part // where derivatives were given, with the mean of what is wanted
	Gradient  Part // a channel an axis
	Laplacian Part
}

// Evaluate compares a run of this task with the field, at the points of its grid.
func (f Field) Evaluate(ctx context.Context, run zoo.Trained) (Fitted, error) {
	if err := f.Validate(); err != nil {
		return Fitted{}, err
	}
	t, err := f.load(ctx)
	if err != nil {
		return Fitted{}, err
	}
	got, err := eval(ctx, run, func(scope *model.Scope, in []*Node) []*Node { return f.Predict(scope, in...) }, tensor(t.points))
	if err != nil {
		return Fitted{}, err
	}
	grid := func(name string, values []float64, channels int) datasets.Array {
		axes := append([]string{"sample"}, t.axes...)
		dims := append([]int{1}, t.dims...)
		return datasets.Array{Name: name, Axes: append(axes, "channel"), Dims: append(dims, channels), Values: values}
	}
	part := func(name string, got []float64, want datasets.Array) Part {
		channels := want.Dims[1]
		return Part{grid(name, got, channels), grid(name, want.Values, channels)}
	}
	out := Fitted{Value: part("value", got[0], t.value)}
	if f.Given != Values {
		shift := mean(out.Value.Want.Values) - mean(out.Value.Got.Values)
		for i := range out.Value.Got.Values {
			out.Value.Got.Values[i] += shift
		}
	}
	if t.gradient.Values != nil {
		out.Gradient, out.Laplacian = part("gradient", got[1], t.gradient), part("laplacian", got[2], t.laplacian)
	}
	return out, nil
}

func mean(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// eval runs a graph function on a run's values and gives its results in float64.
func eval(ctx context.Context, run zoo.Trained, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([][]float64, error) {
	got, err := run.Eval(ctx, func(scope *model.Scope, in []*Node) []*Node {
		out := fn(scope, in)
		for i, x := range out {
			out[i] = ConvertDType(x, dtypes.Float64)
		}
		return out
	}, in...)
	if err != nil {
		return nil, err
	}
	out := make([][]float64, len(got))
	for i, t := range got {
		if out[i], err = tensors.CopyFlatData[float64](t); err != nil {
			return nil, fmt.Errorf("fieldfit: %w", err)
		}
	}
	return out, nil
}

// target is a field at its points.
type target struct {
	axes                               []string // of space
	dims                               []int
	points, value, gradient, laplacian datasets.Array // [point, …]; the derivatives are empty if the recipe has none
}

// given is what the task is given.
func (t target) given(g Given) datasets.Array {
	switch g {
	case Gradients:
		return t.gradient
	case Laplacians:
		return t.laplacian
	}
	return t.value
}

// load makes the field's arrays.
func (f Field) load(ctx context.Context) (target, error) {
	set, err := datasets.Load(ctx, f.Recipe)
	if err != nil {
		return target{}, err
	}
	pairs := set.Train()
	last := len(pairs.Input.Dims) - 1
	t := target{axes: pairs.Input.Axes[1:last], dims: pairs.Input.Dims[1:last]}
	if t.points, err = gridPoints(set, t.axes, t.dims); err != nil {
		return target{}, err
	}
	n, d := t.points.Dims[0], t.points.Dims[1]
	t.value = columns("value", pairs.Input.Sample(f.Sample), n, 0, pairs.Input.Dims[last])
	if _, derivatives := f.shapes(); derivatives {
		all := pairs.Output.Sample(f.Sample)
		t.gradient, t.laplacian = columns("gradient", all, n, 0, d), columns("laplacian", all, n, d, d+1)
	}
	return t, nil
}

// columns are some channels of the values at n points.
func columns(name string, values []float64, n, from, to int) datasets.Array {
	a := datasets.Array{Name: name, Axes: []string{"point", "channel"}, Dims: []int{n, to - from}}
	channels := len(values) / n
	for i := range n {
		a.Values = append(a.Values, values[i*channels+from:i*channels+to]...)
	}
	return a
}

// gridPoints are the points of a grid, the last axis the fastest.
//
// Errors: a recipe's coordinate that is not within [-1, 1].
func gridPoints(set datasets.Set, axes []string, dims []int) (datasets.Array, error) {
	coordinates, n := make([][]float64, len(dims)), 1
	for i, count := range dims {
		n *= count
		if a, ok := set.Array(axes[i]); ok && len(a.Values) == count {
			if low, high := slices.Min(a.Values), slices.Max(a.Values); low < -1 || high > 1 {
				return datasets.Array{}, fmt.Errorf("fieldfit: coordinate %s of the recipe goes from %v to %v, want it within [-1, 1]", axes[i], low, high)
			}
			coordinates[i] = a.Values
			continue
		}
		for k := range count {
			coordinates[i] = append(coordinates[i], -1+(2*float64(k)+1)/float64(count))
		}
	}
	points := datasets.Array{Name: "points", Axes: []string{"point", "axis"}, Dims: []int{n, len(dims)}, Values: make([]float64, n*len(dims))}
	for p := range n {
		for i, rest := len(dims)-1, p; i >= 0; i-- {
			points.Values[p*len(dims)+i] = coordinates[i][rest%dims[i]]
			rest /= dims[i]
		}
	}
	return points, nil
}
