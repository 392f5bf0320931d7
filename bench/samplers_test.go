package bench

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
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
	want := (len(samplers.Deterministic())*len(samplerProblems()) + len(flowMethods()) + len(samplers.Stochastic())) * len(samplerNFE())
	if len(r.Runs) != want {
		t.Errorf("%d runs, want %d", len(r.Runs), want)
	}
	// Two on each problem, one on the straight path.
	if want := (2*len(samplerProblems()) + 1) * len(samplerTolerances()); len(r.Adaptive) != want {
		t.Errorf("%d runs of steps by a tolerance, want %d", len(r.Adaptive), want)
	}
	if want := len(likelihoodProblems()) * len(likelihoodProbes()) * len(samplerNFE()); len(r.Likelihood) != want {
		t.Errorf("%d likelihoods, want %d", len(r.Likelihood), want)
	}
	for _, ref := range r.References {
		if !(ref.Change < 1e-10) {
			t.Errorf("the reference of %s moved by %v, want below 1e-10", ref.Problem, ref.Change)
		}
	}
}

// TestSamplersHaveTheirOrder wants the saved errors to fall as the theory says, neither slower nor faster, but for the exceptions that the
// page gives a reason for; and each of these to be one.
func TestSamplersHaveTheirOrder(t *testing.T) {
	r, _ := savedSamplers(t)
	rows, err := r.rows()
	if err != nil {
		t.Fatal(err)
	}
	used := map[samplerException]bool{}
	for _, problem := range wrongOrders(rows, used) {
		t.Error(problem)
	}
	for _, e := range samplerExceptions() {
		if !used[e] {
			t.Errorf("the exception %+v is none: no such row, or its order is the theory's", e)
		}
		if e.reason == "" || !(e.low < e.high) || e.high-e.low > 0.5 {
			t.Errorf("the exception %+v, want a reason and bounds no more than 0.5 apart", e)
		}
	}
}

// wrongOrders says which rows have an order that is neither the theory's nor that of an exception. It notes the exceptions that it needs.
func wrongOrders(rows []*samplerRow, used map[samplerException]bool) (problems []string) {
	for _, w := range rows {
		for _, from := range orderPairs() {
			if w.settled(from) {
				continue
			}
			o := w.observed(from)
			bad := func(format string, a ...any) {
				problems = append(problems, fmt.Sprintf("%s on %s from %d: order %.2f, ", w.names[0], w.problem, from, o)+fmt.Sprintf(format, a...))
			}
			e, ok := w.exception(from)
			if !ok {
				bad("want %d", w.order)
				continue
			}
			used[e] = true
			if !(o >= e.low && o <= e.high) {
				bad("want %v to %v, where %s", e.low, e.high, e.reason)
			}
			off := func(from int) float64 { return math.Abs(w.observed(from) - float64(w.order)) }
			if (e.reason == earlySteps || e.reason == higherTerm) && !(off(384) < off(192)) {
				bad("then %.2f, want it to go to %d, as %s", w.observed(384), w.order, e.reason)
			}
		}
	}
	return problems
}

// TestWrongOrdersAreFound: a sampler that converges faster than the theory says is as suspect as one that converges slower.
func TestWrongOrdersAreFound(t *testing.T) {
	row := func(problem, name string, order int, observed float64) *samplerRow {
		w := &samplerRow{problem: problem, names: []string{name}, order: order}
		for _, nfe := range samplerNFE() {
			w.errors = append(w.errors, math.Pow(float64(nfe), -observed))
		}
		return w
	}
	for _, c := range []struct {
		w     *samplerRow
		wrong bool
	}{
		{row("RING8", "a", 2, 2.19), false},
		{row("RING8", "a", 2, 2.21), true},
		{row("MIX16", "a", 2, 1.79), true},
		{row(samplerMoments, "SDE-DPM-Solver-1M", 1, 2), false},
		{row(samplerMoments, "SDE-DPM-Solver-1M", 1, 2.3), true},
		{row("RING8", "SDE-DPM-Solver-1M", 1, 2), true},  // the exception is that of another problem
		{row("RING8", "DPM-Solver++-3S", 3, 2.64), true}, // excused at the first pair, and there alone
	} {
		if got := wrongOrders([]*samplerRow{c.w}, map[samplerException]bool{}); (len(got) > 0) != c.wrong {
			t.Errorf("%s on %s of order %d: %q, want wrong = %v", c.w.names[0], c.w.problem, c.w.order, got, c.wrong)
		}
	}
}

// TestFamiliesHaveAllSamplers: each line of the picture is in colour, and has its name, somewhere.
func TestFamiliesHaveAllSamplers(t *testing.T) {
	r, _ := savedSamplers(t)
	for _, run := range r.Runs {
		if !slices.ContainsFunc(samplerFamilies(run.Problem), func(f samplerFamily) bool { return f.has(run.Sampler) }) {
			t.Errorf("%s on %s is in no panel", run.Sampler, run.Problem)
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
	if err != nil || len(rows) != 2 || len(rows[0].names) != 2 || math.Abs(rows[1].observed(384)-3) > 1e-12 { // round-off
		t.Fatalf("%+v, %v, want a with b, and c of order 3", rows, err)
	}
	page, err := r.Page()
	if err != nil || !strings.Contains(page, "| a; b | 4.34e-04") || !strings.Contains(page, "| 3.00* | 3.00* | 2 |") {
		t.Errorf("%v, the page lacks a row or a mark:\n%s", err, page)
	}
	if _, err := r.Figure(); err != nil {
		t.Error(err)
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
