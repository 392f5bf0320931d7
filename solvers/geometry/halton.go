package geometry

import (
	"fmt"
	"math"
)

// Halton is Halton's sequence: coordinate k of point i is the digits of i in the k-th prime base, mirrored at the point. It needs no power of
// two; beyond ten coordinates or so scramble it, since the plain one has stripes.
//
// The plain sequence starts with the corner 0. Scrambled, each digit goes through a random permutation of its own, so that each point is
// uniform on the cube.
//
// Source: Halton 1960, Numerische Mathematik 2; Owen 2017, arXiv:1706.02808. bib: halton1960efficiency, owen2017randomized
type Halton struct {
	Scrambled bool
	Seed      uint64 // of the scrambling
}

// Rule is that for n points of dims coordinates.
//
// Errors: more than 64 coordinates.
func (s Halton) Rule(n, dims int) (Rule, error) {
	if err := checkNumbers(n, dims); err != nil {
		return Rule{}, err
	}
	if dims > maxDims {
		return Rule{}, fmt.Errorf("geometry: Halton of %d coordinates, want at most %d; use Uniform or LatinHypercube", dims, maxDims)
	}
	bases := primes(dims)
	digits := make([][][]int, dims) // permutation of each digit of each coordinate
	for axis, base := range bases {
		places := int(math.Ceil(53 / math.Log2(float64(base)))) // all that a float64 in [0, 1) shows
		for place := 0; s.Scrambled && place < places; place++ {
			digits[axis] = append(digits[axis], permutation(base, s.Seed, uint64(axis)<<8|uint64(place)))
		}
	}
	at := func(i int, u []float64) {
		for axis := range u {
			u[axis] = mirrored(i, bases[axis], digits[axis])
		}
	}
	return Rule{At: at, Endless: true}, nil
}

// mirrored is the radical inverse of i: the digits d_0 d_1 … of i become 0.d_0 d_1 …, each permuted where there are permutations.
func mirrored(i, base int, permuted [][]int) float64 {
	var sum float64
	scale := 1.0
	for place := 0; i > 0 || place < len(permuted); place++ {
		digit := i % base
		if permuted != nil {
			if place >= len(permuted) {
				break
			}
			digit = permuted[place][digit]
		}
		scale /= float64(base)
		sum += float64(digit) * scale
		i /= base
	}
	return min(sum, 1-0x1p-53)
}

// primes lists the first n.
func primes(n int) []int {
	var out []int
	for candidate := 2; len(out) < n; candidate++ {
		prime := true
		for _, p := range out {
			prime = prime && candidate%p != 0
		}
		if prime {
			out = append(out, candidate)
		}
	}
	return out
}

// Hammersley is n points of which the first coordinates are equally spaced, the others those of [Halton]'s sequence: the most even of all for
// one fixed number of points.
//
// Source: Hammersley 1960, Annals of the New York Academy of Sciences 86, with the first coordinate in the middle of its slice.
// bib: hammersley1960monte
type Hammersley struct{}

// Rule is that for n points of dims coordinates.
//
// Errors: more than 65 coordinates.
func (Hammersley) Rule(n, dims int) (Rule, error) {
	rest, err := Halton{}.Rule(n, max(dims-1, 0))
	if err != nil {
		return Rule{}, err
	}
	return Rule{At: func(i int, u []float64) {
		if len(u) > 0 {
			u[0] = (float64(i) + 0.5) / float64(n)
			rest.At(i, u[1:])
		}
	}}, nil
}
