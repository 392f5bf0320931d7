package metrics

import (
	"errors"
	"fmt"
	"math"
)

// RelL2 is the mean over samples of the relative L2 error,
//
//	1/S Σ_s ‖got_s - want_s‖₂ / ‖want_s‖₂
//
// Shapes: got and want hold samples of equal length, one after the other.
// Errors: as [RelL2PerSample].
// Source: Li et al. 2021, arXiv:2010.08895, section 5. bib: li2021fno
func RelL2(got, want []float64, samples int) (float64, error) {
	each, err := RelL2PerSample(got, want, samples)
	if err != nil {
		return 0, err
	}
	var sum float64
	for _, e := range each {
		sum += e
	}
	return sum / float64(samples), nil
}

// RelL2PerSample gives the relative L2 error of each sample; see [RelL2].
//
// Errors: if the lengths differ or are no multiple of samples; if a reference is zero, since no error is relative
// to it; if a value is not finite.
func RelL2PerSample(got, want []float64, samples int) ([]float64, error) {
	if err := checkPair("RelL2", got, want); err != nil {
		return nil, err
	}
	if samples < 1 || len(want)%samples != 0 {
		return nil, fmt.Errorf("metrics: RelL2: %d values in %d samples, want a whole number of values a sample", len(want), samples)
	}
	size := len(want) / samples
	each := make([]float64, samples)
	for s := range each {
		g, w := got[s*size:(s+1)*size], want[s*size:(s+1)*size]
		difference, reference := distance(g, w), distance(w, nil)
		if reference == 0 {
			return nil, fmt.Errorf("metrics: RelL2: the reference of sample %d is zero, want one that is not", s)
		}
		each[s] = difference / reference
		if math.IsNaN(each[s]) || math.IsInf(each[s], 0) {
			return nil, fmt.Errorf("metrics: RelL2: sample %d has a value that is not finite", s)
		}
	}
	return each, nil
}

// RMSE is the root mean square distance of samples from those wanted,
//
//	(1/S Σ_s ‖got_s - want_s‖₂²)^½
//
// Shapes: got and want hold samples of equal length, one after the other.
// Errors: if the lengths differ or are no multiple of samples; if a value is not finite.
func RMSE(got, want []float64, samples int) (float64, error) {
	if err := checkPair("RMSE", got, want); err != nil {
		return 0, err
	}
	if samples < 1 || len(want)%samples != 0 {
		return 0, fmt.Errorf("metrics: RMSE: %d values in %d samples, want a whole number of values a sample", len(want), samples)
	}
	e := distance(got, want) / math.Sqrt(float64(samples))
	if math.IsNaN(e) || math.IsInf(e, 0) {
		return 0, errors.New("metrics: RMSE: a value is not finite, or the sum overflows")
	}
	return e, nil
}

// distance is ‖a - b‖₂, or ‖a‖₂ if b is nil. It scales by the largest entry, so that squares neither overflow nor vanish.
func distance(a, b []float64) float64 {
	at := func(i int) float64 {
		if b == nil {
			return a[i]
		}
		return a[i] - b[i]
	}
	var largest float64
	for i := range a {
		largest = max(largest, math.Abs(at(i))) // NaN if any is
	}
	if largest == 0 || math.IsNaN(largest) || math.IsInf(largest, 0) {
		return largest
	}
	var sum float64
	for i := range a {
		d := at(i) / largest
		sum += d * d
	}
	return largest * math.Sqrt(sum)
}

// MaxAbs is the largest |got_i - want_i|.
//
// Errors: if the lengths differ or are zero; if a value is not finite.
func MaxAbs(got, want []float64) (float64, error) {
	if err := checkPair("MaxAbs", got, want); err != nil {
		return 0, err
	}
	var worst float64
	for i := range got {
		d := math.Abs(got[i] - want[i])
		if math.IsNaN(d) || math.IsInf(d, 0) {
			return 0, fmt.Errorf("metrics: MaxAbs: value %d is not finite: got %v, reference %v", i, got[i], want[i])
		}
		worst = max(worst, d)
	}
	return worst, nil
}

// Correlation is Pearson's coefficient of the two fields, in [-1, 1].
//
// Errors: if the lengths differ or are zero; if a field is constant, or a value not finite.
func Correlation(got, want []float64) (float64, error) {
	if err := checkPair("Correlation", got, want); err != nil {
		return 0, err
	}
	n := float64(len(got))
	var meanG, meanW float64
	for i := range got {
		meanG += got[i] / n
		meanW += want[i] / n
	}
	var gg, ww, gw float64
	for i := range got {
		g, w := got[i]-meanG, want[i]-meanW
		gg, ww, gw = gg+g*g, ww+w*w, gw+g*w
	}
	roundOff := n * 1e-28 // of the squares about a mean: n (1e-14)² relative to the mean's square
	if gg <= roundOff*meanG*meanG || ww <= roundOff*meanW*meanW {
		return 0, fmt.Errorf("metrics: Correlation: a field is constant (variances %.3g and %.3g), want two that vary", gg/n, ww/n)
	}
	r := gw / (math.Sqrt(gg) * math.Sqrt(ww))
	if math.IsNaN(r) {
		return 0, errors.New("metrics: Correlation: a value is not finite, or its square overflows")
	}
	return max(-1, min(1, r)), nil
}

func checkPair(metric string, got, want []float64) error {
	if len(got) != len(want) || len(got) == 0 {
		return fmt.Errorf("metrics: %s: %d values against a reference of %d, want equal numbers, at least 1", metric, len(got), len(want))
	}
	return nil
}
