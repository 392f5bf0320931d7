package runs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/internal/store"
	"github.com/fieldbook-go/fieldbook/internal/train"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Session is what runs share.
type Session struct {
	Backend *backend.Backend
	Store   *store.Store
	Slug    string      // of the notebook, for the manifest
	Devices int         // over which a batch is spread; 0: 1
	Warn    func(error) // told of damaged files and of a task's notes; nil: nobody is
	Making  func(recipe string, done, total int)
	// CheckpointEvery is the time between checkpoints; 0: 20 s.
	CheckpointEvery time.Duration
}

// phase is one fit of a chain.
type phase struct {
	driver   *train.Driver
	run      *store.Run
	finished bool
}

// Run is a task with its fit: one phase or several.
type Run struct {
	session *Session
	task    zoo.Task
	phases  []*phase
	warned  map[string]bool
}

// Open finds the keys of all phases. It makes no data and trains nothing.
func (s *Session) Open(task zoo.Task, fit train.Fit) (*Run, error) {
	r := &Run{session: s, task: task}
	previous := ""
	for f := &fit; f != nil; f = f.Next {
		one := *f
		one.Next = nil
		d, err := train.New(s.Backend, task, one, train.Options{Devices: s.Devices, Previous: previous})
		if err != nil {
			return nil, err
		}
		run, err := s.Store.Run(d.Key())
		if err != nil {
			return nil, err
		}
		previous = d.Key()
		r.phases = append(r.phases, &phase{driver: d, run: run})
	}
	return r, nil
}

// Key names the run: that of its last phase, which holds those before.
func (r *Run) Key() string { return r.last().driver.Key() }

// Parameters is the number of trainable values.
func (r *Run) Parameters() int { return r.last().driver.Parameters() }

// Task is what is learned.
func (r *Run) Task() zoo.Task { return r.task }

func (r *Run) last() *phase { return r.phases[len(r.phases)-1] }

// Find reads the result if the run is finished, without training. Only the last phase is read. A manifest or a history
// that was damaged since is written again.
func (r *Run) Find() (found bool, err error) {
	p := r.last()
	if p.finished {
		return true, nil
	}
	c, err := r.restore(p, false)
	if err != nil || !p.finished {
		return false, err
	}
	r.repair(p, c)
	return true, nil
}

// restore reads a phase's newest checkpoint into its driver; nil if there is none. Damaged ones are removed if the phase
// is locked.
func (r *Run) restore(p *phase, locked bool) (*checkpoint, error) {
	c, damaged, err := readCheckpoint(p.run)
	for _, d := range damaged {
		r.warn(fmt.Errorf("%w; going on from what is whole", d))
	}
	if locked && err == nil {
		err = p.run.DropDamaged(damaged)
	}
	if err != nil || c == nil {
		return nil, err
	}
	if err := p.driver.Restore(c.Snapshot); err != nil {
		return nil, err
	}
	p.finished = p.driver.Step() > 0 && p.driver.Finished()
	return c, nil
}

// repair writes manifest and history of a finished phase again if they are not what its checkpoint says. That it cannot
// is no more than a warning: the values are there.
func (r *Run) repair(p *phase, c *checkpoint) {
	lines, err := metricLines(&c.History)
	if err != nil {
		r.warn(err)
		return
	}
	var m Manifest
	problems := []error{p.run.ReadManifest(&m), p.run.CheckMetrics(lines)}
	if errors.Join(problems...) == nil && m.Status == Done {
		return
	}
	unlock, err := p.run.Lock()
	var busy *store.BusyError
	if errors.As(err, &busy) {
		return // its trainer is about to write them
	}
	for _, problem := range problems {
		if problem != nil {
			r.warn(fmt.Errorf("%w; writing it again", problem))
		}
	}
	if err == nil {
		m = c.manifest
		m.Status, m.Error = Done, ""
		err = errors.Join(p.run.WriteManifest(m), p.run.WriteMetrics(lines), unlock())
	}
	if err != nil {
		r.warn(err)
	}
}

// warn says a thing once.
func (r *Run) warn(err error) {
	if r.session.Warn == nil || r.warned[err.Error()] {
		return
	}
	if r.warned == nil {
		r.warned = map[string]bool{}
	}
	r.warned[err.Error()] = true
	r.session.Warn(err)
}

// Fresh removes what is stored of the run, so that Train begins anew. It must be called before Find and Train.
func (r *Run) Fresh() error { return remove(r.phases) }

// Discard removes the phases that were begun before a moment, and leaves the others. It must be called before Find and Train.
func (r *Run) Discard(before time.Time) error {
	var stale []*phase
	for _, p := range r.phases {
		var m Manifest
		if p.run.ReadManifest(&m) == nil && m.Started.Before(before) {
			stale = append(stale, p)
		}
	}
	return remove(stale)
}

func remove(phases []*phase) error {
	for _, p := range phases {
		unlock, err := p.run.Lock()
		if err != nil {
			return err
		}
		if err := errors.Join(p.run.Remove(), unlock()); err != nil {
			return err
		}
	}
	return nil
}

// Progress is what an observer of Train sees.
type Progress struct {
	train.Progress
	Phase, Phases int
	Resumed       bool // the phase was begun by an earlier call
}

