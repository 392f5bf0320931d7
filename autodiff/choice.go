package autodiff

import (
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/internal/backend"
)

// If is yes(args) where pred holds, else no(args); only that one is computed. Both see nothing but args. It nests, and its
// gradient is that of the branch that was taken.
//
// Shapes: pred a scalar boolean; both branches return arrays of the same shapes.
// DType:  any; gradients go to and through real and complex arrays.
// Panics: on another pred, on branches that do not match, or if there are no args.
func If(pred *graph.Node, args []*graph.Node, yes, no func(args []*graph.Node) []*graph.Node) []*graph.Node {
	if pred.DType() != dtypes.Bool || !pred.IsScalar() {
		exceptions.Panicf("autodiff: If: pred is %s, want a scalar boolean", pred.Shape())
	}
	if len(args) == 0 {
		exceptions.Panicf("autodiff: If: no args, want at least one")
	}
	last := len(args)
	return CustomVJP(join(args, []*graph.Node{pred}),
		func(in []*graph.Node) []*graph.Node { return backend.If(in[last], in[:last], yes, no) },
		func(in, out, v []*graph.Node) []*graph.Node {
			back := func(branch func(args []*graph.Node) []*graph.Node) func(s []*graph.Node) []*graph.Node {
				return func(s []*graph.Node) []*graph.Node {
					return Pullback(branch(s[:last]), spread(s[last:], out), numbers(s[:last]))
				}
			}
			g := If(in[last], join(in[:last], numbers(v)), back(yes), back(no))
			return spread(g, in)
		})
}

// Sort puts keys in rising order along an axis, and payloads in the keys' order. Equal keys stay in order; NaN comes last.
//
// Shapes: keys and payloads of the same dimensions.
// DType:  keys real or integers, payloads any. Gradients move with the values; the order has none.
// Panics: on other keys, dimensions that differ, or no such axis.
// Cost:   one sort, and one more for the gradient.
func Sort(axis int, keys *graph.Node, payloads ...*graph.Node) (sorted *graph.Node, carried []*graph.Node) {
	for i, x := range payloads {
		if !x.Shape().EqualDimensions(keys.Shape()) {
			exceptions.Panicf("autodiff: Sort: payload %d is %s, want the dimensions of the keys, %s", i, x.Shape(), keys.Shape())
		}
	}
	order := ArgSort(axis, keys)
	for _, x := range payloads {
		carried = append(carried, permuted(x, order, axis))
	}
	return permuted(keys, order, axis), carried
}

// ArgSort is the places, along an axis, of the entries that [Sort] puts there.
//
// Shapes: as keys, int32.
// Panics: as [Sort].
func ArgSort(axis int, keys *graph.Node) *graph.Node {
	if keys.DType().IsComplex() || keys.DType() == dtypes.Bool || keys.Rank() == 0 {
		exceptions.Panicf("autodiff: Sort: the keys are %s, want an array of reals or integers", keys.Shape())
	}
	axis = graph.MustAdjustAxis(axis, keys)
	places := graph.Iota(keys.Graph(), shapes.Make(dtypes.Int32, keys.Shape().Dimensions...), axis)
	out := backend.Sort(axis, []*graph.Node{graph.StopGradient(keys), places}, func(x, y []*graph.Node) *graph.Node {
		before := graph.LessThan(x[0], y[0])
		if !keys.DType().IsFloat() {
			return before
		}
		onlyLastIsNaN := graph.LogicalAnd(graph.NotEqual(y[0], y[0]), graph.Equal(x[0], x[0]))
		return graph.LogicalOr(before, onlyLastIsNaN)
	})
	return graph.StopGradient(out[1])
}

// permuted is x with the entries along an axis at the places that order names.
func permuted(x, order *graph.Node, axis int) *graph.Node {
	return CustomVJP([]*graph.Node{x, order},
		func(in []*graph.Node) []*graph.Node { return []*graph.Node{taken(in[0], in[1], axis)} },
		func(in, _, v []*graph.Node) []*graph.Node {
			return []*graph.Node{permuted(v[0], ArgSort(axis, in[1]), axis), nil}
		})[0]
}

// taken is the entries of x at the places along an axis.
func taken(x, places *graph.Node, axis int) *graph.Node {
	axis = graph.MustAdjustAxis(axis, x)
	dims := x.Shape().Dimensions
	inner := 1
	for _, d := range dims[axis+1:] {
		inner *= d
	}
	// The place in memory of entry (outer, k, inner) is (outer·dims[axis] + k)·inner's size + inner: where an entry is now, with
	// another k.
	number := func(at int) *graph.Node { return graph.Iota(x.Graph(), places.Shape(), at) }
	whole := graph.Reshape(graph.Iota(x.Graph(), shapes.Make(dtypes.Int32, places.Shape().Size()), 0), dims...)
	flat := graph.Add(whole, graph.MulScalar(graph.Sub(places, number(axis)), float64(inner)))
	picked := graph.Gather(graph.Reshape(x, -1), graph.Reshape(flat, -1, 1))
	return graph.Reshape(picked, dims...)
}
