package bench

import (
	"math"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check"
	"github.com/fieldbook-go/fieldbook/internal/place"
)

// TestOptimizerPageIsOfItsResult holds the committed page against the committed numbers, and those against what they must show.
func TestOptimizerPageIsOfItsResult(t *testing.T) {
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	r, err := readOptimizers(root)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", optimizerResult+".md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != r.Page() {
		t.Errorf("docs/%s.md is not what bench/results/%[1]s.json gives, want `fieldbook bench %[1]s`", optimizerResult)
	}
	for _, c := range optimizerCases() {
		runs := r.of(c.name)
		if want := len(optimizerFits()); len(runs) != want {
			t.Errorf("%s: %d runs, want %d", c.name, len(runs), want)
		}
		if c.bound == 0 {
			continue
		}
		soonest := math.Inf(1)
		for _, run := range runs {
			soonest = min(soonest, run.reached(c.bound))
		}
		if !(soonest <= c.within.Seconds()) {
			t.Errorf("%s: an error of %v after %.0f s, want it within %v", c.name, c.bound, soonest, c.within)
		}
	}
}

func TestOptimizerRunReached(t *testing.T) {
	r := OptimizerRun{Seconds: []float64{1, 2, 3}, Errors: []float64{1e-1, 1e-3, 1e-2}}
	if at := r.reached(1e-2); at != 2 {
		t.Errorf("1e-2 after %v s, want 2", at)
	}
	if at := r.reached(1e-4); !math.IsInf(at, 1) {
		t.Errorf("1e-4 after %v s, want never", at)
	}
	if least, at := r.best(); least != 1e-3 || at != 2 {
		t.Errorf("best %v after %v s, want 1e-3 after 2", least, at)
	}
}

// TestOptimizersTrain runs the phases of one fit, shortened.
func TestOptimizersTrain(t *testing.T) {
	for _, c := range optimizerCases() {
		if !regexp.MustCompile("0.1").MatchString(c.name) {
			continue
		}
		c.adam, c.second, c.moves, c.solver.Interior, c.solver.Boundary = 80, 10, 2, 60, 8
		run := OptimizerRun{Problem: c.name}
		if err := run.train(t.Context(), check.Backend(t), c, optimizerFits()[1].fit(c)); err != nil {
			t.Fatal(err)
		}
		last := len(run.Steps) - 1
		if last < 0 || run.Steps[last] != 30 || run.Failure != "" { // 20 of Adam, 10 of L-BFGS
			t.Errorf("steps %v, failure %q, want 30 steps", run.Steps, run.Failure)
		}
		if !(run.Errors[last] < run.Errors[0]) {
			t.Errorf("errors %v, want them to fall", run.Errors)
		}
	}
}
