package plots

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Calibration draws observed against nominal probability: how often the
// reference lies within the predicted intervals, or a class is right that was
// predicted with a probability. On the diagonal both agree. The legend gives the
// mean distance from it, the area between curve and diagonal over the range of
// the nominal probability.
type Calibration struct {
	Title         string
	X, Y          Axis     // labels default to nominal and observed probability; linear, [0, 1]
	Methods       []Series // X the nominal probability, which rises; with a band over seeds perhaps
	Width, Height vg.Length
}

var _ Drawing = Calibration{}

// Figure returns the drawing. An observed probability that is not finite is a
// gap, counted in the legend and left out of the area.
//
// Errors: no methods or an empty one; unequal lengths; nothing finite; a
// probability that is not in [0, 1]; nominal ones that do not rise; log axes;
// limits in the wrong order.
func (c Calibration) Figure() (Figure, error) {
	c.X, c.Y = c.X.or("nominal probability", ""), c.Y.or("observed probability", "")
	if !c.X.fixed() {
		c.X.Max = 1
	}
	if !c.Y.fixed() {
		c.Y.Max = 1
	}
	if err := c.validate(); err != nil {
		return Figure{}, err
	}
	kept, bad := gaps(c.Methods, c.X, c.Y)
	for i := range kept {
		kept[i].Name = joined(kept[i].Name, "area "+short(miscalibration(kept[i])))
	}
	series := settle(kept, true)
	p := &panel{x: c.X.scale(nothing(), 0), y: c.Y.scale(nothing(), 0), framed: true}
	p.marks = append(p.marks,
		segment{0, 0, 1, 1, lineStyle(muted(), 0.8, Dotted)},
		words{x: 0.03, y: 0.97, up: 1, text: "underconfident", style: noteText()},
		words{x: 0.97, y: 0.03, text: "overconfident", style: noteText()})
	for _, s := range series {
		p.marks = append(p.marks, seriesMarks(s, dataWidth)...)
	}
	s := single(c.Title, append(seriesKeys(series), leftOut(bad, false)...), p)
	s.aspect = 1
	return s.figureOf(c.Width, c.Height, Column, s.columnHeight)
}

// miscalibration is the mean distance of a curve from the diagonal, by
// trapezoids between neighbours that are both finite; where the curve crosses
// the diagonal each side counts.
func miscalibration(s Series) float64 {
	area, span := 0.0, 0.0
	for i := 1; i < len(s.X); i++ {
		d0, d1, dx := s.Y[i-1]-s.X[i-1], s.Y[i]-s.X[i], s.X[i]-s.X[i-1]
		if !finite(d0) || !finite(d1) {
			continue
		}
		span += dx
		if d0*d1 >= 0 {
			area += dx * (math.Abs(d0) + math.Abs(d1)) / 2
			continue
		}
		area += dx * (d0*d0 + d1*d1) / (2 * (math.Abs(d0) + math.Abs(d1)))
	}
	return area / span
}

func (c Calibration) validate() error {
	problems := []error{validateAll("Calibration", c.Methods, c.X, c.Y)}
	problems = append(problems, wantLinear("Calibration.X or Y", c.X, c.Y))
	outside := func(v float64) bool { return finite(v) && (v < 0 || v > 1) }
	for _, s := range c.Methods {
		for _, column := range []struct {
			name   string
			values []float64
		}{{"X", s.X}, {"Y", s.Y}, {"Low", s.Low}, {"High", s.High}} {
			if i := slices.IndexFunc(column.values, outside); i >= 0 {
				problems = append(problems, fmt.Errorf("plots: Series %q: %s[%d] = %g, want a probability from 0 to 1", s.Name, column.name, i, column.values[i]))
			}
		}
		for i := range s.X {
			if !finite(s.X[i]) || i > 0 && !(s.X[i] > s.X[i-1]) {
				problems = append(problems, fmt.Errorf("plots: Series %q: X[%d] = %g, want nominal probabilities that rise", s.Name, i, s.X[i]))
				break
			}
		}
	}
	return errors.Join(problems...)
}

// BoxKind is how [Boxes] draws a row.
type BoxKind int

