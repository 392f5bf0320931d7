package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// Home is the environment variable that names a store's directory.
const Home = "FIELDBOOK_HOME"

// dirName is a store's directory in a project.
const dirName = ".fieldbook"

// Store is a directory of data and runs.
type Store struct{ dir string }

// Open opens the store at dir, or finds it if dir is empty: $FIELDBOOK_HOME, the nearest parent of the working directory
// that has a .fieldbook, the module's root, the working directory. It makes the directory if there is none.
//
// Errors: a directory that cannot be made or written to.
func Open(dir string) (*Store, error) {
	if dir == "" {
		var err error
		if dir, err = find(); err != nil {
			return nil, err
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	for _, part := range []string{"data", "runs"} {
		if err := os.MkdirAll(filepath.Join(dir, part), 0o755); err != nil {
			return nil, fmt.Errorf("store: %w; set $%s to a directory that can be written to", err, Home)
		}
	}
	return &Store{dir}, nil
}

func find() (string, error) {
	if dir := os.Getenv(Home); dir != "" {
		return dir, nil
	}
	working, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	for dir := working; ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, dirName)); err == nil && info.IsDir() {
			return filepath.Join(dir, dirName), nil
		}
		if dir == filepath.Dir(dir) {
			break
		}
	}
	if root, err := place.Root(); err == nil {
		return filepath.Join(root, dirName), nil
	}
	return filepath.Join(working, dirName), nil
}

// Dir is the store's directory.
func (s *Store) Dir() string { return s.dir }

// validKey matches keys: they become folder names.
func validKey(key string) bool {
	return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{3,80}$`).MatchString(key)
}

// ReadData reads a dataset's files.
//
// Errors: ErrMissing; a *CorruptError.
func (s *Store) ReadData(key string) (map[string][]byte, error) {
	if !validKey(key) {
		return nil, fmt.Errorf("store: data key %q, want lower-case letters, digits and dashes", key)
	}
	return readBundle(filepath.Join(s.dir, "data", key))
}

// WriteData writes a dataset's files.
func (s *Store) WriteData(key string, files []File) error {
	if !validKey(key) {
		return fmt.Errorf("store: data key %q, want lower-case letters, digits and dashes", key)
	}
	return writeBundle(filepath.Join(s.dir, "data", key), files)
}

// LockData holds a dataset while it is made, waiting for another process that makes it.
func (s *Store) LockData(key string) (unlock func() error, err error) {
	l := flock.New(filepath.Join(s.dir, "data", "."+key+".lock"))
	if err := l.Lock(); err != nil {
		return nil, fmt.Errorf("store: locking data %s: %w", key, err)
	}
	return l.Unlock, nil
}

// Run is a run's folder.
type Run struct {
	key, dir string
}

// Run is the folder of a key. It need not exist.
func (s *Store) Run(key string) (*Run, error) {
	if !validKey(key) {
		return nil, fmt.Errorf("store: run %q, want a key as `fieldbook runs` lists them", key)
	}
	return &Run{key, filepath.Join(s.dir, "runs", key)}, nil
}

// Runs lists the keys of all runs, newest first.
func (s *Store) Runs() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, "runs"))
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	changed := map[string]time.Time{}
	var keys []string
	for _, e := range entries {
		info, err := os.Stat(filepath.Join(s.dir, "runs", e.Name(), manifestName))
		if err != nil || !validKey(e.Name()) {
			continue
		}
		keys, changed[e.Name()] = append(keys, e.Name()), info.ModTime()
	}
	slices.SortStableFunc(keys, func(a, b string) int { return changed[b].Compare(changed[a]) })
	return keys, nil
}

// Names within a run.
const (
	manifestName     = "manifest.json"
	metricsName      = "metrics.jsonl"
	lockName         = "lock"
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

// Lock holds the run for this process, or returns a *BusyError.
func (r *Run) Lock() (unlock func() error, err error) {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	path := filepath.Join(r.dir, lockName)
	l := flock.New(path)
	ok, err := l.TryLock()
	if err != nil {
		return nil, fmt.Errorf("store: locking run %s: %w", r.key, err)
	}
	if !ok {
		text, _ := os.ReadFile(path) //nolint:errcheck // only for the message
		pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
		return nil, &BusyError{r.key, pid}
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
		return nil, errors.Join(fmt.Errorf("store: %w", err), l.Unlock())
	}
	r.sweep()
	return l.Unlock, nil
}

// sweep removes what a killed process left half-written. The run is locked.
func (r *Run) sweep() {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".new-") || strings.Contains(e.Name(), ".new-") {
			_ = os.RemoveAll(filepath.Join(r.dir, e.Name())) //nolint:errcheck // tried again next time
		}
	}
}

// WriteManifest writes what was run, as JSON.
func (r *Run) WriteManifest(v any) error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return WriteFile(filepath.Join(r.dir, manifestName), func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	})
}

// ReadManifest reads it. Errors: ErrMissing; a *CorruptError.
func (r *Run) ReadManifest(v any) error {
	path := filepath.Join(r.dir, manifestName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrMissing
	}
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		return &CorruptError{path, "JSON", err.Error()}
	}
	return nil
}

// WriteMetrics replaces the history's lines.
func (r *Run) WriteMetrics(lines []byte) error {
	return WriteFile(filepath.Join(r.dir, metricsName), func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(lines))
		return err
	})
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
		if err := os.RemoveAll(filepath.Join(r.dir, name)); err != nil {
			return fmt.Errorf("store: removing an old checkpoint: %w", err)
		}
	}
	return nil
}

// ReadCheckpoint reads the newest checkpoint that is whole. damaged lists what was found damaged on the way and removed;
// the error is ErrMissing if none is left.
func (r *Run) ReadCheckpoint() (files map[string][]byte, damaged []error, err error) {
	names, err := r.checkpoints()
	if err != nil {
		return nil, nil, err
	}
	for i := len(names) - 1; i >= 0; i-- {
		dir := filepath.Join(r.dir, names[i])
		files, err := readBundle(dir)
		var bad *CorruptError
		switch {
		case err == nil:
			return files, damaged, nil
		case errors.As(err, &bad):
			damaged = append(damaged, err)
			if err := os.RemoveAll(dir); err != nil {
				return nil, damaged, fmt.Errorf("store: removing a damaged checkpoint: %w", err)
			}
		case !errors.Is(err, ErrMissing): // another process may have removed it since
			return nil, damaged, err
		}
	}
	return nil, damaged, ErrMissing
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

// Remove deletes the run. It must not be in use.
func (r *Run) Remove() error {
	if err := os.RemoveAll(r.dir); err != nil {
		return fmt.Errorf("store: removing run %s: %w", r.key, err)
	}
	return nil
}
