package problems

import (
	"math"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
)

// onLine is a problem for one unknown u of x and t, with low ≤ x ≤ high and 0 ≤ t ≤ until.
func onLine(name, equation string, low, high, until float64, coefficients map[string]float64) pinns.Problem {
	return pinns.Problem{
		Name: name, Equations: []string{equation}, Coordinates: []string{"x", "t"}, Unknowns: []string{"u"}, Coefficients: coefficients,
		Domain: geometry.Cylinder(geometry.Interval{Low: low, High: high}, 0, until),
	}
}

// Heat is u_t = κ u_xx on [0, 1] for one unit of time, from sin(πx), zero at both ends.
func Heat(conductivity float64) pinns.Problem {
	p := onLine("heat", "u_t = k*u_xx", 0, 1, 1, map[string]float64{"k": conductivity})
	p.Conditions = []pinns.Condition{pinns.Initial("u = sin(pi*x)"), pinns.Boundary("u = 0")}
	p.Exact = map[string]string{"u": "exp(-k*pi^2*t)*sin(pi*x)"}
	return p
}

// Wave is u_tt = 4 u_xx on [0, 1] for one unit of time: two standing waves, sin(πx) + sin(βπx)/2 at rest at first.
//
// Source: Wang, Yu & Perdikaris 2022, arXiv:2007.14527, section 7.2, there with β = 4. bib: wang2022ntk
func Wave(beta float64) pinns.Problem {
	p := onLine("wave", "u_tt = 4*u_xx", 0, 1, 1, map[string]float64{"beta": beta})
	p.Conditions = []pinns.Condition{
		pinns.Initial("u = sin(pi*x) + sin(beta*pi*x)/2"),
		{Name: "velocity", Equation: "u_t = 0", On: []string{"initial"}},
		pinns.Boundary("u = sin(pi*x)*cos(2*pi*t) + sin(beta*pi*x)*cos(2*beta*pi*t)/2"),
	}
	p.Exact = map[string]string{"u": "sin(pi*x)*cos(2*pi*t) + sin(beta*pi*x)*cos(2*beta*pi*t)/2"}
	return p
}

// Convection is u_t + β u_x = 0 on a circle of length 2π for one unit of time, from sin x. β is usually 30 or 50: plain networks do not get away
// from the initial state.
//
// Source: Krishnapriyan et al. 2021, arXiv:2109.01050, section 3.1. bib: krishnapriyan2021failure
func Convection(beta float64) pinns.Problem {
	p := onLine("convection", "u_t + beta*u_x = 0", 0, 2*math.Pi, 1, map[string]float64{"beta": beta})
	p.Conditions = []pinns.Condition{pinns.Initial("u = sin(x)"), pinns.Periodic("x", 0)}
	p.Exact = map[string]string{"u": "sin(x - beta*t)"}
	return p
}

// bump is a Gaussian about π.
const bump = "exp(-(x - pi)^2/(2*(pi/4)^2))"

// Reaction is u_t = ρ u (1 - u) at each x in [0, 2π] for one unit of time, from a bump about π.
//
// Source: Krishnapriyan et al. 2021, arXiv:2109.01050, section 3.2. bib: krishnapriyan2021failure
func Reaction(rate float64) pinns.Problem {
	p := onLine("reaction", "u_t = rho*u*(1 - u)", 0, 2*math.Pi, 1, map[string]float64{"rho": rate})
	p.Conditions = []pinns.Condition{pinns.Initial("u = " + bump), pinns.Periodic("x", 0)}
	p.Exact = map[string]string{"u": bump + "*exp(rho*t)/(" + bump + "*exp(rho*t) + 1 - " + bump + ")"}
	return p
}

// ReactionDiffusion is u_t = ν u_xx + ρ u (1 - u) on a circle of length 2π for one unit of time, from a bump about π.
//
// Source: Krishnapriyan et al. 2021, arXiv:2109.01050, appendix. bib: krishnapriyan2021failure
func ReactionDiffusion(diffusivity, rate float64) pinns.Problem {
	p := onLine("reaction and diffusion", "u_t = nu*u_xx + rho*u*(1 - u)", 0, 2*math.Pi, 1, map[string]float64{"nu": diffusivity, "rho": rate})
	p.Conditions = []pinns.Condition{pinns.Initial("u = " + bump), pinns.Periodic("x", 1)}
	p.Reference = datasets.Reference{Case: datasets.ReactionDiffusion, Coefficients: [2]float64{diffusivity, rate}}
	return p
}

