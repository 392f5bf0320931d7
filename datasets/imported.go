package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/internal/imports"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// Names of the axes that have a place of their own.
const (
	sampleAxis  = "sample"
	timeAxis    = "time"
	channelAxis = "channel"
)

// Imported is a set that `fieldbook import` took from a file. With Input and Output it gives pairs: the first Train samples to learn from and
// the last Test to judge by. Without, it gives all arrays as the file has them.
//
// Arrays: with Input and Output train_input, train_output, test_input and test_output [sample, Axes…, channel], transposed to that by the names
// of their axes, the channel added where there is none; then each array of one axis that is named as that axis, a coordinate. Else all.
// Units: those of [Imported.Units].
// Cost: one read of the stored arrays, checked against their hashes; 8 bytes of memory for each value that is given.
//
// Its JSON, and so its [Key], has the hash of the content in place of the name: the same data have the same key, whatever they are called.
type Imported struct {
	Set    string   // its name, or 8 or more digits of its hash, as `fieldbook import` lists them
	Input  string   // array of the inputs; empty, as Output: all arrays
	Output string   // array of the outputs
	Axes   []string // the axes between sample and channel in order; none: as in the file
	Every  int      // keeps every so many points along the axes of space; 0 means 1
	Train  int      // number of training pairs, the first; ≥ 1
	Test   int      // number of test pairs, the last; ≥ 1
}

var (
	_ Recipe   = Imported{}
	_ Kept     = Imported{}
	_ Measured = Imported{}
)

// Kept is an optional ability of a recipe: its data are in the store already, so that no cache keeps them once more.
type Kept interface {
	Recipe
	// KeptElsewhere does nothing; it marks the recipe.
	KeptElsewhere()
}

// Measured is an optional ability of a recipe: to say the units of its arrays. Those of others are dimensionless.
type Measured interface {
	Recipe
	// Units are the units by the arrays' names; an array that is not in it has none that is known.
	Units() map[string]string
}

// Name is "imported".
func (Imported) Name() string { return "imported" }

// Version of the way in which arrays are transposed and split.
func (Imported) Version() int { return 1 }

// KeptElsewhere marks the data as stored by the import.
func (Imported) KeptElsewhere() {}

// MarshalJSON writes the hash of the content in place of the set's name.
//
// Errors: no such set.
func (m Imported) MarshalJSON() ([]byte, error) {
	type plain Imported // without this method
	if m.Set != "" {
		_, set, err := m.find()
		if err != nil {
			return nil, err
		}
		m.Set = set.Hash
	}
	return json.Marshal(plain(m))
}

// find looks the set up.
func (m Imported) find() (*store.Store, imports.Set, error) {
	s, err := store.Open("")
	if err != nil {
		return nil, imports.Set{}, err
	}
	set, err := imports.Find(s, m.Set)
	if err != nil {
		return nil, imports.Set{}, fmt.Errorf("datasets: Imported.Set = %q: %w", m.Set, err)
	}
	return s, set, nil
}

// Validate lists all that is wrong with m.
func (m Imported) Validate() error {
	if m.Set == "" {
		return errors.New("datasets: Imported.Set is empty, want the name of a set that `fieldbook import` lists")
	}
	_, set, err := m.find()
	if err != nil {
		return err
	}
	_, err = m.plan(set)
	return err
}

// Arrays describes what Make gives; none if m is not valid.
func (m Imported) Arrays() []Shape {
	_, set, err := m.find()
	if err != nil {
		return nil
	}
	parts, err := m.plan(set)
	if err != nil {
		return nil
	}
	var shapes []Shape
	for _, p := range parts {
		shapes = append(shapes, p.shape(m.Every))
	}
	return shapes
}

// Units are the units of the arrays that Make gives, for those that have one in the file or from --units.
func (m Imported) Units() map[string]string {
	_, set, err := m.find()
	if err != nil {
		return nil
	}
	parts, err := m.plan(set)
	if err != nil {
		return nil
	}
	units := map[string]string{}
	for _, p := range parts {
		if p.from.Units != "" {
			units[p.name] = p.from.Units
		}
	}
	return units
}

// part is an array that Make gives, and where it comes from.
type part struct {
	name     string
	from     imports.Array
	order    []int // axes of from in the order given; nil: as they are
	at, n    int   // first sample and number of samples, where order is given
	channels bool  // whether from has a channel
	coord    bool
}

