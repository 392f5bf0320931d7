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
	variables int
}

var _ zoo.Trained = (*Trained)(nil)

func newTrained(b *backend.Backend, key string, precision train.Precision, values map[string]*tensors.Tensor) (*Trained, error) {
	t := &Trained{backend: b, key: key, precision: precision, store: model.NewStore(), variables: len(values)}
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
	checked := func(scope *model.Scope, in []*Node) []*Node {
		out := fn(scope, in)
		if n := t.store.NumVariables(); n != t.variables {
			for v := range t.store.IterVariables() {
				if !v.HasValue() {
					exceptions.Panicf("runs: run %s has no variable %s, want a model as it was trained", t.key, v.Path())
				}
			}
		}
		return out
	}
	exec, err := model.NewExec(t.backend, t.store, zoo.GraphFn("evaluating run "+t.key, checked))
	if err != nil {
		return nil, fmt.Errorf("runs: %w", err)
	}
	defer exec.Finalize()
	return exec.Call(args...)
}
