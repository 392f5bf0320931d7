package bench

import (
	"context"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// trainingSteps drives the training driver by turns: its observer asks for the next turn.
type trainingSteps struct {
	driver *train.Driver
}

// mostSteps is the number of steps of a run, more than any benchmark does; few enough that the history keeps each.
const mostSteps = 900

// longestCall is the number of steps in one call at most, so that turns of fast steps do not use up the run.
const longestCall = 40

// newTraining sets up a task with given weights, whose paths begin with scope; fit says the rest of how it is trained.
func newTraining(task zoo.Task, scope string, weights map[string]*tensors.Tensor, fit train.Fit) (Steps, error) {
	b, err := backend.New()
	if err != nil {
		return nil, err
	}
	given := map[string]*tensors.Tensor{}
	for name, value := range weights {
		given[model.JoinPath(scope, name)] = value
	}
	fit.Steps = mostSteps
	d, err := train.New(b, task, fit, train.Options{Longest: longestCall})
	if err != nil {
		return nil, err
	}
	d.Begin(given)
	return trainingSteps{d}, nil
}

// errTurn ends a turn.
var errTurn = errors.New("bench: the turn is over")

func (s trainingSteps) Advance(ctx context.Context, n int) ([]float64, error) {
	from := s.driver.Step()
	err := s.driver.Run(ctx, func(p train.Progress) error {
		if p.Step >= from+int64(n) {
			return errTurn
		}
		return nil
	})
	if err != nil && !errors.Is(err, errTurn) {
		return nil, err
	}
	h := s.driver.History()
	if h.Every != 1 {
		return nil, fmt.Errorf("bench: the history keeps every %d steps, want 1", h.Every)
	}
	return h.Values[0][from:s.driver.Step()], nil
}
