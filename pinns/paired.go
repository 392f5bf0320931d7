package pinns

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Ratio is how a method's errors compare with another's, seed by seed.
type Ratio struct {
	Mean      float64 // geometric, over the seeds
	Low, High float64 // ends of the 95 % interval of the mean
}

// PairedRatio compares errors of two methods on the same seeds: the interval is that of Student's t for the mean of log(got/other).
//
// Errors: unequal numbers, or fewer than two; an error that is not above 0.
//
// Source: Student 1908, doi:10.1093/biomet/6.1.1. bib: student1908probable
func PairedRatio(got, other []float64) (Ratio, error) {
	n := len(got)
	if n != len(other) || n < 2 {
		return Ratio{}, fmt.Errorf("pinns: PairedRatio of %d and %d errors, want as many of both, at least 2", n, len(other))
	}
	logs, mean := make([]float64, n), 0.0
	for i := range got {
		if !(got[i] > 0) || !(other[i] > 0) || math.IsInf(got[i], 0) || math.IsInf(other[i], 0) {
			return Ratio{}, fmt.Errorf("pinns: PairedRatio of the errors %v and %v, want numbers above 0", got[i], other[i])
		}
		logs[i] = math.Log(got[i] / other[i])
		mean += logs[i] / float64(n)
	}
	square := 0.0
	for _, v := range logs {
		square += (v - mean) * (v - mean) / float64(n-1)
	}
	half := distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.Quantile(0.975) * math.Sqrt(square/float64(n))
	return Ratio{Mean: math.Exp(mean), Low: math.Exp(mean - half), High: math.Exp(mean + half)}, nil
}
