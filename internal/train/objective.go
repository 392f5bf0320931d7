package train

import (
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/internal/backend"
	"github.com/fieldbook-go/fieldbook/optimizers"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// inputs is what one step is made from: nodes of the function that is being built.
type inputs struct {
	rows, whole []*Node
	index, seed *Node   // scalar int64 and uint64
	params      []*Node // trainable variables
	extra       []*Node // the task's own state
}

// objective is zoo.Objective on one step's rows and draws.
type objective struct {
	plan    *plan
	in      inputs
	weights []*Node // nil: the terms' own
	weighs  bool    // a weighting asks

	terms []zoo.Term
	extra []*Node // the task's state after Loss
	grads []*Node
	rate  *Node
}

var (
	_ zoo.Objective = (*objective)(nil)
	_ zoo.Branching = (*objective)(nil)
)

// evaluate traces Loss once at the current parameters.
func (o *objective) evaluate() {
	if o.terms != nil {
		return
	}
	if o.plan.fit.Accumulate > 1 {
		o.accumulate()
		return
	}
	o.terms, o.extra = o.plan.loss(o.in, nil)
}

// Terms are the named terms.
func (o *objective) Terms() []zoo.Term {
	o.evaluate()
	return o.terms
}

// Weights are the terms' weights as scalars of the parameters' dtype.
func (o *objective) Weights() []*Node {
	if o.weights == nil {
		for _, t := range o.Terms() {
			o.weights = append(o.weights, Scalar(o.in.index.Graph(), o.plan.dtype(), t.Weight))
		}
	}
	return o.weights
}

// Value is the weighted sum.
func (o *objective) Value() *Node { return weightedSum(o.Terms(), o.Weights()) }

func weightedSum(terms []zoo.Term, weights []*Node) *Node {
	var sum *Node
	for i, t := range terms {
		v := Mul(t.Mean(), weights[i])
		if sum == nil {
			sum = v
			continue
		}
		sum = Add(sum, v)
	}
	return sum
}

// Grad is the gradient of Value, clipped.
func (o *objective) Grad() []*Node {
	if o.grads == nil {
		o.evaluate()
		if o.grads == nil {
			o.grads = Gradient(o.Value(), o.in.params...)
		}
		if c := o.plan.fit.Clip; c > 0 {
			o.grads = optimizers.LimitNorm(o.grads, c)
		}
	}
	return o.grads
}

// TermGrad is the gradient of one term, unweighted.
func (o *objective) TermGrad(i int) []*Node {
	if o.plan.fit.Accumulate > 1 {
		exceptions.Panicf("train: Fit.Accumulate = %d, want 1 with a weighting or an optimizer that asks for gradients by term", o.plan.fit.Accumulate)
	}
	return Gradient(o.Terms()[i].Mean(), o.in.params...)
}

// At is the objective at other parameters, on the same rows and draws.
func (o *objective) At(params []*Node) zoo.Objective {
	in := o.in
	in.params = params
	return &objective{plan: o.plan, in: in, weights: o.Weights(), weighs: o.weighs}
}

// When is what then makes of args on this step's inputs in a branch, or args.
func (o *objective) When(pred *Node, args []*Node, then func(o zoo.Objective, args []*Node) []*Node) []*Node {
	l, weights := newLayout(o.in), o.Weights()
	all := append(append(args[:len(args):len(args)], weights...), l.pack(o.in)...)
	return autodiff.If(pred, all,
		func(s []*Node) []*Node {
			weights, in := s[len(args):len(args)+len(weights)], l.unpack(s[len(args)+len(weights):])
			return then(&objective{plan: o.plan, in: in, weights: weights, weighs: o.weighs}, s[:len(args)])
		},
		func(s []*Node) []*Node { return s[:len(args)] })
}

// Index is the step's number.
func (o *objective) Index() *Node { return o.in.index }

// Rate is the learning rate at this step.
func (o *objective) Rate() *Node {
	if o.rate == nil {
		f := o.plan.fit
		o.rate = Scalar(o.in.index.Graph(), o.plan.dtype(), f.Rate)
		if f.Schedule != nil {
			index := ConvertDType(o.in.index, o.plan.dtype())
			o.rate = Mul(o.rate, f.Schedule.Rate(index, DivScalar(index, float64(f.Steps))))
		}
	}
	return o.rate
}

// accumulate loops over micro-batches and keeps the means of terms and gradients, in the memory of one.
func (o *objective) accumulate() {
	k := o.plan.fit.Accumulate
	g := o.in.index.Graph()
	weights := o.weights
	if weights == nil {
		for _, w := range o.plan.weights {
			weights = append(weights, Scalar(g, o.plan.dtype(), w))
		}
	}
	terms := len(o.plan.terms)
	l := newLayout(o.in)
	state := append([]*Node{Const(g, int64(0))}, l.pack(o.in)...)
	state = append(state, weights...)
	sums := len(state)
	for range terms {
		state = append(state, ScalarZero(g, o.plan.dtype()))
	}
	for _, p := range o.in.params {
		state = append(state, ZerosLike(p))
	}
	out := backend.While(state,
		func(s []*Node) *Node { return LessThan(s[0], Const(s[0].Graph(), int64(k))) },
		func(s []*Node) []*Node {
			micro := s[0]
			all := l.unpack(s[1:])
			part := all
			part.rows = microRows(all.rows, micro, k)
			found, extra := o.plan.loss(part, micro)
			value := weightedSum(found, s[sums-terms:sums])
			grads := Gradient(value, all.params...)
			all.extra = extra
			next := append([]*Node{AddScalar(micro, 1)}, l.pack(all)...)
			next = append(next, s[sums-terms:sums]...)
			for i, t := range found {
				next = append(next, Add(s[sums+i], DivScalar(t.Mean(), float64(k))))
			}
			for i, d := range grads {
				next = append(next, Add(s[sums+terms+i], DivScalar(d, float64(k))))
			}
			return next
		})
	o.extra = l.unpack(out[1:]).extra
	o.grads = out[sums+terms:]
	for i := range terms {
		o.terms = append(o.terms, zoo.Term{Name: o.plan.terms[i], Value: out[sums+i], Weight: o.plan.weights[i]})
	}
}

// microRows is part micro of k of each array of rows.
func microRows(rows []*Node, micro *Node, k int) []*Node {
	out := make([]*Node, len(rows))
	for i, x := range rows {
		out[i] = sliceRows(x, MulScalar(micro, float64(x.Shape().Dim(0)/k)), x.Shape().Dim(0)/k)
	}
	return out
}

// sliceRows is n rows of x from a row whose number is a node, scalar int64.
func sliceRows(x, from *Node, n int) *Node {
	starts := []*Node{from}
	sizes := []int{n}
	for axis := 1; axis < x.Rank(); axis++ {
		starts = append(starts, Scalar(x.Graph(), from.DType(), 0))
		sizes = append(sizes, x.Shape().Dim(axis))
	}
	return DynamicSlice(x, starts, sizes)
}

// layout says where a step's inputs are in a flat list of nodes.
type layout struct{ rows, whole, params, extra int }

func newLayout(in inputs) layout {
	return layout{len(in.rows), len(in.whole), len(in.params), len(in.extra)}
}

func (l layout) pack(in inputs) []*Node {
	out := append([]*Node{in.index, in.seed}, in.rows...)
	out = append(out, in.whole...)
	out = append(out, in.params...)
	return append(out, in.extra...)
}

func (l layout) unpack(flat []*Node) (in inputs) {
	take := func(n int) []*Node {
		part := flat[:n:n]
		flat = flat[n:]
		return part
	}
	head := take(2)
	in.index, in.seed = head[0], head[1]
	in.rows, in.whole, in.params, in.extra = take(l.rows), take(l.whole), take(l.params), take(l.extra)
	return in
}
