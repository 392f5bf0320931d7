package runs_test

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/optimizers"
)

func TestATrainedRunIsFoundAndDescribed(t *testing.T) {
	dir, task := t.TempDir(), newFitted()
	s := session(t, dir)
	s.Slug = "wave"
	r := opened(t, s, task, noisyFit(40))
	if found, err := r.Find(); found || err != nil {
		t.Fatalf("found = %v, %v before training", found, err)
	}
	if _, err := r.Result(); err == nil || !strings.Contains(err.Error(), "step 0 of 40") {
		t.Errorf("Result before training: error = %v, want one with the step", err)
	}
	var steps []int64
	err := r.Train(t.Context(), func(p runs.Progress) error {
		steps = append(steps, p.Step)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(steps) || len(steps) == 0 || steps[len(steps)-1] != 40 {
		t.Errorf("observed steps %v, want them to rise to 40", steps)
	}
	want := outcomeOf(t, s, r, task)

	again := opened(t, session(t, dir), task, noisyFit(40))
	if found, err := again.Find(); !found || err != nil {
		t.Fatalf("found = %v, %v after training", found, err)
	}
	same(t, "looked up", outcomeOf(t, s, again, task), want)
	if !reflect.DeepEqual(again.History(), r.History()) {
		t.Error("the history that was looked up is another one")
	}
	m, err := again.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if m.Status != runs.Done || m.Step != 40 || m.Steps != 40 || m.Task != "runs_test.fitted" || m.Seed != 5 || m.Slug != "wave" || m.Precision != "float32" {
		t.Errorf("manifest %+v, want a finished run of the task", m)
	}
	if m.Seconds <= 0 || m.CPUSeconds <= 0 || m.PeakMB < 10 || m.CPU == "" || m.Backend == "" || m.Last["fit"] != r.History().Last("fit") {
		t.Errorf("manifest %+v, want measured times, memory, machine and last values", m)
	}
	var settings fitted
	if err := json.Unmarshal(m.Settings, &settings); err != nil || settings != task {
		t.Errorf("the task in the manifest is %+v, %v; want %+v", settings, err, task)
	}
}

func TestInterruptedThenResumedEqualsUnbroken(t *testing.T) {
	task := newFitted()
	for _, tc := range []struct {
		name string
		fit  train.Fit
	}{
		{"in the graph", noisyFit(200)},
		{"the best state is kept", train.Fit{Steps: 60, Batch: 20, Rate: 1e-2, KeepBest: true, ValidEvery: 5}},
		{"with a state of two dtypes, one entry infinite at first", train.Fit{
			Steps: 60, Batch: 20, Rate: 1e-2, EMA: 0.9, EMAWarmup: 10, ValidEvery: 5,
			Optimizer: optimizers.Plateau{Every: 25, Patience: 1, Optimizer: optimizers.RAdam{}},
		}},
		{"on the host", train.Fit{Steps: 30, Host: optimizers.LBFGS{}, ValidEvery: 5}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			reference := session(t, t.TempDir())
			want := outcomeOf(t, reference, done(t, reference, task, tc.fit), task)
			s := session(t, t.TempDir())
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r := opened(t, s, task, tc.fit)
			err := r.Train(ctx, func(p runs.Progress) error {
				if p.Step >= 7 {
					cancel()
				}
				return nil
			})
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("error = %v, want context.Canceled", err)
			}
			if got := summary(t, s, r.Key()); got.Status != runs.Interrupted || got.Step < 7 || got.State() != "interrupted" {
				t.Errorf("status %s at step %d, want interrupted at 7 or later", got.Status, got.Step)
			}
			again := opened(t, s, task, tc.fit)
			var first runs.Progress
			err = again.Train(t.Context(), func(p runs.Progress) error {
				if first.Steps == 0 {
					first = p
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if !first.Resumed || first.Step <= 7 {
				t.Errorf("it went on at step %d (resumed: %v), want beyond 7", first.Step, first.Resumed)
			}
			same(t, "resumed", outcomeOf(t, s, again, task), want)
		})
	}
}

func TestInterruptedWhileDataAreMade(t *testing.T) {
	s := session(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s.Making = func(string, int, int) { cancel() }
	r := opened(t, s, newFitted(), noisyFit(20))
	if err := r.Train(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v, want context.Canceled", err)
	}
	if got := summary(t, s, r.Key()); got.Status != runs.Interrupted || got.Step != 0 {
		t.Errorf("status %s at step %d, want interrupted at 0", got.Status, got.Step)
	}
	s.Making = nil
	if m, err := done(t, s, newFitted(), noisyFit(20)).Manifest(); err != nil || m.Status != runs.Done {
		t.Errorf("the next call left %s, %v; want it done", m.Status, err)
	}
}

func TestNotFiniteIsReportedAndReportedAgain(t *testing.T) {
	task := newFitted()
	task.Break = 12
	s := session(t, t.TempDir())
	for _, when := range []string{"first", "opened again"} {
		r := opened(t, s, task, noisyFit(30))
		err := r.Train(t.Context(), nil)
		var bad *train.NotFiniteError
		if !errors.As(err, &bad) || bad.Step != 12 || bad.Term != "size" {
			t.Fatalf("%s: error = %v, want a NotFiniteError at step 12 in size", when, err)
		}
		if found, err := opened(t, s, task, noisyFit(30)).Find(); found || err != nil {
			t.Errorf("%s: a failed run is found: %v, %v", when, found, err)
		}
		got := summary(t, s, r.Key())
		if got.Status != runs.Failed || got.Step != 12 || !strings.Contains(got.Error, `"size"`) || !strings.Contains(got.Error, "step 12") {
			t.Errorf("%s: manifest is %s at step %d with %q, want failed, 12, step and term", when, got.Status, got.Step, got.Error)
		}
	}
}

func TestNotFiniteValidationIsNotPassedOver(t *testing.T) {
	for _, steps := range []int{20, 5} { // the validation of step 5 is one of several, or the last thing that the run does
		s := session(t, t.TempDir())
		for _, when := range []string{"first", "opened again"} {
			r := opened(t, s, sick{newFitted()}, noisyFit(steps))
			if found, err := r.Find(); found || err != nil {
				t.Errorf("%d steps, %s: found %v, %v", steps, when, found, err)
			}
			err := r.Train(t.Context(), nil)
			var bad *train.NotFiniteError
			if !errors.As(err, &bad) || bad.Step != 5 || bad.Term != "valid rmse" {
				t.Fatalf("%d steps, %s: error = %v, want a NotFiniteError at step 5 in valid rmse", steps, when, err)
			}
		}
	}
}

func TestPhases(t *testing.T) {
	task := newFitted()
	first := noisyFit(30)
	s := session(t, t.TempDir())
	alone := done(t, s, task, first)
	before := stamps(t, folder(s, alone.Key()))

	for _, second := range []train.Fit{{Steps: 5, Host: optimizers.LBFGS{}}, {Steps: 6, Host: optimizers.LBFGS{}}} {
		r := opened(t, s, task, first.Then(second))
		if r.Key() == alone.Key() {
			t.Fatal("a run of two phases has the key of its first")
		}
		phases := map[int]bool{}
		var value float64
		err := r.Train(t.Context(), func(p runs.Progress) error {
			phases[p.Phase] = true
			if value == 0 {
				value = p.History.Last("fit")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(phases, map[int]bool{1: true}) {
			t.Errorf("trained phases %v, want the second alone: the first was there", phases)
		}
		if start := alone.History().Last("fit"); value > 2*start { // L-BFGS never goes up; a fresh network is 30 times higher
			t.Errorf("the second phase began at fit = %v, want about %v as the first ended", value, start)
		}
		m, err := r.Manifest()
		if err != nil || m.Previous != alone.Key() || m.Phase != 1 {
			t.Errorf("manifest: previous %s, phase %d, %v; want %s and 1", m.Previous, m.Phase, err, alone.Key())
		}
	}
	if after := stamps(t, folder(s, alone.Key())); !reflect.DeepEqual(before, after) {
		t.Errorf("the first phase's files changed: %v, before %v", after, before)
	}
	fresh := first
	fresh.Seed++
	chained := opened(t, s, task, fresh.Then(train.Fit{Steps: 5, Host: optimizers.LBFGS{}}))
	var order []int
	err := chained.Train(t.Context(), func(p runs.Progress) error {
		if len(order) == 0 || order[len(order)-1] != p.Phase {
			order = append(order, p.Phase)
		}
		return nil
	})
	if err != nil || !slices.Equal(order, []int{0, 1}) {
		t.Errorf("phases %v, %v; want 0, then 1", order, err)
	}
}

// stamps are the times and sizes of the files of a folder but for the lock, which every look takes.
func stamps(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), "lock") {
			return err
		}
		info, err := e.Info()
		if err == nil {
			out[path] = info.ModTime().String() + " " + info.Mode().String()
		}
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("%d files in %s: %v", len(out), dir, err)
	}
	return out
}

func TestFreshTrainsAgain(t *testing.T) {
	task := newFitted()
	s := session(t, t.TempDir())
	want := outcomeOf(t, s, done(t, s, task, noisyFit(20)), task)
	r := opened(t, s, task, noisyFit(20))
	if err := r.Fresh(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(folder(s, r.Key())); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Fresh the run's folder is there: %v", err)
	}
	trained := false
	err := r.Train(t.Context(), func(runs.Progress) error {
		trained = true
		return nil
	})
	if err != nil || !trained {
		t.Fatalf("after Fresh: trained %v, %v", trained, err)
	}
	same(t, "trained again", outcomeOf(t, s, r, task), want)
}

// noted is a task that has something to tell.
type noted struct{ fitted }

func (noted) Notes() []string { return []string{"the waves are high"} }

func TestNotesAreToldOnceBeforeTraining(t *testing.T) {
	s := session(t, t.TempDir())
	var told []string
	s.Warn = func(err error) { told = append(told, err.Error()) }
	r := opened(t, s, noted{newFitted()}, noisyFit(10))
	stop := errors.New("stop")
	if err := r.Train(t.Context(), func(runs.Progress) error { return stop }); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	for range 2 { // the second one finds what the first has trained
		if err := r.Train(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(told, []string{"the waves are high"}) {
		t.Errorf("told %q, want the note once", told)
	}
}

func TestOneRunOneTrainer(t *testing.T) {
	s := session(t, t.TempDir())
	r := opened(t, s, newFitted(), noisyFit(30))
	tried := false
	err := r.Train(t.Context(), func(runs.Progress) error {
		if tried {
			return nil
		}
		tried = true
		other := opened(t, s, newFitted(), noisyFit(30))
		for what, err := range map[string]error{"Train": other.Train(t.Context(), nil), "Fresh": other.Fresh()} {
			var busy *store.BusyError
			if !errors.As(err, &busy) || busy.PID != os.Getpid() {
				t.Errorf("%s of a run that is being trained: %v, want a BusyError with process %d", what, err, os.Getpid())
			}
		}
		if got := summary(t, s, r.Key()); got.State() != "running" || got.PID != os.Getpid() {
			t.Errorf("the run is %s by %d, want running by %d", got.State(), got.PID, os.Getpid())
		}
		return nil
	})
	if err != nil || !tried {
		t.Fatalf("training: %v, observed %v", err, tried)
	}
}

func TestAnObserverEndsTheRun(t *testing.T) {
	s := session(t, t.TempDir())
	stop := errors.New("enough")
	r := opened(t, s, newFitted(), noisyFit(30))
	if err := r.Train(t.Context(), func(runs.Progress) error { return stop }); !errors.Is(err, stop) {
		t.Fatalf("error = %v, want the observer's", err)
	}
	if got := summary(t, s, r.Key()); got.Status != runs.Failed || got.Error != "enough" {
		t.Errorf("status %s with %q, want failed with the observer's error", got.Status, got.Error)
	}
}

func TestProgressIsSavedByTime(t *testing.T) {
	s := session(t, t.TempDir())
	s.CheckpointEvery = soon
	r := opened(t, s, newFitted(), noisyFit(60))
	var saved []int64
	err := r.Train(t.Context(), func(p runs.Progress) error {
		if got := summary(t, s, r.Key()); got.Step != p.Step && p.Step < 60 {
			t.Errorf("at step %d the manifest says %d", p.Step, got.Step)
		}
		names, err := filepath.Glob(filepath.Join(folder(s, r.Key()), "checkpoint-*"))
		saved = append(saved, int64(len(names)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if slices.Max(saved) != 2 || saved[0] != 1 {
		t.Errorf("checkpoints at each look: %v, want 1, then 2", saved)
	}
}

func TestEval(t *testing.T) {
	task := newFitted()
	s := session(t, t.TempDir())
	fit := noisyFit(20)
	fit.Precision = train.Float64
	r := done(t, s, task, fit)
	trained, err := r.Result()
	if err != nil {
		t.Fatal(err)
	}
	if trained.Key() != r.Key() {
		t.Errorf("key %s, want %s", trained.Key(), r.Key())
	}
	eval := func(fn func(scope *model.Scope, in []*Node) []*Node) (any, error) {
		out, err := trained.Eval(t.Context(), fn, []float32{0.3, -0.4})
		if err != nil {
			return nil, err
		}
		return out[0].Value(), nil
	}
	weights := func(name string) []float64 {
		v, err := eval(func(scope *model.Scope, in []*Node) []*Node {
			v := scope.Store().GetVariable("/net/" + name)
			return []*Node{Reshape(v.NodeValue(in[0].Graph()), -1)}
		})
		if err != nil {
			t.Fatal(err)
		}
		return v.([]float64)
	}
	network := func(scope *model.Scope, in []*Node) []*Node {
		return []*Node{Reshape(task.network(scope, Reshape(in[0], 2, 1)), 2)}
	}
	w1, w2 := weights("w1"), weights("w2")
	got, err := eval(network)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range []float32{0.3, -0.4} {
		want := 0.0
		for k := range w1 {
			want += math.Tanh(w1[k]*float64(x)) * w2[k]
		}
		// Sixteen products in float64, in another order.
		if y := got.([]float64)[i]; math.Abs(y-want) > 1e-14 {
			t.Errorf("at x = %v: %v, direct computation %v", x, y, want)
		}
	}
	for _, tc := range []struct {
		name, want string
		fn         func(scope *model.Scope, in []*Node) []*Node
	}{
		{"made up at random", "no variable /net/extra", func(scope *model.Scope, in []*Node) []*Node {
			v := scope.At("net").VariableWithShape("extra", shapes.Make(in[0].DType(), 2))
			return []*Node{Add(in[0], v.NodeValue(in[0].Graph()))}
		}},
		{"with a value of its own", "no variable /given", func(scope *model.Scope, in []*Node) []*Node {
			return []*Node{Add(in[0], scope.VariableWithValue("given", []float64{1, 2}).NodeValue(in[0].Graph()))}
		}},
		{"set", "/net/w1", func(scope *model.Scope, in []*Node) []*Node {
			v := scope.Store().GetVariable("/net/w1")
			v.SetNodeValue(ZerosLike(v.NodeValue(in[0].Graph())))
			return in
		}},
		{"a bare panic", "broken", func(*model.Scope, []*Node) []*Node { panic("broken") }},
	} {
		if _, err := eval(tc.fn); err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), r.Key()) {
			t.Errorf("%s: error = %v, want one with %q and the key", tc.name, err, tc.want)
		}
		if after, err := eval(network); err != nil || !reflect.DeepEqual(after, got) {
			t.Errorf("after %s: %v, %v; want %v as before", tc.name, after, err, got)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	if _, err := trained.Eval(ctx, network, []float32{0}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v after the context ended", err)
	}
}

func TestLookupNeedsTheKeyAlone(t *testing.T) {
	task := newFitted()
	s := session(t, t.TempDir())
	for name, fit := range map[string]train.Fit{
		"averaged": noisyFit(40),
		"best":     {Steps: 40, Batch: 20, Rate: 0.3, KeepBest: true, ValidEvery: 5},
		"last":     {Steps: 40, Batch: 20, Rate: 1e-2},
	} {
		r := done(t, s, task, fit)
		want := outcomeOf(t, s, r, task)
		stored, err := s.Store.FindRun(r.Key()[:6])
		if err != nil {
			t.Fatal(err)
		}
		m, trained, err := s.Lookup(stored)
		if err != nil || m.Key != r.Key() {
			t.Fatalf("%s: key %s, %v", name, m.Key, err)
		}
		got, err := trained.Eval(t.Context(), func(scope *model.Scope, in []*Node) []*Node { return task.Predict(scope, in...) },
			[][]float64{{-1}, {-0.5}, {0.1}, {0.7}})
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got[0].Value(), want.Values) {
			t.Errorf("%s: opened by its key it predicts %v, want %v", name, got[0].Value(), want.Values)
		}
	}
	stop := errors.New("stop")
	half := opened(t, s, task, noisyFit(41))
	if err := half.Train(t.Context(), func(runs.Progress) error { return stop }); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	for key, want := range map[string]string{half.Key(): "is failed at step 1 of 41", "0123456789abcdef": "not there"} {
		stored, err := s.Store.Run(key)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Lookup(stored); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want one with %q", err, want)
		}
	}
}