// Burgers is u_t + u u_x = ν u_xx on [-1, 1] for one unit of time, from -sin(πx), zero at both ends. ν is usually 0.01/π.
//
// Source: Raissi, Perdikaris & Karniadakis 2019, doi:10.1016/j.jcp.2018.10.045. bib: raissi2019pinns
func Burgers(viscosity float64) pinns.Problem {
	p := onLine("Burgers", "u_t + u*u_x = nu*u_xx", -1, 1, 1, map[string]float64{"nu": viscosity})
	p.Conditions = []pinns.Condition{pinns.Initial("u = -sin(pi*x)"), pinns.Boundary("u = 0")}
	p.Reference = datasets.Reference{Case: datasets.BurgersSine, Coefficients: [2]float64{viscosity, 0}}
	return p
}

// AllenCahn is u_t = 10⁻⁴ u_xx + 5 u - 5 u³ on a circle of length 2 for one unit of time, from x² cos(πx).
//
// Source: Raissi, Perdikaris & Karniadakis 2019, doi:10.1016/j.jcp.2018.10.045. bib: raissi2019pinns
func AllenCahn() pinns.Problem {
	p := onLine("Allen–Cahn", "u_t = 0.0001*u_xx + 5*u - 5*u^3", -1, 1, 1, nil)
	p.Conditions = []pinns.Condition{pinns.Initial("u = x^2*cos(pi*x)"), pinns.Periodic("x", 1)}
	p.Reference = datasets.Reference{Case: datasets.AllenCahnCosine}
	return p
}

// KortewegDeVries is u_t + u u_x + 0.0025 u_xxx = 0 on a circle of length 2 for one unit of time, from cos(πx).
//
// Source: Raissi, Perdikaris & Karniadakis 2019, doi:10.1016/j.jcp.2018.10.045. bib: raissi2019pinns
func KortewegDeVries() pinns.Problem {
	p := onLine("Korteweg–de Vries", "u_t + u*u_x + 0.0025*u_xxx = 0", -1, 1, 1, nil)
	p.Conditions = []pinns.Condition{pinns.Initial("u = cos(pi*x)"), pinns.Periodic("x", 2)}
	p.Reference = datasets.Reference{Case: datasets.KortewegDeVriesCosine}
	return p
}

// KuramotoSivashinsky is u_t + 5 u u_x + u_xx/2 + 0.005 u_xxxx = 0 on a circle of length 2 for one unit of time, from -sin(πx): the regular one of the
// source's two.
//
// Source: Wang, Sankaran & Perdikaris 2022, arXiv:2203.07404, section 5.4. bib: wang2022causality
func KuramotoSivashinsky() pinns.Problem {
	p := onLine("Kuramoto–Sivashinsky", "u_t + 5*u*u_x + 0.5*u_xx + 0.005*u_xxxx = 0", -1, 1, 1, nil)
	p.Conditions = []pinns.Condition{pinns.Initial("u = -sin(pi*x)"), pinns.Periodic("x", 3)}
	p.Reference = datasets.Reference{Case: datasets.KuramotoRegular}
	return p
}

// Schrodinger is i ψ_t + ψ_xx/2 + |ψ|² ψ = 0 for ψ = u + i v on a circle of length 10 for π/2 units of time, from 2 sech x.
//
// Source: Raissi, Perdikaris & Karniadakis 2019, doi:10.1016/j.jcp.2018.10.045. bib: raissi2019pinns
func Schrodinger() pinns.Problem {
	p := onLine("Schrödinger", "", -5, 5, math.Pi/2, nil)
	p.Equations = []string{"u_t + 0.5*v_xx + (u^2 + v^2)*v = 0", "v_t - 0.5*u_xx - (u^2 + v^2)*u = 0"}
	p.Unknowns = []string{"u", "v"}
	p.Conditions = []pinns.Condition{
		{Name: "initial u", Equation: "u = 2/cosh(x)", On: []string{"initial"}},
		{Name: "initial v", Equation: "v = 0", On: []string{"initial"}},
		pinns.Periodic("x", 1),
	}
	p.Reference = datasets.Reference{Case: datasets.SchrodingerSech}
	return p
}

