package plots

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// Compare draws 1-D samples side by side: reference and prediction over x, and
// below each the error, prediction minus reference. All samples share the
// limits of each row. The title of a sample gives its relative L2 error,
// ‖prediction − reference‖₂ / ‖reference‖₂ over the finite points.
type Compare struct {
	Title                 string
	X, Y                  Axis // labels default to x and u
	Points                []float64
	Reference, Prediction [][]float64 // [sample][point]
	Input                 [][]float64 // optional, drawn thin, such as the initial condition
	Names                 []string    // optional, of the samples
	NoLetters             bool        // no (a), (b), …, as within a Grid
	Width, Height         vg.Length   // zero: one column for a single sample, else the page
}

var _ Drawing = Compare{}

// maxSamples is what fits on a journal's page side by side.
const maxSamples = 6

// Figure returns the drawing.
//
// Errors: no samples, or more than six; unequal numbers of samples or points;
// a sample of which nothing is finite; a log axis for Y.
func (c Compare) Figure() (Figure, error) {
	c.X = c.X.or("x", "")
	c.Y = c.Y.or("u", "")
	if err := c.validate(); err != nil {
		return Figure{}, err
	}
	s := sheet{title: c.Title, rows: []track{{share: 3}, {share: 1, gap: 3}}, cells: make([][]*panel, 2)}
	var upper, lower extent = nothing(), nothing()
	for i := range c.Reference {
		upper.add(c.Reference[i]...)
		upper.add(c.Prediction[i]...)
		if len(c.Input) > 0 {
			upper.add(c.Input[i]...)
		}
		miss := difference(c.Prediction[i], c.Reference[i])
		for k := range miss {
			lower.add(miss[k], -miss[k]) // zero in the middle
		}
	}
	points := slices.Clone(c.Points)
	for i := range c.Reference {
		fit, miss := c.sample(i, points, upper, lower)
		s.cols = append(s.cols, track{share: 1, gap: 6})
		s.cells[0] = append(s.cells[0], fit)
		s.cells[1] = append(s.cells[1], miss)
	}
	s.cols[0].gap = 0
	s.keys = c.keys()
	width, height := vg.Length(Page), 62*vg.Millimeter
	if len(c.Reference) == 1 {
		width, height = Column, 70*vg.Millimeter
	}
	return s.figure(c.Width, c.Height, width, height)
}

// sample returns the two panels of sample i.
func (c Compare) sample(i int, points []float64, upper, lower extent) (fit, miss *panel) {
	xs := nothing()
	xs.add(points...)
	ref, pred := slices.Clone(c.Reference[i]), slices.Clone(c.Prediction[i])
	fit = &panel{x: c.X.scale(xs, 0), y: c.Y.scale(upper, 0.05)}
	miss = &panel{x: c.X.scale(xs, 0), y: Axis{Label: "error", Unit: c.Y.Unit}.scale(lower, 0.08)}
	fit.x.bare = true
	if i > 0 {
		fit.y.bare, miss.y.bare = true, true
	}
	if len(c.Reference) > 1 && !c.NoLetters {
		fit.letter = string(rune('a' + i))
	}
	fit.title = "rel. L_{2} " + short(relativeL2(pred, ref))
	fit.room = 6
	if len(c.Names) > 0 {
		fit.brief = c.Names[i]
		fit.title = c.Names[i] + ": " + fit.title
	}
	if len(c.Input) > 0 {
		fit.marks = append(fit.marks, curve{points, slices.Clone(c.Input[i]), lineStyle(muted(), 0.7, Dotted)})
	}
	fit.marks = append(fit.marks,
		curve{points, ref, lineStyle(ink(), dataWidth, Solid)},
		curve{points, pred, lineStyle(cycle(1), dataWidth, Dashed)})
	miss.marks = []mark{
		rule{value: 0, style: lineStyle(muted(), frameWidth, Solid)},
		curve{points, difference(pred, ref), lineStyle(cycle(1), 0.8*dataWidth, Solid)},
	}
	fit.numbers = []numbers{{name: "reference", x: points, y: ref}, {name: "prediction", x: points, y: pred}}
	return fit, miss
}

func (c Compare) keys() []key {
	keys := []key{
		{name: "reference", line: lineStyle(ink(), dataWidth, Solid)},
		{name: "prediction", line: lineStyle(cycle(1), dataWidth, Dashed)},
	}
	if len(c.Input) > 0 {
		keys = append(keys, key{name: "input", line: lineStyle(muted(), 0.7, Dotted)})
	}
	return keys
}

func (c Compare) validate() error {
	problems := []error{c.X.validate("Compare.X"), c.Y.validate("Compare.Y")}
	if c.Y.Log {
		problems = append(problems, errors.New("plots: Compare.Y.Log = true, want a linear axis, since the error has either sign"))
	}
	n := len(c.Reference)
	if n == 0 || n > maxSamples {
		problems = append(problems, fmt.Errorf("plots: Compare.Reference has %d samples, want 1 to %d", n, maxSamples))
	}
	if len(c.Points) < 2 {
		problems = append(problems, fmt.Errorf("plots: Compare.Points has %d points, want at least 2", len(c.Points)))
	}
	if len(c.Names) != 0 && len(c.Names) != n {
		problems = append(problems, fmt.Errorf("plots: Compare.Names has %d names, want %d, as many as samples, or none", len(c.Names), n))
	}
	for _, part := range []struct {
		name     string
		samples  [][]float64
		optional bool
	}{{"Reference", c.Reference, false}, {"Prediction", c.Prediction, false}, {"Input", c.Input, true}} {
		if part.optional && len(part.samples) == 0 {
			continue
		}
		if len(part.samples) != n {
			problems = append(problems, fmt.Errorf("plots: Compare.%s has %d samples, want %d, as many as Reference",
				part.name, len(part.samples), n))
		}
		for i, u := range part.samples {
			s := Series{Name: fmt.Sprintf("%s[%d]", part.name, i), X: c.Points, Y: u}
			problems = append(problems, s.validate(c.X, c.Y))
		}
	}
	return errors.Join(problems...)
}

// difference returns u − v.
func difference(u, v []float64) []float64 {
	d := make([]float64, len(u))
	for i := range u {
		d[i] = u[i] - v[i]
	}
	return d
}

// relativeL2 is over the points where both are finite.
func relativeL2(got, reference []float64) float64 {
	var miss, norm float64
	for i, r := range reference {
		if finite(got[i]) && finite(r) {
			miss += (got[i] - r) * (got[i] - r)
			norm += r * r
		}
	}
	return math.Sqrt(miss / norm)
}

func nan() float64 { return math.NaN() }
