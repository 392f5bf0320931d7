package bench

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fieldbook-go/fieldbook/internal/notebook"
	"github.com/fieldbook-go/fieldbook/internal/place"
)

func TestCellNotebook(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cells.ipynb")
	if err := cellNotebook(path, 2); err != nil {
		t.Fatal(err)
	}
	nb, err := notebook.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	code := nb.CodeCells()
	if want := 2 + 2*len(cellKinds()); len(code) != want {
		t.Fatalf("%d cells, want %d", len(code), want)
	}
	seen := map[string]bool{}
	for _, cell := range code {
		if seen[cell.Source] {
			t.Errorf("cell [%d] is another's code again, whose build is in the cache:\n%s", cell.Number, cell.Source)
		}
		seen[cell.Source] = true
	}
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	if err := notebook.Check(t.Context(), root, nb); err != nil {
		t.Error(err)
	}
}

func TestCellParts(t *testing.T) {
	folder := t.TempDir()
	const graph = `[
		{"Mode": "build", "Package": "fmt", "TimeStart": "2026-01-01T00:00:00Z", "TimeDone": "2026-01-01T00:00:00.9Z"},
		{"Mode": "build", "Package": "cell", "TimeStart": "2026-01-01T00:00:00.2Z", "TimeDone": "2026-01-01T00:00:00.25Z", "CmdReal": 50000000},
		{"Mode": "link", "Package": "cell", "TimeStart": "2026-01-01T00:00:00.25Z", "TimeDone": "2026-01-01T00:00:00.65Z", "CmdReal": 400000000}]`
	if err := os.WriteFile(filepath.Join(folder, "200.json"), []byte(graph), 0o644); err != nil {
		t.Fatal(err)
	}
	at := func(ms int64) time.Time { return time.Unix(100, ms*1e6) }
	programs := []ranProgram{
		{"go", span{at(-50), at(-10)}, "before.json"}, // of the cell before
		{"goimports", span{at(20), at(35)}, ""},
		{"go", span{at(40), at(45)}, "get.json"},
		{"go", span{at(50), at(600)}, "200.json"},
		{"go", span{at(43), at(630)}, "list.json"}, // beside the build, and longer: counts from 45 to 600
	}
	got, err := cellParts(folder, span{at(0), at(700)}, programs, at(660))
	if err != nil {
		t.Fatal(err)
	}
	want := CellParts{GoImports: 15, Go: 560 - 50 - 400, Compile: 50, Link: 400, Run: 60, Kernel: 700 - 15 - 560 - 60}
	for _, pair := range [][2]float64{
		{got.GoImports, want.GoImports},
		{got.Go, want.Go},
		{got.Compile, want.Compile},
		{got.Link, want.Link},
		{got.Run, want.Run},
		{got.Kernel, want.Kernel},
	} {
		if math.Abs(pair[0]-pair[1]) > 1e-6 { // sums of a few hundred in float64
			t.Errorf("parts = %+v, want %+v", got, want)
		}
	}
	if _, err := cellParts(folder, span{at(0), at(700)}, programs[:3], at(660)); err == nil {
		t.Error("a cell that was not built has parts")
	}
	if _, err := cellParts(folder, span{at(0), at(700)}, programs, at(800)); err == nil {
		t.Error("a cell whose code ended after it has parts")
	}
}

func TestReadPrograms(t *testing.T) {
	path := filepath.Join(t.TempDir(), "programs")
	if err := os.WriteFile(path, []byte("go 1000000000 2500000000\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := readPrograms(path)
	if err != nil || len(got) != 1 || got[0].ms() != 1500 || got[0].graph != "1000000000.json" {
		t.Errorf("readPrograms = %+v, %v; want one of 1500 ms", got, err)
	}
	for _, text := range []string{"go 1N 2N\n", "go 1\n"} { // a date command without nanoseconds; a line cut off
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := readPrograms(path); err == nil {
			t.Errorf("readPrograms of %q succeeded", text)
		}
	}
}

func TestCellResultSlow(t *testing.T) {
	r := CellResult{Kinds: []CellTimes{{Name: "fast", MedianMS: 1200, LimitMS: 1200}, {Name: "slow", MedianMS: 1501, LimitMS: 1500}}}
	if got := strings.Join(r.Slow(), "\n"); got != "slow takes 1501 ms, want at most 1500" {
		t.Errorf("Slow = %q", got)
	}
}

// TestCell measures one cell of each kind. Whether they are fast enough is the
// benchmark's to say: a test shares the machine.
func TestCell(t *testing.T) {
	if testing.Short() {
		t.Skip("starts the kernel, which takes seconds")
	}
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	var report bytes.Buffer
	r, err := Cell(context.WithoutCancel(t.Context()), root, 1, &report)
	if err != nil {
		t.Fatalf("%v\n%s", err, report.String())
	}
	if len(r.Kinds) != len(cellKinds()) {
		t.Fatalf("result = %+v, want every kind", r)
	}
	for _, k := range r.Kinds {
		p := k.Parts
		sum := p.GoImports + p.Go + p.Compile + p.Link + p.Run + p.Kernel
		if k.Cells != 1 || math.Abs(sum-k.MedianMS) > 4 { // seven values rounded to 1 ms
			t.Errorf("%s: parts add up to %.0f ms of %.0f", k.Name, sum, k.MedianMS)
		}
		if p.GoImports <= 0 || p.Compile <= 0 || p.Link <= 0 || p.Run <= 0 || p.Go <= 0 || p.Kernel < 0 {
			t.Errorf("%s: parts = %+v, want all of them", k.Name, p)
		}
	}
}
