package element

import (
	"context"
	"fmt"

	"github.com/fieldbook-go/fieldbook/internal/parallel"
)

// Batch solves many problems on one mesh, on all cores. Problems in a row that differ in their loads alone share one factorisation; those
// that differ in their coefficients, but not in where values are given, share the pattern of their factors. The numbers that come out do
// not depend on the number of workers nor on the other problems.
type Batch struct {
	Workers int                   // goroutines; 0 means one a core
	Report  func(done, total int) // progress in problems; may be nil; its calls never overlap
}

// Solve is [Space.Solve] for each problem.
//
// Errors: that of the first problem that has one, with its number; the error of ctx.
func (b Batch) Solve(ctx context.Context, s *Space, problems []Problem) ([]Solution, error) {
	return each(ctx, b, problems, s.solve)
}

// Displace is [Space.Displace] for each problem.
//
// Errors: as those of [Batch.Solve].
func (b Batch) Displace(ctx context.Context, s *Space, problems []Elasticity) ([]Displacement, error) {
	return each(ctx, b, problems, s.displace)
}

// March is [Space.March] for each problem.
//
// Errors: as those of [Batch.Solve].
func (b Batch) March(ctx context.Context, s *Space, problems []Heat) ([]Evolution, error) {
	return each(ctx, b, problems, s.march)
}

func each[P, S any](ctx context.Context, b Batch, problems []P, solve func(context.Context, P, *system) (S, error)) ([]S, error) {
	out := make([]S, len(problems))
	err := parallel.Each(ctx, len(problems), b.Workers, b.Report, func() func(int) error {
		sys := &system{}
		return func(i int) (err error) {
			if out[i], err = solve(ctx, problems[i], sys); err != nil {
				return fmt.Errorf("problem %d: %w", i, err)
			}
			return nil
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}
