package bench

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/plots"
)

// settled is how far an observed order may be from the theory's without a mark.
const settled = 0.2

// settled says whether the observed order is the theory's.
func (w samplerRow) settled() bool { return math.Abs(w.observed()-float64(w.order)) <= settled }

// samplerException is a row whose observed order is not the theory's, between which bounds it is, and why.
type samplerException struct {
	problem, sampler string
	low, high        float64
	reason           string
}

// samplerExceptions is the whole list: the orders of all other rows are those of the theory.
func samplerExceptions() []samplerException {
	const (
		early   = "the steps are still too long: the order rises towards the theory's with more evaluations"
		third   = "the term of third order is still a part of the error: the order falls towards 2 with more evaluations"
		opposed = "the terms of second and of higher order are of opposite signs and cancel in part; with some thousands of evaluations the order is 2"
		ends    = "the term of first order in the variance is in proportion to σ², which is small at the end: between other times, as t = 1 and 0.2, the order is 1"
	)
	return []samplerException{
		{"MIX16", "DPM-Solver++-3S", 2.75, 2.80, early},
		{"MIX16", "iPNDM-3", 2.20, 2.40, third},
		{samplerMoments, "SDE-DPM-Solver-1M", 1.95, 2.05, ends},
		{samplerMoments, "ER-SDE-3, SDE5", 2.50, 2.65, opposed},
		{samplerMoments, "ER-SDE-3, SDE1", 3.40, 3.60, opposed},
	}
}

// exception is the row's entry in the list.
func (w samplerRow) exception() (samplerException, bool) {
	all := samplerExceptions()
	i := slices.IndexFunc(all, func(e samplerException) bool { return e.problem == w.problem && slices.Contains(w.names, e.sampler) })
	if i < 0 {
		return samplerException{}, false
	}
	return all[i], true
}

// Page is the table in Markdown.
//
// Errors: runs that are missing.
func (r SamplersResult) Page() (string, error) {
	rows, err := r.rows()
	if err != nil {
		return "", err
	}
	var page strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&page, format+"\n", a...) }
	line("# Errors of the samplers\n")
	line("All samplers of `diffusion/samplers` on the standard variance-preserving schedule, from t = 1 to 0.001 in equal steps of λ, in float64 with exact denoisers. Those without")
	line("noise start from %d points of noise; errors are root mean square distances from the exact ends of the flow. RING8 has two axes, MIX16 sixteen, LINE3 one. With noise,", samplerPoints)
	line("errors are of the mean and the deviation of the samples, without a draw, over four normal distributions; a linear denoiser may show a higher order than others would.\n")
	line("The references are by %d steps of the classical Runge–Kutta method in λ; twice the steps moved them by %s.\n", samplerRefSteps, r.changes())
	line("*Order* is the observed one, from %d to %d evaluations, against the theory's. A star marks those that differ by more than %v: the errors are not yet in the regime of", samplerNFE()[len(samplerNFE())-2], samplerNFE()[len(samplerNFE())-1], settled)
	line("small steps. Names in one row are one sampler, written in several ways. Errors of 0.1 and more on MIX16 are of a few points that end in another cluster.\n\n![Error against evaluations](%s.png)", samplersResult)
	problem := ""
	for _, w := range rows {
		if w.problem != problem {
			problem = w.problem
			page.WriteString(samplerHead(problem))
		}
		page.WriteString(w.markdown())
	}
	line("\n\n## Orders below the number in the name\n")
	for _, text := range belowNames(rows) {
		line("- %s", text)
	}
	line("\nWritten by `go run ./cmd/fieldbook bench %s`.", samplersResult)
	return page.String(), nil
}

// changes are those of the references.
func (r SamplersResult) changes() string {
	var texts []string
	for _, ref := range r.References {
		texts = append(texts, fmt.Sprintf("%.0e (%s)", ref.Change, ref.Problem))
	}
	return strings.Join(texts, ", ")
}

func samplerTitle(problem string) string {
	if problem == samplerMoments {
		return "With noise: moments of normal distributions"
	}
	return problem
}

func samplerHead(problem string) string {
	head, rule := "\n\n| "+samplerTitle(problem), "\n|---"
	for _, nfe := range samplerNFE() {
		head, rule = head+fmt.Sprintf(" | %d", nfe), rule+"|---"
	}
	return head + " | order | theory |" + rule + "|---|---|"
}

func (w samplerRow) markdown() string {
	text := "\n| " + strings.Join(w.names, "; ")
	for _, e := range w.errors {
		text += fmt.Sprintf(" | %.2e", e)
	}
	star := ""
	if !w.settled() {
		star = "*"
	}
	return text + fmt.Sprintf(" | %.2f%s | %d |", w.observed(), star, w.order)
}

// belowNames says of the samplers whose order is below their names what it is and why.
func belowNames(rows []*samplerRow) []string {
	var reasons []string
	names := map[string][]string{}
	for _, w := range rows {
		if w.below == "" {
			continue
		}
		reason := fmt.Sprintf("order %d, since %s.", w.order, w.below)
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
		for _, name := range w.names {
			if !slices.Contains(names[reason], name) {
				names[reason] = append(names[reason], name)
			}
		}
	}
	texts := make([]string, len(reasons))
	for i, reason := range reasons {
		texts[i] = strings.Join(names[reason], "; ") + ": " + reason
	}
	return texts
}

// drawnSamplers are those of the picture: of all of them it would be a thicket.
func drawnSamplers() map[string]bool {
	return map[string]bool{
		"DDIM": true, "DPM-Solver-2S": true, "DPM-Solver-3S": true, "DPM-Solver++-2M": true, "UniPC-2": true, "EDM Heun": true, "tAB-DEIS-3": true,
		"DDIM, η = 1": true, "SDE-DPM-Solver++-2M": true, "ER-SDE-2, SDE5": true, "ER-SDE-3, SDE5": true, "ER-SDE-3, reverse SDE": true, "EDM Heun, churn 8": true,
	}
}

// Figure is the error against the evaluations, a panel for each problem.
//
// Errors: runs that are missing.
func (r SamplersResult) Figure() (plots.Figure, error) {
	rows, err := r.rows()
	if err != nil {
		return plots.Figure{}, err
	}
	var problems []string
	series := map[string][]plots.Series{}
	for _, w := range rows {
		name := slices.IndexFunc(w.names, func(n string) bool { return drawnSamplers()[n] })
		if name < 0 {
			continue
		}
		if !slices.Contains(problems, w.problem) {
			problems = append(problems, w.problem)
		}
		s := plots.Series{Name: w.names[name], Y: w.errors}
		for _, nfe := range samplerNFE() {
			s.X = append(s.X, float64(nfe))
		}
		series[w.problem] = append(series[w.problem], s)
	}
	var grid plots.Grid
	for i, problem := range problems {
		if i%2 == 0 {
			grid.Rows = append(grid.Rows, nil)
		}
		row := &grid.Rows[len(grid.Rows)-1]
		*row = append(*row, plots.WorkPrecision{
			Title: samplerTitle(problem), X: plots.Axis{Label: "evaluations"}, Y: plots.Axis{Label: "error"}, Methods: series[problem],
		})
	}
	return grid.Figure()
}
