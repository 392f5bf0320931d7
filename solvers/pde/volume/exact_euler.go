package volume

import (
	"fmt"
	"math"
)

// EulerState is a gas at a point.
type EulerState struct{ Density, Velocity, Pressure float64 }

// EulerRiemann is the exact solution of the Riemann problem of [Euler] on one axis: two waves, each a shock or a fan, and a contact
// between them where pressure and velocity are those of Star. Made by [NewEulerRiemann].
//
// Source: Toro 2009, chapter 4. bib: toro2009riemann
type EulerRiemann struct {
	heats          float64
	left, right    EulerState
	star, velocity float64 // between the waves
}

// NewEulerRiemann solves for the state between the waves.
//
// Errors: a density or pressure not above 0; a ratio of specific heats of at most 1; states that part so fast that they leave a vacuum.
func NewEulerRiemann(heats float64, left, right EulerState) (EulerRiemann, error) {
	r := EulerRiemann{heats: heats, left: left, right: right}
	for _, s := range []EulerState{left, right} {
		if !(s.Density > 0 && s.Pressure > 0 && heats > 1) || math.IsInf(s.Velocity, 0) || math.IsNaN(s.Velocity) {
			return r, fmt.Errorf("volume: EulerRiemann with %+v and a ratio of specific heats of %v, want density and pressure above 0, "+
				"a finite velocity and a ratio above 1", s, heats)
		}
	}
	part := right.Velocity - left.Velocity
	if limit := 2 / (heats - 1) * (left.sound(heats) + right.sound(heats)); part >= limit {
		return r, fmt.Errorf("volume: EulerRiemann: velocities part by %v, want less than %v: they leave a vacuum", part, limit)
	}
	// The sum of both jumps of velocity grows with the pressure between, and is concave: bisection on a bracket, to round-off.
	excess := func(p float64) float64 { return left.jump(p, heats) + right.jump(p, heats) + part }
	low, high := 0.0, max(left.Pressure, right.Pressure)
	for excess(high) < 0 {
		low, high = high, 2*high
	}
	for range 2000 { // as many as it takes to halve the largest number to the smallest
		r.star = low + (high-low)/2
		if r.star == low || r.star == high {
			break
		}
		if excess(r.star) < 0 {
			low = r.star
		} else {
			high = r.star
		}
	}
	r.velocity = (left.Velocity+right.Velocity)/2 + (right.jump(r.star, heats)-left.jump(r.star, heats))/2
	return r, nil
}

// Star is the pressure and the velocity between the two waves.
func (r EulerRiemann) Star() (pressure, velocity float64) { return r.star, r.velocity }

func (s EulerState) sound(heats float64) float64 { return math.Sqrt(heats * s.Pressure / s.Density) }

// jump is the change of velocity across a wave that leads from s to the pressure p: Toro's (4.6), (4.7).
func (s EulerState) jump(p, heats float64) float64 {
	if p > s.Pressure { // a shock
		a, b := 2/((heats+1)*s.Density), (heats-1)/(heats+1)*s.Pressure
		return (p - s.Pressure) * math.Sqrt(a/(p+b))
	}
	return 2 * s.sound(heats) / (heats - 1) * (math.Pow(p/s.Pressure, (heats-1)/(2*heats)) - 1)
}

// At is the state at speed = x/t.
func (r EulerRiemann) At(speed float64) EulerState {
	if speed < r.velocity {
		return r.beside(r.left, speed, 1)
	}
	// The right wave is a left wave seen in a mirror.
	mirrored := r.right
	mirrored.Velocity = -mirrored.Velocity
	s := r.beside(mirrored, -speed, -1)
	s.Velocity = -s.Velocity
	return s
}

// beside is the state left of the contact, whose velocity is sign times that of the star.
func (r EulerRiemann) beside(s EulerState, speed, sign float64) EulerState {
	k := r.heats
	sound, ratio, velocity := s.sound(k), r.star/s.Pressure, sign*r.velocity
	if r.star > s.Pressure {
		if shock := s.Velocity - sound*math.Sqrt((k+1)/(2*k)*ratio+(k-1)/(2*k)); speed < shock { // (4.52)
			return s
		}
		g := (k - 1) / (k + 1)
		return EulerState{s.Density * (ratio + g) / (g*ratio + 1), velocity, r.star} // (4.50)
	}
	if speed < s.Velocity-sound {
		return s
	}
	if tail := velocity - sound*math.Pow(ratio, (k-1)/(2*k)); speed > tail { // (4.54), (4.55)
		return EulerState{s.Density * math.Pow(ratio, 1/k), velocity, r.star}
	}
	scale := 2/(k+1) + (k-1)/((k+1)*sound)*(s.Velocity-speed) // (4.56)
	return EulerState{
		s.Density * math.Pow(scale, 2/(k-1)), 2 / (k + 1) * (sound + (k-1)/2*s.Velocity + speed), s.Pressure * math.Pow(scale, 2*k/(k-1)),
	}
}
