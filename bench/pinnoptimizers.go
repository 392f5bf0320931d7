package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/layers/neuralfield"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/pinns/problems"
	"github.com/fieldbook-go/fieldbook/plots"
	"github.com/fieldbook-go/fieldbook/zoo"
)

const optimizerResult = "pinn-optimizers"

// OptimizerRun is one training of a physics-informed network, as its error falls with time.
type OptimizerRun struct {
	Problem    string    `json:"problem"`
	Optimizer  string    `json:"optimizer"`
	Parameters int       `json:"parameters"`
	Cores      int       `json:"cores"`
	Date       string    `json:"date"`
	Commit     string    `json:"commit"`
	Compiling  float64   `json:"compiling"` // s, all phases
	Seconds    []float64 `json:"seconds"`   // since the start, compiling included
	Steps      []int64   `json:"steps"`
	Errors     []float64 `json:"errors"` // relative L2, on the problem's reference
	Failure    string    `json:"failure,omitempty"`
}

// best is the least error, and when it was reached.
func (r OptimizerRun) best() (least, seconds float64) {
	least = math.Inf(1)
	for i, e := range r.Errors {
		if e < least {
			least, seconds = e, r.Seconds[i]
		}
	}
	return least, seconds
}

// reached is when the error was first at most bound; +Inf if never.
func (r OptimizerRun) reached(bound float64) float64 {
	for i, e := range r.Errors {
		if e <= bound {
			return r.Seconds[i]
		}
	}
	return math.Inf(1)
}

// OptimizersResult is what bench/results/pinn-optimizers.json holds.
type OptimizersResult struct {
	Name string         `json:"name"`
	Runs []OptimizerRun `json:"runs"`
}

// optimizerCase is one problem: its network, which is the same for all optimizers, and what its best must reach.
type optimizerCase struct {
	name   string
	solver pinns.Solver
	limit  time.Duration // of each run
	bound  float64       // the least of the errors must be at most this; 0: nothing is asked
	within time.Duration
	damp   float64 // λ of natural gradients
	adam   int     // steps that take about the limit
	second int     // steps of L-BFGS after half as many of Adam
	square int     // steps of the two that solve least-squares problems
	warm   int     // steps of Adam before those
	moves  int     // times in a phase that the points inside are drawn anew where the residual is large; L-BFGS, which needs one loss, draws once
}

// tanhs is a network of so many layers.
func tanhs(depth, width int) neuralfield.MLP {
	widths := make([]int, depth+1)
	for i := range widths {
		widths[i] = width
	}
	widths[depth] = 1
	return neuralfield.MLP{Widths: widths, Activation: layers.TanhUnit}
}

func optimizerCases() []optimizerCase {
	burgers := pinns.Solver{
		Network: tanhs(3, 20), Interior: 1500, Boundary: 100,
		Ansatz: map[string]string{"u": "-sin(pi*x) + t*(1-x^2)*N"}, Hard: []string{"initial", "boundary"},
	}
	mild, sharp := burgers, burgers
	mild.Problem, sharp.Problem = problems.Burgers(0.1/math.Pi), problems.Burgers(0.01/math.Pi)
	sharp.Network, sharp.Interior = tanhs(4, 20), 3000
	return []optimizerCase{
		{
			name: "Poisson 2-D", limit: time.Minute, bound: 1e-6, within: time.Minute, damp: 1e-11, adam: 20_000, second: 10_000, square: 250,
			solver: pinns.Solver{Network: tanhs(2, 32), Problem: problems.Poisson(2), Interior: 900, Boundary: 120, Weights: map[string]float64{"boundary": 100}},
		},
		{name: "Burgers 0.1/π", limit: time.Minute, bound: 1e-4, within: time.Minute, damp: 1e-11, adam: 20_000, second: 10_000, square: 250, solver: mild},
		{name: "Burgers 0.01/π", limit: 75 * time.Second, bound: 5e-4, within: 5 * time.Minute, damp: 1e-9, adam: 14_000, second: 6_000, square: 120, warm: 2500, moves: 20, solver: sharp},
		{
			name: "Allen–Cahn", limit: 2 * time.Minute, bound: 5e-3, within: 5 * time.Minute, damp: 1e-9, adam: 20_000, second: 12_000, square: 100, warm: 4000, moves: 20,
			solver: pinns.Solver{
				Network: tanhs(4, 24), Problem: problems.AllenCahn(), Interior: 3000, Harmonics: map[string]int{"x": 5},
				Ansatz: map[string]string{"u": "x^2*cos(pi*x) + t*N"}, Hard: []string{"initial"},
			},
		},
		{
			name: "Helmholtz", limit: time.Minute, damp: 1e-11, adam: 20_000, second: 10_000, square: 250,
			solver: pinns.Solver{Network: tanhs(3, 24), Problem: problems.Helmholtz(1, 4), Interior: 1500, Boundary: 100, Weights: map[string]float64{"boundary": 100}},
		},
	}
}

