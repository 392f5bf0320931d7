package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/notebook"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/internal/results"
	"github.com/fieldbook-go/fieldbook/internal/setup"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// What a warm cell may take, in milliseconds, at the median.
const (
	emptyLimit  = 1200 // a cell that imports all that a notebook does and does nothing
	lookUpLimit = 1500 // a cell that looks up a run that was made before
)

// cellName is the benchmark's name on the command line and of its result.
const cellName = "cell"

// CellParts says where a cell's time goes, in milliseconds.
type CellParts struct {
	GoImports float64 `json:"goimports_ms"`
	Go        float64 `json:"go_ms"`      // the go command, without the two below
	Compile   float64 `json:"compile_ms"` // of the cell's own code
	Link      float64 `json:"link_ms"`
	Run       float64 `json:"run_ms"`    // from the end of the build to the end of the cell's code
	Kernel    float64 `json:"kernel_ms"` // all else: GoNB, Jupyter's messages, the processes' starts
}

// CellTimes are the times of one kind of cell.
type CellTimes struct {
	Name     string    `json:"name"`
	Cells    int       `json:"cells"`
	BestMS   float64   `json:"best_ms"`
	MedianMS float64   `json:"median_ms"`
	LimitMS  float64   `json:"limit_ms"` // that the median must keep
	Parts    CellParts `json:"parts"`    // median of each
}

// CellResult is what bench/results/cell.json holds.
type CellResult struct {
	Name   string      `json:"name"`
	Title  string      `json:"title"`
	Kinds  []CellTimes `json:"kinds"`
	Date   string      `json:"date"`
	Commit string      `json:"commit"`
}

// cellKind is one kind of cell: number makes each cell's code differ from the
// last one's, so that nothing of it is in the build cache.
type cellKind struct {
	name  string
	limit float64
	code  func(number int) string
}

// cellKinds are the kinds that are measured, in turn.
func cellKinds() []cellKind {
	const stamp = "\nfmt.Println(\"" + stampWord + "\", time.Now().UnixNano())"
	return []cellKind{
		{"a cell that does nothing", emptyLimit, func(number int) string {
			return fmt.Sprintf("%%%%\n_ = %d", number) + stamp
		}},
		{"a cell that looks a run up", lookUpLimit, func(number int) string {
			return fmt.Sprintf("%%%%\n_ = %d\nif run.History() == nil {\n\tpanic(\"no history\")\n}", number) + stamp
		}},
	}
}

// stampWord stands before the time at which a cell's code ended.
const stampWord = "cell ended at"

// cellDeclarations is the first cell: the imports that a notebook has, each of
// them used, and a run that takes a moment.
const cellDeclarations = `import (
	"fmt"
	"time"

	"gonum.org/v1/plot"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/operators"
	"github.com/fieldbook-go/fieldbook/operators/fno"
	"github.com/fieldbook-go/fieldbook/plots"
	"github.com/fieldbook-go/fieldbook/workbench"
)

var lab = workbench.Open()
var burgers = datasets.Burgers{Viscosity: 0.1, Grid: 64, Train: 20, Test: 20}
var model = fno.Model{Modes: []int{4}, Width: 8, Depth: 2, Out: 1}
var run = lab.Run(operators.Learn(model, burgers), workbench.Fit{Epochs: 2, Batch: 20})
var canvas = plot.New
var axis plots.Axis`

// cellNotebook writes the notebook to run: the declarations, the training, and
// then rounds of one cell of each kind.
func cellNotebook(path string, rounds int) error {
	sources := []string{cellDeclarations, "%%\nrun.Train()"}
	for round := range rounds {
		for _, kind := range cellKinds() {
			sources = append(sources, kind.code(round))
		}
	}
	type cell struct {
		ID       string         `json:"id"`
		Kind     string         `json:"cell_type"`
		Metadata map[string]any `json:"metadata"`
		Count    *int           `json:"execution_count"`
		Outputs  []any          `json:"outputs"`
		Source   string         `json:"source"`
	}
	var cells []cell
	for i, source := range sources {
		cells = append(cells, cell{fmt.Sprintf("cell-%d", i), "code", map[string]any{}, nil, []any{}, source})
	}
	text, err := json.Marshal(map[string]any{
		"nbformat": 4, "nbformat_minor": 5, "cells": cells,
		"metadata": map[string]any{"kernelspec": map[string]string{"name": setup.KernelName, "display_name": setup.KernelTitle}},
	})
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return os.WriteFile(path, text, 0o644)
}

