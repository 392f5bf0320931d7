package datasets

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/fieldbook-go/fieldbook/solvers/ode/tableau"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/difference"
)

// fourierCases are periodic problems on one axis that a Fourier method solves.
func fourierCases() []referenceCase {
	return []referenceCase{
		{
			name: AllenCahnCosine, title: "Allen–Cahn equation from a cosine", equation: `u_t = 10^{-4}\,u_{xx} + 5\,u - 5\,u^3`,
			conditions: "u = x² cos πx at the start, periodic", method: fourierMethod(4096, 2000),
			source: "Raissi et al. 2019, J. Comput. Phys. 378; Wang et al. 2022, arXiv:2203.07404",
			low:    []float64{-1}, high: []float64{1}, until: 1, points: 257, frames: 101, channels: []string{"u"},
			solve: fourierSolve(4096, 2000, func() pde.Semilinear { return pde.AllenCahn([]float64{2}, 1e-4, 5) },
				func(u []float64, x float64) { u[0] = x * x * math.Cos(math.Pi*x) }),
		},
		{
			name: KuramotoRegular, title: "Kuramoto–Sivashinsky equation, regular", equation: `u_t + 5\,u\,u_x + \tfrac12 u_{xx} + 0.005\,u_{xxxx} = 0`,
			conditions: "u = −sin πx at the start, periodic", method: fourierMethod(512, 8000), source: "Wang et al. 2022, arXiv:2203.07404",
			low: []float64{-1}, high: []float64{1}, until: 1, points: 257, frames: 101, channels: []string{"u"},
			solve: fourierSolve(512, 8000, func() pde.Semilinear {
				return steepening(2, 5, func(k float64) complex128 { return complex(k*k/2-0.005*k*k*k*k, 0) })
			}, func(u []float64, x float64) { u[0] = -math.Sin(math.Pi * x) }),
		},
		{
			name: KuramotoChaotic, title: "Kuramoto–Sivashinsky equation, chaotic",
			equation:   `u_t + \tfrac{100}{16} u\,u_x + \tfrac{100}{16^2} u_{xx} + \tfrac{100}{16^4} u_{xxxx} = 0`,
			conditions: "u = cos x (1 + sin x) at the start, periodic", method: fourierMethod(512, 8000), source: "Wang et al. 2022, arXiv:2203.07404",
			low: []float64{0}, high: []float64{2 * math.Pi}, until: 1, points: 257, frames: 101, channels: []string{"u"},
			solve: fourierSolve(512, 8000, func() pde.Semilinear {
				return steepening(2*math.Pi, 100.0/16, func(k float64) complex128 { return complex(100.0/256*k*k-100.0/65536*k*k*k*k, 0) })
			}, func(u []float64, x float64) { u[0] = math.Cos(x) * (1 + math.Sin(x)) }),
		},
		{
			name: KortewegDeVriesCosine, title: "Korteweg–de Vries equation from a cosine", equation: `u_t + u\,u_x + 0.0025\,u_{xxx} = 0`,
			conditions: "u = cos πx at the start, periodic", method: fourierMethod(512, 4000),
			source: "Raissi et al. 2019, J. Comput. Phys. 378; of the kind of Zabusky & Kruskal 1965, Phys. Rev. Lett. 15",
			low:    []float64{-1}, high: []float64{1}, until: 1, points: 257, frames: 101, channels: []string{"u"},
			solve: fourierSolve(512, 4000, func() pde.Semilinear {
				return steepening(2, 1, func(k float64) complex128 { return complex(0, 0.0025*k*k*k) })
			}, func(u []float64, x float64) { u[0] = math.Cos(math.Pi * x) }),
		},
		{
			name: SchrodingerSech, title: "Nonlinear Schrödinger equation from a hyperbolic secant", equation: `i\,u_t + \tfrac12 u_{xx} + |u|^2 u = 0`,
			conditions: "channels the real and the imaginary part; u = 2 sech x at the start, periodic", method: fourierMethod(2048, 4000),
			source: "Raissi et al. 2019, J. Comput. Phys. 378",
			low:    []float64{-5}, high: []float64{5}, until: math.Pi / 2, points: 257, frames: 101, channels: []string{"real", "imaginary"},
			solve: fourierSolve(2048, 4000, func() pde.Semilinear { return pde.Schrodinger([]float64{10}, 1) },
				func(u []float64, x float64) { u[0], u[1] = 2/math.Cosh(x), 0 }),
		},
		{
			name: ReactionDiffusion, title: "Reaction and diffusion", equation: `u_t = \nu\,u_{xx} + \rho\,u\,(1 - u)`,
			conditions: "u = exp(−(x − π)²/(2 (π/4)²)) at the start, periodic", method: fourierMethod(1024, 2000),
			source: "Krishnapriyan et al. 2021, arXiv:2109.01050",
			low:    []float64{0}, high: []float64{2 * math.Pi}, until: 1, points: 257, frames: 101, channels: []string{"u"},
			coefficients: [2]float64{5, 5}, coefficientNames: "ν, ρ", limits: func(c [2]float64) error {
				if c[0] < 0 {
					return errors.New("ν ≥ 0")
				}
				return nil
			},
			solve: func(ctx context.Context, r Reference, c referenceCase) ([]float64, error) {
				equation := func() pde.Semilinear {
					return pde.FisherKPP([]float64{2 * math.Pi}, r.Coefficients[0], r.Coefficients[1])
				}
				bump := func(u []float64, x float64) {
					u[0] = math.Exp(-(x - math.Pi) * (x - math.Pi) / (math.Pi * math.Pi / 8))
				}
				return fourierSolve(1024, 2000, equation, bump)(ctx, r, c)
			},
		},
		{
			name: GrayScottBump, title: "Gray–Scott equations from a bump", equation: `u_t = D_u u_{xx} - u v^2 + F (1 - u),\quad v_t = D_v v_{xx} + u v^2 - (F + k) v`,
			conditions: "u = 1 − ½ b, v = ¼ b with b = exp(−100 (x − ½)²) at the start, periodic; D_u = 2e-5, D_v = 1e-5, F = 0.04, k = 0.06",
			method:     fourierMethod(512, 4000), source: "Pearson 1993, Science 261",
			low: []float64{0}, high: []float64{1}, until: 200, points: 257, frames: 101, channels: []string{"u", "v"},
			solve: fourierSolve(512, 4000, func() pde.Semilinear { return pde.GrayScott([]float64{1}, 2e-5, 1e-5, 0.04, 0.06) },
				func(u []float64, x float64) {
					b := math.Exp(-100 * (x - 0.5) * (x - 0.5))
					u[0], u[1] = 1-b/2, b/4
				}),
		},
	}
}

