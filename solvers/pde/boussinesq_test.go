package pde_test

import (
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// TestBoussinesq: with the sources that belong to them, a vortex that swings and a wave of temperature solve the equations, to fourth order.
func TestBoussinesq(t *testing.T) {
	const n, nu, kappa, beta = 32, 0.05, 0.03, 1.5
	lengths := []float64{2 * math.Pi, 2 * math.Pi}
	// ψ = a sin x sin 2y / 5, so w = a sin x sin 2y, u = ψ_y, v = -ψ_x; T = b cos(x + y).
	a := func(t float64) float64 { return 1 + math.Sin(2*t)/2 }
	b := func(t float64) float64 { return math.Cos(t) }
	at := func(t float64) []float64 {
		var u []float64
		w := sampled(n, lengths, func(x []float64) float64 { return a(t) * math.Sin(x[0]) * math.Sin(2*x[1]) })
		temperature := sampled(n, lengths, func(x []float64) float64 { return b(t) * math.Cos(x[0]+x[1]) })
		for i := range w {
			u = append(u, w[i], temperature[i])
		}
		return u
	}
	equation := pde.Boussinesq(lengths, nu, kappa, beta)
	equation.Source = func(dst []float64, t float64) {
		for i := range n * n {
			x, y := 2*math.Pi*float64(i/n)/n, 2*math.Pi*float64(i%n)/n
			u, v := a(t)*math.Sin(x)*2*math.Cos(2*y)/5, -a(t)*math.Cos(x)*math.Sin(2*y)/5
			w := a(t) * math.Sin(x) * math.Sin(2*y)
			slope := -b(t) * math.Sin(x+y) // T_x and T_y
			// Of the vortex u·∇w = 0: w is a function of ψ.
			dst[2*i] = math.Cos(2*t)*math.Sin(x)*math.Sin(2*y) + nu*5*w - beta*slope
			dst[2*i+1] = -math.Sin(t)*math.Cos(x+y) + (u+v)*slope + kappa*2*b(t)*math.Cos(x+y)
		}
	}
	var dts, diffs []float64
	for _, steps := range []int{10, 20, 40, 80} {
		sol, err := equation.Solve(t.Context(), at(0), []int{n, n}, pde.Stepping{Until: 1, Steps: steps})
		if err != nil {
			t.Fatal(err)
		}
		dts, diffs = append(dts, 1/float64(steps)), append(diffs, convergence.Largest(sol.Last(), at(1)))
	}
	if order := convergence.Order(dts, diffs); math.Abs(order-4) > 0.2 { // the house's bound on a fitted order
		t.Errorf("order %.3f from errors %.2g, want 4", order, diffs)
	}
}

// TestBoussinesqMean: a flow that buoyancy drives keeps the mean of its temperature.
func TestBoussinesqMean(t *testing.T) {
	const n = 32
	lengths := []float64{1, 2}
	w, temperature := referenceStart(n, lengths, 0, 1), referenceStart(n, lengths, 0.3, 0.5)
	var u0 []float64
	for i := range w {
		u0 = append(u0, w[i], temperature[i])
	}
	sol, err := pde.Boussinesq(lengths, 0.02, 0.02, 3).Solve(t.Context(), u0, []int{n, n}, pde.Stepping{Until: 0.5, Steps: 100})
	if err != nil {
		t.Fatal(err)
	}
	mean := func(u []float64) (sum float64) {
		for i := 1; i < len(u); i += 2 {
			sum += u[i] / (n * n)
		}
		return sum
	}
	if got, want := mean(sol.Last()), mean(u0); math.Abs(got-want) > 1e-13 { // round-off
		t.Errorf("mean temperature %v, want %v", got, want)
	}
}
