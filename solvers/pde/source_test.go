package pde_test

import (
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
)

// TestSource: with the source s = u_t + u u_x - ν u_xx of u = 1 + sin 2π(x - t)/2 + cos(4πx) cos(3t)/5 Burgers' equation has that solution.
func TestSource(t *testing.T) {
	const n, nu = 64, 0.02
	exact := func(x, t float64) float64 {
		return 1 + math.Sin(2*math.Pi*(x-t))/2 + math.Cos(4*math.Pi*x)*math.Cos(3*t)/5
	}
	source := func(dst []float64, t float64) {
		for i := range dst {
			x := float64(i) / n
			sin, cos := math.Sincos(2 * math.Pi * (x - t))
			sin2, cos2 := math.Sincos(4 * math.Pi * x)
			beat := math.Cos(3*t) / 5
			u := exact(x, t)
			ut := -math.Pi*cos - 3*cos2*math.Sin(3*t)/5
			ux := math.Pi*cos - 4*math.Pi*sin2*beat
			uxx := -2*math.Pi*math.Pi*sin - 16*math.Pi*math.Pi*cos2*beat
			dst[i] = ut + u*ux - nu*uxx
		}
	}
	equation := pde.Burgers(nu)
	equation.Source = source
	at := func(t float64) []float64 {
		return sampled(n, []float64{1}, func(x []float64) float64 { return exact(x[0], t) })
	}
	var dts, diffs []float64
	for _, steps := range []int{20, 40, 80, 160} {
		got := solve(t, equation, at(0), n, pde.Stepping{Until: 1, Steps: steps})
		dts, diffs = append(dts, 1/float64(steps)), append(diffs, convergence.Largest(got, at(1)))
	}
	if order := convergence.Order(dts, diffs); math.Abs(order-4) > 0.2 { // the house's bound on a fitted order
		t.Errorf("order %.3f from errors %.2g, want 4", order, diffs)
	}
	// A second solve begins at t = 0 again, and workers do not share what they keep.
	both := append(at(0), at(0)...)
	sol, err := equation.Solve(t.Context(), both, []int{n}, pde.Stepping{Until: 1, Steps: 40, Frames: 4, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	for i, frame := range sol.Ys {
		if d := convergence.Largest(frame[:n], frame[n:]); d != 0 {
			t.Errorf("equal samples differ by %g at t = %g", d, sol.Ts[i])
		}
		if d := convergence.Largest(frame[:n], at(sol.Ts[i])); d > 1e-4 { // the order test's error at 40 steps, which stays at all times
			t.Errorf("error %g at t = %g", d, sol.Ts[i])
		}
	}
}

// TestBareChannel: of two channels the second has no term, and decays by itself.
func TestBareChannel(t *testing.T) {
	const n = 32
	decay := func(k []float64) complex128 { return complex(-k[0]*k[0], 0) }
	equation := pde.Semilinear{
		Name: "pair", Lengths: []float64{2 * math.Pi}, Degree: 1, Linear: []pde.Symbol{decay, decay},
		Taps: []pde.Tap{{}}, Terms: []pde.Tap{{}, {}},
		Inner: func(g, w [][]float64) {
			for i, u := range w[0] {
				g[0][i], g[1][i] = u/2, u/2
			}
		},
	}
	u0 := make([]float64, 2*n)
	for i := range n {
		u0[2*i], u0[2*i+1] = math.Cos(2*math.Pi*float64(i)/n), math.Sin(2*math.Pi*float64(i)/n)
	}
	sol, err := equation.Solve(t.Context(), u0, []int{n}, pde.Stepping{Until: 1, Steps: 50})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range sol.Last() {
		want := u0[i] // u_t = u_xx + u: of this wave nothing changes
		if i%2 == 1 {
			want *= math.Exp(-1)
		}
		if math.Abs(v-want) > 1e-8 { // 50 steps of order 4
			t.Fatalf("value %d is %v, want %v", i, v, want)
		}
	}
}
