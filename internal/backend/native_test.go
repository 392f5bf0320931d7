package backend_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/native"
	"github.com/fieldbook-go/fieldbook/internal/place"
)

// childVariable tells a process of TestWithoutOpenBLAS what Float64 should say.
const childVariable = "FIELDBOOK_TEST_WITHOUT_OPENBLAS"

// TestWithoutOpenBLAS multiplies where OpenBLAS is switched off and where it is missing, each in a process of its own: plain
// XLA gives the product, and Float64 says why.
func TestWithoutOpenBLAS(t *testing.T) {
	if want := os.Getenv(childVariable); want != "" {
		multiplyWithout(t, want)
		return
	}
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	plugin, ok := place.Plugin(root)
	if !ok {
		t.Fatal("there is no XLA plugin: run `go run ./cmd/fieldbook setup`")
	}
	bare := t.TempDir() // an environment that holds the plugin alone
	link := filepath.Join(bare, "venv", "lib", "python3", "site-packages", "xla_plugins", "xla_cpu_pjrt", filepath.Base(plugin))
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(plugin, link); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, setting, want string }{
		{"off", native.Variable + "=off", "plain XLA and gonum (native: switched off by FIELDBOOK_OPENBLAS)"},
		{"missing", place.EnvVariable + "=" + bare, "plain XLA and gonum (native: OpenBLAS is not in the environment"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWithoutOpenBLAS$", "-test.v")
			child.Env = append(os.Environ(), tc.setting, childVariable+"="+tc.want)
			if out, err := child.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestWithoutOpenBLAS") {
				t.Fatalf("%v\n%s", err, out)
			}
		})
	}
	t.Run("wrong setting", func(t *testing.T) {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInternalsArePinned$|^TestLoopsNest$")
		child.Env = append(os.Environ(), native.Variable+"=perhaps")
		if out, err := child.CombinedOutput(); err == nil || !strings.Contains(string(out), `FIELDBOOK_OPENBLAS = "perhaps", want on or off`) {
			t.Fatalf("error = %v, want a refusal\n%s", err, out)
		}
	})
}

// multiplyWithout runs in a process without OpenBLAS.
func multiplyWithout(t *testing.T, want string) {
	t.Helper()
	b, err := backend.New()
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Float64(); b.Native != nil || !strings.Contains(got, want) {
		t.Fatalf("Float64 = %q, want %q in it", got, want)
	}
	x := check.Random(1, 16, 16)
	text, err := b.Text("product", func(g *Graph) []*Node {
		p := Parameter(g, "x", x.Shape())
		return []*Node{MatMul(p, p)}
	})
	if err != nil || strings.Contains(string(text), handler) || !strings.Contains(string(text), "stablehlo.dot_general") {
		t.Fatalf("the program is not plain XLA's (%v):\n%s", err, text)
	}
	v, sum := check.Floats(x), 0.0
	for k := range 16 {
		sum += v[k] * v[16*k]
	}
	got := check.Floats(MustExecOnce(b, func(x *Node) *Node { return MatMul(x, x) }, x))[0]
	if d := got - sum; d > 1e-13 || d < -1e-13 { // 16 terms of size 1 in another order
		t.Errorf("element 0 = %v, want %v", got, sum)
	}
}

func TestFloat64SaysOpenBLAS(t *testing.T) {
	if got := openNative(t).Float64(); !strings.HasPrefix(got, "float64 by OpenBLAS, ") {
		t.Errorf("Float64 = %q, want OpenBLAS", got)
	}
}
