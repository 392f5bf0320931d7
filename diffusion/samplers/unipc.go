package samplers

import (
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

// Residual is B(h) of [UniPC], what the differences of a step of low order are multiplied by. The zero value is [B2].
type Residual string

// The source's choices. They differ in a predictor of order 2 and the corrector after a step of order 1 alone: in all others B
// cancels.
const (
	B2 Residual = ""   // e^h - 1, of the data prediction 1 - e^-h
	B1 Residual = "b1" // h
)

// UniPC predicts with the data prediction as a polynomial in λ, and corrects with the prediction at the new point, which the next
// step needs anyway: one evaluation a step. With the corrector its order is one above Order. The last step is not corrected.
//
// Source: Zhao et al. 2023, arXiv:2302.04867, algorithms 5 to 8. bib: zhao2023unipc
type UniPC struct {
	Order         int // of the predictor, 1 to 4
	Residual      Residual
	PredictorOnly bool // UniP
}

// Validate lists what is wrong.
func (u UniPC) Validate() error {
	err := wantOrder("UniPC", u.Order, 4)
	if u.Residual != B1 && u.Residual != B2 {
		err = errors.Join(err, fmt.Errorf("samplers: UniPC.Residual = %q, want empty or %q", string(u.Residual), B1))
	}
	return err
}

// Info is of the corrector's order, one above Order.
func (u UniPC) Info() Info {
	i := Info{Name: fmt.Sprintf("UniPC-%d", u.Order), Order: u.Order + 1, Least: 1, Bib: "zhao2023unipc"}
	if u.PredictorOnly {
		i.Name, i.Order = fmt.Sprintf("UniP-%d", u.Order), u.Order
	}
	if u.Residual == B1 {
		i.Name += ", B = h"
	}
	return i
}

func (UniPC) evaluations(nfe int) []int { return ones(nfe) }

func (u UniPC) table(_ diffusion.Schedule, points []point, _ []int) diffusion.Table {
	r := newRows(diffusion.X0)
	for i, s := range points[:len(points)-1] {
		row := diffusion.Row{At: s, Anchor: combination{Y: 1}, Next: u.predicted(points, i)}
		if i > 0 && !u.PredictorOnly {
			row.Anchor = u.corrected(points, i)
		}
		r.Rows = append(r.Rows, row)
	}
	return r.Table
}

// predicted goes from point i, where the latest prediction is, to the next.
func (u UniPC) predicted(points []point, i int) combination {
	e, s, t := exponential{prediction: diffusion.X0}, points[i], points[i+1]
	if t.Sigma == 0 {
		return e.first(s, t)
	}
	nodes := history(points, i, u.Order)
	m := e.moments(s, t, len(nodes))
	if len(nodes) == 2 {
		m[1] = u.slope(s, t)
	}
	return e.to(s, t, weights(nodes, m))
}

// corrected makes the step to point i again, with the prediction there.
func (u UniPC) corrected(points []point, i int) combination {
	e, s, t := exponential{prediction: diffusion.X0}, points[i-1], points[i]
	h := t.Lambda() - s.Lambda()
	if math.IsInf(h, 0) {
		return combination{Y: 1}
	}
	past := history(points, i-1, u.Order)
	nodes := append([]float64{h}, past...)
	m := e.moments(s, t, len(nodes))
	if len(nodes) == 2 {
		m[1] = u.slope(s, t)
	}
	return e.to(s, t, weights(nodes, m))
}

// slope is the moment of a straight line with half of B(h) for its integral.
func (u UniPC) slope(s, t point) float64 {
	h := t.Lambda() - s.Lambda()
	if u.Residual == B1 {
		return t.Alpha * h * h / 2
	}
	return -t.Alpha * math.Expm1(-h) * h / 2
}
