package plots

import (
	"errors"
	"fmt"
	"slices"

	"gonum.org/v1/plot/vg"
)

// History is the record of one term of a loss.
type History struct {
	Name       string    // of the term; training and validation of one term share it, and a colour
	Validation bool      // drawn dashed
	Steps      []float64 // steps or epochs
	Values     []float64 // as many
}

// Loss draws training history by term: training solid, validation dashed, on
// a logarithmic axis. It takes a run as it is: a value that is not finite, or
// not positive on the log axis, breaks its curve, is marked by a red triangle
// at the foot of the figure and is counted in the legend. Its X axis may carry
// the limits of the whole run, so that a live chart shows how far it is.
type Loss struct {
	Title         string
	Status        string // a second line, such as progress, speed and device
	X, Y          Axis   // labels default to step and loss; Y.Log is ignored
	Linear        bool   // a linear Y axis, for a loss that may be negative
	Curves        []History
	Width, Height vg.Length // zero: a notebook's width, which is a journal's page
}

var _ Drawing = Loss{}

// Figure returns the drawing. A history of which nothing can be drawn, such as
// one that is NaN from the first step, is no error: the marks show it.
//
// Errors: no curves, or no points in any; unequal lengths; a step that is not
// finite, or not positive where X.Log is set; limits in the wrong order.
func (l Loss) Figure() (Figure, error) {
	l.X = l.X.or("step", "")
	l.Y = l.Y.or("loss", "")
	l.Y.Log = !l.Linear
	if err := l.validate(); err != nil {
		return Figure{}, err
	}
	series, bad := l.series()
	xs, ys := ranges(series)
	xs.add(bad...)
	p := &panel{x: l.X.scale(xs, 0), y: l.Y.scale(ys, 0.05), marks: lossMarks(series), numbers: seriesNumbers(series)}
	keys := l.keys(series)
	if len(bad) > 0 {
		p.marks = append(p.marks, feet(bad))
		what := "not finite"
		if !l.Linear {
			what = "not finite or ≤ 0"
		}
		keys = append(keys, key{
			name:   fmt.Sprintf("%d left out: %s", len(bad), what),
			marker: Triangle, color: warning(),
		})
	}
	s := single(l.Title, keys, p)
	s.note = l.Status
	return s.figure(l.Width, l.Height, Page, 68*vg.Millimeter)
}

func (l Loss) validate() error {
	problems := []error{l.X.validate("Loss.X"), l.Y.validate("Loss.Y")}
	points := 0
	for _, c := range l.Curves {
		points += len(c.Steps)
		if len(c.Steps) != len(c.Values) {
			problems = append(problems, fmt.Errorf("plots: History %q: %d steps, %d values, want as many",
				c.Name, len(c.Steps), len(c.Values)))
		}
		wrong := func(s float64) bool { return !finite(s) || l.X.Log && s <= 0 }
		if i := slices.IndexFunc(c.Steps, wrong); i >= 0 {
			want := "a finite number"
			if l.X.Log {
				want += " > 0 on a log axis"
			}
			problems = append(problems, fmt.Errorf("plots: History %q: Steps[%d] = %g, want %s", c.Name, i, c.Steps[i], want))
		}
	}
	if points == 0 {
		problems = append(problems, errors.New("plots: Loss has no points, want at least one"))
	}
	return errors.Join(problems...)
}

// series returns the curves with NaN in place of what cannot be drawn, and the
// steps of those points. A curve of one point gets a marker.
func (l Loss) series() (series []Series, bad []float64) {
	names := l.names()
	for _, c := range l.Curves {
		s := Series{Name: c.Name, X: slices.Clone(c.Steps), Y: slices.Clone(c.Values), Stroke: Solid, Marker: NoMarker}
		s.Color = cycle(slices.Index(names, c.Name))
		if c.Validation {
			s.Stroke = Dashed
		}
		usable := 0
		for i, v := range s.Y {
			if !finite(v) || !l.Linear && v <= 0 {
				bad = append(bad, s.X[i])
				s.Y[i] = nan()
				continue
			}
			usable++
		}
		if usable == 1 || alone(s.Y) {
			s.Marker = Circle
		}
		series = append(series, s)
	}
	return series, bad
}

// lossMarks draws validation over training, which where there are both is
// thinner and lighter, since it is noisy.
func lossMarks(series []Series) []mark {
	isDashed := func(s Series) bool { return s.Stroke == Dashed }
	both := slices.ContainsFunc(series, isDashed)
	var below, above []mark
	for _, s := range series {
		if isDashed(s) {
			above = append(above, seriesMarks(s, 1.2*dataWidth)...)
			continue
		}
		if both {
			s.Color = faded(s.Color, 0.7)
		}
		below = append(below, seriesMarks(s, 0.7*dataWidth)...)
	}
	return append(below, above...)
}

// alone reports whether no two neighbours in y can be joined by a line.
func alone(y []float64) bool {
	for i := 1; i < len(y); i++ {
		if finite(y[i]) && finite(y[i-1]) {
			return false
		}
	}
	return true
}

// names returns each term's name once, in order.
func (l Loss) names() []string {
	var names []string
	for _, c := range l.Curves {
		if !slices.Contains(names, c.Name) {
			names = append(names, c.Name)
		}
	}
	return names
}

// keys names each term once, and says what dashes mean.
func (l Loss) keys(series []Series) []key {
	var keys []key
	dashed, solid := false, false
	for i, name := range l.names() {
		if name != "" {
			keys = append(keys, key{name: name, line: lineStyle(cycle(i), dataWidth, Solid)})
		}
	}
	for _, s := range series {
		dashed = dashed || s.Stroke == Dashed
		solid = solid || s.Stroke == Solid
	}
	if dashed {
		if solid {
			keys = append(keys, key{name: "training", line: lineStyle(muted(), dataWidth, Solid)})
		}
		keys = append(keys, key{name: "validation", line: lineStyle(muted(), dataWidth, Dashed)})
	}
	return keys
}

// feet marks steps at the foot of the data box; steps whose marks would cover
// each other share one.
type feet []float64

func (m feet) draw(a area) {
	xs := slices.Clone(m)
	slices.Sort(xs)
	last := a.Min.X - 10
	for _, v := range xs {
		x := a.X(a.x.norm(v))
		if !a.ContainsX(x) || x < last+markRadius {
			continue
		}
		drawMarker(a.Canvas, vg.Point{X: x, Y: a.Min.Y + markRadius}, Triangle, markRadius, warning())
		last = x
	}
}
