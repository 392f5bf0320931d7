// Package convergence has what tests of solvers share: the order that errors fall with, and how far two fields are apart. It links no
// backend, unlike package check.
package convergence

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// Order is the slope of log error over log step, fitted by least squares.
func Order(steps, errs []float64) float64 {
	x, y := make([]float64, len(steps)), make([]float64, len(errs))
	for i := range x {
		x[i], y[i] = math.Log(steps[i]), math.Log(errs[i])
	}
	_, slope := stat.LinearRegression(x, y, nil, false)
	return slope
}

// Largest is the largest |a_i - b_i|; NaN if one is.
func Largest(a, b []float64) float64 {
	var worst float64
	for i := range a {
		worst = max(worst, math.Abs(a[i]-b[i]))
	}
	return worst
}
