package pde

import (
	"math"
	"math/bits"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"
)

// pseudoSpectral takes one field back and forth between its kept modes and its values. The order of the points
// is the transform's own: good for what is done point by point, and faster than the natural one.
type pseudoSpectral interface {
	toPoints(u []float64, v []complex128) // u = Σ_k v_k e^(ikx) + its conjugate for k > 0
	toModes(v []complex128, u []float64)  // Σ_i u_i e^(-ikx_i), for the lowest len(v) modes
}

// newPseudoSpectral chooses our own transform where n is a power of two, twice as fast, else gonum's.
// The highest mode must be below n/2.
func newPseudoSpectral(n int) pseudoSpectral {
	if n >= 8 && n&(n-1) == 0 {
		return newPackedFFT(n)
	}
	return newGonumFFT(n)
}

func newGonumFFT(n int) *gonumFFT {
	return &gonumFFT{fft: fourier.NewFFT(n), spectrum: make([]complex128, n/2+1)}
}

// gonumFFT works for any number of points, in their natural order.
type gonumFFT struct {
	fft      *fourier.FFT
	spectrum []complex128
}

func (g *gonumFFT) toPoints(u []float64, v []complex128) {
	copy(g.spectrum, v)
	clear(g.spectrum[len(v):])
	g.fft.Sequence(u, g.spectrum)
}

func (g *gonumFFT) toModes(v []complex128, u []float64) {
	g.fft.Coefficients(g.spectrum, u)
	copy(v, g.spectrum)
}

// radix4 is the complex FFT of n points, n a power of two, in place. Values in space are kept in digit-reversed
// order: the transform to space decimates in frequency, the one to modes in time, and neither
// has to permute. Source: Cooley & Tukey 1965; Gentleman & Sande 1966.
type radix4 struct {
	n      int
	stages []radix4Stage // of blocks of n, n/4, … points
	pairs  bool          // a last stage of blocks of 2 points
}

// radix4Stage holds ω^j, ω^2j and ω^3j for j = 0 … quarter-1, ω = exp(2πi / (4 quarter)), and their conjugates.
type radix4Stage struct {
	quarter        int
	twiddle, conjs [][3]complex128
}

func newRadix4(n int) *radix4 {
	f := &radix4{n: n, pairs: bits.TrailingZeros(uint(n))%2 == 1}
	for size := n; size >= 4; size /= 4 {
		stage := radix4Stage{quarter: size / 4}
		for j := range size / 4 {
			var w, c [3]complex128
			for r := range w {
				w[r] = cmplx.Rect(1, 2*math.Pi*float64((r+1)*j)/float64(size))
				c[r] = cmplx.Conj(w[r])
			}
			stage.twiddle, stage.conjs = append(stage.twiddle, w), append(stage.conjs, c)
		}
		f.stages = append(f.stages, stage)
	}
	return f
}

// toSpace replaces the modes x_k, k = 0 … n-1, by Σ_k x_k e^(2πijk/n), j in digit-reversed order.
func (f *radix4) toSpace(x []complex128) {
	for _, s := range f.stages {
		q := s.quarter
		if q == 1 {
			for ; len(x) >= 4; x = x[4:] {
				x[0], x[1], x[2], x[3] = butterfly(x[0], x[1], x[2], x[3])
			}
			return
		}
		for base := 0; base < f.n; base += 4 * q {
			a, b, c, d := x[base:][:q], x[base+q:][:q], x[base+2*q:][:q], x[base+3*q:][:q]
			for j, w := range s.twiddle[:q] {
				y0, y1, y2, y3 := butterfly(a[j], b[j], c[j], d[j])
				a[j], b[j], c[j], d[j] = y0, y1*w[0], y2*w[1], y3*w[2]
			}
		}
	}
	if f.pairs {
		addPairs(x)
	}
}

// toModes is the inverse of toSpace times n.
func (f *radix4) toModes(x []complex128) {
	if f.pairs {
		addPairs(x)
	}
	for i := len(f.stages) - 1; i >= 0; i-- {
		s := f.stages[i]
		q := s.quarter
		if q == 1 {
			for y := x; len(y) >= 4; y = y[4:] {
				y[0], y[3], y[2], y[1] = butterfly(y[0], y[1], y[2], y[3])
			}
			continue
		}
		for base := 0; base < f.n; base += 4 * q {
			a, b, c, d := x[base:][:q], x[base+q:][:q], x[base+2*q:][:q], x[base+3*q:][:q]
			for j, w := range s.conjs[:q] {
				a[j], d[j], c[j], b[j] = butterfly(a[j], b[j]*w[0], c[j]*w[1], d[j]*w[2])
			}
		}
	}
}

// butterfly is the transform of four points, Σ_s x_s i^(rs). With -i in place of i the results 1 and 3 swap places.
func butterfly(x0, x1, x2, x3 complex128) (y0, y1, y2, y3 complex128) {
	even, odd := x0+x2, x0-x2
	sum, difference := x1+x3, x1-x3
	turned := complex(-imag(difference), real(difference))
	return even + sum, odd + turned, even - sum, odd - turned
}

func addPairs(x []complex128) {
	for ; len(x) >= 2; x = x[2:] {
		x[0], x[1] = x[0]+x[1], x[0]-x[1]
	}
}

// packedFFT transforms n real points as n/2 complex ones, u_2j + i u_2j+1.
type packedFFT struct {
	fft  *radix4
	turn []complex128 // i exp(2πik/n) for k = 0 … n/4
	z    []complex128
}

func newPackedFFT(n int) *packedFFT {
	p := &packedFFT{fft: newRadix4(n / 2), turn: make([]complex128, n/4+1), z: make([]complex128, n/2)}
	for k := range p.turn {
		p.turn[k] = 1i * cmplx.Rect(1, 2*math.Pi*float64(k)/float64(n))
	}
	return p
}

// toPoints packs the modes of the even and the odd points, Z_k = (v_k + v_k-m) + i e^(2πik/n) (v_k - v_k-m), where
// m = n/2 and v_k-m is the conjugate of v_m-k.
func (p *packedFFT) toPoints(u []float64, v []complex128) {
	z, m := p.z, len(p.z)
	at := func(k int) complex128 {
		if k < len(v) {
			return v[k]
		}
		return 0
	}
	z[0] = complex(real(v[0]), real(v[0]))
	for k := 1; k <= m/2; k++ {
		low, high := at(k), cmplx.Conj(at(m-k))
		sum, difference := low+high, p.turn[k]*(low-high)
		z[k], z[m-k] = sum+difference, cmplx.Conj(sum-difference)
	}
	p.fft.toSpace(z)
	for j, w := range z {
		u[2*j], u[2*j+1] = real(w), imag(w)
	}
}

// toModes undoes the packing: with E, O = (Z_k ± conj Z_m-k)/2 the modes are v_k = E + O/(i e^(2πik/n)) and
// v_m-k = conj(E - O/(i e^(2πik/n))).
func (p *packedFFT) toModes(v []complex128, u []float64) {
	z, m := p.z, len(p.z)
	for j := range z {
		z[j] = complex(u[2*j], u[2*j+1])
	}
	p.fft.toModes(z)
	v[0] = complex(real(z[0])+imag(z[0]), 0)
	for k := 1; k <= m/2; k++ {
		low, high := z[k], cmplx.Conj(z[m-k])
		sum, difference := (low+high)/2, cmplx.Conj(p.turn[k])*(low-high)/2
		if k < len(v) {
			v[k] = sum + difference
		}
		if m-k < len(v) {
			v[m-k] = cmplx.Conj(sum - difference)
		}
	}
}
