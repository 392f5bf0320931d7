package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/store"
)

func open(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func run(t *testing.T, s *store.Store, key string) *store.Run {
	t.Helper()
	r, err := s.Run(key)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// text is a file of a bundle.
func text(name, content string) store.File {
	return store.File{Name: name, Write: func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	}}
}

// hidden lists what is left of writing below dir.
func hidden(t *testing.T, dir string) []string {
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

func TestOpenFindsTheStore(t *testing.T) {
	t.Setenv(store.Home, "")
	top := t.TempDir()
	deep := filepath.Join(top, "a", "b", "c")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	real := func(dir string) string { // macOS keeps its temporary folder behind a link
		t.Helper()
		resolved, err := filepath.EvalSymlinks(dir)
		if err != nil {
			t.Fatal(err)
		}
		return resolved
	}
	for _, home := range []string{filepath.Join(top, ".fieldbook"), filepath.Join(top, "a", "b", ".fieldbook")} { // the nearer one wins
		if err := os.Mkdir(home, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Chdir(deep)
		if got := real(open(t, "").Dir()); got != real(home) {
			t.Errorf("from %s the store is %s, want %s", deep, got, home)
		}
	}
	elsewhere := filepath.Join(t.TempDir(), "named")
	t.Setenv(store.Home, elsewhere)
	if got := open(t, "").Dir(); got != elsewhere {
		t.Errorf("with $%s the store is %s, want %s", store.Home, got, elsewhere)
	}
	if info, err := os.Stat(filepath.Join(elsewhere, "runs")); err != nil || !info.IsDir() {
		t.Errorf("the store's folders were not made: %v", err)
	}
}

func TestOpenSaysWhatToDoWhereNothingCanBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := store.Open(filepath.Join(file, "store"))
	if err == nil || !strings.Contains(err.Error(), store.Home) || !strings.Contains(err.Error(), file) {
		t.Errorf("error = %v, want one with the path and $%s", err, store.Home)
	}
}

func TestDataRoundTrip(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := s.ReadData("burgers-01"); !errors.Is(err, store.ErrMissing) {
		t.Fatalf("error = %v before anything is written, want ErrMissing", err)
	}
	for _, content := range []string{"first", "second, longer than the first", ""} {
		if err := s.WriteData("burgers-01", []store.File{text("x.npy", content), text("set.json", "{}")}); err != nil {
			t.Fatal(err)
		}
		files, err := s.ReadData("burgers-01")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(files["x.npy"]); got != content || len(files) != 2 {
			t.Errorf("read %q and %d files, want %q and 2", got, len(files), content)
		}
	}
	if left := hidden(t, s.Dir()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestDamageIsDetectedAndNamed(t *testing.T) {
	for _, name := range []string{"x.npy", "set.json", "complete.json"} {
		for damage, spoil := range damages() {
			t.Run(name+" "+damage, func(t *testing.T) {
				s := open(t, t.TempDir())
				if err := s.WriteData("data-1", []store.File{text("x.npy", "0123456789"), text("set.json", `{"a":1}`)}); err != nil {
					t.Fatal(err)
				}
				path := filepath.Join(s.Dir(), "data", "data-1", name)
				spoil(t, path)
				_, err := s.ReadData("data-1")
				var bad *store.CorruptError
				if !errors.As(err, &bad) || bad.Path != path {
					t.Errorf("error = %v, want a CorruptError that names %s", err, path)
				}
			})
		}
	}
}

// damages are ways in which a file goes bad.
func damages() map[string]func(t *testing.T, path string) {
	change := func(f func(data []byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			t.Helper()
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, f(data), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return map[string]func(*testing.T, string){
		"truncated": change(func(data []byte) []byte { return data[:len(data)/2] }),
		"emptied":   change(func([]byte) []byte { return nil }),
		"appended":  change(func(data []byte) []byte { return append(data, ' ') }),
		"flipped first": change(func(data []byte) []byte {
			data[0] ^= 1
			return data
		}),
		"flipped middle": change(func(data []byte) []byte {
			data[len(data)/2] ^= 4
			return data
		}),
		"flipped last": change(func(data []byte) []byte {
			data[len(data)-1] ^= 0x40
			return data
		}),
		"removed": func(t *testing.T, path string) {
			t.Helper()
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		},
	}
}

func TestEveryFlippedBitOfAManifestIsSeen(t *testing.T) {
	s := open(t, t.TempDir())
	r := run(t, s, "0123456789abcdef")
	if err := r.ReadManifest(&struct{}{}); !errors.Is(err, store.ErrMissing) {
		t.Fatalf("error = %v before it is written, want ErrMissing", err)
	}
	type manifest struct {
		Task string
		Step int
	}
	want := manifest{"operators.Learning", 12}
	if err := r.WriteManifest(want); err != nil {
		t.Fatal(err)
	}
	var got manifest
	if err := r.ReadManifest(&got); err != nil || got != want {
		t.Fatalf("read %+v, %v; want %+v", got, err, want)
	}
	path := filepath.Join(r.Dir(), "manifest.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for bit := range 8 * len(whole) {
		data := slices.Clone(whole)
		data[bit/8] ^= 1 << (bit % 8)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		var bad *store.CorruptError
		if err := r.ReadManifest(&got); !errors.As(err, &bad) || bad.Path != path {
			t.Fatalf("bit %d flipped: error = %v, want a CorruptError that names %s", bit, err, path)
		}
	}
	for length := range len(whole) {
		if err := os.WriteFile(path, whole[:length], 0o644); err != nil {
			t.Fatal(err)
		}
		if err := r.ReadManifest(&got); err == nil {
			t.Fatalf("the first %d of %d bytes pass for a whole manifest", length, len(whole))
		}
	}
}

func TestCheckpointsAreTwoAndADamagedOneFallsBack(t *testing.T) {
	s := open(t, t.TempDir())
	r := run(t, s, "0123456789abcdef")
	for step := range int64(5) {
		if err := r.WriteCheckpoint(step, []store.File{text("state", fmt.Sprint(step))}); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := filepath.Glob(filepath.Join(r.Dir(), "checkpoint-*"))
	if err != nil || len(kept) != 2 {
		t.Fatalf("%d checkpoints are kept (%v), want 2", len(kept), err)
	}
	read := func(want string, wantDamaged int) []error {
		t.Helper()
		files, damaged, err := r.ReadCheckpoint()
		if err != nil || string(files["state"]) != want || len(damaged) != wantDamaged {
			t.Fatalf("read %q, %d damaged, %v; want %q and %d damaged", files["state"], len(damaged), err, want, wantDamaged)
		}
		return damaged
	}
	read("4", 0)
	if err := os.WriteFile(filepath.Join(r.Dir(), "checkpoint-000000000004", "state"), []byte("5"), 0o644); err != nil {
		t.Fatal(err)
	}
	damaged := read("3", 1)
	read("3", 1) // reading alone changes nothing
	if err := r.DropDamaged(damaged); err != nil {
		t.Fatal(err)
	}
	read("3", 0)
	if err := os.Remove(filepath.Join(r.Dir(), "checkpoint-000000000003", "state")); err != nil {
		t.Fatal(err)
	}
	if _, damaged, err := r.ReadCheckpoint(); !errors.Is(err, store.ErrMissing) || len(damaged) != 1 {
		t.Errorf("with none whole: error = %v and %d damaged, want ErrMissing and 1", err, len(damaged))
	}
}

func TestAWriterThatDropsErrorsIsCaught(t *testing.T) {
	s := open(t, t.TempDir())
	full := store.File{Name: "x", Write: func(w io.Writer) error {
		_, _ = io.Copy(w, io.LimitReader(endless{}, 8<<20)) // as GoMLX's writer of arrays does, it says nothing
		return nil
	}}
	limitFileSize(t, 1<<20)
	err := s.WriteData("data-1", []store.File{full})
	if err == nil || !strings.Contains(err.Error(), filepath.Join("data-1", "x")) {
		t.Fatalf("error = %v, want one that names the file that did not fit", err)
	}
	if _, err := s.ReadData("data-1"); !errors.Is(err, store.ErrMissing) {
		t.Errorf("after a failed write: %v, want ErrMissing", err)
	}
	if left := hidden(t, s.Dir()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// endless gives ones.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 1
	}
	return len(p), nil
}

func TestAFailedWriteLeavesTheOldOne(t *testing.T) {
	s := open(t, t.TempDir())
	if err := s.WriteData("data-1", []store.File{text("x", "old")}); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	fails := store.File{Name: "y", Write: func(w io.Writer) error { return broken }}
	if err := s.WriteData("data-1", []store.File{text("x", "new"), fails}); !errors.Is(err, broken) {
		t.Fatalf("error = %v, want the writer's", err)
	}
	if files, err := s.ReadData("data-1"); err != nil || string(files["x"]) != "old" {
		t.Errorf("read %q, %v; want the old file", files["x"], err)
	}
	path := filepath.Join(s.Dir(), "out.npz")
	for _, tc := range []struct {
		write func(w io.Writer) error
		want  string
	}{
		{func(w io.Writer) error { _, err := io.WriteString(w, "first"); return err }, "first"},
		{func(w io.Writer) error { _, err := io.WriteString(w, "half"); return errors.Join(err, broken) }, "first"},
	} {
		if err := store.WriteFile(path, tc.write); err != nil && !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != tc.want {
			t.Errorf("file holds %q, %v; want %q", got, err, tc.want)
		}
	}
	if left := hidden(t, s.Dir()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := s.WriteData("data-1", []store.File{text("../x", "out")}); err == nil || !strings.Contains(err.Error(), "plain name") {
		t.Errorf("error = %v for a file outside of its bundle, want a refusal", err)
	}
}

func TestLocks(t *testing.T) {
	s := open(t, t.TempDir())
	r := run(t, s, "0123456789abcdef")
	if pid, err := r.Busy(); err != nil || pid != 0 {
		t.Fatalf("a run that is not there is busy with %d, %v", pid, err)
	}
	unlock, err := r.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if pid, err := r.Busy(); err != nil || pid != os.Getpid() {
		t.Errorf("busy with process %d, %v; want %d", pid, err, os.Getpid())
	}
	_, err = run(t, s, "0123456789abcdef").Lock()
	var busy *store.BusyError
	if !errors.As(err, &busy) || busy.PID != os.Getpid() || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Errorf("second lock: %v, want a BusyError with process %d", err, os.Getpid())
	}
	if err := r.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(r.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after Remove the folder is still there: %v", err)
	}
	again, err := run(t, s, "0123456789abcdef").Lock() // a new file: the lock on the removed one is worth nothing
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(unlock(), again()); err != nil {
		t.Fatal(err)
	}
	if pid, err := r.Busy(); err != nil || pid != 0 {
		t.Errorf("busy with %d after unlocking, %v", pid, err)
	}
}

func TestOneHolderThoughRunsAreRemovedMeanwhile(t *testing.T) {
	s := open(t, t.TempDir())
	var holders, most, held atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			r, err := s.Run("0123456789abcdef")
			if err != nil {
				t.Error(err)
				return
			}
			for range 200 {
				unlock, err := r.Lock()
				if err != nil {
					var busy *store.BusyError
					if !errors.As(err, &busy) {
						t.Error(err)
					}
					continue
				}
				held.Add(1)
				most.Store(max(most.Load(), holders.Add(1)))
				runtime.Gosched()
				holders.Add(-1) // removing takes the lock along: from then on another may hold a new one
				err = r.Remove()
				if err := errors.Join(err, unlock()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if most.Load() != 1 || held.Load() < 100 {
		t.Errorf("at most %d held the lock at once, %d times in all; want 1, and often", most.Load(), held.Load())
	}
}

func TestLockSweepsWhatAKilledProcessLeft(t *testing.T) {
	s := open(t, t.TempDir())
	r := run(t, s, "0123456789abcdef")
	left := []string{
		filepath.Join(r.Dir(), ".new-checkpoint-000000000001.00ff", "state"),
		filepath.Join(r.Dir(), ".new-manifest.json.00ff", "x"),
		filepath.Join(s.Dir(), "data", ".new-data-1.00ff", "x.npy"),
	}
	other := filepath.Join(s.Dir(), "data", ".new-data-1-2.00ff", "x.npy") // of a process that makes another set
	for _, path := range append(slices.Clone(left), other) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("half"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	unlockRun, err := r.Lock()
	if err != nil {
		t.Fatal(err)
	}
	unlockData, err := s.LockData(t.Context(), "data-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is still there: %v", filepath.Dir(path), err)
		}
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("another set's files were swept away: %v", err)
	}
	if err := errors.Join(unlockRun(), unlockData()); err != nil {
		t.Fatal(err)
	}
}

func TestWaitingForDataEndsWithTheContext(t *testing.T) {
	s := open(t, t.TempDir())
	unlock, err := s.LockData(t.Context(), "data-1")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := s.LockData(ctx, "data-1"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v, want the context's", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	again, err := s.LockData(t.Context(), "data-1")
	if err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Fatal(err)
	}
}

func TestRunsAreFoundByTheBeginningOfTheirKey(t *testing.T) {
	s := open(t, t.TempDir())
	keys := []string{"aa00000000000001", "aa00000000000002", "bb00000000000001"}
	for i, key := range keys {
		r := run(t, s, key)
		if err := r.WriteManifest(map[string]int{"step": i}); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(time.Duration(i-len(keys)) * time.Hour)
		if err := os.Chtimes(filepath.Join(r.Dir(), "manifest.json"), when, when); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(s.Dir(), "runs", "cc00000000000001"), 0o755); err != nil { // locked once, never begun
		t.Fatal(err)
	}
	got, err := s.Runs()
	if want := []string{keys[2], keys[1], keys[0]}; err != nil || !slices.Equal(got, want) {
		t.Errorf("runs %v, %v; want %v", got, err, want)
	}
	for _, tc := range []struct{ prefix, key, says string }{
		{"b", keys[2], ""},
		{keys[0], keys[0], ""},
		{"aa", "", keys[0]},
		{"cc", "", "cc"},
		{"", "", "want a key"},
		{"../x", "", "want a key"},
	} {
		r, err := s.FindRun(tc.prefix)
		switch {
		case tc.key != "" && (err != nil || r.Key() != tc.key):
			t.Errorf("FindRun(%q) = %v, %v; want %s", tc.prefix, r, err, tc.key)
		case tc.key == "" && (err == nil || !strings.Contains(err.Error(), tc.says)):
			t.Errorf("FindRun(%q): error %v, want one with %q", tc.prefix, err, tc.says)
		}
	}
	if _, err := s.Run("../../etc"); err == nil {
		t.Error("a key that leads out of the store was taken")
	}
}
