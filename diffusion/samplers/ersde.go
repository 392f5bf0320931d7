package samplers

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

// NoiseScale is φ of [ERSDE], a function of Λ = σ/α that says how much noise is added: none where φ(Λ) = Λ.
type NoiseScale string

// The source's choices. The zero value is [SDE5], its default.
const (
	SDE5       NoiseScale = ""        // Λ (exp Λ^0.3 + 10)
	ODE        NoiseScale = "ode"     // Λ: no noise, the probability flow
	ReverseSDE NoiseScale = "reverse" // Λ²: the reverse equation of the forward process
	SDE1       NoiseScale = "sde1"    // Λ (exp(-1/Λ) + 10)
	SDE2       NoiseScale = "sde2"    // Λ^1.5
	SDE3       NoiseScale = "sde3"    // Λ^2.5
	SDE4       NoiseScale = "sde4"    // Λ^0.9 log₁₀(1 + 100 Λ^1.5)
)

// NoiseScales lists all, the default last, as in the source.
func NoiseScales() []NoiseScale { return []NoiseScale{ODE, ReverseSDE, SDE1, SDE2, SDE3, SDE4, SDE5} }

// title is the choice's name in the source.
func (n NoiseScale) title() string {
	switch n {
	case SDE5:
		return "SDE5"
	case ReverseSDE:
		return "reverse SDE"
	default:
		return strings.ToUpper(string(n))
	}
}

// At is φ(Λ) for Λ > 0.
func (n NoiseScale) At(v float64) float64 {
	switch n {
	case ODE:
		return v
	case ReverseSDE:
		return v * v
	case SDE1:
		return v * (math.Exp(-1/v) + 10)
	case SDE2:
		return math.Pow(v, 1.5)
	case SDE3:
		return math.Pow(v, 2.5)
	case SDE4:
		return math.Pow(v, 0.9) * math.Log10(1+100*math.Pow(v, 1.5))
	default:
		return v * (math.Exp(math.Pow(v, 0.3)) + 10)
	}
}

// ERSDE solves a family of reverse equations with the right marginals, from the probability flow to any amount of noise:
//
//	x_t/α_t = r x_s/α_s + (1-r) D + (Λ_t - Λ_s + φ(Λ_t) I₁) D₁ + ((Λ_t - Λ_s)²/2 + φ(Λ_t) I₂) D₂ + √(Λ_t² - r² Λ_s²) z
//
// with r = φ(Λ_t)/φ(Λ_s), I₁ = ∫ dΛ/φ, I₂ = ∫ (Λ - Λ_s)/φ dΛ from Λ_t to Λ_s and derivatives D₁ and D₂ in Λ. The first steps are of
// lower order; a step to no noise gives D.
//
// Differs from the source: D₁ and D₂ are the derivatives at Λ_s of the polynomial through the latest values. The source's order 3, which
// Backward gives, takes the difference of the latest two values for D₁, by which it converges with order 2. Integrals are by Gauss's rule in log Λ, to round-off, not by a
// sum of 100 to 200 terms.
// Source: Cui et al. 2023, arXiv:2309.06169. bib: cui2023ersde
type ERSDE struct {
	Order    int // 1 to 3
	Scale    NoiseScale
	Backward bool // the source's D₁ at order 3
}

// Validate lists what is wrong.
func (e ERSDE) Validate() error {
	err := wantOrder("ERSDE", e.Order, 3)
	if all := NoiseScales(); !slices.Contains(all, e.Scale) {
		err = errors.Join(err, fmt.Errorf("samplers: ERSDE.Scale = %q, want one of %q", string(e.Scale), all))
	}
	return err
}

// Info is of its order; with noise of order 2 at most.
func (e ERSDE) Info() Info {
	i := Info{Name: fmt.Sprintf("ER-SDE-%d, %s", e.Order, e.Scale.title()), Order: e.Order, Stochastic: e.Scale != ODE, Least: 1, Bib: "cui2023ersde"}
	if e.Backward {
		i.Name += ", backward"
		if e.Order > 2 {
			i.Order, i.Below = 2, "its first derivative is a backward difference, of first order"
		}
	}
	if i.Stochastic && e.Order > 2 {
		i.Order, i.Below = 2, pastNoise
	}
	return i
}

func (ERSDE) evaluations(nfe int) []int { return ones(nfe) }

func (e ERSDE) table(_ diffusion.Schedule, points []point, _ []int) diffusion.Table {
	r := newRows(diffusion.X0)
	for i, s := range points[:len(points)-1] {
		r.finish(s, e.step(points, i, points[i+1]))
	}
	return r.Table
}

func (e ERSDE) step(points []point, i int, t point) combination {
	s := points[i]
	if t.Sigma == 0 {
		return combination{D: []float64{t.Alpha}}
	}
	from, to := s.Ratio(), t.Ratio()
	c := combination{From: s.Lambda(), To: t.Lambda()}
	if math.IsInf(from, 0) { // from no data: all of x is noise
		c.X, c.D = t.Sigma/s.Sigma, []float64{t.Alpha}
		if e.Scale != ODE {
			c.X, c.Noise = 0, t.Sigma
		}
		return c
	}
	r := e.Scale.At(to) / e.Scale.At(from)
	c.X = t.Alpha / s.Alpha * r
	if e.Scale != ODE {
		c.Noise = t.Alpha * math.Sqrt(max(to*to-r*r*from*from, 0)) // below 0 by round-off
	}
	// The derivatives in Λ are of the polynomial through the latest values.
	u := []float64{0}
	for k := 1; k < e.Order && k <= i && !math.IsInf(points[i-k].Ratio(), 0); k++ {
		u = append(u, points[i-k].Ratio()-from)
	}
	moments := []float64{t.Alpha * (1 - r)}
	over := func(f func(v float64) float64) float64 { // ∫ f/φ dΛ from Λ_t to Λ_s
		return gauss(math.Log(to), math.Log(from), func(x float64) float64 {
			v := math.Exp(x)
			return f(v) * v / e.Scale.At(v)
		})
	}
	if len(u) > 1 {
		moments = append(moments, t.Alpha*(to-from+e.Scale.At(to)*over(func(float64) float64 { return 1 })))
	}
	if len(u) > 2 {
		moments = append(moments, t.Alpha*((to-from)*(to-from)/2+e.Scale.At(to)*over(func(v float64) float64 { return v - from })))
	}
	derivatives := weights
	if e.Backward && len(u) > 2 {
		derivatives = backward
	}
	c.D = derivatives(u, moments)
	return c
}

// backward are weights of the source's order 3: D₁ is the difference quotient of the latest two values, D₂ twice that of D₁ over two steps.
func backward(u, moments []float64) []float64 {
	first, before := -1/u[1], 1/(u[1]-u[2]) // of 1/(Λ_s - Λ_p) and 1/(Λ_p - Λ_pp)
	second := -2 * moments[2] / u[2]
	return []float64{
		moments[0] + (moments[1]+second)*first,
		-(moments[1]+second)*first - second*before,
		second * before,
	}
}
