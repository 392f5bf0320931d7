package datasets

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/fieldbook-go/fieldbook/solvers/ode/tableau"
)

// System names a system that [Dynamics] solves.
type System string

// The systems; Describe of the recipe tells the equations, with their coefficients.
const (
	Lorenz63       System = "lorenz63"
	Lorenz96       System = "lorenz96"
	Rossler        System = "rossler"
	LotkaVolterra  System = "lotka-volterra"
	VanDerPol      System = "van-der-pol"
	Pendulum       System = "pendulum"
	DoublePendulum System = "double-pendulum"
	NBody          System = "n-body"
	FitzHughNagumo System = "fitzhugh-nagumo"
	Glycolysis     System = "glycolysis"
	WhiteDwarf     System = "white-dwarf"
	Spiral         System = "spiral"
)

// systemCase is a system with all that is fixed of it.
type systemCase struct {
	name                           System
	title, equation, start, source string
	states                         []string
	interval, warmup               float64
	chaotic                        bool
	field                          tableau.Field
	draw                           func(rng *rand.Rand) []float64
}

// find is the system of this name.
func (s System) find() (c systemCase, known bool) {
	for _, c := range systems() {
		if c.name == s {
			return c, true
		}
	}
	return systemCase{}, false
}

// Systems lists the names of all systems.
func Systems() []System {
	var names []System
	for _, c := range systems() {
		names = append(names, c.name)
	}
	return names
}

// uniform draws numbers between the ends of each range.
func uniform(ranges ...[2]float64) func(rng *rand.Rand) []float64 {
	return func(rng *rand.Rand) []float64 {
		y := make([]float64, len(ranges))
		for i, r := range ranges {
			y[i] = r[0] + (r[1]-r[0])*rng.Float64()
		}
		return y
	}
}

func systems() []systemCase {
	return append(append(attractors(), oscillators()...), mechanics()...)
}

// attractors are the chaotic systems of the textbooks.
func attractors() []systemCase {
	return []systemCase{
		{
			name: Lorenz63, title: "Lorenz 63", source: "Lorenz 1963, J. Atmos. Sci. 20", chaotic: true, interval: 0.05, warmup: 10,
			equation: `x' = 10\,(y - x),\quad y' = x\,(28 - z) - y,\quad z' = x y - \tfrac83 z`,
			states:   []string{"x", "y", "z"}, start: "uniform in (−10, 10)² × (15, 35)",
			draw: uniform([2]float64{-10, 10}, [2]float64{-10, 10}, [2]float64{15, 35}),
			field: func(d []float64, _ float64, y []float64) {
				d[0], d[1], d[2] = 10*(y[1]-y[0]), y[0]*(28-y[2])-y[1], y[0]*y[1]-8.0/3*y[2]
			},
		},
		lorenz96(40),
		lorenz96TwoScale(16, 8),
		{
			name: Rossler, title: "Rössler", source: "Rössler 1976, Phys. Lett. A 57", chaotic: true, interval: 0.1, warmup: 50,
			equation: `x' = -y - z,\quad y' = x + 0.2\,y,\quad z' = 0.2 + z\,(x - 5.7)`,
			states:   []string{"x", "y", "z"}, start: "uniform in (−5, 5)² × (0, 1)",
			draw: uniform([2]float64{-5, 5}, [2]float64{-5, 5}, [2]float64{0, 1}),
			field: func(d []float64, _ float64, y []float64) {
				d[0], d[1], d[2] = -y[1]-y[2], y[0]+0.2*y[1], 0.2+y[2]*(y[0]-5.7)
			},
		},
	}
}

func lorenz96(n int) systemCase {
	c := systemCase{
		name: Lorenz96, title: "Lorenz 96", source: "Lorenz 1996, Predictability: a problem partly solved", chaotic: true, interval: 0.05, warmup: 10,
		equation: fmt.Sprintf(`x_i' = (x_{i+1} - x_{i-2})\,x_{i-1} - x_i + 8,\quad i = 1 \dots %d,\ \text{cyclic}`, n),
		start:    "8 plus independent normal numbers",
		draw: func(rng *rand.Rand) []float64 {
			y := make([]float64, n)
			for i := range y {
				y[i] = 8 + rng.NormFloat64()
			}
			return y
		},
		field: func(d []float64, _ float64, y []float64) {
			for i := range y {
				d[i] = (y[(i+1)%n]-y[(i+n-2)%n])*y[(i+n-1)%n] - y[i] + 8
			}
		},
	}
	for i := range n {
		c.states = append(c.states, fmt.Sprintf("x%d", i+1))
	}
	return c
}

