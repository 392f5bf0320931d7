package workbench

import (
	"context"
	"fmt"
	"slices"
	"strings"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Eval runs a graph function of its inputs alone, in their own precision: what is known in closed form, beside the trained values of
// [Run.Eval]. Families build their typed results on both.
//
// Errors: a variable in the graph, since there is no value for it; what GoMLX finds wrong.
func (l *Lab) Eval(ctx context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	store := model.NewStore()
	closed := func(scope *model.Scope, in []*Node) []*Node {
		out := fn(scope, in)
		for v := range store.IterVariables() {
			exceptions.Panicf("workbench: Lab.Eval of a graph with the variable %s, want none, or the Eval of a run that has trained it", v.Path())
		}
		return out
	}
	e, err := model.NewExec(l.open().Backend, store, zoo.GraphFn("evaluating in closed form", closed))
	if err != nil {
		return nil, fmt.Errorf("workbench: %w", err)
	}
	defer e.Finalize()
	out, err := e.Call(in...)
	if err == nil {
		l.recordEval(out)
	}
	return out, err
}

// recordEval tells once what was evaluated on and in which precision.
func (l *Lab) recordEval(out []*tensors.Tensor) {
	for _, o := range out {
		if !o.DType().IsFloat() {
			continue
		}
		e := record.Evaluation{Backend: l.open().Backend.Choice, Precision: strings.ToLower(o.DType().String())}
		if !slices.Contains(l.evaluated, e) {
			l.evaluated = append(l.evaluated, e)
			l.record(record.Event{Kind: record.KindEvaluation, Evaluation: &e})
		}
	}
}