// timedProgram is the script that notes when a program started and ended, and
// asks the go command for the times of what it starts.
const timedProgram = `#!/bin/sh
start=$(date +%%s%%N)
case "%[1]s $1" in
"go build")
	shift
	%[2]s build -debug-actiongraph=%[3]s/$start.json "$@"
	;;
*) %[2]s "$@" ;;
esac
status=$?
echo %[1]s $start $(date +%%s%%N) >>%[3]s/programs
exit $status
`

// timedKernel makes a kernel like that of the environment whose programs note
// their times in folder.
func timedKernel(root, folder string) (notebook.Kernel, error) {
	kernel, err := notebook.KernelAt(root)
	if err != nil {
		return kernel, err
	}
	spec, err := setup.NewKernelspec(root)
	if err != nil {
		return kernel, err
	}
	programs := filepath.Join(folder, "bin")
	share := filepath.Join(folder, "share")
	shim := filepath.Join(place.Env(root), "shim", "go")
	for name, real := range map[string]string{"go": shim, "goimports": place.Tool(root, "goimports")} {
		text := fmt.Sprintf(timedProgram, name, quote(real), quote(folder))
		if err := writeTo(filepath.Join(programs, name), []byte(text), 0o755); err != nil {
			return kernel, err
		}
	}
	spec.Env["PATH"] = programs + string(os.PathListSeparator) + spec.Env["PATH"]
	text, err := json.Marshal(spec)
	if err != nil {
		return kernel, fmt.Errorf("bench: kernelspec: %w", err)
	}
	kernel.Name = "fieldbook-timed"
	if err := writeTo(filepath.Join(share, "kernels", kernel.Name, "kernel.json"), text, 0o644); err != nil {
		return kernel, err
	}
	kernel.Environ = append(kernel.Environ, "JUPYTER_PATH="+share)
	return kernel, nil
}

