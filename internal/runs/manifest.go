package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/kinds"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Status of a run.
type Status string

// The states that a run can be in.
const (
	Running     Status = "running" // or killed: nobody wrote that it ended
	Interrupted Status = "interrupted"
	Failed      Status = "failed"
	Done        Status = "done"
)

// Manifest says what was run and on which machine. What is in the key is in here too, and more.
type Manifest struct {
	Key       string          `json:"key"`
	Previous  string          `json:"previous,omitempty"` // the phase before
	Phase     int             `json:"phase"`              // from 0
	Task      string          `json:"task"`
	Settings  json.RawMessage `json:"settings"` // the task as JSON, as package kinds writes it
	Fit       json.RawMessage `json:"fit"`
	Data      string          `json:"data"`
	Backend   string          `json:"backend"`
	Plugin    string          `json:"plugin"`
	Float64   string          `json:"float64,omitempty"` // what does float64 algebra; in the key by the programs that it is in
	CPU       string          `json:"cpu"`
	Cores     int             `json:"cores"`
	Go        string          `json:"go"`
	Commit    string          `json:"commit"`
	Precision string          `json:"precision"`
	Seed      uint64          `json:"seed"`
	Status    Status          `json:"status"`
	Error     string          `json:"error,omitempty"`
	Step      int64           `json:"step"`
	Steps     int             `json:"steps"`
	Started   time.Time       `json:"started"`
	Changed   time.Time       `json:"changed"`
	// Seconds of training, over all of its parts; wall clock and processor, s.
	Seconds    float64            `json:"seconds"`
	CPUSeconds float64            `json:"cpu_seconds"`
	PeakMB     float64            `json:"peak_mb"` // resident memory of the process, 1e6 bytes
	Last       map[string]float64 `json:"last"`    // last values of terms and metrics
	Slug       string             `json:"slug,omitempty"`
}

// TaskName is a task's type, as package.Type.
func TaskName(t zoo.Task) string { return kinds.Name(t) }

// newManifest describes a phase before it is trained.
func (r *Run) newManifest(phase int, d *train.Driver) (Manifest, error) {
	m := Manifest{
		Key: d.Key(), Phase: phase, Task: TaskName(r.task), Data: d.Data().Key,
		Backend: r.session.Backend.Choice, Plugin: r.session.Backend.Plugin, Float64: r.session.Backend.Float64(), CPU: cpuModel(), Cores: runtime.NumCPU(),
		Go: runtime.Version(), Commit: Commit(), Precision: string(d.Fit().Precision), Seed: d.Fit().Seed,
		Status: Running, Step: d.Step(), Steps: d.Fit().Steps, Changed: time.Now().UTC(), Started: time.Now().UTC(), Slug: r.session.Slug,
	}
	if phase > 0 {
		m.Previous = r.phases[phase-1].driver.Key()
	}
	fit := d.Fit()
	fit.Next = nil
	var err error
	if m.Settings, err = kinds.Marshal(r.task); err != nil {
		return m, fmt.Errorf("runs: task %s as JSON: %w", m.Task, err)
	}
	if m.Fit, err = kinds.Marshal(fit); err != nil {
		return m, fmt.Errorf("runs: fit as JSON: %w", err)
	}
	return m, nil
}

// readManifest reads a run's manifest; where it is damaged or missing, the copy in the newest checkpoint.
func readManifest(r *store.Run) (m Manifest, err error) {
	err = r.ReadManifest(&m)
	var bad *store.CorruptError
	if errors.As(err, &bad) || errors.Is(err, store.ErrMissing) {
		if c, _, readErr := readCheckpoint(r); readErr == nil && c != nil {
			return c.manifest, nil
		}
	}
	return m, err
}

// update brings the manifest to the driver's present state.
func (m *Manifest) update(d *train.Driver, status Status) {
	m.Status, m.Step, m.Changed = status, d.Step(), time.Now().UTC()
	h := d.History()
	m.Last = map[string]float64{}
	for name, v := range h.Latest() {
		m.Last[name] = v
	}
}

// cpuModel is the processor's name; results are equal to the bit only on the same one.
func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// Commit is the module's commit; "" where there is none to be had.
func Commit() string {
	root, err := place.Root()
	if err != nil {
		return ""
	}
	out, err := exec.Command("git", "-C", root, "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}
