package samplers

import (
	"math"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

// EulerMaruyama is the method of Euler and Maruyama on the reverse equation, in the schedule's time:
//
//	x_t = x_s + (f x_s - g² score) Δt + g √|Δt| z,  f = α'/α,  g² = 2 σ² |λ'|
//
// Nothing of the equation is solved exactly, so that it needs many steps: the plainest of baselines. A step to no noise gives the
// denoiser's answer.
//
// Source: Song et al. 2021, arXiv:2011.13456, eq. (6) and section 4.1. bib: song2021score
type EulerMaruyama struct{}

// Validate finds nothing wrong.
func (EulerMaruyama) Validate() error { return nil }

// Info is of order 1.
func (EulerMaruyama) Info() Info {
	return Info{Name: "Euler–Maruyama", Order: 1, Stochastic: true, Least: 1, Bib: "song2021score"}
}

func (EulerMaruyama) evaluations(nfe int) []int { return ones(nfe) }

func (EulerMaruyama) table(_ diffusion.Schedule, points []point, _ []int) diffusion.Table {
	r := newRows(diffusion.X0)
	for i, s := range points[:len(points)-1] {
		t := points[i+1]
		if t.Sigma == 0 {
			r.finish(s, combination{D: []float64{t.Alpha}})
			continue
		}
		dt := t.T - s.T
		f := s.DAlpha / s.Alpha * dt
		lambda := (s.DAlpha/s.Alpha - s.DSigma/s.Sigma) * dt // λ' Δt > 0; σ² score = α D - x
		r.finish(s, combination{
			X: 1 + f - 2*lambda, D: []float64{2 * lambda * s.Alpha}, Noise: s.Sigma * math.Sqrt(2*lambda), From: s.Lambda(), To: t.Lambda(),
		})
	}
	return r.Table
}
