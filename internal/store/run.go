package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Run is a run's folder.
type Run struct {
	key, dir string
}

// Names within a run.
const (
	manifestName     = "manifest.json"
	metricsName      = "metrics.jsonl"
	lockName         = "lock"
	ownerName        = "lock.pid" // apart from the lock, which other processes cannot read on Windows
	checkpointPrefix = "checkpoint-"
	kept             = 2 // checkpoints, so that a damaged one costs the time between two
)

// Key names the run.
func (r *Run) Key() string { return r.key }

// Dir is the run's folder.
func (r *Run) Dir() string { return r.dir }

// BusyError says that another process trains a run.
type BusyError struct {
	Key string
	PID int
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("store: run %s is being trained by process %d; wait for it, or stop it and try again", e.Key, e.PID)
}

// lockTries is how often Lock tries: [Run.Busy] holds the lock for a moment.
const lockTries = 5

// Lock holds the run for this process, or returns a *BusyError.
func (r *Run) Lock() (unlock func() error, err error) {
	path := filepath.Join(r.dir, lockName)
	for range lockTries {
		if err := os.MkdirAll(r.dir, 0o755); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
		l := flock.New(path)
		ok, err := l.TryLock()
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // not there: removed since the line before
			return nil, fmt.Errorf("store: locking run %s: %w", r.key, err)
		}
		if ok && r.holds(l) {
			return r.own(l)
		}
		if err := l.Unlock(); err != nil {
			return nil, fmt.Errorf("store: locking run %s: %w", r.key, err)
		}
		time.Sleep(lockPoll / lockTries)
	}
	return nil, &BusyError{r.key, r.owner()}
}

// holds says whether the locked file is still the run's: a run that was removed meanwhile took its own along.
func (r *Run) holds(l *flock.Flock) bool {
	held, err := l.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(filepath.Join(r.dir, lockName))
	return err == nil && os.SameFile(held, there)
}

// own notes whose the lock is and clears up after a killed process.
func (r *Run) own(l *flock.Flock) (unlock func() error, err error) {
	if err := os.WriteFile(filepath.Join(r.dir, ownerName), []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
		return nil, errors.Join(writeError(filepath.Join(r.dir, ownerName), err), l.Unlock())
	}
	sweep(r.dir, "")
	return l.Unlock, nil
}

// owner is the process that holds the lock; 0 if it left no number.
func (r *Run) owner() int {
	for range lockTries {
		text, err := os.ReadFile(filepath.Join(r.dir, ownerName))
		if pid, numberErr := strconv.Atoi(strings.TrimSpace(string(text))); err == nil && numberErr == nil {
			return pid
		}
		time.Sleep(lockPoll / lockTries) // it is about to write it
	}
	return 0
}

// Busy tells which process trains the run; 0: none does.
func (r *Run) Busy() (pid int, err error) {
	path := filepath.Join(r.dir, lockName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	l := flock.New(path, flock.SetFlag(os.O_RDONLY)) // a store may be on a read-only disk
	free, err := l.TryRLock()
	if err != nil {
		return 0, fmt.Errorf("store: run %s: %w", r.key, err)
	}
	if !free {
		return r.owner(), nil
	}
	if err := l.Unlock(); err != nil {
		return 0, fmt.Errorf("store: run %s: %w", r.key, err)
	}
	return 0, nil
}

// WriteManifest writes what was run: v marshals to a JSON object.
func (r *Run) WriteManifest(v any) error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return WriteFile(filepath.Join(r.dir, manifestName), func(w io.Writer) error { return writeSealed(w, v) })
}

// ReadManifest reads it. Errors: ErrMissing; a *CorruptError.
func (r *Run) ReadManifest(v any) error {
	path := filepath.Join(r.dir, manifestName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", ErrMissing, path)
	}
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return readSealed(path, text, v)
}

