package diffusion

import (
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// VE leaves the data as they are and adds noise that grows geometrically: α = 1, σ = σ_min (σ_max/σ_min)^t.
//
// Source: Song et al. 2021, arXiv:2011.13456, section 3.4 and appendix C. bib: song2021score
type VE struct{ SigmaMin, SigmaMax float64 }

// Validate says what is wrong.
func (v VE) Validate() error { return sigmas("VE", v.SigmaMin, v.SigmaMax) }

func sigmas(name string, low, high float64) error {
	if !(low > 0) || !(high > low) || math.IsInf(high, 0) {
		return fmt.Errorf("diffusion: %s.SigmaMin, SigmaMax = %v, %v, want 0 < SigmaMin < SigmaMax, so that σ falls during sampling", name, low, high)
	}
	return nil
}

// Ends are 1 and 0.
func (VE) Ends() (noise, data float64) { return 1, 0 }

// Alpha is 1.
func (VE) Alpha(float64) float64 { return 1 }

// Sigma is σ(t).
func (v VE) Sigma(t float64) float64 { return v.SigmaMin * math.Exp(t*v.rate()) }

func (v VE) rate() float64 { return math.Log(v.SigmaMax / v.SigmaMin) }

// Rates are 0 and σ log(σ_max/σ_min).
func (v VE) Rates(t float64) (dAlpha, dSigma float64) { return 0, v.Sigma(t) * v.rate() }

// Time is the inverse of λ.
func (v VE) Time(lambda float64) float64 { return (-lambda - math.Log(v.SigmaMin)) / v.rate() }

// Nodes are α and σ.
func (v VE) Nodes(t *Node) (alpha, sigma *Node) {
	return OnesLike(t), MulScalar(Exp(MulScalar(t, v.rate())), v.SigmaMin)
}

// EDM leaves the data as they are and takes σ itself for the time.
//
// Source: Karras et al. 2022, arXiv:2206.00364, section 3. bib: karras2022elucidating
type EDM struct{ SigmaMin, SigmaMax float64 }

// StandardEDM is [EDM] from 80 to 0.002, as in the source, for data of deviation 0.5.
func StandardEDM() EDM { return EDM{SigmaMin: 0.002, SigmaMax: 80} }

// Validate says what is wrong.
func (v EDM) Validate() error { return sigmas("EDM", v.SigmaMin, v.SigmaMax) }

// Ends are SigmaMax and SigmaMin.
func (v EDM) Ends() (noise, data float64) { return v.SigmaMax, v.SigmaMin }

// Alpha is 1.
func (EDM) Alpha(float64) float64 { return 1 }

// Sigma is t.
func (EDM) Sigma(t float64) float64 { return t }

// Rates are 0 and 1.
func (EDM) Rates(float64) (dAlpha, dSigma float64) { return 0, 1 }

// Time is e^-λ.
func (EDM) Time(lambda float64) float64 { return math.Exp(-lambda) }

// Nodes are 1 and t.
func (EDM) Nodes(t *Node) (alpha, sigma *Node) { return OnesLike(t), t }
