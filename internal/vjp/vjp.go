// Package vjp replaces reverse rules of GoMLX that are missing or give wrong gradients.
//
// Convention: the gradient of a real loss L with respect to a complex z = x + iy is ∂L/∂x + i ∂L/∂y, the direction of
// steepest ascent, as in PyTorch (JAX gives its conjugate). For a holomorphic f with w = f(z) that makes z̄ = conj(f′(z))·w̄.
//
// Wrong in GoMLX 0.28.3: products, quotients and functions of complex numbers, which do not conjugate (complex.go);
// transforms over several axes (fft.go); products whose contracted axes are not in order (dot.go); convolutions with an
// even kernel (conv.go). Missing: what elementary.go and pad.go hold. Real numbers keep GoMLX's own rule wherever that is
// right.
//
// Still missing: GoMLX's own sort (autodiff.Sort has a gradient), the second derivative of a maximum over windows, batch
// normalisation's second derivative. The sign of a complex number has no gradient: GoMLX stops it at the node.
package vjp

import (
	"maps"
	"reflect"
	"sync"
	"unsafe"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Register puts the rules into GoMLX's table, which is one for the process; a backend does so before its first graph.
var Register = sync.OnceFunc(register) //nolint:gochecknoglobals // the table is written once, as readers take no lock

func register() {
	table := graph.VJPRegistration
	for _, kind := range holomorphic() {
		table[kind] = conjugated(table[kind])
	}
	for _, kind := range constant() {
		table[kind] = single(func(node, _ *graph.Node) []*graph.Node { return make([]*graph.Node, len(node.Inputs())) })
	}
	maps.Copy(table, elementary())
	table[graph.NodeTypePad] = single(pad)
	table[graph.NodeTypeFFT] = single(fft)
	table[graph.NodeTypeConvGeneral] = single(convolution)
	table[graph.NodeTypeDotGeneral] = dot(table[graph.NodeTypeDotGeneral])
	table[graph.NodeTypeComplex] = single(fromParts)
	table[graph.NodeTypeAbs] = modulus(table[graph.NodeTypeAbs])
	table[graph.NodeTypeScatterSum] = scatter(table[graph.NodeTypeScatterSum])
}

// single is the rule of a node with one output.
func single(rule func(node, v *graph.Node) []*graph.Node) graph.VJP {
	return func(node *graph.Node, v []*graph.Node, _ shapes.Shape) []*graph.Node { return rule(node, v[0]) }
}

// param is a parameter of a node, by the name that GoMLX gives its field.
//
// Panics: if this release of GoMLX has no such field; a test reads every one that is used.
func param[T any](node *graph.Node, name string) (value T) {
	inputs := reflect.ValueOf(node).Elem().FieldByName("inputs")
	field := reflect.Value{}
	if inputs.IsValid() {
		field = inputs.Elem().Elem().FieldByName(name)
	}
	if !field.IsValid() || field.Type() != reflect.TypeFor[T]() {
		exceptions.Panicf("vjp: %s has no parameter %s of type %s, want gomlx v0.28.3", node.Type(), name, reflect.TypeFor[T]())
	}
	return *(*T)(unsafe.Pointer(field.UnsafeAddr()))
}

// unbroadcast sums a gradient over the axes along which an input was repeated.
func unbroadcast(gradient, input *graph.Node) *graph.Node {
	if gradient.Shape().Equal(input.Shape()) {
		return gradient
	}
	if input.IsScalar() {
		return graph.ReduceAllSum(gradient)
	}
	var repeated []int
	for axis, d := range input.Shape().Dimensions {
		if d == 1 && gradient.Shape().Dimensions[axis] != 1 {
			repeated = append(repeated, axis)
		}
	}
	return graph.Reshape(graph.ReduceSum(gradient, repeated...), input.Shape().Dimensions...)
}
