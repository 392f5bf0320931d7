package metrics

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/fieldbook-go/fieldbook/internal/parallel"
)

// EnergyDistance is how far apart two samples' distributions are, zero only where they are equal,
//
//	2 E‖X - Y‖ - E‖X - X'‖ - E‖Y - Y'‖
//
// with means over all pairs of different points, so that it is unbiased and may be a little below zero.
//
// Shapes: x [n, dims] and y [m, dims].
// Errors: if a sample has fewer than two points, or a value is not finite.
// Cost:   O((n+m)² dims) on all cores; the same bits for any number of them.
// Differs from the source: pairs of one point with itself are left out (the U-statistic).
// Source: Székely & Rizzo 2013. bib: szekely2013energy
func EnergyDistance(x, y []float64, dims int) (float64, error) {
	return twoSample("EnergyDistance", x, y, dims, func(point, others []float64) float64 { return -sumOfDistances(point, others) })
}

// MMD is the squared maximum mean discrepancy of two samples for a sum of Gaussian kernels,
//
//	E k(X, X') + E k(Y, Y') - 2 E k(X, Y),  k(a, b) = 1/B Σ_b exp(-‖a - b‖²/(2 h_b²))
//
// with means over all pairs of different points, so that it is unbiased and may be a little below zero. [MedianDistance] is a
// usual bandwidth; half and twice of it beside it make the choice matter less.
//
// Shapes: x [n, dims] and y [m, dims]; one bandwidth h or more.
// Errors: if a sample has fewer than two points, a value is not finite, or a bandwidth is not positive.
// Cost:   O((n+m)² (dims + bandwidths)) on all cores; the same bits for any number of them.
// Source: Gretton et al. 2012, eq. (3) and section 8. bib: gretton2012kernel
func MMD(x, y []float64, dims int, bandwidths ...float64) (float64, error) {
	if len(bandwidths) == 0 {
		return 0, errors.New("metrics: MMD: no bandwidths, want at least one")
	}
	factors := make([]float64, len(bandwidths))
	for i, h := range bandwidths {
		if !(h > 0) || math.IsInf(h, 0) {
			return 0, fmt.Errorf("metrics: MMD: bandwidths[%d] = %v, want a positive number", i, h)
		}
		factors[i] = -1 / (2 * h * h)
	}
	return twoSample("MMD", x, y, dims, func(point, others []float64) float64 {
		var sum float64
		for j := 0; j < len(others); j += dims {
			squared := squaredDistance(point, others[j:j+dims])
			var kernel float64
			for _, f := range factors {
				kernel += math.Exp(f * squared)
			}
			sum += kernel / float64(len(factors))
		}
		return sum
	})
}

// MedianDistance is the median of the distances between all pairs of different points of x and y together.
//
// Shapes: x [n, dims] and y [m, dims].
// Errors: as [MMD].
// Cost:   O((n+m)²) of memory and time.
// Source: Gretton et al. 2012, section 8. bib: gretton2012kernel
func MedianDistance(x, y []float64, dims int) (float64, error) {
	if err := checkSamples("MedianDistance", dims, 2, x, y); err != nil {
		return 0, err
	}
	all := slices.Concat(x, y)
	var squares []float64
	for i := dims; i < len(all); i += dims {
		for j := 0; j < i; j += dims {
			squares = append(squares, squaredDistance(all[i:i+dims], all[j:j+dims]))
		}
	}
	slices.Sort(squares)
	half := len(squares) / 2
	if len(squares)%2 == 1 {
		return math.Sqrt(squares[half]), nil
	}
	return (math.Sqrt(squares[half-1]) + math.Sqrt(squares[half])) / 2, nil
}

// twoSample is the unbiased E k(X, X') + E k(Y, Y') - 2 E k(X, Y) for a kernel, given as its sum over a point and each of others.
func twoSample(name string, x, y []float64, dims int, row func(point, others []float64) float64) (float64, error) {
	if err := checkSamples(name, dims, 2, x, y); err != nil {
		return 0, err
	}
	n, m := len(x)/dims, len(y)/dims
	xx, yy, xy := make([]float64, n), make([]float64, m), make([]float64, n)
	each(n, func(i int) {
		xx[i] = row(x[i*dims:(i+1)*dims], x[:i*dims])
		xy[i] = row(x[i*dims:(i+1)*dims], y)
	})
	each(m, func(i int) { yy[i] = row(y[i*dims:(i+1)*dims], y[:i*dims]) })
	pairs := func(n int) float64 { return float64(n) * float64(n-1) / 2 }
	return total(xx)/pairs(n) + total(yy)/pairs(m) - 2*total(xy)/(float64(n)*float64(m)), nil
}

// sumOfDistances is the sum of the distances of a point and each of others. Points of the plane, the usual case, have no loop over dimensions.
func sumOfDistances(point, others []float64) float64 {
	var sum float64
	if len(point) == 2 {
		px, py := point[0], point[1]
		for j := 0; j+1 < len(others); j += 2 {
			dx, dy := px-others[j], py-others[j+1]
			sum += math.Sqrt(dx*dx + dy*dy)
		}
		return sum
	}
	for j := 0; j < len(others); j += len(point) {
		sum += math.Sqrt(squaredDistance(point, others[j:j+len(point)]))
	}
	return sum
}

