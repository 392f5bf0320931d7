package train

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/layers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// plan is a task and a fit after one trace: which variables there are, which terms, what the optimizer remembers.
type plan struct {
	task  zoo.Task
	fit   Fit // with defaults
	data  zoo.Data
	store *model.Store

	params, extra []*model.Variable // trainable ones and the task's own state, each sorted by path
	terms         []string
	weights       []float64
	memory        [3][]shapes.Shape // of optimizer, weighting, average
	metrics       []zoo.Metric      // names and directions; the nodes are of a dead graph
}

// The kinds of memory.
const (
	ofOptimizer = iota
	ofWeighting
	ofAverage
)

func (p *plan) dtype() dtypes.DType { return p.fit.Precision.DType() }

// newPlan checks task and fit and traces one step without compiling it.
func newPlan(b *backend.Backend, task zoo.Task, fit Fit) (*plan, error) {
	if err := task.Validate(); err != nil {
		return nil, err
	}
	if err := fit.Validate(); err != nil {
		return nil, err
	}
	data, err := task.Data()
	if err != nil {
		return nil, err
	}
	p := &plan{task: task, data: data, store: model.NewStore(), fit: fit.withDefaults(data.Count())}
	if err := p.checkData(); err != nil {
		return nil, err
	}
	if err := p.store.SetRNGStateFromSeed(int64(fit.Seed)); err != nil {
		return nil, fmt.Errorf("train: seed: %w", err)
	}
	p.store.RootScope().SetParam(layers.SeedParam, fit.Seed)
	g := NewGraph(b, "trace")
	defer g.Finalize()
	model.SetStore(g, p.store)
	if err := zoo.Catch("train: tracing the loss", func() { p.trace(g) }); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *plan) checkData() error {
	rows := p.data.Count()
	for i, s := range p.data.Rows {
		if p.data.Stream == nil && (s.Rank() == 0 || s.Dim(0) != rows) {
			return fmt.Errorf("train: Data.Rows[%d] has shape %s, want a first axis of %d as Rows[0]", i, s, rows)
		}
	}
	if p.data.Stream != nil && p.fit.Batch == 0 {
		return fmt.Errorf("train: Fit.Batch = 0, want the number of rows a step takes from the stream")
	}
	if len(p.data.Rows) == 0 && p.fit.Accumulate > 1 {
		return fmt.Errorf("train: Fit.Accumulate = %d, want 1 for a task without rows", p.fit.Accumulate)
	}
	return nil
}

// trace finds variables, terms and memory by running the graph functions once.
func (p *plan) trace(g *Graph) {
	in := inputs{index: Scalar(g, dtypes.Int64, 0), seed: Scalar(g, dtypes.Uint64, 0)}
	in.rows = p.rowParameters(g, "row", p.data.Rows, p.fit.Batch/p.fit.Accumulate)
	in.whole = p.rowParameters(g, "whole", p.data.Whole, 0)
	s := p.newStep(g, in, nil, true)
	p.readTerms(p.task.Loss(s))
	p.traceAbilities(g, in, s)
	for v := range p.store.IterVariables() {
		switch {
		case v.Name() == model.RNGStateVariableName:
		case v.Trainable:
			p.params = append(p.params, v)
		default:
			p.extra = append(p.extra, v)
		}
	}
	byPath := func(a, b *model.Variable) int { return strings.Compare(a.Path(), b.Path()) }
	slices.SortFunc(p.params, byPath)
	slices.SortFunc(p.extra, byPath)
	if len(p.params) == 0 {
		exceptions.Panicf("train: the loss has no trainable variables")
	}
	for kind, nodes := range p.freshMemory(nodeValues(g, p.params)) {
		p.memory[kind] = shapesOf(nodes)
	}
}

// traceAbilities runs the optional graph functions, which may make variables of their own.
func (p *plan) traceAbilities(g *Graph, in inputs, s *zoo.Step) {
	if t, ok := p.task.(zoo.AfterStepper); ok {
		t.AfterStep(s)
	}
	if t, ok := p.task.(zoo.Refresher); ok {
		switch every := t.RefreshEvery(); {
		case every < 0:
			exceptions.Panicf("train: RefreshEvery() = %d, want at least 0", every)
		case every > 0:
			t.Refresh(s)
		}
	}
	if t, ok := p.task.(zoo.Validator); ok && p.data.Valid != nil {
		in.rows = p.rowParameters(g, "valid", p.data.Valid.Rows, 0)
		in.whole = p.rowParameters(g, "validwhole", p.data.Valid.Whole, 0)
		p.metrics = t.Valid(p.newStep(g, in, nil, false))
	}
}

func (p *plan) readTerms(terms []zoo.Term) {
	if len(terms) == 0 {
		exceptions.Panicf("train: Loss returned no terms")
	}
	for _, t := range terms {
		if t.Name == "" || (t.Value == nil) == (t.Residual == nil) {
			exceptions.Panicf("train: term %q, want a name and exactly one of Value and Residual", t.Name)
		}
		if !t.Mean().IsScalar() {
			exceptions.Panicf("train: term %q has shape %s, want a scalar Value", t.Name, t.Value.Shape())
		}
		if slices.Contains(p.terms, t.Name) {
			exceptions.Panicf("train: two terms are named %q", t.Name)
		}
		p.terms = append(p.terms, t.Name)
		p.weights = append(p.weights, t.Weight)
	}
}

