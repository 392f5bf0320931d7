package plots

import (
	"cmp"
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// FixedPoint is a point at which a flow rests.
type FixedPoint struct {
	X, Y   float64
	Stable bool // drawn filled; an unstable one is open
}

// PhasePortrait draws paths in a plane of states, each from a dot at its
// beginning, over the direction of the flow if that is given. Arrows are equally
// long: they show where the flow goes, and not how fast.
type PhasePortrait struct {
	Title         string
	X, Y          Axis     // linear; labels default to x_{1} and x_{2}
	Paths         []Series // X and Y the state, in the order of time
	Flow          func(x, y float64) (dx, dy float64)
	Arrows        int // in each direction, at most 100; 0: 18
	Fixed         []FixedPoint
	Width, Height vg.Length // zero: one journal column, nearly square
}

var _ Drawing = PhasePortrait{}

// Figure returns the drawing. The flow is asked for its values here, and never
// again. Where it is not finite there is no arrow. A state that is not finite
// breaks its path and is counted in the legend.
//
// Errors: neither paths nor a flow; a flow that panics; a flow alone without limits; an empty path,
// unequal lengths or nothing finite; a fixed point or number of arrows that
// cannot be; log axes; limits in the wrong order.
func (p PhasePortrait) Figure() (Figure, error) {
	p.X, p.Y = p.X.or("x_{1}", ""), p.Y.or("x_{2}", "")
	if p.Arrows == 0 {
		p.Arrows = 18
	}
	kept, bad, err := p.validate()
	if err != nil {
		return Figure{}, err
	}
	series := settle(kept, false)
	xs, ys := ranges(series)
	for _, f := range p.Fixed {
		xs.add(f.X)
		ys.add(f.Y)
	}
	box := &panel{x: p.X.scale(xs, 0.05), y: p.Y.scale(ys, 0.05), framed: true}
	if p.Flow != nil {
		arrows, err := p.arrows(box.x, box.y)
		if err != nil {
			return Figure{}, err
		}
		box.marks = append(box.marks, arrows)
	}
	for _, s := range series {
		box.marks = append(box.marks, seriesMarks(s, dataWidth)...)
		if i := firstPoint(s); i >= 0 {
			box.marks = append(box.marks, dots{s.X[i : i+1], s.Y[i : i+1], Circle, 1.8, s.Color})
		}
	}
	for _, f := range p.Fixed {
		box.marks = append(box.marks, fixedMark(f))
	}
	return single(p.Title, append(seriesKeys(series), leftOut(bad, false)...), box).figure(p.Width, p.Height, Column, 76*vg.Millimeter)
}

// firstPoint is the place of the first finite point of a series, or -1.
func firstPoint(s Series) int {
	for i := range s.X {
		if finite(s.X[i]) && finite(s.Y[i]) {
			return i
		}
	}
	return -1
}

// fixedMark is a ring, filled for a stable point.
type fixedMark FixedPoint

func (m fixedMark) draw(a area) {
	p := a.at(m.X, m.Y)
	if !a.Contains(p) {
		return
	}
	const radius = 2.6
	var path vg.Path
	path.Move(p.Add(vg.Point{X: radius}))
	path.Arc(p, radius, 0, 2*math.Pi)
	path.Close()
	a.SetColor(white())
	if m.Stable {
		a.SetColor(ink())
	}
	a.Fill(path)
	a.SetLineStyle(draw.LineStyle{Color: ink(), Width: 1})
	a.Stroke(path)
}

// directions are arrows of equal length at points of a grid.
type directions struct {
	x, y, dx, dy []float64
	count        int // in each direction
}

func (p PhasePortrait) arrows(x, y scale) (m directions, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("plots: PhasePortrait.Flow panicked: %v", r)
		}
	}()
	m.count = p.Arrows
	for i := range p.Arrows {
		for j := range p.Arrows {
			at := func(s scale, k int) float64 { return s.lo + (s.hi-s.lo)*(float64(k)+0.5)/float64(p.Arrows) }
			u, v := p.Flow(at(x, i), at(y, j))
			m.x, m.y = append(m.x, at(x, i)), append(m.y, at(y, j))
			m.dx, m.dy = append(m.dx, u), append(m.dy, v)
		}
	}
	return m, nil
}

