package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/numpy"

	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
)

// snapshotName describes the arrays of a checkpoint.
const snapshotName = "snapshot.json"

// saved is snapshot.json.
type saved struct {
	train.Snapshot
	States int // number of arrays of the state
	Bests  int // and of the best one
}

// writeCheckpoint saves the driver's state and the history.
func writeCheckpoint(r *store.Run, d *train.Driver) error {
	s, err := d.Snapshot()
	if err != nil {
		return err
	}
	files := []store.File{{Name: snapshotName, Write: func(w io.Writer) error {
		return json.NewEncoder(w).Encode(saved{s, len(s.State), len(s.Best)})
	}}}
	for i, t := range s.State {
		files = append(files, arrayFile(stateName("state", i), t))
	}
	for i, t := range s.Best {
		files = append(files, arrayFile(stateName("best", i), t))
	}
	if err := r.WriteCheckpoint(s.Step, files); err != nil {
		return err
	}
	lines, err := metricLines(&s.History)
	if err != nil {
		return err
	}
	return r.WriteMetrics(lines)
}

func stateName(kind string, i int) string { return fmt.Sprintf("%s-%04d", kind, i) }

// readCheckpoint restores the newest checkpoint that is whole. found is false if there is none; damaged lists what was
// found damaged and removed.
func readCheckpoint(r *store.Run, d *train.Driver) (found bool, damaged []error, err error) {
	files, damaged, err := r.ReadCheckpoint()
	if errors.Is(err, store.ErrMissing) {
		return false, damaged, nil
	}
	if err != nil {
		return false, damaged, err
	}
	var s saved
	if err := json.Unmarshal(files[snapshotName], &s); err != nil {
		return false, damaged, fmt.Errorf("runs: checkpoint of %s: %s: %w", r.Key(), snapshotName, err)
	}
	if s.State, err = readArrays(files, "state", s.States); err != nil {
		return false, damaged, fmt.Errorf("runs: checkpoint of %s: %w", r.Key(), err)
	}
	if s.Best, err = readArrays(files, "best", s.Bests); err != nil {
		return false, damaged, fmt.Errorf("runs: checkpoint of %s: %w", r.Key(), err)
	}
	return true, damaged, d.Restore(s.Snapshot)
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

// metricLines is a history as JSON lines: the terms of each stretch, the metrics of each validation.
func metricLines(h *train.History) ([]byte, error) {
	var w bytes.Buffer
	e := json.NewEncoder(&w)
	for k, step := range h.Steps {
		line := map[string]any{"step": step}
		for i, name := range h.Terms {
			line[name] = h.Values[i][k]
		}
		if err := e.Encode(line); err != nil {
			return nil, fmt.Errorf("runs: history: %w", err)
		}
	}
	for k, step := range h.ValidAt {
		line := map[string]any{"step": step}
		for i, name := range h.Metrics {
			line["valid "+name] = h.Valid[i][k]
		}
		if err := e.Encode(line); err != nil {
			return nil, fmt.Errorf("runs: history: %w", err)
		}
	}
	return w.Bytes(), nil
}
