package volume

import (
	"fmt"
	"math"
)

// Reconstruction is how the states at the faces are found from cell averages.
type Reconstruction int

// The order is that at smooth places; the limited MUSCL schemes fall back to one at extrema.
const (
	WENO5    Reconstruction = iota // fifth order, Jiang & Shu's weights: the default
	WENOZ                          // fifth order, Borges' weights: sharper, and keeps its order at extrema
	MUSCL                          // second order, with a Limiter: no new extrema, in scalar laws on one axis
	Constant                       // first order: the cell averages themselves
)

// String names the reconstruction.
func (r Reconstruction) String() string {
	names := [...]string{"WENO5", "WENOZ", "MUSCL", "Constant"}
	if r < 0 || int(r) >= len(names) {
		return fmt.Sprintf("Reconstruction(%d)", int(r))
	}
	return names[r]
}

// Limiter bounds the slopes of MUSCL.
type Limiter int

// From the most to the least cautious.
const (
	Minmod   Limiter = iota // the smaller of the two one-sided slopes
	VanLeer                 // their harmonic mean
	MC                      // the central slope, at most twice each
	Superbee                // the largest that makes no new extrema: sharp jumps, but it squares off smooth waves
)

// String names the limiter.
func (l Limiter) String() string {
	names := [...]string{"Minmod", "VanLeer", "MC", "Superbee"}
	if l < 0 || int(l) >= len(names) {
		return fmt.Sprintf("Limiter(%d)", int(l))
	}
	return names[l]
}

// ghosts is the number of cells that a line has beyond each end: what WENO5 and the third differences see.
const ghosts = 3

// slope gives the function of the differences to the left and to the right.
//
// Source: LeVeque 2002, sections 6.9 and 6.12. bib: leveque2002finite
func (l Limiter) slope() func(p, q float64) float64 {
	switch l {
	case VanLeer:
		return func(p, q float64) float64 {
			if p*q <= 0 {
				return 0
			}
			return 2 * p * q / (p + q)
		}
	case MC:
		return func(p, q float64) float64 { return minmod((p+q)/2, 2*minmod(p, q)) }
	case Superbee:
		return func(p, q float64) float64 {
			a, b := minmod(2*p, q), minmod(p, 2*q)
			if math.Abs(a) > math.Abs(b) {
				return a
			}
			return b
		}
	default:
		return minmod
	}
}

// minmod is the smaller in size of two numbers of one sign, else 0.
func minmod(p, q float64) float64 {
	if p*q <= 0 {
		return 0
	}
	if math.Abs(p) < math.Abs(q) {
		return p
	}
	return q
}

// reconstruct writes the states on the two sides of the n+1 faces of a line of n cells with its ghosts, all of m channels:
// face k is between the cells k+2 and k+3 of the line. Both outputs have room for n+2 faces, and right holds face k at place k+1.
func reconstruct(left, right, line []float64, m, n int, r Reconstruction, slope func(p, q float64) float64) {
	first := 2 * m // the cell to the left of face 0
	count := (n + 2) * m
	switch r {
	case Constant:
		copy(left[:count], line[first:])
		copy(right[:count], line[first:])
	case MUSCL:
		for i := range count {
			at := first + i
			v := line[at]
			half := slope(v-line[at-m], line[at+m]-v) / 2
			left[i], right[i] = v+half, v-half
		}
	case WENOZ:
		weno(left, right, line, m, count, true)
	default:
		weno(left, right, line, m, count, false)
	}
}

// weno is the fifth-order reconstruction. A cell gives the state at its right end to left and that at its left end to right: both
// have the same indicators of smoothness.
//
// Source: Jiang & Shu 1996, J. Comput. Phys. 126, (2.10), (2.15), (2.16); Borges et al. 2008, J. Comput. Phys. 227, (25) to (28)
// with q = 2. bib: jiang1996efficient, borges2008improved
func weno(left, right, line []float64, m, count int, z bool) {
	left, right = left[:count], right[:count]
	l2, l1, l0, h1, h2 := line[:count], line[m:m+count], line[2*m:2*m+count], line[3*m:3*m+count], line[4*m:4*m+count]
	for i := range left {
		a, b, c, d, e := l2[i], l1[i], l0[i], h1[i], h2[i]
		b0 := 13.0/12*square(a-2*b+c) + square(a-4*b+3*c)/4
		b1 := 13.0/12*square(b-2*c+d) + square(b-d)/4
		b2 := 13.0/12*square(c-2*d+e) + square(3*c-4*d+e)/4
		var g0, g1, g2 float64
		if z {
			g0, g1, g2 = borges(b0, b1, b2)
		} else {
			g0, g1, g2 = jiangShu(b0, b1, b2)
		}

		w0, w1, w2 := g0, 6*g1, 3*g2 // the linear weights are 1/10, 6/10, 3/10
		left[i] = (w0*(2*a-7*b+11*c) + w1*(5*c-b+2*d) + w2*(2*c+5*d-e)) / (6 * (w0 + w1 + w2))
		w0, w1, w2 = 3*g0, 6*g1, g2
		right[i] = (w2*(2*e-7*d+11*c) + w1*(5*c-d+2*b) + w0*(2*c+5*b-a)) / (6 * (w0 + w1 + w2))
	}
}

// jiangShu gives weights proportional to 1/(ε + b)², multiplied by all (ε + b)² to divide less.
func jiangShu(b0, b1, b2 float64) (g0, g1, g2 float64) {
	const eps = 1e-6
	s0, s1, s2 := square(b0+eps), square(b1+eps), square(b2+eps)
	return s1 * s2, s0 * s2, s0 * s1
}

// borges gives weights proportional to 1 + (τ/(ε + b))² with τ = |b0 - b2|, multiplied by all (ε + b)².
func borges(b0, b1, b2 float64) (g0, g1, g2 float64) {
	const eps = 1e-40
	tau, s0, s1, s2 := square(b0-b2), square(b0+eps), square(b1+eps), square(b2+eps)
	return (s0 + tau) * s1 * s2, (s1 + tau) * s0 * s2, (s2 + tau) * s0 * s1
}

func square(x float64) float64 { return x * x }
