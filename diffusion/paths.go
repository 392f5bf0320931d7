package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// ConditionalOT is the straight path from noise at t = 0 to data at t = 1: α = t, σ = 1 - (1 - σ_min) t.
//
// Source: Lipman et al. 2023, arXiv:2210.02747, eq. (20); with SigmaMin = 0 the path of rectified flow. bib: lipman2023flow, liu2023flow
type ConditionalOT struct {
	SigmaMin float64 // at t = 1, 0 ≤ SigmaMin < 1
}

// Validate says what is wrong.
func (c ConditionalOT) Validate() error { return within("ConditionalOT.SigmaMin", c.SigmaMin) }

// Ends are 0 and 1.
func (ConditionalOT) Ends() (noise, data float64) { return 0, 1 }

// Alpha is t.
func (ConditionalOT) Alpha(t float64) float64 { return t }

// Sigma is 1 - (1 - σ_min) t.
func (c ConditionalOT) Sigma(t float64) float64 { return 1 - (1-c.SigmaMin)*t }

// Rates are 1 and σ_min - 1.
func (c ConditionalOT) Rates(float64) (dAlpha, dSigma float64) { return 1, c.SigmaMin - 1 }

// Time is the inverse of λ.
func (c ConditionalOT) Time(lambda float64) float64 {
	if lambda > 0 {
		return 1 / (math.Exp(-lambda) + 1 - c.SigmaMin)
	}
	r := math.Exp(lambda)
	return r / (1 + r*(1-c.SigmaMin))
}

// Nodes are α and σ.
func (c ConditionalOT) Nodes(t *Node) (alpha, sigma *Node) {
	return t, OneMinus(MulScalar(t, 1-c.SigmaMin))
}

// CosinePath is the path α = sin(πt/2), σ = cos(πt/2) from noise at t = 0 to data at t = 1, which keeps the variance.
//
// Source: Albergo & Vanden-Eijnden 2023, arXiv:2209.15571. bib: albergo2023building
type CosinePath struct{}

// Validate finds nothing wrong.
func (CosinePath) Validate() error { return nil }

// Ends are 0 and 1.
func (CosinePath) Ends() (noise, data float64) { return 0, 1 }

// Alpha is sin(πt/2).
func (CosinePath) Alpha(t float64) float64 { return math.Sin(math.Pi / 2 * t) }

// Sigma is cos(πt/2), written so that it is 0 at t = 1.
func (CosinePath) Sigma(t float64) float64 { return math.Sin(math.Pi / 2 * (1 - t)) }

// Rates are those of sine and cosine.
func (c CosinePath) Rates(t float64) (dAlpha, dSigma float64) {
	return math.Pi / 2 * c.Sigma(t), -math.Pi / 2 * c.Alpha(t)
}

// Time is the inverse of λ.
func (CosinePath) Time(lambda float64) float64 {
	if lambda > 0 {
		return 1 - 2/math.Pi*math.Atan(math.Exp(-lambda))
	}
	return 2 / math.Pi * math.Atan(math.Exp(lambda))
}

// Nodes are α and σ.
func (CosinePath) Nodes(t *Node) (alpha, sigma *Node) {
	return Sin(MulScalar(t, math.Pi/2)), Sin(MulScalar(OneMinus(t), math.Pi/2))
}

// PolynomialPath is the path α = tⁿ, σ = 1 - tⁿ from noise at t = 0 to data at t = 1.
//
// Source: Lipman et al. 2024, arXiv:2412.06264. bib: lipman2024guide
type PolynomialPath struct {
	Power float64 // n ≥ 1
}

// Validate says what is wrong.
func (p PolynomialPath) Validate() error {
	if !(p.Power >= 1) || math.IsInf(p.Power, 0) {
		return fmt.Errorf("diffusion: PolynomialPath.Power = %v, want 1 or more", p.Power)
	}
	return nil
}

// Ends are 0 and 1.
func (PolynomialPath) Ends() (noise, data float64) { return 0, 1 }

// Alpha is tⁿ.
func (p PolynomialPath) Alpha(t float64) float64 { return math.Pow(t, p.Power) }

// Sigma is 1 - tⁿ.
func (p PolynomialPath) Sigma(t float64) float64 { return 1 - math.Pow(t, p.Power) }

// Rates are ntⁿ⁻¹ and its negative.
func (p PolynomialPath) Rates(t float64) (dAlpha, dSigma float64) {
	d := p.Power * math.Pow(t, p.Power-1)
	return d, -d
}

// Time is the inverse of λ.
func (p PolynomialPath) Time(lambda float64) float64 {
	return math.Exp(-math.Log1p(math.Exp(-lambda)) / p.Power)
}

// Nodes are α and σ.
func (p PolynomialPath) Nodes(t *Node) (alpha, sigma *Node) {
	alpha = PowScalar(t, p.Power)
	return alpha, OneMinus(alpha)
}
