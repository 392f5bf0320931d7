package workbench

import (
	"context"
	"errors"
	"fmt"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/record"
	"github.com/fieldbook-go/fieldbook/internal/runs"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/plots"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Fit says how a task is trained; see its fields.
type Fit = train.Fit

// History is a run's record of terms and metrics.
type History = train.History

// Precisions of a run.
const (
	Float32 = train.Float32
	Float64 = train.Float64
)

// Run is a task with its fit. It is trained at most once for what it computes: a run that was trained before, in
// another cell, notebook or process, is looked up.
type Run struct {
	lab     *Lab
	task    zoo.Task
	fit     Fit
	run     *runs.Run
	trained *runs.Trained
}

var _ zoo.Trained = (*Run)(nil)

// Run declares a run. It does no work. A Fit.Seed of 0 takes the lab's.
func (l *Lab) Run(task zoo.Task, fit Fit) *Run {
	for f := &fit; f != nil; f = f.Next {
		if f.Seed == 0 {
			f.Seed = l.seed
		}
		if f.Next != nil {
			next := *f.Next
			f.Next = &next
		}
	}
	return &Run{lab: l, task: task, fit: fit}
}

// Seeds declares n runs that differ in their seeds alone: the run itself, and n−1 with the seeds that follow its own, in
// every phase.
func (l *Lab) Seeds(r *Run, n int) []*Run {
	if n < 1 {
		l.fail(fmt.Errorf("workbench: Seeds of %d runs, want at least 1", n))
	}
	out := []*Run{r}
	for i := 1; i < n; i++ {
		next := l.Run(r.task, r.fit)
		for f := &next.fit; f != nil; f = f.Next {
			f.Seed += uint64(i)
		}
		out = append(out, next)
	}
	return out
}

// Train trains the run, or finds that it was trained, with a live chart of the loss. The stop button saves; the next run
// of the cell goes on from there.
func (r *Run) Train() *Run {
	ctx, stop := r.lab.context()
	defer stop()
	if err := r.ensure(ctx, true); err != nil {
		r.lab.fail(err)
	}
	return r
}

// open finds the run's key.
func (r *Run) open() error {
	if r.run != nil {
		return nil
	}
	s := r.lab.open()
	var err error
	if r.run, err = s.Open(r.task, r.fit); err != nil {
		return err
	}
	if r.lab.fresh.IsZero() {
		return nil
	}
	return r.run.Discard(r.lab.fresh)
}

// ensure has the trained values at hand. announce is for a run that the cell is about: it leaves a chart, even if nothing had to be done.
func (r *Run) ensure(ctx context.Context, announce bool) error {
	if r.trained != nil {
		return nil
	}
	if err := r.open(); err != nil {
		return err
	}
	found, err := r.run.Find()
	if err != nil {
		return err
	}
	if !found {
		if err := r.train(ctx, announce); err != nil {
			return err
		}
	}
	if r.trained, err = r.run.Result(); err != nil {
		return err
	}
	r.lab.used = append(r.lab.used, r.run.Key())
	m, err := r.run.Manifest()
	if err != nil {
		return err
	}
	if found && announce {
		if err := r.showFound(m); err != nil {
			return err
		}
	}
	r.lab.record(record.Event{Kind: record.KindRun, Run: &record.Run{
		Key: m.Key, Task: m.Task, Backend: m.Backend, Precision: m.Precision,
		Seconds: m.Seconds, CPUSeconds: m.CPUSeconds, PeakMB: m.PeakMB, LookedUp: found,
	}})
	return nil
}

// train trains with a live chart or a bar. In a notebook the chart is kept, or else a line takes its place: a cell may train dozens of runs.
func (r *Run) train(ctx context.Context, keep bool) error {
	l := r.lab
	b := l.newBar(fmt.Sprintf("run %s, %s", r.run.Key(), runs.TaskName(r.task)))
	defer b.end()
	l.session.Making = b.data
	var last runs.Progress
	err := r.run.Train(ctx, func(p runs.Progress) error {
		if last.Step == 0 && p.Resumed {
			l.println(fmt.Sprintf("Going on from step %d of %d.", p.Step, p.Steps))
		}
		last = p
		if !b.due() {
			return nil
		}
		return b.progress(p)
	})
	if errors.Is(err, context.Canceled) {
		l.println(interrupted(last))
		l.exit(exitInterrupted)
		return err
	}
	if err != nil {
		return err
	}
	m, err := r.run.Manifest()
	if err != nil {
		return err
	}
	return b.finish(r.run.History(), m, keep)
}

// interrupted says where a run was stopped. One that was stopped while its data were made did no step in this call.
func interrupted(last runs.Progress) string {
	if last.Step == 0 {
		return "Interrupted before training went on; nothing is lost. Run the cell again."
	}
	return fmt.Sprintf("Interrupted at step %d of %d; saved. Run the cell again to go on.", last.Step, last.Steps)
}

// progress shows the step, the speed and the time left.
func (b *bar) progress(p runs.Progress) error {
	status := fmt.Sprintf("step %d of %d, %.3g steps a second, %s left, %s", p.Step, p.Steps, p.PerSecond, round(p.Left), b.lab.session.Backend.Choice)
	if p.Phases > 1 {
		status = fmt.Sprintf("phase %d of %d, ", p.Phase+1, p.Phases) + status
	}
	if b.lab.notebook {
		return b.picture(p.History, status, p.Steps)
	}
	if len(p.History.Terms) > 0 {
		name := p.History.Terms[0]
		status += fmt.Sprintf(", %s %.3g", name, p.History.Last(name))
	}
	b.line(status, float64(p.Step)/float64(max(1, p.Steps)))
	return nil
}

// finish says what came out, in a notebook with the whole history if keep is set.
func (b *bar) finish(h *History, m runs.Manifest, keep bool) error {
	status := summary(h, m)
	if b.lab.notebook && keep {
		return b.picture(h, status, m.Step)
	}
	b.used = true
	b.line(b.title+": "+status, 1)
	return nil
}

// showFound says what was looked up, with its chart.
func (r *Run) showFound(m runs.Manifest) error {
	b := r.lab.newBar(fmt.Sprintf("run %s, %s", m.Key, m.Task))
	defer b.end()
	status := "looked up: " + summary(r.run.History(), m)
	if r.lab.notebook {
		return b.picture(r.run.History(), status, m.Step)
	}
	r.lab.println(b.title + ": " + status)
	return nil
}

// summary is a finished run in a line.
func summary(h *History, m runs.Manifest) string {
	text := fmt.Sprintf("%d steps in %s on %s, %s, seed %d", m.Step, round(time.Duration(m.Seconds*float64(time.Second))), m.Backend, m.Precision, m.Seed)
	for name, v := range h.Latest() {
		text += fmt.Sprintf(", %s %.3g", name, v)
	}
	return text
}

// Key names what the run computes.
func (r *Run) Key() string {
	if err := r.open(); err != nil {
		r.lab.fail(err)
	}
	return r.run.Key()
}

// Parameters is the number of trainable values. It trains nothing.
func (r *Run) Parameters() int {
	if err := r.open(); err != nil {
		r.lab.fail(err)
	}
	return r.run.Parameters()
}

// History is the run's record; the run is trained if it was not. In a notebook [Run.Train] leaves a chart in the output, this and all others a line.
func (r *Run) History() *History {
	ctx, stop := r.lab.context()
	defer stop()
	if err := r.ensure(ctx, false); err != nil {
		r.lab.fail(err)
	}
	return r.run.History()
}

// Seconds is how long training took, wall clock, s.
func (r *Run) Seconds() float64 {
	ctx, stop := r.lab.context()
	defer stop()
	if err := r.ensure(ctx, false); err != nil {
		r.lab.fail(err)
	}
	m, err := r.run.Manifest()
	if err != nil {
		r.lab.fail(err)
	}
	return m.Seconds
}

// Eval runs a graph function on the trained values; the run is trained if it was not. Families build their typed
// results on it.
func (r *Run) Eval(ctx context.Context, fn func(scope *model.Scope, in []*Node) []*Node, in ...any) ([]*tensors.Tensor, error) {
	if err := r.ensure(ctx, false); err != nil {
		return nil, err
	}
	return r.trained.Eval(ctx, fn, in...)
}

// Predict applies the trained task to arrays, a batch at a time, and returns one array for each of its outputs. The
// compiled program is kept for the cell, so that a second call costs the computation alone.
func (r *Run) Predict(in ...datasets.Array) []datasets.Array {
	ctx, stop := r.lab.context()
	defer stop()
	if err := r.ensure(ctx, false); err != nil {
		r.lab.fail(err)
	}
	out, err := r.trained.Predict(ctx, r.task, in...)
	if err != nil {
		r.lab.fail(err)
	}
	return out
}

// LossChart is the run's history as a figure.
func (r *Run) LossChart() plots.Loss {
	h := r.History()
	return chart(h, "", "", 0)
}