// The kinds of a row.
const (
	BoxAndStrip BoxKind = iota // quartiles, whiskers and every value
	BoxOnly                    // quartiles and whiskers; values beyond them as dots
	StripOnly                  // every value, and a stroke at the median
)

// Boxes compares the distributions of methods over seeds or samples, one row a
// method. The box holds the middle half of the values with a stroke at the
// median; whiskers reach to the furthest value within 1.5 heights of the box.
//
// Source: Tukey 1977, Exploratory Data Analysis. bib: tukey1977exploratory
type Boxes struct {
	Title         string
	Value         Axis // label defaults to relative L2 error
	Methods       []Bar
	Kind          BoxKind
	Width, Height vg.Length // zero: one journal column, and a height for the rows
}

var _ Drawing = Boxes{}

// Figure returns the drawing. A value that is not finite is left out, and the
// name of its method says how many were.
//
// Errors: no methods; one without values or without a finite one; a value that
// is not positive on a log axis; a kind that is none; limits in the wrong order.
func (b Boxes) Figure() (Figure, error) {
	b.Value = b.Value.or("relative L_{2} error", "")
	problems := []error{b.Value.validate("Boxes.Value"), validateRows("Boxes", b.Methods, b.Value.Log)}
	if b.Kind < BoxAndStrip || b.Kind > StripOnly {
		problems = append(problems, fmt.Errorf("plots: Boxes.Kind = %d, want one of BoxAndStrip to StripOnly", b.Kind))
	}
	if err := errors.Join(problems...); err != nil {
		return Figure{}, err
	}
	n := len(b.Methods)
	values := nothing()
	rows := scale{lo: -0.6, hi: float64(n) - 0.4}
	p := &panel{}
	for i, m := range b.Methods {
		at := float64(n - 1 - i) // the first on top
		kept := sortedCopy(usable(m.Values, false))
		values.add(kept...)
		name := labelText().shorten(m.Name, 90)
		if lost := len(m.Values) - len(kept); lost > 0 {
			name += fmt.Sprintf(" (%d of %d failed)", lost, len(m.Values))
		}
		rows.at, rows.labels = append(rows.at, at), append(rows.labels, name)
		c := m.Color
		if c == nil {
			c = cycle(i)
		}
		p.marks = append(p.marks, boxRow{at, kept, draw.LineStyle{Color: c, Width: 1}, b.Kind})
	}
	p.x, p.y = b.Value.scale(values, 0.04), rows
	return single(b.Title, nil, p).figure(b.Width, b.Height, Column, vg.Length(n)*20+42)
}

// validateRows checks the rows of a kind that draws one for each method.
func validateRows(kind string, methods []Bar, log bool) error {
	var problems []error
	if len(methods) == 0 {
		problems = append(problems, fmt.Errorf("plots: %s has no methods, want at least one", kind))
	}
	for _, m := range methods {
		if !slices.ContainsFunc(m.Values, finite) {
			problems = append(problems, fmt.Errorf("plots: Bar %q: none of its %d values is finite, want at least one", m.Name, len(m.Values)))
		}
		if i := slices.IndexFunc(m.Values, func(v float64) bool { return v <= 0 }); log && i >= 0 {
			problems = append(problems, fmt.Errorf("plots: Bar %q: Values[%d] = %g, want > 0 on a log axis", m.Name, i, m.Values[i]))
		}
	}
	return errors.Join(problems...)
}

// boxRow draws one method's row.
type boxRow struct {
	at     float64
	sorted []float64 // finite, at least one
	line   draw.LineStyle
	kind   BoxKind
}

