package difference

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Helmholtz is the equation of waves of one frequency on a box of one to three axes
//
//	-Δu - k² u = f
//
// for complex u and f, where e^(ikx) goes to the right. A [Layer] is a perfectly matched one: within it the coordinates are stretched by 1 + iσ/k, so that what
// enters decays and nothing is reflected but by the grid; behind it is the face of the box, with u = 0 best. The complex
// system is solved as a real one of twice the size by a sparse direct solver.
//
// Differences of second order carry waves too slowly, by a share (kh)²/24 along an axis: the phase at a distance L is off by k³h²L/24.
//
// Cost: a factorisation once, solves for each sample.
// Source: Berenger 1994, J. Comput. Phys. 114; stretched coordinates: Chew & Weedon 1994, Microw. Opt. Technol. Lett. 7.
// bib: berenger1994pml, chew1994stretched
type Helmholtz struct {
	Box        pde.Box
	WaveNumber []float64 // k > 0, in radians per unit length: one number, or a field [space…]
	Layer      Layer     // perfectly matched layers; the zero value is none
	Workers    int       // goroutines; 0 means one a core
	Report     func(done, total int)
}

// leastPerWave is the fewest points a wavelength at which waves of the grid go along with those of the equation; four
// have a phase that is off by a fifth.
const leastPerWave = 6

// WavelengthError says that a grid has too few points for the wave number. Found in an error by [errors.As].
type WavelengthError struct {
	WaveNumber float64 // the largest on the grid
	Axis       int     // with the coarsest grid
	PerWave    float64 // points a wavelength on it
	Points     int     // along it that would be enough
}

// Error says which axis is too coarse, and what would be right.
func (e *WavelengthError) Error() string {
	return fmt.Sprintf("difference: Helmholtz: %.3g points a wavelength along axis %d for a wave number of %.4g, want at least %d, which takes %d points",
		e.PerWave, e.Axis, e.WaveNumber, leastPerWave, e.Points)
}

// Validate lists all that is wrong with h.
func (h Helmholtz) Validate() error {
	if err := h.Box.Validate(); err != nil {
		return err
	}
	g := newGrid(h.Box)
	errs := []error{h.Layer.check(h.Box)}
	if len(h.WaveNumber) != 1 && len(h.WaveNumber) != g.size {
		errs = append(errs, fmt.Errorf("difference: Helmholtz.WaveNumber has %d values, want 1 or %d on a grid of %v points",
			len(h.WaveNumber), g.size, h.Box.Points))
	}
	errs = append(errs, checkCoefficient("Helmholtz.WaveNumber", h.WaveNumber, g))
	var largest float64
	for _, k := range h.WaveNumber {
		largest = max(largest, k)
	}
	worst := &WavelengthError{WaveNumber: largest, PerWave: math.Inf(1)}
	for axis, step := range g.h {
		if per := 2 * math.Pi / (largest * step); per < worst.PerWave {
			worst.Axis, worst.PerWave = axis, per
			worst.Points = int(math.Ceil(h.Box.Side(axis)*largest*leastPerWave/(2*math.Pi))) + 1
		}
	}
	if worst.PerWave < leastPerWave && !math.IsInf(largest, 0) {
		errs = append(errs, worst)
	}
	return errors.Join(errs...)
}

func (h Helmholtz) waveNumber(i int) float64 {
	if len(h.WaveNumber) == 1 {
		return h.WaveNumber[0]
	}
	return h.WaveNumber[i]
}

// Solve finds u for a batch of sources f [samples, space…, 2], the real and the imaginary part. A point source of strength 1 is 1/(h_1 … h_d) at a point.
// Boundary values are real.
//
// Shapes: Ys[0] of the solution as f.
// Errors: what is wrong with h or the length of f; a [WavelengthError]; values that are not finite; a singular matrix: k² is an eigenvalue of a
// box without layers; the error of ctx.
func (h Helmholtz) Solve(ctx context.Context, f []float64) (pde.Solution, error) {
	if err := h.Validate(); err != nil {
		return pde.Solution{}, err
	}
	values := 2 * h.Box.Size()
	if err := checkLength("a source", len(f), values, h.Box); err != nil {
		return pde.Solution{}, err
	}
	shared, err := h.discretise()
	if err != nil {
		return pde.Solution{}, err
	}
	first, err := shared.factorise()
	if err != nil {
		return pde.Solution{}, fmt.Errorf("difference: Helmholtz: k² is an eigenvalue of the box, want another wave number or a layer: %w", err)
	}
	take := perWorker(first, shared.factorise)
	return pde.Steady(ctx, "Helmholtz", len(f)/values, values, h.Workers, h.Report, func() func(int, []float64) (int, error) {
		lu, err := take()
		b := make([]float64, 2*len(shared.unknown))
		return func(sample int, u []float64) (int, error) {
			if err != nil {
				return 0, err
			}
			return 1, shared.solve(lu, u, f[sample*values:(sample+1)*values], b)
		}
	})
}

