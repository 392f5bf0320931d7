package runs

import (
	"errors"
	"fmt"

	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
)

// Summary is a stored run as a list shows it.
type Summary struct {
	Manifest
	PID     int    `json:"pid,omitempty"`     // of the process that trains it now; 0: none does
	Damaged string `json:"damaged,omitempty"` // what is wrong with its manifest
}

// State is the run's state in a word: that of a process that was killed is "killed".
func (s Summary) State() string {
	switch {
	case s.Damaged != "":
		return "damaged"
	case s.PID != 0:
		return string(Running)
	case s.Status == Running:
		return "killed"
	}
	return string(s.Status)
}

// Summarise reads a run's manifest and whether it is being trained. A damaged manifest is no error.
func Summarise(r *store.Run) (Summary, error) {
	m, err := readManifest(r)
	s := Summary{Manifest: m}
	var bad *store.CorruptError
	switch {
	case errors.As(err, &bad):
		s = Summary{Manifest: Manifest{Key: r.Key()}, Damaged: err.Error()}
	case err != nil:
		return s, err
	}
	s.PID, err = r.Busy()
	return s, err
}

// Lookup reads a finished run by its key alone. The session needs no more than backend and store.
//
// Errors: a run that is not there, not finished or damaged.
func (s *Session) Lookup(r *store.Run) (Manifest, *Trained, error) {
	c, damaged, err := readCheckpoint(r)
	if err != nil {
		return Manifest{}, nil, err
	}
	if c == nil || c.manifest.Status != Done {
		m, err := readManifest(r)
		if c != nil {
			m, err = c.manifest, nil
		}
		if err != nil {
			return m, nil, err
		}
		err = fmt.Errorf("runs: run %s is %s at step %d of %d, want a finished one", r.Key(), Summary{Manifest: m}.State(), m.Step, m.Steps)
		return m, nil, errors.Join(append(damaged, err)...)
	}
	values, err := c.result()
	if err != nil {
		return c.manifest, nil, err
	}
	return c.manifest, newTrained(s.Backend, r.Key(), train.Precision(c.manifest.Precision), values), nil
}
