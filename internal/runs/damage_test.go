package runs_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// spoil changes a file, or removes it if change gives nil.
func spoil(t *testing.T, path string, change func(data []byte) []byte) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if data = change(data); data == nil {
		err = os.Remove(path)
	} else {
		err = os.WriteFile(path, data, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func truncated(data []byte) []byte { return data[:len(data)-1] }
func missing([]byte) []byte        { return nil }
func flipped(data []byte) []byte {
	data = slices.Clone(data)
	data[2*len(data)/3] ^= 8
	return data
}

// interrupted trains to about step 30 of 60, with two checkpoints.
func interrupted(t *testing.T, s *runs.Session, task fitted) {
	t.Helper()
	s.CheckpointEvery = soon
	stop := errors.New("stop")
	err := opened(t, s, task, noisyFit(60)).Train(t.Context(), func(p runs.Progress) error {
		if p.Step >= 30 {
			return stop
		}
		return nil
	})
	if !errors.Is(err, stop) {
		t.Fatal(err)
	}
}

func TestADamagedCheckpointIsNamedAndDoneWithout(t *testing.T) {
	task := newFitted()
	reference := session(t, t.TempDir())
	finished := done(t, reference, task, noisyFit(60))
	want := outcomeOf(t, reference, finished, task)
	half := t.TempDir()
	interrupted(t, session(t, half), task)
	for _, tc := range []struct {
		name   string
		file   string
		change func([]byte) []byte
		both   bool // checkpoints
	}{
		{"an array flipped", "state-0000.npy", flipped, false},
		{"an array truncated", "state-0001.npy", truncated, false},
		{"an array missing", "state-0002.npy", missing, false},
		{"the snapshot flipped", "snapshot.json", flipped, false},
		{"the marker flipped", "complete.json", flipped, false},
		{"the marker missing", "complete.json", missing, false},
		{"both flipped", "state-0000.npy", flipped, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(half)); err != nil {
				t.Fatal(err)
			}
			s := session(t, dir)
			checkpoints, err := filepath.Glob(filepath.Join(folder(s, finished.Key()), "checkpoint-*"))
			if err != nil || len(checkpoints) != 2 {
				t.Fatalf("%d checkpoints, %v; want 2", len(checkpoints), err)
			}
			if !tc.both {
				checkpoints = checkpoints[1:]
			}
			for _, dir := range checkpoints {
				spoil(t, filepath.Join(dir, tc.file), tc.change)
			}
			var warnings []string
			s.Warn = func(err error) { warnings = append(warnings, err.Error()) }
			var from int64
			r := opened(t, s, task, noisyFit(60))
			err = r.Train(t.Context(), func(p runs.Progress) error {
				if from > 0 {
					return nil
				}
				from = p.Step
				for _, dir := range checkpoints { // else it would be kept as the newest while whole ones go
					if _, err := os.Stat(dir); !os.IsNotExist(err) {
						t.Errorf("the damaged %s is still there: %v", dir, err)
					}
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if tc.both != (from == 1) {
				t.Errorf("its first steps ended at %d; went on from a checkpoint: %v", from, !tc.both)
			}
			if len(warnings) != len(checkpoints) {
				t.Errorf("warnings %q, want %d", warnings, len(checkpoints))
			}
			for _, dir := range checkpoints {
				if path := filepath.Join(dir, tc.file); !strings.Contains(strings.Join(warnings, "\n"), path) {
					t.Errorf("warnings %q, want one that names %s", warnings, path)
				}
			}
			same(t, tc.name, outcomeOf(t, s, r, task), want)
		})
	}
}

func TestADamagedManifestOrHistoryIsNamedAndMadeAgain(t *testing.T) {
	task := newFitted()
	s := session(t, t.TempDir())
	r := done(t, s, task, noisyFit(60))
	want := outcomeOf(t, s, r, task)
	before, err := r.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"manifest.json", "metrics.jsonl"} {
		for name, change := range map[string]func([]byte) []byte{"flipped": flipped, "truncated": truncated, "missing": missing} {
			t.Run(file+" "+name, func(t *testing.T) {
				path := filepath.Join(folder(s, r.Key()), file)
				whole, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				spoil(t, path, change)
				var warnings []string
				s.Warn = func(err error) { warnings = append(warnings, err.Error()) }
				again := opened(t, s, task, noisyFit(60))
				if m, err := again.Manifest(); err != nil || m.Seconds != before.Seconds {
					t.Errorf("manifest before Find: %v s, %v; want %v s from the checkpoint's copy", m.Seconds, err, before.Seconds)
				}
				if found, err := again.Find(); !found || err != nil {
					t.Fatalf("found %v, %v; want the result, which is whole", found, err)
				}
				if len(warnings) != 1 || !strings.Contains(warnings[0], path) {
					t.Errorf("warnings %q, want one that names %s", warnings, path)
				}
				if now, err := os.ReadFile(path); err != nil || string(now) != string(whole) {
					t.Errorf("%s was not made again as it was: %v", path, err)
				}
				same(t, name, outcomeOf(t, s, again, task), want)
			})
		}
	}
}

func TestADamagedManifestOfAnUnfinishedRun(t *testing.T) {
	task := newFitted()
	reference := session(t, t.TempDir())
	finished := done(t, reference, task, noisyFit(60))
	s := session(t, t.TempDir())
	interrupted(t, s, task)
	manifest := filepath.Join(folder(s, finished.Key()), "manifest.json")
	started := summary(t, s, finished.Key()).Started
	spoil(t, manifest, flipped)
	r := done(t, s, task, noisyFit(60))
	same(t, "resumed", outcomeOf(t, s, r, task), outcomeOf(t, reference, finished, task))
	if m, err := r.Manifest(); err != nil || !m.Started.Equal(started) {
		t.Errorf("it started at %v, %v; want %v as before the damage", m.Started, err, started)
	}
}

func TestAListShowsADamagedRun(t *testing.T) {
	s := session(t, t.TempDir())
	r := done(t, s, newFitted(), noisyFit(10))
	dir := folder(s, r.Key())
	spoil(t, filepath.Join(dir, "manifest.json"), flipped)
	if got := summary(t, s, r.Key()); got.State() != "done" {
		t.Errorf("the run is %s, want done: its checkpoint has a copy of the manifest", got.State())
	}
	checkpoints, err := filepath.Glob(filepath.Join(dir, "checkpoint-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checkpoints {
		spoil(t, filepath.Join(c, "state-0000.npy"), flipped)
	}
	got := summary(t, s, r.Key())
	if got.State() != "damaged" || got.Key != r.Key() || !strings.Contains(got.Damaged, "manifest.json") {
		t.Errorf("the run is %s with %q, want damaged, with the file's name", got.State(), got.Damaged)
	}
	stored, err := s.Store.Run(r.Key())
	if err != nil {
		t.Fatal(err)
	}
	var bad *store.CorruptError
	if _, _, err := s.Lookup(stored); !errors.As(err, &bad) {
		t.Errorf("error = %v, want a CorruptError", err)
	}
}
