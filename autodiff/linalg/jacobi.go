package linalg

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"

	"github.com/fieldbook-go/fieldbook/autodiff"
)

// maxSweeps bounds Jacobi's iteration; it converges quadratically and takes 6 to 10 sweeps.
const maxSweeps = 30

// epsilon is the spacing of numbers at 1.
func epsilon(dtype dtypes.DType) float64 {
	if dtype == dtypes.Float64 {
		return math.Nextafter(1, 2) - 1
	}
	return float64(math.Nextafter32(1, 2)) - 1
}

// withinRange is matrices [batch, m, n] over their scales [batch, 1, 1], such that squares neither overflow nor vanish; a
// matrix whose entries are of no such size is left as it is. One with NaN or Inf is all NaN.
func withinRange(a *Node) (scaled, scale *Node) {
	bound := 1e100
	if a.DType() == dtypes.Float32 {
		bound = 1e12
	}
	largest := ReduceAndKeep(ReduceAndKeep(Abs(a), ReduceMax, 1), ReduceMax, 2)
	limit := func(v float64) *Node { return Scalar(a.Graph(), a.DType(), v) }
	fits := LogicalAnd(LessThan(largest, limit(bound)), GreaterThan(largest, limit(1/bound)))
	fits = LogicalOr(fits, Equal(largest, ZerosLike(largest)))
	scale = Where(fits, OnesLike(largest), largest)
	bad := ReduceAndKeep(ReduceAndKeep(MulScalar(a, 0), ReduceSum, 1), ReduceSum, 2)
	return Add(Div(a, scale), bad), scale
}

// rotation is the cosine and sine that bring the symmetric matrices (a, c; c, b) to diagonal form, with the smaller of
// the two angles.
//
// Source: Golub and Van Loan 2013, section 8.5.2. bib: golub2013matrix
func rotation(a, b, c *Node) (cosine, sine *Node) {
	isZero := Equal(c, ZerosLike(c))
	tau := Div(Sub(b, a), MulScalar(Where(isZero, OnesLike(c), c), 2))
	t := Div(OnesLike(tau), Add(Abs(tau), Sqrt(AddScalar(Square(tau), 1))))
	t = Where(LessThan(tau, ZerosLike(tau)), Neg(t), t)
	t = Where(isZero, ZerosLike(t), t)
	cosine = Div(OnesLike(t), Sqrt(AddScalar(Square(t), 1)))
	return cosine, Mul(t, cosine)
}

// halves is the first and the second half of an axis.
func halves(x *Node, axis int) (first, second *Node) {
	parts := Split(x, axis, 2)
	return parts[0], parts[1]
}

// rotate turns entry i of the first half of an axis and entry i of the second by angle i.
func rotate(x, cosine, sine *Node, axis int) *Node {
	first, second := halves(x, axis)
	return Concatenate([]*Node{
		Sub(Mul(cosine, first), Mul(sine, second)),
		Add(Mul(sine, first), Mul(cosine, second)),
	}, axis)
}

// nextRound moves the entries of an even axis one place on as in a tournament where the first stays: after n−1 rounds
// each has met each other one opposite, in the other half, and all are back in place.
func nextRound(x *Node, axis int) *Node {
	m := x.Shape().Dimensions[axis] / 2
	if m == 1 {
		return x
	}
	piece := func(from, to int) *Node {
		spec := make([]SliceAxisSpec, x.Rank())
		for i := range spec {
			spec[i] = AxisRange()
		}
		spec[axis] = AxisRange(from, to)
		return Slice(x, spec...)
	}
	pieces := []*Node{piece(0, 1), piece(m, m+1)}
	if m > 2 {
		pieces = append(pieces, piece(1, m-1))
	}
	return Concatenate(append(pieces, piece(m+1, 2*m), piece(m-1, m)), axis)
}

// sweeps runs rounds of rotations on the state until rest of it is at most limit, entry by entry, both [batch].
func sweeps(n int, state []*Node, round func(s []*Node) []*Node, rest func(s []*Node) (rest, limit *Node)) []*Node {
	all := append([]*Node{Const(state[0].Graph(), int32(0))}, state...)
	out := autodiff.While(all,
		func(s []*Node) *Node {
			left, limit := rest(s[1:])
			return LogicalAnd(LessThan(s[0], Const(s[0].Graph(), int32(maxSweeps))), ReduceLogicalOr(GreaterThan(left, limit)))
		},
		func(s []*Node) []*Node {
			next := autodiff.For(n-1, s[1:], func(_ *Node, s []*Node) []*Node { return round(s) })
			return append([]*Node{AddScalar(s[0], 1)}, next...)
		})
	return out[1:]
}

// evenPad appends a zero to an axis of odd length.
func evenPad(x *Node, axis int) *Node {
	if x.Shape().Dimensions[axis]%2 == 0 {
		return x
	}
	config := make([]PadAxis, x.Rank())
	config[axis].End = 1
	return Pad(x, ScalarZero(x.Graph(), x.DType()), config...)
}

// order is the permutation [batch, n, n] that sorts values [batch, n]: x·order has the columns of x in rising order of
// their values, equal ones in their order. Values with NaN have no order: it is NaN.
func order(values *Node) *Node {
	row, column := ExpandAxes(values, 1), ExpandAxes(values, -1) // [batch, 1, n], [batch, n, 1]
	dims := append(append([]int{}, values.Shape().Dimensions...), values.Shape().Dimensions[1])
	full := BroadcastToDims(column, dims...)
	earlier := LogicalOr(LessThan(row, full), LogicalAnd(Equal(row, full), LessThan(index(full, 2), index(full, 1))))
	rank := ReduceSum(ConvertDType(earlier, dtypes.Int32), 2) // [batch, n]
	sorted := ConvertDType(Equal(ExpandAxes(rank, -1), index(full, 2)), values.DType())
	return Add(sorted, ExpandAxes(ReduceAndKeep(MulScalar(values, 0), ReduceSum, 1), -1))
}

// inverseGaps is 1/(xⱼ − xᵢ) for values [..., n], as [..., n, n]; zero on the diagonal and where the two are equal up to
// n times round-off of the largest.
func inverseGaps(x *Node) *Node {
	n := x.Shape().Dim(-1)
	gap := Sub(ExpandAxes(x, -2), ExpandAxes(x, -1))
	limit := MulScalar(ExpandAxes(ReduceAndKeep(Abs(x), ReduceMax, -1), -1), epsilon(x.DType())*float64(n))
	equal := LessOrEqual(Abs(gap), StopGradient(limit))
	equal = LogicalOr(equal, Equal(gap, ZerosLike(gap)))
	return Where(equal, ZerosLike(gap), Div(OnesLike(gap), Where(equal, OnesLike(gap), gap)))
}
