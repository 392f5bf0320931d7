package train

import (
	"context"
	"errors"
	"slices"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// validation is the task's validation pass, batch by batch, on the first device.
type validation struct {
	rows, whole []*tensors.Tensor
	graphs      map[int]*Graph // by number of rows: a full batch and what is left over
	best        float64
	have        bool
}

func newValidation(ctx context.Context, d *Driver) (*validation, error) {
	data := d.plan.data.Valid
	if data.Count() == 0 || data.Load == nil {
		return nil, errors.New("train: Data.Valid, want rows and Load")
	}
	rows, whole, err := data.Load(ctx)
	if err != nil {
		return nil, err
	}
	v := &validation{graphs: map[int]*Graph{}}
	if v.rows, err = cast(rows, d.plan.dtype()); err != nil {
		return nil, err
	}
	if v.whole, err = cast(whole, d.plan.dtype()); err != nil {
		return nil, err
	}
	v.best, v.have = d.history.bestOf(d.plan.metrics)
	return v, nil
}

// validProgram is Task.Valid on a batch: [metrics].
func (p *plan) validProgram(g *Graph) []*Node { return p.validBatch(g, p.validRows()) }

// validRows is the number of rows of a validation batch: as in training, or all for a task that trains on no rows.
func (p *plan) validRows() int {
	if p.fit.Batch == 0 {
		return p.data.Valid.Count()
	}
	return min(p.data.Valid.Count(), p.fit.Batch)
}

func (p *plan) validBatch(g *Graph, n int) []*Node {
	t, ok := p.task.(zoo.Validator)
	if !ok {
		return nil
	}
	in := inputs{params: nodeValues(g, p.params), extra: nodeValues(g, p.extra)}
	in.index, in.seed = Parameter(g, "first", scalar(dtypes.Int64)), Scalar(g, dtypes.Uint64, 0)
	for _, x := range p.rowParameters(g, "valid", p.data.Valid.Rows, 0) {
		in.rows = append(in.rows, sliceRows(x, in.index, n))
	}
	in.whole = p.rowParameters(g, "validwhole", p.data.Valid.Whole, 0)
	p.bind(in)
	var out []*Node
	for _, m := range t.Valid(p.newStep(g, in, nil, false)) {
		out = append(out, Reshape(ConvertDType(m.Value, p.dtype()), 1))
	}
	return []*Node{Concatenate(out, 0)}
}

// validDue says whether the present state is to be validated and was not yet.
func (d *Driver) validDue() bool {
	if !d.plan.validates() || d.step == 0 || d.step%int64(d.plan.fit.ValidEvery) != 0 && !d.stepped() {
		return false
	}
	at := d.history.ValidAt
	return len(at) == 0 || at[len(at)-1] != d.step
}

// validate records the metrics at the present result and keeps the state if it is the best.
func (d *Driver) validate() error {
	p, v := d.plan, d.valid
	count, full := p.data.Valid.Count(), p.validRows()
	sums := make([]float64, len(p.metrics))
	for first := 0; first < count; first += full {
		n := min(full, count-first)
		values, err := d.validateRows(first, n)
		if err != nil {
			return err
		}
		for i, x := range values {
			sums[i] += x * float64(n) / float64(count)
		}
	}
	for i, x := range sums {
		if !isFinite(x) {
			return &NotFiniteError{d.step, "valid " + p.metrics[i].Name}
		}
	}
	d.history.addValid(d.step, sums)
	better := !v.have || sums[0] < v.best
	if p.metrics[0].Maximise {
		better = !v.have || sums[0] > v.best
	}
	if better {
		v.best, v.have = sums[0], true
		if p.fit.KeepBest {
			d.best = slices.Clone(d.state[0])
		}
	}
	return nil
}

func (d *Driver) validateRows(first, n int) ([]float64, error) {
	v := d.valid
	g := v.graphs[n]
	if g == nil {
		var err error
		if g, err = compile(d.backend, d.plan, "validation", func(g *Graph) []*Node { return d.plan.validBatch(g, n) }); err != nil {
			return nil, err
		}
		v.graphs[n] = g
	}
	var in []any
	for _, t := range d.averaged() {
		in = append(in, t)
	}
	in = append(in, int64(first))
	for _, t := range slices.Concat(v.rows, v.whole) {
		in = append(in, t)
	}
	out, err := call(g, "validation", in...)
	if err != nil {
		return nil, err
	}
	return Floats(out[0])
}

// averaged is parameters (their average, if there is one) and the task's state.
func (d *Driver) averaged() []*tensors.Tensor {
	p, state := d.plan, d.state[0]
	out := slices.Clone(state[:len(p.params)+len(p.extra)])
	if p.fit.EMA > 0 {
		copy(out, state[len(state)-len(p.params):])
	}
	return out
}

// bestOf is the best of the first metric so far.
func (h *History) bestOf(metrics []zoo.Metric) (best float64, have bool) {
	if len(metrics) == 0 || len(h.Valid) == 0 {
		return 0, false
	}
	for _, x := range h.Valid[0] {
		if !have || (x < best) != metrics[0].Maximise {
			best, have = x, true
		}
	}
	return best, have
}
