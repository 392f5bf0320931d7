package pde

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// NavierStokes is the incompressible flow on the unit torus in terms of its vorticity w = v_x - u_y:
//
//	w_t + u w_x + v w_y = ν (w_xx + w_yy) + f,  u = ψ_y, v = -ψ_x, -Δψ = w
//
// solved for the Fourier modes up to K = ⌈n/3⌉ - 1 of a grid of n by n points, the two-thirds rule, by ETDRK4. The mean
// velocity is zero. The advection is (v² - u²)_xy + (uv)_xx - (uv)_yy, so that two real fields go to the points and two come
// back.
//
// Cost: 4 NFE a step, each four real two-dimensional FFTs.
// Source: vorticity form and forcing: Li et al. 2021, arXiv:2010.08895, section 5.3; the form of the advection: Basdevant
// 1983, J. Comput. Phys. 50; time step: see [Semilinear]. bib: li2021fno, basdevant1983technical
//
// Differs from the source: ETDRK4 in place of Crank–Nicolson for the diffusion alone.
type NavierStokes struct {
	Viscosity float64   // ν ≥ 0
	Forcing   []float64 // f on the grid [grid, grid]; nil means none
}

// DiagonalForcing is 0.1 (sin 2π(x+y) + cos 2π(x+y)) on n by n points. Source: Li et al. 2021, section 5.3.
func DiagonalForcing(n int) []float64 {
	f := make([]float64, n*n)
	for i := range f {
		sin, cos := math.Sincos(2 * math.Pi * float64((i/n+i%n)%n) / float64(n))
		f[i] = 0.1 * (sin + cos)
	}
	return f
}

// Solve marches the batch w0 [samples, grid, grid] of vorticities, the axis of x before that of y, to s.Until.
//
// Shapes: Ys[i] of the solution [samples, grid, grid].
// Errors: what is wrong with ns, s or the lengths; a [NotFiniteError] if the steps are too large for the flow to stay
// finite; an [UnresolvedError] if the grid is too coarse for the viscosity; the error of ctx, within one step of its end.
func (ns NavierStokes) Solve(ctx context.Context, w0 []float64, grid int, s Stepping) (Solution, error) {
	if !(ns.Viscosity >= 0) || math.IsInf(ns.Viscosity, 0) {
		return Solution{}, errors.Join(fmt.Errorf("pde: NavierStokes.Viscosity = %v, want at least 0", ns.Viscosity), s.Validate())
	}
	return ns.semilinear().Solve(ctx, w0, []int{grid, grid}, s)
}

// semilinear is the equation for w: of the mean, u = v = 0.
func (ns NavierStokes) semilinear() Semilinear {
	square := func(k []float64) float64 { return k[0]*k[0] + k[1]*k[1] }
	velocity := func(k []float64, i float64) complex128 { // of iκ/|κ|²
		if k2 := square(k); k2 > 0 {
			return complex(0, i/k2)
		}
		return 0
	}
	return Semilinear{
		Name: "NavierStokes", Lengths: []float64{1, 1}, Degree: 2, Forcing: ns.Forcing,
		Linear: []Symbol{func(k []float64) complex128 { return complex(-ns.Viscosity*square(k), 0) }},
		Taps: []Tap{
			{Symbol: func(k []float64) complex128 { return velocity(k, k[1]) }},
			{Symbol: func(k []float64) complex128 { return velocity(k, -k[0]) }},
		},
		Terms: []Tap{
			{Symbol: func(k []float64) complex128 { return complex(k[0]*k[0]-k[1]*k[1], 0) }},
			{Symbol: func(k []float64) complex128 { return complex(k[0]*k[1], 0) }},
		},
		Inner: func(g, w [][]float64) {
			uv, difference, u, v := g[0], g[1], w[0], w[1]
			for i := range u {
				uv[i], difference[i] = u[i]*v[i], (v[i]-u[i])*(v[i]+u[i])
			}
		},
	}
}
