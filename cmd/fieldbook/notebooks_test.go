package main

import (
	"encoding/json"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/catalog"
	"github.com/fieldbook-go/fieldbook/internal/notebook"
	"github.com/fieldbook-go/fieldbook/internal/place"
	"github.com/fieldbook-go/fieldbook/internal/results"
)

// rotating is how many notebooks are run besides those that a change touches.
const rotating = 2

// candidate is a notebook with what it is touched by.
type candidate struct {
	slug    string
	file    string   // below the root, with slashes
	folders []string // of its method and family, below the root, with slashes
}

// touched tells whether one of the changed files is the notebook or of its
// method or family.
func (c candidate) touched(changed []string) bool {
	for _, file := range changed {
		folder, _, _ := cutLast(file)
		if file == c.file || slices.Contains(c.folders, folder) {
			return true
		}
	}
	return false
}

// cutLast cuts a path before its last element.
func cutLast(path string) (folder, file string, ok bool) {
	i := strings.LastIndex(path, "/")
	return path[:max(i, 0)], path[i+1:], i >= 0
}

// choose returns the notebooks that the change touches, and some more that
// depend on the commit alone, so that all have their turn.
func choose(all []candidate, changed []string, commit string, more int) []string {
	var chosen []string
	var rest []candidate
	for _, c := range all {
		if c.touched(changed) {
			chosen = append(chosen, c.slug)
		} else {
			rest = append(rest, c)
		}
	}
	place := fnv.New64a()
	place.Write([]byte(commit))
	for i := range min(more, len(rest)) {
		at := (place.Sum64()%uint64(len(rest)) + uint64(i)) % uint64(len(rest))
		chosen = append(chosen, rest[at].slug)
	}
	return chosen
}

