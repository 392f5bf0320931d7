package volume_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/fieldbook-go/fieldbook/internal/check/convergence"
	"github.com/fieldbook-go/fieldbook/solvers/pde"
	"github.com/fieldbook-go/fieldbook/solvers/pde/volume"
)

// TestOrderOfCentralTerms marches one wave: it decays by D and moves by γ, u = e^(-Dk²t) sin(kx + γk³t).
func TestOrderOfCentralTerms(t *testing.T) {
	const k = 2 * math.Pi
	for _, c := range []struct{ beta, gamma, until float64 }{{0.05, 0, 0.3}, {0, 1e-3, 0.5}, {0.02, -1e-3, 0.3}} {
		t.Run(fmt.Sprintf("%v,%v", c.beta, c.gamma), func(t *testing.T) {
			var hs, diffs []float64
			for _, n := range []int{16, 24, 32, 48} {
				g := line(0, 1, n)
				at := func(time float64) []float64 {
					return averages(t, g, func(x []float64) float64 {
						return math.Exp(-c.beta*k*k*time) * math.Sin(k*x[0]+c.gamma*k*k*k*time)
					})
				}
				got := solve(t, volume.Scheme{Grid: g}, volume.Combined(0, c.beta, c.gamma, nil), at(0), pde.Stepping{Until: c.until})
				hs, diffs = append(hs, 1/float64(n)), append(diffs, meanDiff(got, at(c.until)))
			}
			if order := convergence.Order(hs, diffs); math.Abs(order-4) > 0.2 { // the house's bound on a fitted order
				t.Errorf("order %.3f from errors %.2g, want 4", order, diffs)
			}
		})
	}
}

// TestDirichlet wants the steady state of the heat equation between two given values, which is linear, and solved exactly.
func TestDirichlet(t *testing.T) {
	g := line(0, 1, 16)
	sides := []volume.Sides{{
		Low:  volume.Boundary{Kind: volume.Fixed, State: []float64{2}},
		High: volume.Boundary{Kind: volume.Fixed, State: []float64{-1}},
	}}
	got := solve(t, volume.Scheme{Grid: g, Sides: sides}, volume.Advection([]float64{0}, 1), make([]float64, 16), pde.Stepping{Until: 4})
	want := averages(t, g, func(x []float64) float64 { return 2 - 3*x[0] })
	if diff := meanDiff(got, want); diff > 1e-13 { // e^(-4π²) of the start is left; the rest is round-off
		t.Errorf("differs by %.2g from the steady state", diff)
	}
}

// TestInflow fills a pipe from one end: what is inside leaves at the other.
func TestInflow(t *testing.T) {
	for axis := range 2 {
		g := gridFor(2, 20)
		sides := []volume.Sides{open[0], open[0]}
		velocity := []float64{0, 0}
		velocity[axis] = -1
		sides[axis].High = volume.Boundary{Kind: volume.Fixed, State: []float64{3}}
		u0 := averages(t, g, func(x []float64) float64 { return math.Sin(5 * x[0] * x[1]) })
		got := solve(t, volume.Scheme{Grid: g, Sides: sides}, volume.Advection(velocity, 0), u0, pde.Stepping{Until: 4})
		for i, v := range got {
			if math.Abs(v-3) > 1e-10 { // the smeared end of the old contents decays exponentially after t = 1
				t.Fatalf("axis %d: cell %d holds %v, want 3", axis, i, v)
			}
		}
	}
}

// TestForcing compares with the integral of a forcing without transport: u = δ(0) + ∫ δ dt, exactly averaged.
func TestForcing(t *testing.T) {
	waves := []volume.Wave{{Amplitude: 0.5, Frequency: 0.4, Mode: 3, Phase: 1}, {Amplitude: -0.3, Frequency: -0.3, Mode: 1, Phase: 2}}
	g := volume.Grid{Lower: []float64{-2}, Upper: []float64{14}, Cells: []int{20}}
	got := solve(t, volume.Scheme{Grid: g}, volume.Combined(0, 0, 0, waves), make([]float64, 20), pde.Stepping{Until: 2, Steps: 50})
	want := averages(t, g, func(x []float64) (sum float64) {
		for _, w := range waves {
			a := 2*math.Pi*float64(w.Mode)*x[0]/16 + w.Phase
			sum += w.Amplitude / w.Frequency * (math.Cos(a) - math.Cos(w.Frequency*2+a))
		}
		return sum
	})
	// Gauss quadrature of the averages, order 6 in 2π·3/20, is the larger error; that of time is of order 4 in 0.4·2/50.
	if diff := meanDiff(got, want); diff > 1e-6 {
		t.Errorf("differs by %.2g from the integral", diff)
	}
	if diff := meanDiff(volume.Averaged(waves, g, 0), averages(t, g, func(x []float64) (sum float64) {
		for _, w := range waves {
			sum += w.Amplitude * math.Sin(2*math.Pi*float64(w.Mode)*x[0]/16+w.Phase)
		}
		return sum
	})); diff > 1e-6 {
		t.Errorf("averages differ by %.2g", diff)
	}
}

// TestShockOfKnownWidth moves the viscous shock c - A tanh(A (x - ct)/2ν).
func TestShockOfKnownWidth(t *testing.T) {
	const viscosity, size, speed = 0.05, 1.0, 0.4
	at := func(time float64) func(x []float64) float64 {
		return func(x []float64) float64 { return speed - size*math.Tanh(size*(x[0]-speed*time)/(2*viscosity)) }
	}
	sides := []volume.Sides{{
		Low:  volume.Boundary{Kind: volume.Fixed, State: []float64{speed + size}},
		High: volume.Boundary{Kind: volume.Fixed, State: []float64{speed - size}},
	}}
	var hs, diffs []float64
	for _, n := range []int{80, 120, 160, 240} {
		g := line(-2, 2, n)
		got := solve(t, volume.Scheme{Grid: g, Sides: sides}, volume.Burgers(1, viscosity), averages(t, g, at(0)), pde.Stepping{Until: 1})
		hs, diffs = append(hs, 4/float64(n)), append(diffs, meanDiff(got, averages(t, g, at(1))))
	}
	if order := convergence.Order(hs, diffs); order < 3.8 || diffs[3] > 1e-5 { // 4 less the house's bound, towards which WENO falls from above
		t.Errorf("order %.3f from errors %.2g, want at least 4", order, diffs)
	}
}
