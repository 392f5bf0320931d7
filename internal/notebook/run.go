package notebook

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/setup"
)

//go:embed driver.py
var driver string

// ErrInterrupted says that a run was stopped before its end.
var ErrInterrupted = errors.New("interrupted")

// stopGrace is how long the driver may take to stop the running cell and the
// kernel. GoNB gives a cell 5 s to save, Jupyter the kernel 5 s to stop.
const stopGrace = 20 * time.Second

// maxMessage bounds one line of the driver, in bytes.
const maxMessage = 1 << 20

// Kernel says how to start the kernel that runs Go cells.
type Kernel struct {
	Python  string   // with nbclient
	Environ []string // of Python, as name=value, in which Jupyter finds the kernel
	Name    string
}

// KernelAt returns the kernel in the environment of the module at root.
//
// Errors: no environment, or one without the kernel; the message says what to
// run.
func KernelAt(root string) (Kernel, error) {
	for _, path := range []string{place.Python(root), setup.KernelspecFile(root)} {
		if _, err := os.Stat(path); err != nil {
			return Kernel{}, fmt.Errorf("notebook: no kernel to run notebooks with (%s is missing): run `go run ./cmd/fieldbook setup`", path)
		}
	}
	return Kernel{Python: place.Python(root), Environ: setup.Environ(root, os.Environ()), Name: setup.KernelName}, nil
}

// Options is how Run runs a notebook.
type Options struct {
	Kernel Kernel
	// Output is the file to which the notebook is written with the outputs of
	// the cells that ran, also where one failed. It is replaced in one step.
	Output string
	// Env is added to the environment of the kernel, as name=value.
	Env []string
	// Progress, where it is set, is called at each change, from one goroutine.
	Progress func(Progress)
}

// Progress is where a run is.
type Progress struct {
	Cell    int     // number of the running cell, from 1; 0 while the kernel starts
	Cells   int     // how many will run
	Line    string  // the last line that the cell printed; "" for none since the last call
	Done    bool    // the cell has ended
	Seconds float64 // s, how long the ended cell took
}

// Outcome is what a run came to.
type Outcome struct {
	Cells      int       // that were to run
	Times      []float64 // s, of each cell that ran
	Seconds    float64   // s, from the kernel's start to its end
	CPUSeconds float64   // s, of the kernel, its compilers and its cells; 0 where the system does not tell
	PeakMB     float64   // MB (1e6 bytes), resident, of the largest of these processes; 0 as above
}

// CellError is the error of a cell that did not succeed.
type CellError struct {
	Path string // of the notebook
	Cell int    // number of the cell, from 1
	Text string // what the cell said
}

// Error names the notebook and the cell and repeats what the cell said.
func (e *CellError) Error() string {
	return fmt.Sprintf("%s, cell [%d] failed:\n%s", e.Path, e.Cell, e.Text)
}

// message is one line of the driver.
type message struct {
	Kind       string  `json:"kind"` // start, ready, cell, line, done, failed or end
	Cells      int     `json:"cells"`
	Number     int     `json:"number"`
	Seconds    float64 `json:"seconds"`
	Text       string  `json:"text"`
	Status     string  `json:"status"` // ok, failed or interrupted
	CPUSeconds float64 `json:"cpu_seconds"`
	PeakMB     float64 `json:"peak_mb"`
}

// Run runs the notebook at path from top to bottom in a new kernel, whose
// working directory is the notebook's folder. When ctx ends it interrupts the
// running cell, as Jupyter's stop button does, and saves.
//
// Errors: ErrInterrupted; a *[CellError]; a kernel or a driver that does not
// work, with what it printed.
func Run(ctx context.Context, path string, o Options) (Outcome, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Outcome{}, fmt.Errorf("notebook: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(o.Output), 0o755); err != nil {
		return Outcome{}, fmt.Errorf("notebook: %w", err)
	}
	scratch, err := os.MkdirTemp(filepath.Dir(o.Output), ".running-")
	if err != nil {
		return Outcome{}, fmt.Errorf("notebook: %w", err)
	}
	defer os.RemoveAll(scratch)
	settings := map[string]string{
		"notebook": path, "kernel": o.Kernel.Name, "folder": filepath.Dir(path),
		"output": filepath.Join(scratch, "notebook.ipynb"), "log": filepath.Join(scratch, "kernel.log"),
	}
	r := running{path: path, progress: o.Progress}
	start := time.Now()
	err = r.drive(ctx, o, settings)
	r.outcome.Seconds = time.Since(start).Seconds()
	if saveErr := replace(settings["output"], o.Output); saveErr != nil {
		err = errors.Join(err, saveErr)
	}
	return r.outcome, err
}