func (m directions) draw(a area) {
	size := a.Size()
	length := 0.62 * min(size.X, size.Y) / vg.Length(m.count)
	style := draw.LineStyle{Color: color.NRGBA{R: 0xA0, G: 0xA0, B: 0xA0, A: 0xFF}, Width: 0.6}
	for i := range m.x {
		// The direction on the page, where the axes have scales of their own.
		u := m.dx[i] / (a.x.hi - a.x.lo) * size.X.Points()
		v := m.dy[i] / (a.y.hi - a.y.lo) * size.Y.Points()
		speed := math.Hypot(u, v)
		if !finite(speed) || speed == 0 {
			continue
		}
		step := vg.Point{X: length / 2 * vg.Length(u/speed), Y: length / 2 * vg.Length(v/speed)}
		middle := a.at(m.x[i], m.y[i])
		drawArrow(a.Canvas, style, middle.Sub(step), middle.Add(step), min(length*0.35, 3))
	}
}

// drawArrow draws a straight arrow with an open head.
func drawArrow(c draw.Canvas, style draw.LineStyle, from, to vg.Point, head vg.Length) {
	c.SetLineStyle(style)
	angle := math.Atan2((to.Y - from.Y).Points(), (to.X - from.X).Points())
	barb := func(turn float64) vg.Point {
		sin, cos := math.Sincos(angle + math.Pi + turn)
		return to.Add(vg.Point{X: head * vg.Length(cos), Y: head * vg.Length(sin)})
	}
	var path vg.Path
	path.Move(from)
	path.Line(to)
	path.Move(barb(0.45))
	path.Line(to)
	path.Line(barb(-0.45))
	c.Stroke(path)
}

func (p PhasePortrait) validate() (kept []Series, bad int, err error) {
	problems := []error{p.X.validate("PhasePortrait.X"), p.Y.validate("PhasePortrait.Y")}
	problems = append(problems, wantLinear("PhasePortrait.X or Y", p.X, p.Y))
	if len(p.Paths) == 0 && (p.Flow == nil || !p.X.fixed() || !p.Y.fixed()) {
		problems = append(problems, errors.New("plots: PhasePortrait has no paths, want at least one, or a Flow with the limits of both axes"))
	}
	if p.Arrows < 2 || p.Arrows > 100 {
		problems = append(problems, fmt.Errorf("plots: PhasePortrait.Arrows = %d, want 2 to 100, or 0 for 18", p.Arrows))
	}
	for i, f := range p.Fixed {
		if !finite(f.X) || !finite(f.Y) {
			problems = append(problems, fmt.Errorf("plots: PhasePortrait.Fixed[%d] = (%g, %g), want finite numbers", i, f.X, f.Y))
		}
	}
	if len(p.Paths) > 0 && errors.Join(problems...) == nil {
		kept, bad, err = masked("PhasePortrait", p.Paths, p.X, p.Y)
		problems = append(problems, err)
	}
	return kept, bad, errors.Join(problems...)
}

// SampleFlow draws how samples move from noise to data: in one dimension over
// time, in two as paths in the plane, from grey dots to coloured ones. The
// legend gives the straightness of the paths that are finite, 0 for straight
// lines at constant speed:
//
//	S = ∫ E‖(Z_1 − Z_0) − dZ_t/dt‖² dt, t from 0 to 1
//
// With two times the paths are pairs of points, and S is left out.
//
// Shapes: X and Y [sample][time].
// Source: Liu, Gong and Liu 2023, arXiv:2209.03003. bib: liu2023flow
type SampleFlow struct {
	Title         string
	T             Axis // of time, in one dimension
	PX, PY        Axis // of positions; labels default to x and y
	Times         []float64
	X, Y          [][]float64 // Y nil: one dimension
	From, To      string      // what is at the paths' ends; "": noise and data
	Paths         int         // the most paths to draw; 0: 300
	Width, Height vg.Length   // zero: one journal column
}

var _ Drawing = SampleFlow{}

