package optimizers

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"

	"github.com/fieldbook-go/fieldbook/zoo"
)

// wolfe is a line search from x along a direction of descent.
type wolfe struct {
	f            zoo.Evaluator
	x, direction []float64
	value, slope float64 // at x

	trial, grad []float64 // the last point tried and its gradient
	calls       int
}

// Constants of the strong Wolfe conditions for quasi-Newton methods (Nocedal & Wright 2006, section 3.1) and bounds.
const (
	sufficient = 1e-4
	curved     = 0.9
	mostCalls  = 25
	longest    = 1e10
)

// at evaluates value and slope at a step.
func (w *wolfe) at(ctx context.Context, step float64) (value, slope float64, err error) {
	if err := ctx.Err(); err != nil {
		return 0, 0, err
	}
	w.calls++
	floats.AddScaledTo(w.trial, w.x, step, w.direction)
	value, err = w.f.Grad(w.trial, w.grad)
	if math.IsNaN(value) {
		value = math.Inf(1) // too far: shorten
	}
	return value, floats.Dot(w.grad, w.direction), err
}

// find returns a step that fulfils the conditions, with its point in trial and grad, or 0 if there is none to be found.
//
// Source: algorithm 3.5.
func (w *wolfe) find(ctx context.Context, first float64) (float64, error) {
	low, lowValue, lowSlope := 0.0, w.value, w.slope
	for step := first; w.calls < mostCalls && step < longest; step *= 2 {
		value, slope, err := w.at(ctx, step)
		switch {
		case err != nil:
			return 0, err
		case value > w.value+sufficient*step*w.slope || (w.calls > 1 && value >= lowValue):
			return w.zoom(ctx, low, lowValue, lowSlope, step)
		case math.Abs(slope) <= -curved*w.slope:
			return step, nil
		case slope >= 0:
			return w.zoom(ctx, step, value, slope, low)
		}
		low, lowValue, lowSlope = step, value, slope
	}
	return 0, nil
}

// zoom narrows a bracket whose lower end is the better one.
//
// Source: algorithm 3.6, with the minimiser of the quadratic through the lower end's value and slope.
func (w *wolfe) zoom(ctx context.Context, low, lowValue, lowSlope, high float64) (float64, error) {
	highValue := math.NaN()
	for w.calls < mostCalls {
		step := (low + high) / 2
		if width := high - low; !math.IsNaN(highValue) && !math.IsInf(highValue, 0) {
			quadratic := low - lowSlope*width*width/(2*(highValue-lowValue-lowSlope*width))
			inner := (quadratic - low) / width
			if inner > 0.1 && inner < 0.9 { // else it is too close to an end to narrow the bracket
				step = quadratic
			}
		}
		value, slope, err := w.at(ctx, step)
		if err != nil {
			return 0, err
		}
		if value > w.value+sufficient*step*w.slope || value >= lowValue {
			high, highValue = step, value
			continue
		}
		if math.Abs(slope) <= -curved*w.slope {
			return step, nil
		}
		if slope*(high-low) >= 0 {
			high, highValue = low, lowValue
		}
		low, lowValue, lowSlope = step, value, slope
	}
	if low == 0 {
		return 0, nil
	}
	_, _, err := w.at(ctx, low) // a lower point all the same
	return low, err
}
