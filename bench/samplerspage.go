package bench

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"github.com/fieldbook-go/fieldbook/plots"
)

// settled is how far an observed order may be from the theory's without a mark.
const settled = 0.2

// settled says whether an observed order is the theory's.
func (w samplerRow) settled(from int) bool {
	return math.Abs(w.observed(from)-float64(w.order)) <= settled
}

// samplerException is a row whose observed order is not the theory's, between which bounds it is, and why.
type samplerException struct {
	problem, sampler string
	from             int // evaluations, to twice as many
	low, high        float64
	reason           string
}

// Reasons that the other pair of evaluations shows to be so.
const (
	earlySteps = "the steps are still too long: the order rises towards the theory's"
	higherTerm = "a term of higher order is still a part of the error: the order falls towards the theory's"
)

// samplerExceptions is the whole list: the orders of all other rows are those of the theory.
func samplerExceptions() []samplerException {
	const (
		opposed = "the terms of second and of higher order are of opposite signs and cancel in part: with some thousands of evaluations the order is 2"
		ends    = "the term of first order in the variance is in proportion to σ², which is small at the end: between other times, as t = 1 and 0.2, the order is 1"
		start   = "the first step, which has no past and is of first order, leaves an error of second order, small as it is: from 768 and 1536 evaluations the orders are 3.1 and 2.2"
	)
	return []samplerException{
		{"RING8", "DPM-Solver-3S", 192, 2.62, 2.70, earlySteps},
		{"RING8", "DPM-Solver++-3S", 192, 2.60, 2.68, earlySteps},
		{"RING8", "tAB-DEIS-3", 192, 2.75, 2.83, earlySteps},
		{"RING8", "LMS-3", 192, 2.75, 2.83, earlySteps},
		{"RING8", "iPNDM-3", 192, 2.68, 2.76, higherTerm},
		{"RING8", "tAB-DEIS-4", 192, 3.64, 3.72, earlySteps},
		{"RING8", "LMS-4", 192, 3.65, 3.73, earlySteps},
		{"RING8", "λAB-DEIS-4", 192, 3.76, 3.84, earlySteps},
		{"RING8", "UniPC-4", 192, 4.76, 4.84, earlySteps},
		{"MIX16", "DPM-Solver-3S", 192, 2.54, 2.62, earlySteps},
		{"MIX16", "DPM-Solver++-3S", 192, 2.53, 2.61, earlySteps},
		{"MIX16", "LMS-3", 192, 2.74, 2.82, earlySteps},
		{"MIX16", "iPNDM-3", 192, 2.70, 2.78, higherTerm},
		{"MIX16", "LMS-4", 192, 3.70, 3.78, earlySteps},
		{"MIX16", "UniPC-4", 192, 3.95, 4.03, earlySteps},
		{"MIX16", "UniP-4", 192, 4.20, 4.28, higherTerm},
		{"LINE3", "DPM-Solver++-3S", 192, 2.74, 2.82, earlySteps},
		{"LINE3", "UniPC-3", 192, 4.23, 4.31, higherTerm},
		{"LINE3", "UniPC-4", 192, 4.68, 4.76, earlySteps},
		{"LINE3", "UniP-4", 192, 3.71, 3.79, start},
		{samplerStraight, "flow kutta3", 192, 2.67, 2.75, earlySteps},
		{samplerStraight, "flow rk4", 192, 3.44, 3.52, earlySteps},
		{samplerStraight, "flow three-eighths", 192, 3.47, 3.55, earlySteps},
		{samplerMoments, "SDE-DPM-Solver-1M", 192, 1.97, 2.05, ends},
		{samplerMoments, "ER-SDE-3, SDE5", 192, 3.95, 4.03, opposed},
		{samplerMoments, "ER-SDE-3, SDE1", 192, 3.18, 3.26, opposed},
		{samplerMoments, "ER-SDE-3, SDE4", 192, 1.57, 1.65, opposed},
		{"MIX16", "DPM-Solver++-3S", 384, 2.75, 2.83, earlySteps},
		{"MIX16", "iPNDM-3", 384, 2.31, 2.39, higherTerm},
		{"MIX16", "UniPC-4", 384, 4.60, 4.68, earlySteps},
		{"LINE3", "UniP-4", 384, 3.63, 3.71, start},
		{samplerStraight, "flow rk4", 384, 3.69, 3.77, earlySteps},
		{samplerStraight, "flow three-eighths", 384, 3.71, 3.79, earlySteps},
		{samplerMoments, "SDE-DPM-Solver-1M", 384, 1.97, 2.05, ends},
		{samplerMoments, "ER-SDE-3, SDE5", 384, 2.54, 2.62, opposed},
		{samplerMoments, "ER-SDE-3, SDE1", 384, 3.48, 3.56, opposed},
	}
}

