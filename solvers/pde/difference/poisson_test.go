package difference_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/difference"
)

// sizes are four or more grids for an order in d axes.
func sizes(d int) []int {
	return [][]int{{16, 32, 64, 128, 256}, {8, 16, 32, 64}, {6, 8, 12, 16}}[d-1]
}

// TestPoissonOrder has -∇·(a ∇u) = f with a = 1 + x_1/2 in one to three axes.
func TestPoissonOrder(t *testing.T) {
	for _, k := range kinds {
		for d := 1; d <= 3; d++ {
			var hs, errs []float64
			for _, n := range sizes(d) {
				b := boxOf(d, n, standing.faces(d, one, k...))
				a := field(t, b, func(x []float64) float64 { return 1 + x[0]/2 })
				f := field(t, b, func(x []float64) float64 {
					return (1+x[0]/2)*standing.square(d)*standing.at(x) - standing.slope(x, 0)/2
				})
				got := last(t)(difference.Poisson{Box: b}.Solve(t.Context(), a, f))
				hs, errs = append(hs, 1/float64(n)), append(errs, convergence.Largest(got, field(t, b, standing.at)))
			}
			wantSecondOrder(t, fmt.Sprintf("%v in %d axes", k, d), hs, errs)
		}
	}
}

// TestPoissonPeriodic: one axis is periodic, the other has Neumann conditions, or is periodic too.
func TestPoissonPeriodic(t *testing.T) {
	for _, second := range []pde.BoundaryKind{pde.Neumann, pde.Periodic, pde.Dirichlet} {
		var hs, errs []float64
		u := func(x []float64) float64 {
			v := math.Cos(math.Pi * x[1])
			if second == pde.Dirichlet {
				v = math.Sin(math.Pi * x[1])
			}
			return v * math.Sin(2*math.Pi*x[0]+0.3)
		}
		for _, n := range []int{12, 24, 48, 96} {
			b := pde.Box{
				Low: []float64{0, 0}, High: []float64{1, 2}, Points: []int{n, n + 1},
				Faces: append(pde.Sides(1, pde.Boundary{Kind: pde.Periodic}), pde.Sides(1, pde.Boundary{Kind: second})...),
			}
			f := field(t, b, func(x []float64) float64 { return 5 * math.Pi * math.Pi * u(x) })
			got := last(t)(difference.Poisson{Box: b}.Solve(t.Context(), nil, f))
			hs, errs = append(hs, 1/float64(n)), append(errs, convergence.Largest(got, field(t, b, u)))
		}
		wantSecondOrder(t, second.String(), hs, errs)
	}
}

// TestPoissonNeumann: the data are those of u = x³ + y²/2, which quadrature of second order does not fit to round-off.
func TestPoissonNeumann(t *testing.T) {
	var hs, errs []float64
	for _, n := range []int{8, 16, 32, 64} {
		b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{n + 1, n + 1}}
		b.Faces = [][2]pde.Boundary{
			{{Kind: pde.Neumann}, {Kind: pde.Neumann, Value: pde.Constant(3)}},
			{{Kind: pde.Neumann}, {Kind: pde.Neumann, Value: pde.Constant(1)}},
		}
		f := field(t, b, func(x []float64) float64 { return -6*x[0] - 1 + 20*(x[1]*x[1]-1.0/3) })
		// 20 (y² - 1/3) adds -20 (y⁴/12 - y²/6), whose slope is 0 at y = 0 and 1.
		want := field(t, b, func(x []float64) float64 {
			y := x[1] * x[1]
			return x[0]*x[0]*x[0] - 0.25 + y/2 - 1.0/6 - 20*(y*y/12-y/6-1.0/60+1.0/18)
		})
		got := last(t)(difference.Poisson{Box: b}.Solve(t.Context(), nil, f))
		hs, errs = append(hs, 1/float64(n)), append(errs, convergence.Largest(got, want))
		if n == 64 {
			for i := range f {
				f[i] += 0.5
			}
			_, err := difference.Poisson{Box: b}.Solve(t.Context(), nil, f)
			var misfit *pde.IncompatibleError
			if !errors.As(err, &misfit) || math.Abs(misfit.Sum-0.5) > 0.01 || !strings.Contains(err.Error(), "subtract the mean") {
				t.Errorf("error %v, want one that says that 0.5 is left over", err)
			}
		}
	}
	wantSecondOrder(t, "Neumann", hs, errs)
}