// Train trains what is missing, phase by phase, and saves as it goes. It goes on from the last checkpoint. observe is
// called between stretches of steps; it may be nil.
//
// Errors: ctx.Err(), after a checkpoint; *train.NotFiniteError; *store.BusyError; what observe returned.
func (r *Run) Train(ctx context.Context, observe func(Progress) error) error {
	ctx = datasets.WithCache(ctx, Cache{Store: r.session.Store, Report: r.session.Making, Warn: r.session.Warn})
	if found, err := r.Find(); found || err != nil {
		return err
	}
	if n, ok := r.task.(zoo.Noter); ok {
		for _, note := range n.Notes() {
			r.warn(errors.New(note))
		}
	}
	for i, p := range r.phases {
		if err := r.trainPhase(ctx, i, p, observe); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) trainPhase(ctx context.Context, i int, p *phase, observe func(Progress) error) (err error) {
	if p.finished {
		return nil
	}
	unlock, err := p.run.Lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	c, err := r.restore(p, true)
	if err != nil {
		return err
	}
	if p.finished { // by another process
		return nil
	}
	if i > 0 {
		p.driver.Begin(r.phases[i-1].driver.Result())
	}
	m, err := r.newManifest(i, p.driver)
	if err != nil {
		return err
	}
	if c != nil {
		b := c.manifest
		m.Started, m.Seconds, m.CPUSeconds, m.PeakMB = b.Started, b.Seconds, b.CPUSeconds, b.PeakMB
	}
	if err := p.run.WriteManifest(m); err != nil {
		return err
	}
	w := watch{run: p.run, driver: p.driver, manifest: m, every: r.session.CheckpointEvery, mark: time.Now(), cpu: cpuSeconds(), saved: time.Now()}
	err = w.end(w.train(ctx, func(t train.Progress) error {
		if observe == nil {
			return nil
		}
		return observe(Progress{t, i, len(r.phases), c != nil})
	}))
	p.finished = err == nil
	return err
}

// watch saves a phase while it is trained.
type watch struct {
	run      *store.Run
	driver   *train.Driver
	manifest Manifest
	every    time.Duration
	mark     time.Time // up to which the manifest counts the time
	cpu      float64   // processor time then, s
	saved    time.Time
	saveErr  error // of a checkpoint
}

// defaultEvery bounds what a crash costs.
const defaultEvery = 20 * time.Second

// train trains to the end. Making data and compiling are not counted.
func (w *watch) train(ctx context.Context, observe func(train.Progress) error) error {
	if err := w.driver.Prepare(ctx); err != nil {
		return err
	}
	w.mark, w.cpu, w.saved = time.Now(), cpuSeconds(), time.Now()
	return w.driver.Run(ctx, func(t train.Progress) error {
		if err := w.saveIfDue(); err != nil {
			return err
		}
		return observe(t)
	})
}

func (w *watch) saveIfDue() error {
	every := w.every
	if every == 0 {
		every = defaultEvery
	}
	if time.Since(w.saved) < every || w.driver.Finished() {
		return nil
	}
	w.saveErr = w.save(Running)
	w.saved = time.Now()
	return w.saveErr
}

// save writes a checkpoint and the manifest as of now.
func (w *watch) save(status Status) error {
	w.manifest.update(w.driver, status)
	now, cpu := time.Now(), cpuSeconds()
	w.manifest.Seconds += now.Sub(w.mark).Seconds()
	w.manifest.CPUSeconds += cpu - w.cpu
	w.manifest.PeakMB = max(w.manifest.PeakMB, peakMB())
	w.mark, w.cpu = now, cpu
	if w.driver.Step() > 0 {
		if err := writeCheckpoint(w.run, w.driver, w.manifest); err != nil {
			return err
		}
	}
	return w.run.WriteManifest(w.manifest)
}

// end saves the state as it is, whatever ended the phase, and returns what went wrong.
func (w *watch) end(cause error) error {
	status := Done
	switch {
	case errors.Is(cause, context.Canceled), errors.Is(cause, context.DeadlineExceeded):
		status = Interrupted
	case cause != nil:
		status = Failed
		w.manifest.Error = cause.Error()
	}
	err := w.saveErr // what could not be saved a moment ago is not tried again
	if err == nil {
		if err = w.save(status); err == nil {
			return cause
		}
		cause = errors.Join(cause, err)
	}
	w.manifest.update(w.driver, Failed)
	w.manifest.Error = err.Error()
	_ = w.run.WriteManifest(w.manifest) // if it fails too, then for the same reason
	return cause
}

// History is the last phase's record; the phases before are in the store under their own keys.
func (r *Run) History() *train.History { return r.last().driver.History() }

// Manifest is the last phase's, as stored.
func (r *Run) Manifest() (Manifest, error) { return readManifest(r.last().run) }

// Result is the trained values.
//
// Errors: a run that is not finished.
func (r *Run) Result() (*Trained, error) {
	p := r.last()
	if !p.finished {
		return nil, fmt.Errorf("runs: run %s is at step %d of %d, want it trained first", r.Key(), p.driver.Step(), p.driver.Fit().Steps)
	}
	return newTrained(r.session.Backend, r.Key(), p.driver.Fit().Precision, p.driver.Result()), nil
}
