package geometry

import (
	"errors"
	"fmt"
	"math"
)

// Product is the points (a, b) with a in A and b in B, the coordinates of A first: a prism, a cylinder, a domain in space and time. Its distance
// is exact if theirs are. Its boundary is that of A times B, then A times that of B; the parts keep their names.
type Product struct{ A, B Domain }

// Cylinder is a domain in space and time, the time last. The slices at the two times are the parts "initial" and "final"; those of the
// boundary in space keep their names; with [Named] they are one.
func Cylinder(space Domain, from, to float64) Product {
	return Product{A: space, B: Interval{Low: from, High: to, Names: [2]string{"initial", "final"}}}
}

// Validate lists all that is wrong with p.
func (p Product) Validate() error {
	var errs []error
	for i, d := range []Domain{p.A, p.B} {
		if err := check(d); err != nil {
			errs = append(errs, fmt.Errorf("factor %c of Product: %w", "AB"[i], err))
		}
	}
	return errors.Join(errs...)
}

// Dims is the sum of those of the factors.
func (p Product) Dims() int { return p.A.Dims() + p.B.Dims() }

// Bounds is the product of those of the factors.
func (p Product) Bounds() (low, high []float64) {
	low, high = p.A.Bounds()
	l, h := p.B.Bounds()
	return append(low, l...), append(high, h...)
}

// Inside tells whether both have their part of x.
func (p Product) Inside(x []float64) bool {
	d := p.A.Dims()
	return p.A.Inside(x[:d]) && p.B.Inside(x[d:])
}

// Distance is exact if those of the factors are.
func (p Product) Distance(x []float64) float64 {
	d := p.A.Dims()
	a, b := p.A.Distance(x[:d]), p.B.Distance(x[d:])
	if a > 0 && b > 0 {
		return math.Hypot(a, b)
	}
	return max(a, b)
}

// Boundary is that of A times B, then A times that of B.
func (p Product) Boundary() []Part {
	d := p.A.Dims()
	a, b := interior(p.A), interior(p.B)
	var out []Part
	for _, side := range p.A.Boundary() {
		at, first := side.At, side.Coords
		side.Kept = keptOf(side, p.A, p.B)
		side.Coords, side.Whole, side.Cut = first+b.coords, side.Whole*b.whole, side.Cut || b.cut
		side.At = func(u, x, normal []float64) bool {
			on := at(u[:first], x[:d], normal[:d]) && b.at(u[first:], x[d:], normal[d:]) >= 0
			clear(normal[d:])
			return on
		}
		out = append(out, side)
	}
	for _, side := range p.B.Boundary() {
		at := side.At
		side.Kept = keptOf(side, p.B, p.A)
		side.Coords, side.Whole, side.Cut = a.coords+side.Coords, a.whole*side.Whole, side.Cut || a.cut
		side.At = func(u, x, normal []float64) bool {
			on := a.at(u[:a.coords], x[:d], normal[:d]) >= 0 && at(u[a.coords:], x[d:], normal[d:])
			clear(normal[:d])
			return on
		}
		out = append(out, side)
	}
	return out
}

// keptOf is the measure of a part of the boundary of one factor times the other factor, if it is known.
func keptOf(side Part, of, other Domain) Measure {
	if _, ok := other.(Measured); !ok || side.Cut && side.Kept == (Measure{}) {
		return Measure{}
	}
	return side.measure(of.Dims()).times(volume(other))
}

// Volume is the product of those of the factors.
func (p Product) Volume() Measure {
	return volume(p.A).times(volume(p.B))
}

func (p Product) chart() chart {
	d := p.A.Dims()
	a, b := interior(p.A), interior(p.B)
	return chart{
		dims: a.dims + b.dims, coords: a.coords + b.coords, whole: a.whole * b.whole, cut: a.cut || b.cut,
		at: func(u, x, normal []float64) int {
			if a.at(u[:a.coords], x[:d], normal[:d]) < 0 || b.at(u[a.coords:], x[d:], normal[d:]) < 0 {
				return -1
			}
			return 0
		},
	}
}
