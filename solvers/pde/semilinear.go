package pde

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/dsp/fourier"
)

// Semilinear is an equation on the periodic interval [0, Length):
//
//	u_t = L u + M g(u)
//
// with linear operators L and M of constant coefficients, given by their symbols, and a pointwise
// polynomial g. It is solved for its lowest Fourier modes: of a grid of n points the modes up to
// K = ⌈n/(Degree+1)⌉ - 1 are kept (two thirds of them for a quadratic g), the most for which the products
// in g alias onto no kept mode. The initial field is projected on these modes. Time steps are ETDRK4.
//
// Cost: 4 NFE a step, each two real FFTs of n points.
// Source: Cox & Matthews 2002, J. Comput. Phys. 176; Kassam & Trefethen 2005, SIAM J. Sci. Comput. 26;
// the two-thirds rule: Orszag 1971, J. Atmos. Sci. 28. bib: cox2002etd, kassam2005etdrk4, orszag1971aliasing
type Semilinear struct {
	Name   string                     // for messages
	Length float64                    // of the interval, > 0
	Linear func(k float64) complex128 // symbol of L at the angular wave number k ≥ 0, in radians per unit length
	Outer  func(k float64) complex128 // symbol of M
	Inner  func(dst, u []float64)     // dst_i = g(u_i), the points in any order; must be safe for concurrent use
	Degree int                        // of g as a polynomial, ≥ 1
}

// Burgers is u_t + u u_x = ν u_xx on [0, 1), in the conservative form u_t = ν u_xx - (u²/2)_x.
func Burgers(viscosity float64) Semilinear {
	return Semilinear{
		Name:   "Burgers",
		Length: 1,
		Linear: func(k float64) complex128 { return complex(-viscosity*k*k, 0) },
		Outer:  func(k float64) complex128 { return complex(0, -k/2) },
		Inner: func(dst, u []float64) {
			dst = dst[:len(u)]
			for i, v := range u {
				dst[i] = v * v
			}
		},
		Degree: 2,
	}
}

// Validate lists all that is missing in e.
func (e Semilinear) Validate() error {
	var errs []error
	if !(e.Length > 0) || math.IsInf(e.Length, 0) {
		errs = append(errs, fmt.Errorf("pde: Semilinear.Length = %v, want the length of the interval, above 0", e.Length))
	}
	if e.Linear == nil || e.Outer == nil || e.Inner == nil {
		errs = append(errs, errors.New("pde: Semilinear.Linear, Outer or Inner is nil, want all three"))
	}
	if e.Degree < 1 {
		errs = append(errs, fmt.Errorf("pde: Semilinear.Degree = %d, want the degree of Inner, at least 1", e.Degree))
	}
	return errors.Join(errs...)
}

// Kept is the highest wave number, in cycles per interval, of a solution on a grid of n points.
func (e Semilinear) Kept(n int) int { return (n+e.Degree)/(e.Degree+1) - 1 }

// Solve marches the batch u0 [samples, grid] of initial fields to s.Until.
//
// Shapes: Ys[i] of the solution [samples, grid], as u0.
// Errors: what is wrong with e, s or the length of u0; a [NotFiniteError] if the steps are too large for
// the solution to stay finite; the error of ctx, within one step of its end.
func (e Semilinear) Solve(ctx context.Context, u0 []float64, grid int, s Stepping) (Solution, error) {
	err := errors.Join(e.Validate(), s.Validate())
	if grid < 4 || len(u0)%max(grid, 1) != 0 {
		err = errors.Join(err, fmt.Errorf(
			"pde: Semilinear.Solve: %d initial values on a grid of %d points, want whole samples of at least 4 points",
			len(u0), grid))
	}
	if err != nil {
		return Solution{}, err
	}
	kept := e.Kept(grid)
	linear, outer := make([]complex128, kept+1), make([]complex128, kept+1)
	for j := range linear {
		k := 2 * math.Pi * float64(j) / e.Length
		linear[j], outer[j] = e.Linear(k), e.Outer(k)/complex(float64(grid), 0)
	}
	step := newETDRK4(linear, s.Dt())
	return march(ctx, e.Name, u0, grid, s, etdrk4NFE, func() marcher {
		return &semilinearMarcher{
			etd: step, outer: outer, inner: e.Inner, state: newETDState(kept + 1), fft: newPseudoSpectral(grid),
			ordered: &gonumFFT{fft: fourier.NewFFT(grid), spectrum: make([]complex128, grid/2+1)},
			u:       make([]float64, grid), g: make([]float64, grid),
		}
	})
}

// semilinearMarcher solves one sample at a time. Modes are scaled such that u = Σ_k v_k e^(ikx).
type semilinearMarcher struct {
	etd     *etdrk4
	outer   []complex128 // the symbol M over the number of points
	inner   func(dst, u []float64)
	state   *etdState
	fft     pseudoSpectral
	ordered *gonumFFT // for fields that come in and go out
	u, g    []float64
}

func (m *semilinearMarcher) start(u0 []float64) {
	m.ordered.toModes(m.state.v, u0)
	scale := complex(1/float64(len(u0)), 0)
	for i := range m.state.v {
		m.state.v[i] *= scale
	}
}

func (m *semilinearMarcher) step() bool { return m.etd.step(m.state, m.nonlinear) }

func (m *semilinearMarcher) save(dst []float64, _ float64) { m.ordered.toPoints(dst, m.state.v) }

// nonlinear is M g(u) in modes.
func (m *semilinearMarcher) nonlinear(dst, v []complex128) {
	m.fft.toPoints(m.u, v)
	m.inner(m.g, m.u)
	m.fft.toModes(dst, m.g)
	for i, o := range m.outer {
		dst[i] *= o
	}
}
