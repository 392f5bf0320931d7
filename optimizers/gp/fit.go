package gp

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"github.com/fieldbook-go/fieldbook/optimizers"
)

// Bounds of a search: iterations, and the largest derivative by a hyper-parameter's logarithm at a maximum, where the likelihood is
// within some 1e-10 of it.
const (
	fitIterations = 500
	fitTolerance  = 1e-5
)

// Fit is the process with the Variance, Noise and Lengths of a local maximum of the log marginal likelihood, searched for
// from those of r by [optimizers.LBFGS] on their logarithms. The likelihood may have several maxima: start from several points.
//
// Errors: as Condition; no maximum found, as where the likelihood grows for ever with less noise; what ctx says.
func (r Regression) Fit(ctx context.Context, x *mat.Dense, y []float64) (Regression, error) {
	if _, err := r.Condition(x, y); err != nil {
		return Regression{}, err
	}
	f := likelihood{process: r, x: x, y: y}
	theta := r.logarithms()
	search := optimizers.LBFGS{Tolerance: fitTolerance}
	state := search.Start(len(theta))
	for range fitIterations {
		done, err := search.Iterate(ctx, f, theta, state)
		if err != nil {
			return Regression{}, fmt.Errorf("gp: fit: %w", err)
		}
		if done {
			break
		}
	}
	g := make([]float64, len(theta))
	value, err := f.Grad(theta, g)
	// The line search may end at round-off before the tolerance is reached. Where a length or the noise is out of all
	// proportion, the likelihood is flat, and there is no maximum.
	steep := floats.Norm(g, math.Inf(1))
	if err != nil || math.IsNaN(value) || !(steep <= 10*fitTolerance) || floats.Norm(theta, math.Inf(1)) > fitRange {
		return Regression{}, fmt.Errorf("gp: fit: no maximum found, at %+v the largest derivative is %v", r.with(theta), steep)
	}
	return r.with(theta), nil
}

// fitRange bounds the logarithms at a maximum: beyond e^±30 the data say nothing of a hyper-parameter.
const fitRange = 30

// likelihood is minus the log marginal likelihood as a function of the logarithms of the hyper-parameters.
type likelihood struct {
	process Regression
	x       *mat.Dense
	y       []float64
}

// Value is NaN where the covariance cannot be factored, so that a line search comes back from there.
func (l likelihood) Value(theta []float64) (float64, error) {
	p, err := l.process.with(theta).Condition(l.x, l.y)
	if err != nil {
		return math.NaN(), nil // the error is the NaN
	}
	return -p.LogMarginalLikelihood(), nil
}

// Grad is Value with its gradient, zero where it is NaN.
func (l likelihood) Grad(theta, g []float64) (float64, error) {
	floats.Scale(0, g)
	p, err := l.process.with(theta).Condition(l.x, l.y)
	if err != nil {
		return math.NaN(), nil // the error is the NaN
	}
	d, err := p.Gradient()
	if err != nil {
		return math.NaN(), nil // as above
	}
	floats.ScaleTo(g, -1, d)
	return -p.LogMarginalLikelihood(), nil
}

// Redraw does nothing: the data stay.
func (likelihood) Redraw() error { return nil }

// logarithms is log of Variance, Noise and Lengths.
func (r Regression) logarithms() []float64 {
	out := append([]float64{r.Variance, r.Noise}, r.Lengths...)
	for i, v := range out {
		out[i] = math.Log(v)
	}
	return out
}

// with is the process with other hyper-parameters.
func (r Regression) with(theta []float64) Regression {
	r.Variance, r.Noise = math.Exp(theta[0]), math.Exp(theta[1])
	r.Lengths = make([]float64, len(theta)-2)
	for i := range r.Lengths {
		r.Lengths[i] = math.Exp(theta[2+i])
	}
	return r
}
