package linear

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// ErrBreakdown is wrapped by the error of a solve that cannot go on, however many iterations are left.
var ErrBreakdown = errors.New("breakdown")

// GMRES is the generalised minimal residual method for A x = b with any square A, restarted, and preconditioned from the right: what
// it makes small is the residual of A x = b itself.
//
// Cost: an iteration takes one application of A and of the preconditioner, and up to Restart scalar products; memory for Restart + 1
// vectors.
// Source: Saad & Schultz 1986, SIAM J. Sci. Stat. Comput. 7. bib: saad1986gmres
type GMRES struct {
	RTol          float64 // stop at a residual of at most RTol ‖b‖₂; in (0, 1)
	MaxIterations int     // ≥ 1, over all restarts
	Restart       int     // iterations until the space is built anew; ≥ 1
}

// Solve improves x until A x = b to the tolerance. m approximates the inverse of A; nil is the identity. The residual in the result is
// computed from x.
//
// Errors: settings out of range; unequal lengths; values that are not finite; [ErrBreakdown] where the space is exhausted and the
// residual is not small, which means that A or m is singular; [ErrNotConverged]; the error of ctx, within one iteration of its end.
func (g GMRES) Solve(ctx context.Context, a, m Operator, x, b []float64) (Result, error) {
	if !(g.RTol > 0 && g.RTol < 1) || g.MaxIterations < 1 || g.Restart < 1 || len(x) != len(b) {
		return Result{}, fmt.Errorf("linear: GMRES with RTol = %v, MaxIterations = %d, Restart = %d, %d unknowns for %d equations, "+
			"want a tolerance between 0 and 1, at least 1 iteration each, equal numbers", g.RTol, g.MaxIterations, g.Restart, len(x), len(b))
	}
	s := &stopping{name: "GMRES", rtol: g.RTol, limit: g.MaxIterations, size: norm(b)}
	k := &krylov{a: a, m: m, z: make([]float64, len(b)), w: make([]float64, len(b))}
	before := math.Inf(1)
	for {
		r := k.vector(0)
		residual(r, a, x, b)
		beta := norm(r)
		if done, err := s.check(ctx, beta); done {
			return s.result, err
		}
		if k.exhausted && beta > before/2 {
			return s.result, fmt.Errorf("linear: GMRES: after iteration %d the space is exhausted with a residual of %.3g, so that the matrix or the "+
				"preconditioner is singular: %w", s.result.Iterations, s.result.Residual, ErrBreakdown)
		}
		before = beta
		k.start(beta)
		for k.steps < g.Restart && s.result.Iterations < g.MaxIterations && ctx.Err() == nil {
			estimate := k.step()
			s.result.Iterations++
			if k.exhausted || !(estimate > g.RTol*s.size) { // also where it is not a number: the check names it
				break
			}
		}
		k.improve(x)
	}
}

// krylov is a space spanned by v, A M v, (A M)² v, … with an orthonormal basis.
type krylov struct {
	a, m      Operator
	basis     [][]float64
	steps     int         // vectors that A M was applied to
	triangle  [][]float64 // columns of the Hessenberg matrix, turned by rotations into a triangle
	cos, sin  []float64   // the rotations
	rhs       []float64   // the right-hand side, turned
	z, w      []float64   // scratch
	exhausted bool        // A M maps the space to itself
}

func (k *krylov) vector(i int) []float64 {
	if i == len(k.basis) {
		k.basis = append(k.basis, make([]float64, len(k.w)))
	}
	return k.basis[i]
}

// start takes the first vector, of length beta.
func (k *krylov) start(beta float64) {
	scale(k.basis[0], 1/beta)
	k.steps, k.triangle, k.cos, k.sin, k.exhausted = 0, k.triangle[:0], k.cos[:0], k.sin[:0], false
	k.rhs = append(k.rhs[:0], beta)
}

// step widens the space by one vector and returns the residual that it allows, by the recurrence.
func (k *krylov) step() float64 {
	j := k.steps
	k.steps++
	k.precondition(k.z, k.basis[j])
	w := k.vector(j + 1)
	k.a.Apply(w, k.z)
	before := norm(w)
	h := make([]float64, j+2)
	for i := range j + 1 {
		h[i] = dot(w, k.basis[i])
		subtract(w, h[i], k.basis[i])
	}
	h[j+1] = norm(w)
	if h[j+1] <= 8*0x1p-52*before { // what is left of w is round-off
		k.exhausted, h[j+1] = true, 0
	} else {
		scale(w, 1/h[j+1])
	}
	for i := range j {
		h[i], h[i+1] = k.cos[i]*h[i]+k.sin[i]*h[i+1], k.cos[i]*h[i+1]-k.sin[i]*h[i]
	}
	c, s := 1.0, 0.0
	if length := math.Hypot(h[j], h[j+1]); length > 0 {
		c, s = h[j]/length, h[j+1]/length
		h[j] = length
	}
	k.cos, k.sin, k.triangle = append(k.cos, c), append(k.sin, s), append(k.triangle, h)
	k.rhs = append(k.rhs[:j], c*k.rhs[j], -s*k.rhs[j])
	return math.Abs(k.rhs[j+1])
}

// improve adds to x the vector of the space, times M, that leaves the smallest residual.
func (k *krylov) improve(x []float64) {
	y := k.rhs[:k.steps]
	largestEntry := 0.0
	for i := range y {
		largestEntry = max(largestEntry, math.Abs(k.triangle[i][i]))
	}
	for i := len(y) - 1; i >= 0; i-- {
		if math.Abs(k.triangle[i][i]) <= 0x1p-52*largestEntry { // a singular matrix: this direction changes nothing
			y[i] = 0
			continue
		}
		y[i] /= k.triangle[i][i]
		subtract(y[:i], y[i], k.triangle[i])
	}
	clear(k.w)
	for i, v := range y {
		subtract(k.w, -v, k.basis[i])
	}
	k.precondition(k.z, k.w)
	subtract(x, -1, k.z)
}

func (k *krylov) precondition(z, v []float64) {
	if k.m == nil {
		copy(z, v)
		return
	}
	k.m.Apply(z, v)
}

// stopping decides when an iteration ends.
type stopping struct {
	name   string
	rtol   float64
	limit  int
	size   float64 // ‖b‖₂
	result Result
}

// check ends a solve at a residual of the given length, computed from x.
func (s *stopping) check(ctx context.Context, length float64) (done bool, err error) {
	s.result.Residual = length
	if s.size > 0 {
		s.result.Residual /= s.size
	}
	k := s.result.Iterations
	switch {
	case math.IsNaN(length) || math.IsInf(length, 0) || math.IsInf(s.size, 0):
		return true, fmt.Errorf("linear: %s: a value is not finite at iteration %d", s.name, k)
	case length <= s.rtol*s.size:
		return true, nil
	case k >= s.limit:
		return true, fmt.Errorf("linear: %s: residual %.3g after %d iterations, want %.3g: %w", s.name, s.result.Residual, k, s.rtol, ErrNotConverged)
	case ctx.Err() != nil:
		return true, fmt.Errorf("linear: %s: stopped at iteration %d: %w", s.name, k, ctx.Err())
	}
	return false, nil
}

// residual is r = b - A x.
func residual(r []float64, a Operator, x, b []float64) {
	a.Apply(r, x)
	for i := range r {
		r[i] = b[i] - r[i]
	}
}

func norm(x []float64) float64 { return math.Sqrt(dot(x, x)) }

func scale(x []float64, a float64) {
	for i := range x {
		x[i] *= a
	}
}