// TestPoissonIsDarcy: on the unit square with u = 0 the scheme is that of pde.Darcy, solved in another way.
func TestPoissonIsDarcy(t *testing.T) {
	const n = 33
	b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{n, n}}
	var a, f []float64
	for s := range 3 {
		a = append(a, field(t, b, func(x []float64) float64 {
			if math.Sin(9*x[0]+float64(s))*math.Cos(7*x[1]) > 0 {
				return 12
			}
			return 3
		})...)
		f = append(f, field(t, b, func(x []float64) float64 { return 1 + x[0]*float64(s) })...)
	}
	want, err := pde.Darcy{RTol: 1e-13}.Solve(t.Context(), a, f, n)
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{1, 2, 3} {
		got := last(t)(difference.Poisson{Box: b, Workers: workers}.Solve(t.Context(), a, f))
		if e := convergence.Largest(got, want.Last()); e > 1e-13 { // the tolerance of the iteration times values of 0.02
			t.Errorf("%d workers: differs by %.2g", workers, e)
		}
	}
	shared := last(t)(difference.Poisson{Box: b}.Solve(t.Context(), a[:n*n], f))
	alone := last(t)(difference.Poisson{Box: b}.Solve(t.Context(), a[:n*n], f[n*n:2*n*n]))
	if !slices.Equal(alone, shared[n*n:2*n*n]) {
		t.Error("sample 1 differs when it is solved alone")
	}
}

// disc is the signed distance to a circle about (0.1, -0.05).
func disc(radius float64) func(x []float64) float64 {
	return func(x []float64) float64 { return math.Hypot(x[0]-0.1, x[1]+0.05) - radius }
}

// TestPoissonMaskOrder solves on a ring with a wall value that changes along it: second order with distances, first in stairs.
func TestPoissonMaskOrder(t *testing.T) {
	u := func(x []float64) float64 { return math.Exp(x[0]) * math.Sin(2*x[1]) }
	f := func(x []float64) float64 { return 3 * u(x) }
	ring := func(x []float64) float64 { return max(disc(0.83)(x), -disc(0.31)(x)) }
	wall := pde.Boundary{Value: func(_ float64, x []float64) float64 { return u(x) }}
	var hs, distance, stairs []float64
	for _, n := range []int{20, 30, 40, 60, 80, 120} {
		b := pde.Box{Low: []float64{-1, -1}, High: []float64{1, 1}, Points: []int{n + 1, n + 1}}
		inside := make([]bool, b.Size())
		for i, d := range field(t, b, ring) {
			inside[i] = d < 0
		}
		want := field(t, b, u)
		off := func(m difference.Mask) (worst float64) {
			got := last(t)(difference.Poisson{Box: b, Mask: &m}.Solve(t.Context(), nil, field(t, b, f)))
			for i := range got {
				if inside[i] {
					worst = max(worst, math.Abs(got[i]-want[i]))
				} else if got[i] != 0 {
					t.Fatalf("a point outside has the value %v, want 0", got[i])
				}
			}
			return worst
		}
		hs = append(hs, 2/float64(n))
		distance = append(distance, off(difference.Mask{Distance: ring, Wall: wall}))
		// The staircase gets the value of the nearest point of the wall, as one who knows no distance would give it.
		nearest := pde.Boundary{Value: func(_ float64, x []float64) float64 {
			r, away := math.Hypot(x[0]-0.1, x[1]+0.05), 0.83
			if r < 0.5 {
				away = 0.31
			}
			return u([]float64{0.1 + (x[0]-0.1)*away/r, -0.05 + (x[1]+0.05)*away/r})
		}}
		if slices.Contains(inside, true) {
			stairs = append(stairs, off(difference.Mask{Inside: inside, Wall: nearest}))
		}
	}
	wantSecondOrder(t, "with distances", hs, distance)
	// In stairs the largest distance to the wall changes from grid to grid without order: the slope of six errors is within 0.3 of the order.
	if order := convergence.Order(hs, stairs); math.Abs(order-1) > 0.3 {
		t.Errorf("in stairs: order %.3f from errors %.3g, want 1", order, stairs)
	}
}

