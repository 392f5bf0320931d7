package runs_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/runs"
)

// smallDisk mounts a file system of a few bytes.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("a small disk cannot be mounted here (%v): run this test as root", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Errorf("unmounting %s: %v", dir, err)
		}
	})
	return dir
}

// unfinished lists what is half-written below dir.
func unfinished(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.Contains(filepath.Base(path), ".new-") {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// fill writes until nothing more fits but spare bytes.
func fill(t *testing.T, dir string, spare int64) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	block := make([]byte, 4096)
	for {
		if _, err := f.Write(block); err != nil {
			break
		}
	}
	size, err := f.Seek(0, 2)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(max(0, size-spare)); err != nil {
		t.Fatal(err)
	}
}

func TestAFullDiskWhileTraining(t *testing.T) {
	task := newFitted()
	task.Width = 512 // arrays of more than a page
	reference := session(t, t.TempDir())
	want := outcomeOf(t, reference, done(t, reference, task, noisyFit(60)), task)
	for _, spare := range []int64{0, 8 << 10, 24 << 10} { // nothing fits; a manifest; a part of a checkpoint
		dir := smallDisk(t, "size=1m")
		s := session(t, dir)
		s.CheckpointEvery = soon
		r := opened(t, s, task, noisyFit(60))
		full := false
		err := r.Train(t.Context(), func(p runs.Progress) error {
			if p.Step >= 20 && !full {
				full = true
				fill(t, dir, spare)
			}
			return nil
		})
		if !errors.Is(err, syscall.ENOSPC) || strings.Count(err.Error(), "no space left") != 1 || !strings.Contains(err.Error(), folder(s, r.Key())) {
			t.Errorf("with %d bytes left: error = %v, want one message: no space left, with the path", spare, err)
		}
		if left := unfinished(t, dir); len(left) > 0 {
			t.Errorf("with %d bytes left: left behind %v", spare, left)
		}
		if got := summary(t, s, r.Key()); got.State() == "done" || got.Step < 5 {
			t.Errorf("with %d bytes left: the run is %s at step %d, want it unfinished where it was last saved", spare, got.State(), got.Step)
		}
		if err := os.Remove(filepath.Join(dir, "ballast")); err != nil {
			t.Fatal(err)
		}
		again := opened(t, s, task, noisyFit(60))
		resumed := false
		err = again.Train(t.Context(), func(p runs.Progress) error {
			resumed = p.Resumed
			return nil
		})
		if err != nil || !resumed {
			t.Fatalf("with room again: %v, resumed %v", err, resumed)
		}
		same(t, "with room again", outcomeOf(t, s, again, task), want)
	}
}

func TestAFullDiskAtTheEnd(t *testing.T) {
	task := newFitted()
	task.Width = 512
	dir := smallDisk(t, "size=1m")
	s := session(t, dir)
	r := opened(t, s, task, noisyFit(10)) // saved once, at the end
	err := r.Train(t.Context(), func(p runs.Progress) error {
		if p.Step == 10 {
			fill(t, dir, 16<<10)
		}
		return nil
	})
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("error = %v, want no space left", err)
	}
	if got := summary(t, s, r.Key()); got.State() != "failed" || !strings.Contains(got.Error, "no space left") {
		t.Errorf("the run is %s with %q, want failed: its result could not be saved", got.State(), got.Error)
	}
	if found, err := opened(t, s, task, noisyFit(10)).Find(); found || err != nil {
		t.Errorf("found %v, %v, though nothing could be saved", found, err)
	}
}

func TestAFullDiskForData(t *testing.T) {
	dir := smallDisk(t, "size=256k")
	r := awkward{Count: 20000, made: &atomic.Int32{}} // 480 kB
	_, err := datasets.Load(datasets.WithCache(t.Context(), cache(t, dir)), r)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "field.npy") {
		t.Errorf("error = %v, want no space left for field.npy", err)
	}
	if left := unfinished(t, dir); len(left) > 0 {
		t.Errorf("left behind %v", left)
	}
}

func TestAReadOnlyDisk(t *testing.T) {
	task := newFitted()
	dir := smallDisk(t, "size=2m")
	s := session(t, dir)
	r := done(t, s, task, noisyFit(20))
	want := outcomeOf(t, s, r, task)
	spoil(t, filepath.Join(folder(s, r.Key()), "metrics.jsonl"), flipped)
	before := stamps(t, dir)
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Skipf("a disk cannot be made read-only here: %v", err)
	}
	again := session(t, dir)
	var warnings []string
	again.Warn = func(err error) { warnings = append(warnings, err.Error()) }
	looked := opened(t, again, task, noisyFit(20))
	if found, err := looked.Find(); !found || err != nil {
		t.Fatalf("found %v, %v; want a finished run to be read from a read-only disk", found, err)
	}
	if text := strings.Join(warnings, "\n"); !strings.Contains(text, "metrics.jsonl") || !strings.Contains(text, "read-only") {
		t.Errorf("warnings %q, want the damaged file and why it is left so", warnings)
	}
	if got := outcomeOf(t, again, looked, task).Values; !reflect.DeepEqual(got, want.Values) {
		t.Errorf("it predicts %v, want %v", got, want.Values)
	}
	if got := summary(t, again, r.Key()); got.State() != "done" {
		t.Errorf("the run is %s, want done", got.State())
	}
	for what, do := range map[string]func() error{
		"another run": func() error { return opened(t, again, task, noisyFit(21)).Train(t.Context(), nil) },
		"Fresh":       func() error { return opened(t, again, task, noisyFit(20)).Fresh() },
		"data": func() error {
			_, err := datasets.Load(datasets.WithCache(context.Background(), cache(t, dir)), awkward{Count: 5, made: &atomic.Int32{}})
			return err
		},
	} {
		if err := do(); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), dir) {
			t.Errorf("%s: error = %v, want a read-only file system, with the path", what, err)
		}
	}
	if after := stamps(t, dir); !reflect.DeepEqual(after, before) {
		t.Errorf("the files changed: %v, before %v", after, before)
	}
}
