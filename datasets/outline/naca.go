package outline

import (
	"errors"
	"fmt"
	"math"
)

// NACA4 is an airfoil of the four-digit series with chord 1 from the leading edge at the origin to the trailing edge near (1, 0): NACA 2412 has
// Camber 0.02, Place 0.4 and Thickness 0.12.
//
//	y_t = 5 t (0.2969 √x - 0.1260 x - 0.3516 x² + 0.2843 x³ - 0.1036 x⁴)
//	y_c = m/p² (2 p x - x²),             x ≤ p
//	y_c = m/(1-p)² (1 - 2 p + 2 p x - x²), x > p
//	upper and lower side: (x ∓ y_t sin θ, y_c ± y_t cos θ), tan θ = dy_c/dx
//
// Within the bounds of its fields no outline crosses itself; thick airfoils of strong camber further ahead would.
//
// Differs from the source: the last coefficient is -0.1036 instead of -0.1015, which closes the trailing edge.
// Source: Jacobs, Ward & Pinkerton 1933, "Description of airfoils". bib: jacobs1933naca
type NACA4 struct {
	Camber    float64 // m, in [0, 0.1]
	Place     float64 // p of the highest camber, in [0.2, 0.8]; may be 0 if Camber is
	Thickness float64 // t, in (0, 0.3]
}

// Validate lists all that is wrong with a.
func (a NACA4) Validate() error {
	var errs []error
	if !(a.Camber >= 0 && a.Camber <= 0.1) {
		errs = append(errs, fmt.Errorf("outline: NACA4.Camber = %v, want it from 0 to 0.1", a.Camber))
	}
	if !(a.Place >= 0.2 && a.Place <= 0.8) && !(a.Place == 0 && a.Camber == 0) {
		errs = append(errs, fmt.Errorf("outline: NACA4.Place = %v, want it from 0.2 to 0.8, or 0 without camber", a.Place))
	}
	if !(a.Thickness > 0 && a.Thickness <= 0.3) {
		errs = append(errs, fmt.Errorf("outline: NACA4.Thickness = %v, want it above 0 and at most 0.3", a.Thickness))
	}
	return errors.Join(errs...)
}

// side is the upper (+1) or lower (-1) side at the chord's x in [0, 1].
func (a NACA4) side(x, sign float64) Point {
	thickness := 5 * a.Thickness * (0.2969*math.Sqrt(x) + x*(-0.1260+x*(-0.3516+x*(0.2843-0.1036*x))))
	var camber, slope float64
	if a.Camber > 0 {
		p := a.Place
		q, at := p, 0.0
		if x > p {
			q, at = 1-p, 1-2*p
		}
		camber = a.Camber / (q * q) * (at + 2*p*x - x*x)
		slope = 2 * a.Camber / (q * q) * (p - x)
	}
	norm := math.Hypot(1, slope)
	return Point{x - sign*thickness*slope/norm, camber + sign*thickness/norm}
}

// Loop is the outline as n points, counter-clockwise from the trailing edge over the upper side: equal steps of the angle of x = (1 + cos φ)/2, which
// are small at both edges, and the leading edge's point among them if n is even.
//
// Errors: what Validate finds; n below 8.
func (a NACA4) Loop(n int) (Loop, error) {
	err := a.Validate()
	if n < 8 {
		err = errors.Join(err, fmt.Errorf("outline: NACA4.Loop: n = %d, want at least 8", n))
	}
	if err != nil {
		return nil, err
	}
	l := make(Loop, n)
	for i := range l {
		phi := 2 * math.Pi * float64(i) / float64(n)
		sign := 1.0
		if 2*i > n {
			sign = -1
		}
		l[i] = a.side(min(1, max(0, (1+math.Cos(phi))/2)), sign)
	}
	return l, nil
}
