package cde

import (
	"fmt"
	"math"
)

// Fill is the data with their missing values, which are NaN, filled channel by channel: between two observations by the line
// through them, before the first and after the last by that observation. A channel of a sample without any becomes zero.
//
// Shapes: times [length]; x [batch, length, channels] in the order of the memory; returns x's.
// Errors: if the times are not finite and increasing, or x has another number of values.
func Fill(times, x []float64, channels int) ([]float64, error) {
	if len(times) < 2 || channels < 1 || len(x)%(len(times)*max(channels, 1)) != 0 {
		return nil, fmt.Errorf("cde: Fill: %d times, %d values, %d channels, want at least 2 times and whole samples",
			len(times), len(x), channels)
	}
	for k, t := range times {
		if math.IsNaN(t) || math.IsInf(t, 0) || k > 0 && t <= times[k-1] {
			return nil, fmt.Errorf("cde: Fill: times[%d] = %v, want finite and increasing times", k, t)
		}
	}
	filled := make([]float64, len(x))
	size := len(times) * channels
	for first := 0; first < len(x); first += size {
		for c := range channels {
			fillChannel(times, x[first:first+size], filled[first:first+size], c, channels)
		}
	}
	return filled, nil
}

// fillChannel fills one channel of a sample.
func fillChannel(times, x, filled []float64, channel, channels int) {
	at := func(k int) int { return k*channels + channel }
	last := -1 // the observation before
	for k := range times {
		v := x[at(k)]
		if math.IsNaN(v) {
			continue
		}
		filled[at(k)] = v
		for gap := last + 1; gap < k; gap++ {
			if last < 0 {
				filled[at(gap)] = v
				continue
			}
			ratio := (times[gap] - times[last]) / (times[k] - times[last])
			filled[at(gap)] = x[at(last)] + ratio*(v-x[at(last)])
		}
		last = k
	}
	for k := last + 1; k < len(times) && last >= 0; k++ {
		filled[at(k)] = x[at(last)]
	}
}
