package train

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/zoo"
)

var _ zoo.LeastSquares = (*objective)(nil)

// Residuals are the terms' residuals, each times the root of its weight over their number, so that their squares add up to Value.
//
// Panics: with Fit.Accumulate; for an optimizer, not for a weighting, with Fit.Clip; for a term without residuals; for a
// negative weight.
func (o *objective) Residuals() (parts []zoo.Residuals, data []*Node) {
	f := o.plan.fit
	if f.Accumulate > 1 {
		exceptions.Panicf("train: Fit.Accumulate = %d, want 1 with an optimizer or a weighting that asks for residuals", f.Accumulate)
	}
	if f.Clip > 0 && !o.weighs {
		exceptions.Panicf("train: Fit.Clip = %v, want 0 with an optimizer that asks for residuals, as it has no gradient to bound", f.Clip)
	}
	o.evaluate()
	for i, w := range o.plan.weights {
		if (f.Weighting == nil || o.weighs) && !(w >= 0) {
			exceptions.Panicf("train: term %q has the weight %v, want at least 0 in a sum of squares", o.plan.terms[i], w)
		}
	}
	task, ok := o.plan.task.(zoo.Pointwise)
	if !ok {
		return o.together()
	}
	o.plan.bind(o.in)
	samples := task.Samples(o.plan.newStep(o.in.index.Graph(), o.in, nil, true))
	if len(samples) != len(o.terms) {
		exceptions.Panicf("train: Samples returned points of %d terms, want %d as Loss", len(samples), len(o.terms))
	}
	for i, rows := range samples {
		part, arrays := o.pointwise(task, i, rows)
		parts, data = append(parts, part), append(data, arrays...)
	}
	return parts, data
}

// pointwise is the residuals of one term of a task that takes them point by point.
func (o *objective) pointwise(task zoo.Pointwise, term int, samples []*Node) (part zoo.Residuals, data []*Node) {
	p := o.plan
	points := countRows(p.terms[term], samples)
	l, shared := o.shared()
	shared = append(shared, o.Weights()[term])
	of := func(params, data []*Node) *Node {
		rows, shared := data[:len(samples)], data[len(samples):]
		in := l.unpack(shared)
		in.params = params
		p.bind(in)
		r := task.ResidualAt(p.newStep(in.index.Graph(), in, nil, true), term, rows)
		n := rows[0].Shape().Dim(0)
		if r.Rank() == 0 || r.Shape().Dim(0) != n {
			exceptions.Panicf("train: ResidualAt of term %q has shape %s for %d points, want a first axis of %d", p.terms[term], r.Shape(), n, n)
		}
		return p.weighted(r, shared[len(shared)-1], points*(r.Shape().Size()/n))
	}
	part = zoo.Residuals{Of: of, Data: len(samples) + len(shared), BySample: true, Shared: len(shared)}
	return part, append(samples[:len(samples):len(samples)], shared...)
}

// countRows is the number of points in a term's arrays.
func countRows(term string, samples []*Node) int {
	if len(samples) == 0 {
		exceptions.Panicf("train: Samples has no array for term %q, want at least one", term)
	}
	for i, x := range samples {
		if x.Rank() == 0 || x.Shape().Dim(0) == 0 || x.Shape().Dim(0) != samples[0].Shape().Dim(0) {
			exceptions.Panicf("train: Samples of term %q: array %d has shape %s beside %s, want rows, as many in each", term, i, x.Shape(), samples[0].Shape())
		}
	}
	return samples[0].Shape().Dim(0)
}

// together is the residuals of all terms at once, as Loss gives them.
func (o *objective) together() (parts []zoo.Residuals, data []*Node) {
	p := o.plan
	for _, t := range o.terms {
		if t.Residual == nil {
			exceptions.Panicf("train: term %q has a Value alone, want the Residual of every term with an optimizer or a weighting for sums of squares", t.Name)
		}
	}
	l, shared := o.shared()
	fixed := len(shared)
	of := func(params, data []*Node) *Node {
		in := l.unpack(data[:fixed])
		in.params = params
		terms, _ := p.loss(in, nil)
		flat := make([]*Node, len(terms))
		for i, t := range terms {
			n := t.Residual.Shape().Size()
			flat[i] = Reshape(p.weighted(t.Residual, data[fixed+i], n), n)
		}
		return Concatenate(flat, 0)
	}
	data = append(shared, o.Weights()...)
	return []zoo.Residuals{{Of: of, Data: len(data)}}, data
}

// shared is what every evaluation of this step sees besides parameters, and where it is in the list.
func (o *objective) shared() (layout, []*Node) {
	in := o.in
	in.params = nil
	l := newLayout(in)
	return l, l.pack(in)
}

// weighted is residuals of which there are n, such that their squares add up to weight times the mean square.
func (p *plan) weighted(r, weight *Node, n int) *Node {
	if r.DType() != p.dtype() {
		r = ConvertDType(r, p.dtype())
	}
	return Mul(r, Sqrt(DivScalar(weight, float64(n))))
}
