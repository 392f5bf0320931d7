package element_test

import (
	"math"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
	"github.com/fieldbook-go/fieldbook/solvers/pde/element"
)

// components splits displacements by axis.
func components(u [][2]float64) (x, y []float64) {
	for _, v := range u {
		x, y = append(x, v[0]), append(y, v[1])
	}
	return x, y
}

// TestElasticPatch stretches and shears a plate with a hole evenly: displacements are linear, stresses constant, by Hooke's law.
func TestElasticPatch(t *testing.T) {
	const young, poisson = 7.0, 0.3
	const exx, eyy, exy, turn = 0.01, -0.02, 0.005, 0.003
	for plane, name := range map[element.Plane]string{element.PlaneStrain: "strain", element.PlaneStress: "stress"} {
		t.Run(name, func(t *testing.T) {
			var want [3]float64
			if plane == element.PlaneStress { // E/(1-ν²) (ε_xx + ν ε_yy) and so on
				f := young / (1 - poisson*poisson)
				want = [3]float64{f * (exx + poisson*eyy), f * (eyy + poisson*exx), young / (1 + poisson) * exy}
			} else {
				f := young / ((1 + poisson) * (1 - 2*poisson))
				want = [3]float64{f * ((1-poisson)*exx + poisson*eyy), f * ((1-poisson)*eyy + poisson*exx), young / (1 + poisson) * exy}
			}
			u := func(x, y float64) [2]float64 {
				return [2]float64{0.1 + exx*x + (exy-turn)*y, (exy+turn)*x + eyy*y - 0.2}
			}
			s := space(t, fill(t, unitSquare(), 0.15))
			got := must(s.Displace(t.Context(), element.Elasticity{
				Young: element.Constant(young), Poisson: element.Constant(poisson), Plane: plane,
				Supports: []element.Support{
					{Markers: []int{mesh.Left}, X: element.Dirichlet, Y: element.Dirichlet, Value: u},
					{Markers: []int{mesh.Bottom}, X: element.Neumann, Y: element.Dirichlet, Value: func(x, y float64) [2]float64 {
						return [2]float64{-want[2], u(x, y)[1]}
					}},
					{Markers: []int{mesh.Right}, X: element.Neumann, Y: element.Neumann, Value: func(_, _ float64) [2]float64 { return [2]float64{want[0], want[2]} }},
					{Markers: []int{mesh.Top}, X: element.Neumann, Y: element.Neumann, Value: func(_, _ float64) [2]float64 { return [2]float64{want[2], want[1]} }},
				},
			}))(t)
			for i, p := range s.Mesh().Points {
				w := u(p[0], p[1])
				if math.Abs(got.U[i][0]-w[0])+math.Abs(got.U[i][1]-w[1]) > 1e-13 { // a condition number of some thousands, values up to 0.2
					t.Fatalf("at %v the displacement is %v, want %v", p, got.U[i], w)
				}
			}
			for i, v := range got.Stress {
				for k := range 3 {
					if math.Abs(v[k]-want[k]) > 1e-11 { // the displacement's rounding over the smallest triangle, times E
						t.Fatalf("the stress in triangle %d is %v, want %v", i, v, want)
					}
				}
			}
		})
	}
}

// TestElasticOrder has a manufactured displacement on an unstructured mesh with a hole that is free of supports but for its traction.
func TestElasticOrder(t *testing.T) {
	const young, poisson = 2.0, 0.25
	const lambda, mu = young * poisson / ((1 + poisson) * (1 - 2*poisson)), young / (2 * (1 + poisson))
	u := func(x, y float64) [2]float64 { return [2]float64{math.Sin(2*x) * math.Cos(y), x*x*y + math.Cos(x+2*y)} }
	du := func(x, y float64) (d [2][2]float64) { // ∂u_c/∂x_d
		d[0] = [2]float64{2 * math.Cos(2*x) * math.Cos(y), -math.Sin(2*x) * math.Sin(y)}
		d[1] = [2]float64{2*x*y - math.Sin(x+2*y), x*x - 2*math.Sin(x+2*y)}
		return d
	}
	// -∇·σ = -(λ+μ) ∇(∇·u) - μ Δu
	force := func(x, y float64) [2]float64 {
		divX := -4*math.Sin(2*x)*math.Cos(y) + 2*x - 2*math.Cos(x+2*y)
		divY := -2*math.Cos(2*x)*math.Sin(y) - 4*math.Cos(x+2*y)
		lapX := -5 * math.Sin(2*x) * math.Cos(y)
		lapY := 2*y - 5*math.Cos(x+2*y)
		return [2]float64{-(lambda+mu)*divX - mu*lapX, -(lambda+mu)*divY - mu*lapY}
	}
	e := element.Elasticity{
		Young: element.Constant(young), Poisson: element.Constant(poisson), Plane: element.PlaneStrain,
		Force: [2]element.Field{
			element.Func(func(x, y float64) float64 { return force(x, y)[0] }), element.Func(func(x, y float64) float64 { return force(x, y)[1] }),
		},
		Supports: []element.Support{
			{Markers: []int{mesh.Top}, X: element.Neumann, Y: element.Neumann, Value: func(x, y float64) [2]float64 {
				d := du(x, y)
				return [2]float64{mu * (d[0][1] + d[1][0]), lambda*(d[0][0]+d[1][1]) + 2*mu*d[1][1]}
			}},
			{X: element.Dirichlet, Y: element.Dirichlet, Value: u},
		},
	}
	spaces, h := family(t, fill(t, plate(), 0.2))
	var l2, h1 []float64
	for _, s := range spaces {
		got := must(s.Displace(t.Context(), e))(t)
		x, y := components(got.U)
		value := func(c int) func(x, y float64) float64 { return func(x, y float64) float64 { return u(x, y)[c] } }
		slope := func(c int) func(x, y float64) [2]float64 { return func(x, y float64) [2]float64 { return du(x, y)[c] } }
		l2 = append(l2, math.Hypot(must(s.L2Error(x, value(0)))(t), must(s.L2Error(y, value(1)))(t)))
		h1 = append(h1, math.Hypot(must(s.H1Error(x, slope(0)))(t), must(s.H1Error(y, slope(1)))(t)))
	}
	checkOrder(t, "L2", h, l2, 2)
	checkOrder(t, "H1", h, h1, 1)
}