// exception is the row's entry in the list.
func (w samplerRow) exception(from int) (samplerException, bool) {
	all := samplerExceptions()
	i := slices.IndexFunc(all, func(e samplerException) bool {
		return e.problem == w.problem && e.from == from && slices.Contains(w.names, e.sampler)
	})
	if i < 0 {
		return samplerException{}, false
	}
	return all[i], true
}

// Page is the tables in Markdown.
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
	r.introduce(line)
	problem := ""
	var notes samplerNotes
	for _, w := range rows {
		if w.problem != problem {
			problem = w.problem
			page.WriteString(samplerHead(samplerTitle(problem), "order from 192", "from 384", "theory"))
		}
		page.WriteString(w.markdown(&notes))
	}
	line("\n\n## Orders that are not the theory's\n")
	for i, reason := range notes.reasons {
		line("%s %s.", superscript(i+1), reason)
		line("")
	}
	line("## Orders below the number in the name\n")
	for _, text := range belowNames(rows) {
		line("- %s", text)
	}
	line("\n## Steps chosen by a tolerance\n")
	line("Absolute and relative tolerance of a step are the same number; in brackets are the evaluations, those of rejected steps included. DPM-Solver-12 and -23 are")
	line("`samplers.Adaptive` of orders 2 and 3 on the problems above, flow RK45 is `samplers.AdaptiveFlow` with Dormand and Prince's pair on the straight path.")
	r.adaptiveTable(&page)
	line("\n\n## Likelihoods\n")
	line("Errors of log p in nats, root mean square over %d points of data, against the closed form, by `diffusion.Likelihood` with four evaluations a step and the exact density of noise.", likelihoodPoints)
	line("Hutchinson's estimate of the trace by random signs is without bias, but its error does not fall with the steps: only more signs make it smaller. With the trace itself the order is 4 in theory.")
	r.likelihoodTable(&page)
	line("\n\nWritten by `go run ./cmd/fieldbook bench %s`.", samplersResult)
	return page.String(), nil
}

