package element_test

import (
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
	"github.com/fieldbook-go/fieldbook/solvers/pde/element"
)

// tenThousand is a space of about 10,000 points on a square with a hole.
func tenThousand(b *testing.B) *element.Space {
	b.Helper()
	d := unitSquare()
	d.Holes = []mesh.Loop{mesh.Circle([2]float64{0.5, 0.5}, 0.2, 64)}
	return space(b, fill(b, d, 0.0146))
}

func poisson(load float64) element.Problem {
	return element.Problem{
		Diffusion: element.Isotropic(element.Constant(1)), Source: element.Constant(load),
		Conditions: []element.Condition{{Kind: element.Dirichlet}},
	}
}

func BenchmarkPoisson(b *testing.B) {
	s := tenThousand(b)
	for b.Loop() {
		sol, err := s.Solve(b.Context(), poisson(1))
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(sol.Stats.Unknowns), "unknowns")
		b.ReportMetric(float64(sol.Stats.Fill), "fill")
	}
}

// BenchmarkPoissonLoads solves for 20 loads with one factorisation on one goroutine.
func BenchmarkPoissonLoads(b *testing.B) {
	s := tenThousand(b)
	var problems []element.Problem
	for k := range 20 {
		problems = append(problems, poisson(float64(k)))
	}
	for b.Loop() {
		if _, err := (element.Batch{Workers: 1}).Solve(b.Context(), s, problems); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDarcyFields solves for 20 coefficients, which share the pattern of the factors, on one goroutine.
func BenchmarkDarcyFields(b *testing.B) {
	s := tenThousand(b)
	var problems []element.Problem
	for k := range 20 {
		p := poisson(1)
		p.Diffusion = element.Isotropic(element.Func(func(x, y float64) float64 { return 1 + x*y*float64(k) }))
		problems = append(problems, p)
	}
	for b.Loop() {
		if _, err := (element.Batch{Workers: 1}).Solve(b.Context(), s, problems); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTransport(b *testing.B) {
	s := tenThousand(b)
	p := poisson(1)
	p.Velocity = [2]element.Field{element.Constant(30), element.Constant(10)}
	for b.Loop() {
		if _, err := s.Solve(b.Context(), p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkElasticity(b *testing.B) {
	s := tenThousand(b)
	e := element.Elasticity{
		Young: element.Constant(1), Poisson: element.Constant(0.3), Plane: element.PlaneStress, Force: [2]element.Field{element.Constant(1)},
		Supports: []element.Support{{Markers: []int{mesh.Left}, X: element.Dirichlet, Y: element.Dirichlet}},
	}
	for b.Loop() {
		if _, err := s.Displace(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNewSpace(b *testing.B) {
	m := tenThousand(b).Mesh()
	for b.Loop() {
		space(b, m)
	}
}
