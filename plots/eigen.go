package plots

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"math/cmplx"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// ComplexSet is a named set of points in the complex plane.
type ComplexSet struct {
	Name   string
	Values []complex128
	Marker Marker
	Color  color.Color // nil: the next of Palette
}

// Eigenvalues draws sets of eigenvalues in the complex plane, with the unit
// circle or the region in which a Runge–Kutta method is stable, and says in the
// legend how many of each set lie outside. A value that is not finite is left
// out and counted.
//
//	|R(z)| ≤ 1, R(z) = Σ Stability[j] zʲ, z = h λ
//
// Values are taken as given: for a method's region they are the step times the
// eigenvalues.
type Eigenvalues struct {
	Title         string
	Re, Im        Axis // labels default to Re λ and Im λ, or Re hλ and Im hλ
	Sets          []ComplexSet
	UnitCircle    bool
	Stability     []float64 // coefficients of R, from the constant one up; nil: no region
	Width, Height vg.Length // zero: one journal column, and the height that suits
}

var _ Drawing = Eigenvalues{}

// onRim is how far outside a modulus may be that round-off put there: the
// eigenvalues of an orthogonal matrix lie on the circle.
const onRim = 1e-9

// Figure returns the drawing.
//
// Errors: no sets, or one of which nothing is finite; a circle and a region at
// once; coefficients that are not finite, or no degree; log axes; limits in the
// wrong order.
func (e Eigenvalues) Figure() (Figure, error) {
	re, im := "Re λ", "Im λ"
	if e.Stability != nil {
		re, im = "Re hλ", "Im hλ"
	}
	e.Re, e.Im = e.Re.or(re, ""), e.Im.or(im, "")
	if err := e.validate(); err != nil {
		return Figure{}, err
	}
	xs, ys := nothing(), nothing()
	p := &panel{framed: true}
	zero := lineStyle(gridGrey(), frameWidth, Solid)
	rim := lineStyle(ink(), 0.8, Solid)
	var keys []key
	switch {
	case e.UnitCircle:
		t := evenly(0, 2*math.Pi, 361, false)
		circle := make([]point, len(t))
		for i := range t {
			circle[i].y, circle[i].x = math.Sincos(t[i])
		}
		p.marks = append(p.marks, rings{[][]point{circle}, faded(muted(), 0.15), rim})
		keys = append(keys, key{name: "unit circle", line: rim, patch: faded(muted(), 0.15)})
		xs.add(-1, 1)
		ys.add(-1, 1)
	case e.Stability != nil:
		region := stabilityRegion(e.Stability)
		p.marks = append(p.marks, rings{region, faded(muted(), 0.15), rim})
		for _, ring := range region {
			for _, q := range ring {
				xs.add(q.x)
				ys.add(q.y)
			}
		}
		keys = append(keys, key{name: "|R(hλ)| ≤ 1", line: rim, patch: faded(muted(), 0.15)})
	}
	p.marks = append(p.marks, rule{value: 0, style: zero}, rule{value: 0, vertical: true, style: zero})
	bad := 0
	for i, set := range e.Sets {
		m, k, lost := e.points(i, set)
		bad += lost
		xs.add(m.x...)
		ys.add(m.y...)
		p.marks, keys = append(p.marks, m), append(keys, k)
	}
	p.x, p.y = equalScales(e.Re, e.Im, xs, ys)
	s := single(e.Title, append(keys, leftOut(bad, false)...), p)
	s.aspect = (p.y.hi - p.y.lo) / (p.x.hi - p.x.lo)
	return s.figureOf(e.Width, e.Height, Column, s.columnHeight)
}

// columnHeight is the natural height of a figure with equal scales, at most
// that which leaves room for its caption beside text: its box is then narrower
// than the column.
func (s sheet) columnHeight(width vg.Length) vg.Length {
	return min(s.naturalHeight(width), 84*vg.Millimeter)
}

// points returns the markers of a set and its legend entry.
func (e Eigenvalues) points(i int, set ComplexSet) (dots, key, int) {
	m := dots{shape: set.Marker, radius: 1.7, color: set.Color}
	if m.color == nil {
		m.color = cycle(i)
	}
	if m.shape == AutoMarker || m.shape == NoMarker {
		m.shape = Circle + Marker(i)%4
	}
	outside := 0
	for _, z := range set.Values {
		if !finite(real(z)) || !finite(imag(z)) {
			continue
		}
		m.x, m.y = append(m.x, real(z)), append(m.y, imag(z))
		if e.UnitCircle && cmplx.Abs(z) > 1+onRim || e.Stability != nil && polynomial(e.Stability, z) > 1+onRim {
			outside++
		}
	}
	name := set.Name
	if e.UnitCircle || e.Stability != nil {
		name += fmt.Sprintf(" (%d of %d outside)", outside, len(m.x))
	}
	return m, key{name: name, marker: m.shape, color: m.color}, len(set.Values) - len(m.x)
}

