package chebyshev

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// Poisson is the steady equation on a box of one to three axes
//
//	-Δu + s u = f
//
// It is solved by the eigenvectors of the second derivative of each axis, made once for all samples. With Neumann conditions on
// all faces and s = 0 the data must fit, ∫f + ∮g = 0, and the solution with ∫u = 0 is given.
//
// Cost: 2 d n^(d+1) multiplications a sample with n points along d axes; n³ once.
// Source: Haidvogel & Zang 1979, J. Comput. Phys. 30; Lynch, Rice & Thomas 1964, Numer. Math. 6. bib: haidvogel1979poisson, lynch1964tensor
type Poisson struct {
	Box     pde.Box
	Shift   float64               // s ≥ 0
	Workers int                   // goroutines; 0 means one a core
	Report  func(done, total int) // progress in samples; may be nil; its calls never overlap
}

// compatible is the largest misfit of the data of a pure Neumann problem, relative to their size, that is taken for round-off and truncation.
const compatible = 1e-6

// Validate lists all that is wrong with p.
func (p Poisson) Validate() error {
	errs := []error{validate(p.Box)}
	if !(p.Shift >= 0) || math.IsInf(p.Shift, 0) {
		errs = append(errs, fmt.Errorf("chebyshev: Poisson.Shift = %v, want it at least 0", p.Shift))
	}
	return errors.Join(errs...)
}

// Solve finds u for a batch of sources f [samples, space…]; those on the boundary have no effect, but where all faces are Neumann.
//
// Shapes: Ys[0] of the solution as f.
// Errors: what is wrong with p or the length of f; a [pde.NotFiniteError]; a [pde.IncompatibleError]; the error of ctx.
func (p Poisson) Solve(ctx context.Context, f []float64) (pde.Solution, error) {
	if err := p.Validate(); err != nil {
		return pde.Solution{}, err
	}
	if err := checkLength("a source", len(f), p.Box.Size(), p.Box); err != nil {
		return pde.Solution{}, err
	}
	l, err := newLaplacian(p.Box)
	if err != nil {
		return pde.Solution{}, err
	}
	size := p.Box.Size()
	return pde.Steady(ctx, "Poisson", len(f)/size, size, p.Workers, p.Report, func() func(int, []float64) (int, error) {
		inner, scratch := make([]float64, l.size), make([]float64, l.size)
		return func(sample int, u []float64) (int, error) {
			return 1, p.solveOne(l, u, f[sample*size:(sample+1)*size], inner, scratch)
		}
	})
}

// solveOne solves for one sample.
func (p Poisson) solveOne(l *laplacian, u, f, inner, scratch []float64) error {
	singular := p.Shift == 0 && l.neutral()
	if singular {
		if err := l.checkCompatible(f); err != nil {
			return err
		}
	}
	for i, at := range l.places {
		inner[i] = f[at]
	}
	l.addLift(inner, 0, 1)
	l.change(inner, scratch, toModes)
	for i, value := range l.values {
		if singular && value == 0 {
			inner[i] = 0
			continue
		}
		inner[i] /= p.Shift - value
	}
	l.change(inner, scratch, toPoints)
	for i, at := range l.places {
		u[at] = inner[i]
	}
	l.fill(u, 0)
	if singular {
		removeMean(l.box, u)
	}
	if !finite(u) {
		return errors.New("a value is not finite, want finite sources and boundary values")
	}
	return nil
}

// checkCompatible wants ∫f + ∮g = 0.
func (l *laplacian) checkCompatible(f []float64) error {
	grid := axes(l.box)
	var sum, scale float64
	for i, w := range weights(grid) {
		sum += w * f[i]
		scale += w * math.Abs(f[i])
	}
	x := make([]float64, len(grid))
	for d := range grid {
		face := make([][]float64, len(grid))
		for e, a := range grid {
			face[e] = a.Weights()
		}
		l.eachLine(l.box.Points, d, func(_, _ int, place []int) {
			w := 1.0
			for e, k := range place {
				if e != d {
					x[e] = l.x[e][k]
					w *= face[e][k]
				}
			}
			g0, g1 := l.data(d, 0, x)
			sum += w * (g0 + g1)
			scale += w * (math.Abs(g0) + math.Abs(g1))
		})
	}
	if math.Abs(sum) > compatible*scale {
		return &pde.IncompatibleError{Sum: sum, Scale: scale}
	}
	return nil
}

// removeMean makes ∫u = 0.
func removeMean(b pde.Box, u []float64) {
	var sum, volume float64
	for i, w := range weights(axes(b)) {
		sum += w * u[i]
		volume += w
	}
	for i := range u {
		u[i] -= sum / volume
	}
}

// finite tells whether all of u is. The sum of u_i - u_i is NaN exactly if it is not.
func finite(u []float64) bool {
	var sum float64
	for _, v := range u {
		sum += v - v
	}
	return sum == 0
}
