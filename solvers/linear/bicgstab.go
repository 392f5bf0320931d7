package linear

import (
	"context"
	"fmt"
	"math"
)

// BiCGStab is the stabilised method of biconjugate gradients for A x = b with any square A, preconditioned from the right. It needs no
// more than eight vectors, where [GMRES] needs as many as its restart, but its residual does not fall evenly.
//
// Cost: an iteration takes two applications of A and of the preconditioner.
// Differs from the source: where a recurrence fails or its residual is not that of x, it starts again from x.
// Source: van der Vorst 1992, SIAM J. Sci. Stat. Comput. 13. bib: vandervorst1992bicgstab
type BiCGStab struct {
	RTol          float64 // stop at a residual of at most RTol ‖b‖₂; in (0, 1)
	MaxIterations int     // ≥ 1
}

// Solve improves x until A x = b to the tolerance. m approximates the inverse of A; nil is the identity. The residual in the result is
// computed from x.
//
// Errors: settings out of range; unequal lengths; values that are not finite; [ErrBreakdown] where the recurrence fails in its first
// iteration after a start, as it does for a skew-symmetric A; [ErrNotConverged]; the error of ctx, within one iteration of its end.
func (c BiCGStab) Solve(ctx context.Context, a, m Operator, x, b []float64) (Result, error) {
	if !(c.RTol > 0 && c.RTol < 1) || c.MaxIterations < 1 || len(x) != len(b) {
		return Result{}, fmt.Errorf("linear: BiCGStab with RTol = %v, MaxIterations = %d, %d unknowns for %d equations, "+
			"want a tolerance between 0 and 1, at least 1 iteration, equal numbers", c.RTol, c.MaxIterations, len(x), len(b))
	}
	s := &stopping{name: "BiCGStab", rtol: c.RTol, limit: c.MaxIterations, size: norm(b)}
	v := newBiconjugate(a, m, x, len(b))
	for {
		residual(v.r, a, x, b)
		if done, err := s.check(ctx, norm(v.r)); done {
			return s.result, err
		}
		v.start()
		for steps := 0; s.result.Iterations < c.MaxIterations && ctx.Err() == nil; steps++ {
			failed := v.step(c.RTol * s.size)
			if failed != "" && steps == 0 {
				return s.result, fmt.Errorf("linear: BiCGStab: at iteration %d, %s, with a residual of %.3g; GMRES has no such failure: %w",
					s.result.Iterations, failed, s.result.Residual, ErrBreakdown)
			}
			if failed != "" {
				break
			}
			s.result.Iterations++
			if !(norm(v.r) > c.RTol*s.size) { // also where it is not a number: the check names it
				break
			}
		}
	}
}

// biconjugate holds the vectors of the recurrence, by the names of the source.
type biconjugate struct {
	a, m                      Operator
	x, r, shadow, p, v, t     []float64
	preconditionedP, precondS []float64
	rho, alpha, omega         float64
}

func newBiconjugate(a, m Operator, x []float64, n int) *biconjugate {
	vector := func() []float64 { return make([]float64, n) }
	return &biconjugate{
		a: a, m: m, x: x, r: vector(), shadow: vector(), p: vector(), v: vector(), t: vector(),
		preconditionedP: vector(), precondS: vector(),
	}
}

func (c *biconjugate) start() {
	copy(c.shadow, c.r)
	clear(c.p)
	clear(c.v)
	c.rho, c.alpha, c.omega = 1, 1, 1
}

// negligible says whether a scalar product is round-off of zero.
func negligible(product, x, y float64) bool { return math.Abs(product) <= 0x1p-52*x*y }

// step is one iteration; it ends early once the residual is at the target. It says what failed, before it changes x, or nothing.
func (c *biconjugate) step(target float64) (failed string) {
	rho := dot(c.shadow, c.r)
	if negligible(rho, norm(c.shadow), norm(c.r)) {
		return "the residual is orthogonal to the first one"
	}
	beta := rho / c.rho * (c.alpha / c.omega)
	for i := range c.p {
		c.p[i] = c.r[i] + beta*(c.p[i]-c.omega*c.v[i])
	}
	c.precondition(c.preconditionedP, c.p)
	c.a.Apply(c.v, c.preconditionedP)
	product := dot(c.shadow, c.v)
	if negligible(product, norm(c.shadow), norm(c.v)) {
		return "the search direction's image is orthogonal to the first residual"
	}
	c.rho, c.alpha = rho, rho/product
	s := c.r // is overwritten
	subtract(s, c.alpha, c.v)
	if norm(s) <= target {
		subtract(c.x, -c.alpha, c.preconditionedP)
		return ""
	}
	c.precondition(c.precondS, s)
	c.a.Apply(c.t, c.precondS)
	ts, tt := dot(c.t, s), dot(c.t, c.t)
	if negligible(ts, math.Sqrt(tt), norm(s)) {
		return "the half-step's residual is orthogonal to its image"
	}
	c.omega = ts / tt
	for i := range c.x {
		c.x[i] += c.alpha*c.preconditionedP[i] + c.omega*c.precondS[i]
	}
	subtract(c.r, c.omega, c.t)
	return ""
}

func (c *biconjugate) precondition(z, v []float64) {
	if c.m == nil {
		copy(z, v)
		return
	}
	c.m.Apply(z, v)
}
