package difference_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/difference"
)

// wantSecondOrder fits the order of errors over steps and wants it within the house's bound of 0.2 of 2.
func wantSecondOrder(t *testing.T, name string, hs, errs []float64) {
	t.Helper()
	if order := convergence.Order(hs, errs); !(math.Abs(order-2) <= 0.2) {
		t.Errorf("%s: order %.3f from errors %.3g, want 2", name, order, errs)
	}
}

func field(t testing.TB, b pde.Box, f func(x []float64) float64) []float64 {
	t.Helper()
	u, err := difference.At(b, f)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// last gives the last state of a solution, or fails.
func last(t testing.TB) func(sol pde.Solution, err error) []float64 {
	t.Helper()
	return func(sol pde.Solution, err error) []float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return sol.Last()
	}
}

// separable is u = cos(ω t) Π sin(ω_d x_d + φ_d).
type separable struct{ omega, phase []float64 }

var standing = separable{omega: []float64{3, 2.2, 1.7}, phase: []float64{0.4, 1.1, -0.3}}

func (s separable) at(x []float64) float64 {
	u := 1.0
	for d := range x {
		u *= math.Sin(s.omega[d]*x[d] + s.phase[d])
	}
	return u
}

func (s separable) slope(x []float64, axis int) float64 {
	u := s.omega[axis] * math.Cos(s.omega[axis]*x[axis]+s.phase[axis])
	for d := range x {
		if d != axis {
			u *= math.Sin(s.omega[d]*x[d] + s.phase[d])
		}
	}
	return u
}

// square is Σ ω²: -Δu = square · u.
func (s separable) square(d int) (sum float64) {
	for _, o := range s.omega[:d] {
		sum += o * o
	}
	return sum
}

// faces are conditions of the kinds, in turn, that factor(t) u fulfils.
func (s separable) faces(d int, factor func(t float64) float64, kinds ...pde.BoundaryKind) [][2]pde.Boundary {
	out := make([][2]pde.Boundary, d)
	for axis := range out {
		for end := range 2 {
			f := pde.Boundary{Kind: kinds[(2*axis+end)%len(kinds)]}
			normal := float64(2*end - 1)
			if f.Kind == pde.Robin {
				f.Coefficient = 1.5
			}
			if f.Kind != pde.Periodic {
				f.Value = func(t float64, x []float64) float64 {
					switch f.Kind {
					case pde.Neumann:
						return factor(t) * normal * s.slope(x, axis)
					case pde.Robin:
						return factor(t) * (1.5*s.at(x) + normal*s.slope(x, axis))
					}
					return factor(t) * s.at(x)
				}
			}
			out[axis][end] = f
		}
	}
	return out
}

func one(float64) float64 { return 1 }

// kinds are the conditions that orders are tested with.
var kinds = [][]pde.BoundaryKind{
	{pde.Dirichlet},
	{pde.Robin},
	{pde.Dirichlet, pde.Neumann},
	{pde.Neumann, pde.Robin, pde.Dirichlet},
}

// boxOf has n steps along the first axis and about as fine ones along the others.
func boxOf(d, n int, faces [][2]pde.Boundary) pde.Box {
	b := pde.Box{Low: []float64{0, -1, 0.5}[:d], High: []float64{1, 1, 2}[:d], Faces: faces}
	for axis := range d {
		b.Points = append(b.Points, []int{n, 2 * n, 3 * n / 2}[axis]+1)
	}
	return b
}

// ExamplePoisson is the deflection of a membrane over the unit disc under an even load: (1 - r²)/4.
func ExamplePoisson() {
	box := pde.Box{Low: []float64{-1, -1}, High: []float64{1, 1}, Points: []int{41, 41}}
	load, err := difference.At(box, func([]float64) float64 { return 1 })
	if err != nil {
		fmt.Println(err)
		return
	}
	disc := &difference.Mask{Distance: func(x []float64) float64 { return math.Hypot(x[0], x[1]) - 1 }}
	sol, err := difference.Poisson{Box: box, Mask: disc}.Solve(context.Background(), nil, load)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.6f in the middle\n", sol.Last()[20*41+20])
	// Output: 0.250000 in the middle
}
