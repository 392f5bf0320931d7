package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/gomlx/core/tensors/numpy"

	"github.com/fieldbook-go/fieldbook/internal/heap"
)

// Options of a run.
type Options struct {
	Root    string   // the module's folder
	Worker  []string // program and arguments that, with the benchmark's name after them, call Work
	Rounds  int      // turns of each contestant
	Report  io.Writer
	Python  string   // of the peers' environment
	Without []string // peers' modules and variants to leave out
}

// Result is what bench/results/<name>.json holds.
type Result struct {
	Name   string  `json:"name"`
	Title  string  `json:"title"`
	Ours   Entry   `json:"ours"`
	Peers  []Entry `json:"peers"`
	Cores  int     `json:"cores"`
	Rounds int     `json:"rounds"`
	Date   string  `json:"date"`
	Commit string  `json:"commit"`
}

// Entry is one contestant's figures.
type Entry struct {
	Name     string  `json:"name"`
	Version  string  `json:"version"`
	BestMS   float64 `json:"best_ms"`   // a step, in the best turn
	MedianMS float64 `json:"median_ms"` // a step, in the median turn
	CPUMS    float64 `json:"cpu_ms"`    // of processor time a step, in the median turn; 0: not measured
	PeakMB   float64 `json:"peak_mb"`   // of resident memory, the whole process; 0: not measured
	Loss     float64 `json:"loss"`      // after checkedSteps
}

const (
	checkedSteps = 5 // steps after which values are compared
	warmSteps    = 3 // more before the first measured turn
	pause        = 150 * time.Millisecond
)

// benchCores is what each contestant may use.
const benchCores = 2

