package geometry

import (
	"errors"
	"fmt"
	"math"
)

// Similar is a domain that is scaled about the origin, then turned about it from one axis towards another, then shifted. The distance is exact
// if that of the domain is.
type Similar struct {
	Of     Domain
	Factor float64   // of the lengths
	Axes   [2]int    // from the first towards the second; not looked at if the angle is 0
	Angle  float64   // radians
	Shift  []float64 // along each axis; nil for none
}

// Translate shifts a domain.
func Translate(d Domain, by ...float64) Similar { return Similar{Of: d, Factor: 1, Shift: by} }

// Rotate turns a domain about the origin, from axis i towards axis j: counter-clockwise in the plane for 0 and 1.
func Rotate(d Domain, i, j int, angle float64) Similar {
	return Similar{Of: d, Factor: 1, Axes: [2]int{i, j}, Angle: angle}
}

// Scale makes a domain larger about the origin, all lengths by the factor.
func Scale(d Domain, factor float64) Similar { return Similar{Of: d, Factor: factor} }

// Validate lists all that is wrong with s.
func (s Similar) Validate() error {
	if err := check(s.Of); err != nil {
		return err
	}
	d := s.Of.Dims()
	errs := []error{checkAbove("Similar.Factor", s.Factor), checkFinite("Similar.Shift", s.Shift)}
	if s.Shift != nil && len(s.Shift) != d {
		errs = append(errs, fmt.Errorf("geometry: Similar.Shift of %d numbers, want one for each of %d axes", len(s.Shift), d))
	}
	if math.IsNaN(s.Angle) || math.IsInf(s.Angle, 0) {
		errs = append(errs, fmt.Errorf("geometry: Similar.Angle = %v, want a finite number of radians", s.Angle))
	}
	if i, j := s.Axes[0], s.Axes[1]; s.Angle != 0 && (i == j || min(i, j) < 0 || max(i, j) >= d) {
		errs = append(errs, fmt.Errorf("geometry: Similar.Axes = %v, want two different ones of the axes 0 … %d", s.Axes, d-1))
	}
	return errors.Join(errs...)
}

// turn rotates x by the angle with this sine and cosine, in place.
func (s Similar) turn(x []float64, sin, cos float64) {
	i, j := s.Axes[0], s.Axes[1]
	x[i], x[j] = cos*x[i]-sin*x[j], sin*x[i]+cos*x[j]
}

// forward moves a place of the domain, in place.
func (s Similar) forward(x []float64) {
	for i := range x {
		x[i] *= s.Factor
	}
	if s.Angle != 0 {
		sin, cos := math.Sincos(s.Angle)
		s.turn(x, sin, cos)
	}
	for i, by := range s.Shift {
		x[i] += by
	}
}

// back is the place of the domain that is moved to x.
func (s Similar) back(x []float64) []float64 {
	y := make([]float64, len(x))
	copy(y, x)
	for i, by := range s.Shift {
		y[i] -= by
	}
	if s.Angle != 0 {
		sin, cos := math.Sincos(s.Angle)
		s.turn(y, -sin, cos)
	}
	for i := range y {
		y[i] /= s.Factor
	}
	return y
}

// Dims is the number of coordinates.
func (s Similar) Dims() int { return s.Of.Dims() }

// Bounds is the box round the moved bounds; of a turned domain it may not be the smallest.
func (s Similar) Bounds() (low, high []float64) {
	low, high = s.Of.Bounds()
	half := make([]float64, len(low))
	for i := range low {
		half[i] = s.Factor * (high[i] - low[i]) / 2
		low[i] += (high[i] - low[i]) / 2
	}
	s.forward(low)
	if i, j := s.Axes[0], s.Axes[1]; s.Angle != 0 {
		sin, cos := math.Sincos(s.Angle)
		sin, cos = math.Abs(sin), math.Abs(cos)
		half[i], half[j] = cos*half[i]+sin*half[j], sin*half[i]+cos*half[j]
	}
	for i, h := range half {
		high[i] = low[i] + h
		low[i] -= h
	}
	return low, high
}

// Inside tells whether the moved domain has x.
func (s Similar) Inside(x []float64) bool { return s.Of.Inside(s.back(x)) }

// Distance is that of the domain, scaled.
func (s Similar) Distance(x []float64) float64 { return s.Factor * s.Of.Distance(s.back(x)) }

// Boundary is that of the domain, moved. The parts keep their names.
func (s Similar) Boundary() []Part {
	parts := s.Of.Boundary()
	for i := range parts {
		at, by := parts[i].At, math.Pow(s.Factor, float64(s.Dims()-1))
		parts[i].Whole *= by
		parts[i].Kept = parts[i].Kept.times(Measure{Value: by})
		parts[i].At = func(u, x, normal []float64) bool {
			if !at(u, x, normal) {
				return false
			}
			s.forward(x)
			if s.Angle != 0 {
				sin, cos := math.Sincos(s.Angle)
				s.turn(normal, sin, cos)
			}
			return true
		}
	}
	return parts
}

// Volume is that of the domain, scaled.
func (s Similar) Volume() Measure {
	return volume(s.Of).times(Measure{Value: math.Pow(s.Factor, float64(s.Dims()))})
}

func (s Similar) chart() chart {
	c := interior(s.Of)
	at := c.at
	c.whole *= math.Pow(s.Factor, float64(s.Dims()))
	c.at = func(u, x, normal []float64) int {
		part := at(u, x, normal)
		if part >= 0 {
			s.forward(x)
		}
		return part
	}
	return c
}