// plan says what Make gives.
//
// Errors: all that is wrong at once.
func (m Imported) plan(set imports.Set) ([]part, error) {
	if m.Input == "" && m.Output == "" {
		if m.Axes != nil || m.Train != 0 || m.Test != 0 || m.Every > 1 {
			return nil, errors.New("datasets: Imported.Axes, Every, Train and Test are of pairs, want Input and Output beside them")
		}
		var parts []part
		for _, a := range set.Arrays {
			parts = append(parts, part{name: a.Name, from: a})
		}
		return parts, nil
	}
	errs := []error{checkCounts("Imported", m.Train, m.Test)}
	if m.Every < 0 {
		errs = append(errs, fmt.Errorf("datasets: Imported.Every = %d, want at least 1, or 0 for 1", m.Every))
	}
	var parts []part
	for _, side := range []struct{ field, array, train, test string }{
		{"Input", m.Input, TrainInput, TestInput}, {"Output", m.Output, TrainOutput, TestOutput},
	} {
		a, is := set.Array(side.array)
		if !is {
			errs = append(errs, fmt.Errorf("datasets: Imported.%s = %q, want one of %s of %s", side.field, side.array, strings.Join(set.Names(), ", "), set.Name))
			continue
		}
		order, channels, err := m.order(a)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		samples := a.Dims[order[0]]
		if m.Train+m.Test > samples {
			errs = append(errs, fmt.Errorf("datasets: Imported.Train + Test = %d, want at most the %d samples of %s", m.Train+m.Test, samples, a.Name))
		}
		parts = append(parts,
			part{name: side.train, from: a, order: order, n: m.Train, channels: channels},
			part{name: side.test, from: a, order: order, at: samples - m.Test, n: m.Test, channels: channels})
	}
	errs = append(errs, m.checkAxes(parts))
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if in, out := parts[0].from.Dims[parts[0].order[0]], parts[2].from.Dims[parts[2].order[0]]; in != out {
		return nil, fmt.Errorf("datasets: Imported: %s has %d samples and %s %d, want as many", m.Input, in, m.Output, out)
	}
	parts[1], parts[2] = parts[2], parts[1] // inputs and outputs to learn from come first
	return append(parts, coordinates(set, parts)...), nil
}

// order puts the axes of an array in the order sample, Axes…, channel.
func (m Imported) order(a imports.Array) (order []int, channels bool, err error) {
	shape := Shape{a.Name, a.Axes, a.Dims}
	sample, channel := slices.Index(a.Axes, sampleAxis), slices.Index(a.Axes, channelAxis)
	if sample < 0 {
		return nil, false, fmt.Errorf("datasets: Imported: %v has no axis %s, want one: import it again with --axes", shape, sampleAxis)
	}
	order = []int{sample}
	if m.Axes == nil {
		for i := range a.Axes {
			if i != sample && i != channel {
				order = append(order, i)
			}
		}
	}
	for _, axis := range m.Axes {
		if i := slices.Index(a.Axes, axis); i >= 0 && i != sample && i != channel {
			order = append(order, i)
		}
	}
	if channel >= 0 {
		order = append(order, channel)
	}
	if len(order) != len(a.Axes) {
		return nil, false, fmt.Errorf("datasets: Imported.Axes = %s for %v, want all of its axes but %s and %s, each once", strings.Join(m.Axes, ","), shape, sampleAxis, channelAxis)
	}
	return order, channel >= 0, nil
}

// checkAxes refuses axes that no array has.
func (m Imported) checkAxes(parts []part) error {
	var errs []error
	for i, axis := range m.Axes {
		known := slices.ContainsFunc(parts, func(p part) bool { return slices.Contains(p.from.Axes, axis) })
		if len(parts) > 0 && !known || slices.Contains(m.Axes[:i], axis) || axis == sampleAxis || axis == channelAxis {
			errs = append(errs, fmt.Errorf("datasets: Imported.Axes[%d] = %q, want axes of %s and %s between %s and %s, each once", i, axis, m.Input, m.Output, sampleAxis, channelAxis))
		}
	}
	return errors.Join(errs...)
}

// coordinates are the arrays of one axis that are named as an axis of the pairs.
func coordinates(set imports.Set, pairs []part) (coords []part) {
	for _, a := range set.Arrays {
		if len(a.Axes) != 1 || a.Name == sampleAxis || a.Name == channelAxis || a.Axes[0] != a.Name && a.Axes[0] != "axis0" {
			continue // axis0 is what an import calls an axis of which it knows nothing
		}
		for _, p := range pairs {
			i := slices.Index(p.from.Axes, a.Name)
			if i >= 0 && p.from.Dims[i] == a.Dims[0] {
				a.Axes = []string{a.Name}
				coords = append(coords, part{name: a.Name, from: a, coord: true})
				break
			}
		}
	}
	return coords
}

