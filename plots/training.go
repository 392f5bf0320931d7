package plots

import (
	"errors"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
)

// Spread says which part of the runs a band holds.
type Spread int

// The spreads.
const (
	SpreadRange     Spread = iota // from the least to the greatest
	SpreadQuartiles               // the middle half
)

// Runs is one quantity recorded in several runs, which differ in their seed.
type Runs struct {
	Name       string    // of the term; training and validation of one term share it, and a colour
	Validation bool      // drawn dashed
	Steps      []float64 // steps or epochs, the same for all runs
	Values     [][]float64
}

// SeedLoss draws training history by term over several seeds: the median of the
// runs as a line and their spread as a band, training solid and validation
// dashed, on a logarithmic axis. A value that is not finite, or not positive on
// the log axis, is left out of median and band; the legend counts these values
// and the runs that have them.
//
// Shapes: Runs.Values [run][step].
type SeedLoss struct {
	Title         string
	X, Y          Axis // labels default to step and loss; Y.Log is ignored
	Linear        bool // a linear Y axis, for a loss that may be negative
	Band          Spread
	Terms         []Runs
	Width, Height vg.Length // zero: a notebook's width, which is a journal's page
}

var _ Drawing = SeedLoss{}

// Figure returns the drawing.
//
// Errors: no terms, or one without runs or steps; a run of another length than
// its steps; a step that is not finite, or not positive where X.Log is set; a
// term of which nothing can be drawn; limits in the wrong order.
func (l SeedLoss) Figure() (Figure, error) {
	l.X, l.Y = l.X.or("step", ""), l.Y.or("loss", "")
	l.Y.Log = !l.Linear
	if err := l.validate(); err != nil {
		return Figure{}, err
	}
	bad, badRuns := 0, 0
	var names []string
	series := make([]Series, len(l.Terms))
	validation := false
	for i, term := range l.Terms {
		if !slices.Contains(names, term.Name) {
			names = append(names, term.Name)
		}
		for _, run := range term.Values {
			if lost := len(run) - len(usable(run, l.Y.Log)); lost > 0 {
				bad += lost
				badRuns++
			}
		}
		series[i] = term.summary(l.Band, l.Y.Log)
		series[i].Color = cycle(slices.Index(names, term.Name))
		if term.Validation {
			series[i].Stroke, validation = Dashed, true
		}
	}
	p := seriesPanel(series, l.X, l.Y)
	keys := l.keys(series, validation)
	for _, k := range leftOut(bad, l.Y.Log) {
		k.name = fmt.Sprintf("%s (in %d %s)", k.name, badRuns, plural(badRuns, "run", "runs"))
		keys = append(keys, k)
	}
	return single(l.Title, keys, p).figure(l.Width, l.Height, Page, 68*vg.Millimeter)
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// keys names each term once, and says what line, band and dashes mean.
func (l SeedLoss) keys(series []Series, validation bool) []key {
	var keys []key
	most := 0
	var named []string
	for i, k := range seriesKeys(series) {
		most = max(most, len(l.Terms[min(i, len(l.Terms)-1)].Values))
		if !slices.Contains(named, k.name) {
			named = append(named, k.name)
			k.line.Dashes = nil
			keys = append(keys, k)
		}
	}
	if validation {
		keys = append(keys, key{name: "validation", line: lineStyle(muted(), dataWidth, Dashed)})
	}
	what := "least to greatest"
	if l.Band == SpreadQuartiles {
		what = "quartiles"
	}
	text := fmt.Sprintf("median and %s of %d %s", what, most, plural(most, "seed", "seeds"))
	return append(keys, key{name: text, line: lineStyle(muted(), dataWidth, Solid), patch: faded(muted(), 0.2)})
}

// summary is the median of the runs with its band; NaN where no run is usable.
func (r Runs) summary(band Spread, log bool) Series {
	s := Series{
		Name: r.Name, X: slices.Clone(r.Steps), Stroke: Solid, Marker: NoMarker,
		Y: make([]float64, len(r.Steps)), Low: make([]float64, len(r.Steps)), High: make([]float64, len(r.Steps)),
	}
	column := make([]float64, 0, len(r.Values))
	for i := range r.Steps {
		column = column[:0]
		for _, run := range r.Values {
			if drawable(run[i], log) {
				column = append(column, run[i])
			}
		}
		if len(column) == 0 {
			s.Y[i], s.Low[i], s.High[i] = nan(), nan(), nan()
			continue
		}
		slices.Sort(column)
		s.Y[i] = quantile(column, 0.5)
		s.Low[i], s.High[i] = column[0], column[len(column)-1]
		if band == SpreadQuartiles {
			s.Low[i], s.High[i] = quantile(column, 0.25), quantile(column, 0.75)
		}
	}
	if alone(s.Y) {
		s.Marker = Circle
	}
	return s
}

func (l SeedLoss) validate() error {
	problems := []error{l.X.validate("SeedLoss.X"), l.Y.validate("SeedLoss.Y")}
	if l.Band < SpreadRange || l.Band > SpreadQuartiles {
		problems = append(problems, fmt.Errorf("plots: SeedLoss.Band = %d, want SpreadRange or SpreadQuartiles", l.Band))
	}
	if len(l.Terms) == 0 {
		problems = append(problems, errors.New("plots: SeedLoss has no terms, want at least one"))
	}
	for _, term := range l.Terms {
		problems = append(problems, term.validate(l.X.Log, l.Y.Log))
	}
	return errors.Join(problems...)
}

func (r Runs) validate(logX, logY bool) error {
	if len(r.Values) == 0 || len(r.Steps) == 0 {
		return fmt.Errorf("plots: Runs %q: %d runs of %d steps, want at least one of each", r.Name, len(r.Values), len(r.Steps))
	}
	var problems []error
	if i := slices.IndexFunc(r.Steps, func(s float64) bool { return !drawable(s, logX) }); i >= 0 {
		problems = append(problems, fmt.Errorf("plots: Runs %q: Steps[%d] = %g, want a finite number, > 0 on a log axis", r.Name, i, r.Steps[i]))
	}
	some := false
	for i, run := range r.Values {
		if len(run) != len(r.Steps) {
			problems = append(problems, fmt.Errorf("plots: Runs %q: Values[%d] has %d values, want %d, as many as Steps",
				r.Name, i, len(run), len(r.Steps)))
		}
		some = some || len(usable(run, logY)) > 0
	}
	if !some {
		problems = append(problems, fmt.Errorf("plots: Runs %q: no value of its %d runs is finite%s, want at least one",
			r.Name, len(r.Values), positive(logY)))
	}
	return errors.Join(problems...)
}

func positive(log bool) string {
	if log {
		return " and > 0"
	}
	return ""
}

// GradientNorms draws the norm of the gradient by group of parameters, such as
// layers or terms of the loss, on a logarithmic axis. A norm that is not finite
// or not positive is treated as [Loss] treats it. Where gradients are clipped
// the threshold is drawn, and the legend says at how many of the steps of the
// first group the norm was above it.
type GradientNorms struct {
	Title         string
	X, Y          Axis // labels default to step and gradient norm; Y is logarithmic
	Groups        []History
	Clip          float64   // threshold of clipping; 0: none
	Width, Height vg.Length // zero: a notebook's width, which is a journal's page
}

var _ Drawing = GradientNorms{}

// Figure returns the drawing.
//
// Errors: no groups, or no points in any; unequal lengths; a step that is not
// finite, or not positive where X.Log is set; a negative threshold; limits in
// the wrong order.
func (g GradientNorms) Figure() (Figure, error) {
	var problem error
	if !finite(g.Clip) || g.Clip < 0 {
		problem = fmt.Errorf("plots: GradientNorms.Clip = %g, want > 0, or 0 for none", g.Clip)
	}
	l := Loss{X: g.X.or("step", ""), Y: g.Y.or("gradient norm", ""), Curves: g.Groups}
	p, keys, err := l.record("GradientNorms", problem)
	if err != nil {
		return Figure{}, err
	}
	if g.Clip > 0 {
		above := 0
		for _, v := range g.Groups[0].Values {
			if v > g.Clip {
				above++
			}
		}
		p.marks = append(p.marks, rule{value: g.Clip, style: lineStyle(ink(), 0.8, Dotted)})
		share := 100 * float64(above) / float64(max(len(g.Groups[0].Values), 1))
		keys = append(keys, key{name: "clipped above " + plain(g.Clip) + ": " + short(share) + " % of steps", line: lineStyle(ink(), 0.8, Dotted)})
	}
	return single(g.Title, keys, p).figure(g.Width, g.Height, Page, 60*vg.Millimeter)
}

// record is the panel of a kind that draws histories as Loss does, with the
// legend; problem is what the kind itself found wrong.
func (l Loss) record(kind string, problem error) (*panel, []key, error) {
	l.Y.Log = !l.Linear
	problems := []error{problem, l.X.validate(kind + ".X"), l.Y.validate(kind + ".Y")}
	points := 0
	for _, c := range l.Curves {
		points += len(c.Steps)
	}
	if points == 0 {
		problems = append(problems, fmt.Errorf("plots: %s has no points, want at least one", kind))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, nil, err
	}
	if err := l.validate(); err != nil {
		return nil, nil, err
	}
	series, bad := l.series()
	xs, ys := ranges(series)
	xs.add(bad...)
	p := &panel{x: l.X.scale(xs, 0), y: l.Y.scale(ys, 0.05), marks: lossMarks(series), numbers: seriesNumbers(series)}
	keys := l.keys(series)
	for _, k := range leftOut(len(bad), !l.Linear) {
		p.marks = append(p.marks, feet(bad))
		k.marker, k.color = Triangle, warning()
		keys = append(keys, k)
	}
	return p, keys, nil
}

// TermWeights draws the weights of a loss's terms over training, on a
// logarithmic axis or, with Shares, as parts of their sum one upon the other.
type TermWeights struct {
	Title         string
	X, Y          Axis // labels default to step and weight, or share of the weights; Y.Log is ignored
	Shares        bool
	Terms         []History
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = TermWeights{}

// Figure returns the drawing. Without Shares a weight that is not finite or not
// positive is treated as [Loss] treats it. With Shares, steps at which a
// weight is not finite, or all are zero, are a gap and the legend counts them.
//
// Errors: no terms, or no points in any; unequal lengths; a step that is not
// finite, or not positive where X.Log is set; with Shares, terms of unequal
// steps, a negative weight, or no step that can be drawn; limits in the wrong
// order.
func (w TermWeights) Figure() (Figure, error) {
	if !w.Shares {
		l := Loss{X: w.X.or("step", ""), Y: w.Y.or("weight", ""), Curves: w.Terms}
		p, keys, err := l.record("TermWeights", nil)
		if err != nil {
			return Figure{}, err
		}
		return single(w.Title, keys, p).figure(w.Width, w.Height, Column, 54*vg.Millimeter)
	}
	w.X, w.Y = w.X.or("step", ""), w.Y.or("share of the weights", "")
	w.Y.Log = false
	if !w.Y.fixed() {
		w.Y.Max = 1
	}
	if err := w.validateShares(); err != nil {
		return Figure{}, err
	}
	edges, gone := w.stack()
	if gone == len(edges[0]) {
		return Figure{}, errors.New("plots: TermWeights: at no step are all weights finite with a positive sum, want at least one")
	}
	steps := slices.Clone(w.Terms[0].Steps)
	xs := nothing()
	xs.add(steps...)
	p := &panel{x: w.X.scale(xs, 0), y: w.Y.scale(nothing(), 0)}
	var keys []key
	for i, term := range w.Terms {
		fill := solidTint(cycle(i))
		p.marks = append(p.marks, band{steps, edges[i], edges[i+1], fill})
		keys = append(keys, key{name: term.Name, patch: fill})
	}
	keys = append(keys, leftOut(gone, false)...)
	return single(w.Title, keys, p).figure(w.Width, w.Height, Column, 54*vg.Millimeter)
}

// solidTint is a lighter shade of a colour that hides what is under it.
func solidTint(c color.Color) color.Color {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	mix := func(v uint8) uint8 { return uint8(0.65*float64(v) + 0.35*255 + 0.5) }
	return color.NRGBA{R: mix(n.R), G: mix(n.G), B: mix(n.B), A: 0xFF}
}

// stack returns the running sums of the shares, from 0 to 1, with NaN at the
// steps that cannot be drawn, and the number of those.
func (w TermWeights) stack() (edges [][]float64, gone int) {
	n := len(w.Terms[0].Steps)
	edges = make([][]float64, len(w.Terms)+1)
	for i := range edges {
		edges[i] = make([]float64, n)
	}
	for k := range n {
		total := 0.0
		for _, term := range w.Terms {
			total += term.Values[k]
		}
		if !finite(total) || total == 0 {
			total = nan()
			gone++
		}
		edges[0][k] = 0 / total
		for i, term := range w.Terms {
			edges[i+1][k] = edges[i][k] + term.Values[k]/total
		}
	}
	return edges, gone
}

func (w TermWeights) validateShares() error {
	problems := []error{w.X.validate("TermWeights.X"), w.Y.validate("TermWeights.Y")}
	if len(w.Terms) == 0 || len(w.Terms[0].Steps) < 2 {
		problems = append(problems, errors.New("plots: TermWeights has no terms or fewer than 2 steps, want at least one term of 2"))
	}
	for i, term := range w.Terms {
		if !slices.Equal(term.Steps, w.Terms[0].Steps) {
			problems = append(problems, fmt.Errorf("plots: TermWeights.Terms[%d]: its steps differ from those of Terms[0], want the same with Shares", i))
		}
		if len(term.Steps) != len(term.Values) {
			problems = append(problems, fmt.Errorf("plots: History %q: %d steps, %d values, want as many", term.Name, len(term.Steps), len(term.Values)))
		}
		if k := slices.IndexFunc(term.Steps, func(s float64) bool { return !drawable(s, w.X.Log) }); k >= 0 {
			problems = append(problems, fmt.Errorf("plots: History %q: Steps[%d] = %g, want a finite number, > 0 on a log axis", term.Name, k, term.Steps[k]))
		}
		if k := slices.IndexFunc(term.Values, func(v float64) bool { return v < 0 }); k >= 0 {
			problems = append(problems, fmt.Errorf("plots: History %q: Values[%d] = %g, want ≥ 0 with Shares", term.Name, k, term.Values[k]))
		}
	}
	return errors.Join(problems...)
}

// LandscapeLine draws the loss along a direction through the trained weights,
// which lie at 0: a series for each direction, or for training and validation.
// A loss that is not finite, or not positive on the log axis, is a gap and is
// counted in the legend.
//
// Source: Goodfellow, Vinyals and Saxe 2015, arXiv:1412.6544; with directions
// normalised by filter, Li et al. 2018, arXiv:1712.09913.
// bib: goodfellow2015qualitatively, li2018visualizing
type LandscapeLine struct {
	Title         string
	X, Y          Axis // labels default to distance along the direction and loss; Y.Log is ignored
	Linear        bool // a linear Y axis
	Series        []Series
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = LandscapeLine{}

// Figure returns the drawing.
//
// Errors: no series or an empty one; unequal lengths; nothing that can be drawn;
// limits in the wrong order.
func (l LandscapeLine) Figure() (Figure, error) {
	l.X, l.Y = l.X.or("distance α along the direction", ""), l.Y.or("loss", "")
	l.X.Log, l.Y.Log = false, !l.Linear
	kept, bad, err := masked("LandscapeLine", l.Series, l.X, l.Y)
	if err != nil {
		return Figure{}, err
	}
	series := settle(kept, false)
	p := seriesPanel(series, l.X, l.Y)
	p.marks = slices.Insert(p.marks, 0, mark(rule{0, true, lineStyle(muted(), 0.8, Dotted)}))
	p.marks = append(p.marks, words{x: 0, y: p.y.hi, dx: 3, dy: -3, up: 1, text: "trained", style: noteText()})
	keys := append(seriesKeys(series), leftOut(bad, l.Y.Log)...)
	return single(l.Title, keys, p).figure(l.Width, l.Height, Column, 54*vg.Millimeter)
}

// masked checks the series of a kind that leaves out what it cannot draw, and
// returns them with gaps and how many points are left out.
func masked(kind string, series []Series, x, y Axis) (kept []Series, bad int, err error) {
	for _, s := range series {
		if s.validate(Axis{}, Axis{}) != nil {
			return nil, 0, validateAll(kind, series, x, y)
		}
	}
	kept, bad = gaps(series, x, y)
	return kept, bad, validateAll(kind, kept, x, y)
}