// TestPressedRing compares with Lamé's closed form for a thick ring under pressure inside, held by symmetry alone.
func TestPressedRing(t *testing.T) {
	const young, poisson, inner, outer, pressure = 3.0, 0.3, 1.0, 2.0, 0.1
	quarter := must(mesh.Rectangle([2]float64{inner, 0}, [2]float64{outer, math.Pi / 2}, 40, 60))(t)
	m := must(quarter.Map(func(p [2]float64) [2]float64 {
		sin, cos := math.Sincos(p[1])
		if p[1] == math.Pi/2 {
			cos = 0
		}
		return [2]float64{p[0] * cos, p[0] * sin}
	}))(t)
	s := space(t, m)
	got := must(s.Displace(t.Context(), element.Elasticity{
		Young: element.Constant(young), Poisson: element.Constant(poisson), Plane: element.PlaneStress,
		Supports: []element.Support{
			{Markers: []int{mesh.Bottom}, X: element.Neumann, Y: element.Dirichlet},
			{Markers: []int{mesh.Top}, X: element.Dirichlet, Y: element.Neumann},
			{Markers: []int{mesh.Left}, X: element.Neumann, Y: element.Neumann, Value: func(x, y float64) [2]float64 {
				r := math.Hypot(x, y)
				return [2]float64{pressure * x / r, pressure * y / r}
			}},
		},
	}))(t)
	// u_r = p r_i²/(E (r_o² - r_i²)) ((1-ν) r + (1+ν) r_o²/r)
	for i, p := range m.Points {
		r := math.Hypot(p[0], p[1])
		want := pressure * inner * inner / (young * (outer*outer - inner*inner)) * ((1-poisson)*r + (1+poisson)*outer*outer/r)
		radial := (got.U[i][0]*p[0] + got.U[i][1]*p[1]) / r
		if math.Abs(radial-want) > 2e-3*want { // h = 1/40 and order two: some 1e-3
			t.Fatalf("at %v the radial displacement is %v, want %v", p, radial, want)
		}
	}
}

func TestElasticityIsRefused(t *testing.T) {
	s := space(t, fill(t, unitSquare(), 0.3))
	both := func(m ...int) element.Support {
		return element.Support{Markers: m, X: element.Dirichlet, Y: element.Dirichlet}
	}
	good := element.Elasticity{
		Young: element.Constant(1), Poisson: element.Constant(0.3), Plane: element.PlaneStress, Supports: []element.Support{both(mesh.Left)},
	}
	cases := map[string]struct {
		spoil func(e *element.Elasticity)
		want  string
	}{
		"plane":   {func(e *element.Elasticity) { e.Plane = 0 }, "Elasticity.Plane = 0, want PlaneStrain or PlaneStress"},
		"young":   {func(e *element.Elasticity) { e.Young = element.Field{} }, "Elasticity.Young = 0 at ["},
		"poisson": {func(e *element.Elasticity) { e.Poisson = element.Constant(0.5) }, "Elasticity.Poisson = 0.5 at ["},
		"free":    {func(e *element.Elasticity) { e.Supports = nil }, "let the body move along x"},
		"slides":  {func(e *element.Elasticity) { e.Supports[0].Y = element.Neumann }, "let the body move along y"},
		"no kind": {func(e *element.Elasticity) { e.Supports[0].X = 0 }, "Supports[0].X = Kind(0), want Dirichlet or Neumann"},
		"no edge": {func(e *element.Elasticity) { e.Supports[0].Markers = []int{9} }, "Elasticity.Supports[0] holds on no edge"},
		"infinite": {func(e *element.Elasticity) {
			e.Supports[0].Value = func(x, _ float64) [2]float64 { return [2]float64{1 / x, 0} }
		}, "Supports[0].Value: [+Inf 0] at (0, 1), want finite"},
		"force": {func(e *element.Elasticity) { e.Force[1] = element.PerPoint([]float64{1}) }, "Elasticity.Force[1] has 1 values"},
		"turns": {func(e *element.Elasticity) {
			// Only one point of each side is on an edge: a body held along x on one horizontal edge and along y on one vertical edge turns.
			e.Supports = []element.Support{
				{Markers: []int{mesh.Bottom}, X: element.Dirichlet, Y: element.Neumann},
				{Markers: []int{mesh.Left}, X: element.Neumann, Y: element.Dirichlet},
			}
		}, "let the body turn about (0, 0)"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e := good
			e.Supports = append([]element.Support(nil), good.Supports...)
			c.spoil(&e)
			if _, err := s.Displace(t.Context(), e); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}
