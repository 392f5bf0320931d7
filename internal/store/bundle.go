package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// markerName is the file that makes a bundle complete.
const markerName = "complete.json"

// maxFile is the largest file that is read: a damaged size must not fill the memory.
const maxFile = 64 << 30

// ErrMissing says that there is no such bundle.
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

// writeBundle writes files as the folder dir, replacing one that is there. After an error nothing is left behind.
func writeBundle(dir string, files []File) (err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), ".new-"+filepath.Base(dir)+"-")
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	m := marker{Files: map[string]stamp{}}
	for _, f := range files {
		s, err := writeFile(filepath.Join(temp, f.Name), f.Write)
		if err != nil {
			return err
		}
		m.Files[f.Name] = s
	}
	_, err = writeFile(filepath.Join(temp, markerName), func(w io.Writer) error { return json.NewEncoder(w).Encode(m) })
	if err != nil {
		return err
	}
	if err := syncDir(temp); err != nil {
		return err
	}
	return replaceDir(temp, dir)
}

// replaceDir renames temp to dir. A folder that is in the way is moved aside first, then removed.
func replaceDir(temp, dir string) error {
	aside := temp + "-old"
	switch err := os.Rename(dir, aside); {
	case err == nil:
		defer os.RemoveAll(aside) //nolint:errcheck // left-overs are removed with the next sweep
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("store: %w", err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return syncDir(filepath.Dir(dir))
}

// writeFile writes, flushes to the disk, and returns size and hash.
func writeFile(path string, write func(w io.Writer) error) (s stamp, err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return s, fmt.Errorf("store: %w", err)
	}
	h := sha256.New()
	count := &counter{w: io.MultiWriter(f, h)}
	err = write(count)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return s, fmt.Errorf("store: writing %s: %w", path, err)
	}
	return stamp{count.n, hex.EncodeToString(h.Sum(nil))}, nil
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// readBundle reads every file of a complete bundle and checks it.
//
// Errors: ErrMissing if there is no folder; a *CorruptError that names the first bad file.
func readBundle(dir string) (map[string][]byte, error) {
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
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, &CorruptError{path, "JSON", err.Error()}
	}
	files := map[string][]byte{}
	for name, want := range m.Files {
		if name != filepath.Base(name) || strings.HasPrefix(name, ".") || want.Size < 0 || want.Size > maxFile {
			return nil, &CorruptError{path, "plain file names and sizes", fmt.Sprintf("%q of %d bytes", name, want.Size)}
		}
		if files[name], err = readFile(filepath.Join(dir, name), want); err != nil {
			return nil, err
		}
	}
	return files, nil
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
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != want.SHA256 {
		return nil, &CorruptError{path, "SHA-256 " + want.SHA256[:min(12, len(want.SHA256))] + "…", hex.EncodeToString(sum[:6]) + "…"}
	}
	return data, nil
}

// syncDir flushes a folder's entries.
func syncDir(dir string) error {
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

// WriteFile writes one file by way of a temporary one, so that a reader sees the old or the new, whole.
func WriteFile(path string, write func(w io.Writer) error) (err error) {
	temp := fmt.Sprintf("%s.new-%d", path, os.Getpid())
	defer func() {
		if err != nil {
			err = errors.Join(err, removeIfThere(temp))
		}
	}()
	if _, err := writeFile(temp, write); err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}
