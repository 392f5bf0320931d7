// Package mixture holds mixtures of isotropic Gaussians, of which all is known in closed form: densities, scores, moments, and what noise
// makes of them.
//
// [Ring8], [Mix16] and [Line3] are the fixed ones by which samplers are compared without a network. Points are [axis] in float64.
package mixture

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Mixture is the density
//
//	p(x) = Σ_k w_k N(x; m_k, s_k² I)
type Mixture struct {
	Weights []float64   // w_k ≥ 0, of sum 1
	Means   [][]float64 // m_k, as many axes each
	Std     []float64   // s_k > 0
}

// Ring is of n equal Gaussians on a circle about the origin, the first at angle 0, the others counter-clockwise.
//
// Errors: n below 1; a radius below 0 or a deviation that is not above 0.
func Ring(n int, radius, std float64) (Mixture, error) {
	if n < 1 || !(radius >= 0) || math.IsInf(radius, 0) || !(std > 0) || math.IsInf(std, 0) {
		return Mixture{}, fmt.Errorf("mixture: Ring(%d, %v, %v), want at least 1 Gaussian, a radius from 0 on and a deviation above 0", n, radius, std)
	}
	return ring(n, radius, std), nil
}

func ring(n int, radius, std float64) Mixture {
	m := Mixture{Weights: slices.Repeat([]float64{1 / float64(n)}, n), Std: slices.Repeat([]float64{std}, n)}
	for k := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(k) / float64(n))
		m.Means = append(m.Means, []float64{radius * cos, radius * sin})
	}
	return m
}

// Ring8 is of eight equal Gaussians on a circle of radius 1.5 with deviation 0.12.
func Ring8() Mixture { return ring(8, 1.5, 0.12) }

// Mix16 is of six Gaussians with 16 axes, deviation 0.25 and means drawn once from N(0, I), by numpy.random.default_rng(16), to six decimals.
func Mix16() Mixture {
	return Mixture{
		Weights: []float64{0.3, 0.2, 0.15, 0.15, 0.1, 0.1}, Means: mix16Means(), Std: slices.Repeat([]float64{0.25}, 6),
	}
}

// Line3 is of three Gaussians with one axis, of unequal weights and deviations: its flow is a matter of quantiles.
func Line3() Mixture {
	return Mixture{Weights: []float64{0.5, 0.3, 0.2}, Means: [][]float64{{-1}, {0.5}, {1.5}}, Std: []float64{0.2, 0.1, 0.3}}
}

func mix16Means() [][]float64 {
	return [][]float64{
		{
			-0.594724, 0.630783, 1.039354, 1.030922, 1.817846, -0.385189, 0.544177, -0.366222,
			-1.424849, -0.703859, 0.136162, -0.915175, -0.191471, 1.12025, 0.570452, 0.572344,
		},
		{
			0.345122, -0.175276, -1.867743, 0.991459, -1.50666, 0.216085, -0.108392, 0.137272,
			0.252337, -0.333843, 0.900984, -1.285101, 0.791905, -1.691947, 1.186332, -0.508968,
		},
		{
			0.374052, 1.508055, -2.162682, -0.314628, 0.573498, 0.899278, 1.358279, 0.606146,
			0.514136, 0.106338, 0.265566, 0.070981, 0.99181, 0.159334, 0.668872, 1.616139,
		},
		{
			1.170185, -0.344125, -0.103427, 0.734824, -0.642304, -1.830919, -1.011435, 0.538657,
			-0.211061, -0.356914, 0.747069, -1.051698, 2.264505, 0.023038, -0.324179, 2.03699,
		},
		{
			-1.089019, -0.497283, -0.089446, -0.960288, -0.340114, 0.582623, 0.169382, -0.048528,
			0.988251, 1.886571, 1.563467, -2.093358, 1.371049, 0.775724, 0.407994, -0.983174,
		},
		{
			-0.451951, -0.209636, -1.392637, 1.234178, 0.890661, -0.013349, -0.948017, 1.345868,
			0.640992, 1.063199, -0.418588, 2.395798, -0.138849, 1.954755, -2.004914, 0.308301,
		},
	}
}

