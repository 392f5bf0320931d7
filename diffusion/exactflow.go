package diffusion

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fieldbook-go/fieldbook/datasets/mixture"
	"github.com/fieldbook-go/fieldbook/internal/parallel"
)

// ExactFlow is where the probability flow of data from a mixture takes points from the first time to the last: what samplers without
// noise are measured against. It knows neither samplers nor denoisers: with y = x/α and the score of the noised mixture,
//
//	dy/dλ = σ²/α score(α y)
//
// is solved by the classical Runge-Kutta method in equal steps of λ. Twice the steps make its error 16 times less.
//
// Shapes: x [n axis]; returns the same, and leaves x as it is.
// Errors: a mixture or a schedule that its Validate refuses; times at which λ is not finite; steps below 1; the context's.
// Cost:   four scores a point and step, on all cores; the same bits for any number of them.
func ExactFlow(ctx context.Context, m mixture.Mixture, s Schedule, first, last float64, x []float64, steps int) ([]float64, error) {
	if err := errors.Join(m.Validate(), s.Validate()); err != nil {
		return nil, err
	}
	if len(x)%m.Dim() != 0 || steps < 1 {
		return nil, fmt.Errorf("diffusion: ExactFlow of %d numbers in %d steps, want a multiple of %d numbers and at least 1 step", len(x), steps, m.Dim())
	}
	if err := Inside(s, first, last); err != nil {
		return nil, err
	}
	from, to := At(s, first), At(s, last)
	h := (to.Lambda() - from.Lambda()) / float64(steps)
	if !finite(from.Lambda()) || !finite(to.Lambda()) {
		return nil, fmt.Errorf("diffusion: ExactFlow from t = %v to %v, where log α/σ is %v and %v, want it finite", first, last, from.Lambda(), to.Lambda())
	}
	levels := make([]flowLevel, 2*steps+1) // of the steps' ends and middles
	for i := range levels {
		p := AtLambda(s, from.Lambda()+h/2*float64(i))
		levels[i] = flowLevel{p, m.Noised(p.Alpha, p.Sigma)}
	}
	out, dim := slices.Clone(x), m.Dim()
	err := parallel.Each(ctx, len(x)/dim, 0, nil, func() func(int) error {
		f := newFlowPoint(dim)
		return func(i int) error {
			f.run(out[i*dim:(i+1)*dim], levels, h, from.Alpha, to.Alpha)
			return nil
		}
	})
	if err != nil {
		return nil, fmt.Errorf("diffusion: ExactFlow: %w", err)
	}
	return out, nil
}

// flowLevel is the noised mixture at a point of the schedule.
type flowLevel struct {
	Point
	density mixture.Mixture
}

// flowPoint is scratch memory for one point of [ExactFlow].
type flowPoint struct{ y, x, score, k1, k2, k3, k4 []float64 }

func newFlowPoint(dim int) *flowPoint {
	v := func() []float64 { return make([]float64, dim) }
	return &flowPoint{v(), v(), v(), v(), v(), v(), v()}
}

// run moves x in place.
func (f *flowPoint) run(x []float64, levels []flowLevel, h, fromAlpha, toAlpha float64) {
	for a := range x {
		x[a] /= fromAlpha
	}
	for i := 0; i+2 < len(levels); i += 2 {
		f.slope(f.k1, x, nil, 0, levels[i])
		f.slope(f.k2, x, f.k1, h/2, levels[i+1])
		f.slope(f.k3, x, f.k2, h/2, levels[i+1])
		f.slope(f.k4, x, f.k3, h, levels[i+2])
		for a := range x {
			x[a] += h / 6 * (f.k1[a] + 2*f.k2[a] + 2*f.k3[a] + f.k4[a])
		}
	}
	for a := range x {
		x[a] *= toAlpha
	}
}

// slope is dy/dλ at y + c k.
func (f *flowPoint) slope(out, y, k []float64, c float64, l flowLevel) {
	for a := range y {
		f.y[a] = y[a]
		if k != nil {
			f.y[a] += c * k[a]
		}
		f.x[a] = l.Alpha * f.y[a]
	}
	l.density.Score(f.score, f.x)
	for a := range out {
		out[a] = l.Sigma * l.Sigma / l.Alpha * f.score[a]
	}
}
