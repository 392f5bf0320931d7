package metrics

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Spectrum is the energy by wave number of real periodic fields of n points, meaned over the fields of the batch.
//
//	E_k = |û_k|² + |û_-k|²,  û_k = 1/n Σ_i u_i exp(-2πi k i/n),  so that Σ_k E_k is the mean of u²
//
// Shapes: u [samples, n]; returns n/2+1 values, for k = 0 … n/2 cycles per period.
// Errors: if n < 1 or len(u) is not a positive multiple of n.
func Spectrum(u []float64, n int) ([]float64, error) {
	if n < 1 || len(u) == 0 || len(u)%max(n, 1) != 0 {
		return nil, fmt.Errorf("metrics: Spectrum: %d values for fields of %d points, want whole fields, at least 1", len(u), n)
	}
	energy := make([]float64, n/2+1)
	fft, modes := fourier.NewFFT(n), make([]complex128, n/2+1)
	scale := 1 / (float64(n) * float64(len(u)))
	for s := 0; s < len(u); s += n {
		fft.Coefficients(modes, u[s:s+n])
		for k, z := range modes {
			e := (real(z)*real(z) + imag(z)*imag(z)) * scale
			if k > 0 && 2*k < n {
				e *= 2 // the mode -k
			}
			energy[k] += e
		}
	}
	return energy, nil
}

// Spectrum2 is the energy by shells of wave numbers of real doubly periodic fields of n by n points, meaned over the
// fields of the batch: E_m sums |û_k|² over k = (k₁, k₂) with m - 1/2 ≤ |k| < m + 1/2, so that Σ_m E_m is the
// mean of u².
//
// Shapes: u [samples, n, n]; returns the shells m = 0, 1, … up to that of the corner (n/2, n/2).
// Errors: if n < 1 or len(u) is not a positive multiple of n².
func Spectrum2(u []float64, n int) ([]float64, error) {
	if n < 1 || len(u) == 0 || len(u)%max(n*n, 1) != 0 {
		return nil, fmt.Errorf("metrics: Spectrum2: %d values for fields of %d by %d points, want whole fields, at least 1", len(u), n, n)
	}
	shell := func(k1, k2 int) int { return int(math.Hypot(float64(k1), float64(k2)) + 0.5) }
	energy := make([]float64, shell(n/2, n/2)+1)
	rows, columns := fourier.NewFFT(n), fourier.NewCmplxFFT(n)
	width := n/2 + 1
	modes, column := make([]complex128, n*width), make([]complex128, n)
	scale := 1 / (float64(n) * float64(n) * float64(len(u)))
	for s := 0; s < len(u); s += n * n {
		for i := range n {
			rows.Coefficients(modes[i*width:(i+1)*width], u[s+i*n:s+(i+1)*n])
		}
		for k2 := range width {
			for i := range n {
				column[i] = modes[i*width+k2]
			}
			columns.Coefficients(column, column)
			twice := 1.0
			if k2 > 0 && 2*k2 < n {
				twice = 2 // the modes (-k₁, -k₂)
			}
			for i, z := range column {
				energy[shell(min(i, n-i), k2)] += twice * scale * (real(z)*real(z) + imag(z)*imag(z))
			}
		}
	}
	return energy, nil
}
