package autodiff

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// VJP is a reverse rule: the inputs' gradients from the cotangents of the outputs. It is differentiated in its turn for
// second derivatives, so it should compute from the inputs and outputs that it is given, not from nodes of forward.
//
// Shapes: one gradient an input, of its shape; nil is a gradient of zero, and the only one for integers and booleans. The
// cotangents of integers and booleans are nil.
type VJP func(inputs, outputs, cotangents []*graph.Node) (gradients []*graph.Node)

// CustomVJP is forward(inputs) with a reverse rule of its own; forward itself is not differentiated, and so may hold loops,
// conditions and anything else that has no gradient.
//
// The inputs travel as one flat vector with a tail of zeros as long as the outputs. The tail is added to what forward
// gives, so that the cotangents arrive at the vector's own rule, which hands the gradients to the inputs. What the rule gets
// leads back to the inputs and outputs, so that its own derivatives find their way, but a gradient taken inside of it
// with respect to one input does not see that another depends on it.
//
// DType:  any; inputs and outputs may differ. The vector has the widest real type among them.
// Panics: if there are no inputs or outputs, or if rule returns another number or shape of gradients.
// Cost:   one copy of the inputs and outputs.
func CustomVJP(inputs []*graph.Node, forward func(inputs []*graph.Node) []*graph.Node, rule VJP) []*graph.Node {
	if len(inputs) == 0 {
		exceptions.Panicf("autodiff: CustomVJP: no inputs, want at least one")
	}
	outputs := stopped(forward(stopped(inputs)))
	if len(outputs) == 0 {
		exceptions.Panicf("autodiff: CustomVJP: forward has no outputs, want at least one")
	}
	dtype := widest(inputs, outputs)
	in, out := newPacking(dtype, inputs), newPacking(dtype, outputs)
	if in.size == 0 || out.size == 0 {
		return outputs // nothing that has a gradient
	}
	tail := graph.Zeros(inputs[0].Graph(), shapes.Make(dtype, out.size))
	packed := graph.Concatenate([]*graph.Node{in.pack(inputs), tail}, 0)
	results := make([]*graph.Node, len(outputs))
	packed = graph.IdentityWithCustomGradient(packed, func(_, cotangent *graph.Node) *graph.Node {
		gradients := rule(apart(inputs), apart(results), out.unpack(cotangent, in.size))
		in.check(gradients)
		return graph.Concatenate([]*graph.Node{in.pack(gradients), tail}, 0)
	})
	for i, zero := range out.unpack(packed, in.size) {
		results[i] = outputs[i]
		if zero != nil {
			results[i] = graph.Add(zero, outputs[i])
		}
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

// differentiable says whether an array can have a gradient.
func differentiable(dtype dtypes.DType) bool { return dtype.IsFloat() || dtype.IsComplex() }

// widest is the real type that holds the parts of all differentiable nodes without loss.
func widest(groups ...[]*graph.Node) dtypes.DType {
	found := dtypes.InvalidDType
	for _, group := range groups {
		for _, x := range group {
			if !differentiable(x.DType()) {
				continue
			}
			dtype := x.DType().RealDType()
			switch {
			case found == dtypes.InvalidDType || dtype.Size() > found.Size():
				found = dtype
			case dtype != found && dtype.Size() == found.Size():
				found = dtypes.Float32 // the two kinds of 16 bits
			}
		}
	}
	return found
}

// packing lays the differentiable ones of some arrays into one real vector, one after another; a complex array is its real
// parts and then its imaginary parts.
type packing struct {
	dtype  dtypes.DType
	shapes []shapes.Shape
	size   int
}

func newPacking(dtype dtypes.DType, nodes []*graph.Node) packing {
	p := packing{dtype: dtype}
	for _, x := range nodes {
		p.shapes = append(p.shapes, x.Shape())
		p.size += length(x.Shape())
	}
	return p
}

// length is the number of reals that an array takes.
func length(s shapes.Shape) int {
	switch {
	case s.DType.IsComplex():
		return 2 * s.Size()
	case s.DType.IsFloat():
		return s.Size()
	default:
		return 0
	}
}

// pack is the arrays as one vector [size]; nil is zeros.
func (p packing) pack(nodes []*graph.Node) *graph.Node {
	var g *graph.Graph
	for _, x := range nodes {
		if x != nil {
			g = x.Graph()
		}
	}
	var flat []*graph.Node
	for i, x := range nodes {
		s := p.shapes[i]
		switch {
		case length(s) == 0:
		case x == nil:
			flat = append(flat, graph.Zeros(g, shapes.Make(p.dtype, length(s))))
		case s.DType.IsComplex():
			flat = append(flat, p.real(graph.Real(x)), p.real(graph.Imag(x)))
		default:
			flat = append(flat, p.real(x))
		}
	}
	return graph.Concatenate(flat, 0)
}

// real is a real array as a vector of the packing's type.
func (p packing) real(x *graph.Node) *graph.Node {
	return converted(graph.Reshape(x, x.Shape().Size()), p.dtype)
}

// unpack is the arrays that begin at an offset of a vector, nil for those without a gradient.
func (p packing) unpack(vector *graph.Node, offset int) []*graph.Node {
	out := make([]*graph.Node, len(p.shapes))
	for i, s := range p.shapes {
		part := func() *graph.Node {
			x := graph.Slice(vector, graph.AxisRange(offset, offset+s.Size()))
			offset += s.Size()
			return graph.Reshape(converted(x, s.DType.RealDType()), s.Dimensions...)
		}
		switch {
		case s.DType.IsComplex():
			re := part()
			out[i] = graph.Complex(re, part())
		case s.DType.IsFloat():
			out[i] = part()
		}
	}
	return out
}

// converted is x in another type, and x itself where it has that type.
func converted(x *graph.Node, dtype dtypes.DType) *graph.Node {
	if x.DType() == dtype {
		return x
	}
	return graph.ConvertDType(x, dtype)
}

// check panics unless the gradients have the inputs' shapes, and at least one is there.
func (p packing) check(gradients []*graph.Node) {
	if len(gradients) != len(p.shapes) {
		exceptions.Panicf("autodiff: CustomVJP: the rule returned %d gradients, want %d, one an input", len(gradients), len(p.shapes))
	}
	found := false
	for i, x := range gradients {
		if x == nil || length(p.shapes[i]) == 0 {
			continue
		}
		found = true
		if !x.Shape().Equal(p.shapes[i]) {
			exceptions.Panicf("autodiff: CustomVJP: gradient %d is %s, want %s as its input", i, x.Shape(), p.shapes[i])
		}
	}
	if !found {
		exceptions.Panicf("autodiff: CustomVJP: the rule returned no gradient at all, want one or more that are not nil")
	}
}
