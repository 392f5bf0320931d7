package runs

import (
	"context"
	"fmt"

	. "github.com/gomlx/gomlx/core/graph"
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
	values    map[string]*tensors.Tensor // by path of the variable
	predictor *model.Exec                // of the task's Predict, made with the first use
}

var _ zoo.Trained = (*Trained)(nil)

func newTrained(b *backend.Backend, key string, precision train.Precision, values map[string]*tensors.Tensor) *Trained {
	return &Trained{backend: b, key: key, precision: precision, values: values}
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

// exec makes an executor that refuses variables that were not trained, and changes to those that were. It has a store of
// its own: what a refused function made up must not stay.
func (t *Trained) exec(fn func(scope *model.Scope, in []*Node) []*Node) (*model.Exec, error) {
	store := model.NewStore()
	for path, v := range t.values {
		if _, err := store.CreateVariable(path, v); err != nil {
			return nil, fmt.Errorf("runs: variable %s: %w", path, err)
		}
	}
	checked := func(scope *model.Scope, in []*Node) []*Node {
		out := fn(scope, in)
		for v := range store.IterVariables() {
			if _, trained := t.values[v.Path()]; !trained {
				exceptions.Panicf("runs: run %s has no variable %s, want a model as it was trained", t.key, v.Path())
			}
			if len(out) > 0 && v.ChangedInGraph(out[0].Graph()) {
				exceptions.Panicf("runs: variable %s of run %s is set while it is evaluated, want it left as it was trained", v.Path(), t.key)
			}
		}
		return out
	}
	e, err := model.NewExec(t.backend, store, zoo.GraphFn("evaluating run "+t.key, checked))
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
