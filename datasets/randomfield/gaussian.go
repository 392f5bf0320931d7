package randomfield

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/dsp/fourier"
	"gonum.org/v1/gonum/mat"
)

// Sampler draws fields on fixed points. It keeps scratch memory: use one a goroutine.
type Sampler interface {
	// Size is the number of values of a field.
	Size() int
	// Draw writes a random field to dst.
	//
	// Errors: if dst has another length.
	Draw(dst []float64, rng *rand.Rand) error
}

// checkGrid is the error of a grid that has no sampler.
func checkGrid(n, axes int) error {
	if n < 2 || axes < 1 || axes > 3 {
		return fmt.Errorf("randomfield: a grid of %d points along each of %d axes, want at least 2, along 1 to 3", n, axes)
	}
	return nil
}

func checkLength(dst []float64, size int) error {
	if len(dst) != size {
		return fmt.Errorf("randomfield: Sampler.Draw: dst has %d values, want %d", len(dst), size)
	}
	return nil
}

func power(n, axes int) int {
	p := 1
	for range axes {
		p *= n
	}
	return p
}

// Periodic prepares for fields on the torus, on n points x = i/n along each of 1 to 3 axes. Their covariance is the sum of k's over all
// periods, less the modes of |k| ≥ n/2 that the grid does not hold: short lengths lose variance, as the same field seen on a coarse grid.
// Modes are drawn from the lowest on, so one stream of random numbers gives the same field, truncated, on every grid.
//
// Errors: what Validate finds, and a grid that is none.
func (k Kernel) Periodic(n, axes int) (Sampler, error) {
	if err := errors.Join(k.Validate(), checkGrid(n, axes)); err != nil {
		return nil, err
	}
	s := &periodic{transform: newTransform(n, axes)}
	highest := (n - 1) / 2
	span := 2*highest + 1
	s.mean = math.Sqrt(k.Spectrum(0, axes))
	for ring := 1; ring <= highest; ring++ {
		for code := power(span, axes)/2 + 1; code < power(span, axes); code++ { // one of k and -k
			place, opposite, norm2, largest, rest := 0, 0, 0, 0, code
			for axis, stride := 0, 1; axis < axes; axis, stride = axis+1, stride*n {
				mode := rest%span - highest
				rest /= span
				place += (mode + n) % n * stride
				opposite += (n - mode) % n * stride
				norm2 += mode * mode
				largest = max(largest, mode, -mode)
			}
			if largest == ring {
				size := math.Sqrt(k.Spectrum(2*math.Pi*math.Sqrt(float64(norm2)), axes) / 2)
				s.modes = append(s.modes, mode{place, opposite, size})
			}
		}
	}
	return s, nil
}

// periodic is the sampler of the torus.
type periodic struct {
	*transform
	mean  float64 // deviation of the constant mode
	modes []mode
}

// mode is a pair of wave numbers k and -k.
type mode struct {
	place, opposite int
	size            float64 // deviation of the real and the imaginary part of the amplitude
}

func (s *periodic) Size() int { return len(s.values) }

func (s *periodic) Draw(dst []float64, rng *rand.Rand) error {
	if err := checkLength(dst, s.Size()); err != nil {
		return err
	}
	clear(s.values)
	s.values[0] = complex(s.mean*rng.NormFloat64(), 0)
	for _, m := range s.modes {
		re, im := m.size*rng.NormFloat64(), m.size*rng.NormFloat64()
		s.values[m.place], s.values[m.opposite] = complex(re, -im), complex(re, im)
	}
	s.run(s.n)
	for i, v := range s.values {
		dst[i] = real(v)
	}
	return nil
}

// Embedded prepares for fields on n points x = i/(n-1), both ends included, along each of 1 to 3 axes, by a periodic grid of at least twice
// the side whose covariance around the period is k's. It is made larger until the covariance of what is drawn differs from k's
// by no more than 1e-10 of the variance.
//
// Errors: what Validate finds; a grid that is none; a length for which the periodic grid would have more than 2²⁴ points.
// Source: Dietrich & Newsam 1997. bib: dietrich1997fast
func (k Kernel) Embedded(n, axes int) (Sampler, error) {
	if err := errors.Join(k.Validate(), checkGrid(n, axes)); err != nil {
		return nil, err
	}
	const most = 1 << 24
	for m := 2 * (n - 1); power(m, axes) <= most; m *= 2 {
		s := &embedded{transform: newTransform(m, axes), points: n}
		if s.embed(k) {
			return s, nil
		}
	}
	return nil, fmt.Errorf("randomfield: no periodic grid of up to %d points embeds %d along each of %d axes with Kernel.Length = %v and the form %s; "+
		"want fewer points, a shorter length, or points by At", most, n, axes, k.Length, k.Form)
}

// embedded is the sampler of a grid inside a larger periodic one.
type embedded struct {
	*transform
	points int
	root   []float64 // of the eigenvalues of the periodic covariance, over the number of points
}