// lorenzCase is an orbit: it has no axis but the time.
func lorenzCase() referenceCase {
	return referenceCase{
		name: LorenzOrbit, title: "An orbit of Lorenz' system", equation: `\dot x = 10 (y - x),\quad \dot y = x (28 - z) - y,\quad \dot z = x y - \tfrac83 z`,
		conditions: "channels x, y and z, all 1 at the start", method: "Runge–Kutta method of order 8 of Dormand and Prince, tolerance 1e-13 over Effort",
		source: "Lorenz 1963, J. Atmos. Sci. 20",
		until:  20, points: 2, frames: 2001, channels: []string{"x", "y", "z"},
		solve: func(ctx context.Context, r Reference, c referenceCase) ([]float64, error) {
			field := func(dst []float64, _ float64, y []float64) {
				dst[0] = 10 * (y[1] - y[0])
				dst[1] = y[0]*(28-y[2]) - y[1]
				dst[2] = y[0]*y[1] - 8*y[2]/3
			}
			tolerance := 1e-13 / float64(r.Effort)
			out, _, err := tableau.Dopri8().March(ctx, field, []float64{1, 1, 1}, r.times(c), tolerance, tolerance)
			return out, err
		},
	}
}

// steepening is u_t + a u u_x = L u on a periodic axis.
//
// Source: Zabusky & Kruskal 1965, Phys. Rev. Lett. 15, for L of third order. bib: zabusky1965interaction
func steepening(length, a float64, linear func(k float64) complex128) pde.Semilinear {
	e := pde.BurgersIn([]float64{length}, 0)
	e.Name = "Reference"
	e.Linear = []pde.Symbol{func(k []float64) complex128 { return linear(k[0]) }}
	e.Terms = []pde.Tap{{Symbol: func(k []float64) complex128 { return complex(0, -a*k[0]/2) }}}
	return e
}

func fourierMethod(finest, steps int) string {
	return fmt.Sprintf("dealiased Fourier method on %d points or a few more, ETDRK4 with %d steps or a few more, times Effort", finest, steps)
}

// multiple is the least multiple of a number that is at least n.
func multiple(n, of int) int { return (n + of - 1) / of * of }

