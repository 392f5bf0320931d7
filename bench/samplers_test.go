package bench

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/diffusion/samplers"
	"github.com/fieldbook-go/fieldbook/internal/place"
)

// savedSamplers is the committed result.
func savedSamplers(t *testing.T) (r SamplersResult, root string) {
	t.Helper()
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "bench", "results", "samplers.json"))
	if err != nil {
		t.Fatal(err)
	}
	if r, err = ReadSamplers(text); err != nil {
		t.Fatal(err)
	}
	return r, root
}

// TestSamplersPageIsOfItsResult holds the committed page against the committed numbers, and these against the list of samplers.
func TestSamplersPageIsOfItsResult(t *testing.T) {
	r, root := savedSamplers(t)
	page, err := os.ReadFile(filepath.Join(root, "docs", "samplers.md"))
	if err != nil {
		t.Fatal(err)
	}
	if want, err := r.Page(); err != nil || string(page) != want {
		t.Errorf("docs/samplers.md is not what bench/results/samplers.json gives (%v), want `fieldbook bench samplers`", err)
	}
	want := (len(samplers.Deterministic())*len(samplerProblems()) + len(samplers.Stochastic())) * len(samplerNFE())
	if len(r.Runs) != want {
		t.Errorf("%d runs, want %d", len(r.Runs), want)
	}
	for _, ref := range r.References {
		if !(ref.Change < 1e-10) {
			t.Errorf("the reference of %s moved by %v, want below 1e-10", ref.Problem, ref.Change)
		}
	}
}

// TestSamplersHaveTheirOrder wants the saved errors to fall at least as fast as the theory says. On MIX16 768 evaluations may be too few for
// that, of which the page's star tells: there the order must still rise.
func TestSamplersHaveTheirOrder(t *testing.T) {
	r, _ := savedSamplers(t)
	rows, err := r.rows()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range rows {
		n := len(w.errors)
		before := math.Log2(w.errors[n-3] / w.errors[n-2])
		if !(w.observed() > float64(w.order)-settled) && !(w.problem == "MIX16" && w.observed() > before) {
			t.Errorf("%s on %s: order %.2f, want %d", w.names[0], w.problem, w.observed(), w.order)
		}
	}
}

func TestSamplerRows(t *testing.T) {
	var r SamplersResult
	add := func(name string, scale, order float64) {
		for _, nfe := range samplerNFE() {
			r.Runs = append(r.Runs, SamplerRun{Problem: "p", Sampler: name, Order: 2, NFE: nfe, Error: scale * math.Pow(float64(nfe), -order)})
		}
	}
	add("a", 1, 2)
	add("b", 1+1e-9, 2)
	add("c", 2, 3)
	rows, err := r.rows()
	if err != nil || len(rows) != 2 || len(rows[0].names) != 2 || math.Abs(rows[1].observed()-3) > 1e-12 { // round-off
		t.Fatalf("%+v, %v, want a with b, and c of order 3", rows, err)
	}
	page, err := r.Page()
	if err != nil || !strings.Contains(page, "| a; b | 4.34e-04") || !strings.Contains(page, "| 3.00* | 2 |") {
		t.Errorf("%v, the page lacks a row or a mark:\n%s", err, page)
	}
	r.Runs[1].Error = 0
	if _, err := r.Page(); err == nil || !strings.Contains(err.Error(), "want an error above 0 of a in 96 evaluations") {
		t.Errorf("an error of 0 gives %v", err)
	}
	r.Runs = r.Runs[:3]
	if _, err := r.Figure(); err == nil || !strings.Contains(err.Error(), "a sampler lacks runs") {
		t.Errorf("too few runs give %v", err)
	}
}
