package samplers

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

// Variable is what the predictions of [DEIS] are polynomials of. The zero value is [InTime].
type Variable string

// The variables.
const (
	InTime   Variable = ""       // t: tAB-DEIS
	InRatio  Variable = "ratio"  // σ/α: ρAB-DEIS, which is LMS on x/α
	InLambda Variable = "lambda" // λ = -log σ/α
)

// DEIS solves for x with the noise prediction as a polynomial through the latest ones, of any of three variables; the first steps
// are of lower order:
//
//	x_t = α_t/α_s x_s + α_t ∫ ε dΛ,  Λ = σ/α from Λ_s to Λ_t
//
// Differs from the source: orders count from 1, which is DDIM; the source's tAB-DEIS-q is order q+1. Integrals by Gauss's rule.
// Source: Zhang & Chen 2023, arXiv:2204.13902, eq. (14) and (15). bib: zhang2023deis
type DEIS struct {
	Order int // 1 to 4
	In    Variable
}

// LMS is the linear multistep method of x/α in σ/α: [DEIS] in that variable.
//
// Source: Hairer et al. 1993, section III.1, with steps of any length. bib: hairer1993nonstiff
func LMS(order int) DEIS { return DEIS{Order: order, In: InRatio} }

// Validate lists what is wrong.
func (d DEIS) Validate() error {
	err := wantOrder("DEIS", d.Order, 4)
	if !slices.Contains([]Variable{InTime, InRatio, InLambda}, d.In) {
		err = errors.Join(err, fmt.Errorf("samplers: DEIS.In = %q, want empty, %q or %q", string(d.In), InRatio, InLambda))
	}
	return err
}

// Info is of its order.
func (d DEIS) Info() Info {
	name := map[Variable]string{InTime: "tAB-DEIS", InRatio: "LMS", InLambda: "λAB-DEIS"}[d.In]
	return Info{Name: fmt.Sprintf("%s-%d", name, d.Order), Order: d.Order, Least: 1, Bib: "zhang2023deis"}
}

func (DEIS) evaluations(nfe int) []int { return ones(nfe) }

func (d DEIS) table(sch diffusion.Schedule, points []point, _ []int) diffusion.Table {
	r := newRows(diffusion.Epsilon)
	e := exponential{prediction: diffusion.Epsilon}
	for i, s := range points[:len(points)-1] {
		t := points[i+1]
		if t.Sigma == 0 {
			r.finish(s, e.first(s, t))
			continue
		}
		nodes := []float64{0}
		for k := 1; k < d.Order && k <= i && !math.IsInf(points[i-k].Lambda(), 0); k++ {
			nodes = append(nodes, d.of(points[i-k])-d.of(s))
		}
		r.finish(s, e.to(s, t, weights(nodes, d.moments(sch, s, t, len(nodes)))))
	}
	return r.Table
}

// of is the variable at a point.
func (d DEIS) of(p point) float64 {
	switch d.In {
	case InRatio:
		return p.Ratio()
	case InLambda:
		return p.Lambda()
	default:
		return p.T
	}
}

// moments are the integrals with the prediction replaced by (v-v_s)^n/n!, v the variable.
func (d DEIS) moments(sch diffusion.Schedule, s, t point, count int) []float64 {
	if d.In == InLambda {
		return exponential{prediction: diffusion.Epsilon}.moments(s, t, count)
	}
	m, factorial := exponential{prediction: diffusion.Epsilon}.moments(s, t, 1), 1.0
	for n := 1; n < count; n++ {
		factorial *= float64(n)
		// dΛ = -Λ dλ
		m = append(m, t.Alpha*gauss(s.Lambda(), t.Lambda(), func(lambda float64) float64 {
			v := math.Exp(-lambda)
			at := v
			if d.In == InTime {
				at = sch.Time(lambda)
			}
			return -v * math.Pow(at-d.of(s), float64(n)) / factorial
		}))
	}
	return m
}