// fourierSolve solves on at least so many points with at least so many steps, such that those of the reference are among them.
func fourierSolve(finest, steps int, equation func() pde.Semilinear, start func(u []float64, x float64),
) func(ctx context.Context, r Reference, c referenceCase) ([]float64, error) {
	return func(ctx context.Context, r Reference, c referenceCase) ([]float64, error) {
		n, channels, frames := multiple(finest*r.Effort, r.Points-1), len(c.channels), r.Frames-1
		first := make([]float64, n*channels)
		for i := range n {
			start(first[i*channels:(i+1)*channels], c.low[0]+(c.high[0]-c.low[0])*float64(i)/float64(n))
		}
		solution, err := equation().Solve(ctx, first, []int{n},
			pde.Stepping{Until: c.until, Steps: multiple(steps*r.Effort, frames), Frames: frames})
		if err != nil {
			return nil, err
		}
		var out []float64
		for _, frame := range append([][]float64{first}, solution.Ys[len(solution.Ys)-frames:]...) {
			for p := range r.Points {
				at := p * (n / (r.Points - 1)) % n // the high end is the low one
				out = append(out, frame[at*channels:(at+1)*channels]...)
			}
		}
		return out, nil
	}
}

// discsCase is solved on the quarter x, y ≥ 0, with the others by symmetry.
func discsCase() referenceCase {
	return referenceCase{
		name: FourDiscs, title: "Laplace's equation around four discs", equation: `\Delta u = 0`,
		conditions: "u = 1 on the square, u = 0 on and in discs of radius 0.1 about (±0.3, ±0.3)",
		method:     "finite differences with true distances to the discs on steps of at most 1/400 over Effort, sparse direct solver",
		source:     "Yao et al. 2023, arXiv:2306.02816",
		low:        []float64{-0.5, -0.5}, high: []float64{0.5, 0.5}, points: 101, channels: []string{"u"},
		solve: solveDiscs,
	}
}

func solveDiscs(ctx context.Context, r Reference, _ referenceCase) ([]float64, error) {
	intervals := r.Points - 1
	n := multiple(200*r.Effort, intervals) // of half a side, so that each point of the reference, whole or half steps from the middle, is one
	one, even := pde.Boundary{Value: pde.Constant(1)}, pde.Boundary{Kind: pde.Neumann}
	equation := difference.Poisson{
		Box: pde.Box{
			Low: []float64{0, 0}, High: []float64{0.5, 0.5}, Points: []int{n + 1, n + 1},
			Faces: [][2]pde.Boundary{{even, one}, {even, one}},
		},
		Mask: &difference.Mask{Distance: func(x []float64) float64 { return 0.1 - math.Hypot(x[0]-0.3, x[1]-0.3) }},
	}
	solution, err := equation.Solve(ctx, nil, make([]float64, (n+1)*(n+1)))
	if err != nil {
		return nil, err
	}
	quarter, out := solution.Last(), make([]float64, r.Points*r.Points)
	place := func(i int) int { return max(2*i-intervals, intervals-2*i) * (n / intervals) } // from the middle
	for i := range r.Points {
		for j := range r.Points {
			out[i*r.Points+j] = quarter[place(i)*(n+1)+place(j)]
		}
	}
	return out, nil
}

// sorption is the transport of a substance that sticks to the ground, θ(u)_t = D u_xx with what there is of it at a place,
//
//	θ(u) = u + s u^n,  s = (1-φ)/φ ρ κ,  θ' = R
//
// on [0, 1] with u = 1 at x = 0, on n even intervals by finite volumes.
type sorption struct {
	n       int
	scratch [4][]float64
}

// Coefficients of the source: diffusivity, porosity, density, and those of Freundlich's law.
const (
	sorptionD        = 5e-4
	sorptionPorosity = 0.29
	sorptionExponent = 0.874
	sorptionStick    = (1 - sorptionPorosity) / sorptionPorosity * 2880 * 3.5e-4
)

