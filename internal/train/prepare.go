package train

import (
	"context"
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// Prepare loads data, makes the initial state unless one was restored, and compiles. Run does so if it was not done.
func (d *Driver) Prepare(ctx context.Context) error {
	if d.chunk != nil || d.host != nil {
		return nil
	}
	if err := d.loadData(ctx); err != nil {
		return err
	}
	if d.state == nil {
		state, err := d.initialState()
		if err != nil {
			return err
		}
		if d.state, err = d.place(state); err != nil {
			return err
		}
	}
	var err error
	if d.plan.fit.Host != nil {
		d.host, err = newHostLoop(d)
	} else {
		d.chunk, err = newChunk(d.backend, d.plan, d.devices)
	}
	if err != nil {
		return err
	}
	if d.plan.data.Stream != nil {
		d.stream = &stream{make: d.plan.data.Stream, batch: d.plan.fit.Batch, steps: d.chunk.capacity}
	}
	if d.plan.validates() {
		d.valid, err = newValidation(ctx, d)
	}
	return err
}

// loadData makes or reads the arrays, in the run's precision, and puts them on each device.
func (d *Driver) loadData(ctx context.Context) error {
	p := d.plan
	var rows, whole []*tensors.Tensor
	if p.data.Load != nil {
		var err error
		if rows, whole, err = p.data.Load(ctx); err != nil {
			return err
		}
	}
	var err error
	if p.data.Stream == nil {
		if err = checkLoaded("Rows", len(rows), len(p.data.Rows)); err != nil {
			return err
		}
		if d.rows, err = d.place(rows); err != nil {
			return err
		}
	} else {
		d.rows = make([][]*tensors.Tensor, d.devices)
	}
	if err = checkLoaded("Whole", len(whole), len(p.data.Whole)); err != nil {
		return err
	}
	if d.whole, err = d.place(whole); err != nil {
		return err
	}
	if d.devices > 1 && p.fit.Batch%d.devices != 0 {
		return fmt.Errorf("train: Fit.Batch = %d, want a multiple of the %d devices", p.fit.Batch, d.devices)
	}
	if p.gathers() {
		d.picker = &picker{seed: p.fit.Seed, rows: p.data.Count(), batch: p.fit.Batch}
	}
	return nil
}

func checkLoaded(name string, got, want int) error {
	if got != want {
		return fmt.Errorf("train: Data.Load gave %d arrays of %s, want %d as described", got, name, want)
	}
	return nil
}

// place casts tensors to the run's precision and copies them to each device.
func (d *Driver) place(ts []*tensors.Tensor) ([][]*tensors.Tensor, error) {
	ts, err := cast(ts, d.plan.dtype())
	if err != nil {
		return nil, err
	}
	out := make([][]*tensors.Tensor, d.devices)
	for device := range out {
		for _, t := range ts {
			c, err := onDevice(d.backend, t, device)
			if err != nil {
				return nil, err
			}
			out[device] = append(out[device], c)
		}
	}
	return out, nil
}

// initialState is parameters, the task's own state and memory, from initialisers or from the phase before.
func (d *Driver) initialState() ([]*tensors.Tensor, error) {
	p := d.plan
	for path, value := range d.given {
		v := p.store.GetVariable(path)
		if v == nil {
			return nil, fmt.Errorf("train: the phase before has a variable %s, which this one lacks", path)
		}
		c, err := castOne(value, p.dtype())
		if value.DType() == p.dtype() || !value.DType().IsFloat() {
			c, err = value.LocalClone()
		}
		if err != nil {
			return nil, fmt.Errorf("train: value of %s: %w", path, err)
		}
		if err := v.SetValue(c); err != nil {
			return nil, fmt.Errorf("train: value of %s: %w", path, err)
		}
	}
	if err := p.store.InitializeVariables(d.backend, nil); err != nil {
		return nil, fmt.Errorf("train: initial values: %w", err)
	}
	var state []*tensors.Tensor
	for _, v := range slices.Concat(p.params, p.extra) {
		t, err := v.Value()
		if err != nil {
			return nil, fmt.Errorf("train: initial value of %s: %w", v.Path(), err)
		}
		state = append(state, t)
	}
	memory, err := d.initialMemory(state[:len(p.params)])
	return append(state, memory...), err
}

func (d *Driver) initialMemory(params []*tensors.Tensor) ([]*tensors.Tensor, error) {
	count := 0
	for _, m := range d.plan.memory {
		count += len(m)
	}
	if count == 0 {
		return nil, nil
	}
	g, err := compile(d.backend, d.plan, "memory", d.plan.memoryProgram)
	if err != nil {
		return nil, err
	}
	in := make([]any, len(params))
	for i, t := range params {
		in[i] = t
	}
	return call(g, "memory", in...)
}

// compile builds and compiles a program on the plan's variables.
func compile(b *backend.Backend, p *plan, name string, build func(g *Graph) []*Node) (*Graph, error) {
	g := NewGraph(b, name)
	model.SetStore(g, p.store)
	var compileErr error
	if err := zoo.Catch("train: building "+name, func() { compileErr = g.Compile(build(g)...) }); err != nil {
		return nil, err
	}
	return g, compileErr
}

// call runs a compiled program.
func call(g *Graph, name string, in ...any) (out []*tensors.Tensor, err error) {
	err = zoo.Catch("train: running "+name, func() { out = g.Run(in...) })
	return out, err
}

// refresh runs the task's own program where it is due.
func (d *Driver) refresh() error {
	every := d.plan.refreshEvery()
	if every == 0 || d.step == 0 || d.step%int64(every) != 0 || d.refreshed == d.step {
		return nil
	}
	if d.refresher == nil {
		var err error
		if d.refresher, err = compile(d.backend, d.plan, "refresh", d.plan.refreshProgram); err != nil {
			return err
		}
	}
	p := d.plan
	n := len(p.params) + len(p.extra)
	var in []any
	for _, t := range d.state[0][:n] {
		in = append(in, t)
	}
	in = append(in, d.step, p.fit.Seed)
	for _, t := range d.whole[0] {
		in = append(in, t)
	}
	out, err := call(d.refresher, "refresh", in...)
	if err != nil {
		return err
	}
	for device := range d.state {
		next := slices.Clone(d.state[device])
		for i, t := range out {
			if next[len(p.params)+i], err = onDevice(d.backend, t, device); err != nil {
				return err
			}
		}
		d.state[device] = next
	}
	d.refreshed = d.step
	return nil
}

// refreshProgram is Task.Refresh: the task's own state after it.
func (p *plan) refreshProgram(g *Graph) []*Node {
	in := inputs{params: nodeValues(g, p.params), extra: nodeValues(g, p.extra)}
	in.index = Parameter(g, "index", scalar(dtypes.Int64))
	in.seed = Parameter(g, "seed", scalar(dtypes.Uint64))
	in.whole = p.rowParameters(g, "whole", p.data.Whole, 0)
	p.bind(in)
	if t, ok := p.task.(zoo.Refresher); ok {
		t.Refresh(p.newStep(g, in, nil, true))
	}
	return nodeValues(g, p.extra)
}
