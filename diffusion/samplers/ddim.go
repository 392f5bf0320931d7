package samplers

import (
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

// DDIM keeps the direction of the noise and adds new noise of a share η:
//
//	x_t = α_t D + √(σ_t² - n²) ε + n z,  n² = η² σ_t² (1 - (α_s σ_t/(α_t σ_s))²)
//
// η = 0 is DPM-Solver-1, and Euler's method in σ/α on x/α, the Euler sampler of [diffusion.EDM]; η = 1 is the ancestral step of
// DDPM, and Euler's ancestral sampler.
//
// Source: Song et al. 2021, arXiv:2010.02502, eq. (12) and (16). bib: song2021ddim
type DDIM struct {
	Eta float64 // 0 ≤ η ≤ 1
}

// Validate says what is wrong.
func (d DDIM) Validate() error { return wantShare("DDIM.Eta", d.Eta) }

func wantShare(name string, eta float64) error {
	if !(eta >= 0 && eta <= 1) {
		return fmt.Errorf("samplers: %s = %v, want 0 to 1", name, eta)
	}
	return nil
}

// Info is of order 1.
func (d DDIM) Info() Info {
	return Info{Name: withEta("DDIM", d.Eta), Order: 1, Stochastic: d.Eta > 0, Least: 1, Bib: "song2021ddim"}
}

// withEta is the name of a method with a share of noise.
func withEta(name string, eta float64) string {
	if eta == 0 {
		return name
	}
	return fmt.Sprintf("%s, η = %v", name, eta)
}

func (DDIM) evaluations(nfe int) []int { return ones(nfe) }

func (d DDIM) table(_ diffusion.Schedule, points []point, _ []int) diffusion.Table {
	r := newRows(diffusion.X0)
	for i, s := range points[:len(points)-1] {
		t := points[i+1]
		r.finish(s, ancestral(s, t, d.Eta, d.Eta))
	}
	return r.Table
}

// ancestral is a step from s to t with the mean of a share of new noise and, as a rule, that noise. Backwards there is none.
func ancestral(s, t point, mean, noise float64) combination {
	n := t.Sigma * math.Sqrt(max(-math.Expm1(2*(s.Lambda()-t.Lambda())), 0))
	if t.Sigma == 0 || mean == 0 && noise == 0 {
		n = 0
	}
	kept := math.Sqrt(max(t.Sigma*t.Sigma-mean*mean*n*n, 0)) / s.Sigma
	return combination{X: kept, D: []float64{t.Alpha - kept*s.Alpha}, Noise: noise * n, From: s.Lambda(), To: t.Lambda()}
}

// DDPM is the ancestral sampler: each step draws from the reverse of a step of noise, of a variance that is one of two bounds.
//
// Differs from the source: for any schedule, in steps of any length.
// Source: Ho et al. 2020, arXiv:2006.11239, eq. (7) and section 3.2. bib: ho2020denoising
type DDPM struct {
	Large bool // the variance of the forward step, right for data of variance 1; else that for a single data point
}

// Validate finds nothing wrong.
func (DDPM) Validate() error { return nil }

// Info is of order 1.
func (d DDPM) Info() Info {
	name := "DDPM"
	if d.Large {
		name += ", large variance"
	}
	return Info{Name: name, Order: 1, Stochastic: true, Least: 1, Bib: "ho2020denoising"}
}

func (DDPM) evaluations(nfe int) []int { return ones(nfe) }

func (d DDPM) table(_ diffusion.Schedule, points []point, _ []int) diffusion.Table {
	r := newRows(diffusion.X0)
	for i, s := range points[:len(points)-1] {
		t := points[i+1]
		c := ancestral(s, t, 1, 1)
		if d.Large && t.Sigma > 0 {
			c.Noise *= s.Sigma / t.Sigma // σ_s² - (α_s/α_t)² σ_t² for its share (σ_t/σ_s)²
		}
		r.finish(s, c)
	}
	return r.Table
}

// Consistency takes the denoiser for a consistency function, which leads from any level to the data at once, and adds noise again:
// x_t = α_t f(x_s) + √(σ_t² - σ_min²) z. With a denoiser E[x0|x] it is not exact.
//
// Differs from the source: for any schedule; σ_min is that of the last step, which adds no noise.
// Source: Song et al. 2023, arXiv:2303.01469, algorithm 1. bib: song2023consistency
type Consistency struct{}

// Validate finds nothing wrong.
func (Consistency) Validate() error { return nil }

// Info has no order.
func (Consistency) Info() Info {
	return Info{Name: "consistency", Stochastic: true, Least: 1, Bib: "song2023consistency"}
}

func (Consistency) evaluations(nfe int) []int { return ones(nfe) }

func (Consistency) table(_ diffusion.Schedule, points []point, _ []int) diffusion.Table {
	r := newRows(diffusion.X0)
	least := points[len(points)-1].Ratio()
	for i, s := range points[:len(points)-1] {
		t := points[i+1]
		noise := t.Alpha * math.Sqrt(max(t.Ratio()*t.Ratio()-least*least, 0))
		r.finish(s, combination{D: []float64{t.Alpha}, Noise: noise, From: s.Lambda(), To: t.Lambda()})
	}
	return r.Table
}
