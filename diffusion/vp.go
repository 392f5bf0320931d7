package diffusion

import (
	"errors"
	"fmt"
	"math"

	. "github.com/gomlx/gomlx/core/graph"
)

// VPLinear keeps the variance, with a rate of noise that grows linearly in t:
//
//	log α = -(β₁ - β₀) t²/4 - β₀ t/2,  σ² = 1 - α²
//
// Source: Song et al. 2021, arXiv:2011.13456, section 3.4 and appendix C. bib: song2021score
type VPLinear struct {
	BetaMin, BetaMax float64 // β₀ and β₁
	TMin             float64 // the data end, 0 ≤ TMin < 1; the noise end is 1
}

// StandardVP is [VPLinear] of the source: β from 0.1 to 20, from t = 1 to 0.001.
func StandardVP() VPLinear { return VPLinear{BetaMin: 0.1, BetaMax: 20, TMin: 1e-3} }

// Validate lists what is wrong.
func (v VPLinear) Validate() error {
	return errors.Join(betas("VPLinear", v.BetaMin, v.BetaMax), within("VPLinear.TMin", v.TMin))
}

func betas(name string, low, high float64) error {
	if !(low > 0) || !(high >= low) || math.IsInf(high, 0) {
		return fmt.Errorf("diffusion: %s.BetaMin, BetaMax = %v, %v, want 0 < BetaMin ≤ BetaMax, so that σ grows with t", name, low, high)
	}
	return nil
}

func within(name string, t float64) error {
	if !(t >= 0 && t < 1) {
		return fmt.Errorf("diffusion: %s = %v, want 0 or more and below 1", name, t)
	}
	return nil
}

// Ends are 1 and TMin.
func (v VPLinear) Ends() (noise, data float64) { return 1, v.TMin }

func (v VPLinear) logAlpha(t float64) float64 {
	return -(v.BetaMax-v.BetaMin)*t*t/4 - v.BetaMin*t/2
}

// Alpha is α(t).
func (v VPLinear) Alpha(t float64) float64 { return math.Exp(v.logAlpha(t)) }

// Sigma is σ(t).
func (v VPLinear) Sigma(t float64) float64 { return math.Sqrt(-math.Expm1(2 * v.logAlpha(t))) }

// Rates are -β(t)α/2 and β(t)α²/(2σ).
func (v VPLinear) Rates(t float64) (dAlpha, dSigma float64) {
	beta, a := v.BetaMin+(v.BetaMax-v.BetaMin)*t, v.Alpha(t)
	return -beta * a / 2, beta * a * a / (2 * v.Sigma(t))
}

// Time is the inverse of λ.
func (v VPLinear) Time(lambda float64) float64 { return v.timeOf(vpLogAlpha(lambda)) }

// timeOf is the time at which log α is a: the positive root of (β₁-β₀)t²/4 + β₀t/2 + a = 0, without cancellation.
func (v VPLinear) timeOf(a float64) float64 {
	d := v.BetaMax - v.BetaMin
	return -4 * a / (v.BetaMin + math.Sqrt(v.BetaMin*v.BetaMin-4*d*a))
}

// vpLogAlpha is log α where α² + σ² = 1: -½ log(1 + e^(-2λ)).
func vpLogAlpha(lambda float64) float64 {
	if lambda < 0 {
		return lambda - math.Log1p(math.Exp(2*lambda))/2
	}
	return -math.Log1p(math.Exp(-2*lambda)) / 2
}

// Nodes are α and σ.
func (v VPLinear) Nodes(t *Node) (alpha, sigma *Node) {
	logAlpha := v.logAlphas(t)
	return Exp(logAlpha), Sqrt(Neg(Expm1(MulScalar(logAlpha, 2))))
}

func (v VPLinear) logAlphas(t *Node) *Node {
	return Neg(Add(MulScalar(Square(t), (v.BetaMax-v.BetaMin)/4), MulScalar(t, v.BetaMin/2)))
}

// SubVP is the signal of [VPLinear] with less noise, σ = 1 - α².
//
// Source: Song et al. 2021, arXiv:2011.13456, section 3.4. bib: song2021score
type SubVP struct {
	BetaMin, BetaMax float64 // as of [VPLinear]
	TMin             float64
}

// Validate lists what is wrong.
func (v SubVP) Validate() error {
	return errors.Join(betas("SubVP", v.BetaMin, v.BetaMax), within("SubVP.TMin", v.TMin))
}

// Ends are 1 and TMin.
func (v SubVP) Ends() (noise, data float64) { return 1, v.TMin }

