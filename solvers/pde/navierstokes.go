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

func (ns NavierStokes) semilinear() Semilinear {
	e := Vorticity([]float64{1, 1}, ns.Viscosity, 0)
	e.Name, e.Forcing = "NavierStokes", ns.Forcing
	return e
}

// Vorticity is the equation of [NavierStokes] on a rectangle, with a linear drag: w_t + u w_x + v w_y = ν Δw - μ w.
func Vorticity(lengths []float64, viscosity, drag float64) Semilinear {
	return Semilinear{
		Name: "Vorticity", Lengths: lengths, Degree: 2,
		Linear: []Symbol{func(k []float64) complex128 { return complex(viscosity*laplacian(k)-drag, 0) }},
		Taps:   velocities(), Terms: vorticityTerms(),
		Inner: vorticityFluxes,
	}
}

// velocities are u and v of the vorticity in channel 0: iκ/|κ|², and 0 of the mean.
func velocities() []Tap {
	velocity := func(k []float64, i float64) complex128 {
		if k2 := -laplacian(k); k2 > 0 {
			return complex(0, i/k2)
		}
		return 0
	}
	return []Tap{
		{Symbol: func(k []float64) complex128 { return velocity(k, k[1]) }},
		{Symbol: func(k []float64) complex128 { return velocity(k, -k[0]) }},
	}
}

// vorticityTerms are -(∂_xx - ∂_yy) and -∂_xy, of u v and of v² - u².
func vorticityTerms() []Tap {
	return []Tap{
		{Symbol: func(k []float64) complex128 { return complex(k[0]*k[0]-k[1]*k[1], 0) }},
		{Symbol: func(k []float64) complex128 { return complex(k[0]*k[1], 0) }},
	}
}

func vorticityFluxes(g, w [][]float64) {
	uv, difference, u, v := g[0], g[1], w[0], w[1]
	for i := range u {
		uv[i], difference[i] = u[i]*v[i], (v[i]-u[i])*(v[i]+u[i])
	}
}

// Boussinesq is a flow whose temperature T, the second channel, drives its vorticity w, the first:
//
//	w_t + u·∇w = ν Δw + β T_x,  T_t + u·∇T = κ ΔT
//
// It keeps the mean of T. Axes: x, then y, along which buoyancy acts.
//
// Source: Boussinesq 1903 as in Tritton 1988, Physical Fluid Dynamics, section 14.2. bib: tritton1988physical
func Boussinesq(lengths []float64, viscosity, diffusivity, buoyancy float64) Semilinear {
	e := Vorticity(lengths, viscosity, 0)
	e.Name = "Boussinesq"
	e.Linear = append(e.Linear, func(k []float64) complex128 { return complex(diffusivity*laplacian(k), 0) })
	e.Taps = append(e.Taps, Tap{Channel: 1})
	e.Terms = append(
		e.Terms,
		Tap{Channel: 0, Symbol: func(k []float64) complex128 { return complex(0, buoyancy*k[0]) }},
		Tap{Channel: 1, Symbol: func(k []float64) complex128 { return complex(0, -k[0]) }},
		Tap{Channel: 1, Symbol: func(k []float64) complex128 { return complex(0, -k[1]) }},
	)
	e.Inner = func(g, w [][]float64) {
		vorticityFluxes(g, w)
		u, v, temperature := w[0], w[1], w[2]
		copy(g[2], temperature)
		for i, t := range temperature {
			g[3][i], g[4][i] = u[i]*t, v[i]*t
		}
	}
	return e
}
