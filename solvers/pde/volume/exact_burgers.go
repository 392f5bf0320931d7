package volume

import (
	"errors"
	"fmt"
	"math"
)

// BurgersRiemann is the entropy solution of u_t + (u²/2)_x = 0 that starts from left for x < 0 and right for x > 0, at
// speed = x/t: a shock of speed (left + right)/2, or a fan.
//
// Source: LeVeque 2002, section 11.4. bib: leveque2002finite
func BurgersRiemann(left, right, speed float64) float64 {
	if left > right {
		if speed < (left+right)/2 {
			return left
		}
		return right
	}
	return min(max(speed, left), right)
}

// SmoothBurgers is the solution of u_t + (u²/2)_x = 0 before its first shock, along characteristics: u(x, t) = u₀(x - u t).
type SmoothBurgers struct {
	Initial, Slope func(x float64) float64 // u₀ and u₀′
	Largest        float64                 // a bound of |u₀|
}

// At finds u(x, t) to round-off.
//
// Errors: a time below 0; characteristics that have crossed near x, as far as 200 samples between the feet that x may have show it.
func (b SmoothBurgers) At(x, t float64) (float64, error) {
	if !(t >= 0) {
		return 0, fmt.Errorf("volume: SmoothBurgers.At: t = %v, want at least 0", t)
	}
	// The foot ξ of the characteristic through x solves ξ + t u₀(ξ) = x, whose left side grows until a shock forms.
	low, high := x-b.Largest*t, x+b.Largest*t
	const samples = 200
	for i := range samples + 1 {
		foot := low + (high-low)*float64(i)/samples
		if steep := b.Slope(foot); 1+t*steep <= 0 {
			return 0, fmt.Errorf("volume: SmoothBurgers.At: t = %v near x = %v, want one before the shock of the slope %.3g, at most %.6g",
				t, x, steep, -1/steep)
		}
	}
	for range 200 {
		foot := (low + high) / 2
		if foot == low || foot == high {
			break
		}
		if foot+t*b.Initial(foot) < x {
			low = foot
		} else {
			high = foot
		}
	}
	return b.Initial((low + high) / 2), nil
}

// ColeHopf is the solution of u_t + u u_x = ν u_xx on the whole line by the transform of Cole and Hopf:
//
//	u(x, t) = ∫ z/t e^(-G/2ν) dz / ∫ e^(-G/2ν) dz,  G = Φ(x - z) + z²/2t,  Φ(y) = ∫_0^y u₀
//
// A periodic u₀ gives the solution on a periodic box.
//
// Source: Cole 1951, Q. Appl. Math. 9; Hopf 1950, Commun. Pure Appl. Math. 3. bib: cole1951quasilinear, hopf1950partial
type ColeHopf struct {
	Viscosity float64                 // ν > 0
	Potential func(x float64) float64 // Φ
	Largest   float64                 // a bound of |u₀|
}

// At finds u(x, t) by the trapezoidal rule, halving its step until two answers differ by less than 1e-12 of Largest, with some
// points across the peak of the integrand.
//
// Errors: a viscosity or time that is not above 0; an integrand too sharp for 2²⁰ points.
func (c ColeHopf) At(x, t float64) (float64, error) {
	if !(c.Viscosity > 0 && t > 0 && c.Largest > 0) || c.Potential == nil {
		return 0, errors.New("volume: ColeHopf.At: want a potential, a viscosity, a bound and a time, all above 0")
	}
	// Beyond |z| = Largest t the exponent grows at least like (|z| - Largest t)²/4νt: e^-40 is below round-off.
	reach := c.Largest*t + math.Sqrt(4*c.Viscosity*t*40)
	exponent := func(z float64) float64 { return (c.Potential(x-z) + z*z/(2*t)) / (2 * c.Viscosity) }
	last := math.NaN()
	for points := 256; points <= 1<<20; points *= 2 {
		least := math.Inf(1)
		for i := range points + 1 {
			least = min(least, exponent(reach*(2*float64(i)/float64(points)-1)))
		}
		var top, bottom float64
		for i := range points + 1 {
			z := reach * (2*float64(i)/float64(points) - 1)
			w := math.Exp(least - exponent(z))
			top, bottom = top+w*z/t, bottom+w
		}
		u := top / bottom
		if math.Abs(u-last) < 1e-12*c.Largest && bottom > 8 { // no lone point under a sharp peak
			return u, nil
		}
		last = u
	}
	return 0, fmt.Errorf("volume: ColeHopf.At: the integral at x = %v, t = %v takes more than 2²⁰ points, want a viscosity above %v",
		x, t, c.Viscosity)
}
