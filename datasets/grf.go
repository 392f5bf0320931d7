package datasets

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Basis chooses the eigenfunctions of the Laplacian in which a random field is expanded.
type Basis int

const (
	// Periodic fields on the torus: cos(2π k·x) and sin(2π k·x), on the grid x = i/n.
	Periodic Basis = iota
	// Cosine fields have zero normal derivative at the boundary: cos(π k₁x₁) cos(π k₂x₂), on the grid x = i/(n-1).
	Cosine
)

// GRF is the Gaussian random field on the unit interval or square
//
//	u ~ N(0, Sigma² (-Δ + Tau² I)^(-Alpha))
//
// less its mean: the constant mode is left out. (Where it is kept, the mean dominates the relative errors
// of the maps learned from such fields.) So u = Σ_k Sigma (|κ_k|² + Tau²)^(-Alpha/2) ξ_k φ_k with independent normal ξ_k and
// eigenfunctions φ_k of -Δ with unit L2 norm and eigenvalue |κ_k|²; κ = 2πk, or πk in the Cosine basis.
//
// On a grid of n points an axis the modes below half of n are summed, below n-1 in the Cosine basis. Modes are
// drawn from the lowest on, so one stream of random numbers gives the same field, truncated, on every grid.
//
// Source: Li et al. 2021, arXiv:2010.08895, appendix A.3. bib: li2021fno
type GRF struct {
	Sigma float64 // standard deviation of the expansion's coefficients times (|κ|² + Tau²)^(Alpha/2), > 0
	Tau   float64 // inverse correlation length, ≥ 0
	Alpha float64 // regularity, > half the number of axes
	Basis Basis
}

// Validate lists all that is wrong with g as a field over the given number of axes, 1 or 2.
func (g GRF) Validate(axes int) error {
	var errs []error
	if !(g.Sigma > 0) || math.IsInf(g.Sigma, 0) {
		errs = append(errs, fmt.Errorf("datasets: GRF.Sigma = %v, want it above 0", g.Sigma))
	}
	if !(g.Tau >= 0) || math.IsInf(g.Tau, 0) {
		errs = append(errs, fmt.Errorf("datasets: GRF.Tau = %v, want at least 0", g.Tau))
	}
	if !(g.Alpha > float64(axes)/2) || math.IsInf(g.Alpha, 0) {
		errs = append(errs, fmt.Errorf("datasets: GRF.Alpha = %v, want it above %v, half the number of axes", g.Alpha, float64(axes)/2))
	}
	if g.Basis != Periodic && g.Basis != Cosine {
		errs = append(errs, fmt.Errorf("datasets: GRF.Basis = %d, want Periodic or Cosine", g.Basis))
	}
	if axes != 1 && axes != 2 {
		errs = append(errs, fmt.Errorf("datasets: GRF over %d axes, want 1 or 2", axes))
	}
	return errors.Join(errs...)
}

// Sampler prepares for drawing fields of g on n points along each of 1 or 2 axes.
//
// Errors: what Validate finds, and n < 4.
func (g GRF) Sampler(n, axes int) (*FieldSampler, error) {
	err := g.Validate(axes)
	if n < 4 {
		err = errors.Join(err, fmt.Errorf("datasets: GRF on %d points, want at least 4", n))
	}
	if err != nil {
		return nil, err
	}
	s := &FieldSampler{grf: g, n: n, axes: axes}
	if g.Basis == Cosine {
		s.cosine, s.line = fourier.NewDCT(n), make([]float64, n)
		return s, nil
	}
	if axes == 1 {
		s.half, s.real = make([]complex128, n/2+1), fourier.NewFFT(n)
		return s, nil
	}
	s.complex, s.column, s.spectrum = fourier.NewCmplxFFT(n), make([]complex128, n), make([]complex128, n*n)
	return s, nil
}

// FieldSampler draws fields of a [GRF] on one grid. It keeps scratch memory: use one a goroutine.
type FieldSampler struct {
	grf      GRF
	n, axes  int
	real     *fourier.FFT // periodic, one axis
	half     []complex128
	complex  *fourier.CmplxFFT // periodic, two axes
	column   []complex128
	spectrum []complex128
	cosine   *fourier.DCT // cosine
	line     []float64
}

// Size is the number of values of a field.
func (s *FieldSampler) Size() int {
	if s.axes == 2 {
		return s.n * s.n
	}
	return s.n
}