// introduce says what is measured and how, and what is not.
func (r SamplersResult) introduce(line func(format string, a ...any)) {
	line("The samplers that `samplers.Deterministic` and `samplers.Stochastic` list, flows, and those that choose their steps, in float64 with exact denoisers. Those without noise start from")
	line("%d points of noise; errors are root mean square distances from the exact ends of the flow. RING8 has two axes, MIX16 sixteen, LINE3 one, all with the standard variance-preserving", samplerPoints)
	line("schedule from t = 1 to 0.001 in equal steps of λ; flows follow the velocity of RING8 on the straight path from t = 0.01 to 0.99 in equal steps of t. With noise, errors are of the mean and")
	line("the deviation of the samples, without a draw, over four normal distributions; a linear denoiser may show a higher order than others would.\n")
	line("The references are by %d steps of the classical Runge–Kutta method in λ; twice the steps moved them by %s.\n", samplerRefSteps, r.changes())
	line("*Order* is the observed one, from 192 to 384 evaluations and from 384 to 768, against the theory's. There are two, since at 192 evaluations the steps are still too long for many")
	line("methods of order 3 and above: the second pair shows where the order goes. A star marks those that differ by more than %v, and the number after it the reason, below. Names in one row", settled)
	line("are one sampler, written in several ways. Errors of 0.1 and more on MIX16 are of a few points that end in another cluster.\n")
	line("Not here: trained networks, guidance, other grids and schedules, steps to no noise (they are of first order), other values of η and of churn; DDPM with the large")
	line("variance; ER-SDE backward with noise; UniPC-3 and -4 with B = h, which differ from those here in the first steps alone; `samplers.Consistency`, which wants a consistency function:")
	line("with a denoiser its error is not one of its steps, and has no order.\n")
	line("In the picture each panel has the samplers of one family in colour and all others of the problem in grey. Colours are the theory's order: blue 1, vermilion 2, green 3, purple 4,")
	line("orange 5; markers and strokes tell those of one order apart. A row of several names has the first one of the family.\n")
	line("The last two panels are of the tables at the end: steps by a tolerance, and likelihoods with a colour for each problem.\n\n![Error against evaluations](%s.png)", samplersResult)
}

// samplerNotes numbers the reasons for stars in the order of the page.
type samplerNotes struct{ reasons []string }

// mark is the number of a reason.
func (n *samplerNotes) mark(reason string) string {
	i := slices.Index(n.reasons, reason)
	if i < 0 {
		i = len(n.reasons)
		n.reasons = append(n.reasons, reason)
	}
	return superscript(i + 1)
}