// quote makes a word of a path for the shell.
func quote(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

// writeTo writes a file and makes the folders above it.
func writeTo(path string, text []byte, mode os.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	if err := os.WriteFile(path, text, mode); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	return nil
}

// Cell measures warm cells of a notebook through nbclient: rounds of one cell
// of each kind, after two rounds that do not count.
//
// Errors: no environment; a cell that fails; times that cannot be read.
func Cell(ctx context.Context, root string, rounds int, report io.Writer) (CellResult, error) {
	const warm = 2
	folder, err := os.MkdirTemp("", "fieldbook-bench-")
	if err != nil {
		return CellResult{}, fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	kernel, err := timedKernel(root, folder)
	if err != nil {
		return CellResult{}, err
	}
	path := filepath.Join(folder, "cells.ipynb")
	if err := cellNotebook(path, warm+rounds); err != nil {
		return CellResult{}, err
	}
	var spans []span
	executed := filepath.Join(folder, "out", "cells.ipynb")
	_, err = notebook.Run(ctx, path, notebook.Options{
		Kernel: kernel, Output: executed,
		Env: []string{store.Home + "=" + filepath.Join(folder, "store"), record.SizeVariable + "=" + record.SizeQuick, record.FileVariable + "="},
		Progress: func(p notebook.Progress) {
			if p.Done {
				now := time.Now()
				spans = append(spans, span{now.Add(-time.Duration(p.Seconds * float64(time.Second))), now})
				fmt.Fprintf(report, "cell %d of %d: %.0f ms\n", p.Cell, p.Cells, 1e3*p.Seconds)
			}
		},
	})
	if err != nil {
		return CellResult{}, err
	}
	return cellResult(root, folder, executed, spans, warm)
}

// span is when something ran.
type span struct{ start, end time.Time }

// ms is how long it ran, in milliseconds.
func (s span) ms() float64 { return 1e3 * s.end.Sub(s.start).Seconds() }

// holds tells whether t is within the span.
func (s span) holds(t time.Time) bool { return !t.Before(s.start) && !t.After(s.end) }

// cellResult puts together what was noted.
func cellResult(root, folder, executed string, spans []span, warm int) (CellResult, error) {
	programs, err := readPrograms(filepath.Join(folder, "programs"))
	if err != nil {
		return CellResult{}, err
	}
	stamps, err := readStamps(executed)
	if err != nil {
		return CellResult{}, err
	}
	commit, err := exec.Command("git", "-C", root, "rev-parse", "HEAD").Output()
	if err != nil {
		return CellResult{}, fmt.Errorf("bench: the commit: %w", err)
	}
	r := CellResult{
		Name: cellName, Title: "a warm notebook cell through nbclient",
		Date: time.Now().UTC().Format(time.DateOnly), Commit: strings.TrimSpace(string(commit)),
	}
	const before = 2 // cells: the declarations and the training
	kinds := cellKinds()
	for k, kind := range kinds {
		var parts []CellParts
		var totals []float64
		for i := before + k + warm*len(kinds); i < len(spans); i += len(kinds) {
			p, err := cellParts(folder, spans[i], programs, stamps[i])
			if err != nil {
				return CellResult{}, fmt.Errorf("bench: cell [%d]: %w", i+1, err)
			}
			parts, totals = append(parts, p), append(totals, spans[i].ms())
		}
		r.Kinds = append(r.Kinds, CellTimes{
			Name: kind.name, Cells: len(totals), LimitMS: kind.limit,
			BestMS: math.Round(slices.Min(totals)), MedianMS: math.Round(median(totals)), Parts: medianParts(parts),
		})
	}
	return r, nil
}

// ranProgram is one run of a program that the kernel started.
type ranProgram struct {
	name string
	span
	graph string // file name of the times of what a build started
}

// readPrograms reads what the timed programs noted.
func readPrograms(path string) ([]ranProgram, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	var all []ranProgram
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			return nil, fmt.Errorf("bench: %q, want a program with its start and end", lines.Text())
		}
		start, err := strconv.ParseInt(fields[1], 10, 64)
		end, err2 := strconv.ParseInt(fields[2], 10, 64)
		if err := errors.Join(err, err2); err != nil {
			return nil, fmt.Errorf("bench: this system's date command does not tell nanoseconds: %w", err)
		}
		all = append(all, ranProgram{fields[0], span{time.Unix(0, start), time.Unix(0, end)}, fields[1] + ".json"})
	}
	return all, nil
}

