package chebyshev

import (
	"fmt"
	"math"
)

// Axis is the Chebyshev–Gauss–Lobatto grid of N points on [Low, High], in rising order.
//
//	x_j = (Low + High)/2 - (High - Low)/2 cos(jπ/(N-1)),  j = 0 … N-1
//
// Source: Trefethen 2000, Spectral Methods in MATLAB, chapters 5 and 6; Weideman & Reddy 2000, ACM Trans. Math. Softw. 26 (derivatives);
// Berrut & Trefethen 2004, SIAM Rev. 46 (interpolation). bib: trefethen2000spectral, weideman2000dmsuite, berrut2004barycentric
type Axis struct {
	N         int
	Low, High float64
}

// Validate says what is wrong with a.
func (a Axis) Validate() error {
	if a.N < 2 || !(a.High > a.Low) || math.IsInf(a.High-a.Low, 0) {
		return fmt.Errorf("chebyshev: Axis of %d points from %v to %v, want at least 2 between finite ends in this order", a.N, a.Low, a.High)
	}
	return nil
}

// Points are the places of the grid.
func (a Axis) Points() []float64 {
	x := make([]float64, a.N)
	for j := range x {
		x[j] = a.at(j)
	}
	x[0], x[a.N-1] = a.Low, a.High
	return x
}

// at is x_j by a sine, which is symmetric to round-off.
func (a Axis) at(j int) float64 {
	return (a.Low+a.High)/2 + (a.High-a.Low)/2*math.Sin(math.Pi*float64(2*j-a.N+1)/float64(2*(a.N-1)))
}

// gap is x_i - x_j without cancellation.
func (a Axis) gap(i, j int) float64 {
	half := math.Pi / float64(2*(a.N-1))
	return (a.High - a.Low) * math.Sin(half*float64(i+j)) * math.Sin(half*float64(i-j))
}

// weight is the barycentric weight of x_j.
func (a Axis) weight(j int) float64 {
	w := 1.0
	if j%2 == 1 {
		w = -1
	}
	if j == 0 || j == a.N-1 {
		w /= 2
	}
	return w
}

// Weights are those of the Clenshaw–Curtis quadrature: Σ w_j u(x_j) is the integral over the axis, exact for polynomials below degree N.
//
// Source: Clenshaw & Curtis 1960, Numer. Math. 2. bib: clenshaw1960quadrature
func (a Axis) Weights() []float64 {
	m := a.N - 1
	w := make([]float64, a.N)
	for j := range w {
		sum := 1.0
		for k := 1; 2*k <= m; k++ {
			b := 2.0
			if 2*k == m {
				b = 1
			}
			sum -= b * math.Cos(2*math.Pi*float64(k*j%m)/float64(m)) / float64(4*k*k-1)
		}
		w[j] = sum * (a.High - a.Low) / float64(m)
		if j == 0 || j == m {
			w[j] /= 2
		}
	}
	return w
}

// Derivatives are the matrices that give u' and u” at the points from u, [N, N] in rows. A constant has no derivative to round-off.
func (a Axis) Derivatives() (first, second []float64) {
	n := a.N
	first, second = make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		for j := range n {
			if i != j {
				first[i*n+j] = a.weight(j) / a.weight(i) / a.gap(i, j)
				first[i*n+i] -= first[i*n+j]
			}
		}
		for j := range n {
			if i != j {
				second[i*n+j] = 2 * first[i*n+j] * (first[i*n+i] - 1/a.gap(i, j))
				second[i*n+i] -= second[i*n+j]
			}
		}
	}
	return first, second
}

// Interpolation is the matrix that gives the values at any places x, [len(x), N] in rows. Places outside the axis are extrapolated.
func (a Axis) Interpolation(x []float64) []float64 {
	points := a.Points()
	out := make([]float64, len(x)*a.N)
	for i, at := range x {
		row := out[i*a.N : (i+1)*a.N]
		var sum float64
		for j, p := range points {
			if at == p {
				clear(row)
				row[j], sum = 1, 1
				break
			}
			row[j] = a.weight(j) / (at - p)
			sum += row[j]
		}
		for j := range row {
			row[j] /= sum
		}
	}
	return out
}

// Coefficients is the matrix that gives the coefficients of the Chebyshev polynomials T_0 … T_(N-1) from the values, [N, N] in rows.
func (a Axis) Coefficients() []float64 {
	n, m := a.N, a.N-1
	out := make([]float64, n*n)
	for k := range n {
		for j := range n {
			// T_k(x_j) with x_j = -cos(jπ/m) is (-1)^k cos(kjπ/m).
			v := 2 / float64(m) * math.Cos(math.Pi*float64(k*(m-j)%(2*m))/float64(m))
			if k == 0 || k == m {
				v /= 2
			}
			if j == 0 || j == m {
				v /= 2
			}
			out[k*n+j] = v
		}
	}
	return out
}
