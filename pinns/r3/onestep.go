package r3

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// OneStep is what one step of a sampling did to the points of a run.
type OneStep struct {
	Threshold float64   // mean of |r| over the points before the step
	Retained  []float64 // |r| of the points that stayed where they were
	Released  []float64 // |r| of the points that went
	Drawn     []float64 // |r| of the points that came in their place
	Wrong     int       // points that stayed below the threshold or went above it, by more than round-off
}

// roundOff is how far from the threshold, relative to it, a point counts as at it: the step and this check add up float32 numbers in another order.
const roundOff = 1e-4

// Step tells what the last step of a run did, given the run without it: the same solver, seed and schedule, one step less.
//
// Errors: a solver whose points stay, or whose fitness is not |r| alone; residuals that cannot be had.
func Step(ctx context.Context, s pinns.Solver, before, after zoo.Trained) (OneStep, error) {
	if s.Sampling == nil || s.Weighting != nil {
		return OneStep{}, fmt.Errorf("r3: Step of a solver with Sampling = %T and Weighting = %T, want a sampling and no weighting", s.Sampling, s.Weighting)
	}
	old, err := s.Collocation(ctx, before)
	if err != nil {
		return OneStep{}, err
	}
	next, err := s.Collocation(ctx, after)
	if err != nil {
		return OneStep{}, err
	}
	size, err := s.ResidualSize(ctx, before, slices.Concat(old, next))
	if err != nil {
		return OneStep{}, err
	}
	n := len(old)
	if len(next) != n {
		return OneStep{}, errors.New("r3: Step of two runs with different numbers of points, want the same solver")
	}
	all, err := Measure(size[:n])
	if err != nil {
		return OneStep{}, err
	}
	out := OneStep{Threshold: all.Mean}
	for i := range old {
		stayed := slices.Equal(old[i], next[i])
		if stayed {
			out.Retained = append(out.Retained, size[i])
		} else {
			out.Released, out.Drawn = append(out.Released, size[i]), append(out.Drawn, size[n+i])
		}
		excess := size[i]/all.Mean - 1
		if stayed && excess < -roundOff || !stayed && excess > roundOff {
			out.Wrong++
		}
	}
	return out, nil
}