// replace moves a written notebook to where it belongs; one that was never
// written is no error, since the run's own error says why.
func replace(from, to string) error {
	err := os.Rename(from, to)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("notebook: %w", err)
	}
	return nil
}

// running is one run as its driver reports it.
type running struct {
	path     string
	progress func(Progress)
	outcome  Outcome
	cell     int
	failed   *CellError
	status   string
}

// drive starts the driver, follows it to its end and says how it ended.
func (r *running) drive(ctx context.Context, o Options, settings map[string]string) error {
	if ctx.Err() != nil {
		return ErrInterrupted
	}
	// The end of ctx does not kill it: interrupt asks it to save and stop.
	command := exec.CommandContext(context.WithoutCancel(ctx), o.Kernel.Python, "-I", "-c", driver)
	command.Env = append(append(command.Env, o.Kernel.Environ...), o.Env...)
	setup.Isolate(command)
	var trouble bytes.Buffer
	command.Stderr = &trouble
	orders, err := command.StdinPipe()
	if err != nil {
		return fmt.Errorf("notebook: %w", err)
	}
	reports, err := command.StdoutPipe()
	if err != nil {
		return fmt.Errorf("notebook: %w", err)
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("notebook: Python of the environment: %w", err)
	}
	first, err := json.Marshal(settings)
	if err == nil {
		_, err = orders.Write(append(first, '\n'))
	}
	stop := context.AfterFunc(ctx, func() { interrupt(command, orders) })
	followErr := r.follow(reports)
	stop()
	waitErr := command.Wait()
	_ = orders.Close() // its reader has ended
	if r.status == "" {
		log, _ := os.ReadFile(settings["log"]) // a kernel that never started wrote none
		return fmt.Errorf("notebook: %s: the kernel did not work: %w\n%s", r.path,
			errors.Join(err, followErr, waitErr), tail(append(trouble.Bytes(), log...)))
	}
	return r.verdict()
}

// verdict is the error that the driver's last report stands for.
func (r *running) verdict() error {
	switch {
	case r.status == "interrupted":
		return ErrInterrupted
	case r.failed != nil:
		return r.failed
	case r.status != "ok":
		return fmt.Errorf("notebook: %s: the driver ended with status %q", r.path, r.status)
	}
	return nil
}

// interrupt asks the driver to stop the running cell, and ends it if it does
// not within stopGrace.
func interrupt(command *exec.Cmd, orders io.Writer) {
	if _, err := io.WriteString(orders, "interrupt\n"); err != nil {
		return // it has ended
	}
	time.AfterFunc(stopGrace, func() {
		_ = command.Cancel() // an error says that it has ended
	})
}

// follow reads the driver's reports to their end.
func (r *running) follow(reports io.Reader) error {
	lines := bufio.NewScanner(reports)
	lines.Buffer(nil, maxMessage)
	for lines.Scan() {
		var m message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			return fmt.Errorf("report %q: %w", lines.Text(), err)
		}
		r.take(m)
	}
	return lines.Err()
}

// take notes one report.
func (r *running) take(m message) {
	p := Progress{Cell: r.cell, Cells: r.outcome.Cells}
	switch m.Kind {
	case "start":
		r.outcome.Cells = m.Cells
		p.Cells = m.Cells
	case "cell":
		r.cell = m.Number
		p.Cell = m.Number
	case "line":
		p.Line = m.Text
	case "done":
		r.outcome.Times = append(r.outcome.Times, m.Seconds)
		p.Done, p.Seconds = true, m.Seconds
	case "failed":
		r.failed = &CellError{Path: r.path, Cell: m.Number, Text: m.Text}
		return
	case "end":
		r.status = m.Status
		r.outcome.CPUSeconds, r.outcome.PeakMB = m.CPUSeconds, m.PeakMB
		return
	default:
		return
	}
	if r.progress != nil {
		r.progress(p)
	}
}

// tail is the end of what a process printed.
func tail(text []byte) string {
	const lines = 15
	all := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(all) > lines {
		all = all[len(all)-lines:]
	}
	return strings.Join(all, "\n")
}
