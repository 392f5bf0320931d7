package pde

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/parallel"
	"github.com/fieldbook-go/fieldbook/solvers/linear"
)

// Darcy is the steady flow through a porous medium on the unit square:
//
//	-∇·(a ∇u) = f,  u = 0 on the boundary
//
// Finite volumes about the nodes of a grid with both end points, second order where a is smooth. The flux through a
// face uses the harmonic mean of a at its two nodes, exact in one dimension for an a that jumps there. The system is
// solved by conjugate gradients with a multigrid preconditioner.
//
// Cost: about ten iterations, 0.08 CPU-seconds for 421 by 421 points.
// Source: Patankar 1980, Numerical Heat Transfer and Fluid Flow, section 4.2-3 (harmonic means). bib: patankar1980numerical
type Darcy struct {
	RTol          float64               // stop at a residual of at most RTol ‖f‖₂; must be given, in (0, 1)
	MaxIterations int                   // 0 means 200
	Workers       int                   // goroutines; 0 means one a core
	Report        func(done, total int) // progress in samples; may be nil; its calls never overlap
}

// Validate lists all that is wrong with d.
func (d Darcy) Validate() error {
	var errs []error
	if !(d.RTol > 0 && d.RTol < 1) {
		errs = append(errs, fmt.Errorf("pde: Darcy.RTol = %v, want a tolerance between 0 and 1", d.RTol))
	}
	if d.MaxIterations < 0 {
		errs = append(errs, fmt.Errorf("pde: Darcy.MaxIterations = %d, want at least 1, or 0 for 200", d.MaxIterations))
	}
	return errors.Join(errs...)
}

// Solve finds u for a batch of coefficients a [samples, grid, grid] > 0 and sources f, of the same shape or one [grid, grid]
// for all samples.
//
// Shapes: Ys[0] of the solution [samples, grid, grid].
// Errors: what is wrong with d or the lengths; a coefficient that is not positive, with its place; [linear.ErrNotConverged];
// the error of ctx, within one iteration of its end.
func (d Darcy) Solve(ctx context.Context, a, f []float64, grid int) (Solution, error) {
	err := d.Validate()
	points := grid * grid
	if grid < 3 || len(a)%max(points, 1) != 0 || len(f) != len(a) && len(f) != points {
		err = errors.Join(err, fmt.Errorf("pde: Darcy.Solve: %d coefficients and %d sources on a grid of %d by %d points, "+
			"want whole samples of at least 3 by 3, and as many sources or one field", len(a), len(f), grid, grid))
	}
	if err != nil {
		return Solution{}, err
	}
	began := time.Now()
	samples := len(a) / points
	u := make([]float64, len(a))
	busy, iterations := make([]time.Duration, samples), make([]int, samples)
	err = parallel.Each(ctx, samples, d.Workers, d.Report, func() func(int) error {
		return func(sample int) (err error) {
			start := time.Now()
			source := f
			if len(f) > points {
				source = f[sample*points : (sample+1)*points]
			}
			at := func(batch []float64) []float64 { return batch[sample*points : (sample+1)*points] }
			if iterations[sample], err = d.solveOne(ctx, at(u), at(a), source, grid); err != nil {
				return fmt.Errorf("pde: Darcy: sample %d: %w", sample, err)
			}
			busy[sample] = time.Since(start)
			return nil
		}
	})
	sol := Solution{Status: statusOf(err), Stats: Stats{Samples: samples, Runtime: time.Since(began)}}
	if err != nil {
		return sol, err
	}
	for _, n := range iterations {
		sol.Stats.Steps = max(sol.Stats.Steps, n)
	}
	sol.Stats.NFE, sol.Stats.PerSample = sol.Stats.Steps+1, mean(busy)
	sol.Ys = [][]float64{u}
	return sol, nil
}

// solveOne solves for one sample and returns the number of iterations.
func (d Darcy) solveOne(ctx context.Context, u, a, f []float64, grid int) (int, error) {
	for i := range a {
		if !(a[i] > 0) || math.IsInf(a[i], 0) {
			return 0, fmt.Errorf("coefficient %v at point (%d, %d), want it above 0 and finite", a[i], i/grid, i%grid)
		}
	}
	matrix := darcyMatrix(a, grid)
	multigrid, err := linear.NewMultigrid(matrix)
	if err != nil {
		return 0, err
	}
	// The border of the solver's fields is the boundary of the grid.
	h := 1 / float64(grid-1)
	b, x := make([]float64, grid*grid), make([]float64, grid*grid)
	for i := 1; i < grid-1; i++ {
		for j := 1; j < grid-1; j++ {
			b[i*grid+j] = h * h * f[i*grid+j]
		}
	}
	cg := linear.CG{RTol: d.RTol, MaxIterations: d.MaxIterations}
	if cg.MaxIterations == 0 {
		cg.MaxIterations = 200
	}
	result, err := cg.Solve(ctx, matrix, multigrid, x, b)
	copy(u, x)
	return result.Iterations, err
}

// darcyMatrix is h² times the discrete operator at the inner points.
func darcyMatrix(a []float64, grid int) *linear.Stencil {
	s := linear.NewFivePoint(grid - 2)
	face := func(at, neighbour int) float64 { return 2 * a[at] * a[neighbour] / (a[at] + a[neighbour]) }
	for i := 1; i < grid-1; i++ {
		for j := 1; j < grid-1; j++ {
			at := i*grid + j
			east, south := face(at, at+1), face(at, at+grid)
			s.Centre[at] = east + south + face(at, at-1) + face(at, at-grid)
			if j < grid-2 {
				s.East[at] = -east
			}
			if i < grid-2 {
				s.South[at] = -south
			}
		}
	}
	return s
}
