package backend_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/internal/backend"
)

func open(t *testing.T) *backend.Backend {
	t.Helper()
	b, err := backend.New()
	if err != nil {
		t.Fatal(err)
	}
	if !b.XLA() {
		t.Fatalf("backend is %q, want XLA: run `go run ./cmd/fieldbook setup`", b.Choice)
	}
	return b
}

func TestInternalsArePinned(t *testing.T) {
	if err := backend.CheckInternals(); err != nil {
		t.Fatal(err)
	}
}

// nested sums 1..n for each n below outer, with a reduction inside the inner body, one after it, and scalar constants
// that appear first inside.
func nested(g *graph.Graph, outer int32) *graph.Node {
	less := func(limit int32) func(s []*graph.Node) *graph.Node {
		return func(s []*graph.Node) *graph.Node {
			return graph.LessThan(s[0], graph.Const(s[0].Graph(), limit))
		}
	}
	next := func(x *graph.Node) *graph.Node { return graph.AddScalar(x, 1) }
	state := []*graph.Node{graph.Const(g, int32(0)), graph.Zeros(g, shapes.Make(dtypes.Float32))}
	out := backend.While(state, less(outer), func(s []*graph.Node) []*graph.Node {
		inner := backend.While([]*graph.Node{graph.Const(s[0].Graph(), int32(0)), s[1], s[0]},
			func(s []*graph.Node) *graph.Node { return graph.LessThan(s[0], s[2]) },
			func(s []*graph.Node) []*graph.Node {
				ones := graph.Ones(s[0].Graph(), shapes.Make(dtypes.Float32, 3))
				return []*graph.Node{next(s[0]), graph.Add(s[1], graph.ReduceAllSum(ones)), s[2]}
			})
		sorted := graph.Sort(graph.Reshape(inner[1], 1), 0, true)
		return []*graph.Node{next(s[0]), graph.Add(graph.Reshape(sorted), graph.ReduceAllSum(graph.Ones(s[0].Graph(), shapes.Make(dtypes.Float32, 2))))}
	})
	return graph.Add(out[1], graph.ReduceAllSum(graph.Ones(g, shapes.Make(dtypes.Float32, 5))))
}

func TestLoopsNest(t *testing.T) {
	b := open(t)
	got := graph.MustExecOnce(b, func(g *graph.Graph) *graph.Node { return nested(g, 4) }).Value().(float32)
	// Inner loops run 0+1+2+3 times and add 3 each; the outer adds 2 four times; 5 after it.
	if want := float32(3*6 + 2*4 + 5); got != want {
		t.Fatalf("nested loops gave %v, want %v", got, want)
	}
}

func TestTextShowsWhatIsComputed(t *testing.T) {
	b := open(t)
	program := func(limit int32, scale float64) func(g *graph.Graph) []*graph.Node {
		return func(g *graph.Graph) []*graph.Node {
			return []*graph.Node{graph.MulScalar(nested(g, limit), scale)}
		}
	}
	text := func(name string, limit int32, scale float64) []byte {
		t.Helper()
		p, err := b.Text(name, program(limit, scale))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	base := text("a", 4, 2)
	if len(base) == 0 || !strings.Contains(string(base), "stablehlo.while") {
		t.Fatalf("program text has no loop:\n%s", base)
	}
	if !bytes.Equal(base, text("another name", 4, 2)) {
		t.Error("the name changed the text")
	}
	if bytes.Equal(base, text("a", 5, 2)) {
		t.Error("a constant in a closure did not change the text")
	}
	if bytes.Equal(base, text("a", 4, 3)) {
		t.Error("a constant in main did not change the text")
	}
	if got := graph.MustExecOnce(b, func(g *graph.Graph) *graph.Node { return nested(g, 1) }).Value().(float32); got != 7 {
		t.Errorf("after reading programs an execution gave %v, want 7", got)
	}
}

func TestTextReturnsPanicsAsErrors(t *testing.T) {
	_, err := open(t).Text("bad", func(g *graph.Graph) []*graph.Node {
		return []*graph.Node{graph.MatMul(graph.Ones(g, shapes.Make(dtypes.Float32, 2, 3)), graph.Ones(g, shapes.Make(dtypes.Float32, 2, 3)))}
	})
	if err == nil || !strings.Contains(err.Error(), "bad") {
		t.Fatalf("error = %v, want one that names the program", err)
	}
}

func TestPureGoRunsAndRefusesWhatItCannotKey(t *testing.T) {
	b, err := backend.Open("go")
	if err != nil {
		t.Fatal(err)
	}
	if got := graph.MustExecOnce(b, func(g *graph.Graph) *graph.Node { return graph.AddScalar(graph.Const(g, 1.5), 2) }).Value().(float64); got != 3.5 {
		t.Errorf("1.5 + 2 = %v on the pure-Go backend, want 3.5", got)
	}
	if _, err := b.Text("small", func(g *graph.Graph) []*graph.Node { return []*graph.Node{graph.Const(g, []float32{1, 2})} }); err != nil {
		t.Errorf("a small constant: %v", err)
	}
	if _, err := b.Text("large", func(g *graph.Graph) []*graph.Node { return []*graph.Node{graph.Const(g, make([]float32, 32))} }); err == nil {
		t.Error("a constant of 32 elements was accepted, though its values do not show")
	}
}

func TestBadChoices(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken_cpu.so")
	if err := os.WriteFile(broken, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, choice, want string }{
		{"unknown", "tpu", "is unknown"},
		{"missing plugin", "xla:/nowhere/cpu.so", "opening"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := backend.Open(tc.choice); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("Open(%q) error = %v, want one with %q", tc.choice, err, tc.want)
			}
		})
	}
	t.Setenv("FIELDBOOK_CUDA_PLUGIN", broken)
	if _, err := backend.Open("xla:cuda"); err == nil || !strings.Contains(err.Error(), "not a shared library") {
		t.Fatalf("a damaged plugin gave %v, want a refusal", err)
	}
}
