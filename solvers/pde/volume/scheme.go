package volume

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/parallel"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Scheme solves conservation laws on a grid by finite volumes:
//
//	dū_i/dt = -(F_(i+1/2) - F_(i-1/2))/h + S̄_i,  F = F*(u⁻, u⁺) - D u_x + γ u_xx
//
// with the states u⁻, u⁺ on both sides of a face reconstructed from cell averages ū, a numerical flux F*, fourth-order central differences
// for the terms of D and γ, and the strong-stability-preserving Runge–Kutta method of order 3 in time. Two axes are done one
// after the other with one flux a face: of the scheme's order for linear laws of constant coefficients, of order two for others.
// A reconstructed state without meaning is replaced by its cell's average.
//
// Cost: 3 NFE a step.
// Source: Shu & Osher 1988, J. Comput. Phys. 77, (2.18) (time); LeVeque 2002, chapters 4, 6, 12, 19. bib: shu1988efficient, leveque2002finite
type Scheme struct {
	Grid           Grid
	Sides          []Sides // one an axis; nil: periodic
	Reconstruction Reconstruction
	Limiter        Limiter // of MUSCL
	Flux           Flux

	// Courant is the largest Courant number, in (0, 1]; 0 means 1/2, up to which every MUSCL scheme keeps from new extrema. It is the
	// step's length times Σ_a |λ_a|/h_a + 2.123 Σ_a D/h_a² + 2.667 |γ|/h³, each term scaled such that 1 is about the limit of stability.
	Courant float64

	// Coarse accepts a grid too coarse for a law's diffusion: a shock is then as wide as a few cells. Else it gives a [CoarseError].
	Coarse bool
}

func (s Scheme) courant() float64 {
	if s.Courant == 0 {
		return 0.5
	}
	return s.Courant
}

// Validate lists all that is wrong with s.
func (s Scheme) Validate() error {
	errs := []error{s.Grid.Validate()}
	if s.Sides != nil && len(s.Sides) != len(s.Grid.Cells) {
		errs = append(errs, fmt.Errorf("volume: Scheme.Sides has %d entries, want one for each of the %d axes, or nil",
			len(s.Sides), len(s.Grid.Cells)))
	}
	if s.Reconstruction < WENO5 || s.Reconstruction > Constant {
		errs = append(errs, fmt.Errorf("volume: Scheme.Reconstruction = %v, want one of WENO5, WENOZ, MUSCL, Constant", s.Reconstruction))
	}
	if s.Limiter < Minmod || s.Limiter > Superbee {
		errs = append(errs, fmt.Errorf("volume: Scheme.Limiter = %v, want one of Minmod, VanLeer, MC, Superbee", s.Limiter))
	}
	if s.Flux < Rusanov || s.Flux > Godunov {
		errs = append(errs, fmt.Errorf("volume: Scheme.Flux = %v, want one of Rusanov, HLL, HLLC, Godunov", s.Flux))
	}
	if !(s.Courant >= 0 && s.Courant <= 1) {
		errs = append(errs, fmt.Errorf("volume: Scheme.Courant = %v, want a number in (0, 1], or 0 for 1/2", s.Courant))
	}
	return errors.Join(errs...)
}

// validateFor lists what is wrong with a law for a valid scheme.
func (s Scheme) validateFor(l Law) error {
	if err := l.Validate(); err != nil {
		return err
	}
	var errs []error
	if l.Axes != len(s.Grid.Cells) {
		errs = append(errs, fmt.Errorf("volume: %s has %d axes, want the %d of the grid", l.Name, l.Axes, len(s.Grid.Cells)))
		return errors.Join(errs...)
	}
	if s.Flux == HLLC && l.Contact == nil {
		errs = append(errs, fmt.Errorf("volume: Scheme.Flux = HLLC, want another: %s has no solver of the Riemann problem with contacts", l.Name))
	}
	if s.Flux == Godunov && !l.Scalar {
		errs = append(errs, fmt.Errorf("volume: Scheme.Flux = Godunov, want another: %s is not a scalar law with known extrema", l.Name))
	}
	for axis, sides := range s.Sides {
		errs = append(errs, sides.validate(axis, l))
	}
	return errors.Join(errs...)
}

