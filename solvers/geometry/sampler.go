package geometry

import (
	"fmt"

	"github.com/fieldbook-go/fieldbook/internal/philox"
)

// Sampler spreads points over the unit cube.
type Sampler interface {
	// Rule is that for n points of dims coordinates. Fails for numbers that the sampler cannot do.
	Rule(n, dims int) (Rule, error)
}

// Rule says where points lie.
type Rule struct {
	At      func(i int, u []float64) // writes point i, coordinates in [0, 1)
	Endless bool                     // point i does not depend on how many there are, and there are more than n
	Limit   int                      // of an endless rule: the points that there are; 0 for no limit
}

// Uniform is pseudo-random points. Point i depends on the seed and on i alone.
//
// Source: Salmon, Moraes, Dror & Shaw 2011, SC '11. bib: salmon2011philox
type Uniform struct{ Seed uint64 }

// Rule is that for points of dims coordinates.
func (s Uniform) Rule(n, dims int) (Rule, error) {
	return Rule{At: s.at, Endless: true}, checkNumbers(n, dims)
}

func (s Uniform) at(i int, u []float64) {
	for k := 0; k < len(u); k += 2 {
		a, b := philox.HostBits(s.Seed, uint64(k/2), uint64(i))
		u[k] = unit(a)
		if k+1 < len(u) {
			u[k+1] = unit(b)
		}
	}
}

// LatinHypercube is pseudo-random points of which each of the n slices of each axis holds one. Rejection by a shape that is not the image of
// a cube leaves at most one a slice.
//
// Source: McKay, Beckman & Conover 1979, Technometrics 21. bib: mckay1979comparison
type LatinHypercube struct{ Seed uint64 }

// Rule is that for n points of dims coordinates.
//
// Cost: memory and time for a permutation of n numbers an axis.
func (s LatinHypercube) Rule(n, dims int) (Rule, error) {
	if err := checkNumbers(n, dims); err != nil {
		return Rule{}, err
	}
	slices := make([][]int, dims)
	for axis := range slices {
		slices[axis] = permutation(n, s.Seed, uint64(axis))
	}
	count := float64(n)
	at := func(i int, u []float64) {
		for axis := range u {
			_, b := philox.HostBits(s.Seed, uint64(axis), uint64(i))
			slice := slices[axis][i]
			u[axis] = (float64(slice) + unit(b)) / count
			if int(u[axis]*count) != slice { // rounding at the edge of a slice
				u[axis] = (float64(slice) + 0.5) / count
			}
		}
	}
	return Rule{At: at}, nil
}

// permutation of n numbers by Fisher and Yates; the first words of the bits of (seed, stream, i) are used.
func permutation(n int, seed, stream uint64) []int {
	out := make([]int, n)
	for i := range out {
		a, _ := philox.HostBits(seed, stream, uint64(i))
		j := int(unit(a) * float64(i+1))
		out[i] = out[j]
		out[j] = i
	}
	return out
}

// unit is the highest 53 bits as a number in [0, 1).
func unit(bits uint64) float64 { return float64(bits>>11) * 0x1p-53 }

func checkNumbers(n, dims int) error {
	if n < 1 || dims < 0 {
		return fmt.Errorf("geometry: rule for %d points of %d coordinates, want at least 1 point", n, dims)
	}
	return nil
}
