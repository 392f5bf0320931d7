package pde_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// TestPointwiseTerm solves u_t = u² with one step from a field of one mode. The step then is the classical
// Runge–Kutta step at each point, as long as the products, of up to 16 times that mode, are all kept.
func TestPointwiseTerm(t *testing.T) {
	e := pde.Semilinear{
		Name: "reaction", Lengths: []float64{1}, Degree: 2,
		Linear: []pde.Symbol{func([]float64) complex128 { return 0 }},
		Taps:   []pde.Tap{{}}, Terms: []pde.Tap{{}},
		Inner: func(g, w [][]float64) {
			for i, v := range w[0] {
				g[0][i] = v * v
			}
		},
	}
	for _, grid := range []int{60, 64, 75, 128, 256, 512, 1000, 1024, 2048} {
		t.Run(fmt.Sprint(grid), func(t *testing.T) {
			const h = 0.4
			mode := float64(e.Kept(grid) / 16)
			if mode < 1 {
				t.Fatalf("%d kept modes, want at least 16", e.Kept(grid))
			}
			u0, want := make([]float64, grid), make([]float64, grid)
			for i := range u0 {
				v := 0.3 + math.Cos(2*math.Pi*mode*float64(i)/float64(grid)+0.5)
				k1 := v * v
				k2 := (v + h/2*k1) * (v + h/2*k1)
				k3 := (v + h/2*k2) * (v + h/2*k2)
				k4 := (v + h*k3) * (v + h*k3)
				u0[i], want[i] = v, v+h/6*(k1+2*k2+2*k3+k4)
			}
			got := solve(t, e, u0, grid, pde.Stepping{Until: h, Steps: 1})
			if diff := convergence.Largest(got, want); diff > 1e-13 { // round-off of ten FFTs of values up to 7
				t.Errorf("error %.2g", diff)
			}
		})
	}
}
