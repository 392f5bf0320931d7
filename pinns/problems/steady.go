package problems

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/fieldbook-go/fieldbook/datasets"
	"github.com/fieldbook-go/fieldbook/pinns"
	"github.com/fieldbook-go/fieldbook/solvers/geometry"
)

// Poisson is -lap u = f on the unit cube of d dimensions, zero on the boundary, with u the product of sin(πx) over the coordinates: x, y, z of up to three
// dimensions, else x1, x2, … Below 1 the problem is not valid, for want of a coordinate.
func Poisson(d int) pinns.Problem {
	names := numbered(d)
	if d <= 3 {
		names = []string{"x", "y", "z"}[:max(d, 0)]
	}
	exact := product(names, "sin(pi*%s)")
	return pinns.Problem{
		Name: fmt.Sprintf("Poisson in %d-D", d), Equations: []string{"lap(u) + f = 0"}, Coordinates: names, Unknowns: []string{"u"},
		Sources: map[string]string{"f": fmt.Sprintf("%d*pi^2*%s", d, exact)},
		Domain:  unitBox(d), Conditions: []pinns.Condition{pinns.Boundary("u = 0")},
		Exact: map[string]string{"u": exact},
	}
}

// PoissonInCube is lap u = 0 on the unit cube of many dimensions, with the boundary values of u = Σ x_i x_{i+1} over neighbouring pairs, d/2 of them, and the last
// coordinate alone where d is odd: a network must not pay for the dimension. Below 1 the problem is not valid, for want of a coordinate.
//
// Source: E & Yu 2018, arXiv:1710.00211, section 3.3, there with d = 10. bib: e2018deep
func PoissonInCube(d int) pinns.Problem {
	names := numbered(d)
	var pairs []string
	for pair := range slices.Chunk(names, 2) {
		pairs = append(pairs, strings.Join(pair, "*"))
	}
	exact := strings.Join(pairs, " + ")
	return pinns.Problem{
		Name: fmt.Sprintf("Laplace in %d-D", d), Equations: []string{"lap(u) = 0"}, Coordinates: names, Unknowns: []string{"u"},
		Domain: unitBox(d), Conditions: []pinns.Condition{pinns.Boundary("u = " + exact)},
		Exact: map[string]string{"u": exact},
	}
}

// Helmholtz is lap u + u = f on [-1, 1]², zero on the boundary, with u = sin(a₁πx) sin(a₂πy).
//
// Source: Wang, Teng & Perdikaris 2021, arXiv:2001.04536, section 4.1, there with a₁ = 1, a₂ = 4. bib: wang2021pathologies
func Helmholtz(a1, a2 float64) pinns.Problem {
	exact := "sin(a1*pi*x)*sin(a2*pi*y)"
	return pinns.Problem{
		Name: "Helmholtz", Equations: []string{"lap(u) + u = f"}, Coordinates: []string{"x", "y"}, Unknowns: []string{"u"},
		Coefficients: map[string]float64{"a1": a1, "a2": a2},
		Sources:      map[string]string{"f": "(1 - pi^2*(a1^2 + a2^2))*" + exact},
		Domain:       geometry.Box{Low: []float64{-1, -1}, High: []float64{1, 1}},
		Conditions:   []pinns.Condition{pinns.Boundary("u = 0")},
		Exact:        map[string]string{"u": exact},
	}
}

// FourDiscs is lap u = 0 on the square [-1/2, 1/2]² without four discs of radius 0.1 about (±0.3, ±0.3); u = 1 on the square, 0 on the discs.
//
// Source: Yao et al. 2023, arXiv:2306.02816. bib: yao2023multiadam
func FourDiscs() pinns.Problem {
	const square, discs = "square", "discs"
	holes := make([]geometry.Domain, 0, 4)
	for _, x := range []float64{-0.3, 0.3} {
		for _, y := range []float64{-0.3, 0.3} {
			holes = append(holes, geometry.Named{Of: geometry.Disk(x, y, 0.1), Name: discs})
		}
	}
	return pinns.Problem{
		Name: "Laplace around four discs", Equations: []string{"lap(u) = 0"}, Coordinates: []string{"x", "y"}, Unknowns: []string{"u"},
		Domain: geometry.Difference{
			Of:      geometry.Named{Of: geometry.Box{Low: []float64{-0.5, -0.5}, High: []float64{0.5, 0.5}}, Name: square},
			Without: holes,
		},
		Conditions: []pinns.Condition{pinns.Boundary("u = 1", square), pinns.Boundary("u = 0", discs)},
		Reference:  datasets.Reference{Case: datasets.FourDiscs},
	}
}