func TestChoose(t *testing.T) {
	var all []candidate
	for _, slug := range []string{"a", "b", "c", "d", "e"} {
		all = append(all, candidate{slug, "notebooks/operators/" + slug + ".ipynb", []string{"operators/" + slug, "operators"}})
	}
	for _, c := range []struct {
		name    string
		changed []string
		more    int
		want    string
	}{
		{"its file", []string{"notebooks/operators/b.ipynb"}, 0, "b"},
		{"its method", []string{"operators/c/model.go", "README.md"}, 0, "c"},
		{"its family", []string{"operators/learn.go"}, 0, "abcde"},
		{"something else", []string{"pinns/x.go", "operators/cc/x.go", "main.go"}, 0, ""},
		{"all and more", []string{"operators/learn.go"}, 2, "abcde"},
	} {
		if got := strings.Join(choose(all, c.changed, "0", c.more), ""); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	seen := map[string]bool{}
	for commit := range 40 {
		chosen := choose(all, []string{"notebooks/operators/a.ipynb"}, strings.Repeat("x", commit), 2)
		if len(chosen) != 3 || chosen[0] != "a" || chosen[1] == chosen[2] || chosen[1] == "a" || chosen[2] == "a" {
			t.Fatalf("%v, want a and two others", chosen)
		}
		if again := choose(all, []string{"notebooks/operators/a.ipynb"}, strings.Repeat("x", commit), 2); !slices.Equal(again, chosen) {
			t.Fatalf("%v and then %v for one commit", chosen, again)
		}
		seen[chosen[1]], seen[chosen[2]] = true, true
	}
	if len(seen) != 4 {
		t.Errorf("in 40 commits the turns came to %v, want all four", seen)
	}
}

// git runs git in the module and returns its lines; none where it fails, as it
// does in a copy without history.
func git(t *testing.T, root string, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", args...)
	cmd.Dir = root
	output, err := cmd.Output()
	if err != nil {
		return nil
	}
	return strings.Fields(string(output))
}

// changedFiles returns what differs from the main branch, or on that branch
// from the commit before, with what is not committed.
func changedFiles(t *testing.T, root string) []string {
	t.Helper()
	base := "HEAD~1"
	for _, main := range []string{"origin/main", "main"} {
		fork, head := git(t, root, "merge-base", main, "HEAD"), git(t, root, "rev-parse", "HEAD")
		if len(fork) == 1 && len(head) == 1 && fork[0] != head[0] {
			base = fork[0]
			break
		}
	}
	changed := git(t, root, "-c", "core.quotePath=false", "diff", "--name-only", base)
	return append(changed, git(t, root, "-c", "core.quotePath=false", "ls-files", "--others", "--exclude-standard")...)
}

// candidates reads the catalog's notebooks for what touches them.
func candidates(t *testing.T, root string) []candidate {
	t.Helper()
	var all []candidate
	for _, e := range catalog.Entries() {
		nb, err := notebook.Read(filepath.Join(root, filepath.FromSlash(e.Notebook)))
		if err != nil {
			t.Fatal(err)
		}
		programs, err := notebook.Extract(nb)
		if err != nil {
			t.Fatal(err)
		}
		c := candidate{slug: e.Slug, file: e.Notebook}
		for _, p := range programs {
			for _, path := range p.Imports {
				if folder, ours := strings.CutPrefix(path, place.Module+"/"); ours && (folder == e.Family || strings.HasPrefix(folder, e.Family+"/")) {
					c.folders = append(c.folders, folder)
				}
			}
		}
		all = append(all, c)
	}
	return all
}

// copyNotebook copies a notebook without its outputs into a folder, where its
// figures will be too.
func copyNotebook(t *testing.T, from, folder string) (to string) {
	t.Helper()
	text, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, cell := range file["cells"].([]any) {
		if cell := cell.(map[string]any); cell["cell_type"] == "code" {
			cell["outputs"], cell["execution_count"] = []any{}, nil
		}
	}
	if text, err = json.Marshal(file); err != nil {
		t.Fatal(err)
	}
	to = filepath.Join(folder, filepath.Base(from))
	if err := os.WriteFile(to, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return to
}

// compileFast keeps XLA from optimising programs: at the quick size they run so
// few steps that compiling them took most of the time.
func compileFast(t *testing.T) {
	t.Helper()
	t.Setenv("XLA_FLAGS", "--xla_backend_optimization_level=0")
}

// TestNotebooksRun runs the quick size of the notebooks that the change touches
// and of a few more, through the real kernel and with an empty store.
func TestNotebooksRun(t *testing.T) {
	withKernel(t)
	compileFast(t)
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	commit := strings.Join(git(t, root, "rev-parse", "HEAD"), "")
	chosen := choose(candidates(t, root), changedFiles(t, root), commit, rotating)
	if len(chosen) == 0 {
		t.Fatal("no notebook was chosen")
	}
	for _, slug := range chosen {
		t.Run(slug, func(t *testing.T) {
			entry, err := catalog.Find(slug)
			if err != nil {
				t.Fatal(err)
			}
			path := copyNotebook(t, filepath.Join(root, filepath.FromSlash(entry.Notebook)), t.TempDir())
			status, stdout, stderr := call(t, "run", path, "--size=quick", "--json")
			var done []results.Result
			if err := json.Unmarshal([]byte(stdout), &done); status != 0 || err != nil || len(done) != 1 {
				t.Fatalf("status %d (%v), standard output:\n%s\nstandard error:\n%s", status, err, stdout, stderr)
			}
			if r := done[0]; r.Slug != slug || r.Size != "quick" || len(r.Claims) == 0 || r.Backend == "" {
				t.Errorf("result = %+v, want quick, with claims and a backend", r)
			}
		})
	}
}

// TestPagesRun runs every notebook that is no method's: those that claim
// nothing say that all cells ran, the others that every one did, above their claims.
func TestPagesRun(t *testing.T) {
	withKernel(t)
	compileFast(t)
	for _, p := range catalog.Pages() {
		status, stdout, stderr := call(t, "run", p.Slug, "--size=quick")
		silent := strings.HasPrefix(stdout, p.Slug+" (quick): all ")
		judged := strings.HasPrefix(stdout, p.Slug+" (quick, seed 0, ") && strings.Contains(stdout, "): every cell ran; ")
		if status != 0 || !silent && !judged {
			t.Errorf("run %s: status %d, standard output:\n%s\nstandard error:\n%s", p.Slug, status, stdout, stderr)
		}
	}
}
