package imagefiles

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// open opens a file of a folder, by its name or with .gz after it. Whether it is compressed is seen from its first bytes. Reading ends with ctx.
func open(ctx context.Context, folder, name string) (path string, r io.ReadCloser, err error) {
	path = filepath.Join(folder, name)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		path += ".gz"
		f, err = os.Open(path)
	}
	if err != nil {
		return "", nil, fmt.Errorf("imagefiles: %s: no file %s or %s.gz, want one: %w", folder, name, name, err)
	}
	buffered := bufio.NewReader(until(func(b []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return f.Read(b)
	}))
	start, err := buffered.Peek(2)
	if err != nil || start[0] != 0x1f || start[1] != 0x8b {
		return path, file{buffered, f}, nil // an empty file is found out by who reads it
	}
	unpacked, err := gzip.NewReader(buffered)
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("imagefiles: %s is no gzip file: %w", path, err), f.Close())
	}
	return path, file{unpacked, f}, nil
}

// file is a reader of an open file.
type file struct {
	io.Reader
	io.Closer
}

// until is a reader of a function.
type until func(b []byte) (int, error)

// Read calls the function.
func (u until) Read(b []byte) (int, error) { return u(b) }

// readFull fills b.
func readFull(r io.Reader, b []byte, name, what string) error {
	n, err := io.ReadFull(r, b)
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("imagefiles: %s is truncated: it ends %d bytes short at %s", name, len(b)-n, what)
	case err != nil:
		return fmt.Errorf("imagefiles: %s at %s: %w", name, what, err)
	}
	return nil
}

// checkEnd is the error of a file that goes on.
func checkEnd(r io.Reader, name string) error {
	var more [1]byte
	n, err := io.ReadFull(r, more[:])
	if n > 0 {
		return fmt.Errorf("imagefiles: %s goes on after its last value, want its end", name)
	}
	if err != io.EOF { // a gzip file that is cut gives another error
		return fmt.Errorf("imagefiles: %s is truncated: %w", name, err)
	}
	return nil
}
