package pde_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/linear"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// onSquare evaluates g at the nodes of a grid with both end points.
func onSquare(grid int, g func(x, y float64) float64) []float64 {
	out := make([]float64, grid*grid)
	for i := range out {
		out[i] = g(float64(i/grid)/float64(grid-1), float64(i%grid)/float64(grid-1))
	}
	return out
}

func solveDarcy(t *testing.T, a, f []float64, grid int) []float64 {
	t.Helper()
	sol, err := pde.Darcy{RTol: 1e-12}.Solve(t.Context(), a, f, grid)
	if err != nil {
		t.Fatal(err)
	}
	return sol.Last()
}

// TestDarcyOrder uses the manufactured u = sin(πx) sin(2πy) with a = 2 + sin(x + 3y).
func TestDarcyOrder(t *testing.T) {
	u := func(x, y float64) float64 { return math.Sin(math.Pi*x) * math.Sin(2*math.Pi*y) }
	a := func(x, y float64) float64 { return 2 + math.Sin(x+3*y) }
	f := func(x, y float64) float64 { // 5π² a u - a_x u_x - a_y u_y
		ax := math.Cos(x + 3*y)
		ux := math.Pi * math.Cos(math.Pi*x) * math.Sin(2*math.Pi*y)
		uy := 2 * math.Pi * math.Sin(math.Pi*x) * math.Cos(2*math.Pi*y)
		return 5*math.Pi*math.Pi*a(x, y)*u(x, y) - ax*ux - 3*ax*uy
	}
	var hs, diffs []float64
	for _, grid := range []int{17, 33, 50, 65, 129} {
		got := solveDarcy(t, onSquare(grid, a), onSquare(grid, f), grid)
		hs, diffs = append(hs, 1/float64(grid-1)), append(diffs, convergence.Largest(got, onSquare(grid, u)))
	}
	if order := convergence.Order(hs, diffs); math.Abs(order-2) > 0.2 || diffs[4] > 1e-3 { // the house's bound on a fitted order
		t.Errorf("order %.3f from errors %.2g, want 2", order, diffs)
	}
}

// TestDarcyOfAConstant compares with the Fourier series of -Δu = 1 on the square.
func TestDarcyOfAConstant(t *testing.T) {
	const grid = 129
	var centre float64
	for k := 1; k < 400; k += 2 {
		for l := 1; l < 400; l += 2 {
			sign := math.Sin(math.Pi*float64(k)/2) * math.Sin(math.Pi*float64(l)/2)
			centre += 16 * sign / (math.Pow(math.Pi, 4) * float64(k*l) * float64(k*k+l*l))
		}
	}
	ones := onSquare(grid, func(_, _ float64) float64 { return 1 })
	threes := onSquare(grid, func(_, _ float64) float64 { return 3 })
	u := solveDarcy(t, slices.Concat(ones, threes), ones, grid)
	middle := grid * grid / 2
	if diff := math.Abs(u[middle] - centre); diff > 1e-5 { // h² ‖∂⁴u‖/24 is about 1e-5 at most; the series errs by 1e-8
		t.Errorf("u in the centre is %v, want %v", u[middle], centre)
	}
	if diff := math.Abs(u[grid*grid+middle] - u[middle]/3); diff > 1e-12 { // the solver's tolerance
		t.Errorf("three times the coefficient gives %v, want a third of %v", u[grid*grid+middle], u[middle])
	}
	for i := range grid {
		for _, at := range []int{i, i * grid, i*grid + grid - 1, (grid-1)*grid + i} {
			if u[at] != 0 {
				t.Fatalf("u = %v at the boundary point %d, want 0", u[at], at)
			}
		}
	}
}

