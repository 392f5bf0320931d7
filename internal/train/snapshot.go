package train

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
)

// Snapshot is all that a run is at a step.
type Snapshot struct {
	Key     string
	Step    int64
	Done    bool // nothing more to do
	History History
	Host    []byte // state of a host optimizer
	Draws   int64  // which step's rows and draws it is on
	// Refreshed is the step before which the task was refreshed last: a run that stopped between that and the step's update
	// does not do it twice.
	Refreshed int64
	// State is the parameters, the task's own state and the memory; Best the same at the best validation, or nothing.
	State, Best []*tensors.Tensor `json:"-"`
}

var errNoState = errors.New("train: there is no state yet, want Run or Restore first")

// Snapshot is the present state. Its tensors are the driver's own: save them before the next step.
func (d *Driver) Snapshot() (Snapshot, error) {
	if d.state == nil {
		return Snapshot{}, errNoState
	}
	s := Snapshot{Key: d.key, Step: d.step, Done: d.done, History: d.history, Refreshed: d.refreshed, State: d.state[0], Best: d.best}
	if d.host != nil {
		var err error
		s.Draws = d.host.draws
		if s.Host, err = d.host.state.MarshalBinary(); err != nil {
			return Snapshot{}, fmt.Errorf("train: state of the host optimizer: %w", err)
		}
	}
	return s, nil
}

// Restore sets the state to a snapshot of the same run.
//
// Errors: another run's snapshot, or one whose arrays have other shapes.
func (d *Driver) Restore(s Snapshot) error {
	if s.Key != d.key {
		return fmt.Errorf("train: the snapshot is of run %s, want %s", s.Key, d.key)
	}
	want := d.stateShapes()
	for _, part := range [][]*tensors.Tensor{s.State, s.Best} {
		if part == nil {
			continue
		}
		if len(part) != len(want) {
			return fmt.Errorf("train: the snapshot has %d arrays, want %d", len(part), len(want))
		}
		for i, t := range part {
			if !t.Shape().Equal(want[i]) {
				return fmt.Errorf("train: array %d of the snapshot has shape %s, want %s", i, t.Shape(), want[i])
			}
		}
	}
	state, err := d.place(s.State)
	if err != nil {
		return err
	}
	d.state, d.best, d.step, d.done, d.history = state, s.Best, s.Step, s.Done, s.History
	d.refreshed, d.restored = s.Refreshed, s
	return nil
}

// stateShapes are the shapes of Snapshot.State.
func (d *Driver) stateShapes() []shapes.Shape {
	p := d.plan
	var out []shapes.Shape
	for _, v := range slices.Concat(p.params, p.extra) {
		out = append(out, v.Shape())
	}
	if p.fit.Host != nil { // keeps its memory itself
		return out
	}
	return append(out, slices.Concat(p.memory[:]...)...)
}
