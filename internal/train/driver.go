package train

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"time"

	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Driver trains one task by one fit (one phase of it).
type Driver struct {
	backend  *backend.Backend
	plan     *plan
	key      string
	devices  int
	restored Snapshot                   // what was restored, for the host optimizer
	given    map[string]*tensors.Tensor // initial values from the phase before, by path

	chunk     *chunk
	valid     *validation
	refresher *Graph
	host      *hostLoop
	picker    *picker
	stream    *stream
	rows      [][]*tensors.Tensor // by device
	whole     [][]*tensors.Tensor
	state     [][]*tensors.Tensor // by device: parameters, the task's state, memory
	best      []*tensors.Tensor   // state of the best validation
	step      int64
	done      bool  // nothing more to do before the last step: a host optimizer converged
	refreshed int64 // step before which the task was refreshed last
	history   History
	pace      pace
}

// Options of a driver that do not change a number.
type Options struct {
	Devices  int    // over which a batch is spread; 0: 1
	Longest  int    // most steps in a call; 0: as many as take about 0.2 s
	Previous string // key of the phase before; "": the first phase
}

// Progress is what an observer sees between chunks.
type Progress struct {
	Step, Steps int64
	PerSecond   float64 // steps a second, of late
	Left        time.Duration
	History     *History
}

// NotFiniteError says where a run broke. The driver's state is the one before that step.
type NotFiniteError struct {
	Step int64
	Term string // "" if the terms were finite and the update was not
}

func (e *NotFiniteError) Error() string {
	if e.Term == "" {
		return fmt.Sprintf("train: the update of step %d is not finite though its terms are; the state before it is kept. Try a smaller Fit.Rate or Fit.Clip", e.Step)
	}
	return fmt.Sprintf("train: term %q is not finite at step %d; the state before it is kept. Try a smaller Fit.Rate or Fit.Clip", e.Term, e.Step)
}

// New traces the task and finds its key. It makes no data and compiles nothing.
func New(b *backend.Backend, task zoo.Task, fit Fit, o Options) (*Driver, error) {
	p, err := newPlan(b, task, fit)
	if err != nil {
		return nil, err
	}
	key, err := p.key(b, o.Previous)
	if err != nil {
		return nil, err
	}
	d := &Driver{backend: b, plan: p, key: key, devices: max(1, o.Devices), pace: pace{longest: o.Longest}}
	if d.devices > 1 && p.fit.Host != nil {
		return nil, errors.New("train: a host optimizer runs on one device, want Devices = 1")
	}
	d.history = newHistory(p)
	return d, nil
}

// Key names the run: what is computed.
func (d *Driver) Key() string { return d.key }

// Fit is the fit with its defaults filled in.
func (d *Driver) Fit() Fit { return d.plan.fit }

// Data describes the task's data.
func (d *Driver) Data() zoo.Data { return d.plan.data }

// History is what has been recorded so far.
func (d *Driver) History() *History { return &d.history }

// Step is the number of updates done.
func (d *Driver) Step() int64 { return d.step }

// Finished says whether nothing is left to do.
func (d *Driver) Finished() bool { return d.stepped() && !d.validDue() }

// stepped says whether all steps are done.
func (d *Driver) stepped() bool { return d.done || d.step >= int64(d.plan.fit.Steps) }

// Run trains until it is finished, ctx ends, or a step is not finite. observe is called between chunks; an error from
// it ends the run. Whatever ends it, the driver's state is whole and can be saved.
//
// Errors: ctx.Err(), *NotFiniteError, what observe returned, what loading data or compiling gave.
func (d *Driver) Run(ctx context.Context, observe func(Progress) error) error {
	if d.Finished() {
		return nil
	}
	if err := d.Prepare(ctx); err != nil {
		return err
	}
	for !d.Finished() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := d.advance(ctx); err != nil {
			return err
		}
		if err := observe(d.progress()); err != nil {
			return err
		}
	}
	return nil
}

// advance refreshes, does one chunk and validates where these are due.
func (d *Driver) advance(ctx context.Context) error {
	if d.validDue() { // it failed when it was due: it is tried again, not passed over
		return d.validate()
	}
	if err := d.refresh(); err != nil {
		return err
	}
	var err error
	if d.host != nil {
		err = d.hostStep(ctx)
	} else {
		err = d.chunkOfSteps(ctx)
	}
	if err != nil {
		return err
	}
	if d.validDue() {
		return d.validate()
	}
	return nil
}

// chunkOfSteps does as many steps in one call as the pace and the next boundary allow.
func (d *Driver) chunkOfSteps(ctx context.Context) error {
	n := d.chunkLength()
	rows := d.rows
	if d.stream != nil {
		made, err := d.stream.take(ctx, d.step)
		if err != nil {
			return err
		}
		if rows, err = d.place(made); err != nil {
			return err
		}
		if d.step+int64(n) < int64(d.plan.fit.Steps) {
			d.stream.ahead(ctx, d.step+int64(n))
		}
	}
	numbers := d.numbers(n)
	steps := func(n int) (ran, error) {
		return d.chunk.run(n, d.step, d.plan.fit.Seed, d.state, rows, d.whole, numbers)
	}
	start := time.Now()
	done, err := steps(n)
	if err != nil {
		return err
	}
	d.pace.saw(n, time.Since(start))
	broken := done.stop >= 0 || !done.good
	if broken {
		if n, done, err = d.lastGood(steps, n, done); err != nil {
			return err
		}
	}
	if err := d.free(d.state, done.state); err != nil {
		return err
	}
	d.state = done.state
	terms := len(d.plan.terms)
	for k := range n {
		d.history.add(d.step+int64(k), done.trace[k*terms:(k+1)*terms])
	}
	d.step += int64(n)
	if broken {
		return d.notFinite(done.trace[n*terms : (n+1)*terms])
	}
	return nil
}

