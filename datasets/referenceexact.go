package datasets

import (
	"context"
	"errors"
	"math"

	"github.com/fieldbook-go/fieldbook/internal/parallel"
	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// burgersCases are known by integrals.
func burgersCases() []referenceCase {
	return []referenceCase{
		{
			name: BurgersSine, title: "Burgers' equation from a sine", equation: `u_t + u\,u_x = \nu\,u_{xx}`,
			conditions: "u = −sin πx at the start, u = 0 at both ends", method: "Cole and Hopf's integrals by the trapezium rule, to round-off",
			source: "Raissi et al. 2019, J. Comput. Phys. 378",
			low:    []float64{-1}, high: []float64{1}, until: 1, points: 257, frames: 101, channels: []string{"u"},
			coefficients: [2]float64{0.01 / math.Pi, 0}, coefficientNames: "ν, unused", limits: notTooSharp,
			solve: func(ctx context.Context, r Reference, c referenceCase) ([]float64, error) {
				return coleHopf(ctx, r, c, volume.ColeHopf{
					Viscosity: r.Coefficients[0], Largest: 1,
					Potential: func(x float64) float64 { return (math.Cos(math.Pi*x) - 1) / math.Pi },
				}, 0, func(x float64) float64 { return -math.Sin(math.Pi * x) })
			},
		},
		{
			name: BurgersDrift, title: "Burgers' equation with a drift", equation: `u_t + u\,u_x = \nu\,u_{xx}`,
			conditions: "u = c + sin x at the start, periodic", method: "Cole and Hopf's integrals by the trapezium rule, in the moving frame, to round-off",
			source: "Mojgani et al. 2023, arXiv:2205.02902",
			low:    []float64{0}, high: []float64{2 * math.Pi}, until: 1, points: 257, frames: 101, channels: []string{"u"},
			coefficients: [2]float64{0.1, 30}, coefficientNames: "ν, c", limits: notTooSharp,
			solve: func(ctx context.Context, r Reference, c referenceCase) ([]float64, error) {
				return coleHopf(ctx, r, c, volume.ColeHopf{
					Viscosity: r.Coefficients[0], Largest: 1,
					Potential: func(x float64) float64 { return 1 - math.Cos(x) },
				}, r.Coefficients[1], math.Sin)
			},
		},
	}
}

// waveCases are problems on one axis with closed forms.
func waveCases() []referenceCase {
	const closed = "closed form"
	return []referenceCase{
		{
			name: LogisticReaction, title: "Logistic reaction", equation: `u_t = \rho\,u\,(1 - u)`,
			conditions: "u = h = exp(−(x − π)²/(2 (π/4)²)) at the start", method: closed, source: "Wang et al. 2022, arXiv:2203.07404",
			low: []float64{0}, high: []float64{2 * math.Pi}, until: 1, points: 257, frames: 101, channels: []string{"u"},
			coefficients: [2]float64{5, 0}, coefficientNames: "ρ, unused",
			exact: func(dst, x []float64, t float64, c [2]float64) {
				h := math.Exp(-math.Pow(4*(x[0]-math.Pi)/math.Pi, 2) / 2)
				dst[0] = h / (h + (1-h)*math.Exp(-c[0]*t))
			},
		},
		{
			name: PeriodicConvection, title: "Convection, with viscosity if wanted", equation: `u_t + \beta\,u_x = \nu\,u_{xx}`,
			conditions: "u = sin x at the start, periodic", method: closed, source: "Zhao et al. 2024, arXiv:2307.11833; Mojgani et al. 2023, arXiv:2205.02902",
			low: []float64{0}, high: []float64{2 * math.Pi}, until: 1, points: 257, frames: 101, channels: []string{"u"},
			coefficients: [2]float64{30, 0}, coefficientNames: "β, ν",
			limits: func(c [2]float64) error {
				if c[1] < 0 {
					return errors.New("ν of at least 0")
				}
				return nil
			},
			exact: func(dst, x []float64, t float64, c [2]float64) { dst[0] = math.Exp(-c[1]*t) * math.Sin(x[0]-c[0]*t) },
		},
		{
			name: StandingWaves, title: "Two standing waves", equation: `u_{tt} = 4\,u_{xx}`,
			conditions: "u = sin πx + ½ sin βπx and u_t = 0 at the start, u = 0 at both ends", method: closed, source: "Zhao et al. 2024, arXiv:2307.11833",
			low: []float64{0}, high: []float64{1}, until: 1, points: 101, frames: 101, channels: []string{"u"},
			coefficients: [2]float64{3, 0}, coefficientNames: "β, unused",
			limits: func(c [2]float64) error {
				if c[0] < 1 || c[0] != math.Trunc(c[0]) {
					return errors.New("β a whole number from 1 on")
				}
				return nil
			},
			exact: func(dst, x []float64, t float64, c [2]float64) {
				a, b := math.Pi, c[0]*math.Pi
				dst[0] = math.Sin(a*x[0])*math.Cos(2*a*t) + math.Sin(b*x[0])*math.Cos(2*b*t)/2
			},
		},
		{
			name: KortewegDeVriesSoliton, title: "Two solitons of Korteweg and de Vries", equation: `u_t + 6\,u\,u_x + u_{xxx} = 0`,
			conditions: "solitons of speeds k² that start at −12 and −4 and would be there alone, on the whole line", method: closed,
			source: "Hirota 1971, Phys. Rev. Lett. 27",
			low:    []float64{-20}, high: []float64{20}, until: 10, points: 401, frames: 101, channels: []string{"u"},
			coefficients: [2]float64{1.5, 1}, coefficientNames: "k_1, k_2",
			limits: func(c [2]float64) error {
				if !(c[1] > 0 && c[0] > c[1] && c[0] <= 2) {
					return errors.New("2 ≥ k_1 > k_2 > 0")
				}
				return nil
			},
			exact: twoSolitons,
		},
	}
}

// notTooSharp keeps ν where the integrals of Cole and Hopf take few points.
func notTooSharp(c [2]float64) error {
	if c[0] < 1e-3 {
		return errors.New("ν of at least 1e-3, for which the integrals are not too sharp")
	}
	return nil
}

// coleHopf is a solution in a frame that moves at the speed drift, which is added to it.
func coleHopf(ctx context.Context, r Reference, c referenceCase, w volume.ColeHopf, drift float64, start func(x float64) float64) ([]float64, error) {
	x, times := r.points(c, 0), r.times(c)
	out := make([]float64, len(times)*len(x))
	err := parallel.Each(ctx, len(times), 0, nil, func() func(int) error {
		return func(f int) error {
			for i, s := range x {
				v := start(s)
				if f > 0 {
					var err error
					if v, err = w.At(s-drift*times[f], times[f]); err != nil {
						return err
					}
				}
				out[f*len(x)+i] = drift + v
			}
			return nil
		}
	})
	return out, err
}

// twoSolitons is Hirota's u = 2 (ln F)_xx, F = 1 + e^η₁ + e^η₂ + A e^(η₁+η₂), A = ((k₁-k₂)/(k₁+k₂))², η = k (x - x₀) - k³ t.
//
// Source: Hirota 1971, Phys. Rev. Lett. 27. bib: hirota1971exact
func twoSolitons(dst, x []float64, t float64, c [2]float64) {
	k, l := c[0], c[1]
	shift := math.Pow((k-l)/(k+l), 2)
	first, second := math.Exp(k*(x[0]+12)-k*k*k*t), math.Exp(l*(x[0]+4)-l*l*l*t)
	both := shift * first * second
	f := 1 + first + second + both
	slope := k*first + l*second + (k+l)*both
	curve := k*k*first + l*l*second + (k+l)*(k+l)*both
	dst[0] = 2 * (curve*f - slope*slope) / (f * f)
}

// planeCases are problems on two axes with closed forms.
func planeCases() []referenceCase {
	const closed = "closed form"
	return []referenceCase{
		{
			name: HelmholtzSines, title: "Helmholtz equation with a known solution", equation: `u_{xx} + u_{yy} + u = (1 - \pi^2 (a_1^2 + a_2^2))\,u`,
			conditions: "u = sin a_1πx sin a_2πy, which is 0 on the boundary; the right-hand side is given", method: closed,
			source: "Kang et al. 2024, arXiv:2412.05994",
			low:    []float64{-1, -1}, high: []float64{1, 1}, points: 201, channels: []string{"u"},
			coefficients: [2]float64{1, 4}, coefficientNames: "a_1, a_2",
			limits: func(c [2]float64) error {
				if c[0] != math.Trunc(c[0]) || c[1] != math.Trunc(c[1]) || c[0] < 1 || c[1] < 1 {
					return errors.New("whole numbers from 1 on")
				}
				return nil
			},
			exact: func(dst, x []float64, _ float64, c [2]float64) {
				dst[0] = math.Sin(c[0]*math.Pi*x[0]) * math.Sin(c[1]*math.Pi*x[1])
			},
		},
		{
			name: KovasznayFlow, title: "Kovasznay flow", equation: `v\cdot\nabla v = -\nabla p + \Delta v/\mathit{Re},\quad \nabla\cdot v = 0`,
			conditions: "channels u, v and p; values of the closed form on the boundary", method: closed,
			source: "Kovasznay 1948, Proc. Camb. Philos. Soc. 44",
			low:    []float64{-0.5, -0.5}, high: []float64{1, 1.5}, points: 101, channels: []string{"u", "v", "p"},
			coefficients: [2]float64{20, 0}, coefficientNames: "Re, unused",
			limits: func(c [2]float64) error {
				if c[0] <= 0 {
					return errors.New("a Reynolds number above 0")
				}
				return nil
			},
			exact: func(dst, x []float64, _ float64, c [2]float64) {
				k := c[0]/2 - math.Sqrt(c[0]*c[0]/4+4*math.Pi*math.Pi)
				sin, cos := math.Sincos(2 * math.Pi * x[1])
				e := math.Exp(k * x[0])
				dst[0], dst[1], dst[2] = 1-e*cos, k/(2*math.Pi)*e*sin, (1-e*e)/2
			},
		},
		{
			name: TaylorGreenVortices, title: "Taylor–Green vortices", equation: `v_t + v\cdot\nabla v = -\nabla p + \nu\,\Delta v,\quad \nabla\cdot v = 0`,
			conditions: "channels u, v and p; u = cos x sin y, v = −sin x cos y at the start, periodic", method: closed,
			source: "Taylor & Green 1937, Proc. R. Soc. A 158",
			low:    []float64{0, 0}, high: []float64{2 * math.Pi, 2 * math.Pi}, until: 1, points: 65, frames: 11, channels: []string{"u", "v", "p"},
			coefficients: [2]float64{0.1, 0}, coefficientNames: "ν, unused",
			limits: func(c [2]float64) error {
				if c[0] < 0 {
					return errors.New("ν of at least 0")
				}
				return nil
			},
			exact: func(dst, x []float64, t float64, c [2]float64) {
				e := math.Exp(-2 * c[0] * t)
				sinX, cosX := math.Sincos(x[0])
				sinY, cosY := math.Sincos(x[1])
				dst[0], dst[1], dst[2] = e*cosX*sinY, -e*sinX*cosY, -e*e/4*(math.Cos(2*x[0])+math.Cos(2*x[1]))
			},
		},
		{
			name: GaussianAdvection, title: "Advection of a Gaussian", equation: `u_t + \tfrac14 (u_x + u_y) = 0`,
			conditions: "u = exp(−|x − c|²/(2 · 0.15²)), c = (−1, −1), at the start; u on the boundary is below 1e-20", method: closed,
			source: "Chen et al. 2023, arXiv:2210.00124",
			low:    []float64{-2, -2}, high: []float64{2, 2}, until: 6, points: 101, frames: 61, channels: []string{"u"},
			exact: func(dst, x []float64, t float64, _ [2]float64) {
				a, b := (x[0]+1-t/4)/0.15, (x[1]+1-t/4)/0.15
				dst[0] = math.Exp(-(a*a + b*b) / 2)
			},
		},
	}
}
