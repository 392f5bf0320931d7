package samplers

import (
	"math"
	"slices"

	"github.com/fieldbook-go/fieldbook/diffusion"
)

type (
	point       = diffusion.Point
	combination = diffusion.Combination
)

// rows builds a table.
type rows struct{ diffusion.Table }

func newRows(p diffusion.Prediction) *rows {
	return &rows{diffusion.Table{Prediction: p, Start: combination{X: 1}}}
}

// stage evaluates at a point and goes on within the step, to y.
func (r *rows) stage(at point, y combination) {
	r.Rows = append(r.Rows, diffusion.Row{At: at, Anchor: combination{X: 1}, Next: y})
}

// finish evaluates at a point and ends the step with x.
func (r *rows) finish(at point, x combination) {
	r.Rows = append(r.Rows, diffusion.Row{At: at, Anchor: x, Next: combination{X: 1}})
}

// ones are one evaluation for each of nfe steps.
func ones(nfe int) []int { return slices.Repeat([]int{1}, nfe) }

// groups are steps of size evaluations each, and one of what is left.
func groups(nfe, size int) []int {
	n := slices.Repeat([]int{size}, nfe/size)
	if rest := nfe % size; rest > 0 {
		n = append(n, rest)
	}
	return n
}

// phi is φ_k(z) = Σ_j z^j/(j+k)!: φ_0 = e^z, φ_k = (φ_{k-1} - 1/(k-1)!)/z.
func phi(k int, z float64) float64 {
	if math.Abs(z) < 1 {
		term, sum := 1.0, 0.0
		for j := 1; j <= k; j++ {
			term /= float64(j)
		}
		for j := 1; j <= 24; j++ { // 1/24! is below round-off
			sum += term
			term *= z / float64(j+k)
		}
		return sum
	}
	v, factorial := math.Expm1(z)/z, 1.0
	if k == 0 {
		return math.Exp(z)
	}
	for j := 1; j < k; j++ {
		factorial *= float64(j)
		v = (v - 1/factorial) / z
	}
	return v
}

// weights are b with Σ_k b_k u_k^n/n! = moments[n]: what the moments make of the polynomial through values at nodes u. The nodes
// are distinct.
func weights(u, moments []float64) []float64 {
	n := len(u)
	scale := 0.0
	for _, v := range u {
		scale = max(scale, math.Abs(v))
	}
	if scale == 0 {
		return []float64{moments[0]}
	}
	a, factorial, power := make([][]float64, n), 1.0, 1.0
	for i := range a {
		a[i] = make([]float64, n+1)
		for k, v := range u {
			a[i][k] = math.Pow(v/scale, float64(i))
		}
		a[i][n] = moments[i] * factorial / power
		factorial *= float64(i + 1)
		power *= scale
	}
	return solved(a)
}

// solved is the solution of a small system [n][n+1], by elimination with the largest pivots.
func solved(a [][]float64) []float64 {
	n := len(a)
	for c := range n {
		best := c
		for r := c + 1; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[best][c]) {
				best = r
			}
		}
		a[c], a[best] = a[best], a[c]
		for r := range n {
			if r == c {
				continue
			}
			f := a[r][c] / a[c][c]
			for k := c; k <= n; k++ {
				a[r][k] -= f * a[c][k]
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = a[i][n] / a[i][i]
	}
	return x
}

// history are the distances in λ of the latest points from the present one, the present one first, at most order of them. Points at
// which λ is infinite have none: the polynomial is then of a lower degree, as it is at the first steps.
func history(points []point, i, order int) []float64 {
	u := []float64{0}
	now := points[i].Lambda()
	for k := 1; k < order && k <= i; k++ {
		past := points[i-k].Lambda() - now
		if math.IsInf(past, 0) || math.IsNaN(past) {
			break
		}
		u = append(u, past)
	}
	return u
}