// Figure returns the drawing. A path of which a value is not finite is left out
// and counted in the legend.
//
// Errors: no samples or fewer than two times; times that do not rise; unequal
// lengths; no path of finite values; a negative number of paths; log axes;
// limits in the wrong order.
func (f SampleFlow) Figure() (Figure, error) {
	f.T, f.PX, f.PY = f.T.or("time t", ""), f.PX.or("x", ""), f.PY.or("y", "")
	if err := f.validate(); err != nil {
		return Figure{}, err
	}
	var xs, ys [][]float64
	for i, path := range f.X {
		if len(usable(path, false)) < len(path) || f.Y != nil && len(usable(f.Y[i], false)) < len(path) {
			continue
		}
		xs = append(xs, slices.Clone(path))
		if f.Y != nil {
			ys = append(ys, slices.Clone(f.Y[i]))
		}
	}
	if len(xs) == 0 {
		return Figure{}, fmt.Errorf("plots: SampleFlow: none of its %d paths is finite throughout, want at least one", len(f.X))
	}
	lost := len(f.X) - len(xs)
	most := f.Paths
	if most == 0 {
		most = 300
	}
	every := max(1, (len(xs)+most-1)/most)
	shown := 0
	var lines, starts, ends []mark
	reach := [2]extent{nothing(), nothing()}
	for i := 0; i < len(xs); i += every {
		shown++
		x, y := xs[i], slices.Clone(f.Times)
		if ys != nil {
			y = ys[i]
		} else {
			x, y = y, x
		}
		reach[0].add(x...)
		reach[1].add(y...)
		lines = append(lines, curve{x, y, lineStyle(faded(cycle(0), 0.45), 0.5, Solid)})
		starts = append(starts, dots{x[:1], y[:1], Circle, 1.2, muted()})
		ends = append(ends, dots{x[len(x)-1:], y[len(y)-1:], Circle, 1.2, cycle(1)})
	}
	p := &panel{marks: slices.Concat(lines, starts, ends)}
	keys := []key{
		{name: cmp.Or(f.From, "noise"), marker: Circle, color: muted()},
		{name: cmp.Or(f.To, "data"), marker: Circle, color: cycle(1)},
	}
	if len(f.Times) > 2 { // of the ends alone nothing is known between
		keys = append(keys, key{name: "straightness S = " + short(straightness(f.Times, xs, ys)), line: lineStyle(faded(cycle(0), 0.45), 0.5, Solid)})
	}
	if shown < len(xs) {
		keys = append(keys, key{name: fmt.Sprintf("%d of %d paths", shown, len(xs))})
	}
	if lost > 0 {
		keys = append(keys, key{name: fmt.Sprintf("%d %s left out: not finite", lost, plural(lost, "path", "paths")), marker: Cross, color: muted()})
	}
	if f.Y == nil {
		p.x, p.y = f.T.scale(reach[0], 0.02), f.PX.scale(reach[1], 0.04)
		return single(f.Title, keys, p).figure(f.Width, f.Height, Column, 60*vg.Millimeter)
	}
	p.framed = true
	p.x, p.y = equalScales(f.PX, f.PY, reach[0], reach[1])
	s := single(f.Title, keys, p)
	s.aspect = (p.y.hi - p.y.lo) / (p.x.hi - p.x.lo)
	return s.figureOf(f.Width, f.Height, Column, s.columnHeight)
}

// straightness is S of paths on a common grid of times, with time scaled to run
// from 0 to 1; between times the paths are straight.
func straightness(times []float64, coordinates ...[][]float64) float64 {
	total, paths := 0.0, len(coordinates[0])
	last := len(times) - 1
	span := times[last] - times[0]
	for _, paths := range coordinates {
		for _, z := range paths {
			for k := range last {
				dt := (times[k+1] - times[k]) / span
				miss := z[last] - z[0] - (z[k+1]-z[k])/dt
				total += miss * miss * dt
			}
		}
	}
	return total / float64(paths)
}

func (f SampleFlow) validate() error {
	problems := []error{f.T.validate("SampleFlow.T"), f.PX.validate("SampleFlow.PX"), f.PY.validate("SampleFlow.PY")}
	problems = append(problems, wantLinear("SampleFlow.T, PX or PY", f.T, f.PX, f.PY))
	if len(f.Times) < 2 || len(f.X) == 0 {
		problems = append(problems, fmt.Errorf("plots: SampleFlow has %d samples at %d times, want at least 1 at 2", len(f.X), len(f.Times)))
	}
	for k, t := range f.Times {
		if !finite(t) || k > 0 && !(t > f.Times[k-1]) {
			problems = append(problems, fmt.Errorf("plots: SampleFlow.Times[%d] = %g, want finite times that rise", k, t))
			break
		}
	}
	if f.Y != nil && len(f.Y) != len(f.X) {
		problems = append(problems, fmt.Errorf("plots: SampleFlow.Y has %d samples, want %d, as many as X", len(f.Y), len(f.X)))
	}
	for _, part := range []struct {
		name  string
		paths [][]float64
	}{{"X", f.X}, {"Y", f.Y}} {
		for i, path := range part.paths {
			if len(path) != len(f.Times) {
				problems = append(problems, fmt.Errorf("plots: SampleFlow.%s[%d] has %d values, want %d, as many as Times", part.name, i, len(path), len(f.Times)))
				break
			}
		}
	}
	if f.Paths < 0 {
		problems = append(problems, fmt.Errorf("plots: SampleFlow.Paths = %d, want > 0, or 0 for 300", f.Paths))
	}
	return errors.Join(problems...)
}

