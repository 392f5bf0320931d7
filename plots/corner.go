package plots

import (
	"errors"
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot/vg"
)

// SampleSet is a named set of samples in several dimensions.
type SampleSet struct {
	Name    string
	Samples [][]float64 // [sample][dimension]
}

// Corner draws samples in several dimensions, of a posterior perhaps: on the
// diagonal the density of each dimension, below it for each pair the regions
// that hold 68 and 95 % of a smoothed density. A sample with a value that is
// not finite is left out and counted in the legend.
type Corner struct {
	Title         string
	Names         []string // of the dimensions, 2 to 8
	Sets          []SampleSet
	True          []float64 // optional: values marked by dotted lines
	Width, Height vg.Length // zero: a journal's page, square
}

var _ Drawing = Corner{}

// Figure returns the drawing. Smoothing is by Gaussians of Scott's width.
//
// Errors: fewer than two or more than eight dimensions; no sets or more than
// four; a sample of another length; a set with fewer than two finite samples; a
// true value that is not finite, or too few of them.
func (c Corner) Figure() (Figure, error) {
	if err := c.validate(); err != nil {
		return Figure{}, err
	}
	n := len(c.Names)
	sets, bad := c.columns()
	limits := make([]scale, n)
	for d := range n {
		reach := nothing()
		for _, set := range sets {
			// The outermost samples would leave the middle small.
			s := sortedCopy(set[d])
			reach.add(quantile(s, 0.001), quantile(s, 0.999))
		}
		if len(c.True) > 0 {
			reach.add(c.True[d])
		}
		limits[d] = Axis{Label: c.Names[d]}.scale(reach, 0.08)
	}
	s := sheet{title: c.Title, aspect: 1}
	for row := range n {
		s.rows = append(s.rows, track{share: 1, gap: 3})
		s.cols = append(s.cols, track{share: 1, gap: 3})
		cells := make([]*panel, n)
		for col := range row + 1 {
			cells[col] = c.panel(sets, limits, row, col)
		}
		s.cells = append(s.cells, cells)
	}
	s.rows[0].gap, s.cols[0].gap = 0, 0
	for i, set := range c.Sets {
		if set.Name != "" {
			s.keys = append(s.keys, key{name: set.Name, line: lineStyle(cycle(i), dataWidth, Solid), patch: faded(cycle(i), 0.3)})
		}
	}
	if len(c.True) > 0 {
		s.keys = append(s.keys, key{name: "true", line: lineStyle(ink(), 0.8, Dotted)})
	}
	s.keys = append(s.keys, leftOut(bad, false)...)
	return s.figureOf(c.Width, c.Height, min(Page, vg.Length(n)*45*vg.Millimeter), s.naturalHeight)
}

// columns returns the finite samples of each set by dimension.
func (c Corner) columns() (sets [][][]float64, bad int) {
	for _, set := range c.Sets {
		columns := make([][]float64, len(c.Names))
		for _, sample := range set.Samples {
			if len(usable(sample, false)) < len(sample) {
				bad++
				continue
			}
			for d, v := range sample {
				columns[d] = append(columns[d], v)
			}
		}
		sets = append(sets, columns)
	}
	return sets, bad
}

// panel is the one of a row and a column, on the diagonal or below.
func (c Corner) panel(sets [][][]float64, limits []scale, row, col int) *panel {
	p := &panel{x: limits[col], y: limits[row], framed: true}
	p.x.bare = row < len(limits)-1
	p.y.bare = col > 0
	if row == col {
		p.y = scale{lo: 0, hi: 1, none: true}
		top := 0.0
		var curves []curve
		for i, set := range sets {
			width := scott(set[col], nil, 1)
			if width == 0 { // constant: a narrow peak
				width = (p.x.hi - p.x.lo) / 200
			}
			table := kernelDensity(set[col], nil, width)
			x := evenly(p.x.lo, p.x.hi, 200, false)
			y := make([]float64, len(x))
			for k := range x {
				y[k] = table.at(x[k])
				top = max(top, y[k])
			}
			curves = append(curves, curve{x, y, lineStyle(cycle(i), dataWidth, Solid)})
		}
		for _, m := range curves {
			p.marks = append(p.marks, m)
		}
		p.y.hi = max(1.08*top, 1e-300)
	} else {
		for i, set := range sets {
			points := PointSet{X: set[col], Y: set[row]}
			p.marks = append(p.marks, points.regions(p.x, p.y, cycle(i))...)
		}
	}
	if len(c.True) > 0 {
		style := lineStyle(ink(), 0.8, Dotted)
		p.marks = append(p.marks, rule{c.True[col], true, style})
		if row != col {
			p.marks = append(p.marks, rule{value: c.True[row], style: style})
		}
	}
	return p
}

// regions draws the parts of the plane that hold 95 and 68 % of the smoothed
// points.
func (p PointSet) regions(sx, sy scale, c color.Color) []mark {
	const n = 120
	f := p.density(sx, sy, n, true)
	middle := func(s scale) []float64 {
		half := (s.hi - s.lo) / (2 * n)
		return evenly(s.lo+half, s.hi-half, n, false)
	}
	g := isoGrid{xs: middle(sx), ys: middle(sy), v: f}
	var marks []mark
	for k, share := range []float64{0.95, 0.68} {
		marks = append(marks, rings{g.regions(levelOf(f, share)), faded(c, 0.25+0.15*float64(k)), lineStyle(c, 0.7, Solid)})
	}
	return marks
}

func (c Corner) validate() error {
	var problems []error
	n := len(c.Names)
	if n < 2 || n > 8 {
		problems = append(problems, fmt.Errorf("plots: Corner.Names has %d dimensions, want 2 to 8", n))
	}
	if len(c.Sets) == 0 || len(c.Sets) > 4 {
		problems = append(problems, fmt.Errorf("plots: Corner.Sets has %d sets, want 1 to 4", len(c.Sets)))
	}
	for _, set := range c.Sets {
		good := 0
		for i, sample := range set.Samples {
			if len(sample) != n {
				problems = append(problems, fmt.Errorf("plots: SampleSet %q: Samples[%d] has %d values, want %d, as many as Names", set.Name, i, len(sample), n))
				break
			}
			if len(usable(sample, false)) == n {
				good++
			}
		}
		if good < 2 {
			problems = append(problems, fmt.Errorf("plots: SampleSet %q: %d of its %d samples are finite, want at least 2", set.Name, good, len(set.Samples)))
		}
	}
	if len(c.True) != 0 && len(c.True) != n {
		problems = append(problems, fmt.Errorf("plots: Corner.True has %d values, want %d, as many as Names, or none", len(c.True), n))
	}
	if i := slices.IndexFunc(c.True, func(v float64) bool { return !finite(v) }); i >= 0 {
		problems = append(problems, fmt.Errorf("plots: Corner.True[%d] = %g, want a finite number", i, c.True[i]))
	}
	return errors.Join(problems...)
}
