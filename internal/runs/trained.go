package runs

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph" //nolint:revive // the one dot import of the house style
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Trained is a finished run's values.
type Trained struct {
	backend   *backend.Backend
	key       string
	precision train.Precision
	store     *model.Store
	predictor *model.Exec // of the task's Predict, made with the first use
}

var _ zoo.Trained = (*Trained)(nil)

func newTrained(b *backend.Backend, key string, precision train.Precision, values map[string]*tensors.Tensor) (*Trained, error) {
	t := &Trained{backend: b, key: key, precision: precision, store: model.NewStore()}
	for path, v := range values {
		if _, err := t.store.CreateVariable(path, v); err != nil {
			return nil, fmt.Errorf("runs: variable %s: %w", path, err)
		}
	}
	return t, nil
}

// Key names the run.
func (t *Trained) Key() string { return t.key }

// Eval runs a graph function on the trained values. Floating-point inputs are brought to the run's precision.
//
// Errors: a variable that the run does not have (an untrained one would be made up); what GoMLX finds wrong.
func (t *Trained) Eval(ctx context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	e, err := t.exec(fn)
	if err != nil {
		return nil, err
	}
	defer e.Finalize()
	return t.call(e, in...)
}

// exec makes an executor that refuses variables that were not trained.
func (t *Trained) exec(fn func(scope *model.Scope, in []*Node) []*Node) (*model.Exec, error) {
	checked := func(scope *model.Scope, in []*Node) []*Node {
		out := fn(scope, in)
		for v := range t.store.IterVariables() {
			if !v.HasValue() {
				exceptions.Panicf("runs: run %s has no variable %s, want a model as it was trained", t.key, v.Path())
			}
		}
		return out
	}
	e, err := model.NewExec(t.backend, t.store, zoo.GraphFn("evaluating run "+t.key, checked))
	if err != nil {
		return nil, fmt.Errorf("runs: %w", err)
	}
	return e, nil
}

// call brings the inputs to the run's precision and runs an executor.
func (t *Trained) call(e *model.Exec, in ...any) ([]*tensors.Tensor, error) {
	args := make([]any, len(in))
	for i, x := range in {
		v, err := tensors.FromAnyValue(x)
		if err != nil {
			return nil, fmt.Errorf("runs: input %d of type %T: %w", i, x, err)
		}
		if args[i], err = train.Cast(v, t.precision); err != nil {
			return nil, err
		}
	}
	return e.Call(args...)
}
