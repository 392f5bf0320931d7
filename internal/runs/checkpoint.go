package runs

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"

	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
)

// Files of a checkpoint besides its arrays.
const (
	snapshotName = "snapshot.json"
	manifestName = "manifest.json" // as it was then, so that a lost one can be made again
)

// saved is snapshot.json.
type saved struct {
	train.Snapshot
	States int               // number of arrays of the state
	Bests  int               // and of the best one
	Result map[string]string // the trained values: array by variable, so that a run can be opened without its task
}

// checkpoint is what is read back.
type checkpoint struct {
	saved
	manifest Manifest
}

// writeCheckpoint saves the driver's state, the manifest and the history.
func writeCheckpoint(r *store.Run, d *train.Driver, m Manifest) error {
	s, err := d.Snapshot()
	if err != nil {
		return err
	}
	var files []store.File
	names := map[*tensors.Tensor]string{}
	for _, part := range []struct {
		kind   string
		arrays []*tensors.Tensor
	}{{"best", s.Best}, {"state", s.State}} {
		for i, t := range part.arrays {
			names[t] = stateName(part.kind, i)
			files = append(files, arrayFile(names[t], t))
		}
	}
	result := map[string]string{}
	for path, t := range d.Result() {
		result[path] = names[t]
	}
	files = append(files,
		jsonFile(snapshotName, saved{s, len(s.State), len(s.Best), result}),
		jsonFile(manifestName, m))
	if err := r.WriteCheckpoint(s.Step, files); err != nil {
		return err
	}
	lines, err := metricLines(&s.History)
	if err != nil {
		return err
	}
	return r.WriteMetrics(lines)
}

// jsonFile is a value as JSON.
func jsonFile(name string, v any) store.File {
	return store.File{Name: name, Write: func(w io.Writer) error { return json.NewEncoder(w).Encode(v) }}
}

func stateName(kind string, i int) string { return fmt.Sprintf("%s-%04d", kind, i) }

// readCheckpoint reads the newest checkpoint that is whole; nil if there is none. damaged lists what was found damaged.
func readCheckpoint(r *store.Run) (c *checkpoint, damaged []error, err error) {
	files, damaged, err := r.ReadCheckpoint()
	if errors.Is(err, store.ErrMissing) {
		return nil, damaged, nil
	}
	if err != nil {
		return nil, damaged, err
	}
	c = &checkpoint{}
	err = errors.Join(json.Unmarshal(files[snapshotName], &c.saved), json.Unmarshal(files[manifestName], &c.manifest))
	if err == nil {
		c.State, err = readArrays(files, "state", c.States)
	}
	if err == nil {
		c.Best, err = readArrays(files, "best", c.Bests)
	}
	if err != nil { // whole, but written by another version of this program
		return nil, damaged, fmt.Errorf("runs: checkpoint of %s: %w; `fieldbook runs rm %s` removes it", r.Key(), err, r.Key())
	}
	return c, damaged, nil
}

// result is the trained values by variable.
func (c *checkpoint) result() (map[string]*tensors.Tensor, error) {
	arrays := map[string]*tensors.Tensor{}
	for kind, part := range map[string][]*tensors.Tensor{"state": c.State, "best": c.Best} {
		for i, t := range part {
			arrays[stateName(kind, i)] = t
		}
	}
	out := map[string]*tensors.Tensor{}
	for path, name := range c.Result {
		t, ok := arrays[name]
		if !ok {
			return nil, fmt.Errorf("runs: checkpoint of %s: variable %s is in array %q, which is not there", c.Key, path, name)
		}
		out[path] = t
	}
	return out, nil
}

func readArrays(files map[string][]byte, kind string, n int) ([]*tensors.Tensor, error) {
	var out []*tensors.Tensor
	for i := range n {
		name := stateName(kind, i)
		t, err := numpy.FromNpyReader(bytes.NewReader(files[name+".npy"]))
		if err != nil {
			return nil, fmt.Errorf("array %s: %w", name, err)
		}
		out = append(out, t)
	}
	return out, nil
}

// arrayFile is a tensor as name.npy.
func arrayFile(name string, t *tensors.Tensor) store.File {
	return store.File{Name: name + ".npy", Write: func(w io.Writer) error { return numpy.ToNpyWriter(t, w) }}
}

// metricLines is a history as JSON lines in the order of the steps: the terms of each stretch, the metrics of each validation.
func metricLines(h *train.History) ([]byte, error) {
	var lines []map[string]any
	add := func(steps []int64, prefix string, names []string, values [][]float64) {
		for k, step := range steps {
			line := map[string]any{"step": step}
			for i, name := range names {
				line[prefix+name] = values[i][k]
			}
			lines = append(lines, line)
		}
	}
	add(h.Steps, "", h.Terms, h.Values)
	add(h.ValidAt, "valid ", h.Metrics, h.Valid)
	slices.SortStableFunc(lines, func(a, b map[string]any) int { return cmp.Compare(a["step"].(int64), b["step"].(int64)) })
	var w bytes.Buffer
	e := json.NewEncoder(&w)
	for _, line := range lines {
		if err := e.Encode(line); err != nil {
			return nil, fmt.Errorf("runs: history: %w", err)
		}
	}
	return w.Bytes(), nil
}