// SlicedWasserstein is the mean over random directions of the Wasserstein distance of order 2 between the samples' projections,
//
//	(1/P Σ_p W₂(⟨X, θ_p⟩, ⟨Y, θ_p⟩)²)^½,  θ_p uniform on the sphere
//
// and the standard error that comes from the choice of directions alone, zero in one dimension.
//
// Shapes: x [n, dims] and y [n, dims], of equally many points.
// Errors: if the numbers of points differ, a value is not finite, or projections < 2.
// Cost:   O(projections n (dims + log n)) on all cores; the same bits for any number of them.
// Source: Bonneel et al. 2015. bib: bonneel2015sliced
func SlicedWasserstein(x, y []float64, dims, projections int, seed uint64) (value, standardError float64, err error) {
	if err := checkSamples("SlicedWasserstein", dims, 1, x, y); err != nil {
		return 0, 0, err
	}
	if len(x) != len(y) || projections < 2 {
		return 0, 0, fmt.Errorf("metrics: SlicedWasserstein: %d and %d points, %d projections, want equally many points and at least 2 projections",
			len(x)/dims, len(y)/dims, projections)
	}
	squares := make([]float64, projections)
	each(projections, func(p int) {
		theta := direction(rand.New(rand.NewPCG(seed, uint64(p))), dims)
		a, b := projected(x, theta), projected(y, theta)
		squares[p] = squaredDistance(a, b) / float64(len(a))
	})
	mean := total(squares) / float64(projections)
	var variance float64
	for _, s := range squares {
		variance += (s - mean) * (s - mean) / float64(projections-1)
	}
	value = math.Sqrt(mean)
	if value > 0 {
		standardError = math.Sqrt(variance/float64(projections)) / (2 * value) // of the root of the mean
	}
	return value, standardError, nil
}

// direction is uniform on the sphere.
func direction(rng *rand.Rand, dims int) []float64 {
	theta := make([]float64, dims)
	var norm float64
	for norm == 0 {
		for i := range theta {
			theta[i] = rng.NormFloat64()
		}
		norm = distance(theta, nil)
	}
	for i := range theta {
		theta[i] /= norm
	}
	return theta
}

// projected is the sorted products of the points with a direction.
func projected(x, theta []float64) []float64 {
	out := make([]float64, len(x)/len(theta))
	for i := range out {
		for d, t := range theta {
			out[i] += t * x[i*len(theta)+d]
		}
	}
	slices.Sort(out)
	return out
}

// squaredDistance is ‖a - b‖².
func squaredDistance(a, b []float64) float64 {
	var sum float64
	for i, v := range a {
		d := v - b[i]
		sum += d * d
	}
	return sum
}

// total sums in order.
func total(v []float64) float64 {
	var sum float64
	for _, x := range v {
		sum += x
	}
	return sum
}

// each does pieces that cannot fail on all cores.
func each(n int, do func(i int)) {
	start := func() func(int) error {
		return func(i int) error {
			do(i)
			return nil
		}
	}
	_ = parallel.Each(context.Background(), n, 0, nil, start) // no piece fails, and the context never ends
}

// checkSamples wants whole finite points in both samples, at least a number of them.
func checkSamples(metric string, dims, least int, samples ...[]float64) error {
	for i, v := range samples {
		name := string("xy"[i])
		if dims < 1 || len(v)%max(dims, 1) != 0 || len(v) < least*dims {
			return fmt.Errorf("metrics: %s: %d values in %s for points of %d dimensions, want whole points, at least %d", metric, len(v), name, dims, least)
		}
		for j, a := range v {
			if math.IsNaN(a) || math.IsInf(a, 0) {
				return fmt.Errorf("metrics: %s: %s[%d] = %v, want finite numbers", metric, name, j, a)
			}
		}
	}
	return nil
}

// Floor is what a distance of two samples comes to when both are exact: its mean over repeats pairs of fresh draws, and the standard
// deviation of a single pair. A model's samples cannot be told from exact ones within it.
//
// draw gives a sample of its seed; repeat r compares draw(2r) and draw(2r+1).
// Errors: those of draw and metric; if repeats < 2.
func Floor(
	draw func(seed uint64) ([]float64, error), metric func(x, y []float64) (float64, error), repeats int,
) (mean, deviation float64, err error) {
	if repeats < 2 {
		return 0, 0, fmt.Errorf("metrics: Floor of %d repeats, want at least 2", repeats)
	}
	values := make([]float64, repeats)
	for r := range values {
		x, err := draw(2 * uint64(r))
		if err != nil {
			return 0, 0, err
		}
		y, err := draw(2*uint64(r) + 1)
		if err != nil {
			return 0, 0, err
		}
		if values[r], err = metric(x, y); err != nil {
			return 0, 0, err
		}
	}
	mean = total(values) / float64(repeats)
	for _, v := range values {
		deviation += (v - mean) * (v - mean) / float64(repeats-1)
	}
	return mean, math.Sqrt(deviation), nil
}