// scattering is a Helmholtz problem on its grid, with unknowns as pairs of real and imaginary parts.
type scattering struct {
	*geometry
	layer  Layer
	mean   float64 // of the wave numbers
	matrix *linear.Matrix
	mass   []complex128 // V Π (1 + iσ/k) of each unknown
	inflow []complex128 // of both parts from the boundary
}

func (h Helmholtz) discretise() (*scattering, error) {
	g, err := newGeometry(h.Box, nil)
	if err != nil {
		return nil, err
	}
	s := &scattering{geometry: g, layer: h.Layer, mass: make([]complex128, len(g.unknown)), inflow: make([]complex128, len(g.unknown))}
	for _, k := range h.WaveNumber {
		s.mean += k / float64(len(h.WaveNumber))
	}
	diagonal := make([]complex128, len(g.unknown))
	for i, at := range g.unknown {
		k := h.waveNumber(at)
		s.mass[i] = complex(g.volume[i], 0)
		for axis := range g.h {
			s.mass[i] *= s.stretch(axis, float64(g.index(at, axis)))
		}
		diagonal[i] = -complex(k*k, 0) * s.mass[i]
	}
	var entries []linear.Entry
	for _, l := range g.links {
		w := s.linkWeight(l)
		if l.flux {
			diagonal[l.row] += w * complex(l.alpha, 0)
		} else {
			diagonal[l.row] += w
		}
		if l.to >= 0 {
			entries = appendComplex(entries, l.row, l.to, -w)
		} else if l.value != nil {
			s.inflow[l.row] += w * complex(l.value(0, l.x), 0)
		}
	}
	for i, v := range diagonal {
		entries = appendComplex(entries, i, i, v)
	}
	s.matrix, err = linear.NewMatrix(2*len(g.unknown), 2*len(g.unknown), entries)
	return s, err
}

// factorise factors the matrix; nil where nothing is unknown.
func (s *scattering) factorise() (*linear.LU, error) {
	if len(s.unknown) == 0 {
		return nil, nil
	}
	return linear.NewLU(s.matrix)
}

// stretch is 1 + iσ/k along an axis, k steps from its low end, with the mean wave number of the grid.
func (s *scattering) stretch(axis int, k float64) complex128 {
	return complex(1, s.layer.damping(s.grid, k, axis)/s.mean)
}

// linkWeight is the weight of a link in stretched coordinates: what its axis is stretched by divides, what the others are multiplies.
func (s *scattering) linkWeight(l link) complex128 {
	w := complex(l.weight, 0)
	for axis := range s.h {
		k := float64(s.index(l.at, axis))
		switch {
		case axis != l.axis:
			w *= s.stretch(axis, k)
		case !l.flux:
			w /= s.stretch(axis, k+float64(l.end)-0.5)
		}
	}
	return w
}

// appendComplex adds an entry of a complex matrix as four of a real one.
func appendComplex(entries []linear.Entry, row, col int, v complex128) []linear.Entry {
	return append(
		entries,
		linear.Entry{Row: 2 * row, Col: 2 * col, Value: real(v)}, linear.Entry{Row: 2 * row, Col: 2*col + 1, Value: -imag(v)},
		linear.Entry{Row: 2*row + 1, Col: 2 * col, Value: imag(v)}, linear.Entry{Row: 2*row + 1, Col: 2*col + 1, Value: real(v)},
	)
}

func (s *scattering) solve(lu *linear.LU, u, f, b []float64) error {
	for i, at := range s.unknown {
		v := s.mass[i]*complex(f[2*at], f[2*at+1]) + s.inflow[i]
		b[2*i], b[2*i+1] = real(v), imag(v)
	}
	if !finite(b) {
		return errors.New("a value is not finite, want finite sources and boundary values")
	}
	if lu != nil {
		lu.Solve(b, b)
	}
	for i, at := range s.unknown {
		u[2*at], u[2*at+1] = b[2*i], b[2*i+1]
	}
	for _, known := range s.fixed {
		u[2*known.at] = known.value(0, known.x)
	}
	return nil
}