// GrayScott is u_t = Dᵤ u_xx - u v² + F (1 - u), v_t = Dᵥ v_xx + u v² - (F + k) v on a circle of length 1 for 200 units of time, from a steady state
// with a bump: Dᵤ = 2e-5, Dᵥ = 1e-5, F = 0.04, k = 0.06.
//
// Source: Pearson 1993, doi:10.1126/science.261.5118.189. bib: pearson1993complex
func GrayScott() pinns.Problem {
	p := onLine("Gray–Scott", "", 0, 1, 200, map[string]float64{"Du": 2e-5, "Dv": 1e-5, "F": 0.04, "k": 0.06})
	p.Equations = []string{"u_t = Du*u_xx - u*v^2 + F*(1 - u)", "v_t = Dv*v_xx + u*v^2 - (F + k)*v"}
	p.Unknowns = []string{"u", "v"}
	p.Conditions = []pinns.Condition{
		{Name: "initial u", Equation: "u = 1 - 0.5*exp(-100*(x - 0.5)^2)", On: []string{"initial"}},
		{Name: "initial v", Equation: "v = 0.25*exp(-100*(x - 0.5)^2)", On: []string{"initial"}},
		pinns.Periodic("x", 1),
	}
	p.Reference = datasets.Reference{Case: datasets.GrayScottBump}
	return p
}

// TaylorGreen is the decay of vortices on the torus [0, 2π]² for one unit of time, in closed form; the pressure is given at first, since only its
// gradient is in the equations.
//
// Source: Taylor & Green 1937, doi:10.1098/rspa.1937.0036. bib: taylor1937mechanism
func TaylorGreen(viscosity float64) pinns.Problem {
	p := pinns.Problem{
		Name: "Taylor–Green", Equations: navierStokes(true), Coordinates: []string{"x", "y", "t"}, Unknowns: []string{"u", "v", "p"},
		Coefficients: map[string]float64{"nu": viscosity},
		Domain:       geometry.Cylinder(geometry.Box{Low: []float64{0, 0}, High: []float64{2 * math.Pi, 2 * math.Pi}}, 0, 1),
		Exact: map[string]string{
			"u": "cos(x)*sin(y)*exp(-2*nu*t)",
			"v": "-sin(x)*cos(y)*exp(-2*nu*t)",
			"p": "-(cos(2*x) + cos(2*y))*exp(-4*nu*t)/4",
		},
	}
	p.Conditions = append(given(p.Unknowns, p.Exact, []string{"initial"}), pinns.Periodic("x", 1), pinns.Periodic("y", 1))
	return p
}

// Lorenz is Lorenz' system for so many units of time, at most 20 as its reference, from (1, 1, 1): σ = 10, ρ = 28, β = 8/3.
//
// Source: Lorenz 1963, doi:10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2. bib: lorenz1963deterministic
func Lorenz(until float64) pinns.Problem {
	p := pinns.Problem{
		Name:        "Lorenz",
		Equations:   []string{"x_t = sigma*(y - x)", "y_t = x*(rho - z) - y", "z_t = x*y - beta*z"},
		Coordinates: []string{"t"}, Unknowns: []string{"x", "y", "z"},
		Coefficients: map[string]float64{"sigma": 10, "rho": 28, "beta": 8.0 / 3},
		Domain:       geometry.Interval{Low: 0, High: until, Names: [2]string{"initial", "final"}},
		Reference:    datasets.Reference{Case: datasets.LorenzOrbit},
	}
	for _, x := range p.Unknowns {
		p.Conditions = append(p.Conditions, pinns.Condition{Name: "initial " + x, Equation: x + " = 1", On: []string{"initial"}})
	}
	return p
}
