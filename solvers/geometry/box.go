package geometry

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// Interval is the points of a line from Low to High. Its distance is exact.
type Interval struct {
	Low, High float64
	Names     [2]string // of its ends; empty for "x=Low" and "x=High"
}

// Validate lists all that is wrong with v.
func (v Interval) Validate() error { return checkOrder("Interval", v.Low, v.High) }

// Dims is 1.
func (v Interval) Dims() int { return 1 }

// Bounds is the interval.
func (v Interval) Bounds() (low, high []float64) { return []float64{v.Low}, []float64{v.High} }

// Inside tells whether the interval has x, its ends among it.
func (v Interval) Inside(x []float64) bool { return v.Low <= x[0] && x[0] <= v.High }

// Distance is exact.
func (v Interval) Distance(x []float64) float64 { return max(v.Low-x[0], x[0]-v.High) }

// Boundary is the two ends.
func (v Interval) Boundary() []Part {
	out := make([]Part, 2)
	for end, place := range []float64{v.Low, v.High} {
		name := v.Names[end]
		if name == "" {
			name = fmt.Sprintf("x=%g", place)
		}
		out[end] = Part{Name: name, Whole: 1, At: func(_, x, normal []float64) bool {
			x[0], normal[0] = place, float64(2*end-1)
			return true
		}}
	}
	return out
}

// Volume is the length.
func (v Interval) Volume() Measure { return Measure{Value: v.High - v.Low} }

func (v Interval) chart() chart { return Box{[]float64{v.Low}, []float64{v.High}}.chart() }

// Box is an interval along each axis. Its distance is exact.
//
// Its faces are named for the axes x, y and z, or x1, x2, … where there are more than three: "x=0", "x4=1.5".
type Box struct {
	Low, High []float64
}

// Validate lists all that is wrong with b.
func (b Box) Validate() error {
	if len(b.Low) == 0 || len(b.Low) != len(b.High) {
		return fmt.Errorf("geometry: Box with %d Low and %d High, want one of each for each axis", len(b.Low), len(b.High))
	}
	var errs []error
	for i := range b.Low {
		errs = append(errs, checkOrder(fmt.Sprintf("Box along axis %d", i), b.Low[i], b.High[i]))
	}
	return errors.Join(errs...)
}

// Dims is the number of axes.
func (b Box) Dims() int { return len(b.Low) }

// Bounds is a copy of the box.
func (b Box) Bounds() (low, high []float64) { return slices.Clone(b.Low), slices.Clone(b.High) }

// Inside tells whether the box has x, its faces among it.
func (b Box) Inside(x []float64) bool {
	for i, v := range x {
		if !(b.Low[i] <= v && v <= b.High[i]) {
			return false
		}
	}
	return true
}

// Distance is exact.
func (b Box) Distance(x []float64) float64 {
	inside, outside := math.Inf(-1), 0.0
	for i, v := range x {
		d := max(b.Low[i]-v, v-b.High[i])
		inside = max(inside, d)
		if d > 0 {
			outside = math.Hypot(outside, d)
		}
	}
	if outside > 0 {
		return outside
	}
	return inside
}

// Boundary is the faces, along the axes, the low one first.
func (b Box) Boundary() []Part {
	var out []Part
	for axis := range b.Low {
		name := fmt.Sprintf("x%d", axis+1)
		if len(b.Low) <= 3 {
			name = "xyz"[axis : axis+1]
		}
		area := 1.0
		for i := range b.Low {
			if i != axis {
				area *= b.High[i] - b.Low[i]
			}
		}
		for end, place := range []float64{b.Low[axis], b.High[axis]} {
			out = append(out, Part{
				Name: fmt.Sprintf("%s=%g", name, place), Coords: len(b.Low) - 1, Whole: area,
				At: func(u, x, normal []float64) bool {
					stretch(b.Low[:axis], b.High[:axis], u[:axis], x[:axis])
					stretch(b.Low[axis+1:], b.High[axis+1:], u[axis:], x[axis+1:])
					clear(normal)
					x[axis], normal[axis] = place, float64(2*end-1)
					return true
				},
			})
		}
	}
	return out
}

// Volume is the product of the sides.
func (b Box) Volume() Measure { return Measure{Value: b.chart().whole} }

func (b Box) chart() chart {
	whole := 1.0
	for i := range b.Low {
		whole *= b.High[i] - b.Low[i]
	}
	return chart{dims: len(b.Low), coords: len(b.Low), whole: whole, at: func(u, x, _ []float64) int {
		stretch(b.Low, b.High, u, x)
		return 0
	}}
}