// Alpha is α(t).
func (v SubVP) Alpha(t float64) float64 { return VPLinear(v).Alpha(t) }

// Sigma is σ(t).
func (v SubVP) Sigma(t float64) float64 { return -math.Expm1(2 * VPLinear(v).logAlpha(t)) }

// Rates are -β(t)α/2 and β(t)α².
func (v SubVP) Rates(t float64) (dAlpha, dSigma float64) {
	beta, a := v.BetaMin+(v.BetaMax-v.BetaMin)*t, v.Alpha(t)
	return -beta * a / 2, beta * a * a
}

// Time is the inverse of λ: with r = e^λ, α is the root of r α² + α = r.
func (v SubVP) Time(lambda float64) float64 {
	q := math.Exp(-lambda) // α² + q α = 1
	logAlpha := -math.Asinh(q / 2)
	return VPLinear(v).timeOf(logAlpha)
}

// Nodes are α and σ.
func (v SubVP) Nodes(t *Node) (alpha, sigma *Node) {
	logAlpha := VPLinear(v).logAlphas(t)
	return Exp(logAlpha), Neg(Expm1(MulScalar(logAlpha, 2)))
}

// VPCosine keeps the variance, with α = cos(π/2 (t+s)/(1+s)) / cos(π/2 s/(1+s)).
//
// Source: Nichol & Dhariwal 2021, arXiv:2102.09672, eq. (17). bib: nichol2021improved
type VPCosine struct {
	Offset     float64 // s > 0
	TMin, TMax float64 // the data and the noise end, 0 ≤ TMin < TMax ≤ 1; α is 0 at 1
}

// StandardCosine is [VPCosine] with the source's offset 0.008, between the times 0.001 and 0.9946 of DPM-Solver.
//
// Source: Lu et al. 2022, arXiv:2206.00927, appendix D. bib: lu2022dpmsolver
func StandardCosine() VPCosine { return VPCosine{Offset: 0.008, TMin: 1e-3, TMax: 0.9946} }

// Validate lists what is wrong.
func (v VPCosine) Validate() error {
	var errs []error
	if !(v.Offset > 0) || math.IsInf(v.Offset, 0) {
		errs = append(errs, fmt.Errorf("diffusion: VPCosine.Offset = %v, want it above 0", v.Offset))
	}
	if !(v.TMin >= 0 && v.TMin < v.TMax && v.TMax <= 1) {
		errs = append(errs, fmt.Errorf("diffusion: VPCosine.TMin, TMax = %v, %v, want 0 ≤ TMin < TMax ≤ 1", v.TMin, v.TMax))
	}
	return errors.Join(errs...)
}

// Ends are TMax and TMin.
func (v VPCosine) Ends() (noise, data float64) { return v.TMax, v.TMin }

// start is the angle of t = 0, and speed the angle that t adds.
func (v VPCosine) start() float64 { return math.Pi / 2 * v.Offset / (1 + v.Offset) }
func (v VPCosine) speed() float64 { return math.Pi / 2 / (1 + v.Offset) }

// Alpha is α(t).
func (v VPCosine) Alpha(t float64) float64 {
	return math.Cos(v.start()+v.speed()*t) / math.Cos(v.start())
}

// Sigma is σ(t): cos²a - cos²b = sin(b+a) sin(b-a), which does not cancel near t = 0.
func (v VPCosine) Sigma(t float64) float64 {
	return math.Sqrt(math.Sin(2*v.start()+v.speed()*t)*math.Sin(v.speed()*t)) / math.Cos(v.start())
}

// Rates are those of α, and -αα'/σ.
func (v VPCosine) Rates(t float64) (dAlpha, dSigma float64) {
	dAlpha = -v.speed() * math.Sin(v.start()+v.speed()*t) / math.Cos(v.start())
	return dAlpha, -v.Alpha(t) * dAlpha / v.Sigma(t)
}

// Time is the inverse of λ.
func (v VPCosine) Time(lambda float64) float64 {
	return (math.Acos(math.Exp(vpLogAlpha(lambda))*math.Cos(v.start())) - v.start()) / v.speed()
}

// Nodes are α and σ.
func (v VPCosine) Nodes(t *Node) (alpha, sigma *Node) {
	angle, scale := MulScalar(t, v.speed()), 1/math.Cos(v.start())
	alpha = MulScalar(Cos(AddScalar(angle, v.start())), scale)
	return alpha, MulScalar(Sqrt(Mul(Sin(AddScalar(angle, 2*v.start())), Sin(angle))), scale)
}
