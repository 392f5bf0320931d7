package picture

import (
	"errors"
	"fmt"
	"slices"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/plots"
)

// ErrNone says that a set holds nothing that there is a drawing for, such as a mesh's numbers of corners.
var ErrNone = errors.New("picture: no array with an axis sample and one axis more that has two points")

// Samples draws the first few samples of a set, a row each: its pairs, those for training where there are no others; else of the first array that has an axis
// sample, a curve over one axis or a field over the first two.
//
// Errors: ErrNone; what plots refuse, such as a field of which nothing is finite.
func Samples(set datasets.Set, count int) (plots.Drawing, error) {
	for _, pairs := range []datasets.Pairs{set.Test(), set.Train()} {
		if pairs.Input.Samples() == 0 || pairs.Output.Samples() == 0 {
			continue
		}
		var grid plots.Grid
		for i := range min(count, pairs.Output.Samples(), pairs.Input.Samples()) {
			f, err := pair{set, pairs.Input, pairs.Output, i}.figure()
			if err != nil {
				return unpaired(set, count)
			}
			grid.Rows = append(grid.Rows, []plots.Drawing{f})
		}
		return grid, nil
	}
	return unpaired(set, count)
}

// unpaired draws samples of one array.
func unpaired(set datasets.Set, count int) (plots.Drawing, error) {
	for _, a := range set.Arrays {
		v, ok := newView(a)
		if !ok {
			continue
		}
		p := pair{set: set}
		if len(v.axes) == 1 {
			lines := plots.Lines{X: plots.Axis{Label: v.axes[0]}, Y: plots.Axis{Label: a.Name}}
			for i := range min(count, v.samples) {
				lines.Series = append(lines.Series, plots.Series{Name: fmt.Sprintf("sample %d", i), X: p.coordinate(v.axes[0], v.dims[0]), Y: v.values(i)})
			}
			return lines, nil
		}
		var grid plots.Grid
		for i := range min(count, v.samples) {
			grid.Rows = append(grid.Rows, []plots.Drawing{plots.FieldRow{
				Reference: rows(v.values(i), v.dims[0], v.dims[1]), Name: a.Name, NoLetters: true,
				X: plots.Axis{Label: v.axes[0]}, Y: plots.Axis{Label: v.axes[1]},
			}})
		}
		return grid, nil
	}
	return nil, ErrNone
}

// view is a curve or a field of each sample of an array whose axes are in any order.
type view struct {
	a              datasets.Array
	samples, steps int // samples, and how far they are apart
	axes           []string
	dims, strides  []int // of the axes that are drawn: at most two
}

// newView looks along the first two axes that are neither sample nor channel; of others the first point is taken.
func newView(a datasets.Array) (v view, ok bool) {
	sample := slices.Index(a.Axes, "sample")
	if sample < 0 || len(a.Dims) < 2 {
		return v, false
	}
	v = view{a: a, samples: a.Dims[sample]}
	stride := 1
	for i := len(a.Dims) - 1; i >= 0; i-- {
		switch {
		case i == sample:
			v.steps = stride
		case a.Axes[i] != "channel" && a.Dims[i] > 1:
			v.axes, v.dims, v.strides = append(v.axes, a.Axes[i]), append(v.dims, a.Dims[i]), append(v.strides, stride)
		}
		stride *= a.Dims[i]
	}
	slices.Reverse(v.axes)
	slices.Reverse(v.dims)
	slices.Reverse(v.strides)
	n := min(2, len(v.axes))
	v.axes, v.dims, v.strides = v.axes[:n], v.dims[:n], v.strides[:n]
	return v, n > 0
}

// values are those of sample i, the last axis that is drawn the fastest.
func (v view) values(i int) (out []float64) {
	for j := range v.dims[0] {
		at := i*v.steps + j*v.strides[0]
		if len(v.dims) == 1 {
			out = append(out, v.a.Values[at])
			continue
		}
		for k := range v.dims[1] {
			out = append(out, v.a.Values[at+k*v.strides[1]])
		}
	}
	return out
}
