package optimizers

import (
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	. "github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/support/exceptions"

	"github.com/fieldbook-go/fieldbook/autodiff"
	"github.com/fieldbook-go/fieldbook/zoo"
)

// leastSquares is what an optimizer minimises in a run, by its objective.
func leastSquares(optimizer string, o zoo.Objective) (LeastSquares, []*Node) {
	squares, ok := o.(zoo.LeastSquares)
	if !ok {
		exceptions.Panicf("optimizers: %s on an objective %T, want one that gives its residuals: it cannot stand inside another optimizer", optimizer, o)
	}
	parts, data := squares.Residuals()
	return parts, data
}

// LeastSquares is a loss ½ Σ r² over all entries of all its parts, such as the equation's residuals at points inside and
// the errors at points of the boundary. Weights are factors on the residuals.
type LeastSquares []Residuals

// Residuals is one part of a sum of squares.
type Residuals = zoo.Residuals

// Residual is r(θ), all parts one after another: [m].
//
// Panics: without parts or parameters, or if the parts do not take up all arrays of data.
func (l LeastSquares) Residual(params, data []*Node) *Node {
	var parts []*Node
	l.each(params, data, func(part Residuals, data []*Node) {
		parts = append(parts, vector(part, params, data))
	})
	return Concatenate(parts, 0)
}

// Linearise is r(θ) and its Jacobian ∂r/∂θ for the parameters as one vector, in their order.
//
// Shapes: returns r [m] and j [m, p].
// DType:  as the parameters, which have the same.
// Panics: as Residual.
// Cost:   a gradient of one row for each entry of a part BySample; for another part the least of one gradient an entry and two
// a parameter. They are taken one after another in a compiled loop.
func (l LeastSquares) Linearise(params, data []*Node) (r, j *Node) {
	var rows []*Node
	l.each(params, data, func(part Residuals, data []*Node) {
		rows = append(rows, jacobian(part, params, data))
	})
	return l.Residual(params, data), Concatenate(rows, 0)
}

// Loss is ½ Σ r², a scalar.
func (l LeastSquares) Loss(params, data []*Node) *Node { return halfSquare(l.Residual(params, data)) }

// each gives every part its own arrays.
func (l LeastSquares) each(params, data []*Node, visit func(part Residuals, data []*Node)) {
	if len(l) == 0 || len(params) == 0 {
		exceptions.Panicf("optimizers: LeastSquares of %d parts and %d parameters, want at least one of each", len(l), len(params))
	}
	wanted := 0
	for _, part := range l {
		wanted += part.Data
	}
	if wanted != len(data) {
		exceptions.Panicf("optimizers: LeastSquares with %d arrays of data, want the sum of Residuals.Data, %d", len(data), wanted)
	}
	for _, part := range l {
		visit(part, data[:part.Data])
		data = data[part.Data:]
	}
}

// vector is a part's residuals as [m].
func vector(r Residuals, params, data []*Node) *Node {
	out := r.Of(params, data)
	if out.DType() != params[0].DType() {
		exceptions.Panicf("optimizers: Residuals.Of gives %s, want %s as the parameters", out.DType(), params[0].DType())
	}
	return Reshape(out, out.Shape().Size())
}

// jacobian is ∂r/∂θ [m, p], in the way that costs least.
func jacobian(r Residuals, params, data []*Node) *Node {
	theta, like := flatten(params), shapesOf(params)
	m, p := vector(r, params, data).Shape().Size(), theta.Shape().Size()
	switch {
	case r.BySample:
		return bySample(r, theta, like, data, m)
	case m <= 2*p:
		return byRow(r, theta, like, data, m)
	default:
		return byColumn(r, theta, like, data, m)
	}
}

// bySample takes the rows of each sample's residuals from that sample alone.
func bySample(r Residuals, theta *Node, like []shapes.Shape, data []*Node, m int) *Node {
	if len(data) <= r.Shared || data[0].Rank() == 0 {
		exceptions.Panicf("optimizers: Residuals.BySample without an array of data that has rows, want at least one")
	}
	n, p := data[0].Shape().Dim(0), theta.Shape().Size()
	if n == 0 || m%n != 0 {
		exceptions.Panicf("optimizers: Residuals.BySample: %d residuals of %d rows of data, want a multiple", m, n)
	}
	k := m / n
	return loopRows(n, Zeros(theta.Graph(), shapes.Make(theta.DType(), m, p)), theta, data, k,
		func(i, theta *Node, data []*Node) *Node {
			one := slices.Clone(data)
			for d, x := range data[:len(data)-r.Shared] {
				one[d] = rowsAt(x, i, 1)
			}
			v := vector(r, shapeLike(theta, like), one)
			if v.Shape().Size() != k {
				exceptions.Panicf("optimizers: Residuals.BySample: %d residuals of one row of data, want %d", v.Shape().Size(), k)
			}
			rows := make([]*Node, k)
			for e := range rows {
				rows[e] = Gradient(Reshape(Slice(v, AxisElem(e))), theta)[0]
			}
			return Stack(rows, 0)
		})
}

