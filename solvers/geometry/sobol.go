package geometry

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/fieldbook-go/fieldbook/internal/philox"
)

// Sobol is Sobol's sequence in Gray code order: the first 2^k points are spread more evenly than any that are random. Use a power of two.
//
// The plain sequence starts with the corner 0. Scrambled, each point is uniform on the cube and the errors of integrals of smooth functions
// fall like n^-3/2, but for logarithms, by Owen's nested permutations of the binary digits, all that 53 bits hold.
//
// Source: Joe & Kuo 2008, SIAM Journal on Scientific Computing 30; the scrambling Owen 1995, its errors Owen 1997.
// bib: joe2008sobol, owen1995randomly, owen1997scrambled
type Sobol struct {
	Scrambled bool
	Seed      uint64 // of the scrambling
}

// Most coordinates that the table has numbers for, and the most points that there are.
const (
	maxDims   = 64
	sobolBits = 32
)

// Rule is that for n points of dims coordinates.
//
// Errors: more than 64 coordinates or 2^32 points.
func (s Sobol) Rule(n, dims int) (Rule, error) {
	if err := checkNumbers(n, dims); err != nil {
		return Rule{}, err
	}
	if dims > maxDims || uint64(n) > 1<<sobolBits {
		return Rule{}, fmt.Errorf("geometry: Sobol of %d points of %d coordinates, want at most 2^%d of %d; use Uniform or LatinHypercube",
			n, dims, sobolBits, maxDims)
	}
	directions, err := sobolDirections(dims)
	if err != nil {
		return Rule{}, err
	}
	at := func(i int, u []float64) {
		for axis := range u {
			var digits uint32
			for gray := uint32(i) ^ uint32(i)>>1; gray != 0; gray &= gray - 1 {
				digits ^= directions[axis][bits.TrailingZeros32(gray)]
			}
			if s.Scrambled {
				u[axis] = owen(digits, s.Seed, uint64(axis))
			} else {
				u[axis] = float64(digits) * 0x1p-32
			}
		}
	}
	return Rule{At: at, Endless: true, Limit: 1 << sobolBits}, nil
}

// sobolDirections are the numbers v_k = m_k/2^k of the source, k from 1, as binary fractions of 32 digits.
func sobolDirections(dims int) ([][sobolBits]uint32, error) {
	out := make([][sobolBits]uint32, dims)
	for axis, row := range strings.SplitN(sobolTable, "\n", dims+1)[:dims] {
		reader := strings.NewReader(row)
		var polynomial uint32
		if _, err := fmt.Fscan(reader, &polynomial); err != nil {
			return nil, fmt.Errorf("geometry: row %d of the table for Sobol: %w", axis, err)
		}
		degree := bits.Len32(polynomial) - 1
		m := &out[axis]
		for k := range sobolBits {
			switch {
			case axis == 0:
				m[k] = 1
			case k < degree:
				if _, err := fmt.Fscan(reader, &m[k]); err != nil {
					return nil, fmt.Errorf("geometry: row %d of the table for Sobol: %w", axis, err)
				}
			default: // the recurrence of the source: m_k = 2 a_1 m_{k-1} ⊕ … ⊕ 2^s m_{k-s} ⊕ m_{k-s}
				m[k] = m[k-degree] ^ m[k-degree]<<degree
				for j := 1; j < degree; j++ {
					m[k] ^= (polynomial >> (degree - j) & 1) * (m[k-j] << j)
				}
			}
		}
		for k := range sobolBits {
			m[k] <<= sobolBits - 1 - k
		}
	}
	return out, nil
}

// owen permutes the binary digits of a fraction, each by a random bit that depends on the digits before it, and gives it random digits
// beyond its own.
//
// One call of the generator holds the bits of seven levels of the tree of digits: the node reached by the digits 1 d_1 … d_j, read as a number,
// is the place of its bit.
func owen(digits uint32, seed, axis uint64) float64 {
	const levels, wanted = 7, 53
	source, out := uint64(digits)<<(wanted-sobolBits), uint64(0)
	for level := 0; level < wanted; level += levels {
		prefix := source >> (wanted - level)
		a, b := philox.HostBits(seed, axis<<8|uint64(level), prefix)
		node := uint64(1)
		for j := level; j < min(level+levels, wanted); j++ {
			digit := source >> (wanted - 1 - j) & 1
			flip := a
			if node >= 64 {
				flip = b
			}
			out = out<<1 | digit ^ flip>>(node&63)&1
			node = node<<1 | digit
		}
	}
	return float64(out) * 0x1p-53
}
