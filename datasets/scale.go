package datasets

import (
	"errors"
	"fmt"
	"math"
)

// Scale shifts and scales values to zero mean and unit variance, and back:
//
//	Apply: y = (x - Mean) / Std        Undo: x = Mean + Std y
//
// Mean and Std have one entry for all values, or one for each point of a sample. Fit it on the training part only.
type Scale struct {
	Mean, Std []float64
}

// FitScale finds the mean and the standard deviation of all values of a.
//
// Errors: if a is not valid, holds a value that is not finite, or is constant.
func FitScale(a Array) (Scale, error) {
	s, err := fitScale(a, 1)
	if err == nil && s.Std[0] == 0 {
		err = fmt.Errorf("datasets: FitScale: array %s is constant at %v, want values that vary", a.Name, s.Mean[0])
	}
	return s, err
}

// FitPointScale finds a mean and a standard deviation for each point, over the samples (the first axis) of a.
// A point where all samples agree, such as one on a boundary, gets Std 1: Apply makes it 0 and Undo gives it back.
//
// Errors: if a is not valid, or holds a value that is not finite.
func FitPointScale(a Array) (Scale, error) {
	if a.Samples() < 1 {
		return Scale{}, fmt.Errorf("datasets: FitPointScale: array %v has no samples, want at least 1", a.Shape())
	}
	s, err := fitScale(a, len(a.Values)/a.Samples())
	for i, std := range s.Std {
		if std == 0 {
			s.Std[i] = 1
		}
	}
	return s, err
}

// fitScale finds mean and standard deviation of each of period interleaved sequences, in two passes.
func fitScale(a Array, period int) (Scale, error) {
	if err := a.Validate(); err != nil {
		return Scale{}, err
	}
	if len(a.Values) == 0 || period < 1 {
		return Scale{}, fmt.Errorf("datasets: scale of array %v: no values, want at least 1", a.Shape())
	}
	s := Scale{Mean: make([]float64, period), Std: make([]float64, period)}
	count := float64(len(a.Values) / period)
	for i, v := range a.Values {
		s.Mean[i%period] += v / count
	}
	for i, v := range a.Values {
		d := v - s.Mean[i%period]
		s.Std[i%period] += d * d / count
	}
	for i := range s.Std {
		s.Std[i] = math.Sqrt(s.Std[i])
		if math.IsNaN(s.Std[i]) || math.IsInf(s.Std[i], 0) {
			return Scale{}, fmt.Errorf("datasets: scale of array %s: point %d has a value that is not finite", a.Name, i)
		}
		if s.Std[i] <= 1e-14*math.Abs(s.Mean[i]) { // round-off of the mean of equal values
			s.Std[i] = 0
		}
	}
	return s, nil
}

// Validate lists all that is wrong with s.
func (s Scale) Validate() error {
	if len(s.Mean) == 0 || len(s.Mean) != len(s.Std) {
		return fmt.Errorf("datasets: Scale has %d means and %d standard deviations, want as many of each, at least 1",
			len(s.Mean), len(s.Std))
	}
	var errs []error
	for i, std := range s.Std {
		if !(std > 0) || math.IsInf(std, 0) {
			errs = append(errs, fmt.Errorf("datasets: Scale.Std[%d] = %v, want it above 0", i, std))
		}
		if math.IsNaN(s.Mean[i]) || math.IsInf(s.Mean[i], 0) {
			errs = append(errs, fmt.Errorf("datasets: Scale.Mean[%d] = %v, want a finite number", i, s.Mean[i]))
		}
	}
	return errors.Join(errs...)
}

// Apply returns the values of whole samples, scaled.
//
// Errors: if s is not valid, or the number of values is no multiple of its points.
func (s Scale) Apply(values []float64) ([]float64, error) {
	return s.each(values, func(x, mean, std float64) float64 { return (x - mean) / std })
}

// Undo is the inverse of Apply.
//
// Errors: as of Apply.
func (s Scale) Undo(values []float64) ([]float64, error) {
	return s.each(values, func(y, mean, std float64) float64 { return mean + std*y })
}

func (s Scale) each(values []float64, f func(v, mean, std float64) float64) ([]float64, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	period := len(s.Mean)
	if len(values)%period != 0 {
		return nil, fmt.Errorf("datasets: Scale of %d points for %d values, want a multiple", period, len(values))
	}
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = f(v, s.Mean[i%period], s.Std[i%period])
	}
	return out, nil
}