// byRow takes one reverse pass an entry.
func byRow(r Residuals, theta *Node, like []shapes.Shape, data []*Node, m int) *Node {
	p := theta.Shape().Size()
	return loopRows(m, Zeros(theta.Graph(), shapes.Make(theta.DType(), m, p)), theta, data, 1,
		func(i, theta *Node, data []*Node) *Node {
			v := vector(r, shapeLike(theta, like), data)
			return ExpandAxes(Gradient(ReduceAllSum(Mul(v, unit(v, i))), theta)[0], 0)
		})
}

// byColumn takes one derivative along each parameter.
func byColumn(r Residuals, theta *Node, like []shapes.Shape, data []*Node, m int) *Node {
	p := theta.Shape().Size()
	columns := loopRows(p, Zeros(theta.Graph(), shapes.Make(theta.DType(), p, m)), theta, data, 1,
		func(i, theta *Node, data []*Node) *Node {
			v := vector(r, shapeLike(theta, like), data)
			return ExpandAxes(autodiff.JVP([]*Node{v}, []*Node{theta}, []*Node{unit(theta, i)})[0], 0)
		})
	return Transpose(columns, 0, 1)
}

// loopRows fills an array, k rows at a time.
func loopRows(steps int, into, theta *Node, data []*Node, k int, rows func(i, theta *Node, data []*Node) *Node) *Node {
	state := append([]*Node{into, theta}, data...)
	return autodiff.For(steps, state, func(i *Node, s []*Node) []*Node {
		at := []*Node{MulScalar(i, float64(k)), Const(i.Graph(), int32(0))}
		into := DynamicUpdateSlice(s[0], rows(i, s[1], s[2:]), at)
		return append([]*Node{into}, s[1:]...)
	})[0]
}

// rowsAt is n rows of x from row i on.
func rowsAt(x, i *Node, n int) *Node {
	start := []*Node{i}
	size := append([]int{n}, x.Shape().Dimensions[1:]...)
	for range size[1:] {
		start = append(start, Const(x.Graph(), int32(0)))
	}
	return DynamicSlice(x, start, size)
}

// unit is the vector of like's length with a one at place i.
func unit(like, i *Node) *Node {
	place := Iota(like.Graph(), shapes.Make(dtypes.Int32, like.Shape().Size()), 0)
	return ConvertDType(Equal(place, i), like.DType())
}

// flatten is the parameters as one vector.
func flatten(params []*Node) *Node {
	parts := make([]*Node, len(params))
	for i, p := range params {
		parts[i] = Reshape(p, p.Shape().Size())
	}
	return Concatenate(parts, 0)
}

// shapeLike cuts a vector into arrays of these shapes.
func shapeLike(theta *Node, like []shapes.Shape) []*Node {
	out := make([]*Node, len(like))
	from := 0
	for i, s := range like {
		out[i] = Reshape(Slice(theta, AxisRange(from, from+s.Size())), s.Dimensions...)
		from += s.Size()
	}
	return out
}

func shapesOf(nodes []*Node) []shapes.Shape {
	out := make([]shapes.Shape, len(nodes))
	for i, x := range nodes {
		out[i] = x.Shape()
	}
	return out
}

// halfSquare is ½ Σ r².
func halfSquare(r *Node) *Node { return MulScalar(ReduceAllSum(Square(r)), 0.5) }

// inner is the inner product of two arrays of one shape.
func inner(x, y *Node) *Node { return ReduceAllSum(Mul(x, y)) }

// times is the product of a matrix [m, p] and a vector [p].
func times(a, x *Node) *Node { return Einsum("ij,j->i", a, x) }

// timesTransposed is the product of the transposed of a matrix [m, p] and a vector [m].
func timesTransposed(a, x *Node) *Node { return Einsum("ij,i->j", a, x) }