// lastGood does a chunk of n steps that broke again as far as all is finite. What is not finite stays so, so that the step that broke it is
// found by halving.
//
// Returns the number of good steps, and the state after them with the terms of these and of the next.
func (d *Driver) lastGood(steps func(n int) (ran, error), n int, broken ran) (good int, done ran, err error) {
	if broken.stop >= 0 {
		n = broken.stop + 1
	}
	if err := d.free(broken.state, d.state); err != nil {
		return 0, ran{}, err
	}
	var wrong error
	good = sort.Search(n-1, func(k int) bool { // whether step k broke it, or one before
		r, err := steps(k + 1)
		if err == nil {
			err = d.free(r.state, d.state)
		}
		wrong = errors.Join(wrong, err)
		return err != nil || !r.good
	})
	if wrong != nil {
		return 0, ran{}, wrong
	}
	done, err = steps(good)
	done.trace = broken.trace
	return good, done, err
}

// free frees the buffers of a state, but for those of another and those that are kept as the best.
func (d *Driver) free(state, but [][]*tensors.Tensor) error {
	for device, old := range state {
		for i, t := range old {
			if t == but[device][i] || slices.Contains(d.best, t) {
				continue
			}
			if err := t.FinalizeAll(); err != nil {
				return fmt.Errorf("train: freeing a state: %w", err)
			}
		}
	}
	return nil
}

// notFinite names the first term that is not finite.
func (d *Driver) notFinite(terms []float64) error {
	for i, v := range terms {
		if !isFinite(v) {
			return &NotFiniteError{d.step, d.plan.terms[i]}
		}
	}
	return &NotFiniteError{d.step, ""}
}

// chunkLength is bounded by the pace, the end, and the next step at which something else is due.
func (d *Driver) chunkLength() int {
	n := min(int64(d.pace.length()), int64(d.chunk.capacity), int64(d.plan.fit.Steps)-d.step)
	until := func(every int) int64 { return int64(every) - d.step%int64(every) }
	if d.plan.validates() {
		n = min(n, until(d.plan.fit.ValidEvery))
	}
	if every := d.plan.refreshEvery(); every > 0 {
		n = min(n, until(every))
	}
	return int(n)
}

// numbers is the table of row numbers of the next n steps, cut by device.
func (d *Driver) numbers(n int) []*tensors.Tensor {
	if d.picker == nil {
		return nil
	}
	batch := d.plan.fit.Batch
	table := make([]int32, d.chunk.capacity*batch)
	d.picker.fill(table, d.step, n)
	if d.devices == 1 {
		return []*tensors.Tensor{tensors.FromFlatDataAndDimensions(table, d.chunk.capacity, batch)}
	}
	part := batch / d.devices
	out := make([]*tensors.Tensor, d.devices)
	for device := range out {
		cut := make([]int32, 0, d.chunk.capacity*part)
		for row := range d.chunk.capacity {
			cut = append(cut, table[row*batch+device*part:row*batch+(device+1)*part]...)
		}
		out[device] = tensors.FromFlatDataAndDimensions(cut, d.chunk.capacity, part)
	}
	return out
}

func (d *Driver) progress() Progress {
	p := Progress{Step: d.step, Steps: int64(d.plan.fit.Steps), PerSecond: d.pace.perSecond, History: &d.history}
	if p.PerSecond > 0 {
		p.Left = time.Duration(float64(p.Steps-p.Step) / p.PerSecond * float64(time.Second))
	}
	return p
}

// pace chooses how many steps a call does.
type pace struct {
	perSecond float64
	longest   int // 0: no bound
}

// callSeconds is how long a call should take: short enough for an interrupt, long enough that the host costs nothing.
const callSeconds = 0.2

func (p *pace) length() int {
	if p.perSecond == 0 {
		return 1 // the first call measures
	}
	n := max(1, int(p.perSecond*callSeconds))
	if p.longest > 0 {
		n = min(n, p.longest)
	}
	return n
}

func (p *pace) saw(steps int, took time.Duration) {
	if steps == 0 || took <= 0 {
		return
	}
	now := float64(steps) / took.Seconds()
	if p.perSecond == 0 {
		p.perSecond = now
		return
	}
	p.perSecond = 0.5*p.perSecond + 0.5*now
}

// Result is the trained values by variable: the average if there is one, else the best if it is kept, else the last.
func (d *Driver) Result() map[string]*tensors.Tensor {
	state := d.state[0]
	if d.plan.fit.KeepBest && d.best != nil {
		state = d.best
	}
	out := map[string]*tensors.Tensor{}
	p := d.plan
	for i, v := range slices.Concat(p.params, p.extra) {
		out[v.Path()] = state[i]
	}
	if p.fit.EMA > 0 {
		first := len(state) - len(p.memory[ofAverage])
		for i, v := range p.params {
			out[v.Path()] = state[first+i]
		}
	}
	return out
}

// Variables lists the paths of the trained values, parameters first, with whether each is trainable.
func (d *Driver) Variables() (paths []string, trainable []bool) {
	for _, v := range slices.Concat(d.plan.params, d.plan.extra) {
		paths, trainable = append(paths, v.Path()), append(trainable, v.Trainable)
	}
	return paths, trainable
}

// Parameters is the number of trainable values.
func (d *Driver) Parameters() int {
	n := 0
	for _, v := range d.plan.params {
		n += v.Shape().Size()
	}
	return n
}

// Begin gives the initial values of a later phase: the result of the one before, by variable.
func (d *Driver) Begin(given map[string]*tensors.Tensor) { d.given = given }
