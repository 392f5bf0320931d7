package linear

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Operator is a linear map. It may keep scratch memory, so it is for one goroutine.
type Operator interface {
	Apply(dst, x []float64) // dst = A x; dst and x do not overlap
}

// ErrNotConverged is wrapped by the error of a solve that ran out of iterations.
var ErrNotConverged = errors.New("not converged")

// CG is the method of conjugate gradients for A x = b with a symmetric positive definite A.
//
// Source: Hestenes & Stiefel 1952, J. Res. Nat. Bur. Stand. 49; preconditioned as in Saad 2003, Iterative Methods
// for Sparse Linear Systems, algorithm 9.1. bib: hestenes1952cg
type CG struct {
	RTol          float64 // stop at a residual of at most RTol ‖b‖₂; in (0, 1)
	MaxIterations int     // ≥ 1
}

// Result says how a solve went.
type Result struct {
	Iterations int
	Residual   float64 // ‖b - A x‖₂ / ‖b‖₂ at the end; of CG by the recurrence, else computed from x
}

// Solve improves x until A x = b to the tolerance. m approximates the inverse of A, symmetric positive definite; nil is the identity.
//
// Errors: settings out of range; unequal lengths; values that are not finite; an A or m that is not positive
// definite; [ErrNotConverged]; the error of ctx, within one iteration of its end.
func (c CG) Solve(ctx context.Context, a, m Operator, x, b []float64) (Result, error) {
	if !(c.RTol > 0 && c.RTol < 1) || c.MaxIterations < 1 || len(x) != len(b) {
		return Result{}, fmt.Errorf("linear: CG with RTol = %v, MaxIterations = %d, %d unknowns for %d equations, "+
			"want a tolerance between 0 and 1, at least 1 iteration, equal numbers", c.RTol, c.MaxIterations, len(x), len(b))
	}
	n := len(b)
	r, z, p, ap := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	a.Apply(ap, x)
	for i := range r {
		r[i] = b[i] - ap[i]
	}
	target := c.RTol * math.Sqrt(dot(b, b))
	var rzOld float64
	for k := 0; ; k++ {
		norm := math.Sqrt(dot(r, r))
		res := Result{Iterations: k, Residual: norm}
		if target > 0 {
			res.Residual = norm * c.RTol / target
		}
		switch {
		case math.IsNaN(norm) || math.IsInf(norm, 0) || math.IsNaN(target) || math.IsInf(target, 0):
			return res, fmt.Errorf("linear: CG: a value is not finite at iteration %d", k)
		case norm <= target:
			return res, nil
		case k == c.MaxIterations:
			return res, fmt.Errorf("linear: CG: residual %.3g after %d iterations, want %.3g: %w", res.Residual, k, c.RTol, ErrNotConverged)
		case ctx.Err() != nil:
			return res, fmt.Errorf("linear: CG: stopped at iteration %d: %w", k, ctx.Err())
		}
		if m == nil {
			copy(z, r)
		} else {
			m.Apply(z, r)
		}
		rz := dot(r, z)
		beta := 0.0
		if k > 0 {
			beta = rz / rzOld
		}
		rzOld = rz
		for i := range p {
			p[i] = z[i] + beta*p[i]
		}
		a.Apply(ap, p)
		curvature := dot(p, ap)
		if !(curvature > 0) || !(rz > 0) {
			return res, fmt.Errorf("linear: CG: the matrix or the preconditioner is not positive definite (pᵀAp = %.3g, rᵀMr = %.3g)",
				curvature, rz)
		}
		alpha := rz / curvature
		for i := range x {
			x[i] += alpha * p[i]
			r[i] -= alpha * ap[i]
		}
	}
}

// dot is the scalar product; four partial sums keep the adder busy.
func dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		s0 += a[i] * b[i]
		s1 += a[i+1] * b[i+1]
		s2 += a[i+2] * b[i+2]
		s3 += a[i+3] * b[i+3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return s0 + s1 + (s2 + s3)
}