// Run measures one benchmark.
//
// Errors: a contestant that does not start or ends early; values that should agree and do not.
func Run(ctx context.Context, b Benchmark, o Options) (Result, error) {
	folder, err := os.MkdirTemp("", "fieldbook-bench-")
	if err != nil {
		return Result{}, fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if err := writeProblem(b, folder); err != nil {
		return Result{}, err
	}
	contestants, err := startAll(ctx, b, o, folder)
	defer func() {
		for _, c := range contestants {
			c.stop()
		}
	}()
	if err != nil {
		return Result{}, err
	}
	losses, err := warm(contestants, b.Tolerance)
	if err != nil {
		return Result{}, err
	}
	if err := measure(contestants, b.Turn, o); err != nil {
		return Result{}, err
	}
	return result(b, o, contestants, losses)
}

// writeProblem puts the problem where peers read it.
func writeProblem(b Benchmark, folder string) error {
	p, err := b.Problem()
	if err != nil {
		return err
	}
	sizes, err := json.Marshal(p.Sizes)
	if err != nil {
		return fmt.Errorf("bench: sizes of %s: %w", b.Name, err)
	}
	if err := os.WriteFile(filepath.Join(folder, "problem.json"), sizes, 0o600); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if err := numpy.ToNpzFile(p.Arrays, filepath.Join(folder, "problem.npz")); err != nil {
		return fmt.Errorf("bench: arrays of %s: %w", b.Name, err)
	}
	return nil
}

// startAll starts ours and the peers, all on the same cores. Ours is the first; it has the environment of a notebook's
// cell. Peers have that of a user's shell.
func startAll(ctx context.Context, b Benchmark, o Options, folder string) (all []*contestant, err error) {
	threads := fmt.Sprint(benchCores)
	environ := []string{
		"OMP_NUM_THREADS=" + threads, "MKL_NUM_THREADS=" + threads, "OPENBLAS_NUM_THREADS=" + threads,
		"OMP_WAIT_POLICY=passive", // threads that wait must not eat into the others' turns
		"JAX_PLATFORMS=cpu", "CUDA_VISIBLE_DEVICES=", "PYTHONDONTWRITEBYTECODE=1",
	}
	own := func(label, name string) (*contestant, error) {
		return start(ctx, label, true, []string{heap.Variable + "=" + heap.Tunables}, o.Worker[0], append(slices.Clone(o.Worker[1:]), name)...)
	}
	err = withCores(benchCores, func() error {
		ours, err := own("fieldbook", b.Name)
		if err != nil {
			return err
		}
		all = append(all, ours)
		for _, v := range b.Variants {
			if slices.Contains(o.Without, v.Name) {
				continue
			}
			variant, err := own(v.Name, b.Name+variantMark+v.Name)
			if err != nil {
				return err
			}
			all = append(all, variant)
		}
		for _, p := range b.Peers {
			if slices.Contains(o.Without, p.Module) {
				continue
			}
			script := filepath.Join(o.Root, "bench", "peers", "worker.py")
			peer, err := start(ctx, p.Module, p.Same, environ, o.Python, script, p.Module, folder)
			if err != nil {
				return err
			}
			all = append(all, peer)
		}
		return nil
	})
	return all, err
}

// warm does the first steps, in which programs are compiled, and compares the values.
func warm(all []*contestant, tolerance float64) ([]float64, error) {
	losses := make([]float64, len(all))
	for i, c := range all {
		t, err := c.take(checkedSteps)
		if err != nil {
			return nil, err
		}
		losses[i] = t.Losses[checkedSteps-1]
		if c.same && !(math.Abs(losses[i]-losses[0]) <= tolerance*math.Abs(losses[0])) {
			return nil, fmt.Errorf("bench: %s has the value %v after %d steps, ours is %v: they do not compute the same", c.label, losses[i], checkedSteps, losses[0])
		}
		if _, err := c.take(warmSteps); err != nil {
			return nil, err
		}
	}
	return losses, nil
}

// measure goes round.
func measure(all []*contestant, steps int, o Options) error {
	for round := range o.Rounds {
		fmt.Fprintf(o.Report, "round %2d of %d:", round+1, o.Rounds)
		for _, c := range all {
			time.Sleep(pause) // let what the one before left running come to rest
			t, err := c.measure(steps)
			if err != nil {
				return err
			}
			fmt.Fprintf(o.Report, "  %s %.4g", c.label, t.Milliseconds/float64(len(t.Losses)))
		}
		fmt.Fprintln(o.Report, " ms a step")
	}
	for _, c := range all {
		if err := c.measurePeak(); err != nil {
			return err
		}
	}
	return nil
}

func result(b Benchmark, o Options, all []*contestant, losses []float64) (Result, error) {
	r := Result{Name: b.Name, Title: b.Title, Cores: benchCores, Rounds: o.Rounds, Date: time.Now().UTC().Format(time.DateOnly)}
	for i, c := range all {
		ms := c.perStep()
		slices.Sort(ms)
		slices.Sort(c.cpu)
		e := Entry{
			Name: c.Name, Version: c.Version, Loss: losses[i], PeakMB: math.Round(c.peak),
			BestMS: round(ms[0], 4), MedianMS: round(ms[len(ms)/2], 4), CPUMS: round(c.cpu[len(c.cpu)/2], 4),
		}
		if i == 0 {
			r.Ours = e
		} else {
			r.Peers = append(r.Peers, e)
		}
	}
	out, err := exec.Command("git", "-C", o.Root, "rev-parse", "HEAD").Output()
	if err != nil {
		return Result{}, fmt.Errorf("bench: the commit: %w", err)
	}
	r.Commit = strings.TrimSpace(string(out))
	return r, nil
}

// round keeps so many significant digits.
func round(x float64, digits int) float64 {
	if x == 0 {
		return 0
	}
	p := math.Pow10(digits - 1 - int(math.Floor(math.Log10(x))))
	return math.Round(x*p) / p
}

// Save writes a result into bench/results, whole or not at all.
func (r Result) Save(root string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("bench: result of %s: %w", r.Name, err)
	}
	folder := filepath.Join(root, "bench", "results")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	temporary := filepath.Join(folder, "."+r.Name+".json")
	if err := os.WriteFile(temporary, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return os.Rename(temporary, filepath.Join(folder, r.Name+".json"))
}

// Table is the result for a reader.
func (r Result) Table() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s\n%-28s %9s %9s %9s %9s %14s\n", r.Title, "", "best ms", "median ms", "CPU ms", "peak MB", "best × ours")
	for _, e := range append([]Entry{r.Ours}, r.Peers...) {
		fmt.Fprintf(&s, "%-28s %9.4g %9.4g %9.4g %9.0f %14.2f\n", e.Name+" "+e.Version, e.BestMS, e.MedianMS, e.CPUMS, e.PeakMB, e.BestMS/r.Ours.BestMS)
	}
	return s.String()
}
