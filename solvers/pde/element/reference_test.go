package element_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/fieldbook-go/fieldbook/solvers/mesh"
	"github.com/fieldbook-go/fieldbook/solvers/pde/element"
)

// reference is what testdata/element_reference.py writes: solutions by scikit-fem.
type reference struct {
	Origin                             string
	Points                             [][2]float64
	Triangles                          [][3]int
	Boundary                           [][3]int
	XX, XY, YY, Reaction               []float64
	VelocityX, VelocityY               []float64
	Young, Poisson                     []float64
	Elliptic, Neumann, Transport, Heat []float64
	Strain, Stress                     [][2]float64
}

// TestAgainstScikitFEM compares with another program on data for which both make the same linear systems.
func TestAgainstScikitFEM(t *testing.T) {
	text, err := os.ReadFile("testdata/element_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var ref reference
	if err := json.Unmarshal(text, &ref); err != nil {
		t.Fatal(err)
	}
	m := mesh.Mesh{Points: ref.Points, Triangles: ref.Triangles}
	for _, e := range ref.Boundary {
		m.Boundary = append(m.Boundary, mesh.Edge{A: e[0], B: e[1], Marker: e[2]})
	}
	s := space(t, m)
	scaled := func(v []float64, by float64) element.Field {
		out := make([]float64, len(v))
		for i := range v {
			out[i] = v[i] * by
		}
		return element.PerTriangle(out)
	}
	tensor := func(by float64) element.Tensor {
		return element.Tensor{XX: scaled(ref.XX, by), XY: scaled(ref.XY, by), YY: scaled(ref.YY, by)}
	}
	source := element.Func(func(x, y float64) float64 { return 1 + 2*x - 3*y })
	flux := func(x, y float64) float64 { return 0.5 + x - 2*y }
	g := func(x, y float64) float64 { return 1 + x + 2*y }
	fixed := element.Condition{Kind: element.Dirichlet, Markers: []int{1}, Value: g}
	onTwo := element.Condition{Kind: element.Robin, Markers: []int{2}, Value: flux, Alpha: func(_, _ float64) float64 { return 2.5 }}
	onThree := element.Condition{Kind: element.Neumann, Markers: []int{3}, Value: flux}
	noneOnOne := element.Condition{Kind: element.Neumann, Markers: []int{2, 3}, Value: flux}

	for name, c := range map[string]struct {
		problem element.Problem
		want    []float64
	}{
		"elliptic": {element.Problem{
			Diffusion: tensor(1), Reaction: element.PerTriangle(ref.Reaction), Source: source,
			Conditions: []element.Condition{fixed, onTwo, onThree},
		}, ref.Elliptic},
		"neumann": {element.Problem{Diffusion: tensor(1), Source: source, Conditions: []element.Condition{noneOnOne}, Balance: true}, ref.Neumann},
		"transport": {element.Problem{
			Diffusion: tensor(0.01), Reaction: element.PerTriangle(ref.Reaction), Source: source,
			Velocity:   [2]element.Field{element.PerTriangle(ref.VelocityX), element.PerTriangle(ref.VelocityY)},
			Conditions: []element.Condition{fixed},
		}, ref.Transport},
	} {
		sol, err := s.Solve(t.Context(), c.problem)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		compare(t, name, sol.U, c.want)
	}
	heat, err := s.March(t.Context(), element.Heat{
		Capacity: element.PerTriangle(ref.Reaction), Diffusion: tensor(1),
		Source:     func(t, x, y float64) float64 { return (1 + t) * (1 + 2*x - 3*y) },
		Initial:    element.Func(func(x, y float64) float64 { return x * y }),
		Conditions: []element.Condition{{Kind: element.Dirichlet, Markers: []int{1}, Moving: func(t, x, y float64) float64 { return (1 + t) * g(x, y) }}},
		Scheme:     element.CrankNicolson, Until: 0.2, Steps: 4,
	})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "heat", heat.Ys[0], ref.Heat)
	for plane, want := range map[element.Plane][][2]float64{element.PlaneStrain: ref.Strain, element.PlaneStress: ref.Stress} {
		got, err := s.Displace(t.Context(), element.Elasticity{
			Young: element.PerTriangle(ref.Young), Poisson: element.PerTriangle(ref.Poisson), Plane: plane,
			Force: [2]element.Field{element.Constant(0.3), element.Func(func(x, _ float64) float64 { return -1 - x })},
			Supports: []element.Support{
				{Markers: []int{1}, X: element.Dirichlet, Y: element.Dirichlet, Value: func(x, y float64) [2]float64 { return [2]float64{0.01 * x, -0.02 * y} }},
				{Markers: []int{3}, X: element.Neumann, Y: element.Neumann, Value: func(_, y float64) [2]float64 { return [2]float64{1 - y, 0.2} }},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for axis := range 2 {
			var a, b []float64
			for i := range want {
				a, b = append(a, got.U[i][axis]), append(b, want[i][axis])
			}
			compare(t, "elasticity", a, b)
		}
	}
}

// compare wants two solutions of one linear system of some tens of unknowns and a condition number below 1e4: equal to 1e-12 of the largest.
func compare(t *testing.T, name string, got, want []float64) {
	t.Helper()
	var size, worst float64
	for i := range want {
		size, worst = max(size, math.Abs(want[i])), max(worst, math.Abs(got[i]-want[i]))
	}
	if !(worst <= 1e-12*size) || len(got) != len(want) {
		t.Errorf("%s: differs from the reference by %.3g, the largest value is %.3g", name, worst, size)
	}
}