// embed finds the eigenvalues, and whether those below zero may be left out.
func (s *embedded) embed(k Kernel) bool {
	m := s.n
	h := 1 / float64(s.points-1)
	known := make(map[int]float64) // by the squared distance in points
	for i := range s.values {
		r2, rest := 0, i
		for range s.axes {
			j := min(rest%m, m-rest%m)
			r2, rest = r2+j*j, rest/m
		}
		if _, is := known[r2]; !is {
			known[r2] = k.Covariance(h * math.Sqrt(float64(r2)))
		}
		s.values[i] = complex(known[r2], 0)
	}
	s.run(s.n)
	s.root = make([]float64, len(s.values))
	var below, sum float64
	for i, v := range s.values {
		lambda := real(v)
		sum += lambda
		if lambda < 0 {
			below -= lambda
			continue
		}
		s.root[i] = math.Sqrt(lambda / float64(len(s.values)))
	}
	return below <= 1e-10*sum // the covariance's error in units of the variance
}

func (s *embedded) Size() int { return power(s.points, s.axes) }

func (s *embedded) Draw(dst []float64, rng *rand.Rand) error {
	if err := checkLength(dst, s.Size()); err != nil {
		return err
	}
	for i, r := range s.root {
		s.values[i] = complex(r*rng.NormFloat64(), r*rng.NormFloat64())
	}
	s.run(s.points)
	for i := range dst {
		place, rest := 0, i
		for axis, stride := 0, 1; axis < s.axes; axis, stride = axis+1, stride*s.n {
			place += rest % s.points * stride
			rest /= s.points
		}
		dst[i] = real(s.values[place]) // the imaginary part is another field
	}
	return nil
}

// transform is the Fourier transform of values [n, …] in place, not scaled.
type transform struct {
	n, axes int
	fft     *fourier.CmplxFFT
	values  []complex128
	line    []complex128
}

func newTransform(n, axes int) *transform {
	return &transform{n, axes, fourier.NewCmplxFFT(n), make([]complex128, power(n, axes)), make([]complex128, n)}
}

// run transforms in place. Only values at places below keep along each axis are wanted; lines that lead to none of these are left out.
func (t *transform) run(keep int) {
	for axis, stride := 0, 1; axis < t.axes; axis, stride = axis+1, stride*t.n {
		for first := range t.values {
			if first/stride%t.n != 0 || t.beyond(first, axis, keep) {
				continue
			}
			if stride == 1 {
				row := t.values[first : first+t.n]
				t.fft.Sequence(row, row)
				continue
			}
			for i := range t.line {
				t.line[i] = t.values[first+i*stride]
			}
			t.fft.Sequence(t.line, t.line)
			for i, v := range t.line {
				t.values[first+i*stride] = v
			}
		}
	}
}

// beyond tells whether a place is at keep or beyond along one of the axes that were transformed.
func (t *transform) beyond(place, transformed, keep int) bool {
	for range transformed {
		if place%t.n >= keep {
			return true
		}
		place /= t.n
	}
	return false
}

// At prepares for fields at points [point, dim]. nugget is added to the variance of each point, independently: noise of observation, or as little
// as 1e-10 of the variance where a smooth covariance is singular to round-off.
//
// Errors: what Validate finds; values that are no points; a covariance that has no factor.
// Cost:   n³/3 operations to prepare, n² a field.
func (k Kernel) At(points []float64, dim int, nugget float64) (Sampler, error) {
	err := k.Validate()
	if dim < 1 || len(points) == 0 || len(points)%max(dim, 1) != 0 {
		err = errors.Join(err, fmt.Errorf("randomfield: Kernel.At: %d values for points with %d axes, want a multiple, at least 1 point", len(points), dim))
	}
	if !(nugget >= 0) || math.IsInf(nugget, 0) {
		err = errors.Join(err, fmt.Errorf("randomfield: Kernel.At: nugget = %v, want at least 0", nugget))
	}
	if err != nil {
		return nil, err
	}
	n := len(points) / dim
	covariance := mat.NewSymDense(n, nil)
	for i := range n {
		covariance.SetSym(i, i, k.Variance+nugget)
		for j := range i {
			var r2 float64
			for a := range dim {
				d := points[i*dim+a] - points[j*dim+a]
				r2 += d * d
			}
			covariance.SetSym(i, j, k.Covariance(math.Sqrt(r2)))
		}
	}
	var factor mat.Cholesky
	if !factor.Factorize(covariance) {
		return nil, fmt.Errorf("randomfield: Kernel.At: the covariance of %d points is not positive definite to round-off with nugget = %v; "+
			"want points further apart or a nugget of 1e-10 of the variance or more", n, nugget)
	}
	s := &atPoints{lower: mat.NewTriDense(n, mat.Lower, nil), normal: make([]float64, n)}
	factor.LTo(s.lower)
	return s, nil
}

// atPoints is the sampler at any points.
type atPoints struct {
	lower  *mat.TriDense
	normal []float64
}

func (s *atPoints) Size() int { return len(s.normal) }

func (s *atPoints) Draw(dst []float64, rng *rand.Rand) error {
	if err := checkLength(dst, s.Size()); err != nil {
		return err
	}
	for i := range s.normal {
		s.normal[i] = rng.NormFloat64()
	}
	for i := range dst {
		dst[i] = 0
		for j := range i + 1 {
			dst[i] += s.lower.At(i, j) * s.normal[j]
		}
	}
	return nil
}

// Threshold makes two phases: values above the threshold become high, all others low. In place.
func Threshold(u []float64, threshold, low, high float64) {
	for i, v := range u {
		if v > threshold {
			u[i] = high
		} else {
			u[i] = low
		}
	}
}
