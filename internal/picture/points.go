package picture

import (
	"fmt"
	"slices"

	"github.com/fieldbook-go/fieldbook/plots"
)

// pointwise draws pairs that are on no grid: points or images with their class, clouds of points with what belongs to each, sequences with their
// answers, outlines with a field around. is tells whether p is one of these.
func (p pair) pointwise() (f plots.Figure, is bool, err error) {
	in, out := p.input.Axes, p.output.Axes
	classes := slices.Equal(out, []string{"sample", "class"})
	switch {
	case classes && slices.Equal(in, []string{"sample", "axis"}) && p.input.Dims[1] > 1:
		f, err = p.classes()
	case classes && slices.Equal(in, []string{"sample", "y", "x", "channel"}):
		f, err = p.image()
	case slices.Equal(in, []string{"sample", "point", "axis"}) && len(out) == 3 && out[1] == "point":
		f, err = p.cloud()
	case slices.Equal(in, []string{"sample", "step", "channel"}) && slices.Equal(out, []string{"sample", "answer", "channel"}):
		f, err = p.answers()
	case len(in) == 4 && in[1] == "loop" && len(out) == 4:
		f, err = p.around()
	default:
		return plots.Figure{}, false, nil
	}
	return f, true, err
}

// column is every step-th value from the first on.
func column(v []float64, first, step int) []float64 {
	var out []float64
	for i := first; i < len(v); i += step {
		out = append(out, v[i])
	}
	return out
}

// classes are the first two axes of all samples.
func (p pair) classes() (plots.Figure, error) {
	axes := p.input.Dims[1]
	return plots.Scatter{
		X: plots.Axis{Label: "axis 1"}, Y: plots.Axis{Label: "axis 2"}, Value: plots.Axis{Label: "class"}, Equal: true,
		Sets: []plots.PointSet{{Name: "samples", X: column(p.input.Values, 0, axes), Y: column(p.input.Values, 1, axes), Values: p.output.Values}},
	}.Figure()
}

// image is the first channel, with the first row at the top.
func (p pair) image() (plots.Figure, error) {
	height, width := p.input.Dims[1], p.input.Dims[2]
	values := channel(p.input, p.sample, 0)
	field := make([][]float64, width)
	for x := range field {
		for y := range height {
			field[x] = append(field[x], values[(height-1-y)*width+x])
		}
	}
	return plots.FieldRow{
		Reference: field, NoLetters: true, Aspect: float64(height) / float64(width), Title: fmt.Sprintf("class %v", p.output.Sample(p.sample)[0]),
	}.Figure()
}

// cloud is the output's last channel over one axis, or its colour over the first two.
func (p pair) cloud() (plots.Figure, error) {
	points, axes := p.input.Sample(p.sample), p.input.Dims[2]
	values := channel(p.output, p.sample, p.output.Dims[2]-1)
	if axes == 1 {
		return plots.Scatter{Y: plots.Axis{Label: "value"}, Sets: []plots.PointSet{{Name: "points", X: points, Y: values}}}.Figure()
	}
	return plots.Scatter{
		X: plots.Axis{Label: "axis 1"}, Y: plots.Axis{Label: "axis 2"}, Value: plots.Axis{Label: "output"}, Equal: true,
		Sets: []plots.PointSet{{Name: "points", X: column(points, 0, axes), Y: column(points, 1, axes), Values: values}},
	}.Figure()
}

// answers are the input's channels over the steps; answers as many as steps are beside them, a single one is in the title.
func (p pair) answers() (plots.Figure, error) {
	lines := plots.Lines{X: plots.Axis{Label: "step"}}
	for c := range p.input.Dims[2] {
		u := channel(p.input, p.sample, c)
		lines.Series = append(lines.Series, plots.Series{Name: fmt.Sprintf("input %d", c+1), X: numbers(len(u)), Y: u})
	}
	if answers := p.output.Sample(p.sample); len(answers) == p.input.Dims[1] {
		lines.Series = append(lines.Series, plots.Series{Name: "answer", X: numbers(len(answers)), Y: answers})
	} else {
		lines.Title = fmt.Sprintf("answer %.4g", answers[0])
	}
	return lines.Figure()
}

// around is the output's first channel; the outlines are where it is zero.
func (p pair) around() (plots.Figure, error) {
	n, m := p.output.Dims[1], p.output.Dims[2]
	x, y := p.coordinate(p.output.Axes[1], n), p.coordinate(p.output.Axes[2], m)
	return plots.FieldRow{
		Reference: rows(channel(p.output, p.sample, 0), n, m), NoLetters: true,
		X: plots.Axis{Label: p.output.Axes[1], Min: x[0], Max: x[n-1]}, Y: plots.Axis{Label: p.output.Axes[2], Min: y[0], Max: y[m-1]},
	}.Figure()
}
