package jet

import (
	"math"
	"slices"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"
)

// Linear is f(x) for a linear f that treats all points (rows of axis 0) alike, whatever their number: slices, transposes,
// sums over other axes, products with weights. The directions of a stacked coefficient reach it as further points.
func Linear(x Jet, f func(x *graph.Node) *graph.Node) Jet {
	out := Jet{x.table, make([]*graph.Node, len(x.c))}
	for p, c := range x.c {
		switch {
		case c == nil:
		case !x.stacked(p):
			out.c[p] = f(c)
		default:
			out.c[p] = unmerged(f(merged(c)), c)
		}
	}
	return out
}

// merged makes one axis of the directions and the points.
func merged(x *graph.Node) *graph.Node {
	dims := x.Shape().Dimensions
	return graph.Reshape(x, append([]int{dims[0] * dims[1]}, dims[2:]...)...)
}

// unmerged parts the axis again as it was in an array.
func unmerged(x, was *graph.Node) *graph.Node {
	dims := was.Shape().Dimensions
	return graph.Reshape(x, append([]int{dims[0], dims[1]}, x.Shape().Dimensions[1:]...)...)
}

// Bilinear is f(x, y) for an f that is linear in both and treats all points alike, such as the product of two matrices at
// each point.
func Bilinear(x, y Jet, f func(x, y *graph.Node) *graph.Node) Jet {
	t := joint(x, y)
	out := Jet{t, make([]*graph.Node, t.size())}
	n := max(x.c[0].Shape().Dim(0), y.c[0].Shape().Dim(0))
	out.c[0] = f(points(x.c[0], n), points(y.c[0], n))
	for p := 1; p < t.size(); p++ {
		for _, q := range t.product[p] {
			if a, b := x.at(q.left), y.at(q.right); a != nil && b != nil {
				out.c[p] = plus(out.c[p], scaled(t.bilinear(q, p, a, b, n, f), q.weight))
			}
		}
	}
	return out
}

// bilinear is one pair's part: all directions of a stacked entry at once.
func (t *table) bilinear(q pair, p int, x, y *graph.Node, n int, f func(x, y *graph.Node) *graph.Node) *graph.Node {
	left, right := t.entries[q.left].stacked, t.entries[q.right].stacked
	if !left && !right {
		return f(points(x, n), points(y, n))
	}
	rows := func(x *graph.Node, stacked bool) *graph.Node {
		if !stacked {
			x = graph.InsertAxes(x, 0)
		}
		dims := slices.Clone(x.Shape().Dimensions)
		dims[0], dims[1] = t.directions, n
		return merged(graph.BroadcastToDims(x, dims...))
	}
	z := f(rows(x, left), rows(y, right))
	z = graph.Reshape(z, append([]int{t.directions, n}, z.Shape().Dimensions[1:]...)...)
	if !t.entries[p].stacked {
		z = graph.ReduceSum(z, 0)
	}
	return z
}

// points repeats an array that is the same at all points n times.
func points(x *graph.Node, n int) *graph.Node {
	if x.Shape().Dim(0) == n {
		return x
	}
	dims := slices.Clone(x.Shape().Dimensions)
	dims[0] = n
	return graph.BroadcastToDims(x, dims...)
}

// MatMul is the product of the last axis with a matrix of weights, one matrix product a coefficient.
//
// Shapes: x [n, …, in], w [in, out]; returns [n, …, out].
func MatMul(x Jet, w *graph.Node) Jet {
	in := x.c[0].Shape().Dim(-1)
	if w.Rank() != 2 || w.Shape().Dim(0) != in {
		exceptions.Panicf("jet: MatMul of %s with %s, want weights [%d, out]", x.c[0].Shape(), w.Shape(), in)
	}
	return Linear(x, func(x *graph.Node) *graph.Node {
		dims := append(slices.Clone(x.Shape().Dimensions[:x.Rank()-1]), w.Shape().Dim(1))
		return graph.Reshape(graph.MatMul(graph.Reshape(x, x.Shape().Size()/in, in), w), dims...)
	})
}

