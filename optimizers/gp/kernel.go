package gp

import (
	"fmt"
	"math"
)

// Kernel is a covariance as a function of the scaled distance r, r² = Σ (Δ_k/ℓ_k)².
//
// Source: Rasmussen & Williams 2006, eqs. (4.9), (4.17). bib: rasmussen2006gaussian
type Kernel int

// The kernels, from the smoothest functions to the roughest.
const (
	// RBF is exp(−r²/2); its functions have all derivatives.
	RBF Kernel = iota
	// Matern52 is (1 + √5 r + 5r²/3) exp(−√5 r); two derivatives.
	Matern52
	// Matern32 is (1 + √3 r) exp(−√3 r); one derivative.
	Matern32
)

// String is the kernel's name.
func (k Kernel) String() string {
	switch k {
	case RBF:
		return "RBF"
	case Matern52:
		return "Matern52"
	case Matern32:
		return "Matern32"
	default:
		return fmt.Sprintf("Kernel(%d)", int(k))
	}
}

// at is the kernel f at r² and −2 df/d(r²), which needs no division by r.
func (k Kernel) at(square float64) (value, slope float64) {
	switch k {
	case Matern52:
		s := math.Sqrt(5 * square)
		e := math.Exp(-s)
		return (1 + s + s*s/3) * e, 5.0 / 3 * (1 + s) * e
	case Matern32:
		s := math.Sqrt(3 * square)
		e := math.Exp(-s)
		return (1 + s) * e, 3 * e
	default:
		e := math.Exp(-square / 2)
		return e, e
	}
}
