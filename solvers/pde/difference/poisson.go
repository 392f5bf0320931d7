package difference

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/linear"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Poisson is the steady equation on a box of one to three axes, or on a part of it
//
//	-∇·(a ∇u) = f
//
// by finite volumes and a sparse direct solver. Where nothing but Neumann conditions hold a piece of the domain, the data must fit,
// ∫f + ∮a g = 0 on it, up to what quadrature of second order may leave, which is taken from the source; the solution with ∫u = 0 on the piece
// is given.
//
// Cost: one factorisation, O(m^1.5) operations for m points in two axes and O(m²) in three, for all samples that share a.
// Source: Patankar 1980, Numerical Heat Transfer and Fluid Flow, section 4.2-3. bib: patankar1980numerical
type Poisson struct {
	Box     pde.Box
	Mask    *Mask                 // nil: the whole box
	Workers int                   // goroutines; 0 means one a core
	Report  func(done, total int) // progress in samples; may be nil; its calls never overlap
}

// Solve finds u for a batch of coefficients a and of sources f [samples, space…]; a may also be one field for all samples, or nil for 1.
//
// Shapes: Ys[0] of the solution as f; points outside of the mask are 0.
// Errors: what is wrong with p or the lengths; a coefficient that is not positive, with its place; values that are not finite; a
// [pde.IncompatibleError]; the error of ctx.
func (p Poisson) Solve(ctx context.Context, a, f []float64) (pde.Solution, error) {
	if err := p.Box.Validate(); err != nil {
		return pde.Solution{}, err
	}
	size := p.Box.Size()
	if err := checkLength("a source", len(f), size, p.Box); err != nil {
		return pde.Solution{}, err
	}
	if len(a) != 0 && len(a) != size && len(a) != len(f) {
		return pde.Solution{}, fmt.Errorf("difference: Poisson: %d coefficients for %d sources on a grid of %v points, want none, one field of %d or as many",
			len(a), len(f), p.Box.Points, size)
	}
	g, err := newGeometry(p.Box, p.Mask)
	if err != nil {
		return pde.Solution{}, err
	}
	if err := checkCoefficient("Poisson: the coefficient", a, g.grid); err != nil {
		return pde.Solution{}, err
	}
	pieces, samples := g.pieces(), len(f)/size
	source := func(sample int) []float64 { return f[sample*size : (sample+1)*size] }
	if len(a) > size {
		return pde.Steady(ctx, "Poisson", samples, size, p.Workers, p.Report, func() func(int, []float64) (int, error) {
			var s *steady
			return func(sample int, u []float64) (_ int, err error) {
				if s, err = s.with(g, a[sample*size:(sample+1)*size], pieces); err != nil {
					return 0, err
				}
				return 1, s.solve(u, source(sample))
			}
		})
	}
	shared, err := newSteady(g, a, pieces)
	if err != nil {
		return pde.Solution{}, err
	}
	take := perWorker(shared, func() (*steady, error) { return newSteady(g, a, pieces) })
	return pde.Steady(ctx, "Poisson", samples, size, p.Workers, p.Report, func() func(int, []float64) (int, error) {
		s, err := take()
		return func(sample int, u []float64) (int, error) {
			if err != nil {
				return 0, err
			}
			return 1, s.solve(u, source(sample))
		}
	})
}

// steady is a factored Poisson problem, for one goroutine.
type steady struct {
	*operator
	factor factor
	pieces [][]int
	b      []float64
}

func newSteady(g *geometry, a []float64, pieces [][]int) (*steady, error) {
	var none *steady
	return none.with(g, a, pieces)
}

// with factors for another coefficient; the order of elimination of s is kept if there is one.
func (s *steady) with(g *geometry, a []float64, pieces [][]int) (*steady, error) {
	o, err := newOperator(g, a)
	if err != nil {
		return nil, err
	}
	next := &steady{operator: o, pieces: pieces, b: make([]float64, len(g.unknown))}
	if len(g.unknown) == 0 {
		return next, nil
	}
	pinned := make([]bool, len(g.unknown))
	for _, piece := range pieces {
		pinned[piece[0]] = true
	}
	m, err := o.system(nil, 1, pinned)
	if err != nil {
		return nil, err
	}
	if s != nil {
		if c, is := s.factor.(*linear.Cholesky); is {
			next.factor = c
			return next, c.Refactor(m.Values)
		}
	}
	next.factor, err = o.factorise(m)
	return next, err
}

func (s *steady) solve(u, f []float64) error {
	for i, at := range s.unknown {
		s.b[i] = s.volume[i] * f[at]
	}
	s.addInflow(s.b, 0, 1)
	if !finite(s.b) {
		return errors.New("a value is not finite, want finite sources and boundary values")
	}
	for _, piece := range s.pieces {
		if err := s.fit(piece, f); err != nil {
			return err
		}
		s.b[piece[0]] = 0
	}
	if s.factor != nil {
		s.factor.Solve(s.b, s.b)
	}
	for _, piece := range s.pieces {
		var sum, volume float64
		for _, i := range piece {
			sum += s.volume[i] * s.b[i]
			volume += s.volume[i]
		}
		for _, i := range piece {
			s.b[i] -= sum / volume
		}
	}
	for i, at := range s.unknown {
		u[at] = s.b[i]
	}
	s.fill(u, 0)
	return nil
}

// fit takes the misfit of a piece that nothing holds from its source.
func (s *steady) fit(piece []int, f []float64) error {
	var sum, scale, volume, quadrature float64
	for _, i := range piece {
		sum += s.b[i]
		scale += s.volume[i]*math.Abs(f[s.unknown[i]]) + math.Abs(s.b[i]-s.volume[i]*f[s.unknown[i]])
		volume += s.volume[i]
	}
	for d, h := range s.h {
		quadrature += h * h / (s.box.Side(d) * s.box.Side(d))
	}
	if math.Abs(sum) > 10*quadrature*scale { // the trapezium rule errs by h²/12 times the second derivative: ten for a source of two waves
		e := &pde.IncompatibleError{Sum: sum, Scale: scale}
		if len(piece) < len(s.unknown) {
			for d := range s.h {
				e.Place = append(e.Place, s.index(s.unknown[piece[0]], d))
			}
		}
		return e
	}
	for _, i := range piece {
		s.b[i] -= sum / volume * s.volume[i]
	}
	return nil
}
