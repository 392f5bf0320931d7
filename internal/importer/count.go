package importer

import (
	"math"

	"github.com/fieldbook-go/fieldbook/internal/imports"
)

// counter sums up the values of an array as they come, with the same result however they are cut into blocks.
type counter struct {
	dtype       imports.DType
	values      []float64
	n, first    int // values; index of the first that is not finite
	nan, inf    int64
	min, max    float64
	sum, carry  float64 // compensated, of the values times sumScale
	finiteCount int64
}

// sumScale keeps the sum of 2^56 of the largest values finite; as a power of two it costs no digit.
const sumScale = 0x1p-60

func newCounter(d imports.DType) *counter {
	return &counter{dtype: d, min: math.Inf(1), max: math.Inf(-1), first: -1}
}

// bad is the number of values that are not finite.
func (c *counter) bad() int64 { return c.nan + c.inf }

// add takes a block of whole values.
//
// Source of the compensated sum: Neumaier 1974.
func (c *counter) add(block []byte) {
	n := len(block) / c.dtype.Width()
	if cap(c.values) < n {
		c.values = make([]float64, n)
	}
	values := c.values[:n]
	imports.Decode(c.dtype, block, values)
	for i, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			if c.first < 0 {
				c.first = c.n + i
			}
			if math.IsNaN(v) {
				c.nan++
			} else {
				c.inf++
			}
			continue
		}
		c.finiteCount++
		c.min, c.max = min(c.min, v), max(c.max, v)
		v *= sumScale
		next := c.sum + v
		if math.Abs(c.sum) >= math.Abs(v) {
			c.carry += c.sum - next + v
		} else {
			c.carry += v - next + c.sum
		}
		c.sum = next
	}
	c.n += n
}

func (c *counter) stats() imports.Stats {
	s := imports.Stats{NaN: c.nan, Inf: c.inf, First: max(0, c.first)}
	if c.finiteCount > 0 {
		s.Min, s.Max = c.min, c.max
		s.Mean = (c.sum + c.carry) / float64(c.finiteCount) / sumScale
	}
	return s
}