// optimizerFit is one way to train.
type optimizerFit struct {
	name string
	fit  func(c optimizerCase) train.Fit
}

// adam is Adam with a rate that falls.
func adam(steps int) train.Fit {
	return train.Fit{Steps: steps, Rate: 2e-3, Schedule: optimizers.Cosine{}, Precision: train.Float32}
}

// warmed is the fit after some steps of Adam.
func (c optimizerCase) warmed(fit train.Fit) train.Fit {
	if c.warm == 0 {
		return fit
	}
	return adam(c.warm).Then(fit)
}

// sampled is the solver with points that move so often in a phase.
func (c optimizerCase) sampled(fit train.Fit) pinns.Solver {
	s := c.solver
	switch {
	case c.moves == 0:
	case fit.Host != nil:
		s.Sampling = pinns.RAD{Period: fit.Steps}
	default:
		s.Sampling = pinns.RAD{Period: max(1, fit.Steps/c.moves)}
	}
	return s
}

func optimizerFits() []optimizerFit {
	return []optimizerFit{
		{"Adam", func(c optimizerCase) train.Fit { return adam(c.adam) }},
		{"Adam → L-BFGS", func(c optimizerCase) train.Fit {
			first := adam(c.adam / 4)
			return first.Then(train.Fit{Steps: c.second, Host: optimizers.LBFGS{Memory: 50}, Precision: train.Float64})
		}},
		{"SOAP", func(c optimizerCase) train.Fit {
			fit := adam(c.adam / 2)
			fit.Optimizer = optimizers.SOAP{}
			return fit
		}},
		{"Levenberg–Marquardt", func(c optimizerCase) train.Fit {
			return c.warmed(train.Fit{Steps: c.square, Optimizer: optimizers.LevenbergMarquardt{}, Precision: train.Float64})
		}},
		{"natural gradient", func(c optimizerCase) train.Fit {
			return c.warmed(train.Fit{Steps: c.square, Optimizer: optimizers.NaturalGradient{Damping: c.damp}, Precision: train.Float64})
		}},
	}
}

// Optimizers trains a network on each of five problems by each of five optimizers, and notes the error as time goes by. Only
// those run whose "problem, optimizer" matches only; they take the place of runs of the same name in the saved result.
//
// Errors: what compiling and training give. A run that becomes not finite is a result.
func Optimizers(ctx context.Context, report io.Writer, root string, only *regexp.Regexp) (OptimizersResult, error) {
	r, err := readOptimizers(root)
	if err != nil {
		return r, err
	}
	b, err := backend.New()
	if err != nil {
		return r, err
	}
	commit, err := exec.CommandContext(ctx, "git", "-C", root, "describe", "--always", "--dirty", "--abbrev=12").Output()
	if err != nil {
		return r, fmt.Errorf("bench: the commit: %w", err)
	}
	var runs []OptimizerRun
	for _, c := range optimizerCases() {
		for _, f := range optimizerFits() {
			run := OptimizerRun{
				Problem: c.name, Optimizer: f.name,
				Cores: runtime.NumCPU(), Date: time.Now().UTC().Format(time.DateOnly), Commit: strings.TrimSpace(string(commit)),
			}
			old := slices.IndexFunc(r.Runs, func(old OptimizerRun) bool { return old.Problem == c.name && old.Optimizer == f.name })
			switch {
			case only.MatchString(c.name + ", " + f.name):
				if err := run.train(ctx, b, c, f.fit(c)); err != nil {
					return r, fmt.Errorf("bench: %s by %s: %w", c.name, f.name, err)
				}
				fmt.Fprintln(report, run.line())
				runs = append(runs, run)
			case old >= 0:
				runs = append(runs, r.Runs[old])
			}
		}
	}
	r.Runs = runs
	return r, nil
}

