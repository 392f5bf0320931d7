package samplers

import (
	"fmt"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

// IPNDM makes DDIM's step with a noise prediction that is combined from the latest ones as Adams and Bashforth do for steps of
// equal length; the first steps are of lower order. The weight of noise is not equal over a step, so that the order of convergence
// is 2 at most, whatever Order; the error's constant falls with it.
//
// Source: Zhang & Chen 2023, arXiv:2204.13902, appendix on iPNDM. bib: zhang2023deis
type IPNDM struct {
	Order int // 1 to 4
}

// Validate says what is wrong.
func (p IPNDM) Validate() error { return wantOrder("IPNDM", p.Order, 4) }

// Info is of order 2 at most.
func (p IPNDM) Info() Info {
	i := Info{Name: fmt.Sprintf("iPNDM-%d", p.Order), Order: p.Order, Least: 1, Bib: "zhang2023deis"}
	if p.Order > 2 {
		i.Order, i.Below = 2, "the weight of noise is not equal over a step, as Adams's and Bashforth's coefficients take it to be"
	}
	return i
}

func (IPNDM) evaluations(nfe int) []int { return ones(nfe) }

func (p IPNDM) table(_ diffusion.Schedule, points []point, _ []int) diffusion.Table {
	r := newRows(diffusion.Epsilon)
	for i, s := range points[:len(points)-1] {
		t, order := points[i+1], min(i+1, p.Order)
		if t.Sigma == 0 {
			order = 1 // the denoiser's answer
		}
		r.finish(s, transfer(s, t, adams(order)))
	}
	return r.Table
}

// adams are the coefficients of Adams and Bashforth, the latest first.
func adams(order int) []float64 {
	return [][]float64{
		{1},
		{3. / 2, -1. / 2},
		{23. / 12, -16. / 12, 5. / 12},
		{55. / 24, -59. / 24, 37. / 24, -9. / 24},
	}[order-1]
}

// transfer is DDIM's step with a noise Σ_k c_k ε_k.
func transfer(s, t point, c []float64) combination {
	e := exponential{prediction: diffusion.Epsilon}
	m := e.moments(s, t, 1)[0]
	d := make([]float64, len(c))
	for k := range c {
		d[k] = m * c[k]
	}
	return e.to(s, t, d)
}

// PNDM is [IPNDM] of order 4 with a start by three pseudo Runge-Kutta steps, of four evaluations each. The step's middle is half way in t.
//
// Source: Liu et al. 2022, arXiv:2202.09778, algorithm 2. bib: liu2022pndm
type PNDM struct{}

// Validate finds nothing wrong.
func (PNDM) Validate() error { return nil }

// pndmStart are the steps of four evaluations.
const pndmStart = 3

// Info is of order 2: see [IPNDM].
func (PNDM) Info() Info {
	return Info{Name: "PNDM", Order: 2, Least: 4*pndmStart + 1, Bib: "liu2022pndm"}
}

func (PNDM) evaluations(nfe int) []int {
	n := ones(max(nfe-4*pndmStart, 0) + pndmStart)
	for i := range pndmStart {
		n[i] = 4
	}
	return n
}

func (PNDM) table(sch diffusion.Schedule, points []point, evaluations []int) diffusion.Table {
	r := newRows(diffusion.Epsilon)
	for i, s := range points[:len(points)-1] {
		t := points[i+1]
		if evaluations[i] == 4 {
			m := diffusion.At(sch, (s.T+t.T)/2)
			r.stage(s, transfer(s, m, []float64{1}))
			r.stage(m, transfer(s, m, []float64{1}))
			r.stage(m, transfer(s, t, []float64{1}))
			r.finish(t, transfer(s, t, []float64{1. / 6, 2. / 6, 2. / 6, 1. / 6}))
			continue
		}
		if t.Sigma == 0 {
			r.finish(s, transfer(s, t, adams(1))) // the denoiser's answer
			continue
		}
		// Of the steps before, Runge-Kutta ones gave their first evaluation, at their starts, four evaluations apart.
		c := adams(4)
		d := make([]float64, 1+4*pndmStart)
		d[0] = c[0]
		back := 0
		for k := 1; k < len(c); k++ {
			back += evaluations[i-k]
			d[back] = c[k]
		}
		r.finish(s, transfer(s, t, d))
	}
	return r.Table
}
