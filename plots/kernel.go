package plots

import (
	"math"
	"slices"
)

// scott returns the bandwidth of a Gaussian kernel density in dims dimensions:
// the standard deviation times n^(−1/(d+4)), with n the effective number of
// weighted values, (Σw)²/Σw². Constant values give 0. Nil weights are all 1.
//
// Source: Scott 2015, Multivariate Density Estimation, chapter 6. bib: scott2015multivariate
func scott(values, weights []float64, dims int) float64 {
	var total, squares, mean, variance float64
	weight := func(i int) float64 {
		if weights == nil {
			return 1
		}
		return weights[i]
	}
	for i, v := range values {
		w := weight(i)
		total += w
		squares += w * w
		mean += w * v
	}
	mean /= total
	for i, v := range values {
		variance += weight(i) / total * (v - mean) * (v - mean)
	}
	n := total * total / squares
	if n <= 1 {
		return 0
	}
	// The correction that makes the weighted variance unbiased.
	return math.Sqrt(variance*n/(n-1)) * math.Pow(n, -1/float64(dims+4))
}

// density is a function tabled at even places.
type density struct {
	lo, step float64
	values   []float64
}

// at is linear between the places, and 0 outside.
func (d density) at(x float64) float64 {
	p := (x - d.lo) / d.step
	i := int(math.Floor(p))
	if i < 0 || i+1 >= len(d.values) {
		return 0
	}
	part := p - float64(i)
	return (1-part)*d.values[i] + part*d.values[i+1]
}

// kernelDensity returns the weighted mean of Gaussians of one width around the
// values. Values are first shared between the two nearest places of a grid whose
// step is at most a sixteenth of the width where 65,536 places allow.
func kernelDensity(values, weights []float64, width float64) density {
	const reach = 6 // in widths: beyond it a Gaussian is below 2e-8 of its peak
	lo, hi := slices.Min(values)-reach*width, slices.Max(values)+reach*width
	n := int(min(max(16*(hi-lo)/width, 2048), 65536))
	d := density{lo: lo, step: (hi - lo) / float64(n-1)}
	counts := make([]float64, n)
	total := 0.0
	for i, v := range values {
		w := 1.0
		if weights != nil {
			w = weights[i]
		}
		total += w
		p := (v - lo) / d.step
		k := min(int(p), n-2)
		counts[k] += w * (1 - (p - float64(k)))
		counts[k+1] += w * (p - float64(k))
	}
	d.values = smooth(counts, gaussian(width/d.step, reach))
	for i := range d.values {
		d.values[i] /= total * d.step
	}
	return d
}

// gaussian returns the kernel of the given width in grid steps from the middle
// outwards, up to reach widths, so that all of it sums to one.
func gaussian(width, reach float64) []float64 {
	half := make([]float64, int(math.Ceil(reach*width))+1)
	total := 0.0
	for i := range half {
		half[i] = math.Exp(-0.5 * (float64(i) / width) * (float64(i) / width))
		total += half[i]
		if i > 0 {
			total += half[i]
		}
	}
	for i := range half {
		half[i] /= total
	}
	return half
}

// smooth convolves values with a symmetric kernel; outside they are 0.
func smooth(values, half []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		if v == 0 {
			continue
		}
		for k, h := range half {
			if j := i + k; j < len(out) {
				out[j] += v * h
			}
			if j := i - k; k > 0 && j >= 0 {
				out[j] += v * h
			}
		}
	}
	return out
}

// binCount is the number of bins by the rule of Freedman and Diaconis, a width
// of twice the interquartile range over the cube root of n, from 5 to 200.
//
// Source: Freedman and Diaconis 1981. bib: freedman1981histogram
func binCount(sorted []float64) int {
	n := len(sorted)
	width := 2 * (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / math.Cbrt(float64(n))
	span := sorted[n-1] - sorted[0]
	if !(width > 0) || !finite(span/width) { // half the values are equal
		return max(5, int(math.Ceil(math.Log2(float64(n))))+1)
	}
	return int(min(max(math.Ceil(span/width), 5), 200))
}

// histogram returns the weight in each of the even bins from lo to hi, of which
// the last one holds hi.
func histogram(values, weights []float64, lo, hi float64, bins int) []float64 {
	counts := make([]float64, bins)
	for i, v := range values {
		if v < lo || v > hi {
			continue
		}
		k := min(int((v-lo)/(hi-lo)*float64(bins)), bins-1)
		if weights == nil {
			counts[k]++
			continue
		}
		counts[k] += weights[i]
	}
	return counts
}
