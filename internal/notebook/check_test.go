package notebook_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/internal/notebook"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/setup"
)

// root is the module's root.
func root(t *testing.T) string {
	t.Helper()
	dir, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestExtract(t *testing.T) {
	programs, err := notebook.Extract(load(t, "good"))
	if err != nil {
		t.Fatal(err)
	}
	if len(programs) != 6 {
		t.Fatalf("%d programs, want one for each of the 6 code cells", len(programs))
	}
	first, last := programs[0], programs[5]
	if got := strings.Join(first.Imports, " "); got != "fmt math os strings" {
		t.Errorf("imports of cell [1] = %q, want fmt math os strings", got)
	}
	if !strings.Contains(first.Source, "func main() {}") {
		t.Errorf("cell [1] only declares, want an empty main:\n%s", first.Source)
	}
	for _, want := range []string{
		"import \"math\"", "var scale = 3.0", "second", "func (n *notes) AtMost", "var lab notes",
		"func main() {\nlab.AtMost(\"sum\", math.Sqrt(scale)+first, 3)\n}",
		"//line " + filepath.Join("testdata", "good.ipynb") + "[3]:7\nvar lab notes",
	} {
		if !strings.Contains(last.Source, want) {
			t.Errorf("program of cell [6] lacks %q:\n%s", want, last.Source)
		}
	}
	for _, unwanted := range []string{"var scale, offset", "a note", "size"} {
		if strings.Contains(last.Source, unwanted) {
			t.Errorf("program of cell [6] has %q, want it replaced or left behind:\n%s", unwanted, last.Source)
		}
	}
}

func TestCheck(t *testing.T) {
	cases := []struct {
		name string
		nb   *notebook.Notebook
		want []string // parts of the error; none for no error
	}{
		{"file", load(t, "good"), nil},
		{"unused import", cells("import (\n\t\"fmt\"\n\ttext \"strings\"\n)"), nil},
		{"our own package", cells("import \"github.com/fieldbook-go/fieldbook/internal/place\""), []string{"cannot import internal packages"}},
		{"replaced function", cells("func f() int { return 1 }", "func f() string { return \"\" }", "%%\nvar s string = f()\n_ = s"), nil},
		{"replaced method", cells("type a int\n\nfunc (a) f() int { return 1 }\n\ntype b int\n\nfunc (b) f() {}", "func (a) f() {}", "%%\na(1).f()\nb(1).f()"), nil},
		{"replaced constants", cells("const (\n\tone = iota\n\ttwo\n)", "const two = 2", "%%\n_ = two"), nil},
		{"main of its own", cells("func main() {}", "%%\nprintln()"), nil},
		{"special lines", cells("%goflags -race\n%%\nx := 1\n_ = x"), nil},
		{"values do not carry over", cells("%%\nx := 1\n_ = x", "%%\n_ = x"), []string{"cell [2], line 2: undefined: x"}},
		{"unused variable", cells("%%\n\nx := 1"), []string{"cell [1], line 3: declared and not used: x"}},
		{"error in a declaration is told once", cells("var x int = \"\"", "%%\n_ = x", "%%\n_ = x"), []string{"cell [1], line 1"}},
		{"missing import", cells("%%\nfmt.Println()"), []string{"cell [1], line 2: undefined: fmt"}},
		{"no such package", cells("import \"github.com/fieldbook-go/fieldbook/nowhere\""), []string{"nowhere"}},
		{"syntax", cells("var a = 1", "%%\n\nx := := 1"), []string{"cell [2], line 3"}},
		{"statement outside main", cells("x := 1"), []string{"cell [1], line 1"}},
		{"two bodies", cells("%%\n%%"), []string{"cell [1], line 2", "a second %%"}},
		{"not Go", cells("%%bash\nls"), []string{"cell [1], line 1", "want Go"}},
		{"wrong file", load(t, "does-not-compile"), []string{
			"does-not-compile.ipynb, cell [3], line 3: undefined: later",
			"cell [4], line 3: cannot use",
			"cell [5], line 2: declared and not used: unused",
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := notebook.Check(t.Context(), root(t), c.nb)
			if len(c.want) == 0 && err != nil {
				t.Fatalf("Check = %v, want nil", err)
			}
			if len(c.want) > 0 && err == nil {
				t.Fatalf("Check = nil, want %q", c.want)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("Check = %v\nwant %q in it", err, want)
				}
			}
			if len(c.want) > 0 && strings.Count(err.Error(), "line") > len(c.want) {
				t.Errorf("Check = %v\nwant %d errors", err, len(c.want))
			}
		})
	}
}

// TestEveryNotebook is the check that notebooks of the repository cannot rot:
// their code compiles against the packages as they are, and they keep to the
// house rules.
func TestEveryNotebook(t *testing.T) {
	var all []*notebook.Notebook
	for _, path := range everyNotebook(t) {
		nb, err := notebook.Read(path)
		if err != nil {
			t.Error(err)
			continue
		}
		lint := notebook.Lint
		if _, ok := catalog.FindPage(strings.TrimSuffix(filepath.Base(path), ".ipynb")); ok {
			lint = notebook.LintPage
		}
		if err := lint(nb, setup.KernelName); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() > notebook.MaxRecorded {
			t.Errorf("%s: %v, %d bytes, want at most %d", path, err, info.Size(), notebook.MaxRecorded)
		}
		all = append(all, nb)
	}
	if len(all) == 0 {
		t.Fatal("no notebooks found")
	}
	if err := notebook.Check(t.Context(), root(t), all...); err != nil {
		t.Error(err)
	}
}

// everyNotebook returns the paths of the repository's notebooks.
func everyNotebook(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root(t), "notebooks", "*", "*.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
