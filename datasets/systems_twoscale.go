package datasets

import (
	"fmt"
	"math/rand/v2"
)

// Lorenz96TwoScale has slow variables on a ring and fast ones between them.
//
// Source: Lütjens et al. 2022, arXiv:2207.11417, for Lorenz's system of two scales. bib: lutjens2022multiscale
const Lorenz96TwoScale System = "lorenz96-two-scale"

// lorenz96TwoScale has k slow variables X and, on one ring of all, j fast ones Y to each. The warm-up is short: close states part
// by e^14 in a unit of time, so that a long one would make round-off large.
func lorenz96TwoScale(k, j int) systemCase {
	const (
		forcing  = 18.0
		coupling = 1.0 * 10 / 10 // h c/b
		fast     = 10.0          // c
		ratio    = 10.0          // b
	)
	c := systemCase{
		name: Lorenz96TwoScale, title: "Lorenz 96 with two scales", source: "Lorenz 1996, Predictability: a problem partly solved", chaotic: true,
		interval: 0.05, warmup: 1,
		equation: fmt.Sprintf(`X_k' = (X_{k+1} - X_{k-2})\,X_{k-1} - X_k + 18 - \sum_{j=1}^{%d} Y_{j,k},\quad `+
			`Y_{j,k}' = -100\,(Y_{j+2,k} - Y_{j-1,k})\,Y_{j+1,k} - 10\,Y_{j,k} + X_k,\quad k = 1 \dots %d,\ `+
			`\text{cyclic; all } Y \text{ are one ring}`, j, k),
		start: "X normal of mean 3.8 and deviation 6.3, Y of mean 0.11 and deviation 0.35, as they have later",
		draw: func(rng *rand.Rand) []float64 {
			y := make([]float64, k+k*j)
			for i := range y {
				if xi := rng.NormFloat64(); i < k {
					y[i] = 3.8 + 6.3*xi
				} else {
					y[i] = 0.11 + 0.35*xi
				}
			}
			return y
		},
		field: func(d []float64, _ float64, all []float64) {
			x, y := all[:k], all[k:]
			for i := range x {
				d[i] = (x[(i+1)%k]-x[(i+k-2)%k])*x[(i+k-1)%k] - x[i] + forcing
				for _, v := range y[i*j : (i+1)*j] {
					d[i] -= coupling * v
				}
			}
			n := k * j
			for i := range y {
				d[k+i] = -fast*ratio*y[(i+1)%n]*(y[(i+2)%n]-y[(i+n-1)%n]) - fast*y[i] + coupling*x[i/j]
			}
		},
	}
	for i := range k {
		c.states = append(c.states, fmt.Sprintf("X%d", i+1))
	}
	for i := range k * j {
		c.states = append(c.states, fmt.Sprintf("Y%d.%d", i%j+1, i/j+1))
	}
	return c
}