// navierStokes are the equations of a flow in the plane, without or with time.
func navierStokes(time bool) []string {
	rate := [2]string{"", ""}
	if time {
		rate = [2]string{"u_t + ", "v_t + "}
	}
	return []string{
		rate[0] + "u*u_x + v*u_y + p_x = nu*(u_xx + u_yy)",
		rate[1] + "u*v_x + v*v_y + p_y = nu*(v_xx + v_yy)",
		"u_x + v_y = 0",
	}
}

// Kovasznay is the steady flow behind a grid on [-1/2, 1] × [-1/2, 3/2], in closed form; all three fields are given on the boundary.
//
// Units:  1/Re is the viscosity.
// Source: Kovasznay 1948, doi:10.1017/S0305004100023999. bib: kovasznay1948laminar
func Kovasznay(reynolds float64) pinns.Problem {
	rate := reynolds/2 - math.Sqrt(reynolds*reynolds/4+4*math.Pi*math.Pi)
	exact := map[string]string{
		"u": "1 - exp(k*x)*cos(2*pi*y)",
		"v": "k/(2*pi)*exp(k*x)*sin(2*pi*y)",
		"p": "(1 - exp(2*k*x))/2",
	}
	p := pinns.Problem{
		Name: "Kovasznay flow", Equations: navierStokes(false), Coordinates: []string{"x", "y"}, Unknowns: []string{"u", "v", "p"},
		Coefficients: map[string]float64{"nu": 1 / reynolds, "k": rate},
		Domain:       geometry.Box{Low: []float64{-0.5, -0.5}, High: []float64{1, 1.5}},
		Exact:        exact,
	}
	p.Conditions = given(p.Unknowns, exact, nil)
	return p
}

// LidDrivenCavity is the steady flow in the unit square that its upper side drives with the speed 16 x² (1 - x)², which is zero with its slope at the
// corners, so that the solution is smooth; the other sides are at rest. Only the gradient of the pressure is in the equations: it is given as zero in
// the lower left corner.
//
// Units:  1/Re is the viscosity.
// Source: Shen 1991, doi:10.1016/0021-9991(91)90261-I, for the smooth lid. bib: shen1991hopf
func LidDrivenCavity(reynolds float64) pinns.Problem {
	walls := []string{"x=0", "x=1", "y=0"}
	return pinns.Problem{
		Name: "lid-driven cavity", Equations: navierStokes(false), Coordinates: []string{"x", "y"}, Unknowns: []string{"u", "v", "p"},
		Coefficients: map[string]float64{"nu": 1 / reynolds},
		Domain:       unitBox(2),
		Conditions: []pinns.Condition{
			{Name: "u at the lid", Equation: "u = 16*x^2*(1 - x)^2", On: []string{"y=1"}},
			{Name: "u at the walls", Equation: "u = 0", On: walls},
			{Name: "v", Equation: "v = 0", On: append([]string{"y=1"}, walls...)},
		},
		Observations: []pinns.Observations{{Name: "corner", Points: [][]float64{{0, 0}}, Values: [][]float64{{0, 0, 0}}}},
		Reference:    datasets.Reference{Case: datasets.LidDrivenCavity, Coefficients: [2]float64{reynolds, 0}},
	}
}

// given is a condition for each unknown: its closed form on parts of the boundary.
func given(unknowns []string, exact map[string]string, on []string) []pinns.Condition {
	var out []pinns.Condition
	for _, u := range unknowns {
		out = append(out, pinns.Condition{Name: u + " on the boundary", Equation: u + " = " + exact[u], On: on})
	}
	return out
}

// numbered are the names x1, x2, … of d coordinates.
func numbered(d int) []string {
	names := make([]string, max(d, 0))
	for i := range names {
		names[i] = fmt.Sprintf("x%d", i+1)
	}
	return names
}

func unitBox(d int) geometry.Box {
	d = max(d, 0)
	b := geometry.Box{Low: make([]float64, d), High: make([]float64, d)}
	for i := range b.High {
		b.High[i] = 1
	}
	return b
}

// product is a factor of each name, times one another.
func product(names []string, factor string) string {
	var factors []string
	for _, name := range names {
		factors = append(factors, fmt.Sprintf(factor, name))
	}
	return strings.Join(factors, "*")
}
