package volume

import (
	"fmt"
	"math"
)

// ShallowState is a layer of water at a point.
type ShallowState struct{ Depth, Velocity float64 }

// ShallowRiemann is the exact solution of the Riemann problem of [ShallowWater] on one axis over a wet bed: two waves, each a bore or
// a fan. Water at rest behind a dam that breaks is the case without velocities. Made by [NewShallowRiemann].
//
// Source: Toro 2001, Shock-Capturing Methods for Free-Surface Shallow Flows, sections 5.3 and 5.6. bib: toro2001shallow
type ShallowRiemann struct {
	gravity     float64
	left, right ShallowState
	star        ShallowState // between the waves
}

// NewShallowRiemann solves for the state between the waves.
//
// Errors: a depth or gravity not above 0; states that part so fast that they leave the bed dry.
func NewShallowRiemann(gravity float64, left, right ShallowState) (ShallowRiemann, error) {
	r := ShallowRiemann{gravity: gravity, left: left, right: right}
	for _, s := range []ShallowState{left, right} {
		if !(s.Depth > 0 && gravity > 0) || math.IsInf(s.Velocity, 0) || math.IsNaN(s.Velocity) {
			return r, fmt.Errorf("volume: ShallowRiemann with %+v and the gravity %v, want depth and gravity above 0 and a finite velocity",
				s, gravity)
		}
	}
	part := right.Velocity - left.Velocity
	if limit := 2 * (left.wave(gravity) + right.wave(gravity)); part >= limit {
		return r, fmt.Errorf("volume: ShallowRiemann: velocities part by %v, want less than %v: they leave the bed dry", part, limit)
	}
	excess := func(h float64) float64 { return left.jump(h, gravity) + right.jump(h, gravity) + part }
	low, high := 0.0, max(left.Depth, right.Depth)
	for excess(high) < 0 {
		low, high = high, 2*high
	}
	for range 2000 { // as many as it takes to halve the largest number to the smallest
		h := low + (high-low)/2
		r.star.Depth = h
		if h == low || h == high {
			break
		}
		if excess(h) < 0 {
			low = h
		} else {
			high = h
		}
	}
	r.star.Velocity = (left.Velocity+right.Velocity)/2 + (right.jump(r.star.Depth, gravity)-left.jump(r.star.Depth, gravity))/2
	return r, nil
}

// Star is the state between the two waves.
func (r ShallowRiemann) Star() ShallowState { return r.star }

// wave is the speed of small waves on water at rest.
func (s ShallowState) wave(gravity float64) float64 { return math.Sqrt(gravity * s.Depth) }

// jump is the change of velocity across a wave that leads from s to the depth h.
func (s ShallowState) jump(h, gravity float64) float64 {
	if h > s.Depth {
		return (h - s.Depth) * math.Sqrt(gravity/2*(h+s.Depth)/(h*s.Depth))
	}
	return 2 * (math.Sqrt(gravity*h) - s.wave(gravity))
}

// At is the state at speed = x/t.
func (r ShallowRiemann) At(speed float64) ShallowState {
	if speed < r.star.Velocity {
		return r.beside(r.left, r.star, speed)
	}
	// The right wave is a left wave seen in a mirror.
	mirrored, star := r.right, r.star
	mirrored.Velocity, star.Velocity = -mirrored.Velocity, -star.Velocity
	s := r.beside(mirrored, star, -speed)
	s.Velocity = -s.Velocity
	return s
}

// beside is the state left of the middle, between s and star.
func (r ShallowRiemann) beside(s, star ShallowState, speed float64) ShallowState {
	wave := s.wave(r.gravity)
	if star.Depth > s.Depth {
		bore := s.Velocity - wave*math.Sqrt(star.Depth*(star.Depth+s.Depth)/(2*s.Depth*s.Depth))
		if speed < bore {
			return s
		}
		return star
	}
	if speed < s.Velocity-wave {
		return s
	}
	if speed > star.Velocity-star.wave(r.gravity) {
		return star
	}
	c := (s.Velocity + 2*wave - speed) / 3
	return ShallowState{c * c / r.gravity, (s.Velocity + 2*wave + 2*speed) / 3}
}
