package notebook_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/notebook"
	"github.com/fieldbook-go/fieldbook/internal/setup"
)

// load reads a notebook of testdata.
func load(t *testing.T, name string) *notebook.Notebook {
	t.Helper()
	nb, err := notebook.Read(filepath.Join("testdata", name+".ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	return nb
}

// cells makes a notebook of code cells.
func cells(sources ...string) *notebook.Notebook {
	nb := &notebook.Notebook{Path: "made.ipynb", Kernel: setup.KernelName, Cells: []notebook.Cell{{Kind: "markdown", Source: "# Made"}}}
	for i, source := range sources {
		nb.Cells = append(nb.Cells, notebook.Cell{Kind: "code", Source: source, Number: i + 1})
	}
	return nb
}

func TestRead(t *testing.T) {
	nb := load(t, "good")
	if nb.Kernel != setup.KernelName {
		t.Errorf("kernel = %q, want %q", nb.Kernel, setup.KernelName)
	}
	if len(nb.Cells) != 9 {
		t.Fatalf("%d cells, want 9", len(nb.Cells))
	}
	var numbers []int
	for _, cell := range nb.Cells {
		numbers = append(numbers, cell.Number)
	}
	// The first and seventh cell are text, the fifth is blank.
	for i, want := range []int{0, 1, 2, 3, 0, 4, 0, 5, 6} {
		if numbers[i] != want {
			t.Errorf("numbers = %v, want 0 1 2 3 0 4 0 5 6", numbers)
			break
		}
	}
	if want := "var scale = 3.0"; nb.Cells[7].Source != want {
		t.Errorf("cell [5] = %q, want %q", nb.Cells[7].Source, want)
	}
}

func TestParseRefuses(t *testing.T) {
	cases := []struct{ name, text, want string }{
		{"empty", "", "not a notebook"},
		{"cut off", `{"nbformat": 4, "cells": [{"cell_type"`, "at byte"},
		{"no object", `[1, 2]`, "not a notebook"},
		{"old format", `{"nbformat": 3, "cells": []}`, "nbformat = 3, want 4"},
		{"no format", `{"cells": []}`, "nbformat = nothing, want 4"},
		{"unknown cell", `{"nbformat": 4, "cells": [{"cell_type": "heading", "source": "a"}]}`, `cells[0].cell_type = "heading"`},
		{"source is a number", `{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}`, "not a notebook"},
		{"too many cells", `{"nbformat": 4, "cells": [` + strings.Repeat(`{"cell_type":"code","source":""},`, 10_000) + `{"cell_type":"code","source":""}]}`, "10001 cells"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := notebook.Parse("x.ipynb", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "x.ipynb") {
				t.Errorf("Parse = %v, want an error with %q and the file's name", err, c.want)
			}
		})
	}
}

func TestReadRefusesLargeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "large.ipynb")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, notebook.MaxFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := notebook.Read(path); err == nil || !strings.Contains(err.Error(), "clear its outputs") {
		t.Errorf("Read = %v, want an error that says what to do", err)
	}
}

func TestEndsInClaims(t *testing.T) {
	cases := []struct {
		name string
		nb   *notebook.Notebook
		want string // in the error; "" for none
	}{
		{"at most", cells("%%\nlab.AtMost(\"a\", 1, 2, paper)"), ""},
		{"at least, in a branch", cells("var x = 1", "%%\nif x > 0 {\n\tlab.AtLeast(\"a\", 1, 2, paper)\n}"), ""},
		{"each seed", cells("%%\nlab.AtMostEach(\"a\", values, 2, paper)"), ""},
		{"file", load(t, "good"), ""},
		{"no cells", cells(), "no claims"},
		{"not the last", cells("%%\nlab.AtMost(\"a\", 1, 2, paper)", "%%\nfmt.Println()"), "no claims"},
		{"only named", cells("%%\nf := lab.AtMost\n_ = f"), "no claims"},
		{"in a comment", cells("%%\n// lab.AtMost(1, 2)"), "no claims"},
		{"in a function that is not main", cells("func f() { lab.AtMost(1, 2) }"), "no claims"},
		{"broken", cells("%%\nlab.AtMost("), "cell [1], line 3"},
		{"file without", load(t, "no-claims"), "no claims"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := notebook.EndsInClaims(c.nb)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("EndsInClaims = %v, want %q", err, c.want)
			}
		})
	}
}

func TestLintPage(t *testing.T) {
	if err := notebook.LintPage(load(t, "no-claims"), setup.KernelName); err != nil {
		t.Errorf("LintPage of a notebook without claims = %v, want nil", err)
	}
	err := notebook.LintPage(cells("!ls"), setup.KernelName)
	if err == nil || !strings.Contains(err.Error(), "a shell command") || strings.Contains(err.Error(), "claims") {
		t.Errorf("LintPage = %v, want a word of the shell command alone", err)
	}
}

func TestLint(t *testing.T) {
	const claim = "%%\nlab.AtMost(\"a\", 1, 2)"
	long := strings.Repeat("\tx++\n\n// text\n", notebook.MaxLines+1)
	other := cells(claim)
	other.Kernel = "python3"
	untitled := cells(claim)
	untitled.Cells = untitled.Cells[1:]
	cases := []struct {
		name string
		nb   *notebook.Notebook
		want []string // parts of the error; none for no error
	}{
		{"good", load(t, "good"), nil},
		{"kernel", other, []string{`kernel = "python3"`}},
		{"no title", untitled, []string{"first cell of text"}},
		{"shell", cells("!ls", claim), []string{"cell [1], line 1: a shell command"}},
		{"kernel command", cells("//gonb:%env A b", claim), []string{"cell [1], line 1: %env A b"}},
		{"long", cells("%%\n"+long, claim), []string{"cell [1]", "21 lines of code, want at most 20"}},
		{"dot import", cells("import . \"fmt\"", claim), []string{"cell [1]", "dot import"}},
		{"all at once", cells("!ls", "%cd x", "%%\nx := 1"), []string{"cell [1]", "cell [2]", "no claims"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := notebook.Lint(c.nb, setup.KernelName)
			if len(c.want) == 0 && err != nil {
				t.Fatalf("Lint = %v, want nil", err)
			}
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("Lint = %v, want %q in it", err, want)
				}
			}
		})
	}
}
