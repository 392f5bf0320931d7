package outline

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// Star are random polygons that are star-shaped about the origin: one corner in each of Corners equal sectors, at a uniform angle of its middle
// half and a uniform radius in [Inner, 1].
//
// Holes are star-shaped too, with as many corners; they lie in sectors of a ring well inside the outline and so touch neither it nor each
// other.
type Star struct {
	Corners int     // of each loop, ≥ 4
	Inner   float64 // least radius, in (0, 1]
	Holes   int     // ≥ 0
}

// Validate lists all that is wrong with s.
func (s Star) Validate() error {
	var errs []error
	if s.Corners < 4 {
		errs = append(errs, fmt.Errorf("outline: Star.Corners = %d, want at least 4", s.Corners))
	}
	if !(s.Inner > 0 && s.Inner <= 1) {
		errs = append(errs, fmt.Errorf("outline: Star.Inner = %v, want it above 0 and at most 1", s.Inner))
	}
	if s.Holes < 0 {
		errs = append(errs, fmt.Errorf("outline: Star.Holes = %d, want at least 0", s.Holes))
	}
	return errors.Join(errs...)
}

// Draw draws a domain. s is valid.
//
// The edges stay outside the circle of radius Inner cos(γ/2), where γ = 1.5·2π/Corners is the widest angle between neighbouring corners; a hole
// has its centre at half that radius, or at the origin if it is the only one, and stays in a disc around it that leaves a gap to the
// circle and, in its sector, to the other holes.
func (s Star) Draw(rng *rand.Rand) Domain {
	d := Domain{Outer: s.loop(rng, 0, 0, 1)}
	safe := s.Inner * math.Cos(1.5*math.Pi/float64(s.Corners))
	start := 2 * math.Pi * rng.Float64()
	for i := range s.Holes {
		centre, size := 0.0, 0.5*safe
		if s.Holes > 1 {
			centre = safe / 2
			size = 0.8 * centre * math.Sin(math.Pi/float64(s.Holes)) // at most 0.4 safe
		}
		sin, cos := math.Sincos(start + 2*math.Pi*float64(i)/float64(s.Holes))
		d.Holes = append(d.Holes, s.loop(rng, centre*cos, centre*sin, size).Reversed())
	}
	return d
}

// loop is a polygon about a centre, of radius up to size.
func (s Star) loop(rng *rand.Rand, x, y, size float64) Loop {
	l := make(Loop, s.Corners)
	for i := range l {
		angle := 2 * math.Pi * (float64(i) + 0.25 + 0.5*rng.Float64()) / float64(s.Corners)
		radius := size * (s.Inner + (1-s.Inner)*rng.Float64())
		sin, cos := math.Sincos(angle)
		l[i] = Point{x + radius*cos, y + radius*sin}
	}
	return l
}
