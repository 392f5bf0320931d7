package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/internal/results"
	"github.com/fieldbook-go/fieldbook/internal/store"
)

// Notebooks of the tests.
var (
	claimsNotebook = filepath.Join("testdata", "claims.ipynb")
	otherNotebook  = filepath.Join("..", "..", "internal", "notebook", "testdata", "no-claims.ipynb")
	failsNotebook  = filepath.Join("..", "..", "internal", "notebook", "testdata", "fails.ipynb")
	silentNotebook = filepath.Join("..", "..", "internal", "notebook", "testdata", "good.ipynb")
)

// withKernel readies a test that starts the kernel: it keeps its files in a
// folder of its own, which is returned.
func withKernel(t *testing.T) (home string) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts the kernel, which takes seconds")
	}
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(place.Python(root)); err != nil {
		t.Fatalf("%v: run `go run ./cmd/fieldbook setup`", err)
	}
	home = t.TempDir()
	t.Setenv(store.Home, home)
	return home
}

func TestRunRefuses(t *testing.T) {
	t.Setenv(store.Home, t.TempDir())
	t.Setenv(place.EnvVariable, filepath.Join(t.TempDir(), "env"))
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		home string // "" leaves it as it is
		args []string
		says string
	}{
		{"nothing", "", nil, "nothing to run"},
		{"unknown method", "", []string{"fmo"}, "did you mean fno?"},
		{"unknown size", "", []string{"fno", "--size", "huge"}, `--size = "huge", want quick, standard or full`},
		{"seed is no number", "", []string{"fno", "--seed", "x"}, "--seed"},
		{"quick is not recorded", "", []string{"fno", "--size", "quick", "--record"}, "quick judges no claims"},
		{"a file is not recorded", "", []string{claimsNotebook, "--record"}, "`fieldbook list` shows"},
		{"no such file", "", []string{"nowhere.ipynb"}, "nowhere.ipynb"},
		{"no claims", "", []string{otherNotebook}, "no claims in its last code cell"},
		{"no set-up and no network", "", []string{claimsNotebook, "--offline"}, "--offline"},
		{"nowhere to keep anything", filepath.Join(file, "below"), []string{claimsNotebook}, store.Home},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.home != "" {
				t.Setenv(store.Home, c.home)
			}
			status, stdout, stderr := call(t, append([]string{"run"}, c.args...)...)
			if status != statusError || stdout != "" || !strings.Contains(stderr, c.says) {
				t.Errorf("status %d, standard output %q, standard error %q; want %d, none, %q", status, stdout, stderr, statusError, c.says)
			}
			if n := strings.Count(stderr, "fieldbook: "); n != 1 {
				t.Errorf("%d messages, want 1:\n%s", n, stderr)
			}
		})
	}
}

func TestRunJudgesClaims(t *testing.T) {
	withKernel(t)
	for _, c := range []struct {
		name   string
		args   []string
		status int
		says   []string // in standard output
	}{
		{"all hold", nil, 0, []string{"all 2 claims hold", "standard, seed 0, xla:cpu, float32", "first", "held", "<= 0.5", "0.016"}},
		{"one is missed", []string{"--seed", "1"}, statusFailed, []string{"1 of 2 claims hold", "seed 1", "MISSED", "held"}},
		{"quick does not judge", []string{"--seed", "1", "--size", "quick"}, 0, []string{"not judged"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, stdout, stderr := call(t, append([]string{"run", claimsNotebook}, c.args...)...)
			if status != c.status {
				t.Errorf("status %d, want %d; standard error:\n%s", status, c.status, stderr)
			}
			for _, says := range c.says {
				if !strings.Contains(stdout, says) {
					t.Errorf("standard output lacks %q:\n%s", says, stdout)
				}
			}
			if !strings.Contains(stderr, "claims: cell 5 of 5") {
				t.Errorf("standard error lacks the progress of the last cell:\n%s", stderr)
			}
		})
	}
}

func TestRunJSON(t *testing.T) {
	home := withKernel(t)
	status, stdout, stderr := call(t, "run", claimsNotebook, "--json", "--fresh", "--size=full", "--seed=1")
	if status != statusFailed {
		t.Errorf("status %d, want %d:\n%s", status, statusFailed, stderr)
	}
	var got []results.Result
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || len(got) != 1 {
		t.Fatalf("standard output is no list of one result (%v):\n%s", err, stdout)
	}
	r := got[0]
	if r.Slug != "claims" || r.Size != "full" || r.Seed != 1 || len(r.Claims) != 2 || r.Claims[0].Pass || r.PeakMB < 512 {
		t.Errorf("result = %+v", r)
	}
	// The run that was looked up took 100 s when it was done.
	if r.Seconds < 100 || r.CPUSeconds < 150 {
		t.Errorf("%v s, %v CPU-s; want the cost of what was looked up in them", r.Seconds, r.CPUSeconds)
	}
	text, err := os.ReadFile(filepath.Join(home, "notebooks", "claims-full.ipynb"))
	if err != nil || !strings.Contains(string(text), `full true claims\n`) {
		t.Errorf("the executed notebook (%v) lacks what the cells were told: size full, fresh, slug claims:\n%s", err, text)
	}
}

