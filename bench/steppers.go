package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/gomlx/compute"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/plots"
	"github.com/fieldbook-go/fieldbook/solvers/ode"
	"github.com/fieldbook-go/fieldbook/solvers/ode/problems"
)

// StepperRun is one solve of one problem.
type StepperRun struct {
	Set       string  `json:"set"` // DETEST's classes A to E, or stiff
	Problem   string  `json:"problem"`
	Stepper   string  `json:"stepper"`
	Tolerance float64 `json:"tolerance"` // relative, and absolute in units of the solution
	Error     float64 `json:"error"`     // at the end
	NFE       int     `json:"nfe"`
	Steps     int     `json:"steps"`
	Failure   string  `json:"failure,omitempty"`
}

// SteppersResult is what bench/results/work-precision.json holds. It has no times, so that it is the same wherever it is made.
type SteppersResult struct {
	Name string       `json:"name"`
	Runs []StepperRun `json:"runs"`
}

const (
	stepperResult = "work-precision"
	stiffSet      = "stiff"
	stepperMost   = 200_000 // steps of a solve
)

func stepperTolerances() []float64 { return []float64{1e-3, 1e-5, 1e-7, 1e-9, 1e-11} }

// Steppers solves DETEST's problems and the stiff set by the steppers for them, at all tolerances.
func Steppers(ctx context.Context, report io.Writer) (SteppersResult, error) {
	b, err := backend.New()
	if err != nil {
		return SteppersResult{}, err
	}
	r := SteppersResult{Name: stepperResult}
	detest, err := problems.DETEST()
	if err != nil {
		return r, err
	}
	for _, p := range detest {
		for _, m := range []ode.Stepper{ode.Bosh3(), ode.Dopri5(), ode.Tsit5(), ode.Dopri8()} {
			if err := r.solve(ctx, b, p.Name[:1], p, m); err != nil {
				return r, err
			}
		}
		fmt.Fprintf(report, "DETEST %s\n", p.Name)
	}
	for _, p := range problems.Stiff() {
		for _, m := range []ode.Stepper{ode.Rodas5P{}, ode.Kvaerno5{}, ode.KenCarp4{}} {
			if err := r.solve(ctx, b, stiffSet, p, m); err != nil {
				return r, err
			}
		}
		fmt.Fprintf(report, "stiff: %s\n", p.Name)
	}
	return r, nil
}

// solve adds the runs of one problem by one stepper.
func (r *SteppersResult) solve(ctx context.Context, b compute.Backend, set string, p problems.Problem, m ode.Stepper) error {
	q := ode.Problem{Field: func(t, y *Node, _ []*Node) *Node { return p.Field(t, y) }}
	if _, is := m.(ode.KenCarp4); is { // all of it implicit
		q.Stiff = q.Field
		q.Field = func(_, y *Node, _ []*Node) *Node { return ZerosLike(y) }
	}
	program, err := ode.Solve{Stepper: m, MaxSteps: stepperMost}.Compile(b, q)
	if err != nil {
		return err
	}
	defer program.Close()
	for _, tolerance := range stepperTolerances() {
		if err := ctx.Err(); err != nil {
			return err
		}
		run := StepperRun{Set: set, Problem: p.Name, Stepper: m.Info().Name, Tolerance: tolerance}
		unit := errorUnit(set, p.Reference)
		in := ode.Input{Y0: tensors.FromFlatDataAndDimensions(p.Start, 1, len(p.Start)), Times: []float64{p.End}, RTol: tolerance, ATol: tolerance * unit(0)}
		sol, err := program.Run(in)
		var failure *ode.FailureError
		switch {
		case errors.As(err, &failure):
			run.Failure = failure.Status.String()
		case err != nil:
			return fmt.Errorf("bench: %s by %s at %g: %w", p.Name, run.Stepper, tolerance, err)
		default:
			for i, y := range tensors.MustCopyFlatData[float64](sol.Y) {
				run.Error = max(run.Error, math.Abs(y-p.Reference[i])/unit(math.Abs(p.Reference[i])))
			}
		}
		run.NFE, run.Steps = sol.Stats.NFE, sol.Stats.Steps+sol.Stats.Rejected
		r.Runs = append(r.Runs, run)
	}
	return nil
}

// errorUnit is what the error of a component of some size is measured in: in the largest component, but at least 1, for
// DETEST's problems; for stiff ones, whose components differ by many orders, in its own size, but at least 1e-8 of the largest.
func errorUnit(set string, reference []float64) func(size float64) float64 {
	largest := 0.0
	for _, y := range reference {
		largest = max(largest, math.Abs(y))
	}
	if set != stiffSet {
		return func(float64) float64 { return max(1, largest) }
	}
	return func(size float64) float64 { return max(size, 1e-8*largest) }
}