// readStamps reads when the code of each cell ended, by the cell's position;
// zero for a cell that does not say.
func readStamps(path string) ([]time.Time, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	var file struct {
		Cells []struct {
			Outputs []struct {
				Text []string `json:"text"`
			} `json:"outputs"`
		} `json:"cells"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("bench: the executed notebook: %w", err)
	}
	stamps := make([]time.Time, len(file.Cells))
	for i, cell := range file.Cells {
		for _, output := range cell.Outputs {
			for _, line := range output.Text {
				if nanoseconds, ok := strings.CutPrefix(strings.TrimSpace(line), stampWord+" "); ok {
					at, err := strconv.ParseInt(nanoseconds, 10, 64)
					if err != nil {
						return nil, fmt.Errorf("bench: cell [%d] wrote %q: %w", i+1, line, err)
					}
					stamps[i] = time.Unix(0, at)
				}
			}
		}
	}
	return stamps, nil
}

// cellParts says where one cell's time went.
func cellParts(folder string, cell span, programs []ranProgram, ended time.Time) (CellParts, error) {
	var p CellParts
	var built time.Time
	var spans []span
	for _, program := range programs {
		if !cell.holds(program.end) {
			continue
		}
		if program.start.Before(cell.start) { // on a busy machine the start of a cell is told late
			program.start = cell.start
		}
		spans = append(spans, program.span)
		switch program.name {
		case "goimports":
			p.GoImports += program.ms()
		case "go":
			compile, link, err := buildTimes(filepath.Join(folder, program.graph))
			if err != nil {
				return p, err
			}
			p.Compile += compile
			p.Link += link
			if link > 0 {
				built = program.end
			}
		}
	}
	if built.IsZero() || !cell.holds(ended) {
		return p, fmt.Errorf("built at %v, ended at %v, want both in its time", built, ended)
	}
	p.Run = span{built, ended}.ms()
	busy := covered(spans, built)
	p.Go = busy - p.GoImports - p.Compile - p.Link
	p.Kernel = cell.ms() - busy - p.Run
	return p, nil
}

// covered is for how long any of the spans lasted up to end, in milliseconds: the kernel starts some programs side by side.
func covered(spans []span, end time.Time) float64 {
	slices.SortFunc(spans, func(a, b span) int { return a.start.Compare(b.start) })
	total, last := 0.0, time.Time{}
	for _, s := range spans {
		if s.start.Before(last) {
			s.start = last
		}
		if s.end.After(end) {
			s.end = end
		}
		if s.end.After(s.start) {
			total += s.ms()
			last = s.end
		}
	}
	return total
}

// buildTimes reads how long the compiler and the linker took in a build, in
// milliseconds; 0 for a run of the go command that was no build.
func buildTimes(path string) (compile, link float64, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	var actions []struct {
		Mode                string
		TimeStart, TimeDone time.Time
		CmdReal             time.Duration
	}
	if err := json.Unmarshal(text, &actions); err != nil {
		return 0, 0, fmt.Errorf("times of a build: %w", err)
	}
	for _, a := range actions {
		took := span{a.TimeStart, a.TimeDone}.ms()
		switch {
		case a.Mode == "link":
			link += took
		case a.Mode == "build" && a.CmdReal > 0: // it was compiled, not found in the cache
			compile += took
		}
	}
	return compile, link, nil
}

// median is the middle value, the upper of two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// medianParts is the median of each part.
func medianParts(all []CellParts) CellParts {
	of := func(part func(CellParts) float64) float64 {
		var values []float64
		for _, p := range all {
			values = append(values, part(p))
		}
		return math.Round(median(values))
	}
	return CellParts{
		GoImports: of(func(p CellParts) float64 { return p.GoImports }),
		Go:        of(func(p CellParts) float64 { return p.Go }),
		Compile:   of(func(p CellParts) float64 { return p.Compile }),
		Link:      of(func(p CellParts) float64 { return p.Link }),
		Run:       of(func(p CellParts) float64 { return p.Run }),
		Kernel:    of(func(p CellParts) float64 { return p.Kernel }),
	}
}

// Slow names the kinds of cells whose median is above their limit.
func (r CellResult) Slow() []string {
	var slow []string
	for _, k := range r.Kinds {
		if k.MedianMS > k.LimitMS {
			slow = append(slow, fmt.Sprintf("%s takes %.0f ms, want at most %.0f", k.Name, k.MedianMS, k.LimitMS))
		}
	}
	return slow
}

// Save writes the result into bench/results, whole or not at all.
func (r CellResult) Save(root string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("bench: result of %s: %w", r.Name, err)
	}
	return results.WriteFiles(map[string][]byte{filepath.Join(root, "bench", "results", r.Name+".json"): append(text, '\n')})
}

// Table is the result for a reader.
func (r CellResult) Table() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s, ms\n%-28s %6s %6s %6s  %9s %6s %7s %6s %6s %6s\n", r.Title, "",
		"best", "median", "limit", "goimports", "go", "compile", "link", "run", "kernel")
	for _, k := range r.Kinds {
		p := k.Parts
		fmt.Fprintf(&s, "%-28s %6.0f %6.0f %6.0f  %9.0f %6.0f %7.0f %6.0f %6.0f %6.0f\n", k.Name,
			k.BestMS, k.MedianMS, k.LimitMS, p.GoImports, p.Go, p.Compile, p.Link, p.Run, p.Kernel)
	}
	return s.String()
}
