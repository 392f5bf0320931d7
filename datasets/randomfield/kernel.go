package randomfield

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Form is the form of a covariance.
type Form string

const (
	// Matern covariances are of fields that are Nu times differentiable in mean square, to the integer below Nu.
	Matern Form = "matern"
	// Exponential is Matérn's with Nu = 1/2: rough fields.
	Exponential Form = "exponential"
	// SquaredExponential is the limit of Matérn's for large Nu: fields that are analytic. Also called RBF.
	SquaredExponential Form = "squared-exponential"
)

// Kernel is a stationary isotropic covariance of fields with zero mean:
//
//	Matern:             C(r) = Variance 2^(1-ν)/Γ(ν) z^ν K_ν(z),  z = √(2ν) r/Length
//	SquaredExponential: C(r) = Variance exp(-r²/(2 Length²))
//
// Source: Rasmussen & Williams 2006, section 4.2.1. bib: rasmussen2006gaussian
type Kernel struct {
	Form     Form
	Nu       float64 // of Matern: above 0, at most 50; 0 for the other forms
	Length   float64 // > 0
	Variance float64 // > 0
}

// Validate lists all that is wrong with k.
func (k Kernel) Validate() error {
	var errs []error
	switch k.Form {
	case Matern:
		if !(k.Nu > 0 && k.Nu <= 50) {
			errs = append(errs, fmt.Errorf("randomfield: Kernel.Nu = %v, want it above 0 and at most 50", k.Nu))
		}
	case Exponential, SquaredExponential:
		if k.Nu != 0 {
			errs = append(errs, fmt.Errorf("randomfield: Kernel.Nu = %v, want 0, since the form %s has none", k.Nu, k.Form))
		}
	default:
		want := []string{string(Matern), string(Exponential), string(SquaredExponential)}
		errs = append(errs, fmt.Errorf("randomfield: Kernel.Form = %q, want one of %s", k.Form, strings.Join(want, ", ")))
	}
	if !(k.Length > 0) || math.IsInf(k.Length, 0) {
		errs = append(errs, fmt.Errorf("randomfield: Kernel.Length = %v, want it above 0", k.Length))
	}
	if !(k.Variance > 0) || math.IsInf(k.Variance, 0) {
		errs = append(errs, fmt.Errorf("randomfield: Kernel.Variance = %v, want it above 0", k.Variance))
	}
	return errors.Join(errs...)
}

// nu is the smoothness of Matérn's forms.
func (k Kernel) nu() float64 {
	if k.Form == Exponential {
		return 0.5
	}
	return k.Nu
}

// Covariance is C(r) for a distance r ≥ 0. k is valid.
func (k Kernel) Covariance(r float64) float64 {
	if k.Form == SquaredExponential {
		return k.Variance * math.Exp(-r*r/(2*k.Length*k.Length))
	}
	nu := k.nu()
	z := math.Sqrt(2*nu) * r / k.Length
	switch {
	case z == 0:
		return k.Variance
	case nu == 0.5:
		return k.Variance * math.Exp(-z)
	case nu == 1.5:
		return k.Variance * (1 + z) * math.Exp(-z)
	case nu == 2.5:
		return k.Variance * (1 + z + z*z/3) * math.Exp(-z)
	}
	gamma, _ := math.Lgamma(nu)
	return k.Variance * math.Exp((1-nu)*math.Ln2-gamma+nu*math.Log(z)+logBesselK(nu, z))
}

// Spectrum is the spectral density at the angular frequency ω along some axes, the Fourier transform of the covariance:
//
//	C(r) = (2π)^-axes ∫ Spectrum(|ω|) exp(iω·r) dω
//
// k is valid.
//
// Source: Rasmussen & Williams 2006, section 4.2.1. bib: rasmussen2006gaussian
func (k Kernel) Spectrum(omega float64, axes int) float64 {
	d := float64(axes)
	if k.Form == SquaredExponential {
		return k.Variance * math.Pow(2*math.Pi*k.Length*k.Length, d/2) * math.Exp(-k.Length*k.Length*omega*omega/2)
	}
	nu := k.nu()
	a := 2 * nu / (k.Length * k.Length)
	above, _ := math.Lgamma(nu + d/2)
	below, _ := math.Lgamma(nu)
	return k.Variance * math.Exp(d*math.Ln2+d/2*math.Log(math.Pi)+above-below+nu*math.Log(a)-(nu+d/2)*math.Log(a+omega*omega))
}

// logBesselK is the logarithm of the modified Bessel function of the second kind, for z > 0:
//
//	K_ν(z) = ∫₀^∞ exp(-z cosh t) cosh(νt) dt
//
// by the trapezium rule, whose error falls as exp(-π²/step).
//
// Source: DLMF (10.32.9). bib: olver2010nist
func logBesselK(nu, z float64) float64 {
	const step = 1.0 / 16 // error exp(-158)
	exponent := func(t float64) float64 { return -z*math.Cosh(t) + nu*t + math.Log1p(math.Exp(-2*nu*t)) - math.Ln2 }
	top := exponent(math.Asinh(nu / z)) // near the largest; what follows it falls ever faster
	sum := math.Exp(exponent(0)-top) / 2
	for t := step; ; t += step {
		e := exponent(t) - top
		if e < -40 && t > math.Asinh(nu/z) { // below round-off, and falling
			return top + math.Log(step*sum)
		}
		sum += math.Exp(e)
	}
}