// checkAll lists what is wrong with the arguments of Solve.
func (s Scheme) checkAll(laws []Law, initial int, stepping pde.Stepping) error {
	chosen := stepping
	if stepping.Steps == 0 { // chosen by the Courant number
		chosen.Steps = max(stepping.Frames, 1)
	}
	if err := errors.Join(s.Validate(), chosen.Validate()); err != nil {
		return err
	}
	if len(laws) == 0 {
		return errors.New("volume: Scheme.Solve without a law, want one for all samples, or one a sample")
	}
	values := s.Grid.Points() * max(laws[0].Channels, 1)
	if initial == 0 || initial%values != 0 {
		return fmt.Errorf("volume: %s: %d initial values on %v cells with %d channels, want whole samples of %d",
			laws[0].Name, initial, s.Grid.Cells, laws[0].Channels, values)
	}
	if len(laws) != 1 && len(laws) != initial/values {
		return fmt.Errorf("volume: Scheme.Solve: %d laws for %d samples, want one for all, or one a sample", len(laws), initial/values)
	}
	for i, l := range laws {
		if err := s.validateFor(l); err != nil {
			return fmt.Errorf("volume: laws[%d]: %w", i, err)
		}
		if l.Channels != laws[0].Channels {
			return fmt.Errorf("volume: laws[%d] has %d channels, want the %d of the first", i, l.Channels, laws[0].Channels)
		}
	}
	return nil
}

// Solve marches the batch u0 [samples, cells…, channel] of cell averages to stepping.Until; laws has one law for all samples, or
// one for each. With stepping.Steps = 0 each sample's steps are chosen by its own Courant number, and end at the frames.
//
// Shapes: Ys[i] of the solution as u0. Stats.Steps is the most of any sample.
// Errors: what is wrong with s, the laws, stepping or the length of u0; a [CourantError] if the given steps are too long; a
// [StateError] where density, pressure or depth fall to 0; a [CoarseError] if the grid is too coarse for the diffusion; a
// [pde.NotFiniteError]; the error of ctx, within one step of its end.
func (s Scheme) Solve(ctx context.Context, laws []Law, u0 []float64, stepping pde.Stepping) (pde.Solution, error) {
	if err := s.checkAll(laws, len(u0), stepping); err != nil {
		return pde.Solution{}, err
	}
	began := time.Now()
	values := s.Grid.Points() * laws[0].Channels
	samples, frames := len(u0)/values, max(stepping.Frames, 1)
	sol := pde.Solution{Stats: pde.Stats{Samples: samples}}
	for f := range frames {
		sol.Ts = append(sol.Ts, stepping.Until*float64(f+1)/float64(frames))
		sol.Ys = append(sol.Ys, make([]float64, len(u0)))
	}
	steps, busy := make([]int, samples), make([]time.Duration, samples)
	err := parallel.Each(ctx, samples, stepping.Workers, stepping.Report, func() func(int) error {
		return func(sample int) (err error) {
			start := time.Now()
			m := newMarcher(s, laws[min(sample, len(laws)-1)], sample, stepping)
			part := func(u []float64) []float64 { return u[sample*values : (sample+1)*values] }
			steps[sample], err = m.march(ctx, part(u0), sol.Ts, func(frame int) []float64 { return part(sol.Ys[frame]) })
			busy[sample] = time.Since(start)
			return err
		}
	})
	sol.Status = statusOf(err)
	sol.Stats.Runtime = time.Since(began)
	for i := range samples {
		sol.Stats.Steps = max(sol.Stats.Steps, steps[i])
		sol.Stats.PerSample += busy[i] / time.Duration(samples)
	}
	sol.Stats.NFE = stages * sol.Stats.Steps
	if err != nil {
		sol.Ts, sol.Ys = nil, nil
	}
	return sol, err
}
