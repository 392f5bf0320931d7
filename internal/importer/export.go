package importer

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

//go:embed write.py
var writeScript string

// HDF5Suffix is how the name of a file of HDF5 ends.
const HDF5Suffix = ".h5"

// Exported is an array to write.
type Exported struct {
	Name   string    `json:"name"`
	Axes   []string  `json:"axes"`
	Dims   []int     `json:"dims"`
	Units  string    `json:"units"`
	Values []float64 `json:"-"` // the last axis is the fastest
}

// ExportHDF5 writes arrays into a file of HDF5, in float64, each with its axes as the attribute axes and as the labels of its dimensions, and its
// units where they are known. attributes are texts that the file itself gets. The file appears whole or not at all.
func ExportHDF5(ctx context.Context, python, path string, attributes map[string]string, arrays []Exported) (err error) {
	for _, a := range arrays {
		if len(a.Dims) == 0 || a.Dims[0] < 1 || len(a.Values) != size(a.Dims) || len(a.Axes) != len(a.Dims) {
			return fmt.Errorf("importer: writing %s: array %s has %d values and %d axes, want as many as its shape %v", path, a.Name, len(a.Values), len(a.Axes), a.Dims)
		}
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("importer: %w", err)
	}
	temp, err := os.CreateTemp(filepath.Dir(full), ".fieldbook-*"+HDF5Suffix)
	if err != nil {
		return fmt.Errorf("importer: writing %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(temp.Name()) // it may not be there; the error to report is the first one
		}
	}()
	err = writeHDF5(ctx, python, temp.Name(), attributes, arrays)
	if err == nil {
		err = temp.Chmod(0o644)
	}
	if err == nil {
		err = temp.Sync() // the same file that Python wrote to
	}
	if err = errors.Join(err, temp.Close()); err != nil {
		return fmt.Errorf("importer: writing %s: %w", path, err)
	}
	if err := os.Rename(temp.Name(), full); err != nil {
		return fmt.Errorf("importer: writing %s: %w", path, err)
	}
	return nil
}

func writeHDF5(ctx context.Context, python, path string, attributes map[string]string, arrays []Exported) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd, said := pythonCommand(ctx, python, writeScript)
	in, inErr := cmd.StdinPipe()
	out, outErr := cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr, cmd.Start()); err != nil {
		return fmt.Errorf("the set-up's Python does not start: %w; `fieldbook setup` makes it", err)
	}
	sent := sendArrays(in, path, attributes, arrays)
	_ = in.Close()
	tag, content, err := (&frames{r: out, most: maxList}).next()
	waitErr := cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err == nil && tag == tagFail:
		var message string
		if err := json.Unmarshal(content, &message); err != nil {
			message = string(content)
		}
		return errors.New(message)
	case err != nil || tag != tagDone || waitErr != nil:
		return fmt.Errorf("ended early: %w (%s)", errors.Join(err, waitErr), said.last())
	}
	return sent
}

// sendArrays sends whole rows of the first axis at a time.
func sendArrays(w io.Writer, path string, attributes map[string]string, arrays []Exported) error {
	if attributes == nil {
		attributes = map[string]string{}
	}
	head, err := json.Marshal(map[string]any{"path": path, "attributes": attributes, "arrays": arrays})
	if err != nil {
		return err
	}
	if err := writeFrame(w, tagHead, head); err != nil {
		return err
	}
	var block []byte
	for _, a := range arrays {
		row := len(a.Values) / a.Dims[0]
		step := max(1, blockValues/row) * row
		for from := 0; from < len(a.Values); from += step {
			block = block[:0]
			for _, v := range a.Values[from:min(from+step, len(a.Values))] {
				block = appendValue(block, v, 8)
			}
			if err := writeFrame(w, tagData, block); err != nil {
				return err
			}
		}
	}
	return writeFrame(w, tagDone, nil)
}
