package runs

import (
	"context"
	"errors"
	"fmt"

	"github.com/fieldbook-go/fieldbook/internal/train"
)

// Probe evaluates the finished run's loss at other parameters, each value a mean over so many batches.
//
// Errors: a run that is not finished; as [train.Driver.Probe].
func (r *Run) Probe(ctx context.Context, batches int) (*train.Probe, error) {
	p := r.last()
	if !p.finished {
		return nil, fmt.Errorf("runs: run %s is at step %d of %d, want it trained first", r.Key(), p.driver.Step(), p.driver.Fit().Steps)
	}
	return p.driver.Probe(ctx, batches)
}

// Path trains the run once more, without a trace in the store, and gives its parameters at about so many steps, from the first on, flat as
// a probe has them. Training is a pure function of the run, so these are the states that it went through.
//
// Errors: a run of several phases; fewer than two states; what training finds wrong; the error of ctx.
func (r *Run) Path(ctx context.Context, states int, report func(done, total int64)) ([][]float64, error) {
	if len(r.phases) > 1 {
		return nil, fmt.Errorf("runs: run %s has %d phases, want one for the path of its training", r.Key(), len(r.phases))
	}
	if states < 2 {
		return nil, fmt.Errorf("runs: a path of %d states, want at least 2", states)
	}
	fit := r.last().driver.Fit()
	every := max(1, fit.Steps/(states-1))
	d, err := train.New(r.session.Backend, r.task, fit, train.Options{Devices: r.session.Devices, Longest: every})
	if err != nil {
		return nil, err
	}
	var path [][]float64
	err = d.Run(ctx, func(p train.Progress) error {
		if p.Step < int64(len(path)*every) && !d.Finished() {
			return nil
		}
		x, err := d.Flat()
		if err != nil {
			return err
		}
		path = append(path, x)
		if report != nil {
			report(p.Step, p.Steps)
		}
		return nil
	})
	if err == nil && len(path) == 0 {
		err = errors.New("runs: training made no step")
	}
	return path, err
}