// superscript is a number from 1 to 9, raised.
func superscript(i int) string { return string([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[i]) }

// adaptiveTable has a row for each sampler and problem.
func (r SamplersResult) adaptiveTable(page *strings.Builder) {
	head, rule := "\n| ", "\n|---"
	for _, v := range samplerTolerances() {
		head, rule = head+fmt.Sprintf(" | %.0e", v), rule+"|---"
	}
	page.WriteString(head + " |" + rule + "|")
	for runs := range slices.Chunk(r.Adaptive, len(samplerTolerances())) {
		fmt.Fprintf(page, "\n| %s, %s", runs[0].Sampler, runs[0].Problem)
		for _, run := range runs {
			fmt.Fprintf(page, " | %.2e (%d)", run.Error, run.NFE)
		}
		page.WriteString(" |")
	}
}

// likelihoodTable has a row for each way to the trace and problem.
func (r SamplersResult) likelihoodTable(page *strings.Builder) {
	page.WriteString(samplerHead("trace", "order from 192", "from 384"))
	for runs := range slices.Chunk(r.Likelihood, len(samplerNFE())) {
		w := samplerRow{}
		fmt.Fprintf(page, "\n| %s", likelihoodName(runs[0]))
		for _, run := range runs {
			fmt.Fprintf(page, " | %.2e", run.Error)
			w.errors = append(w.errors, run.Error)
		}
		for _, from := range orderPairs() {
			if runs[0].Probes > 0 {
				page.WriteString(" | –")
				continue
			}
			fmt.Fprintf(page, " | %.2f", w.observed(from))
		}
		page.WriteString(" |")
	}
}

func likelihoodName(run LikelihoodRun) string {
	switch run.Probes {
	case 0:
		return run.Problem + ", trace"
	case 1:
		return run.Problem + ", 1 sign vector"
	}
	return fmt.Sprintf("%s, %d sign vectors", run.Problem, run.Probes)
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
	switch problem {
	case samplerMoments:
		return "With noise: moments of normal distributions"
	case samplerStraight:
		return "Flows: RING8 on the straight path"
	}
	return problem
}

// samplerHead is a table's first two lines, with a column for each number of evaluations and then those named.
func samplerHead(title string, more ...string) string {
	cells := []string{title}
	for _, nfe := range samplerNFE() {
		cells = append(cells, strconv.Itoa(nfe))
	}
	cells = append(cells, more...)
	return "\n\n| " + strings.Join(cells, " | ") + " |\n|" + strings.Repeat("---|", len(cells))
}

func (w samplerRow) markdown(notes *samplerNotes) string {
	text := "\n| " + strings.Join(w.names, "; ")
	for _, e := range w.errors {
		text += fmt.Sprintf(" | %.2e", e)
	}
	for _, from := range orderPairs() {
		text += fmt.Sprintf(" | %.2f", w.observed(from))
		if w.settled(from) {
			continue
		}
		text += "*"
		if e, ok := w.exception(from); ok {
			text += notes.mark(e.reason)
		}
	}
	return text + fmt.Sprintf(" | %d |", w.order)
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

// samplerFamily is a panel of the picture for each problem of its kind.
type samplerFamily struct {
	title string
	has   func(name string) bool
}

func prefixed(prefixes ...string) func(name string) bool {
	return func(name string) bool {
		return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
	}
}

// samplerFamilies are those of samplers without noise and with it. Together each has all.
func samplerFamilies(problem string) []samplerFamily {
	switch problem {
	case samplerStraight:
		return []samplerFamily{{"Runge–Kutta", prefixed("flow")}}
	case samplerMoments:
		return []samplerFamily{
			{"one or two evaluations", prefixed("Euler", "DDPM", "DDIM", "EDM", "DPM")},
			{"SDE-DPM-Solver", prefixed("SDE")},
			{"ER-SDE-1", prefixed("ER-SDE-1")},
			{"ER-SDE-2", prefixed("ER-SDE-2")},
			{"ER-SDE-3", prefixed("ER-SDE-3")},
		}
	}
	return []samplerFamily{
		{"DPM-Solver", prefixed("DDIM", "DPM-Solver")},
		{"DEIS", prefixed("tAB", "λAB", "LMS")},
		{"UniPC", prefixed("Uni")},
		{"ER-SDE, PNDM, EDM", prefixed("ER-SDE", "iPNDM", "PNDM", "EDM", "DPM-2")},
	}
}

// look is how one of several lines of an order is drawn, so that no two of a panel are alike.
func look(order, among int) plots.Series {
	return plots.Series{
		Color:  plots.Palette()[order-1],
		Stroke: []plots.Stroke{plots.Solid, plots.Dashed, plots.Dotted}[among%3],
		Marker: []plots.Marker{plots.Circle, plots.Square, plots.Triangle, plots.Diamond, plots.Cross}[among%5],
	}
}

// samplerPanel draws a family in colour before the rest of the problem in grey.
func samplerPanel(rows []*samplerRow, problem string, f samplerFamily) plots.WorkPrecision {
	p := plots.WorkPrecision{
		Title: fmt.Sprintf("%s: %s", panelTitle(problem), f.title), Height: panelHeight, X: plots.Axis{Label: "evaluations"}, Y: plots.Axis{Label: "error"},
	}
	var own []plots.Series
	among := map[int]int{}
	for _, w := range rows {
		if w.problem != problem {
			continue
		}
		s := plots.Series{Color: color.Gray{Y: 0xD0}, Stroke: plots.Solid, Marker: plots.NoMarker}
		name := slices.IndexFunc(w.names, f.has)
		if name >= 0 {
			s = look(w.order, among[w.order])
			s.Name = w.names[name]
			among[w.order]++
		}
		s.X, s.Y = samplerX(), w.errors
		if name >= 0 {
			own = append(own, s)
		} else {
			p.Methods = append(p.Methods, s)
		}
	}
	p.Methods = append(p.Methods, own...)
	return p
}

// panelTitle is short, to stand before a family.
func panelTitle(problem string) string {
	switch problem {
	case samplerMoments:
		return "With noise"
	case samplerStraight:
		return "Straight path"
	}
	return problem
}

func samplerX() []float64 {
	var x []float64
	for _, nfe := range samplerNFE() {
		x = append(x, float64(nfe))
	}
	return x
}

// adaptivePanel has the samplers that choose their steps on all problems, a marker for each tolerance.
func (r SamplersResult) adaptivePanel() plots.WorkPrecision {
	p := plots.WorkPrecision{Title: "Steps by a tolerance, 0.01 to 1e-6", Height: panelHeight, X: plots.Axis{Label: "evaluations"}, Y: plots.Axis{Label: "error"}}
	orders, among := map[string]int{"DPM-Solver-12": 2, "DPM-Solver-23": 3, "flow RK45": 5}, map[string]int{}
	for runs := range slices.Chunk(r.Adaptive, len(samplerTolerances())) {
		name := runs[0].Sampler
		s := look(orders[name], among[name])
		among[name]++
		s.Name = name + ", " + runs[0].Problem
		for _, run := range runs {
			s.X, s.Y = append(s.X, float64(run.NFE)), append(s.Y, run.Error)
		}
		p.Methods = append(p.Methods, s)
	}
	return p
}

// likelihoodPanel has a colour for each problem.
func (r SamplersResult) likelihoodPanel() plots.WorkPrecision {
	p := plots.WorkPrecision{Title: "Likelihoods", Height: panelHeight, X: plots.Axis{Label: "evaluations"}, Y: plots.Axis{Label: "error of log p", Unit: "nat"}}
	var problems []string
	among := map[string]int{}
	for runs := range slices.Chunk(r.Likelihood, len(samplerNFE())) {
		problem := runs[0].Problem
		if !slices.Contains(problems, problem) {
			problems = append(problems, problem)
		}
		s := look(1+slices.Index(problems, problem), among[problem])
		among[problem]++
		s.Name, s.X = likelihoodName(runs[0]), samplerX()
		for _, run := range runs {
			s.Y = append(s.Y, run.Error)
		}
		p.Methods = append(p.Methods, s)
	}
	return p
}

// figureWidth leaves three panels in a row their legends, panelHeight lines of one order apart.
const (
	figureWidth = 250 * vg.Millimeter
	panelHeight = 80 * vg.Millimeter
)

// Figure is the error against the evaluations: a row of panels for each family without noise, with a problem in each column, then those with
// noise, flows, steps by a tolerance, and likelihoods.
//
// Errors: runs that are missing.
func (r SamplersResult) Figure() (plots.Figure, error) {
	rows, err := r.rows()
	if err != nil {
		return plots.Figure{}, err
	}
	grid := plots.Grid{Width: figureWidth}
	var problems []string
	for _, w := range rows {
		if !slices.Contains(problems, w.problem) {
			problems = append(problems, w.problem)
		}
	}
	var rest []plots.Drawing
	flows := slices.DeleteFunc(slices.Clone(problems), func(p string) bool { return p == samplerMoments || p == samplerStraight })
	for i := range samplerFamilies("") {
		var row []plots.Drawing
		for _, problem := range flows {
			row = append(row, samplerPanel(rows, problem, samplerFamilies(problem)[i]))
		}
		if len(row) > 0 {
			grid.Rows = append(grid.Rows, row)
		}
	}
	for _, problem := range []string{samplerMoments, samplerStraight} {
		for _, f := range samplerFamilies(problem) {
			if slices.Contains(problems, problem) {
				rest = append(rest, samplerPanel(rows, problem, f))
			}
		}
	}
	if len(r.Adaptive) > 0 {
		rest = append(rest, r.adaptivePanel())
	}
	if len(r.Likelihood) > 0 {
		rest = append(rest, r.likelihoodPanel())
	}
	for row := range slices.Chunk(rest, 3) {
		for len(row) < 3 {
			row = append(row, nil)
		}
		grid.Rows = append(grid.Rows, row)
	}
	return grid.Figure()
}