// TestDarcySatisfiesItsEquation checks the balance of fluxes with a coefficient that jumps, point by point, against
// a formula that shares nothing with the matrix but the harmonic mean.
func TestDarcySatisfiesItsEquation(t *testing.T) {
	const grid = 40
	a := onSquare(grid, func(x, y float64) float64 {
		if math.Sin(9*x)*math.Cos(7*y) > 0 {
			return 12
		}
		return 3
	})
	f := onSquare(grid, func(x, y float64) float64 { return 1 + x*y })
	u := solveDarcy(t, a, f, grid)
	const h = 1.0 / (grid - 1)
	for i := 1; i < grid-1; i++ {
		for j := 1; j < grid-1; j++ {
			at := i*grid + j
			var out float64
			for _, next := range []int{at - 1, at + 1, at - grid, at + grid} {
				out += (u[at] - u[next]) / (h/2/a[at]/h + h/2/a[next]/h) // two half cells in series
			}
			if diff := math.Abs(out/h/h - f[at]); diff > 1e-8 { // the solver's tolerance of 1e-12 times 1/h², with room
				t.Fatalf("outflow at (%d, %d) misses the source by %.2g", i, j, diff)
			}
		}
	}
}

func TestDarcyDoesNotDependOnWorkers(t *testing.T) {
	const grid, samples = 30, 5
	var a []float64
	for s := range samples {
		a = append(a, onSquare(grid, func(x, y float64) float64 { return 1.5 + math.Sin(float64(s+1)*(x+2*y)) })...)
	}
	ones := onSquare(grid, func(_, _ float64) float64 { return 1 })
	var reports int
	many, err := pde.Darcy{RTol: 1e-8, Workers: 3, Report: func(_, _ int) { reports++ }}.Solve(t.Context(), a, ones, grid)
	if err != nil {
		t.Fatal(err)
	}
	one, err := pde.Darcy{RTol: 1e-8, Workers: 1}.Solve(t.Context(), a, slices.Repeat(ones, samples), grid)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(one.Last(), many.Last()) || reports != samples {
		t.Errorf("1 and 3 workers differ, or %d reports", reports)
	}
	if s := one.Stats; one.Status != pde.Solved || s.Samples != samples || s.Steps < 4 || s.Steps > 20 || s.PerSample <= 0 {
		t.Errorf("facts %+v", one)
	}
}

func TestDarcyErrors(t *testing.T) {
	ones := onSquare(40, func(_, _ float64) float64 { return 1 })
	holed := slices.Clone(ones)
	holed[45] = 0
	nan := slices.Clone(ones)
	nan[45] = math.NaN()
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	good := pde.Darcy{RTol: 1e-9}
	for _, c := range []struct {
		name   string
		ctx    context.Context
		d      pde.Darcy
		a, f   []float64
		grid   int
		want   string
		status pde.Status
	}{
		{"zero value", t.Context(), pde.Darcy{}, ones, ones, 40, "Darcy.RTol = 0", pde.Unsolved},
		{"iterations", t.Context(), pde.Darcy{RTol: 0.1, MaxIterations: -1}, ones, ones, 40, "MaxIterations = -1", pde.Unsolved},
		{"lengths", t.Context(), good, ones, ones[1:], 40, "1600 coefficients and 1599 sources", pde.Unsolved},
		{"hole", t.Context(), good, slices.Concat(ones, holed), ones, 40, "sample 1: coefficient 0 at point (1, 5)", pde.Failed},
		{"source", t.Context(), good, ones, nan, 40, "sample 0: linear: CG: a value is not finite", pde.Failed},
		{"too few", t.Context(), pde.Darcy{RTol: 1e-9, MaxIterations: 2}, ones, ones, 40, "after 2 iterations", pde.NotConverged},
		{"stopped", stopped, good, ones, ones, 40, context.Canceled.Error(), pde.Stopped},
	} {
		t.Run(c.name, func(t *testing.T) {
			sol, err := c.d.Solve(c.ctx, c.a, c.f, c.grid)
			if err == nil || !strings.Contains(err.Error(), c.want) || sol.Status != c.status || sol.Last() != nil {
				t.Errorf("error %v, status %v, want %q and %v", err, sol.Status, c.want, c.status)
			}
			if c.name == "too few" && !errors.Is(err, linear.ErrNotConverged) {
				t.Errorf("error %v is not ErrNotConverged", err)
			}
		})
	}
}