func (m boxRow) draw(a area) {
	const half = 0.3 // of the box, in rows
	q1, median, q3 := quantile(m.sorted, 0.25), quantile(m.sorted, 0.5), quantile(m.sorted, 0.75)
	reach := 1.5 * (q3 - q1)
	low, high := q1, q3
	var beyond []float64
	for _, v := range m.sorted {
		if v < q1-reach || v > q3+reach {
			beyond = append(beyond, v)
			continue
		}
		low, high = min(low, v), max(high, v)
	}
	if m.kind != StripOnly {
		boxFill{q1, m.at - half, q3, m.at + half, faded(m.line.Color, 0.25), m.line}.draw(a)
		for _, w := range [][2]float64{{low, q1}, {high, q3}} {
			segment{w[0], m.at, w[1], m.at, m.line}.draw(a)
			segment{w[0], m.at - half/2, w[0], m.at + half/2, m.line}.draw(a)
		}
	}
	heavy, dot := m.line, ink()
	heavy.Width = 1.8
	if m.kind == StripOnly {
		heavy.Color, dot = dot, heavy.Color
	} else {
		segment{median, m.at - half, median, m.at + half, heavy}.draw(a)
	}
	shown := m.sorted
	if m.kind == BoxOnly {
		shown = beyond
	}
	for i, v := range shown {
		y := m.at
		if m.kind != BoxOnly {
			y += half * (radicalInverse(i+1) - 0.5) * 1.3
		}
		dots{[]float64{v}, []float64{y}, Circle, 1.5, dot}.draw(a)
	}
	if m.kind == StripOnly {
		segment{median, m.at - half, median, m.at + half, heavy}.draw(a)
	}
}

// radicalInverse mirrors the binary digits of i at the point: 0.5, 0.25, 0.75, …,
// which scatters neighbours evenly.
func radicalInverse(i int) float64 {
	v, unit := 0.0, 0.5
	for ; i > 0; i >>= 1 {
		v += unit * float64(i&1)
		unit /= 2
	}
	return v
}

// BarGroup is one method's values in each task.
type BarGroup struct {
	Name   string
	Values [][]float64 // [task][seed]
}

// GroupedBars compares methods over several tasks: for each task a bar for each
// method as high as the mean over seeds, with a line from the least to the
// greatest. On a logarithmic axis, where a bar has no place to begin, a stroke
// marks the mean. Values that are not finite are left out and counted in the
// legend; a cell without any gets a red cross.
type GroupedBars struct {
	Title         string
	Value         Axis // label defaults to relative L2 error
	Tasks         []string
	Methods       []BarGroup
	Width, Height vg.Length // zero: the page's width
}

var _ Drawing = GroupedBars{}

// Figure returns the drawing.
//
// Errors: no tasks or methods; a method with another number of tasks; nothing
// finite in all of them; a value that is not positive on a log axis; limits in
// the wrong order.
func (g GroupedBars) Figure() (Figure, error) {
	g.Value = g.Value.or("relative L_{2} error", "")
	if err := g.validate(); err != nil {
		return Figure{}, err
	}
	tasks := scale{lo: -0.5, hi: float64(len(g.Tasks)) - 0.5}
	for k, name := range g.Tasks {
		tasks.at, tasks.labels = append(tasks.at, float64(k)), append(tasks.labels, name)
	}
	values := nothing()
	if !g.Value.Log {
		values.add(0)
	}
	p := &panel{}
	bad, empty := 0, 0
	slot := 0.8 / float64(len(g.Methods))
	var keys []key
	for i, m := range g.Methods {
		for k, cell := range m.Values {
			kept := usable(cell, false)
			values.add(kept...)
			bad += len(cell) - len(kept)
			at := float64(k) - 0.4 + slot*(float64(i)+0.5)
			if len(kept) == 0 {
				empty++
			}
			p.marks = append(p.marks, column{at, 0.42 * slot, kept, draw.LineStyle{Color: cycle(i), Width: 1.2}, !g.Value.Log})
		}
		keys = append(keys, key{name: m.Name, patch: faded(cycle(i), 0.45), line: lineStyle(cycle(i), 1.2, Solid)})
	}
	keys = append(keys, leftOut(bad, false)...)
	if empty > 0 {
		keys = append(keys, key{name: "no finite value", marker: Cross, color: warning()})
	}
	p.x, p.y = tasks, g.Value.scale(values, 0.05)
	if !g.Value.Log && !g.Value.fixed() {
		switch { // bars stand on the axis
		case values.lo == 0 && values.hi > 0:
			p.y.lo = 0
		case values.hi == 0 && values.lo < 0:
			p.y.hi = 0
		}
	}
	return single(g.Title, keys, p).figure(g.Width, g.Height, Page, 62*vg.Millimeter)
}