func sorptionCase() referenceCase {
	return referenceCase{
		name: DiffusionSorption, title: "Diffusion and sorption",
		equation:   `R(u)\,u_t = 5\cdot10^{-4}\,u_{xx},\quad R(u) = 1 + \tfrac{1-\varphi}{\varphi}\rho\,\kappa\,n\,u^{n-1}`,
		conditions: "φ = 0.29, ρ = 2880, κ = 3.5e-4, n = 0.874; u = a at the start, u = 1 at x = 0, u + D u_x = 0 at x = 1",
		method:     "finite volumes on 512 intervals, the implicit Runge–Kutta method of order 2 of Alexander with 1000 steps, times Effort",
		source:     "Chalapathi et al. 2024, arXiv:2402.13412, with the sign at x = 1 for which there is a solution",
		low:        []float64{0}, high: []float64{1}, until: 500, points: 65, frames: 51, channels: []string{"u"},
		coefficients: [2]float64{0.1, 0}, coefficientNames: "a, unused",
		limits: func(c [2]float64) error {
			if !(c[0] > 0 && c[0] <= 1) {
				return errors.New("a above 0 and at most 1")
			}
			return nil
		},
		solve: solveSorption,
	}
}

// solveSorption takes steps that grow linearly up to the first frame, as the start jumps at both ends, and even ones after it.
//
// Source: Alexander 1977, SIAM J. Numer. Anal. 14, the method of two stages. bib: alexander1977diagonally
func solveSorption(ctx context.Context, r Reference, c referenceCase) ([]float64, error) {
	n := multiple(512*r.Effort, r.Points-1)
	steps := multiple(1000*r.Effort, r.Frames-1) / (r.Frames - 1)
	s, u := sorption{n: n}, make([]float64, n+1)
	for i := range s.scratch {
		s.scratch[i] = make([]float64, n+1)
	}
	for i := range u {
		u[i] = r.Coefficients[0]
	}
	out, times := make([]float64, r.Frames*r.Points), r.times(c)
	for i := range r.Points {
		out[i] = r.Coefficients[0]
	}
	for f := 1; f < r.Frames; f++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		interval, count := times[f]-times[f-1], steps
		if f == 1 {
			count = 4 * steps
		}
		for j := range count {
			dt := interval / float64(count)
			if f == 1 {
				dt *= float64(2*j+1) / float64(count)
			}
			if err := s.step(u, dt); err != nil {
				return nil, fmt.Errorf("after t = %v: %w", times[f-1], err)
			}
		}
		for i := range r.Points {
			out[f*r.Points+i] = u[i*(n/(r.Points-1))]
		}
	}
	out[0] = 1 // the condition
	return out, nil
}

func storage(u float64) float64 { return u + sorptionStick*math.Pow(u, sorptionExponent) }

// step makes one step of the method of two stages, both of which are θ(u) - γ dt L u = right.
func (s sorption) step(u []float64, dt float64) error {
	gamma := 1 - math.Sqrt2/2
	before, right := s.scratch[0], s.scratch[1]
	for i, v := range u {
		before[i] = storage(v)
	}
	copy(right, before)
	if err := s.stage(u, right, gamma*dt); err != nil {
		return err
	}
	for i, v := range u {
		right[i] = before[i] + (1-gamma)/gamma*(storage(v)-before[i])
	}
	return s.stage(u, right, gamma*dt)
}

// stage solves θ(u) - dt L u = right for u by Newton's method, from the u before on. L is D times second differences, with half a cell at x = 1.
func (s sorption) stage(u, right []float64, dt float64) error {
	n, upper, change := s.n, s.scratch[2], s.scratch[3]
	h := 1 / float64(n)
	w := dt * sorptionD / (h * h)
	u[0] = 1
	for range 50 {
		upper[0], change[0] = 0, 0
		for i := 1; i <= n; i++ { // elimination; below and above the diagonal are -low and -high
			low, high, wall := w, w, 0.0
			flow := w * (u[i-1] - u[i])
			if i < n {
				flow += w * (u[i+1] - u[i])
			} else {
				low, high, wall = 2*w, 0, 2*dt/h
				flow = low*(u[i-1]-u[i]) - wall*u[i]
			}
			stuck := sorptionStick * math.Pow(u[i], sorptionExponent)
			diagonal := 1 + sorptionExponent*stuck/u[i] + low + high + wall
			pivot := diagonal - low*upper[i-1]
			upper[i] = high / pivot
			change[i] = (right[i] - u[i] - stuck + flow + low*change[i-1]) / pivot
		}
		worst := 0.0
		for i := n; i > 0; i-- {
			if i < n {
				change[i] += upper[i] * change[i+1]
			}
			worst = max(worst, math.Abs(change[i]))
			u[i] = max(u[i]+change[i], u[i]/16) // R has a pole at 0
		}
		if worst < 1e-13 {
			return nil
		}
		if math.IsNaN(worst) {
			break
		}
	}
	return errors.New("newton's method did not converge, want a larger a or more Effort")
}