// Draw writes a random field to dst [n] or [n, n], the first axis slowest.
//
// Errors: if dst has another length.
func (s *FieldSampler) Draw(dst []float64, rng *rand.Rand) error {
	if len(dst) != s.Size() {
		return fmt.Errorf("datasets: FieldSampler.Draw: dst has %d values, want %d", len(dst), s.Size())
	}
	switch {
	case s.grf.Basis == Cosine && s.axes == 1:
		s.drawCosine1(dst, rng)
	case s.grf.Basis == Cosine:
		s.drawCosine2(dst, rng)
	case s.axes == 1:
		s.drawPeriodic1(dst, rng)
	default:
		s.drawPeriodic2(dst, rng)
	}
	return nil
}

// deviation is the standard deviation of the coefficient of an eigenfunction with the eigenvalue κ².
func (s *FieldSampler) deviation(kappa2 float64) float64 {
	return s.grf.Sigma * math.Pow(kappa2+s.grf.Tau*s.grf.Tau, -s.grf.Alpha/2)
}

// mode draws the complex amplitude z of √2 (ξ cos + η sin) = 2 Re(z e^(iκx)) times the deviation.
func (s *FieldSampler) mode(rng *rand.Rand, kappa2 float64) complex128 {
	size := s.deviation(kappa2) / math.Sqrt2
	xi, eta := rng.NormFloat64(), rng.NormFloat64()
	return complex(size*xi, -size*eta)
}

func (s *FieldSampler) drawPeriodic1(dst []float64, rng *rand.Rand) {
	clear(s.half)
	for k := 1; k < (s.n+1)/2; k++ {
		kappa := 2 * math.Pi * float64(k)
		s.half[k] = s.mode(rng, kappa*kappa)
	}
	s.real.Sequence(dst, s.half)
}

// drawPeriodic2 goes through the modes of one half plane in square rings, from the inside out.
func (s *FieldSampler) drawPeriodic2(dst []float64, rng *rand.Rand) {
	n := s.n
	clear(s.spectrum)
	draw := func(k1, k2 int) {
		z := s.mode(rng, 4*math.Pi*math.Pi*float64(k1*k1+k2*k2))
		s.spectrum[(k1+n)%n*n+(k2+n)%n] = z
		s.spectrum[(n-k1)%n*n+(n-k2)%n] = complex(real(z), -imag(z))
	}
	for ring := 1; ring < (n+1)/2; ring++ {
		for k2 := -ring; k2 <= ring; k2++ {
			draw(ring, k2)
		}
		for k1 := 1 - ring; k1 < ring; k1++ {
			draw(k1, ring)
		}
	}
	for i := range n {
		row := s.spectrum[i*n : (i+1)*n]
		s.complex.Sequence(row, row)
	}
	for j := range n {
		for i := range n {
			s.column[i] = s.spectrum[i*n+j]
		}
		s.complex.Sequence(s.column, s.column)
		for i := range n {
			dst[i*n+j] = real(s.column[i])
		}
	}
}

func (s *FieldSampler) drawCosine1(dst []float64, rng *rand.Rand) {
	clear(dst)
	for k := 1; k < s.n-1; k++ {
		kappa := math.Pi * float64(k)
		dst[k] = math.Sqrt2 * s.deviation(kappa*kappa) * rng.NormFloat64()
	}
	s.sumCosines(dst)
}

// drawCosine2 goes through the modes in square rings, from the inside out.
func (s *FieldSampler) drawCosine2(dst []float64, rng *rand.Rand) {
	n := s.n
	clear(dst)
	draw := func(k1, k2 int) {
		norm := 2.0 // √2 an axis, but 1 for a constant
		if k1 == 0 || k2 == 0 {
			norm = math.Sqrt2
		}
		dst[k1*n+k2] = norm * s.deviation(math.Pi*math.Pi*float64(k1*k1+k2*k2)) * rng.NormFloat64()
	}
	for ring := 1; ring < n-1; ring++ {
		for k2 := 0; k2 <= ring; k2++ {
			draw(ring, k2)
		}
		for k1 := range ring {
			draw(k1, ring)
		}
	}
	for i := range n {
		s.sumCosines(dst[i*n : (i+1)*n])
	}
	for j := range n {
		for i := range n {
			s.line[i] = dst[i*n+j]
		}
		s.sumCosines(s.line)
		for i := range n {
			dst[i*n+j] = s.line[i]
		}
	}
}

// sumCosines replaces the amplitudes a by Σ_k a_k cos(πki/(n-1)). a_(n-1) is zero.
func (s *FieldSampler) sumCosines(a []float64) {
	for k := 1; k < len(a); k++ {
		a[k] /= 2 // the transform counts inner modes twice
	}
	s.cosine.Transform(a, a)
}
