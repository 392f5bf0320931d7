package plots

import (
	"errors"
	"fmt"
	"image/color"
	"slices"
)

// Stroke is how the line of a series is drawn.
type Stroke int

// The strokes. The zero value lets the kind of figure choose.
const (
	AutoStroke Stroke = iota
	Solid
	Dashed
	Dotted
	NoLine // markers only
)

// Marker is the shape at the points of a series.
type Marker int

// The markers. The zero value lets the kind of figure choose.
const (
	AutoMarker Marker = iota
	NoMarker
	Circle
	Square
	Triangle
	Diamond
	Cross
)

// Series is one named curve.
type Series struct {
	Name string
	X, Y []float64 // as many of each

	Low, High []float64 // optional band around Y, over seeds perhaps; as many as Y
	Notes     []string  // optional text beside each point, as many as Y

	Stroke Stroke
	Marker Marker
	Color  color.Color // nil: the next of Palette
}

// clone copies the data, so that a figure does not change with it.
func (s Series) clone() Series {
	s.X, s.Y = slices.Clone(s.X), slices.Clone(s.Y)
	s.Low, s.High = slices.Clone(s.Low), slices.Clone(s.High)
	s.Notes = slices.Clone(s.Notes)
	return s
}

func cloneSeries(series []Series) []Series {
	out := make([]Series, len(series))
	for i, s := range series {
		out[i] = s.clone()
	}
	return out
}

// validate checks one series against the axes it will be drawn on.
func (s Series) validate(x, y Axis) error {
	if len(s.X) != len(s.Y) {
		return fmt.Errorf("plots: Series %q: %d x values, %d y values, want as many", s.Name, len(s.X), len(s.Y))
	}
	if len(s.X) == 0 {
		return fmt.Errorf("plots: Series %q: no points, want at least one", s.Name)
	}
	if s.Stroke < AutoStroke || s.Stroke > NoLine {
		return fmt.Errorf("plots: Series %q: Stroke = %d, want one of AutoStroke to NoLine", s.Name, s.Stroke)
	}
	if s.Marker < AutoMarker || s.Marker > Cross {
		return fmt.Errorf("plots: Series %q: Marker = %d, want one of AutoMarker to Cross", s.Name, s.Marker)
	}
	var problems []error
	for _, extra := range []struct {
		name string
		n    int
	}{{"Low", len(s.Low)}, {"High", len(s.High)}, {"Notes", len(s.Notes)}} {
		if extra.n != 0 && extra.n != len(s.Y) {
			problems = append(problems, fmt.Errorf("plots: Series %q: %d values in %s, want %d, as many as in Y, or none",
				s.Name, extra.n, extra.name, len(s.Y)))
		}
	}
	if (len(s.Low) == 0) != (len(s.High) == 0) {
		problems = append(problems, fmt.Errorf("plots: Series %q: only one of Low and High given, want both or none", s.Name))
	}
	problems = append(problems, s.validateValues(x, y)...)
	return errors.Join(problems...)
}

func (s Series) validateValues(x, y Axis) []error {
	var problems []error
	usable := 0
	for i := range s.X {
		if finite(s.X[i]) && finite(s.Y[i]) {
			usable++
		}
	}
	if usable == 0 {
		problems = append(problems, fmt.Errorf("plots: Series %q: none of its %d points is finite, want at least one",
			s.Name, len(s.X)))
	}
	for _, column := range []struct {
		name   string
		log    bool
		values []float64
	}{{"X", x.Log, s.X}, {"Y", y.Log, s.Y}, {"Low", y.Log, s.Low}, {"High", y.Log, s.High}} {
		if !column.log {
			continue
		}
		if i := slices.IndexFunc(column.values, func(v float64) bool { return v <= 0 }); i >= 0 {
			problems = append(problems, fmt.Errorf("plots: Series %q: %s[%d] = %g, want > 0 on a log axis",
				s.Name, column.name, i, column.values[i]))
		}
	}
	return problems
}

// validateAll checks the axes and all series of a kind of figure.
func validateAll(kind string, series []Series, x, y Axis) error {
	problems := []error{x.validate(kind + ".X"), y.validate(kind + ".Y")}
	if len(series) == 0 {
		problems = append(problems, fmt.Errorf("plots: %s has no series, want at least one", kind))
	}
	for _, s := range series {
		problems = append(problems, s.validate(x, y))
	}
	return errors.Join(problems...)
}

// ranges returns the extent of what will be seen of the series.
func ranges(series []Series) (x, y extent) {
	x, y = nothing(), nothing()
	for _, s := range series {
		for i := range s.X {
			if !finite(s.X[i]) || !finite(s.Y[i]) {
				continue
			}
			x.add(s.X[i])
			y.add(s.Y[i])
			if len(s.Low) > 0 {
				y.add(s.Low[i], s.High[i])
			}
		}
	}
	return x, y
}
