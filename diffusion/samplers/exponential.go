package samplers

import (
	"math"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

// exponential is the exact solution from s to t, h = λ_t - λ_s, of the sampling equation with a prediction that is a polynomial
// in λ, for a share η of the noise of the reverse equation:
//
//	x_t = α_t/α_s x_s - (1+η) σ_t ∫ e^(λ_t-λ) ε dλ + σ_t √(η (e^2h - 1)) z
//	x_t = σ_t/σ_s e^-ηh x_s + (1+η) α_t ∫ e^(-(1+η)(λ_t-λ)) D dλ + σ_t √(1 - e^-2ηh) z
//
// Source: Lu et al. 2022, arXiv:2206.00927, proposition 3.1; arXiv:2211.01095, proposition 4.1. bib: lu2022dpmsolver, lu2022dpmsolverpp
type exponential struct {
	prediction diffusion.Prediction // Epsilon or X0
	eta        float64
}

// decay is what x_s is multiplied by.
func (e exponential) decay(s, t point) float64 {
	if e.prediction == diffusion.Epsilon {
		return t.Alpha / s.Alpha
	}
	if t.Sigma == 0 {
		return 0
	}
	d := t.Sigma / s.Sigma
	if e.eta > 0 {
		d *= math.Exp(-e.eta * (t.Lambda() - s.Lambda()))
	}
	return d
}

// moments are the integrals with the prediction replaced by (λ-λ_s)^n/n!, for n from 0 to count-1.
func (e exponential) moments(s, t point, count int) []float64 {
	h := t.Lambda() - s.Lambda()
	m := make([]float64, count)
	if math.IsInf(h, 0) {
		// From no data or to no noise: a constant alone, by the limits of its integral.
		if e.prediction == diffusion.Epsilon {
			m[0] = (1 + e.eta) * (t.Sigma - t.Alpha*s.Ratio())
		} else {
			m[0] = t.Alpha
		}
		return m
	}
	power := h
	for n := range m {
		if e.prediction == diffusion.Epsilon {
			m[n] = -(1 + e.eta) * t.Sigma * power * phi(n+1, h)
		} else {
			m[n] = (1 + e.eta) * t.Alpha * power * phi(n+1, -(1+e.eta)*h)
		}
		power *= h
	}
	return m
}

// midpoint are the moments of a second-order step in which the slope acts for half of the step:
// the form that DPM-Solver and DPM-Solver++ take.
func (e exponential) midpoint(s, t point) []float64 {
	m := e.moments(s, t, 1)
	h := t.Lambda() - s.Lambda()
	if math.IsInf(h, 0) {
		return []float64{m[0], 0}
	}
	return []float64{m[0], m[0] * h / 2}
}

// noise is what the noise is multiplied by.
func (e exponential) noise(s, t point) float64 {
	if e.eta == 0 || t.Sigma == 0 {
		return 0
	}
	h := t.Lambda() - s.Lambda()
	if e.prediction == diffusion.Epsilon {
		return t.Sigma * math.Sqrt(e.eta*math.Expm1(2*h))
	}
	return t.Sigma * math.Sqrt(-math.Expm1(-2*e.eta*h))
}

// to is the step with weights of the predictions.
func (e exponential) to(s, t point, d []float64) combination {
	return combination{X: e.decay(s, t), D: d, Noise: e.noise(s, t), From: s.Lambda(), To: t.Lambda()}
}

// first is a step of first order.
func (e exponential) first(s, t point) combination { return e.to(s, t, e.moments(s, t, 1)) }