// Dense is x W + b, b nil for none.
//
// Shapes: x [n, …, in], w [in, out], b [out]; returns [n, …, out].
func Dense(x Jet, w, b *graph.Node) Jet {
	y := MatMul(x, w)
	if b != nil {
		y.c[0] = graph.Add(y.c[0], graph.ExpandLeftToRank(b, y.c[0].Rank()))
	}
	return y
}

// Concatenate joins jets along an axis after that of points; negative axes count from the last.
func Concatenate(axis int, jets ...Jet) Jet {
	if len(jets) == 0 {
		exceptions.Panicf("jet: Concatenate without jets, want at least one")
	}
	rank := jets[0].c[0].Rank()
	if axis < 0 {
		axis += rank
	}
	if axis < 1 || axis >= rank {
		exceptions.Panicf("jet: Concatenate along axis %d of rank %d, want an axis after the points'", axis, rank)
	}
	t := joint(jets...)
	out := Jet{t, make([]*graph.Node, t.size())}
	for p := range out.c {
		if !slices.ContainsFunc(jets, func(j Jet) bool { return j.at(p) != nil }) {
			continue
		}
		at := axis
		if out.stacked(p) {
			at++
		}
		out.c[p] = graph.Concatenate(t.alike(p, jets), at)
	}
	return out
}

// alike are the coefficients of entry p with as many points each, one if all are the same at all points.
func (t *table) alike(p int, jets []Jet) []*graph.Node {
	pointsAxis := 0
	if t != nil && t.entries[p].stacked {
		pointsAxis = 1
	}
	n := 1
	for _, j := range jets {
		if x := j.at(p); x != nil {
			n = max(n, x.Shape().Dim(pointsAxis))
		}
	}
	parts := make([]*graph.Node, len(jets))
	for i, j := range jets {
		x, dims := j.at(p), slices.Clone(j.c[0].Shape().Dimensions)
		dims[0] = n
		if pointsAxis == 1 {
			dims = append([]int{t.directions}, dims...)
		}
		switch {
		case x == nil:
			parts[i] = graph.Zeros(j.c[0].Graph(), shapes.Make(j.c[0].DType(), dims...))
		case slices.Equal(x.Shape().Dimensions, dims):
			parts[i] = x
		default:
			parts[i] = graph.BroadcastToDims(x, dims...)
		}
	}
	return parts
}

// Columns are the entries from ≤ i < to of the last axis.
func Columns(x Jet, from, to int) Jet {
	return Linear(x, func(x *graph.Node) *graph.Node { return graph.SliceAxis(x, -1, graph.AxisRange(from, to)) })
}

// Column is entry i of the last axis, which stays with length 1.
func Column(x Jet, i int) Jet { return Columns(x, i, i+1) }

// Reshape gives each point's values other axes.
//
// Shapes: x [n, …]; returns [n, dims…].
func Reshape(x Jet, dims ...int) Jet {
	return Linear(x, func(x *graph.Node) *graph.Node {
		return graph.Reshape(x, append([]int{x.Shape().Dim(0)}, dims...)...)
	})
}

// Transpose swaps two axes after that of points; negative axes count from the last.
func Transpose(x Jet, a, b int) Jet {
	return Linear(x, func(x *graph.Node) *graph.Node { return graph.Transpose(x, a, b) })
}

// ReduceSum sums over the last axis, which stays with length 1.
func ReduceSum(x Jet) Jet {
	return Linear(x, func(x *graph.Node) *graph.Node { return graph.ReduceAndKeep(x, graph.ReduceSum, -1) })
}

// ReduceMean averages over the last axis, which stays with length 1.
func ReduceMean(x Jet) Jet {
	return MulScalar(ReduceSum(x), 1/float64(x.c[0].Shape().Dim(-1)))
}

// FourierFeatures is cos(2π x B) and sin(2π x B), joined along the last axis.
//
// Shapes: x [n, …, d], frequencies B [d, m]; returns [n, …, 2m].
// Source: Tancik et al. 2020, arXiv:2006.10739. bib: tancik2020fourier
func FourierFeatures(x Jet, frequencies *graph.Node) Jet {
	sin, cos := SinCos(MulScalar(MatMul(x, frequencies), 2*math.Pi))
	return Concatenate(-1, cos, sin)
}