// Rollout draws the correlation of rolled-out predictions with the reference
// over time, and marks for each method the horizon: the time at which its
// correlation first falls below a threshold.
type Rollout struct {
	Title         string
	X, Y          Axis      // linear; labels default to time t and correlation
	Methods       []Series  // with a band over trajectories perhaps
	Threshold     float64   // in (0, 1); 0: 0.8
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = Rollout{}

// Figure returns the drawing. A correlation that is not finite, as of a
// roll-out that blew up, ends the horizon where the last finite one is, and is
// counted in the legend.
//
// Errors: no methods or an empty one; unequal lengths; nothing finite; a
// correlation beyond −1 and 1; times that do not rise; a threshold that is not
// between 0 and 1; log axes; limits in the wrong order.
func (r Rollout) Figure() (Figure, error) {
	r.X, r.Y = r.X.or("time t", ""), r.Y.or("correlation", "")
	if r.Threshold == 0 {
		r.Threshold = 0.8
	}
	if err := r.validate(); err != nil {
		return Figure{}, err
	}
	kept, bad := gaps(r.Methods, r.X, r.Y)
	series := settle(kept, false)
	xs, ys := ranges(series)
	ys.add(1, 0)
	p := &panel{x: r.X.scale(xs, 0), y: r.Y.scale(ys, 0)}
	if p.y.hi == 1 {
		p.y.hi = 1.02 // room for the width of the line
	}
	line := lineStyle(muted(), 0.8, Dotted)
	p.marks = append(p.marks, rule{value: r.Threshold, style: line})
	keys := seriesKeys(series)
	for i, s := range series {
		p.marks = append(p.marks, seriesMarks(s, dataWidth)...)
		at, reached := horizon(r.Methods[i], r.Threshold)
		note := ": beyond " + r.time(at)
		if reached {
			note = ": " + r.time(at)
			p.marks = append(p.marks,
				segment{at, p.y.lo, at, r.Threshold, lineStyle(s.Color, 0.7, Dashed)},
				dots{[]float64{at}, []float64{r.Threshold}, Circle, markRadius, s.Color})
		}
		for k := range keys {
			if keys[k].name == s.Name && s.Name != "" {
				keys[k].name += note
				break
			}
		}
	}
	keys = append(keys, key{name: "horizon at " + plain(r.Threshold), line: line})
	return single(r.Title, append(keys, leftOut(bad, false)...), p).figure(r.Width, r.Height, Column, 56*vg.Millimeter)
}

// time writes a time with its unit.
func (r Rollout) time(t float64) string {
	if r.X.Unit == "" || r.X.Unit == "1" {
		return plain(round3(t))
	}
	return plain(round3(t)) + " " + r.X.Unit
}

// round3 keeps three significant digits.
func round3(v float64) float64 {
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 3, 64), 64)
	if err != nil { // unreachable: it was written just now
		return v
	}
	return out
}

// horizon is where y first falls below a threshold, linear between points, or
// the last time before one that is not finite; reached is false if y stays above
// to its end.
func horizon(s Series, threshold float64) (at float64, reached bool) {
	for i, y := range s.Y {
		switch {
		case i == 0 && (!finite(y) || y < threshold):
			return s.X[0], true
		case !finite(y):
			return s.X[i-1], true
		case y < threshold:
			part := (s.Y[i-1] - threshold) / (s.Y[i-1] - y)
			return s.X[i-1] + part*(s.X[i]-s.X[i-1]), true
		}
	}
	return s.X[len(s.X)-1], false
}

func (r Rollout) validate() error {
	problems := []error{validateAll("Rollout", r.Methods, r.X, r.Y)}
	problems = append(problems, wantLinear("Rollout.X or Y", r.X, r.Y))
	if !(r.Threshold > 0 && r.Threshold < 1) {
		problems = append(problems, fmt.Errorf("plots: Rollout.Threshold = %g, want between 0 and 1, or 0 for 0.8", r.Threshold))
	}
	for _, s := range r.Methods {
		for i, x := range s.X {
			if !finite(x) || i > 0 && !(x > s.X[i-1]) {
				problems = append(problems, fmt.Errorf("plots: Series %q: X[%d] = %g, want finite times that rise", s.Name, i, x))
				break
			}
		}
		// A correlation computed in floating point may pass 1 by round-off.
		if i := slices.IndexFunc(s.Y, func(v float64) bool { return finite(v) && math.Abs(v) > 1+1e-6 }); i >= 0 {
			problems = append(problems, fmt.Errorf("plots: Series %q: Y[%d] = %g, want a correlation from -1 to 1", s.Name, i, s.Y[i]))
		}
	}
	return errors.Join(problems...)
}