// TestPoissonObstacles has holes of known value in boxes with each kind of condition, a disc in two axes and a ball in three, with a = 1 + x_1/2.
func TestPoissonObstacles(t *testing.T) {
	for _, k := range kinds {
		for d := 2; d <= 3; d++ {
			hole := func(x []float64) float64 {
				r := 0.0
				for axis, c := range []float64{0.5, 0.1, 1.3}[:d] {
					r = math.Hypot(r, x[axis]-c)
				}
				return 0.31 - r
			}
			var hs, errs []float64
			for _, n := range [][]int{{12, 16, 24, 32, 48, 64}, {6, 8, 10, 12}}[d-2] {
				b := boxOf(d, n, standing.faces(d, one, k...))
				a := field(t, b, func(x []float64) float64 { return 1 + x[0]/2 })
				f := field(t, b, func(x []float64) float64 {
					return (1+x[0]/2)*standing.square(d)*standing.at(x) - standing.slope(x, 0)/2
				})
				wall := pde.Boundary{Value: func(_ float64, x []float64) float64 { return standing.at(x) }}
				got := last(t)(difference.Poisson{Box: b, Mask: &difference.Mask{Distance: hole, Wall: wall}}.Solve(t.Context(), a, f))
				want := field(t, b, func(x []float64) float64 {
					if hole(x) < 0 {
						return standing.at(x)
					}
					return 0
				})
				hs, errs = append(hs, 1/float64(n)), append(errs, convergence.Largest(got, want))
			}
			wantSecondOrder(t, fmt.Sprintf("%v in %d axes", k, d), hs, errs)
		}
	}
}

// TestPoissonPieces: two rooms between insulated walls, with nothing that holds their values.
func TestPoissonPieces(t *testing.T) {
	b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{21, 11}, Faces: pde.Sides(2, pde.Boundary{Kind: pde.Neumann})}
	inside := make([]bool, b.Size())
	for i := range inside {
		inside[i] = i/11 != 10
	}
	m := &difference.Mask{Inside: inside, Wall: pde.Boundary{Kind: pde.Neumann}}
	f := field(t, b, func(x []float64) float64 { return math.Cos(math.Pi * x[1]) })
	got := last(t)(difference.Poisson{Box: b, Mask: m}.Solve(t.Context(), nil, f))
	// Along the other axis nothing changes: the answer is that of the one-dimensional problem.
	line := pde.Box{Low: []float64{0}, High: []float64{1}, Points: []int{11}, Faces: pde.Sides(1, pde.Boundary{Kind: pde.Neumann})}
	want := last(t)(difference.Poisson{Box: line}.Solve(t.Context(), nil, f[:11]))
	for i := range got {
		if w := want[i%11]; inside[i] && math.Abs(got[i]-w) > 1e-13 { // round-off of a system of condition 400
			t.Fatalf("point %d is %v, want %v", i, got[i], w)
		}
	}
	for i := range f {
		if i/11 > 10 {
			f[i] += 3
		} else {
			f[i] -= 3
		}
	}
	_, err := difference.Poisson{Box: b, Mask: m}.Solve(t.Context(), nil, f)
	var misfit *pde.IncompatibleError
	if !errors.As(err, &misfit) || !slices.Equal(misfit.Place, []int{0, 0}) {
		t.Errorf("error %v, want one that names the piece with the point (0, 0): the sum over both pieces is 0, that over each is not", err)
	}
}

// TestPoissonAgainstAnotherProgram compares with testdata/difference_reference.py.
func TestPoissonAgainstAnotherProgram(t *testing.T) {
	r := readReference(t)
	got := last(t)(difference.Poisson{Box: referenceBox()}.Solve(t.Context(), field(t, referenceBox(), referenceCoefficient),
		field(t, referenceBox(), func(x []float64) float64 { return math.Exp(x[0]) - 2*x[1] })))
	if e := convergence.Largest(got, r.Poisson); e > 1e-13 || len(got) != len(r.Poisson) { // round-off of two direct solvers
		t.Errorf("%d values differ by %.2g from %d", len(got), e, len(r.Poisson))
	}
}

