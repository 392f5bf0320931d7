package notebook_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/notebook"
)

// kernel is the kernel that set-up installs.
func kernel(t *testing.T) notebook.Kernel {
	t.Helper()
	if testing.Short() {
		t.Skip("starts the kernel, which takes seconds")
	}
	k, err := notebook.KernelAt(root(t))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// run runs a notebook of testdata and returns what came of it, with the text
// of the notebook written.
func run(ctx context.Context, t *testing.T, name string, o notebook.Options) (notebook.Outcome, string, error) {
	t.Helper()
	o.Kernel = kernel(t)
	o.Output = filepath.Join(t.TempDir(), "made", "out.ipynb")
	outcome, err := notebook.Run(ctx, filepath.Join("testdata", name+".ipynb"), o)
	text, readErr := os.ReadFile(o.Output)
	if readErr != nil {
		t.Fatalf("%v; the run: %v", readErr, err)
	}
	left, readErr := os.ReadDir(filepath.Dir(o.Output))
	if readErr != nil || len(left) != 1 {
		t.Errorf("%d files beside the output (%v), want none", len(left)-1, readErr)
	}
	return outcome, string(text), err
}

func TestRun(t *testing.T) {
	var seen []notebook.Progress
	outcome, text, err := run(t.Context(), t, "good", notebook.Options{
		Env:      []string{"FIELDBOOK_SIZE=quick"},
		Progress: func(p notebook.Progress) { seen = append(seen, p) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Cells != 6 || len(outcome.Times) != 6 || outcome.Seconds <= 0 {
		t.Errorf("outcome = %+v, want 6 cells with their times", outcome)
	}
	for _, want := range []string{`size quick ---`, `a note`, `sum true`, `"execution_count": 6`} {
		if !strings.Contains(text, want) {
			t.Errorf("the written notebook lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "iopub") {
		t.Errorf("the written notebook has the times of the day in it, want none:\n%s", text)
	}
	ended, lines := 0, ""
	for _, p := range seen {
		if p.Done {
			ended++
		}
		lines += p.Line + "\n"
		if p.Cells != 6 {
			t.Errorf("progress %+v, want 6 cells", p)
		}
	}
	if ended != 6 || !strings.Contains(lines, "sum true") {
		t.Errorf("progress told the end of %d cells and the lines %q, want 6 and \"sum true\"", ended, lines)
	}
	// A notebook that was written is a notebook again, with the same code.
	again, err := notebook.Parse("out.ipynb", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for i, cell := range load(t, "good").Cells {
		if again.Cells[i].Source != cell.Source {
			t.Errorf("cell %d became %q, want %q", i, again.Cells[i].Source, cell.Source)
		}
	}
}

func TestRunSavesWhatRanBeforeAFailure(t *testing.T) {
	outcome, text, err := run(t.Context(), t, "fails", notebook.Options{})
	var failed *notebook.CellError
	if !errors.As(err, &failed) {
		t.Fatalf("Run = %v, want a failed cell", err)
	}
	if failed.Cell != 3 || !strings.Contains(failed.Text, "fit: Batch = 0, want at least 1") {
		t.Errorf("failure = %+v, want cell 3 and what it printed", failed)
	}
	if strings.Contains(failed.Text, "goroutine") {
		t.Errorf("failure has a stack trace:\n%s", failed.Text)
	}
	if len(outcome.Times) != 3 || !strings.Contains(text, `before\n`) || strings.Contains(text, `"execution_count": 4`) {
		t.Errorf("%d cells ran, want 3; the written notebook:\n%s", len(outcome.Times), text)
	}
}

func TestRunSaysWhatDoesNotCompile(t *testing.T) {
	_, _, err := run(t.Context(), t, "does-not-compile", notebook.Options{})
	var failed *notebook.CellError
	if !errors.As(err, &failed) || failed.Cell != 3 || !strings.Contains(failed.Text, "undefined: later") {
		t.Fatalf("Run = %v, want cell 3 and \"undefined: later\"", err)
	}
}

func TestRunInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var stopped time.Time
	_, text, err := run(ctx, t, "waits", notebook.Options{Progress: func(p notebook.Progress) {
		if p.Line == "waiting" {
			stopped = time.Now()
			cancel()
		}
	}})
	if !errors.Is(err, notebook.ErrInterrupted) {
		t.Fatalf("Run = %v, want ErrInterrupted", err)
	}
	// A cell has 5 s before GoNB kills it; the kernel then stops at once.
	if took := time.Since(stopped); took > 8*time.Second {
		t.Errorf("stopping took %s, want seconds", took)
	}
	if !strings.Contains(text, `saved\n`) || strings.Contains(text, `"execution_count": 3`) {
		t.Errorf("want the interrupted cell's last words and no later cell:\n%s", text)
	}
}

func TestRunInterruptedBeforehand(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	output := filepath.Join(t.TempDir(), "out.ipynb")
	_, err := notebook.Run(ctx, filepath.Join("testdata", "good.ipynb"), notebook.Options{Output: output})
	if !errors.Is(err, notebook.ErrInterrupted) {
		t.Fatalf("Run = %v, want ErrInterrupted", err)
	}
	if _, err := os.Stat(output); !os.IsNotExist(err) {
		t.Errorf("a run that never started left %s behind (%v)", output, err)
	}
}

func TestRunWithoutAKernel(t *testing.T) {
	k := kernel(t)
	k.Name = "no-such-kernel"
	_, err := notebook.Run(t.Context(), filepath.Join("testdata", "good.ipynb"), notebook.Options{
		Kernel: k, Output: filepath.Join(t.TempDir(), "out.ipynb"),
	})
	if err == nil || !strings.Contains(err.Error(), "no-such-kernel") {
		t.Errorf("Run = %v, want an error that names the kernel", err)
	}
}

func TestKernelAtSaysWhatToRun(t *testing.T) {
	t.Setenv("FIELDBOOK_ENV", t.TempDir())
	if _, err := notebook.KernelAt(root(t)); err == nil || !strings.Contains(err.Error(), "fieldbook setup") {
		t.Errorf("KernelAt an empty environment = %v, want an error that says what to run", err)
	}
}