// equalScales settles two axes so that a unit is as long on both, for a box no
// flatter or taller than two to one.
func equalScales(x, y Axis, xs, ys extent) (sx, sy scale) {
	sx, sy = x.scale(xs, 0.06), y.scale(ys, 0.06)
	widen := func(s *scale, least float64) {
		if more := least - (s.hi - s.lo); more > 0 {
			s.lo, s.hi = s.lo-more/2, s.hi+more/2
		}
	}
	if !y.fixed() {
		widen(&sy, (sx.hi-sx.lo)/2)
	}
	if !x.fixed() {
		widen(&sx, (sy.hi-sy.lo)/2)
	}
	return sx, sy
}

func (e Eigenvalues) validate() error {
	problems := []error{e.Re.validate("Eigenvalues.Re"), e.Im.validate("Eigenvalues.Im")}
	problems = append(problems, wantLinear("Eigenvalues.Re or Im", e.Re, e.Im))
	if len(e.Sets) == 0 {
		problems = append(problems, errors.New("plots: Eigenvalues has no sets, want at least one"))
	}
	for _, set := range e.Sets {
		if !slices.ContainsFunc(set.Values, func(z complex128) bool { return finite(real(z)) && finite(imag(z)) }) {
			problems = append(problems, fmt.Errorf("plots: ComplexSet %q: none of its %d values is finite, want at least one", set.Name, len(set.Values)))
		}
		if set.Marker < AutoMarker || set.Marker > Cross {
			problems = append(problems, fmt.Errorf("plots: ComplexSet %q: Marker = %d, want one of AutoMarker to Cross", set.Name, set.Marker))
		}
	}
	if e.UnitCircle && e.Stability != nil {
		problems = append(problems, errors.New("plots: Eigenvalues has UnitCircle and Stability, want one of them"))
	}
	if e.Stability != nil {
		problems = append(problems, validatePolynomial(e.Stability))
	}
	return errors.Join(problems...)
}

func validatePolynomial(r []float64) error {
	if i := slices.IndexFunc(r, func(v float64) bool { return !finite(v) }); i >= 0 {
		return fmt.Errorf("plots: Eigenvalues.Stability[%d] = %g, want finite coefficients", i, r[i])
	}
	if len(r) < 2 || r[len(r)-1] == 0 {
		return fmt.Errorf("plots: Eigenvalues.Stability has %d coefficients, want at least 2, and the last one not 0", len(r))
	}
	// R(0) = 1 for any Runge–Kutta method, which puts the origin on the rim.
	if math.Abs(r[0]-1) > onRim {
		return fmt.Errorf("plots: Eigenvalues.Stability[0] = %g, want 1: R(0) of a Runge–Kutta method", r[0])
	}
	return nil
}

// polynomial returns |Σ c_j zʲ|.
func polynomial(c []float64, z complex128) float64 {
	var sum complex128
	for _, v := range slices.Backward(c) {
		sum = sum*z + complex(v, 0)
	}
	return cmplx.Abs(sum)
}

// stabilityRegion returns the boundary of |R(z)| ≤ 1. A polynomial grows without
// bound, so that the region ends.
func stabilityRegion(r []float64) [][]point {
	outside := func(z complex128) float64 { return polynomial(r, z) - 1 }
	half := 1.0
	for ; half < 1e9; half *= 2 { // all of the rim of the square is unstable
		clear := true
		for _, t := range evenly(-half, half, 400, false) {
			for _, z := range []complex128{complex(t, half), complex(t, -half), complex(half, t), complex(-half, t)} {
				clear = clear && outside(z) > 0
			}
		}
		if clear {
			break
		}
	}
	const n = 301
	box := [4]float64{-half, half, -half, half}
	for range 3 { // close in on the region
		box = tighten(box, n, outside)
	}
	xs, ys := evenly(box[0], box[1], n, false), evenly(box[2], box[3], n, false)
	g := isoGrid{xs: xs, ys: ys, v: make([][]float64, n)}
	for i := range g.v {
		g.v[i] = make([]float64, n)
		for j := range g.v[i] {
			g.v[i][j] = -outside(complex(xs[i], ys[j]))
		}
	}
	return g.regions(0)
}

// tighten shrinks a box to where f ≤ 0, with two cells around.
func tighten(box [4]float64, n int, f func(complex128) float64) [4]float64 {
	xs, ys := evenly(box[0], box[1], n, false), evenly(box[2], box[3], n, false)
	in, jn := nothing(), nothing()
	for i, x := range xs {
		for j, y := range ys {
			if f(complex(x, y)) <= 0 {
				in.add(float64(i))
				jn.add(float64(j))
			}
		}
	}
	if in.lo > in.hi { // smaller than a cell; the rim at 0 is in the middle
		q := 0.25
		return [4]float64{q * box[0], q * box[1], q * box[2], q * box[3]}
	}
	place := func(values []float64, k float64) float64 { return values[min(max(int(k), 0), n-1)] }
	return [4]float64{place(xs, in.lo-2), place(xs, in.hi+2), place(ys, jn.lo-2), place(ys, jn.hi+2)}
}

