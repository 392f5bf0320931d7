package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// markerName is the file that makes a bundle complete.
const markerName = "complete.json"

// newPrefix begins the name of what is being written.
const newPrefix = ".new-"

// maxFile is the largest file that is read: a damaged size must not fill the memory.
const maxFile = 64 << 30

// ErrMissing says that there is no such bundle or file.
var ErrMissing = errors.New("store: not there")

// CorruptError says which file of a bundle is not what was written.
type CorruptError struct {
	Path string
	Want string // what was expected of the file
	Got  string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("store: %s is damaged: %s, want %s", e.Path, e.Got, e.Want)
}

// File is one file of a bundle.
type File struct {
	Name  string
	Write func(w io.Writer) error
}

// marker is complete.json.
type marker struct {
	Files map[string]stamp `json:"files"`
}

type stamp struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// newName is a name beside path for what is being written: hidden, and no one else's.
func newName(path string) string {
	return filepath.Join(filepath.Dir(path), fmt.Sprintf("%s%s.%016x", newPrefix, filepath.Base(path), rand.Uint64()))
}

// sweep removes what a killed process left half-written in dir: of the file or folder name, or of all if name is empty.
// Nobody else writes there now.
func sweep(dir, name string) {
	prefix := newPrefix
	if name != "" {
		prefix += name + "."
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			_ = os.RemoveAll(filepath.Join(dir, e.Name())) // tried again next time
		}
	}
}

// writeBundle writes files as the folder dir, replacing one that is there. After an error nothing is left behind.
func writeBundle(dir string, files []File) (err error) {
	temp := newName(dir)
	if err := os.MkdirAll(temp, 0o755); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	m := marker{Files: map[string]stamp{}}
	for _, f := range files {
		if !plainName(f.Name) || f.Name == markerName {
			return fmt.Errorf("store: file %q of %s, want a plain name", f.Name, dir)
		}
		s, err := writeFile(filepath.Join(temp, f.Name), filepath.Join(dir, f.Name), f.Write)
		if err != nil {
			return err
		}
		m.Files[f.Name] = s
	}
	_, err = writeFile(filepath.Join(temp, markerName), filepath.Join(dir, markerName), func(w io.Writer) error { return writeSealed(w, m) })
	if err != nil {
		return err
	}
	if err := syncDir(temp); err != nil {
		return err
	}
	return replaceDir(temp, dir)
}

// replaceDir renames temp to dir. A folder that is in the way is moved aside first and removed last.
func replaceDir(temp, dir string) error {
	aside := newName(dir)
	old := os.Rename(dir, aside)
	if old != nil && !errors.Is(old, fs.ErrNotExist) {
		return fmt.Errorf("store: %w", old)
	}
	if err := os.Rename(temp, dir); err != nil {
		if old == nil {
			err = errors.Join(err, os.Rename(aside, dir))
		}
		return fmt.Errorf("store: %w", err)
	}
	if old == nil {
		if err := os.RemoveAll(aside); err != nil {
			return fmt.Errorf("store: %w", err)
		}
	}
	return syncDir(filepath.Dir(dir))
}

// removeDir removes a folder so that a reader sees all of it or nothing.
func removeDir(dir string) error {
	aside := newName(dir)
	if err := os.Rename(dir, aside); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return fmt.Errorf("store: %w", err)
	}
	if err := os.RemoveAll(aside); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// writeFile writes a file at path that did not exist, flushes it to the disk, and returns size and hash. named is what
// the error calls it.
func writeFile(path, named string, write func(w io.Writer) error) (s stamp, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return s, writeError(named, err)
	}
	h := sha256.New()
	out := &strictWriter{w: io.MultiWriter(f, h)}
	err = errors.Join(write(out), out.err)
	if out.err != nil {
		err = out.err // the cause of the other
	}
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return s, writeError(named, err)
	}
	return stamp{out.n, hex.EncodeToString(h.Sum(nil))}, nil
}

// writeError names the file that was to be written, not the temporary one.
func writeError(named string, err error) error {
	var path *fs.PathError
	var link *os.LinkError
	if errors.As(err, &path) {
		err = path.Err
	} else if errors.As(err, &link) {
		err = link.Err
	}
	return fmt.Errorf("store: writing %s: %w", named, err)
}

// strictWriter counts bytes and remembers the first error: a caller that drops it (as GoMLX's writer of arrays does)
// must not make a short file pass for a whole one.
type strictWriter struct {
	w   io.Writer
	n   int64
	err error
}

func (s *strictWriter) Write(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.w.Write(p)
	s.n, s.err = s.n+int64(n), err
	return n, err
}

// readBundle reads every file of a complete bundle and checks it.
//
// Errors: ErrMissing if there is no folder; a *CorruptError that names the first bad file.
func readBundle(dir string) (map[string][]byte, error) {
	files, err := tryReadBundle(dir)
	var bad *CorruptError
	if errors.As(err, &bad) {
		return tryReadBundle(dir) // another process may have put a new one in its place meanwhile
	}
	return files, err
}

func tryReadBundle(dir string) (map[string][]byte, error) {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMissing
	}
	path := filepath.Join(dir, markerName)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &CorruptError{path, "the marker of a complete bundle", "missing"}
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	var m marker
	if err := readSealed(path, text, &m); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for name, want := range m.Files {
		if !plainName(name) || want.Size < 0 || want.Size > maxFile {
			return nil, &CorruptError{path, "plain file names and sizes", fmt.Sprintf("%q of %d bytes", name, want.Size)}
		}
		if files[name], err = readFile(filepath.Join(dir, name), want); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// plainName says whether a name is that of a file in a bundle, and not a way out of it.
func plainName(name string) bool {
	return name != "" && name == filepath.Base(name) && !strings.HasPrefix(name, ".")
}

func readFile(path string, want stamp) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, &CorruptError{path, fmt.Sprintf("%d bytes", want.Size), "missing"}
	case err != nil:
		return nil, fmt.Errorf("store: %w", err)
	case info.Size() != want.Size:
		return nil, &CorruptError{path, fmt.Sprintf("%d bytes", want.Size), fmt.Sprintf("%d bytes", info.Size())}
	}
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &CorruptError{path, fmt.Sprintf("%d bytes", want.Size), "missing"}
	}
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); got != want.SHA256 {
		return nil, &CorruptError{path, "SHA-256 " + short(want.SHA256), short(got)}
	}
	return data, nil
}

// syncDir flushes a folder's entries, where the system can.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	err = f.Sync()
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("store: flushing %s: %w", dir, err)
	}
	return nil
}

// WriteFile writes one file by way of a temporary one, so that a reader sees the old or the new, whole. After an error
// nothing is left behind.
func WriteFile(path string, write func(w io.Writer) error) (err error) {
	temp := newName(path)
	defer func() {
		if err != nil {
			_ = os.Remove(temp) // it may not be there; the error to report is the first one
		}
	}()
	if _, err := writeFile(temp, path, write); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return writeError(path, err)
	}
	return syncDir(filepath.Dir(path))
}
