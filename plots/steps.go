package plots

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// StepRecord is what an adaptive solve tried, in order.
type StepRecord struct {
	Name     string
	Times    []float64 // where each step began
	Sizes    []float64 // as many
	Rejected []bool    // as many, or nil for none
}

// StepSizes draws the step sizes of adaptive solves over time on a logarithmic
// axis: accepted steps as a line, rejected ones as crosses. The legend counts
// rejected steps.
type StepSizes struct {
	Title         string
	X, Y          Axis // labels default to time t and step size h; Y is logarithmic
	Solves        []StepRecord
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = StepSizes{}

// Figure returns the drawing. A size that is not finite or not positive is left
// out and counted in the legend.
//
// Errors: no solves or an empty one; unequal lengths; nothing that can be drawn;
// limits in the wrong order.
func (s StepSizes) Figure() (Figure, error) {
	x, y := s.X.or("time t", ""), s.Y.or("step size h", "")
	y.Log = true
	var all, taken, refused []Series
	problems := []error{}
	for _, r := range s.Solves {
		if r.Rejected != nil && len(r.Rejected) != len(r.Sizes) {
			problems = append(problems, fmt.Errorf("plots: StepRecord %q: %d sizes, %d in Rejected, want as many or none", r.Name, len(r.Sizes), len(r.Rejected)))
		}
		all = append(all, Series{Name: r.Name, X: r.Times, Y: r.Sizes})
	}
	all, bad, err := masked("StepSizes", all, x, y)
	if err := errors.Join(append(problems, err)...); err != nil {
		return Figure{}, err
	}
	all = settle(all, false)
	for i, one := range all {
		yes, no := one.clone(), Series{Color: one.Color, Stroke: NoLine, Marker: Cross}
		yes.X, yes.Y = nil, nil
		for k := range one.X {
			if r := s.Solves[i].Rejected; r != nil && r[k] {
				no.X, no.Y = append(no.X, one.X[k]), append(no.Y, one.Y[k])
				continue
			}
			yes.X, yes.Y = append(yes.X, one.X[k]), append(yes.Y, one.Y[k])
		}
		yes.Name = fmt.Sprintf("%s: %d steps, %d rejected", one.Name, len(yes.X), len(no.X))
		if alone(yes.Y) && len(yes.X) > 0 {
			yes.Marker = Circle
		}
		taken, refused = append(taken, yes), append(refused, no)
	}
	p := seriesPanel(slices.Concat(taken, refused), x, y)
	keys := seriesKeys(taken)
	if slices.ContainsFunc(refused, func(s Series) bool { return len(s.X) > 0 }) {
		keys = append(keys, key{name: "rejected", marker: Cross, color: muted()})
	}
	return single(s.Title, append(keys, leftOut(bad, true)...), p).figure(s.Width, s.Height, Column, 54*vg.Millimeter)
}

// Evaluations draws error against NFE, the number of evaluations of a vector
// field or a denoiser, on logarithmic axes: a series for each method, a marker
// for each setting. Down and to the left is better. Reference lines show orders.
type Evaluations struct {
	Title         string
	X, Y          Axis // labels default to NFE and error; both are logarithmic
	Methods       []Series
	Orders        []float64 // of reference lines, error ~ NFE^−order
	Width, Height vg.Length // zero: one journal column
}

var _ Drawing = Evaluations{}

// Figure returns the drawing. The numbers of evaluations are the ticks, if they
// are at most twelve.
//
// Errors: no methods or an empty one; unequal lengths; nothing finite; a number
// of evaluations or an error that is not positive; an order that is not
// positive; limits in the wrong order.
func (e Evaluations) Figure() (Figure, error) {
	x, y := e.X.or("NFE", ""), e.Y.or("error", "")
	x.Log, y.Log = true, true
	problems := []error{validateAll("Evaluations", e.Methods, x, y)}
	for i, order := range e.Orders {
		if !finite(order) || order <= 0 {
			problems = append(problems, fmt.Errorf("plots: Evaluations.Orders[%d] = %g, want > 0", i, order))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return Figure{}, err
	}
	series, bad := gaps(e.Methods, x, y)
	series = settle(series, true)
	if sizes := gridSizes(series); x.Ticks == nil && len(sizes) <= 12 {
		x.Ticks = sizes
	}
	p := seriesPanel(series, x, y)
	p.marks = append(p.marks, orderFan(e.Orders, p.x, p.y)...)
	return single(e.Title, append(seriesKeys(series), leftOut(bad, false)...), p).figure(e.Width, e.Height, Column, 60*vg.Millimeter)
}

// orderFan draws a line for each order from one point in the lower left corner,
// where a work–precision diagram has room.
func orderFan(orders []float64, x, y scale) []mark {
	part := func(s scale, p float64) float64 { return math.Exp((1-p)*math.Log(s.lo) + p*math.Log(s.hi)) }
	from, top := part(x, 0.04), part(y, 0.5)
	var marks []mark
	for _, order := range orders {
		to := part(x, 0.3)
		at := func(v float64) float64 { return top * math.Pow(v/from, -order) }
		if least := part(y, 0.06); at(to) < least { // steep: it ends at the foot
			to = from * math.Pow(top/least, 1/order)
		}
		marks = append(marks, curve{[]float64{from, to}, []float64{at(from), at(to)}, lineStyle(muted(), 0.9, Dashed)},
			words{x: to, y: at(to), dx: 3, up: 0.5, text: "order " + plain(order), style: noteText()})
	}
	return marks
}