// rings fills the inside of closed curves, of which holes turn the other way.
type rings struct {
	curves [][]point
	fill   color.Color
	rim    draw.LineStyle
}

func (m rings) draw(a area) {
	var path vg.Path
	outlines := make([][]vg.Point, len(m.curves))
	for n, c := range m.curves {
		pts := make([]vg.Point, len(c))
		for i, p := range c {
			pts[i] = a.at(p.x, p.y)
		}
		for k, p := range a.ClipPolygonXY(pts) {
			if k == 0 {
				path.Move(p)
				continue
			}
			path.Line(p)
		}
		path.Close()
		outlines[n] = pts
	}
	if len(path) > 0 {
		a.SetColor(m.fill)
		a.Fill(path)
	}
	for _, pts := range outlines {
		a.strokeClipped(m.rim, pts)
	}
}

// SingularValues draws singular values against their number on a logarithmic
// axis, greatest first whatever their order. Zero has no place there: the
// legend counts zeros.
type SingularValues struct {
	Title         string
	X, Y          Axis // labels default to number and singular value, or σ / σ_1; Y is logarithmic
	Matrices      []Bar
	Relative      bool      // divide by the greatest
	Threshold     float64   // drawn as a line, with the rank above it in the legend; 0: none
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = SingularValues{}

// Figure returns the drawing.
//
// Errors: no matrices, or one without a value > 0; a negative value or one that
// is not finite; a threshold that is negative or not finite; limits in the
// wrong order.
func (s SingularValues) Figure() (Figure, error) {
	label := "singular value σ_{i}"
	if s.Relative {
		label = "σ_{i} / σ_{1}"
	}
	x, y := s.X.or("number i", ""), s.Y.or(label, "")
	y.Log = true
	if err := s.validate(x, y); err != nil {
		return Figure{}, err
	}
	series := make([]Series, len(s.Matrices))
	for i, m := range s.Matrices {
		values := usable(m.Values, true)
		slices.Sort(values)
		slices.Reverse(values)
		rank := 0
		for k := range values {
			if s.Relative && k > 0 {
				values[k] /= values[0]
			}
			if k > 0 && values[k] > s.Threshold {
				rank++
			}
		}
		if s.Relative {
			values[0] = 1
		}
		if values[0] > s.Threshold {
			rank++
		}
		series[i] = Series{Name: m.Name, X: counting(len(values)), Y: values, Color: m.Color}
		if zeros := len(m.Values) - len(values); zeros > 0 {
			series[i].Name += fmt.Sprintf(" (%d zero)", zeros)
		}
		if s.Threshold > 0 {
			series[i].Name += fmt.Sprintf(", rank %d", rank)
		}
	}
	series = settle(series, len(series[0].X) <= 40)
	p := seriesPanel(series, x, y)
	keys := seriesKeys(series)
	if s.Threshold > 0 {
		style := lineStyle(muted(), 0.8, Dotted)
		p.marks = append(p.marks, rule{value: s.Threshold, style: style})
		keys = append(keys, key{name: "threshold " + plain(s.Threshold), line: style})
	}
	return single(s.Title, keys, p).figure(s.Width, s.Height, Column, 54*vg.Millimeter)
}

// counting returns 1, …, n.
func counting(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(i + 1)
	}
	return out
}

func (s SingularValues) validate(x, y Axis) error {
	problems := []error{x.validate("SingularValues.X"), y.validate("SingularValues.Y")}
	if len(s.Matrices) == 0 {
		problems = append(problems, errors.New("plots: SingularValues has no matrices, want at least one"))
	}
	if !finite(s.Threshold) || s.Threshold < 0 {
		problems = append(problems, fmt.Errorf("plots: SingularValues.Threshold = %g, want > 0, or 0 for none", s.Threshold))
	}
	for _, m := range s.Matrices {
		if i := slices.IndexFunc(m.Values, func(v float64) bool { return !finite(v) || v < 0 }); i >= 0 {
			problems = append(problems, fmt.Errorf("plots: SingularValues %q: Values[%d] = %g, want a finite number ≥ 0", m.Name, i, m.Values[i]))
		}
		if len(usable(m.Values, true)) == 0 {
			problems = append(problems, fmt.Errorf("plots: SingularValues %q: none of its %d values is > 0, want at least one", m.Name, len(m.Values)))
		}
	}
	return errors.Join(problems...)
}

// rug draws a short stroke at the foot of the data box for each value.
type rug struct {
	values []float64
	color  color.Color
	row    int // rugs above each other
}

func (m rug) draw(a area) {
	const height, gap = vg.Length(4), vg.Length(1)
	style := draw.LineStyle{Color: faded(m.color, 0.6), Width: 0.4}
	y := a.Min.Y + vg.Length(m.row)*(height+gap) + 1
	last := vg.Length(math.Inf(-1))
	for _, v := range sortedCopy(m.values) {
		// Strokes closer than a third of a stroke cannot be told apart.
		if x := a.X(a.x.norm(v)); a.ContainsX(x) && x-last > style.Width/3 {
			a.StrokeLine2(style, x, y, x, y+height)
			last = x
		}
	}
}