func (r *OptimizerRun) line() string {
	least, at := r.best()
	last := len(r.Steps) - 1
	return fmt.Sprintf("%-16s %-20s %5d parameters, compiled in %4.1f s, %6d steps in %5.1f s, error %.2e after %.1f s %s",
		r.Problem, r.Optimizer, r.Parameters, r.Compiling, r.Steps[last], r.Seconds[last], least, at, r.Failure)
}

// loaded is a task whose data are made already: the reference's time is not the network's.
type loaded struct {
	pinns.Solver
	data zoo.Data
}

func (l loaded) Data() (zoo.Data, error) { return l.data, nil }

func load(ctx context.Context, s pinns.Solver) (zoo.Data, error) {
	data, err := s.Data()
	if err != nil {
		return zoo.Data{}, err
	}
	for _, d := range []*zoo.Data{&data, data.Valid} {
		rows, whole, err := d.Load(ctx)
		if err != nil {
			return zoo.Data{}, err
		}
		d.Load = func(context.Context) (_, _ []*tensors.Tensor, err error) { return rows, whole, nil }
	}
	return data, nil
}

// errTime ends a run whose time is over.
var errTime = errors.New("bench: the time is over")

// train runs the phases of a fit, one after another, until the case's time is over.
func (r *OptimizerRun) train(ctx context.Context, b *backend.Backend, c optimizerCase, fit train.Fit) error {
	data, err := load(ctx, c.solver)
	if err != nil {
		return err
	}
	start := time.Now()
	var given map[string]*tensors.Tensor
	var before int64
	previous := ""
	for phase := &fit; phase != nil; phase = phase.Next {
		one := *phase
		one.Next, one.ValidEvery = nil, max(1, one.Steps/100)
		compiling := time.Now()
		d, err := train.New(b, loaded{c.sampled(one), data}, one, train.Options{Previous: previous, Longest: one.ValidEvery})
		if err != nil {
			return err
		}
		d.Begin(given)
		if err := d.Prepare(ctx); err != nil {
			return err
		}
		r.Compiling += time.Since(compiling).Seconds()
		r.Parameters = d.Parameters()
		err = d.Run(ctx, func(p train.Progress) error {
			r.note(p.History, before, time.Since(start))
			if time.Since(start) > c.limit {
				return errTime
			}
			return nil
		})
		r.note(d.History(), before, time.Since(start))
		var broken *train.NotFiniteError
		switch {
		case errors.Is(err, errTime):
			return nil
		case errors.As(err, &broken):
			r.Failure = broken.Error()
			return nil
		case err != nil:
			return err
		}
		given, previous, before = d.Result(), d.Key(), before+d.Step()
	}
	return nil
}

// note takes over the validations that are new.
func (r *OptimizerRun) note(h *train.History, before int64, since time.Duration) {
	for i, at := range h.ValidAt {
		if n := len(r.Steps); n > 0 && before+at <= r.Steps[n-1] {
			continue
		}
		r.Steps = append(r.Steps, before+at)
		r.Seconds = append(r.Seconds, since.Seconds())
		r.Errors = append(r.Errors, h.Valid[0][i])
	}
}

func optimizerFile(root string) string {
	return filepath.Join(root, "bench", "results", optimizerResult+".json")
}

// readOptimizers reads the saved result; an empty one if there is none.
func readOptimizers(root string) (OptimizersResult, error) {
	r := OptimizersResult{Name: optimizerResult}
	text, err := os.ReadFile(optimizerFile(root))
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("bench: %w", err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("bench: %s: %w", optimizerFile(root), err)
	}
	return r, nil
}

