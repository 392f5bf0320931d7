package tableau

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Field writes f(t, y) to dst; it is for solves in plain Go.
type Field func(dst []float64, t float64, y []float64)

// Stats is what a March took.
type Stats struct {
	Steps, Rejected, NFE int
	Runtime              time.Duration
}

// Reasons why a March ends early.
var (
	ErrUnderflow  = errors.New("the step is below the round-off of t: the solution may have a singularity there, or the tolerances are too tight")
	ErrNotFinite  = errors.New("the field or the solution is NaN or infinite: check the field there")
	ErrUnfinished = errors.New("out of steps: the problem may be stiff, take an implicit method")
)

// FailureError says where and why a March ended early. Found in an error by [errors.As]; it wraps its Reason.
type FailureError struct {
	Method string
	T, Dt  float64 // the time reached and the length of the step that was to come
	Steps  int     // made and rejected up to there
	Reason error
}

// Error says what happened and where.
func (f *FailureError) Error() string {
	return fmt.Sprintf("tableau: %s at t = %.9g, step %d of length %.3g: %v", f.Method, f.T, f.Steps, f.Dt, f.Reason)
}

// Unwrap is the reason.
func (f *FailureError) Unwrap() error { return f.Reason }

// March solves y' = f(t, y) in plain Go from y0 at times[0] through the later times, for what makes data: no compilation, any
// number of solves at once. Steps are chosen such that the root mean square of the error estimate over the components, in units of
// atol + rtol |y|, is at most 1, and end at each of the times.
//
// Shapes: y0 [dim]; returns [len(times), dim], the first row y0.
// Errors: settings out of range; a method without an error estimate; a [FailureError]; the error of ctx, within one step of its end.
// Source: Hairer, Nørsett and Wanner 1993, section II.4. bib: hairer1993nonstiff
func (m Explicit) March(ctx context.Context, f Field, y0, times []float64, rtol, atol float64) ([]float64, Stats, error) {
	if err := m.checkMarch(y0, times, rtol, atol); err != nil {
		return nil, Stats{}, err
	}
	began := time.Now()
	h := newSolve(m, f, y0, rtol, atol)
	out := slices.Clone(y0)
	h.start(times[0], times[1])
	for i, until := range times[1:] {
		if err := h.march(ctx, until); err != nil {
			return nil, h.stats, fmt.Errorf("after %d of %d times: %w", i, len(times)-1, err)
		}
		out = append(out, h.y...)
	}
	h.stats.Runtime = time.Since(began)
	return out, h.stats, nil
}

func (m Explicit) checkMarch(y0, times []float64, rtol, atol float64) error {
	if m.Errors == nil {
		return fmt.Errorf("tableau: %s has no error estimate, want a method that has, as Tsit5 or Dopri8", m.Name)
	}
	if !(rtol > 0) || !(atol > 0) || len(y0) == 0 || len(times) < 2 {
		return fmt.Errorf("tableau: March with rtol = %v, atol = %v, %d components and %d times, want tolerances above 0, "+
			"at least one component and two times", rtol, atol, len(y0), len(times))
	}
	for i := range times[1:] {
		if !(times[i+1] > times[i]) {
			return fmt.Errorf("tableau: March: times[%d] = %v after %v, want times that grow", i+1, times[i+1], times[i])
		}
	}
	return nil
}

// solve is the state of one March.
type solve struct {
	Explicit
	f          Field
	rtol, atol float64
	t, dt      float64
	y, next    []float64
	k          [][]float64 // k[0] is the slope at t
	estimate   []float64
	stats      Stats
}

// marchMaxSteps is where a March gives up.
const marchMaxSteps = 10_000_000

func newSolve(m Explicit, f Field, y0 []float64, rtol, atol float64) *solve {
	h := &solve{Explicit: m, f: f, rtol: rtol, atol: atol, y: slices.Clone(y0), next: make([]float64, len(y0))}
	h.estimate = make([]float64, len(y0))
	for range m.C {
		h.k = append(h.k, make([]float64, len(y0)))
	}
	return h
}

