package mesh

import "math"

// Bounds on the rounding of the two determinants in plain float64, relative to the sum of the absolute values of their terms.
const (
	roundoff    = 0x1p-53
	orientBound = (3 + 16*roundoff) * roundoff
	circleBound = (10 + 96*roundoff) * roundoff
)

// orient is positive if a, b and c go round counter-clockwise, negative if clockwise, and zero exactly if they lie on a line;
// its size is about twice the area of the triangle.
//
// The sign is exact: where rounding might change it, the determinant is found again without rounding.
//
// Source: Shewchuk 1997, Discrete & Computational Geometry 18, with the filters of stage A and exact expansions behind them.
// bib: shewchuk1997predicates
func orient(a, b, c [2]float64) float64 {
	left := (a[0] - c[0]) * (b[1] - c[1])
	right := (a[1] - c[1]) * (b[0] - c[0])
	det := left - right
	if math.Abs(det) >= orientBound*(math.Abs(left)+math.Abs(right)) && det != 0 {
		return det
	}
	acx, acy := difference(a[0], c[0]), difference(a[1], c[1])
	bcx, bcy := difference(b[0], c[0]), difference(b[1], c[1])
	return acx.times(bcy).minus(acy.times(bcx)).value()
}

// inCircle is positive if d lies inside the circle through a, b and c, which go round counter-clockwise, negative if outside,
// and zero exactly if on it. The sign is exact, as that of orient.
func inCircle(a, b, c, d [2]float64) float64 {
	adx, ady := a[0]-d[0], a[1]-d[1]
	bdx, bdy := b[0]-d[0], b[1]-d[1]
	cdx, cdy := c[0]-d[0], c[1]-d[1]
	bc1, bc2 := bdx*cdy, cdx*bdy
	ca1, ca2 := cdx*ady, adx*cdy
	ab1, ab2 := adx*bdy, bdx*ady
	aLift, bLift, cLift := adx*adx+ady*ady, bdx*bdx+bdy*bdy, cdx*cdx+cdy*cdy
	det := aLift*(bc1-bc2) + bLift*(ca1-ca2) + cLift*(ab1-ab2)
	size := aLift*(math.Abs(bc1)+math.Abs(bc2)) + bLift*(math.Abs(ca1)+math.Abs(ca2)) + cLift*(math.Abs(ab1)+math.Abs(ab2))
	if math.Abs(det) > circleBound*size {
		return det
	}
	return inCircleExactly(a, b, c, d)
}

func inCircleExactly(a, b, c, d [2]float64) float64 {
	ax, ay := difference(a[0], d[0]), difference(a[1], d[1])
	bx, by := difference(b[0], d[0]), difference(b[1], d[1])
	cx, cy := difference(c[0], d[0]), difference(c[1], d[1])
	lift := func(x, y expansion) expansion { return x.times(x).plus(y.times(y)) }
	cross := func(x1, y1, x2, y2 expansion) expansion { return x1.times(y2).minus(x2.times(y1)) }
	det := lift(ax, ay).times(cross(bx, by, cx, cy))
	det = det.plus(lift(bx, by).times(cross(cx, cy, ax, ay)))
	return det.plus(lift(cx, cy).times(cross(ax, ay, bx, by))).value()
}

// expansion is an exact number: the sum of its parts, which do not overlap, the smallest first, none of them zero.
type expansion []float64

// difference is a - b.
func difference(a, b float64) expansion { return expansion{a}.add(-b) }

// twoSum splits a + b into its rounded value and what rounding left out.
func twoSum(a, b float64) (sum, rest float64) {
	sum = a + b
	bb := sum - a
	return sum, (a - (sum - bb)) + (b - bb)
}

// add is e + b.
func (e expansion) add(b float64) expansion {
	out := make(expansion, 0, len(e)+1)
	for _, part := range e {
		var rest float64
		if b, rest = twoSum(b, part); rest != 0 {
			out = append(out, rest)
		}
	}
	if b != 0 {
		out = append(out, b)
	}
	return out
}

func (e expansion) plus(f expansion) expansion {
	for _, part := range f {
		e = e.add(part)
	}
	return e
}

func (e expansion) minus(f expansion) expansion {
	for _, part := range f {
		e = e.add(-part)
	}
	return e
}

func (e expansion) times(f expansion) expansion {
	var out expansion
	for _, a := range e {
		for _, b := range f {
			product := a * b
			out = out.add(math.FMA(a, b, -product)).add(product)
		}
	}
	return out
}

// value has the sign of e, and its size to within a few roundings.
func (e expansion) value() float64 {
	var sum float64
	for _, part := range e {
		sum += part
	}
	return sum
}
