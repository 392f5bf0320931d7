package workbench_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// A cell is a process of its own, so a test runs this test binary again with the name of what the cell does.
const cellVariable = "FIELDBOOK_TEST_CELL"

func TestMain(m *testing.M) {
	if name := os.Getenv(cellVariable); name != "" {
		cells()[name]()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// cells are what the tests' cells do, by name.
func cells() map[string]func() {
	all := map[string]func(){}
	for _, of := range []map[string]func(){claimCells(), dataCells(), figureCells(), labCells(), landscapeCells(), runCells()} {
		for name, do := range of {
			all[name] = do
		}
	}
	return all
}

// notebook is where a test's cells work: a folder for the store, and one for what they write.
type notebook struct {
	dir string
	env []string
}

func newNotebook(t *testing.T, env ...string) *notebook {
	t.Helper()
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	n := &notebook{dir: t.TempDir()}
	n.env = append(withoutFieldbook(os.Environ()),
		place.RootVariable+"="+root, "FIELDBOOK_HOME="+filepath.Join(n.dir, "store"),
		record.FileVariable+"="+n.recordPath(), record.SlugVariable+"=made")
	n.env = append(n.env, env...)
	return n
}

// withoutFieldbook leaves out what would change the cells' work.
func withoutFieldbook(env []string) []string {
	return slices.DeleteFunc(slices.Clone(env), func(s string) bool {
		name, _, _ := strings.Cut(s, "=")
		return strings.HasPrefix(name, "GONB_") || name == "JPY_SESSION_NAME" ||
			strings.HasPrefix(name, "FIELDBOOK_") && name != place.EnvVariable && name != "FIELDBOOK_BACKEND"
	})
}

func (n *notebook) recordPath() string { return filepath.Join(n.dir, "record.jsonl") }

// output is what a cell left.
type output struct {
	out, err string
	status   int
}

// cell runs a cell to its end.
func (n *notebook) cell(t *testing.T, name string, env ...string) output {
	t.Helper()
	return n.watched(t, name, nil, env...)
}

// watched runs a cell; watch, if not nil, sees its standard output as it comes, and the process.
func (n *notebook) watched(t *testing.T, name string, watch func(out string, cell *os.Process), env ...string) output {
	t.Helper()
	if cells()[name] == nil {
		t.Fatalf("there is no cell %q", name)
	}
	cell := exec.CommandContext(t.Context(), os.Args[0])
	cell.Dir, cell.Env = n.dir, append(append(slices.Clone(n.env), cellVariable+"="+name), env...)
	var stdout, stderr bytes.Buffer
	cell.Stderr = &stderr
	pipe, err := cell.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cell.Start(); err != nil {
		t.Fatal(err)
	}
	for part := make([]byte, 4096); ; {
		k, err := pipe.Read(part)
		stdout.Write(part[:k])
		if watch != nil {
			watch(stdout.String(), cell.Process)
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				t.Error(err)
			}
			break
		}
	}
	var failed *exec.ExitError
	if err := cell.Wait(); err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	return output{stdout.String(), stderr.String(), cell.ProcessState.ExitCode()}
}

// ok runs a cell that should succeed.
func (n *notebook) ok(t *testing.T, name string, env ...string) string {
	t.Helper()
	got := n.cell(t, name, env...)
	if got.status != 0 || got.err != "" {
		t.Fatalf("cell %s: status %d\n%s%s", name, got.status, got.out, got.err)
	}
	return got.out
}

// fails runs a cell that should end with status 2 and one message that holds each of some texts.
func (n *notebook) fails(t *testing.T, name string, want []string, env ...string) {
	t.Helper()
	got := n.cell(t, name, env...)
	if got.status != 2 {
		t.Errorf("cell %s: status %d, want 2\n%s%s", name, got.status, got.out, got.err)
	}
	for _, w := range want {
		if !strings.Contains(got.err, w) {
			t.Errorf("cell %s says %q, want %q in it", name, got.err, w)
		}
	}
	if strings.Count(got.err, "Error: ") != 1 || strings.Contains(got.err, "goroutine ") || strings.Contains(got.out, "after the failure") {
		t.Errorf("cell %s says %q and %q, want one message, no stack and nothing after it", name, got.err, got.out)
	}
}

// events are what all cells so far recorded.
func (n *notebook) events(t *testing.T) []record.Event {
	t.Helper()
	events, err := record.Read(n.recordPath())
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// lastRun is the run recorded last.
func (n *notebook) lastRun(t *testing.T) record.Run {
	t.Helper()
	for _, e := range slices.Backward(n.events(t)) {
		if e.Run != nil {
			return *e.Run
		}
	}
	t.Fatal("no run was recorded")
	return record.Run{}
}

// line learns y = Slope x from sixteen rows. Its loss is infinite from step Break on, if that is above 0.
type line struct {
	Slope float64
	Break int64
}

var (
	_ zoo.Task      = line{}
	_ zoo.Predictor = line{}
)

func (l line) Validate() error {
	if l.Slope == 0 {
		return errors.New("line: Slope = 0, want another number")
	}
	return nil
}

func (l line) Data() (zoo.Data, error) {
	const n = 16
	row := shapes.Make(dtypes.Float64, n, 1)
	return zoo.Data{
		Key: "line", Rows: []shapes.Shape{row, row},
		Load: func(context.Context) (rows, whole []*tensors.Tensor, err error) {
			x, y := make([]float64, n), make([]float64, n)
			for i := range x {
				x[i] = math.Sin(float64(i + 1))
				y[i] = l.Slope * x[i]
			}
			return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(x, n, 1), tensors.FromFlatDataAndDimensions(y, n, 1)}, nil, nil
		},
	}, nil
}

func (l line) Loss(s *zoo.Step) []zoo.Term {
	residual := Sub(l.Predict(s.Scope, s.Rows[0])[0], s.Rows[1])
	if l.Break > 0 {
		late := ConvertDType(GreaterOrEqual(s.Index, Scalar(s.Graph, dtypes.Int64, l.Break)), s.DType)
		residual = Add(residual, Log(OneMinus(late))) // 0 before, -∞ from then on
	}
	return []zoo.Term{{Name: "misfit", Value: ReduceAllMean(Square(residual)), Weight: 1}}
}

func (line) Predict(scope *model.Scope, in ...*Node) []*Node {
	return []*Node{layers.MLP{Widths: []int{8, 1}, Activation: layers.TanhUnit}.Forward(scope, in...)}
}
