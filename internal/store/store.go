package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// PartMark stands between the key of a dataset and the name of a part of it that is kept while the rest is made.
const PartMark = "-part-"

// RemoveParts removes the parts of a dataset.
func (s *Store) RemoveParts(key string) error {
	if !validKey(key) {
		return fmt.Errorf("store: data key %q, want lower-case letters, digits and dashes", key)
	}
	dir := filepath.Join(s.dir, "data")
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	var errs []error
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), key+PartMark) {
			errs = append(errs, removeDir(filepath.Join(dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}

// lockPoll is how often a lock that another process holds is tried again.
const lockPoll = 50 * time.Millisecond

// LockData holds a dataset while it is made, waiting for another process that makes it.
//
// Errors: ctx.Err().
func (s *Store) LockData(ctx context.Context, key string) (unlock func() error, err error) {
	if !validKey(key) {
		return nil, fmt.Errorf("store: data key %q, want lower-case letters, digits and dashes", key)
	}
	dir := filepath.Join(s.dir, "data")
	l := flock.New(filepath.Join(dir, "."+key+".lock"))
	if _, err := l.TryLockContext(ctx, lockPoll); err != nil {
		return nil, fmt.Errorf("store: locking data %s: %w", key, err)
	}
	sweep(dir, key)
	return l.Unlock, nil
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

// FindRun is the run whose key begins with prefix.
//
// Errors: no such run; several, which the message lists.
func (s *Store) FindRun(prefix string) (*Run, error) {
	keys, err := s.Runs()
	if err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(keys, func(key string) bool { return !strings.HasPrefix(key, prefix) })
	i := slices.Index(found, prefix)
	switch {
	case i >= 0:
		return s.Run(found[i])
	case prefix == "" || len(found) == 0:
		return nil, fmt.Errorf("store: run %q is not in %s, want a key that `fieldbook runs` lists, or its beginning", prefix, s.dir)
	case len(found) > 1:
		return nil, fmt.Errorf("store: run %q may be %s, want one of them", prefix, strings.Join(found, " or "))
	}
	return s.Run(found[0])
}