// oscillators are systems of low dimension that settle on a cycle, or spiral.
func oscillators() []systemCase {
	return []systemCase{
		{
			name: LotkaVolterra, title: "Lotka–Volterra", source: "Lotka 1925; Volterra 1926", interval: 0.1,
			equation: `x' = 1.5\,x - x y,\quad y' = x y - 3\,y`, states: []string{"prey", "predators"}, start: "uniform in (1, 5) × (0.5, 3)",
			draw:  uniform([2]float64{1, 5}, [2]float64{0.5, 3}),
			field: func(d []float64, _ float64, y []float64) { d[0], d[1] = 1.5*y[0]-y[0]*y[1], y[0]*y[1]-3*y[1] },
		},
		{
			name: VanDerPol, title: "Van der Pol oscillator", source: "van der Pol 1926", interval: 0.1,
			equation: `x' = v,\quad v' = (1 - x^2)\,v - x`, states: []string{"x", "v"}, start: "uniform in (−2, 2)²",
			draw:  uniform([2]float64{-2, 2}, [2]float64{-2, 2}),
			field: func(d []float64, _ float64, y []float64) { d[0], d[1] = y[1], (1-y[0]*y[0])*y[1]-y[0] },
		},
		{
			name: FitzHughNagumo, title: "FitzHugh–Nagumo neuron", source: "FitzHugh 1961, Biophys. J. 1; Nagumo et al. 1962", interval: 0.5,
			equation: `v' = v - v^3/3 - w + 0.5,\quad w' = 0.08\,(v + 0.7 - 0.8\,w)`, states: []string{"v", "w"}, start: "uniform in (−2, 2) × (−1, 1.5)",
			draw: uniform([2]float64{-2, 2}, [2]float64{-1, 1.5}),
			field: func(d []float64, _ float64, y []float64) {
				d[0], d[1] = y[0]-y[0]*y[0]*y[0]/3-y[1]+0.5, 0.08*(y[0]+0.7-0.8*y[1])
			},
		},
		{
			name: Glycolysis, title: "Glycolysis, two species", source: "Sel'kov 1968, Eur. J. Biochem. 4", interval: 0.2,
			equation: `x' = -x + 0.08\,y + x^2 y,\quad y' = 0.6 - 0.08\,y - x^2 y`, states: []string{"ADP", "F6P"}, start: "uniform in (0.2, 1.5) × (0.5, 2.5)",
			draw: uniform([2]float64{0.2, 1.5}, [2]float64{0.5, 2.5}),
			field: func(d []float64, _ float64, y []float64) {
				flow := 0.08*y[1] + y[0]*y[0]*y[1]
				d[0], d[1] = flow-y[0], 0.6-flow
			},
		},
		{
			name: Spiral, title: "Cubic spiral", source: "Chen et al. 2018, arXiv:1806.07366", interval: 0.025,
			equation: `x' = -0.1\,x^3 + 2\,y^3,\quad y' = -2\,x^3 - 0.1\,y^3`, states: []string{"x", "y"}, start: "uniform in (−2, 2)²",
			draw: uniform([2]float64{-2, 2}, [2]float64{-2, 2}),
			field: func(d []float64, _ float64, y []float64) {
				x3, y3 := y[0]*y[0]*y[0], y[1]*y[1]*y[1]
				d[0], d[1] = -0.1*x3+2*y3, -2*x3-0.1*y3
			},
		},
		whiteDwarf(),
	}
}

// whiteDwarf integrates Chandrasekhar's equation outwards from η = 0.05, near the singular centre, by its series there. The constant C is a
// state of its own, that all trajectories keep.
func whiteDwarf() systemCase {
	const start = 0.05
	return systemCase{
		name: WhiteDwarf, title: "White dwarf", source: "Chandrasekhar 1939, An Introduction to the Study of Stellar Structure", interval: 0.1,
		equation: `\varphi' = \theta,\quad \theta' = -\frac{2}{\eta}\,\theta - \max(\varphi^2 - C, 0)^{3/2},\quad \eta = 0.05 + t`,
		states:   []string{"phi", "theta", "C"},
		start:    "φ = 1 − (1 − C)^(3/2) η²/6 and θ = −(1 − C)^(3/2) η/3 at η = 0.05, with C uniform in (0.01, 0.1)",
		draw: func(rng *rand.Rand) []float64 {
			c := 0.01 + 0.09*rng.Float64()
			density := math.Pow(1-c, 1.5)
			return []float64{1 - density*start*start/6, -density * start / 3, c}
		},
		field: func(d []float64, t float64, y []float64) {
			d[0], d[1], d[2] = y[1], -2/(start+t)*y[1]-math.Pow(max(y[0]*y[0]-y[2], 0), 1.5), 0
		},
	}
}