// ReadSteppers reads the saved result.
func ReadSteppers(text []byte) (SteppersResult, error) {
	var r SteppersResult
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("bench: %s: %w", stepperResult, err)
	}
	return r, nil
}

// Save writes the result, and the page and the picture that are made of it.
func (r SteppersResult) Save(root string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return fmt.Errorf("bench: result of %s: %w", r.Name, err)
	}
	figure, err := r.Figure()
	if err != nil {
		return err
	}
	return savePage(root, r.Name, text, r.Page(), figure)
}

// stepperMean is the geometric means over the problems of a set that were solved, and how many were not.
type stepperMean struct {
	set, stepper string
	tolerance    float64
	errors, nfe  float64 // logarithms, summed
	solved, not  int
}

// means is in the order of the runs.
func (r SteppersResult) means() []*stepperMean {
	var all []*stepperMean
	for _, run := range r.Runs {
		var m *stepperMean
		for _, old := range all {
			if old.set == run.Set && old.stepper == run.Stepper && old.tolerance == run.Tolerance {
				m = old
			}
		}
		if m == nil {
			m = &stepperMean{set: run.Set, stepper: run.Stepper, tolerance: run.Tolerance}
			all = append(all, m)
		}
		if run.Failure != "" {
			m.not++
			continue
		}
		m.solved++
		m.errors += math.Log(max(run.Error, 1e-17)) // an error of 0 is below round-off
		m.nfe += math.Log(float64(run.NFE))
	}
	return all
}

// Page is the table in Markdown.
func (r SteppersResult) Page() string {
	var page strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&page, format+"\n", a...) }
	line("# Work and precision of the steppers\n")
	line("DETEST's classes (A single equations, B small systems, C moderate systems, D orbits, E of higher order) and four stiff problems (Robertson, van der Pol,")
	line("HIRES, Oregonator), float64, adaptive steps. Each number is a geometric mean over a class: evaluations of the field, and the error at the end. Errors are in units")
	line("of the largest component (but at least 1) for DETEST, of each component for stiff problems. Implicit steppers' evaluations include those of their")
	line("iterations, not those of Jacobians.\n\n![Error against evaluations](%s.png)", stepperResult)
	set := ""
	row := ""
	for _, m := range r.means() {
		if m.set != set {
			set, row = m.set, ""
			head, rule := "| "+setTitle(set), "|---"
			for _, tolerance := range stepperTolerances() {
				head, rule = head+fmt.Sprintf(" | %.0e", tolerance), rule+"|---"
			}
			page.WriteString("\n\n" + head + " |\n" + rule + "|")
		}
		if m.stepper != row {
			row = m.stepper
			page.WriteString("\n| " + row + " |")
		}
		cell := "not solved"
		if m.solved > 0 {
			cell = fmt.Sprintf("%.0f, %.1e", math.Exp(m.nfe/float64(m.solved)), math.Exp(m.errors/float64(m.solved)))
			if m.not > 0 {
				cell += fmt.Sprintf(" (%d not solved)", m.not)
			}
		}
		page.WriteString(" " + cell + " |")
	}
	line("\n\nWritten by `go run ./cmd/fieldbook bench %s`.", stepperResult)
	return page.String()
}

func setTitle(set string) string {
	if set == stiffSet {
		return "stiff"
	}
	return "DETEST " + set
}

// Figure is the error against the evaluations, a panel for each class.
func (r SteppersResult) Figure() (plots.Figure, error) {
	var sets []string
	series := map[string][]plots.Series{}
	for _, m := range r.means() {
		if m.solved == 0 {
			continue
		}
		if _, seen := series[m.set]; !seen {
			sets = append(sets, m.set)
		}
		list := series[m.set]
		if len(list) == 0 || list[len(list)-1].Name != m.stepper {
			list = append(list, plots.Series{Name: m.stepper})
		}
		last := &list[len(list)-1]
		last.X = append(last.X, math.Exp(m.nfe/float64(m.solved)))
		last.Y = append(last.Y, math.Exp(m.errors/float64(m.solved)))
		series[m.set] = list
	}
	var grid plots.Grid
	for i, set := range sets {
		if i%2 == 0 {
			grid.Rows = append(grid.Rows, nil)
		}
		row := &grid.Rows[len(grid.Rows)-1]
		*row = append(*row, plots.WorkPrecision{
			Title: setTitle(set), X: plots.Axis{Label: "evaluations"}, Y: plots.Axis{Label: "error at the end"}, Methods: series[set],
		})
	}
	return grid.Figure()
}
