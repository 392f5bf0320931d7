package main

import (
	"fmt"
	"slices"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/plots"
)

// pairFigure draws the first test pair: states over time, curves over x, one curve's course over time, or fields, the last where there are
// several. Of a field in space it takes a plane.
func pairFigure(set datasets.Set) (plots.Figure, error) {
	input, is := set.Array(datasets.TestInput)
	output, also := set.Array(datasets.TestOutput)
	if !is || !also {
		return plots.Figure{}, fmt.Errorf("no arrays %s and %s", datasets.TestInput, datasets.TestOutput)
	}
	p := pair{set, input, output}
	axes := output.Axes
	switch timed := slices.Contains(axes, "time"); {
	case timed && len(axes) == 3:
		return p.states()
	case timed && len(axes) == 4:
		return p.course()
	case timed:
		return p.fields(len(axes) - 3)
	case len(axes) == 3:
		return p.curves()
	case len(axes) == 4:
		return p.fields(2)
	}
	return plots.Figure{}, fmt.Errorf("%v, want one axis of space or more, or states over time", output.Shape())
}

// pair is the pair that is drawn.
type pair struct {
	set           datasets.Set
	input, output datasets.Array
}

// coordinate is the array of an axis.
func (p pair) coordinate(axis string) ([]float64, error) {
	a, is := p.set.Array(axis)
	if !is {
		return nil, fmt.Errorf("no array %s", axis)
	}
	return a.Values, nil
}

// statesShown is how many states are drawn over time.
const statesShown = 4

func (p pair) states() (plots.Figure, error) {
	times, err := p.coordinate("time")
	if err != nil {
		return plots.Figure{}, err
	}
	lines := plots.Lines{X: plots.Axis{Label: "time"}}
	for i := range min(statesShown, p.output.Dims[2]) {
		lines.Series = append(lines.Series, plots.Series{Name: fmt.Sprintf("state %d", i+1), X: times, Y: channel(p.output, i)})
	}
	return lines.Figure()
}

func (p pair) curves() (plots.Figure, error) {
	x, err := p.coordinate("x")
	if err != nil {
		return plots.Figure{}, err
	}
	return plots.Lines{X: plots.Axis{Label: "x"}, Series: []plots.Series{
		{Name: "input", X: x, Y: channel(p.input, 0)},
		{Name: "output", X: x, Y: channel(p.output, p.output.Dims[2]-1)},
	}}.Figure()
}

// course is the first channel over time and x.
func (p pair) course() (plots.Figure, error) {
	times, err := p.coordinate("time")
	if err != nil {
		return plots.Figure{}, err
	}
	x, err := p.coordinate("x")
	if err != nil {
		return plots.Figure{}, err
	}
	row := plots.FieldRow{
		Reference: rows(channel(p.output, 0), p.output.Dims[1], p.output.Dims[2]), NoLetters: true, Aspect: 0.5,
		X: plots.Axis{Label: "time", Max: times[len(times)-1]}, Y: plots.Axis{Label: "x", Max: x[len(x)-1]},
	}
	return row.Figure()
}

// fields are the input and the last frame or channel of the output, over two axes of space or a plane of three.
func (p pair) fields(axes int) (plots.Figure, error) {
	plane := func(a datasets.Array) [][]float64 {
		c := a.Dims[len(a.Dims)-1] - 1
		if slices.Contains(p.output.Axes, "time") {
			c = 0
		}
		values, dims := channel(a, c), a.Dims[len(a.Dims)-1-axes:]
		frame := 1
		for _, n := range dims[:axes] {
			frame *= n
		}
		values = values[len(values)-frame:]
		if axes == 3 {
			cut := make([]float64, frame/dims[2])
			for i := range cut {
				cut[i] = values[i*dims[2]]
			}
			values = cut
		}
		return rows(values, dims[0], dims[1])
	}
	return plots.FieldRow{Input: plane(p.input), Reference: plane(p.output), NoLetters: true}.Figure()
}

// channel is one channel of the first sample.
func channel(a datasets.Array, c int) []float64 {
	sample, channels := a.Sample(0), a.Dims[len(a.Dims)-1]
	out := make([]float64, len(sample)/channels)
	for i := range out {
		out[i] = sample[i*channels+c]
	}
	return out
}

// rows cuts values into rows.
func rows(v []float64, n, m int) [][]float64 {
	out := make([][]float64, n)
	for i := range out {
		out[i] = v[i*m : (i+1)*m]
	}
	return out
}
