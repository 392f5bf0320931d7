// Package philox is the Philox4x32-10 generator, elementwise in a graph and on the host: 128 random bits as a pure function
// of a seed, a stream and an index. There is no state, so that a value can be had again, in any order.
//
// It is the generator behind XLA's own RngBitGenerator, whose state [seed, low, high] gives Bits(seed, high, low+i).
//
// Source: Salmon, Moraes, Dror & Shaw 2011, SC '11, "Parallel random numbers: as easy as 1, 2, 3". bib: salmon2011philox
package philox

import (
	"math"

	"github.com/gomlx/compute/dtypes"
	. "github.com/gomlx/gomlx/core/graph"
)

// Constants of the source: multipliers of section 3.4, and the Weyl sequence that the key follows.
const (
	rounds = 10
	mul0   = 0xD2511F53
	mul1   = 0xCD9E8D57
	weyl0  = 0x9E3779B9
	weyl1  = 0xBB67AE85
)

// HostBits is 128 random bits.
func HostBits(seed, stream, index uint64) (a, b uint64) {
	k0, k1 := uint32(seed), uint32(seed>>32)
	c0, c1, c2, c3 := uint32(index), uint32(index>>32), uint32(stream), uint32(stream>>32)
	for range rounds {
		p0, p1 := mul0*uint64(c0), mul1*uint64(c2)
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += weyl0
		k1 += weyl1
	}
	return uint64(c1)<<32 | uint64(c0), uint64(c3)<<32 | uint64(c2)
}

// HostNormals is two independent values of the standard normal distribution; see [Normals].
func HostNormals(seed, stream, index uint64) (x, y float64) {
	a, b := HostBits(seed, stream, index)
	radius := math.Sqrt(-2 * math.Log(float64(a>>11+1)*0x1p-53))
	sin, cos := math.Sincos(2 * math.Pi * (float64(b>>11) * 0x1p-53))
	return radius * cos, radius * sin
}

// Bits is 128 random bits an element, as two arrays.
//
// Shapes: seed, stream and index broadcast against each other; all of them and what comes back are uint64.
func Bits(seed, stream, index *Node) (a, b *Node) {
	k0, k1 := halves(seed)
	c0, c1 := halves(index)
	c2, c3 := halves(stream)
	g := seed.Graph()
	m0, m1 := Const(g, uint64(mul0)), Const(g, uint64(mul1))
	for range rounds {
		lo0, hi0 := halves(Mul(wide(c0), m0))
		lo1, hi1 := halves(Mul(wide(c2), m1))
		c0, c1, c2, c3 = BitwiseXor(BitwiseXor(hi1, c1), k0), lo1, BitwiseXor(BitwiseXor(hi0, c3), k1), lo0
		k0, k1 = Add(k0, Const(g, uint32(weyl0))), Add(k1, Const(g, uint32(weyl1)))
	}
	return joined(c0, c1), joined(c2, c3)
}

// Normals is two independent arrays of the standard normal distribution, float64. No value is beyond 8.6, the end that 53
// bits can show. They are the host's to round-off; nothing is differentiated.
//
// Shapes: as [Bits].
// Source: Box & Muller 1958, Ann. Math. Stat. 29.
func Normals(seed, stream, index *Node) (x, y *Node) {
	a, b := Bits(seed, stream, index)
	radius := Sqrt(MulScalar(Log(AddScalar(unit(a), 0x1p-53)), -2))
	angle := MulScalar(unit(b), 2*math.Pi)
	return StopGradient(Mul(radius, Cos(angle))), StopGradient(Mul(radius, Sin(angle)))
}

// unit is the highest 53 bits as a float64 in [0, 1).
func unit(bits *Node) *Node {
	return MulScalar(ConvertDType(BitwiseShiftRightLogicalScalar(bits, 11), dtypes.Float64), 0x1p-53)
}

// halves is a uint64 array as two uint32 arrays.
func halves(x *Node) (low, high *Node) {
	return ConvertDType(x, dtypes.Uint32), ConvertDType(BitwiseShiftRightLogicalScalar(x, 32), dtypes.Uint32)
}

// joined is the inverse of halves.
func joined(low, high *Node) *Node {
	return BitwiseOr(wide(low), BitwiseShiftLeftScalar(wide(high), 32))
}

func wide(x *Node) *Node { return ConvertDType(x, dtypes.Uint64) }
