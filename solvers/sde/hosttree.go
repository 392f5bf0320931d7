package sde

import (
	"math"

	"github.com/fieldbook-go/fieldbook/internal/philox"
)

// HostAt is path number path of a seed, and its integral from T0 to t: what [Tree.At] gives, to round-off.
//
// Errors: what Validate says.
func (b Tree) HostAt(seed, path uint64, t float64) (w, integral float64, err error) {
	if err := b.Validate(); err != nil {
		return 0, 0, err
	}
	w, integral = b.hostAt(seed, path, b.hostPoint(t))
	return w, integral, nil
}

// HostIncrement is the increment over [s, t] and its space-time Lévy area: what [Tree.Increments] gives, to round-off.
//
// Errors: what Validate says; a [DegenerateError] where s and t are the same point of the grid.
func (b Tree) HostIncrement(seed, path uint64, s, t float64) (dw, h float64, err error) {
	if err := b.Validate(); err != nil {
		return 0, 0, err
	}
	ps, pt := b.hostPoint(s), b.hostPoint(t)
	if ps == pt {
		return 0, 0, &DegenerateError{S: s, T: t, Part: math.Ldexp(b.T1-b.T0, -b.Depth)}
	}
	ws, is := b.hostAt(seed, path, ps)
	wt, it := b.hostAt(seed, path, pt)
	length := (pt - ps) * math.Ldexp(b.T1-b.T0, -b.Depth)
	return wt - ws, (it-is)/length - (ws+wt)/2, nil
}

// hostPoint is the number of the grid's point nearest to t.
func (b Tree) hostPoint(t float64) float64 {
	u := min(max((t-b.T0)/(b.T1-b.T0), 0), 1)
	return math.RoundToEven(u * math.Ldexp(1, b.Depth))
}

// hostAt walks from the root to a point. The formulas are those of walk.halved.
func (b Tree) hostAt(seed, path uint64, point float64) (start, area float64) {
	length, leaves := b.T1-b.T0, math.Ldexp(1, b.Depth)
	x, y := philox.HostNormals(seed, path, 0)
	w, h := x*math.Sqrt(length), y*math.Sqrt(length/12)
	leaf := uint64(min(point, leaves-1))
	number := uint64(1)
	for level := b.Depth - 1; level >= 0; level-- {
		x, y = philox.HostNormals(seed, path, number)
		dw := 3*h + x*math.Sqrt(length)/2
		dh := y * math.Sqrt(length/12)
		sumH := 2*h - dw/2
		length /= 2
		w1, h1 := (w+dw)/2, (sumH+dh)/2
		turn := leaf >> level & 1
		number = number<<1 | turn
		if turn == 0 {
			w, h = w1, h1
			continue
		}
		area += length * (start + h1 + w1/2)
		start += w1
		w, h = (w-dw)/2, (sumH-dh)/2
	}
	if point == leaves {
		area += length * (start + h + w/2)
		start += w
	}
	return start, area
}