// mechanics are systems that keep their energy.
func mechanics() []systemCase {
	return []systemCase{
		{
			name: Pendulum, title: "Pendulum", source: "classical", interval: 0.1,
			equation: `\theta' = \omega,\quad \omega' = -\sin\theta`, states: []string{"theta", "omega"}, start: "uniform in (−2, 2) × (−1, 1)",
			draw:  uniform([2]float64{-2, 2}, [2]float64{-1, 1}),
			field: func(d []float64, _ float64, y []float64) { d[0], d[1] = y[1], -math.Sin(y[0]) },
		},
		{
			name: DoublePendulum, title: "Double pendulum", source: "classical; unit masses, lengths and gravity", chaotic: true, interval: 0.1,
			equation: `\theta_1,\ \theta_2\ \text{of}\ L = \omega_1^2 + \tfrac12\omega_2^2 + \omega_1\omega_2\cos(\theta_1-\theta_2) + 2\cos\theta_1 + \cos\theta_2`,
			states:   []string{"theta1", "theta2", "omega1", "omega2"}, start: "uniform in (−2, 2)² × (−1, 1)²",
			draw:  uniform([2]float64{-2, 2}, [2]float64{-2, 2}, [2]float64{-1, 1}, [2]float64{-1, 1}),
			field: doublePendulum,
		},
		nBody(5),
	}
}

// doublePendulum solves the two equations of motion for the accelerations:
//
//	2 α₁ + c α₂ = -s ω₂² - 2 sin θ₁,  c α₁ + α₂ = s ω₁² - sin θ₂,  c, s = cos, sin (θ₁ - θ₂)
func doublePendulum(d []float64, _ float64, y []float64) {
	s, c := math.Sincos(y[0] - y[1])
	first, second := -s*y[3]*y[3]-2*math.Sin(y[0]), s*y[2]*y[2]-math.Sin(y[1])
	determinant := 2 - c*c
	d[0], d[1] = y[2], y[3]
	d[2], d[3] = (first-c*second)/determinant, (2*second-c*first)/determinant
}

// nBody has n unit masses in space, their attraction softened at a distance of 0.2.
func nBody(n int) systemCase {
	const softening2 = 0.04
	c := systemCase{
		name: NBody, title: fmt.Sprintf("%d bodies under gravity", n), source: "classical, with Plummer's softening", chaotic: true, interval: 0.1,
		equation: `x_i'' = \sum_{j \ne i} \frac{x_j - x_i}{(|x_j - x_i|^2 + 0.04)^{3/2}}`,
		start:    "positions independent normal numbers, velocities half of such, both less their mean",
		draw: func(rng *rand.Rand) []float64 {
			y := make([]float64, 6*n)
			for half, scale := range []float64{1, 0.5} {
				part := y[half*3*n : (half+1)*3*n]
				var mean [3]float64
				for i := range part {
					part[i] = scale * rng.NormFloat64()
					mean[i%3] += part[i] / float64(n)
				}
				for i := range part {
					part[i] -= mean[i%3]
				}
			}
			return y
		},
		field: func(d []float64, _ float64, y []float64) {
			x, acceleration := y[:3*n], d[3*n:]
			copy(d, y[3*n:])
			clear(acceleration)
			for i := range n {
				for j := range i {
					a, b, e := x[3*j]-x[3*i], x[3*j+1]-x[3*i+1], x[3*j+2]-x[3*i+2]
					r2 := a*a + b*b + e*e + softening2
					f := 1 / (r2 * math.Sqrt(r2))
					for axis, distance := range [3]float64{a, b, e} {
						acceleration[3*i+axis] += f * distance
						acceleration[3*j+axis] -= f * distance
					}
				}
			}
		},
	}
	for _, kind := range []string{"x", "v"} {
		for i := range n {
			for _, axis := range []string{"x", "y", "z"} {
				c.states = append(c.states, fmt.Sprintf("%s%d%s", kind, i+1, axis))
			}
		}
	}
	return c
}
