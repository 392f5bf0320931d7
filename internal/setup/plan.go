package setup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// Step is one thing that set-up makes. A step is due when its Inputs differ
// from those of the time it was last finished, or when an output is missing.
type Step struct {
	Name    string   // as the progress line shows it
	Inputs  string   // text that differs when the step has to be done again
	Outputs []string // paths that exist when the step is done
	Remote  bool     // cannot be done without the network
	Do      func(ctx context.Context, task *Task) error
}

// Plan is what set-up has to see to. The lanes run side by side, the steps of
// a lane one after the other.
type Plan struct {
	Env   string // folder of the environment; the stamp and the lock are in it
	Lanes [][]Step
}

// Options are the caller's wishes for a set-up.
type Options struct {
	Offline bool      // never touch the network
	Fresh   bool      // do every step again
	Checks  bool      // build the linter too, as `fieldbook test` needs it
	Out     io.Writer // progress lines
}

// Report says what a set-up did.
type Report struct {
	Done    []string      // names of the steps done, in the order they ended
	Fetched int64         // bytes fetched, as far as the programs tell
	Took    time.Duration // wall time
}

// ErrOffline says that a step needs the network and was not allowed to use it.
var ErrOffline = errors.New("the network is needed once")

// lockPoll is how often a waiting set-up looks whether the other has ended.
const lockPoll = 200 * time.Millisecond

// Run does the steps that are due. Several programs may call it at once for
// one environment: one works, the others wait and find nothing left to do.
//
// A step is noted as done only after it ended well, so that a set-up killed at
// any moment goes on where it stopped. Without anything due it takes one read
// of the stamp and one look at each output.
//
// Errors: the first step's that failed; ErrOffline; ctx's.
func (p Plan) Run(ctx context.Context, options Options) (Report, error) {
	start := time.Now()
	if !options.Fresh && !p.isDue(readStamp(p.Env)) {
		return Report{Took: time.Since(start)}, nil
	}
	if err := os.MkdirAll(p.Env, 0o755); err != nil {
		return Report{}, fmt.Errorf("setup: folder of the environment: %w", err)
	}
	out := newProgress(options.Out)
	lock, err := p.lock(ctx, out)
	if err != nil {
		return Report{}, err
	}
	defer lock.release() //nolint:errcheck // the lock ends with the process anyway

	done := readStamp(p.Env)
	if options.Fresh {
		done = stamp{}
	}
	work := &worker{env: p.Env, offline: options.Offline, lock: lock, done: done, out: out}
	err = work.lanes(ctx, p.Lanes)
	out.close()
	report := work.report
	report.Took = time.Since(start)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("setup: stopped; what was finished is kept, the same command goes on from there: %w", ctx.Err())
	}
	return report, err
}

// isDue tells whether any step is due.
func (p Plan) isDue(done stamp) bool {
	for _, lane := range p.Lanes {
		for _, step := range lane {
			if step.isDue(done) {
				return true
			}
		}
	}
	return false
}

// isDue tells whether the step has to be done.
func (s Step) isDue(done stamp) bool {
	if done.Steps[s.Name] != digest(s.Inputs) {
		return true
	}
	for _, path := range s.Outputs {
		if _, err := os.Stat(path); err != nil {
			return true
		}
	}
	return false
}

// envLock is the environment's lock, held.
type envLock struct {
	release func() error
	inherit func(cmd *exec.Cmd) // lets a child hold the lock too
}

// lock takes the environment's lock, which no two set-ups hold at once.
func (p Plan) lock(ctx context.Context, out *progress) (*envLock, error) {
	for waiting := false; ; waiting = true {
		lock, held, err := tryLock(filepath.Join(p.Env, "lock"))
		if err != nil {
			return nil, fmt.Errorf("setup: lock of the environment: %w", err)
		}
		if held {
			return lock, nil
		}
		if !waiting {
			out.say("another set-up is at work in %s; waiting for it", p.Env)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("setup: stopped while waiting for another set-up: %w", ctx.Err())
		case <-time.After(lockPoll):
		}
	}
}

// worker does a plan's steps and notes them.
type worker struct {
	env     string
	offline bool
	lock    *envLock
	out     *progress

	mu     sync.Mutex // guards what follows
	done   stamp
	report Report
}

// lanes runs the lanes side by side; the first failure stops them all.
func (w *worker) lanes(ctx context.Context, lanes [][]Step) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	for _, lane := range lanes {
		wait.Go(func() {
			for _, step := range lane {
				if err := w.step(ctx, step); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	wait.Wait()
	return context.Cause(ctx)
}

// step does one step if it is due.
func (w *worker) step(ctx context.Context, step Step) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	due := step.isDue(w.done)
	w.mu.Unlock()
	if !due {
		return nil
	}
	if step.Remote && w.offline {
		return fmt.Errorf("setup: %s: not there yet, and --offline: %w; run `fieldbook setup` without --offline first", step.Name, ErrOffline)
	}
	task := w.out.begin(step.Name, w.lock)
	err := step.Do(ctx, task)
	task.end(err)
	if err != nil {
		return fmt.Errorf("setup: %s: %w", step.Name, err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.report.Done = append(w.report.Done, step.Name)
	w.report.Fetched += task.fetched.Load()
	if w.done.Steps == nil {
		w.done.Steps = make(map[string]string)
	}
	w.done.Steps[step.Name] = digest(step.Inputs)
	return w.done.write(w.env)
}