// WriteMetrics replaces the history's lines.
func (r *Run) WriteMetrics(lines []byte) error {
	return WriteFile(filepath.Join(r.dir, metricsName), func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(lines))
		return err
	})
}

// CheckMetrics compares the history's lines with what they ought to be.
//
// Errors: a *CorruptError.
func (r *Run) CheckMetrics(want []byte) error {
	path := filepath.Join(r.dir, metricsName)
	got, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &CorruptError{path, fmt.Sprintf("%d bytes", len(want)), "missing"}
	case err != nil:
		return fmt.Errorf("store: %w", err)
	case !bytes.Equal(got, want):
		return &CorruptError{path, "the history of the checkpoint", fmt.Sprintf("%d bytes of another one", len(got))}
	}
	return nil
}

// WriteCheckpoint writes a checkpoint and removes all but the last two.
func (r *Run) WriteCheckpoint(step int64, files []File) error {
	if err := writeBundle(filepath.Join(r.dir, fmt.Sprintf("%s%012d", checkpointPrefix, step)), files); err != nil {
		return err
	}
	names, err := r.checkpoints()
	if err != nil {
		return err
	}
	for _, name := range names[:max(0, len(names)-kept)] {
		if err := removeDir(filepath.Join(r.dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// readTries bounds how often ReadCheckpoint begins again because a trainer removed what it was about to read.
const readTries = 10

// ReadCheckpoint reads the newest checkpoint that is whole. damaged lists what was found damaged on the way, a
// *CorruptError each; the error is ErrMissing if none is left. It changes nothing: see DropDamaged.
func (r *Run) ReadCheckpoint() (files map[string][]byte, damaged []error, err error) {
	for range readTries {
		var changed bool
		if files, damaged, changed, err = r.readNewest(); !changed {
			break
		}
	}
	return files, damaged, err
}

// readNewest is ReadCheckpoint; changed says that a checkpoint went away meanwhile.
func (r *Run) readNewest() (files map[string][]byte, damaged []error, changed bool, err error) {
	names, err := r.checkpoints()
	if err != nil {
		return nil, nil, false, err
	}
	for _, name := range slices.Backward(names) {
		files, err := readBundle(filepath.Join(r.dir, name))
		var bad *CorruptError
		switch {
		case err == nil:
			return files, damaged, changed, nil
		case errors.As(err, &bad):
			damaged = append(damaged, err)
		case errors.Is(err, ErrMissing):
			changed = true
		default:
			return nil, damaged, false, err
		}
	}
	return nil, damaged, changed, ErrMissing
}

// DropDamaged removes the checkpoints that ReadCheckpoint found damaged, so that they do not outlast whole ones. The
// run is locked.
func (r *Run) DropDamaged(damaged []error) error {
	for _, d := range damaged {
		var bad *CorruptError
		if !errors.As(d, &bad) {
			continue
		}
		if err := removeDir(filepath.Dir(bad.Path)); err != nil {
			return err
		}
	}
	return nil
}

// checkpoints are the names of the run's checkpoints, oldest first.
func (r *Run) checkpoints() ([]string, error) {
	entries, err := os.ReadDir(r.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), checkpointPrefix) {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names, nil
}

// Remove deletes the run, the lock last. The run is locked; a process that waits for the lock makes it anew.
func (r *Run) Remove() error {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return fmt.Errorf("store: removing run %s: %w", r.key, err)
	}
	for _, e := range entries {
		if e.Name() == lockName {
			continue
		}
		if err := os.RemoveAll(filepath.Join(r.dir, e.Name())); err != nil {
			return fmt.Errorf("store: removing run %s: %w", r.key, err)
		}
	}
	// Not every system lets a locked file go; a folder with nothing but a lock is no run. One by one, so that the lock of
	// a process that comes in between stays.
	if os.Remove(filepath.Join(r.dir, lockName)) == nil {
		_ = os.Remove(r.dir)
	}
	return nil
}
