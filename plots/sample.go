package plots

import (
	"fmt"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// usable returns the values that can be drawn: finite, and positive on a log axis.
func usable(values []float64, log bool) []float64 {
	return slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return !drawable(v, log) })
}

func drawable(v float64, log bool) bool { return finite(v) && (!log || v > 0) }

// leftOut is the legend's entry for n values that are not drawn, or none.
func leftOut(n int, log bool) []key {
	if n == 0 {
		return nil
	}
	what := "not finite"
	if log {
		what = "not finite or ≤ 0"
	}
	return []key{{name: fmt.Sprintf("%d left out: %s", n, what), marker: Cross, color: muted()}}
}

// gaps returns the series with NaN in place of each point that cannot be drawn,
// and how many there are. Lengths must have been checked.
func gaps(series []Series, x, y Axis) (kept []Series, bad int) {
	kept = cloneSeries(series)
	for _, s := range kept {
		for i := range s.Y {
			wrong := !drawable(s.X[i], x.Log) || !drawable(s.Y[i], y.Log)
			for _, edge := range [][]float64{s.Low, s.High} {
				if len(edge) > 0 && !drawable(edge[i], y.Log) {
					edge[i] = nan()
				}
			}
			if wrong {
				s.X[i], s.Y[i] = nan(), nan()
				bad++
			}
		}
	}
	return kept, bad
}

// quantile returns the value below which the part p of the sorted values lies,
// linear between its neighbours.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := min(int(at), len(sorted)-1)
	j := min(i+1, len(sorted)-1)
	part := at - float64(i)
	return (1-part)*sorted[i] + part*sorted[j]
}

func sortedCopy(values []float64) []float64 {
	out := slices.Clone(values)
	slices.Sort(out)
	return out
}

// moments returns the mean and the standard deviation, the latter with n−1.
func moments(values []float64) (mean, deviation float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		deviation += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(deviation / float64(max(len(values)-1, 1)))
}

// evenly returns n values from lo to hi, or evenly in the logarithm.
func evenly(lo, hi float64, n int, log bool) []float64 {
	out := make([]float64, n)
	a, b := lo, hi
	if log {
		a, b = math.Log(lo), math.Log(hi)
	}
	for i := range out {
		part := float64(i) / float64(n-1)
		out[i] = (1-part)*a + part*b
		if log {
			out[i] = math.Exp(out[i])
		}
	}
	out[0], out[n-1] = lo, hi
	return out
}

// boxFill fills an upright rectangle between data points, cut at the data box.
type boxFill struct {
	x0, y0, x1, y1 float64
	color          color.Color
	rim            draw.LineStyle // Width 0: none
}

func (m boxFill) draw(a area) {
	if max(m.x0, m.x1) < a.x.lo || min(m.x0, m.x1) > a.x.hi || max(m.y0, m.y1) < a.y.lo || min(m.y0, m.y1) > a.y.hi {
		return
	}
	p, q := a.at(within(m.x0, a.x), within(m.y0, a.y)), a.at(within(m.x1, a.x), within(m.y1, a.y))
	r := vg.Rectangle{
		Min: vg.Point{X: min(p.X, q.X), Y: min(p.Y, q.Y)},
		Max: vg.Point{X: max(p.X, q.X), Y: max(p.Y, q.Y)},
	}
	if m.color != nil {
		a.SetColor(m.color)
		a.Fill(r.Path())
	}
	if m.rim.Width > 0 {
		a.SetLineStyle(m.rim)
		a.Stroke(r.Path())
	}
}

// within moves a value to the nearer limit of an axis.
func within(v float64, s scale) float64 { return min(max(v, s.lo), s.hi) }

// segment is a straight line between two data points, cut at the data box.
type segment struct {
	x0, y0, x1, y1 float64
	style          draw.LineStyle
}

func (m segment) draw(a area) {
	curve{[]float64{m.x0, m.x1}, []float64{m.y0, m.y1}, m.style}.draw(a)
}

// joined joins the parts that are not empty by a middle dot.
func joined(parts ...string) string {
	var text string
	for _, p := range parts {
		switch {
		case p == "":
		case text == "":
			text = p
		default:
			text += " · " + p
		}
	}
	return text
}

// wantLinear is the error of a kind that has no place for a logarithmic axis.
func wantLinear(names string, axes ...Axis) error {
	if slices.ContainsFunc(axes, func(a Axis) bool { return a.Log || a.SymLog > 0 }) {
		return fmt.Errorf("plots: %s is logarithmic, want linear axes", names)
	}
	return nil
}