func TestRunGoesOnAfterAFailure(t *testing.T) {
	home := withKernel(t)
	status, stdout, stderr := call(t, "run", failsNotebook, silentNotebook, claimsNotebook)
	if status != statusError {
		t.Errorf("status %d, want %d", status, statusError)
	}
	if !strings.Contains(stdout, "all 2 claims hold") {
		t.Errorf("the last notebook did not run:\n%s", stdout)
	}
	executed := filepath.Join(home, "notebooks", "fails-standard.ipynb")
	for _, says := range []string{"cell [3] failed", "fit: Batch = 0, want at least 1", executed, "good: no claim was made"} {
		if !strings.Contains(stderr, says) {
			t.Errorf("standard error lacks %q:\n%s", says, stderr)
		}
	}
	if _, err := os.Stat(executed); err != nil {
		t.Error(err)
	}
}

// keepHere is a run that keeps what it recorded below a folder of the test's,
// with a notebook that was executed.
func keepHere(t *testing.T, executed string) (r notebookRun, to target, from string) {
	t.Helper()
	root := t.TempDir()
	r = notebookRun{root: root}
	to = target{slug: "fno", path: filepath.Join(root, "notebooks", "operators", "fno.ipynb")}
	from = filepath.Join(root, "executed.ipynb")
	if err := os.MkdirAll(filepath.Dir(to.path), 0o755); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{to.path: "before", from: executed} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return r, to, from
}

func TestKeep(t *testing.T) {
	held := []record.Event{{Kind: record.KindClaim, Claim: &record.Claim{Name: "a", Got: 1, Op: "<=", Want: 2, Pass: true}}}
	result, err := results.New("fno", "standard", 0, "abc", results.Cost{Seconds: 1}, held)
	if err != nil {
		t.Fatal(err)
	}
	r, to, from := keepHere(t, "executed")
	if err := r.keep(to, from, result); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(to.path)
	if err != nil || string(text) != "executed" {
		t.Errorf("notebook = %q, %v; want the executed one", text, err)
	}
	if got, found, err := results.Read(r.root, "fno"); !found || err != nil || got.Claims[0].Name != "a" {
		t.Errorf("result = %+v, %v, %v", got, found, err)
	}

	r, to, from = keepHere(t, strings.Repeat("x", 1<<20+1))
	if err := r.keep(to, from, result); err == nil || !strings.Contains(err.Error(), "want at most 1048576") {
		t.Errorf("keep of too large a notebook = %v, want an error", err)
	}
	if text, err := os.ReadFile(to.path); err != nil || string(text) != "before" {
		t.Errorf("notebook = %.20q, %v; want it as it was", text, err)
	}
	if _, found, _ := results.Read(r.root, "fno"); found {
		t.Error("a result was written for a notebook that was not")
	}
}

func TestList(t *testing.T) {
	status, stdout, stderr := call(t, "list")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, e := range catalog.Entries() {
		if !strings.Contains(stdout, e.Slug) || !strings.Contains(stdout, e.Title) || !strings.Contains(stdout, e.Source) {
			t.Errorf("list lacks %s:\n%s", e.Slug, stdout)
		}
	}
	status, stdout, _ = call(t, "list", "--json")
	var methods []listed
	if err := json.Unmarshal([]byte(stdout), &methods); status != 0 || err != nil || len(methods) != len(catalog.Entries()) {
		t.Errorf("list --json: status %d, %v, %d methods, want 0, nil, %d", status, err, len(methods), len(catalog.Entries()))
	}
	if status, _, stderr := call(t, "list", "--json", "--readme"); status != statusError || !strings.Contains(stderr, "one of them") {
		t.Errorf("list --json --readme: status %d, %s", status, stderr)
	}
}

func TestMeter(t *testing.T) {
	var out strings.Builder
	m := newMeter(&out, "fno", []float64{1, 20, 3})
	if got := m.text(); got != "fno: starting the kernel" {
		t.Errorf("text = %q before the first cell", got)
	}
	m.at.Cell, m.at.Cells, m.line = 2, 3, "step 10"
	if left, ok := m.left(); !ok || left < 22 || left > 23 {
		t.Errorf("left = %v, %v; want 20 s of cell 2, which has just begun, and 3 s of cell 3", left, ok)
	}
	if got := m.text(); !strings.HasPrefix(got, "fno: cell 2 of 3, 0.0 s, about 23 s left, step 10") {
		t.Errorf("text = %q", got)
	}
	m.at.Done = true
	if left, ok := m.left(); !ok || left != 3 {
		t.Errorf("left = %v, %v; want 3 s of cell 3", left, ok)
	}
	m.at.Cells = 4
	if _, ok := m.left(); ok {
		t.Error("an estimate from times of another number of cells")
	}
	m.close()
	if out.Len() > 0 {
		t.Errorf("wrote %q, want nothing", out.String())
	}
}
