package datasets

import (
	"fmt"
	"slices"
)

// Shape describes an array without its values.
type Shape struct {
	Name string   // unique in its set
	Axes []string // one name an axis, e.g. sample, x, channel
	Dims []int    // length of each axis
}

// Size is the number of values of an array of this shape.
func (s Shape) Size() int {
	size := 1
	for _, d := range s.Dims {
		size *= d
	}
	return size
}

// Equal tells whether names, axes and dimensions agree.
func (s Shape) Equal(other Shape) bool {
	return s.Name == other.Name && slices.Equal(s.Axes, other.Axes) && slices.Equal(s.Dims, other.Dims)
}

// String gives the shape as in "train_input [sample 1000, x 128, channel 1]".
func (s Shape) String() string {
	text := s.Name + " ["
	for i, d := range s.Dims {
		if i > 0 {
			text += ", "
		}
		if i < len(s.Axes) {
			text += s.Axes[i] + " "
		}
		text += fmt.Sprint(d)
	}
	return text + "]"
}

// Array is a named array of any rank.
type Array struct {
	Name   string
	Axes   []string  // one name an axis
	Dims   []int     // length of each axis
	Values []float64 // row-major: the last axis is the fastest
}

// Shape describes a.
func (a Array) Shape() Shape { return Shape{a.Name, a.Axes, a.Dims} }

// Samples is the length of the first axis; 0 for an array without axes.
func (a Array) Samples() int {
	if len(a.Dims) == 0 {
		return 0
	}
	return a.Dims[0]
}

// Sample returns the values of the sample of index i, without copying. It must be in [0, Samples()).
func (a Array) Sample(i int) []float64 {
	size := len(a.Values) / a.Dims[0]
	return a.Values[i*size : (i+1)*size]
}

// Validate checks that names, dimensions and values fit together.
func (a Array) Validate() error {
	if len(a.Axes) != len(a.Dims) {
		return fmt.Errorf("datasets: Array %s has %d axes and %d dimensions, want as many of each", a.Name, len(a.Axes), len(a.Dims))
	}
	for i, d := range a.Dims {
		if d < 1 {
			return fmt.Errorf("datasets: Array %s.Dims[%d] = %d, want at least 1", a.Name, i, d)
		}
	}
	if size := a.Shape().Size(); size != len(a.Values) {
		return fmt.Errorf("datasets: Array %v has %d values, want %d", a.Shape(), len(a.Values), size)
	}
	return nil
}

// Every takes every step-th entry along the named axis, from the first on. An array without this axis is
// returned as it is.
//
// Errors: if step < 1 or a is not valid.
func (a Array) Every(axis string, step int) (Array, error) {
	if err := a.Validate(); err != nil {
		return Array{}, err
	}
	if step < 1 {
		return Array{}, fmt.Errorf("datasets: Array.Every: step = %d, want at least 1", step)
	}
	at := slices.Index(a.Axes, axis)
	if at < 0 || step == 1 {
		return a, nil
	}
	inner := Shape{Dims: a.Dims[at+1:]}.Size()
	length, kept := a.Dims[at], (a.Dims[at]+step-1)/step
	out := Array{Name: a.Name, Axes: a.Axes, Dims: slices.Clone(a.Dims)}
	out.Dims[at] = kept
	out.Values = make([]float64, 0, len(a.Values)/length*kept)
	for block := 0; block < len(a.Values); block += length * inner {
		for i := 0; i < length; i += step {
			start := block + i*inner
			out.Values = append(out.Values, a.Values[start:start+inner]...)
		}
	}
	return out, nil
}

// Set is what a recipe gives: arrays with names of their own.
type Set struct {
	Arrays []Array
}

// Names of the arrays that make the pairs of [Set.Train] and [Set.Test].
const (
	TrainInput  = "train_input"
	TrainOutput = "train_output"
	TestInput   = "test_input"
	TestOutput  = "test_output"
)

// Array finds an array by its name.
func (s Set) Array(name string) (a Array, ok bool) {
	i := slices.IndexFunc(s.Arrays, func(a Array) bool { return a.Name == name })
	if i < 0 {
		return Array{}, false
	}
	return s.Arrays[i], true
}

// Train returns the pairs to learn from. A part that the set lacks is left zero.
func (s Set) Train() Pairs { return s.pairs(TrainInput, TrainOutput) }

// Test returns the pairs held back for judging. A part that the set lacks is left zero.
func (s Set) Test() Pairs { return s.pairs(TestInput, TestOutput) }

func (s Set) pairs(input, output string) Pairs {
	var p Pairs
	p.Input, _ = s.Array(input)
	p.Output, _ = s.Array(output)
	for i, axis := range slices.Concat(p.Input.Axes, p.Output.Axes) {
		coordinate, ok := s.Array(axis)
		repeated := i >= len(p.Input.Axes) && slices.Contains(p.Input.Axes, axis)
		if ok && !repeated && len(coordinate.Dims) == 1 {
			p.Coords = append(p.Coords, coordinate)
		}
	}
	return p
}

// every applies [Array.Every] to each array for each of the axes.
func (s Set) every(step int, axes ...string) (Set, error) {
	out := Set{Arrays: slices.Clone(s.Arrays)}
	for i := range out.Arrays {
		for _, axis := range axes {
			a, err := out.Arrays[i].Every(axis, step)
			if err != nil {
				return Set{}, err
			}
			out.Arrays[i] = a
		}
	}
	return out, nil
}

// Pairs are inputs and the outputs that belong to them, sample by sample.
type Pairs struct {
	Input, Output Array   // [sample, space…, channel]
	Coords        []Array // the coordinates along those axes that have them, each named as its axis, rank 1
}

// Len is the number of pairs.
func (p Pairs) Len() int { return p.Input.Samples() }

// fill gives each shape its values.
func fill(shapes []Shape, values ...[]float64) Set {
	var set Set
	for i, s := range shapes {
		set.Arrays = append(set.Arrays, Array{Name: s.Name, Axes: s.Axes, Dims: s.Dims, Values: values[i]})
	}
	return set
}

// periodicPoints are i/n, the right end point left out.
func periodicPoints(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = float64(i) / float64(n)
	}
	return x
}

// SampleAxes are the names of the axes of an array of samples, by convention: sample, axis1, …, channel.
func SampleAxes(rank int) []string {
	names := []string{"sample"}
	for i := 1; i < rank-1; i++ {
		names = append(names, fmt.Sprintf("axis%d", i))
	}
	if rank > 1 {
		names = append(names, "channel")
	}
	return names
}
