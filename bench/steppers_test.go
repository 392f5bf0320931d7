package bench

import (
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// TestStepperPageIsOfItsResult holds the committed page against the committed numbers.
func TestStepperPageIsOfItsResult(t *testing.T) {
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "bench", "results", "work-precision.json"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := ReadSteppers(text)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "work-precision.md"))
	if err != nil {
		t.Fatal(err)
	}
	if string(page) != r.Page() {
		t.Error("docs/work-precision.md is not what bench/results/work-precision.json gives, want `fieldbook bench work-precision`")
	}
	if want := (25*4 + 4*3) * len(stepperTolerances()); len(r.Runs) != want {
		t.Errorf("%d runs, want %d", len(r.Runs), want)
	}
}

func TestStepperMeans(t *testing.T) {
	r := SteppersResult{Runs: []StepperRun{
		{Set: "A", Problem: "A1", Stepper: "x", Tolerance: 1e-3, Error: 1e-2, NFE: 10},
		{Set: "A", Problem: "A2", Stepper: "x", Tolerance: 1e-3, Error: 1e-4, NFE: 1000},
		{Set: "A", Problem: "A3", Stepper: "x", Tolerance: 1e-3, Failure: "out of steps"},
	}}
	all := r.means()
	if len(all) != 1 || all[0].solved != 2 || all[0].not != 1 {
		t.Fatalf("means %+v, want one of two runs and a failure", all)
	}
	if e, n := math.Exp(all[0].errors/2), math.Exp(all[0].nfe/2); !(math.Abs(e-1e-3) < 1e-12) || !(math.Abs(n-100) < 1e-9) { // round-off
		t.Errorf("means %v and %v, want 1e-3 and 100", e, n)
	}
}