// rowParameters makes a parameter an array; batch > 0 replaces the first axis.
func (p *plan) rowParameters(g *Graph, name string, arrays []shapes.Shape, batch int) []*Node {
	out := make([]*Node, len(arrays))
	for i, s := range arrays {
		s = p.cast(s)
		if batch > 0 {
			s.Dimensions[0] = batch
		}
		out[i] = Parameter(g, fmt.Sprintf("%s%d", name, i), s)
	}
	return out
}

// cast is the shape in the run's precision: floating-point data come in any float dtype.
func (p *plan) cast(s shapes.Shape) shapes.Shape {
	s = s.Clone()
	if s.DType.IsFloat() {
		s.DType = p.dtype()
	}
	return s
}

// newStep is what the task's graph functions see.
func (p *plan) newStep(g *Graph, in inputs, micro *Node, training bool) *zoo.Step {
	frac := DivScalar(ConvertDType(in.index, dtypes.Float32), float64(max(1, p.fit.Steps)))
	return zoo.NewStep(zoo.Step{
		Graph: g, Scope: p.store.RootScope(), DType: p.dtype(), Rows: in.rows, Whole: in.whole,
		Index: in.index, Frac: frac, Train: training,
	}, zoo.Draw{Seed: in.seed, Micro: micro})
}

// loss runs Task.Loss at in and returns the terms, in the run's dtype, and the task's state after it.
func (p *plan) loss(in inputs, micro *Node) (terms []zoo.Term, extra []*Node) {
	g := in.index.Graph()
	p.bind(in)
	terms = p.task.Loss(p.newStep(g, in, micro, true))
	if len(terms) != len(p.terms) {
		exceptions.Panicf("train: Loss returned %d terms, and %d when it was traced first; it must depend on the step alone", len(terms), len(p.terms))
	}
	for i, t := range terms {
		if t.Name != p.terms[i] {
			exceptions.Panicf("train: term %d is %q, and was %q when it was traced first; Loss must depend on the step alone", i, t.Name, p.terms[i])
		}
		if t.Value != nil && t.Value.DType() != p.dtype() {
			terms[i].Value = ConvertDType(t.Value, p.dtype())
		}
	}
	return terms, nodeValues(g, p.extra)
}

// bind sets the variables of the graph to a step's nodes.
func (p *plan) bind(in inputs) {
	for i, v := range p.params {
		v.SetNodeValue(in.params[i])
	}
	for i, v := range p.extra {
		v.SetNodeValue(in.extra[i])
	}
}

// freshMemory is what optimizer, weighting and average start from, given the parameters.
func (p *plan) freshMemory(params []*Node) (m [3][]*Node) {
	if p.fit.Optimizer != nil {
		m[ofOptimizer] = p.fit.Optimizer.Init(params)
	}
	if p.fit.Weighting != nil {
		m[ofWeighting] = p.fit.Weighting.Init(len(p.terms), params)
	}
	if p.fit.EMA > 0 {
		m[ofAverage] = params
	}
	return m
}

// step is one update: the graph function that a run consists of.
//
// Returns the inputs with the next parameters and state, the next memory, and the terms as one vector [terms].
func (p *plan) step(in inputs, memory [3][]*Node) (next inputs, nextMemory [3][]*Node, terms *Node) {
	o := &objective{plan: p, in: in}
	if p.fit.Weighting != nil {
		o.weighs = true
		weights, kept := p.fit.Weighting.Weigh(o, in.params, memory[ofWeighting])
		o.weighs, o.weights, nextMemory[ofWeighting] = false, weights, kept
		for i, w := range o.weights { // they depend on the parameters, but are no part of what is minimised
			o.weights[i] = StopGradient(w)
		}
		o.grads = nil // of the terms' own weights, if the weighting asked for them
	}
	next = in
	next.params, nextMemory[ofOptimizer] = p.fit.Optimizer.Update(o, in.params, memory[ofOptimizer])
	next.extra = o.extra
	if t, ok := p.task.(zoo.AfterStepper); ok {
		g := in.index.Graph()
		p.bind(next)
		t.AfterStep(p.newStep(g, in, nil, true))
		next.params, next.extra = nodeValues(g, p.params), nodeValues(g, p.extra)
	}
	if p.fit.EMA > 0 {
		nextMemory[ofAverage] = p.fit.average().Next(memory[ofAverage], next.params, in.index)
	}
	values := make([]*Node, len(o.Terms()))
	for i, t := range o.Terms() {
		values[i] = Reshape(t.Mean(), 1)
	}
	return next, nextMemory, Concatenate(values, 0)
}

// allFinite is a scalar Bool.
func allFinite(nodes []*Node) *Node {
	good := LogicalAll(IsFinite(nodes[0]))
	for _, x := range nodes[1:] {
		good = And(good, LogicalAll(IsFinite(x)))
	}
	return good
}

// nodeValues are the variables' present nodes in g.
func nodeValues(g *Graph, vars []*model.Variable) []*Node {
	out := make([]*Node, len(vars))
	for i, v := range vars {
		out[i] = v.NodeValue(g)
	}
	return out
}

func shapesOf(nodes []*Node) []shapes.Shape {
	out := make([]shapes.Shape, len(nodes))
	for i, n := range nodes {
		out[i] = n.Shape()
	}
	return out
}
