package autodiff

import (
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// VJP is a reverse rule: the inputs' gradients from the cotangents of the outputs. It is differentiated in its turn for
// second derivatives, so it should compute from the inputs and outputs that it is given, not from nodes of forward.
//
// Shapes: one gradient an input, of its shape.
type VJP func(inputs, outputs, cotangents []*graph.Node) (gradients []*graph.Node)

// CustomVJP is forward(inputs) with a reverse rule of its own; forward itself is not differentiated, and so may hold loops,
// conditions and anything else that has no gradient.
//
// The inputs travel as one flat vector with a tail of zeros as long as the outputs. The tail is added to what forward
// gives, so that the cotangents arrive at the vector's own rule, which hands the gradients to the inputs. What the rule gets
// leads back to the inputs and outputs, so that its own derivatives find their way, but a gradient taken inside of it
// with respect to one input does not see that another depends on it.
//
// DType:  one floating-point type for all inputs and outputs.
// Panics: if there are no inputs or outputs, if their types differ, or if rule returns another number or shape of gradients.
// Cost:   one copy of the inputs and outputs.
func CustomVJP(inputs []*graph.Node, forward func(inputs []*graph.Node) []*graph.Node, rule VJP) []*graph.Node {
	if len(inputs) == 0 {
		exceptions.Panicf("autodiff: CustomVJP: no inputs, want at least one")
	}
	outputs := stopped(forward(stopped(inputs)))
	if len(outputs) == 0 {
		exceptions.Panicf("autodiff: CustomVJP: forward has no outputs, want at least one")
	}
	oneDType(inputs, outputs)
	in, out := newPacking(inputs), newPacking(outputs)
	g, dtype := inputs[0].Graph(), inputs[0].DType()
	tail := graph.Zeros(g, shapes.Make(dtype, out.size))
	packed := graph.Concatenate([]*graph.Node{in.pack(inputs), tail}, 0)
	results := make([]*graph.Node, len(outputs))
	packed = graph.IdentityWithCustomGradient(packed, func(_, cotangent *graph.Node) *graph.Node {
		gradients := rule(apart(inputs), apart(results), out.unpack(cotangent, in.size))
		in.check(gradients)
		return graph.Concatenate([]*graph.Node{in.pack(gradients), tail}, 0)
	})
	copy(results, out.unpack(packed, in.size))
	for i := range results {
		results[i] = graph.Add(results[i], outputs[i])
	}
	return results
}

// stopped is the nodes without a way for gradients.
func stopped(nodes []*graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(nodes))
	for i, x := range nodes {
		out[i] = graph.StopGradient(x)
	}
	return out
}

// apart is new nodes of the same values, none of which depends on another of them.
func apart(nodes []*graph.Node) []*graph.Node {
	out := make([]*graph.Node, len(nodes))
	for i, x := range nodes {
		out[i] = graph.Identity(x)
	}
	return out
}

// oneDType panics unless all nodes have the first one's floating-point type.
func oneDType(groups ...[]*graph.Node) {
	want := groups[0][0].DType()
	if !want.IsFloat() {
		exceptions.Panicf("autodiff: CustomVJP: the first input is %s, want a floating-point type", want)
	}
	for _, group := range groups {
		for i, x := range group {
			if x.DType() != want {
				exceptions.Panicf("autodiff: CustomVJP: array %d is %s, want %s as the first input", i, x.Shape(), want)
			}
		}
	}
}

// packing lays arrays into one vector, one after another.
type packing struct {
	shapes []shapes.Shape
	size   int
}

func newPacking(nodes []*graph.Node) packing {
	var p packing
	for _, x := range nodes {
		p.shapes = append(p.shapes, x.Shape())
		p.size += x.Shape().Size()
	}
	return p
}

// pack is the arrays as one vector [size].
func (p packing) pack(nodes []*graph.Node) *graph.Node {
	flat := make([]*graph.Node, len(nodes))
	for i, x := range nodes {
		flat[i] = graph.Reshape(x, x.Shape().Size())
	}
	return graph.Concatenate(flat, 0)
}

// unpack is the arrays that begin at an offset of a vector.
func (p packing) unpack(vector *graph.Node, offset int) []*graph.Node {
	out := make([]*graph.Node, len(p.shapes))
	for i, s := range p.shapes {
		out[i] = graph.Reshape(graph.Slice(vector, graph.AxisRange(offset, offset+s.Size())), s.Dimensions...)
		offset += s.Size()
	}
	return out
}

// check panics unless the gradients have the inputs' shapes.
func (p packing) check(gradients []*graph.Node) {
	if len(gradients) != len(p.shapes) {
		exceptions.Panicf("autodiff: CustomVJP: the rule returned %d gradients, want %d, one an input", len(gradients), len(p.shapes))
	}
	for i, x := range gradients {
		if !x.Shape().Equal(p.shapes[i]) {
			exceptions.Panicf("autodiff: CustomVJP: gradient %d is %s, want %s as its input", i, x.Shape(), p.shapes[i])
		}
	}
}
