package bench

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/place"
)

// speedNames are the results of docs/choosing.md's section on speed, in its order.
func speedNames() []string {
	return []string{
		"pinn-burgers", "pinn-allen-cahn", "sample-mlp", "sample-unet", "train-denoiser-mlp", "train-denoiser-unet", "convolution-forward", "convolution-gradient",
	}
}

// readResult reads a result out of bench/results.
func readResult(t *testing.T, root, name string) (r Result) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "bench", "results", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// choosingRow is a row of docs/choosing.md's tables of times.
func choosingRow(r Result) string {
	var peers []string
	for _, e := range r.Peers {
		peers = append(peers, fmt.Sprintf("%s %s: %.4g (%.2f×)", e.Name, e.Version, e.BestMS, e.BestMS/r.Ours.BestMS))
	}
	return fmt.Sprintf("| %s | %.4g | %s |\n", r.Title, r.Ours.BestMS, strings.Join(peers, ", "))
}

// speedTable is the table of the section on speed: a row for each peer, with the ratios by the best and by the median times. A ratio below 1, by
// which we are behind, is bold.
func speedTable(results []Result) string {
	var s strings.Builder
	s.WriteString("| | ours, best ms | beside | best ms | times ours, by the best | by the medians | measured by `fieldbook bench …` |\n|---|---|---|---|---|---|---|\n")
	ratio := func(a, b float64) string {
		text := fmt.Sprintf("%.2f×", a/b)
		if text < "1" { // as it is read
			return "**" + text + "**"
		}
		return text
	}
	for _, r := range results {
		for i, e := range r.Peers {
			title, ours, command := r.Title, fmt.Sprintf("%.4g", r.Ours.BestMS), "`"+r.Name+"`"
			if i > 0 {
				title, ours, command = "", "", ""
			}
			fmt.Fprintf(&s, "| %s | %s | %s %s | %.4g | %s | %s | %s |\n", title, ours, e.Name, e.Version, e.BestMS,
				ratio(e.BestMS, r.Ours.BestMS), ratio(e.MedianMS, r.Ours.MedianMS), command)
		}
	}
	return s.String()
}

// least lists the peers whose best times over ours are from low to below high, the fastest peer first.
func least(results []Result, low, high float64) string {
	type peer struct {
		ratio float64
		text  string
	}
	var peers []peer
	for _, r := range results {
		for _, e := range r.Peers {
			if q := e.BestMS / r.Ours.BestMS; q >= low && q < high {
				peers = append(peers, peer{q, fmt.Sprintf("`%s` beside %s, %.2f×", r.Name, e.Name, q)})
			}
		}
	}
	slices.SortFunc(peers, func(a, b peer) int { return cmp.Compare(a.ratio, b.ratio) })
	var texts []string
	for _, p := range peers {
		texts = append(texts, p.text)
	}
	return strings.Join(texts, "; ") + ".\n"
}

// behind lists what is faster than ours.
func behind(results []Result) string { return "Behind, by the best times: " + least(results, 0, 1) }

// closeTo lists what is slower than ours by little.
func closeTo(results []Result) string { return "Ahead by less than 1.5×: " + least(results, 1, 1.5) }

// optimizerTable is the least error of each optimizer on each problem.
func optimizerTable(r OptimizersResult) string {
	head, rule := "| least error on |", "|---|"
	for _, f := range optimizerFits() {
		head, rule = head+" "+f.name+" |", rule+"---|"
	}
	lines := []string{head, rule}
	for _, c := range optimizerCases() {
		line := "| " + c.name + " |"
		for _, f := range optimizerFits() {
			for _, run := range r.of(c.name) {
				if least, _ := run.best(); run.Optimizer == f.name {
					line += fmt.Sprintf(" %.1e |", least)
				}
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n") + "\n"
}

// TestChoosingPageIsOfItsResults holds docs/choosing.md against the committed numbers. What fails is to be pasted from the error.
func TestChoosingPageIsOfItsResults(t *testing.T) {
	root, err := place.Root()
	if err != nil {
		t.Fatal(err)
	}
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(root, "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	page := read("choosing.md")
	var results []Result
	for _, name := range speedNames() {
		results = append(results, readResult(t, root, name))
	}
	optimizers, err := readOptimizers(root)
	if err != nil {
		t.Fatal(err)
	}
	for what, want := range map[string]string{
		"the table of the section on speed": speedTable(results),
		"what is behind":                    behind(results),
		"what is hardly ahead":              closeTo(results),
		"the errors of the optimizers":      optimizerTable(optimizers),
	} {
		if !strings.Contains(page, "\n"+want) {
			t.Errorf("docs/choosing.md has not %s as bench/results gives it, want\n%s", what, want)
		}
	}
	for _, b := range All() {
		if strings.Contains(page, "\n| "+b.Title+" | ") && !slices.Contains(speedNames(), b.Name) {
			if want := choosingRow(readResult(t, root, b.Name)); !strings.Contains(page, "\n"+want) {
				t.Errorf("docs/choosing.md has another row of %s than bench/results gives, want\n%s", b.Name, want)
			}
		}
	}
	_, sampled, is := strings.Cut(page, "\n| MIX16 |")
	if !is {
		t.Fatal("docs/choosing.md has no table of samplers that starts with MIX16")
	}
	sampled, _, _ = strings.Cut("\n| MIX16 |"+sampled, "\n\n")
	of := read("samplers.md")
	_, of, _ = strings.Cut(of, "\n\n| MIX16 |")
	of, _, _ = strings.Cut("\n| MIX16 |"+of, "\n\n")
	for _, row := range strings.Split(strings.TrimSpace(sampled), "\n") {
		if !strings.Contains(of+"\n", "\n"+row+"\n") {
			t.Errorf("docs/choosing.md has the row %q of a sampler, want it as in docs/samplers.md", row)
		}
	}
}

func TestChoosingTablesShowMisses(t *testing.T) {
	r := Result{
		Name: "work", Title: "Work", Ours: Entry{BestMS: 2, MedianMS: 3},
		Peers: []Entry{{Name: "A", Version: "1", BestMS: 1, MedianMS: 6}, {Name: "B", Version: "2", BestMS: 4, MedianMS: 2.4}},
	}
	table := speedTable([]Result{r})
	for _, want := range []string{"| Work | 2 | A 1 | 1 | **0.50×** | 2.00× | `work` |\n", "|  |  | B 2 | 4 | 2.00× | **0.80×** |  |\n"} {
		if !strings.Contains(table, want) {
			t.Errorf("table\n%s, want in it\n%s", table, want)
		}
	}
	if got, want := behind([]Result{r}), "Behind, by the best times: `work` beside A, 0.50×.\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