// Validate lists all that is wrong with m.
func (m Mixture) Validate() error {
	n := len(m.Weights)
	if n < 1 || len(m.Means) != n || len(m.Std) != n || len(m.Means[0]) < 1 {
		return fmt.Errorf("mixture: Mixture of %d weights, %d means and %d deviations, want as many of each, at least 1, with at least 1 axis",
			n, len(m.Means), len(m.Std))
	}
	var errs []error
	sum := 0.0
	for k, w := range m.Weights {
		sum += w
		if !(w >= 0) {
			errs = append(errs, fmt.Errorf("mixture: Mixture.Weights[%d] = %v, want at least 0", k, w))
		}
		if s := m.Std[k]; !(s > 0) || math.IsInf(s, 0) {
			errs = append(errs, fmt.Errorf("mixture: Mixture.Std[%d] = %v, want it above 0", k, s))
		}
		if len(m.Means[k]) != m.Dim() {
			errs = append(errs, fmt.Errorf("mixture: Mixture.Means[%d] has %d axes, want %d as the first", k, len(m.Means[k]), m.Dim()))
		}
		for a, x := range m.Means[k] {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				errs = append(errs, fmt.Errorf("mixture: Mixture.Means[%d][%d] = %v, want a finite number", k, a, x))
			}
		}
	}
	if !(math.Abs(sum-1) <= 1e-12) { // round-off of decimal weights
		errs = append(errs, fmt.Errorf("mixture: the sum of Mixture.Weights is %v, want 1", sum))
	}
	return errors.Join(errs...)
}

// Dim is the number of axes.
func (m Mixture) Dim() int { return len(m.Means[0]) }

// Draw writes a random point to dst and returns the number of the Gaussian that it comes from.
func (m Mixture) Draw(dst []float64, rng *rand.Rand) int {
	k, u := 0, rng.Float64()
	for u -= m.Weights[0]; u >= 0 && k < len(m.Weights)-1; u -= m.Weights[k] {
		k++
	}
	for a, mean := range m.Means[k] {
		dst[a] = mean + m.Std[k]*rng.NormFloat64()
	}
	return k
}

// LogDensity is log p(x).
func (m Mixture) LogDensity(x []float64) float64 {
	terms := m.terms(x)
	top := slices.Max(terms)
	sum := 0.0
	for _, t := range terms {
		sum += math.Exp(t - top)
	}
	return top + math.Log(sum)
}

// Score writes the gradient of log p at x to dst:
//
//	Σ_k p(k|x) (m_k - x) / s_k²
func (m Mixture) Score(dst, x []float64) {
	clear(dst)
	for k, p := range m.Posterior(x) {
		for a := range x {
			dst[a] += p * (m.Means[k][a] - x[a]) / (m.Std[k] * m.Std[k])
		}
	}
}

// Posterior is the probability of each Gaussian to be the one that x comes from.
func (m Mixture) Posterior(x []float64) []float64 {
	p := m.terms(x)
	top, sum := slices.Max(p), 0.0
	for k := range p {
		p[k] = math.Exp(p[k] - top)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}

// terms are log w_k N(x; m_k, s_k² I).
func (m Mixture) terms(x []float64) []float64 {
	terms := make([]float64, len(m.Weights))
	for k, s := range m.Std {
		var r2 float64
		for a := range x {
			d := x[a] - m.Means[k][a]
			r2 += d * d
		}
		terms[k] = math.Log(m.Weights[k]) - r2/(2*s*s) - float64(len(x))*math.Log(s*math.Sqrt(2*math.Pi))
	}
	return terms
}

// Noised is the density of alpha x + sigma ε for x of m and normal ε.
func (m Mixture) Noised(alpha, sigma float64) Mixture {
	out := Mixture{Weights: m.Weights}
	for k, mean := range m.Means {
		moved := make([]float64, len(mean))
		for a, x := range mean {
			moved[a] = alpha * x
		}
		out.Means, out.Std = append(out.Means, moved), append(out.Std, math.Hypot(alpha*m.Std[k], sigma))
	}
	return out
}

// Moments are the mean [axis] and the covariance [axis, axis].
func (m Mixture) Moments() (mean, covariance []float64) {
	n := m.Dim()
	mean, covariance = make([]float64, n), make([]float64, n*n)
	for k, w := range m.Weights {
		for a, x := range m.Means[k] {
			mean[a] += w * x
		}
	}
	for k, w := range m.Weights {
		for a := range n {
			for b := range n {
				covariance[a*n+b] += w * (m.Means[k][a] - mean[a]) * (m.Means[k][b] - mean[b])
			}
			covariance[a*n+a] += w * m.Std[k] * m.Std[k]
		}
	}
	return mean, covariance
}
