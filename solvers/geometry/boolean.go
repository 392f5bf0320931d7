package geometry

import (
	"errors"
	"fmt"
	"math"
)

// Union is the points of any of the domains. Its distance is exact outside if theirs are, inside a bound; it is 0 where two of them touch.
type Union struct{ Of []Domain }

// Intersection is the points that all domains have. Its distance is exact inside if theirs are, outside a bound.
type Intersection struct{ Of []Domain }

// Difference is the points of a domain that none of others has. Its distance is exact inside if theirs are, outside a bound.
type Difference struct {
	Of      Domain
	Without []Domain
}

// Validate lists all that is wrong with u.
func (u Union) Validate() error { return checkAll("Union", u.Of) }

// Validate lists all that is wrong with n; that the domains have no point in common is seen only where their bounds have none.
func (n Intersection) Validate() error {
	if err := checkAll("Intersection", n.Of); err != nil {
		return err
	}
	low, high := n.Bounds()
	for axis := range low {
		if !(low[axis] < high[axis]) {
			return fmt.Errorf("geometry: Intersection of domains whose bounds do not meet along axis %d, want some points in common", axis)
		}
	}
	return nil
}

// Validate lists all that is wrong with f; that nothing is left is seen only when points are drawn.
func (f Difference) Validate() error {
	return checkAll("Difference", append([]Domain{f.Of}, f.Without...))
}

// checkAll is what is wrong with the operands of an operation.
func checkAll(operation string, of []Domain) error {
	if len(of) == 0 {
		return fmt.Errorf("geometry: %s of no domains, want at least one", operation)
	}
	var errs []error
	for i, d := range of {
		if err := check(d); err != nil {
			errs = append(errs, fmt.Errorf("operand %d of %s: %w", i, operation, err))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for i, d := range of {
		if d.Dims() != of[0].Dims() {
			errs = append(errs, fmt.Errorf("geometry: operand %d of %s has %d dimensions and the first %d, want equal numbers",
				i, operation, d.Dims(), of[0].Dims()))
		}
	}
	return errors.Join(errs...)
}

// Dims is the number of coordinates.
func (u Union) Dims() int { return u.Of[0].Dims() }

// Dims is the number of coordinates.
func (n Intersection) Dims() int { return n.Of[0].Dims() }

// Dims is the number of coordinates.
func (f Difference) Dims() int { return f.Of.Dims() }

// Bounds is the box round those of the domains.
func (u Union) Bounds() (low, high []float64) {
	low, high = u.Of[0].Bounds()
	for _, d := range u.Of[1:] {
		l, h := d.Bounds()
		for i := range low {
			low[i], high[i] = min(low[i], l[i]), max(high[i], h[i])
		}
	}
	return low, high
}

// Bounds is what those of the domains have in common.
func (n Intersection) Bounds() (low, high []float64) {
	low, high = n.Of[0].Bounds()
	for _, d := range n.Of[1:] {
		l, h := d.Bounds()
		for i := range low {
			low[i], high[i] = max(low[i], l[i]), min(high[i], h[i])
		}
	}
	return low, high
}

// Bounds is that of the domain before others are taken away.
func (f Difference) Bounds() (low, high []float64) { return f.Of.Bounds() }

// Inside tells whether any has x.
func (u Union) Inside(x []float64) bool {
	for _, d := range u.Of {
		if d.Inside(x) {
			return true
		}
	}
	return false
}

// Inside tells whether all have x.
func (n Intersection) Inside(x []float64) bool {
	for _, d := range n.Of {
		if !d.Inside(x) {
			return false
		}
	}
	return true
}

// Inside tells whether f.Of alone has x.
func (f Difference) Inside(x []float64) bool {
	return f.Of.Inside(x) && !Union{f.Without}.Inside(x)
}

// Distance is the least of those of the domains.
func (u Union) Distance(x []float64) float64 {
	out := math.Inf(1)
	for _, d := range u.Of {
		out = min(out, d.Distance(x))
	}
	return out
}

// Distance is the greatest of those of the domains.
func (n Intersection) Distance(x []float64) float64 {
	out := math.Inf(-1)
	for _, d := range n.Of {
		out = max(out, d.Distance(x))
	}
	return out
}

// Distance is the greatest of that of f.Of and those of the others with the other sign.
func (f Difference) Distance(x []float64) float64 {
	return max(f.Of.Distance(x), -Union{f.Without}.Distance(x))
}

// Boundary is the parts of the domains, less what is inside another one.
func (u Union) Boundary() []Part { return onResult(u, u.Of, len(u.Of)) }

// Boundary is the parts of the domains, less what is outside another one.
func (n Intersection) Boundary() []Part { return onResult(n, n.Of, len(n.Of)) }

// Boundary is the parts of f.Of outside the others, and the parts of the others inside, with their normals turned.
func (f Difference) Boundary() []Part { return onResult(f, append([]Domain{f.Of}, f.Without...), 1) }

// How far off its boundary a result is looked at, and how near to another boundary a point counts as on it, as a share of
// the sides and the coordinates of the bounds. The first is far above rounding, and below what matters to a solution.
const (
	probe      = 1e-9
	coincident = 1e-13
)

// onResult lists the parts of the operands that are on the boundary of a result: places with the result on the inner side of the normal
// and not on the outer one. Those after the first kept ones are taken away, so their normals are turned. What lies on the boundaries of
// two operands is counted for the earlier one.
func onResult(result Domain, operands []Domain, kept int) []Part {
	low, high := result.Bounds()
	var size float64
	for i := range low {
		size = max(size, math.Abs(low[i]), math.Abs(high[i]), high[i]-low[i])
	}
	var out []Part
	for i, d := range operands {
		for _, p := range d.Boundary() {
			at := p.At
			p.Cut, p.Kept = true, Measure{}
			p.At = func(u, x, normal []float64) bool {
				if !at(u, x, normal) {
					return false
				}
				if i >= kept {
					for axis := range normal {
						normal[axis] = -normal[axis]
					}
				}
				for _, earlier := range operands[:i] {
					if math.Abs(earlier.Distance(x)) <= coincident*size {
						return false
					}
				}
				y := make([]float64, len(x))
				shifted := func(by float64) []float64 {
					for axis := range y {
						y[axis] = x[axis] + by*normal[axis]
					}
					return y
				}
				return result.Inside(shifted(-probe*size)) && !result.Inside(shifted(probe*size))
			}
			out = append(out, p)
		}
	}
	return out
}
