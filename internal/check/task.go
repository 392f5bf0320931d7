package check

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Trained trains a task in a store of its own and returns the result with its history.
func Trained(t *testing.T, task zoo.Task, fit train.Fit) (*runs.Trained, *train.History) {
	t.Helper()
	if err := task.Validate(); err != nil {
		t.Fatal(err)
	}
	kept, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	session := &runs.Session{Backend: Backend(t), Store: kept}
	r, err := session.Open(task, fit)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Train(t.Context(), func(runs.Progress) error { return nil }); err != nil {
		t.Fatal(err)
	}
	result, err := r.Result()
	if err != nil {
		t.Fatal(err)
	}
	return result, r.History()
}

// Steps evaluates fn in one training step after another of a task without rows, in float64, with the task's own state between them. Each call of
// next is a step, the first of number 0; whole are the arrays that every step gets.
func Steps(t *testing.T, task zoo.Task, seed uint64, fn func(step *zoo.Step) []*Node) (next func() []*tensors.Tensor, whole []*tensors.Tensor) {
	t.Helper()
	if err := task.Validate(); err != nil {
		t.Fatal(err)
	}
	data, err := task.Data()
	if err != nil {
		t.Fatal(err)
	}
	_, whole, err = data.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e, err := model.NewExec(Backend(t), model.NewStore(), zoo.GraphFn(t.Name(), func(scope *model.Scope, in []*Node) []*Node {
		g, last := in[0].Graph(), len(in)-1
		of := zoo.Step{Graph: g, Scope: scope, DType: dtypes.Float64, Whole: in[:last], Index: in[last], Train: true}
		return fn(zoo.NewStep(of, zoo.Draw{Seed: Const(g, seed)}))
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Finalize)
	index := int64(0)
	return func() []*tensors.Tensor {
		t.Helper()
		var in []any
		for _, w := range whole {
			in = append(in, w)
		}
		out, err := e.Call(append(in, tensors.FromValue(index))...)
		if err != nil {
			t.Fatal(err)
		}
		index++
		return out
	}, whole
}