// Save writes the result, and the page and the picture that are made of it.
func (r OptimizersResult) Save(root string) error {
	text, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("bench: result of %s: %w", r.Name, err)
	}
	figure, err := r.Figure()
	if err != nil {
		return err
	}
	return savePage(root, r.Name, text, r.Page(), figure)
}

// of is the runs of a problem.
func (r OptimizersResult) of(problem string) (runs []OptimizerRun) {
	for _, run := range r.Runs {
		if run.Problem == problem {
			runs = append(runs, run)
		}
	}
	return runs
}

// Page is the table in Markdown.
func (r OptimizersResult) Page() string {
	var page strings.Builder
	line := func(format string, a ...any) { fmt.Fprintf(&page, format+"\n", a...) }
	line("# Optimizers of physics-informed networks\n")
	line("The same network, points and terms for all optimizers of a problem; the relative L2 error on the problem's reference as time goes by, on two cores. Time")
	line("counts from the start, with compiling. Adam and SOAP are in float32 with a rate that falls along a cosine; L-BFGS, Levenberg–Marquardt and natural gradients")
	line("are in float64. A run ends with its steps or its time.\n\n![Error against time](%s.png)", optimizerResult)
	for _, c := range optimizerCases() {
		runs := r.of(c.name)
		if len(runs) == 0 {
			continue
		}
		line("\n## %s\n\n%s\n", c.name, c.text())
		line("| optimizer | steps | least error | after s | compiling s | %s |\n|---|---|---|---|---|---|", c.wanted())
		for _, run := range runs {
			least, at := run.best()
			line("| %s | %d | %.1e | %.0f | %.1f | %s |", run.Optimizer, run.Steps[len(run.Steps)-1], least, at, run.Compiling, c.verdict(run))
		}
	}
	line("\nWritten by `go run ./cmd/fieldbook bench %s`. Way to less: more steps of Levenberg–Marquardt, a wider network, more points; the two", optimizerResult)
	line("least-squares methods need the memory of a Jacobian, residuals × parameters × 8 bytes.")
	return page.String()
}

// text says what is trained.
func (c optimizerCase) text() string {
	s := c.solver
	network := s.Network.(neuralfield.MLP).Widths
	parts := []string{
		"`" + strings.Join(s.Problem.Equations, "`, `") + "`", fmt.Sprintf("tanh network of %d × %d", len(network)-1, network[0]), fmt.Sprintf("%d points inside", s.Interior),
	}
	for unknown, form := range s.Ansatz {
		parts = append(parts, fmt.Sprintf("`%s = %s`", unknown, form))
	}
	if c.moves > 0 {
		parts = append(parts, fmt.Sprintf("points drawn anew in proportion to |r|/mean|r| + 1, %d times (once for L-BFGS)", c.moves))
	}
	if c.warm > 0 {
		parts = append(parts, fmt.Sprintf("%d steps of Adam before the two that solve least-squares problems", c.warm))
	}
	return strings.Join(parts, "; ") + "."
}

func (c optimizerCase) wanted() string {
	if c.bound == 0 {
		return "s to 1e-4"
	}
	return fmt.Sprintf("s to %.0e (want ≤ %.0f)", c.bound, c.within.Seconds())
}

func (c optimizerCase) verdict(run OptimizerRun) string {
	bound := c.bound
	if bound == 0 {
		bound = 1e-4
	}
	at := run.reached(bound)
	if math.IsInf(at, 1) {
		return "not reached"
	}
	return fmt.Sprintf("%.0f", at)
}

// Figure is the error against time, a panel for each problem.
func (r OptimizersResult) Figure() (plots.Figure, error) {
	var grid plots.Grid
	for _, c := range optimizerCases() {
		runs := r.of(c.name)
		if len(runs) == 0 {
			continue
		}
		panel := plots.WorkPrecision{Title: c.name}
		for _, run := range runs {
			panel.Methods = append(panel.Methods, plots.Series{Name: run.Optimizer, X: run.Seconds, Y: run.Errors})
		}
		if n := len(grid.Rows); n > 0 && len(grid.Rows[n-1]) == 1 {
			grid.Rows[n-1] = append(grid.Rows[n-1], panel)
		} else {
			grid.Rows = append(grid.Rows, []plots.Drawing{panel})
		}
	}
	return grid.Figure()
}