// spaced tells whether Every thins out along an axis.
func spaced(axis string) bool { return axis != sampleAxis && axis != timeAxis && axis != channelAxis }

// shape is the shape of the part.
func (p part) shape(every int) Shape {
	s := Shape{Name: p.name, Axes: slices.Clone(p.from.Axes), Dims: slices.Clone(p.from.Dims)}
	if p.order != nil {
		for i, from := range p.order {
			s.Axes[i], s.Dims[i] = p.from.Axes[from], p.from.Dims[from]
		}
		s.Dims[0] = p.n
		if !p.channels {
			s.Axes, s.Dims = append(s.Axes, channelAxis), append(s.Dims, 1)
		}
	}
	if p.order != nil || p.coord {
		for i, axis := range s.Axes {
			if spaced(axis) {
				s.Dims[i] = (s.Dims[i]-1)/max(1, every) + 1
			}
		}
	}
	return s
}

// Make reads the arrays.
func (m Imported) Make(ctx context.Context, report func(done, total int)) (Set, error) {
	s, set, err := m.find()
	if err != nil {
		return Set{}, err
	}
	parts, err := m.plan(set)
	if err != nil {
		return Set{}, err
	}
	var out Set
	for _, p := range parts {
		shape := p.shape(m.Every)
		out.Arrays = append(out.Arrays, Array{Name: shape.Name, Axes: shape.Axes, Dims: shape.Dims, Values: make([]float64, shape.Size())})
	}
	for i, p := range parts {
		if slices.ContainsFunc(parts[:i], func(q part) bool { return q.from.Name == p.from.Name }) {
			continue // read along with it
		}
		var fills []*filler
		for j, q := range parts {
			if q.from.Name == p.from.Name {
				fills = append(fills, newFiller(q, out.Arrays[j], m.Every))
			}
		}
		err := imports.Read(s, set, p.from, func(from int, values []float64) error {
			for _, f := range fills {
				f.take(values)
			}
			return ctx.Err()
		})
		if err != nil {
			return Set{}, err
		}
		if report != nil {
			report(i+1, len(parts))
		}
	}
	return out, nil
}

// filler puts the values of a stored array, which come one after another, to their places in another order.
type filler struct {
	out  []float64
	dims []int
	// For each stored axis: the index of the value that comes next; how far a step moves in out; and which indices are kept.
	index, stride, first, end, every []int
}

func newFiller(p part, to Array, every int) *filler {
	rank := len(p.from.Dims)
	f := &filler{out: to.Values, dims: p.from.Dims, index: make([]int, rank), stride: make([]int, rank), first: make([]int, rank), end: slices.Clone(p.from.Dims), every: make([]int, rank)}
	order := p.order
	if order == nil {
		for i := range rank {
			order = append(order, i)
		}
	}
	for i, from := range order {
		f.stride[from] = Shape{Dims: to.Dims[i+1:]}.Size()
		f.every[from] = 1
		if spaced(p.from.Axes[from]) && (p.order != nil || p.coord) {
			f.every[from] = max(1, every)
		}
	}
	if p.order != nil {
		f.first[order[0]], f.end[order[0]] = p.at, p.at+p.n
	}
	return f
}

// take places the next values. Along the last stored axis, whose values follow each other, it moves without looking at the other axes.
func (f *filler) take(values []float64) {
	last := len(f.dims) - 1
	for len(values) > 0 {
		n := min(len(values), f.dims[last]-f.index[last])
		if base, kept := f.base(); kept {
			for i := f.index[last]; i < f.index[last]+n; i++ {
				if i >= f.first[last] && i < f.end[last] && (i-f.first[last])%f.every[last] == 0 {
					f.out[base+(i-f.first[last])/f.every[last]*f.stride[last]] = values[i-f.index[last]]
				}
			}
		}
		values = values[n:]
		f.index[last] += n
		for axis := last; axis > 0 && f.index[axis] == f.dims[axis]; axis-- {
			f.index[axis] = 0
			f.index[axis-1]++
		}
	}
}

// base is the place of the row that is being read, and whether it is kept.
func (f *filler) base() (at int, kept bool) {
	for axis := range len(f.dims) - 1 {
		i := f.index[axis] - f.first[axis]
		if i < 0 || f.index[axis] >= f.end[axis] || i%f.every[axis] != 0 {
			return 0, false
		}
		at += i / f.every[axis] * f.stride[axis]
	}
	return at, true
}
