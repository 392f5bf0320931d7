package setup_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/setup"
)

// writing returns a step that counts its runs and writes its one output.
func writing(name, output string, runs *atomic.Int32) setup.Step {
	return setup.Step{
		Name: name, Inputs: name + " 1", Outputs: []string{output},
		Do: func(context.Context, *setup.Task) error {
			runs.Add(1)
			return os.WriteFile(output, []byte(name), 0o644)
		},
	}
}

func TestPlanRunsOnce(t *testing.T) {
	env := t.TempDir()
	var runs [2]atomic.Int32
	plan := setup.Plan{Env: env, Lanes: [][]setup.Step{
		{writing("first", filepath.Join(env, "first"), &runs[0])},
		{writing("second", filepath.Join(env, "second"), &runs[1])},
	}}
	count := func() [2]int32 { return [2]int32{runs[0].Load(), runs[1].Load()} }
	run := func(options setup.Options) setup.Report {
		t.Helper()
		report, err := plan.Run(t.Context(), options)
		if err != nil {
			t.Fatal(err)
		}
		return report
	}

	if report := run(setup.Options{}); len(report.Done) != 2 || count() != [2]int32{1, 1} {
		t.Fatalf("first run: done %v, runs %v; want both steps once", report.Done, count())
	}
	if report := run(setup.Options{}); len(report.Done) != 0 || count() != [2]int32{1, 1} {
		t.Fatalf("second run: done %v, runs %v; want nothing done", report.Done, count())
	}
	if err := os.Remove(filepath.Join(env, "second")); err != nil {
		t.Fatal(err)
	}
	if report := run(setup.Options{}); !slices.Equal(report.Done, []string{"second"}) {
		t.Fatalf("with an output missing: done %v, want [second]", report.Done)
	}
	plan.Lanes[0][0].Inputs = "first 2"
	if report := run(setup.Options{}); !slices.Equal(report.Done, []string{"first"}) {
		t.Fatalf("with other inputs: done %v, want [first]", report.Done)
	}
	if report := run(setup.Options{Fresh: true}); len(report.Done) != 2 {
		t.Fatalf("fresh: done %v, want both", report.Done)
	}
	if err := os.WriteFile(filepath.Join(env, "stamp.json"), []byte(`{"steps": {"fir`), 0o644); err != nil {
		t.Fatal(err)
	}
	if report := run(setup.Options{}); len(report.Done) != 2 {
		t.Fatalf("with half a stamp: done %v, want both", report.Done)
	}
}

func TestPlanSeveralAtOnce(t *testing.T) {
	env := filepath.Join(t.TempDir(), "not", "there", "yet")
	var runs, atWork, most atomic.Int32
	plan := setup.Plan{Env: env, Lanes: [][]setup.Step{{{
		Name: "slow", Inputs: "1",
		Do: func(context.Context, *setup.Task) error {
			runs.Add(1)
			most.Store(max(most.Load(), atWork.Add(1)))
			time.Sleep(100 * time.Millisecond) // so that the others find the lock taken
			atWork.Add(-1)
			return nil
		},
	}}}}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if _, err := plan.Run(t.Context(), setup.Options{}); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if runs.Load() != 1 || most.Load() != 1 {
		t.Fatalf("four set-ups at once: %d runs of the step, %d at a time; want 1 and 1", runs.Load(), most.Load())
	}
}

func TestPlanGoesOnAfterFailure(t *testing.T) {
	env := t.TempDir()
	broken := errors.New("disk full")
	var runs [3]atomic.Int32
	lane := []setup.Step{
		writing("a", filepath.Join(env, "a"), &runs[0]),
		writing("b", filepath.Join(env, "b"), &runs[1]),
		writing("c", filepath.Join(env, "c"), &runs[2]),
	}
	whole := lane[1].Do
	lane[1].Do = func(ctx context.Context, task *setup.Task) error {
		if err := whole(ctx, task); err != nil { // its output is there, yet it is not done
			return err
		}
		return broken
	}
	plan := setup.Plan{Env: env, Lanes: [][]setup.Step{lane}}
	var out bytes.Buffer
	report, err := plan.Run(t.Context(), setup.Options{Out: &out})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "setup: b: ") {
		t.Fatalf("err = %v, want that of step b, named", err)
	}
	if !slices.Equal(report.Done, []string{"a"}) || runs[2].Load() != 0 {
		t.Fatalf("done %v, %d runs of c; want a alone", report.Done, runs[2].Load())
	}
	for _, want := range []string{"a: done in ", "b: failed in "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("progress %q lacks %q", out.String(), want)
		}
	}
	lane[1].Do = whole
	if report, err = plan.Run(t.Context(), setup.Options{}); err != nil || !slices.Equal(report.Done, []string{"b", "c"}) {
		t.Fatalf("second run: done %v, %v; want b and c", report.Done, err)
	}
	if runs[0].Load() != 1 {
		t.Fatalf("a ran %d times, want once", runs[0].Load())
	}
}

func TestPlanFailureStopsOtherLanes(t *testing.T) {
	broken := errors.New("broken")
	plan := setup.Plan{Env: t.TempDir(), Lanes: [][]setup.Step{
		{{Name: "fails", Do: func(context.Context, *setup.Task) error { return broken }}},
		{{Name: "waits", Do: func(ctx context.Context, _ *setup.Task) error {
			<-ctx.Done()
			return ctx.Err()
		}}},
	}}
	if _, err := plan.Run(t.Context(), setup.Options{}); !errors.Is(err, broken) {
		t.Fatalf("err = %v, want the failure, not the end of the lane that it stopped", err)
	}
}

func TestPlanInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	plan := setup.Plan{Env: t.TempDir(), Lanes: [][]setup.Step{{{
		Name: "long",
		Do: func(ctx context.Context, _ *setup.Task) error {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		},
	}}}}
	_, err := plan.Run(ctx, setup.Options{})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "goes on from there") {
		t.Fatalf("err = %v, want context.Canceled and that the next run goes on", err)
	}
}

func TestPlanOffline(t *testing.T) {
	var ran atomic.Int32
	plan := setup.Plan{Env: t.TempDir(), Lanes: [][]setup.Step{{{
		Name: "Python packages", Remote: true,
		Do: func(context.Context, *setup.Task) error { ran.Add(1); return nil },
	}}}}
	_, err := plan.Run(t.Context(), setup.Options{Offline: true})
	if !errors.Is(err, setup.ErrOffline) || !strings.Contains(err.Error(), "Python packages") || !strings.Contains(err.Error(), "fieldbook setup") {
		t.Fatalf("err = %v, want ErrOffline that names the step and says what to do", err)
	}
	if ran.Load() != 0 {
		t.Fatal("a step that needs the network ran offline")
	}
	if _, err := plan.Run(t.Context(), setup.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Run(t.Context(), setup.Options{Offline: true}); err != nil || ran.Load() != 1 {
		t.Fatalf("offline with nothing due: %v after %d runs, want no error after 1", err, ran.Load())
	}
}

func TestPlanReadOnly(t *testing.T) {
	parent := t.TempDir()
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	plan := setup.Plan{Env: filepath.Join(file, "env"), Lanes: [][]setup.Step{{{Name: "x"}}}}
	if _, err := plan.Run(t.Context(), setup.Options{}); err == nil || !strings.Contains(err.Error(), file) {
		t.Fatalf("err = %v, want one that names %s", err, file)
	}
}
