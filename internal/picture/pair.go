package picture

import (
	"fmt"
	"slices"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/plots"
)

// Pair draws the first test pair, or the one solution of a set without pairs: states over time, curves over x, one curve's course over time, or fields, the last where there are
// several. Of a field in space it takes a plane.
//
// Errors: no test pairs; axes that none of these fits.
func Pair(set datasets.Set) (plots.Figure, error) {
	if a, is := set.Array(solutionArray); is && len(a.Dims) > 1 {
		return solution(set, a)
	}
	test := set.Test()
	if test.Input.Dims == nil || test.Output.Dims == nil {
		return plots.Figure{}, fmt.Errorf("picture: no arrays %s and %s", datasets.TestInput, datasets.TestOutput)
	}
	return pair{set, test.Input, test.Output, 0}.figure()
}

// solutionArray is the name of a set's one solution.
const solutionArray = "solution"

// solution draws a solution over time as a sample that starts with its first frame, a steady one as it is.
func solution(set datasets.Set, a datasets.Array) (plots.Figure, error) {
	sample := func(name string, a datasets.Array) datasets.Array {
		return datasets.Array{Name: name, Axes: append([]string{"sample"}, a.Axes...), Dims: append([]int{1}, a.Dims...), Values: a.Values}
	}
	if a.Axes[0] == "time" {
		first := datasets.Array{Axes: a.Axes[1:], Dims: a.Dims[1:], Values: a.Values[:len(a.Values)/a.Dims[0]]}
		return pair{set, sample(datasets.TestInput, first), sample(datasets.TestOutput, a), 0}.figure()
	}
	drawing, err := unpaired(datasets.Set{Arrays: []datasets.Array{sample(solutionArray, a)}}, 1)
	if err != nil {
		return plots.Figure{}, err
	}
	return drawing.Figure()
}

// pair is the pair that is drawn.
type pair struct {
	set           datasets.Set
	input, output datasets.Array
	sample        int
}

// figure chooses the kind of drawing.
func (p pair) figure() (plots.Figure, error) {
	if f, is, err := p.pointwise(); is {
		return f, err
	}
	axes := p.output.Axes
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
	return plots.Figure{}, fmt.Errorf("picture: %v, want one axis of space or more, or states over time", p.output.Shape())
}

// coordinate is the array of an axis of n points; the points' numbers where there is none.
func (p pair) coordinate(axis string, n int) []float64 {
	if a, is := p.set.Array(axis); is && len(a.Values) == n {
		return a.Values
	}
	return numbers(n)
}

// numbers are the whole numbers below n.
func numbers(n int) []float64 {
	v := make([]float64, n)
	for i := range v {
		v[i] = float64(i)
	}
	return v
}

// statesShown is how many states are drawn over time.
const statesShown = 4

func (p pair) states() (plots.Figure, error) {
	times := p.coordinate("time", p.output.Dims[1])
	lines := plots.Lines{X: plots.Axis{Label: "time"}}
	for i := range min(statesShown, p.output.Dims[2]) {
		lines.Series = append(lines.Series, plots.Series{Name: fmt.Sprintf("state %d", i+1), X: times, Y: channel(p.output, p.sample, i)})
	}
	return lines.Figure()
}

func (p pair) curves() (plots.Figure, error) {
	x := p.coordinate(p.output.Axes[1], p.output.Dims[1])
	if len(p.input.Axes) != 3 || p.input.Dims[1] != len(x) {
		return plots.Figure{}, fmt.Errorf("picture: %v, want one axis of space as %v has", p.input.Shape(), p.output.Shape())
	}
	return plots.Lines{X: plots.Axis{Label: p.output.Axes[1]}, Series: []plots.Series{
		{Name: "input", X: x, Y: channel(p.input, p.sample, 0)},
		{Name: "output", X: x, Y: channel(p.output, p.sample, p.output.Dims[2]-1)},
	}}.Figure()
}

// course is the first channel over time and x.
func (p pair) course() (plots.Figure, error) {
	times, x := p.coordinate(p.output.Axes[1], p.output.Dims[1]), p.coordinate(p.output.Axes[2], p.output.Dims[2])
	row := plots.FieldRow{
		Reference: rows(channel(p.output, p.sample, 0), p.output.Dims[1], p.output.Dims[2]), NoLetters: true, Aspect: 0.5,
		X: plots.Axis{Label: p.output.Axes[1], Max: times[len(times)-1]}, Y: plots.Axis{Label: p.output.Axes[2], Max: x[len(x)-1]},
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
		values, dims := channel(a, p.sample, c), a.Dims[len(a.Dims)-1-axes:]
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
	if len(p.input.Dims) < 2+axes {
		return plots.Figure{}, fmt.Errorf("picture: %v, want %d axes of space as %v has", p.input.Shape(), axes, p.output.Shape())
	}
	return plots.FieldRow{Input: plane(p.input), Reference: plane(p.output), NoLetters: true}.Figure()
}

// channel is one channel of a sample.
func channel(a datasets.Array, i, c int) []float64 {
	sample, channels := a.Sample(i), a.Dims[len(a.Dims)-1]
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
