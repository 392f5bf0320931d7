package pde

import (
	"math"
	"math/cmplx"
)

// etdrk4NFE is the number of evaluations of the nonlinear term in a step.
const etdrk4NFE = 4

// etdrk4 holds the coefficients of the fourth-order exponential time differencing Runge–Kutta method for
// v' = c v + N(v) with a diagonal c, for one length of step h:
//
//	a  = e^(ch/2) v + Q N(v)
//	b  = e^(ch/2) v + Q N(a)
//	d  = e^(ch/2) a + Q (2 N(b) - N(v))
//	v₊ = e^(ch) v + f1 N(v) + f2 (N(a) + N(b)) + f3 N(d)
//
// Source: Cox & Matthews 2002, J. Comput. Phys. 176, eqs. (26)–(29); the coefficients are evaluated as in
// Kassam & Trefethen 2005, SIAM J. Sci. Comput. 26, section 3. bib: cox2002etd, kassam2005etdrk4
//
// Differs from the source: f2 here holds the factor 2; the mean over a circle is taken only where c h is
// small, since the plain formulas are accurate elsewhere.
type etdrk4 struct {
	h                           float64
	exp, expHalf, q, f1, f2, f3 []complex128
}

// newETDRK4 finds the coefficients for the diagonal linear part c and the step h.
func newETDRK4(c []complex128, h float64) *etdrk4 {
	n := len(c)
	e := &etdrk4{
		h: h, exp: make([]complex128, n), expHalf: make([]complex128, n), q: make([]complex128, n),
		f1: make([]complex128, n), f2: make([]complex128, n), f3: make([]complex128, n),
	}
	hc := complex(h, 0)
	for i, ci := range c {
		z := ci * hc
		w := etdWeights(z)
		e.exp[i], e.expHalf[i] = cmplx.Exp(z), cmplx.Exp(z/2)
		e.q[i], e.f1[i], e.f2[i], e.f3[i] = hc*w[0], hc*w[1], hc*w[2], hc*w[3]
	}
	return e
}

// etdWeights returns Q/h, f1/h, f2/h and f3/h at z = c h, to a few units in 1e-15.
//
// Each is a difference of large terms over z or z³, and entire in z. For |z| ≥ 2 the formulas lose less
// than two digits. Closer to zero we take their mean over a circle about z, which is their value at z by
// Cauchy's formula; its radius |z|+2 keeps every point of the circle 2 or more from zero.
func etdWeights(z complex128) [4]complex128 {
	if cmplx.Abs(z) >= 2 {
		return etdFormulas(z)
	}
	const points = 32 // the trapezium rule errs by r^m/m! for m points, 7e-17 at the largest radius r = 4
	radius := cmplx.Abs(z) + 2
	var sum [4]complex128
	for j := range points {
		w := etdFormulas(z + cmplx.Rect(radius, 2*math.Pi*(float64(j)+0.5)/points))
		for i := range sum {
			sum[i] += w[i] / points
		}
	}
	return sum
}

// etdFormulas evaluates the weights as they stand. Source: Cox & Matthews 2002, eqs. (26)–(29).
func etdFormulas(z complex128) [4]complex128 {
	e, z3 := cmplx.Exp(z), z*z*z
	return [4]complex128{
		(cmplx.Exp(z/2) - 1) / z,
		(-4 - z + e*(4-3*z+z*z)) / z3,
		2 * (2 + z + e*(z-2)) / z3,
		(-4 - 3*z - z*z + e*(4-z)) / z3,
	}
}

// etdState is the memory of one solve.
type etdState struct {
	v, a, b, nv, na, nb []complex128
}

func newETDState(n int) *etdState {
	block := make([]complex128, 6*n)
	part := func(i int) []complex128 { return block[i*n : (i+1)*n : (i+1)*n] }
	return &etdState{v: part(0), a: part(1), b: part(2), nv: part(3), na: part(4), nb: part(5)}
}

// step advances s.v by one step; nonlinear writes N(v), as it is a fraction of the step after its start, to dst. It tells whether the
// new state is finite.
func (e *etdrk4) step(s *etdState, nonlinear func(dst, v []complex128, part float64)) (finite bool) {
	n := len(e.exp)
	v, a, b, nv, na, nb := s.v[:n], s.a[:n], s.b[:n], s.nv[:n], s.na[:n], s.nb[:n]
	half, q := e.expHalf[:n], e.q[:n]
	nonlinear(nv, v, 0)
	for i := range v {
		a[i] = half[i]*v[i] + q[i]*nv[i]
	}
	nonlinear(na, a, 0.5)
	for i := range v {
		b[i] = half[i]*v[i] + q[i]*na[i]
	}
	nonlinear(nb, b, 0.5)
	for i := range v { // the last stage takes the place of a, which is not needed again
		a[i] = half[i]*a[i] + q[i]*(2*nb[i]-nv[i])
		b[i] = na[i] + nb[i]
	}
	nd := na
	nonlinear(nd, a, 1)
	full, f1, f2, f3 := e.exp[:n], e.f1[:n], e.f2[:n], e.f3[:n]
	var sum complex128 // of zeros; a NaN or an infinity makes it NaN
	for i := range v {
		v[i] = full[i]*v[i] + f1[i]*nv[i] + f2[i]*b[i] + f3[i]*nd[i]
		sum += 0 * v[i]
	}
	return sum == 0
}
