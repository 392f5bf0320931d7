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
	Warn    func(error) // told of damaged files; nil: nobody is
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

// Task is what is learned.
func (r *Run) Task() zoo.Task { return r.task }

func (r *Run) last() *phase { return r.phases[len(r.phases)-1] }

// Find reads the result if the run is finished, without training. Only the last phase is read.
func (r *Run) Find() (found bool, err error) {
	return r.restore(r.last())
}

// restore reads a phase's newest checkpoint and says whether the phase is finished.
func (r *Run) restore(p *phase) (finished bool, err error) {
	if p.finished {
		return true, nil
	}
	_, damaged, err := readCheckpoint(p.run, p.driver)
	for _, d := range damaged {
		r.warn(fmt.Errorf("%w; going on from what is whole", d))
	}
	if err != nil {
		return false, err
	}
	p.finished = p.driver.Step() > 0 && p.driver.Finished()
	return p.finished, nil
}

func (r *Run) warn(err error) {
	if r.session.Warn != nil {
		r.session.Warn(err)
	}
}

// Fresh removes what is stored of the run, so that Train begins anew. It must be called before Find and Train.
func (r *Run) Fresh() error {
	for _, p := range r.phases {
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

// Train trains what is missing, phase by phase, and saves as it goes. It goes on from the last checkpoint.
//
// Errors: ctx.Err(), after a checkpoint; *train.NotFiniteError; *store.BusyError; what observe returned.
func (r *Run) Train(ctx context.Context, observe func(Progress) error) error {
	ctx = datasets.WithCache(ctx, Cache{Store: r.session.Store, Report: r.session.Making, Warn: r.session.Warn})
	if found, err := r.Find(); found || err != nil {
		return err
	}
	for i, p := range r.phases {
		if err := r.trainPhase(ctx, i, p, observe); err != nil {
			return err
		}
	}
	return nil
}

func (r *Run) trainPhase(ctx context.Context, i int, p *phase, observe func(Progress) error) (err error) {
	unlock, err := p.run.Lock()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if finished, err := r.restore(p); finished || err != nil {
		return err
	}
	if i > 0 {
		p.driver.Begin(r.phases[i-1].driver.Result())
	}
	m, err := r.newManifest(i, p.driver)
	if err != nil {
		return err
	}
	var before Manifest
	if p.driver.Step() > 0 && p.run.ReadManifest(&before) == nil {
		m.Started, m.Seconds, m.CPUSeconds, m.PeakMB = before.Started, before.Seconds, before.CPUSeconds, before.PeakMB
	}
	if err := p.run.WriteManifest(m); err != nil {
		return err
	}
	if err := p.driver.Prepare(ctx); err != nil {
		return err
	}
	w := watch{run: p.run, driver: p.driver, manifest: m, every: r.session.CheckpointEvery, resumed: p.driver.Step() > 0, start: time.Now(), cpu: cpuSeconds(), saved: time.Now()}
	err = p.driver.Run(ctx, func(t train.Progress) error {
		if err := w.saveIfDue(); err != nil {
			return err
		}
		return observe(Progress{t, i, len(r.phases), w.resumed})
	})
	p.finished = err == nil
	return errors.Join(err, w.end(err))
}

// watch saves a phase while it is trained.
type watch struct {
	run      *store.Run
	driver   *train.Driver
	manifest Manifest
	every    time.Duration
	resumed  bool
	start    time.Time
	cpu      float64
	saved    time.Time
}

// defaultEvery bounds what a crash costs.
const defaultEvery = 20 * time.Second

func (w *watch) saveIfDue() error {
	every := w.every
	if every == 0 {
		every = defaultEvery
	}
	if time.Since(w.saved) < every || w.driver.Finished() {
		return nil
	}
	w.saved = time.Now()
	return writeCheckpoint(w.run, w.driver)
}

// end saves the state as it is, whatever ended the phase, and writes the manifest.
func (w *watch) end(cause error) error {
	status := Done
	switch {
	case errors.Is(cause, context.Canceled), errors.Is(cause, context.DeadlineExceeded):
		status = Interrupted
	case cause != nil:
		status = Failed
		w.manifest.Error = cause.Error()
	}
	w.manifest.update(w.driver, status)
	w.manifest.Seconds += time.Since(w.start).Seconds()
	w.manifest.CPUSeconds += cpuSeconds() - w.cpu
	w.manifest.PeakMB = max(w.manifest.PeakMB, peakMB())
	var err error
	if w.driver.Step() > 0 || status == Done {
		err = writeCheckpoint(w.run, w.driver)
	}
	return errors.Join(err, w.run.WriteManifest(w.manifest))
}

// History is the last phase's record; the phases before are in the store under their own keys.
func (r *Run) History() *train.History { return r.last().driver.History() }

// Manifest is the last phase's, as stored.
func (r *Run) Manifest() (Manifest, error) {
	var m Manifest
	err := r.last().run.ReadManifest(&m)
	return m, err
}

// Result is the trained values.
//
// Errors: a run that is not finished.
func (r *Run) Result() (*Trained, error) {
	p := r.last()
	if !p.finished {
		return nil, fmt.Errorf("runs: run %s is at step %d of %d, want it trained first", r.Key(), p.driver.Step(), p.driver.Fit().Steps)
	}
	return newTrained(r.session.Backend, r.Key(), p.driver.Fit().Precision, p.driver.Result())
}