func (g GroupedBars) validate() error {
	problems := []error{g.Value.validate("GroupedBars.Value")}
	if len(g.Tasks) == 0 || len(g.Methods) == 0 {
		problems = append(problems, fmt.Errorf("plots: GroupedBars has %d tasks and %d methods, want at least one of each", len(g.Tasks), len(g.Methods)))
	}
	some := false
	for _, m := range g.Methods {
		if len(m.Values) != len(g.Tasks) {
			problems = append(problems, fmt.Errorf("plots: BarGroup %q: values for %d tasks, want %d, as many as Tasks", m.Name, len(m.Values), len(g.Tasks)))
		}
		for k, cell := range m.Values {
			some = some || slices.ContainsFunc(cell, finite)
			if i := slices.IndexFunc(cell, func(v float64) bool { return v <= 0 }); g.Value.Log && i >= 0 {
				problems = append(problems, fmt.Errorf("plots: BarGroup %q: Values[%d][%d] = %g, want > 0 on a log axis", m.Name, k, i, cell[i]))
			}
		}
	}
	if !some && len(problems) == 1 {
		problems = append(problems, errors.New("plots: GroupedBars: no value is finite, want at least one"))
	}
	return errors.Join(problems...)
}

// column draws one bar that stands.
type column struct {
	at, half float64
	values   []float64 // finite
	line     draw.LineStyle
	bar      bool
}

func (m column) draw(a area) {
	if len(m.values) == 0 {
		p := a.at(m.at, a.y.lo)
		drawMarker(a.Canvas, vg.Point{X: p.X, Y: a.Min.Y + 4}, Cross, markRadius, warning())
		return
	}
	mean, _ := moments(m.values)
	if m.bar {
		boxFill{m.at - m.half, 0, m.at + m.half, mean, faded(m.line.Color, 0.45), draw.LineStyle{}}.draw(a)
	}
	segment{m.at - m.half, mean, m.at + m.half, mean, m.line}.draw(a)
	if len(m.values) > 1 {
		segment{m.at, slices.Min(m.values), m.at, slices.Max(m.values), draw.LineStyle{Color: ink(), Width: 0.7}}.draw(a)
	}
}