// start guesses a first step that moves y by a hundredth of its size.
func (h *solve) start(t, until float64) {
	h.t = t
	h.f(h.k[0], t, h.y)
	h.stats.NFE++
	size, slope := h.norm(h.y, h.y), h.norm(h.k[0], h.y)
	h.dt = until - t
	if slope > 0 && size > 0 {
		h.dt = min(h.dt, 0.01*size/slope)
	}
}

// norm is the root mean square of v in units of the tolerances at y and the next y.
func (h *solve) norm(v, next []float64) float64 {
	var sum float64
	for i := range v {
		e := v[i] / (h.atol + h.rtol*max(math.Abs(h.y[i]), math.Abs(next[i])))
		sum += e * e
	}
	return math.Sqrt(sum / float64(len(v)))
}

// march steps until a time.
func (h *solve) march(ctx context.Context, until float64) error {
	const safety, least, most = 0.9, 0.2, 5
	power := -1 / float64(h.ErrorOrder+1)
	for h.t < until {
		if ctx.Err() != nil {
			return fmt.Errorf("tableau: %s stopped at t = %v: %w", h.Name, h.t, ctx.Err())
		}
		dt, last := h.dt, h.t+h.dt >= until
		if last {
			dt = until - h.t
		}
		err := h.try(dt)
		switch {
		case math.IsNaN(err) || math.IsInf(err, 0):
			h.dt = dt * least
			h.stats.Rejected++
		case err > 1:
			h.dt = dt * max(least, safety*math.Pow(err, power))
			h.stats.Rejected++
		default:
			h.accept(dt, until, last)
			if grown := dt * min(most, safety*math.Pow(max(err, 1e-10), power)); !last || grown > h.dt {
				h.dt = grown
			}
		}
		if failure := h.failed(err); failure != nil {
			return failure
		}
	}
	return nil
}

// failed is the reason why a solve cannot go on.
func (h *solve) failed(err float64) error {
	failure := &FailureError{Method: h.Name, T: h.t, Dt: h.dt, Steps: h.stats.Steps + h.stats.Rejected}
	switch {
	case h.t+h.dt/16 == h.t && math.IsNaN(err):
		failure.Reason = ErrNotFinite
	case h.t+h.dt/16 == h.t:
		failure.Reason = ErrUnderflow
	case failure.Steps >= marchMaxSteps:
		failure.Reason = ErrUnfinished
	default:
		return nil
	}
	return failure
}

// try makes a step of length dt to h.next and returns the norm of its error.
func (h *solve) try(dt float64) float64 {
	for s := 1; s < len(h.C); s++ {
		h.combine(h.next, h.A[s], dt)
		h.f(h.k[s], h.t+h.C[s]*dt, h.next)
		h.stats.NFE++
	}
	h.combine(h.next, h.B, dt)
	clear(h.estimate)
	for s, e := range h.Errors {
		for i, k := range h.k[s] {
			h.estimate[i] += dt * e * k
		}
	}
	return h.norm(h.estimate, h.next)
}

// combine writes y + dt Σ w_s k_s.
func (h *solve) combine(dst, w []float64, dt float64) {
	copy(dst, h.y)
	for s, ws := range w {
		if ws == 0 {
			continue
		}
		for i, k := range h.k[s] {
			dst[i] += dt * ws * k
		}
	}
}

// accept takes the step that was tried.
func (h *solve) accept(dt, until float64, last bool) {
	h.stats.Steps++
	h.t += dt
	if last {
		h.t = until
	}
	h.y, h.next = h.next, h.y
	if h.Reuses() {
		h.k[0], h.k[len(h.k)-1] = h.k[len(h.k)-1], h.k[0]
		return
	}
	h.f(h.k[0], h.t, h.y)
	h.stats.NFE++
}
