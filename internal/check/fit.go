package check

import (
	"testing"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// checkFit trains the method's task shortly: the loss must fall, and what is read back from disk must be the same run with
// the same output.
func checkFit(t *testing.T, m zoo.Method) {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	session := &runs.Session{Backend: Backend(t), Store: s}
	open := func(of zoo.Model) *runs.Run {
		task := m.Task(of)
		if err := task.Validate(); err != nil {
			t.Fatal(err)
		}
		r, err := session.Open(task, train.Fit{Steps: 30, Rate: 1e-3})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	trained := open(m.Default)
	if err := trained.Train(t.Context(), func(runs.Progress) error { return nil }); err != nil {
		t.Fatal(err)
	}
	loss := trained.History().Values[0]
	// Every step sees all rows, so that the loss has no noise; a tenth is little for thirty steps, and no accident.
	if first, last := loss[0], loss[len(loss)-1]; !(last < 0.9*first) {
		t.Errorf("the loss goes from %v to %v, want it to fall by a tenth", first, last)
	}
	readBack := open(decoded(t, m))
	if readBack.Key() != trained.Key() {
		t.Errorf("after JSON the run's key is %s, want %s", readBack.Key(), trained.Key())
	}
	found, err := readBack.Find()
	if err != nil || !found {
		t.Fatalf("the trained run is not found: %v", err)
	}
	before, after := forward(t, m, trained), forward(t, m, readBack)
	for i := range before {
		if before[i] != after[i] { // the same weights, bit by bit
			t.Fatalf("output %d is %v before and %v after it was saved", i, before[i], after[i])
		}
	}
}

// forward is a finished run's model on random inputs of the first size.
func forward(t *testing.T, m zoo.Method, r *runs.Run) []float64 {
	t.Helper()
	result, err := r.Result()
	if err != nil {
		t.Fatal(err)
	}
	var in []any
	for i, s := range m.Sizes[0].Inputs {
		in = append(in, Random(uint64(i+1), s.Dimensions...))
	}
	out, err := result.Eval(t.Context(), func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{m.Default.Forward(scope, in...)}
	}, in...)
	if err != nil {
		t.Fatal(err)
	}
	values, err := train.Floats(out[0])
	if err != nil {
		t.Fatal(err)
	}
	return values
}
