package datasets

import (
	"errors"
	"fmt"
	"math"
)

// FitChannelScale finds a mean and a standard deviation for each channel, the last axis of a, over samples and space. A channel that is constant
// gets Std 1: Apply makes it 0 and Undo gives it back.
//
// Errors: if a is not valid, has no axes, or holds a value that is not finite.
func FitChannelScale(a Array) (Scale, error) {
	period, err := PerChannel.period(a)
	if err != nil {
		return Scale{}, fmt.Errorf("datasets: FitChannelScale: %w", err)
	}
	s, err := fitScale(a, period)
	for i, std := range s.Std {
		if std == 0 {
			s.Std[i] = 1
		}
	}
	return s, err
}

// Per says which values share a shift and a scale.
type Per int

const (
	// PerArray is one for all values.
	PerArray Per = iota
	// PerChannel is one for each entry of the last axis.
	PerChannel
	// PerPoint is one for each value of a sample.
	PerPoint
)

// period is the number of values from one to the next that share.
func (p Per) period(a Array) (int, error) {
	if len(a.Dims) == 0 || a.Dims[0] < 1 || len(a.Values) == 0 {
		return 0, fmt.Errorf("array %v has no values, want at least 1 sample", a.Shape())
	}
	switch p {
	case PerArray:
		return 1, nil
	case PerChannel:
		return a.Dims[len(a.Dims)-1], nil
	case PerPoint:
		return len(a.Values) / a.Dims[0], nil
	}
	return 0, fmt.Errorf("per = %d, want PerArray, PerChannel or PerPoint", p)
}

// FitRangeScale finds the shift and scale that take the least value of a, or of each of its channels or points, to low and the greatest to high.
// One that is constant is taken to low. On other data of the same origin values may lie outside.
//
// Errors: if a is not valid or holds a value that is not finite; low not below high.
func FitRangeScale(a Array, low, high float64, per Per) (Scale, error) {
	period, err := per.period(a)
	if err == nil {
		err = a.Validate()
	}
	if !(low < high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
		err = errors.Join(err, fmt.Errorf("range [%v, %v], want the first below the second", low, high))
	}
	if err != nil {
		return Scale{}, fmt.Errorf("datasets: FitRangeScale: %w", err)
	}
	least, greatest := append([]float64(nil), a.Values[:period]...), append([]float64(nil), a.Values[:period]...)
	for i, v := range a.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Scale{}, fmt.Errorf("datasets: FitRangeScale: array %s: value %d is %v, want finite numbers", a.Name, i, v)
		}
		least[i%period], greatest[i%period] = min(least[i%period], v), max(greatest[i%period], v)
	}
	s := Scale{Mean: make([]float64, period), Std: make([]float64, period)}
	for i := range period {
		s.Std[i] = (greatest[i] - least[i]) / (high - low)
		if s.Std[i] == 0 {
			s.Std[i] = 1
		}
		s.Mean[i] = least[i] - low*s.Std[i]
	}
	return s, s.Validate()
}