// Histogram draws the densities of samples in even bins, even in the logarithm
// on a log axis, where the density is that of a decade. A value that is not
// finite, or not positive on a log axis, is left out and counted in the legend.
type Histogram struct {
	Title         string
	X, Y          Axis // the Y label defaults to density
	Samples       []Bar
	Bins          int       // 1 to 1,000; 0: by the rule of Freedman and Diaconis on the largest sample
	Curve         bool      // with a mean of Gaussians of Scott's width over it
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = Histogram{}

// Figure returns the drawing. Constant values get one bin.
//
// Errors: no samples, or one of which nothing can be drawn; a number of bins
// that cannot be; limits in the wrong order.
func (h Histogram) Figure() (Figure, error) {
	label := "density"
	if h.X.Log {
		label = "density per decade"
	}
	h.X, h.Y = h.X.or("value", ""), h.Y.or(label, "")
	if err := h.validate(); err != nil {
		return Figure{}, err
	}
	reach := nothing()
	bad := 0
	kept := make([][]float64, len(h.Samples))
	var largest []float64
	for i, s := range h.Samples {
		kept[i] = usable(s.Values, h.X.Log)
		bad += len(s.Values) - len(kept[i])
		if h.X.Log {
			for k, v := range kept[i] {
				kept[i][k] = math.Log10(v)
			}
		}
		reach.add(kept[i]...)
		if len(kept[i]) > len(largest) {
			largest = kept[i]
		}
	}
	bins := h.Bins
	if bins == 0 {
		s := sortedCopy(largest)
		bins = binCount(s)
		if span := s[len(s)-1] - s[0]; span > 0 { // as wide for all
			bins = int(min(math.Ceil(float64(bins)*(reach.hi-reach.lo)/span), 1000))
		}
	}
	if tiny := 1e-12 * max(math.Abs(reach.lo), math.Abs(reach.hi)); reach.hi-reach.lo <= tiny {
		half := max(math.Abs(reach.lo)/20, 1e-9)
		if h.X.Log {
			half = 0.05 // of a decade
		}
		reach.lo, reach.hi, bins = reach.lo-half, reach.hi+half, 1
	}
	var series []Series
	for i, values := range kept {
		series = append(series, h.outline(values, reach, bins))
		series[i].Name, series[i].Color = h.Samples[i].Name, h.Samples[i].Color
		if series[i].Color == nil {
			series[i].Color = cycle(i)
		}
	}
	xs, ys := ranges(series)
	if !h.Y.Log {
		ys.add(0)
	}
	p := &panel{x: h.X.scale(xs, 0.02), y: h.Y.scale(ys, 0.06)}
	if !h.Y.Log && !h.Y.fixed() {
		p.y.lo = 0
	}
	h.fill(p, series, kept)
	var keys []key
	for _, s := range series {
		if s.Name != "" {
			keys = append(keys, key{name: s.Name, patch: faded(s.Color, 0.35), line: lineStyle(s.Color, 0.9, Solid)})
		}
	}
	return single(h.Title, append(keys, leftOut(bad, h.X.Log)...), p).figure(h.Width, h.Height, Column, 56*vg.Millimeter)
}

// fill draws the bars of each sample, and the curve over them.
func (h Histogram) fill(p *panel, series []Series, kept [][]float64) {
	for i, s := range series {
		floor, top := make([]float64, len(s.X)), slices.Clone(s.Y)
		for k := range floor {
			floor[k] = p.y.lo
			if !finite(top[k]) { // an empty bin on a log axis
				top[k] = p.y.lo
			}
		}
		width := vg.Length(0.9)
		if h.Curve {
			width = 0.4
		}
		x := slices.Concat(s.X[:1], s.X, s.X[len(s.X)-1:])
		y := slices.Concat([]float64{p.y.lo}, top, []float64{p.y.lo})
		p.marks = append(p.marks, band{s.X, floor, top, faded(s.Color, 0.35)}, curve{x, y, lineStyle(s.Color, width, Solid)})
		if width := scott(kept[i], nil, 1); h.Curve && width > 0 {
			p.marks = append(p.marks, h.smooth(p, kept[i], width, lineStyle(s.Color, 1.3, Solid)))
		}
	}
}

// smooth is the mean of Gaussians over the width of the panel.
func (h Histogram) smooth(p *panel, values []float64, width float64, style draw.LineStyle) curve {
	table := kernelDensity(values, nil, width)
	x := evenly(p.x.lo, p.x.hi, 300, h.X.Log)
	y := make([]float64, len(x))
	for k, v := range x {
		if h.X.Log {
			v = math.Log10(v)
		}
		y[k] = table.at(v)
		if h.Y.Log && y[k] <= 0 {
			y[k] = nan()
		}
	}
	return curve{x, y, style}
}

// outline returns the corners of the bars; NaN for the height of an empty bin on
// a log axis.
func (h Histogram) outline(values []float64, reach extent, bins int) Series {
	var s Series
	width := (reach.hi - reach.lo) / float64(bins)
	back := func(v float64) float64 {
		if h.X.Log {
			return math.Pow(10, v)
		}
		return v
	}
	for k, count := range histogram(values, nil, reach.lo, reach.hi, bins) {
		height := count / (float64(len(values)) * width)
		if h.Y.Log && count == 0 {
			height = nan()
		}
		s.X = append(s.X, back(reach.lo+float64(k)*width), back(reach.lo+float64(k+1)*width))
		s.Y = append(s.Y, height, height)
	}
	return s
}

func (h Histogram) validate() error {
	problems := []error{h.X.validate("Histogram.X"), h.Y.validate("Histogram.Y")}
	if h.Bins < 0 || h.Bins > 1000 {
		problems = append(problems, fmt.Errorf("plots: Histogram.Bins = %d, want 1 to 1000, or 0 for a number by the values", h.Bins))
	}
	if len(h.Samples) == 0 {
		problems = append(problems, errors.New("plots: Histogram has no samples, want at least one"))
	}
	for _, s := range h.Samples {
		if len(usable(s.Values, h.X.Log)) == 0 {
			problems = append(problems, fmt.Errorf("plots: Histogram %q: none of its %d values is finite%s, want at least one",
				s.Name, len(s.Values), positive(h.X.Log)))
		}
	}
	return errors.Join(problems...)
}