type reference struct {
	Poisson, Heat, Wave []float64
}

func readReference(t *testing.T) (r reference) {
	t.Helper()
	text, err := os.ReadFile("testdata/difference_reference.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// referenceBox and referenceCoefficient are those of testdata/difference_reference.py.
func referenceBox() pde.Box {
	return pde.Box{
		Low: []float64{0, -1}, High: []float64{1, 1}, Points: []int{9, 13},
		Faces: [][2]pde.Boundary{
			{{Value: func(_ float64, x []float64) float64 { return x[1] }}, {Kind: pde.Neumann, Value: pde.Constant(0.5)}},
			{{Kind: pde.Robin, Coefficient: 2, Value: func(_ float64, x []float64) float64 { return 1 + x[0] }}, {Kind: pde.Neumann}},
		},
	}
}

func referenceCoefficient(x []float64) float64 { return 1 + x[0]*x[0] + 0.5*math.Sin(3*x[1]) }

func TestPoissonErrors(t *testing.T) {
	b := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{5, 5}}
	f, nan := make([]float64, 50), make([]float64, 25)
	nan[12] = math.NaN()
	negative := slices.Repeat([]float64{1}, 25)
	negative[7] = -1
	outside := func([]float64) float64 { return 1 }
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		p    difference.Poisson
		a, f []float64
		want string
	}{
		{"box", t.Context(), difference.Poisson{}, nil, f, "one to three axes"},
		{"length", t.Context(), difference.Poisson{Box: b}, nil, f[:24], "whole samples of 25"},
		{"coefficients", t.Context(), difference.Poisson{Box: b}, f[:30], f, "30 coefficients for 50 sources"},
		{"negative", t.Context(), difference.Poisson{Box: b}, negative, f, "the coefficient is -1 at [0.25 0.5]"},
		{"NaN", t.Context(), difference.Poisson{Box: b}, nil, nan, "sample 0: a value is not finite"},
		{"empty mask", t.Context(), difference.Poisson{Box: b, Mask: &difference.Mask{Distance: outside}}, nil, f, "no point of the grid of [5 5] points inside"},
		{"empty mask", t.Context(), difference.Poisson{Box: b, Mask: &difference.Mask{Inside: make([]bool, 25)}}, nil, f, "no point of the grid"},
		{"short mask", t.Context(), difference.Poisson{Box: b, Mask: &difference.Mask{Inside: make([]bool, 24)}}, nil, f, "24 values, want 25"},
		{"no mask", t.Context(), difference.Poisson{Box: b, Mask: &difference.Mask{}}, nil, f, "both or none"},
		{
			"wall", t.Context(),
			difference.Poisson{Box: b, Mask: &difference.Mask{Distance: outside, Wall: pde.Boundary{Kind: pde.Neumann}}},
			nil, f, "Mask.Wall is Neumann",
		},
		{
			"distance", t.Context(),
			difference.Poisson{Box: b, Mask: &difference.Mask{Distance: func([]float64) float64 { return math.NaN() }}},
			nil, f, "Distance is NaN at [0 0]",
		},
		{"stopped", stopped, difference.Poisson{Box: b}, nil, f, "canceled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			sol, err := c.p.Solve(c.ctx, c.a, c.f)
			if err == nil || !strings.Contains(err.Error(), c.want) || sol.Last() != nil {
				t.Errorf("error %v, want %q in it; values %v, want none", err, c.want, sol.Last())
			}
		})
	}
}

func BenchmarkPoisson129x129(b *testing.B) {
	box := pde.Box{Low: []float64{0, 0}, High: []float64{1, 1}, Points: []int{129, 129}}
	f := slices.Repeat([]float64{1}, 129*129)
	for b.Loop() {
		last(b)(difference.Poisson{Box: box}.Solve(b.Context(), nil, f))
	}
}

func BenchmarkPoissonDisc129x129(b *testing.B) {
	box := pde.Box{Low: []float64{-1, -1}, High: []float64{1, 1}, Points: []int{129, 129}}
	f := slices.Repeat([]float64{1}, 129*129)
	for b.Loop() {
		last(b)(difference.Poisson{Box: box, Mask: &difference.Mask{Distance: disc(0.8)}}.Solve(b.Context(), nil, f))
	}
}
