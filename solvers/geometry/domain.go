package geometry

import (
	"errors"
	"fmt"
	"math"
)

// Domain is a bounded set of points with an inside.
//
// The methods other than Validate hold for valid domains, with points of Dims coordinates, and may be called by several goroutines.
type Domain interface {
	// Validate lists all that is wrong.
	Validate() error
	// Dims is the number of coordinates.
	Dims() int
	// Bounds is a box that holds the domain.
	Bounds() (low, high []float64)
	// Inside tells whether the domain has x. Points of the boundary may be on either side.
	Inside(x []float64) bool
	// Distance is that of x to the boundary, negative inside. Where the type does not say that it is exact, it has the sign of the exact
	// one and is no further from zero.
	Distance(x []float64) float64
	// Boundary lists the parts of the boundary. Several may have one name.
	Boundary() []Part
}

// Part is a piece of a boundary: the image of a cube, or what is left of it.
type Part struct {
	Name   string
	Coords int     // numbers in [0, 1) that name a place
	Whole  float64 // length, area, … of the image of the cube; the number of points for a domain of one dimension
	Cut    bool    // At says false for some places
	Kept   Measure // of the places that are not cut off, where that is known; else 0

	// At writes the place named by u and the unit normal that points out of the domain there; false if the place is not on the boundary.
	// Uniform u gives places that are uniform by area. May be called by several goroutines.
	At func(u, x, normal []float64) bool
}

// Measure is the volume of a domain or the area of a boundary.
type Measure struct {
	Value float64
	Error float64 // standard error of an estimate, 0 for what is known but for rounding
}

// times is the measure of a product.
func (m Measure) times(by Measure) Measure {
	return Measure{m.Value * by.Value, math.Hypot(m.Error*by.Value, m.Value*by.Error)}
}

// Measured is a [Domain] that knows its volume.
type Measured interface {
	Domain
	Volume() Measure
}

// Volume is the length, area, … of a domain: its own if it is [Measured], else estimated by replicated Sobol points in its bounds.
//
// Errors: what is wrong with d.
func Volume(d Domain) (Measure, error) {
	if err := check(d); err != nil {
		return Measure{}, err
	}
	return volume(d), nil
}

func volume(d Domain) Measure {
	if m, ok := d.(Measured); ok {
		return m.Volume()
	}
	return inBounds(d).measure()
}

// Perimeter is the area, length, … of the named parts of the boundary of d, of all if no name is given; the number of points for a domain
// of one dimension. Parts that are cut are estimated by replicated Sobol points.
//
// Errors: what is wrong with d; a name that no part has.
func Perimeter(d Domain, names ...string) (Measure, error) {
	if err := check(d); err != nil {
		return Measure{}, err
	}
	parts, err := named(d, names)
	if err != nil {
		return Measure{}, err
	}
	return perimeter(parts, d.Dims()), nil
}

func perimeter(parts []Part, dims int) Measure {
	var sum Measure
	for _, p := range parts {
		m := p.measure(dims)
		sum = Measure{sum.Value + m.Value, math.Hypot(sum.Error, m.Error)}
	}
	return sum
}

// Named is a domain whose boundary is one part.
type Named struct {
	Of   Domain
	Name string
}

// Validate lists all that is wrong with n.
func (n Named) Validate() error {
	if n.Name == "" {
		return errors.Join(errors.New("geometry: Named.Name is empty, want a name for the boundary"), check(n.Of))
	}
	return check(n.Of)
}

// Dims is the number of coordinates.
func (n Named) Dims() int { return n.Of.Dims() }

// Bounds is that of the domain.
func (n Named) Bounds() (low, high []float64) { return n.Of.Bounds() }

// Inside is that of the domain.
func (n Named) Inside(x []float64) bool { return n.Of.Inside(x) }

// Distance is that of the domain.
func (n Named) Distance(x []float64) float64 { return n.Of.Distance(x) }

// Boundary is that of the domain, each part with the name of n.
func (n Named) Boundary() []Part {
	parts := n.Of.Boundary()
	for i := range parts {
		parts[i].Name = n.Name
	}
	return parts
}

// Volume is that of the domain.
func (n Named) Volume() Measure { return volume(n.Of) }

func (n Named) chart() chart { return interior(n.Of) }

// check is what is wrong with d, which may be nil.
func check(d Domain) error {
	if d == nil {
		return errors.New("geometry: the Domain is nil, want a shape")
	}
	return d.Validate()
}

// checkOrder is the error of an axis from low to high, which name names.
func checkOrder(name string, low, high float64) error {
	if side := high - low; !(side > 0) || math.IsInf(side, 0) {
		return fmt.Errorf("geometry: %s from %v to %v, want finite ends in this order", name, low, high)
	}
	return nil
}

// checkAbove is the error of a length that is not above 0 and finite.
func checkAbove(name string, v float64) error {
	if !(v > 0) || math.IsInf(v, 0) {
		return fmt.Errorf("geometry: %s = %v, want above 0 and finite", name, v)
	}
	return nil
}

// checkFinite is the error of a point with coordinates that are not finite.
func checkFinite(name string, x []float64) error {
	var errs []error
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			errs = append(errs, fmt.Errorf("geometry: %s[%d] = %v, want a finite coordinate", name, i, v))
		}
	}
	return errors.Join(errs...)
}
