package train

import (
	"context"
	"fmt"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// hostLoop runs an optimizer whose logic is in Go on a compiled objective.
type hostLoop struct {
	driver *Driver
	state  zoo.HostState
	x      []float64 // the parameters, one after another in the order of their paths
	value  *Graph    // compiled on first use
	grad   *Graph
	draws  int64     // which step's rows and draws are in force
	terms  []float64 // of the last evaluation
}

var _ zoo.Evaluator = (*hostLoop)(nil)

func newHostLoop(d *Driver) (*hostLoop, error) {
	h := &hostLoop{driver: d, draws: d.restored.Draws}
	var err error
	if h.x, err = d.Flat(); err != nil {
		return nil, err
	}
	h.state = d.plan.fit.Host.Start(len(h.x))
	if d.restored.Host != nil {
		if err := h.state.UnmarshalBinary(d.restored.Host); err != nil {
			return nil, fmt.Errorf("train: state of the host optimizer: %w", err)
		}
	}
	h.grad, err = compile(d.backend, d.plan, "objective", d.plan.hostProgram)
	return h, err
}

// hostProgram is the objective at one flat vector: [terms], the gradient [parameters].
func (p *plan) hostProgram(g *Graph) []*Node {
	value, terms, in := p.hostObjective(g)
	parts := make([]*Node, len(in.params))
	for i, d := range Gradient(value, in.params...) {
		parts[i] = Reshape(d, d.Shape().Size())
	}
	return []*Node{terms, Reshape(value, 1), Concatenate(parts, 0)}
}

// valueProgram is hostProgram without the gradient.
func (p *plan) valueProgram(g *Graph) []*Node {
	value, terms, _ := p.hostObjective(g)
	return []*Node{terms, Reshape(value, 1)}
}

func (p *plan) hostObjective(g *Graph) (value, terms *Node, in inputs) {
	nodeValues(g, p.params) // GoMLX wants every variable to have a parameter of main; these are not fed, see arguments
	in.extra = nodeValues(g, p.extra)
	size := 0
	for _, v := range p.params {
		size += v.Shape().Size()
	}
	flat := Parameter(g, "x", shapes.Make(p.dtype(), size))
	at := 0
	for _, v := range p.params {
		n := v.Shape().Size()
		in.params = append(in.params, Reshape(Slice(flat, AxisRange(at, at+n)), v.Shape().Dimensions...))
		at += n
	}
	in.index = Parameter(g, "index", scalar(dtypes.Int64))
	in.seed = Parameter(g, "seed", scalar(dtypes.Uint64))
	source := p.rowParameters(g, "row", p.data.Rows, 0)
	in.whole = p.rowParameters(g, "whole", p.data.Whole, 0)
	in.rows = source
	if p.gathers() {
		numbers := Parameter(g, "numbers", shapes.Make(dtypes.Int32, 1, p.fit.Batch))
		in.rows = p.pickRows(source, []*Node{numbers}, Scalar(g, dtypes.Int32, 0))
	}
	o := &objective{plan: p, in: in}
	value = o.Value()
	var means []*Node
	for _, t := range o.Terms() {
		means = append(means, Reshape(t.Mean(), 1))
	}
	return value, Concatenate(means, 0), in
}

// arguments are the inputs of both programs at x.
func (h *hostLoop) arguments(x []float64) []any {
	d := h.driver
	var in []any
	for _, t := range d.state[0][:len(d.plan.params)+len(d.plan.extra)] {
		in = append(in, t)
	}
	in = append(in, h.vector(x), h.draws, d.plan.fit.Seed)
	for _, t := range d.rows[0] {
		in = append(in, t)
	}
	for _, t := range d.whole[0] {
		in = append(in, t)
	}
	if d.picker != nil {
		numbers := make([]int32, d.plan.fit.Batch)
		d.picker.fill(numbers, h.draws, 1)
		in = append(in, tensors.FromFlatDataAndDimensions(numbers, 1, len(numbers)))
	}
	return in
}

func (h *hostLoop) vector(x []float64) *tensors.Tensor {
	if h.driver.plan.fit.Precision == Float64 {
		return tensors.FromFlatDataAndDimensions(append([]float64(nil), x...), len(x))
	}
	return tensors.FromFlatDataAndDimensions(converted[float64, float32](x), len(x))
}

// Value is the weighted loss at x.
func (h *hostLoop) Value(x []float64) (float64, error) {
	if h.value == nil {
		var err error
		if h.value, err = compile(h.driver.backend, h.driver.plan, "value", h.driver.plan.valueProgram); err != nil {
			return 0, err
		}
	}
	out, err := call(h.value, "value", h.arguments(x)...)
	if err != nil {
		return 0, err
	}
	return h.read(out)
}

// Grad is the weighted loss at x, with its gradient in g.
func (h *hostLoop) Grad(x, g []float64) (float64, error) {
	out, err := call(h.grad, "objective", h.arguments(x)...)
	if err != nil {
		return 0, err
	}
	grad, err := Floats(out[2])
	if err != nil {
		return 0, err
	}
	copy(g, grad)
	return h.read(out)
}

// read takes terms and value from a program's outputs.
func (h *hostLoop) read(out []*tensors.Tensor) (float64, error) {
	terms, err := Floats(out[0])
	if err != nil {
		return 0, err
	}
	value, err := Floats(out[1])
	if err != nil {
		return 0, err
	}
	h.terms = terms
	return value[0], nil
}

// Redraw takes the next step's rows and draws.
func (h *hostLoop) Redraw() error {
	h.draws++
	return nil
}

// hostStep is one iteration.
func (d *Driver) hostStep(ctx context.Context) error {
	h, p := d.host, d.plan
	start := time.Now()
	before := append([]float64(nil), h.x...)
	done, err := p.fit.Host.Iterate(ctx, h, h.x, h.state)
	if err != nil {
		h.x = before
		return err
	}
	for _, v := range append(append([]float64(nil), h.terms...), h.x...) {
		if !isFinite(v) {
			h.x = before
			return d.notFinite(h.terms)
		}
	}
	if p.fit.Precision != Float64 { // what a checkpoint holds, so that a resumed run goes on from the same numbers
		for i, v := range h.x {
			h.x[i] = float64(float32(v))
		}
	}
	flat := h.x
	for i, v := range p.params {
		n, dims := v.Shape().Size(), v.Shape().Dimensions
		t := tensors.FromFlatDataAndDimensions(append([]float64(nil), flat[:n]...), dims...)
		flat = flat[n:]
		if p.fit.Precision != Float64 {
			if t, err = castOne(t, p.dtype()); err != nil {
				return err
			}
		}
		if d.state[0][i], err = onDevice(d.backend, t, 0); err != nil {
			return err
		}
	}
	d.history.add(d.step, h.terms)
	d.step++
	d.done = done
	d.pace.saw(1, time.Since(start))
	return nil
}
