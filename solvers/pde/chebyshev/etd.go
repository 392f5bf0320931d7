package chebyshev

import "math"

// etd holds the coefficients of ETDRK4 for v' = c v + N(t, v) with a real diagonal c and steps of length h:
//
//	a  = e^(ch/2) v + Q N(t, v)
//	b  = e^(ch/2) v + Q N(t+h/2, a)
//	d  = e^(ch/2) a + Q (2 N(t+h/2, b) - N(t, v))
//	v₊ = e^(ch) v + f1 N(t, v) + f2 (N(t+h/2, a) + N(t+h/2, b)) + f3 N(t+h, d)
//
// Source: Cox & Matthews 2002, J. Comput. Phys. 176, eqs. (26)–(29). bib: cox2002etd
//
// Differs from the source: f2 here holds the factor 2; the coefficients are written in the φ functions,
// which are summed as series where their formulas cancel.
type etd struct {
	exp, half, q, f1, f2, f3 []float64
}

// newETD finds the coefficients for c = scale · values.
func newETD(values []float64, scale, h float64) *etd {
	n := len(values)
	e := &etd{
		exp: make([]float64, n), half: make([]float64, n), q: make([]float64, n),
		f1: make([]float64, n), f2: make([]float64, n), f3: make([]float64, n),
	}
	for i, value := range values {
		z := scale * value * h
		p1, p2, p3 := phi(z)
		half, _, _ := phi(z / 2)
		e.exp[i], e.half[i], e.q[i] = math.Exp(z), math.Exp(z/2), h/2*half
		e.f1[i], e.f2[i], e.f3[i] = h*(p1-3*p2+4*p3), h*(2*p2-4*p3), h*(4*p3-p2)
	}
	return e
}

// phi are φ_1(z) = (e^z - 1)/z, φ_2 = (φ_1 - 1)/z and φ_3 = (φ_2 - 1/2)/z.
func phi(z float64) (p1, p2, p3 float64) {
	if math.Abs(z) < 2 {
		// φ_3 = Σ z^k/(k+3)!; 24 terms of a series that falls as 2^k/k! are all that counts.
		term := 1.0 / 6
		for k := 1; k <= 24; k++ {
			p3 += term
			term *= z / float64(k+3)
		}
		p2 = z*p3 + 0.5
		return z*p2 + 1, p2, p3
	}
	p1 = math.Expm1(z) / z
	p2 = (p1 - 1) / z
	return p1, p2, (p2 - 0.5) / z
}

// stage writes e^(ch/2) v + Q n.
func (e *etd) stage(dst, v, n []float64) {
	for i := range dst {
		dst[i] = e.half[i]*v[i] + e.q[i]*n[i]
	}
}

// finish makes the step.
func (e *etd) finish(v, nv, na, nb, nd []float64) {
	for i := range v {
		v[i] = e.exp[i]*v[i] + e.f1[i]*nv[i] + e.f2[i]*(na[i]+nb[i]) + e.f3[i]*nd[i]
	}
}
